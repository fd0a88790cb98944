with

feed as (

    select * from {{ source("declared", "feed") }}

),

record as (

    select
        feed,
        source_site,
        count(*) as records,
        min(received_on) as first_received_on,
        max(received_on) as last_received_on
    from {{ ref("party_record") }}
    group by all

),

-- the kind of channel that most rows of a feed say
channel as (

    select
        feed,
        mode(collection_channel) as channel
    from {{ source("staged", "party") }}
    group by all

),

-- every feed for itself, also for rows that name no site
member as (

    select
        feed,
        cast(null as varchar) as source_site
    from feed

    union all

    select
        feed,
        source_site
    from record
    where source_site is not null

),

final as (

    select
        {{ source_of("member.feed", "member.source_site") }} as source,
        member.feed,
        member.source_site,
        coalesce(site.zh, member.source_site, feed.zh) as zh,
        coalesce(site.en, member.source_site, feed.en) as en,
        coalesce(site.channel, channel.channel) as channel,
        feed.owner,
        feed.trust,
        feed.freshness_days,
        coalesce(record.records, 0) as records,
        record.first_received_on,
        record.last_received_on
    from member
    inner join feed on member.feed = feed.feed
    left join record on member.feed = record.feed and member.source_site is not distinct from record.source_site
    left join channel on member.feed = channel.feed
    left join {{ ref("collection_source") }} as site on member.source_site = site.source_site

)

select * from final
