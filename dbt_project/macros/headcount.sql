{#- What headcount cells say in many ways, made plain. Owned by models/standard/headcount.sql alone. -#}

{#- Words that say nothing but that people are counted. -#}
{%- macro headcount_noise() -%}
    '参保人?数?|员工总数|员工人数|职工人数|从业人数|公司规模|企业规模|人员规模|团队规模|员工数量?|人数|人员|个人|号人|职工|员工|雇员|同事|全职|在职|在编|现有|拥有|共有|共计|总计|合计|总数|总人数|规模|目前|约有|[人名位个共]|number of|full[- ]?time|company size|team size|employees?|staff|people|persons?|ppl|workers?|members?|headcount|pax|total|from|^=|[:;()\[\]。、''"]'
{%- endmacro -%}

{#- Numerals to digits, no separators. A 一 between digits is a dash; 二三十 is two numbers; 百余 lacks its 一. -#}
{%- macro headcount_digits(text) -%}
    {%- set spread -%}
        regexp_replace(
            regexp_replace({{ text }}, '(\d) ?一 ?(\d)', '\1-\2'),
            '(^|[^一二两三四五六七八九十百千万])([一二两三四五六七八])([二三四五六七八九])([十百千万个人名位]|$)', '\1\2\4-\3\4'
        )
    {%- endset -%}
    {%- set words -%}
        regexp_replace(
            regexp_replace(
                regexp_replace({{ arabic_digits(spread) }}, '([1-9])十几', '\11-\19'), '十几', '11-19'
            ),
            '(^|[^\d十百千万])([百千万])', '\11\2', 'g'
        )
    {%- endset -%}
    regexp_replace(
        case
            when regexp_matches({{ text }}, '[零〇一二两三四五六七八九十百千万壹贰叁肆伍陆柒捌玖拾佰仟萬]') then {{ words }}
            else {{ text }}
        end,
        '(\d),(\d{3})', '\1\2', 'g'
    )
{%- endmacro -%}

{#- A note in brackets, and one that says of when the count is: 5人（2023年报）. -#}
{%- macro headcount_note() -%}
    '\([^()0-9]*\)|\([^()0-9]*(?:19|20)\d\d(?:年|[-./]\d{1,2}[-./月])[^()]*\)'
{%- endmacro -%}

{#- count: what stands before it, the least, the most, what stands behind; size_word: kinds and sizes of companies. -#}
{%- macro headcount_pattern(name) -%}
    {%- set patterns = {
        "size_word": "'个体(?:户|工商户|经营)?|self[- ]?employed|freelancer?|[大中小微]{1,2}型?(?:企业|公司|规模)?|sme|(?:micro|small|medium|large)(?:[- ]sized)?(?: business| enterprise| company)?'",
        "count": "'^(?:(约|大约|大概|近|将近|接近|大致|about|around|approx(?:imately)?\\.?|circa|ca\\.?|nearly|~|上|超过?|超出|大于|多于|高于|more than|over|>|至少|最少|不少于|不低于|at least|min\\.?|>=|≥|少于|小于|低于|不足|不满|不到|less than|fewer than|under|below|<|不超过|不多于|不大于|至多|最多|up to|at most|max\\.?|<=|≤|between) *)?([\\d.十百千万]+)([kw]?)\\+?(?: *(?:-+|~|至|到|to|and) *([\\d.十百千万]+)([kw]?))?((?: |及|和|\\(?含\\)?|以上|以下|以内|之内|左右|上下|不到|不足|不满|未满|余|多|来|\\+|or more|and above|or above|and over|plus|or less|or fewer|and below|or below)*)$'",
    } -%}
    {{- patterns[name] -}}
{%- endmacro -%}
