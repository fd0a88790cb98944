with

source as (

    select
        *,
        -- a case that was closed and never called resolved ended with its closing
        coalesce(resolved_at, closed_at) as ended_at,
        coalesce(case_status, '') in ('resolved', 'closed') as is_said_ended
    from {{ source("staged", "service_case") }}

),

final as (

    select
        feed,
        sha256,
        member,
        row,
        case_id,
        list_filter(regexp_split_to_array(call_ids, '[;；,，、|\s]+'), lambda call_id: call_id <> '') as call_ids,
        channel,
        {{ pseudonym("customer_no") }} as customer_key,
        customer_type,
        business_type,
        product,
        topic,
        complexity,
        mood,
        priority,
        {{ pseudonym("agent") }} as agent_key,
        owner_unit,
        opened_at,
        cast(timezone(time_zone, opened_at) as date) as local_date,
        due_at,
        ended_at as resolved_at,
        case_status,
        is_resolved,
        -- said to be over without a time: neither open nor timed
        ended_at is null and not is_said_ended as is_open,
        date_diff('second', opened_at, ended_at) as resolved_after_s,
        is_repeat,
        flags
    from source

)

select * from final
