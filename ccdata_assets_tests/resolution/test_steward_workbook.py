"""What stewards fill in: the workbook shows the queue, and what comes back in the inbox becomes decisions that hold."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from ccdata_assets.contracts.registry import Registry
from ccdata_assets.landing.inbox import scan_inbox
from ccdata_assets.orchestration.jobs import Batch, by_source, waiting_files
from ccdata_assets.orchestration.reviews import read_reviews, review_lines
from ccdata_assets.orchestration.summary import RunSummary
from ccdata_assets.resolution.decision_list import decisions
from ccdata_assets.resolution.decisions import decide, lock, withdraw
from ccdata_assets.resolution.review import review_pairs
from ccdata_assets.resolution.steward_answers import ReviewFile, read_answers
from ccdata_assets.resolution.steward_workbook import ANSWERS, DIFFERS
from ccdata_assets.resolution.stewards import write_review
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.state import fingerprint
from ccdata_assets_tests.resolution.runs import MODEL, SHIPPED, company, ids, partition, record_id, run
from ccdata_assets_tests.world import Row, World, fetch, make_settings

PHONE = "+8657188880001"
ALIKE: list[Row] = [company(1, "青山", phone=PHONE), company(2, "白水", phone=PHONE)]
Cells = dict[str, str]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(tmp_path / "home")


def draw(con: duckdb.DuckDBPyConnection, settings: Settings) -> Path:
    write_review(con, SHIPPED, MODEL, settings, is_current=False)
    return settings.review_path


def sheet(path: Path) -> Any:
    return openpyxl.load_workbook(path).worksheets[0]


def hand_in(
    settings: Settings, cells: Cells, name: str = "steward_review/wang.xlsx", source: Path | None = None
) -> Path:
    """A copy of the workbook with these cells filled in, in the inbox."""
    book = openpyxl.load_workbook(source or settings.review_path)
    for cell, value in cells.items():
        book.worksheets[0][cell] = value
    path = settings.inbox_dir / name
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def read(
    con: duckdb.DuckDBPyConnection, settings: Settings, registry: Registry, run_id: str = "read"
) -> list[ReviewFile]:
    return read_answers(con, registry, settings, run_id)


def problems(files: Iterable[ReviewFile]) -> list[tuple[int, str, bool]]:
    return [(problem.row, problem.field.split()[0], problem.is_used) for file in files for problem in file.problems]


# --- the workbook ------------------------------------------------------------------------------------------------


def test_the_workbook_has_a_frozen_header_filters_a_choice_and_a_hidden_key(
    con: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    run(con, ALIKE)
    page = sheet(draw(con, settings))
    headers = [cell.value.replace("\n", " ") for cell in page[1]]
    assert headers[:4] == ["键 Key", "决定 Decision", "备注 Comment", "审核人 Reviewer"]
    assert page.freeze_panes == "F2" and page.auto_filter.ref
    assert page.column_dimensions["A"].hidden and not page.column_dimensions["B"].hidden
    (choice,) = page.data_validations.dataValidation
    assert (
        str(choice.sqref) == "B2"
        and [f"{words.zh} {words.en}" in choice.formula1 for words in ANSWERS.values()] == [True] * 3
    )
    book = openpyxl.load_workbook(settings.review_path)
    told = "".join(str(cell.value) for row in book.worksheets[1].iter_rows() for cell in row)
    assert "steward_review/" in told and "decision" in told.lower() and "决定" in told


def test_values_that_differ_are_marked_and_unknown_ones_are_not(
    con: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    run(con, [{**ALIKE[0], "address": "测试路1号"}, ALIKE[1]])
    page = sheet(draw(con, settings))
    marked = {
        page.cell(1, cell.column).value.split("\n")[0]
        for cell in page[2]
        if cell.fill.fgColor.rgb == f"FF{DIFFERS[1:]}"
    }
    assert marked == {"名称A", "名称B"}, "the phones are one, the address of one side is unknown"


@pytest.mark.parametrize("sign", "=+-@")
def test_no_value_becomes_a_formula(con: duckdb.DuckDBPyConnection, settings: Settings, sign: str) -> None:
    run(con, [{**ALIKE[0], "company_name": f"{sign}HYPERLINK(1)"}, ALIKE[1]])
    page = sheet(draw(con, settings))
    found = [cell for cell in page[2] if cell.value == f"{sign}HYPERLINK(1)"]
    assert [(cell.data_type, cell.quotePrefix) for cell in found] == [("s", True)]


def test_the_same_queue_gives_the_same_bytes_and_is_left_alone(
    con: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    run(con, ALIKE)
    path = draw(con, settings)
    before, state = path.read_bytes(), path.stat().st_mtime_ns
    later = make_settings(settings.home, "2026-03-01")
    draw(con, later)
    assert path.stat().st_mtime_ns == state
    path.unlink()
    draw(con, later)
    assert path.read_bytes() == before
    assert fetch(con, 'select distinct "at" from golden.review_queue')[0]["at"] == settings.as_of


def test_work_saved_where_the_workbook_lies_is_kept_when_the_queue_changes(
    con: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    run(con, ALIKE)
    path = draw(con, settings)
    filled = hand_in(settings, {"B2": "same"}, "elsewhere.xlsx").read_bytes()
    path.write_bytes(filled)
    run(con, [ALIKE[0], {**ALIKE[1], "address": "测试路1号"}], "2026-02-02")
    draw(con, settings)
    assert [other.read_bytes() for other in path.parent.glob("organisations-filled-*.xlsx")] == [filled]
    assert path.read_bytes() != filled


# --- answers -----------------------------------------------------------------------------------------------------


def test_a_handed_in_workbook_is_no_file_that_nobody_claims(settings: Settings, registry: Registry) -> None:
    path = settings.inbox_dir / "steward_review" / "a.xlsx"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x")
    found = scan_inbox(settings.inbox_dir, registry)
    assert [file.name for file in found.reviews] == ["steward_review/a.xlsx"] and found.unclaimed == []


@pytest.mark.parametrize(
    ("said", "groups"), [("同一 same", {frozenset({1, 2, 3})}), ("different", {frozenset({1}), frozenset({2, 3})})]
)
def test_decisions_hold_in_the_next_run_and_after_one_with_new_rows(
    con: duckdb.DuckDBPyConnection, settings: Settings, registry: Registry, said: str, groups: set[frozenset[int]]
) -> None:
    records = [*ALIKE, company(3, "白水", phone=PHONE)]
    run(con, records)
    draw(con, settings)
    hand_in(settings, {"B2": said, "C2": "电话里问过", "D2": "王"})
    (file,) = read(con, settings, registry)
    assert (file.status, file.rows, problems([file])) == ("read", 1, [])
    run(con, now="2026-02-02")
    assert partition(con) == groups
    more = company(4, "青山", phone=PHONE, file="b", sha256="b" * 64)
    run(con, [*records, more], "2026-02-03")
    assert partition(con) == {group | {4} if 1 in group else group for group in groups}
    assert review_pairs(con, SHIPPED, MODEL) == []
    (decision,) = decisions(con)
    assert (decision["decided_by"], decision["comment"], decision["is_in_force"]) == ("王", "电话里问过", True)
    assert decision["source"] == "wang.xlsx row 2"


def test_the_same_bytes_count_once(con: duckdb.DuckDBPyConnection, settings: Settings, registry: Registry) -> None:
    run(con, ALIKE)
    draw(con, settings)
    path = hand_in(settings, {"B2": "same"})
    assert [file.status for file in read(con, settings, registry)] == ["read"]
    assert read(con, settings, registry) == []
    path.with_name("again.xlsx").write_bytes(path.read_bytes())
    assert [file.status for file in read(con, settings, registry)] == ["repeat"]
    assert len(decisions(con)) == 1


def test_the_same_answer_in_another_file_is_no_second_decision(
    con: duckdb.DuckDBPyConnection, settings: Settings, registry: Registry
) -> None:
    run(con, ALIKE)
    draw(con, settings)
    hand_in(settings, {"B2": "same"})
    hand_in(settings, {"B2": "同一", "C2": "more"}, "steward_review/more.xlsx")
    assert [file.counts["same"] for file in read(con, settings, registry)] == [1, 1]
    assert len(decisions(con)) == 1


def test_rows_that_cannot_be_used_are_reported_and_cost_only_themselves(
    con: duckdb.DuckDBPyConnection, settings: Settings, registry: Registry
) -> None:
    other = {"email": "a@example.org", "phone": "+8657188880009"}
    run(
        con,
        [
            *ALIKE,
            company(3, "黑土", **other),
            company(4, "红日", **other),
            company(5, "大海", phone="+8657188880007"),
            company(6, "小河", phone="+8657188880007"),
        ],
    )
    page = sheet(draw(con, settings))
    key = page["A2"].value
    hand_in(
        settings,
        {
            "B2": "perhaps",
            "B3": "same",
            "A3": "not a key",
            "B4": "same",
            "B9": "same",
            "A9": f"{key.split(':')[0]}:1:2",
        },
    )
    (file,) = read(con, settings, registry)
    assert problems([file]) == [(2, "决定", False), (3, "键", False), (9, "键", False)]
    assert (file.rows, file.counts) == (4, {"same": 1, "apart": 0, "unsure": 0, "unanswered": 0, "faulty": 3})
    kept = fetch(con, "select file, row, field, problem, fix from ops.review_problem order by row")
    assert [line["row"] for line in kept] == [2, 3, 9] and all(line["fix"] for line in kept)
    assert "«perhaps»" in kept[0]["problem"], "a person finds the answer that is meant"
    assert "not a key" not in str(kept)


def test_a_long_answer_nobody_understands_is_quoted_cut_short(
    con: duckdb.DuckDBPyConnection, settings: Settings, registry: Registry
) -> None:
    run(con, ALIKE)
    draw(con, settings)
    hand_in(settings, {"B2": "这是同一家企业但是我不太确定请再问一下王经理的手机"})
    (file,) = read(con, settings, registry)
    assert "王经理" not in file.problems[0].problem and "«这是同一家企业" in file.problems[0].problem


@pytest.mark.parametrize(("said", "kind"), [("是", "same"), ("Yes", "same"), ("否", "apart"), ("no", "apart")])
def test_yes_and_no_are_answers(
    con: duckdb.DuckDBPyConnection, settings: Settings, registry: Registry, said: str, kind: str
) -> None:
    run(con, ALIKE)
    draw(con, settings)
    hand_in(settings, {"B2": said})
    (file,) = read(con, settings, registry)
    assert file.counts[kind] == 1 and problems([file]) == []


@pytest.mark.parametrize(("said", "left"), [("same", 1), ("different", 0)])
def test_an_answer_that_takes_locks_back_names_them(
    con: duckdb.DuckDBPyConnection, settings: Settings, registry: Registry, said: str, left: int
) -> None:
    run(con, ALIKE)
    draw(con, settings)
    held = list(ids(con).values())
    if said == "same":
        for entity in held:
            lock(con, settings, entity, "test", "王")
    else:
        decide(con, settings, "same", [record_id(con, 1)], [record_id(con, 2)], "a test")
        run(con, now="2026-02-02")
        held = [ids(con)[1]]
        lock(con, settings, held[0], "test", "王")
    hand_in(settings, {"B2": said})
    (file,) = read(con, settings, registry)
    told = [problem.problem for problem in file.problems if "lock" in problem.problem]
    assert [sum(entity in problem for problem in told) for entity in held] == [1] * len(held)
    locks = [line for line in decisions(con) if line["kind"] == "lock" and line["is_in_force"]]
    assert [line["decided_by"] for line in locks] == ["王"] * left, "who locked is not lost"


def test_a_row_whose_record_is_gone_is_reported(
    con: duckdb.DuckDBPyConnection, settings: Settings, registry: Registry
) -> None:
    run(con, ALIKE)
    draw(con, settings)
    hand_in(settings, {"B2": "same"})
    run(con, ALIKE[:1], "2026-02-02")
    (file,) = read(con, settings, registry)
    assert problems([file]) == [(2, "键", False)] and "no longer" in file.problems[0].problem
    assert decisions(con) == []


@pytest.mark.parametrize("content", [b"no workbook at all", b"a,b\n1,2\n", b"PK\x03\x04broken"])
def test_a_file_that_is_no_workbook_of_ours_is_rejected_and_stops_nothing(
    con: duckdb.DuckDBPyConnection, settings: Settings, registry: Registry, content: bytes
) -> None:
    run(con, ALIKE)
    draw(con, settings)
    hand_in(settings, {"B2": "same"})
    (settings.inbox_dir / "steward_review" / "broken.xlsx").write_bytes(content)
    found = {file.file: (file.status, bool(file.error)) for file in read(con, settings, registry)}
    assert found == {"steward_review/broken.xlsx": ("rejected", True), "steward_review/wang.xlsx": ("read", False)}
    assert read(con, settings, registry) == []


def test_of_two_stewards_who_contradict_each_other_the_later_file_wins_and_it_is_reported(
    con: duckdb.DuckDBPyConnection, settings: Settings, registry: Registry
) -> None:
    run(con, ALIKE)
    draw(con, settings)
    source = settings.review_path.read_bytes()
    hand_in(settings, {"B2": "same"}, "steward_review/a.xlsx")
    read(con, settings, registry)
    run(con, now="2026-02-02")
    assert len(partition(con)) == 1
    settings.review_path.write_bytes(source)
    hand_in(settings, {"B2": "different"}, "steward_review/b.xlsx")
    (file,) = read(con, settings, registry)
    assert problems([file]) == [(2, "决定", True)] and "steward_review/a.xlsx row 2" in file.problems[0].problem
    run(con, now="2026-02-03")
    assert len(partition(con)) == 2
    assert [decision["is_in_force"] for decision in decisions(con)] == [False, True]


def test_an_answer_about_the_same_organisations_overrules_one_about_other_records_of_theirs(
    con: duckdb.DuckDBPyConnection, settings: Settings, registry: Registry
) -> None:
    run(con, ALIKE)
    draw(con, settings)
    hand_in(settings, {"B2": "same"})
    records = [*ALIKE, company(3, "青山"), company(4, "白水")]
    run(con, records, "2026-02-02")
    decide(con, settings, "apart", [record_id(con, 3)], [record_id(con, 4)], "a test")
    (file,) = read(con, settings, registry)
    assert problems([file]) == [(2, "决定", True)]
    run(con, now="2026-02-03")
    assert len(partition(con)) == 1


def test_two_answers_of_one_file_overrule_one_decision_that_is_about_both(
    con: duckdb.DuckDBPyConnection, settings: Settings, registry: Registry
) -> None:
    run(con, [*ALIKE, company(3, "黑土", phone=PHONE)])
    draw(con, settings)
    answers = {
        f"B{row}": "same"
        for row in range(2, sheet(settings.review_path).max_row + 1)
        if "青山" in str([cell.value for cell in sheet(settings.review_path)[row]])
    }
    hand_in(settings, answers)
    others = [company(4, "青山"), company(5, "白水"), company(6, "黑土")]
    run(con, [*ALIKE, company(3, "黑土", phone=PHONE), *others], "2026-02-02")
    mine, *theirs = [record_id(con, row) for row in (4, 5, 6)]
    decide(con, settings, "apart", [mine], theirs, "a test")
    (file,) = read(con, settings, registry)
    assert (file.counts["same"], len(file.problems)) == (2, 1)
    assert [decision["is_in_force"] for decision in decisions(con)] == [False, True, True]


def test_rows_of_one_file_about_one_pair_the_last_counts(
    con: duckdb.DuckDBPyConnection, settings: Settings, registry: Registry
) -> None:
    run(con, ALIKE)
    key = sheet(draw(con, settings))["A2"].value
    hand_in(settings, {"B2": "same", "A3": key, "B3": "different"})
    (file,) = read(con, settings, registry)
    assert problems([file]) == [(2, "决定", False)]
    assert [decision["kind"] for decision in decisions(con)] == ["apart"]


def test_unsure_decides_nothing_and_takes_the_pair_out_of_the_queue(
    con: duckdb.DuckDBPyConnection, settings: Settings, registry: Registry
) -> None:
    run(con, ALIKE)
    draw(con, settings)
    before = ids(con)
    hand_in(settings, {"B2": "不确定"})
    (file,) = read(con, settings, registry)
    assert file.counts["unsure"] == 1
    assert write_review(con, SHIPPED, MODEL, settings, is_current=True) == 0, (
        "resolution had nothing to do, the queue did"
    )
    run(con, now="2026-02-02")
    assert ids(con) == before and decisions(con) == []
    assert sheet(settings.review_path).max_row == 1


def test_a_workbook_saved_as_csv_is_read_too(
    con: duckdb.DuckDBPyConnection, settings: Settings, registry: Registry
) -> None:
    run(con, ALIKE)
    key = sheet(draw(con, settings))["A2"].value
    path = settings.inbox_dir / "steward_review" / "a.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(f"键 Key,决定 Decision,审核人 Reviewer\r\n{key},不同,王\r\n".encode("gb18030"))
    (file,) = read(con, settings, registry)
    assert (file.counts["apart"], problems([file])) == (1, [])


def test_rows_of_a_csv_are_counted_as_a_spreadsheet_shows_them(
    con: duckdb.DuckDBPyConnection, settings: Settings, registry: Registry
) -> None:
    run(con, ALIKE)
    key = sheet(draw(con, settings))["A2"].value
    path = settings.inbox_dir / "steward_review" / "a.csv"
    path.parent.mkdir(parents=True)
    lines = ['键 Key,决定 Decision,"名称\nName"', f'{key},,"two\nlines"', f"{key},perhaps,one"]
    path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8-sig")
    (file,) = read(con, settings, registry)
    assert problems([file]) == [(3, "决定", False)]


# --- the run -----------------------------------------------------------------------------------------------------


def test_a_run_says_how_many_pairs_wait_and_where_their_workbook_is() -> None:
    done = RunSummary("run", True, False, [], 1, 0, waiting=3, review="/home/review/organisations.xlsx")
    (line,) = [line for line in done.closing_lines() if line.startswith("review")]
    assert "3 pairs" in line and "/home/review/organisations.xlsx" in line
    assert not any(
        line.startswith("review") for line in RunSummary("run", True, False, [], 1, 0, waiting=0).closing_lines()
    )


def test_a_decision_gives_the_run_something_to_do(world: World) -> None:
    with world.warehouse() as con:
        before = fingerprint(con, world.registry, world.settings)
        made = decide(con, world.settings, "same", [1], [2], "a test")
        after = fingerprint(con, world.registry, world.settings)
        withdraw(con, world.settings, made, "a test")
        assert len({before, after, fingerprint(con, world.registry, world.settings)}) == 3


def test_a_handed_in_workbook_waits_for_a_run_and_no_longer_when_it_was_read(world: World) -> None:
    world.put("steward_review/a.xlsx", b"x")
    inbox = scan_inbox(world.settings.inbox_dir, world.registry)
    assert [file.name for file in waiting_files(world.settings, inbox)] == ["steward_review/a.xlsx"]
    batch = Batch()
    batch.read(by_source(inbox))
    assert len(batch.unknown(world.settings)) == 1
    with world.warehouse() as con:
        read_answers(con, world.registry, world.settings, "run")
        path = world.settings.published_path
        path.parent.mkdir(parents=True)
        con.execute(f"attach '{path}' as copy")
        con.execute("create schema copy.ops")
        for name in ("file_ledger", "review_file"):
            con.execute(f"create table copy.ops.{name} as from ops.{name}")
        con.execute("detach copy")
    assert waiting_files(world.settings, inbox) == [] and batch.unknown(world.settings) == []


def test_the_run_says_what_it_read_and_exits_with_3_where_a_workbook_is_rejected(
    con: duckdb.DuckDBPyConnection, settings: Settings, registry: Registry
) -> None:
    run(con, ALIKE)
    draw(con, settings)
    hand_in(settings, {"B2": "perhaps"})
    read(con, settings, registry, "one")
    lines = "\n".join(review_lines(read_reviews(con, "one")))
    assert (
        "steward_review/wang.xlsx" in lines and "row 行 2, 决定 Decision (not used 未采用)" in lines and "fix:" in lines
    )
    (settings.inbox_dir / "steward_review" / "b.xlsx").write_bytes(b"x")
    read(con, settings, registry, "two")
    reviews = read_reviews(con, "two")
    summary = RunSummary("two", True, False, [], 0, 0, reviews=reviews)
    assert (summary.exit_code, summary.is_new, [file["status"] for file in reviews]) == (3, True, ["rejected"])
