{{ config(materialized="table") }}

-- a name that many counties share says too little to list them
with

town as (

    select
        region_code,
        unnest(string_split(towns, '|')) as form
    from {{ ref("region_town_list") }}

),

final as (

    select
        town.form,
        town.region_code,
        region.county,
        region.city
    from town
    inner join {{ ref("region_code") }} as region on town.region_code = region.region_code
    qualify count(*) over (partition by town.form) <= 20

)

select * from final
