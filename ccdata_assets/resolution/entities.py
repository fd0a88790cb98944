"""Clusters → entities whose IDs stay: crosswalk, golden records and the ledger of what happened to each ID.

An ID is born with a cluster that has none, kept by the cluster that holds most of its records, and lost only by a
merge or a retirement that the ledger records with its cause, so no ID changes silently.
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
    organisation. Events carry business time: the day the records that caused them were received.
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
        _assign_ids(con)
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


def _assign_ids(con: duckdb.DuckDBPyConnection) -> None:
    """`assigned` (founding_key, organisation_id, is_new): the ID each cluster keeps, or a new one."""
    con.execute(
        f"""create or replace temp table held as
        select cluster.founding_key, known.organisation_id, count(*) as records
        from cluster join (select *, feed || ':' || {RECORD_ID} as record_id from golden.crosswalk) as known using (record_id)
        group by all"""
    )
    con.execute(
        """create or replace temp table assigned as
        with born as (
            select entity_id, min("at") as at_ from golden.entity_event
            where entity_kind = 'organisation' and kind in ('birth', 'split') group by all
        ),
        -- an ID goes to the cluster that holds most of its records; a cluster keeps the oldest ID that comes to it
        claim as (
            select held.*, born.at_ from held left join born on born.entity_id = held.organisation_id
            qualify row_number() over (partition by held.organisation_id order by records desc, founding_key) = 1
        ),
        kept as (
            select founding_key, organisation_id from claim
            qualify row_number() over (partition by founding_key order by at_, organisation_id) = 1
        ),
        fresh as (
            select distinct founding_key from cluster where founding_key not in (select founding_key from kept)
        ),
        -- an ID that was ever used is not given again: the number of earlier lives of the same key goes into the hash
        lives as (
            select fresh.founding_key, count(event.entity_id) as earlier
            from fresh left join golden.entity_event as event
                on event.kind in ('birth', 'split') and event.cause like '%' || md5(fresh.founding_key)
            group by all
        )
        select founding_key, organisation_id, false as is_new from kept
        union all
        select founding_key, 'org_' || left(md5(founding_key || ':' || earlier), 16), true from lives"""
    )


def _record_events(con: duckdb.DuckDBPyConnection, rules: Rules, settings: Settings, run_id: str) -> dict[str, int]:
    """Write births, splits, merges and retirements of this run to the ledger; give how many of each."""
    con.execute(
        """create or replace temp table happened as
        with received as (
            select cluster.founding_key, min(record.received_on) as received_on
            from cluster join record using (record_id) group by all
        ),
        before as (select distinct organisation_id from golden.crosswalk),
        gone as (
            select before.organisation_id from before
            where before.organisation_id not in (select organisation_id from assigned)
        ),
        -- where the records of an ID that is gone are now
        went as (
            select gone.organisation_id, min(assigned.organisation_id) as survivor
            from gone join held using (organisation_id) join assigned using (founding_key) group by all
        ),
        origin as (
            select assigned.organisation_id, min(held.organisation_id) as parent
            from assigned join held using (founding_key) where assigned.is_new group by all
        )
        select case when origin.parent is null then 'birth' else 'split' end as kind, assigned.organisation_id as entity_id,
            case when origin.parent is null then [] else [origin.parent] end as from_ids, [assigned.organisation_id] as to_ids,
            case when origin.parent is null then 'new records ' else 'records no longer linked ' end || md5(assigned.founding_key) as cause,
            received.received_on as business_date
        from assigned join received using (founding_key) left join origin on origin.organisation_id = assigned.organisation_id
        where assigned.is_new
        union all
        select 'merge', went.organisation_id, [went.organisation_id], [went.survivor], 'records linked', null from went
        union all
        select 'retire', gone.organisation_id, [gone.organisation_id], [], 'no records left', null
        from gone where gone.organisation_id not in (select organisation_id from went)"""
    )
    con.execute(
        """insert into golden.entity_event
        select left(md5(kind || entity_id || cast($1 as varchar) || $2), 20), $1, coalesce(business_date, $3), kind, 'organisation', entity_id,
            from_ids, to_ids, cause, $4, $2
        from happened order by kind, entity_id""",
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
