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

    {{ values_to_read("job_title") }}

),

form as (

    select
        form,
        standard,
        title_en,
        level,
        function,
        rank
    from {{ ref("job_title_form") }}

),

folded as (

    select
        raw,
        if(
            regexp_full_match(raw, '[\x{4e00}-\x{9fff}]+'), raw, {{ job_title_folded("raw") }}
        ) as text
    from source

),

simplified as (

    select
        raw,
        {{ to_simplified("text") }} as text
    from folded

),

keyed as (

    select
        raw,
        text,
        regexp_full_match(text, '\p{Han}{1,20}') as is_plain,
        if(is_plain, text, {{ job_title_key("text") }}) as key
    from simplified

),

-- most cells hold a title that is listed
listed as (

    select
        keyed.raw,
        keyed.text,
        keyed.is_plain,
        form.form is not null as is_listed,
        form.standard,
        form.title_en,
        form.level,
        form.function,
        form.rank
    from keyed
    left join form on keyed.key = form.form

),

-- cells that hold no title at all
judged as (

    select
        raw,
        text,
        case
            when regexp_full_match(text, '{{ job_title_pattern("honorific") }}') then 'honorific_only'
            when {{ is_spreadsheet_error("text") }} then 'spreadsheet_error'
            when {{ is_mojibake("text") }} then 'mojibake'
            when {{ says_placeholder("text") }} or regexp_full_match(text, '{{ job_title_pattern("placeholder") }}')
                then 'placeholder'
            when {{ says_missing("text") }}
                then if(regexp_matches(raw, '[?？]{2,}'), 'mojibake', 'missing')
            when regexp_matches(text, '{{ job_title_pattern("company") }}') then 'looks_like_company'
            when regexp_full_match(text, '{{ job_title_pattern("department") }}') then 'department_only'
            when is_plain then null
            when length(text) > 80 then 'too_long'
            when
                regexp_matches(
                    raw, '[?？]{2,}|[\x{0080}-\x{009f}\x{e000}-\x{f8ff}]|[\x{00a1}-\x{00ff}]{4,}'
                )
                then 'mojibake'
            when not regexp_matches(text, '[\pL\pN]') then 'missing'
            when contains(text, '@') then 'looks_like_email'
            when regexp_matches(text, '^(?:https?:|www[.])') then 'looks_like_website'
            when not regexp_matches(text, '\pL')
                then if(regexp_matches(text, '\d(?:[() -]*\d){6,}'), 'looks_like_phone', 'no_letters')
            when regexp_matches(text, '\d(?:[() -]*\d){6,}') then 'looks_like_phone'
        end as unreadable
    from listed
    where not is_listed

),

-- what the cell joins: 董事长兼总经理, Founder & CEO, 总经理（CEO）
parted as (

    select
        raw,
        text,
        list_filter(
            list_transform(
                string_split({{ job_title_separated("text") }}, '、'),
                lambda p: trim(p, {{ job_title_marks() }})
            ),
            lambda p: regexp_matches(p, '\pL')
            and not regexp_full_match(p, '{{ job_title_pattern("honorific") }}')
        ) as parts
    from judged
    where unreadable is null and regexp_matches(text, '{{ job_title_pattern("joined") }}')

),

part as (

    select
        raw,
        text,
        1 as position,
        true as is_only
    from judged
    where unreadable is null and not regexp_matches(text, '{{ job_title_pattern("joined") }}')

    union all

    select
        raw,
        unnest(parts) as text,
        unnest(range(1, len(parts) + 1)) as position,
        false as is_only
    from parted

),

-- a title behind a surname (王经理), a listed title behind a place or a field (华东区销售经理)
looked_up as (

    select
        part.raw,
        part.position,
        part.is_only,
        part.text,
        coalesce(own.standard, behind_name.standard) as standard,
        coalesce(own.title_en, behind_name.title_en) as title_en,
        coalesce(own.level, behind_name.level) as level,
        coalesce(own.function, behind_name.function) as function,
        coalesce(own.rank, behind_name.rank) as rank,
        own.form is null and behind_name.form is not null as has_name
    from part
    left join form as own on {{ job_title_key("part.text") }} = own.form
    left join form as behind_name
        on regexp_extract(part.text, '^[{{ job_title_pattern("surname") }}](\p{Han}{1,6})$', 1) = behind_name.form

),

told as (

    select
        *,
        standard is not null as is_known,
        if(standard is not null, level, {{ job_title_level("text") }}) as told_level,
        if(standard is not null, function, {{ job_title_function("text") }}) as told_function
    from looked_up

),

read as (

    select
        raw,
        position,
        is_only,
        has_name,
        is_known,
        case
            when is_known then standard
            when regexp_matches(text, '\p{Han}') then regexp_replace(text, '(\p{Han}) | (\p{Han})', '\1\2', 'g')
            else {{ job_title_capitalised("text") }}
        end as standard,
        case
            when is_known then title_en
            when told_level is not null and regexp_full_match(text, '[ -~]+') then {{ job_title_capitalised("text") }}
        end as title_en,
        told_level as level,
        told_function as function,
        rank
    from told

),

ranked as (

    select
        *,
        coalesce(
            rank,
            case level
                when 'owner' then 150
                when 'executive' then 280
                when 'director' then 350
                when 'manager' then 450
                when 'supervisor' then 550
                when 'staff' then 680
                else 900
            end
        ) * 100 + least(position, 99) as place
    from read

),

gathered as (

    select
        raw,
        bool_or(has_name) as has_name,
        bool_or(is_known) as any_known,
        list(
            {
                'place': place,
                'is_known': is_known,
                'standard': standard,
                'title_en': title_en,
                'level': level,
                'function': function
            }
        ) as titles,
        list(place) as places
    from ranked
    where not is_only
    group by raw

),

-- highest first; what is neither listed nor tells a level is a remark where another part does
chosen as (

    select
        raw,
        has_name,
        titles as all_titles,
        list_filter(
            list_transform(list_sort(places), lambda p: titles[list_position(places, p)]),
            lambda t: t.level is not null
            or t.is_known
            or (not any_known and len(list_filter(titles, lambda u: u.level is not null)) = 0)
        ) as titles
    from gathered

),

several as (

    select
        raw,
        has_name,
        len(titles) < len(all_titles) as has_note,
        list_filter(
            list_concat(titles, list_sort(all_titles)), lambda t: t.function is not null
        )[1].function as function,
        list_filter(
            titles,
            lambda t: list_position(list_transform(titles, lambda u: u.standard), t.standard)
            = list_position(list_transform(titles, lambda u: u.place), t.place)
        ) as titles
    from chosen

),

answered as (

    select
        raw,
        standard,
        'ok' as reason,
        title_en,
        level,
        function,
        null::varchar[] as several
    from listed
    where is_listed

    union all

    select
        raw,
        array_to_string(list_transform(titles, lambda t: t.standard), '|') as standard,
        case
            when len(titles) > 1 then 'several_titles'
            when has_name then 'name_in_cell'
            when has_note and titles[1].level is not null then 'note_in_cell'
            when titles[1].is_known then 'ok'
            when titles[1].level is not null then 'ending_only'
            else 'unknown_title'
        end as reason,
        nullif(array_to_string(list_transform(titles, lambda t: t.title_en), '|'), '') as title_en,
        titles[1].level as level,
        function,
        if(len(titles) > 1, list_transform(titles, lambda t: t.standard), null) as several
    from several

    union all

    select
        raw,
        standard,
        case
            when has_name then 'name_in_cell'
            when is_known then 'ok'
            when level is not null then 'ending_only'
            else 'unknown_title'
        end as reason,
        title_en,
        level,
        function,
        null as several
    from ranked
    where is_only

    union all

    select
        raw,
        null as standard,
        unreadable as reason,
        null as title_en,
        null as level,
        null as function,
        null as several
    from judged
    where unreadable is not null

    union all

    -- nothing but separators and brackets
    select
        raw,
        null as standard,
        'no_letters' as reason,
        null as title_en,
        null as level,
        null as function,
        null as several
    from parted
    where len(parts) = 0

),

final as (

    select
        raw,
        standard,
        case
            when
                reason in ('ok', 'several_titles', 'name_in_cell', 'note_in_cell', 'ending_only', 'unknown_title')
                then 'valid'
            when reason in ('missing', 'placeholder') then reason
            when reason in ('mojibake', 'spreadsheet_error') then 'damaged'
            else 'invalid'
        end as status,
        reason,
        title_en,
        level,
        function,
        several,
        '{{ rule_version("job_title") }}' as rule_version
    from answered

)

select * from final
