with

contact as (

    select * from {{ ref("fct_contact") }}

),

agent as (

    select
        agent_key,
        team
    from {{ ref("dim_agent") }}

),

final as (

    select
        contact.feed,
        contact.queue,
        contact.skill,
        contact.agent_key,
        agent.team,
        contact.business_type,
        contact.topic,
        contact.customer_type,
        contact.local_date,
        count(*) as contacts,
        count(*) filter (where not contact.is_customer_known) as unknown_customer,
        count(*) filter (where contact.is_resolved is not null and contact.is_customer_known) as judged,
        count(*) filter (where contact.is_first) as first_contacts,
        count(*) filter (where contact.is_followed) as followed,
        count(*) filter (where contact.is_resolved and contact.is_customer_known) as resolved,
        count(*) filter (where contact.is_resolved_first) as resolved_first
    from contact
    left join agent on contact.agent_key = agent.agent_key
    group by all

)

select * from final
