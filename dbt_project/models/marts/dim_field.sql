with

final as (

    select * from {{ source("declared", "field") }}

)

select * from final
