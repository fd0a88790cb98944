with recursive

{{ call_parts() }},

threshold as (

    select max(value) filter (where threshold = 'short_abandon_s') as short_abandon_s
    from {{ source("declared", "threshold") }}

),

answered_leg as (

    select
        *,
        min(if(is_answered, place, null)) over (partition by feed, call_id, line_of_call) as answered_place
    from timed
    where legs > 1

),

{{ number_owner() }},

{{ number_form() }},

-- a call of one leg is that leg; one of several came in with the first, was answered by the first that an agent took,
-- and ended with the last
call as (

    select
        feed,
        sha256,
        member,
        row,
        time_zone,
        is_repeat,
        flags,
        call_id,
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
        hold_s,
        acw_s,
        ring_s,
        misses,
        legs,
        is_phantom,
        is_answered,
        is_abandoned,
        is_flow_out,
        is_waiting,
        is_open,
        wait_s,
        talk_s,
        cast(null as varchar) as transfer_queue
    from timed
    where legs = 1
    union all
    select
        feed,
        arg_min(sha256, place) as sha256,
        arg_min(member, place) as member,
        arg_min(row, place) as row,
        arg_min(time_zone, place) as time_zone,
        false as is_repeat,
        list_distinct(flatten(list(flags))) as flags,
        call_id,
        arg_min(direction, place) as direction,
        arg_min(channel, place) as channel,
        arg_min(customer_no, place) as customer_no,
        arg_min(customer_type, place) as customer_type,
        arg_min(business_type, place) as business_type,
        arg_min(product, place) as product,
        arg_min(topic, place) as topic,
        arg_min(queue, place) as queue,
        arg_min(skill, place) as skill,
        arg_min(line, place) as line,
        coalesce(arg_min(agent, place) filter (where is_answered), arg_min(agent, place)) as agent,
        if(bool_or(is_answered), 'answered', arg_max(outcome, place)) as outcome,
        arg_max(ended_by, place) as ended_by,
        arg_max(disposition, place) as disposition,
        arg_max(is_resolved, place) as is_resolved,
        bool_or(coalesce(is_transferred, false) or (is_answered and place < legs)) as is_transferred,
        arg_min(transferred_to, place) as transferred_to,
        bool_or(has_voicemail) as has_voicemail,
        arg_min(callback_of, place) as callback_of,
        min(entered_at) as entered_at,
        min(ivr_in_at) as ivr_in_at,
        max(ivr_out_at) as ivr_out_at,
        bool_or(ivr_completed) as ivr_completed,
        min(queued_at) as queued_at,
        min(answered_at) filter (where is_answered) as answered_at,
        if(bool_or(is_open), null, max(ended_at)) as ended_at,
        sum(hold_s) as hold_s,
        sum(acw_s) as acw_s,
        sum(ring_s) as ring_s,
        sum(misses) as misses,
        max(legs) as legs,
        bool_and(is_phantom) as is_phantom,
        bool_or(is_answered) as is_answered,
        not bool_or(is_answered) and arg_max(is_abandoned, place) as is_abandoned,
        not bool_or(is_answered) and arg_max(is_flow_out, place) as is_flow_out,
        not bool_or(is_answered) and arg_max(is_waiting, place) as is_waiting,
        bool_or(is_open) as is_open,
        -- what came before the first answer was waiting, in whatever queue
        sum(wait_s) filter (where place <= answered_place or answered_place is null) as wait_s,
        sum(talk_s) as talk_s,
        arg_min(next_queue, place) filter (where is_answered) as transfer_queue
    from answered_leg
    group by feed, call_id, line_of_call

),

-- who was called back, and when: the first callback counts
callback as (

    select
        feed,
        callback_of as call_id,
        min(entered_at) as called_back_at
    from call
    where callback_of is not null and not is_repeat
    group by all

),

called_back as (

    select
        call.feed,
        call.call_id,
        min(coalesce(call.ended_at, call.entered_at)) as over_at
    from call
    inner join callback on call.feed = callback.feed and call.call_id = callback.call_id
    where not call.is_repeat
    group by all

),

queue_name as (

    select distinct
        feed,
        queue
    from timed
    where queue is not null

),

clock as (

    {{ local_quarters("part", ["entered_at"]) | indent(4) }}

),

final as (

    select
        call.feed,
        call.sha256,
        call.member,
        call.row,
        call.call_id,
        call.direction,
        call.channel,
        call.customer_no,
        call.customer_type,
        call.business_type,
        call.product,
        call.topic,
        call.queue,
        call.skill,
        call.line,
        call.agent,
        {{ pseudonym("call.agent") }} as agent_key,
        call.outcome,
        call.disposition,
        call.is_resolved,
        call.is_transferred,
        call.transferred_to,
        coalesce(call.transfer_queue, queue_name.queue) as transfer_queue,
        call.has_voicemail,
        call.callback_of,
        {{ seconds_between("called_back.over_at", "call.entered_at") }} as callback_after_s,
        callback.called_back_at,
        {{ seconds_between("coalesce(call.ended_at, call.entered_at)", "callback.called_back_at") }}
            as called_back_after_s,
        cast(call.legs as bigint) as legs,
        cast(call.misses as bigint) as misses,
        call.ended_by,
        call.entered_at,
        call.queued_at,
        call.answered_at,
        call.ended_at,
        call.time_zone,
        cast(clock.local_interval as date) as local_date,
        hour(clock.local_interval) as local_hour,
        clock.local_interval,
        if(
            call.ivr_in_at is null or call.ivr_out_at is null,
            null,
            greatest(0, {{ seconds_between("call.ivr_in_at", "call.ivr_out_at") }})
        ) as ivr_s,
        cast(call.wait_s as bigint) as wait_s,
        cast(call.talk_s as bigint) as talk_s,
        cast(call.hold_s as bigint) as hold_s,
        cast(call.acw_s as bigint) as acw_s,
        not call.is_phantom as is_entered,
        -- a call counts once: what an agent answered, the queue lost or another centre took, the IVR did not serve
        (call.outcome = 'ivr_served' or coalesce(call.ivr_completed, false))
        and not (
            call.is_answered or call.is_abandoned or call.outcome in ('flow_out', 'open') or call.is_phantom
        ) as is_ivr_served,
        call.is_answered or call.is_abandoned or call.is_flow_out or call.is_waiting as is_offered,
        call.is_answered,
        call.is_abandoned,
        call.is_abandoned and coalesce(call.wait_s <= threshold.short_abandon_s, false) as is_short_abandon,
        call.is_flow_out,
        call.is_waiting,
        call.is_open,
        -- a number that a spreadsheet has shortened says nothing against the call's times
        len(list_filter(call.flags, lambda flag: not suffix(flag, '_damaged'))) = 0 as is_consistent,
        call.is_repeat,
        call.flags,
        number_form.contact_id,
        number_form.organisation_id,
        case
            when call.customer_no is null then 'no_number'
            else coalesce(number_form.link_status, 'unknown')
        end as link_status
    from call
    cross join threshold
    left join clock on call.time_zone = clock.time_zone and {{ quarter_of("call.entered_at") }} = clock.quarter
    left join callback on call.feed = callback.feed and call.call_id = callback.call_id and not call.is_repeat
    left join called_back on call.feed = called_back.feed and call.callback_of = called_back.call_id
    left join queue_name on call.feed = queue_name.feed and call.transferred_to = queue_name.queue
    -- whose number it was when the call came in
    left join number_form
        on
            replace(replace(call.customer_no, '-', ''), ' ', '') = number_form.form
            and call.entered_at >= number_form.valid_from
            and call.entered_at < number_form.valid_to

)

select * from final
