"""The web UI from end to end: everything started over GraphQL, the report looked at in headless Chromium."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from ccdata_assets_tests.integration.runs import SAMPLE, hospitals
from ccdata_assets_tests.integration.webui import CHROMIUM, dagster_dev, graphql, rendered, run_job


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("webui")
    hospitals(folder / "inbox" / "cn_hospitals" / "a.csv", 300)
    shutil.copytree(SAMPLE / "call_log", folder / "inbox" / "call_log")
    return folder


@pytest.mark.slow
def test_a_run_of_everything_over_graphql_succeeds_and_the_report_is_seen_in_the_browser(home: Path) -> None:
    with dagster_dev(home) as address:
        nodes = graphql(
            address,
            "{ assetNodes { assetKey { path } groupName owners { ... on TeamAssetOwner { team } } kinds description } }",
        )
        for node in nodes["assetNodes"]:
            name = "/".join(node["assetKey"]["path"])
            assert node["groupName"] != "default", f"{name} has no group"
            assert node["kinds"], f"{name} has no kinds"
            assert node["description"].startswith("One row per "), f"{name} does not say what one row is"
        assert run_job(address, "core") == "SUCCESS"
        assert run_job(address, "monthly_reports", {"dagster/partition": "2026-10"}) == "SUCCESS"
        metadata = graphql(
            address,
            """{ assetNodes(assetKeys: [{path: ["marts", "fct_call"]}]) { assetMaterializations(limit: 1) { metadataEntries {
              label ... on IntMetadataEntry { intValue } ... on TableSchemaMetadataEntry { schema { columns { name type } } } } } } }""",
        )["assetNodes"][0]["assetMaterializations"][0]["metadataEntries"]
        shown = {entry["label"]: entry for entry in metadata}
        assert shown["dagster/row_count"]["intValue"] > 4_000
        assert {"name": "entered_at", "type": "timestamp with time zone"} in shown["dagster/column_schema"]["schema"][
            "columns"
        ]
        if CHROMIUM is None:
            pytest.skip("chromium is not installed (.ci/run installs it): the page was not looked at")
        page = rendered(f"{address}/assets/report/monthly_warehouse?view=overview")
    assert "接通率" in page, "the report's table is not on the asset page"
    assert "data:image/svg+xml" in page, "the report's chart is not on the asset page"
    assert (home / "reports" / "monthly" / "2026-10.xlsx").exists()


@pytest.mark.slow
def test_telemetry_is_off_and_runs_are_monitored_one_at_a_time(home: Path) -> None:
    from dagster import DagsterInstance

    from ccdata_assets.orchestration.run import prepare_dagster_home
    from ccdata_assets.settings import Settings

    with DagsterInstance.from_config(str(prepare_dagster_home(Settings(home=home)))) as instance:
        assert not instance.telemetry_enabled
        assert instance.run_monitoring_enabled
        assert instance.global_op_concurrency_default_limit == 1


def event_texts(home: Path) -> str:
    """Everything Dagster has written below a home: event logs, run records, compute logs, the server's own log."""
    texts = []
    for path in (home / "dagster").rglob("*"):
        if path.suffix == ".db":
            with sqlite3.connect(path) as con:
                for (table,) in con.execute("select name from sqlite_master where type = 'table'").fetchall():
                    texts += [str(row) for row in con.execute(f'select * from "{table}"').fetchall()]
        elif path.is_file():
            texts.append(path.read_text(encoding="utf-8", errors="replace"))
    return "\n".join([*texts, *(path.read_text(errors="replace") for path in home.glob("*.log"))])
