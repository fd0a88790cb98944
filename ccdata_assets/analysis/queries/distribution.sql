-- One row per month, measure (wait of offered calls, handling of answered ones) and part, with exact percentiles of the seconds.
with measured as (
    select month, 'wait' as measure, feed, queue, business_type, outcome, wait_s as seconds from inbound_call where is_offered and wait_s is not null
    union all
    select month, 'handling', feed, queue, business_type, outcome, handling_s from inbound_call where handling_s is not null
),

grouped as (
    select
        month, measure, feed, queue, business_type, outcome,
        case
            when grouping(feed) = 0 then 'feed'
            when grouping(queue) = 0 then 'queue'
            when grouping(business_type) = 0 then 'business_type'
            when grouping(outcome) = 0 then 'outcome'
            else 'all'
        end as dimension,
        count(*) as calls,
        avg(seconds) as mean,
        min(seconds) as shortest,
        quantile_cont(seconds, [0.5, 0.8, 0.9, 0.95, 0.99]) as quantiles,
        max(seconds) as longest
    from measured
    group by grouping sets ((month, measure), (month, measure, feed), (month, measure, queue), (month, measure, business_type), (month, measure, outcome))
)

select
    month, measure, dimension, if(dimension = 'all', '', coalesce(feed, queue, business_type, outcome)) as part, calls, mean, shortest,
    quantiles[1] as p50, quantiles[2] as p80, quantiles[3] as p90, quantiles[4] as p95, quantiles[5] as p99, longest
from grouped
where dimension = 'all' or coalesce(feed, queue, business_type, outcome) is not null
