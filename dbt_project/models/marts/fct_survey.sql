with

answer as (

    select
        *,
        timezone(time_zone, surveyed_at) as surveyed_local
    from {{ source("staged", "survey") }}

),

final as (

    select
        answer.feed,
        answer.sha256,
        answer.member,
        answer.row,
        answer.survey_id,
        answer.call_id,
        answer.case_id,
        answer.channel,
        answer.customer_no,
        answer.customer_type,
        answer.business_type,
        answer.product,
        answer.agent,
        {{ pseudonym("answer.agent") }} as agent_key,
        coalesce(answer.survey_kind, 'csat') as survey_kind,
        answer.score,
        answer.scale,
        answer.score / nullif(answer.scale, 0) as score_share,
        answer.satisfaction,
        -- what a satisfied answer is depends on its scale; of a scale that is not declared nobody knows. Whoever
        -- was asked whether they recommend the centre, or what effort it took, was not asked about satisfaction
        if(answer.survey_kind in ('nps', 'effort'), null, answer.score >= satisfaction_scale.satisfied_from)
            as is_satisfied,
        -- 9 and 10 promote, 0 to 6 detract (Reichheld 2003)
        if(answer.survey_kind = 'nps', answer.score >= 9, null) as is_promoter,
        if(answer.survey_kind = 'nps', answer.score <= 6, null) as is_detractor,
        answer.is_resolved,
        answer.comment,
        answer.surveyed_at,
        answer.time_zone,
        -- an answer without its time counts on the day it was received
        coalesce(cast(answer.surveyed_local as date), answer.received_on) as local_date,
        hour(answer.surveyed_local) as local_hour,
        answer.received_on,
        answer.is_repeat,
        answer.flags
    from answer
    left join {{ ref("satisfaction_scale") }} as satisfaction_scale on answer.scale = satisfaction_scale.scale

)

select * from final
