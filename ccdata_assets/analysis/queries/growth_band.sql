-- One row per month, measure and band of tenure: what the middle of the agents did at that tenure, each agent counted once by the mean of
-- its weeks, up to the end of the month.
with week as (
    select w.*, len(list_filter(tenure_weeks, lambda edge: edge <= tenure_week)) as place from growth_week as w cross join setting where tenure_week >= 0
),

of_agent as (
    select month, measure, place, agent_key, sum(value * cases) / sum(cases) as value
    from scope_month join week on week_start + 6 < month + interval 1 month group by all
),

listed as (
    select month, measure, place, count(*) as agents, list(value order by value) as sorted from of_agent group by all
)

select
    month, measure, tenure_weeks[place] as tenure_week, tenure_weeks[place + 1] as until_week, agents,
    if(agents >= growth_agents, quantile_of(sorted, band_low), null) as low,
    if(agents >= growth_agents, quantile_of(sorted, 0.5), null) as middle,
    if(agents >= growth_agents, quantile_of(sorted, band_high), null) as high
from listed cross join setting
