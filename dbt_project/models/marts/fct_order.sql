with

source as (

    select * from {{ source("staged", "sales_order") }}

),

final as (

    select
        feed,
        sha256,
        member,
        row,
        order_id,
        call_id,
        campaign,
        channel,
        {{ pseudonym("customer_no") }} as customer_key,
        product,
        quantity,
        unit_price_cny,
        order_amount_cny,
        -- an order whose status nobody tells stands; one that was cancelled or sent back does not
        coalesce(order_status, '') not in ('cancelled', 'refunded') as is_standing,
        order_status,
        agent,
        {{ pseudonym("agent") }} as agent_key,
        ordered_at,
        -- an order without its time counts on the day it was received
        coalesce(cast(timezone(time_zone, ordered_at) as date), received_on) as local_date,
        received_on,
        is_repeat,
        flags
    from source

)

select * from final
