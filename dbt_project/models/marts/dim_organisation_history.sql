with

line as (

    select
        *,
        {{ validity("organisation_id") }}
    from {{ source("golden", "organisation_history") }}

),

final as (

    select
        organisation_id,
        seq as run_no,
        valid_from,
        valid_to,
        valid_to is null as is_current,
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
        born_on,
        run_id
    from line
    where is_live

)

select * from final
