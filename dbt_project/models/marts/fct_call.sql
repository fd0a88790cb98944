with recursive

{{ call_parts() }},

threshold as (

    select max(value) filter (where threshold = 'short_abandon_s') as short_abandon_s
    from {{ source("declared", "threshold") }}

),

{{ number_owner() }},

{{ number_form() }},

answered_leg as (

    select
        *,
        min(if(is_answered, place, null)) over (partition by feed, call_id, line_of_call) as answered_place
    from timed
    where legs > 1

),

-- a call of several legs came in with the first, was answered by the first that an agent took, and ended with the last
joined_call as materialized (

    select
        feed,
        call_id,
        {% for column in [
            "sha256", "member", "row", "time_zone", "direction", "channel", "customer_no", "customer_type",
            "business_type", "product", "topic", "queue", "skill", "line", "transferred_to", "callback_of"
        ] %}
            arg_min({{ column }}, place) as {{ column }},
        {% endfor %}
        {% for column in ["ended_by", "disposition", "is_resolved"] %}
            arg_max({{ column }}, place) as {{ column }},
        {% endfor %}
        {% for column in ["is_abandoned", "is_flow_out", "is_waiting"] %}
            not bool_or(is_answered) and arg_max({{ column }}, place) as {{ column }},
        {% endfor %}
        {% for column in ["has_voicemail", "ivr_completed", "is_answered", "is_open"] %}
            bool_or({{ column }}) as {{ column }},
        {% endfor %}
        {% for column in ["talk_s", "hold_s", "acw_s", "misses"] %}
            cast(sum({{ column }}) as bigint) as {{ column }},
        {% endfor %}
        false as is_repeat,
        list_distinct(flatten(list(flags))) as flags,
        coalesce(arg_min(agent, place) filter (where is_answered), arg_min(agent, place)) as agent,
        if(bool_or(is_answered), 'answered', arg_max(outcome, place)) as outcome,
        bool_or(coalesce(is_transferred, false) or (is_answered and place < legs)) as is_transferred,
        min(entered_at) as entered_at,
        min(ivr_in_at) as ivr_in_at,
        max(ivr_out_at) as ivr_out_at,
        min(queued_at) as queued_at,
        min(answered_at) filter (where is_answered) as answered_at,
        if(bool_or(is_open), null, max(ended_at)) as ended_at,
        max(legs) as legs,
        bool_and(is_phantom) as is_phantom,
        -- what came before the first answer was waiting, in whatever queue
        cast(sum(wait_s) filter (where place <= answered_place or answered_place is null) as bigint) as wait_s,
        arg_min(next_queue, place) filter (where is_answered) as transfer_queue
    from answered_leg
    group by feed, call_id, line_of_call

),

call as not materialized (

    select * from timed
    where legs = 1
    union all by name
    select * from joined_call

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
    from part
    where queue is not null

),

clock as (

    {{ local_quarters("part", ["entered_at"]) | indent(4) }}

),

agent_name as (

    {{ pseudonyms("part", "agent") | indent(4) }}

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
        agent_name.agent_key,
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
    left join agent_name on call.agent = agent_name.agent
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
