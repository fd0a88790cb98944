-- One row per day looked at, dimension and part with its calls and those of the same weekday in the weeks before (0 where the centre had calls and it had none).
with counted as (
    select local_date, unnest([{'dimension': 'all', 'part': ''}, {'dimension': 'product', 'part': product}, {'dimension': 'topic', 'part': topic}], recursive := true)
    from inbound_call_ever
),

calls as (select local_date, dimension, part, count(*) as calls from counted where part is not null group by all),

-- a day on which nobody called at all was closed, and says nothing of the others
open_day as (
    select distinct c.local_date, d.is_working_day from inbound_call_ever as c join marts.dim_date as d on d.date = c.local_date
),

-- what is there to be looked at, and since when
part as (select dimension, part, min(local_date) as first_on from calls group by all),

looked_at as (
    select local_date, is_working_day from open_day cross join scope where local_date >= first_month and local_date < today
),

past as (
    select
        now.local_date, part.dimension, part.part, before.local_date as before_on, coalesce(calls.calls, 0) as before
    from looked_at as now cross join part cross join setting
    join open_day as before on before.local_date < now.local_date and before.local_date >= now.local_date - 7 * surge_weeks
        and isodow(before.local_date) = isodow(now.local_date) and before.is_working_day = now.is_working_day
    left join calls on calls.local_date = before.local_date and calls.dimension = part.dimension and calls.part = part.part
    where part.first_on <= now.local_date
)

select past.local_date, past.dimension, past.part, coalesce(any_value(calls.calls), 0) as calls, list(before order by before_on) as history
from past left join calls on calls.local_date = past.local_date and calls.dimension = past.dimension and calls.part = past.part
group by all
