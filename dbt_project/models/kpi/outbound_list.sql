with

campaign as (

    select * from {{ ref("dim_campaign") }}
    where list_size > 0

),

dial as (

    select
        *,
        cast(date_trunc('month', dialled_on) as date) as month
    from {{ ref("fct_outbound") }}
    where dialled_on is not null and not is_repeat and campaign is not null

),

-- the month in which a contact of the list was dialled, and reached, for the first time
contact as (

    select
        campaign,
        customer_key,
        min(month) as dialled_in,
        min(month) filter (where is_connected) as reached_in,
        min(month) filter (where is_right_party) as right_party_in,
        min(month) filter (where is_success) as success_in
    from dial
    group by campaign, customer_key

),

month as (

    select distinct
        campaign,
        month
    from dial

),

final as (

    select
        month.campaign,
        month.month,
        campaign.product,
        campaign.list_source,
        campaign.list_size,
        count(*) as contacts,
        count(*) filter (where contact.reached_in <= month.month) as reached,
        count(*) filter (where contact.right_party_in <= month.month) as right_party,
        count(*) filter (where contact.success_in <= month.month) as successes
    from month
    inner join campaign on month.campaign = campaign.campaign
    inner join contact on month.campaign = contact.campaign and month.month >= contact.dialled_in
    group by month.campaign, month.month, campaign.product, campaign.list_source, campaign.list_size

)

select * from final
