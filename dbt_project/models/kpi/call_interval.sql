with

call as (

    {{ entered_calls() }}

),

final as (

    select
        feed,
        coalesce(direction, 'inbound') as direction,
        queue,
        skill,
        business_type,
        customer_type,
        local_interval,
        local_date,
        local_hour,
        {{ call_sums() }}
    from call
    group by all

)

select * from final
