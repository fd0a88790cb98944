{{ config(materialized="table") }}

-- 1300 with 110000 10-11 45 says that 1300010, 1300011 and 1300045 belong to 110000
with

packed as (

    select prefix, unnest(string_split(segments, '|')) as region
    from {{ ref("mobile_segment") }}

),

ranged as (

    select
        cast(prefix as integer) * 1000 as base,
        left(region, 6) as region_code,
        unnest(string_split(substring(region, 8), ' ')) as segments
    from packed

),

final as (

    select
        cast(
            unnest(
                range(
                    base + cast(split_part(segments, '-', 1) as integer),
                    base + cast(split_part(segments, '-', -1) as integer) + 1
                )
            ) as integer
        ) as segment,
        region_code
    from ranged

)

select * from final
