with

record as (

    select * from {{ source("staged", "record") }}
    where subject = 'party'

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
        record.status = 'staged' and len(record.flags) = 0 and coalesce(party_record.has_channel, false) as is_valid
    from record
    left join {{ ref("party_record") }} as party_record on {{ same_row("record", "party_record") }}
    left join {{ ref("industry_code") }} as industry on party_record.industry_code = industry.code

)

select * from final
