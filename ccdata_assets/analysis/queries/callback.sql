-- One row per month of the call, reason and whether the customer is a key customer, with what became of the calls that are owed, as of now.
with owed as (
    select
        cast(date_trunc('month', local_date) as date) as month, reason, coalesce(list_contains(key_customers, customer_type), false) as is_key_customer,
        due_at, if(called_back_at <= now_at, called_back_at, null) as back_at, if(came_back_at <= now_at, came_back_at, null) as came_at, now_at
    from marts.fct_callback cross join scope cross join setting
)

select
    month, reason, is_key_customer, count(*) as owed,
    count(*) filter (where back_at <= due_at) as in_time,
    count(*) filter (where back_at > due_at and (came_at is null or back_at <= came_at)) as late,
    count(*) filter (where (back_at is null or back_at > due_at) and came_at is not null and (back_at is null or came_at < back_at)) as came_back,
    count(*) filter (where back_at is null and came_at is null and due_at <= now_at) as overdue,
    count(*) filter (where back_at is null and came_at is null and due_at > now_at) as waiting
from owed group by all
