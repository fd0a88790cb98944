-- One row per day looked at, dimension and part with its calls and those of each of the days before, the day before first: 0 where the
-- centre had calls and it had none, null where the centre was closed or the day was a holiday or made up for one. Such days are not judged. Before its first call a queue
-- was not there, which says nothing; a product or topic was, and nobody called about it.
with counted as (
    select local_date, unnest([{'dimension': 'all', 'part': ''}, {'dimension': 'product', 'part': product}, {'dimension': 'topic', 'part': topic},
        {'dimension': 'queue', 'part': queue}], recursive := true)
    from inbound_call_ever
),

calls as (select local_date, dimension, part, count(*) as calls from counted where part is not null group by all),

open_day as (
    select distinct c.local_date from inbound_call_ever as c join marts.dim_date as d on d.date = c.local_date
    where d.is_working_day = (isodow(c.local_date) < 6)
),

part as (select dimension, part, min(local_date) as first_on from calls group by all),

looked_at as (
    select local_date from open_day cross join scope where local_date >= first_month and local_date < today
),

past as (
    select
        looked_at.local_date, part.dimension, part.part, back,
        if(
            open_day.local_date is null or part.dimension = 'queue' and looked_at.local_date - cast(back as integer) < part.first_on,
            null, coalesce(calls.calls, 0)
        ) as before
    from looked_at cross join part cross join setting cross join lateral (select unnest(range(1, 7 * surge_weeks + 1)) as back)
    left join open_day on open_day.local_date = looked_at.local_date - cast(back as integer)
    left join calls on calls.local_date = looked_at.local_date - cast(back as integer) and calls.dimension = part.dimension and calls.part = part.part
    where part.first_on <= looked_at.local_date
)

select past.local_date, past.dimension, past.part, coalesce(any_value(calls.calls), 0) as calls, list(before order by back) as past
from past left join calls on calls.local_date = past.local_date and calls.dimension = past.dimension and calls.part = past.part
group by past.local_date, past.dimension, past.part
