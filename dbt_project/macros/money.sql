{#- What cells of amounts say in many ways, made plain. Owned by models/standard/money.sql alone. -#}

{#- Labels go; a unit in a label (注册资本(万元)：500) goes to its number. -#}
{%- macro money_unlabelled(text) -%}
    regexp_replace(
        regexp_replace({{ text }}, '^[^0-9:]*\((万[^0-9:)]*)\)[^0-9:]*: *([\d.,]+)$', '\2\1'),
        '(?:认缴|实缴|实收|注册|投资|出资)*(?:资本|资金|資本)(?:总|總|数|數)?[额額]?|认缴出?资?额?|实缴出?资?额?|投资总额|出资数?额?|总额|金额|registered capital|share capital|paid[- ]?(?:up|in)|capital|共计|合计|总计|^ *为|["=]|^''',
        ' ', 'g'
    )
{%- endmacro -%}

{#-
    An amount that is written twice, the second time in brackets (100万元整（壹佰万元整）): the two. The brackets name no currency but the yuan, nor
    that where another stands before them.
-#}
{%- macro money_twice(text) -%}
    {%- set formal = "壹贰叁肆伍陆柒捌玖拾佰仟" -%}
    {%- set said = "人民币|rmb|cny|[¥￥]" -%}
    case
        when
            regexp_matches({{ text }}, '^[^()]*\d[^()]*\([^()]*[{{ formal }}][^()]*\)$|^[^()]*[{{ formal }}][^()]*\([^()]*\d[^()]*\)$')
            and not (
                regexp_matches({{ text }}, '\(.*(?:{{ said }})')
                and regexp_matches(regexp_replace({{ text }}, '{{ said }}', '', 'g'), '^[^()]*[a-z$€£美港欧日英澳加台韩]')
            )
            then regexp_extract(
                {{ text }},
                '^([^()]*)\(((?:大写|小写|{{ said }}|[: ])*[0-9,.零万亿萬億{{ formal }}]+[元圆]?[整正]?)\)$',
                ['first', 'second']
            )
    end
{%- endmacro -%}

{#- The number in one of them, for spoken_number. -#}
{%- macro money_number(text) -%}
    regexp_extract({{ arabic_digits("replace(" ~ text ~ ", ',', '')") }}, '[0-9.十百千万亿]+')
{%- endmacro -%}

{#- 百万元 lacks its 一. Takes what arabic_digits gives. -#}
{%- macro money_counted(text) -%}
    regexp_replace({{ text }}, '^((?:人民币|rmb|约|近|将近|接近|超过?|[ :])*)([百千][万亿])', '\11\2')
{%- endmacro -%}

{#- Separators of thousands go: commas in threes or fours, apostrophes, spaces, points where a comma is the decimal. -#}
{%- macro money_unseparated(text) -%}
    case
        when regexp_matches({{ text }}, '\d[,. '']\d{3}')
            then regexp_replace(
                regexp_replace(
                    regexp_replace(
                        case
                            when regexp_matches({{ text }}, '\d{1,3}(?:\.\d{3})+,\d|(?:\.\d{3}){2}(?:[^\d]|$)')
                                then replace(regexp_replace({{ text }}, '\.(\d{3})', '\1', 'g'), ',', '.')
                            else {{ text }}
                        end,
                        '[,''](\d{3,4})', '\1', 'g'
                    ),
                    -- twice: a match takes the digit that the next one needs
                    '(\d) (\d{3})\b', '\1\2', 'g'
                ),
                '(\d) (\d{3})\b', '\1\2', 'g'
            )
        else {{ text }}
    end
{%- endmacro -%}

{#- English units become Chinese ones. -#}
{%- macro money_units(text) -%}
    case
        when regexp_matches({{ text }}, '\d *[mbktw]')
            then regexp_replace(
                regexp_replace(
                    regexp_replace(
                        regexp_replace({{ text }}, '(\d) *(?:million|mln|mn|mio|m)\b\.?', '\1百万', 'g'),
                        '(\d) *(?:billion|bn|b)\b\.?', '\1十亿', 'g'
                    ),
                    '(\d) *(?:thousand|k)\b', '\1千', 'g'
                ),
                '(\d) *w([^a-z]|$|rmb|cny)', '\1万\2', 'g'
            )
        else {{ text }}
    end
{%- endmacro -%}

{#- The amount in its parts: what stands about each of its one or two numbers. -#}
{%- macro money_pattern() -%}
    {%- set before = [
        "约|大约|大概|近|将近|接近|about|around|approx(?:imately)?\\.?|circa|ca\\.|nearly|~",
        "超过|超|大于|多于|高于|morethan|over|>=|>|≥|至少|不少于|不低于|atleast",
        "少于|小于|低于|不足|不满|不到|lessthan|under|below|<=|<|≤|不超过|不多于|至多|最多|upto",
    ] | join("|") -%}
    {%- set after = "\\+|及?以上|及?以下|以内|之内|左右|上下|余|多" -%}
    '^({{ before }})?([^\d十~]*?)(约|~)?([\d十][\d.十百千万亿]*)(余|多)?([百千万亿]*)([^\d]*?)(?:(?:-|~|至|到|to)([^\d]*?)([\d十][\d.十百千万亿]*)([^\d]*?))?({{ after }})?$'
{%- endmacro -%}

{#- What an amount is when it is no more than words: at most, at least, about. Takes what stands before and behind. -#}
{%- macro money_sense(before, after) -%}
    case
        when {{ before }} = '' and {{ after }} = '' then ''
        when
            regexp_matches({{ before }}, '^(?:少于|小于|低于|不足|不满|不到|less|under|below|<|≤|不超过|不多于|至多|最多|upto)')
            or regexp_matches({{ after }}, '以下|以内|之内')
            then 'up to'
        when
            regexp_matches({{ before }}, '^(?:超|大于|多于|高于|more|over|>|≥|至少|不少于|不低于|atleast)')
            or regexp_matches({{ after }}, '以上|余|多|[+]')
            then 'from'
        else 'about'
    end
{%- endmacro -%}

{#- The currency that words about a number may name, without what says nothing of it. -#}
{%- macro money_word(text) -%}
    case
        when {{ text }} in ('', '元', '元整') then ''
        when {{ text }} in ('人民币', '元人民币', '美元') then ltrim({{ text }}, '元')
        else
            regexp_replace(
                regexp_replace({{ text }}, '[整正:;,.、。''"=]', '', 'g'), '^(?:[元圆圓]|块钱?)+|([币幣金])[元圆圓]$', '\1', 'g'
            )
    end
{%- endmacro -%}
