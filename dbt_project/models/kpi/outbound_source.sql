with

dial as (

    select
        *,
        row_number() over (
            order by coalesce(dialled_at, cast(dialled_on as timestamptz)), sha256, member, row
        ) as place
    from {{ ref("fct_outbound") }}
    where dialled_on is not null and not is_repeat and phone is not null

),

grain as (

    select
        unnest(['month', 'quarter', 'year']) as grain,
        unnest([1, 3, 12]) as months

),

placed as (

    select
        grain.grain,
        cast(date_trunc(grain.grain, dial.dialled_on) as timestamp) as period_start,
        date_trunc(grain.grain, dial.dialled_on) + to_months(grain.months) as period_end,
        dial.*
    from dial
    cross join grain

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
        placed.grain,
        placed.period_start,
        placed.period_end,
        placed.campaign,
        placed.customer_key,
        sum(placed.attempts) as dials,
        count(*) filter (where placed.is_connected) as connected,
        bool_or(placed.is_connected) as is_reached,
        bool_or(placed.is_right_party) as is_right_party,
        bool_or(placed.is_success) as is_success,
        arg_max(placed.is_wrong_number, placed.place) as is_wrong_number,
        sum(placed.sale_amount) as sale_amount
    from placed
    inner join given on placed.phone = given.number and placed.dialled_on >= given.received_on
    group by given.source, placed.grain, placed.period_start, placed.period_end, placed.campaign, placed.customer_key

),

-- records of a source up to the end of each period, repeats left out
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
        counted.grain,
        counted.period_start,
        count(record.source) as records
    from (select distinct source, grain, period_start, period_end from contact) as counted
    left join record on counted.source = record.source and counted.period_end > record.received_on
    group by counted.source, counted.grain, counted.period_start

),

final as (

    select
        contact.source,
        contact.grain,
        contact.period_start,
        delivered.records,
        count(*) as contacts,
        cast(sum(contact.dials) as bigint) as dials,
        cast(sum(contact.connected) as bigint) as connected,
        count(*) filter (where contact.is_reached) as reached,
        count(*) filter (where contact.is_right_party) as right_party,
        count(*) filter (where contact.is_success) as successes,
        count(*) filter (where contact.is_wrong_number is not null) as number_known,
        count(*) filter (where contact.is_wrong_number) as wrong_numbers,
        sum(contact.sale_amount) as sale_amount
    from contact
    inner join delivered
        on
            contact.source = delivered.source
            and contact.grain = delivered.grain
            and contact.period_start = delivered.period_start
    group by contact.source, contact.grain, contact.period_start, delivered.records

)

select * from final
