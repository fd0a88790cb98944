with

source as (

    select * from {{ source("staged", "campaign") }}
    where not is_repeat

),

final as (

    select
        campaign,
        feed,
        campaign_name,
        product,
        owner_unit,
        campaign_manager,
        list_id,
        list_source,
        list_size,
        authorised_cny,
        campaign_cost_cny,
        max_attempts,
        starts_on,
        ends_on,
        received_on
    from source
    qualify
        row_number() over (
            partition by campaign
            order by received_on desc, landed_at desc, feed asc, sha256 asc, member asc, row desc
        ) = 1

)

select * from final
