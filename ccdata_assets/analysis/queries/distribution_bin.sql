-- One row per month, measure, part and bin of seconds, with its calls; bins without a call have no row.
with counted as (
    select month, 'wait' as measure, feed, queue, business_type, outcome, wait_s as seconds, count(*) as calls
    from inbound_call where is_offered and wait_s is not null group by all
    union all
    select month, 'handling', feed, queue, business_type, outcome, handling_s, count(*) from inbound_call where handling_s is not null group by all
),

binned as (
    select counted.* exclude (seconds), if(measure = 'wait', wait_bins, handling_bins) as edges, len(list_filter(edges, lambda edge: edge <= seconds)) as place
    from counted cross join setting
),

grouped as (
    select
        month, measure, edges[place] as bin_from_s, edges[place + 1] as bin_to_s, feed, queue, business_type, outcome,
        case
            when grouping(feed) = 0 then 'feed'
            when grouping(queue) = 0 then 'queue'
            when grouping(business_type) = 0 then 'business_type'
            when grouping(outcome) = 0 then 'outcome'
            else 'all'
        end as dimension,
        sum(calls) as calls
    from binned
    group by grouping sets (
        (month, measure, edges, place), (month, measure, edges, place, feed), (month, measure, edges, place, queue),
        (month, measure, edges, place, business_type), (month, measure, edges, place, outcome)
    )
)

select month, measure, dimension, if(dimension = 'all', '', coalesce(feed, queue, business_type, outcome)) as part, bin_from_s, bin_to_s, calls
from grouped
where dimension = 'all' or coalesce(feed, queue, business_type, outcome) is not null
