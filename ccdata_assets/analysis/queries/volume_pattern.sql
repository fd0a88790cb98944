-- One row per month, part, weekday and half hour between the first and the last that a call ever came in, with its calls and the
-- number of such weekdays there were, with or without a call, from the first to the last day of calls.
with known as (
    select cast(date_trunc('month', local_date) as date) as month, local_date, time_bucket(interval 30 minutes, local_interval) as half_hour_start, feed, queue, entered, offered
    from kpi.call_interval where direction = 'inbound'
),

spread as (
    select known.* exclude (feed, queue), unnest([{'dimension': 'all', 'part': ''}, {'dimension': 'feed', 'part': feed}, {'dimension': 'queue', 'part': queue}], recursive := true)
    from known
),

part as (
    select dimension, part, min(local_date) as first_on, max(local_date) as last_on, min(strftime(half_hour_start, '%H:%M')) as opens, max(strftime(half_hour_start, '%H:%M')) as closes
    from spread where part is not null group by all
),

day as (
    select dimension, part, opens, closes, month_start as month, weekday, count(*) as days
    from part join marts.dim_date on date between first_on and last_on group by all
),

slot as (select strftime(timestamp '2000-01-01' + to_minutes(30 * i), '%H:%M') as half_hour from range(48) as step (i)),

summed as (
    select month, dimension, part, isodow(local_date) as weekday, strftime(half_hour_start, '%H:%M') as half_hour, sum(entered) as entered, sum(offered) as offered
    from spread, scope where part is not null and month >= first_month group by all
)

select month, dimension, part, weekday, half_hour, days, coalesce(entered, 0) as entered, coalesce(offered, 0) as offered
from day cross join slot cross join scope left join summed using (month, dimension, part, weekday, half_hour)
where half_hour between opens and closes and month >= first_month
