{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key="raw",
        on_schema_change="append_new_columns",
    )
}}

with

source as (

    {{ values_to_read("headcount") }}

),

folded as (

    select
        raw,
        -- nearly all values look like this
        regexp_full_match(raw, '(?:员工人数[:：])?(?:约|少于)?[1-9][0-9]{0,6}(?:[-~][1-9][0-9]{0,6})?人?(?:以上|以下)?') as is_plain,
        if(
            is_plain or (regexp_full_match(raw, '[!-}一-龥]+') and not regexp_matches(raw, '[A-Z]')),
            raw,
            trim(
                regexp_replace(
                    lower(translate({{ drop_invisible(fold_width("raw")) }}, '—–−‐‑〜∼→', '--------')),
                    '[\s\pZ]+', ' ', 'g'
                )
            )
        ) as text
    from source

),

judged as (

    select
        raw,
        is_plain,
        text,
        case
            when is_plain then null
            when {{ is_spreadsheet_error("text") }} then 'spreadsheet_error'
            when {{ is_mojibake("text") }} or regexp_matches(text, '\d\?+-?\d') then 'mojibake'
            when regexp_full_match(text, '~|') or {{ says_missing("text") }} then 'missing'
            when {{ says_placeholder("text") }} then 'placeholder'
            when regexp_matches(text, '[不未]予?(?:公示|公开|披露)') then 'not_disclosed'
            when regexp_full_match(text, '\d([.]\d+)?e[+]?\d{1,3}') then 'scientific_notation'
            when regexp_matches(text, '\d[*•●×]{2,}|\dx{2,}') then 'masked'
            when
                regexp_matches(text, '^\d{4}[-/年.]\d{1,2}[-/月.]\d{1,2}日?( |$)|^\d{1,2}/\d{1,2}/\d{4}')
                then 'spreadsheet_date'
            when regexp_matches(text, '几[十百千万个名人位]|[数好][十百千万]+|若干|dozens|hundreds|thousands')
                and not regexp_matches(text, '十几')
                then 'vague'
            when
                regexp_full_match(
                    text,
                    {{ headcount_pattern("size_word") }}
                )
                then 'size_word'
            when regexp_full_match(text, '-+ ?\d+ ?[人名位]?') then 'negative'
        end as complaint
    from folded

),

-- 10-20 that a spreadsheet took for a day, 10-50 that it took for a month
restored as (

    select
        raw,
        is_plain,
        text,
        complaint,
        case
            when is_plain or complaint is not null then null
            when regexp_full_match(text, '\d{1,2}月\d{1,2}日')
                then regexp_extract(text, '(\d+)月(\d+)日', ['a', 'b'])
            when regexp_full_match(text, '\d{1,2}-(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)')
                then {
                        'a': ((instr('janfebmaraprmayjunjulaugsepoctnovdec', text[-3:]) + 2) // 3)::varchar,
                        'b': regexp_extract(text, '^\d+')
                    }
            when regexp_full_match(text, '(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)-\d\d')
                then {
                        'a': ((instr('janfebmaraprmayjunjulaugsepoctnovdec', text[:3]) + 2) // 3)::varchar,
                        -- up to 31 it may be a day or a year
                        'b': if(text[-2:] > '31', text[-2:], '0')
                    }
        end as day
    from judged

),

-- numerals to digits, words that say nothing to spaces
counted as (

    select
        raw,
        is_plain,
        complaint,
        day,
        case
            when is_plain or complaint is not null then text
            when day is not null then day.a || '-' || day.b
            when regexp_full_match(text, '\d{1,7}人') then text[:-2]
            else trim(
                    regexp_replace(
                        {{ headcount_digits("text") }},
                        {{ headcount_note() }} || '|' || {{ headcount_noise() }},
                        ' ',
                        'g'
                    )
                )
        end as content
    from restored

),

-- the count in its parts: what stands before it, the least, the most, what stands behind it
split as (

    select
        raw,
        is_plain,
        complaint,
        day is not null as is_restored,
        content,
        case
            when is_plain
                then {
                        'before': regexp_extract(content, '约|少于'), 'least': regexp_extract(content, '[0-9]+'), 'k': '',
                        'most': regexp_extract(content, '[-~]([0-9]+)', 1),
                        'k2': '',
                        'after': regexp_extract(content, '以上|以下')
                    }
            when complaint is null
                then regexp_extract(
                        regexp_replace(content, '^(\d{1,3}) (\d{3})$', '\1\2'),
                        {{ headcount_pattern("count") }},
                        ['before', 'least', 'k', 'most', 'k2', 'after']
                    )
        end as part,
        complaint is null and regexp_matches(content, '^\D*\d[\d.十百千万]*\+[^\d]*$') as has_plus
    from counted

),

-- 5-10万: the unit is that of both
written as (

    select
        raw,
        is_plain,
        complaint,
        is_restored,
        content,
        part,
        part.after || if(has_plus, '+', '') as after,
        case part.k
            when ''
                then case
                        when
                            part.most <> ''
                            and regexp_matches(part.most || part.k2, '[千万kw]$')
                            and not regexp_matches(part.least, '[十百千万]')
                            and try_cast(part.least as double)
                            <= try_cast(regexp_extract(part.most, '^[\d.]+') as double)
                            then part.least || if(regexp_matches(part.most || part.k2, '[万w]$'), '万', '千')
                        else part.least
                    end
            when 'w' then part.least || '万'
            else part.least || '千'
        end as least_text,
        case part.k2 when '' then part.most when 'w' then part.most || '万' else part.most || '千' end as most_text
    from split

),

valued as (

    select
        raw,
        complaint,
        is_restored,
        content,
        part,
        after,
        {{ spoken_number("least_text") }} as least,
        case when most_text <> '' then {{ spoken_number("most_text") }} end as most
    from written

),

bounded as (

    select
        *,
        part.most <> '' as is_range,
        case
            when part.before = '' and after = '' then ''
            when regexp_matches(part.before, '^(?:少于|小于|低于|不足|不满|不到|less|fewer|under|below|<$)')
                or regexp_matches(after, '不到|不足|不满|未满')
                then 'below'
            when
                regexp_matches(part.before, '^(?:不超过|不多于|不大于|至多|最多|up to|at most|max|<=|≤)')
                or regexp_matches(after, '以下|以内|之内|less|fewer|below')
                then 'up to'
            when regexp_matches(part.before, '^(?:超|大于|多于|高于|more|over|>$)') then 'above'
            when
                regexp_matches(part.before, '^(?:上$|至少|最少|不少于|不低于|at least|min|>=|≥)')
                or regexp_matches(after, '以上|余|多|[+]|more|above|over|plus')
                then 'from'
            when
                regexp_matches(part.before, '^(?:约|大约|大概|近|将近|接近|大致|about|around|approx|circa|ca|nearly|~)')
                or regexp_matches(after, '左右|上下|来')
                then 'about'
            else ''
        end as sense
    from valued

),

verdict as (

    select
        *,
        case
            when complaint is not null then complaint
            when is_restored and (least >= most or most is null) then 'spreadsheet_date'
            when part.least = '' or part.least is null
                then case
                        when regexp_full_match(content, '[0-9][0-9 -]{10,}') then 'not_a_count'
                        when
                            regexp_matches(content, '\d.*[^\d.,十百千万].*\d')
                            and not regexp_matches(content, '[a-z@%￥$元米号室楼]')
                            then 'several'
                        else 'not_a_count'
                    end
            when regexp_matches(part.least, '^0\d')
                or regexp_matches(part.most, '^0\d')
                or least is null
                or (is_range and most is null)
                then 'not_a_count'
            when
                coalesce(most, least) = 0 or (sense = 'below' and least = 1) or least in (99999, 999999)
                then 'placeholder'
            -- 2000 to 2035 as a spreadsheet counts days: 10-20 that became a date and then a number
            when
                least between 36526 and 49674
                and most is null
                and regexp_full_match(raw, '[\s\pZ="'']*[0-9０-９]{5}(?:[.．][0０]+)?[\s\pZ"'']*')
                then 'may_be_date'
            when coalesce(most, least) > 5000000 then 'too_many'
            when least <> floor(least) or coalesce(most <> floor(most), false) then 'not_whole'
            when is_range and least > most then 'reversed'
            when is_restored then 'range_restored'
            else 'ok'
        end as reason
    from bounded

),

read as (

    select
        raw,
        reason,
        reason in ('ok', 'range_restored') as is_valid,
        try_cast(
            case
                when sense in ('below', 'up to') then 0
                when sense = 'above' then least + 1
                else least
            end as bigint
        ) as min_count,
        try_cast(
            case
                when sense = 'below' then least - 1
                when is_range then most
                when sense in ('from', 'above') then null
                else least
            end as bigint
        ) as max_count,
        sense = 'about' as is_about
    from verdict

),

final as (

    select
        raw,
        case
            when is_valid
                then
                    if(is_about, '~', '')
                    || case
                        when max_count is null then min_count || '+'
                        when min_count = max_count then min_count::varchar
                        else min_count || '-' || max_count
                    end
            when reason = 'may_be_date' then min_count::varchar
        end as standard,
        case
            when is_valid then 'valid'
            when reason in ('vague', 'size_word', 'several', 'reversed', 'may_be_date') then 'ambiguous'
            when
                reason in ('spreadsheet_error', 'spreadsheet_date', 'scientific_notation', 'masked', 'mojibake')
                then 'damaged'
            when reason in ('missing', 'not_disclosed') then 'missing'
            when reason = 'placeholder' then 'placeholder'
            else 'invalid'
        end as status,
        reason,
        if(is_valid, min_count, null) as min_count,
        if(is_valid, max_count, null) as max_count,
        if(is_valid, is_about or max_count is null, null) as is_approximate,
        case
            when not is_valid then null
            when max_count < 10 then 'micro'
            when min_count >= 10 and max_count < 50 then 'small'
            when min_count >= 50 and max_count < 250 then 'medium'
            when min_count >= 250 then 'large'
        end as size_band,
        '{{ rule_version("headcount") }}' as rule_version
    from read

)

select * from final
