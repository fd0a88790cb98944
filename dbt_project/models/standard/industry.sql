{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key="raw",
        on_schema_change="append_new_columns",
    )
}}

-- noqa: disable=LT01,LT02,LT05,LT14,AL04,AL09,AL10,ST05
-- (lines that loops and macros write have no indent of their own; patterns are long)

with

source as (

    {{ values_to_read("industry") }}

),

code as (

    select
        code,
        level,
        name_zh as name,
        name_en,
        section,
        if(level = 'section', code, section || code) as path,
        {{ industry_node("path") }} as node
    from {{ ref("industry_code") }}

),

form as (

    select * from {{ ref("industry_form") }}

),

folded as (

    select
        raw,
        trim(
            translate(
                regexp_replace(
                    lower({{ to_simplified(drop_invisible(fold_width("raw"))) }}),
                    '[\s\pZ]+', ' ', 'g'
                ),
                '【】〔〕［］〈〉《》', '[][][]()()'
            )
        ) as text
    from source

),

keyed as (

    select
        raw,
        text,
        {{ industry_key("regexp_replace(text, '^(\\d{1,4})[.]0$', '\\1')") }} as key
    from folded

),

-- cells that are a code, a name or a word and nothing else
looked_up as (

    select
        keyed.raw,
        keyed.text,
        keyed.key,
        -- 39、40 is no 3940
        form.method is not null and not (form.method = 'code' and regexp_matches(keyed.text, '\d[^\d.]+\d')) as is_known,
        form.method,
        form.path,
        form.status,
        form.reason,
        form.confidence,
        form.suggestions
    from keyed
    left join form on keyed.key = form.key

),

judged as (

    select
        row_number() over () as id,
        raw,
        text,
        key,
        case
            when {{ is_spreadsheet_error("text") }} then 'spreadsheet_error'
            when {{ is_mojibake("text") }} or contains(text, '??') then 'mojibake'
            when {{ says_missing("text") }} or text in ('未分类', '待分类', '未选择', '~') then 'missing'
            when {{ says_placeholder("text") }} or regexp_full_match(key, '请?(?:选择|填写|输入)(?:所属)?(?:行业|分类|类别)?|测试\d*|test\d*|x{2,}|(?:所属|主营)?行业(?:名称|分类|类别)?|asdf.*|aaa+|industry')
                then 'placeholder'
            when
                regexp_full_match(
                    key,
                    '(?:其[他它她余]|全|各|所有|任何|多|跨|综合|各类|各种|不限|通用|一般|普通)*(?:行业?|业务?|领域|类|服务业?|公司|企业|类别|类型|产业|行各业|部门)*|实业|综合(?:性|类|企业|业务)?|不限行业|各行各业|多元化(?:经营)?|集团(?:公司)?|多元化业务集团公司|代理(?:加盟)?|服务型|第[一二三]产业|项目合作|招商加盟|加盟|创业|自由职业|企业单位|私营企业|国企|外企|中外合资'
                    '|others?|miscellaneous|allindustries|all|any|general|various|different|notapplicable|other(?:industry|industries|services?)|conglomerates?|民营企业|个体(?:户|工商户|经营)?|小微企业|中小企业'
                )
                then 'unspecific'
            when regexp_full_match(text, '(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}|\(?0\d{2,3}\)?[ -]?\d{3,4}[ -]?\d{4}|[48]00[ -]?\d{3,4}[ -]?\d{3,4}')
                then 'looks_like_phone'
            when regexp_full_match(key, '\d+|[a-z]\d{2,}') and not regexp_matches(text, '\d[^\d.]+\d') then 'unknown_code'
            when not regexp_matches(key, '\pL') and not regexp_matches(text, '\d[^\d.]+\d') then 'not_recognised'
        end as complaint
    from looked_up
    where not is_known

),

-- a code with a name beside it
split as (

    select
        id,
        raw,
        text,
        complaint,
        case
            when
                (complaint is null or complaint = 'unknown_code')
                and regexp_matches(text, '^[\[(]?(?:[a-t][ .-]?)?\d|^[\[(]?[a-t](?:[^a-z]|$)|4754|^(?:国标|行业)*(?:代码|编码|[门大中小]类)')
                then regexp_extract(
                    regexp_replace(text, '^(?:gb/?t? ?)?4754(?: ?- ?\d{4})?[ :_-]*|^(?:国标|行业)*(?:代码|编码|[门大中小]类)[ :_-]*', ''),
                    '^[\[(]?(?:([a-t])[ .-]?)?(\d{2,4}|)(?:[.]0)?([门大中小]?类|)([ \-:_.、,|/>)\]—–]*)(.*)$',
                    ['letter', 'digits', 'level', 'separator', 'name']
                )
        end as head,
        case
            when complaint is null and regexp_matches(text, '[ \-:_,|/(\[—–](?:[a-t][ .-]?)?\d{2,4}[)\] ]*$|[(\[ ][a-t][)\]]?$')
                then regexp_extract(text, '^(.*?)[ \-:_,|/(\[—–]+(?:([a-t])[ .-]?)?(\d{2,4}|)[)\] ]*$', ['name', 'letter', 'digits'])
        end as tail
    from judged

),

paired as (

    select
        id,
        raw,
        text,
        complaint,
        case
            when head.letter || head.digits <> '' and (head.digits <> '' or head.name = '' or regexp_matches(head.name, '^(?:\p{Han}|[a-t]?\d{2,4}\b)'))
                then {
                    'code': head.letter || head.digits,
                    'digits': head.digits,
                    'is_apart': head.letter <> '' or head.separator <> '',
                    'name': head.name
                }
            when tail.letter || tail.digits <> '' and regexp_matches(tail.name, '\p{Han}')
                then {
                    'code': tail.letter || tail.digits,
                    'digits': tail.digits,
                    'is_apart': true,
                    'name': tail.name
                }
        end as pair
    from split

),

paired_read as (

    select
        paired.id,
        paired.pair.digits as digits,
        paired.pair.is_apart as is_apart,
        paired.pair.name as name_text,
        other_form.path as other_path,
        code_form.path as code_path,
        digits_form.path as digits_path,
        name_form.path as name_path,
        name_form.method as name_method,
        name_form.reason as name_reason,
        old.today as old_today
    from paired
    left join form as code_form on paired.pair.code = code_form.key and code_form.method = 'code'
    left join form as digits_form on paired.pair.digits = digits_form.key and digits_form.method = 'code'
    left join form as name_form
        on {{ industry_key("paired.pair.name") }} = name_form.key and name_form.method <> 'code'
    left join form as other_form
        on
            regexp_extract(paired.pair.name, '^([a-t]?\d{2,4})(?:[^a-z\d]+[a-t]?\d{2,4})*$', 1) = other_form.key
            and other_form.method = 'code'
    left join (
        select
            code,
            name_key,
            any_value(today) as today
        from (
            select
                unnest([lower(code), lower(code[2:])]) as code,
                {{ industry_key("lower(name_zh)") }} as name_key,
                today
            from {{ ref("industry_old") }}
        )
        group by code, name_key
    ) as old on paired.pair.code = old.code and {{ industry_key("paired.pair.name") }} = old.name_key
    where paired.pair is not null

),

pair_verdict as (

    select
        id,
        name_path,
        code_path,
        other_path,
        case
            when old_today is not null and coalesce(code_path <> name_path, true) and not coalesce(starts_with(name_path, code_path), false)
                and not coalesce(starts_with(code_path, name_path), false)
                then 'old_edition'
            when code_path is not null and name_path is not null and starts_with(code_path, name_path) then 'code'
            when code_path is not null and name_path is not null and starts_with(name_path, code_path) then 'name'
            when code_path is not null and name_path is not null and name_method = 'name' then 'code_and_name_differ'
            when code_path is not null and name_path is not null and is_apart then 'code_and_name_differ'
            when code_path is not null and name_text = '' then 'code'
            when code_path is not null and other_path is not null then 'several'
            when
                code_path is not null and is_apart and length(digits) >= 2 and name_path is null
                and not regexp_matches(name_text, '^[年月日岁吨个套元万台件米%+\d]|^$')
                then 'code'
            when code_path is null and name_path is not null and name_method = 'name' then 'unknown_code_with_name'
            when code_path is null and digits_path is not null and name_text = '' then 'section_differs'
        end as verdict,
        digits_path
    from paired_read

),

answered_pair as (

    select
        pair_verdict.id,
        case pair_verdict.verdict
            when 'old_edition' then pair_verdict.name_path
            when 'name' then pair_verdict.name_path
            when 'unknown_code_with_name' then pair_verdict.name_path
            when 'code' then pair_verdict.code_path
            when 'several' then pair_verdict.code_path
        end as path,
        pair_verdict.verdict,
        case pair_verdict.verdict
            when 'code_and_name_differ'
                then [
                    {'code': by_code.code, 'name': by_code.name, 'confidence': 0.5::double},
                    {'code': by_name.code, 'name': by_name.name, 'confidence': 0.5::double}
                ]
            when 'several' then [{'code': by_other.code, 'name': by_other.name, 'confidence': 0.5::double}]
            when 'section_differs' then [{'code': by_digits.code, 'name': by_digits.name, 'confidence': 0.5::double}]
        end as suggestions
    from pair_verdict
    left join code as by_code on pair_verdict.code_path = by_code.path
    left join code as by_name on pair_verdict.name_path = by_name.path
    left join code as by_other on pair_verdict.other_path = by_other.path
    left join code as by_digits on pair_verdict.digits_path = by_digits.path
    where pair_verdict.verdict is not null

),

-- 制造业>通用设备制造业>泵: every step is a form and lies in the one before, so the finest of them is meant
step as (

    select
        id,
        unnest(list_filter(regexp_split_to_array(text, '[>→»›/|_\\-]+'), lambda s: s <> '')) as step
    from judged
    where complaint is null and regexp_matches(text, '[>→»›/|_\\-]')

),

step_read as (

    select
        step.id,
        form.path,
        form.path is null
        and not regexp_full_match({{ industry_key("step.step") }}, '其[他它](?:行业|类|服务)?|全部|不限|其他.*') as is_unknown
    from step
    left join form on {{ industry_key("step.step") }} = form.key

),

stepped as (

    select
        id,
        list_max(paths).path as path
    from (
        select
            id,
            list({'depth': length(path), 'path': path}) filter (where path is not null) as paths
        from step_read
        group by id
        having not bool_or(is_unknown) and count(path) > 0
    )
    where len(list_filter(paths, lambda p: not starts_with(list_max(paths).path, p.path))) = 0

),

-- the rest is free text; of long ones the beginning
free as (

    select
        judged.id,
        case
            when judged.complaint is null and answered_pair.id is null and stepped.id is null
                then left(
                    if(
                        regexp_matches(judged.text, '[:： (]|技术|设计|研发|开发|研究'),
                        {{ industry_untemplated("judged.text") }},
                        judged.text
                    ),
                    60
                )
            else ''
        end as text
    from judged
    left join answered_pair on judged.id = answered_pair.id
    left join stepped on judged.id = stepped.id

),

split_free as (

    select
        id,
        list_filter(
            regexp_split_to_array(
                if(
                    regexp_matches(text, '[和及与]| and | of | for ') and not regexp_matches(text, '调和|饱和|中和|和田|和服|普及'),
                    regexp_replace(text, '以及|及其|[和及与]| and | of | for ', '、', 'g'),
                    text
                ),
                ' *[、,;。|/\\\n&+:>·!！()\[\]的]+ *'
            ),
            lambda phrase: phrase <> ''
        )[:12] as phrases
    from free

),

phrase as (

    select
        id,
        unnest(phrases) as phrase,
        unnest(range(1, len(phrases) + 1)) as phrase_no,
        {{ industry_core("phrase") }} as core
    from split_free

),

spoken_word as (

    select
        word_id,
        term,
        kind,
        own_activity,
        is_latin,
        is_sign,
        length(term) as length
    from {{ ref("industry_word") }}
    where is_spoken

),

-- a phrase that is one word, and perhaps what is done with the goods
cored as (

    select
        phrase.id,
        phrase.phrase_no,
        phrase.phrase,
        if(phrase.core = '', phrase.phrase, phrase.core) as core,
        spoken_word.word_id,
        spoken_word.is_sign,
        if(phrase.phrase = spoken_word.term, spoken_word.own_activity, {{ industry_activity("phrase.phrase") }}) as activity_no
    from phrase
    left join spoken_word on if(phrase.core = '', phrase.phrase, phrase.core) = spoken_word.term

),

-- every place of another phrase where a word may begin, told by its first two characters
place as (

    select
        id,
        phrase_no,
        phrase,
        unnest(range(1, if(word_id is null, length(phrase), 0) + 1)) as place
    from cored

),

word_start as (

    select
        term[:2] as start,
        list(distinct length) as lengths
    from spoken_word
    group by term[:2]

),

candidate as (

    select
        place.id,
        place.phrase_no,
        place.place,
        place.phrase,
        unnest(word_start.lengths) as length
    from place
    left join word_start on place.phrase[place.place:place.place + 1] = word_start.start

),

-- one number a hit, so that lists of them are cheap: beginning, end, whether it is a sign, the word
hit as (

    select
        candidate.id,
        candidate.phrase_no,
        (candidate.place << 32)
        | ((candidate.place + candidate.length) << 24)
        | (spoken_word.is_sign::bigint << 20)
        | spoken_word.word_id as hit
    from candidate
    inner join spoken_word
        on
            candidate.phrase[candidate.place:candidate.place + candidate.length - 1] = spoken_word.term
            and candidate.length = spoken_word.length
    where
        not spoken_word.is_latin
        or not (
            regexp_matches(candidate.phrase[candidate.place + candidate.length:candidate.place + candidate.length], '[a-z0-9]')
            or (
                candidate.place > 1
                and regexp_matches(candidate.phrase[candidate.place - 1:candidate.place - 1], '[a-z0-9]')
            )
        )

),

phrase_hits as (

    select
        id,
        phrase_no,
        list_sort(list(hit)) as hits
    from hit
    group by id, phrase_no

),

-- of words that overlap the longer counts, or the one that begins first
phrase_words as (

    select
        id,
        phrase_no,
        if(
            len(hits) = 1,
            hits,
            list_filter(
                hits,
                lambda h: len(
                    list_filter(
                        hits,
                        lambda g: (g >> 32) < ((h >> 24) & 255)
                        and ((g >> 24) & 255) > (h >> 32)
                        and (((g >> 24) & 255) - (g >> 32)) * 64 - (g >> 32) > (((h >> 24) & 255) - (h >> 32)) * 64 - (h >> 32)
                    )
                ) = 0
            )
        ) as hits
    from phrase_hits

),

phrase_read as (

    select
        cored.id,
        cored.phrase_no,
        cored.activity_no,
        case
            when cored.word_id is not null then [(cored.is_sign::bigint << 20) | cored.word_id]
            else coalesce(phrase_words.hits, [])
        end as words,
        case
            when cored.word_id is not null then false
            when phrase_words.hits is null then regexp_matches({{ industry_rest("cored.core") }}, '\pL')
            else regexp_matches({{ industry_rest("cored.phrase[((phrase_words.hits[-1] >> 24) & 255):]") }}, '\pL')
        end as has_unread_head,
        not has_unread_head and len(list_filter(words, lambda h: (h & 1048576) = 0)) = 0 as says_activity_only
    from cored
    left join phrase_words on cored.id = phrase_words.id and cored.phrase_no = phrase_words.phrase_no

),

-- phrases such as 研发、生产 say only what is done with the goods of the others
in_text as (

    select
        id,
        words,
        has_unread_head,
        says_activity_only,
        case
            when activity_no = 13 or (activity_no = 10 and min(activity_no) over whole <= 2) then min(activity_no) over whole
            else activity_no
        end as activity_no,
        phrase_no,
        not says_activity_only or (bool_and(says_activity_only) over whole and len(words) > 0) as is_counted
    from phrase_read
    window whole as (partition by id)

),

weighed as (

    select
        id,
        if(len(words) > 1 and not says_activity_only, list_filter(words, lambda h: (h & 1048576) = 0), words) as words,
        has_unread_head,
        activity_no,
        row_number() over (partition by id order by phrase_no) as place,
        if(place = 1, 1.0, 0.9 / place) as weight
    from in_text
    where is_counted

),

-- the last word of a phrase is its head, those before describe it
spoken as (

    select
        id,
        place,
        activity_no,
        weight * if(has_unread_head, 0.4, 1) as weight,
        len(words) as word_count,
        unnest(words) & 1048575 as word_id,
        unnest(range(1, len(words) + 1)) as word_no
    from weighed

),

spoken_vote as (

    select
        spoken.id,
        spoken.place,
        vote.also is not null and spoken.word_no = spoken.word_count as is_goods_only,
        word.kind = 'crop' and spoken.word_no = spoken.word_count as is_crop,
        spoken.weight
        * case
            when spoken.word_count = 1 then 1
            when spoken.word_no = spoken.word_count then 0.85
            else 0.15 / (spoken.word_count - 1)
        end as part,
        {'node': vote.node, 'scale': vote.scale, 'w': vote.w * part, 'p': vote.p * part, 'phrase': spoken.place} as vote,
        if(spoken.word_no = spoken.word_count and spoken.place = 1, vote.also, null) as also
    from spoken
    inner join spoken_word as word on spoken.word_id = word.word_id
    inner join {{ ref("industry_vote") }} as vote
        on spoken.word_id = vote.word_id and if(word.kind = 'activity', 13, spoken.activity_no) = vote.activity_no

),

-- of unknown goods, what is done with them tells the section at least
unknown_goods as (

    select
        id,
        activity_no,
        place,
        weight * if(len(words) > 0, 0.6, 1) as part,
        case activity_no
            when 1 then {{ industry_node("'C'") }}
            when 9 then {{ industry_node("'F51'") }}
            when 8 then {{ industry_node("'F52'") }}
        end as node,
        {{ industry_scale("node") }} as scale
    from weighed
    where has_unread_head

),

polled as (

    select
        id,
        list(vote) filter (where vote is not null) as votes,
        bool_or(is_goods_only) as is_goods_only,
        bool_or(is_crop) as is_crop,
        sum(unread)::double as unread,
        max(also) as also
    from (
        select
            id,
            is_goods_only,
            is_crop,
            vote,
            also,
            0 as unread
        from spoken_vote
        union all
        select
            id,
            false as is_goods_only,
            false as is_crop,
            if(node is null, null, {'node': node, 'scale': scale, 'w': 0.7 * part, 'p': part, 'phrase': place}) as vote,
            null as also,
            if(node is null, 0.5 * part, 0) as unread
        from unknown_goods
    )
    group by id

),

scored as (

    select
        *,
        {{ industry_scored("votes", "unread") }} as scored
    from polled
    where votes is not null

),

chosen as (

    select
        *,
        list_min(list_transform(votes, lambda v: v.phrase)) as first_phrase,
        {{ industry_chosen("scored", "is_goods_only") }} as chosen
    from scored

),

answered_free as (

    select
        id,
        chosen.node as node,
        chosen.confidence as confidence,
        case
            when chosen is null and is_crop then 'activity_unknown'
            when
                chosen is null
                and len(
                    list_distinct(
                        list_transform(
                            list_filter(scored, lambda s: s.depth > -14641 and s.confidence >= 0.2), lambda s: s.node // 121
                        )
                    )
                ) > 1
                then 'competing'
            when chosen is null then 'low_confidence'
            when
                len(votes) > 1
                and len(
                    list_filter(
                        votes,
                        lambda v: v.w >= 0.1
                        and v.phrase <> first_phrase
                        and chosen.node // v.scale <> v.node // v.scale
                        and (
                            v.node // (-chosen.depth) <> chosen.node // (-chosen.depth)
                            or (
                                chosen.depth = -14641
                                and len(
                                    list_filter(votes, lambda g: g.phrase = first_phrase and g.node // 121 = v.node // 121)
                                ) = 0
                            )
                        )
                    )
                ) > 0
                then 'several'
            when is_goods_only then 'goods_only'
            else 'ok'
        end as reason,
        case
            when chosen is null or chosen.confidence < 0.8 or reason = 'several' or chosen.depth = -14641
                then {{ industry_suggestions("votes", "scored", "chosen.node", "also") }}
        end as suggestions
    from chosen

),

suggested as (

    select
        id,
        unnest(suggestions) as suggestion
    from answered_free

),

free_named as (

    select
        suggested.id,
        list_reverse_sort(
            list({'confidence': suggested.suggestion.confidence, 'code': code.code, 'name': code.name})
        ) as suggestions
    from suggested
    inner join code on suggested.suggestion.node = code.node
    group by suggested.id

),

answer as (

    select
        raw,
        method,
        path,
        status,
        reason,
        confidence,
        suggestions
    from looked_up
    where is_known
    union all
    select
        judged.raw,
        case
            when answered_pair.id is not null then if(answered_pair.verdict in ('code', 'several'), 'code', 'name')
            when stepped.id is not null then 'name'
            when answered_free.node is not null then 'words'
        end as method,
        coalesce(answered_pair.path, stepped.path, free_code.path) as path,
        case
            when coalesce(answered_pair.path, stepped.path, free_code.path) is not null then 'valid'
            when answered_pair.id is not null or answered_free.reason in ('competing', 'low_confidence', 'activity_unknown') then 'ambiguous'
            when judged.complaint in ('spreadsheet_error', 'mojibake') then 'damaged'
            when judged.complaint in ('missing', 'placeholder') then judged.complaint
            else 'invalid'
        end as status,
        case
            when answered_pair.verdict in ('code', 'name') or stepped.id is not null then 'ok'
            when answered_pair.verdict in ('old_edition', 'unknown_code_with_name') then 'old_edition'
            else coalesce(answered_pair.verdict, answered_free.reason, judged.complaint, 'not_recognised')
        end as reason,
        case
            when answered_pair.path is not null then if(answered_pair.verdict in ('code', 'name'), 1.0, 0.9)
            when stepped.path is not null then 0.9
            else answered_free.confidence
        end as confidence,
        coalesce(
            answered_pair.suggestions,
            list_transform(
                free_named.suggestions, lambda s: {'code': s.code, 'name': s.name, 'confidence': s.confidence}
            )
        ) as suggestions
    from judged
    left join answered_pair on judged.id = answered_pair.id
    left join stepped on judged.id = stepped.id
    left join answered_free on judged.id = answered_free.id
    left join code as free_code on answered_free.node = free_code.node
    left join free_named on judged.id = free_named.id

),

final as (

    select
        answer.raw,
        code.code as standard,
        answer.status,
        answer.reason,
        code.code,
        code.level,
        code.name,
        code.name_en,
        code.section,
        answer.confidence::double as confidence,
        if(answer.status in ('valid', 'ambiguous'), answer.method, null) as method,
        if(
            answer.status = 'ambiguous' or (answer.status = 'valid' and (answer.confidence < 0.8 or answer.reason = 'several' or code.level = 'section')),
            nullif(answer.suggestions, []),
            null
        ) as suggestions,
        '{{ rule_version("industry") }}' as rule_version
    from answer
    left join code on answer.path = code.path

)

select * from final
