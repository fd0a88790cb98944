{#- Calls that entered the centre, each once, with the limits that service levels count by. -#}
{% macro entered_calls() -%}
    select
        fct_call.*,
        threshold.answer_within_s,
        threshold.short_abandon_s
    from {{ ref("fct_call") }} as fct_call
    cross join (
        select
            max(value) filter (where threshold = 'answer_within_s') as answer_within_s,
            max(value) filter (where threshold = 'short_abandon_s') as short_abandon_s
        from {{ source("declared", "threshold") }}
    ) as threshold
    where fct_call.is_entered and not fct_call.is_repeat
{%- endmacro %}

{#- What every KPI of calls is a sum of, whatever the calls are grouped by. -#}
{% macro call_sums() -%}
        count(*) as entered,
        count(*) filter (where is_ivr_served) as ivr_served,
        count(*) filter (where is_offered) as offered,
        count(*) filter (where is_answered) as answered,
        count(*) filter (where is_abandoned) as abandoned,
        count(*) filter (where is_flow_out) as flow_out,
        count(*) filter (where is_answered and wait_s <= answer_within_s) as answered_in_time,
        count(*) filter (where is_abandoned and wait_s <= answer_within_s) as abandoned_in_time,
        count(*) filter (where is_abandoned and wait_s <= short_abandon_s) as short_abandoned,
        count(*) filter (where is_answered and is_transferred) as transferred,
        count(*) filter (where is_answered and is_transferred is not null) as transfer_known,
        count(talk_s) as timed,
        cast(coalesce(sum(talk_s), 0) as bigint) as talk_s,
        cast(coalesce(sum(hold_s) filter (where talk_s is not null), 0) as bigint) as hold_s,
        cast(coalesce(sum(acw_s) filter (where talk_s is not null), 0) as bigint) as acw_s,
        cast(coalesce(sum(wait_s) filter (where is_answered), 0) as bigint) as answered_wait_s
{%- endmacro %}
