with

record as (

    select * from {{ source("staged", "record") }}
    where subject = 'party'

),

-- of the records of an organisation the first that came, and the first of each feed: the others are overlap
placed as (

    select
        record.feed,
        record.sha256,
        record.member,
        record.row,
        row_number() over (
            partition by crosswalk.organisation_id
            order by record.received_on, record.landed_at, record.feed, record.sha256, record.member, record.row
        ) = 1 as is_first,
        row_number() over (
            partition by crosswalk.organisation_id, record.feed
            order by record.received_on, record.landed_at, record.sha256, record.member, record.row
        ) = 1 as is_first_in_feed
    from record
    inner join {{ source("golden", "crosswalk") }} as crosswalk on {{ same_row("record", "crosswalk") }}
    where crosswalk.organisation_id is not null and not record.is_repeat

),

final as (

    select
        record.feed,
        record.file,
        record.sha256,
        record.member,
        record.row,
        {{ source_of("record.feed", "party_record.source_site") }} as source,
        record.received_on,
        record.status,
        record.is_repeat,
        record.flags,
        party_record.province_code,
        party_record.industry_code,
        industry.section as industry_section,
        coalesce(party_record.has_channel, false) as has_channel,
        record.status = 'staged' and len(record.flags) = 0 and coalesce(party_record.has_channel, false) as is_valid,
        placed.is_first,
        placed.is_first_in_feed
    from record
    left join placed on {{ same_row("record", "placed") }}
    left join {{ ref("party_record") }} as party_record on {{ same_row("record", "party_record") }}
    left join {{ ref("industry_code") }} as industry on party_record.industry_code = industry.code

)

select * from final
