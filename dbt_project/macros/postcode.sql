{#- Long patterns of postcodes. Owned by models/standard/postcode.sql alone. -#}

{#- trimmings: quotes, labels, a country and a spreadsheet's decimals; filler: what is typed to fill the field. -#}
{%- macro postcode_pattern(name) -%}
    {%- set patterns = {
        "trimmings": "'^(?:=?[\"'']+|(?:邮政编码|郵政編碼|郵遞區號|邮政编号|邮编|郵編|postal ?code|post ?code|zip ?code|zip|p\\.?c\\.?)[:. ]*|cn[- ]?)|[.]0+$|[\"'' ;,.、。]+$'",
        "phone": "'^(?:\\+|00)?(?:86)?[ -]?(?:1[3-9]\\d{9}|0\\d{2,3}[ -]?\\d{7,8}|[48]00[ -]?\\d{3,4}[ -]?\\d{3,4}|\\d{3} \\d{7,8})'",
        "foreign": "'[a-z]{2} ?\\d{5}(?:-\\d{4})?|\\d{5}-\\d{4}|[a-z]{1,2}\\d[a-z\\d]? ?\\d[a-z]{2}|[a-z]\\d[a-z] ?\\d[a-z]\\d|\\d{3}-\\d{4}|[a-z]{1,2}-\\d{4,5}'",
        "filler": "'0+|0?1{5,6}|0?2{5,6}|0?3{5,6}|0?4{5,6}|0?5{5,6}|0?6{5,6}|0?7{5,6}|8{5,6}|9{5,6}|0?12345|123456|654321'",
    } -%}
    {{- patterns[name] -}}
{%- endmacro -%}
