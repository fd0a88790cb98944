"""Clusters → entities whose IDs stay: crosswalk, golden records and the ledger of what happened to each ID.

An ID is born with a cluster that has none, kept by the cluster it matches best, and lost only by a merge or a
retirement. The ledger records each of these, and each record that moves, with its cause: no ID changes silently.
An ID lost by a merge is never given again; a retired one comes back when the key that founded it does.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from ccdata_assets.resolution.clusters import build_clusters
from ccdata_assets.resolution.rules import Rules
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import transaction

RECORD_ID = "sha256 || ':' || member || ':' || row"
"""Identity of a row: the file's bytes, the table in it, the row's number; with the feed, for two feeds may share a file."""
LIFE = "entity_kind = 'organisation' and kind in ('birth', 'split')"
"""Events that begin a life of an ID; their cause ends with the hash of the founding key."""


@dataclass(frozen=True)
class Resolved:
    """What a run of resolution did."""

    records: int
    organisations: int
    events: dict[str, int]


def resolve(con: duckdb.DuckDBPyConnection, rules: Rules, settings: Settings, run_id: str) -> Resolved:
    """Bring golden.crosswalk, golden.organisation and golden.entity_event up to date with standard.party_record.

    golden.crosswalk: one row per staged row that names an organisation: feed, file, sha256, member, row,
    organisation_id, contact_id (null until contacts are resolved). golden.organisation: one row per live
    organisation. A first birth counts from the day its records were received, every other event from the business
    date of this run: what happens later to an entity never changes the stock of a month that is closed.
    """
    con.execute(
        "create table if not exists golden.crosswalk (feed varchar, file varchar, sha256 varchar, member varchar, row bigint, organisation_id varchar, contact_id varchar)"
    )
    con.execute(
        f"""create or replace temp view record as
        select *, feed || ':' || {RECORD_ID} as record_id, coalesce(city_code, province_code, '') as place_code
        from standard.party_record where {rules.organisation.names} is not null"""
    )
    build_clusters(con, rules.organisation)
    with transaction(con):
        _match_ids(con)
        _name_clusters_without_id(con)
        _collect_births(con)
        _collect_ends_and_moves(con)
        events = _record_events(con, rules, settings, run_id)
        con.execute("delete from golden.crosswalk")
        con.execute(
            """insert into golden.crosswalk
            select record.feed, record.file, record.sha256, record.member, record.row, assigned.organisation_id, null
            from record join cluster using (record_id) join assigned using (founding_key)
            order by record.feed, record.sha256, record.member, record.row"""
        )
        _write_golden(con)
    records, organisations = con.execute(
        "select count(*), count(distinct organisation_id) from golden.crosswalk"
    ).fetchall()[0]
    return Resolved(records, organisations, events)


def _match_ids(con: duckdb.DuckDBPyConnection) -> None:
    """`assigned` (founding_key, organisation_id, origin): the IDs that clusters keep; `held`: records each has of each ID.

    Mutual best: an ID goes to the cluster with most of its records, if to that cluster no ID brings more; then the
    next best of what is left. So one stray record cannot end an ID whose other records are still together, and a
    cluster that has most of an ID's records, most of its own being that ID's, always keeps it.
    """
    con.execute(
        f"""create or replace temp table held as
        with born as (select entity_id, min("at") as born_at from golden.entity_event where {LIFE} group by all),
        known as (select organisation_id, feed || ':' || {RECORD_ID} as record_id from golden.crosswalk)
        select cluster.founding_key, known.organisation_id, any_value(born.born_at) as born_at, count(*) as records
        from cluster join known using (record_id) left join born on born.entity_id = known.organisation_id
        group by cluster.founding_key, known.organisation_id"""
    )
    con.execute("create or replace temp table pair as select * from held")
    con.execute("create or replace temp table assigned (founding_key varchar, organisation_id varchar, origin varchar)")
    # one total order for both sides: the first pair of all is best for both, so each round takes at least one and the
    # loop ends
    order = "order by records desc, born_at, organisation_id, founding_key"
    while con.execute("select count(*) from pair").fetchall()[0][0]:
        con.execute(
            f"""create or replace temp table best as select founding_key, organisation_id from pair
            qualify row_number() over (partition by organisation_id {order}) = 1
                and row_number() over (partition by founding_key {order}) = 1"""
        )
        con.execute("insert into assigned select founding_key, organisation_id, 'kept' from best")
        con.execute(
            """delete from pair where founding_key in (select founding_key from best)
                or organisation_id in (select organisation_id from best)"""
        )


def _name_clusters_without_id(con: duckdb.DuckDBPyConnection) -> None:
    """Add to `assigned` the clusters that keep no ID, with the origin of the one they get.

    split: a new ID for records of other entities. revived: the ID last born for this key, which was retired. first: a
    new ID for a key that never had one. again: a new ID for a key that had one, which lives elsewhere or was merged.
    """
    con.execute(
        f"""insert into assigned
        with fresh as (
            select distinct founding_key, md5(founding_key) as key_hash, founding_key in (select founding_key from held) as has_parent
            from cluster where founding_key not in (select founding_key from assigned)
        ),
        -- rows are only ever added to the ledger, so rowid is the order of events, also within one business time
        life as (
            select right(cause, 32) as key_hash, count(*) as lives, arg_max(entity_id, rowid) as last_id
            from golden.entity_event where {LIFE} group by all
        ),
        state as (
            select entity_id, arg_max(kind, rowid) as last_kind from golden.entity_event
            where kind in ('birth', 'split', 'merge', 'retire') group by all
        ),
        named as (
            select fresh.founding_key, life.last_id, coalesce(life.lives, 0) as lives,
                case when fresh.has_parent then 'split' when life.lives is null then 'first'
                    when state.last_kind = 'retire' then 'revived' else 'again' end as origin
            from fresh left join life using (key_hash) left join state on state.entity_id = life.last_id
        )
        -- the number of earlier lives of the key goes into the hash, so that a new ID was never used before
        select founding_key, if(origin = 'revived', last_id, 'org_' || left(md5(founding_key || ':' || lives), 16)), origin
        from named"""
    )


def _collect_births(con: duckdb.DuckDBPyConnection) -> None:
    """`happened`: an event for each ID that begins to live in this run, in the province of most of its records."""
    con.execute(
        """create or replace temp table happened as
        with received as (
            select cluster.founding_key, min(record.received_on) as received_on
            from cluster join record using (record_id) group by all
        ),
        province as (
            select cluster.founding_key, record.province_code
            from cluster join record using (record_id) where record.province_code is not null
            group by cluster.founding_key, record.province_code
            qualify row_number() over (partition by cluster.founding_key order by count(*) desc, record.province_code) = 1
        ),
        parent as (
            select founding_key, list(organisation_id order by records desc, organisation_id) as from_ids from held group by all
        )
        select if(assigned.origin = 'split', 'split', 'birth') as kind, assigned.organisation_id as entity_id,
            coalesce(parent.from_ids, []) as from_ids, [assigned.organisation_id] as to_ids,
            case assigned.origin when 'split' then 'records no longer linked ' when 'first' then 'new records '
                when 'revived' then 'revived: records of a retired ID came back ' else 'records of a key whose earlier ID is not free ' end
                || md5(assigned.founding_key) as cause,
            -- null: the business date of the run
            if(assigned.origin = 'first', received.received_on, null) as business_date, province.province_code
        from assigned join received using (founding_key) left join province using (founding_key) left join parent using (founding_key)
        where assigned.origin <> 'kept'"""
    )


def _collect_ends_and_moves(con: duckdb.DuckDBPyConnection) -> None:
    """Add to `happened` the IDs that end in this run, and records that went from one living ID to another."""
    con.execute(
        f"""insert into happened
        with gone as (
            select distinct organisation_id from golden.crosswalk
            where organisation_id not in (select organisation_id from assigned)
        ),
        -- records that have another ID than before; where the new ID is no older one, its birth tells of them
        went as (
            select held.organisation_id as from_id, assigned.organisation_id as to_id, held.records
            from held join assigned using (founding_key)
            where assigned.origin = 'kept' and held.organisation_id <> assigned.organisation_id
        ),
        merged as (
            select from_id, list(to_id order by records desc, to_id) as to_ids
            from went where from_id in (select organisation_id from gone) group by all
        ),
        event as (
            select 'merge' as kind, from_id as entity_id, [from_id] as from_ids, to_ids, 'records linked' as cause from merged
            union all
            select 'retire', organisation_id, [organisation_id], [], 'no records left'
            from gone where organisation_id not in (select from_id from merged)
            union all
            select 'move', to_id, [from_id], [to_id], 'records moved: ' || records
            from went where from_id not in (select organisation_id from gone)
        )
        -- one entity is taken off the stock of the province to which its last birth or split added it
        select event.*, null, life.province_code
        from event left join (
            select entity_id, arg_max(struct_pack(code := province_code), rowid).code as province_code
            from golden.entity_event where {LIFE} group by all
        ) as life on life.entity_id = event.entity_id"""
    )


def _record_events(con: duckdb.DuckDBPyConnection, rules: Rules, settings: Settings, run_id: str) -> dict[str, int]:
    """Write what happened in this run to the ledger; give how many events of each kind."""
    con.execute(
        """insert into golden.entity_event by name
        select left(md5(concat_ws(':', kind, entity_id, from_ids, $1, $2)), 20) as event_id, $1 as "at",
            coalesce(business_date, $3) as business_date, kind, 'organisation' as entity_kind, entity_id, from_ids, to_ids, province_code, cause,
            $4 as rule_version, $2 as run_id
        from happened order by kind, entity_id, from_ids""",
        [settings.as_of, run_id, settings.business_date, rules.version],
    )
    return dict(con.execute("select kind, count(*) from happened group by all order by all").fetchall())


def _write_golden(con: duckdb.DuckDBPyConnection) -> None:
    """golden.organisation: per field the value of the most trusted, then most recent record that has one."""
    best = "order by record.trust desc, record.received_on desc, record.record_id"

    def chosen(column: str) -> str:
        return f"first(record.{column} {best}) filter (where record.{column} is not null) as {column}"

    columns = (
        "company_name",
        "province",
        "city",
        "county",
        "region_code",
        "province_code",
        "address",
        "website",
        "email",
        "uscc",
    )
    con.execute(
        f"""create or replace table golden.organisation as
        with born as (
            select entity_id, min(business_date) as born_on from golden.entity_event
            where entity_kind = 'organisation' and kind in ('birth', 'split') group by all
        )
        select assigned.organisation_id, {", ".join(map(chosen, columns))},
            array_to_string(list_sort(list_distinct(flatten(list(coalesce(record.numbers, []))))), '|') as phone,
            count(*) as records, count(distinct record.feed) as feeds,
            min(record.received_on) as first_received_on, max(record.received_on) as last_received_on, any_value(born.born_on) as born_on
        from record join cluster using (record_id) join assigned using (founding_key)
        left join born on born.entity_id = assigned.organisation_id
        group by assigned.organisation_id order by assigned.organisation_id"""
    )
