with

call as (

    {{ entered_calls() }}

),

final as (

    select
        call.feed,
        coalesce(call.direction, 'inbound') as direction,
        call.agent_key,
        dim_agent.team,
        call.local_date,
        {{ call_sums() }}
    from call
    left join {{ ref("dim_agent") }} as dim_agent on call.agent_key = dim_agent.agent_key
    where call.agent_key is not null
    group by all

)

select * from final
