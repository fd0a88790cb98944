"""Rules across rows: which cells they find, what they expect, and what they leave alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccdata_assets.contracts.model import Contract
from ccdata_assets.metrics.registry import load_kpis
from ccdata_assets.orchestration.metadata import finding_metadata
from ccdata_assets.quality.suites import cell_checks
from ccdata_assets.quality.validation import validate
from ccdata_assets.warehouse.cells import judge_cells
from ccdata_assets.warehouse.gate import mark
from ccdata_assets.warehouse.staging import STAGED_COLUMNS
from ccdata_assets_tests.world import DIRECTORY, World, make_settings, table

FIELDS = {"company_name": {"required": True}, "site": {"type": "text"}, "city": {}, "phone": {}}
HEADER = ("company_name", "site", "city", "phone")
Finding = tuple[int, str, str, str | None]


def agree(**changes: Any) -> dict[str, Any]:
    """A rule: rows of one company name one city; `changes` of what it says."""
    return {"name": "one_city", "agree": {"fields": "city", "by": "company_name", **changes}}


def spelling(**changes: Any) -> dict[str, Any]:
    return {"name": "typing", "spelling": {"fields": "city", **changes}}


def findings(world: World) -> list[Finding]:
    """(row, field, rule, expected) of all findings."""
    lines = world.query("select row, field, rule, expected from ops.cell_finding order by all")
    return [(line["row"], line["field"], line["rule"], line["expected"]) for line in lines]


def find(world: World, rule: dict[str, Any], rows: Sequence[Sequence[str]]) -> list[Finding]:
    """What one rule finds in a file of rows (company, site, city[, phone]); the first has row number 2."""
    world.contract(fields=FIELDS, rules=[rule], key=["company_name", "site", "phone"])
    filled = [(*row, *[""] * (4 - len(row))) for row in rows]
    world.stage_one(table(HEADER, [(*row[:3], row[3] or str(number)) for number, row in enumerate(filled)]))
    return findings(world)


# --- agree -------------------------------------------------------------------------------------------------------


def test_a_row_that_differs_from_most_rows_of_the_same_thing_is_found_with_what_they_say(world: World) -> None:
    rows = [("甲", "a", "深圳"), ("甲", "b", "深圳"), ("甲", "c", "广州"), ("乙", "a", "广州")]
    assert find(world, agree(), rows) == [(4, "city", "one_city", "深圳")]


def test_a_tie_is_no_finding(world: World) -> None:
    assert find(world, agree(), [("甲", "a", "深圳"), ("甲", "b", "广州")]) == []


def test_the_most_frequent_of_three_is_expected_and_two_of_them_equal_are_not(world: World) -> None:
    apart = [("甲", "a", "深圳"), ("甲", "b", "深圳"), ("甲", "c", "广州"), ("甲", "d", "佛山")]
    assert [finding[0] for finding in find(world, agree(), apart)] == [4, 5]


def test_a_missing_value_has_no_voice_and_is_found_only_where_gaps_are_faults(world: World) -> None:
    rows = [("甲", "a", ""), ("甲", "b", ""), ("甲", "c", "深圳"), ("乙", "a", "")]
    assert find(world, agree(), rows) == []


def test_a_gap_is_found_where_another_row_has_the_value(world: World) -> None:
    rows = [("甲", "a", ""), ("甲", "c", "深圳"), ("乙", "a", "")]
    assert find(world, agree(gaps=True), rows) == [(2, "city", "one_city", "深圳")]


def test_a_gap_among_values_that_tie_is_found_and_nothing_is_expected(world: World) -> None:
    rows = [("甲", "a", ""), ("甲", "b", "深圳"), ("甲", "c", "广州")]
    assert find(world, agree(gaps=True), rows) == [(2, "city", "one_city", None)]


def test_a_row_that_lacks_what_things_are_told_by_has_no_part(world: World) -> None:
    rows = [("甲", "", "深圳"), ("乙", "", "广州"), ("丙", "", "广州")]
    assert find(world, agree(by=["site"]), rows) == []


@pytest.mark.parametrize(("source", "found"), [(None, [5, 6]), ("site", [2, 3, 4])])
def test_a_source_has_one_voice_however_many_rows_it_sends(world: World, source: str | None, found: list[int]) -> None:
    rows = [("甲", "a", "广州"), ("甲", "a", "广州"), ("甲", "a", "广州"), ("甲", "b", "深圳"), ("甲", "c", "深圳")]
    assert [finding[0] for finding in find(world, agree(source=source), rows)] == found


def test_a_source_that_is_mostly_wrong_loses_its_voice(world: World) -> None:
    good = [(name, site, "深圳") for name in "甲乙丙丁" for site in ("a", "b", "c")]
    poor = [(name, site, "广州") for name in "甲乙丙丁" for site in ("x", "y")]
    rows = [*good, *poor, ("戊", "a", "深圳"), ("戊", "x", "广州"), ("戊", "y", "广州")]
    found = find(world, agree(source="site"), rows)
    assert (23, "city", "one_city", "深圳") in found and (24, "city", "one_city", "深圳") in found
    assert 22 not in [finding[0] for finding in found], "a is right four times of four, x and y never"
    told = world.query("select source, compared, agreed, weight from ops.source_agreement order by source")
    assert [line["source"] for line in told] == ["a", "b", "c", "x", "y"]
    assert told[0]["weight"] > 1 and told[3] == {"source": "x", "compared": 5, "agreed": 0, "weight": 0.0}


def test_where_a_trusted_row_speaks_only_it_decides(world: World) -> None:
    rows = [("甲", "a", "广州"), ("甲", "b", "广州"), ("甲", "甲", "深圳"), ("乙", "a", "广州"), ("乙", "b", "深圳")]
    found = find(world, agree(trusted="site = company_name"), rows)
    assert found == [(2, "city", "one_city", "深圳"), (3, "city", "one_city", "深圳")]


@pytest.mark.parametrize(("trusted", "wrong"), [(None, "a"), ("site = company_name", "xyz")])
def test_sources_are_weighed_first_by_what_trusted_rows_say(world: World, trusted: str | None, wrong: str) -> None:
    """Three that copy each other outvote one that is right, until two words at first hand tell who is."""
    rows = [(name, site, "深圳" if site == "a" else "广州") for name in "甲乙丙丁戊己" for site in "xyza"]
    if trusted:
        rows += [("甲", "甲", "深圳"), ("乙", "乙", "深圳")]
    found = find(world, agree(source="site", trusted=trusted), rows)
    assert {rows[row - 2][1] for row, *_ in found} == set(wrong)


def test_several_fields_are_looked_at_each_by_itself(world: World) -> None:
    rows = [("甲", "a", "深圳", "1"), ("甲", "b", "深圳", "1"), ("甲", "c", "广州", "2")]
    found = find(world, agree(fields=["city", "phone"]), rows)
    assert found == [(4, "city", "one_city", "深圳"), (4, "phone", "one_city", "1")]


# --- spelling ----------------------------------------------------------------------------------------------------


def test_a_rare_text_that_is_nearly_a_frequent_one_is_that_one_misspelt(world: World) -> None:
    rows = [(f"第{number}", "a", "Birmingham") for number in range(10)] + [("末", "a", "Birminxhaм")]
    assert find(world, spelling(), rows) == [(12, "city", "typing", "Birmingham")]


@pytest.mark.parametrize(
    ("rare", "why"),
    [
        ("Birmxxxxam", "too far from it"),
        ("Bern", "another word"),
        ("Birmingham2", "another figure"),
        ("", "nothing"),
    ],
)
def test_another_word_is_no_misspelling(world: World, rare: str, why: str) -> None:
    rows = [(f"第{number}", "a", "Birmingham") for number in range(10)] + [("末", "a", rare)]
    assert find(world, spelling(), rows) == [], why


def test_a_text_that_is_not_rare_beside_its_neighbour_is_a_word_of_its_own(world: World) -> None:
    rows = [(f"第{number}", "a", "Birmingham" if number < 10 else "Birminghan") for number in range(12)]
    assert find(world, spelling(), rows) == []


def test_a_text_as_near_to_two_frequent_ones_is_left_alone(world: World) -> None:
    rows = [(f"第{number}", "a", "marsten" if number % 2 else "karsten") for number in range(20)]
    assert find(world, spelling(), [*rows, ("末", "a", "xarsten")]) == []


def test_chinese_characters_are_counted_and_not_their_bytes(world: World) -> None:
    rows = [(f"第{number}", "a", "广东省深圳市") for number in range(10)]
    found = find(world, spelling(), [*rows, ("末", "a", "广东省深川市"), ("尾", "a", "广东省梅州市")])
    assert found == [(12, "city", "typing", "广东省深圳市")]


# --- what findings do --------------------------------------------------------------------------------------------


def test_a_row_with_a_finding_is_flagged_and_counted_once(world: World) -> None:
    find(
        world,
        agree(fields=["city", "phone"]),
        [("甲", "a", "深圳", "1"), ("甲", "b", "深圳", "1"), ("甲", "c", "广州", "2")],
    )
    assert [row["_flags"] for row in world.query("select _flags from staged.directory order by _row")] == [
        [],
        [],
        ["one_city"],
    ]
    assert world.query("select flagged from ops.file_ledger") == [{"flagged": 1}]


def test_a_later_delivery_changes_what_is_expected_of_an_earlier_one(world: World) -> None:
    assert find(world, agree(), [("甲", "a", "深圳")]) == []
    world.stage_one(table(HEADER, [("甲", "b", "广州", "8"), ("甲", "c", "广州", "9")]), "directory/later.csv")
    assert findings(world) == [(2, "city", "one_city", "广州")]
    assert world.query("select file, flagged from ops.file_ledger order by file") == [
        {"file": "directory/file.csv", "flagged": 1},
        {"file": "directory/later.csv", "flagged": 0},
    ]


def test_a_flag_of_a_row_that_concerns_a_field_is_a_finding_of_its_cell(world: World) -> None:
    rule = {"name": "known_city", "expect": "city <> '火星'", "severity": "flag", "field": "city"}
    assert find(world, rule, [("甲", "1.38E+10", "火星"), ("乙", "b", "深圳")]) == [
        (2, "city", "known_city", None),
        (2, "site", "site_damaged", None),
    ]


def test_a_rule_that_goes_takes_its_findings_and_flags_with_it(world: World) -> None:
    rows = [("甲", "a", "深圳"), ("甲", "b", "深圳"), ("甲", "c", "广州")]
    assert find(world, agree(), rows)
    world.contract(fields=FIELDS, key=["company_name", "site", "phone"])
    world.stage()
    assert findings(world) == []
    assert world.query("select flagged from ops.file_ledger") == [{"flagged": 0}]


def test_a_held_delivery_has_no_voice(world: World) -> None:
    find(world, agree(), [("甲", "a", "深圳"), ("甲", "b", "深圳"), ("甲", "c", "广州")])
    bad = [("甲", "d", "广州", "7"), ("甲", "e", "广州", "8"), *[("", "f", "广州", str(n)) for n in range(9)]]
    world.stage_one(table(HEADER, bad), "directory/held.csv")
    assert findings(world) == [(4, "city", "one_city", "深圳")]


def test_a_repeat_is_judged_and_has_no_voice(world: World) -> None:
    world.contract(fields=FIELDS, rules=[agree()], key=["company_name", "site"])
    rows = [("甲", "a", "深圳", ""), ("甲", "b", "深圳", ""), *[("甲", "c", "广州", str(n)) for n in range(5)]]
    world.stage_one(table(HEADER, rows))
    assert [finding[0] for finding in findings(world)] == [4, 5, 6, 7, 8]


def test_a_file_without_a_row_has_no_findings(world: World) -> None:
    world.contract(fields=FIELDS, rules=[agree(source="site", trusted="true", gaps=True), spelling()])
    world.stage_one(table(HEADER, [("", "", "", "")]))
    assert findings(world) == []


def test_findings_become_checks_of_their_dimension_and_counts_without_a_value(world: World) -> None:
    find(world, {**agree(), "dimension": "accuracy"}, [("甲", "a", "深圳"), ("甲", "b", "深圳"), ("甲", "c", "广州")])
    contract = world.registry.feeds["directory"]
    with world.warehouse() as con:
        (outcome,) = validate(con, cell_checks(contract, load_kpis(), world.settings.as_of))
        shown = finding_metadata(con, contract)
    assert (outcome.check.name, outcome.passed, outcome.unexpected, outcome.total) == (
        "accuracy_rule_one_city",
        False,
        1,
        3,
    )
    assert shown["suspect_cells"] == 1
    assert "| one_city | accuracy | city | 1 | 1 |" in shown["findings"].value
    assert "深圳" not in shown["findings"].value


def test_nothing_new_changes_nothing(world: World) -> None:
    find(world, agree(), [("甲", "a", "深圳"), ("甲", "b", "深圳"), ("甲", "c", "广州")])
    with world.warehouse() as con:
        assert not mark(con, world.registry.feeds["directory"]), "the marks stand as they are"


# --- properties --------------------------------------------------------------------------------------------------

ROWS = st.lists(
    st.tuples(st.sampled_from("甲乙"), st.sampled_from("abcd"), st.sampled_from(["深圳", "广州", "佛山", ""])),
    min_size=1,
    max_size=12,
)


Judge = Callable[[dict[str, Any], Sequence[tuple[str, str, str]]], Counter[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    """Findings of a rule in rows, by what the row says and not where it stands; one warehouse for all examples."""
    world = World(make_settings(tmp_path_factory.mktemp("cells")))
    with world.warehouse() as con:

        def run(rule: dict[str, Any], rows: Sequence[tuple[str, str, str]]) -> Counter[tuple[Any, ...]]:
            contract = Contract.model_validate({**DIRECTORY, "fields": FIELDS, "rules": [rule]})
            columns = ", ".join(f"{name} {kind}" for name, kind in STAGED_COLUMNS.items())
            con.execute(
                f"create or replace table staged.directory ({columns}, company_name varchar, site varchar, city varchar, phone varchar)"
            )
            con.execute(
                "insert or replace into ops.batch_gate values ('directory', 'x', 'released', null, now(), null)"
            )
            con.executemany(
                """insert into staged.directory (_file, _sha256, _member, _row, _is_repeat, _is_superseded, _flags, company_name, site, city)
                values ('f', 'x', '', ?, false, false, [], ?, ?, nullif(?, ''))""",
                [[number, *row] for number, row in enumerate(rows, start=2)],
            )
            judge_cells(con, contract)
            found = con.execute(
                """select s.company_name, s.site, s.city, f.rule, f.expected from ops.cell_finding as f
                join staged.directory as s on s._row = f.row"""
            )
            return Counter(found.fetchall())

        yield run


RULES = [agree(), agree(source="site"), agree(source="site", gaps=True), agree(trusted="site = 'a'")]


@settings(max_examples=20)
@given(rows=ROWS, order=st.randoms(use_true_random=False))
@pytest.mark.parametrize("rule", RULES)
def test_the_order_of_rows_does_not_matter(judge: Judge, rule: dict[str, Any], rows: Any, order: Any) -> None:
    shuffled = list(rows)
    order.shuffle(shuffled)
    assert judge(rule, rows) == judge(rule, shuffled)


@settings(max_examples=20)
@given(rows=ROWS)
def test_one_more_row_that_says_what_is_expected_finds_nothing_new(judge: Judge, rows: Any) -> None:
    """A row that agrees with what most rows of its thing say makes them no fewer: findings stay what they are."""
    votes = Counter(city for name, _, city in rows if name == "甲" and city)
    best = votes.most_common(2)
    if best and (len(best) == 1 or best[0][1] > best[1][1]):
        assert judge(agree(), [*rows, ("甲", "z", best[0][0])]) == judge(agree(), rows)


@settings(max_examples=20)
@given(rows=ROWS)
@pytest.mark.parametrize("rule", [RULES[0], RULES[3]])
def test_rows_of_another_thing_find_nothing_in_these(judge: Judge, rule: dict[str, Any], rows: Any) -> None:
    """So it is where sources are not weighed."""
    assert judge(rule, [*rows, ("丙", "a", "深圳"), ("丙", "b", "深圳")]) == judge(rule, rows)


@settings(max_examples=20)
@given(rows=ROWS)
@pytest.mark.parametrize("rule", RULES)
def test_a_value_that_is_found_differs_from_what_is_expected(judge: Judge, rule: dict[str, Any], rows: Any) -> None:
    for _, _, city, _, expected in judge(rule, rows):
        assert (city is None and "gaps" in rule["agree"]) or (city != expected and expected is not None)
