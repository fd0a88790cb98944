"""Data Docs: whole, offline, short, and without a value of the data."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ccdata_assets.metrics.registry import load_kpis
from ccdata_assets.quality.data_docs import build_data_docs
from ccdata_assets.quality.record import check_table
from ccdata_assets.quality.suites import staged_checks
from ccdata_assets.reporting.page import write_page
from ccdata_assets_tests.world import World, table

PLANTED = ("甲公司秘密", "13900001111")
RUNS, KEPT = 3, 2


@pytest.fixture
def site(world: World) -> Path:
    """The pages after some runs over one table with a field that is seldom filled."""
    kpis = load_kpis()
    world.contract(fields={"company_name": {"required": True}, "phone": {}, "gender": {}})
    world.stage_one(table(("company_name", "phone"), [PLANTED, ("乙公司", ""), ("丙公司", "")]))
    for run in range(RUNS):
        settings = world.at(f"2026-02-0{run + 1}").settings
        checks = staged_checks(world.registry, world.registry.feeds["directory"], kpis, settings.as_of)
        with world.warehouse() as con:
            check_table(con, checks, "directory", settings, f"run {run}", changed=True)
    settings = world.settings.model_copy(update={"docs_runs": KEPT})
    with world.warehouse() as con:
        return build_data_docs(con, world.registry, kpis, settings).parent


def test_the_last_runs_are_linked_and_say_what_failed(site: Path) -> None:
    index = (site / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'href="((?:validations|expectations)/[^"]+)"', index)
    assert len(links) == 1 + KEPT
    for link in links:
        page = (site / link).read_text(encoding="utf-8")
        assert "completeness_phone" in page
    assert "✗" in index and "2026-02-03" in index and "2026-02-01" not in index


def test_pages_ask_for_nothing_from_elsewhere_and_hold_no_value(site: Path) -> None:
    assert {path.suffix for path in site.rglob("*") if path.is_file()} == {".html"}, (
        "only pages, nothing that they load"
    )
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"(?:src|href)\s*=\s*[\"']?(?:https?:)?//|url\(|<script|@import", text), page
        assert not any(value in text for value in PLANTED), page


def test_the_report_page_links_to_them_where_they_are(site: Path) -> None:
    reports = site.parent
    assert 'href="data_docs/index.html"' in write_page(reports).read_text(encoding="utf-8")
    (site / "index.html").unlink()
    assert "data_docs" not in write_page(reports).read_text(encoding="utf-8")
