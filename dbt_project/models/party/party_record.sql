with

record as (

    select
        *,
        coalesce(province, '') || '|' || coalesce(city, '') || '|' || coalesce(county, '') as place
    from {{ source("staged", "party") }}

),

region as (

    select
        region.*,
        area.local_len
    from {{ ref("region") }} as region
    left join {{ ref("area_code") }} as area on region.area_code = area.area_code

),

-- one row per number as written, so that the dictionary joins on equality
written as (

    select
        feed,
        sha256,
        member,
        row,
        place,
        mobile as raw
    from record
    where mobile is not null
    union all
    select
        feed,
        sha256,
        member,
        row,
        place,
        phone as raw
    from record
    where phone is not null

),

-- a landline without its area code is completed with the area code of the record's own city
dialable as (

    select
        written.feed,
        written.sha256,
        written.member,
        written.row,
        case
            when number.status = 'valid' then number.e164
            when number.kind = 'local' and length(number.subscriber) = region.local_len
                then '+86' || ltrim(region.area_code, '0') || number.subscriber
        end as e164
    from written
    left join region on written.place = region.raw
    inner join {{ ref("phone") }} as phone on written.raw = phone.raw
    cross join unnest(phone.numbers) as cell (number) -- noqa: AL05

),

numbers as (

    select
        feed,
        sha256,
        member,
        row,
        list_sort(list_distinct(list(e164))) as numbers
    from dialable
    where e164 is not null
    group by feed, sha256, member, row

),

final as (

    select
        record.feed,
        record.file,
        record.sha256,
        record.member,
        record.row,
        record.received_on,
        record.landed_at,
        record.is_repeat,
        record.flags,
        feed.trust,
        company_name.standard as company_name,
        company_name.match_key,
        record.contact_name,
        region.province,
        region.city,
        region.county,
        region.region_code,
        left(region.region_code, 2) || '0000' as province_code,
        case when region.level in ('city', 'county') then left(region.region_code, 4) || '00' end as city_code,
        region.status as region_status,
        coalesce(numbers.numbers, []) as numbers,
        record.address,
        record.website,
        record.email,
        record.uscc,
        len(coalesce(numbers.numbers, [])) > 0
        or coalesce(
            regexp_full_match(lower(trim(record.email)), '[^\s\p{Z}@]+@([\p{L}\d-]+\.)+\p{L}{2,}'), false
        ) as has_channel
    from record
    left join {{ source("declared", "feed") }} as feed on record.feed = feed.feed
    left join {{ ref("company_name") }} as company_name on record.company_name = company_name.raw
    left join region on record.place = region.raw
    left join numbers
        on
            record.feed = numbers.feed
            and record.sha256 = numbers.sha256
            and record.member = numbers.member
            and record.row = numbers.row

)

select * from final
