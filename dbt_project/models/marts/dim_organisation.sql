with

organisation as (

    select * from {{ source("golden", "organisation") }}

),

final as (

    select
        organisation_id,
        parent_id,
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
        industry_code,
        legal_representative,
        registered_capital,
        registered_capital_currency,
        employees_min,
        employees_max,
        records,
        feeds,
        first_received_on,
        last_received_on,
        born_on
    from organisation

)

select * from final
