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

    select area_code, local_len, is_current from {{ ref("area_code") }}

),

mobile_prefix as (

    select prefix, status as prefix_status from {{ ref("mobile_prefix") }}

),

folded as (

    select
        raw,
        trim({{ phone_punctuation(fold_width("raw")) }}) as text
    from source

),

-- cells that cannot be read at all: said to be empty, without digits, or destroyed by a spreadsheet or a mask
judged as (

    select
        raw,
        text,
        case
            when regexp_full_match(text, '#{3,}|#[a-z0-9/]+[!?]') then 'spreadsheet_error'
            when {{ says_missing("text") }} then 'missing'
            when regexp_full_match(text, '[''"=]*[+]?\d([.]\d+)?e[+]?\d{1,3}[''"]*') then 'scientific_notation'
            when regexp_matches(text, '\d[ -]*(?:[*?•●×]{2,}|x{3,})') then 'masked'
            when not regexp_matches(text, '\d') then 'no_digits'
        end as unreadable
    from folded

),

readable as (

    select
        raw,
        regexp_full_match(text, '1\d{10}|0\d{2,3}-?\d{7,8}') as is_plain,
        if(regexp_matches(text, '[^0-9+#/| ().-]'), {{ phone_undo("words", "text") }}, text) as text
    from judged
    where unreadable is null

),

prefixed as (

    select
        raw,
        is_plain,
        if(is_plain, text, {{ phone_undo("prefixes", "text") }}) as text
    from readable

),

tidied as (

    select
        raw,
        if(is_plain, text, {{ phone_undo("marks", "text") }}) as text
    from prefixed

),

found as (

    select
        raw,
        regexp_extract_all(text, '{{ phone_number_pattern() }}') as tokens
    from tidied

),

-- one row per run of digits that may be a number
token as (

    select
        raw,
        unnest(tokens) as token,
        unnest(range(1, len(tokens) + 1)) as position,
        len(tokens) = 1 as is_only
    from found

),

split as (

    select
        raw,
        position,
        is_only,
        regexp_extract(token, '{{ phone_number_pattern() }}', ['lead', 'main', 'extension']) as part
    from token

),

token_part as (

    select
        raw,
        position,
        is_only,
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
            when
                not has_trunk
                and (
                    regexp_full_match(nsn, '0{3,}|1{3,}|2{3,}|3{3,}|4{3,}|5{3,}|6{3,}|7{3,}|8{3,}|9{3,}')
                    or (length(nsn) >= 5 and contains('12345678901234567890|9876543210', nsn))
                    or regexp_full_match(nsn, '1[3-9]\d0{8}')
                )
                or regexp_full_match(national, '0+|0123456789?')
                then 'placeholder'
            when regexp_matches(main, '^0[1-9][ -]') then 'elsewhere'
            when regexp_full_match(nsn, '1[3-9]\d{9}') then 'mobile'
            -- no prefix begins like this, which the list of prefixes then says
            when not has_trunk and regexp_full_match(nsn, '1\d{10}') then 'mobile'
            when regexp_full_match(nsn, '[48]00\d{7}') then 'toll_free'
            when not has_trunk and regexp_full_match(nsn, '9[56]\d{3,4}|950\d{7,8}|1[12]\d|1[012]\d{3}') then 'service'
            when has_trunk and regexp_full_match(nsn, '10|2\d|[3-9]\d\d') then 'area'
            when not has_trunk and not has_country_code and regexp_full_match(nsn, '[2-9]\d{6,7}') then 'local'
            when has_trunk or has_country_code or length(nsn) in (10, 11) then 'landline'
        end as shape,
        case
            when shape not in ('landline', 'area') then null
            when regexp_matches(nsn, '^(10|2\d)') then nsn[:2]
            else nsn[:3]
        end as area_digits,
        if(shape = 'mobile', nsn[:3], null) as mobile_digits
    from significant

),

-- what the number says by itself
recognised as (

    select
        shaped.*,
        mobile_prefix.prefix_status,
        area.area_code as own_area_code,
        if(area.area_code is null, null, area) as own_area,
        case
            when shaped.shape in ('local', 'placeholder') then shaped.nsn
            when area.area_code is not null then shaped.nsn[length(shaped.area_digits) + 1:]
        end as own_subscriber
    from shaped
    left join area on shaped.area_digits = area.area_code[2:]
    left join mobile_prefix on shaped.mobile_digits = mobile_prefix.prefix

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
        and not coalesce(regexp_full_match(own_subscriber, '9[56]\d{3,4}|1[12]\d|1[012]\d{3}'), false) as lacks_area,
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
        ) as is_other_ending
    from in_context

),

completed as (

    select
        raw,
        position,
        is_only,
        digits,
        nsn,
        prefix_status,
        if(shape = 'foreign', ltrim(digits, '0'), null) as abroad,
        case
            when is_other_extension or is_other_ending
                then if(coalesce(base.area, carried_area) is null, 'local', 'landline')
            when takes_area then 'landline'
            when
                own_area_code is not null
                and regexp_full_match(own_subscriber, '9[56]\d{3,4}|1[12]\d|1[012]\d{3}')
                then 'area_service'
            when lacks_area then 'local'
            else shape
        end as shape,
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
        and not is_other_ending as lost_trunk
    from related
    where shape is distinct from 'area'

),

verdict as (

    select
        *,
        case
            when shape = 'foreign' and not regexp_matches(abroad, '^{{ phone_country_code_pattern() }}')
                then 'unknown_country_code'
            when shape = 'foreign' and abroad[:1] = '1' and not regexp_full_match(abroad, '1[2-9]\d\d[2-9]\d{6}')
                then 'bad_length'
            -- Hong Kong and Macao have eight digits
            when shape = 'foreign' and abroad[:3] in ('852', '853') and length(abroad) <> 11 then 'bad_length'
            when shape = 'foreign' and length(abroad) not between 8 and 15 then 'bad_length'
            when shape = 'foreign' then 'ok'
            when shape = 'placeholder' then 'placeholder'
            when shape = 'mobile' and prefix_status = 'valid' then 'ok'
            when shape = 'mobile' and prefix_status = 'data_only' then 'data_only_prefix'
            when shape = 'mobile' then 'unknown_prefix'
            when shape in ('toll_free', 'service', 'area_service') then 'ok'
            when shape = 'local' then 'no_area_code'
            when
                shape = 'landline'
                and lost_trunk
                and length(subscriber) = area.local_len
                and regexp_matches(subscriber, '^[2-9]')
                then 'trunk_zero_restored'
            when shape = 'landline' and lost_trunk then 'bad_length'
            when shape = 'elsewhere' then 'unknown_prefix'
            when shape = 'landline' and area is null then if(nsn[:1] = '1', 'bad_length', 'unknown_prefix')
            when shape = 'landline' and length(subscriber) not in (7, 8) then 'bad_length'
            when shape = 'landline' and not regexp_matches(subscriber, '^[2-9]') then 'bad_subscriber'
            when shape = 'landline' and length(subscriber) > area.local_len then 'bad_length'
            -- seven digits where numbers now have eight: written before the change, or a digit is lost
            when shape = 'landline' and length(subscriber) < area.local_len then 'short_for_area'
            when shape = 'landline' and not area.is_current then 'old_area_code'
            when shape = 'landline' then 'ok'
            else 'bad_length'
        end as reason
    from completed

),

number as (

    select
        raw,
        position,
        is_only,
        {
            'e164': case
                when reason not in ('ok', 'short_for_area', 'old_area_code', 'trunk_zero_restored') then null
                when shape = 'foreign' then '+' || abroad
                when area is not null then '+86' || area.area_code[2:] || subscriber
                else '+86' || nsn
            end,
            'extension': extension,
            'kind': case
                when shape = 'area_service' then 'service'
                when shape not in ('placeholder', 'elsewhere') then shape
            end,
            'area_code': area.area_code,
            'subscriber': case
                when shape in ('landline', 'local', 'area_service') then subscriber
                when shape in ('mobile', 'toll_free', 'service') then nsn
                else coalesce(abroad, digits)
            end,
            'status': case
                when reason in ('ok', 'short_for_area', 'old_area_code', 'trunk_zero_restored') then 'valid'
                when reason = 'no_area_code' then 'ambiguous'
                when reason = 'placeholder' then 'placeholder'
                else 'invalid'
            end,
            'reason': reason
        } as number
    from verdict

),

cell as (

    select raw, [number] as numbers
    from number
    where is_only

    union all

    select raw, list(number order by position) as numbers
    from number
    where not is_only
    group by raw

),

summed as (

    select
        judged.raw,
        judged.unreadable,
        coalesce(cell.numbers, []) as numbers,
        list_transform(coalesce(cell.numbers, []), lambda n: n.status) as statuses,
        list_filter(
            list_transform(coalesce(cell.numbers, []), lambda n: n.e164 || coalesce(';' || n.extension, '')),
            lambda e: e is not null
        ) as written
    from judged
    left join cell on judged.raw = cell.raw

),

-- a number written twice is given once
distinguished as (

    select
        *,
        list_filter(range(1, len(written) + 1), lambda i: list_position(written, written[i]) = i) as firsts
    from summed

),

final as (

    select
        raw,
        nullif(array_to_string(list_transform(firsts, lambda i: written[i]), '|'), '') as standard,
        case
            when unreadable = 'missing' then 'missing'
            when unreadable in ('scientific_notation', 'spreadsheet_error', 'masked') then 'damaged'
            when unreadable is not null then 'invalid'
            when list_contains(statuses, 'valid') then 'valid'
            when list_contains(statuses, 'ambiguous') then 'ambiguous'
            when len(statuses) > 0 and len(list_filter(statuses, lambda s: s <> 'placeholder')) = 0 then 'placeholder'
            else 'invalid'
        end as status,
        case
            when unreadable is not null then unreadable
            when list_contains(statuses, 'valid') and len(list_distinct(statuses)) > 1 then 'partly'
            when list_contains(statuses, 'valid')
                then coalesce(list_filter(numbers, lambda n: n.reason <> 'ok')[1].reason, 'ok')
            when list_contains(statuses, 'ambiguous') then 'no_area_code'
            else coalesce(numbers[1].reason, 'bad_length')
        end as reason,
        numbers,
        '{{ rule_version("phone") }}' as rule_version
    from distinguished

)

select * from final
