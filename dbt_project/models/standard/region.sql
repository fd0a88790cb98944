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

region as (

    select * from {{ ref("region_code") }}

),

province_form as (

    select form, province_code
    from {{ ref("region_form") }}
    where level = 'province'

),

place_form as (

    select *
    from {{ ref("region_form") }}
    where level in ('city', 'county')

),

-- 吉林 and 海南 name a province and a city
city_name as (

    select form, province_code, bool_or(rank = 1) as is_official
    from place_form
    where level = 'city' and rank <= 2
    group by form, province_code

),

part as (

    select
        raw,
        list_transform(
            string_split({{ to_simplified(fold_width("raw")) }}, '|'),
            lambda p: nullif(regexp_replace(lower({{ drop_invisible("p") }}), '[\s\x{00a0}.,。，、·:;_-]', '', 'g'), '')
        ) as parts
    from source

),

named as (

    select
        raw,
        regexp_replace(parts[1], '^中国(.)', '\1') as province_text,
        parts[2] as city_text,
        parts[3] as county_text
    from part

),

-- a city or a county written one column to the left is moved to its place
moved as (

    select
        named.raw,
        case
            when province_form.province_code is not null then named.province_text
            when second.province_code is not null and named.province_text is null then named.city_text
        end as province_text,
        coalesce(
            province_form.province_code,
            if(named.province_text is null, second.province_code, null)
        ) as province_code,
        case
            when province_form.province_code is null and named.province_text is not null then named.province_text
            when named.province_text is null and second.province_code is not null then null
            else named.city_text
        end as city_text,
        case
            when
                province_form.province_code is null
                and named.province_text is not null
                and coalesce(named.city_text <> named.province_text, true)
                then coalesce(named.county_text, named.city_text)
            else named.county_text
        end as county_text,
        named.province_text is null and named.city_text is null and named.county_text is null as is_missing
    from named
    left join province_form on named.province_text = province_form.form
    left join city_name on named.city_text = city_name.form and city_name.is_official
    left join province_form as second on named.city_text = second.form and city_name.form is null

),

-- the city column says nothing about a city where it repeats the province or says 市辖区 or 省直辖县级行政区划
placed as (

    select
        moved.raw,
        moved.province_code,
        case
            when {{ is_no_region("moved.city_text") }} or again.province_code is not null then null
            else moved.city_text
        end as city_text,
        moved.county_text,
        moved.is_missing
    from moved
    left join city_name on moved.city_text = city_name.form and moved.province_code = city_name.province_code
    left join province_form as again
        on moved.city_text = again.form and moved.province_code = again.province_code and city_name.form is null

),

-- what the city column names: a city, or a county written where the city belongs
city_candidate as (

    select
        placed.raw,
        place_form.rank,
        list(distinct place_form.region_code) as codes
    from placed
    inner join place_form
        on
            placed.city_text = place_form.form
            and coalesce(placed.province_code, place_form.province_code) = place_form.province_code
    group by all

),

city_choice as (

    select
        raw,
        arg_min(codes, rank) as codes
    from city_candidate
    group by raw

),

-- names that are full names of places in another province
city_elsewhere as (

    select distinct placed.raw
    from placed
    inner join place_form
        on
            placed.city_text = place_form.form
            and place_form.rank = 1
            and placed.province_code <> place_form.province_code

),

city_read as (

    select
        placed.raw,
        placed.province_code,
        placed.city_text,
        placed.is_missing,
        city_elsewhere.raw is not null and city_choice.codes is null as is_conflict,
        coalesce(len(city_choice.codes) > 1, false) as is_city_ambiguous,
        if(len(city_choice.codes) = 1, city_choice.codes[1], null) as place_code,
        placed.county_text
    from placed
    left join city_choice on placed.raw = city_choice.raw
    left join city_elsewhere on placed.raw = city_elsewhere.raw

),

scoped as (

    select
        city_read.*,
        place.city,
        place.city_short,
        -- the city itself again in the county column (吉林市|吉林市, 延边州) adds nothing
        city_read.county_text in (
            place.city, place.city_short, place.city_short || '州', place.city_short || '市区'
        ) as is_city_again
    from city_read
    left join region as place on city_read.place_code = place.region_code

),

-- ways to read the county column, the likeliest first: as written, without the city's name before it, by its stem
county_text as (

    select
        raw,
        province_code,
        place_code,
        city_text,
        unnest([
            county_text,
            if(starts_with(county_text, city), substr(county_text, length(city) + 1), null),
            if(starts_with(county_text, city_short), substr(county_text, length(city_short) + 1), null),
            if(place_code is null, null, {{ county_stem("county_text") }})
        ]) as form,
        unnest([1, 2, 3, 4]) as way
    from scoped
    where county_text is not null and not coalesce(is_city_again, false)

),

county_candidate as (

    select
        county_text.raw,
        county_text.way * 10 + place_form.rank as rank,
        list(distinct place_form.region_code) as codes
    from county_text
    inner join place_form
        on
            county_text.form = place_form.form
            and place_form.level = 'county'
            and case
                -- inside the city that is known; directly administered counties of a province are nobody's city
                when county_text.place_code is not null
                    then
                        left(county_text.place_code, 4) = place_form.city_code
                        and substr(county_text.place_code, 3, 2) <> '90'
                -- a city that nobody knows says that the county is not to be guessed
                when county_text.city_text is not null then false
                else coalesce(county_text.province_code, place_form.province_code) = place_form.province_code
            end
    group by all

),

county_choice as (

    select
        raw,
        arg_min(codes, rank) as codes,
        min(rank) as rank
    from county_candidate
    group by raw

),

decided as (

    select
        scoped.raw,
        scoped.is_missing,
        scoped.is_conflict,
        scoped.is_city_ambiguous,
        scoped.city_text is not null and scoped.place_code is null as is_city_unknown,
        coalesce(len(county_choice.codes) > 1, false) as is_county_ambiguous,
        county_choice.rank % 10 = 3 as is_abolished,
        scoped.county_text is not null
        and not coalesce(scoped.is_city_again, false)
        and not {{ is_no_region("coalesce(bare.form, scoped.county_text)") }} as has_county,
        case
            when scoped.is_conflict then null
            when len(county_choice.codes) = 1 then county_choice.codes[1]
            when scoped.place_code is not null then scoped.place_code
            -- several counties of one city: the city is sure
            when len(list_distinct(list_transform(county_choice.codes, lambda c: left(c, 4)))) = 1
                and substr(county_choice.codes[1], 3, 2) not in ('01', '02', '90')
                then left(county_choice.codes[1], 4) || '00'
            when scoped.province_code is not null then scoped.province_code || '0000'
        end as region_code,
        scoped.place_code
    from scoped
    left join county_choice on scoped.raw = county_choice.raw
    left join county_text as bare on scoped.raw = bare.raw and bare.way = 2

),

final as (

    select
        decided.raw,
        region.province,
        region.city,
        region.county,
        region.region_code,
        region.level,
        case
            when decided.is_missing then 'missing'
            when region.region_code is not null then 'valid'
            when decided.is_conflict or decided.is_city_ambiguous or decided.is_county_ambiguous then 'ambiguous'
            else 'invalid'
        end as status,
        case
            when decided.is_missing then 'missing'
            when decided.is_conflict then 'province_city_conflict'
            when decided.is_city_ambiguous then 'city_ambiguous'
            when decided.is_city_unknown and region.region_code is null then 'unknown'
            when decided.is_city_unknown then 'city_unknown'
            when region.level = 'county' and decided.is_abolished then 'county_abolished'
            when region.level = 'county' then 'ok'
            when decided.is_county_ambiguous and decided.is_abolished then 'county_abolished'
            when decided.is_county_ambiguous then 'county_ambiguous'
            when decided.has_county and region.region_code is null then 'unknown'
            when decided.has_county then 'county_unknown'
            when region.region_code is null then 'unknown'
            else 'ok'
        end as reason,
        region.area_code,
        '{{ rule_version("region") }}' as rule_version
    from decided
    left join region on decided.region_code = region.region_code

)

select * from final
