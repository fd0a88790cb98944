"""What stewards decided: rows that are the same, rows that are not. No rule and no model overrides it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal

import duckdb

from ccdata_assets.errors import WrongUse
from ccdata_assets.settings import Settings


def read_decisions(con: duckdb.DuckDBPyConnection) -> None:
    """`active`: decisions in force; `decided` (record_id): rows they are about."""
    con.execute(
        """create or replace temp table active as
        select *, row_number() over (order by "at", rowid) as priority from (
            select *, rowid from golden.decision qualify row_number() over (partition by decision_id order by rowid desc) = 1
        ) where kind <> 'none'"""
    )
    con.execute(
        """create or replace temp table decided as
        select distinct unnest(list_concat(left_rows, right_rows)) as record_id from active where entity_kind = 'organisation'"""
    )


def place_decisions(con: duckdb.DuckDBPyConnection) -> None:
    """`same_node` (a, b, priority) and `apart_node` (node, decision_id, side): the same over the nodes there are."""
    con.execute(
        """create or replace temp table decided_node as
        select active.decision_id, active.kind, active.priority, side.side, record.node from active,
            (values (0), (1)) as side (side), unnest(if(side.side = 0, left_rows, right_rows)) as named (record_id)
        join resolution.record on record.record_id = named.record_id
        where active.entity_kind = 'organisation' and record.node is not null"""
    )
    con.execute(
        """create or replace temp table same_node as
        with least_node as (select decision_id, min(node) as a from decided_node where kind = 'same' group by all)
        select least_node.a, decided_node.node as b, decided_node.priority from decided_node join least_node using (decision_id)
        where decided_node.node <> least_node.a"""
    )
    con.execute(
        """create or replace temp table apart_node as
        select distinct node, decision_id, side from decided_node where kind = 'apart'
        union
        -- two locked organisations are never one
        select node, 'locks', priority from decided_node join active using (decision_id, priority) where active.source = 'lock'"""
    )


def decide(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    kind: Literal["same", "apart"],
    left: Sequence[int],
    right: Sequence[int],
    source: str,
    by: str | None = None,
    comment: str | None = None,
) -> str:
    """Record that rows are one organisation, or are not; gives the decision's ID. The next run acts on it.

    left, right: record_ids. `same` holds among all of them, `apart` between each of the one and each of the other. Every earlier
    decision that says the contrary about two of these rows is withdrawn as a whole. WrongUse where a row is to be apart from itself.
    """
    if kind == "apart" and set(left) & set(right):
        raise WrongUse("a row cannot be apart from itself; fix: name each row on one side only")
    read_decisions(con)
    # of what is the same the sides say nothing
    contrary = {
        "same": "list_has_any(left_rows, $5) and list_has_any(right_rows, $5)",
        "apart": "list_has_any(list_concat(left_rows, right_rows), $5) and list_has_any(list_concat(left_rows, right_rows), $6)",
    }[kind]
    sides = [[*left, *right]] if kind == "same" else [list(left), list(right)]
    con.execute(
        f"""insert into golden.decision
        select decision_id, $1, 'none', entity_kind, left_rows, right_rows, $2, $3, 'a later decision says the contrary' from active
        where kind <> $4 and entity_kind = 'organisation' and {contrary}""",
        [settings.as_of, by, source, kind, *sides],
    )
    number = con.execute("select count(*) from golden.decision").fetchall()[0][0]
    decision_id = hashlib.md5(f"{kind}:{source}:{sorted(left)}:{sorted(right)}:{number}".encode()).hexdigest()[:20]
    con.execute(
        "insert into golden.decision values ($1, $2, $3, 'organisation', $4, $5, $6, $7, $8)",
        [decision_id, settings.as_of, kind, list(left), list(right), by, source, comment],
    )
    return decision_id


def withdraw(con: duckdb.DuckDBPyConnection, settings: Settings, decision_id: str, source: str, by: str | None = None) -> None:  # fmt: skip
    """Take a decision back: rules and model decide again. WrongUse where none of that ID is in force."""
    read_decisions(con)
    found = con.execute(
        "select entity_kind, left_rows, right_rows from active where decision_id = ?", [decision_id]
    ).fetchall()
    if not found:
        raise WrongUse(f"no decision {decision_id} is in force; fix: see golden.decision")
    con.execute(
        "insert into golden.decision values ($1, $2, 'none', $3, $4, $5, $6, $7, null)",
        [decision_id, settings.as_of, *found[0], by, source],
    )


def undo(con: duckdb.DuckDBPyConnection, settings: Settings, event_id: str, by: str | None = None) -> str:
    """Undo a merge: keep the rows of the ended ID apart from those that its successor had; gives the decision's ID.

    The next run gives the ended ID back to its rows. WrongUse where the event is no merge of organisations.
    """
    found = con.execute(
        "select from_ids[1], to_ids, run_id from golden.entity_event where event_id = ? and kind = 'merge' and entity_kind = 'organisation'",
        [event_id],
    ).fetchall()
    if not found:
        raise WrongUse(
            f"event {event_id} is no merge of organisations; fix: take an event_id of golden.entity_event with kind merge"
        )
    ended, successors, run_id = found[0]
    sides = con.execute(
        """with told as (
            select record_id, entity_id, seq, lag(entity_id) over (partition by record_id order by seq) as before, run_id
            from golden.membership where entity_kind = 'organisation'
        ),
        run as (select min(seq) as seq from told where run_id = $3 and before = $1),
        -- the successors' rows before this run
        theirs as (
            select record_id, arg_max(struct_pack(id := entity_id), seq).id as entity_id from told
            where seq < (select seq from run) group by all
        )
        select list(distinct record_id) from told where before = $1 and seq = (select seq from run) and list_contains($2, entity_id)
        union all
        select list(distinct record_id) from theirs where list_contains($2, entity_id)""",
        [ended, successors, run_id],
    ).fetchall()
    left, right = sides[0][0], sides[1][0]
    return decide(con, settings, "apart", left, right, f"undo of {event_id}", by)


def lock(con: duckdb.DuckDBPyConnection, settings: Settings, entity_id: str, run_id: str, by: str | None = None) -> str:
    """Lock an organisation: its rows stay together, its ID survives every merge, and it never merges with another locked one."""
    rows = con.execute(
        "select list(record_id order by record_id) from resolution.assigned where entity_kind = 'organisation' and entity_id = ?",
        [entity_id],
    ).fetchall()[0][0]
    if not rows:
        raise WrongUse(f"no organisation {entity_id} lives; fix: see golden.organisation")
    decision_id = decide(con, settings, "same", rows, [], "lock", by)
    con.execute(
        """insert into golden.entity_event by name
        select left(md5(concat_ws(':', 'lock', $1, $2)), 20) as event_id, $3 as "at", $4 as business_date, 'lock' as kind,
            'organisation' as entity_kind, $1 as entity_id, [$1] as from_ids, [$1] as to_ids, null as province_code, 'locked' as cause,
            '' as rule_version, $5 as run_id""",
        [entity_id, decision_id, settings.as_of, settings.business_date, run_id],
    )
    return decision_id
