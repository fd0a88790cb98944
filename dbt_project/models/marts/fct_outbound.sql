with

source as (

    select * from {{ source("staged", "outbound") }}

),

{{ number_owner() }},

-- with what is known of its campaign, number and place; a cell with several numbers does not say which was dialled
known as (

    select
        source.* exclude (product, list_source, phone, attempts),
        coalesce(source.product, campaign.product) as product,
        coalesce(source.list_source, campaign.list_source) as list_source,
        coalesce(source.attempts, 1) as attempts,
        campaign.campaign_cost_cny,
        if(len(phone.valid_numbers) = 1, phone.valid_numbers[1], null) as phone,
        coalesce(len(phone.valid_numbers), 0) as numbers,
        left(region.region_code, 2) || '0000' as province_code,
        coalesce(
            'customer ' || source.customer_no,
            'number ' || phone.valid_numbers[1],
            'name ' || source.contact_name,
            'row ' || source.feed || source.sha256 || source.member || source.row
        ) as customer,
        coalesce(
            source.dialled_at,
            timezone(source.time_zone, cast(source.dialled_on as timestamp) + interval 86399 seconds)
        ) as happened_at
    from source
    left join {{ ref("dim_campaign") }} as campaign on source.campaign = campaign.campaign
    left join {{ ref("phone") }} as phone on source.phone = phone.raw
    left join {{ ref("region") }} as region
        on coalesce(source.province, '') || '|' || coalesce(source.city, '') || '|' = region.raw

),

-- which dial it was, where the source does not say: by time
numbered as (

    select
        feed,
        sha256,
        member,
        row,
        row_number() over (
            partition by campaign, customer, is_repeat
            order by happened_at, sha256, member, row
        ) as dial_no
    from known
    where attempts = 1 and attempt_no is null

),

dialled as (

    select
        campaign,
        sum(attempts) as dials
    from known
    where not is_repeat and campaign_cost_cny is not null
    group by campaign

),

counted as (

    select
        known.*,
        -- a row for all dials of a contact is its last one
        case
            when known.attempts > 1 then known.attempts
            else coalesce(known.attempt_no, numbered.dial_no)
        end as dial_no,
        if(known.is_repeat, null, known.campaign_cost_cny * known.attempts / dialled.dials) as cost_cny
    from known
    left join numbered on {{ same_row("known", "numbered") }}
    left join dialled on known.campaign = dialled.campaign

),

final as (

    select
        counted.feed,
        counted.sha256,
        counted.member,
        counted.row,
        counted.campaign,
        counted.list_id,
        counted.list_source,
        counted.product,
        counted.attempts,
        counted.attempt_no,
        counted.dial_no,
        {{ pseudonym("counted.customer") }} as customer_key,
        counted.phone,
        counted.call_id,
        counted.agent,
        {{ pseudonym("counted.agent") }} as agent_key,
        counted.dialled_at,
        counted.dialled_on,
        hour(timezone(counted.time_zone, counted.dialled_at)) as local_hour,
        isodow(timezone(counted.time_zone, counted.dialled_at)) as local_weekday,
        counted.disposition,
        counted.disposition = 'success' as is_success,
        counted.disposition in (
            'success', 'refused', 'callback', 'wrong_person', 'not_eligible', 'do_not_call', 'connected',
            'interested', 'hung_up'
        ) as is_connected,
        -- that somebody answered does not say who
        if(
            counted.disposition = 'connected',
            null,
            counted.disposition in (
                'success', 'refused', 'callback', 'not_eligible', 'do_not_call', 'interested'
            )
        ) as is_right_party,
        -- only some outcomes say whether the number is that of the contact
        case
            when counted.disposition in ('vacant_number', 'wrong_person') then true
            when
                counted.disposition in (
                    'success', 'refused', 'callback', 'not_eligible', 'do_not_call', 'interested', 'connected'
                )
                then false
        end as is_wrong_number,
        counted.talk_s,
        counted.sale_amount,
        counted.cost_cny,
        counted.refusal_reason,
        counted.gender,
        counted.age,
        case
            when counted.age < 30 then '<30'
            when counted.age < 40 then '30-39'
            when counted.age < 50 then '40-49'
            when counted.age < 60 then '50-59'
            when counted.age >= 60 then '60+'
        end as age_band,
        counted.occupation,
        counted.spend_cny,
        case
            when counted.spend_cny < 50 then '<50'
            when counted.spend_cny < 100 then '50-99'
            when counted.spend_cny < 200 then '100-199'
            when counted.spend_cny < 500 then '200-499'
            when counted.spend_cny >= 500 then '500+'
        end as spend_band,
        counted.province_code,
        counted.contact_channel,
        number_owner.contact_id,
        number_owner.organisation_id,
        case
            when counted.numbers > 1 then 'ambiguous'
            when counted.numbers = 0 then 'no_number'
            else coalesce(number_owner.link_status, 'unknown')
        end as link_status,
        counted.is_repeat,
        counted.flags
    from counted
    left join number_owner
        on
            counted.phone = number_owner.number
            and counted.happened_at >= number_owner.valid_from
            and counted.happened_at < number_owner.valid_to

)

select * from final
