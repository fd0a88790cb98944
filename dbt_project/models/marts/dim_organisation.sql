with

organisation as (

    select * from {{ source("golden", "organisation") }}

),

final as (

    select
        organisation_id,
        company_name,
        province,
        city,
        county,
        region_code,
        province_code,
        address,
        nullif(phone, '') as phone,
        website,
        email,
        uscc,
        records,
        feeds,
        first_received_on,
        last_received_on,
        born_on
    from organisation

)

select * from final
