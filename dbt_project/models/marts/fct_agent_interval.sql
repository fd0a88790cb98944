with

-- a state longer than a day is one that nobody ended
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
        state_from_at,
        until_at
    from {{ ref("fct_agent_state") }}
    where not is_repeat and state <> 'signed_out' and duration_s between 1 and 86400

),

-- in the order in which they begin: which state begins when none of those before it lasts any more
beginning as (

    select
        *,
        coalesce(max(until_at) over before_it < state_from_at, true) as is_alone,
        coalesce(max(if(state = 'signed_in', null, until_at)) over before_it <= state_from_at, true) as is_next
    from state
    window before_it as (
        partition by feed, agent
        order by state_from_at, until_at, state
        rows between unbounded preceding and 1 preceding
    )

),

chained as (

    select
        *,
        sum(if(is_alone, 1, 0)) over so_far as span_no,
        sum(if(is_next and state <> 'signed_in', 1, 0)) over so_far as chain_no
    from beginning
    window so_far as (partition by feed, agent order by state_from_at, until_at, state rows unbounded preceding)

),

-- an agent is signed in while the source says so, or says what the agent does
span as (

    select
        feed,
        agent,
        any_value(agent_key) as agent_key,
        arg_min(team, state_from_at) as team,
        arg_min(site, state_from_at) as site,
        cast(null as varchar) as skill,
        'signed_in' as state,
        any_value(time_zone) as time_zone,
        min(state_from_at) as state_from_at,
        max(until_at) as until_at
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
        state_from_at as edge_at
    from clash
    union
    select
        feed,
        agent,
        chain_no,
        until_at as edge_at
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
        clash.* exclude (state_from_at, until_at),
        edge.edge_at as state_from_at,
        edge.next_at as until_at,
        row_number() over (
            partition by edge.feed, edge.agent, edge.chain_no, edge.edge_at
            order by clash.state_from_at desc, clash.until_at asc, clash.state asc
        ) as place
    from edge
    inner join clash
        on edge.feed = clash.feed
            and edge.agent = clash.agent
            and edge.chain_no = clash.chain_no
            and edge.edge_at >= clash.state_from_at
            and edge.next_at <= clash.until_at

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
        state_from_at,
        until_at
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
        state_from_at,
        until_at
    from chained
    where state <> 'signed_in'
        and not exists (
            select 1 from several
            where several.feed = chained.feed and several.agent = chained.agent and several.chain_no = chained.chain_no
        )

),

cut as (

    select
        *,
        unnest(range(time_bucket(interval 15 minutes, state_from_at), until_at, interval 15 minutes)) as interval_at
    from told

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
        interval_at,
        timezone(time_zone, interval_at) as local_interval,
        cast(timezone(time_zone, interval_at) as date) as local_date,
        hour(timezone(time_zone, interval_at)) as local_hour,
        cast(sum(date_diff(
            'second',
            greatest(state_from_at, interval_at),
            least(until_at, interval_at + interval 15 minutes)
        )) as bigint) as duration_s
    from cut
    group by all

)

select * from final
