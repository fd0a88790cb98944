"""The same few companies in every format: each file is read for what it holds and every row of it accounted for."""

from __future__ import annotations

import os
import shutil

import pytest

from ccdata_assets_tests.landing.every_format import MADE, fixtures, written
from ccdata_assets_tests.world import World

FORMATS = {
    "delimited", "json", "json lines", "xlsx", "xls", "xlsb", "ods", "parquet", "vcard", "access", "gzip: delimited",
    "zstd: delimited", "zip: delimited, zip: xlsx", "eml: delimited",
}  # fmt: skip


def test_a_file_of_every_format_lands_in_one_run_and_each_row_is_accounted_for(world: World) -> None:
    if shutil.which("mdb-export") is None:
        missing = "mdbtools is missing; fix: apt install mdbtools"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    world.contract(gate={"max_rejected": 1})
    for name, content in {**written(), **fixtures()}.items():
        world.put(f"directory/{name}", content)
    world.stage()
    lines = {line["file"].removeprefix("directory/"): line for line in world.query("select * from ops.file_ledger")}
    assert set(lines) == {*written(), *fixtures()}
    for name, line in lines.items():
        assert line["rows"] == line["staged"] + line["quarantined"] + line["blank"], name
    assert {line["format"] for line in lines.values()} == FORMATS, [
        line["error"] for line in lines.values() if line["error"]
    ]
    for name in written():
        tables = len(lines[name]["members"])
        found = (lines[name]["status"], lines[name]["staged"], lines[name]["quarantined"])
        assert found == ("landed", (MADE - 1) * tables, tables), f"{name}: {lines[name]['error']}"
