{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key="raw",
        on_schema_change="append_new_columns",
    )
}}

with

source as (

    {{ values_to_read("source_site") }}

),

collection_source as (

    select
        source_site,
        zh,
        en,
        channel,
        domain,
        aliases
    from {{ ref("collection_source") }}

),

named as (

    select
        source_site,
        unnest([source_site, zh, en] || coalesce(string_split(aliases, '|'), [])) as name
    from collection_source

),

-- one row per way to write a source, letters and digits only
alias as (

    select
        {{ source_key("lower(name)") }} as key,
        min(source_site) as source_site
    from named
    group by all

),

site as (

    select
        domain,
        source_site
    from collection_source
    where domain is not null

    union

    select
        website_platform.domain,
        collection_source.source_site
    from {{ ref("website_platform") }} as website_platform
    inner join collection_source on website_platform.platform = collection_source.source_site

),

widened as (

    select
        raw,
        lower({{ drop_invisible(fold_width("raw")) }}) as text
    from source

),

simplified as (

    select
        raw,
        {{ to_simplified("text") }} as text
    from widened

),

folded as (

    select
        raw,
        trim(regexp_replace(text, '[\s\x{00a0}\x{2000}-\x{200a}\x{202f}\x{205f}]+', ' ', 'g')) as text
    from simplified

),

labelled as (

    select
        raw,
        text,
        trim(regexp_replace(text, '{{ source_label_pattern() }}', '')) as label
    from folded

),

keyed as (

    select
        raw,
        text,
        label,
        {{ source_key("label") }} as key,
        case when not regexp_matches(label, '[,;、|/+&]') then key end as whole,
        case when not contains(label, '.') then {{ source_acted("whole") }} end as acted,
        case when not contains(label, '.') then {{ source_core("whole") }} end as core,
        {{ source_core("acted") }} as bare
    from labelled

),

matched as (

    select
        keyed.raw,
        keyed.text,
        keyed.label,
        keyed.key,
        coalesce(by_key.source_site, by_acted.source_site, by_core.source_site, by_bare.source_site) as source_site
    from keyed
    left join alias as by_key on keyed.whole = by_key.key
    left join alias as by_acted on keyed.acted = by_acted.key
    left join alias as by_core on keyed.core = by_core.key
    left join alias as by_bare on keyed.bare = by_bare.key

),

judged as (

    select
        raw,
        label,
        source_site,
        case
            when source_site is not null then null
            when {{ is_mojibake("text") }} or starts_with(text, '??') then 'mojibake'
            when {{ is_spreadsheet_error("text") }} then 'spreadsheet_error'
            when
                {{ says_missing("label") }}
                or key = ''
                or regexp_full_match(text, '(?:数据|信息|客户|资料|线索|采集)?(?:来源|渠道)|source|channel')
                then 'missing'
            when
                {{ says_placeholder("label") }} or regexp_full_match(label, '(?:测试|test|demo|x{2,}|×{2,}|abc)\d{0,3}')
                then 'placeholder'
            when regexp_full_match(label, '[^@ ]+@[^@ ]+\.[a-z]+') then 'looks_like_email'
            when regexp_matches(label, '\pL') then null
            when
                regexp_full_match(label, '\+?[0-9() /-]{7,}')
                and length(key) >= 7
                and not regexp_full_match(label, '(?:19|20)\d\d[-/.]?\d{1,2}[-/.]?\d{1,2}')
                then 'looks_like_phone'
            when not regexp_matches(label, '[,;、|/+&]') then 'no_letters'
        end as unreadable,
        case
            when source_site is null and contains(label, '.')
                then nullif(regexp_extract(label, '(?:^|[^a-z0-9@._-])((?:[a-z0-9-]+\.)+[a-z]{2,})', 1), '')
        end as host
    from matched

),

-- rest_n: what follows the n-th dot
open as (

    select
        raw,
        label,
        host,
        {{ last_labels("host") }} as rest_0,
        {{ after_dot("rest_0") }} as rest_1,
        {{ after_dot("rest_1") }} as rest_2
    from judged
    where source_site is null and unreadable is null

),

hosted as (

    select
        open.raw,
        open.label,
        coalesce(site_0.source_site, site_1.source_site, site_2.source_site) as source_site
    from open
    left join site as site_0 on open.rest_0 = site_0.domain
    left join site as site_1 on open.rest_1 = site_1.domain
    left join site as site_2 on open.rest_2 = site_2.domain

),

-- what stands between separators that part sources
split as (

    select
        raw,
        list_filter(regexp_split_to_array(label, '[,;、，；|/+&]+|(?:以及|和|及|与)'), lambda p: p <> '') as pieces
    from hosted
    where source_site is null

),

piece as (

    select
        raw,
        unnest(range(1, len(pieces) + 1)) as place,
        unnest(pieces) as piece
    from split

),

word as (

    select
        raw,
        place,
        regexp_split_to_array(piece, '[\s_()\[\]【】〔〕《》<>:·—–-]+') as words
    from piece

),

-- a piece is read as a whole, then word by word: separators that may also part a source from a note
part as (

    select
        raw,
        place,
        0 as word_place,
        piece as part
    from piece

    union all

    select
        raw,
        place,
        unnest(range(1, len(words) + 1)) as word_place,
        unnest(words) as part
    from word
    where len(words) > 1

),

part_key as (

    select
        raw,
        place,
        word_place,
        {{ source_key("part") }} as key,
        {{ source_acted("key") }} as acted,
        {{ source_core("key") }} as core,
        {{ source_core("acted") }} as bare
    from part

),

part_source as (

    select
        part_key.raw,
        part_key.place,
        part_key.word_place,
        collection_source.source_site,
        collection_source.channel
    from part_key
    left join alias as by_key on part_key.key = by_key.key
    left join alias as by_acted on part_key.acted = by_acted.key
    left join alias as by_core on part_key.core = by_core.key
    left join alias as by_bare on part_key.bare = by_bare.key
    inner join collection_source
        on coalesce(by_key.source_site, by_acted.source_site, by_core.source_site, by_bare.source_site)
            = collection_source.source_site
    where
        part_key.word_place = 0
        -- fair, web and card are no sources inside a longer text
        or regexp_matches(part_key.key, '\p{Han}')
        or (collection_source.domain is not null and length(part_key.key) >= 4)

),

-- the whole of a piece says more than a word in it (google ads)
piece_source as (

    select
        raw,
        place,
        arg_min(source_site, word_place) as source_site,
        arg_min(channel, word_place) as channel
    from part_source
    group by raw, place

),

gathered as (

    select
        raw,
        list(source_site order by place) as sources,
        count(distinct channel) as channels
    from piece_source
    group by raw

),

sourced as (

    select
        judged.raw,
        judged.label,
        judged.unreadable,
        judged.host,
        gathered.channels,
        case
            when judged.source_site is not null then [judged.source_site]
            when hosted.source_site is not null then [hosted.source_site]
            when gathered.sources is not null
                then list_transform(
                        list_filter(
                            range(1, len(gathered.sources) + 1),
                            lambda i: list_position(gathered.sources, gathered.sources[i]) = i
                        ),
                        lambda i: gathered.sources[i]
                    )
            when judged.unreadable is null then {{ source_words("judged.label") }}
        end as sources
    from judged
    left join hosted on judged.raw = hosted.raw
    left join gathered on judged.raw = gathered.raw

),

final as (

    select
        sourced.raw,
        case
            when sourced.sources is not null then array_to_string(sourced.sources, '|')
            when sourced.unreadable is null then coalesce(regexp_replace(sourced.host, '^www\.', ''), sourced.label)
        end as standard,
        case
            when sourced.sources is not null then 'valid'
            when sourced.unreadable is null then 'ambiguous'
            when sourced.unreadable in ('missing', 'placeholder') then sourced.unreadable
            when sourced.unreadable in ('mojibake', 'spreadsheet_error') then 'damaged'
            else 'invalid'
        end as status,
        case
            when len(sourced.sources) > 1 then 'several'
            when sourced.sources is not null then 'ok'
            else coalesce(sourced.unreadable, 'unknown_source')
        end as reason,
        first_source.zh,
        first_source.en,
        if(len(sourced.sources) > 1 and sourced.channels > 1, null, first_source.channel) as channel,
        first_source.domain,
        '{{ rule_version("source_site") }}' as rule_version
    from sourced
    left join collection_source as first_source on sourced.sources[1] = first_source.source_site

)

select * from final
