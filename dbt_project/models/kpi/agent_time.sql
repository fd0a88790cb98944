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
        {% for column, states in {
            "talking_s": "= 'talking'", "hold_s": "= 'hold'", "acw_s": "= 'acw'", "ready_s": "in ('ready', 'ringing')",
            "dialling_s": "= 'dialling'", "break_s": "= 'break'", "training_s": "= 'training'",
            "meeting_s": "= 'meeting'", "not_ready_s": "= 'not_ready'", "signed_in_s": "= 'signed_in'"
        }.items() %}
            cast(coalesce(sum(duration_s) filter (where state {{ states }}), 0) as bigint) as {{ column }},
        {% endfor %}
        signed_in_s - cast(coalesce(sum(duration_s) filter (where state <> 'signed_in'), 0) as bigint) as unknown_s
    from state
    group by feed, agent_key, local_interval

)

select * from final
