with

call as (

    select * from {{ ref("fct_call") }}
    where is_entered and not is_repeat

),

final as (

    select
        feed,
        coalesce(direction, 'inbound') as direction,
        queue,
        business_type,
        customer_type,
        local_interval,
        local_date,
        local_hour,
        count(*) as entered,
        count(*) filter (where is_ivr_served) as ivr_served,
        count(*) filter (where is_offered) as offered,
        count(*) filter (where is_answered) as answered,
        count(*) filter (where is_abandoned) as abandoned,
        count(*) filter (where is_flow_out) as flow_out,
        count(talk_s) as timed,
        coalesce(sum(talk_s), 0) as talk_s,
        coalesce(sum(hold_s) filter (where talk_s is not null), 0) as hold_s,
        coalesce(sum(acw_s) filter (where talk_s is not null), 0) as acw_s,
        coalesce(sum(wait_s) filter (where is_answered), 0) as answered_wait_s
    from call
    group by all

)

select * from final
