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
        sum(talking_s) as talking_s,
        sum(hold_s) as hold_s,
        sum(acw_s) as acw_s,
        sum(ready_s) as ready_s,
        sum(dialling_s) as dialling_s,
        sum(break_s) as break_s,
        sum(training_s) as training_s,
        sum(meeting_s) as meeting_s,
        sum(not_ready_s) as not_ready_s,
        sum(unknown_s) as unknown_s,
        sum(signed_in_s) as signed_in_s
    from {{ ref("agent_time") }}
    group by feed, agent_key, local_date

)

select * from final
