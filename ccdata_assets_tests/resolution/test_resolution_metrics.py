"""The numbers of resolution as counted by hand, what stops a run, and what a stakeholder sees of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import duckdb
import pytest

from ccdata_assets.orchestration.golden_metadata import read_story, shown, tell, write_story
from ccdata_assets.quality.suites import REGROUPED, golden_checks
from ccdata_assets.quality.validation import validate
from ccdata_assets.resolution.decisions import decide, undo
from ccdata_assets.resolution.metrics import SIZES, Blocked, Rate, backlog, biggest, count_all, duplicates, sizes
from ccdata_assets.resolution.review import review_pairs, waiting_by_reason, write_queue
from ccdata_assets.resolution.stability import Known, accept, load_limits, write_known
from ccdata_assets_tests.resolution.runs import (
    CHAINED,
    MODEL,
    SHIPPED,
    at,
    company,
    ids,
    person,
    record,
    record_id,
    run,
)
from ccdata_assets_tests.world import Row, fetch

LIMIT = load_limits().regrouped
THERE = 100
"""Organisations of the planted jumps."""
Con = duckdb.DuckDBPyConnection


def failed(con: Con) -> set[str]:
    """The golden checks that fail."""
    return {outcome.check.name for outcome in validate(con, golden_checks()) if not outcome.passed}


def jumped(con: Con) -> bool:
    """Whether the check of a jump fails, counted here: starting Great Expectations takes a second."""
    (check,) = (each for each in golden_checks() if each.name == REGROUPED)
    found = len(con.execute(check.kwargs["sql"].replace("{table}", check.table)).fetchall())
    return found > (1 - (check.target or 0)) * con.execute(f"select count(*) from {check.table}").fetchall()[0][0]


# --- duplicate rates ---------------------------------------------------------------------------------------------


def test_the_duplicate_rate_is_told_within_each_feed_and_across_feeds(con: Con) -> None:
    run(con, [
        *(record(row, "甲") for row in (1, 2, 3)), record(4, "乙"),
        record(5, "甲", feed="web_search", sha256="b"), record(6, "丙", feed="web_search", sha256="b"),
        {**record(7, None), **person("王伟")},
    ], rules=CHAINED)  # fmt: skip
    found = duplicates(con, "organisation_id")
    assert found.feeds == [Rate("directory", 4, 2, 1), Rate("web_search", 2, 2, 1)]
    assert found.total == Rate("all", 6, 3, 1)
    assert [round(rate.within, 4) for rate in (*found.feeds, found.total)] == [0.5, 0.0, 0.5]
    assert found.across == pytest.approx(1 - 3 / 4), "two feeds have two organisations each, three in all"
    assert found.total.shared_share == pytest.approx(1 / 3)
    assert duplicates(con, "contact_id").total == Rate("all", 1, 1, 0)


def test_nothing_landed_gives_no_rates_and_no_error(con: Con) -> None:
    run(con, [])
    numbers = count_all(con, SHIPPED)
    assert (numbers.organisations.total, numbers.organisations.across) == (Rate("all", 0, 0, 0), 0.0)
    assert (numbers.organisations.total.within, numbers.biggest, backlog(con).pairs) == (0.0, [], 0)
    assert [size.organisations for size in numbers.sizes] == [0] * len(SIZES)
    write_known(con, SHIPPED, MODEL)
    assert failed(con) == set(), "an empty home has nothing to check"


def test_large_organisations_show_one_character_of_their_name_and_how_many_names_they_have(con: Con) -> None:
    run(con, [record(1, "甲", "U1"), record(2, "甲", "U1"), record(3, "乙", "U1"), record(4, "丙")], rules=CHAINED)
    (big,) = biggest(con)
    assert (big.name, big.records, big.feeds, big.names) == ("甲***", 3, 1, 2)


def test_organisations_are_counted_by_their_number_of_records(con: Con) -> None:
    run(con, [*(record(row, "甲") for row in range(1, 6)), record(6, "乙"), record(7, "丙")], rules=CHAINED)
    assert {size.size: (size.organisations, size.records) for size in sizes(con) if size.organisations} == {
        "1": (2, 2),
        "4–5": (1, 5),
    }


# --- what is left to people --------------------------------------------------------------------------------------


def doubtful() -> list[Row]:
    """Two names under one number in one city: for review."""
    return [company(1, "青山", phone="+8613800000001"), company(2, "白水", phone="+8613800000001")]


def review(con: Con) -> None:
    """Write the queue and its counts, as a run does after resolution."""
    write_queue(con, review_pairs(con, SHIPPED, MODEL), waiting_by_reason(con), at("2026-02-02").as_of)


def test_the_backlog_is_what_the_report_tells_until_a_steward_tells_them_apart(con: Con) -> None:
    run(con, doubtful(), "2026-02-01")
    review(con)
    assert backlog(con).reasons == {"against.other_name": 1} and backlog(con).pairs == 1
    assert fetch(con, "select reason, pairs from golden.review_count where measure = 'waiting'") == [
        {"reason": "against.other_name", "pairs": 1}
    ]
    decide(con, at("2026-02-02"), "apart", [record_id(con, 1)], [record_id(con, 2)], "test")
    run(con, None, "2026-02-02")
    review(con)
    assert backlog(con).pairs == 0, "it is decided"


def test_the_ui_shows_what_waits_now_though_resolution_had_nothing_to_do(
    con: Con, story: Callable[[list[Row]], str]
) -> None:
    story(doubtful())
    pair = review_pairs(con, SHIPPED, MODEL)[0]
    con.execute(
        "insert into golden.review_answer values (now(), 'unsure', ?, ?, ?, null, null, null, 'f', 's', 2)",
        [pair.key, pair.left.record_id, pair.right.record_id],
    )
    review(con)
    assert read_story(con)["organisation"]["review_pairs"] == 0


def test_a_pair_that_came_together_by_another_way_is_no_longer_asked_about(con: Con) -> None:
    run(con, doubtful(), "2026-02-01")
    decide(con, at("2026-02-02"), "same", [record_id(con, 1), record_id(con, 2)], [], "test")
    run(con, None, "2026-02-02")
    review(con)
    assert len(set(ids(con).values())) == 1 and backlog(con).pairs == 0


def test_pairs_and_stopped_values_are_told_for_each_blocking_rule(con: Con) -> None:
    run(con, doubtful())
    blocking = {rule.rule: rule for rule in count_all(con, SHIPPED).blocking}
    bounded = [rule.name for rule in SHIPPED.organisation.exact if rule.names is not None]
    assert list(blocking) == [*bounded, *(rule.name for rule in SHIPPED.organisation.block)]
    assert blocking["phone"] == Blocked("phone", values=1, pairs=1, stopped_values=0, stopped_pairs=0)


# --- what stops a run --------------------------------------------------------------------------------------------


def test_a_sound_run_passes_every_check(con: Con) -> None:
    run(con, [{**company(1), **person("王伟")}, company(2), {**record(3, None), **person("李娜")}])
    write_known(con, SHIPPED, MODEL)
    assert failed(con) == set()


@pytest.mark.parametrize(
    ("planted", "expected"),
    [
        ("delete from resolution.assigned where entity_kind = 'contact'",
         {"consistency_crosswalk_contacts", "consistency_contact_rows", "consistency_membership_replay"}),
        ("delete from resolution.assigned where entity_kind = 'organisation'",
         {"consistency_crosswalk_complete", "consistency_organisation_rows", "consistency_membership_replay"}),
        ("insert into resolution.assigned from resolution.assigned",
         {"uniqueness_crosswalk_row"}),
        ("delete from golden.contact_history", {"consistency_crosswalk_known_contacts", "consistency_event_replay"}),
        ("delete from golden.organisation_history", {"consistency_crosswalk_known", "consistency_event_replay"}),
        ("delete from standard.party_record where contact_name is not null", {"consistency_crosswalk_rows"}),
        ("update resolution.assigned set entity_id = (select min(organisation_id) from golden.organisation) where entity_kind = 'organisation'",
         {"consistency_organisation_rows", "consistency_membership_replay"}),
        ("delete from golden.entity_event where entity_kind = 'contact'", {"consistency_event_replay"}),
    ],
)  # fmt: skip
def test_a_planted_fault_fails_the_check_that_names_it(con: Con, planted: str, expected: set[str]) -> None:
    run(con, [{**company(1), **person("王伟")}, company(2, "白水")])
    write_known(con, SHIPPED, MODEL)
    con.execute(planted)
    assert failed(con) == expected


def known(con: Con, records: Iterable[Row] | None, now: str, **more: str) -> tuple[Known, bool]:
    """A run, what became of the organisations there before, and whether the check passes; it is accepted where it does."""
    rules = CHAINED.model_copy(update=more)
    run(con, records, now, rules=rules)
    found = write_known(con, rules, MODEL)
    if passed := not jumped(con):
        accept(con, rules, MODEL)
    return found, passed


def there(first: int = 0, number: int = THERE) -> list[Row]:
    return [record(n + 1, f"名{n}") for n in range(first, first + number)]


def joining(number: int) -> list[Row]:
    """A delivery that gives so many of those there one credit code: it makes them one."""
    return [record(1000 + n, f"名{n}", "U1", sha256="b" * 64) for n in range(number)]


def test_a_first_run_has_nothing_to_compare_with(con: Con) -> None:
    assert known(con, there(), "2026-02-01") == (Known(0, 0, 0, 0, 0, 0.0, 0.0), True)


def test_new_records_in_any_number_are_no_jump(con: Con) -> None:
    known(con, there(), "2026-02-01")
    repeated = [record(500 + n, "新", sha256="b" * 64) for n in range(300)]
    found, passed = known(con, [*there(), *there(THERE, THERE), *repeated], "2026-02-02")
    assert passed and found == Known(THERE, THERE, 0, 0, 0, 0.0, 0.0)


def test_as_many_merges_as_a_delivery_usually_brings_pass(con: Con) -> None:
    known(con, there(), "2026-02-01")
    found, passed = known(con, [*there(), *joining(5)], "2026-02-02")
    assert passed and (found.merged, found.unexplained) == (4, 4)
    assert found.rate_now == pytest.approx(4 / THERE)


def test_a_delivery_that_makes_one_of_many_is_stopped_and_stays_stopped(con: Con) -> None:
    known(con, there(), "2026-02-01")
    found, passed = known(con, [*there(), *joining(40)], "2026-02-02")
    assert not passed and (found.organisations, found.merged, found.unexplained) == (THERE, 39, 39)
    assert failed(con) == {REGROUPED}, "and Great Expectations finds the same"
    again, passed = known(con, None, "2026-02-03")
    assert not passed and again == found, "running again makes no jump pass"
    found, passed = known(con, there(), "2026-02-04")
    assert passed and found.merged == 0, "what was wrong has left: the organisations are as they were"


def test_a_share_counts_only_from_a_number_of_organisations_on(con: Con) -> None:
    few = LIMIT.organisations
    known(con, there(number=few), "2026-02-01")
    found, passed = known(con, [*there(number=few), *joining(few)], "2026-02-02")
    assert passed and found.merged == few - 1


def test_organisations_that_fall_apart_are_a_jump_too(con: Con) -> None:
    together = [{**row, "uscc": f"U{row['row'] // 2}"} for row in there(1, THERE)]
    known(con, together, "2026-02-01")
    found, passed = known(con, [{**row, "uscc": None} for row in together], "2026-02-02")
    assert not passed and found.split == found.unexplained == THERE // 2
    assert found.rate_before == pytest.approx(0.5, abs=0.01) and found.rate_now == 0.0


def test_merges_that_splits_make_up_for_are_a_jump_all_the_same(con: Con) -> None:
    pairs = [{**row, "uscc": f"U{n // 2}" if n < 60 else None} for n, row in enumerate(there())]
    known(con, pairs, "2026-02-01")
    turned = [{**row, "uscc": f"V{n // 2}" if n >= 40 else None} for n, row in enumerate(there())]
    found, passed = known(con, turned, "2026-02-02")
    assert abs(found.rate_now - found.rate_before) < LIMIT.share and not passed


@pytest.mark.parametrize("change", [{"version": "another"}, {}])
def test_new_rules_with_a_new_version_explain_a_jump(con: Con, change: dict[str, str]) -> None:
    known(con, there(), "2026-02-01")
    found, passed = known(con, [*there(), *joining(40)], "2026-02-02", **change)
    assert found.merged == 39 and passed == bool(change)
    assert known(con, None, "2026-02-03", **change)[1] == passed


def test_what_stewards_decided_is_no_jump_and_explains_nothing_else(con: Con) -> None:
    known(con, there(), "2026-02-01")
    decide(con, at("2026-02-02"), "same", [record_id(con, row) for row in range(1, 41)], [], "test")
    found, passed = known(con, None, "2026-02-02")
    assert passed and (found.merged, found.unexplained) == (39, 0)
    codes = [record(2000 + n, f"名{n}", "U2", sha256="c" * 64) for n in range(50, 90)]
    found, passed = known(con, [*there(), *codes], "2026-02-03")
    assert not passed and found.unexplained == 39, "the decision was about other rows"


def test_a_merge_that_is_undone_is_explained(con: Con) -> None:
    known(con, there(), "2026-02-01")
    known(con, [*there(), *joining(2)], "2026-02-02")
    (event,) = fetch(con, "select event_id from golden.entity_event where kind = 'merge'")
    undo(con, at("2026-02-03"), event["event_id"])
    found, passed = known(con, None, "2026-02-03")
    assert passed and (found.split, found.unexplained) == (1, 0)


def test_a_home_that_a_person_accepts_goes_on_from_there(con: Con) -> None:
    known(con, there(), "2026-02-01")
    assert not known(con, [*there(), *joining(40)], "2026-02-02")[1]
    accept(con, CHAINED, MODEL)
    found, passed = known(con, None, "2026-02-03")
    assert passed and (found.organisations, found.merged, found.rate_before) == (61, 0, found.rate_now)


# --- what a stakeholder sees -------------------------------------------------------------------------------------


@pytest.fixture
def story(con: Con, monkeypatch: pytest.MonkeyPatch) -> Callable[[list[Row]], str]:
    """Runs resolution and gives all that the UI shows of it as one text."""
    monkeypatch.setattr("ccdata_assets.orchestration.golden_metadata._sizes", lambda _: "")

    def told(records: list[Row]) -> str:
        resolved = run(con, records)
        write_story(con, tell(con, resolved, count_all(con, SHIPPED), write_known(con, SHIPPED, MODEL)))
        review(con)
        return json.dumps(read_story(con), ensure_ascii=False)

    return told


def test_the_story_tells_counts_and_no_value_of_a_record(story: Callable[[list[Row]], str]) -> None:
    mail = {
        "email": "wang@example.org",
        "email_domain": "example.org",
        "address": "测试路1号",
        "address_key": "测试路1号",
    }
    text = story([{**row, **person("王小伟", "经理"), **mail} for row in doubtful()])
    assert "青***" in text or "白***" in text or '"biggest"' in text
    for value in ("青山", "白水", "13800000001", "王小伟", "example.org", "测试路"):
        assert value not in text, f"{value} is a value of a record"


def test_the_story_is_kept_for_runs_that_find_nothing_new(con: Con, story: Callable[[list[Row]], str]) -> None:
    assert read_story(con) == {}
    story(doubtful())
    part = read_story(con)["organisation"]
    assert (part["new_records"], part["review_pairs"], part["duplicate_rate"]) == (2, 1, 0.0)
    assert set(shown(part)) == set(part)
    assert all("|" in str(part[name]) for name in ("duplicates", "changes", "blocking", "review"))
