with

-- in whole seconds since 1970, which are sorted and cut faster than instants; a state longer than a day is one
-- that nobody ended
state as (

    select
        feed,
        agent,
        agent_key,
        team,
        site,
        skill,
        state,
        time_zone,
        epoch_us(state_from_at) // 1000000 as from_s,
        epoch_us(until_at) // 1000000 as until_s
    from {{ ref("fct_agent_state") }}
    where not is_repeat and state <> 'signed_out' and duration_s between 1 and 86400

),

-- how long what began before a state lasts: all of it, and what is no sign-in
preceded as (

    select
        *,
        max(until_s) over before_it as told_until_s,
        max(if(state = 'signed_in', null, until_s)) over before_it as busy_until_s
    from state
    window before_it as (
        partition by feed, agent
        order by from_s, until_s, state
        rows between unbounded preceding and 1 preceding
    )

),

-- an agent is signed in while the source says so, or says what the agent does: from a state that nothing before it
-- reaches to the end of what comes before the next such
sign_in as (

    select
        *,
        lead(told_until_s) over (partition by feed, agent order by from_s) as over_s
    from preceded
    where told_until_s is null or told_until_s < from_s

),

last_told as (

    select
        feed,
        agent,
        max(until_s) as until_s
    from state
    group by all

),

span as (

    select
        sign_in.feed,
        sign_in.agent,
        sign_in.agent_key,
        sign_in.team,
        sign_in.site,
        cast(null as varchar) as skill,
        'signed_in' as state,
        sign_in.time_zone,
        sign_in.from_s,
        coalesce(sign_in.over_s, last_told.until_s) as until_s
    from sign_in
    inner join last_told on sign_in.feed = last_told.feed and sign_in.agent = last_told.agent

),

-- agents of whom states overlap; those of all others are taken as they are
overlapping as (

    select distinct
        feed,
        agent
    from preceded
    where state <> 'signed_in' and busy_until_s > from_s

),

chained as (

    select
        preceded.*,
        sum(if(coalesce(preceded.busy_until_s <= preceded.from_s, true), 1, 0)) over (
            partition by preceded.feed, preceded.agent
            order by preceded.from_s, preceded.until_s, preceded.state
            rows unbounded preceding
        ) as chain_no
    from preceded
    inner join overlapping on preceded.feed = overlapping.feed and preceded.agent = overlapping.agent
    where preceded.state <> 'signed_in'

),

boundary as (

    select
        feed,
        agent,
        chain_no,
        from_s as edge_s
    from chained
    union
    select
        feed,
        agent,
        chain_no,
        until_s as edge_s
    from chained

),

edge as (

    select
        *,
        lead(edge_s) over (partition by feed, agent, chain_no order by edge_s) as next_s
    from boundary

),

-- where states of an agent overlap, each second is that of the one which began last
laid_over as (

    select
        chained.* replace (edge.edge_s as from_s, edge.next_s as until_s),
        row_number() over (
            partition by edge.feed, edge.agent, edge.chain_no, edge.edge_s
            order by chained.from_s desc, chained.until_s asc, chained.state asc
        ) as place
    from edge
    inner join chained
        on edge.feed = chained.feed
            and edge.agent = chained.agent
            and edge.chain_no = chained.chain_no
            and edge.edge_s >= chained.from_s
            and edge.next_s <= chained.until_s

),

told as (

    select * from span
    union all
    select
        feed,
        agent,
        agent_key,
        team,
        site,
        skill,
        state,
        time_zone,
        from_s,
        until_s
    from laid_over
    where place = 1
    union all
    select
        preceded.feed,
        preceded.agent,
        preceded.agent_key,
        preceded.team,
        preceded.site,
        preceded.skill,
        preceded.state,
        preceded.time_zone,
        preceded.from_s,
        preceded.until_s
    from preceded
    left join overlapping on preceded.feed = overlapping.feed and preceded.agent = overlapping.agent
    where preceded.state <> 'signed_in' and overlapping.agent is null

),

-- most states lie within one quarter of an hour: only the others are cut
cut as (

    select
        *,
        from_s // 900 as quarter
    from told
    where until_s <= (from_s // 900 + 1) * 900
    union all
    select
        *,
        unnest(range(from_s // 900, (until_s + 899) // 900)) as quarter
    from told
    where until_s > (from_s // 900 + 1) * 900

),

summed as (

    select
        feed,
        agent,
        any_value(agent_key) as agent_key,
        team,
        site,
        skill,
        state,
        time_zone,
        quarter,
        sum(least(until_s, (quarter + 1) * 900) - greatest(from_s, quarter * 900)) as duration_s
    from cut
    group by feed, agent, team, site, skill, state, time_zone, quarter

),

-- each local time once: that costs more than all the rest
clock as (

    select
        *,
        timezone(time_zone, to_timestamp(quarter * 900)) as local_interval
    from (
        select distinct
            time_zone,
            quarter
        from summed
    ) as quarter_of_zone

),

final as (

    select
        summed.feed,
        summed.agent,
        summed.agent_key,
        summed.team,
        summed.site,
        summed.skill,
        summed.state,
        to_timestamp(summed.quarter * 900) as interval_at,
        clock.local_interval,
        cast(clock.local_interval as date) as local_date,
        hour(clock.local_interval) as local_hour,
        cast(summed.duration_s as bigint) as duration_s
    from summed
    inner join clock on summed.time_zone = clock.time_zone and summed.quarter = clock.quarter

)

select * from final
