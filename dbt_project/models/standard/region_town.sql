{{ config(materialized="table") }}

-- a name that more counties share says too little to list them
with

town as (

    select
        region_code,
        unnest(string_split(towns, '|')) as form
    from {{ ref("region_town_list") }}

),

final as (

    select
        form,
        list(region_code order by region_code) as region_codes
    from town
    group by form
    having count(*) <= 20

)

select * from final
