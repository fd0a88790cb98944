with recursive

{{ call_parts() }},

clock as (

    {{ local_quarters("part", ["entered_at"]) | indent(4) }}

),

agent_name as (

    {{ pseudonyms("part", "agent") | indent(4) }}

),

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
        timed.agent,
        agent_name.agent_key,
        outcome,
        ended_by,
        entered_at,
        queued_at,
        answered_at,
        ended_at,
        timed.time_zone,
        cast(clock.local_interval as date) as local_date,
        hour(clock.local_interval) as local_hour,
        clock.local_interval,
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
        next_name.agent_key as next_agent_key,
        len(list_filter(flags, lambda flag: not suffix(flag, '_damaged'))) = 0 as is_consistent,
        is_repeat,
        flags
    from timed
    left join agent_name on timed.agent = agent_name.agent
    left join agent_name as next_name on timed.next_agent = next_name.agent
    left join clock on timed.time_zone = clock.time_zone and {{ quarter_of("timed.entered_at") }} = clock.quarter

)

select * from final
