-- One row per agent, measure and week with its value; weeks since the first day, from 0. Only weeks with enough to go by.
with agent as (select agent_key, hired_on, left_on from marts.dim_agent where hired_on is not null),

handled as (
    select agent_key, cast(date_trunc('week', local_date) as date) as week_start, sum(handling_s) as handling_s, count(handling_s) as timed, count(*) as answered
    from marts_call where is_answered and agent_key is not null group by all
),

present as (
    select agent_key, cast(date_trunc('week', local_date) as date) as week_start, sum(signed_in_s) as signed_in_s from kpi.agent_time group by all
),

value as (
    select agent_key, week_start, 'aht' as measure, timed as cases, handling_s / nullif(timed, 0) as value from handled
    union all
    select agent_key, week_start, 'calls_per_hour', answered, answered * 3600 / nullif(signed_in_s, 0) from handled join present using (agent_key, week_start)
    union all
    select agent_key, cast(date_trunc('week', local_date) as date), 'csat', count(is_satisfied), count(*) filter (where is_satisfied) / nullif(count(is_satisfied), 0)
    from marts.fct_survey where not is_repeat and agent_key is not null group by all
    union all
    select agent_key, cast(date_trunc('week', local_date) as date), 'qa', count(score_share), avg(score_share)
    from marts.fct_quality_review where not is_repeat and agent_key is not null group by all
)

select agent_key, measure, week_start, (week_start + 6 - hired_on) // 7 as tenure_week, cases, value
from value join agent using (agent_key) cross join setting
where value is not null and week_start + 6 >= hired_on and cases >= map_extract_value(growth_least, measure)
