with

final as (

    select * from {{ source("declared", "feed") }}

)

select * from final
