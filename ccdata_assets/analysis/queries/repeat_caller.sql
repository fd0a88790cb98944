-- One row per month and band: customers by the number of their calls in the month, and calls by the whole days since the customer's call before.
with call as (
    select month, feed, customer_no, entered_at, lag(entered_at) over (partition by feed, customer_no order by entered_at) as before_at
    from inbound_call_ever
),

of_customer as (
    select month, calls, count(*) as customers from (
        select month, feed, customer_no, count(*) as calls from call, scope where customer_no is not null and month >= first_month group by all
    ) group by all
),

of_interval as (
    select month, date_diff('second', before_at, entered_at) // 86400 as days, count(*) as calls
    from call, scope where customer_no is not null and before_at is not null and month >= first_month group by all
),

banded as (
    select month, 'calls' as measure, len(list_filter(call_bands, lambda edge: edge <= calls)) as place, call_bands as edges, customers, customers * calls as calls
    from of_customer cross join setting
    union all
    select month, 'interval', len(list_filter(day_bands, lambda edge: edge <= days)), day_bands, null, calls from of_interval cross join setting
)

select
    month, measure,
    case
        when edges[place + 1] is null then edges[place] || '+'
        when edges[place + 1] = edges[place] + 1 then cast(edges[place] as varchar)
        else edges[place] || '-' || (edges[place + 1] - 1)
    end as band,
    sum(customers) as customers, sum(calls) as calls
from banded group by all
union all
select month, 'calls', 'unknown', null, count(*) from call, scope where customer_no is null and month >= first_month group by all
