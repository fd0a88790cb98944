with

source as (

    select
        *,
        timezone(time_zone, entered_at) as entered_local
    from {{ source("staged", "call") }}

),

-- a call's own clock gives the waits; a call answered at once never queued and waited 0 s
timed as (

    select
        *,
        outcome = 'phantom' as is_phantom,
        outcome = 'answered' as is_answered,
        outcome = 'abandoned' and queued_at is not null as is_abandoned,
        outcome = 'flow_out' and queued_at is not null as is_flow_out,
        case
            when queued_at is null then 0
            else greatest(0, date_diff('second', queued_at, coalesce(answered_at, ended_at)))
        end as wait_s,
        case
            when answered_at is not null and outcome = 'answered'
                then greatest(0, date_diff('second', answered_at, ended_at) - coalesce(hold_s, 0))
        end as talk_s
    from source

),

{{ number_owner() }},

{{ number_form() }},

-- whose number it was when the call came in
linked as (

    select
        timed.*,
        number_form.contact_id,
        number_form.organisation_id,
        case
            when timed.customer_no is null then 'no_number'
            else coalesce(number_form.link_status, 'unknown')
        end as link_status
    from timed
    left join number_form
        on
            replace(replace(timed.customer_no, '-', ''), ' ', '') = number_form.form
            and timed.entered_at >= number_form.valid_from
            and timed.entered_at < number_form.valid_to

),

final as (

    select
        feed,
        sha256,
        member,
        row,
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
        {{ pseudonym("agent") }} as agent_key,
        outcome,
        disposition,
        is_resolved,
        is_transferred,
        has_voicemail,
        callback_of,
        entered_at,
        queued_at,
        answered_at,
        ended_at,
        time_zone,
        cast(entered_local as date) as local_date,
        hour(entered_local) as local_hour,
        time_bucket(interval 15 minutes, entered_local) as local_interval,
        greatest(0, date_diff('second', ivr_in_at, ivr_out_at)) as ivr_s,
        if(is_answered or is_abandoned or is_flow_out, wait_s, null) as wait_s,
        talk_s,
        hold_s,
        acw_s,
        not is_phantom as is_entered,
        -- a call counts once: what an agent answered, the queue lost or another centre took, the IVR did not serve
        (outcome = 'ivr_served' or coalesce(ivr_completed, false))
        and not (is_answered or is_abandoned or outcome = 'flow_out' or is_phantom) as is_ivr_served,
        is_answered or is_abandoned or is_flow_out as is_offered,
        is_answered,
        is_abandoned,
        is_flow_out,
        -- a number that a spreadsheet has shortened says nothing against the call's times
        len(list_filter(flags, lambda flag: not suffix(flag, '_damaged'))) = 0 as is_consistent,
        is_repeat,
        flags,
        contact_id,
        organisation_id,
        link_status
    from linked

)

select * from final
