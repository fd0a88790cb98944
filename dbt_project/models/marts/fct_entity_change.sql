-- A birth or split adds an entity to the stock, a merge or retirement takes one off, on the day it counts for.
with

event as (

    select * from {{ source("golden", "entity_event") }}

),

-- the province is that of the event, not of today: the stock of a closed month never changes
final as (

    select
        event.event_id,
        event.entity_id,
        event.entity_kind,
        event.kind,
        event.business_date,
        case
            when event.kind in ('birth', 'split') then 1
            when event.kind in ('merge', 'retire') then -1
            else 0
        end as delta,
        event.province_code
    from event

)

select * from final
