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

    {{ values_to_read("website") }}

),

suffix as (

    {{ public_suffixes() }}

),

website_platform as (

    select
        domain,
        platform,
        shop_in
    from {{ ref("website_platform") }}

),

plain as (

    select
        raw,
        regexp_full_match(raw, '{{ plain_address_pattern() }}')
        -- two addresses, glued or with a slash between
        and not regexp_matches(raw, '[A-Za-z0-9]/?[Ww]{3}\.') as is_plain
    from source

),

cleaned as (

    select
        raw,
        trim({{ website_undo("cleaned", drop_invisible(fold_width("raw"))) }}) as text
    from plain
    where not is_plain

),

schemed as (

    select
        raw,
        text,
        {{ website_undo("schemes", "text") }} as schemed_text
    from cleaned

),

dotted as (

    select
        raw,
        text,
        {{ website_undo("dots", "schemed_text") }} as dotted_text
    from schemed

),

spaced as (

    select
        raw,
        text,
        {{ website_undo("spaces", "dotted_text") }} as spaced_text
    from dotted

),

mended as (

    select
        raw,
        text,
        trim({{ website_undo("parted", "spaced_text") }}) as mended_text
    from spaced

),

-- label: the cell without a label and what a form puts there, for cells that hold no address
labelled as (

    select
        raw,
        lower(text) as text,
        lower(text) <> lower(mended_text) as is_mended,
        regexp_matches(mended_text, '(?:^|[^/%])[a-z0-9._+-]+@[a-z0-9-]+\.[a-z0-9-]', 'i') as has_email,
        regexp_replace(
            mended_text, '(^|[^/a-z0-9%._+-]|://)[a-z0-9._+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+', '\1 ', 'gi'
        ) as address_text,
        trim(regexp_replace(
            regexp_replace(lower(text), '^{{ website_label_pattern() }}', ''), '^(?:https?[:;]?/*)?(?:www[.])?', ''
        )) as label
    from mended

),

-- cells that cannot be read at all
judged as (

    select
        *,
        case
            when {{ is_mojibake("text") }} or starts_with(text, '??') then 'mojibake'
            when {{ is_spreadsheet_error("text") }} then 'spreadsheet_error'
            when regexp_full_match(text, 'https?[:;]?[/ ]*(?:www[. ]*)?|www[. ]*') then 'placeholder'
            when
                {{ says_missing("label") }}
                or regexp_full_match(label, '[^\pL\pN*]*')
                or regexp_full_match(label, '{{ no_website_pattern() }}')
                then 'missing'
            when {{ says_placeholder("label") }} then 'placeholder'
            when regexp_matches(text, '[a-z0-9.][*●]+[a-z0-9.]|…+$|\.{3,}$') then 'masked'
        end as unreadable
    from labelled

),

found as (

    select
        raw,
        text,
        label,
        has_email,
        is_mended,
        unreadable,
        case
            when unreadable is null
                then regexp_extract_all(address_text, '{{ website_address_pattern() }}', 1, 'i')
        end as ascii_tokens,
        -- a name in other letters only where there is none in ASCII, or a Chinese label would become part of it
        case
            when
                unreadable is null
                and regexp_matches(address_text, '[^\x00-\x7f]')
                and (
                    len(ascii_tokens) = 0
                    or regexp_matches(address_text, '[\x{00c0}-\x{024f}\p{Greek}\p{Cyrillic}]')
                )
                then regexp_extract_all(
                        regexp_replace(address_text, '{{ website_label_pattern() }}', ' ', 'g'),
                        '((?:[\pL\pN\pM_-]+\.)+[\pL\pM-]{2,}(?::\d{1,5})?(?:[/?][^\s|;，；。、（）()]*)?)', 1
                    )
            else ascii_tokens
        end as tokens
    from judged

),

-- cells without an address
told as (

    select
        raw,
        case
            when unreadable is not null then unreadable
            when regexp_matches(text, '^(?i:javascript|vbscript|data|about) ?:') then 'not_an_address'
            when regexp_matches(text, '{{ hidden_by_site_pattern() }}') then 'hidden_by_site'
            when has_email or regexp_matches(text, '[a-z0-9]@[a-z0-9]') then 'looks_like_email'
            when
                regexp_full_match(label, '[^a-z0-9]*\+?[0-9() /-]{7,}[^a-z0-9]*')
                and regexp_matches(label, '(?:\d[^\d]{0,3}){7}')
                and not regexp_full_match(label, '(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}')
                then 'looks_like_phone'
            when regexp_full_match(label, '(?:测试|test|demo|x{2,})\d{0,3}|0+|1{1,4}|123') then 'placeholder'
            else 'not_an_address'
        end as reason
    from found
    where tokens is null or len(tokens) = 0

),

-- one row per address; position is 0 where it is the only one of its cell, as most are
address as (

    select
        raw,
        0 as position,
        true as is_plain,
        false as is_mended,
        raw as token
    from plain
    where is_plain

    union all

    select
        raw,
        unnest(if(len(tokens) = 1, [0], range(1, len(tokens) + 1))) as position,
        false as is_plain,
        is_mended,
        unnest(tokens) as token
    from found

),

-- rest: the address without its scheme
stripped as (

    select
        *,
        starts_with(lower(token[:8]), 'https://') as is_https,
        case
            when is_https then token[9:]
            when starts_with(lower(token[:7]), 'http://') then token[8:]
            else token
        end as rest,
        instr(rest, '/') as slash
    from address

),

split as (

    select
        raw,
        position,
        is_plain,
        is_mended,
        is_https,
        case
            when is_plain and slash = 0 then lower(rest)
            when is_plain then lower(left(rest, slash - 1))
            else lower(rtrim(regexp_extract(rest, '^[^/?#:]*'), '.'))
        end as host_text,
        case
            when is_plain and slash = 0 then ''
            when is_plain then rtrim(rest[slash:], '/')
            else {{ percent_encode(address_tail("rest")) }}
        end as tail,
        case
            when not is_plain
                then nullif(
                        nullif(ltrim(regexp_extract(rest, '^[^/?#:]*:(\d+)', 1), '0'), if(is_https, '443', '80')), ''
                    )
        end as port
    from stripped

),

-- the host in ASCII, step by step where it is not
encoded as (

    select
        *,
        not is_plain
        and regexp_matches(host_text, '[^\x00-\x7f]')
        and not regexp_matches(host_text, '[^.]{64}') as is_idn,
        case when is_idn then {{ idn_places("host_text") }} end as places,
        case when is_idn then {{ idn_moves("places") }} end as moves,
        case when is_idn then {{ idn_digits("moves", 1) }} end as digits_3,
        case when is_idn then {{ idn_digits("digits_3", 4) }} end as digits_6,
        case when is_idn then {{ idn_digits("digits_6", 7) }} end as digits_9,
        case when is_idn then {{ idn_domain("digits_9") }} else host_text end as host
    from split

),

-- name: the host without www, by which two spellings are one site; below two public suffixes www is a name
named as (

    select
        raw,
        position,
        is_plain,
        is_mended,
        is_https,
        host,
        tail,
        port,
        starts_with(host, 'www.') and host[5:8] <> 'www.' as has_www,
        case
            when has_www and host in ('www.gov.cn', 'www.edu.cn') then host
            when has_www and host[5:6] <> 'ww' then host[5:]
            when starts_with(host, 'w.w.w.') then host[7:]
            when starts_with(host, 'ww') and regexp_matches(host, '^(?:w{2,5}\.)+[^.]')
                then regexp_replace(host, '^(?:w{2,5}\.)+', '')
            else host
        end as name,
        not is_plain and regexp_full_match(name, '\d{1,3}(?:\.\d{1,3}){3}') as is_number
    from encoded

),

-- rest_n: what follows the n-th dot
dissected as (

    select
        *,
        {{ last_labels("name") }} as rest_0,
        {{ after_dot("rest_0") }} as rest_1,
        {{ after_dot("rest_1") }} as rest_2,
        {{ after_dot("rest_2") }} as rest_3
    from named

),

-- next_domain: the registered domain and one label more
looked_up as (

    select
        dissected.*,
        {{ labels_before_name("suffix_0.extra", "suffix_1.extra", "suffix_2.extra", "suffix_3.extra") }} as level,
        case level
            when 0 then dissected.rest_0
            when 1 then dissected.rest_1
            when 2 then dissected.rest_2
        end as registered_domain,
        case level
            when 1 then dissected.rest_0
            when 2 then dissected.rest_1
        end as next_domain
    from dissected
    left join suffix as suffix_0 on dissected.rest_0 = suffix_0.suffix
    left join suffix as suffix_1 on dissected.rest_1 = suffix_1.suffix
    left join suffix as suffix_2 on dissected.rest_2 = suffix_2.suffix
    left join suffix as suffix_3 on dissected.rest_3 = suffix_3.suffix

),

placed as (

    select
        looked_up.*,
        coalesce(below.domain, registered.domain) as platform_domain,
        coalesce(below.platform, registered.platform) as platform,
        coalesce(below.shop_in, registered.shop_in) as shop_in
    from looked_up
    left join website_platform as registered on looked_up.registered_domain = registered.domain
    left join website_platform as below on looked_up.next_domain = below.domain

),

verdict as (

    select
        *,
        case
            when length(name) < 20 and regexp_full_match(name, '{{ filler_host_pattern() }}') then 'placeholder'
            when name = 'localhost' then 'private_address'
            when is_number and regexp_matches('.' || name, '\.(?:25[6-9]|2[6-9]\d|[3-9]\d\d)') then 'not_an_address'
            when
                is_number
                and regexp_matches(name, '^(?:10|127|0)\.|^192\.168\.|^169\.254\.|^172\.(?:1[6-9]|2\d|3[01])\.')
                then 'private_address'
            when is_number then if(is_mended, 'repaired', 'ok')
            when rest_1 is null then if(has_www, 'unknown_tld', 'no_dot')
            when length(name) > 253 or (length(name) > 63 and regexp_matches(name, '[^.]{64}')) then 'too_long'
            when not is_plain and not {{ is_host_name("name") }} then 'bad_domain'
            when level is null and regexp_matches(name, '\.(?:example|invalid|test)$') then 'placeholder'
            when level is null then 'unknown_tld'
            when registered_domain is null then 'bad_domain'
            when level = 0 and starts_with(host, 'www') and regexp_matches(name, '^www[a-z][a-z0-9-]+\.')
                then 'likely_typo'
            when registered_domain = 'com.com' then 'likely_typo'
            when is_mended or (name <> host and not has_www) then 'repaired'
            else 'ok'
        end as reason,
        reason in ('ok', 'repaired') as is_valid,
        case
            when tail = '' then ''
            when regexp_full_match(tail, '/(?:index|default)\.(?:s?html?|php|aspx?|jsp|do)', 'i') then ''
            else lower(tail)
        end as page,
        -- where a platform names the shop before its own domain
        case
            when shop_in = 'subdomain' and length(name) > length(platform_domain)
                then split_part(left(name, length(name) - length(platform_domain) - 1), '.', -1)
        end as shop_host,
        case when platform is not null then regexp_extract(page, '^/@?([a-z0-9_.-]+)', 1) end as first_folder
    from placed

),

read as (

    select
        raw,
        position,
        reason,
        case
            when is_valid then 'valid'
            when reason = 'likely_typo' then 'ambiguous'
            when reason = 'placeholder' then 'placeholder'
            else 'invalid'
        end as status,
        case
            when is_valid and port is null then name || page
            when is_valid or reason = 'likely_typo'
                then name || if(port in ('80', '443'), '', coalesce(':' || port, '')) || page
        end as standard,
        case
            when is_valid
                then if(is_https, 'https://', 'http://')
                    || if(name <> host, 'www.', '')
                    || name
                    || coalesce(':' || port, '')
                    || tail
        end as url,
        if(is_valid, name, null) as host,
        if(is_valid, registered_domain, null) as registered_domain,
        if(is_valid, platform, null) as platform,
        case
            when not is_valid or platform is null then null
            when not regexp_full_match(shop_host, '{{ platform_part_pattern() }}') then shop_host
            when regexp_matches(page, '{{ shop_path_pattern() }}')
                then regexp_extract(page, '{{ shop_path_pattern() }}', 1)
            when regexp_matches(page, '^/index-\d+') then regexp_extract(page, '^/index-(\d+)', 1)
            when
                shop_in = 'path'
                and first_folder <> ''
                and not regexp_full_match(first_folder, '{{ platform_part_pattern() }}|.*\.(?:php|html?|aspx?)')
                then first_folder
        end as shop,
        if(is_valid, platform is null and registered_domain is not null, null) as is_own_domain,
        case
            when is_valid then null
            when reason = 'likely_typo' and registered_domain = 'com.com'
                then regexp_replace(name, '\.com$', '') || page
            when reason = 'likely_typo' then name[4:] || page
            when reason = 'unknown_tld' and regexp_matches(name, '^[^.]{2,}(?:com|cn|net|org)$')
                then regexp_replace(name, '(com|cn|net|org)$', '.\1') || page
            when reason = 'unknown_tld' and ends_with(name, '.comcn') then left(name, length(name) - 2) || '.cn' || page
            when reason = 'unknown_tld' and regexp_matches(name, '{{ mistyped_com_pattern() }}')
                then regexp_replace(name, '{{ mistyped_com_pattern() }}', '.com') || page
        end as suggestion
    from verdict

),

several as (

    select
        raw,
        list(
            {
                'position': position,
                'status': status,
                'reason': reason,
                'standard': standard,
                'url': url,
                'host': host,
                'registered_domain': registered_domain,
                'platform': platform,
                'shop': shop,
                'is_own_domain': is_own_domain,
                'suggestion': suggestion
            }
        ) as addresses
    from read
    where position > 0
    group by raw

),

-- best: what the cell's parts are taken from; an address written twice is given once
chosen as (

    select
        raw,
        list_sort(addresses) as in_order,
        list_filter(in_order, lambda a: a.status = 'valid') as valid,
        list_filter(in_order, lambda a: a.status = 'ambiguous') as ambiguous,
        coalesce(valid[1], ambiguous[1], in_order[1]) as best,
        list_transform(if(len(valid) > 0, valid, ambiguous), lambda a: a.standard) as standards,
        list_filter(
            range(1, len(standards) + 1), lambda i: list_position(standards, standards[i]) = i
        ) as firsts
    from several

),

final as (

    select
        raw,
        standard,
        status,
        reason,
        url,
        host,
        registered_domain,
        platform,
        shop,
        is_own_domain,
        suggestion,
        '{{ rule_version("website") }}' as rule_version
    from read
    where position = 0

    union all

    select
        raw,
        nullif(array_to_string(list_transform(firsts, lambda i: standards[i]), '|'), '') as standard,
        best.status,
        case
            when best.status <> 'valid' then best.reason
            when len(valid) < len(in_order) then 'partly'
            when len(list_filter(valid, lambda a: a.reason = 'repaired')) > 0 then 'repaired'
            else 'ok'
        end as reason,
        best.url,
        best.host,
        best.registered_domain,
        best.platform,
        best.shop,
        best.is_own_domain,
        best.suggestion,
        '{{ rule_version("website") }}' as rule_version
    from chosen

    union all

    select
        raw,
        null as standard,
        case
            when reason in ('missing', 'placeholder') then reason
            when reason in ('mojibake', 'spreadsheet_error', 'hidden_by_site', 'masked') then 'damaged'
            else 'invalid'
        end as status,
        reason,
        null as url,
        null as host,
        null as registered_domain,
        null as platform,
        null as shop,
        null as is_own_domain,
        null as suggestion,
        '{{ rule_version("website") }}' as rule_version
    from told

)

select * from final
