with

-- in whole seconds since 1970, which are sorted and cut faster than instants; a state longer than a day is one
-- that nobody ended
told as not materialized (

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

-- texts are compared once: from here on what is said of whom is a number, which sorts as the state does; there is one
-- too for being signed in of the same agent, team and site
said as (

    select distinct
        feed,
        agent,
        agent_key,
        team,
        site,
        skill,
        state,
        time_zone
    from told

),

kind as (

    select
        *,
        dense_rank() over (order by feed, agent) as agent_no,
        row_number() over (order by state, feed, agent, team, site, skill, time_zone) as kind_no
    from (
        select * from said
        union
        select * replace (cast(null as varchar) as skill, 'signed_in' as state) from said
    ) as any_kind

),

numbered as (

    select
        * exclude (agent_no, kind_no),
        cast(agent_no as integer) as agent_no,
        cast(kind_no as integer) as kind_no,
        state = 'signed_in' as is_sign_in,
        max(if(state = 'signed_in' and skill is null, kind_no, null)) over (
            partition by agent_no, team, site, time_zone
        ) as signed_in_no
    from kind

),

-- how long what began before a state lasts: all of it, and what is no sign-in
preceded as (

    select
        numbered.agent_no,
        numbered.kind_no,
        numbered.signed_in_no,
        numbered.is_sign_in,
        told.from_s,
        told.until_s,
        max(told.until_s) over before_it as told_until_s,
        max(if(numbered.is_sign_in, null, told.until_s)) over before_it as busy_until_s,
        lead(if(numbered.is_sign_in, null, told.from_s) ignore nulls) over one_agent as next_s
    from told
    inner join numbered
        on told.feed = numbered.feed
            and told.agent = numbered.agent
            and told.team is not distinct from numbered.team
            and told.site is not distinct from numbered.site
            and told.skill is not distinct from numbered.skill
            and told.state = numbered.state
            and told.time_zone = numbered.time_zone
    window
        one_agent as (
            partition by numbered.agent_no
            order by told.from_s, told.until_s, numbered.kind_no
        ),
        before_it as (one_agent rows between unbounded preceding and 1 preceding)

),

placed as materialized (

    select
        * exclude (busy_until_s, next_s),
        told_until_s is null or told_until_s < from_s as is_first,
        busy_until_s is null or busy_until_s <= from_s as begins_chain,
        begins_chain and (next_s is null or next_s >= until_s) as is_alone
    from preceded

),

-- an agent is signed in while the source says so, or says what the agent does: from a state that nothing before it
-- reaches to the end of what comes before the next such
sign_in as (

    select
        agent_no,
        signed_in_no,
        from_s,
        lead(told_until_s) over (partition by agent_no order by from_s) as over_s
    from placed
    where is_first

),

last_told as (

    select
        agent_no,
        max(until_s) as until_s
    from placed
    group by all

),

-- states of an agent that overlap, in chains; a state told twice is in one chain, whichever of the two comes first
chained as (

    select
        agent_no,
        kind_no,
        from_s,
        until_s,
        sum(if(begins_chain, 1, 0)) over (
            partition by agent_no
            order by from_s, until_s, kind_no
        ) as chain_no
    from placed
    where not is_sign_in and not is_alone

),

boundary as (

    select
        agent_no,
        chain_no,
        from_s as edge_s
    from chained
    union
    select
        agent_no,
        chain_no,
        until_s as edge_s
    from chained

),

edge as (

    select
        *,
        lead(edge_s) over (partition by agent_no, chain_no order by edge_s) as next_s
    from boundary

),

-- where states of an agent overlap, each second is that of the one which began last
laid_over as (

    select
        edge.edge_s,
        edge.next_s,
        arg_max(chained.kind_no, row(chained.from_s, -chained.until_s, -chained.kind_no)) as kind_no
    from edge
    inner join chained
        on edge.agent_no = chained.agent_no
            and edge.chain_no = chained.chain_no
            and edge.edge_s >= chained.from_s
            and edge.next_s <= chained.until_s
    group by edge.agent_no, edge.chain_no, edge.edge_s, edge.next_s

),

stretch as (

    select
        kind_no,
        from_s,
        until_s
    from placed
    where not is_sign_in and is_alone
    union all
    select
        kind_no,
        edge_s as from_s,
        next_s as until_s
    from laid_over
    union all
    select
        sign_in.signed_in_no as kind_no,
        sign_in.from_s,
        coalesce(sign_in.over_s, last_told.until_s) as until_s
    from sign_in
    inner join last_told on sign_in.agent_no = last_told.agent_no

),

cut as (

    select
        *,
        unnest(range(from_s // 900, (until_s + 899) // 900)) as quarter
    from stretch

),

summed as (

    select
        kind_no,
        quarter,
        sum(least(until_s, (quarter + 1) * 900) - greatest(from_s, quarter * 900)) as duration_s
    from cut
    group by all

),

-- each local time once, which costs more than all the rest: of the days and those beside them
clock as (

    select
        *,
        timezone(time_zone, to_timestamp(quarter * 900)) as local_interval
    from (
        select distinct
            time_zone,
            unnest(range((day - 1) * 96, (day + 2) * 96)) as quarter
        from (
            select distinct
                time_zone,
                from_s // 86400 as day
            from told
        ) as day_of_zone
    ) as quarter_of_zone

),

final as (

    select
        kind.feed,
        kind.agent,
        kind.agent_key,
        kind.team,
        kind.site,
        kind.skill,
        kind.state,
        to_timestamp(summed.quarter * 900) as interval_at,
        clock.local_interval,
        cast(clock.local_interval as date) as local_date,
        hour(clock.local_interval) as local_hour,
        cast(summed.duration_s as bigint) as duration_s
    from summed
    inner join kind on summed.kind_no = kind.kind_no
    inner join clock on kind.time_zone = clock.time_zone and summed.quarter = clock.quarter

)

select * from final
