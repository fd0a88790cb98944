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

    {{ values_to_read("region") }}

),

-- the three columns, each without what says that there is nothing to name
columned as (

    select
        raw,
        list_transform(
            string_split({{ tidy_place("raw") }}, '|'),
            lambda p: case
                when trim(p) in ('市南', '市北', '市中') then trim(p) || '区'
                when trim(p) <> '城区' and {{ is_no_region("lower(trim(p))") }} then ''
                else trim(p)
            end
        ) as parts,
        {{ tidy_place("raw") }} as written
    from source

),

texts as (

    select
        raw,
        false as is_plain,
        array_to_string(list_filter(parts, lambda p: p <> ''), '|') as text
    from columned

),

{{ region_reading("texts") }},

latin as (

    select raw, body
    from opened
    where regexp_matches(body, '[A-Za-z]{2}')

),

{{ latin_region_reading("latin") }},

joined as (

    select
        reading.raw,
        columned.written,
        columned.parts,
        reading.body,
        if(latin_reading.is_conflict, 'province', reading.conflict) as conflict,
        reading.is_old,
        if(latin_reading.raw is null, reading.code, latin_reading.code) as code,
        if(latin_reading.raw is null, reading.candidates, latin_reading.candidates) as candidates,
        case
            when latin_reading.raw is not null then latin_reading.rest
            else {{ around_regions("reading") }}
        end as rest
    from region_reading as reading
    inner join columned on reading.raw = columned.raw
    left join latin_reading on reading.raw = latin_reading.raw

),

decided as (

    select
        *,
        if({{ is_no_region("rest") }}, '', trim(rest, '{{ place_separators() }}')) as unread
    from joined

),

reasoned as (

    select
        decided.*,
        region.province,
        region.city,
        region.county,
        region.level,
        region.area_code,
        case
            when code is null and candidates is null
                then case
                        when
                            len(
                                list_filter(string_split(written, '|'), lambda p: {{ is_spreadsheet_error("trim(p)") }})
                            ) > 0
                            then 'spreadsheet_error'
                        when
                            contains(written, '??')
                            or len(list_filter(string_split(written, '|'), lambda p: {{ is_mojibake("trim(p)") }})) > 0
                            then 'mojibake'
                        when
                            len(
                                list_filter(
                                    string_split(lower(written), '|'), lambda p: {{ says_placeholder("trim(p)") }}
                                )
                            ) > 0
                            then 'placeholder'
                        when trim(written, ' |') = '' or body = '' then 'missing'
                        else 'unknown'
                    end
            when conflict = 'province' then 'province_city_conflict'
            when conflict = 'city' then 'city_conflict'
            when is_old and candidates is not null and code like '%00' and code not like '%0000' then 'county_abolished'
            when len(list_filter(candidates, lambda c: c like '%00')) > 0 then 'city_ambiguous'
            when candidates is not null then 'county_ambiguous'
            when unread <> ''
                and region.level = 'province'
                and not region.is_municipality
                and contains(unread, parts[2])
                and parts[2] <> ''
                then 'city_unknown'
            when conflict = 'county' or unread <> '' and region.level <> 'county' then 'county_unknown'
            when is_old then 'county_abolished'
            else 'ok'
        end as reason
    from decided
    left join {{ ref("region_code") }} as region on decided.code = region.region_code

),

final as (

    select
        raw,
        if(status = 'valid', concat_ws('', province, city, county), null) as standard,
        status,
        reason,
        province,
        city,
        county,
        code as region_code,
        level,
        area_code,
        candidates,
        '{{ rule_version("region") }}' as rule_version
    from (
        select
            *,
            case
                when reason in ('ok', 'county_unknown', 'county_abolished', 'city_unknown') then 'valid'
                when reason in ('missing', 'placeholder') then reason
                when reason in ('spreadsheet_error', 'mojibake') then 'damaged'
                when reason = 'unknown' then 'invalid'
                else 'ambiguous'
            end as status
        from reasoned
    ) as told

)

select * from final
