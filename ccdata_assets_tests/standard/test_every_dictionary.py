"""What holds for every dictionary: its hard set, the examples of its page, its declared reasons, and how it treats any text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.hard_sets import hard_sets, score
from ccdata_assets.standard.dictionaries import Dictionaries

from .conftest import DBT_PROJECT, REPOSITORY, Row, Standardise

KINDS = Dictionaries(DBT_PROJECT).kinds
STATUSES = {"valid", "invalid", "ambiguous", "damaged", "placeholder", "missing"}
HARD_SETS = dict(hard_sets(KINDS))
SHARE = 0.97
"""Least share of a hard set that is read exactly."""

anything = st.text(max_size=40)
likely = st.text(
    alphabet="0123456789+-()（）/., ;:：年月日万元人广东深圳市南山区路号有限公司王李先生经理abcABC@.comＡ１ \t\u3000\u200b",
    max_size=40,
)
FEW_RUNS = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


def cases_of(kind: str) -> list[str]:
    return [case["raw"] for case in HARD_SETS[kind]]


@pytest.mark.parametrize("kind", KINDS)
def test_the_hard_set_is_read_exactly(dictionaries: Dictionaries, kind: str) -> None:
    cases = HARD_SETS[kind]
    assert len({case["raw"] for case in cases}) == len(cases) >= 100, "cases must be many and different"
    assert all(case["why"] for case in cases)
    found = score(dictionaries, kind, "hard", cases)
    misses = "\n".join(f"{m.raw!r} {m.column}: expected {m.expected!r}, found {m.found!r}" for m in found.misses)
    assert found.exact >= SHARE * found.cases, misses


@pytest.mark.parametrize("kind", KINDS)
def test_the_examples_of_the_page_are_true(standardise: Standardise, kind: str) -> None:
    page = (REPOSITORY / "docs" / "standard" / f"{kind}.md").read_text(encoding="utf-8")
    examples = _examples(page)
    assert examples, f"docs/standard/{kind}.md has no table of examples"
    found = standardise(kind, [raw for raw, *_ in examples])
    for raw, *expected in examples:
        assert [found[raw]["standard"] or "", found[raw]["status"], found[raw]["reason"]] == expected, raw


def _examples(page: str) -> list[list[str]]:
    rows: list[list[str]] = []
    inside = False
    for line in page.splitlines():
        if line.replace(" ", "").startswith("|raw|standard|status|reason|"):
            inside = True
        elif not line.startswith("|"):
            inside = False
        elif inside and not re.fullmatch(r"[|\s:-]+", line):
            cells = [
                re.sub(r"^`(.*)`$", r"\1", cell.strip()).replace("\\|", "|")
                for cell in re.split(r"(?<!\\)\|", line)[1:-1]
            ]
            rows.append(cells[:4])
    return rows


@pytest.mark.parametrize("kind", KINDS)
def test_columns_come_in_the_order_of_the_command_and_every_status_is_known(
    dictionaries: Dictionaries, kind: str
) -> None:
    columns = dictionaries.read(kind, []).columns
    assert columns[:4] == ["raw", "standard", "status", "reason"]
    assert columns[-1] == "rule_version"
    described = {column["name"] for column in dictionaries.project.properties(kind)["columns"]}
    assert set(columns) == described


def _undeclared(dictionaries: Dictionaries, kind: str, rows: list[Row]) -> set[tuple[str, str]]:
    reasons = dictionaries.meta(kind)["reasons"]
    known = {
        (status, reason)
        for reason, said in reasons.items()
        for status in ([said["status"]] if isinstance(said["status"], str) else said["status"])
    }
    return {(row["status"], row["reason"]) for row in rows} - known


@pytest.mark.parametrize("kind", KINDS)
def test_every_reason_is_declared_in_both_languages(
    dictionaries: Dictionaries, standardise: Standardise, kind: str
) -> None:
    meta = dictionaries.meta(kind)
    assert meta["title"]["zh"]
    assert meta["title"]["en"]
    for reason, said in meta["reasons"].items():
        assert said["zh"], reason
        assert said["en"], reason
        assert {said["status"]} <= STATUSES if isinstance(said["status"], str) else set(said["status"]) <= STATUSES
    assert _undeclared(dictionaries, kind, list(standardise(kind, cases_of(kind)).values())) == set()


@pytest.mark.parametrize("kind", KINDS)
@FEW_RUNS
@given(values=st.lists(anything | likely, min_size=80, max_size=240))
def test_any_text_has_a_status(
    dictionaries: Dictionaries, standardise: Standardise, kind: str, values: list[str]
) -> None:
    values = [value.replace("\x00", "") for value in values]
    rows = list(standardise(kind, values).values())
    assert {row["status"] for row in rows} <= STATUSES
    assert _undeclared(dictionaries, kind, rows) == set()


@pytest.mark.parametrize("kind", KINDS)
def test_a_cell_of_any_kind_has_one_row(dictionaries: Dictionaries, kind: str) -> None:
    cells = {raw for other in KINDS for raw in cases_of(other)}
    rows = [row[0] for row in dictionaries.read(kind, cells).select("raw").fetchall()]
    assert len(cells) > 4000
    assert cells - set(rows) == set(), "a cell is lost"
    assert len(rows) == len(cells), "a cell has several rows"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not Dictionaries(DBT_PROJECT).meta(kind).get("secret")])
def test_a_standard_is_its_own_standard(standardise: Standardise, kind: str) -> None:
    standards = {row["standard"] for row in standardise(kind, cases_of(kind)).values() if row["standard"]}
    again = standardise(kind, standards)
    assert {standard: row["standard"] for standard, row in again.items()} == {s: s for s in standards}


@pytest.mark.parametrize("kind", KINDS)
def test_width_case_and_surrounding_space_change_nothing(standardise: Standardise, kind: str) -> None:
    changes = (_full_width, lambda text: f" \t{text}\u3000 ", str.upper, str.lower)
    raws = cases_of(kind)
    found = standardise(kind, {*raws, *(change(raw) for change in changes for raw in raws)})
    wrong = [change(raw) for change in changes for raw in raws if _answer(found[change(raw)]) != _answer(found[raw])]
    assert wrong == []


def _full_width(text: str) -> str:
    return "".join("\u3000" if c == " " else chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def _answer(row: Row) -> tuple[str, str, str]:
    return (row["standard"] or "").casefold(), row["status"], row["reason"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_cell_that_any_column_may_hold_is_judged_alike_by_all(standardise: Standardise, kind: str) -> None:
    answers = {
        "#N/A": ("damaged", "spreadsheet_error"),
        "#REF!": ("damaged", "spreadsheet_error"),
        "########": ("damaged", "spreadsheet_error"),
        "�锟斤拷": ("damaged", "mojibake"),
        "请选择": ("placeholder", "placeholder"),
    }
    assert {raw: (row["status"], row["reason"]) for raw, row in standardise(kind, answers).items()} == answers


def test_every_dictionary_has_a_hard_set_and_a_page() -> None:
    pages = {path.stem for path in Path(REPOSITORY, "docs", "standard").glob("*.md")}
    assert set(KINDS) - set(HARD_SETS) == set()
    assert set(KINDS) - pages == set()
