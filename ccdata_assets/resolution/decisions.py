"""What stewards decided: rows that are the same, rows that are not. No rule and no model overrides it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import duckdb

from ccdata_assets.errors import WrongUse
from ccdata_assets.resolution.entity_ids import not_alive
from ccdata_assets.resolution.lock_events import write_lock_event
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import insert_rows

Kind = Literal["same", "apart"]


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


def find_withdrawn(con: duckdb.DuckDBPyConnection, since: int | None) -> None:
    """`fresh_withdrawal`: decisions that the lines of golden.decision after the first `since` took back (None: nobody knows)."""
    con.execute(
        """create or replace temp table fresh_withdrawal as
        with line as (select *, row_number() over (order by rowid) as priority from golden.decision),
        last as (from line qualify row_number() over (partition by decision_id order by priority desc) = 1),
        first as (from line qualify row_number() over (partition by decision_id order by priority) = 1)
        select decision_id, first.kind, first.left_rows, first.right_rows, last.priority from last join first using (decision_id)
        where last.kind = 'none' and last.entity_kind = 'organisation' and last.priority > coalesce($1, 9223372036854775807)""",
        [since],
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


KEPT = """select decision_id, case kind when 'same' then count(distinct entity_id) = 1
    else count(distinct entity_id) = count(distinct (side, entity_id)) end as is_kept
from (
    from golden.decision where entity_kind = 'organisation' qualify row_number() over (partition by decision_id order by rowid desc) = 1
) as decision, (values (0), (1)) as side (side), unnest(if(side = 0, left_rows, right_rows)) as named (record_id)
join resolution.assigned as assigned using (record_id)
where kind <> 'none' and assigned.entity_kind = 'organisation' group by decision_id, kind"""
"""SQL: decision_id, is_kept of the decisions in force: false where they are not all possible (A is B, B is C, A is not C) and this one
gave way, or where the next run is still to act on it."""
LOCK = "lock"
"""Source of a decision that locks an organisation."""


class Decision(NamedTuple):
    """A decision in force about organisations."""

    decision_id: str
    kind: str
    left: frozenset[int]
    right: frozenset[int]
    source: str
    by: str | None = None

    def says_of(self, one: int, other: int) -> bool:
        """Whether it names the two records on different sides."""
        return (one in self.left and other in self.right) or (other in self.left and one in self.right)


class DecisionBook:
    """The decisions in force about organisations, read once, and those made since; `write` puts these into golden.decision.

    For many decisions at a time: each sees what the ones before it did, as if they had been written one by one.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
        self._con, self._settings = con, settings
        read_decisions(con)
        self._in_force: dict[str, Decision] = {}
        self._of_record: dict[int, dict[str, None]] = {}
        for decision_id, kind, left, right, source, by in con.execute(
            """select decision_id, kind, left_rows, right_rows, source, decided_by from active where entity_kind = 'organisation'
            order by rowid"""
        ).fetchall():
            self._add(Decision(decision_id, kind, frozenset(left), frozenset(right), source, by))
        self._lines = con.execute("select count(*) from golden.decision").fetchall()[0][0]
        self._new: list[tuple[Any, ...]] = []
        self._lock_events: list[tuple[Literal["lock", "unlock"], Decision, str]] = []
        """Kind, lock, cause of what is written into golden.entity_event."""

    def decide(
        self,
        kind: Kind,
        left: Sequence[int],
        right: Sequence[int],
        source: str,
        by: str | None = None,
        comment: str | None = None,
    ) -> tuple[str, list[Decision]]:
        """As the function `decide`; gives the decision's ID and the decisions that it takes back, locks among them.

        Of locked organisations that are one from now on the locks become one, of all their rows and by those who locked them:
        no row may have two. An organisation that is split is locked no more.
        """
        if kind == "apart" and set(left) & set(right):
            raise WrongUse("a row cannot be apart from itself; fix: name each row on one side only")
        gone = [
            found for found in self._about([*left, *right]) if found.kind != kind and _contradicts(found, left, right)
        ]
        locks = self._locks_of([*left, *right]) if kind == "same" else []
        if source == LOCK:
            left = sorted({*left, *(record for found in locks for record in found.left)})
        decision_id = self._name(kind, left, right, source)
        for found in gone:
            self._withdraw(found, source, by, "a later decision says the contrary")
            self._end_lock(found, f"decision {decision_id} splits its rows")
        joined = locks if source == LOCK or len(locks) > 1 else []
        for found in joined:
            self._withdraw(found, source, by, "a lock of more rows takes its place")
        self._record(Decision(decision_id, kind, frozenset(left), frozenset(right), source, by), comment)
        if source != LOCK and joined:
            self._join_locks(joined, decision_id, by)
            gone = [*gone, *joined]
        return decision_id, gone

    def _join_locks(self, locks: Sequence[Decision], decision_id: str, by: str | None) -> None:
        """One lock in the place of several, by those who made them."""
        rows = sorted({record for found in locks for record in found.left})
        said_by = ", ".join(dict.fromkeys(found.by for found in locks if found.by)) or by
        lock_id = self._name("same", rows, [], LOCK)
        made = Decision(lock_id, "same", frozenset(rows), frozenset(), LOCK, said_by)
        self._record(made, f"in the place of {', '.join(found.decision_id for found in locks)}")
        for found in locks:
            self._end_lock(found, f"decision {decision_id} joins it with another locked one")
        self._lock_events.append(("lock", made, f"decision {decision_id}: locked as one"))

    def _locks_of(self, records: Sequence[int]) -> list[Decision]:
        """The locks of these records and of the organisations that they belong to now."""
        locks = {found.decision_id: found for found in self._in_force.values() if found.source == LOCK}
        if not locks:
            return []
        theirs = {record for found in locks.values() for record in found.left}
        same = self._con.execute(
            """with entity as (
                select entity_id from resolution.assigned
                where entity_kind = 'organisation' and record_id in (select unnest($1::ubigint[]))
            )
            select record_id from resolution.assigned semi join entity using (entity_id)
            where entity_kind = 'organisation' and record_id in (select unnest($2::ubigint[]))""",
            [list(records), sorted(theirs)],
        ).fetchall()
        met = {*records, *(record for (record,) in same)}
        return [found for found in locks.values() if not found.left.isdisjoint(met)]

    def withdraw(self, decision_id: str, source: str, by: str | None = None) -> Decision | None:
        """Take a decision back and give it; None where none of that ID is in force."""
        found = self._in_force.get(decision_id)
        if found:
            self._withdraw(found, source, by, None)
            self._end_lock(found, f"decision {decision_id} withdrawn")
        return found

    def about(self, one: int, other: int) -> list[Decision]:
        """The decisions in force that name these two records on different sides, the latest first."""
        return [found for found in reversed(self._about([one])) if found.says_of(one, other)]

    def write(self) -> None:
        """Write what was decided and withdrawn, in that order, and the locks that this ends and begins."""
        insert_rows(self._con, "golden.decision", self._new)
        self._lines += len(self._new)
        self._new = []
        for kind, lock_, cause in self._lock_events:
            write_lock_event(self._con, self._settings, kind, lock_.decision_id, lock_.left, cause)
        self._lock_events = []

    def made_by(self, source: str) -> Decision | None:
        """The last decision in force that this source made."""
        return next((found for found in reversed(self._in_force.values()) if found.source == source), None)

    def lock_of(self, records: Sequence[int]) -> Decision | None:
        """The lock in force that names all of these records."""
        return next((found for found in self._about(records) if found.source == LOCK and found.left.issuperset(records)), None)  # fmt: skip

    def _end_lock(self, found: Decision, cause: str) -> None:
        if found.source == LOCK:
            self._lock_events.append(("unlock", found, cause))

    def _name(self, kind: Kind, left: Sequence[int], right: Sequence[int], source: str) -> str:
        """An ID for the next decision."""
        key = f"{kind}:{source}:{sorted(left)}:{sorted(right)}:{self._lines + len(self._new)}"
        return hashlib.md5(key.encode()).hexdigest()[:20]

    def _record(self, made: Decision, comment: str | None) -> None:
        self._add(made)
        self._write_line(
            made.decision_id, made.kind, sorted(made.left), sorted(made.right), made.by, made.source, comment
        )

    def _about(self, records: Sequence[int]) -> list[Decision]:
        """The decisions in force that name one of these records, in the order they were made."""
        if len(records) == 1:
            return [self._in_force[name] for name in self._of_record.get(records[0], ())]
        named = {name for record in records for name in self._of_record.get(record, ())}
        return [found for name, found in self._in_force.items() if name in named] if named else []

    def _add(self, decision: Decision) -> None:
        self._in_force[decision.decision_id] = decision
        for record in decision.left | decision.right:
            self._of_record.setdefault(record, {})[decision.decision_id] = None

    def _withdraw(self, decision: Decision, source: str, by: str | None, comment: str | None) -> None:
        del self._in_force[decision.decision_id]
        for record in decision.left | decision.right:
            del self._of_record[record][decision.decision_id]
        self._write_line(
            decision.decision_id, "none", sorted(decision.left), sorted(decision.right), by, source, comment
        )

    def _write_line(
        self,
        decision_id: str,
        kind: str,
        left: Iterable[int],
        right: Iterable[int],
        by: str | None,
        source: str,
        comment: str | None,
    ) -> None:
        self._new.append(
            (decision_id, self._settings.as_of, kind, "organisation", list(left), list(right), by, source, comment)
        )


def _contradicts(earlier: Decision, left: Sequence[int], right: Sequence[int]) -> bool:
    """Whether an earlier decision of the other kind says the contrary of two of these rows: of what is the same the sides
    say nothing."""
    if earlier.kind == "apart":
        return not (earlier.left.isdisjoint((*left, *right)) or earlier.right.isdisjoint((*left, *right)))
    named = earlier.left | earlier.right
    return not (named.isdisjoint(left) or named.isdisjoint(right))


def decide(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    kind: Kind,
    left: Sequence[int],
    right: Sequence[int],
    source: str,
    by: str | None = None,
    comment: str | None = None,
) -> str:
    """Record that rows are one organisation, or are not; gives the decision's ID. The next run acts on it.

    left, right: record_ids. `same` holds among all of them, `apart` between each of the one and each of the other. Every earlier
    decision that says the contrary about two of these rows is withdrawn as a whole. WrongUse where a row is to be apart from itself.
    Many at a time: DecisionBook.
    """
    book = DecisionBook(con, settings)
    decision_id, _ = book.decide(kind, left, right, source, by, comment)
    book.write()
    return decision_id


def withdraw(con: duckdb.DuckDBPyConnection, settings: Settings, decision_id: str, source: str, by: str | None = None) -> None:  # fmt: skip
    """Take a decision back: rules and model decide again. WrongUse where none of that ID is in force."""
    book = DecisionBook(con, settings)
    if not book.withdraw(decision_id, source, by):
        raise WrongUse(f"no decision {decision_id} is in force; fix: take one that `ccdata entity decisions` lists")
    book.write()


def undo(con: duckdb.DuckDBPyConnection, settings: Settings, event_id: str, by: str | None = None) -> tuple[str, list[Decision]]:  # fmt: skip
    """Undo a merge: keep the rows of the ended ID apart from those that its successor had; gives the decision's ID and the
    decisions that it takes back, such as the answer that made the merge, or a lock.

    The next run gives the ended ID back to its rows. WrongUse where the event is no merge of organisations, or is undone.
    """
    book = DecisionBook(con, settings)
    if done := book.made_by(f"undo of {event_id}"):
        raise WrongUse(
            f"event {event_id} is already undone, by decision {done.decision_id}; fix: nothing to do, the next `ccdata run` acts on it"
        )
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
    if not left or not right:
        raise WrongUse(
            f"event {event_id} is older than the ledger of memberships, or its rows are gone; fix: answer the pair in the review workbook"
        )
    made = book.decide("apart", left, right, f"undo of {event_id}", by)
    book.write()
    return made


def lock(con: duckdb.DuckDBPyConnection, settings: Settings, entity_id: str, run_id: str, by: str | None = None) -> str:
    """Lock an organisation: no rule splits its rows, its ID survives every merge, and no rule merges it with another locked one.

    A later decision of a person may do either, and says so. WrongUse where no such organisation lives, or it is locked as it is.
    """
    rows = con.execute(
        "select list(record_id order by record_id) from resolution.assigned where entity_kind = 'organisation' and entity_id = ?",
        [entity_id],
    ).fetchall()[0][0]
    if not rows:
        raise not_alive(con, entity_id)
    book = DecisionBook(con, settings)
    if done := book.lock_of(rows):
        raise WrongUse(f"{entity_id} is already locked, by decision {done.decision_id}; fix: nothing to do")
    decision_id, _ = book.decide("same", rows, [], LOCK, by)
    book.write()
    write_lock_event(con, settings, "lock", decision_id, rows, f"decision {decision_id}: locked", run_id)
    return decision_id
