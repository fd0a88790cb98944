{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="append_new_columns",
        pre_hook="{{ drop_unread('party_reading') }}",
    )
}}

{%- set fields = party_fields().split() %}

with

region_table as (

    select region_code, level, province, city, county, area_code, local_len
    from {{ ref("region_code") }}

),

repair as (

    select
        {{ row_key("misplaced") }},
        {%- for each in fields %}
            {%- set field = each.split(":")[0] %}
            any_value(raw) filter (where decision <> 'reported' and belongs_to = '{{ field }}') as into_{{ field }},
            coalesce(bool_or(decision <> 'reported' and field = '{{ field }}'), false) as out_of_{{ field }},
        {%- endfor %}
        list(
            struct_pack(field := field, looks_like := looks_like, belongs_to := belongs_to, decision := decision)
            order by field
        ) as misplaced
    from {{ ref("misplaced_value") }} as misplaced
    group by all

),

-- the record with its values in the columns they belong to
record as (

    select
        {{ row_key("party") }},
        {%- for each in fields %}
            {%- set field = each.split(":")[0] %}
            case
                when repair.feed is null then party.{{ field }}
                when repair.into_{{ field }} is not null then repair.into_{{ field }}
                when not repair.out_of_{{ field }} then party.{{ field }}
            end as {{ field }},
        {%- endfor %}
        repair.misplaced,
        party.gender,
        party.region_text,
        party.address,
        case
            when party.province is not null or party.city is not null or party.county is not null
                then coalesce(party.province, '')
                    || '|'
                    || coalesce(party.city, '')
                    || '|'
                    || coalesce(party.county, '')
        end as place,
        party.postcode,
        party.industry,
        party.uscc,
        party.legal_representative,
        party.registered_capital,
        party.employees,
        party.source_site
    from {{ source("staged", "party") }} as party
    {{ unread("party", "party_reading") }}
    left join repair on {{ same_row("party", "repair") }}

),

-- joins that bring many columns come last, because every later join carries them along
joined as (

    select
        {{ row_key("record") }},
        record.misplaced,
        nullif(record.gender, 'unknown') as said_gender,
        company_name.standard as company_name,
        company_name.match_key,
        company_name.trade_name,
        company_name.branch,
        company_name.parent,
        company_name.industry_words,
        company_name.legal_form_code,
        company_name.region_code as company_region_code,
        person.standard as contact_name,
        person.name_key as contact_key,
        person.surname,
        person.given_name,
        person.gender as name_gender,
        coalesce(job_title.standard, person.job_title) as title,
        email.standard as email,
        email.registered_domain as email_domain,
        email.is_free_mail,
        website.standard as website,
        website.registered_domain as website_domain,
        website.is_own_domain,
        uscc.standard as uscc,
        postcode.standard as postcode,
        postcode.province_code as postcode_province_code,
        postcode.region_codes as postcode_region_codes,
        industry.standard as industry_code,
        representative.standard as legal_representative,
        capital.amount as registered_capital,
        capital.currency as registered_capital_currency,
        headcount.min_count as employees_min,
        headcount.max_count as employees_max,
        source_site.standard as source_site,
        fax.standard as fax,
        place.region_code as place_code,
        place.candidates as place_candidates,
        coalesce(address.region_code, whole.region_code) as address_code,
        coalesce(address.candidates, whole.candidates) as address_candidates,
        coalesce(address.reason, whole.reason) in ('province_city_conflict', 'city_conflict') as is_torn,
        -- what cannot be placed on the map is an address all the same
        case
            when address.status = 'valid' then address.standard
            when address.status in ('invalid', 'ambiguous') then trim(record.address)
        end as address,
        address.rest as address_rest,
        address.rest_key as address_key,
        {{ of_all_phones("valid_numbers") }} as valid_numbers,
        {{ of_all_phones("local_numbers") }} as local_numbers,
        {{ of_all_phones("landline_regions") }} as landline_codes,
        {{ of_all_phones("mobile_regions") }} as mobile_codes,
        struct_pack(
            company_name := company_name.status, contact_name := person.status, title := job_title.status,
            mobile := mobile.status, phone := phone.status, other_phone := other_phone.status, fax := fax.status,
            email := email.status, website := website.status, region := place.status, address := address.status,
            postcode := postcode.status, industry := industry.status, uscc := uscc.status,
            legal_representative := representative.status, registered_capital := capital.status,
            employees := headcount.status, source_site := source_site.status
        ) as statuses
    from record
    {%- for field, kind, alias in [
        ("source_site", "source_site", "source_site"), ("industry", "industry", "industry"), ("title", "job_title", "job_title"),
        ("uscc", "uscc", "uscc"), ("legal_representative", "person", "representative"), ("fax", "phone", "fax"),
        ("employees", "headcount", "headcount"), ("registered_capital", "money", "capital"), ("postcode", "postcode", "postcode"),
        ("place", "region", "place"), ("region_text", "address", "whole"), ("email", "email", "email"), ("website", "website", "website"),
        ("other_phone", "phone", "other_phone"), ("phone", "phone", "phone"), ("mobile", "phone", "mobile"),
        ("address", "address", "address"), ("contact_name", "person", "person"), ("company_name", "company_name", "company_name"),
    ] %}
        left join {{ entries_of(kind, field) }} as {{ alias }} on record.{{ field }} = {{ alias }}.raw
    {%- endfor %}

),

-- what says where the record is: its columns, its address, the area codes of its landlines, its postcode.
-- known_code: what one of columns and address says where the other leaves a choice; candidates: that choice
placed as (

    select
        *,
        case
            when len(postcode_region_codes) > 0 then postcode_region_codes
            when postcode_province_code is not null then [postcode_province_code]
        end as post_codes,
        case
            when address_code is not null and place_code is not null then null
            when address_candidates is not null and address_code is null then address_candidates
            when place_code is null then place_candidates
        end as candidates,
        case when candidates is not null then coalesce(place_code, address_code) end as known_code,
        case
            when candidates is null or known_code is null then candidates
            else {{ those_that_agree("candidates", "known_code") }}
        end as allowed,
        -- none of the places to choose from is where the other says
        coalesce(known_code is not null and len(allowed) = 0, false) as is_elsewhere
    from joined

),

-- the candidates that area codes and postcode leave over
narrowed as (

    select
        *,
        if(is_elsewhere, candidates, allowed) as options,
        {{ those_that_agree_with_any("options", "landline_codes") }} as by_area_code,
        {{ those_that_agree_with_any("options", "post_codes") }} as by_postcode
    from placed

),

-- of two places that contradict each other neither is believed beyond what they share, unless a landline decides
decided as (

    select
        *,
        case
            when place_code is null or address_code is null then null
            when starts_with(address_code, {{ region_stem("place_code") }}) then address_code
            when starts_with(place_code, {{ region_stem("address_code") }}) then place_code
            when
                {{ any_agrees("landline_codes", "address_code") }}
                and not {{ any_agrees("landline_codes", "place_code") }}
                then address_code
            when
                {{ any_agrees("landline_codes", "place_code") }}
                and not {{ any_agrees("landline_codes", "address_code") }}
                then place_code
            when left(place_code, 4) = left(address_code, 4) and substr(place_code, 3, 2) not in ('01', '02', '90')
                then left(place_code, 4) || '00'
            when left(place_code, 2) = left(address_code, 2) then left(place_code, 2) || '0000'
            else ''
        end as both_code,
        case
            when not is_elsewhere then null
            when len(by_area_code) = 1 and not {{ any_agrees("landline_codes", "known_code") }} then by_area_code[1]
            when len(by_area_code) = 0 and {{ any_agrees("landline_codes", "known_code") }} then known_code
            when list_distinct(list_transform(candidates, lambda c: left(c, 2))) = [left(known_code, 2)]
                then left(known_code, 2) || '0000'
            else ''
        end as elsewhere_code,
        case
            when options is null or is_elsewhere then null
            when known_code is not null and len(options) = 1 then options[1]
            when len(by_area_code) = 1 then by_area_code[1]
            when len(by_postcode) = 1 then by_postcode[1]
            when len(list_intersect(by_area_code, by_postcode)) = 1 then list_intersect(by_area_code, by_postcode)[1]
        end as option_code,
        case
            when known_code is not null and len(options) = 1 then 'columns_and_address'
            when len(by_area_code) = 1 then 'area_code'
            when len(by_postcode) = 1 then 'postcode'
            when len(list_intersect(by_area_code, by_postcode)) = 1 then 'area_code_and_postcode'
        end as option_source
    from narrowed

),

-- what is decided may be less exact than what is known beside it
chosen as (

    select
        *,
        case
            -- an address that contradicts itself, and a landline for the half of it that the columns speak against
            when
                is_torn
                and known_code is not null
                and not is_elsewhere
                and not {{ any_agrees("landline_codes", "coalesce(option_code, known_code)") }}
                and len({{ those_that_agree_with_any("candidates", "landline_codes") }}) > 0
                then null
            when starts_with(known_code, {{ region_stem("option_code") }}) then known_code
            else nullif(coalesce(both_code, elsewhere_code, option_code, address_code, place_code), '')
        end as chosen_code,
        case
            when chosen_code is null then 'none'
            when both_code is not null or elsewhere_code is not null then 'columns_and_address'
            when option_code is not null then option_source
            when address_code is not null then 'address'
            when place_code is not null then 'columns'
        end as region_source
    from decided

),

-- of a city whose county neither columns nor address say, the county within it that the organisation's name says; a
-- branch is not where its organisation is
counted as (

    select
        * exclude (chosen_code, region_source),
        {{ region_stem("chosen_code") }} as stem,
        coalesce(
            branch is null
            and right(company_region_code, 2) <> '00'
            and (length(stem) = 4 or stem in ('11', '12', '31', '50'))
            and starts_with(company_region_code, stem)
            and coalesce(starts_with(company_region_code, {{ region_stem("place_code") }}), true)
            and coalesce(starts_with(company_region_code, {{ region_stem("address_code") }}), true),
            false
        ) as is_county_said,
        if(is_county_said, company_region_code, chosen_code) as chosen_code,
        if(is_county_said, 'name', region_source) as region_source
    from chosen

),

-- a landline without its area code is completed with the area code of the record's own city
dialable as (

    select
        counted.*,
        region_table.province,
        region_table.city,
        region_table.county,
        region_table.region_code,
        region_table.level,
        case
            when counted.local_numbers is null then coalesce(counted.valid_numbers, [])
            else list_concat(
                    counted.valid_numbers,
                    list_transform(
                        list_filter(counted.local_numbers, lambda n: length(n) = region_table.local_len),
                        lambda n: '+86' || ltrim(region_table.area_code, '0') || n
                    )
                )
        end as numbers
    from counted
    left join region_table on counted.chosen_code = region_table.region_code

),

final as (

    select
        feed,
        sha256,
        member,
        row,
        company_name,
        match_key,
        trade_name,
        branch,
        parent,
        industry_words,
        legal_form_code,
        company_region_code,
        contact_name,
        contact_key,
        surname,
        given_name,
        -- said beside the name or in its own column; where the two differ neither is believed
        case
            when said_gender = name_gender or name_gender is null then said_gender when
                said_gender is null
                then name_gender
        end as gender,
        title,
        {{ sorted_once("numbers") }} as numbers,
        fax,
        email,
        email_domain,
        is_free_mail,
        website,
        website_domain,
        province,
        city,
        county,
        region_code,
        left(region_code, 2) || '0000' as province_code,
        case when level in ('city', 'county') then left(region_code, 4) || '00' end as city_code,
        case
            when region_code is not null then 'valid'
            when candidates is not null or place_code is not null or address_code is not null then 'ambiguous'
            else coalesce(statuses.address, statuses.region, 'missing')
        end as region_status,
        region_source,
        address,
        address_rest,
        address_key,
        postcode,
        industry_code,
        uscc,
        legal_representative,
        registered_capital,
        registered_capital_currency,
        employees_min,
        employees_max,
        source_site,
        len(numbers) > 0 or coalesce(statuses.email = 'valid', false) as has_channel,
        statuses,
        -- null where one of the two is not there to compare
        struct_pack(
            columns_address := if(is_elsewhere, false, {{ regions_agree("place_code", "address_code") }}),
            area_code_region := {{ any_agrees("landline_codes", "region_code") }},
            mobile_region := {{ any_agrees("mobile_codes", "left(region_code, 2) || '0000'") }},
            postcode_region := {{ any_agrees("post_codes", "region_code") }},
            company_region := {{ regions_agree("company_region_code", "region_code") }},
            email_website := case
                when is_own_domain and not is_free_mail then email_domain = website_domain
            end,
            gender_name := said_gender = name_gender
        ) as agreements,
        coalesce(misplaced, []) as misplaced,
        '{{ rule_version("party_reading") }}' as rule_version
    from dialable

)

select * from final
