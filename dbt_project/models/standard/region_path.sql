{{ config(materialized="table") }}

-- kind: how much a name of this form can be trusted, by its last part. full: it says what it is (市, 区, 县);
-- short: a province or city without it; town: a county or county-level city without it; district: 南山 for 南山区;
-- bare: a county without it and without its city; zone: no region, but it lies in one
with

region as (

    select * from {{ ref("region_code") }}

),

form as (

    select
        region_form.*,
        region_form.region_code as code,
        region_form.rank = 1
        or region_form.rank <= 4 and regexp_matches(region_form.form, '..[省市区旗盟州]$|县$') as is_full,
        right(region.county, 1) = '区' as is_district
    from {{ ref("region_form") }} as region_form
    inner join region on region_form.region_code = region.region_code

),

province as (

    select * from form
    where level = 'province'

),

city as (

    select * from form
    where level = 'city'

),

-- 市南 is not a short form after a city: 青岛市南京路
county as (

    select
        *,
        case when is_full then 'full' when is_district and rank > 2 then 'district' else 'town' end as kind
    from form
    where level = 'county'

),

-- Chongqing’s counties are written under Sichuan too, to which they belonged until 1997
moved as (

    select
        moved.former_city,
        moved.county as form,
        moved.region_code as code,
        unnest(
            case left(moved.region_code, 2) when '50' then ['50', '51'] else [left(moved.region_code, 2)] end
        ) as province_code
    from {{ ref("region_moved") }} as moved

),

province_before as (

    select province_code, form from province
    where rank <= 2

    union all

    select province_code, '' as form from province
    where rank = 1

),

province_path as (

    select form as path, code, rank, if(is_full, 'full', 'short') as kind
    from province

    union all

    -- 北京市北京市, 北京市北京
    select
        one.form || again.form as path,
        one.code,
        one.rank + again.rank as rank,
        if(again.is_full, 'full', 'short') as kind
    from province as one
    inner join province as again on one.code = again.code
    inner join region on one.code = region.region_code
    where region.is_municipality and one.rank <= 2 and again.rank <= 2

),

city_path as (

    -- 吉林 and 海南 alone are the provinces
    select city.form as path, city.code, city.rank, if(city.is_full, 'full', 'short') as kind
    from city
    left join province on city.form = province.form
    where province.form is null

    union all

    select
        province.form || city.form as path,
        city.code,
        province.rank + city.rank as rank,
        if(city.is_full, 'full', 'short') as kind
    from city
    inner join province on city.province_code = province.province_code

),

city_short as (

    select distinct city_short as form
    from region
    where level = 'city'

),

-- what may stand before a county: nothing, the province, the city, both
before_county as (

    select
        form as path,
        province_code as code,
        rank,
        is_full,
        true as is_province
    from province

    union all

    select
        province_path.path,
        left(region.region_code, 2) as code,
        province_path.rank,
        province_path.kind = 'full' as is_full,
        true as is_province
    from province_path
    inner join region on province_path.code = region.region_code
    where region.is_municipality and length(province_path.path) > 3

    union all

    select form as path, city_code as code, rank, is_full, false as is_province
    from city

    union all

    select
        province.form || city.form as path,
        city.city_code as code,
        province.rank + city.rank as rank,
        city.is_full,
        false as is_province
    from city
    inner join province on city.province_code = province.province_code

),

county_path as (

    -- alone it is the one on the mainland, if there is one
    select
        form as path,
        code,
        if(province_code in ('71', '81', '82'), rank + 1, rank) as rank,
        kind,
        form like '%市' as is_within,
        rank = 3 as is_old
    from county
    where rank <= 3 and (kind = 'full' or rank = 2)

    union all

    select
        before_county.path || county.form as path,
        county.code,
        before_county.rank + county.rank as rank,
        county.kind,
        true as is_within,
        county.rank in (3, 4, 6) as is_old
    from county
    inner join before_county
        on before_county.code = case when before_county.is_province then county.province_code else county.city_code end
    where
        -- 青岛市南京路 is no 市南区; 昆山县 needs its city
        not (county.form like '市%' and not county.is_full and not before_county.is_full)
        and (county.rank <> 4 or not before_county.is_province)
        -- 长沙市长沙开发区 says 长沙 twice
        and not (county.rank >= 5 and not before_county.is_province and county.form in (select form from city_short))
        -- 广东天河 is too little, 北京朝阳 is enough
        and (
            not before_county.is_province
            or before_county.is_full
            or county.kind <> 'district'
            or before_county.code in (
                select left(region_code, 2) from region
                where is_municipality or region_code in ('810000', '820000')
            )
        )

),

-- 盱眙官滩镇: a county without 县 stands alone where no other place and no ordinary word is called so
bare_path as (

    select form as path, min(code) as code, 8 as rank, 'bare' as kind
    from form
    where
        level <> 'province'
        and form not in ({{ "'" ~ ordinary_words().split() | join("', '") ~ "'" }})
    group by form
    having
        count(distinct code) = 1
        and bool_and(rank in (2, 5) and level = 'county' and not is_district and not is_full)

),

moved_path as (

    select
        province_before.form
        || unnest([moved.former_city, nullif(regexp_extract(moved.former_city, '^(..+)市$', 1), '')])
        || moved.form as path,
        moved.code,
        6 as rank,
        'full' as kind
    from moved
    inner join province_before on moved.province_code = province_before.province_code

),

-- until 1997 Chongqing and the cities that are its districts today lay in Sichuan: 四川省涪陵市, 四川省重庆市沙坪坝区
sichuan_path as (

    select
        province_before.form
        || unnest(
            case
                when regexp_matches(county.form, '[^地]区$') then ['重庆市', '重庆']
                else ['', '重庆市', '重庆']
            end
        )
        || county.form as path,
        county.code,
        8 as rank,
        'full' as kind,
        true as is_old
    from county
    inner join province_before on province_before.province_code = '51' and province_before.form <> ''
    where county.province_code = '50' and county.kind = 'full' and county.rank <= 3

    union all

    select
        form || '重庆市' as path,
        '500000' as code,
        8 as rank,
        'full' as kind,
        false as is_old
    from province_before
    where province_code = '51' and form <> ''

),

-- a district of today in one city and of former times in another
namesake as (

    select old.form as path, old.code, 1 as rank, 'full' as kind
    from county as old
    inner join county as today on old.form = today.form and today.rank = 1 and old.city_code <> today.city_code
    where old.rank = 3 and old.form like '%区'

),

-- 朝阳 alone is a city and a district of Beijing
ambiguous_short as (

    select city.form as path, county.code, city.rank, 'short' as kind
    from city
    inner join county on city.form = county.form and city.city_code <> county.city_code
    where
        city.form in ('朝阳', '兴安', '新竹', '嘉义', '新北')
        and county.province_code <> '71'

),

every_path as (

    select *, true as is_named_by_city, false as is_old from province_path
    union all
    select *, true as is_named_by_city, false as is_old from city_path
    union all
    select path, code, rank, kind, is_within as is_named_by_city, is_old from county_path
    union all
    select *, false as is_named_by_city, false as is_old from bare_path
    union all
    select *, true as is_named_by_city, true as is_old from moved_path
    union all
    select path, code, rank, kind, true as is_named_by_city, is_old from sichuan_path
    union all
    select *, false as is_named_by_city, false as is_old from namesake
    union all
    select *, true as is_named_by_city, false as is_old from ambiguous_short
    union all
    select form as path, region_code as code, 9 as rank, 'zone' as kind, false as is_named_by_city, false as is_old
    from {{ ref("region_zone") }}

),

best as (

    select
        path,
        min(rank) as rank
    from every_path
    where length(path) >= 2
    group by path

),

gathered as (

    select
        every_path.path,
        list_sort(list_distinct(list(every_path.code))) as codes,
        min(every_path.kind) as kind,
        bool_or(every_path.is_named_by_city) as is_named_by_city,
        bool_and(every_path.is_old) as is_old
    from every_path
    inner join best on every_path.path = best.path and every_path.rank = best.rank
    group by every_path.path

),

-- paths that begin a longer one: the longer one must be looked for first
beginning as (

    select distinct left(path, length) as path
    from (
        select path, unnest(range(3, length(path))) as length
        from gathered
        where length(path) > 3
    ) as shorter

),

final as (

    select
        gathered.path,
        length(gathered.path) as length,
        gathered.codes,
        gathered.kind,
        gathered.is_named_by_city,
        gathered.is_old,
        case when len(gathered.codes) = 1 then concat_ws('', region.province, region.city, region.county) end as names,
        -- nothing that could follow changes what it says
        gathered.kind = 'full'
        and len(gathered.codes) = 1
        and gathered.codes[1] not like '%00'
        and beginning.path is null as is_final
    from gathered
    left join beginning on gathered.path = beginning.path
    left join region on gathered.codes[1] = region.region_code

)

select * from final
