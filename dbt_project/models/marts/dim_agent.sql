with

-- of several rosters the one trusted most, of it the newest line
ranked as (

    select
        agent.*,
        row_number() over (
            partition by agent.agent
            order by feed.trust desc, agent.received_on desc, agent.landed_at desc, agent.is_repeat desc, agent.row desc
        ) as place
    from {{ source("staged", "agent") }} as agent
    left join {{ source("declared", "feed") }} as feed on agent.feed = feed.feed

),

roster as (

    select * from ranked
    where place = 1

),

-- who is in no roster but in calls or other facts is an agent too
met as (

    select agent from {{ source("staged", "call") }}
    union
    select agent from {{ source("staged", "call_event") }}
    union
    select agent from {{ source("staged", "outbound") }}
    union
    select agent from {{ source("staged", "agent_state") }}
    union
    select agent from {{ source("staged", "survey") }}
    union
    select agent from {{ source("staged", "quality_review") }}
    union
    select agent from roster

),

final as (

    select
        {{ pseudonym("met.agent") }} as agent_key,
        met.agent,
        roster.agent_name,
        roster.team,
        roster.site,
        roster.supervisor,
        roster.skills,
        roster.agent_level,
        roster.employment,
        roster.agent_status,
        roster.hired_on,
        roster.left_on,
        roster.agent is not null as is_in_roster,
        roster.feed,
        roster.received_on
    from met
    left join roster on met.agent = roster.agent
    where met.agent is not null

)

select * from final
