"""Quality as counts: what can be judged, what of it is right, and that nothing is said twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ccdata_assets.errors import ContractError
from ccdata_assets.metrics.evaluate import evaluate
from ccdata_assets.metrics.quality_measures import PATH, load_measures
from ccdata_assets.metrics.registry import load_kpis
from ccdata_assets_tests.world import FCT_RECORD, PARTY_RECORD, World, fetch, table

COMPLETENESS = {"completeness": load_kpis()["completeness"]}
HEADER = ("company_name", "phone", "city", "email")


@pytest.fixture
def landed(world: World) -> Iterator[duckdb.DuckDBPyConnection]:
    """A delivery of January: two companies, one of them twice."""
    rows = [("甲公司", "1", "x", "a@b.example"), ("乙公司", "", "x", ""), ("甲公司", "1", "x", "")]
    world.contract(key=["company_name"], received_on={"file": r"(?P<date>\d{8})"}, freshness="35d")
    world.put("directory/20260115.csv", table(HEADER, rows))
    world.stage()
    with world.warehouse() as con:
        con.execute(PARTY_RECORD)
        con.execute(
            """insert into standard.party_record by name select feed, file, sha256, member, row, company_name, '330000' as province_code,
                'C' as industry_code, 'alibaba' as source_site, row = 2 as has_channel, {'email': if(row = 2, 'placeholder', 'missing'), 'phone': 'valid'} as statuses,
                {'area_code_region': row = 2} as agreements from staged.party"""
        )
        con.execute(FCT_RECORD)
        _golden(con)
        yield con


def _golden(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "create or replace table golden.crosswalk (feed varchar, sha256 varchar, member varchar, row bigint, organisation_id varchar)"
    )
    con.execute(
        "create or replace table golden.organisation (organisation_id varchar, feeds bigint, uscc varchar, region_code varchar, website varchar, legal_representative varchar)"
    )
    con.execute("create or replace table standard.phone (raw varchar, valid_numbers varchar[])")


def counts(con: duckdb.DuckDBPyConnection, measure: str) -> dict[str | None, tuple[int, int]]:
    """(passed, total) of a measure by field, of the last lines."""
    rows = fetch(
        con,
        """select field, sum(passed)::bigint as passed, sum(total)::bigint as total from (
            from kpi.quality_measure where feed = 'directory' and measure = ?
            qualify row_number() over (partition by source, field, region, industry, month order by as_of desc, rowid desc) = 1
        ) group by all""",
        measure,
    )
    return {row["field"]: (row["passed"], row["total"]) for row in rows}


def test_filled_fields_are_counted_of_new_records_and_a_placeholder_is_empty(world: World, landed: Any) -> None:
    evaluate(landed, COMPLETENESS, world.registry, world.settings, "run")
    found = counts(landed, "filled")
    assert {name: found[name] for name in HEADER} == {
        "company_name": (2, 2), "phone": (1, 2), "city": (2, 2), "email": (0, 2),
    }  # fmt: skip


def test_counts_say_region_industry_source_and_month(world: World, landed: Any) -> None:
    evaluate(landed, COMPLETENESS, world.registry, world.settings, "run")
    assert fetch(
        landed,
        "select distinct subject, source, region, industry, month from kpi.quality_measure where measure = 'filled' and feed = 'directory'",
    ) == [
        {
            "subject": "party",
            "source": "directory/alibaba",
            "region": "330000",
            "industry": "C",
            "month": date(2026, 1, 1),
        }
    ]


def test_what_cannot_be_judged_counts_neither_as_right_nor_as_wrong(world: World, landed: Any) -> None:
    evaluate(landed, COMPLETENESS, world.registry, world.settings, "run")
    assert counts(landed, "region_of_area_code") == {"phone": (1, 2)}
    assert counts(landed, "uscc_check_digit") == {} and counts(landed, "sources_agree_uscc") == {}
    assert counts(landed, "first_time") == {None: (2, 3)}
    assert counts(landed, "valid_record") == {None: (1, 2)}


def test_a_value_that_one_feed_alone_gives_is_verified_by_nobody(world: World, landed: Any) -> None:
    landed.execute("insert into golden.organisation values ('o', 2, '9133', null, 'a.example', null)")
    landed.execute("insert into golden.crosswalk select feed, sha256, member, row, 'o' from staged.party where row = 2")
    landed.execute("insert into golden.crosswalk values ('cards', 'x', '', 2, 'o')")
    landed.execute("update standard.party_record set uscc = '9133', website = 'a.example' where row = 2")
    landed.execute(
        "insert into standard.party_record (feed, sha256, member, row, website) values ('cards', 'x', '', 2, 'b.example')"
    )
    evaluate(landed, COMPLETENESS, world.registry, world.settings, "run")
    assert counts(landed, "sources_agree_uscc") == {}, "the card says none"
    assert counts(landed, "sources_agree_website") == {"website": (1, 1)}
    landed.execute("update golden.organisation set website = 'b.example'")
    evaluate(landed, COMPLETENESS, world.registry, world.settings, "again")
    assert counts(landed, "sources_agree_website") == {"website": (0, 1)}


def _own_table(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Make a table of a view, to be filled by a test."""
    con.execute(f"create temp table as_it_was as from {name}")
    con.execute(f"drop view {name}")
    con.execute(f"create table {name} as from as_it_was")


def _dial(con: duckdb.DuckDBPyConnection, phone: str, disposition: str, day: str) -> None:
    con.execute(
        "insert into staged.outbound by name select ? as phone, ? as disposition, cast(? as date) as dialled_on, 'd' as sha256, 1 as row",
        [phone, disposition, day],
    )


def test_a_dial_to_a_vacant_number_or_a_wrong_person_makes_the_number_inaccurate(world: World, landed: Any) -> None:
    _own_table(landed, "staged.outbound")
    landed.execute("insert into standard.phone values ('1', ['+861']), ('2', ['+862']), ('3', ['+863'])")
    landed.execute("update standard.party_record set numbers = if(row = 2, ['+861', '+862'], ['+863'])")
    _dial(landed, "3", "no_answer", "2026-01-05")
    evaluate(landed, COMPLETENESS, world.registry, world.settings, "run")
    assert counts(landed, "dialled_number") == {}, "that nobody answers says nothing"
    _dial(landed, "1", "success", "2026-01-06")
    _dial(landed, "3", "wrong_person", "2026-01-06")
    evaluate(landed, COMPLETENESS, world.registry, world.settings, "dialled")
    assert counts(landed, "dialled_number") == {"phone": (1, 2)}
    _dial(landed, "2", "vacant_number", "2026-01-07")
    _dial(landed, "3", "refused", "2026-01-08")
    evaluate(landed, COMPLETENESS, world.registry, world.settings, "again")
    assert counts(landed, "dialled_number") == {"phone": (1, 2)}
    by_row = fetch(landed, "select row, disposition from quality_dialled order by row")
    assert [tuple(line.values()) for line in by_row] == [(2, "vacant_number"), (3, "refused"), (4, "refused")]


def test_check_digits_of_identity_numbers_are_judged_by_what_stands_before_their_hash(
    world: World, landed: Any
) -> None:
    _own_table(landed, "staged.party")
    landed.execute("update staged.party set id_card = 'valid::hmac:a' where row = 2")
    landed.execute("update staged.party set id_card = 'invalid:check_digit:hmac:b' where row = 3")
    evaluate(landed, COMPLETENESS, world.registry, world.settings, "run")
    assert counts(landed, "id_card_check_digit") == {"id_card": (1, 2)}


def test_nothing_new_adds_nothing_and_what_is_gone_has_nothing_to_judge(world: World, landed: Any) -> None:
    evaluate(landed, COMPLETENESS, world.registry, world.settings, "run")
    before = fetch(landed, "from kpi.quality_measure")
    evaluate(landed, COMPLETENESS, world.registry, world.at("2026-02-02").settings, "again")
    assert fetch(landed, "from kpi.quality_measure") == before
    landed.execute("update standard.party_record set province_code = '440000'")
    evaluate(landed, COMPLETENESS, world.registry, world.at("2026-02-03").settings, "moved")
    assert counts(landed, "filled")["phone"] == (1, 2), "no cell counts twice"
    gone = fetch(
        landed,
        "select total from kpi.quality_measure where region = '330000' and as_of > '2026-02-02' and measure = 'filled'",
    )
    assert {row["total"] for row in gone} == {0}


def test_a_delivery_that_is_missing_by_now_counts_as_late(world: World, landed: Any) -> None:
    evaluate(landed, COMPLETENESS, world.registry, world.at("2026-02-10").settings, "in time")
    assert counts(landed, "on_time") == {None: (1, 1)}
    evaluate(landed, COMPLETENESS, world.registry, world.at("2026-03-10").settings, "late")
    late = fetch(
        landed, "select month, passed, total from kpi.quality_measure where measure = 'on_time' order by month"
    )
    assert [(row["month"], row["passed"], row["total"]) for row in late] == [
        (date(2026, 1, 1), 1, 1),
        (date(2026, 2, 1), 0, 1),
    ]


def test_a_late_delivery_counts_when_it_was_due_and_a_closed_month_stays(world: World, landed: Any) -> None:
    evaluate(landed, COMPLETENESS, world.registry, world.at("2026-03-10").settings, "missing")
    before = fetch(landed, "from kpi.quality_measure where measure = 'on_time'")
    landed.execute(
        "insert into ops.file_ledger by name select * replace ('later' as sha256, date '2026-03-20' as received_on) from ops.file_ledger"
    )
    evaluate(landed, COMPLETENESS, world.registry, world.at("2026-03-21").settings, "it came")
    assert fetch(landed, "from kpi.quality_measure where measure = 'on_time'") == before
    assert {(row["month"].month, row["passed"], row["total"]) for row in before} == {(1, 1, 1), (2, 0, 1)}


@pytest.mark.parametrize(("freshness", "is_on_time"), [("12h", False), ("47h", True), ("48h", True)])
def test_hours_of_freshness_are_whole_days(world: World, landed: Any, freshness: str, is_on_time: bool) -> None:
    world.contract(key=["company_name"], received_on={"file": r"(?P<date>\d{8})"}, freshness=freshness)
    landed.execute(
        "insert into ops.file_ledger by name select * replace ('later' as sha256, date '2026-01-17' as received_on) from ops.file_ledger"
    )
    evaluate(landed, COMPLETENESS, world.registry, world.at("2026-01-17").settings, "run")
    assert counts(landed, "on_time") == {None: (1 + is_on_time, 2)}


def test_every_measure_is_named_in_both_languages(world: World, landed: Any) -> None:
    evaluate(landed, COMPLETENESS, world.registry, world.settings, "run")
    assert fetch(landed, "select distinct measure from kpi.quality_measure anti join kpi.measure using (measure)") == []
    assert fetch(landed, "select 1 from kpi.measure where zh = '' or en = ''") == []


def test_a_measure_that_is_declared_wrongly_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "measures.yaml"
    path.write_text(
        PATH.read_text(encoding="utf-8").replace("dimension: validity", "dimension: beauty", 1), encoding="utf-8"
    )
    with pytest.raises(ContractError, match=r"measures\.yaml:\d+: valid_record\..*dimension"):
        load_measures(path)
