-- A merge or retirement takes one entity off the stock, a birth or split adds one, on the day it counts for.
with

event as (

    select * from {{ source("golden", "entity_event") }}

),

-- where an entity that is gone was, its last record tells no more: its place is unknown
final as (

    select
        event.event_id,
        event.entity_id,
        event.entity_kind,
        event.kind,
        event.business_date,
        if(event.kind in ('birth', 'split'), 1, -1) as delta,
        organisation.province_code
    from event
    left join {{ source("golden", "organisation") }} as organisation on event.entity_id = organisation.organisation_id

)

select * from final
