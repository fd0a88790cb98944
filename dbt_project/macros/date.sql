{#-
    Reads a date in any usual form, as one expression over a text, so that a model and the staging of contracts read alike.

    read_date gives a struct: `reason` (see analyses/standard/date.yml), `standard` (yyyy-mm-dd, or yyyy-mm, yyyy where no
    more is written), `seconds` of the day (86,400 for 24:00), `utc_offset` in minutes where the text says its zone, and
    `candidates`, the dates that an ambiguous text may mean. SQL has no name for a part of an expression: a list of one
    text goes from step to step, each of which gives the next what it found, `_s`. (Lambdas within lambdas would do too, but
    DuckDB needs twice the time to bind each further one.)
-#}

{%- macro step(before, body, name="_s") -%}
    list_transform({{ before }}, lambda {{ name }}: {{ body }})
{%- endmacro -%}

{%- macro date_gap() -%}(?: ?[-/.,、_\\]+ ?| ){%- endmacro -%}

{#- Width, dashes, quotes and case out of the way. -#}
{%- macro date_folded(text) -%}
    regexp_replace(
        trim(
            case
                when regexp_matches({{ text }}, '[^ -~]')
                    then regexp_replace(
                        translate({{ drop_invisible(fold_width("lower(" ~ text ~ ")")) }}, '—–−‐‑‒―“”‘’。；', '-------""''''.;'),
                        '[\s\x{00a0}\x{2000}-\x{200a}\x{202f}]+', ' ', 'g'
                    )
                else lower({{ text }})
            end
        ),
        '^[="'']{1,3}([^''])|["''.;,]+$', '\1', 'g'
    )
{%- endmacro -%}

{#- Words to numbers and signs, in four steps. First: numerals. -#}
{%- macro date_digits(text) -%}
    {{ arabic_digits(
        "translate(regexp_replace(" ~ text ~ ", '([一二三四五六七八九〇零])o([一二三四五六七八九〇零])', '\\1〇\\2', 'g'), "
        ~ "'號點時週禮國曆後華記冊設', '号点时周礼国历后华记册设')"
    ) }}
{%- endmacro -%}

{%- macro date_tens(text) -%}
    {%- set tens = tens_to_digits(text) -%}
    case
        when contains({{ text }}, '百') then replace(regexp_replace({{ tens }}, '(\d)百(\d\d)', '\1\2', 'g'), '百', '00')
        else {{ tens }}
    end
{%- endmacro -%}

{#- Second: weekdays, notes in brackets and labels go. -#}
{%- macro date_bare(text) -%}
    {#- a start whose end is open: 2018-05-06至长期, 2018-05-06~ -#}
    {%- set open = "[-~至到 ]+(?:to )?(?:长期|長期|永久|永续|今|现在|无固定期限|無固定期限|present|now|permanent|ongoing|indefinite)(?:有效|经营)?|[~至到]+" -%}
    {%- set events = "成立|注册|登记|设立|创建|建立|开业|创立|创办|签订|签约|签发|发证|核准|出生|更新|录入|采集" -%}
    regexp_replace(
        regexp_replace(
            regexp_replace(
                replace({{ text }}, '元年', '1年'),
                '(?:星期|周|礼拜)[1-7日天末]|\b(?:mon(?:day)?|tue(?:s|sday)?|wed(?:s|nesday)?|thu(?:r|rs|rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)\b',
                ' ', 'g'
            ),
            '\([^)]*\)|\[[^\]]*\]', ' ', 'g'
        ),
        '^(?:[^0-9:]{1,16}:|(?:{{ events }}|截止|截至|生日|日期|时间|年月日|于|在|为|自|从|date|on|since| )+) *([0-9a-z民中])|(\d[年月日号]?) *(?:{{ events }}|起|止|生|{{ open }})+$',
        '\1\2', 'g'
    )
{%- endmacro -%}

{#- Third: English months to m1 … m12. -#}
{%- macro date_months(text) -%}
    {%- set words = [
        "jan(?:uary)?", "feb(?:ruary)?", "mar(?:ch)?", "apr(?:il)?", "may", "june?", "july?", "aug(?:ust)?",
        "sept?(?:ember)?", "oct(?:ober)?", "nov(?:ember)?", "dec(?:ember)?"
    ] | join("|") -%}
    case
        when regexp_matches({{ text }}, '[a-z]{3}')
            then regexp_replace(
                regexp_replace(
                    {{ text }},
                    '(^|[^a-z])(?:{{ words }})\.?([^a-z]|$)',
                    '\1 m' || coalesce(list_position(
                        ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
                        left(regexp_extract({{ text }}, '(?:^|[^a-z])({{ words }})\.?(?:[^a-z]|$)', 1), 3)
                    ), 0) || ' \2'
                ),
                '(\d)(?:st|nd|rd|th)\b|\b(?:of|the)\b', '\1', 'g'
            )
        else {{ text }}
    end
{%- endmacro -%}

{#- Fourth: years of the Republic of China to those of the common era. -#}
{%- macro date_era(text) -%}
    case
        when regexp_matches({{ text }}, '民国 ?\d')
            then regexp_replace(
                {{ text }},
                '^.*民国 ?\d{1,3} ?',
                (1911 + coalesce(try_cast(regexp_extract({{ text }}, '民国 ?(\d{1,3})', 1) as integer), 0))::varchar
            )
        else {{ text }}
    end
{%- endmacro -%}

{#- Day and clock apart: before, half, h, m, s, fraction, half2, zone, away, after; `whole` where there is no clock. -#}
{%- macro date_clock(text) -%}
    case
        when regexp_matches({{ text }}, '\d ?[:时点]|\d{12}|\d{8}[t ]\d{4}|-\d\d\.\d\d\.\d\d')
            then regexp_extract(
                regexp_replace(
                    regexp_replace(
                        regexp_replace(
                            {{ text }}, '^((?:1[89]|2[01])\d{6})[t ]?(\d\d)(\d\d)(\d\d)?(?:\.\d+)?(z?)$', '\1 \2:\3:\4\5'
                        ),
                        '^(\d{4}-\d\d-\d\d)-(\d\d)\.(\d\d)\.(\d\d)(?:\.\d+)?$', '\1 \2:\3:\4'
                    ),
                    '^(\d{4}):(\d\d):(\d\d)( |$)|^(\d{4}-\d\d-\d\d)[+-]\d\d:\d\d$', '\1-\2-\3\4\5'
                ),
                '^(?:(.*?)(上午|下午|凌晨|早上|中午|晚上|傍晚|[ap]m)? *(\d{1,2}) *[:时点] *(?:(\d{1,2})(?: *[:分] *(?:(\d{1,2})(?:[.,](\d{1,9}))?)?)?)?[秒分整:]* *([ap]\.?m\.?)? *(z|utc|gmt|cst|北京时间)? *([+-]\d{1,2}:?\d{0,2})?([^0-9:].*)?|(.*))$',
                ['before', 'half', 'h', 'm', 's', 'fraction', 'half2', 'zone', 'away', 'after', 'whole']
            )
        else {
            'before': {{ text }}, 'half': '', 'h': '', 'm': '', 's': '', 'fraction': '', 'half2': '', 'zone': '', 'away': '',
            'after': '', 'whole': ''
        }
    end
{%- endmacro -%}

{#- What a date without its clock may mean: texts y-m-d, y-m or y, the year of two or four digits; null where none. -#}
{%- macro date_readings(text) -%}
    {%- set ymd = "^(\\d{4})(?: ?[-/.,、_\\\\年]+ ?| )(\\d{1,2})(?: ?[-/.,、_\\\\月]+ ?| )(\\d{1,2})(?: ?[日号])?$" -%}
    {%- set ym = "^(\\d{4})(?: ?[-/.,、_\\\\年]+ ?| )(\\d{1,2})(?: ?月份?)?$" -%}
    {%- set two_last = "^(\\d{1,2})" ~ date_gap() ~ "(\\d{1,2})" ~ date_gap() -%}
    case
        when regexp_matches({{ text }}, '{{ ymd }}') then [regexp_replace({{ text }}, '{{ ymd }}', '\1-\2-\3')]
        when regexp_full_match({{ text }}, '\d{8}')
            then [
                regexp_replace({{ text }}, '(\d{4})(\d\d)(\d\d)', '\1-\2-\3'),
                regexp_replace({{ text }}, '(\d\d)(\d\d)(\d{4})', '\3-\2-\1'),
                regexp_replace({{ text }}, '(\d\d)(\d\d)(\d{4})', '\3-\1-\2')
            ]
        when regexp_matches({{ text }}, '{{ two_last }}\d{4}年?$')
            then [
                regexp_replace({{ text }}, '{{ two_last }}(\d{4})年?$', '\3-\2-\1'),
                regexp_replace({{ text }}, '{{ two_last }}(\d{4})年?$', '\3-\1-\2')
            ]
        when regexp_matches({{ text }}, '{{ ym }}') and not regexp_full_match({{ text }}, '\d{4}\.1')
            then [regexp_replace({{ text }}, '{{ ym }}', '\1-\2')]
        when regexp_full_match({{ text }}, '\d{4}(?: ?年度?)?') then [left({{ text }}, 4)]
        when regexp_matches({{ text }}, '^(\d{1,2})[-/. ](\d{4})$')
            then [regexp_replace({{ text }}, '^(\d{1,2})[-/. ](\d{4})$', '\2-\1')]
        when regexp_full_match({{ text }}, '\d{6}')
            then [
                regexp_replace({{ text }}, '(\d{4})(\d\d)', '\1-\2'),
                regexp_replace({{ text }}, '(\d\d)(\d\d)(\d\d)', '\1-\2-\3'),
                regexp_replace({{ text }}, '(\d\d)(\d\d)(\d\d)', '\3-\2-\1'),
                regexp_replace({{ text }}, '(\d\d)(\d\d)(\d\d)', '\3-\1-\2')
            ]
        -- nobody writes a year with one digit
        when regexp_matches({{ text }}, '{{ two_last }}\d\d$')
            then [
                regexp_replace({{ text }}, '{{ two_last }}(\d\d)$', '\3-\2-\1'),
                regexp_replace({{ text }}, '{{ two_last }}(\d\d)$', '\3-\1-\2'),
                if(regexp_matches({{ text }}, '^\d\d\D'), regexp_replace({{ text }}, '{{ two_last }}(\d\d)$', '\1-\2-\3'), null)
            ]
        when regexp_matches({{ text }}, '^\d\d[-/.]\d{1,2}[-/.]\d$')
            then [translate({{ text }}, '/.', '--')]
        when regexp_matches({{ text }}, '^\d\d年\d{1,2}月(?:\d{1,2} ?[日号]?)?$')
            then [rtrim(regexp_replace({{ text }}, '[^0-9]+', '-', 'g'), '-')]
        when regexp_matches({{ text }}, '^\d{1,2}月\d{1,2}[日号]?[, ]*\d{4}年?$')
            then [regexp_replace({{ text }}, '^(\d{1,2})月(\d{1,2})[日号]?[, ]*(\d{4})年?$', '\3-\1-\2')]
        when contains({{ text }}, 'm')
            then {{ date_english("trim(regexp_replace(" ~ text ~ ", '[-/., '']+', ' ', 'g'))") }}
    end
{%- endmacro -%}

{#- The same of a date with the month in English letters, which date_words has made into m1 to m12. -#}
{%- macro date_english(text) -%}
    case
        when regexp_matches({{ text }}, '^\d{1,2} m[1-9]\d? (\d{4}|\d\d)$')
            then [regexp_replace({{ text }}, '^(\d+) m(\d+) (\d+)$', '\3-\2-\1')]
        when regexp_matches({{ text }}, '^m[1-9]\d? \d{1,2} (\d{4}|\d\d)$')
            then [regexp_replace({{ text }}, '^m(\d+) (\d+) (\d+)$', '\3-\1-\2')]
        when regexp_matches({{ text }}, '^\d{4} m[1-9]\d? \d{1,2}$')
            then [regexp_replace({{ text }}, '^(\d+) m(\d+) (\d+)$', '\1-\2-\3')]
        when regexp_matches({{ text }}, '^m[1-9]\d? \d{4}$') then [regexp_replace({{ text }}, '^m(\d+) (\d+)$', '\2-\1')]
        when regexp_matches({{ text }}, '^\d{4} m[1-9]\d?$') then [regexp_replace({{ text }}, '^(\d+) m(\d+)$', '\1-\2')]
    end
{%- endmacro -%}

{#- Zeros filled in, a year of two digits in its centuries: Excel turns at 30, POSIX at 69, between them both stay. -#}
{%- macro date_padded(readings) -%}
    list_transform(
        flatten(
            list_transform(
                list_filter({{ readings }}, lambda x: x is not null),
                lambda x: case
                    when regexp_matches(x, '^\d\d(-|$)')
                        then list_filter([if(x[:2] < '69', '20' || x, null), if(x[:2] >= '30', '19' || x, null)], lambda y: y is not null)
                    else [x]
                end
            )
        ),
        lambda x: regexp_replace(regexp_replace(x, '-(\d)(-|$)', '-0\1\2'), '-(\d)$', '-0\1')
    )
{%- endmacro -%}

{#- Why a text that no form fits is no date. Takes folded text and text after date_words. -#}
{%- macro date_complaint(folded, text) -%}
    case
        when regexp_matches({{ text }}, '^1\d\d[年/.-]\d{1,2}[月/.-]\d{1,2}[日号]?$') then 'era_unsaid'
        when regexp_full_match({{ text }}, '\d{4}\.1') then 'month_cut'
        when
            regexp_matches({{ text }}, '^\d{1,2}(?:月|[-/.])\d{1,2}[日号]?$')
            or regexp_matches(trim(regexp_replace({{ text }}, '[-/., '']+', ' ', 'g')), '^(?:\d{1,2} m[1-9]\d?|m[1-9]\d? \d{1,2})$')
            then 'no_year'
        when
            regexp_matches({{ text }}, '\d{4}[^0-9]{1,3}\d{1,2}[^0-9]{1,3}\d{1,2}[^0-9].*\d{4}[^0-9]{1,3}\d{1,2}[^0-9]{1,3}\d')
            or regexp_full_match({{ text }}, '(?:1[89]|2[01])\d{6} ?[-~至到]+ ?(?:1[89]|2[01])\d{6}')
            then 'several'
        when
            regexp_matches({{ text }}, '(?:1[89]|2[01])\d\d.*(?:初|底|末|中|左右|前后?|后|上半年|下半年|春|夏|秋|冬|旬|季度?|q[1-4])$')
            or regexp_matches({{ folded }}, '^(?:约|大约|大概|about|around|circa|ca\.?|early|late|mid)[ -]?.*(?:1[89]|2[01])\d\d')
            then 'approximate'
        else 'no_date'
    end
{%- endmacro -%}

{%- macro date_placeholders() -%}
    '^(?:0000|0001-01-01|1111-11-11|1753-01-01|1899-12-3[01]|1900-01-0[01]|1970-01-01|2099-12-31|2999-12-31|8888-|9999-)'
{%- endmacro -%}

{#- Hour, minute, second and zone of what date_clock found, as numbers. -#}
{%- macro date_time(clock) -%}
    {
        'hour': coalesce(try_cast({{ clock }}.h as integer), 0),
        'minute': coalesce(try_cast({{ clock }}.m as integer), 0),
        'second': coalesce(try_cast({{ clock }}.s as integer), 0),
        'half': {{ clock }}.half || {{ clock }}.half2,
        'utc_offset': case
            when {{ clock }}.away <> ''
                then
                    if({{ clock }}.away[1] = '-', -1, 1)
                    * case
                        when length({{ clock }}.away) <= 3 then try_cast({{ clock }}.away[2:] as integer) * 60
                        else
                            try_cast(replace({{ clock }}.away, ':', '')[2:-3] as integer) * 60
                            + try_cast({{ clock }}.away[-2:] as integer)
                    end
            when {{ clock }}.zone in ('z', 'utc', 'gmt') then 0
        end
    }
{%- endmacro -%}

{#- Those readings that are dates. -#}
{%- macro date_valid(readings) -%}
    list_distinct(
        list_filter(
            {{ readings }},
            lambda x: x[:4] between '1800' and '2199'
            and case length(x) when 10 then try_cast(x as date) is not null when 7 then x[6:] between '01' and '12' else true end
        )
    )
{%- endmacro -%}

{#- The verdict on readings, those of them that are dates, and the time of day. -#}
{%- macro date_reason(folded, text, readings, valid, time) -%}
    case
        when {{ readings }} is null then {{ date_complaint(folded, text) }}
        when regexp_matches(array_to_string({{ readings }}, ' '), {{ date_placeholders() }}) then 'placeholder'
        when
            len({{ valid }}) = 0
            and (
                regexp_full_match({{ text }}, '\d{6}')
                or (regexp_full_match({{ text }}, '\d{8}') and {{ text }}[:2] not in ('18', '19', '20', '21'))
            )
            then 'no_date'
        when len({{ valid }}) = 0
            then if(
                regexp_matches(array_to_string({{ readings }}, ' '), '(?:^| )(?:1[89]|2[01])'), 'impossible_date', 'year_out_of_range'
            )
        when
            {{ time }}.hour > 24
            or {{ time }}.minute > 59
            or {{ time }}.second > 60
            or ({{ time }}.hour = 24 and {{ time }}.minute + {{ time }}.second > 0)
            then 'bad_time'
        when len({{ valid }}) = 1 then 'ok'
        when len(list_distinct(list_transform({{ valid }}, lambda x: x[:4]))) = 1 then 'day_month_order'
        else 'two_digit_year'
    end
{%- endmacro -%}

{%- macro date_seconds(time) -%}
    (
        case
            when {{ time }}.half = '' then {{ time }}.hour
            when {{ time }}.hour < 12 and regexp_matches({{ time }}.half, '^(?:下午|晚上|傍晚|p)') then {{ time }}.hour + 12
            when {{ time }}.hour < 4 and {{ time }}.half[:2] = '中午' then {{ time }}.hour + 12
            when {{ time }}.hour = 12 and regexp_matches({{ time }}.half, '^(?:上午|凌晨|a)') then 0
            else {{ time }}.hour
        end * 3600 + {{ time }}.minute * 60 + {{ time }}.second
    )::bigint
{%- endmacro -%}

{#- What is told from the text as a whole, before any date is sought in it: a reason, or null. -#}
{%- macro date_glance(text) -%}
    case
        when regexp_full_match({{ text }}, '[2-7]\d{4}([.]\d+)?') then 'spreadsheet_days'
        when regexp_full_match({{ text }}, '(?:1\d{9}|2[01]\d{8})(?:\d{3}|[.]\d+)?') then 'unix_time'
        when regexp_full_match({{ text }}, '\d[-./: 0-9]+') then null
        when {{ is_spreadsheet_error(text) }} then 'spreadsheet_error'
        when {{ is_mojibake(text) }} or regexp_matches({{ text }}, '\d\?+\d') then 'mojibake'
        when {{ says_missing(text) }} then 'missing'
        when {{ says_placeholder(text) }} then 'placeholder'
        when regexp_full_match({{ text }}, '\d([.]\d+)?e[+]?\d{1,3}') then 'scientific_notation'
        when regexp_matches({{ text }}, '\d.*[*•●×]{2,}|[*•●×]{2,}.*\d|\dxx') then 'masked'
        when
            regexp_matches({{ text }}, '[^ -~]')
            and regexp_matches({{ text }}, '农历|農曆|阴历|陰曆|旧历|正月|腊月|冬月|初[一二三四五六七八九十]|闰|廿|康熙|雍正|乾隆|嘉庆|道光|咸丰|同治|光绪|光緒|宣统|昭和|平成|令和|大正|明治|佛历|[甲乙丙丁戊己庚辛壬癸][子丑寅卯辰巳午未申酉戌亥]')
            then 'other_calendar'
        when regexp_full_match({{ text }}, '(?:长期|永久|永续|至今|现在|无固定期限|無固定期限|長期|permanent|present|now|ongoing|indefinite)(?:有效|经营|至今)?')
            then 'no_end'
        when not regexp_matches({{ text }}, '[0-9〇零○一二两三四五六七八九十壹贰叁肆伍陆柒捌玖元]') then 'no_date'
    end
{%- endmacro -%}

{%- macro read_date(text) -%}
    {%- set day -%}
        trim(regexp_replace(
            regexp_replace(
                if(_s.c.whole <> '', _s.c.whole, _s.c.before || ' ' || _s.c.after), '[t,;日 ]+(?:cst|gmt|utc)?$|^[,; ]+|z$', '', 'g'
            ),
            ' +', ' ', 'g'
        ))
    {%- endset -%}
    {%- set counted -%}
        case _s.g
            when 'spreadsheet_days'
                then timestamp '1899-12-30' + to_seconds(cast(round(try_cast(_s.f as double) * 86400) as bigint))
            -- the day is that of China, where the text says none
            when 'unix_time' then timestamp '1970-01-01 08:00:00' + to_seconds(try_cast(_s.f[:10] as bigint))
        end
    {%- endset -%}
    {#- `f` the folded text, `g` what a glance tells, `m` a moment that is counted, `w` the words made numbers -#}
    {%- set folded = step("[" ~ date_folded(text) ~ "]", "{'f': _s, 'g': " ~ date_glance("_s") ~ "}") -%}
    {%- set words = namespace(sql="[_s.f]") -%}
    {%- for macro in (date_digits, date_tens, date_bare, date_months, date_era) -%}
        {%- set words.sql = step(words.sql, macro("_w"), "_w") -%}
    {%- endfor -%}
    {%- set worded -%}
        {
            'f': _s.f, 'g': _s.g, 'm': {{ counted }},
            'w': case
                when _s.g is not null then null
                when regexp_full_match(_s.f, '[0-9][0-9 :./,_\\t+z-]*') then _s.f
                else ({{ words.sql }})[1]
            end
        }
    {%- endset -%}
    {%- set read = namespace(sql=step(folded, worded)) -%}
    {#- `c` day and clock apart, `x` day, `k` time of day, `p` readings, `v` those that are dates, `y` the reason -#}
    {%- set kept = "{'f': _s.f, 'g': _s.g, 'm': _s.m, " -%}
    {%- set read.sql = step(read.sql, kept ~ "'c': " ~ date_clock("_s.w") ~ "}") -%}
    {%- set read.sql = step(read.sql, kept ~ "'k': " ~ date_time("_s.c") ~ ", 'x': " ~ day ~ "}") -%}
    {%- set kept = kept ~ "'k': _s.k, 'x': _s.x, " -%}
    {%- set read.sql = step(read.sql, kept ~ "'p': " ~ date_padded(date_readings("_s.x")) ~ "}") -%}
    {%- set read.sql = step(read.sql, kept ~ "'p': _s.p, 'v': " ~ date_valid("_s.p") ~ "}") -%}
    {%- set judged -%}
        {
            'm': _s.m, 'k': _s.k, 'v': _s.v,
            'y': coalesce(_s.g, {{ date_reason("_s.f", "_s.x", "_s.p", "_s.v", "_s.k") }})
        }
    {%- endset -%}
    {%- set verdict -%}
        {
            'reason': _s.y,
            'standard': case when _s.m is not null then strftime(_s.m, '%Y-%m-%d') when _s.y = 'ok' then _s.v[1] end,
            'seconds': case
                when _s.m is not null then date_diff('second', date_trunc('day', _s.m), _s.m)
                when _s.y = 'ok' then {{ date_seconds("_s.k") }}
            end,
            'utc_offset': case when _s.y = 'unix_time' then 480 when _s.y = 'ok' then _s.k.utc_offset end,
            'candidates': if(_s.y in ('day_month_order', 'two_digit_year'), list_sort(_s.v), null)
        }
    {%- endset -%}
    case
        -- nearly all values look like this
        when
            regexp_full_match({{ text }}, '(?:19[1-689]|20[0-8])\d-\d\d-\d\d(?:[ T]\d\d:\d\d:\d\d)?')
            and try_cast({{ text }} as timestamp) is not null
            then {
                'reason': 'ok', 'standard': {{ text }}[:10],
                'seconds': epoch(try_cast({{ text }} as timestamp) - try_cast({{ text }}[:10] as timestamp))::bigint,
                'utc_offset': null::integer, 'candidates': null::varchar[]
            }
        else ({{ step(step(read.sql, judged), verdict) }})[1]
    end
{%- endmacro -%}
