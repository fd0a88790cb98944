with

contact as (

    select * from {{ source("golden", "contact") }}

),

final as (

    select
        contact_id,
        organisation_id,
        contact_name,
        gender,
        title,
        nullif(phone, '') as phone,
        email,
        records,
        feeds,
        first_received_on,
        last_received_on,
        born_on
    from contact

)

select * from final
