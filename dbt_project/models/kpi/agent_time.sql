with

state as (

    select * from {{ ref("fct_agent_interval") }}

),

summed as (

    select
        feed,
        agent_key,
        team,
        skill,
        local_interval,
        local_date,
        local_hour,
        coalesce(sum(duration_s) filter (where state = 'talking'), 0) as talking_s,
        coalesce(sum(duration_s) filter (where state = 'hold'), 0) as hold_s,
        coalesce(sum(duration_s) filter (where state = 'acw'), 0) as acw_s,
        coalesce(sum(duration_s) filter (where state in ('ready', 'ringing')), 0) as ready_s,
        coalesce(sum(duration_s) filter (where state = 'break'), 0) as break_s,
        coalesce(sum(duration_s) filter (where state = 'signed_in'), 0) as said_signed_in_s,
        coalesce(sum(duration_s) filter (where state not in ('signed_in', 'signed_out')), 0) as in_states_s
    from state
    group by all

),

-- some sources say when an agent was signed in beside what was done in that time, others only the latter
final as (

    select
        * exclude (said_signed_in_s, in_states_s),
        greatest(said_signed_in_s, in_states_s) as signed_in_s
    from summed

)

select * from final
