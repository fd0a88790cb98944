{{ config(materialized="table") }}

-- rank: 1 the official name of today, 2 the name in use, 3 an abolished name, 4 a name made by rule, 5 the bare stem
with

region as (

    select * from {{ ref("region_code") }}

),

abolished as (

    select
        old.county as form,
        region.*
    from {{ ref("region_abolished") }} as old
    inner join region on old.successor_code = region.region_code

),

alias as (

    select
        other.form,
        region.*
    from {{ ref("region_alias") }} as other
    inner join region on other.region_code = region.region_code

),

province_form as (

    select region_code, unnest([province, province_short]) as form, unnest([1, 2]) as rank
    from region
    where level = 'province'

    union all

    select
        region_code,
        unnest([province_short || '省', province_short || '市', province_short || '自治区']) as form,
        4 as rank
    from region
    where level = 'province'

),

city_form as (

    select region_code, unnest([city, city_short]) as form, unnest([1, 2]) as rank
    from region
    where level = 'city'

    union all

    select
        region_code,
        unnest(list_transform(['市', '地区', '州', '盟', '自治州'], lambda kind: city_short || kind)) as form,
        4 as rank
    from region
    where level = 'city'

),

county_form as (

    select region_code, county as form, 1 as rank
    from region
    where level = 'county'

    union all

    -- 青龙满族自治县 is called 青龙县 and 青龙自治县
    select
        region_code,
        unnest([
            {{ county_stem("county") }} || right(county, 1),
            {{ county_stem("county") }} || right(county, 3)
        ]) as form,
        2 as rank
    from region
    where level = 'county' and regexp_matches(county, '自治[县旗]$')

    union all

    select region_code, {{ county_stem("county") }} as form, 5 as rank
    from region
    where level = 'county'

),

form as (

    select region_code, form, rank from province_form
    union all
    select region_code, form, rank from city_form
    union all
    select region_code, form, rank from county_form
    union all
    select region_code, form, 2 as rank from alias
    union all
    select region_code, form, 3 as rank from abolished

),

final as (

    select
        form.form,
        region.level,
        form.region_code,
        left(form.region_code, 2) as province_code,
        left(form.region_code, 4) as city_code,
        min(form.rank) as rank
    from form
    inner join region on form.region_code = region.region_code
    where form.form is not null
    group by all

)

select * from final
