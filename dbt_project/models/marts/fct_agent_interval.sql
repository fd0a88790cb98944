with

-- a state longer than a day is one that nobody ended
state as (

    select * from {{ ref("fct_agent_state") }}
    where not is_repeat and duration_s between 1 and 86400

),

cut as (

    select
        *,
        unnest(range(time_bucket(interval 15 minutes, state_from_at), state_to_at, interval 15 minutes)) as interval_at
    from state

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
        timezone(time_zone, interval_at) as local_interval,
        cast(timezone(time_zone, interval_at) as date) as local_date,
        hour(timezone(time_zone, interval_at)) as local_hour,
        cast(sum(date_diff(
            'second',
            greatest(state_from_at, interval_at),
            least(state_to_at, interval_at + interval 15 minutes)
        )) as bigint) as duration_s
    from cut
    group by all

)

select * from final
