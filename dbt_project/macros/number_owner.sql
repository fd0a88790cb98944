{#-
    CTEs number_written_in_golden … number_owner: who had a telephone number, and from when to when. One row per number (E.164) and stretch
    of time in which the same entities had it: valid_from, valid_to (half open; null: still), contact_id, organisation_id, link_status:
    contact: one person had it (and at most one organisation); organisation: nobody but one organisation; ambiguous: several, none of whom is
    chosen, organisation_id given where all are of one. The first line of an entity counts from the day of its birth (the day its first
    record was received), every later line from its run, so that an entity that a merge ended keeps what was dialled in its time.
-#}
{%- macro number_owner() -%}
contact_line as (

    select
        contact_id,
        cast(null as varchar) as organisation_id,
        organisation_id as works_for,
        phone,
        born_on,
        is_live,
        row_number() over (partition by contact_id order by seq) = 1 as is_first,
        {{ validity("contact_id") }}
    from {{ source("golden", "contact_history") }}

),

organisation_line as (

    select
        cast(null as varchar) as contact_id,
        organisation_id,
        organisation_id as works_for,
        phone,
        born_on,
        is_live,
        row_number() over (partition by organisation_id order by seq) = 1 as is_first,
        {{ validity("organisation_id") }}
    from {{ source("golden", "organisation_history") }}

),

centre as (

    select mode(time_zone) as time_zone from {{ source("declared", "feed") }}

),

holding as (

    select
        contact_id,
        organisation_id,
        works_for,
        unnest(string_split(phone, '|')) as written,
        if(
            is_first,
            least(valid_from, timezone(centre.time_zone, cast(born_on as timestamp))), valid_from
        ) as valid_from,
        coalesce(valid_to, timestamptz '9999-01-01 00:00:00+00') as valid_to
    from (
        select * from contact_line
        union all by name
        select * from organisation_line
    ) as line
    cross join centre
    where is_live and phone <> ''

),

-- a number without its extension
held as (

    select
        contact_id,
        organisation_id,
        works_for,
        split_part(written, ';', 1) as number,
        valid_from,
        valid_to
    from holding

),

moment as (

    select
        number,
        valid_from as slice_from
    from held

    union

    select
        number,
        valid_to as slice_from
    from held

),

slice as (

    select
        number,
        slice_from,
        lead(slice_from) over (partition by number order by slice_from) as slice_to
    from moment

),

number_owner as (

    select
        slice.number,
        slice.slice_from as valid_from,
        slice.slice_to as valid_to,
        if(
            count(distinct held.contact_id) = 1 and count(distinct held.works_for) <= 1, min(held.contact_id), null
        ) as contact_id,
        if(count(distinct held.works_for) = 1, min(held.works_for), null) as organisation_id,
        case
            when count(distinct held.contact_id) > 1 or count(distinct held.works_for) > 1 then 'ambiguous'
            when count(distinct held.contact_id) = 1 then 'contact'
            else 'organisation'
        end as link_status
    from slice
    inner join held
        on
            slice.number = held.number
            and held.valid_from <= slice.slice_from
            and held.valid_to > slice.slice_from
    where slice.slice_to is not null
    group by slice.number, slice.slice_from, slice.slice_to

)
{%- endmacro -%}

{#-
    CTE number_form, of number_owner: one row per owner and form in which a switch may write the number of a caller: E.164 or with 00, of a
    number of mainland China also without +, and as it is dialled within the country. No two numbers have a form in common.
-#}
{%- macro number_form() -%}
number_form as (

    select
        number_owner.*,
        unnest(
            case
                when number like '+86%' and number like '+861__________'
                    then [number, '00' || number[2:], number[2:], number[4:], '0' || number[4:]]
                when number like '+86%' then [number, '00' || number[2:], number[2:], '0' || number[4:]]
                else [number, '00' || number[2:]]
            end
        ) as form
    from number_owner

)
{%- endmacro -%}
