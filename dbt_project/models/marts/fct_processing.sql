with

record as (

    select
        feed,
        file,
        sha256,
        member,
        row,
        received_on,
        landed_at,
        status,
        is_repeat
    from {{ source("staged", "record") }}
    where subject = 'party'

    union all

    -- rows of a batch that the gate holds back wait with it
    select
        feed,
        file,
        sha256,
        member,
        row,
        received_on,
        landed_at,
        'held' as status,
        false as is_repeat
    from {{ source("staged", "held") }}
    where subject = 'party'

),

-- when the row first came into a golden record; later moves decide nothing anew
golden as (

    select
        feed,
        sha256,
        member,
        row,
        min(membership.at) as decided_at
    from {{ source("golden", "membership") }} as membership
    where entity_id is not null
    group by all

),

-- a row in quarantine was sent back with its reason by the run that landed it
decided as (

    select
        record.*,
        case
            when record.status = 'quarantined' then 'rejected'
            when record.status = 'staged' and golden.decided_at is not null then 'golden'
        end as decided_as,
        case
            when record.status = 'quarantined' then record.landed_at
            when record.status = 'staged' then golden.decided_at
        end as decided_at
    from record
    left join golden on {{ same_row("record", "golden") }}

),

final as (

    select
        decided.feed,
        decided.file,
        decided.sha256,
        decided.member,
        decided.row,
        decided.received_on,
        decided.status,
        decided.is_repeat,
        decided.decided_as,
        decided.decided_at,
        cast(timezone(feed.time_zone, decided.decided_at) as date) as decided_on
    from decided
    inner join {{ source("declared", "feed") }} as feed on decided.feed = feed.feed

)

select * from final
