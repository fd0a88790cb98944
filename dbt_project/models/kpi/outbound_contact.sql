with

dial as (

    select
        *,
        row_number() over (
            order by coalesce(dialled_at, cast(dialled_on as timestamptz)), sha256, member, row
        ) as place
    from {{ ref("fct_outbound") }}
    where dialled_on is not null and not is_repeat

),

grain as (

    select unnest(['day', 'week', 'month', 'quarter', 'year']) as grain

),

-- people do not add up: whoever is dialled in two months is one contact of the year
placed as (

    select
        grain.grain,
        cast(date_trunc(grain.grain, dial.dialled_on) as timestamp) as period_start,
        dial.*
    from dial
    cross join grain

),

-- what is known of the contact, as the last row of the period that says it has it
contact as (

    select
        grain,
        period_start,
        campaign,
        customer_key,
        arg_max(feed, place) as feed,
        arg_max(product, place) as product,
        arg_max(list_source, place) as list_source,
        arg_max(gender, place) as customer_gender,
        arg_max(age_band, place) as age_band,
        arg_max(spend_band, place) as spend_band,
        arg_max(occupation, place) as customer_occupation,
        arg_max(province_code, place) as province_code,
        arg_max(contact_channel, place) as contact_channel,
        arg_max(is_wrong_number, place) as is_wrong_number,
        cast(sum(attempts) as bigint) as dials,
        bool_or(is_connected) as is_reached,
        bool_or(is_right_party) as is_right_party,
        bool_or(is_success) as is_success,
        bool_or(disposition = 'refused') as is_refused,
        sum(cost_cny) as cost_cny
    from placed
    group by grain, period_start, campaign, customer_key

),

final as (

    select
        grain,
        period_start,
        feed,
        campaign,
        product,
        list_source,
        customer_gender,
        age_band,
        spend_band,
        customer_occupation,
        province_code,
        contact_channel,
        dials as dials_each,
        count(*) as contacts,
        cast(sum(dials) as bigint) as dials,
        count(*) filter (where is_reached) as reached,
        count(*) filter (where is_right_party) as right_party,
        count(*) filter (where is_success) as successes,
        count(*) filter (where is_refused) as refused,
        count(*) filter (where is_wrong_number is not null) as number_known,
        count(*) filter (where is_wrong_number) as wrong_numbers,
        sum(cost_cny) as cost_cny,
        count(*) filter (where cost_cny is not null) as costed_contacts
    from contact
    group by all

)

select * from final
