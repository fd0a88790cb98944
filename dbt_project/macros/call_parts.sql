{#-
    CTEs that both fct_call and fct_call_leg are made of: what feeds say of calls and what events come to, as legs, each with its call.
    `timed`: one row per leg or repeated row: the fields of the subject call, place (1 is the first leg), legs of the call, and what it
    counts for. A call is a call_id of a feed; where the feed gives no ID of legs, with its line.
-#}
{%- macro call_parts() -%}
event_leg as (

    select
        feed,
        call_id,
        leg_no,
        arg_min(sha256, event_no) as sha256,
        arg_min(member, event_no) as member,
        arg_min(row, event_no) as row,
        arg_min(time_zone, event_no) as time_zone,
        arg_min(direction, event_no) as direction,
        arg_min(channel, event_no) as channel,
        arg_min(customer_no, event_no) as customer_no,
        arg_min(queue, event_no) as queue,
        arg_min(line, event_no) as line,
        coalesce(
            arg_min(agent, event_no) filter (where event = 'answered'),
            arg_min(agent, event_no) filter (
                where event in ('transferred', 'ended_by_agent', 'ended_by_customer', 'completed')
            )
        ) as agent,
        min(event_at) as first_at,
        min(event_at) filter (where event = 'entered') as came_at,
        min(event_at) filter (where event = 'queued') as enqueued_at,
        min(event_at) filter (where event = 'answered') as taken_at,
        arg_min(event, event_no) filter (
            where event in ('transferred', 'ended_by_agent', 'ended_by_customer', 'completed', 'abandoned', 'overflowed')
        ) as last_event,
        arg_min(event_at, event_no) filter (
            where event in ('transferred', 'ended_by_agent', 'ended_by_customer', 'completed', 'abandoned', 'overflowed')
        ) as last_at,
        max(wait_s) as wait_s,
        max(service_s) as service_s,
        sum(ring_s) as ring_s,
        arg_min(transferred_to, event_no) as transferred_to,
        count(*) filter (where event = 'not_taken') as misses,
        count(*) filter (where event = 'held') as holds,
        count(*) filter (where event = 'retrieved') as retrievals,
        sum(epoch(event_at)) filter (where event = 'retrieved') as retrieved_s,
        sum(epoch(event_at)) filter (where event = 'held') as held_s,
        bool_or(event not in ('entered', 'queued')) as has_more,
        list_distinct(flatten(list(flags))) as flags
    from {{ ref("fct_call_event") }}
    where role = 'call'
    group by all

),

-- of a call that began before the log did, the seconds that its last event states tell when
event_begin as (

    select
        *,
        case
            when last_event in ('transferred', 'ended_by_agent', 'ended_by_customer', 'completed') then 'answered'
            when last_event = 'abandoned' then 'abandoned'
            when last_event = 'overflowed' then 'flow_out'
            else 'open'
        end as outcome,
        case
            when taken_at is not null then taken_at
            when last_event in ('transferred', 'ended_by_agent', 'ended_by_customer', 'completed')
                then last_at - to_seconds(service_s)
        end as answered_at
    from event_leg

),

event_call as (

    select
        *,
        coalesce(
            enqueued_at,
            answered_at - to_seconds(wait_s),
            if(last_event in ('abandoned', 'overflowed'), last_at - to_seconds(wait_s), null),
            if(has_more, coalesce(answered_at, first_at), null)
        ) as queued_at
    from event_begin

),

part as (

    select
        feed,
        sha256,
        member,
        row,
        time_zone,
        is_repeat,
        flags,
        call_id,
        leg_id,
        leg_no,
        previous_leg_id,
        direction,
        channel,
        customer_no,
        customer_type,
        business_type,
        product,
        topic,
        queue,
        skill,
        line,
        agent,
        outcome,
        ended_by,
        disposition,
        is_resolved,
        is_transferred,
        transferred_to,
        has_voicemail,
        callback_of,
        entered_at,
        ivr_in_at,
        ivr_out_at,
        ivr_completed,
        queued_at,
        answered_at,
        ended_at,
        wait_s,
        service_s,
        hold_s,
        acw_s,
        ring_s,
        cast(null as bigint) as misses
    from {{ source("staged", "call") }}
    union all
    select
        feed,
        sha256,
        member,
        row,
        time_zone,
        false as is_repeat,
        if(enqueued_at is null and queued_at is not null, list_append(flags, 'begin_not_logged'), flags) as flags,
        call_id,
        null as leg_id,
        leg_no,
        null as previous_leg_id,
        direction,
        channel,
        customer_no,
        null as customer_type,
        null as business_type,
        null as product,
        null as topic,
        queue,
        null as skill,
        null as line,
        agent,
        outcome,
        case last_event
            when 'ended_by_agent' then 'agent' when 'ended_by_customer' then 'customer' when 'abandoned' then 'customer'
        end as ended_by,
        null as disposition,
        null as is_resolved,
        if(outcome = 'answered', last_event = 'transferred', null) as is_transferred,
        transferred_to,
        null as has_voicemail,
        null as callback_of,
        least(came_at, queued_at, first_at) as entered_at,
        null as ivr_in_at,
        null as ivr_out_at,
        null as ivr_completed,
        queued_at,
        answered_at,
        last_at as ended_at,
        wait_s,
        service_s,
        case
            when holds = 0 and retrievals = 0 then null
            when holds = retrievals then cast(round(retrieved_s - held_s) as bigint)
            when holds = retrievals + 1 then cast(round(coalesce(retrieved_s, 0) + epoch(last_at) - held_s) as bigint)
        end as hold_s,
        null as acw_s,
        ring_s,
        misses
    from event_call

),

-- a leg that came of another one belongs to the call of the first, however many lie between
ancestor as (

    select
        feed,
        leg_id,
        previous_leg_id,
        call_id,
        0 as steps
    from part
    where previous_leg_id is not null and leg_id is not null and not is_repeat
    union all
    select
        ancestor.feed,
        ancestor.leg_id,
        part.previous_leg_id,
        part.call_id,
        ancestor.steps + 1 as steps
    from ancestor
    inner join part on ancestor.feed = part.feed and ancestor.previous_leg_id = part.leg_id and not part.is_repeat
    where ancestor.steps < 50

),

first_leg as (

    select
        feed,
        leg_id,
        arg_max(call_id, steps) as call_id
    from ancestor
    group by all

),

identified as (

    select
        *,
        if(leg_id is null, coalesce(line, ''), '') as line_of_call
    from part
    where previous_leg_id is null or leg_id is null
    union all
    select
        part.* replace (coalesce(first_leg.call_id, part.call_id) as call_id),
        '' as line_of_call
    from part
    left join first_leg on part.feed = first_leg.feed and part.leg_id = first_leg.leg_id
    where part.previous_leg_id is not null and part.leg_id is not null

),

several as (

    select
        feed,
        call_id,
        line_of_call
    from identified
    where not is_repeat
    group by all
    having count(*) > 1

),

placed as (

    select
        *,
        1 as place,
        1 as legs,
        cast(null as varchar) as next_queue,
        cast(null as varchar) as next_agent
    from identified
    where is_repeat
        or not exists (
            select 1 from several
            where several.feed = identified.feed
                and several.call_id = identified.call_id
                and several.line_of_call = identified.line_of_call
        )
    union all
    select
        identified.*,
        row_number() over one_call as place,
        count(*) over (partition by identified.feed, identified.call_id, identified.line_of_call) as legs,
        lead(identified.queue) over one_call as next_queue,
        lead(identified.agent) over one_call as next_agent
    from identified
    inner join several
        on identified.feed = several.feed
            and identified.call_id = several.call_id
            and identified.line_of_call = several.line_of_call
    where not identified.is_repeat
    window one_call as (
        partition by identified.feed, identified.call_id, identified.line_of_call
        order by
            identified.leg_no nulls last, identified.entered_at, identified.queued_at, identified.answered_at,
            identified.sha256, identified.member, identified.row
    )

),

counted as (

    select
        *,
        outcome = 'phantom' as is_phantom,
        outcome = 'answered' or (outcome = 'open' and answered_at is not null) as is_answered,
        outcome = 'abandoned' and queued_at is not null as is_abandoned,
        outcome = 'flow_out' and queued_at is not null as is_flow_out,
        outcome = 'open' and answered_at is null and queued_at is not null as is_waiting,
        outcome = 'open' or (outcome = 'answered' and ended_at is null) as is_open
    from placed

),

-- seconds that the source states are better than the difference of two times; times in an impossible order tell none
measured as (

    select
        * exclude (wait_s, service_s),
        case
            when not (is_answered or is_abandoned or is_flow_out) then null
            when wait_s >= 0 then wait_s
            when queued_at is null then 0
            else {{ seconds_between("queued_at", "coalesce(answered_at, ended_at)") }}
        end as wait_s,
        case
            when is_answered and not (is_open and service_s is null)
                then if(service_s >= 0, service_s, {{ seconds_between("answered_at", "ended_at") }}) - coalesce(hold_s, 0)
        end as talk_s
    from counted

),

timed as (

    select
        * replace (if(wait_s >= 0, wait_s, null) as wait_s, if(talk_s >= 0, talk_s, null) as talk_s)
    from measured

)
{%- endmacro -%}
