with

final as (

    select
        region_code,
        level,
        province,
        province_short,
        city,
        county,
        area_code
    from {{ ref("region_code") }}

)

select * from final
