"""Write, audit, publish: readers see whole copies only, without personal values, and a run never waits for them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from ccdata_assets.errors import BlockingCheckFailed
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import connect_published
from ccdata_assets.warehouse.publish import Published, publish, publish_addition
from ccdata_assets.warehouse.state import is_current, is_evaluated, is_published, mark_evaluated, mark_published
from ccdata_assets_tests.world import World, fetch, table

ORGANISATIONS = """
create or replace table golden.crosswalk as select 'directory' as feed, 'directory/a.csv' as file, repeat('a', 64) as sha256, '' as member, unnest([2, 3]) as row,
    unnest(['org_1', 'org_2']) as organisation_id, cast(null as varchar) as contact_id;
create or replace table marts.dim_organisation (organisation_id varchar, company_name varchar, phone varchar, email varchar, age integer, records bigint);
insert into marts.dim_organisation values ('org_1', '甲公司', '+8657155500001', 'zhang@example.com', 42, 1), ('org_2', '乙公司', '0571-55500002', null, null, 1);
create or replace table marts.fct_entity_change as select 'organisation' as entity_kind, unnest(['org_1', 'org_2']) as entity_id, 1 as delta;
"""


@pytest.fixture
def built(world: World) -> World:
    """A home as it stands before its copy is published, its marts made by hand."""
    world.stage_one(table(("company_name", "phone"), [("甲公司", "1"), ("乙公司", "2"), ("", "3")]))
    with world.warehouse() as con:
        con.execute(ORGANISATIONS)
    return world


def run(world: World, sql: str = "", **changes: bool) -> Published:
    settings = Settings(**{**world.settings.model_dump(), **changes})
    with world.warehouse() as con:
        con.execute(sql) if sql else None
        return publish(con, world.registry, settings)


def published(world: World, sql: str) -> list[tuple[object, ...]]:
    with connect_published(world.settings) as con:
        return [tuple(row.values()) for row in fetch(con, sql)]


def test_the_copy_holds_the_listed_tables_and_no_others(built: World) -> None:
    made = run(built)
    tables = {
        f"{schema}.{name}"
        for schema, name in published(built, "select table_schema, table_name from information_schema.tables")
    }
    assert {
        "ops.file_ledger",
        "ops.quarantine",
        "ops.cell_finding",
        "ops.batch_gate",
        "golden.crosswalk",
        "golden.entity_event",
        "marts.dim_organisation",
        "kpi.value",
    } <= tables
    assert not any(name.startswith(("staged.", "standard.")) for name in tables)
    assert not published(built, "select 1 from information_schema.columns where column_name = 'expected'")
    assert made.rows["marts.dim_organisation"] == 2 and made.rows["ops.quarantine"] == 1


def test_a_view_stays_a_view_over_the_tables_of_the_copy(built: World) -> None:
    run(
        built,
        "create or replace view kpi.live as select organisation_id from marts.dim_organisation where organisation_id <> 'org_1'",
    )
    with built.warehouse() as con:
        con.execute("insert into marts.dim_organisation values ('org_3', '丙公司', null, null, null, 1)")
    assert published(built, "select * from kpi.live") == [("org_2",)]
    assert published(built, "select table_type from information_schema.tables where table_name = 'live'") == [("VIEW",)]


def test_personal_columns_are_masked_and_tell_no_more_than_their_first_sign(built: World) -> None:
    made = run(built)
    assert published(built, "select company_name, phone, email, age from marts.dim_organisation order by organisation_id") == [
        ("甲公司", "+86***", "z***", None), ("乙公司", "0***", None, None)
    ]  # fmt: skip
    assert {"marts.dim_organisation.phone", "marts.dim_organisation.email", "marts.dim_organisation.age"} == {
        name for name in made.masked if name.startswith("marts.")
    }


def test_who_decided_and_what_they_wrote_to_each_other_is_not_published(built: World) -> None:
    run(
        built,
        """insert into ops.gate_override values ('directory', repeat('a', 64), 'a.csv', timestamptz '2026-02-01 08:00:00+00', date '2026-02-28', '王小明', 'confirmed, call 13800138000');
        insert or replace into ops.batch_gate values ('directory', repeat('a', 64), 'released',
            'let through by 王小明 on 2026-02-01, until 2026-02-28: confirmed, call 13800138000; it was: 66.7%', timestamptz '2026-02-01 08:00:00+00', 'r1');
        insert into ops.incident_event
        select 'inc_1', unnest([timestamptz '2026-02-01 08:00:00+00', timestamptz '2026-02-02 08:00:00+00', timestamptz '2026-02-03 08:00:00+00']),
            unnest(['opened', 'acknowledged', 'resolved']), 'validity_phone', 'directory', 'staged.directory', 'phone', 'validity', 'error', 0.5, 0.9,
            unnest([null, '王小明', '王小明']), unnest([null, null, '已致电李四']), 'r1'""",
    )
    assert published(built, "select reason from ops.gate_override") == [("confirmed, call …",)]
    assert published(built, "select reason from ops.batch_gate where reason like 'let%'") == [
        ("let through on 2026-02-01, until 2026-02-28: confirmed, call …; it was: 66.7%",)
    ]
    assert published(built, "select status, resolved_by, value, resolved_after_s from ops.incident") == [
        ("resolved", "person", 0.5, 172800)
    ]
    for name in ("王小明", "李四", "13800138000"):
        assert name.encode() not in built.settings.published_path.read_bytes()


def test_the_counts_of_a_delivery_are_kept_as_each_publication_had_them(built: World) -> None:
    run(built)
    run(built)
    history = "select staged, superseded from ops.file_ledger_history order by as_of, rowid"
    (first,) = published(built, history)
    assert published(built, "select rule, rows from ops.quarantine_history") == [("required", 1)]
    run(
        built, "update ops.file_ledger set staged = staged - 1, superseded = superseded + 1; delete from ops.quarantine"
    )
    staged, superseded = first
    assert published(built, history) == [first, (staged - 1, superseded + 1)]  # type: ignore[operator]
    assert published(built, "select rows from ops.quarantine_history order by rowid") == [(1,), (0,)], "none any more"


def test_a_person_who_is_masked_keeps_the_key_that_stands_for_them(built: World) -> None:
    run(built, "create or replace table marts.dim_agent as select 'f2599c122e20' as agent_key, 'A001' as agent")
    assert published(built, "select agent_key, agent from marts.dim_agent") == [("f2599c122e20", "A***")]


def test_personal_columns_stay_in_clear_where_the_setting_opens_them(built: World) -> None:
    assert run(built, publish_personal=True).masked == []
    assert published(built, "select phone from marts.dim_organisation where organisation_id = 'org_1'") == [
        ("+8657155500001",)
    ]


def test_nothing_of_the_personal_values_is_left_in_the_bytes_of_the_copy(built: World) -> None:
    run(built)
    content = built.settings.published_path.read_bytes()
    assert b"57155500001" not in content and b"zhang@example" not in content


BROKEN = {
    "a row of no organisation": "insert into golden.crosswalk values ('directory', 'f', 's', '', 9, 'org_9', null)",
    "an organisation of no row": "insert into marts.dim_organisation values ('org_9', '丙公司', null, null, null, 0); insert into marts.fct_entity_change values ('organisation', 'org_9', 1)",
    "events that give another stock": "insert into marts.fct_entity_change values ('organisation', 'org_9', 1)",
    "rows that are lost": "update ops.file_ledger set rows = rows + 1",
}


@pytest.mark.parametrize("sql", BROKEN.values(), ids=BROKEN)
def test_a_copy_that_fails_its_audit_leaves_the_old_one_as_it_was(built: World, sql: str) -> None:
    run(built)
    before = built.settings.published_path.read_bytes()
    with pytest.raises(BlockingCheckFailed, match="nothing was published; fix: "):
        run(built, sql)
    assert built.settings.published_path.read_bytes() == before
    assert published(built, "select count(*) from marts.dim_organisation") == [(2,)]


def test_the_run_after_a_failed_audit_publishes(built: World) -> None:
    with pytest.raises(BlockingCheckFailed):
        run(built, BROKEN["events that give another stock"])
    assert not built.settings.published_path.exists()
    run(built, ORGANISATIONS)
    assert published(built, "select count(*) from marts.dim_organisation") == [(2,)]


READ = """
import sys, duckdb
con = duckdb.connect(sys.argv[1], read_only=True)
count = "select count(*) from marts.dim_organisation"
print(con.execute(count).fetchall()[0][0], flush=True)
sys.stdin.readline()
print(con.execute(count).fetchall()[0][0], flush=True)
con.close()
print(duckdb.connect(sys.argv[1], read_only=True).execute(count).fetchall()[0][0], flush=True)
"""


@pytest.fixture
def reader(built: World) -> Iterator[subprocess.Popen[str]]:
    """Another process that keeps the published copy open, as a reporting tool does."""
    run(built)
    with subprocess.Popen(
        [sys.executable, "-c", READ, str(built.settings.published_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


def test_a_reader_with_the_copy_open_neither_stops_a_publish_nor_is_disturbed(
    built: World, reader: subprocess.Popen[str]
) -> None:
    assert reader.stdout is not None and reader.stdout.readline() == "2\n"
    run(
        built,
        "delete from marts.dim_organisation where organisation_id = 'org_2'; delete from golden.crosswalk where row = 3; delete from marts.fct_entity_change where entity_id = 'org_2'",
    )
    out, _ = reader.communicate("go on\n")
    assert out.split() == ["2", "1"], "the open copy must stay as it was, and a new connection must see the new one"


def test_a_leftover_of_a_killed_publish_is_no_hindrance(built: World) -> None:
    leftover = built.settings.published_path.with_suffix(".duckdb.new")
    leftover.parent.mkdir(parents=True, exist_ok=True)
    leftover.write_bytes(b"half a file")
    run(built)
    assert not leftover.exists() and not Path(f"{leftover}.wal").exists()


def test_what_is_published_is_current_until_a_batch_the_day_or_the_copy_changes(built: World) -> None:
    run(built)
    with built.warehouse() as con:
        assert not is_current(con, built.registry, built.settings), "nothing is current before it is marked"
        mark_published(con, built.registry, built.settings)
        assert is_current(con, built.registry, built.settings)
        assert not is_evaluated(con, built.registry, built.settings)
        mark_evaluated(con, built.settings)
        assert is_evaluated(con, built.registry, built.settings)
        later = built.at("2026-02-02").settings
        assert is_current(con, built.registry, later), "a new day builds nothing"
        assert not is_evaluated(con, built.registry, later), "but it may close a period"
        assert is_published(con, built.registry, built.settings)
        con.execute("insert into ops.file_ledger select * replace ('repeat' as status) from ops.file_ledger limit 1")
        assert is_current(con, built.registry, built.settings), "a file sent again builds nothing"
        assert not is_published(con, built.registry, built.settings), "but its line is to be published"
        mark_published(con, built.registry, built.settings)
        con.execute(
            """insert into ops.incident_event (incident_id, "at", kind, check_name, table_name, dimension, severity)
            values ('inc_1', timestamptz '2026-02-01 08:00:00+00', 'acknowledged', 'c', 't', 'validity', 'error')"""
        )
        assert is_current(con, built.registry, built.settings), "a person's word on an incident builds nothing"
        assert not is_published(con, built.registry, built.settings), (
            "what a person says of an incident is to be published"
        )
        mark_published(con, built.registry, built.settings)
        con.execute(
            "insert into ops.gate_override values ('directory', 'a', 'a.csv', timestamptz '2026-02-01 08:00:00+00', date '2026-02-28', '王', 'confirmed')"
        )
        assert not is_published(con, built.registry, built.settings), "and that a batch was let through"
        con.execute("update ops.batch_gate set status = 'held'")
        assert not is_current(con, built.registry, built.settings)
        con.execute("update ops.batch_gate set status = 'released'")
        assert is_current(con, built.registry, built.settings)
    built.settings.published_path.unlink()
    with built.warehouse() as con:
        assert not is_current(con, built.registry, built.settings)


def test_to_open_personal_columns_or_mask_them_again_is_to_publish_anew_and_builds_nothing(built: World) -> None:
    run(built)
    masked, opened = (built.settings.model_copy(update={"publish_personal": is_open}) for is_open in (False, True))
    with built.warehouse() as con:
        mark_published(con, built.registry, masked)
        for now, other in ((masked, opened), (opened, masked)):
            assert is_published(con, built.registry, now)
            assert is_current(con, built.registry, other)
            assert not is_published(con, built.registry, other)
            assert not publish_addition(con, built.registry, other), "a line of a ledger does not open the columns"
            mark_published(con, built.registry, other)


def test_reading_before_anything_is_published_is_told(world: World) -> None:
    with pytest.raises(FileNotFoundError, match="nothing is published yet"), connect_published(world.settings):
        pass


def test_the_ledger_is_published_as_it_is(built: World) -> None:
    run(built)
    assert published(built, "select file, rows, staged, quarantined, received_on from ops.file_ledger") == [
        ("directory/file.csv", 3, 2, 1, date(2026, 2, 1))
    ]


def test_the_published_copy_is_opened_for_reading_only(built: World) -> None:
    run(built)
    with connect_published(built.settings) as con, pytest.raises(duckdb.Error):
        con.execute("delete from ops.file_ledger")
