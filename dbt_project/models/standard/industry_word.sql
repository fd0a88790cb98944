{{ config(materialized="table") }}

-- noqa: disable=LT01,LT02,LT05,LT14,AL04,AL09,AL10,ST05
-- (lines that loops and macros write have no indent of their own; patterns are long)

with

code as (

    select
        name_zh as name,
        section,
        if(level = 'section', code, section || code) as path
    from {{ ref("industry_code") }}

),

term as (

    select distinct
        term,
        kind
    from {{ ref("industry_term") }}

),

-- official names, and the goods that the names of manufacturing name, where no word says it otherwise
official as (

    select distinct
        name as term,
        'activity' as kind
    from code
    where not contains(name, '其他') and length(name) >= 3 and name not in (select term from term)

),

official_goods as (

    select distinct
        regexp_replace(name, '(制造|加工|生产)$', '') as term,
        'goods' as kind
    from code
    where
        section = 'C'
        and regexp_matches(name, '..(制造|加工|生产)$')
        and not regexp_matches(name, '其他|未列明')
        and regexp_replace(name, '(制造|加工|生产)$', '') not in (select term from term)
        and regexp_replace(name, '(制造|加工|生产)$', '') not in (select name from code)

),

word as (

    select
        *,
        'term' as origin
    from term
    union all
    select
        *,
        'name' as origin
    from official
    union all
    select
        *,
        'goods of a name' as origin
    from official_goods

),

final as (

    select
        row_number() over (order by term)::integer as word_id,
        term as written,
        lower(term) as term,
        {{ industry_key("lower(term)") }} as key,
        kind,
        origin,
        {{ industry_activity("lower(term)") }}::tinyint as own_activity,
        not regexp_matches({{ industry_rest("lower(term)") }}, '\pL') as is_sign,
        regexp_matches(term, '^[A-Za-z]') as is_latin,
        not regexp_matches(term, '[、,;|/&和及与的]| and ') as is_spoken
    from word
    qualify row_number() over (partition by lower(term) order by term) = 1

)

select * from final
