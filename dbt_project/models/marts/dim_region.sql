with

listed as (

    select * from {{ ref("region_listed") }}

),

-- of an abolished code only the name is known; where its land is today its successors say
gone as (

    select
        region_code,
        right(region_code, 2) = '00' as is_city,
        min(county) as name,
        list(distinct successor_code order by successor_code) as successor_codes
    from {{ ref("region_abolished") }}
    where region_code not in (select region_code from {{ ref("region_code") }})
    group by all

),

region as (

    select
        region_code,
        level,
        province,
        province_short,
        city,
        county,
        area_code,
        true as is_current,
        cast([] as varchar[]) as successor_codes
    from {{ ref("region_code") }}

    union all

    select
        gone.region_code,
        if(gone.is_city, 'city', 'county') as level,
        province.province,
        province.province_short,
        case when gone.is_city then gone.name end as city,
        case when not gone.is_city then gone.name end as county,
        cast(null as varchar) as area_code,
        false as is_current,
        gone.successor_codes
    from gone
    inner join {{ ref("region_code") }} as province
        on left(gone.successor_codes[1], 2) || '0000' = province.region_code

),

final as (

    select
        region.region_code,
        region.level,
        region.province,
        region.province_short,
        region.city,
        region.county,
        region.area_code,
        listed.valid_from,
        listed.valid_to,
        region.is_current,
        region.successor_codes
    from region
    left join listed on region.region_code = listed.region_code

)

select * from final
