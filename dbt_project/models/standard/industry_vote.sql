{{ config(materialized="table") }}

with

code as (

    select
        code,
        name_zh as name,
        section,
        if(level = 'section', code, section || code) as path,
        {{ industry_node("path") }} as node
    from {{ ref("industry_code") }}

),

service as (

    select
        service.activity,
        target.node as target,
        part.path as part
    from {{ ref("industry_service") }} as service
    inner join code as part on service.code = part.code
    inner join code as target on service.target = target.code

),

term as (

    select
        lower(term.term) as term,
        term.weight,
        term.weight / sum(term.weight) over (partition by term.term) as share,
        code.path,
        code.node,
        wholesale.node as wholesale,
        retail.node as retail
    from {{ ref("industry_term") }} as term
    inner join code on term.code = code.code
    left join code as wholesale on term.wholesale = wholesale.code
    left join code as retail on term.retail = retail.code

),

named as (

    select
        lower(name) as term,
        0.95 as weight,
        1.0 as share,
        arg_max(path, length(path)) as path,
        arg_max(node, length(path)) as node
    from code
    group by name

),

goods_named as (

    select
        lower(regexp_replace(name, '(制造|加工|生产)$', '')) as term,
        0.85 as weight,
        1.0 as share,
        arg_min(path, length(path)) as path,
        arg_min(node, length(path)) as node
    from code
    where section = 'C' and regexp_matches(name, '..(制造|加工|生产)$')
    group by regexp_replace(name, '(制造|加工|生产)$', '')

),

meaning as (

    select
        word.word_id,
        word.kind,
        term.* exclude (term)
    from {{ ref("industry_word") }} as word
    inner join term on word.term = term.term
    where word.origin = 'term'
    union all by name
    select
        word.word_id,
        word.kind,
        named.* exclude (term)
    from {{ ref("industry_word") }} as word
    inner join named on word.term = named.term
    where word.origin = 'name'
    union all by name
    select
        word.word_id,
        word.kind,
        goods_named.* exclude (term)
    from {{ ref("industry_word") }} as word
    inner join goods_named on word.term = goods_named.term
    where word.origin = 'goods of a name'

),

activity as (

    select
        unnest({{ industry_activities() }}) as activity,
        unnest(range(1, 14))::tinyint as activity_no

),

meant as (

    select
        meaning.*,
        activity.activity,
        activity.activity_no
    from meaning
    inner join activity on meaning.kind <> 'activity' or activity.activity = 'none'

),

serviced as (

    select
        meant.word_id,
        meant.activity,
        meant.path,
        arg_max(service.target, length(service.part)) as target
    from meant
    inner join service
        on
            starts_with(meant.path, service.part)
            and service.activity = if(meant.activity = 'make' and meant.kind = 'crop', 'process', meant.activity)
    group by meant.word_id, meant.activity, meant.path

),

weighed as (

    select
        meant.*,
        serviced.target,
        case
            when meant.kind = 'activity' then 'as it is'
            when meant.activity = 'none' then meant.kind
            when meant.activity in ('make', 'grow') and serviced.target is null then 'made'
            when meant.activity in ('both', 'sell') then if(meant.retail is null, 'wholesale', 'wholesale or retail')
            else meant.activity
        end as reading
    from meant
    left join serviced
        on meant.word_id = serviced.word_id and meant.activity = serviced.activity and meant.path = serviced.path

),

-- two votes where wholesale or retail is open; of farm goods alone also that they are grown
vote as (

    select
        word_id,
        activity_no,
        case
            when reading = 'wholesale' then coalesce(wholesale, {{ industry_node("'F51'") }})
            when reading = 'retail' then coalesce(retail, {{ industry_node("'F52'") }})
            when reading = 'wholesale or retail' then coalesce(wholesale, {{ industry_node("'F51'") }})
            when reading = 'recycle' then {{ industry_node("'F5191'") }}
            else coalesce(target, node)
        end as node,
        case
            when reading = 'wholesale or retail' then weight * 0.52
            when reading = 'crop' then 0.45
            when reading in ('goods', 'head') then weight * 0.75
            when reading = 'made' and activity = 'grow' and kind <> 'crop' then weight * 0.6
            when reading = 'wholesale' and activity = 'sell' then weight * 0.95
            when reading in ('repair', 'install', 'lease', 'design', 'research') and target is null then weight * 0.5
            else weight
        end as w,
        share
        * case reading
            when 'wholesale or retail' then 0.52
            when 'crop' then 0.5
            else 1
        end as p,
        if(reading in ('goods', 'head'), wholesale, null) as also
    from weighed
    union all
    select
        word_id,
        activity_no,
        retail as node,
        weight * 0.48 as w,
        share * 0.48 as p,
        null as also
    from weighed
    where reading = 'wholesale or retail'
    union all
    select
        word_id,
        activity_no,
        wholesale as node,
        0.3 as w,
        share * 0.3 as p,
        null as also
    from weighed
    where reading = 'crop' and wholesale is not null
    union all
    select
        word_id,
        activity_no,
        retail as node,
        0.15 as w,
        share * 0.2 as p,
        null as also
    from weighed
    where reading = 'crop' and retail is not null

),

final as (

    select
        word_id,
        activity_no,
        node,
        {{ industry_scale("node") }} as scale,
        sum(w)::double as w,
        sum(p)::double as p,
        any_value(also) as also
    from vote
    group by word_id, activity_no, node

)

select * from final
