with

threshold as (

    select to_days(cast(max(value) filter (where threshold = 'fcr_days') as integer)) as fcr_window
    from {{ source("declared", "threshold") }}

),

-- of a matter without a topic the kind of business says what it is about
call as (

    select
        *,
        coalesce(topic, business_type, '') as matter,
        is_entered and coalesce(direction, 'inbound') = 'inbound' as is_from_customer
    from {{ ref("fct_call") }}
    where not is_repeat

),

-- who gave up comes again, but has had no contact yet
neighbour as (

    select
        call.*,
        max(if(is_answered, entered_at, null)) over (
            matter_of_customer rows between unbounded preceding and 1 preceding
        ) as before_at,
        lead(entered_at) over matter_of_customer as next_at
    from call
    where is_from_customer
    window matter_of_customer as (
        partition by feed, customer_no, matter
        order by entered_at, sha256, member, row
    )

),

judged as (

    select
        neighbour.*,
        customer_no is not null as is_customer_known,
        entered_at + threshold.fcr_window as window_until_at,
        if(customer_no is null, null, before_at is null or before_at < entered_at - threshold.fcr_window) as is_first,
        if(customer_no is null, null, next_at is not null and next_at <= entered_at + threshold.fcr_window)
            as is_followed
    from neighbour
    cross join threshold
    where is_answered

),

final as (

    select
        feed,
        sha256,
        member,
        row,
        call_id,
        {{ pseudonym("customer_no") }} as customer_key,
        customer_type,
        business_type,
        product,
        topic,
        queue,
        skill,
        agent_key,
        entered_at,
        local_date,
        window_until_at,
        is_customer_known,
        is_first,
        is_followed,
        if(is_followed, date_diff('second', entered_at, next_at), null) as followed_after_s,
        is_resolved is not null as is_flagged,
        coalesce(is_resolved, not is_followed) as is_resolved,
        is_first and coalesce(is_resolved, not is_followed) as is_resolved_first
    from judged

)

select * from final
