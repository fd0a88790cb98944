-- One row per month, measure, dimension and part, with what is divided: the parts of a funnel.
with fact as (
    select month, 'abandon_rate' as measure, cast(null as varchar) as agent_key, queue, is_abandoned as is_met from inbound_call where is_offered
    union all
    select month, 'service_level', null, queue, is_answered and wait_s <= answer_within_s from inbound_call cross join setting where is_answered or is_abandoned
    union all
    select month, 'transfer_rate', agent_key, queue, is_transferred from inbound_call where is_answered and is_transferred is not null
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
),

spread as (
    select month, measure, total, met,
        unnest([{'dimension': 'agent', 'part': s.agent_key}, {'dimension': 'team', 'part': team}, {'dimension': 'queue', 'part': queue}], recursive := true)
    from summed as s left join marts.dim_agent as a on a.agent_key = s.agent_key
)

select month, measure, dimension, part, sum(total)::bigint as total, sum(met)::bigint as met from spread where part is not null group by all
