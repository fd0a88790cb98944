with

source as (

    select * from {{ source("staged", "outbound") }}

),

final as (

    select
        feed,
        sha256,
        member,
        row,
        campaign,
        list_id,
        list_source,
        product,
        attempts,
        attempt_no,
        call_id,
        agent,
        {{ pseudonym("agent") }} as agent_key,
        dialled_at,
        dialled_on,
        hour(timezone(time_zone, dialled_at)) as local_hour,
        disposition,
        disposition = 'success' as is_success,
        disposition in (
            'success', 'refused', 'callback', 'wrong_person', 'not_eligible', 'do_not_call', 'connected',
            'interested', 'hung_up'
        ) as is_connected,
        talk_s,
        sale_amount,
        refusal_reason,
        gender,
        age,
        case
            when age < 30 then '<30'
            when age < 40 then '30-39'
            when age < 50 then '40-49'
            when age < 60 then '50-59'
            when age >= 60 then '60+'
        end as age_band,
        occupation,
        contact_channel,
        is_repeat,
        flags
    from source

)

select * from final
