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
        list_source,
        gender as customer_gender,
        age_band,
        spend_band,
        occupation as customer_occupation,
        province_code,
        contact_channel,
        refusal_reason,
        dialled_on,
        count(*) as contacts,
        {{ dial_sums() }}
    from contact
    group by all

)

select * from final
