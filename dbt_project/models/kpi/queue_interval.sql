with

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
            and call.member is not distinct from leg.member
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
        leg.outcome = 'ivr_served' and not leg.is_offered as is_ivr_served,
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
    -- passed from agent to agent of a queue without waiting in it is no further entry
    where
        leg.outcome <> 'phantom'
        and (leg.leg_no = 1 or leg.queued_at is not null or leg.queue is distinct from leg.queue_before)

),

final as (

    select
        feed,
        coalesce(direction, 'inbound') as direction,
        queue,
        skill,
        local_interval,
        local_date,
        local_hour,
        {{ call_sums() }}
    from entry
    where queue is not null or skill is not null
    group by all

)

select * from final
