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

    {{ values_to_read("phone") }}

),

area as (

    select area_code, local_len, is_current, region_code from {{ ref("area_code") }}

),

digit as (

    select unnest(string_split('0123456789', '')) as digit

),

-- one row per first four digits; a prefix of four digits holds before the one of three that it begins with
mobile_prefix as (

    select
        seed.prefix || coalesce(digit.digit, '') as prefix,
        seed.carrier,
        seed.is_virtual,
        seed.status as prefix_status
    from {{ ref("mobile_prefix") }} as seed
    left join digit on length(seed.prefix) = 3
    anti join {{ ref("mobile_prefix") }} as longer
        on length(seed.prefix) = 3 and seed.prefix || digit.digit = longer.prefix

),

mobile_region as (

    select segment, region_code from {{ ref("mobile_region") }}

),

calling_code as (

    select calling_code, country from {{ ref("calling_code") }}

),

bare as (

    select
        raw,
        regexp_full_match(raw, '[0-9 ()+-]*') as is_bare
    from source

),

folded as (

    select
        raw,
        is_bare,
        if(is_bare, raw, {{ phone_punctuation(phone_masks(phone_trimmed(drop_invisible("lower(raw)")))) }}) as text
    from bare

),

unlabelled as (

    select
        raw,
        is_bare,
        trim(if(is_bare, text, {{ phone_unlabelled(fold_width("text")) }})) as text
    from folded

),

sorted as materialized (

    select
        raw,
        text,
        -- a fax number goes the long way, which says so
        regexp_full_match(text, '{{ phone_plain_pattern() }}') and not if(is_bare, false, {{ phone_names_fax("raw") }})
            as is_plain,
        regexp_matches(text, '[/|]') as is_several
    from unlabelled

),

-- cells of complete numbers in usual forms: nearly all

plain_single as (

    select
        raw,
        text as token,
        1 as position
    from sorted
    where is_plain and not is_several

),

-- a condition here as in the others that read `sorted` would be tested before it, and every cell folded twice
plain_list as (

    select
        raw,
        if(is_plain and is_several, string_split_regex(text, ' ?[/|] ?'), null) as tokens
    from sorted

),

plain_member as (

    select
        raw,
        unnest(tokens) as token,
        unnest(range(1, len(tokens) + 1)) as position
    from plain_list

),

-- all other cells. Unreadable: said to be empty, left as the form showed it, without digits, or destroyed

judged as (

    select
        raw,
        {{ phone_chinese_digits("text") }} as text,
        case
            when {{ is_spreadsheet_error("text") }} then 'spreadsheet_error'
            -- a number beside lost characters is still a number
            when {{ is_mojibake("text") }} and not regexp_matches(text, '\d') then 'mojibake'
            when {{ says_missing("text") }} then 'missing'
            when {{ says_placeholder("text") }} then 'placeholder'
            when regexp_matches(text, '\d') or {{ phone_has_chinese_digits("text") }} then null
            when {{ says_missing(phone_without_labels("text")) }} then 'missing'
            else 'no_digits'
        end as unreadable
    from sorted
    where not is_plain

),

-- what is left of a number that was masked or became 1.38E+10 is taken out, and remembered
readable as (

    select
        raw,
        regexp_matches(raw, '热线|熱線|市民|政务|便民|(?i:hotline)') as names_hotline,
        case
            when regexp_matches(text, '{{ phone_exponent_pattern() }}') then 'scientific_notation'
            when regexp_matches(text, '\d[ -]*\*{2}|\*{2,}[ -]*\d') then 'masked'
        end as damage,
        case
            when damage is null then text
            else regexp_replace(text, '[0-9 -]*\*{2,}[0-9* -]*|{{ phone_exponent_pattern() }}', '|', 'g')
        end as text
    from judged
    where unreadable is null

),

lettered as (

    select
        raw,
        names_hotline,
        damage,
        text as written,
        if(regexp_matches(text, '\d[ -]*[oil○〇]|[oil○〇]\d'), {{ phone_undo("letters", "text") }}, text) as text
    from readable

),

worded as (

    select
        raw,
        names_hotline,
        damage,
        text <> written as has_letters,
        if(regexp_matches(text, '[^0-9+#/| ().-]'), {{ phone_undo("words", "text") }}, text) as text
    from lettered

),

prefixed as (

    select
        raw,
        names_hotline,
        damage,
        has_letters,
        {{ phone_undo("prefixes", "text") }} as text
    from worded

),

marked as (

    select
        raw,
        names_hotline,
        damage,
        has_letters,
        {{ phone_undo("marks", "text") }} as text
    from prefixed

),

parted as (

    select
        raw,
        names_hotline,
        damage,
        has_letters,
        text as glued,
        if(regexp_matches(text, '\d{14}'), {{ phone_undo("glued", "text") }}, text) as text
    from marked

),

found as (

    select
        raw,
        names_hotline,
        damage,
        case
            when text <> glued then 'glued'
            when has_letters then 'letters_restored'
            when {{ phone_names_fax("raw") }} then 'fax_number'
        end as mended,
        regexp_extract_all(text, '{{ phone_number_pattern() }}') as tokens
    from parted

),

-- one row per run of digits that may be a number
token as (

    select
        raw,
        names_hotline,
        damage,
        mended,
        unnest(tokens) as token,
        unnest(range(1, len(tokens) + 1)) as position,
        len(tokens) = 1 as is_only
    from found

),

split as (

    select
        * exclude (token),
        regexp_extract(token, '{{ phone_number_pattern() }}', ['lead', 'main', 'extension']) as part
    from token

),

token_part as (

    select
        * exclude (part),
        part.main,
        nullif(part.extension, '') as extension,
        contains(part.lead, '/') as is_alternative,
        regexp_replace(part.main, '[^0-9]', '', 'g') as digits
    from split

),

coded as (

    select
        *,
        (regexp_matches(main, '^([+]|00[ -]?)[1-9]') and not regexp_matches(main, '^([+]|00)[ -]?86'))
        -- North American without its plus: the grouping tells
        or regexp_full_match(main, '1[ -][2-9][0-8]\d[ -][2-9]\d\d[ -]\d{4}') as is_foreign_code,
        -- +138… lacks the 86; North American area codes have no 9 in the middle, 37x and 96x are reserved
        regexp_full_match(digits, '(00)?1[3-9]\d{9}')
        and not regexp_full_match(digits, '(00)?1[2-9][0-8]\d[2-9]\d{6}') as is_mobile_with_plus
    from token_part

),

-- national: the digits as dialled inside China, null for a foreign number
dialled as (

    select
        *,
        case
            when is_foreign_code and not is_mobile_with_plus then null
            when is_foreign_code then ltrim(digits, '0')
            when regexp_matches(main, '^[+]') and digits[:2] = '86' then digits[3:]
            when regexp_matches(main, '^00[ -]?86') then digits[5:]
            when length(digits) between 12 and 15 and regexp_matches(main, '^0?86')
                then regexp_replace(digits, '^0?86', '')
            else digits
        end as national
    from coded

),

significant as (

    select
        *,
        ltrim(national, '0') as nsn,
        national[:1] = '0' as has_trunk,
        coalesce(length(national) < length(digits), false) as has_country_code
    from dialled

),

-- area_digits: the area code without its 0, where the number can have one
shaped as (

    select
        *,
        case
            when national is null then 'foreign'
            when not has_trunk and nsn = '12345' then if(names_hotline or has_country_code, 'service', 'hotline')
            when
                (not has_trunk or starts_with(nsn, '1')) and {{ phone_is_filler("nsn") }}
                or regexp_full_match(national, '0+|0123456789?|0(10|2\d|[3-9]\d\d)(0{7,8}|1{7,8})')
                then 'placeholder'
            when regexp_matches(main, '^0[1-9][ -]') then 'elsewhere'
            when regexp_full_match(nsn, '1[3-9]\d{9}') then 'mobile'
            when not has_trunk and regexp_full_match(nsn, '14[014]\d{10}|1064[6-9]\d{8}') then 'machine'
            when not has_trunk and not has_country_code and regexp_full_match(nsn, '106(\d{5,6}|\d{8,17})')
                then 'sms_port'
            -- no prefix begins like this, which the list of prefixes then says
            when not has_trunk and regexp_full_match(nsn, '1\d{10}') then 'mobile'
            when regexp_full_match(nsn, '[48]00\d{7}') then 'toll_free'
            when not has_trunk and regexp_full_match(nsn, '{{ phone_service_pattern() }}|950\d{7,8}') then 'service'
            when has_trunk and regexp_full_match(nsn, '10|2\d|[3-9]\d\d') then 'area'
            when not has_trunk and not has_country_code and regexp_full_match(nsn, '[2-9]\d{6,7}') then 'local'
            when has_trunk or has_country_code or length(nsn) in (10, 11) then 'landline'
        end as shape,
        case
            when shape not in ('landline', 'area') then null
            when regexp_matches(nsn, '^(10|2\d)') then nsn[:2]
            else nsn[:3]
        end as area_digits
    from significant

),

-- what the number says by itself
recognised as (

    select
        shaped.*,
        area.area_code as own_area_code,
        if(area.area_code is null, null, area) as own_area,
        case
            when shaped.shape in ('local', 'placeholder') then shaped.nsn
            when area.area_code is not null then shaped.nsn[length(shaped.area_digits) + 1:]
        end as own_subscriber
    from shaped
    left join area on shaped.area_digits = area.area_code[2:]

),

-- what the number takes over from those before it in the cell: an area code, or all but its last digits
in_context as (

    select
        *,
        last_value(own_area ignore nulls) over before as carried_area,
        last_value(
            case
                when shape in ('landline', 'local') and length(own_subscriber) in (7, 8)
                    then struct_pack(area := own_area, subscriber := own_subscriber, extension := extension)
            end ignore nulls
        ) over before as base
    from recognised
    window
        before as (
            partition by raw
            order by position
            rows between unbounded preceding and 1 preceding
        )

),

related as (

    select
        *,
        shape in ('local', 'placeholder')
        and regexp_full_match(nsn, '[2-9]\d{6,7}')
        and coalesce(carried_area.local_len, 0) >= length(nsn) as takes_area,
        -- +86 26001234
        shape = 'landline'
        and has_country_code
        and not has_trunk
        and regexp_full_match(nsn, '[2-9]\d{6,7}')
        and not coalesce(regexp_full_match(own_subscriber, '{{ phone_service_pattern() }}'), false) as lacks_area,
        coalesce(
            base.extension is not null
            and length(digits) = length(base.extension)
            and length(digits) between 2 and 6
            and extension is null,
            false
        ) as is_other_extension,
        coalesce(
            is_alternative
            and base.extension is null
            and base.subscriber is not null
            and length(digits) <= 4
            and extension is null
            and shape is distinct from 'area',
            false
        ) as is_other_ending,
        -- (212) 555-0123 is not grouped as a number of Shanghai, 21, is
        coalesce(
            shape = 'landline'
            and not has_trunk
            and not has_country_code
            and regexp_matches(main, '[ -]')
            and regexp_extract(main, '^\d+') <> area_digits,
            false
        ) as is_grouped_otherwise
    from in_context

),

completed as (

    select
        raw,
        position,
        is_only,
        digits,
        nsn,
        case
            when is_other_extension or is_other_ending
                then if(coalesce(base.area, carried_area) is null, 'local', 'landline')
            when takes_area then 'landline'
            when own_area_code is not null and regexp_full_match(own_subscriber, '{{ phone_service_pattern() }}')
                then 'area_service'
            when lacks_area then 'local'
            when not is_grouped_otherwise then shape
        end as shape,
        if(shape = 'foreign', ltrim(digits, '0'), null) as abroad,
        case
            when is_other_extension or is_other_ending then coalesce(base.area, carried_area)
            when takes_area then carried_area
            when lacks_area then null
            else own_area
        end as area,
        case
            when is_other_extension then base.subscriber
            when is_other_ending then left(base.subscriber, length(base.subscriber) - length(digits)) || digits
            when lacks_area then nsn
            else own_subscriber
        end as subscriber,
        if(is_other_extension, digits, extension) as extension,
        -- a lost 0 is believed only where everything else about the number is exact
        shape = 'landline'
        and not has_trunk
        and not has_country_code
        and not is_other_extension
        and not is_other_ending as lost_trunk,
        mended,
        damage
    from related
    where shape is distinct from 'area'

),

long_way as materialized (

    select
        raw,
        is_only,
        position,
        digits,
        nsn,
        shape,
        abroad,
        struct_extract(area, 'area_code') as area_code,
        struct_extract(area, 'local_len') as local_len,
        struct_extract(area, 'is_current') as is_current,
        struct_extract(area, 'region_code') as region_code,
        subscriber,
        extension,
        lost_trunk,
        mended,
        damage
    from completed

),

-- both ways together: cells of one number, and cells of several, whose numbers come together again

single as (

    {{ phone_plain("plain_single") }}
    union all
    select * exclude (is_only)
    from long_way
    where is_only

),

single_verdict as (

    {{ phone_verdict("single") }}

),

single_cell as (

    select
        raw,
        case when status = 'valid' then e164 || coalesce(';' || extension, '') end as standard,
        status,
        reason,
        case when status = 'valid' then kind end as kind,
        case when status = 'valid' then area_code end as area_code,
        case when status = 'valid' then region_code end as region_code,
        case when status = 'valid' then carrier end as carrier,
        case when status = 'valid' then is_virtual end as is_virtual,
        case when status = 'valid' then extension end as extension,
        case when status = 'valid' then country end as country,
        case when status <> 'valid' then [{{ phone_struct() }}] end as numbers,
        case when status = 'valid' then [e164] end as valid_numbers,
        case when kind = 'local' then [subscriber] end as local_numbers,
        case
            when status = 'valid' and kind = 'landline' and region_code is not null then [region_code]
        end as landline_regions,
        case
            when status = 'valid' and kind = 'mobile' and region_code is not null then [region_code]
        end as mobile_regions,
        mended,
        damage
    from single_verdict

),

member as (

    {{ phone_plain("plain_member") }}
    union all
    select * exclude (is_only)
    from long_way
    where not is_only

),

member_verdict as (

    {{ phone_verdict("member") }}

),

-- an ordered list() takes five times as long as a list that is sorted
gathered as (

    select
        raw,
        list_sort(
            list(
                {
                    'position': position,
                    'number': {{ phone_struct() }},
                    'country': country
                }
            )
        ) as members,
        any_value(mended) as mended,
        any_value(damage) as damage
    from member_verdict
    group by raw

),

listed as (

    select
        raw,
        mended,
        damage,
        list_transform(members, lambda m: m.number) as numbers,
        list_transform(members, lambda m: m.number.status) as statuses,
        list_filter(members, lambda m: m.number.status = 'valid')[1] as first_valid,
        list_filter(
            list_transform(members, lambda m: m.number.e164 || coalesce(';' || m.number.extension, '')),
            lambda e: e is not null
        ) as written
    from gathered

),

several_cell as (

    select
        raw,
        -- a number written twice is given once
        nullif(
            array_to_string(
                list_transform(
                    list_filter(range(1, len(written) + 1), lambda i: list_position(written, written[i]) = i),
                    lambda i: written[i]
                ),
                '|'
            ),
            ''
        ) as standard,
        case
            when first_valid is not null then 'valid'
            when list_contains(statuses, 'ambiguous') then 'ambiguous'
            when len(list_distinct(statuses)) = 1 then statuses[1]
            else 'invalid'
        end as status,
        case
            when status = 'valid' and len(list_distinct(statuses)) > 1 then 'partly'
            when status = 'valid' then coalesce(list_filter(numbers, lambda n: n.reason <> 'ok')[1].reason, 'ok')
            else list_filter(numbers, lambda n: n.status = status)[1].reason
        end as reason,
        struct_extract(first_valid.number, 'kind') as kind,
        struct_extract(first_valid.number, 'area_code') as area_code,
        struct_extract(first_valid.number, 'region_code') as region_code,
        struct_extract(first_valid.number, 'carrier') as carrier,
        struct_extract(first_valid.number, 'is_virtual') as is_virtual,
        struct_extract(first_valid.number, 'extension') as extension,
        struct_extract(first_valid, 'country') as country,
        numbers,
        {{ phone_list("numbers", "n.status = 'valid'", "n.e164") }} as valid_numbers,
        {{ phone_list("numbers", "n.kind = 'local'", "n.subscriber") }} as local_numbers,
        {{ phone_list("numbers", "n.status = 'valid' and n.kind = 'landline'", "n.region_code") }} as landline_regions,
        {{ phone_list("numbers", "n.status = 'valid' and n.kind = 'mobile'", "n.region_code") }} as mobile_regions,
        mended,
        damage
    from listed

),

cell as (

    select * from single_cell
    union all
    select * from several_cell

),

not_understood as (

    select
        judged.raw,
        coalesce(judged.unreadable, found.damage, if(len(found.tokens) = 0, 'no_number', 'bad_length')) as reason
    from judged
    left join found on judged.raw = found.raw
    anti join long_way on judged.raw = long_way.raw

),

final as (

    select
        raw,
        standard,
        if(damage is not null and status not in ('valid', 'ambiguous'), 'damaged', status) as status,
        case
            when damage is not null and status = 'valid' then 'partly'
            when damage is not null and status <> 'ambiguous' then damage
            when reason = 'ok' then coalesce(mended, 'ok')
            else reason
        end as reason,
        kind,
        area_code,
        region_code,
        carrier,
        is_virtual,
        extension,
        country,
        numbers,
        valid_numbers,
        local_numbers,
        landline_regions,
        mobile_regions,
        '{{ rule_version("phone") }}' as rule_version
    from cell

    union all

    select
        raw,
        null as standard,
        case reason
            when 'missing' then 'missing'
            when 'placeholder' then 'placeholder'
            when 'spreadsheet_error' then 'damaged'
            when 'mojibake' then 'damaged'
            when 'scientific_notation' then 'damaged'
            when 'masked' then 'damaged'
            else 'invalid'
        end as status,
        reason,
        null as kind,
        null as area_code,
        null as region_code,
        null as carrier,
        null as is_virtual,
        null as extension,
        null as country,
        [] as numbers,
        null as valid_numbers,
        null as local_numbers,
        null as landline_regions,
        null as mobile_regions,
        '{{ rule_version("phone") }}' as rule_version
    from not_understood

)

select * from final
