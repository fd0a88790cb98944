with

state as (

    select
        *,
        timezone(time_zone, state_from_at) as local_from,
        timezone(time_zone, state_to_at) as local_to
    from {{ source("staged", "agent_state") }}

),

-- the clock counts; what the source says the state lasted is only checked against it
final as (

    select
        feed,
        sha256,
        member,
        row,
        agent,
        {{ pseudonym("agent") }} as agent_key,
        team,
        site,
        skill,
        state,
        state_reason,
        state_from_at,
        state_to_at,
        time_zone,
        local_from,
        local_to,
        cast(local_from as date) as local_date,
        date_diff('second', state_from_at, state_to_at) as duration_s,
        is_repeat,
        flags
    from state

)

select * from final
