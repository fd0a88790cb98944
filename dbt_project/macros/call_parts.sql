{#-
    CTEs that both fct_call and fct_call_leg are made of: what feeds say of calls and what events come to, as legs, each with its call.
    `timed`: one row per leg or repeated row: the fields of the subject call, place (1 is the first leg), legs of the call, and what it
    counts for. A call is a call_id of a feed; where the feed gives no ID of legs, with its line.
-#}
{%- macro call_parts() -%}
{%- set answered = "('transferred', 'ended_by_agent', 'ended_by_customer', 'completed')" -%}
{%- set over = "('transferred', 'ended_by_agent', 'ended_by_customer', 'completed', 'abandoned', 'overflowed')" -%}
{%- set first = [
    "sha256", "member", "row", "time_zone", "direction", "channel", "customer_no", "queue", "transferred_to"
] -%}
event_leg as (

    select
        feed,
        call_id,
        leg_no,
        {% for column in first %}
        arg_min({{ column }}, event_no) as {{ column }},
        {% endfor %}
        coalesce(
            arg_min(agent, event_no) filter (where event = 'answered'),
            arg_min(agent, event_no) filter (
                where event in {{ answered }}
            )
        ) as agent,
        min(event_at) as first_at,
        min(event_at) filter (where event = 'entered') as came_at,
        min(event_at) filter (where event = 'queued') as enqueued_at,
        min(event_at) filter (where event = 'answered') as taken_at,
        arg_min(event, event_no) filter (
            where event in {{ over }}
        ) as last_event,
        arg_min(event_at, event_no) filter (
            where event in {{ over }}
        ) as last_at,
        max(wait_s) as wait_s,
        max(service_s) as service_s,
        sum(ring_s) as ring_s,
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
            when last_event in {{ answered }} then 'answered'
            when last_event = 'abandoned' then 'abandoned'
            when last_event = 'overflowed' then 'flow_out'
            else 'open'
        end as outcome,
        case
            when taken_at is not null then taken_at
            when last_event in {{ answered }}
                then last_at - to_seconds(service_s)
        end as answered_at
    from event_leg

),

event_call as materialized (

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

part as not materialized (

    select * from {{ source("staged", "call") }}
    union all by name
    select
        feed,
        sha256,
        member,
        row,
        time_zone,
        false as is_repeat,
        if(enqueued_at is null and queued_at is not null, list_append(flags, 'begin_not_logged'), flags) as flags,
        call_id,
        leg_no,
        direction,
        channel,
        customer_no,
        queue,
        agent,
        outcome,
        case last_event
            when 'ended_by_agent' then 'agent' when 'ended_by_customer' then 'customer' when 'abandoned' then 'customer'
        end as ended_by,
        if(outcome = 'answered', last_event = 'transferred', null) as is_transferred,
        transferred_to,
        least(came_at, queued_at, first_at) as entered_at,
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
        ring_s,
        misses
    from event_call

),

linked as materialized (

    select
        feed,
        leg_id,
        previous_leg_id,
        call_id
    from part
    where leg_id is not null and not is_repeat

),

-- a leg that came of another one belongs to the call of the first, however many lie between
ancestor as (

    select
        *,
        0 as steps
    from linked
    where previous_leg_id is not null
    union all
    select
        ancestor.feed,
        ancestor.leg_id,
        linked.previous_leg_id,
        linked.call_id,
        ancestor.steps + 1 as steps
    from ancestor
    inner join linked on ancestor.feed = linked.feed and ancestor.previous_leg_id = linked.leg_id
    where ancestor.steps < 50

),

first_leg as materialized (

    select
        feed,
        leg_id,
        arg_max(call_id, steps) as call_id
    from ancestor
    group by all

),

identified as not materialized (

    select
        part.* replace (coalesce(first_leg.call_id, part.call_id) as call_id),
        if(part.leg_id is null, coalesce(part.line, ''), '') as line_of_call,
        hash(part.feed, coalesce(first_leg.call_id, part.call_id), line_of_call) as call_hash
    from part
    left join first_leg
        on part.feed = first_leg.feed and part.leg_id = first_leg.leg_id and part.previous_leg_id is not null

),

-- numbers are counted instead of texts; two calls of the same number only go the longer way, on which they are told apart
several as materialized (

    select call_hash
    from identified
    where not is_repeat
    group by all
    having count(*) > 1

),

joined_leg as materialized (

    select
        *,
        row_number() over one_call as place,
        count(*) over (partition by feed, call_id, line_of_call) as legs,
        lead(queue) over one_call as next_queue,
        lead(agent) over one_call as next_agent
    from identified
    where not is_repeat and call_hash in (select call_hash from several)
    window one_call as (
        partition by feed, call_id, line_of_call
        order by leg_no nulls last, entered_at, queued_at, answered_at, sha256, member, row
    )

),

placed as not materialized (

    select
        *,
        1 as place,
        1 as legs
    from identified
    where is_repeat or call_hash not in (select call_hash from several)
    union all by name
    select * from joined_leg

),

counted as not materialized (

    select
        * replace (if(hold_s >= 0, hold_s, null) as hold_s, if(acw_s >= 0, acw_s, null) as acw_s),
        outcome = 'phantom' as is_phantom,
        outcome = 'answered' or (outcome = 'open' and answered_at is not null) as is_answered,
        outcome = 'abandoned' and queued_at is not null as is_abandoned,
        outcome = 'flow_out' and queued_at is not null as is_flow_out,
        outcome = 'open' and answered_at is null and queued_at is not null as is_waiting,
        outcome = 'open' or (outcome = 'answered' and ended_at is null) as is_open
    from placed

),

-- seconds that the source states are better than the difference of two times; times in an impossible order tell none
measured as not materialized (

    select
        * exclude (wait_s, service_s),
        case
            when not (is_answered or is_abandoned or is_flow_out) then null
            when wait_s >= 0 then wait_s
            when queued_at is null then 0
            else {{ seconds_between("queued_at", "if(is_answered, answered_at, coalesce(answered_at, ended_at))") }}
        end as wait_s,
        case
            when is_answered and not (is_open and service_s is null)
                then if(service_s >= 0, service_s, {{ seconds_between("answered_at", "ended_at") }}) - coalesce(hold_s, 0)
        end as talk_s
    from counted

),

timed as not materialized (

    select
        * replace (if(wait_s >= 0, wait_s, null) as wait_s, if(talk_s >= 0, talk_s, null) as talk_s)
    from measured

)
{%- endmacro -%}
