"""Records of the same organisation share one ID that stays, and the ledger tells all that ever happened to it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import duckdb
import pytest

from ccdata_assets.resolution import engine
from ccdata_assets.resolution.engine import Resolved
from ccdata_assets.warehouse.engine import migrate
from ccdata_assets_tests.resolution import runs
from ccdata_assets_tests.resolution.runs import CHAINED, anew, events, ids, partition, record
from ccdata_assets_tests.world import Row, fetch, mark_read, write_party_records


def run(
    con: duckdb.DuckDBPyConnection,
    records: Iterable[Row] | None = None,
    now: str = "2026-02-01",
    run_id: str | None = None,
) -> Resolved:
    """One run by rules that never cut what they link."""
    return runs.run(con, records, now, run_id, CHAINED)


def replay(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The IDs that live when all events are replayed, each checked against what lived before it."""
    alive: set[str] = set()
    for row in fetch(
        con,
        "select kind, entity_id, from_ids, to_ids from golden.entity_event where entity_kind = 'organisation' order by rowid",
    ):
        if row["kind"] in ("birth", "split"):
            assert row["entity_id"] not in alive, f"{row['entity_id']} is born twice"
            alive.add(row["entity_id"])
        elif row["kind"] == "move":
            assert row["to_ids"] == [row["entity_id"]] and alive.issuperset(row["from_ids"] + row["to_ids"])
        else:
            assert row["entity_id"] in alive, f"{row['entity_id']} ends but does not live"
            alive.remove(row["entity_id"])
    return alive


def stock(con: duckdb.DuckDBPyConnection, day: str) -> dict[str | None, int]:
    """Province → organisations at the end of the day, as marts.fct_entity_change counts them."""
    rows = fetch(
        con,
        """select province_code, sum(case when kind in ('birth', 'split') then 1 when kind in ('merge', 'retire') then -1 else 0 end) as n
        from golden.entity_event where entity_kind = 'organisation' and business_date <= cast(? as date) group by all having n <> 0 order by all""",
        day,
    )
    return {row["province_code"]: int(row["n"]) for row in rows}


# --- what belongs together ---------------------------------------------------------------------------------------


def test_the_same_name_in_the_same_place_is_one_organisation_and_elsewhere_another(
    con: duckdb.DuckDBPyConnection,
) -> None:
    run(con, [record(1), record(2), record(3, city="440300"), record(4, "乙")])
    assert partition(con) == {frozenset({1, 2}), frozenset({3}), frozenset({4})}


def test_links_chain_over_rules(con: duckdb.DuckDBPyConnection) -> None:
    run(
        con,
        [
            record(1, "甲", "U1"),
            record(2, "乙", "U1"),
            record(3, "乙", "U2"),
            record(4, "丙", "U2"),
            record(5, "丁", "U3"),
        ],
    )
    assert partition(con) == {frozenset({1, 2, 3, 4}), frozenset({5})}


def test_a_key_that_is_missing_links_nothing(con: duckdb.DuckDBPyConnection) -> None:
    run(con, [record(1, "甲", None), record(2, "乙", None), record(3, "丙", "")])
    assert len(partition(con)) == 3


def test_a_record_that_names_no_organisation_has_none_and_every_other_has_exactly_one(
    con: duckdb.DuckDBPyConnection,
) -> None:
    done = run(con, [record(1), record(2, None, "U1"), record(3, "乙", "U1")])
    assert ids(con).keys() == {1, 3}
    assert (done.records, done.organisations) == (2, 2)


def test_rows_of_the_same_number_in_two_files_sheets_or_feeds_are_different_records(
    con: duckdb.DuckDBPyConnection,
) -> None:
    rows = [
        record(1, "甲"),
        record(1, "乙", sha256="b" * 64),
        record(1, "丙", member="二月"),
        record(1, "丁", feed="cn_hospitals"),
    ]
    assert run(con, rows).organisations == 4


def test_a_long_chain_of_links_settles(con: duckdb.DuckDBPyConnection) -> None:
    write_party_records(con, [])
    # record n shares its name with the one before it and its code with the one after it; hashes, so that the order of
    # keys as texts is not their order along the chain
    con.execute(
        """insert into standard.party_record by name
        select 'directory' as feed, 'f' as file, 'a' as sha256, '' as member, n as row, date '2026-01-01' as received_on, 50 as trust,
            'x' as company_name, md5('name' || (n // 2)) as match_key, md5('code' || ((n + 1) // 2)) as uscc from range(1000) as place(n)"""
    )
    mark_read(con)
    assert run(con).organisations == 1


def test_nothing_is_resolved_where_nothing_has_landed(con: duckdb.DuckDBPyConnection) -> None:
    done = run(con, [])
    assert (done.records, done.new_records, done.organisations, done.contacts) == (0, 0, 0, 0)
    assert done.events == {"organisation": {}, "contact": {}} and ids(con) == {}


# --- IDs that stay -----------------------------------------------------------------------------------------------


def test_a_second_run_with_nothing_new_reads_no_record_changes_no_id_and_writes_no_event(
    con: duckdb.DuckDBPyConnection,
) -> None:
    records = [record(1, "甲", "U1"), record(2, "乙", "U1"), record(3, "丙", contact_name="王伟", contact_key="王伟")]
    run(con, records, "2026-02-01")
    ledgers = ("golden.entity_event", "golden.membership", "golden.organisation", "golden.contact", "golden.crosswalk")
    before = {name: fetch(con, f"from {name}") for name in ledgers}
    again = run(con, records, "2026-02-02")
    assert (again.new_records, again.events) == (0, {"organisation": {}, "contact": {}})
    assert {name: fetch(con, f"from {name}") for name in ledgers} == before


def test_an_id_stays_when_records_join_leave_or_change_their_values(con: duckdb.DuckDBPyConnection) -> None:
    run(con, [record(1), record(2)], "2026-02-01")
    (first,) = set(ids(con).values())
    run(con, [record(1), record(2), record(3)], "2026-02-02")
    run(con, [record(2), record(3)], "2026-02-03")
    run(con, [record(2, "改名"), record(3, "改名")], "2026-02-04")
    assert set(ids(con).values()) == {first}
    assert [kind for now in ("2026-02-02", "2026-02-03", "2026-02-04") for kind, *_ in events(con, now)] == []


def test_a_birth_is_dated_by_the_first_record_received_not_by_the_run(con: duckdb.DuckDBPyConnection) -> None:
    run(con, [record(1, received_on=date(2025, 12, 30)), record(2, received_on=date(2026, 1, 2))])
    assert fetch(con, "select kind, business_date from golden.entity_event") == [
        {"kind": "birth", "business_date": date(2025, 12, 30)}
    ]
    assert fetch(con, "select born_on, first_received_on, last_received_on, records from golden.organisation") == [
        {
            "born_on": date(2025, 12, 30),
            "first_received_on": date(2025, 12, 30),
            "last_received_on": date(2026, 1, 2),
            "records": 2,
        }
    ]


def test_a_record_that_links_two_organisations_merges_the_one_of_fewer_records_into_the_other(
    con: duckdb.DuckDBPyConnection,
) -> None:
    few, many = [record(1, "甲", "U1")], [record(2, "乙", "U2"), record(3, "乙", "U2")]
    run(con, few, "2026-02-01")
    run(con, [*few, *many], "2026-02-02")
    small, large = ids(con)[1], ids(con)[2]
    run(con, [*few, *many, record(4, "乙", "U1")], "2026-02-03")
    assert set(ids(con).values()) == {large}
    assert events(con, "2026-02-03") == [("merge", small, [small], [large])]
    assert replay(con) == {large}


def test_of_two_organisations_of_as_many_records_the_younger_is_merged_into_the_older(
    con: duckdb.DuckDBPyConnection,
) -> None:
    run(con, [record(1, "甲", "U1")], "2026-02-01")
    run(con, [record(1, "甲", "U1"), record(2, "乙", "U2")], "2026-02-02")
    old, young = ids(con)[1], ids(con)[2]
    run(con, [record(1, "甲", "U1"), record(2, "乙", "U2"), record(3, "乙", "U1")], "2026-02-03")
    assert events(con, "2026-02-03") == [("merge", young, [young], [old])]


@pytest.mark.parametrize("names", ["甲乙", "乙甲"])
def test_a_record_that_moves_to_a_larger_organisation_ends_neither_and_is_told(
    con: duckdb.DuckDBPyConnection, names: str
) -> None:
    small, large = names
    others = [record(2, small), *(record(row, large) for row in range(3, 13))]
    run(con, [record(1, small), *others], "2026-02-01")
    before, stock_before = ids(con), stock(con, "2026-02-28")
    run(con, [record(1, large), *others], "2026-02-02")
    assert ids(con) == {**before, 1: before[3]}
    assert events(con, "2026-02-02") == [("move", before[3], [before[1]], [before[3]])]
    assert fetch(con, "select cause, business_date from golden.entity_event where kind = 'move'") == [
        {"cause": "records moved: 1", "business_date": date(2026, 2, 2)}
    ]
    assert stock(con, "2026-02-28") == stock_before and replay(con) == set(before.values())


def test_two_organisations_that_give_a_record_to_the_same_third_are_two_moves(con: duckdb.DuckDBPyConnection) -> None:
    stay = [record(1, "甲"), record(2, "乙"), record(3, "丙"), record(4, "丙"), record(5, "丙")]
    run(con, [*stay, record(6, "甲"), record(7, "乙")], "2026-02-01")
    before = ids(con)
    run(con, [*stay, record(6, "丙"), record(7, "丙")], "2026-02-02")
    told = events(con, "2026-02-02")
    assert {(kind, *old, *new) for kind, _, old, new in told} == {
        ("move", before[1], before[3]),
        ("move", before[2], before[3]),
    }


def test_a_new_organisation_of_records_of_two_others_tells_both(con: duckdb.DuckDBPyConnection) -> None:
    stay = [record(1, "甲"), record(2, "甲"), record(3, "乙"), record(4, "乙")]
    run(con, [*stay, record(5, "甲"), record(6, "乙")], "2026-02-01")
    before = ids(con)
    run(con, [*stay, record(5, "丙"), record(6, "丙")], "2026-02-02")
    new = ids(con)[5]
    assert events(con, "2026-02-02") == [("split", new, sorted([before[1], before[3]]), [new])]


def test_records_no_longer_linked_split_and_the_id_stays_with_most_of_them(con: duckdb.DuckDBPyConnection) -> None:
    run(con, [record(1, "甲"), record(2, "甲"), record(3, "乙", "U1"), record(4, "甲", "U1")], "2026-02-01")
    (whole,) = set(ids(con).values())
    run(con, [record(1, "甲"), record(2, "甲"), record(3, "乙", "U1"), record(4, "甲", "U2")], "2026-02-02")
    after = ids(con)
    assert after[1] == after[2] == after[4] == whole != after[3]
    assert events(con, "2026-02-02") == [("split", after[3], [whole], [after[3]])]
    assert replay(con) == set(after.values())


def test_an_id_stays_with_most_of_its_records_though_the_one_it_was_born_with_goes_away(
    con: duckdb.DuckDBPyConnection,
) -> None:
    run(con, [record(1)], "2026-02-01")
    (first,) = set(ids(con).values())
    joined = [record(row) for row in range(2, 6)]
    run(con, [record(1), *joined], "2026-02-02")
    run(con, [record(1, "乙"), *joined], "2026-02-03")
    after = ids(con)
    assert {after[row] for row in range(2, 6)} == {first} and after[1] != first
    assert events(con, "2026-02-03") == [("split", after[1], [first], [after[1]])]


def test_a_row_that_takes_the_place_of_another_in_a_file_of_as_many_rows_is_read(
    con: duckdb.DuckDBPyConnection,
) -> None:
    # of a feed whose deliveries replace rows of earlier ones; neither the contract nor the rules are others
    for now, rows in (("2026-02-01", [record(1)]), ("2026-02-02", [record(2, "乙")])):
        write_party_records(con, rows)
        con.execute("update ops.read_batch set contract_hash = 'the same'")
        run(con, now=now)
    assert ids(con).keys() == {2}


def test_the_same_change_twice_in_one_run_and_instant_is_two_events(con: duckdb.DuckDBPyConnection) -> None:
    for records in ([record(1), record(2, "乙")], [record(1)], [record(1), record(2, "乙")], [record(1)]):
        run(con, records, run_id="the same")
    assert [kind for kind, *_ in events(con, "the same")] == ["birth", "birth", "birth", "retire", "retire"]


def test_an_id_that_a_merge_ended_is_given_back_when_its_records_are_on_their_own_again(
    con: duckdb.DuckDBPyConnection,
) -> None:
    apart = [record(1, "甲", "U1"), record(2, "乙", "U2")]
    run(con, apart, "2026-02-01")
    first = ids(con)
    run(con, [*apart, record(3, "乙", "U1")], "2026-02-02")
    (survivor,) = set(ids(con).values())
    run(con, apart, "2026-02-03")
    assert ids(con) == first and replay(con) == set(first.values())
    (ended,) = set(first.values()) - {survivor}
    told = fetch(
        con,
        "select kind, from_ids, to_ids, cause, business_date from golden.entity_event where run_id > '2026-02-01' order by 1",
    )
    assert [(row["kind"], row["from_ids"], row["to_ids"], row["business_date"]) for row in told] == [
        ("merge", [ended], [survivor], date(2026, 2, 2)),
        ("split", [survivor], [ended], date(2026, 2, 3)),
    ]
    assert told[1]["cause"].startswith("an ended ID is given back "), "it must not come back in silence"
    assert [sum(stock(con, day).values()) for day in ("2026-01-31", "2026-02-02", "2026-02-03")] == [2, 1, 2]


def test_a_merged_id_comes_back_with_the_records_that_had_it_and_counts_again_from_that_day(
    con: duckdb.DuckDBPyConnection,
) -> None:
    stay = [record(1, "甲", "U1"), record(2, "甲", "U1")]
    run(con, [*stay, record(3, "乙", "U2")], "2026-02-01")
    merged = ids(con)[3]
    run(con, [*stay, record(3, "乙", "U1")], "2026-02-02")
    run(con, stay, "2026-02-03")
    run(con, [*stay, record(4, "乙", "U2")], "2026-02-04")
    assert ids(con)[4] != merged, "a record that never had an ID does not get it by its name or code"
    run(con, [*stay, record(3, "丙", "U3"), record(4, "乙", "U2")], "2026-02-05")
    assert ids(con)[3] == merged and replay(con) == set(ids(con).values())
    assert fetch(con, "select kind, business_date from golden.entity_event where run_id = '2026-02-05'") == [
        {"kind": "birth", "business_date": date(2026, 2, 5)}
    ]
    assert sum(stock(con, "2026-01-31").values()) == 2


def test_an_organisation_without_records_is_retired_and_revived_when_they_come_back(
    con: duckdb.DuckDBPyConnection,
) -> None:
    run(con, [record(1), record(2, "乙")], "2026-02-01")
    first = ids(con)
    run(con, [record(1)], "2026-02-02")
    assert events(con, "2026-02-02") == [("retire", first[2], [first[2]], [])]
    assert replay(con) == {first[1]}
    run(con, [record(1), record(2, "乙")], "2026-02-03")
    assert ids(con) == first
    assert events(con, "2026-02-03") == [("birth", first[2], [], [first[2]])]
    (told,) = fetch(con, "select cause, business_date from golden.entity_event where run_id = '2026-02-03'")
    assert told["cause"].startswith("records of an ended ID came back ") and told["business_date"] == date(2026, 2, 3)
    assert replay(con) == set(first.values())


def test_holding_and_releasing_a_batch_over_and_over_changes_no_id_and_no_closed_month(
    con: duckdb.DuckDBPyConnection,
) -> None:
    batch = [record(2, "乙", city="440300"), record(3, "丙")]
    run(con, [record(1), *batch], "2026-01-31")
    first = ids(con)
    january = stock(con, "2026-01-31")
    assert january == {"330000": 2, "440000": 1}
    for month in ("2026-02", "2026-04"):
        run(con, [record(1)], f"{month}-10", "hold " + month)
        run(con, [record(1), *batch], f"{month}-10", "release " + month)  # at the same business time
        run(con, [record(1)], f"{month}-20", "hold again " + month)
        assert stock(con, f"{month}-28") == {"330000": 1}
        run(con, [record(1), *batch], f"{month[:-1]}{int(month[-1]) + 1}-01", "release again " + month)
        assert ids(con) == first and stock(con, "2026-01-31") == january
        assert replay(con) == set(first.values())
    assert stock(con, "2026-05-01") == january
    assert {row["born_on"] for row in fetch(con, "select born_on from golden.organisation")} == {date(2026, 1, 1)}


def test_an_end_is_taken_off_the_province_its_birth_added_to(con: duckdb.DuckDBPyConnection) -> None:
    at = {"uscc": "U1"}
    run(
        con,
        [record(1, city="440300", **at), record(2, city="330100", **at), record(3, city="330200", **at)],
        "2026-02-01",
    )
    (one,) = set(ids(con).values())
    assert fetch(con, "select province_code from golden.entity_event") == [{"province_code": "330000"}]
    run(con, [record(row, city="440300", **at) for row in (1, 2, 3)], "2026-02-02")
    assert stock(con, "2026-02-01") == {"330000": 1}, "what is known today does not change it"
    run(con, [], "2026-02-03")
    assert fetch(con, "select entity_id, kind, province_code from golden.entity_event where run_id = '2026-02-03'") == [
        {"entity_id": one, "kind": "retire", "province_code": "330000"}
    ]
    assert stock(con, "2026-02-01") == {"330000": 1}
    assert set(stock(con, "2026-02-03").values()) <= {0}, "no province keeps what is gone"


def test_of_provinces_of_as_many_records_the_least_code_counts_and_none_is_none(
    con: duckdb.DuckDBPyConnection,
) -> None:
    run(con, [record(1, "甲", "U1", "440300"), record(2, "乙", "U1", "330100"), record(3, "丙", city=None)])
    assert stock(con, "2026-02-01") == {"330000": 1, None: 1}


def test_every_event_has_an_id_a_cause_and_the_version_of_the_rules(con: duckdb.DuckDBPyConnection) -> None:
    run(con, [record(1), record(2, "乙", "U1")], "2026-02-01")
    run(con, [record(1, uscc="U1"), record(2, "乙", "U1")], "2026-02-02")
    rows = fetch(con, "from golden.entity_event")
    assert len({row["event_id"] for row in rows}) == len(rows) == 3
    assert {row["rule_version"] for row in rows} == {"chained/test"} and all(row["cause"] for row in rows)
    assert {row["entity_kind"] for row in rows} == {"organisation"}


@pytest.mark.parametrize("stage", ["write_clusters", "resolve_contacts"])
def test_a_run_that_fails_leaves_ids_and_ledgers_as_they_were(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    run(con, [record(1)], "2026-02-01")
    ledgers = ("golden.entity_event", "golden.membership", "golden.organisation", "resolution.assigned")
    before = {name: fetch(con, f"from {name}") for name in ledgers}
    with monkeypatch.context() as patch:
        patch.setattr(engine, stage, lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run(con, [record(1), record(2, "乙")], "2026-02-02")
    assert {name: fetch(con, f"from {name}") for name in ledgers} == before
    run(con, now="2026-02-03")
    assert ids(con).keys() == {1, 2} and len(events(con, "2026-02-03")) == 1


def test_a_row_that_names_nobody_any_more_has_no_id_though_the_run_that_saw_it_first_failed(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(con, [record(1), record(2, "乙")], "2026-02-01")
    gone = ids(con)[2]
    with monkeypatch.context() as patch:
        patch.setattr(engine, "write_links", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run(con, [record(1), record(2, None)], "2026-02-02")
    run(con, now="2026-02-03")
    assert ids(con).keys() == {1}
    assert events(con, "2026-02-03") == [("retire", gone, [gone], [])]


def test_ids_stay_when_the_rules_are_others_and_every_record_is_read_anew(con: duckdb.DuckDBPyConnection) -> None:
    records = [record(1, "甲", "U1"), record(2, "乙", "U1"), record(3, "丙")]
    run(con, records, "2026-02-01")
    before = ids(con)
    done = runs.run(con, now="2026-02-02", rules=CHAINED.model_copy(update={"version": "next"}))
    assert (done.new_records, done.events["organisation"], ids(con)) == (3, {}, before)


def test_ids_that_rows_had_before_the_ledger_of_memberships_stay(con: duckdb.DuckDBPyConnection) -> None:
    records = [record(1, "甲", "U1"), record(2, "乙", "U1"), record(3, "丙")]
    run(con, records, "2026-02-01")
    before = ids(con)
    # as a warehouse of the last release has it: a table, events, and no memberships
    con.execute("create table old_crosswalk as from golden.crosswalk")
    con.execute("drop view golden.crosswalk; drop table golden.membership; drop table golden.decision")
    con.execute("create table golden.crosswalk as from old_crosswalk; delete from ops.migration where number in (5, 7)")
    for kind in ("organisation", "contact"):
        con.execute(
            f"create table old_{kind} as from golden.{kind}; drop view golden.{kind}; drop table golden.{kind}_history"
        )
        con.execute(f"create table golden.{kind} as from old_{kind}")
    anew(con)
    migrate(con)
    done = run(con, now="2026-02-02")
    assert (ids(con), done.events["organisation"]) == (before, {})
