"""What a steward decided holds: rows the same, rows apart, a merge undone, an organisation locked."""

from __future__ import annotations

import random
import re
from typing import Literal

import duckdb
import pytest

from ccdata_assets.errors import WrongUse
from ccdata_assets.resolution.decision_list import decisions
from ccdata_assets.resolution.decisions import DecisionBook, Kind, decide, lock, undo, withdraw
from ccdata_assets_tests.resolution import runs
from ccdata_assets_tests.resolution.runs import (
    CHAINED,
    anew,
    at,
    company,
    events,
    golden,
    ids,
    partition,
    record,
    record_id,
    run,
)
from ccdata_assets_tests.world import fetch

NOW = "2026-02-01"


def say(
    con: duckdb.DuckDBPyConnection, kind: Literal["same", "apart"], left: list[int], right: list[int], now: str = NOW
) -> str:
    """Decide about rows by their numbers."""
    sides = [[record_id(con, row) for row in rows] for rows in (left, right)]
    return decide(con, at(now), kind, *sides, source="a test", by="tester")


def in_force(con: duckdb.DuckDBPyConnection) -> set[str]:
    """Kinds of the decisions of golden.decision that were not withdrawn."""
    rows = fetch(
        con, "from golden.decision qualify row_number() over (partition by decision_id order by rowid desc) = 1"
    )
    return {row["kind"] for row in rows if row["kind"] != "none"}


def merge_of(con: duckdb.DuckDBPyConnection, run_id: str) -> str:
    (row,) = fetch(
        con,
        "select event_id from golden.entity_event where run_id = ? and kind = 'merge' and entity_kind = 'organisation'",
        run_id,
    )
    return str(row["event_id"])


# --- same and apart ----------------------------------------------------------------------------------------------


def test_rows_decided_the_same_are_one_whatever_speaks_against_it(con: duckdb.DuckDBPyConnection) -> None:
    run(con, [company(1, uscc="U1"), company(2, "蓝天", place="440300", uscc="U2"), company(3, "白云")])
    say(con, "same", [1], [2])
    run(con)
    assert partition(con) == {frozenset({1, 2}), frozenset({3})}


def test_rows_decided_apart_are_two_however_alike_and_records_that_come_later_join_one_of_them(
    con: duckdb.DuckDBPyConnection,
) -> None:
    rows = [company(1), company(2)]
    run(con, rows)
    say(con, "apart", [1], [2])
    run(con)
    assert partition(con) == {frozenset({1}), frozenset({2})}
    run(con, [*rows, company(3, sha256="b" * 64)])
    found = ids(con)
    assert found[1] != found[2] and found[3] in {found[1], found[2]}


@pytest.mark.parametrize("left", [[1], [2], [3]])
def test_rows_of_one_side_stay_together_when_another_row_is_decided_apart_from_them(
    con: duckdb.DuckDBPyConnection, left: list[int]
) -> None:
    run(con, [company(1), company(2), company(3)])
    right = sorted({1, 2, 3} - set(left))
    say(con, "apart", left, right)
    run(con)
    assert partition(con) == {frozenset(left), frozenset(right)}


@pytest.mark.parametrize("kind", ["same", "apart"])
def test_rows_that_say_the_same_stay_together_when_one_of_them_is_decided_about(
    con: duckdb.DuckDBPyConnection, kind: Literal["same", "apart"]
) -> None:
    # no rule links the name of a place that is not known: these are one because they say the same
    alike = [company(row, None, place=None, match_key="人民医院", company_name="人民医院") for row in (1, 2, 3)]
    run(con, [*alike, company(4)], "2026-02-01")
    (one,) = {ids(con)[row] for row in (1, 2, 3)}
    say(con, kind, [1], [4])
    run(con, now="2026-02-02")
    found = ids(con)
    assert {found[row] for row in (1, 2, 3)} == {one} and (found[4] == one) == (kind == "same")


def test_a_decision_withdrawn_leaves_the_word_to_the_rules(con: duckdb.DuckDBPyConnection) -> None:
    run(con, [company(1), company(2)])
    before = ids(con)
    said = say(con, "apart", [1], [2])
    run(con)
    assert len(partition(con)) == 2
    withdraw(con, at(NOW), said, "a test")
    run(con)
    assert ids(con) == before
    with pytest.raises(WrongUse, match="in force; fix: "):
        withdraw(con, at(NOW), said, "a test")


def test_of_two_decisions_that_contradict_each_other_the_later_one_holds(con: duckdb.DuckDBPyConnection) -> None:
    run(con, [company(1), company(2)])
    for kind, groups in (("apart", 2), ("same", 1), ("apart", 2)):
        say(con, kind, [1], [2])  # type: ignore[arg-type]
        run(con)
        assert len(partition(con)) == groups and in_force(con) == {kind}


def test_rows_of_one_side_of_same_are_the_same_too_so_a_later_word_about_them_holds(
    con: duckdb.DuckDBPyConnection,
) -> None:
    run(con, [company(1), company(2, "蓝天"), company(3, "白云")])
    say(con, "same", [1, 2], [3])
    say(con, "apart", [1], [2])
    assert in_force(con) == {"apart"}
    say(con, "same", [1, 2], [3])
    assert in_force(con) == {"same"}
    run(con)
    assert partition(con) == {frozenset({1, 2, 3})}


def test_a_row_cannot_be_decided_apart_from_itself(con: duckdb.DuckDBPyConnection) -> None:
    run(con, [company(1), company(2)])
    with pytest.raises(WrongUse, match="apart from itself; fix: "):
        say(con, "apart", [1, 2], [2])
    assert in_force(con) == set()


def test_a_decision_outlasts_a_file_that_goes_away_and_comes_back_and_a_state_made_anew(
    con: duckdb.DuckDBPyConnection,
) -> None:
    rows = [company(1), company(2, sha256="b" * 64)]
    run(con, rows)
    say(con, "apart", [1], [2])
    run(con)
    before = ids(con)
    run(con, rows[:1], "2026-02-02")
    run(con, rows, "2026-02-03")
    assert ids(con) == before
    anew(con)
    run(con, now="2026-02-04")
    assert ids(con) == before


def test_of_decisions_that_cannot_all_be_kept_the_list_says_which_gave_way(con: duckdb.DuckDBPyConnection) -> None:
    run(con, [company(1), company(2, "蓝天"), company(3, "白云")])
    say(con, "same", [1], [2])
    say(con, "same", [2], [3])
    run(con)
    assert [line["is_kept"] for line in decisions(con)] == [True, True]
    say(con, "apart", [1], [3])
    run(con)
    kept = [(line["kind"], line["is_kept"]) for line in decisions(con)]
    assert sorted(kept, key=str) == [("apart", True), ("same", False), ("same", True)]
    run(con, [])
    assert [line["is_kept"] for line in decisions(con)] == [None] * 3, "of rows that are not there nothing is said"


def test_many_decisions_at_a_time_leave_what_one_after_the_other_leaves(con: duckdb.DuckDBPyConnection) -> None:
    chance = random.Random(7)
    said: list[tuple[Kind, list[int], list[int]]] = []
    for _ in range(60):
        rows = chance.sample(range(1, 9), chance.randint(2, 4))
        place = chance.randint(1, len(rows) - 1)
        said.append((chance.choice(("same", "apart")), rows[:place], rows[place:]))
    for kind, left, right in said:
        decide(con, at(NOW), kind, left, right, "a test", "tester")
    single = con.execute("from golden.decision order by rowid").fetchall()
    con.execute("delete from golden.decision")
    book = DecisionBook(con, at(NOW))
    made = [book.decide(kind, left, right, "a test", "tester")[0] for kind, left, right in said]
    assert con.execute("from golden.decision").fetchall() == [], "nothing is written before it is said"
    book.write()
    assert con.execute("from golden.decision order by rowid").fetchall() == single
    assert set(made) == {line[0] for line in single} and any(line[2] == "none" for line in single)


# --- undo --------------------------------------------------------------------------------------------------------


def test_undoing_a_merge_gives_each_side_its_id_and_its_golden_record_back(con: duckdb.DuckDBPyConnection) -> None:
    apart = [record(1, "甲", "U1"), record(2, "乙", "U2"), record(3, "丙")]
    runs.run(con, apart, "2026-02-01", rules=CHAINED)
    before, records = ids(con), golden(con)
    runs.run(con, [*apart, record(4, "乙", "U1", sha256="b" * 64)], "2026-02-02", rules=CHAINED)
    undo(con, at("2026-02-03"), merge_of(con, "2026-02-02"), "tester")
    runs.run(con, now="2026-02-03", rules=CHAINED)
    after = ids(con)
    assert {row: after[row] for row in before} == before
    assert golden(con)[before[3]] == records[before[3]], "the undo touches nobody else"
    assert [kind for kind, *_ in events(con, "2026-02-03")] == ["split"]


def test_a_merge_undone_is_not_made_again_by_the_record_that_made_it(con: duckdb.DuckDBPyConnection) -> None:
    apart = [record(1, "甲", "U1"), record(2, "乙", "U2")]
    runs.run(con, apart, "2026-02-01", rules=CHAINED)
    before = ids(con)
    link = [record(row, "乙", "U1", sha256=name * 64) for row, name in ((3, "b"), (4, "c"))]
    runs.run(con, [*apart, link[0]], "2026-02-02", rules=CHAINED)
    undo(con, at("2026-02-03"), merge_of(con, "2026-02-02"))
    runs.run(con, now="2026-02-03", rules=CHAINED)
    runs.run(con, [*apart, *link], "2026-02-04", rules=CHAINED)
    assert {row: ids(con)[row] for row in before} == before


def test_a_merge_of_organisations_whose_records_say_the_same_can_be_undone(con: duckdb.DuckDBPyConnection) -> None:
    two = [*(company(row) for row in (1, 2)), *(company(row, "蓝天") for row in (3, 4, 5))]
    run(con, two, "2026-02-01")
    before = ids(con)
    run(con, [company(row) for row in range(1, 6)], "2026-02-02")
    undo(con, at("2026-02-03"), merge_of(con, "2026-02-02"))
    run(con, now="2026-02-03")
    assert ids(con) == before


def test_an_id_that_was_split_off_and_merged_back_is_given_back_by_the_undo(con: duckdb.DuckDBPyConnection) -> None:
    one, two = [record(1, "甲"), record(2, "甲")], [record(1, "甲"), record(2, "乙")]
    run(con, one, "2026-02-01")
    run(con, two, "2026-02-02")
    before = ids(con)
    run(con, one, "2026-02-03")
    undo(con, at("2026-02-04"), merge_of(con, "2026-02-03"))
    run(con, now="2026-02-04")
    assert ids(con) == before


def test_records_that_joined_the_ended_side_after_the_merge_go_with_it(con: duckdb.DuckDBPyConnection) -> None:
    apart = [record(1, "甲", "U1"), record(2, "乙", "U2")]
    runs.run(con, apart, "2026-02-01", rules=CHAINED)
    before = ids(con)
    runs.run(con, [record(1, "甲", "U1"), record(2, "乙", "U1")], "2026-02-02", rules=CHAINED)
    (survivor,) = set(ids(con).values())
    (ended,) = (row for row in before if before[row] != survivor)
    joined = [record(row, "甲" if ended == 1 else "乙", sha256="b" * 64) for row in (3, 4, 5)]
    rows = [record(1, "甲", "U1"), record(2, "乙", "U1"), *joined]
    runs.run(con, rows, "2026-02-03", rules=CHAINED)
    undo(con, at("2026-02-04"), merge_of(con, "2026-02-02"))
    runs.run(con, now="2026-02-04", rules=CHAINED)
    after = ids(con)
    assert {row: after[row] for row in before} == before
    assert {after[row] for row in (3, 4, 5)} == {before[ended]}


def test_only_a_merge_of_organisations_can_be_undone(con: duckdb.DuckDBPyConnection) -> None:
    run(con, [company(1)])
    (birth,) = fetch(con, "select event_id from golden.entity_event where entity_kind = 'organisation'")
    with pytest.raises(WrongUse, match="is no merge of organisations; fix: "):
        undo(con, at(NOW), birth["event_id"])


# --- locks -------------------------------------------------------------------------------------------------------


def test_a_locked_id_survives_a_merge_with_a_larger_organisation(con: duckdb.DuckDBPyConnection) -> None:
    rows = [record(1, "甲", "U1"), record(2, "乙", "U2"), record(3, "乙", "U2")]
    runs.run(con, rows, "2026-02-01", rules=CHAINED)
    small, large = ids(con)[1], ids(con)[2]
    lock(con, at("2026-02-01"), small, "2026-02-01")
    runs.run(con, [*rows, record(4, "乙", "U1", sha256="b" * 64)], "2026-02-02", rules=CHAINED)
    assert set(ids(con).values()) == {small}
    assert events(con, "2026-02-02") == [("merge", large, [large], [small])]


def test_two_locked_organisations_never_merge(con: duckdb.DuckDBPyConnection) -> None:
    rows = [record(1, "甲", "U1"), record(2, "乙", "U2")]
    runs.run(con, rows, "2026-02-01", rules=CHAINED)
    before = ids(con)
    for entity in before.values():
        lock(con, at("2026-02-01"), entity, "2026-02-01")
    runs.run(con, [*rows, record(3, "乙", "U1", sha256="b" * 64)], "2026-02-02", rules=CHAINED)
    after = ids(con)
    assert (after[1], after[2]) == (before[1], before[2]) and after[3] in before.values()


@pytest.mark.parametrize("named", [1, 4])
def test_who_locked_two_organisations_that_a_person_joins_is_kept_and_the_history_says_it(
    con: duckdb.DuckDBPyConnection, named: int
) -> None:
    rows = [company(1, uscc="U1"), company(2, "白水", uscc="U2")]
    run(con, rows, "2026-02-01")
    before = ids(con)
    lock(con, at("2026-02-01"), before[1], "a test", "王")
    lock(con, at("2026-02-01"), before[2], "a test", "李")
    # a row that joined after the lock speaks for its organisation too
    run(con, [*rows, company(4, uscc="U1", sha256="b" * 64)], "2026-02-02")
    book = DecisionBook(con, at("2026-02-03"))
    made, gone = book.decide("same", [record_id(con, named)], [record_id(con, 2)], "a test", "赵")
    book.write()
    run(con, now="2026-02-03")
    assert len(set(ids(con).values())) == 1 and [one.by for one in gone] == ["王", "李"]
    (kept,) = [line for line in decisions(con) if line["kind"] == "lock" and line["is_in_force"]]
    assert kept["decided_by"] == "王, 李" and kept["left_rows"] == 2
    told = fetch(con, "select entity_id, cause from golden.entity_event where kind = 'unlock' order by all")
    assert [line["entity_id"] for line in told] == sorted(before.values())
    assert all(f"decision {made}" in line["cause"] for line in told)


def test_a_lock_that_an_undo_or_a_withdrawal_ends_is_an_event(con: duckdb.DuckDBPyConnection) -> None:
    apart = [record(1, "甲", "U1"), record(2, "乙", "U2")]
    runs.run(con, apart, "2026-02-01", rules=CHAINED)
    runs.run(con, [*apart, record(3, "乙", "U1", sha256="b" * 64)], "2026-02-02", rules=CHAINED)
    (entity,) = set(ids(con).values())
    held = lock(con, at("2026-02-02"), entity, "a test")
    _, gone = undo(con, at("2026-02-03"), merge_of(con, "2026-02-02"))
    assert [one.decision_id for one in gone] == [held]
    withdraw(con, at("2026-02-03"), lock(con, at("2026-02-03"), entity, "a test"), "a test")
    kinds = [
        line["kind"]
        for line in fetch(con, "select kind from golden.entity_event where entity_id = ? order by rowid", entity)
    ]
    assert kinds[-4:] == ["lock", "unlock", "lock", "unlock"]


def test_what_is_undone_or_locked_is_not_undone_or_locked_twice(con: duckdb.DuckDBPyConnection) -> None:
    run(con, [company(1), company(2, "白水")], "2026-02-01")
    say(con, "same", [1], [2], "2026-02-02")
    run(con, now="2026-02-02")
    undo(con, at("2026-02-03"), merge_of(con, "2026-02-02"))
    with pytest.raises(WrongUse, match=r"already undone, by decision .*fix: "):
        undo(con, at("2026-02-03"), merge_of(con, "2026-02-02"))
    lock(con, at("2026-02-03"), ids(con)[1], "a test")
    with pytest.raises(WrongUse, match=r"already locked, by decision .*fix: "):
        lock(con, at("2026-02-03"), ids(con)[1], "a test")


def test_an_event_that_a_decision_made_names_it(con: duckdb.DuckDBPyConnection) -> None:
    rows = [company(1), company(2, "白水")]
    run(con, rows, "2026-02-01")
    said = say(con, "same", [1], [2], "2026-02-02")
    run(con, now="2026-02-02")
    event = merge_of(con, "2026-02-02")
    undone, _ = undo(con, at("2026-02-03"), event)
    run(con, now="2026-02-03")
    withdraw(con, at("2026-02-04"), undone, "a test")
    again = say(con, "same", [1], [2], "2026-02-04")
    run(con, now="2026-02-04")
    withdraw(con, at("2026-02-05"), again, "a test")
    run(con, [*rows, company(3, "大海", sha256="b" * 64)], "2026-02-05")
    run(con, [company(1), company(2), company(3, "大海", sha256="b" * 64)], "2026-02-06")
    causes = fetch(
        con,
        "select cause from golden.entity_event where entity_kind = 'organisation' and kind in ('merge', 'split') order by rowid",
    )
    back = "an ended ID is given back to the records that had it"
    assert [re.sub(" [0-9a-f]{32}$", "", line["cause"]) for line in causes] == [
        f"decision {said}: records linked",
        f"decision {undone}, undo of {event}: {back}",
        f"decision {again}: records linked",
        f"decision {again} withdrawn: {back}",
        "records linked",
    ]


def test_the_list_names_both_sides_and_who_withdrew_and_can_be_asked_about_an_id(
    con: duckdb.DuckDBPyConnection,
) -> None:
    run(con, [company(1), company(2, "白水"), company(3, "大海")], "2026-02-01")
    first, other = ids(con)[1], ids(con)[3]
    said = say(con, "same", [1], [2], "2026-02-02")
    lock(con, at("2026-02-02"), other, "a test")
    withdraw(con, at("2026-02-03"), said, "a test", "李")
    run(con, now="2026-02-03")
    (line,) = decisions(con, first)
    assert [(side["organisation_id"], side["name"], side["rows"]) for side in line["left"]] == [
        (first, "青山科技有限公司", 1)
    ]
    assert [side["name"] for side in line["right"]] == ["白水科技有限公司"]
    assert (line["kind"], line["is_in_force"], line["withdrawn_by"]) == ("same", False, "李")
    assert [found["kind"] for found in decisions(con, other)] == ["lock"] and decisions(con, said) == [line]
    assert decisions(con, "org_nobody") == []


def test_an_organisation_that_grew_is_locked_again_as_a_whole(con: duckdb.DuckDBPyConnection) -> None:
    few, many = ([record(row, "甲", "U1") for row in range(1, n)] for n in (40, 60))
    for rows in (few, many):
        runs.run(con, rows, rules=CHAINED)
        (entity,) = set(ids(con).values())
        lock(con, at(NOW), entity, NOW)
    runs.run(con, rules=CHAINED)
    assert set(ids(con).values()) == {entity}


def test_a_steward_makes_one_of_two_locked_organisations(con: duckdb.DuckDBPyConnection) -> None:
    run(con, [company(1, uscc="U1"), company(2, "白水", uscc="U2"), company(3, "蓝天")])
    for entity in [ids(con)[1], ids(con)[2]]:
        lock(con, at(NOW), entity, NOW)
    decide(con, at(NOW), "same", [record_id(con, 1)], [record_id(con, 2)], "workbook")
    run(con)
    assert ids(con)[1] == ids(con)[2] != ids(con)[3]


def test_the_rows_of_a_locked_organisation_stay_together_when_they_say_something_else(
    con: duckdb.DuckDBPyConnection,
) -> None:
    run(con, [company(1), company(2)], "2026-02-01")
    (entity,) = set(ids(con).values())
    lock(con, at("2026-02-01"), entity, "2026-02-01")
    run(con, [company(1, uscc="U1"), company(2, "蓝天", place="440300", uscc="U2")], "2026-02-02")
    assert set(ids(con).values()) == {entity}
    assert [kind for kind, *_ in events(con, "2026-02-01")] == ["birth", "lock"]


def test_only_an_organisation_that_lives_is_locked(con: duckdb.DuckDBPyConnection) -> None:
    run(con, [company(1)])
    with pytest.raises(WrongUse, match="no organisation org_nobody lives; fix: "):
        lock(con, at(NOW), "org_nobody", NOW)
