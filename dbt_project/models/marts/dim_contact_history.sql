with

line as (

    select
        *,
        {{ validity("contact_id") }}
    from {{ source("golden", "contact_history") }}

),

final as (

    select
        contact_id,
        seq as run_no,
        valid_from,
        valid_to,
        valid_to is null as is_current,
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
        born_on,
        run_id
    from line
    where is_live

)

select * from final
