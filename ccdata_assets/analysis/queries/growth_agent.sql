-- One row per month, measure, agent and week that ended in it, beside the band of its tenure; a run of weeks on the same side is counted
-- over the weeks before it, and marked once it is long enough.
with week as (
    select m.month, w.*, len(list_filter(tenure_weeks, lambda edge: edge <= tenure_week)) as place, growth_marked, tenure_weeks
    from scope_month as m join growth_week as w on w.week_start + 6 < m.month + interval 1 month and w.week_start + 6 >= m.month - interval 6 months
    cross join setting
),

beside as (
    select week.*, band.low, band.high,
        case when value < band.low then -1 when value > band.high then 1 when band.low is not null then 0 end as side
    from week left join growth_band_now as band
        on band.month = week.month and band.measure = week.measure and band.tenure_week = week.tenure_weeks[week.place]
),

run as (
    select *, row_number() over (partition by month, measure, agent_key order by week_start)
        - row_number() over (partition by month, measure, agent_key, side order by week_start) as run_no
    from beside
),

counted as (
    select *, if(side <> 0, row_number() over (partition by month, measure, agent_key, side, run_no order by week_start), 0) as weeks_outside from run
)

select month, measure, agent_key, week_start, tenure_week, cases, value, low, high, side, weeks_outside, weeks_outside >= growth_marked as is_marked
from counted where week_start + 6 >= month
