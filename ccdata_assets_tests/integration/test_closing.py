"""A month's reports as of its closing stay what they were, whatever comes later: three months of deliveries, replayed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ccdata_assets_tests.integration.runs import SAMPLE, command, run

MONTHS = {
    "2026-09-30": (
        "b2b_directory/1688*", "crm_contact/*0930*", "crm_account/*0930*", "business_card/*0922*", "plan_sheet/*",
        "call_log/*0930*", "customer_form/*0930*",
    ),
    "2026-10-31": (
        "provider_list/*20260910*", "crm_contact/*1031*", "crm_account/*1031*", "b2b_directory/*20261012*", "call_log/*",
    ),
    "2026-11-30": ("web_search/*0918*", "b2b_directory/*20261020*", "business_card/*20261016*"),
}  # fmt: skip
"""What comes by when: each month some files of one before it, and exports that replace rows of those before."""
LATE = "provider_list/東莞台商名錄_20260910.csv"


def reports_of(folder: Path, month: str) -> dict[str, Any]:
    return {path.parent.name: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob(f"*/{month}.json")}


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory, begun: Path) -> tuple[Path, Path]:
    """A home after three more months, and a copy of its reports at the end of each."""
    home, kept = tmp_path_factory.mktemp("months") / "home", tmp_path_factory.mktemp("kept")
    shutil.copytree(begun, home)
    for day, patterns in MONTHS.items():
        for pattern in patterns:
            found = list(SAMPLE.glob(pattern))
            assert found, f"the sample has no {pattern}"
            for path in found:
                target = home / "inbox" / path.relative_to(SAMPLE)
                target.parent.mkdir(parents=True, exist_ok=True)
                if not target.exists():
                    shutil.copy(path, target)
        code, _, text = run(home, "--as-of", day, env={"CCDATA_HISTORY_FROM": "2026-09"})
        assert code == 0, text
        shutil.copytree(home / "reports", kept / day)
    return home, kept


def report(home: Path, month: str, *options: str) -> list[str]:
    code, out, err = command("report", month, "--home", str(home), *options)
    assert code == 0, err
    return out.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize(("month", "closing"), [("2026-09", "2026-09-30"), ("2026-10", "2026-10-31")])
def test_reports_as_of_the_closing_are_what_they_were_then_cell_by_cell(
    replayed: tuple[Path, Path], month: str, closing: str
) -> None:
    home, kept = replayed
    then = reports_of(kept / closing, month)
    assert {"monthly", "quality", "completeness", "suppliers", "analysis", "collection"} <= set(then)
    *workbooks, _ = report(home, month, "--as-of", "closing")
    now = reports_of(home / "reports" / f"as-of-{closing}", month)
    for of_a_day in (then, now):
        of_a_day.pop("review", None)  # the queue is as it is now, of no past day
    assert set(now) == set(then)
    for name in then:
        for before, after in zip(then[name]["sections"], now[name]["sections"], strict=True):
            assert after == before, f"{name}: section {before['id']}"
        assert now[name] == then[name], name
    for path in (path for path in map(Path, workbooks) if path.parent.name != "review"):
        assert path.read_bytes() == (kept / closing / path.parent.name / path.name).read_bytes(), path


@pytest.mark.slow
def test_the_restated_report_says_what_came_late_and_what_it_changed(replayed: tuple[Path, Path]) -> None:
    home, kept = replayed
    report(home, "2026-09")
    restated = reports_of(home / "reports", "2026-09")["monthly"]
    (section,) = [section for section in restated["sections"] if section["id"] == "closing"]
    tables = {table["id"]: table for table in section["tables"]}
    assert LATE in [row[3] for row in tables["late_files"]["rows"]]
    received = {
        row[2]["en"] if isinstance(row[2], dict) else "": row[3:]
        for row in tables["changed_count"]["rows"]
        if row[0]["en"] == "New records received" and row[1]["en"] in ("", "Feed")
    }
    closed = reports_of(kept / "2026-09-30", "2026-09")["monthly"]["sections"][0]["figures"]
    before, now, change = received[""]
    assert before == next(figure["value"] for figure in closed if figure["id"] == "records_received")
    assert change == now - before
    was, late, _ = received["List of a data provider"]
    assert was is None and late > 0, "its file came after the closing"
    was, left, less = received["CRM contacts"]
    assert left < was and less < 0, "the export of October took the place of rows of September"
