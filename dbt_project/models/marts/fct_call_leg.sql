with recursive

{{ call_parts() }},

final as (

    select
        feed,
        sha256,
        member,
        row,
        call_id,
        cast(place as bigint) as leg_no,
        leg_id,
        queue,
        skill,
        line,
        agent,
        {{ pseudonym("agent") }} as agent_key,
        outcome,
        ended_by,
        entered_at,
        queued_at,
        answered_at,
        ended_at,
        time_zone,
        cast(timezone(time_zone, entered_at) as date) as local_date,
        hour(timezone(time_zone, entered_at)) as local_hour,
        time_bucket(interval 15 minutes, timezone(time_zone, entered_at)) as local_interval,
        wait_s,
        talk_s,
        hold_s,
        acw_s,
        cast(ring_s as bigint) as ring_s,
        misses,
        is_answered or is_abandoned or is_flow_out or is_waiting as is_offered,
        is_answered,
        is_abandoned,
        is_flow_out,
        is_open,
        coalesce(is_transferred, false) or (is_answered and place < legs) as is_transferred,
        transferred_to,
        next_queue,
        {{ pseudonym("next_agent") }} as next_agent_key,
        len(list_filter(flags, lambda flag: not suffix(flag, '_damaged'))) = 0 as is_consistent,
        is_repeat,
        flags
    from timed

)

select * from final
