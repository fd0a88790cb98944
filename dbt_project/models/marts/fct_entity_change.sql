-- A birth or split adds an entity to the stock, a merge or retirement takes one off, on the day it counts for.
with

-- the order of runs, which events themselves do not have
run as (

    select
        run_id,
        max(seq) as seq
    from {{ source("golden", "membership") }}
    group by all

),

event as (

    select
        event.*,
        coalesce(run.seq, 0) as seq,
        event.kind in ('birth', 'split') as is_begin
    from {{ source("golden", "entity_event") }} as event
    left join run on event.run_id = run.run_id

),

line as (

    select
        organisation_id,
        seq,
        industry_code,
        struct_extract(struct_extract(sources, 'name'), 'record_id') as record_id
    from {{ source("golden", "organisation_history") }}
    where is_live

),

record as (

    select distinct
        record_id,
        feed
    from {{ source("golden", "membership") }}
    where entity_kind = 'organisation'

),

-- what the golden record said when the entity began: its line of that run, which is never changed
begun as (

    select
        event.entity_id,
        event.seq,
        line.industry_code,
        record.feed
    from event
    asof left join line on event.entity_id = line.organisation_id and event.seq <= line.seq
    left join record on line.record_id = record.record_id
    where event.is_begin and event.entity_kind = 'organisation'

),

-- province, industry and feed are those of the event, not of today: the stock of a closed month never changes. An
-- entity is taken off where its last birth or split added it, and counts for one feed, however many tell of it later.
final as (

    select
        event.event_id,
        event.entity_id,
        event.entity_kind,
        event.kind,
        event.business_date,
        case
            when event.is_begin then 1
            when event.kind in ('merge', 'retire') then -1
            else 0
        end as delta,
        event.province_code,
        begun.industry_code,
        industry.section as industry_section,
        begun.feed
    from event
    asof left join begun on event.entity_id = begun.entity_id and event.seq >= begun.seq
    left join {{ ref("industry_code") }} as industry on begun.industry_code = industry.code

)

select * from final
