{#- Regular expression of an identity number of 18 characters with a date that may be one; the calendar decides apart. -#}
{%- macro id_card_pattern() -%}
[1-9][0-9]{5}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9X]
{%- endmacro -%}

{#- True where a number of 18 characters begins with a province, or with 9 and a province as those of foreign residents do. -#}
{%- macro id_card_has_province(number) -%}
    regexp_matches({{ number }}, '^9?(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])')
{%- endmacro -%}

{#- The date of birth in a number of 18 characters, null where the calendar has no such day. -#}
{%- macro id_card_birth_date(number) -%}
    case
        when substr({{ number }}, 7, 4) between '1800' and '2100'
            then cast(try_strptime(substr({{ number }}, 7, 8), '%Y%m%d') as date)
    end
{%- endmacro -%}

{#- True where a text is a whole identity number: province, date and check digit are right. -#}
{%- macro id_card_fits(number) -%}
    (
        regexp_full_match({{ number }}, '{{ id_card_pattern() }}')
        and {{ id_card_has_province(number) }}
        and {{ id_card_birth_date(number) }} is not null
        and {{ id_card_check_digit(number) }} = substr({{ number }}, 18, 1)
    )
{%- endmacro -%}

{#-
    HMAC-SHA256 of a text, its first 32 hexadecimal digits behind `hmac:`. The padded key stands in two variables of the
    connection, so in no statement; null where nobody set them.
-#}
{%- macro keyed_hash(text) -%}
    'hmac:' || left(
        sha256(
            cast(getvariable('secret_outer') as blob)
            || unhex(sha256(cast(getvariable('secret_inner') as blob) || encode({{ text }})))
        ),
        32
    )
{%- endmacro -%}
