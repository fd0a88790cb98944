{#- How Chinese places are called besides their official names, for the models region_form and region. -#}

{#- Names of peoples as they stand in the names of autonomous regions. -#}
{%- macro peoples_pattern() -%}
    (?:汉族|蒙古族?|回族|藏族|维吾尔族?|苗族|彝族|壮族|布依族|朝鲜族|满族|侗族|瑶族|白族|土家族|哈尼族|哈萨克族?|傣族|黎族|傈僳族|佤族|畲族|拉祜族|水族|东乡族|纳西族|景颇族|柯尔克孜族?|土族|达斡尔族?|仫佬族|羌族|布朗族|撒拉族|毛南族|仡佬族|锡伯族?|普米族|塔吉克族?|怒族|裕固族|保安族|独龙族|鄂温克族?|各族)
{%- endmacro -%}

{#- A county's name without what kind of county it is, null where a single character would remain (赵县). -#}
{%- macro county_stem(name) -%}
    nullif(
        regexp_extract({{ name }}, '^(..+?){{ peoples_pattern() }}*(?:自治县|自治旗|特区|林区|新区|区|县|市|旗)$', 1),
        ''
    )
{%- endmacro -%}

{#- What is written where there is no city or county to name: 市辖区, 市直, 省直辖县级行政区划, 其他. -#}
{%- macro is_no_region(text) -%}
    regexp_full_match(
        {{ text }},
        '市|县|区|盟|州|市区|市辖区|市辖县|市直.*|市本级|本级|市属.*|区直|县直|省直.*|省属.*|自治区直辖.*|直辖.*|直属|直管.*|中心城区|主城区|城区|市中心|全市|全区|全县|全省|其他|其它|未知|不详|暂无|无|n/?a|null|none'
    )
{%- endmacro -%}
