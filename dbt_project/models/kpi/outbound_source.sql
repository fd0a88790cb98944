with

dial as (

    select
        *,
        row_number() over (
            order by coalesce(dialled_at, cast(dialled_on as timestamptz)), sha256, member, row
        ) as place,
        cast(date_trunc('month', dialled_on) as date) as month
    from {{ ref("fct_outbound") }}
    where dialled_on is not null and not is_repeat and phone is not null

),

listed as (

    select
        {{ source_of("feed", "source_site") }} as source,
        received_on,
        unnest(numbers) as number
    from {{ ref("party_record") }}
    where not is_repeat

),

-- from which day on a source had the number
given as (

    select
        source,
        number,
        min(received_on) as received_on
    from listed
    group by source, number

),

-- a number that several sources had delivered by then counts for each of them
contact as (

    select
        given.source,
        dial.month,
        dial.campaign,
        dial.customer_key,
        sum(dial.attempts) as dials,
        count(*) filter (where dial.is_connected) as connected,
        bool_or(dial.is_connected) as is_reached,
        bool_or(dial.is_right_party) as is_right_party,
        bool_or(dial.is_success) as is_success,
        arg_max(dial.is_wrong_number, dial.place) as is_wrong_number,
        sum(dial.sale_amount) as sale_amount
    from dial
    inner join given on dial.phone = given.number and dial.dialled_on >= given.received_on
    group by given.source, dial.month, dial.campaign, dial.customer_key

),

-- records of a source up to the end of each month, repeats left out
record as (

    select
        source,
        received_on
    from {{ ref("fct_record") }}
    where not is_repeat and status = 'staged'

),

delivered as (

    select
        counted.source,
        counted.month,
        count(record.source) as records
    from (select distinct source, month from contact) as counted
    left join record
        on counted.source = record.source and record.received_on < counted.month + interval 1 month
    group by counted.source, counted.month

),

final as (

    select
        contact.source,
        contact.month,
        delivered.records,
        count(*) as contacts,
        sum(contact.dials) as dials,
        sum(contact.connected) as connected,
        count(*) filter (where contact.is_reached) as reached,
        count(*) filter (where contact.is_right_party) as right_party,
        count(*) filter (where contact.is_success) as successes,
        count(*) filter (where contact.is_wrong_number is not null) as number_known,
        count(*) filter (where contact.is_wrong_number) as wrong_numbers,
        sum(contact.sale_amount) as sale_amount
    from contact
    inner join delivered on contact.source = delivered.source and contact.month = delivered.month
    group by contact.source, contact.month, delivered.records

)

select * from final
