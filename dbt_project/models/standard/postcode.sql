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

    {{ values_to_read("postcode") }}

),

folded as (

    select
        raw,
        case
            when regexp_full_match(raw, '[1-9]\d{5}') then raw
            else lower(trim(regexp_replace({{ drop_invisible(fold_width("raw")) }}, '[\s\pZ]+', ' ', 'g')))
        end as text
    from source

),

-- a spreadsheet's decimals, quotes and labels go; digits in Chinese become Arabic
bare as (

    select
        raw,
        text,
        case
            when regexp_full_match(text, '\d{6}') then text
            else regexp_replace(
                    if(
                        regexp_full_match(text, '[〇零○一二三四五六七八九]{6}'),
                        translate(text, '〇零○一二三四五六七八九', '000123456789'),
                        text
                    ),
                    {{ postcode_pattern("trimmings") }},
                    '', 'g'
                )
        end as content
    from folded

),

-- digits: where nothing but digits with gaps stands there; runs: else, the six digits that stand by themselves
sought as (

    select
        raw,
        text,
        content,
        case
            when regexp_full_match(content, '\d{6}') then content
            when
                regexp_full_match(content, '\d{3}[ -]\d{3}|\d( \d){5}|\d{5}')
                then regexp_replace(content, '[ -]', '', 'g')
        end as digits,
        if(
            digits is null and regexp_matches(content, '\d{5}'),
            list_distinct(
                list_filter(
                    regexp_extract_all(content, '(?:^|[^\da-z])(\d+)', 1),
                    lambda run: length(run) = 6
                )
            ),
            null
        ) as runs
    from bare

),

chosen as (

    select
        raw,
        coalesce(
            digits,
            if(len(runs) = 1 and not regexp_matches(content, '\d{7}|\d[a-z]|@|\d{3}-\d{4}'), runs[1], null)
        ) as code,
        case
            when regexp_full_match(text, '[1-9]\d{5}') then null
            when {{ is_spreadsheet_error("text") }} then 'spreadsheet_error'
            -- a postcode beside lost characters is still one
            when {{ is_mojibake("text") }} and code is null and coalesce(len(runs), 0) < 2 then 'mojibake'
            when {{ says_missing("text") }} then 'missing'
            when {{ says_placeholder("text") }} then 'placeholder'
            when regexp_full_match(text, '\d([.]\d+)?e[+]?\d{1,3}') then 'scientific_notation'
            when regexp_matches(text, '\d[ -]*[*•●×]{2,}|\dx{3,}') then 'masked'
            when code is not null or regexp_full_match(content, '0+') then null
            when len(runs) > 1 then 'several'
            when
                regexp_matches(
                    content,
                    {{ postcode_pattern("phone") }}
                )
                then 'phone'
            when
                regexp_full_match(
                    content,
                    {{ postcode_pattern("foreign") }}
                )
                then 'foreign'
            when regexp_full_match(content, '[\d -]+') then 'bad_length'
            else 'not_a_postcode'
        end as complaint
    from sought

),

-- the leading zero that a spreadsheet took from 01 to 07
completed as (

    select
        raw,
        complaint,
        if(length(code) = 5 and code[1] between '1' and '7', '0' || code, code) as code,
        length(code) = 5 and code[1] between '1' and '7' as is_completed
    from chosen

),

-- the cities with counties of a postcode; the seed has lost zeros and has apostrophes
county as (

    select
        lpad(regexp_replace(postcode, '[^0-9]', '', 'g'), 6, '0') as postcode,
        case
            when is_municipality then left(region_code, 2) || '0000'
            when city is null then region_code
            else left(region_code, 4) || '00'
        end as city_code
    from {{ ref("region_code") }}
    where level = 'county' and postcode is not null

),

-- a place by three digits is an area, by four a county
size as (

    select unnest([3, 4]) as digits

),

place as (

    select
        left(county.postcode, size.digits) as prefix,
        list_sort(list(distinct county.city_code)) as region_codes,
        if(count(distinct left(county.city_code, 2)) = 1, left(min(county.city_code), 2) || '0000', null)
            as province_code
    from county
    cross join size
    group by prefix

),

beginning as (

    select prefix, province_code from {{ ref("postcode_prefix") }}

),

located as (

    select
        completed.raw,
        completed.code,
        completed.complaint,
        completed.is_completed,
        coalesce(entire.province_code is not null, false) as is_special,
        two.prefix is not null as is_known,
        place.prefix is not null as is_known_place,
        case
            when entire.prefix is not null then [entire.province_code]
            when place.prefix is not null then place.region_codes
            -- an area of one city: of its other postcodes too
            when len(area.region_codes) = 1 then area.region_codes
        end as region_codes,
        coalesce(
            entire.province_code,
            place.province_code,
            if(three.prefix is null, two.province_code, null)
        ) as province_code
    from completed
    left join place on completed.code[:4] = place.prefix
    left join place as area on completed.code[:3] = area.prefix
    left join beginning as two on completed.code[:2] = two.prefix
    left join beginning as three on completed.code[:3] = three.prefix
    left join beginning as entire on completed.code = entire.prefix

),

judged as (

    select
        raw,
        code,
        region_codes,
        province_code,
        case
            when complaint is not null then complaint
            when
                regexp_full_match(
                    code,
                    {{ postcode_pattern("filler") }}
                )
                or code is null
                then 'placeholder'
            when is_special then 'ok'
            when not is_known then if(is_completed or length(code) = 5, 'bad_length', 'unknown_prefix')
            when is_completed and not is_known_place then 'digit_missing'
            when is_completed then 'leading_zero_restored'
            when length(code) = 5 then 'bad_length'
            else 'ok'
        end as reason
    from located

),

final as (

    select
        raw,
        if(reason in ('ok', 'leading_zero_restored'), code, null) as standard,
        case
            when reason in ('ok', 'leading_zero_restored') then 'valid'
            when reason in ('several', 'digit_missing') then 'ambiguous'
            when reason in ('spreadsheet_error', 'mojibake', 'scientific_notation', 'masked') then 'damaged'
            when reason in ('missing', 'placeholder') then reason
            else 'invalid'
        end as status,
        reason,
        if(reason in ('ok', 'leading_zero_restored'), province_code, null) as province_code,
        if(reason in ('ok', 'leading_zero_restored'), region_codes, null) as region_codes,
        '{{ rule_version("postcode") }}' as rule_version
    from judged

)

select * from final
