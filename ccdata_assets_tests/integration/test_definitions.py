"""The definitions as Dagster loads them, and what the sensor and the history job do with an instance."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from ccdata_assets.defs import automation
from ccdata_assets.landing.inbox import Inbox, scan_inbox
from ccdata_assets.landing.land import content_hash
from ccdata_assets.orchestration import jobs
from ccdata_assets.orchestration.jobs import Batch, touched_months, trim_runs, waiting_files
from ccdata_assets.orchestration.periods import partition_key, period_of
from ccdata_assets.project import load_project
from ccdata_assets.reporting.period import ADVERBS, GRAINS, Period
from ccdata_assets.reporting.reports import kinds_of
from ccdata_assets_tests.world import World, make_settings


@pytest.fixture(scope="module")
def repository() -> dg.RepositoryDefinition:
    from ccdata_assets.definitions import defs

    return defs().get_repository_def()


def test_every_asset_of_the_warehouse_is_written_under_the_one_pool(repository: dg.RepositoryDefinition) -> None:
    for asset in repository.asset_graph.asset_nodes:
        name = asset.key.to_user_string()
        assert asset.group_name in (
            "raw",
            "staged",
            "reference",
            "standard",
            "golden",
            "model",
            "marts",
            "kpi",
            "analysis",
            "planning",
            "published",
            "report",
            "docs",
        ), name
        assert asset.description, f"{name} has no description"
        assert asset.description.startswith("One row per "), f"{name} does not say what one row is"
        assert asset.owners, f"{name} has no owner"
        assert asset.kinds, f"{name} has no kinds"
        if asset.group_name not in ("report", "docs"):  # they read the published copy only
            assert asset.pools == {"warehouse"}, f"{name} could write while another run writes"


def test_jobs_schedules_and_sensors_are_there(repository: dg.RepositoryDefinition) -> None:
    of_reports = {f"{adverb}_reports" for adverb in ADVERBS.values()}
    assert {
        "core",
        "data_docs",
        "forecast_calls",
        "staffing",
        "train_matching_model",
        "trim_history",
        *of_reports,
    } <= set(repository.job_names)
    assert {schedule.name for schedule in repository.schedule_defs} == {
        "daily_docs",
        "daily_refresh",
        "weekly_forecast",
        "weekly_staffing",
        "weekly_trim",
        *(f"{adverb}_report" for adverb in ADVERBS.values()),
    }
    assert {sensor.name for sensor in repository.sensor_defs} >= {"inbox", "touched_reports"}
    core = repository.get_job("core").asset_layer.executable_asset_keys
    assert not [key for key in core if key.path[0] in ("report", "model", "docs", "planning")], (
        "made by jobs of their own"
    )


def test_each_grain_has_a_job_of_its_reports_and_their_partitions_reach_to_the_open_period(
    repository: dg.RepositoryDefinition,
) -> None:
    for grain in GRAINS:
        job = repository.get_job(f"{ADVERBS[grain]}_reports")
        keys = {tuple(key.path) for key in job.asset_layer.executable_asset_keys}
        assert keys == {tuple(kind.asset_key(grain)) for kind in kinds_of(grain)}
        assert job.partitions_def is not None
        partitions = job.partitions_def.get_partition_keys()
        settings = load_project().settings
        assert period_of(grain, partitions[-1]) == Period.of(grain, settings.business_date)
        assert period_of(grain, partitions[0]).last_day >= date.fromisoformat(f"{settings.history_from}-01")
        assert [partition_key(period_of(grain, key)) for key in partitions[-60:]] == partitions[-60:]


@pytest.mark.parametrize(
    ("schedule", "at", "key"),
    [
        ("daily_report", "2026-11-22T07:00", "2026-11-21"),
        ("weekly_report", "2027-01-04T07:00", "2026-W53-1"),
        ("monthly_report", "2026-11-01T07:00", "2026-10"),
        ("quarterly_report", "2027-01-01T07:00", "2026-10"),
        ("yearly_report", "2027-01-01T07:00", "2026"),
    ],
)
def test_a_schedule_asks_for_the_period_that_has_ended(
    repository: dg.RepositoryDefinition, schedule: str, at: str, key: str
) -> None:
    (found,) = [one for one in repository.schedule_defs if one.name == schedule]
    moment = datetime.fromisoformat(at).replace(tzinfo=load_project().settings.zone)
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(
            instance=instance, scheduled_execution_time=moment, repository_def=repository
        )
        asked = found.evaluate_tick(context).run_requests
    assert asked is not None
    assert [request.partition_key for request in asked] == [key]


def test_the_feeds_of_a_subject_flow_through_its_union_to_the_published_copy(
    repository: dg.RepositoryDefinition,
) -> None:
    graph = repository.asset_graph
    for feed in ("cn_hospitals", "bank_call", "bank_campaign", "call_log"):
        downstream = dg.AssetSelection.assets(["raw", feed]).downstream().resolve(graph)
        assert dg.AssetKey(["published", "ccdata"]) in downstream, feed


def run_of(instance: dg.DagsterInstance, key: str, succeed: bool) -> None:
    @dg.op
    def work() -> None:
        if not succeed:
            raise RuntimeError("no")

    @dg.job
    def core() -> None:
        work()

    core.execute_in_process(instance=instance, tags={"dagster/run_key": key}, raise_on_error=False)


def look(world: World, batch: Batch, instance: dg.DagsterInstance) -> str | None:
    """What one look of the sensor at the inbox asks for."""
    assert batch.read(scan_inbox(world.settings.inbox_dir, world.registry).by_feed) == 0
    return batch.run_key(batch.unknown(world.settings), instance)


def test_a_failed_batch_is_tried_again_three_times_and_a_new_file_makes_a_new_one(world: World) -> None:
    world.put("directory/a.csv", "x")
    with dg.DagsterInstance.ephemeral() as instance:
        batch = Batch()
        keys = []
        while (key := look(world, batch, instance)) is not None:
            assert Batch.of(batch.cursor()) == batch, "the cursor keeps what the next look needs"
            keys.append(key)
            assert look(world, batch, instance) == key, "the same batch is not asked for under another key"
            run_of(instance, key, succeed=False)
        assert len(set(keys)) == len(keys) == 3
        world.put("directory/b.csv", "y")
        assert look(world, batch, instance) not in (None, *keys)


def test_a_batch_is_known_by_its_bytes_not_by_names_and_times(world: World) -> None:
    world.put("directory/a.csv", "x", modified=1_000_000)
    with dg.DagsterInstance.ephemeral() as instance:
        key = look(world, Batch(), instance)
        world.put("directory/a.csv", "x", modified=2_000_000)
        world.put("directory/copy.csv", "x")
        assert look(world, Batch(), instance) == key


def test_bytes_that_were_published_before_start_no_run(world: World) -> None:
    world.land_one("company_name\n甲公司\n")
    world.settings.published_path.parent.mkdir(parents=True)
    shutil.copyfile(world.settings.warehouse_path, world.settings.published_path)
    world.put("directory/again.csv", "company_name\n甲公司\n")
    found = scan_inbox(world.settings.inbox_dir, world.registry)
    batch = Batch()
    files = waiting_files(world.settings, found)
    assert ([file.name for file in files], batch.read({"directory": files})) == (["directory/again.csv"], 0)
    assert batch.unknown(world.settings) == []
    assert batch.read({"cn_hospitals": files}) == 0
    assert len(batch.unknown(world.settings)) == 1, "another feed has not landed these bytes"


def test_a_file_that_cannot_be_read_starts_one_batch_with_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> str:
        if path.name == "a.csv":
            raise PermissionError(13, "Permission denied")
        if path.name == "gone.csv":
            raise FileNotFoundError
        return content_hash(path)

    monkeypatch.setattr(jobs, "content_hash", refuse)
    for name in ("a", "b", "gone"):
        world.put(f"directory/{name}.csv", name)
    with dg.DagsterInstance.ephemeral() as instance:
        batch = Batch()
        key = look(world, batch, instance)
        assert key is not None and len(batch.unknown(world.settings)) == 2
        batch = Batch.of(batch.cursor())
        assert look(world, batch, instance) == key, "the next look asks for the same run"
        world.put("directory/a.csv", "other", modified=1_000_000)
        assert look(world, batch, instance) != key


def test_two_files_whose_names_read_the_same_are_two(world: World) -> None:
    folder = world.put("directory/企业.csv", "x", modified=1_000_000).parent
    other = folder / os.fsdecode("企业.csv".encode("gb18030"))
    other.write_text("y")
    os.utime(other, (1_000_000, 1_000_000))
    files = scan_inbox(world.settings.inbox_dir, world.registry).by_feed
    assert len({(file.name, file.bytes, file.modified_ns) for file in files["directory"]}) == 1
    batch = Batch()
    assert batch.read(files) == 0
    assert len(batch.unknown(world.settings)) == 2
    assert Batch.of(batch.cursor()) == batch


def test_the_cursor_of_an_earlier_release_is_read_anew(world: World) -> None:
    path = world.put("directory/a.csv", "x", modified=1_000_000)
    batch = Batch.of(json.dumps({"hashes": {f"directory/{path.name}|1|1000000": "0" * 64}, "key": "k", "attempt": 2}))
    assert batch.read(scan_inbox(world.settings.inbox_dir, world.registry).by_feed) == 0
    assert batch.unknown(world.settings) == [f"directory:{content_hash(path)}"]


def test_files_that_cannot_be_hashed_in_one_look_wait_for_the_next(world: World) -> None:
    for name in "abc":
        world.put(f"directory/{name}.csv", name)
    files = scan_inbox(world.settings.inbox_dir, world.registry).by_feed
    batch = Batch()
    assert batch.read(files, seconds=-1) == 3
    assert batch.read(files) == 0


def test_the_sensor_starts_one_run_per_batch_and_waits_for_it_and_for_files_still_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = replace(load_project(), settings=world.settings, registry=world.registry)
    monkeypatch.setattr(automation, "load_project", lambda: project)

    def tick(instance: dg.DagsterInstance, cursor: str | None) -> tuple[list[str | None], str | None]:
        found = automation.inbox.evaluate_tick(dg.build_sensor_context(instance=instance, cursor=cursor))
        return [request.run_key for request in found.run_requests or []], found.cursor

    with dg.DagsterInstance.ephemeral() as instance:
        assert tick(instance, None)[0] == []
        path = world.put("directory/a.csv", "x", modified=1_000_000)
        with path.open("a"):
            assert tick(instance, None)[0] == [], "the file is open for writing"
        (first,), cursor = tick(instance, None)
        assert tick(instance, cursor)[0] == [first], "asked again under the same key, Dagster starts no second run"
        run = instance.create_run_for_job(
            core_like(), tags={"dagster/run_key": str(first)}, status=dg.DagsterRunStatus.STARTED
        )
        world.put("directory/b.csv", "y", modified=1_000_000)
        assert tick(instance, cursor)[0] == [], "what comes while a batch is landed is the next batch"
        instance.report_run_failed(run)
        (second,), cursor = tick(instance, cursor)
        assert second != first


def core_like() -> dg.JobDefinition:
    @dg.op
    def work() -> None: ...

    @dg.job
    def core() -> None:
        work()

    return core


def test_every_file_waits_as_long_as_nothing_is_published(tmp_path: Path, world: World) -> None:
    file = scan_inbox(world.settings.inbox_dir, world.registry)
    world.put("directory/a.csv", "x")
    file = scan_inbox(world.settings.inbox_dir, world.registry)
    assert [waiting.name for waiting in waiting_files(make_settings(tmp_path), file)] == ["directory/a.csv"]
    assert waiting_files(make_settings(tmp_path), Inbox({}, [])) == []


def test_a_person_s_word_on_an_incident_makes_the_reports_of_its_month_and_of_now_due(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, "2026-03-02")
    settings.published_path.parent.mkdir(parents=True)
    with duckdb.connect(str(settings.published_path)) as con:
        con.execute("create schema kpi; create schema ops")
        con.execute(
            "create table kpi.value as select 'r' as run_id, timestamp '2026-03-01' as period_start, 'month' as grain, 1.0 as value, cast(null as double) as denominator, 'final' as status, timestamptz '2026-03-01 08:00:00+08' as as_of"
        )
        con.execute(
            "create table kpi.quality_result as select 'r' as run_id, date '2026-01-01' as period, timestamptz '2026-02-01 00:30:00+08' as as_of"
        )
        con.execute(
            "create table ops.incident as select timestamptz '2026-02-01 00:30:00+08' as opened_at, timestamptz '2026-03-01 20:00:00+08' as acknowledged_at, cast(null as timestamptz) as resolved_at, cast(null as varchar) as resolved_by"
        )
        con.execute('create table ops.gate_override ("at" timestamptz)')
    for month in ("2026-01", "2026-02", "2026-03"):
        mark = settings.reports_dir / ".made" / month
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text("2026-03-01T19:00:00+08:00")
    assert touched_months(settings, "another run") == ["2026-02", "2026-03"]
    with duckdb.connect(str(settings.published_path)) as con:
        con.execute("update ops.incident set acknowledged_at = null")
    assert touched_months(settings, "another run") == []


def test_old_runs_leave_the_history_and_recent_ones_stay() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run_of(instance, "a", succeed=True)
        assert trim_runs(instance, days=1) == 0
        assert trim_runs(instance, days=-1) == 1
        assert instance.get_runs_count() == 0
