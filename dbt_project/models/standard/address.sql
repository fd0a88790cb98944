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

    {{ values_to_read("address") }}

),

judged as (

    select raw, {{ is_plain_place("raw") }} as is_plain
    from source

),

folded as (

    select
        raw,
        is_plain,
        if(is_plain, raw, {{ drop_invisible(fold_width("raw")) }}) as text
    from judged

),

simplified as (

    select
        raw,
        is_plain,
        if(is_plain, text, {{ to_simplified("text") }}) as text
    from folded

),

texts as (

    select
        raw,
        is_plain,
        if(is_plain, text, {{ without_spaces("text") }}) as text
    from simplified

),

{{ region_reading("texts") }},

-- texts in Latin letters, and Chinese ones that begin with a name in Latin letters
latin as (

    select raw, body
    from read_0
    where used is null and regexp_matches(body, '^[^\p{Han}]*[A-Za-z]{2}')

),

{{ latin_region_reading("latin") }},

joined as (

    select
        reading.raw,
        reading.body,
        reading.noise,
        if(latin_reading.is_conflict, 'province', reading.conflict) as conflict,
        reading.is_plain,
        reading.is_old,
        coalesce(reading.code, latin_reading.code) as code,
        coalesce(reading.candidates, latin_reading.candidates) as candidates,
        latin_reading.raw is not null as is_latin,
        case
            when latin_reading.raw is not null then latin_reading.rest
            when reading.used is null then reading.noise || reading.body
            else {{ around_regions("reading") }}
        end as rest
    from region_reading as reading
    left join latin_reading on reading.raw = latin_reading.raw

),

-- without a postcode and a country behind it
posted as (

    select
        *,
        case
            when noise <> '' and regexp_matches(noise, '[0-9]{6}') then regexp_extract(noise, '[0-9]{6}')
            when has_six_digits
                then nullif(
                        regexp_extract(rest, '(?:邮编|邮政编码|(?i:zip(?: ?code)?|postcode))[: ]*([0-9]{6})(?:[^0-9]|$)', 1),
                        ''
                    )
        end as told_postcode,
        case
            when is_latin then nullif(regexp_extract(body, '(?:^|[ ,])([0-9]{6})(?:[ ,.]|$)', 1), '')
            when has_six_digits then nullif(regexp_extract(rest, '(?:^|[^0-9-])([0-9]{6})[^0-9\pL]{0,3}$', 1), '')
        end as last_postcode
    from (
        select *, not is_plain and regexp_matches(rest, '[0-9]{6}') as has_six_digits
        from joined
    ) as counted

),

postcode_province as (

    select
        left(postcode, 2) as prefix,
        list(distinct left(region_code, 2)) as province_codes
    from {{ ref("region_code") }}
    where postcode is not null
    group by left(postcode, 2)

),

postcode_place as (

    select
        left(postcode, 3) as prefix,
        list(distinct left(region_code, 4)) as city_codes
    from {{ ref("region_code") }}
    where postcode is not null
    group by left(postcode, 3)

),

-- a postcode without its label must be one of the province
checked as (

    select
        posted.* exclude (told_postcode, last_postcode),
        coalesce(
            posted.told_postcode,
            if(
                posted.code is null or list_contains(postcode_province.province_codes, left(posted.code, 2)),
                posted.last_postcode,
                null
            )
        ) as postcode
    from posted
    left join postcode_province on left(posted.last_postcode, 2) = postcode_province.prefix

),

-- several regions of one name: the postcode may leave one
fitting as (

    select
        checked.*,
        if(
            candidates is not null and conflict is null,
            list_filter(candidates, lambda c: list_contains(postcode_place.city_codes, left(c, 4))),
            null
        ) as fitting
    from checked
    left join postcode_place on left(checked.postcode, 3) = postcode_place.prefix

),

narrowed as (

    select
        * exclude (code, candidates, fitting),
        if(len(fitting) = 1, fitting[1], code) as code,
        if(len(fitting) = 1, null, candidates) as candidates
    from fitting

),

without_postcode as (

    select
        * exclude (rest),
        case
            when postcode is null then rest
            else
                regexp_replace(
                    rest,
                    '[ ,;(\[]*(?:邮编|邮政编码|(?i:zip(?: ?code)?|postcode))?[: ]*\b' || postcode || '[)\] .,;]*', ''
                )
        end as rest
    from narrowed

),

without_country as (

    select
        * exclude (rest),
        if(
            not is_plain and right(rest, 1) in ('国', 'a', 'A', 'c', 'C', '.'),
            regexp_replace(rest, '(?i)[ ,.;]*(?:\bp\.? ?r\.? ?china|\bchina|中国|\bp\.?r\.?c\.?)[.]?$', ''),
            rest
        ) as rest
    from without_postcode

),

decided as (

    select
        raw,
        body,
        noise,
        conflict,
        is_old,
        is_plain,
        postcode,
        code,
        candidates,
        case
            when rest = '' then null
            when is_plain then rest
            when contains({{ rest_edges() }}, left(rest, 1)) or contains({{ rest_edges() }}, right(rest, 1))
                then nullif(trim(rest, {{ rest_edges() }}), '')
            else rest
        end as rest
    from without_country

),

-- where no county is certain a town may tell it: the only one of its name, in the city or among the counties that fit
town_text as (

    select
        raw,
        code,
        candidates,
        regexp_extract(rest, '^(\p{Han}{2,9}?(?:街道|镇|乡|苏木))(?:[^村亲间下愁]|$)', 1) as form
    from decided
    where
        conflict is null
        and (code is null or (code like '%00' and code not like '%0000'))
        and regexp_matches(rest, '^\p{Han}{2,9}(?:街道|镇|乡|苏木)')

),

-- before the town the county may stand without its kind (和平林寨镇)
town_reading as (

    select
        raw,
        code,
        candidates,
        unnest([0, 2, 3]) as stem_length,
        unnest([form, substr(form, 3), substr(form, 4)]) as form,
        unnest(['', left(form, 2), left(form, 3)]) as stem
    from town_text
    where form <> ''

),

town_county as (

    select
        town_reading.raw,
        town_reading.stem_length,
        list(distinct region_town.region_code order by region_town.region_code) as codes
    from town_reading
    inner join {{ ref("region_town") }} as region_town
        on
            town_reading.form = region_town.form
            and (town_reading.code is null or starts_with(region_town.region_code, left(town_reading.code, 4)))
            and (town_reading.candidates is null or list_contains(town_reading.candidates, region_town.region_code))
            and (starts_with(region_town.county, town_reading.stem) or starts_with(region_town.city, town_reading.stem))
    group by town_reading.raw, town_reading.stem_length

),

town_choice as (

    select
        raw,
        arg_min(codes, stem_length) as codes,
        min(stem_length) as stem_length
    from town_county
    group by raw

),

-- a town alone is not enough: another one of its name may have been abolished
told as (

    select
        decided.*,
        town_choice.codes as town_codes,
        town_choice.stem_length,
        coalesce(
            len(town_choice.codes) = 1 and (decided.code is not null or decided.candidates is not null), false
        ) as is_told
    from decided
    left join town_choice on decided.raw = town_choice.raw

),

towned as (

    select
        * replace (
            if(is_told, town_codes[1], code) as code,
            case
                when is_told then null
                when code is null then coalesce(town_codes, candidates)
                else candidates
            end as candidates,
            if(is_told, substr(rest, 1 + stem_length), rest) as rest
        ),
        is_told and coalesce(town_codes[1] <> code, true) as is_by_town,
        code is null and candidates is null and town_codes is not null as is_town_only
    from told

),

reasoned as (

    select
        *,
        case
            when damage is not null then damage
            when code is null and candidates is null then {{ unread_place_reason("whole") }}
            when conflict = 'province' then 'province_city_conflict'
            when conflict = 'city' then 'city_conflict'
            when is_old and candidates is not null and code like '%00' and code not like '%0000' then 'county_abolished'
            when len(list_filter(candidates, lambda c: c like '%00')) > 0 then 'city_ambiguous'
            when is_town_only then 'town_only'
            when candidates is not null then 'county_ambiguous'
            when conflict = 'county' then 'county_unknown'
            when is_by_town then 'county_by_town'
            when is_old then 'county_abolished'
            else 'ok'
        end as reason
    from (
        select
            *,
            if(code is null and candidates is null, noise || body, null) as whole,
            if(is_plain, null, {{ damaged_place_reason("body") }}) as damage
        from towned
    ) as written

),

stated as (

    select
        * exclude (rest),
        case
            when reason in ('ok', 'county_unknown', 'county_abolished', 'county_by_town') then 'valid'
            when
                reason in ('province_city_conflict', 'city_conflict', 'city_ambiguous', 'county_ambiguous', 'town_only')
                then 'ambiguous'
            when reason in ('masked', 'mojibake', 'spreadsheet_error', 'scientific_notation') then 'damaged'
            when reason in ('missing', 'placeholder') then reason
            else 'invalid'
        end as status,
        if(
            reason in ('missing', 'placeholder', 'spreadsheet_error') or (reason = 'mojibake' and code is null),
            null,
            rest
        ) as rest
    from reasoned

),

numbered as (

    select
        *,
        {{ numbered_houses("rest") }} as numbered_rest
    from stated

),

bare as (

    select
        *,
        {{ bare_key("numbered_rest") }} as bare_rest
    from numbered

),

house_keyed as (

    select
        *,
        {{ house_key("bare_rest") }} as rest_key
    from bare

),

final as (

    select
        house_keyed.raw,
        case
            when house_keyed.status = 'valid'
                then concat_ws('', region.province, region.city, region.county, house_keyed.rest)
        end as standard,
        house_keyed.status,
        house_keyed.reason,
        region.province,
        region.city,
        region.county,
        region.region_code,
        region.level,
        house_keyed.rest,
        nullif(house_keyed.rest_key, '') as rest_key,
        house_keyed.postcode,
        house_keyed.candidates,
        '{{ rule_version("address") }}' as rule_version
    from house_keyed
    left join {{ ref("region_code") }} as region on house_keyed.code = region.region_code

)

select * from final
