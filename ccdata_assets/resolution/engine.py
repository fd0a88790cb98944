"""Resolution from end to end: standard.party_record → golden.crosswalk, organisations, contacts and the ledgers."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import duckdb

from ccdata_assets.contracts.compile import quote
from ccdata_assets.resolution.clusters import write_clusters
from ccdata_assets.resolution.contacts import resolve_contacts
from ccdata_assets.resolution.decisions import find_withdrawn, place_decisions, read_decisions
from ccdata_assets.resolution.golden import CROSSWALK, KEY, find_parents, show_golden, write_golden
from ccdata_assets.resolution.heirs import find_heirs
from ccdata_assets.resolution.ledger import write_entities
from ccdata_assets.resolution.links import write_links
from ccdata_assets.resolution.model import Model
from ccdata_assets.resolution.nodes import read_changes, record_columns
from ccdata_assets.resolution.rules import Rules
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import transaction

STATE = 2
"""Version of the tables of schema `resolution`; another one makes them anew, as does another DuckDB, whose hashes may differ."""

NUMBERED = "select seq from golden.membership union all select seq from golden.organisation_history union all select seq from golden.contact_history"
"""The ledgers whose lines carry the number of their run."""


@dataclass(frozen=True)
class Resolved:
    """What a run of resolution did."""

    records: int
    """Rows of the crosswalk."""
    new_records: int
    organisations: int
    contacts: int
    events: dict[str, dict[str, int]]
    """By entity kind and kind of event."""
    seconds: dict[str, float] = field(default_factory=dict)


def resolve(
    con: duckdb.DuckDBPyConnection,
    rules: Rules,
    model: Model,
    settings: Settings,
    run_id: str,
    progress: Callable[[str], None] = lambda stage: None,
) -> Resolved:
    """Bring the golden tables up to date with standard.party_record, at a cost that grows with what is new.

    golden.crosswalk (view): one row per staged row that names an organisation or a person: feed, file, sha256, member, row,
    organisation_id, contact_id. golden.organisation, golden.contact: one row per live entity. The ledgers are written in one
    transaction; a run that was killed leaves them as they were, and the next one works the state out anew.
    """
    seconds: dict[str, float] = {}
    begun = time.perf_counter()

    def lap(stage: str) -> None:
        nonlocal begun
        seconds[stage], begun = time.perf_counter() - begun, time.perf_counter()
        progress(stage)

    version = f"{rules.version}/{model.version}"
    # one checkpoint at the end, not one every few tables
    con.execute("set checkpoint_threshold = '4GB'")
    is_anew = _prepare(con, rules, model)
    read_decisions(con)
    find_withdrawn(con, _decisions_of_last_run(con))
    read_changes(con, rules)
    place_decisions(con)
    lap("read")
    write_links(con, rules.organisation, model)
    lap("link")
    write_clusters(con, rules.organisation)
    lap("cluster")
    with transaction(con):
        seq = con.execute(f"select coalesce(max(seq), 0) + 1 from ({NUMBERED})").fetchall()[0][0]
        # rows that are no longer there, and, where the state was made anew, those that had left before
        con.execute(
            """create or replace temp table concerned as
            select record_id, feed, sha256, member, row from gone_record
            union all
            select record_id, any_value(feed), any_value(sha256), any_value(member), any_value(row) from golden.membership
            where $1 and record_id in (select record_id from resolution.assigned) group by record_id""",
            [is_anew],
        )
        find_heirs(con)
        con.execute(
            """create or replace temp table locked as
            select distinct assigned.entity_id from active, unnest(left_rows) as named (record_id)
            join resolution.assigned as assigned using (record_id) where active.source = 'lock' and assigned.entity_kind = 'organisation'"""
        )
        con.execute(
            """create or replace temp table resolved as
            select record_id, cast(touched.cluster as varchar) as cluster_key, received_on, province_code from resolution.record join touched using (node)"""
        )
        organisation_events = write_entities(con, "organisation", version, settings, run_id, seq)
        con.execute("create or replace temp table changed_organisation as from changed_entity")
        # rows that were there before and are another organisation's now
        con.execute("create or replace temp table regrouped as select record_id from changed where from_id is not null")
        lap("organisation IDs")
        resolve_contacts(con, rules.contact)
        lap("contacts")
        contact_events = write_entities(con, "contact", version, settings, run_id, seq)
        con.execute("create or replace temp table changed_contact as from changed_entity")
        lap("contact IDs")
    find_parents(con, rules)
    lap("parents")
    write_golden(con, rules, "organisation", settings, run_id, seq, is_anew)
    lap("organisations")
    write_golden(con, rules, "contact", settings, run_id, seq, is_anew)
    lap("golden contacts")
    con.execute(CROSSWALK)
    con.execute(
        """delete from resolution.state where name = 'decisions';
        insert into resolution.state select 'decisions', count(*)::varchar from golden.decision"""
    )
    con.execute("insert into resolution.state values ('complete', $1)", [_digest(rules, model)])
    con.execute("checkpoint")
    con.execute("reset checkpoint_threshold")
    lap("checkpoint")
    counts = con.execute(
        f"""select (select count(*) from resolution.record where node is not null or {quote(f"contact_{rules.contact.names}")} is not null), (select count(*) from new_record),
            (select count(*) from golden.organisation), (select count(*) from golden.contact)"""
    ).fetchall()[0]
    records, new_records, organisations, contacts = counts
    return Resolved(
        records,
        new_records,
        organisations,
        contacts,
        {"organisation": organisation_events, "contact": contact_events},
        seconds,
    )


def _digest(rules: Rules, model: Model) -> str:
    return hashlib.sha256(
        f"{STATE}{duckdb.__version__}{rules.model_dump_json()}{model.prior}{model.weights}".encode()
    ).hexdigest()


def _prepare(con: duckdb.DuckDBPyConnection, rules: Rules, model: Model) -> bool:
    """The state of the last run; an empty one (true) where it was killed, or the rules or the model are others now."""
    con.execute("create table if not exists resolution.state (name varchar, value varchar)")
    done = con.execute("select value from resolution.state where name = 'complete'").fetchall()
    is_anew = done != [(_digest(rules, model),)]
    if is_anew:
        _forget(con, rules)
    # what is begun is not complete
    con.execute("delete from resolution.state where name = 'complete'")
    return is_anew


def _decisions_of_last_run(con: duckdb.DuckDBPyConnection) -> int | None:
    """How many lines golden.decision had when the last run was complete; None where nobody knows."""
    found = con.execute("select value from resolution.state where name = 'decisions'").fetchall()
    return int(found[0][0]) if found else None


def _forget(con: duckdb.DuckDBPyConnection, rules: Rules) -> None:
    """Empty state; what IDs rows have is in the ledger."""
    lists = {
        "record": "select cast(null as ubigint) as record_id, cast(null as ubigint) as node, cast(null as ubigint) as plain_node, false as is_decided, "
        + ", ".join(f"{expression} as {quote(name)}" for name, expression in record_columns(rules).items())
        + " from standard.party_record",
        "node": "select cast(null as ubigint) as node, cast(null as ubigint) as name_id, "
        + ", ".join(f"{expression} as {quote(name)}" for name, expression in rules.organisation.evidence.items())
        + " from standard.party_record",
        "batch": "select '' as feed, '' as sha256, '' as signature",
        "node_key": "select 1::utinyint as rule, 1::ubigint as key, 1::ubigint as node, 1::ubigint as name_id",
        "stopped": "select 1::utinyint as rule, 1::ubigint as key, 1::bigint as names, 1::bigint as pairs",
        "link": "select 1::ubigint as a, 1::ubigint as b, 1.0::double as weight, true as is_match, '' as reason",
        "cluster": "select 1::ubigint as node, 1::ubigint as component, 1::ubigint as cluster",
        "refused": "select 1::ubigint as a, 1::ubigint as b, 1.0::double as weight, '' as reason",
    }
    for name, query in lists.items():
        con.execute(f"create or replace table resolution.{name} as {query} limit 0")
    con.execute(
        """create or replace table resolution.assigned as
        select entity_kind, record_id, arg_max(struct_pack(id := entity_id), seq).id as entity_id from golden.membership
        group by all having entity_id is not null"""
    )
    for kind in KEY:
        show_golden(con, kind)
