with

state as (

    select * from {{ ref("fct_agent_interval") }}

),

-- one row per agent and 15 minutes: whoever has two skills in them counts to that in which more time was spent
final as (

    select
        feed,
        agent_key,
        coalesce(
            arg_max(team, duration_s) filter (where state <> 'signed_in'),
            arg_max(team, duration_s)
        ) as team,
        arg_max(skill, duration_s) as skill,
        local_interval,
        any_value(local_date) as local_date,
        any_value(local_hour) as local_hour,
        coalesce(sum(duration_s) filter (where state = 'talking'), 0) as talking_s,
        coalesce(sum(duration_s) filter (where state = 'hold'), 0) as hold_s,
        coalesce(sum(duration_s) filter (where state = 'acw'), 0) as acw_s,
        coalesce(sum(duration_s) filter (where state in ('ready', 'ringing')), 0) as ready_s,
        coalesce(sum(duration_s) filter (where state = 'dialling'), 0) as dialling_s,
        coalesce(sum(duration_s) filter (where state = 'break'), 0) as break_s,
        coalesce(sum(duration_s) filter (where state = 'training'), 0) as training_s,
        coalesce(sum(duration_s) filter (where state = 'meeting'), 0) as meeting_s,
        coalesce(sum(duration_s) filter (where state = 'not_ready'), 0) as not_ready_s,
        coalesce(sum(duration_s) filter (where state = 'signed_in'), 0)
        - coalesce(sum(duration_s) filter (where state <> 'signed_in'), 0) as unknown_s,
        coalesce(sum(duration_s) filter (where state = 'signed_in'), 0) as signed_in_s
    from state
    group by feed, agent_key, local_interval

)

select * from final
