with

event as (

    select
        *,
        timezone(time_zone, event_at) as event_local,
        case
            when is_repeat then 'repeat'
            when event = 'note' then 'note'
            when event in ('signed_in', 'signed_out', 'paused', 'unpaused', 'wrap_started', 'wrap_ended')
                then if(agent is null, 'incomplete', 'agent')
            else if(call_id is null, 'incomplete', 'call')
        end as role
    from {{ source("staged", "call_event") }}

),

-- a log counts in seconds: of the same second its lines say what came first
ordered as (

    select
        *,
        row_number() over one_call as event_no,
        sum(if(event = 'entered', 0, 1)) over one_call as happened
    from event
    where role = 'call'
    window one_call as (
        partition by feed, call_id
        order by event_at, received_on, landed_at, sha256, member, row
    )

),

-- a leg begins where the call comes to a queue after something has happened to it already
legged as (

    select
        *,
        cast(1 + sum(if(event = 'queued' and happened > 1, 1, 0)) over one_call as bigint) as leg_no
    from ordered
    window one_call as (partition by feed, call_id order by event_no)

),

placed as (

    select * exclude (happened) from legged
    union all
    select
        *,
        cast(null as bigint) as event_no,
        cast(null as bigint) as leg_no
    from event
    where role <> 'call'

),

final as (

    select
        feed,
        sha256,
        member,
        row,
        call_id,
        event_no,
        leg_no,
        role,
        event,
        event_at,
        time_zone,
        cast(event_local as date) as local_date,
        direction,
        channel,
        customer_no,
        queue,
        line,
        agent,
        {{ pseudonym("agent") }} as agent_key,
        wait_s,
        service_s,
        ring_s,
        transferred_to,
        state,
        state_reason,
        received_on,
        is_repeat,
        flags
    from placed

)

select * from final
