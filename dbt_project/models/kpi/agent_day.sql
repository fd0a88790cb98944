with

final as (

    select
        feed,
        agent_key,
        arg_max(team, signed_in_s) as team,
        arg_max(skill, signed_in_s) as skill,
        local_date,
        min(local_interval) as local_from,
        max(local_interval) + interval 15 minutes as local_to,
        {% for column in [
            "talking_s", "hold_s", "acw_s", "ready_s", "dialling_s", "break_s", "training_s", "meeting_s",
            "not_ready_s", "unknown_s"
        ] %}
            cast(sum({{ column }}) as bigint) as {{ column }},
        {% endfor %}
        cast(sum(signed_in_s) as bigint) as signed_in_s
    from {{ ref("agent_time") }}
    group by feed, agent_key, local_date

)

select * from final
