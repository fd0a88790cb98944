-- One row per month of opening and part, with the time until cases are resolved: Kaplan and Meier's estimate, for cases that are still
-- open say only that it takes longer than until now. The interval of the median is Brookmeyer and Crowley's (log-log, 95%).
with matter as (
    select
        cast(date_trunc('month', local_date) as date) as month, topic, complexity, mood, due_at, resolved_at, is_open,
        coalesce(resolved_after_s, if(is_open, date_diff('second', opened_at, now_at), null)) as seconds,
        resolved_after_s is not null as is_resolved, now_at
    from marts.fct_case cross join scope where not is_repeat and opened_at <= now_at
),

spread as (
    select matter.* exclude (topic, complexity, mood),
        unnest([{'dimension': 'all', 'part': ''}, {'dimension': 'topic', 'part': topic}, {'dimension': 'complexity', 'part': complexity},
            {'dimension': 'mood', 'part': mood}], recursive := true)
    from matter
),

counted as (
    select
        month, dimension, part, count(*) as cases, count(*) filter (where is_resolved) as resolved, count(*) filter (where is_open) as still_open,
        count(*) filter (where seconds is null) as untimed,
        count(*) filter (where due_at is not null and (is_resolved or is_open and due_at <= now_at)) as due,
        count(*) filter (where is_resolved and resolved_at <= due_at) as due_met
    from spread where part is not null group by all
),

moment as (
    select month, dimension, part, seconds, count(*) filter (where is_resolved) as ended, count(*) as gone
    from spread where part is not null and seconds is not null group by all
),

at_risk as (
    select *, sum(gone) over (partition by month, dimension, part order by seconds desc) as risk from moment
),

survival as (
    select
        month, dimension, part, seconds, ended,
        bool_or(ended = risk) over upto as is_over,
        exp(sum(if(ended = risk, 0, ln(1 - ended / risk))) over upto) as share,
        sum(if(ended = risk, 0, ended / (risk * (risk - ended)))) over upto as greenwood
    from at_risk
    window upto as (partition by month, dimension, part order by seconds)
),

judged as (
    select *, if(is_over, 0, share) as surviving,
        case
            when is_over then -1e9
            when share >= 1 then 1e9
            else (ln(-ln(share)) - ln(-ln(0.5))) / (sqrt(greenwood) / abs(ln(share)))
        end as distance
    from survival where ended > 0
),

median as (
    select
        month, dimension, part,
        min(seconds) filter (surviving <= 0.5) / 86400 as median_days,
        min(seconds) filter (surviving <= 0.2) / 86400 as p80_days,
        -- survival falls: log(-log) rises, so the interval begins where the distance is no longer below -1.96
        min(seconds) filter (is_over or distance >= -1.959963984540054 and share < 1) / 86400 as median_low_days,
        min(seconds) filter (is_over or distance > 1.959963984540054 and share < 1) / 86400 as median_high_days
    from judged group by all
)

select
    month, dimension, part, cases, resolved, still_open, untimed, due, due_met,
    if(cases >= cases_least, median_days, null) as median_days,
    if(cases >= cases_least and median_days is not null, median_low_days, null) as median_low_days,
    if(cases >= cases_least and median_days is not null, median_high_days, null) as median_high_days,
    if(cases >= cases_least, p80_days, null) as p80_days
from counted cross join setting left join median using (month, dimension, part)
