"""Reference tables are what their packages give, and the command says what a new version changes."""

from __future__ import annotations

import csv
import importlib.metadata
import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml

from ccdata_assets.errors import CcdataError
from ccdata_assets.standard import reference
from ccdata_assets.standard.reference import LOCK, TABLES, ReferenceTable, refresh, region_codes, stale

from .conftest import DBT_PROJECT


def _installed(table: ReferenceTable) -> None:
    try:
        importlib.metadata.version(table.package)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{table.package} is not installed: pip install -e '.[reference]'")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.path)
def test_a_table_is_what_its_package_gives(table: ReferenceTable) -> None:
    _installed(table)
    assert stale(tables=[table]) == {}


def test_version_licence_and_date_of_every_table_are_recorded() -> None:
    locked = yaml.safe_load((DBT_PROJECT / LOCK).read_text(encoding="utf-8"))
    assert set(locked) == {table.path for table in TABLES}
    for table in TABLES:
        assert (locked[table.path]["package"], locked[table.path]["licence"]) == (table.package, table.licence)
        assert locked[table.path]["version"]
        assert date.fromisoformat(locked[table.path]["refreshed_on"])


def test_a_difference_is_said_first_and_written_on_refresh(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    table = ReferenceTable("seeds/digit.csv", "pytest", "MIT", lambda _: "digit\n1\n2\n")
    (tmp_path / table.path).write_text("digit\n1\n3\n", encoding="utf-8")
    (said,) = stale(tmp_path, [table]).values()
    assert "1 new lines for 1 old ones" in said
    assert (tmp_path / table.path).read_text(encoding="utf-8") == "digit\n1\n3\n"
    assert refresh(tmp_path, [table], today=date(2026, 5, 1)) == [table.path]
    assert stale(tmp_path, [table]) == {}
    assert refresh(tmp_path, [table], today=date(2026, 6, 1)) == []
    locked = yaml.safe_load((tmp_path / LOCK).read_text(encoding="utf-8"))
    assert locked[table.path]["refreshed_on"] == "2026-05-01"


def test_a_package_that_is_not_installed_is_named_with_the_fix(tmp_path: Path) -> None:
    def build(_: Path) -> str:
        raise ModuleNotFoundError("no module")

    with pytest.raises(CcdataError, match=r"a_package, which is not installed; fix: pip install -e '\.\[reference\]'"):
        stale(tmp_path, [ReferenceTable("seeds/a.csv", "a_package", "MIT", build)])


def test_the_command_knows_its_tables_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert reference.main(["--check", "region_code"]) == 1
    assert "region_code comes from no package" in capsys.readouterr().err


def test_every_city_has_its_code_by_the_name_of_the_package() -> None:
    codes = region_codes(DBT_PROJECT)
    assert codes["山东省济南市"] == "370100"
    assert codes["广西南宁市"] == "450100"
    assert codes["北京市"] == codes["北京"] == "110000"
    assert codes["湖北省仙桃市"] == "429004"
    assert codes["湖北省襄樊市"] == "420600", "renamed"
    assert codes["安徽省巢湖市"] == "340000", "divided among three cities"


def test_a_carrier_follows_the_package_and_the_rest_of_the_row_stays(tmp_path: Path) -> None:
    _installed(TABLES[0])
    shutil.copytree(DBT_PROJECT / "seeds", tmp_path / "seeds")
    path = tmp_path / "seeds" / "mobile_prefix.csv"
    path.write_text(
        "prefix,carrier,is_virtual,status\n138,unicom,false,valid\n162,telecom,true,valid\n", encoding="utf-8"
    )
    assert reference.mobile_carriers(tmp_path).splitlines()[1:] == ["138,mobile,false,valid", "162,telecom,true,valid"]


def test_segments_name_each_region_once_and_every_segment_once() -> None:
    with (DBT_PROJECT / "seeds" / "mobile_segment.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            regions = [region.split(" ") for region in row["segments"].split("|")]
            assert len({code for code, *_ in regions}) == len(regions)
            seen = [
                number
                for _, *ranges in regions
                for each in ranges
                for number in range(int(each.split("-")[0]), int(each.split("-")[-1]) + 1)
            ]
            assert len(set(seen)) == len(seen), row["prefix"]
            assert max(seen) <= 999


def seed(name: str, key: str) -> dict[str, dict[str, str]]:
    with (DBT_PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return {row[key]: row for row in csv.DictReader(lines)}


def test_a_weekend_worked_and_the_day_off_for_it_are_told_from_the_holiday() -> None:
    days = seed("calendar_day", "date")
    told = {
        day: (days[day]["is_working_day"], days[day]["is_swapped"])
        for day in ("2025-01-26", "2025-01-29", "2025-02-03")
    }
    assert told == {"2025-01-26": ("true", "true"), "2025-01-29": ("false", "false"), "2025-02-03": ("false", "true")}
    assert "2025-06-16" not in days, "an ordinary Monday"


def test_a_code_of_a_region_ends_with_the_first_list_without_it() -> None:
    listed = seed("region_listed", "region_code")
    assert listed["110103"]["valid_to"] == "2010-12-31", "崇文区 became part of 东城区 in July 2010"
    assert "371200" not in listed and "110101" not in listed, "ended after the last list, and listed all the time"
