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

    {{ values_to_read("email") }}

),

suffix as (

    {{ public_suffixes() }}

),

free_mail as (

    select
        domain,
        covers_subdomains,
        has_mobile_boxes
    from {{ ref("free_mail") }}

),

typo as (

    select
        typo,
        domain as intended
    from {{ ref("mail_domain_typo") }}

),

plain as (

    select
        raw,
        regexp_full_match(raw, '{{ plain_mail_pattern() }}')
        -- it may stand before an address, or a website behind one
        and not contains(lower(raw), 'www.') as is_plain
    from source

),

cleaned as (

    select
        raw,
        trim({{ mail_undo("cleaned", "lower(" ~ drop_invisible(fold_width("raw")) ~ ")") }}) as text
    from plain
    where not is_plain

),

signed as (

    select
        raw,
        text,
        {{ mail_undo("signs", "text") }} as signed_text
    from cleaned

),

dotted as (

    select
        raw,
        text,
        {{ mail_undo("dots", "signed_text") }} as dotted_text
    from signed

),

mended as (

    select
        raw,
        text,
        trim({{ mail_undo("spaces", "dotted_text") }}) as address_text
    from dotted

),

-- label: the cell without a label in front of it, for cells that hold no address
labelled as (

    select
        *,
        -- .abc@ and -abc@ lose their first character
        text <> address_text or regexp_matches(text, '^[.-]+[^@ ]*@') as is_mended,
        trim(regexp_replace(text, '{{ mail_label_pattern() }}', '')) as label
    from mended

),

-- cells that cannot be read at all, and those without an at sign
judged as (

    select
        raw,
        is_mended,
        address_text,
        case
            when {{ is_mojibake("text") }} or starts_with(text, '??') then 'mojibake'
            when {{ is_spreadsheet_error("split_part(text, '@', 1)") }} then 'spreadsheet_error'
            when
                {{ says_missing("label") }}
                or regexp_full_match(label, '[^\pL\pN]*')
                or regexp_full_match(label, '{{ no_mail_pattern() }}')
                then 'missing'
            when
                {{ says_placeholder("label") }} or regexp_full_match(label, '(?:暂?无|暫無|没有?|沒有)@[^@]*')
                then 'placeholder'
            when contains(address_text, '@') then null
            when regexp_matches(text, '{{ hidden_by_site_pattern() }}') then 'hidden_by_site'
            when regexp_matches(text, '[a-z0-9][*×●]{2,}|[*×●]{2,}[a-z0-9]') then 'masked'
            when regexp_full_match(label, '(?:测试|测试邮箱|test|demo|x{2,}|abc)\d{0,3}|0+|1{1,4}|123') then 'placeholder'
            when
                regexp_full_match(label, '[1-9]\d{4,10}[ .,]*qq[.,]com')
                or regexp_full_match(label, '1[3-9]\d{9}[ .,]*(?:163|126|139)[.,]com')
                or regexp_full_match(label, '1[3-9]\d{9}[ .,]*189[.,]cn')
                then 'no_at_sign'
            when regexp_full_match(label, '[^a-z0-9]*(?:1[3-9]\d{9}|[48]00\d{7})[^a-z0-9]*') then 'looks_like_phone'
            when regexp_full_match(label, '[^a-z0-9]*(?:qq|腾讯qq)?[^a-z0-9+]*[1-9]\d{4,9}[^a-z0-9]*') then 'qq_number'
            when
                regexp_full_match(label, '[^a-z0-9]*\+?[0-9() /-]{7,}(?:(?:转|ext\.?|#|-)[ ]?\d{1,6})?[^a-z0-9]*')
                and regexp_matches(label, '(?:\d[^\d]{0,3}){7}')
                then 'looks_like_phone'
            when
                regexp_matches(text, '(?:^|[^a-z0-9])(?:https?:/|www\.)')
                or regexp_full_match(label, '{{ bare_host_pattern() }}')
                then 'looks_like_website'
            else 'no_at_sign'
        end as unreadable,
        case
            when unreadable = 'qq_number' then regexp_extract(label, '\d+') || '@qq.com'
            when unreadable = 'no_at_sign' and regexp_matches(label, '^\d+[ .,]*(?:qq|163|126|139|189)[.,]c')
                then regexp_replace(replace(label, ',', '.'), '^(\d+?)[ .]*((?:qq|163|126|139)\.com|189\.cn)$', '\1@\2')
        end as suggestion
    from labelled

),

-- named: the whole cell is words before one address, or an address with a space inside; shared: names before one domain
found as (

    select
        raw,
        is_mended,
        regexp_extract_all(
            regexp_replace(address_text, '(@[a-z0-9.-]+\.[a-z]+)(https?:|www\.)', '\1 \2', 'g'),
            '{{ mail_address_pattern() }}', 1
        ) as tokens,
        regexp_extract(
            address_text, '^((?:[a-z][a-z''-]*\.? )+)([a-z0-9._+-]+@[^ @,;/|]+)$', ['words', 'address']
        ) as named,
        regexp_extract(
            address_text, '{{ shared_domain_pattern() }}', ['others', 'local', 'at']
        ) as shared
    from judged
    where unreadable is null

),

doubted as (

    select
        *,
        split_part(named.address, '@', 1) as named_local,
        string_split(trim(regexp_replace(named.words, '{{ mail_courtesy_pattern() }}', '', 'g')), ' ') as words,
        list_filter(
            regexp_split_to_array(shared.others, '[ ]*[/,、&;|]+[ ]*'), lambda o: o <> ''
        ) as others
    from found

),

cell as (

    select
        raw,
        is_mended,
        tokens,
        words <> ['']
        and not regexp_full_match(named_local, '{{ mail_role_pattern() }}')
        and len(list_filter(words, lambda w: length(w) > 1 and contains(named_local, w))) = 0 as has_words,
        len(others) > 0
        and len(list_filter(
            others,
            lambda o: not regexp_matches(o, '[a-z]')
            or regexp_matches(o, '^www\.|\.(?:com|cn|net|org)$')
            or contains(shared.local, o)
        )) = 0 as is_shared,
        case
            when is_shared
                then array_to_string(
                        list_transform(list_append(others, shared.local), lambda o: o || shared.at), '|'
                    )
            when has_words then replace(named.words, ' ', '') || named.address
        end as suggestion
    from doubted

),

-- one row per address; position is 0 where it is the only one of its cell, as most are
address as (

    select
        raw,
        0 as position,
        true as is_plain,
        false as is_mended,
        false as has_words,
        false as is_shared,
        null as cell_suggestion,
        lower(raw) as token
    from plain
    where is_plain

    union all

    select
        raw,
        unnest(if(len(tokens) = 1, [0], range(1, len(tokens) + 1))) as position,
        false as is_plain,
        is_mended,
        has_words,
        is_shared,
        suggestion as cell_suggestion,
        unnest(tokens) as token
    from cell

),

split as (

    select
        *,
        case
            when is_plain then left(token, instr(token, '@') - 1)
            else regexp_replace(
                    regexp_replace(
                        regexp_extract(token, '^(.*?)@', 1), '^[^a-z0-9_"*×●…\x{0080}-\x{10ffff}]+', ''
                    ),
                    '^"([a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*)"$', '\1'
                )
        end as local_part,
        case
            when is_plain then token[instr(token, '@') + 1:]
            else regexp_replace(
                    regexp_extract(token, '@(.*)$', 1),
                    '([a-z0-9_-])[^a-z0-9_*×●….-]$|[^\pL\pN\pM*×●….]?\.*$', '\1'
                )
        end as domain_text
    from address

),

-- the domain in ASCII, step by step where it is not
encoded as (

    select
        *,
        not is_plain
        and regexp_matches(domain_text, '[^\x00-\x7f]')
        and not regexp_matches(domain_text, '[^.]{64}') as is_idn,
        case when is_idn then {{ idn_places("domain_text") }} end as places,
        case when is_idn then {{ idn_moves("places") }} end as moves,
        case when is_idn then {{ idn_digits("moves", 1) }} end as digits_3,
        case when is_idn then {{ idn_digits("digits_3", 4) }} end as digits_6,
        case when is_idn then {{ idn_digits("digits_6", 7) }} end as digits_9,
        case when is_idn then {{ idn_domain("digits_9") }} else domain_text end as domain
    from split

),

-- rest_n: what follows the n-th dot; guess: the domain with the usual mistakes undone, to find what was meant
guessed as (

    select
        * exclude (places, moves, digits_3, digits_6, digits_9),
        {{ last_labels("domain") }} as rest_0,
        {{ after_dot("rest_0") }} as rest_1,
        {{ after_dot("rest_1") }} as rest_2,
        {{ after_dot("rest_2") }} as rest_3,
        case
            when
                is_plain
                and domain[-4:] in ('.com', '.net', '.org')
                and not regexp_matches(domain, '^(?:www|mail|smtp|pop3?|email|webmail|m)\.')
                then domain
            when ends_with(domain, '.comcn') then left(domain, length(domain) - 2) || '.cn'
            when regexp_full_match(domain, '{{ mail_provider_pattern() }}') then domain || '.com'
            when
                regexp_full_match(
                    domain, '(?:mail|smtp|pop3?|email|webmail|m)\.{{ mail_provider_pattern() }}\.com'
                )
                then regexp_replace(domain, '^[a-z3]+\.', '')
            else regexp_replace(
                    regexp_replace(
                        regexp_replace(domain, '\.{2,}', '.', 'g'), '^\.?(?:www\.)?', ''
                    ),
                    '{{ mistyped_com_pattern() }}', '.com'
                )
        end as guess
    from encoded

),

looked_up as (

    select
        guessed.*,
        coalesce(typo.intended, guessed.guess) as meant,
        {{ labels_before_name("suffix_0.extra", "suffix_1.extra", "suffix_2.extra", "suffix_3.extra") }} as level,
        case level
            when 0 then guessed.rest_0
            when 1 then guessed.rest_1
            when 2 then guessed.rest_2
        end as registered_domain
    from guessed
    left join suffix as suffix_0 on guessed.rest_0 = suffix_0.suffix
    left join suffix as suffix_1 on guessed.rest_1 = suffix_1.suffix
    left join suffix as suffix_2 on guessed.rest_2 = suffix_2.suffix
    left join suffix as suffix_3 on guessed.rest_3 = suffix_3.suffix
    left join typo on guessed.guess = typo.typo

),

provided as (

    select
        looked_up.*,
        exact.domain is not null or provider.domain is not null as is_free_mail,
        coalesce(exact.has_mobile_boxes, false) as has_mobile_boxes
    from looked_up
    left join free_mail as exact on looked_up.domain = exact.domain
    left join free_mail as provider
        on looked_up.registered_domain = provider.domain and provider.covers_subdomains

),

verdict as (

    select
        *,
        case
            when not is_plain and regexp_matches(token, '[*×●…]|\.{3}') then 'masked'
            when not is_plain and regexp_matches(token, '@.*@') then 'two_at_signs'
            when not is_plain and regexp_full_match(local_part, '\d(?:\.\d+)?e\+?\d{1,2}') then 'scientific_notation'
            when domain = '' then 'bad_domain'
            when local_part = '' then 'bad_local_part'
            when
                regexp_full_match(domain, '{{ filler_domain_pattern() }}')
                or (level is null and regexp_matches(domain, '\.(?:invalid|example|localhost|test)$'))
                or (
                    starts_with(domain, local_part || '.')
                    and regexp_full_match(local_part, '{{ filler_word_pattern() }}')
                )
                or (is_free_mail and regexp_full_match(local_part, '{{ mail_filler_pattern() }}'))
                then 'placeholder'
            when rest_1 is null then 'no_dot'
            when
                length(local_part) > 64
                or length(domain) + length(local_part) > 253
                or (length(domain) > 63 and regexp_matches(domain, '[^.]{64}'))
                then 'too_long'
            when not is_plain and regexp_full_match(domain, '\d{1,3}(?:\.\d{1,3}){3}') then 'ip_address'
            when not is_plain and not {{ is_host_name("domain") }} then 'bad_domain'
            when level is null then 'unknown_tld'
            when registered_domain is null then 'bad_domain'
            when
                not is_plain
                and not regexp_full_match(local_part, '[a-z0-9_&''+~-]+(?:\.[a-z0-9_&''+~-]+)*|"[ -~]+"')
                then 'bad_local_part'
            when meant <> domain then 'likely_typo'
            when local_part[:4] = 'www.' then 'www_in_front'
            when is_shared and position = 0 then 'shared_domain'
            when has_words and position = 0 then 'words_in_front'
            when is_mended then 'repaired'
            else 'ok'
        end as reason,
        reason in ('ok', 'repaired') as is_valid
    from provided

),

read as (

    select
        raw,
        position,
        reason,
        case
            when is_valid then 'valid'
            when reason in ('likely_typo', 'www_in_front', 'shared_domain', 'words_in_front') then 'ambiguous'
            when reason in ('masked', 'scientific_notation') then 'damaged'
            when reason = 'placeholder' then 'placeholder'
            else 'invalid'
        end as status,
        case
            when is_valid and is_plain then token
            when is_valid or reason in ('likely_typo', 'www_in_front') then local_part || '@' || domain
        end as standard,
        if(is_valid, local_part, null) as local_part,
        if(is_valid, domain, null) as domain,
        if(is_valid, registered_domain, null) as registered_domain,
        if(is_valid, is_free_mail, null) as is_free_mail,
        case
            when is_valid then regexp_full_match(local_part, '{{ mail_role_pattern() }}(?:\+.*)?')
        end as is_role,
        case
            when is_valid and has_mobile_boxes and regexp_full_match(local_part, '{{ mobile_mailbox_pattern() }}')
                then '+86' || local_part[-11:]
        end as mobile,
        case
            when is_valid then null
            when reason in ('shared_domain', 'words_in_front') then cell_suggestion
            when reason = 'two_at_signs' and regexp_matches(token, '^[^@]+@@+[^@]+\.[^@]+$')
                then regexp_replace(token, '@+', '@')
            when
                reason in ('no_dot', 'bad_domain', 'unknown_tld', 'likely_typo')
                and meant <> domain
                and local_part <> ''
                then local_part || '@' || meant
            when reason = 'www_in_front' then local_part[5:] || '@' || domain
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
                'local_part': local_part,
                'domain': domain,
                'registered_domain': registered_domain,
                'is_free_mail': is_free_mail,
                'is_role': is_role,
                'mobile': mobile,
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
        list_filter(
            list_transform(if(len(valid) > 0, valid, ambiguous), lambda a: a.standard), lambda s: s is not null
        ) as standards,
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
        local_part,
        domain,
        registered_domain,
        is_free_mail,
        is_role,
        mobile,
        suggestion,
        '{{ rule_version("email") }}' as rule_version
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
        best.local_part,
        best.domain,
        best.registered_domain,
        best.is_free_mail,
        best.is_role,
        best.mobile,
        best.suggestion,
        '{{ rule_version("email") }}' as rule_version
    from chosen

    union all

    select
        raw,
        null as standard,
        case
            when unreadable in ('missing', 'placeholder') then unreadable
            when unreadable in ('mojibake', 'spreadsheet_error', 'hidden_by_site', 'masked') then 'damaged'
            else 'invalid'
        end as status,
        unreadable as reason,
        null as local_part,
        null as domain,
        null as registered_domain,
        null as is_free_mail,
        null as is_role,
        null as mobile,
        suggestion,
        '{{ rule_version("email") }}' as rule_version
    from judged
    where unreadable is not null

)

select * from final
