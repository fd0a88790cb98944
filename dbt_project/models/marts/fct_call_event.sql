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
        coalesce(sum(if(event = 'entered', 0, 1)) over (one_call rows between unbounded preceding and 1 preceding), 0) as before
    from event
    window one_call as (
        partition by feed, role, if(role = 'call', call_id, sha256 || ':' || member || ':' || cast(row as varchar))
        order by event_at, received_on, landed_at, sha256, member, row
    )

),

-- a leg begins where the call comes to a queue after something has happened to it already
final as (

    select
        feed,
        sha256,
        member,
        row,
        call_id,
        if(role = 'call', event_no, null) as event_no,
        case
            when role = 'call'
                then cast(1 + sum(if(event = 'queued' and before > 0, 1, 0)) over (
                    partition by feed, role, if(role = 'call', call_id, sha256 || ':' || member || ':' || cast(row as varchar))
                    order by event_no
                ) as bigint)
        end as leg_no,
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
    from ordered

)

select * from final
