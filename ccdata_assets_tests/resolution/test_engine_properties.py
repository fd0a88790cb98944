"""However the same rows arrive, they are the same organisations and people, and the ledgers tell every change of an ID."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccdata_assets.resolution import engine
from ccdata_assets.resolution.decisions import decide, lock, undo
from ccdata_assets.resolution.rules import Rules
from ccdata_assets_tests.resolution.runs import (
    SHIPPED,
    anew,
    at,
    company,
    events,
    forget,
    golden,
    golden_warehouse,
    ids,
    partition,
    person,
    record_id,
    run,
    together,
)
from ccdata_assets_tests.world import Row, fetch

KINDS = ("organisation", "contact")
_ORG = SHIPPED.organisation
TIGHT = SHIPPED.model_copy(
    update={
        "version": "tight",
        "organisation": _ORG.model_copy(
            update={
                "bound": _ORG.bound.model_copy(update={"names": 2}),
                "exact": tuple(
                    rule.model_copy(update={"names": 2}) if rule.names is not None else rule for rule in _ORG.exact
                ),
            }
        ),
    }
)
"""Rules whose bounds these few rows cross."""
BOTH = pytest.mark.parametrize("rules", [SHIPPED, TIGHT], ids=["shipped", "tight"])
MOBILES = ("+8613900000001", "+8613900000002")
LANDLINES = ("+865715550001", "+867555550002")
Files = Mapping[str, tuple[Row, ...]]
"""The rows of each file there is."""

PLACED = st.sampled_from(["330100", "330100", "440300", None])
ROWS = st.builds(
    lambda name, industry, place, branch, uscc, phones, who, title, email, crm: {
        **company(0, name, industry, place, branch if name else None, phones, uscc=uscc if name else None, email=email),
        **person(who, title if who else None),
        **dict(zip(("crm_id_of", "crm_id"), crm, strict=True)),
    },
    st.sampled_from(["青山", "青山", "青山湖", "蓝天云", "蓝天雪", None]),
    st.sampled_from(["科技", "科技", "贸易"]),
    PLACED,
    st.sampled_from([None, None, None, None, "宁波分公司"]),
    st.sampled_from([None, None, None, "U1", "U2"]),
    st.sets(st.sampled_from([*MOBILES, *LANDLINES]), max_size=1),
    st.sampled_from([None, "王伟", "王玮", "王伟强", "王", "李"]),
    st.sampled_from([None, "经理"]),
    st.sampled_from([None, None, None, "a@example.org"]),
    st.sampled_from(
        [(None, None)] * 6 + [("account", "AC17"), ("account", "0"), ("contact", "CT17"), ("contact", "CT18")]
    ),
)
"""Few names, places, numbers and people, so that most rows have to do with others."""


def numbered(rows: Iterable[Row], first: int = 1) -> list[Row]:
    return [{**row, "row": number} for number, row in enumerate(rows, start=first)]


def content(files: Files) -> list[Row]:
    """All rows there are, each with its file."""
    return [{**row, "sha256": name * 64, "file": f"directory/{name}"} for name, rows in files.items() for row in rows]


TABLES = st.lists(ROWS, min_size=5, max_size=9).map(numbered)


@st.composite
def deliveries(draw: st.DrawFn) -> Files:
    """Rows in up to three files, in the order in which these arrive."""
    rows = draw(TABLES)
    places = [draw(st.sampled_from("abc")) for _ in rows]
    order = draw(st.permutations("abc"))
    return {
        name: tuple(row for row, place in zip(rows, places, strict=True) if place == name)
        for name in order
        if name in places
    }


@st.composite
def histories(draw: st.DrawFn) -> list[Files]:
    """What files there are at each of some runs: files come, go away, and are read anew with other rows."""
    steps: list[Files] = []
    now: dict[str, tuple[Row, ...]] = {}
    for number in range(draw(st.integers(2, 3))):
        name = draw(st.sampled_from("abc"))
        rows = draw(st.lists(ROWS, min_size=2, max_size=5))
        first = 100 * "abc".index(name) + 1
        now = {**now, name: tuple(numbered(rows, first))}
        if number and draw(st.booleans()):
            now.pop(draw(st.sampled_from(sorted(now))))
        steps.append({name: rows for name, rows in now.items() if rows})
    return steps


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with golden_warehouse() as con:
        yield con


def partitions(con: duckdb.DuckDBPyConnection) -> dict[str, set[frozenset[int]]]:
    return {kind: partition(con, kind) for kind in KINDS}


def at_once(
    con: duckdb.DuckDBPyConnection, rows: Iterable[Row], rules: Rules = SHIPPED
) -> dict[str, set[frozenset[int]]]:
    """The partitions that one run over all rows gives, whatever was before."""
    forget(con)
    run(con, rows, rules=rules)
    return partitions(con)


def everything(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """All that readers see."""
    return {
        "crosswalk": fetch(con, "from golden.crosswalk order by feed, sha256, member, row"),
        **{kind: fetch(con, f"from golden.{kind} order by {kind}_id") for kind in KINDS},
    }


# --- the same rows, the same groups ------------------------------------------------------------------------------


@BOTH
@settings(max_examples=8)
@given(files=deliveries())
def test_rows_give_the_same_organisations_and_people_in_whatever_files_and_order_they_come(
    con: duckdb.DuckDBPyConnection, files: Files, rules: Rules
) -> None:
    rows = [row for part in files.values() for row in part]
    expected = at_once(con, sorted(rows, key=lambda row: int(row["row"])), rules)
    forget(con)
    there: dict[str, tuple[Row, ...]] = {}
    for name, part in files.items():
        there[name] = part
        run(con, content(there), rules=rules)
    assert partitions(con) == expected, "one run over all rows gives other groups"


@BOTH
@settings(max_examples=8)
@given(history=histories())
def test_files_that_go_away_or_are_read_anew_leave_no_trace_in_the_groups(
    con: duckdb.DuckDBPyConnection, history: list[Files], rules: Rules
) -> None:
    forget(con)
    for day, files in enumerate(history, start=1):
        run(con, content(files), f"2026-02-{day:02d}", rules=rules)
    found = partitions(con)
    assert found == at_once(con, content(history[-1]), rules), "a run over the rows that are left gives other groups"


@settings(max_examples=8)
@given(histories())
def test_a_run_that_works_everything_out_anew_changes_nothing(
    con: duckdb.DuckDBPyConnection, history: list[Files]
) -> None:
    forget(con)
    for day, files in enumerate(history, start=1):
        run(con, content(files), f"2026-02-{day:02d}")
    before = everything(con)
    anew(con)
    done = run(con, now="2026-03-01")
    assert done.events == {"organisation": {}, "contact": {}}, "an ID changed though no record did"
    assert everything(con) == before


# --- the ledgers tell everything ---------------------------------------------------------------------------------


def folded(con: duckdb.DuckDBPyConnection, kind: str, until: int) -> dict[int, str]:
    """Row → entity as golden.membership tells it up to a run."""
    told: dict[int, str | None] = {}
    for line in fetch(
        con,
        "select row, entity_id from golden.membership where entity_kind = ? and seq <= ? order by seq, rowid",
        kind,
        until,
    ):
        told[line["row"]] = line["entity_id"]
    return {row: entity for row, entity in told.items() if entity}


def alive(con: duckdb.DuckDBPyConnection, kind: str) -> set[str]:
    """The IDs that live when all events are replayed, each checked against what lived before it."""
    living: set[str] = set()
    # of one run what begins comes before what it is told of, but a split names an ID that the same run may end
    for row in fetch(con, "select * from golden.entity_event where entity_kind = ? order by rowid", kind):
        if row["kind"] in ("birth", "split"):
            assert row["entity_id"] not in living, f"{row['entity_id']} is born while it lives"
            living.add(row["entity_id"])
        elif row["kind"] in ("merge", "retire"):
            assert row["entity_id"] in living, f"{row['entity_id']} ends but does not live"
            living.remove(row["entity_id"])
    return living


def assert_told(con: duckdb.DuckDBPyConnection, kind: str, run_id: str, before: dict[int, str]) -> dict[int, str]:
    """Each row whose ID is another than before went from one to the other in an event of this run; gives the IDs now."""
    after = ids(con, kind)
    told = {(old, new) for _, _, olds, news in events(con, run_id, kind) for old in olds for new in news}
    silent = [row for row in before.keys() & after.keys() if before[row] != after[row] and (before[row], after[row]) not in told]  # fmt: skip
    assert silent == [], f"rows that changed their {kind} in silence"
    begun = {new for name, _, _, news in events(con, run_id, kind) if name in ("birth", "split") for new in news}
    ended = {old for name, _, olds, _ in events(con, run_id, kind) if name in ("merge", "retire") for old in olds}
    assert set(after.values()) - set(before.values()) == begun
    assert set(before.values()) - set(after.values()) == ended
    assert alive(con, kind) == set(after.values()) == golden(con, kind).keys()
    return after


@settings(max_examples=8)
@given(histories())
def test_memberships_replay_to_the_crosswalk_of_every_run_and_events_explain_every_difference(
    con: duckdb.DuckDBPyConnection, history: list[Files]
) -> None:
    forget(con)
    past: list[tuple[int, dict[str, dict[int, str]]]] = []
    before: dict[str, dict[int, str]] = {kind: {} for kind in KINDS}
    for day, files in enumerate(history, start=1):
        now = f"2026-02-{day:02d}"
        run(con, content(files), now)
        before = {kind: assert_told(con, kind, now, before[kind]) for kind in KINDS}
        (last,) = fetch(con, "select coalesce(max(seq), 0) as seq from golden.membership")
        past.append((last["seq"], before))
    for seq, crosswalk in past:
        assert {kind: folded(con, kind, seq) for kind in KINDS} == crosswalk


@settings(max_examples=8)
@given(histories())
def test_every_row_that_names_an_organisation_or_a_person_has_exactly_one(
    con: duckdb.DuckDBPyConnection, history: list[Files]
) -> None:
    forget(con)
    for day, files in enumerate(history, start=1):
        run(con, content(files), f"2026-02-{day:02d}")
    rows = content(history[-1])
    assert ids(con).keys() == {row["row"] for row in rows if row["company_name"]}
    assert ids(con, "contact").keys() == {row["row"] for row in rows if row.get("contact_name")}


# --- undo --------------------------------------------------------------------------------------------------------


@settings(max_examples=6)
@given(deliveries())
def test_a_merge_undone_gives_each_side_the_id_it_had_and_touches_nobody_else(
    con: duckdb.DuckDBPyConnection, files: Files
) -> None:
    forget(con)
    there: dict[str, tuple[Row, ...]] = {}
    for day, (name, part) in enumerate(files.items(), start=1):
        there[name] = part
        before = ids(con) if day > 1 else {}
        now = f"2026-02-{day:02d}"
        run(con, content(there), now)
        merges = fetch(
            con,
            "select event_id, from_ids[1] as ended, to_ids from golden.entity_event where run_id = ? and kind = 'merge' and entity_kind = 'organisation'",
            now,
        )
        if not merges:
            continue
        merge = merges[0]
        sides = {row: before[row] for row in before if before[row] in {merge["ended"], *merge["to_ids"]}}
        untouched = {key: value for key, value in golden(con).items() if key not in merge["to_ids"]}
        undo(con, at(now), merge["event_id"])
        run(con, now=f"2026-03-{day:02d}")
        after = ids(con)
        for side in together(sides):
            # a side that the rules join with others now may go on under their ID
            joined = {row for row in after if {after[row]} <= {after[one] for one in side}}
            if joined & before.keys() == side:
                assert {after[row] for row in side} == {before[row] for row in side}, "a side has not the ID it had"
        left, right = ({after[row] for row in sides if (sides[row] == merge["ended"]) == is_left} for is_left in (True, False))  # fmt: skip
        assert not left & right, "rows of the two sides are one organisation again"
        for key, value in untouched.items():
            if {after[row] for row in after if before.get(row) == key} == {key} and golden(con)[key]["records"] == value["records"]:  # fmt: skip
                assert golden(con)[key] == value, "an organisation that has nothing to do with the merge is another"
        return


# --- decisions ---------------------------------------------------------------------------------------------------

WORDS = st.lists(
    st.tuples(st.sampled_from(["same", "apart"]), st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=3
)


@settings(max_examples=8)
@given(files=deliveries(), words=WORDS)
def test_what_stewards_decided_holds_through_every_later_batch(
    con: duckdb.DuckDBPyConnection, files: Files, words: list[tuple[Any, int, int]]
) -> None:
    forget(con)
    there: dict[str, tuple[Row, ...]] = {}
    said = False
    for day, (name, part) in enumerate(files.items(), start=1):
        there[name] = part
        now = f"2026-02-{day:02d}"
        run(con, content(there), now)
        named = sorted(ids(con))
        if not said and len(named) > 1:
            said = True
            for kind, one, other in words:
                left, right = named[one % len(named)], named[other % len(named)]
                if left != right:
                    decide(con, at(now), kind, [record_id(con, left)], [record_id(con, right)], "a test")
            run(con, now=now, run_id=f"{now} decided")
        if said:
            assert_decided(con)


def assert_decided(con: duckdb.DuckDBPyConnection) -> None:
    """No rows that are to be apart share an organisation; rows that are the same do, where nothing says the contrary."""
    rows = fetch(
        con,
        """with active as (
            select * from (select *, rowid from golden.decision qualify row_number() over (partition by decision_id order by rowid desc) = 1) where kind <> 'none'
        )
        select kind, left_rows[1] as one, right_rows[1] as other from active where source = 'a test'""",
    )
    by_record = {
        row["record_id"]: row["entity_id"]
        for row in fetch(con, "select record_id, entity_id from resolution.assigned where entity_kind = 'organisation'")
    }
    apart = [row for row in rows if row["kind"] == "apart"]
    for row in apart:
        assert by_record[row["one"]] != by_record[row["other"]], "two rows are one organisation that were decided apart"
    for row in rows:
        if row["kind"] == "same" and not apart:
            assert by_record[row["one"]] == by_record[row["other"]], (
                "two rows are not one organisation that were decided the same"
            )


@settings(max_examples=6)
@given(deliveries(), st.integers(0, 8))
def test_a_locked_organisation_keeps_its_id_and_its_rows(
    con: duckdb.DuckDBPyConnection, files: Files, choice: int
) -> None:
    forget(con)
    there: dict[str, tuple[Row, ...]] = {}
    locked: str | None = None
    rows: set[int] = set()
    for day, (name, part) in enumerate(files.items(), start=1):
        there[name] = part
        now = f"2026-02-{day:02d}"
        run(con, content(there), now)
        found = ids(con)
        if locked is None and found:
            locked = sorted(set(found.values()))[choice % len(set(found.values()))]
            rows = {row for row, entity in found.items() if entity == locked}
            lock(con, at(now), locked, now)
        assert {found[row] for row in rows} <= {locked}, "the rows of a locked organisation have another ID"


# --- failures, rules, bounds -------------------------------------------------------------------------------------

STAGES = ("write_links", "write_clusters", "resolve_contacts", "write_golden", "write_parents")


@settings(max_examples=6)
@given(history=histories(), stage=st.sampled_from(STAGES))
def test_a_run_that_fails_and_is_run_again_ends_as_if_it_had_not(
    con: duckdb.DuckDBPyConnection, history: list[Files], stage: str
) -> None:
    def play(broken: bool) -> dict[str, Any]:
        forget(con)
        for day, files in enumerate(history, start=1):
            now = f"2026-02-{day:02d}"
            if broken and day == len(history):
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(engine, stage, lambda *_: 1 / 0)
                    with pytest.raises(ZeroDivisionError):
                        run(con, content(files), now, f"{now} failed")
            run(con, content(files), now)
        return everything(con)

    assert play(broken=True) == play(broken=False)


@settings(max_examples=5)
@given(histories())
def test_rules_of_another_version_are_applied_to_all_records_and_ids_stay(
    con: duckdb.DuckDBPyConnection, history: list[Files]
) -> None:
    forget(con)
    for day, files in enumerate(history, start=1):
        run(con, content(files), f"2026-02-{day:02d}")
    before = everything(con)
    version = SHIPPED.model_copy(update={"version": "next"})
    done = run(con, now="2026-03-01", rules=version)
    assert done.new_records == len(content(history[-1])), "rules of another version read every record"
    assert done.events == {"organisation": {}, "contact": {}} and everything(con) == before
    narrow = SHIPPED.organisation.model_copy(update={"block": (), "exact": SHIPPED.organisation.exact[2:]})
    ids_before = {kind: ids(con, kind) for kind in KINDS}
    other = SHIPPED.model_copy(update={"version": "narrow", "organisation": narrow})
    run(con, now="2026-03-02", rules=other)
    for kind in KINDS:
        assert_told(con, kind, "2026-03-02", ids_before[kind])
    kept = set(ids_before["organisation"].values()) - set(ids(con).values())
    assert kept == set(), "rules that link less end no ID"
