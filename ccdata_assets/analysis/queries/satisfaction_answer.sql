-- One row per month looked at, factor and answer about a call or a case that can be told: how long it took, and how satisfied the customer was.
with answer as (
    select call_id, case_id, local_date, score_share, is_satisfied from marts.fct_survey where not is_repeat and is_satisfied is not null
),

-- a case counts once for an answer, whichever of its calls that is about
case_of_call as (
    select call_id, any_value(resolved_after_s) as resolved_after_s from (
        select unnest(call_ids) as call_id, resolved_after_s from marts.fct_case where not is_repeat
    ) group by call_id having count(*) = 1
),

case_of_answer as (
    select case_id, any_value(resolved_after_s) as resolved_after_s from marts.fct_case where not is_repeat and case_id is not null group by case_id having count(*) = 1
),

timed as (
    select
        a.local_date, a.score_share, a.is_satisfied,
        unnest([{'factor': 'wait', 'seconds': c.wait_s}, {'factor': 'handling', 'seconds': c.handling_s},
            {'factor': 'resolution', 'seconds': coalesce(k.resolved_after_s, o.resolved_after_s)}], recursive := true)
    from answer as a left join surveyed_call as c using (call_id) left join case_of_answer as k using (case_id) left join case_of_call as o using (call_id)
)

select month, factor, seconds, score_share, is_satisfied
from scope_month join timed on local_date < month + interval 1 month and local_date >= month - to_months(cast((select window_months - 1 from setting) as integer))
where seconds is not null
