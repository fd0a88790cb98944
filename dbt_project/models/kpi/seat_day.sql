with

-- as many seats as agents who were signed in at the same time
used as (

    select
        local_date,
        local_interval,
        count(distinct agent_key) as agents
    from {{ ref("agent_time") }}
    where signed_in_s > 0
    group by all

),

seats as (

    select
        local_date,
        max(agents) as seats
    from used
    group by all

),

final as (

    select
        seats.local_date,
        seats.seats,
        cast(sum(agent.calls) as bigint) as calls,
        cast(sum(agent.orders) as bigint) as orders,
        sum(agent.sales_cny) as sales_cny
    from seats
    inner join {{ ref("agent_output_day") }} as agent on seats.local_date = agent.local_date
    where agent.signed_in_s > 0
    group by all

)

select * from final
