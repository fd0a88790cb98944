{#- Calls that entered the centre, each once, with the limits that service levels count by. -#}
{% macro entered_calls() -%}
    select
        fct_call.*,
        threshold.answer_within_s,
        threshold.short_abandon_s
    from {{ ref("fct_call") }} as fct_call
    cross join (
        select
            max(value) filter (where threshold = 'answer_within_s') as answer_within_s,
            max(value) filter (where threshold = 'short_abandon_s') as short_abandon_s
        from {{ source("declared", "threshold") }}
    ) as threshold
    where fct_call.is_entered and not fct_call.is_repeat
{%- endmacro %}

{#- What every KPI of calls is a sum of, whatever the calls are grouped by. -#}
{% macro call_sums() -%}
        count(*) as entered,
        count(*) filter (where is_ivr_served) as ivr_served,
        count(*) filter (where is_offered) as offered,
        count(*) filter (where is_answered) as answered,
        count(*) filter (where is_abandoned) as abandoned,
        count(*) filter (where is_flow_out) as flow_out,
        count(*) filter (where is_answered and wait_s <= answer_within_s) as answered_in_time,
        count(*) filter (where is_abandoned and wait_s <= answer_within_s) as abandoned_in_time,
        count(*) filter (where is_abandoned and wait_s <= short_abandon_s) as short_abandoned,
        count(*) filter (where is_answered and is_transferred) as transferred,
        count(*) filter (where is_answered and is_transferred is not null) as transfer_known,
        count(talk_s) as timed,
        cast(coalesce(sum(talk_s), 0) as bigint) as talk_s,
        cast(coalesce(sum(hold_s) filter (where talk_s is not null), 0) as bigint) as hold_s,
        cast(coalesce(sum(acw_s) filter (where talk_s is not null), 0) as bigint) as acw_s,
        cast(coalesce(sum(wait_s) filter (where is_answered), 0) as bigint) as answered_wait_s,
        count(wait_s) filter (where is_answered) as wait_known
{%- endmacro %}

{#-
    CTEs of what queues and agents answer for: `entry` has a row per leg of a call that entered the centre, with the limits that service
    levels count by. A call of one leg is its only entry; a leg of several counts with its own queue, agent, seconds and 15 minutes.
-#}
{% macro call_entries() -%}
-- the calls of several legs; all others are their only entry into a queue
several as (

    select distinct
        feed,
        call_id,
        if(leg_id is null, coalesce(line, ''), '') as line_of_call
    from {{ ref("fct_call_leg") }}
    where leg_no > 1 and not is_repeat

),

leg as (

    select
        fct_call_leg.*,
        several.line_of_call,
        lag(fct_call_leg.queue) over (
            partition by several.feed, several.call_id, several.line_of_call order by fct_call_leg.leg_no
        ) as queue_before
    from {{ ref("fct_call_leg") }} as fct_call_leg
    inner join several
        on
            fct_call_leg.feed = several.feed
            and fct_call_leg.call_id = several.call_id
            and if(fct_call_leg.leg_id is null, coalesce(fct_call_leg.line, ''), '') = several.line_of_call
    where not fct_call_leg.is_repeat

),

-- a call stands where its first leg does
call_of_legs as (

    select
        leg.feed,
        leg.call_id,
        leg.line_of_call,
        call.direction,
        call.answer_within_s,
        call.short_abandon_s
    from ({{ entered_calls() }}) as call
    inner join leg
        on
            call.feed = leg.feed
            and call.sha256 = leg.sha256
            and coalesce(call.member, '') = coalesce(leg.member, '')
            and call.row = leg.row
    where call.legs > 1 and leg.leg_no = 1

),

entry as (

    select
        feed,
        direction,
        queue,
        skill,
        local_interval,
        local_date,
        local_hour,
        agent_key,
        true as is_into_queue,
        is_ivr_served,
        is_offered,
        is_answered,
        is_abandoned,
        is_flow_out,
        is_transferred,
        wait_s,
        talk_s,
        hold_s,
        acw_s,
        answer_within_s,
        short_abandon_s
    from ({{ entered_calls() }})
    where legs = 1
    union all
    select
        leg.feed,
        call_of_legs.direction,
        leg.queue,
        leg.skill,
        leg.local_interval,
        leg.local_date,
        leg.local_hour,
        leg.agent_key,
        -- what is passed from agent to agent of a queue does not enter it again
        (leg.leg_no = 1 or leg.queued_at is not null or leg.queue is distinct from leg.queue_before) as is_into_queue,
        (leg.outcome = 'ivr_served' and not leg.is_offered) as is_ivr_served,
        leg.is_offered,
        leg.is_answered,
        leg.is_abandoned,
        leg.is_flow_out,
        leg.is_transferred,
        leg.wait_s,
        leg.talk_s,
        leg.hold_s,
        leg.acw_s,
        call_of_legs.answer_within_s,
        call_of_legs.short_abandon_s
    from leg
    inner join call_of_legs
        on
            leg.feed = call_of_legs.feed
            and leg.call_id = call_of_legs.call_id
            and leg.line_of_call = call_of_legs.line_of_call
    where leg.outcome <> 'phantom'

)
{%- endmacro %}
