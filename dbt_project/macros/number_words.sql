{#- Numbers written in Chinese: digits, units, and both mixed with Arabic digits (1亿2000万, 3千万). -#}

{#- Chinese digits to Arabic ones, everyday and formal; formal units to everyday ones. Gated: most values have none. -#}
{%- macro arabic_digits(text) -%}
    case
        when regexp_matches({{ text }}, '[〇零○一二两三四五六七八九壹贰叁肆伍陆柒捌玖貳參陸兩弌弍弎拾佰仟萬億廿卅]')
            then translate(
                replace(replace({{ text }}, '廿', '二十'), '卅', '三十'),
                '〇零○一二两三四五六七八九壹贰叁肆伍陆柒捌玖貳參陸兩弌弍弎拾佰仟萬億',
                '00012234567891234567892362123十百千万亿'
            )
        else {{ text }}
    end
{%- endmacro -%}

{#- Tens in Arabic digits: 十2 → 12, 2十 → 20, 3十1 → 31. Takes what arabic_digits gives; for days and months. -#}
{%- macro tens_to_digits(text) -%}
    case
        when contains({{ text }}, '十')
            then replace(
                regexp_replace(
                    regexp_replace(
                        regexp_replace({{ text }}, '(\d)十(\d)', '\1\2', 'g'), '(\d)十', '\g<1>0', 'g'
                    ),
                    '十(\d)', '1\1', 'g'
                ),
                '十', '10'
            )
        else {{ text }}
    end
{%- endmacro -%}

{#-
    The number that digits with units say, or null: 1.5万, 1亿2千万, 3百05, 12000. Takes what arabic_digits gives. A double,
    exact to fifteen digits: decimals of more than eighteen cost a hundred times as much to read. A single digit right behind
    a unit counts tenths of it, as people say it: 1万2 is 12,000, 1百5 is 150.
-#}
{%- macro spoken_number(text) -%}
    case
        when regexp_full_match({{ text }}, '\d{1,17}(\.\d*)?') then try_cast({{ text }} as double)
        when regexp_full_match({{ text }}, '\d{1,12}(\.\d+)?万') then try_cast(left({{ text }}, -1) as double) * 10000
        when regexp_full_match({{ text }}, '\d{1,9}(\.\d+)?百万') then try_cast(left({{ text }}, -2) as double) * 1000000
        when regexp_full_match({{ text }}, '[\d.十百千万亿]*[\d十百千万亿]')
            then list_transform(
                [
                    regexp_extract(
                        {{ text }}, '^(?:(.+?)万亿)?(?:(.+?)亿)?(?:0?(.+?)万)?(.*)$', ['trillions', 'yi', 'wan', 'ones']
                    )
                ],
                lambda p: {{ spoken_section("p.trillions") }} * 1000000000000
                + {{ spoken_section("p.yi") }} * 100000000
                + {{ spoken_section("p.wan") }} * 10000
                + {{ spoken_section("p.ones") }}
                * case
                    when length(p.ones) > 1 or p.ones = '' then 1
                    when p.wan <> '' then 1000
                    when p.yi <> '' then 10000000
                    else 1
                end
            )[1]
    end
{%- endmacro -%}

{#- A number below ten thousand with its units, or any in digits alone; an empty text is nothing. -#}
{%- macro spoken_section(text) -%}
    {%- set number = "(\\d{1,6}(?:\\.\\d{1,6})?)" -%}
    {%- set pattern = "^(?:" ~ number ~ "千)?(?:0?" ~ number ~ "百)?(?:0?" ~ number ~ "?十)?0?" ~ number ~ "?$" -%}
    case
        when {{ text }} = '' then 0::double
        when regexp_full_match({{ text }}, '\d{1,12}(\.\d+)?') then try_cast({{ text }} as double)
        when regexp_matches({{ text }}, '{{ pattern }}')
            then list_transform(
                [regexp_extract({{ text }}, '{{ pattern }}', ['q', 'b', 's', 'g'])],
                lambda n: coalesce(try_cast(n.q as double), 0) * 1000
                + coalesce(try_cast(n.b as double), 0) * 100
                + coalesce(try_cast(n.s as double), if(contains({{ text }}, '十'), 1, 0)) * 10
                + coalesce(try_cast(n.g as double), 0)
                * case
                    when regexp_matches({{ text }}, '千[1-9]$') then 100 when regexp_matches({{ text }}, '百[1-9]$') then 10
                    else 1
                end
            )[1]
    end
{%- endmacro -%}
