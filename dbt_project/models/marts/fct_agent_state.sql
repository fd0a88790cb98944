{%- set line = "feed, sha256, member, row, time_zone, agent, state, state_reason, state_from_at, state_to_at" -%}
with

{{ event_states() }},

state as not materialized (

    select
        {{ line }},
        team,
        site,
        skill,
        is_repeat,
        flags
    from {{ source("staged", "agent_state") }}
    union all by name
    select
        {{ line }},
        false as is_repeat,
        cast([] as varchar[]) as flags
    from event_state

),

-- how far the feed tells anything
told_until as (

    select
        feed,
        max(known_at) as known_at
    from (
        select
            feed,
            greatest(max(state_from_at), max(state_to_at)) as known_at
        from state
        group by all
        union all
        select
            feed,
            max(event_at) as known_at
        from {{ ref("fct_call_event") }}
        group by all
    )
    group by all

),

open_state as materialized (

    select * from state
    where state_to_at is null

),

-- a state without an end lasts until the agent's next one, or as long as anything is known
next_state as (

    select
        open_state.feed,
        open_state.sha256,
        open_state.member,
        open_state.row,
        open_state.state,
        min(later.state_from_at) as known_at
    from state as later
    inner join open_state
        on later.feed = open_state.feed
            and later.agent = open_state.agent
            and later.state_from_at > open_state.state_from_at
            and if(
                open_state.state = 'signed_in',
                later.state in ('signed_in', 'signed_out'),
                later.state <> 'signed_in'
            )
    where not later.is_repeat
    group by all

),

ended as not materialized (

    select
        *,
        state_to_at as until_at
    from state
    where state_to_at is not null
    union all by name
    select
        open_state.*,
        coalesce(next_state.known_at, told_until.known_at) as until_at
    from open_state
    left join told_until on open_state.feed = told_until.feed
    left join next_state
        on open_state.feed = next_state.feed
            and open_state.sha256 = next_state.sha256
            and open_state.member = next_state.member
            and open_state.row = next_state.row
            and open_state.state = next_state.state

),

clock as (

    {{ local_quarters("ended", ["state_from_at", "until_at"]) | indent(4) }}

),

agent_name as (

    {{ pseudonyms("state", "agent") | indent(4) }}

),

-- the clock counts; what the source says the state lasted is only checked against it
final as (

    select
        ended.feed,
        ended.sha256,
        ended.member,
        ended.row,
        ended.agent,
        agent_name.agent_key,
        ended.team,
        ended.site,
        ended.skill,
        ended.state,
        ended.state_reason,
        ended.state_from_at,
        ended.state_to_at,
        ended.until_at,
        ended.time_zone,
        {{ local_time("ended.state_from_at", "clock") }} as local_from,
        {{ local_time("ended.until_at", "clock_to") }} as local_to,
        cast(clock.local_interval as date) as local_date,
        {{ seconds_between("ended.state_from_at", "ended.until_at") }} as duration_s,
        ended.state_to_at is null as is_open,
        ended.is_repeat,
        ended.flags
    from ended
    left join agent_name on ended.agent = agent_name.agent
    left join clock
        on ended.time_zone = clock.time_zone and {{ quarter_of("ended.state_from_at") }} = clock.quarter
    left join clock as clock_to
        on ended.time_zone = clock_to.time_zone and {{ quarter_of("ended.until_at") }} = clock_to.quarter

)

select * from final
