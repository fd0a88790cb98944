with

{{ call_entries() }},

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
    where is_into_queue and (queue is not null or skill is not null)
    group by all

)

select * from final
