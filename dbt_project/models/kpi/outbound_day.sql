with

contact as (

    select * from {{ ref("fct_outbound") }}
    where dialled_on is not null and not is_repeat

),

final as (

    select
        feed,
        campaign,
        product,
        age_band,
        contact_channel,
        dialled_on,
        count(*) as contacts,
        sum(coalesce(attempts, 1)) as dials,
        count(*) filter (where is_connected) as connected,
        count(*) filter (where is_success) as successes,
        sum(sale_amount) as sale_amount
    from contact
    group by all

)

select * from final
