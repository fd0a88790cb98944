{#-
    CTEs that make states of agents of an event log. `event_state`: one row per agent and state from one moment to another, and one per time
    signed in. Each event that changes something counts up or down (signed in to a queue, paused in one, on a call, on hold, in after-call work);
    between two changes the counts say the state. An agent is paused where a pause covers every queue that the agent is signed in to.
-#}
{%- macro event_states() -%}
{%- set line = "feed, sha256, member, row, time_zone, agent" -%}
told as (

    select
        {{ line }},
        event_at as changed_at,
        coalesce(queue, '') as scope,
        case
            when event in ('signed_in', 'signed_out') then 'sign'
            when event in ('paused', 'unpaused') then 'pause'
            else 'wrap'
        end as kind,
        event in ('signed_in', 'paused', 'wrap_started') as is_begin,
        state,
        state_reason
    from {{ ref("fct_call_event") }}
    where role = 'agent'

),

-- said twice is said once: only what is another than before changes something
sign as (

    select *
    from told
    where kind = 'sign'
    qualify is_begin <> coalesce(
        lag(is_begin) over (partition by feed, agent, scope order by changed_at, sha256, member, row), false
    )

),

sign_count as (

    select
        *,
        sum(if(is_begin, 1, -1)) over by_agent as signed,
        coalesce(sum(if(is_begin, 1, -1)) over (by_agent rows between unbounded preceding and 1 preceding), 0) as signed_before
    from sign
    window by_agent as (partition by feed, agent order by changed_at, sha256, member, row)

),

sign_span as (

    select
        *,
        lead(changed_at) over (partition by feed, agent order by changed_at, sha256, member, row) as until
    from sign_count
    where (signed > 0) <> (signed_before > 0)

),

-- who signs out, of a queue or of all, leaves its pauses behind
pause_told as (

    select * from told
    where kind in ('pause', 'wrap')
    union all
    select * replace ('pause' as kind) from sign
    where not is_begin and scope <> ''

),

pause as (

    select
        pause_told.*,
        sign_span.changed_at as span
    from pause_told
    asof left join sign_span
        on pause_told.feed = sign_span.feed
            and pause_told.agent = sign_span.agent
            and pause_told.changed_at >= sign_span.changed_at

),

pause_change as (

    select *
    from pause
    qualify is_begin <> coalesce(
        lag(is_begin) over (partition by feed, agent, kind, scope, span order by changed_at, sha256, member, row), false
    )

),

on_call as (

    select *
    from {{ ref("fct_call_leg") }}
    where agent is not null
        and answered_at is not null
        and feed in (select feed from {{ ref("fct_call_event") }})
        and (ended_at is null or ended_at >= answered_at)

),

-- what each kind of line counts up or down; of the same second a call ends before the next one begins
change as (

    select {{ line }}, changed_at, 1 as rank, if(is_begin, 1, -1) as signs
    from sign
    union all by name
    select
        {{ line }},
        changed_at,
        2 as rank,
        if(kind = 'pause', if(scope = '', 1000, 1) * if(is_begin, 1, -1), 0) as pauses,
        if(kind = 'wrap', if(is_begin, 1, -1), 0) as wraps,
        if(kind = 'pause' and is_begin, {'state': coalesce(state, 'break'), 'reason': state_reason}, null) as why
    from pause_change
    union all by name
    select {{ line }}, ended_at as changed_at, 3 as rank, -1 as calls
    from on_call
    where ended_at is not null
    union all by name
    select {{ line }}, answered_at as changed_at, 4 as rank, 1 as calls
    from on_call
    union all by name
    select {{ line }}, event_at as changed_at, 5 as rank, if(event = 'held', 1, -1) as holds
    from {{ ref("fct_call_event") }}
    where role = 'call' and event in ('held', 'retrieved') and agent is not null

),

-- a sign-out ends what was begun since the sign-in, but a call under way
spanned as (

    select
        change.*,
        sign_span.changed_at as span
    from change
    asof left join sign_span
        on change.feed = sign_span.feed and change.agent = sign_span.agent and change.changed_at >= sign_span.changed_at

),

moment as (

    select
        *,
        coalesce(sum(signs) over by_agent, 0) as signed,
        coalesce(sum(calls) over by_agent, 0) as calling,
        coalesce(sum(holds) over by_agent, 0) as holding,
        coalesce(sum(pauses) over by_span, 0) as pausing,
        coalesce(sum(wraps) over by_span, 0) as wrapping,
        last_value(why ignore nulls) over by_span as why_paused,
        lead(changed_at) over by_agent as next_at
    from spanned
    window
        by_agent as (partition by feed, agent order by changed_at, rank, sha256, member, row),
        by_span as (partition by feed, agent, span order by changed_at, rank, sha256, member, row)

),

-- of several changes in one second only the last holds for a time
between_changes as (

    select
        *,
        pausing >= 1000 or pausing >= greatest(signed, 1) as is_paused
    from moment
    where next_at is distinct from changed_at

),

lasting as (

    select
        {{ line }},
        changed_at,
        case
            when calling > 0 then if(holding > 0, 'hold', 'talking')
            when wrapping > 0 then 'acw'
            when is_paused then why_paused.state
            when signed > 0 then 'ready'
        end as state,
        if(calling = 0 and wrapping = 0 and is_paused, why_paused.reason, null) as state_reason
    from between_changes

),

begun as (

    select
        *,
        coalesce(state, '') <> coalesce(lag(state) over by_agent, '')
        or coalesce(state_reason, '') <> coalesce(lag(state_reason) over by_agent, '') as is_new
    from lasting
    window by_agent as (partition by feed, agent order by changed_at)

),

event_activity as (

    select
        {{ line }},
        state,
        state_reason,
        changed_at as state_from_at,
        lead(changed_at) over (partition by feed, agent order by changed_at) as state_to_at
    from begun
    where is_new

),

event_state as materialized (

    select
        {{ line }},
        state,
        state_reason,
        state_from_at,
        state_to_at
    from event_activity
    where state is not null
    union all by name
    select
        {{ line }},
        'signed_in' as state,
        changed_at as state_from_at,
        until as state_to_at
    from sign_span
    where signed > 0

)
{%- endmacro -%}
