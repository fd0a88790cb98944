with

ordered as (

    select
        agent_key,
        local_date,
        order_id,
        order_amount_cny,
        is_standing
    from {{ ref("fct_order") }}
    where not is_repeat

),

-- of a month of which no order has come nobody knows what was sold in it
told as (

    select distinct date_trunc('month', local_date) as month
    from ordered

),

parts as (

    select
        agent_key,
        local_date,
        answered as calls
    from {{ ref("call_agent_day") }}
    union all by name
    select
        agent_key,
        local_date,
        order_id,
        order_amount_cny as sales_cny
    from ordered
    where is_standing and agent_key is not null
    union all by name
    select
        agent_key,
        local_date,
        signed_in_s
    from {{ ref("agent_time") }}
    where agent_key is not null

),

final as (

    select
        parts.agent_key,
        dim_agent.team,
        parts.local_date,
        cast(coalesce(sum(parts.calls), 0) as bigint) as calls,
        if(any_value(told.month) is null, null, count(distinct parts.order_id)) as orders,
        if(any_value(told.month) is null, null, cast(coalesce(sum(parts.sales_cny), 0) as double)) as sales_cny,
        cast(sum(parts.signed_in_s) as bigint) as signed_in_s
    from parts
    left join {{ ref("dim_agent") }} as dim_agent on parts.agent_key = dim_agent.agent_key
    left join told on date_trunc('month', parts.local_date) = told.month
    group by all

)

select * from final
