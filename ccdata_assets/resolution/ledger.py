"""Clusters → entities whose IDs stay, and the ledgers that tell all that ever happened to them.

An ID is born with a cluster that has none, kept by the cluster that has most of its records, and lost only by a merge or a
retirement. golden.entity_event records each of these with its cause, golden.membership every row that changes its
entity: no ID changes silently, replaying the memberships gives the crosswalk of any day. An ID that a merge or a retirement
ended is given again when the records that had it are on their own again: a merge that is undone leaves no trace but its events.
"""

from __future__ import annotations

from typing import Literal

import duckdb

from ccdata_assets.resolution.event_causes import find_deciders
from ccdata_assets.settings import Settings

Kind = Literal["organisation", "contact"]
PREFIX = {"organisation": "org_", "contact": "con_"}
LIFE = "kind in ('birth', 'split')"
"""Events that begin a life of an ID; their cause ends with the hash of the cluster's key."""


def write_entities(con: duckdb.DuckDBPyConnection, kind: Kind, version: str, settings: Settings, run_id: str, seq: int) -> dict[str, int]:  # fmt: skip
    """Give the clusters of the temporary table `resolved` (record_id, cluster_key, received_on, province_code) their IDs; gives the events of each kind.
    `heir` (record_id, past_id) names rows that took the place of others.

    Brings resolution.assigned, golden.membership and golden.entity_event up to date; records of `concerned` that are not in
    `resolved` lose theirs. Leaves `changed_entity` (entity_id): IDs whose records are not what they were. A first birth counts
    from the day its records were received, every other event from the business date of the run: what happens later to
    an entity never changes the stock of a month that is closed.
    """
    con.execute(
        """create or replace temp table before as
        select record_id, entity_id from resolution.assigned where entity_kind = $1
            and (record_id in (select record_id from resolved) or record_id in (select record_id from concerned))""",
        [kind],
    )
    # a row that took the place of another stands for that one too
    con.execute(
        """create or replace temp view lineage as
        select record_id, cluster_key from resolved union all select past_id, cluster_key from heir join resolved using (record_id)"""
    )
    con.execute("create or replace temp table given (cluster_key varchar, entity_id varchar, origin varchar)")
    _keep(con, kind)
    _revive(con, kind)
    _bear(con, kind)
    _collect_events(con, kind)
    _write_membership(con, kind, settings, run_id, seq)
    con.execute(
        """insert into golden.entity_event by name
        select left(md5(concat_ws(':', kind, entity_id, from_ids, $1, $2, $6)), 20) as event_id, $1 as "at",
            coalesce(business_date, $3) as business_date, kind, $4 as entity_kind, entity_id, from_ids, to_ids, province_code, cause,
            $5 as rule_version, $2 as run_id
        from happened order by kind, entity_id, from_ids""",
        [settings.as_of, run_id, settings.business_date, kind, version, seq],
    )
    return dict(con.execute("select kind, count(*) from happened group by all order by all").fetchall())


def _match(con: duckdb.DuckDBPyConnection, kind: Kind, origin: str) -> None:
    """Give IDs of `held` (cluster_key, entity_id, is_locked, born_at, records) to clusters; locked ones first.

    Mutual best: an ID goes to the cluster with most of its records, if to that cluster no ID brings more; then the next best
    of what is left. So one stray record cannot end an ID whose other records are still together, and a cluster that has most of an
    ID's records, most of its own being that ID's, keeps it. A guest comes last: a cluster with records that a merge brought to the
    ID, and none of those that have had it longest. Its own ID is given back to it.
    """
    # the plain case at once: one ID in one cluster
    con.execute(
        """create or replace temp table pair as
        select *, count(*) over (partition by cluster_key) as ids, count(*) over (partition by entity_id) as clusters from held"""
    )
    con.execute(
        "insert into given select cluster_key, entity_id, $1 from pair where ids = 1 and clusters = 1", [origin]
    )
    con.execute("delete from pair where ids = 1 and clusters = 1")
    if not con.execute("select count(*) from pair").fetchall()[0][0]:
        return
    con.execute(
        """create or replace temp table pair as
        with told as (
            select record_id, entity_id, seq, lag(entity_id) over (partition by record_id order by seq) as earlier_id
            from golden.membership where entity_kind = $1
                and record_id in (select record_id from lineage where cluster_key in (select cluster_key from pair))
        ),
        had as (
            select lineage.cluster_key, told.entity_id, told.seq, told.earlier_id from told join lineage using (record_id)
            where told.entity_id in (select entity_id from pair)
            qualify row_number() over (partition by told.record_id, told.entity_id order by told.seq desc) = 1
        ),
        longest as (select entity_id, min(seq) as seq from had group by all),
        counted as (
            select had.cluster_key, had.entity_id, count(*) filter (where had.seq = longest.seq) as natives,
                bool_or(had.earlier_id not in (select entity_id from resolution.assigned where entity_kind = $1)) as has_merged
            from had join longest using (entity_id) group by all
        )
        select pair.*, coalesce(counted.natives, 0) as natives, coalesce(counted.natives = 0 and counted.has_merged, false) as is_guest
        from pair left join counted using (cluster_key, entity_id)""",
        [kind],
    )
    # one total order for both sides: the first pair of all is best for both, so each round takes at least one and the
    # loop ends
    order = "order by is_locked desc, is_guest, records desc, natives desc, born_at, entity_id, cluster_key"
    while con.execute("select count(*) from pair").fetchall()[0][0]:
        con.execute(
            f"""create or replace temp table best as select cluster_key, entity_id from pair
            qualify row_number() over (partition by entity_id {order}) = 1 and row_number() over (partition by cluster_key {order}) = 1"""
        )
        con.execute("insert into given select cluster_key, entity_id, $1 from best", [origin])
        con.execute(
            """delete from pair where cluster_key in (select cluster_key from best) or entity_id in (select entity_id from best)"""
        )


def _keep(con: duckdb.DuckDBPyConnection, kind: Kind) -> None:
    """The IDs that clusters keep."""
    con.execute(
        f"""create or replace temp table held as
        with met as (
            select cluster_key, entity_id, count(*) as records from lineage join before using (record_id) group by all
        ),
        born as (
            select entity_id, min("at") as born_at from golden.entity_event where {LIFE} and entity_id in (select entity_id from met) group by all
        )
        select met.cluster_key, met.entity_id, met.entity_id in (select entity_id from locked) as is_locked, born.born_at, met.records
        from met left join born using (entity_id)"""
    )
    _match(con, kind, "kept")
    con.execute("create or replace temp table parent as select * from held")


def _revive(con: duckdb.DuckDBPyConnection, kind: Kind) -> None:
    """IDs that ended and whose records are a cluster of their own again."""
    con.execute(
        """create or replace temp table held as
        with lonely as (select * from resolved where cluster_key not in (select cluster_key from given)),
        past as (
            select record_id, entity_id, seq from golden.membership
            where entity_kind = $1 and entity_id is not null and record_id in (select record_id from lonely)
        ),
        dead as (
            select past.* from past where entity_id not in (select entity_id from resolution.assigned where entity_kind = $1 and entity_id in (select entity_id from past))
        ),
        -- its last ID of those that are free
        last as (select record_id, arg_max(entity_id, seq) as entity_id from dead group by all)
        select cluster_key, entity_id, false as is_locked, cast(null as timestamptz) as born_at, count(*) as records
        from lonely join last using (record_id) group by all""",
        [kind],
    )
    _match(con, kind, "revived")


def _bear(con: duckdb.DuckDBPyConnection, kind: Kind) -> None:
    """New IDs for what is left."""
    con.execute(
        f"""insert into given
        with fresh as (
            select distinct cluster_key, md5(cluster_key) as key_hash from resolved where cluster_key not in (select cluster_key from given)
        ),
        life as (
            select right(cause, 32) as key_hash, count(*) as lives from golden.entity_event
            where {LIFE} and entity_kind = $1 and right(cause, 32) in (select key_hash from fresh) group by all
        )
        -- the number of earlier lives of the key goes into the hash, so that a new ID was never used before
        select cluster_key, $2 || left(md5(cluster_key || ':' || coalesce(lives, 0)), 16), if(lives is null, 'first', 'again')
        from fresh left join life using (key_hash)""",
        [kind, PREFIX[kind]],
    )


def _collect_events(con: duckdb.DuckDBPyConnection, kind: Kind) -> None:
    """`happened`: what begins, ends or moves in this run."""
    con.execute(
        """create or replace temp table after as
        select record_id, entity_id, cluster_key from resolved join given using (cluster_key)"""
    )
    find_deciders(con, kind)
    # of each new ID: the day its records were received, and the province of most of them
    con.execute(
        """create or replace temp table happened as
        with fresh as (select * from given where origin <> 'kept'),
        received as (
            select cluster_key, min(received_on) as received_on from resolved where cluster_key in (select cluster_key from fresh) group by all
        ),
        province as (
            select cluster_key, province_code from resolved where province_code is not null and cluster_key in (select cluster_key from fresh)
            group by cluster_key, province_code qualify row_number() over (partition by cluster_key order by count(*) desc, province_code) = 1
        ),
        origin as (
            select cluster_key, list(entity_id order by records desc, entity_id) as from_ids from parent
            where cluster_key in (select cluster_key from fresh) group by all
        )
        select if(origin.from_ids is null, 'birth', 'split') as kind, fresh.entity_id, coalesce(origin.from_ids, []) as from_ids,
            [fresh.entity_id] as to_ids,
            coalesce(decider.said || ': ', '') || case when fresh.origin = 'revived' and origin.from_ids is not null then 'an ended ID is given back to the records that had it '
                when fresh.origin = 'revived' then 'records of an ended ID came back '
                when origin.from_ids is not null then 'records no longer linked ' else 'new records ' end || md5(fresh.cluster_key) as cause,
            -- null: the business date of the run
            if(fresh.origin = 'first' and origin.from_ids is null, received.received_on, null) as business_date, province.province_code
        from fresh join received using (cluster_key) left join province using (cluster_key) left join origin using (cluster_key)
        left join decider on decider.to_id = fresh.entity_id and decider.from_id = origin.from_ids[1]"""
    )
    con.execute(
        f"""insert into happened
        with alive as (select distinct entity_id from after),
        gone as (
            select distinct entity_id from before where entity_id not in (from alive)
        ),
        -- records that have another ID than before; where the new ID is no older one, its birth tells of them
        went as (
            select before.entity_id as from_id, given.entity_id as to_id, count(*) as records, any_value(decider.said || ': ') as said
            from before join lineage using (record_id) join given using (cluster_key)
            left join decider on decider.from_id = before.entity_id and decider.to_id = given.entity_id
            where given.origin = 'kept' and before.entity_id <> given.entity_id group by all
        ),
        merged as (
            select from_id, list(to_id order by records desc, to_id) as to_ids, min(said) as said from went where from_id in (from gone) group by all
        ),
        event as (
            select 'merge' as kind, from_id as entity_id, [from_id] as from_ids, to_ids,
                coalesce(said, '') || 'records linked' as cause from merged
            union all
            select 'retire', entity_id, [entity_id], [], 'no records left' from gone where entity_id not in (select from_id from merged)
            union all
            select 'move', to_id, [from_id], [to_id], coalesce(said, '') || 'records moved: ' || records from went where from_id not in (from gone)
        ),
        -- one entity is taken off the stock of the province to which its last birth or split added it
        life as (
            select entity_id, arg_max(struct_pack(code := province_code), rowid).code as province_code from golden.entity_event
            where {LIFE} and entity_id in (select entity_id from event) group by all
        )
        select event.*, null, life.province_code from event left join life using (entity_id)"""
    )


def _write_membership(con: duckdb.DuckDBPyConnection, kind: Kind, settings: Settings, run_id: str, seq: int) -> None:
    """Record the rows whose entity is another than before."""
    con.execute(
        """create or replace temp table changed as
        select coalesce(after.record_id, before.record_id) as record_id, before.entity_id as from_id, after.entity_id as to_id
        from before full join after using (record_id) where before.entity_id is distinct from after.entity_id"""
    )
    con.execute(
        """insert into golden.membership
        select $1, $2, $3, record.feed, record.sha256, record.member, record.row, changed.record_id, changed.to_id, $4
        from changed join (
            select record_id, feed, sha256, member, row from resolution.record
            union all from concerned where record_id not in (select record_id from resolution.record)
        ) as record using (record_id) order by all""",
        [settings.as_of, run_id, kind, seq],
    )
    con.execute(
        "delete from resolution.assigned where entity_kind = $1 and record_id in (select record_id from changed where from_id is not null)",
        [kind],
    )
    con.execute(
        "insert into resolution.assigned select $1, record_id, to_id from changed where to_id is not null", [kind]
    )
    con.execute(
        "create or replace temp table changed_entity as select from_id as entity_id from changed where from_id is not null union select to_id from changed where to_id is not null"
    )
