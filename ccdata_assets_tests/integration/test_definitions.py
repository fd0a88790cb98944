"""The definitions as Dagster loads them, and what the sensor and the history job do with an instance."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from ccdata_assets.landing.inbox import Inbox, scan_inbox
from ccdata_assets.orchestration.jobs import batch_key, trim_runs, waiting_files
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
            "marts",
            "kpi",
            "published",
            "report",
        ), name
        assert asset.description, f"{name} has no description"
        assert asset.description.startswith("One row per "), f"{name} does not say what one row is"
        assert asset.owners, f"{name} has no owner"
        assert asset.kinds, f"{name} has no kinds"
        if asset.group_name != "report":
            assert asset.pools == {"warehouse"}, f"{name} could write while another run writes"


def test_jobs_schedules_and_sensors_are_there(repository: dg.RepositoryDefinition) -> None:
    assert {"core", "monthly_reports", "trim_history"} <= set(repository.job_names)
    assert {schedule.name for schedule in repository.schedule_defs} == {
        "daily_refresh",
        "monthly_report",
        "weekly_trim",
    }
    assert {sensor.name for sensor in repository.sensor_defs} >= {"inbox", "touched_reports"}
    assert not any("report" in key.path for key in repository.get_job("core").asset_layer.executable_asset_keys)


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


def test_a_failed_batch_is_tried_again_three_times_and_a_good_one_never(world: World) -> None:
    world.put("directory/a.csv", "x")
    files = scan_inbox(world.settings.inbox_dir, world.registry).by_feed["directory"]
    with dg.DagsterInstance.ephemeral() as instance:
        key, cursor = batch_key(files, None, instance)
        assert batch_key(files, cursor, instance)[0] == key, "a run under way is not started twice"
        keys = []
        while key is not None:
            keys.append(key)
            run_of(instance, key, succeed=False)
            key, cursor = batch_key(files, cursor, instance)
        assert len(set(keys)) == 3
        world.put("directory/b.csv", "y")
        other, _ = batch_key(
            scan_inbox(world.settings.inbox_dir, world.registry).by_feed["directory"], cursor, instance
        )
        assert other is not None, "a new file makes a new batch"
        run_of(instance, other, succeed=True)
        again, _ = batch_key(
            scan_inbox(world.settings.inbox_dir, world.registry).by_feed["directory"], cursor, instance
        )
        assert again == other, "a batch that succeeded keeps its key, so nothing starts"


def test_every_file_waits_as_long_as_nothing_is_published(tmp_path: Path, world: World) -> None:
    file = scan_inbox(world.settings.inbox_dir, world.registry)
    world.put("directory/a.csv", "x")
    file = scan_inbox(world.settings.inbox_dir, world.registry)
    assert [waiting.name for waiting in waiting_files(make_settings(tmp_path), file)] == ["directory/a.csv"]
    assert waiting_files(make_settings(tmp_path), Inbox({}, [])) == []


def test_old_runs_leave_the_history_and_recent_ones_stay() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run_of(instance, "a", succeed=True)
        assert trim_runs(instance, days=1) == 0
        assert trim_runs(instance, days=-1) == 1
        assert instance.get_runs_count() == 0
