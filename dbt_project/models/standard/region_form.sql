{{ config(materialized="table") }}

-- rank: 1 the official name of today, 2 the name in use, 3 an abolished name, 4 a name made by rule, 5 the bare stem,
-- 6 the bare stem of an abolished name
with

region as (

    select * from {{ ref("region_code") }}

),

city_name as (

    select distinct city from region
    where level = 'city'

),

abolished as (

    select
        old.county as form,
        region.*
    from {{ ref("region_abolished") }} as old
    inner join region on old.successor_code = region.region_code
    -- 市区 and 郊区 of long ago name nothing by themselves, and a city that grew out of a county of its name is the city
    left join city_name on old.county = city_name.city
    where
        city_name.city is null
        and (regexp_matches(old.county, '..[区县市旗]$') or regexp_matches(old.county, '^[^市城郊矿].$'))

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

    -- 广西省, 新疆自治区
    select region_code, unnest([province_short || '省', province_short || '自治区']) as form, 4 as rank
    from region
    where level = 'province' and province like '%自治区'

),

city_form as (

    select region_code, unnest([city, city_short]) as form, unnest([1, 2]) as rank
    from region
    where level = 'city'

    union all

    select
        region_code,
        city_short || unnest(
            case right(city, 1)
                when '州' then ['州', '自治州', '地区', '市']
                when '市' then if(region_code like '15%', ['盟', '地区'], ['地区'])
                else ['市']
            end
        ) as form,
        4 as rank
    from region
    where level = 'city'

    union all

    -- 湘西土家族自治州, 巴音郭楞州
    select
        region_code,
        regexp_replace(city, '族自治州$', '族州') as form,
        4 as rank
    from region
    where level = 'city' and city like '%族自治州'

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

    -- 管城区 for 管城回族区, 浦东区 for 浦东新区
    select region_code, {{ county_stem("county") }} || '区' as form, 2 as rank
    from region
    where level = 'county' and regexp_matches(county, '..[族新]区$')

    union all

    -- 乌市 may follow its province, as 呼市 does; 浑南新区 is a name by itself, other 新区 of such endings are zones
    select
        unnest(['210112', '650100']) as region_code,
        unnest(['浑南新区', '乌市']) as form,
        2 as rank

    union all

    select region_code, unnest([{{ county_stem("county") }}, regexp_extract(county, '^.+自治')]) as form, 5 as rank
    from region
    where level = 'county'

    union all

    -- 海拉尔市, 昆山县, 龙华新区: the kind of former times
    select
        region_code,
        {{ county_stem("county") }} || unnest(if(county like '%区', ['市', '县', '新区'], ['县'])) as form,
        4 as rank
    from region
    where level = 'county' and regexp_matches(county, '[区市]$') and not regexp_matches(county, '^市|[矿城郊东西南北中]区$')

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
    union all
    select region_code, {{ county_stem("form") }} as form, 6 as rank from abolished

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
    where form.form <> ''
    group by all

)

select * from final
