with

call as (

    {{ entered_calls() }}

),

final as (

    select
        feed,
        coalesce(direction, 'inbound') as direction,
        product,
        topic,
        local_date,
        {{ call_sums() }}
    from call
    group by all

)

select * from final
