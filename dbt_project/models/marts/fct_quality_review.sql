with

review as (

    select * from {{ source("staged", "quality_review") }}

),

final as (

    select
        feed,
        sha256,
        member,
        row,
        review_id,
        call_id,
        campaign,
        team,
        agent,
        {{ pseudonym("agent") }} as agent_key,
        reviewer,
        {{ pseudonym("reviewer") }} as reviewer_key,
        score,
        scale,
        score / nullif(scale, 0) as score_share,
        list_filter(
            list_transform(regexp_split_to_array(coalesce(faults, ''), '[;；、|]'), lambda fault: trim(fault)),
            lambda fault: fault <> ''
        ) as faults,
        is_fatal,
        is_passed,
        comment,
        reviewed_at,
        time_zone,
        -- a review without its time counts on the day it was received
        coalesce(cast(timezone(time_zone, reviewed_at) as date), received_on) as local_date,
        received_on,
        is_repeat,
        flags
    from review

)

select * from final
