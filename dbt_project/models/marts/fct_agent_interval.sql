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

-- in the order in which they begin: which state begins when none of those before it lasts any more
beginning as (

    select
        *,
        coalesce(max(until_s) over before_it < from_s, true) as is_alone,
        coalesce(max(if(state = 'signed_in', null, until_s)) over before_it <= from_s, true) as is_next
    from state
    window before_it as (
        partition by feed, agent
        order by from_s, until_s, state
        rows between unbounded preceding and 1 preceding
    )

),

chained as (

    select
        *,
        sum(if(is_alone, 1, 0)) over so_far as span_no,
        sum(if(is_next and state <> 'signed_in', 1, 0)) over so_far as chain_no
    from beginning
    window so_far as (partition by feed, agent order by from_s, until_s, state rows unbounded preceding)

),

-- an agent is signed in while the source says so, or says what the agent does
span as (

    select
        feed,
        agent,
        any_value(agent_key) as agent_key,
        arg_min(team, from_s) as team,
        arg_min(site, from_s) as site,
        cast(null as varchar) as skill,
        'signed_in' as state,
        any_value(time_zone) as time_zone,
        min(from_s) as from_s,
        max(until_s) as until_s
    from chained
    group by feed, agent, span_no

),

several as (

    select
        feed,
        agent,
        chain_no
    from chained
    where state <> 'signed_in'
    group by all
    having count(*) > 1

),

clash as (

    select chained.*
    from chained
    inner join several
        on chained.feed = several.feed and chained.agent = several.agent and chained.chain_no = several.chain_no
    where chained.state <> 'signed_in'

),

boundary as (

    select
        feed,
        agent,
        chain_no,
        from_s as edge_at
    from clash
    union
    select
        feed,
        agent,
        chain_no,
        until_s as edge_at
    from clash

),

edge as (

    select
        *,
        lead(edge_at) over (partition by feed, agent, chain_no order by edge_at) as next_at
    from boundary

),

-- where states of an agent overlap, each second is that of the one which began last
laid_over as (

    select
        clash.* exclude (from_s, until_s),
        edge.edge_at as from_s,
        edge.next_at as until_s,
        row_number() over (
            partition by edge.feed, edge.agent, edge.chain_no, edge.edge_at
            order by clash.from_s desc, clash.until_s asc, clash.state asc
        ) as place
    from edge
    inner join clash
        on edge.feed = clash.feed
            and edge.agent = clash.agent
            and edge.chain_no = clash.chain_no
            and edge.edge_at >= clash.from_s
            and edge.next_at <= clash.until_s

),

piece as (

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

),

told as (

    select * from span
    union all
    select * from piece
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
    from chained
    where state <> 'signed_in'
        and not exists (
            select 1 from several
            where several.feed = chained.feed and several.agent = chained.agent and several.chain_no = chained.chain_no
        )

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
        any_value(time_zone) as time_zone,
        quarter,
        sum(least(until_s, (quarter + 1) * 900) - greatest(from_s, quarter * 900)) as duration_s
    from cut
    group by feed, agent, team, site, skill, state, quarter

),

final as (

    select
        feed,
        agent,
        agent_key,
        team,
        site,
        skill,
        state,
        to_timestamp(quarter * 900) as interval_at,
        timezone(time_zone, to_timestamp(quarter * 900)) as local_interval,
        cast(timezone(time_zone, to_timestamp(quarter * 900)) as date) as local_date,
        hour(timezone(time_zone, to_timestamp(quarter * 900))) as local_hour,
        cast(duration_s as bigint) as duration_s
    from summed

)

select * from final
