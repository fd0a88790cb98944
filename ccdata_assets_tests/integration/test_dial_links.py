"""A dial keeps the organisation that had its number when it was dialled, also after a merge has ended it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ccdata_assets.resolution.engine import resolve
from ccdata_assets.warehouse.declared import write_declared
from ccdata_assets_tests.integration.test_dbt import dbt
from ccdata_assets_tests.resolution.runs import CHAINED, MODEL, record
from ccdata_assets_tests.world import Row, World, table, write_party_records

DIALS = [
    ("P", "13700000001", "2025-12-31 23:59:59", "no answer"),
    ("P", "13700000001", "2026-01-05 10:00:00", "refused"),
    ("P", "13700000002", "2026-01-05 10:00:00", "refused"),
    ("P", "13700000001", "2026-03-05 10:00:00", "refused"),
    ("P", "13700000002", "2026-03-05 10:00:00", "refused"),
]


@pytest.mark.slow
def test_what_was_dialled_before_a_merge_stays_with_whom_it_was_of(world: World, tmp_path: Path) -> None:
    def deliver(day: str, records: list[Row]) -> dict[str, str]:
        """The organisation of each number as of the day."""
        now = world.at(day)
        with now.warehouse() as con:
            write_party_records(con, records)
            resolve(con, CHAINED, MODEL, now.settings, f"run of {day}")
        rows = now.query("select organisation_id, unnest(string_split(phone, '|')) as number from golden.organisation")
        return {row["number"]: row["organisation_id"] for row in rows}

    world.put("outbound_log/外呼_20260305.csv", table(("campaign", "phone", "dialled_at", "disposition"), DIALS))
    world.stage("outbound_log")
    one, two = "+8613700000001", "+8613700000002"
    january = [record(1, "甲", numbers=[one]), record(2, "乙", numbers=[two])]
    february = [record(n, name, uscc="u", received_on=date(2026, 2, 5)) for n, name in ((3, "甲"), (4, "乙"))]
    before = deliver("2026-01-31", january)
    after = deliver("2026-02-28", [*january, *february])
    assert before[one] != before[two] and after[one] == after[two], "the merge that the test is about"

    with world.warehouse() as con:
        write_declared(con, world.registry)
        con.execute("create table standard.phone (raw varchar, valid_numbers varchar[])")
        con.execute(
            "insert into standard.phone values ('13700000001', ['+8613700000001']), ('13700000002', ['+8613700000002'])"
        )
        con.execute("create table standard.region (raw varchar, region_code varchar)")
    dbt(world, tmp_path, "run", "--select", "dim_campaign", "fct_outbound")
    rows = world.query("select organisation_id, link_status from marts.fct_outbound order by dialled_at, row")
    ids = [row["organisation_id"] for row in rows]
    assert ids == [None, before[one], before[two], after[one], after[two]]
    assert [row["link_status"] for row in rows] == ["unknown", *["organisation"] * 4]
    lines = world.query(
        """select count(*) as n from marts.fct_outbound as o where organisation_id is not null and not exists (
            select 1 from golden.organisation_history as h where h.organisation_id = o.organisation_id)"""
    )
    assert lines == [{"n": 0}], "an ID that a merge ended is still to be found in the history"
