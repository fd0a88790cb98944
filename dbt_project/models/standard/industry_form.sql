{{ config(materialized="table") }}

with

code as (

    select
        code,
        level,
        name_zh as name,
        section,
        if(level = 'section', code, section || code) as path,
        {{ industry_node("path") }} as node
    from {{ ref("industry_code") }}

),

code_form as (

    select
        lower(code) as key,
        path
    from code
    union
    select
        lower(path) as key,
        path
    from code

),

-- a name that several levels share means the finest of them: their extent is the same
name_key as (

    select
        path,
        {{ industry_key("lower(name)") }} as key,
        regexp_replace(key, '业$', '') as stem
    from code

),

spelt as (

    select
        path,
        key as own_key,
        unnest(list_distinct([key, stem, stem || '业', stem || '行业'])) as key
    from name_key

),

name_form as (

    select
        key,
        arg_max(path, length(path) + if(key = own_key, 10, 0)) as path
    from spelt
    group by key

),

old as (

    select
        lower(old.code) as code,
        {{ industry_key("lower(old.name_zh)") }} as name_key,
        today.path,
        today.name
    from {{ ref("industry_old") }} as old
    left join code as today on old.today = today.code

),

old_name_key as (

    select
        path,
        unnest(list_distinct([name_key, regexp_replace(name_key, '业$', '')])) as key
    from old

),

-- a name of an older edition that today's has not: its meaning today, where all editions agree on it
old_name_form as (

    select
        key,
        if(count(*) = count(path) and count(distinct path) = 1, any_value(path), null) as path
    from old_name_key
    where key not in (select key from name_form)
    group by key

),

old_code_key as (

    select
        path,
        name,
        unnest(list_distinct([code, regexp_extract(code, '\d+')])) as key
    from old

),

old_code_form as (

    select
        key,
        list(
            distinct { 'code': regexp_extract(path, '(\d+|^.)$', 1), 'name': name, 'confidence': 0.5::double }
        ) filter (
            where path is not null
        ) as suggestions
    from old_code_key
    where key <> '' and key not in (select key from code_form)
    group by key

),

-- 1 for 01, and four digits that lost their first
lost_zero_form as (

    select
        code[2:] as key,
        list({ 'code': code, 'name': name, 'confidence': 0.5::double }) as suggestions
    from code
    where
        code[:1] = '0'
        and code[2:] not in (select key from code_form)
        and code[2:] not in (select key from old_code_form)
    group by code[2:]

),

ballot as (

    select
        word.word_id,
        any_value(word.key) as key,
        any_value(word.kind) as kind,
        any_value(vote.activity_no) as activity_no,
        any_value(length(word.term)) as term_length,
        list({ 'node': vote.node, 'scale': vote.scale, 'w': vote.w, 'p': vote.p }) as votes,
        max(vote.also) as also
    from {{ ref("industry_word") }} as word
    inner join {{ ref("industry_vote") }} as vote
        on word.word_id = vote.word_id and if(word.kind = 'activity', 13, word.own_activity) = vote.activity_no
    group by word.word_id

),

word_scored as (

    select
        *,
        kind <> 'activity' and activity_no = 13 as is_goods_only,
        {{ industry_scored("votes", "0") }} as scored
    from ballot
    qualify row_number() over (partition by key order by kind = 'activity' desc, term_length) = 1

),

word_chosen as (

    select
        *,
        {{ industry_chosen("scored", "is_goods_only") }} as chosen
    from word_scored

),

suggested as (

    select
        word_id,
        unnest({{ industry_suggestions("votes", "scored", "chosen.node", "also") }}) as suggestion
    from word_chosen

),

named as (

    select
        suggested.word_id,
        list(
            { 'code': code.code, 'name': code.name, 'confidence': suggested.suggestion.confidence }
            order by suggested.suggestion.confidence desc
        ) as suggestions
    from suggested
    inner join code on suggested.suggestion.node = code.node
    group by suggested.word_id

),

word_form as (

    select
        word_chosen.key,
        code.path,
        if(code.path is null, 'ambiguous', 'valid') as status,
        case
            when code.path is null and word_chosen.kind = 'crop' then 'activity_unknown'
            when code.path is null then 'competing'
            when word_chosen.is_goods_only then 'goods_only'
            else 'ok'
        end as reason,
        word_chosen.chosen.confidence,
        named.suggestions
    from word_chosen
    left join code on word_chosen.chosen.node = code.node
    left join named on word_chosen.word_id = named.word_id

),

form as (

    select
        key,
        1 as priority,
        'code' as method,
        path,
        'valid' as status,
        'ok' as reason,
        1.0::double as confidence,
        null as suggestions
    from code_form
    union all
    select
        key,
        2 as priority,
        'name' as method,
        path,
        'valid' as status,
        'ok' as reason,
        1.0 as confidence,
        null as suggestions
    from name_form
    union all
    select
        key,
        4 as priority,
        'name' as method,
        path,
        if(path is null, 'ambiguous', 'valid') as status,
        'old_edition' as reason,
        if(path is null, null, 0.9) as confidence,
        null as suggestions
    from old_name_form
    union all
    select
        key,
        5 as priority,
        'code' as method,
        null as path,
        'ambiguous' as status,
        'old_edition' as reason,
        null as confidence,
        suggestions
    from old_code_form
    union all
    select
        key,
        6 as priority,
        'code' as method,
        null as path,
        'ambiguous' as status,
        'lost_zero' as reason,
        null as confidence,
        suggestions
    from lost_zero_form
    union all
    select
        key,
        3 as priority,
        'term' as method,
        path,
        status,
        reason,
        confidence,
        suggestions
    from word_form

),

final as (

    select * exclude (priority)
    from form
    where key <> ''
    qualify row_number() over (partition by key order by priority) = 1

)

select * from final
