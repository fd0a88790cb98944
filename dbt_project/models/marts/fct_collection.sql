with

-- a row without its day, or with one after it was received, counts in the month it was received
collected as (

    select
        feed,
        collection_channel,
        {{ person_written("collected_by") }} as collected_by,
        owner_unit,
        date_trunc('month', if(collected_on <= received_on, collected_on, received_on)) as month,
        is_repeat
    from {{ source("staged", "party") }}
    where collection_channel is not null or collected_by is not null

),

planned as (

    select
        collection_channel,
        {{ person_written("collected_by") }} as collected_by,
        owner_unit,
        date_trunc('month', month) as month,
        planned_count
    from {{ source("staged", "collection_plan") }}
    where not is_repeat

),

either as (

    select
        feed,
        collection_channel,
        collected_by,
        owner_unit,
        month,
        0 as planned,
        if(is_repeat, 0, 1) as collected,
        if(is_repeat, 1, 0) as repeated
    from collected

    union all

    -- a plan says from which kind of channel, not from which feed
    select
        cast(null as varchar) as feed,
        collection_channel,
        collected_by,
        owner_unit,
        month,
        planned_count as planned,
        0 as collected,
        0 as repeated
    from planned

),

final as (

    select
        cast(month as date) as month,
        feed,
        collection_channel,
        collected_by,
        {{ pseudonym("collected_by") }} as collected_by_key,
        owner_unit,
        cast(sum(planned) as bigint) as planned,
        cast(sum(collected) as bigint) as collected,
        cast(sum(repeated) as bigint) as repeated
    from either
    group by all

)

select * from final
