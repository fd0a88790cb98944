"""The report every test of this folder reads: March 2026 of the small published copy, built once."""

from pathlib import Path

import pytest

from ccdata_assets.reporting import BuiltReport
from ccdata_assets.reporting.model import Report

from .published import AS_OF, MARCH, build, build_monthly


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("published") / "ccdata.duckdb")


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reports")


@pytest.fixture(scope="session")
def built(published: Path, reports: Path) -> BuiltReport:
    return build_monthly(published, reports, MARCH, AS_OF)


@pytest.fixture(scope="session")
def report(built: BuiltReport) -> Report:
    return Report.from_json(built.workbook.with_suffix(".json").read_text(encoding="utf-8"))
