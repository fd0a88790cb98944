-- One row per month, measure, dimension and part, with what is divided: the parts of a funnel.
with fact as (
    select month, 'transfer_rate' as measure, agent_key, queue, is_transferred as is_met from inbound_call where is_answered and is_transferred is not null
    union all
    select month, 'fcr', agent_key, queue, is_resolved_first
    from (select *, cast(date_trunc('month', local_date) as date) as month from marts.fct_contact) cross join scope
    where is_resolved_first is not null and month >= first_month and window_until_at <= now_at
    union all
    select month, 'csat', coalesce(s.agent_key, c.agent_key), c.queue, s.is_satisfied
    from (select *, cast(date_trunc('month', local_date) as date) as month from marts.fct_survey) as s cross join scope left join surveyed_call as c using (call_id)
    where not s.is_repeat and s.is_satisfied is not null and month >= first_month
    union all
    select month, 'qa_passed', agent_key, null, is_passed
    from (select *, cast(date_trunc('month', local_date) as date) as month from marts.fct_quality_review) cross join scope
    where not is_repeat and is_passed is not null and month >= first_month
),

-- first summed, for there are few agents and queues and many calls
summed as (
    select month, measure, agent_key, queue, count(*) as total, count(*) filter (where is_met) as met from fact group by all
    union all
    -- what queues answer for: entries into each, as the KPIs by queue count them
    select cast(date_trunc('month', local_date) as date) as month, measure, null, queue, sum(total), sum(met) from (
        select local_date, queue, unnest([{'measure': 'abandon_rate', 'total': offered, 'met': abandoned},
            {'measure': 'service_level', 'total': answered + abandoned, 'met': answered_in_time}], recursive := true)
        from kpi.queue_interval cross join scope where direction = 'inbound' and local_date >= first_month
    ) group by all having sum(total) > 0
),

spread as (
    select month, measure, total, met,
        unnest([{'dimension': 'agent', 'part': s.agent_key}, {'dimension': 'team', 'part': team}, {'dimension': 'queue', 'part': queue}], recursive := true)
    from summed as s left join marts.dim_agent as a on a.agent_key = s.agent_key
)

select month, measure, dimension, part, sum(total)::bigint as total, sum(met)::bigint as met from spread where part is not null group by all
