with

threshold as (

    select
        to_seconds(max(value) filter (where threshold = 'callback_within_s')) as callback_within,
        max(value) filter (where threshold = 'short_abandon_s') as short_abandon_s
    from {{ source("declared", "threshold") }}

),

call as (

    select * from {{ ref("fct_call") }}
    where not is_repeat and is_entered

),

owed as (

    select
        call.*,
        coalesce(call.ended_at, call.entered_at) as owed_at,
        coalesce(call.ended_at, call.entered_at) + threshold.callback_within as due_at,
        case
            when call.has_voicemail then 'voicemail'
            when call.disposition = 'callback' then 'agreed'
            when call.is_abandoned and call.wait_s > threshold.short_abandon_s then 'abandoned'
        end as reason
    from call
    cross join threshold
    where coalesce(call.direction, 'inbound') = 'inbound'

),

-- a call back says which call it answers, or simply goes to the same customer
named as (

    select
        feed,
        callback_of,
        min(entered_at) as called_back_at
    from call
    where callback_of is not null
    group by all

),

dialled as (

    select
        customer_no,
        entered_at as dialled_at
    from call
    where direction = 'outbound' and customer_no is not null
    union all
    select
        customer_no,
        dialled_at
    from {{ source("staged", "outbound") }}
    where customer_no is not null and dialled_at is not null and not is_repeat

),

came_back as (

    select
        feed,
        customer_no,
        answered_at
    from call
    where coalesce(direction, 'inbound') = 'inbound' and answered_at is not null and customer_no is not null

),

joined as (

    select
        owed.*,
        named.called_back_at as named_at,
        dialled.dialled_at,
        came_back.answered_at as came_back_at
    from owed
    left join named on owed.feed = named.feed and owed.call_id = named.callback_of
    asof left join dialled on owed.customer_no = dialled.customer_no and owed.owed_at <= dialled.dialled_at
    asof left join came_back
        on
            owed.feed = came_back.feed and owed.customer_no = came_back.customer_no
            and owed.owed_at <= came_back.answered_at
    where owed.reason is not null and (owed.customer_no is not null or owed.reason <> 'abandoned')

),

final as (

    select
        feed,
        sha256,
        member,
        row,
        call_id,
        reason,
        {{ pseudonym("customer_no") }} as customer_key,
        customer_type,
        business_type,
        product,
        topic,
        queue,
        local_date,
        owed_at,
        due_at,
        least(named_at, dialled_at) as called_back_at,
        came_back_at
    from joined

)

select * from final
