{{ config(materialized="view") }}

with

final as (

    select
        party.feed,
        party.file,
        party.sha256,
        party.member,
        party.row,
        party.received_on,
        party.landed_at,
        party.is_repeat,
        party.flags,
        feed.trust,
        party.crm_id,
        feed.crm_id_of,
        reading.* exclude (feed, sha256, member, row, rule_version)
    from {{ source("staged", "party") }} as party
    left join {{ source("declared", "feed") }} as feed on party.feed = feed.feed
    left join {{ ref("party_reading") }} as reading on {{ same_row("party", "reading") }}

)

select * from final
