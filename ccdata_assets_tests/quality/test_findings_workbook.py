"""The workbook of suspect cells: what stands there, what should, and nothing that runs."""

from __future__ import annotations

import stat
from pathlib import Path

from openpyxl import load_workbook

from ccdata_assets.quality.findings_workbook import write_findings
from ccdata_assets_tests.world import World, table

RULE = {
    "name": "one_city",
    "agree": {"fields": "city", "by": "company_name"},
    "message": {"zh": "同一企业城市不一", "en": "rows of a company name several cities"},
}


def lines(world: World, path: Path) -> list[tuple[object, ...]]:
    """The workbook's lines below the header."""
    with world.warehouse() as con:
        write_findings(con, world.registry.feeds["directory"], world.registry, path)
    return list(load_workbook(path).active.iter_rows(min_row=2, values_only=True))


def test_a_finding_says_where_it_is_what_stands_there_and_what_is_expected(world: World, tmp_path: Path) -> None:
    world.contract(rules=[RULE])
    world.stage_one(
        table(("company_name", "phone", "city"), [("甲", "1", "深圳"), ("甲", "2", "深圳"), ("甲", "3", "=1+1")])
    )
    path = tmp_path / "findings.xlsx"
    assert lines(world, path) == [
        (
            "directory/file.csv",
            None,
            4,
            "城市 City",
            "=1+1",
            "深圳",
            "同一企业城市不一 rows of a company name several cities",
        )
    ]
    cell = load_workbook(path).active["E2"]
    assert cell.data_type == "s", "a formula of the supplier would run"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600, "values in clear are for who asked"


def test_a_feed_without_findings_gives_a_header_alone(world: World, tmp_path: Path) -> None:
    assert lines(world, tmp_path / "findings.xlsx") == []
