with

{{ call_entries() }},

final as (

    select
        entry.feed,
        coalesce(entry.direction, 'inbound') as direction,
        entry.agent_key,
        dim_agent.team,
        entry.local_date,
        {{ call_sums() }}
    from entry
    left join {{ ref("dim_agent") }} as dim_agent on entry.agent_key = dim_agent.agent_key
    where entry.agent_key is not null
    group by all

)

select * from final
