"""The web UI for a test: started on a free port of 127.0.0.1, spoken to over GraphQL, looked at in headless Chromium."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ccdata_assets.settings import PROJECT_DIR

LAUNCH = """mutation($params: ExecutionParams!) { launchRun(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } ... on InvalidSubsetError { message } } }"""
STATUS = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run")  # fmt: skip


@contextmanager
def dagster_dev(home: Path, extra: Mapping[str, str] | None = None) -> Iterator[str]:
    """`dagster dev -w workspace.yaml` on a home folder; gives its address and ends it with all its children."""
    from ccdata_assets.orchestration.run import prepare_dagster_home
    from ccdata_assets.settings import Settings

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    dagster_home = prepare_dagster_home(Settings(home=home))
    env = {
        **os.environ,
        "CCDATA_HOME": str(home),
        "DAGSTER_HOME": str(dagster_home),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        **(extra or {}),
    }
    command = [
        str(Path(sys.executable).with_name("dagster")),
        "dev",
        "-w",
        "workspace.yaml",
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    log = (home / "dagster-dev.log").open("w")
    process = subprocess.Popen(
        command, cwd=PROJECT_DIR, env=env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 120
        while True:
            assert process.poll() is None, f"dagster dev ended: {(home / 'dagster-dev.log').read_text()[-2000:]}"
            assert time.monotonic() < deadline, "dagster dev did not come up in two minutes"
            try:
                if graphql(address, "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }")[
                    "repositoriesOrError"
                ].get("nodes"):
                    break
            except (OSError, KeyError):
                pass
            time.sleep(0.5)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.close()


def graphql(address: str, query: str, variables: Mapping[str, Any] | None = None) -> Any:
    """The `data` of an answer; AssertionError shows the errors."""
    body = json.dumps({"query": query, "variables": variables or {}}).encode()
    request = urllib.request.Request(f"{address}/graphql", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        found = json.load(answer)
    assert not found.get("errors"), found["errors"]
    return found["data"]


def run_job(address: str, job: str, tags: Mapping[str, str] | None = None, timeout_s: float = 300) -> str:
    """Launch a job and wait for its end; gives the run's status."""
    params = {
        "selector": {"repositoryLocationName": "ccdata", "repositoryName": "__repository__", "pipelineName": job},
        "mode": "default",
        "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in (tags or {}).items()]},
    }
    launched = graphql(address, LAUNCH, {"params": params})["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        status = graphql(address, STATUS, {"id": launched["run"]["runId"]})["runOrError"]["status"]
        if status in ("SUCCESS", "FAILURE", "CANCELED"):
            return str(status)
        time.sleep(1)
    return "TIMEOUT"


def rendered(address: str, wait_ms: int = 20_000) -> str:
    """The page's DOM after its scripts have run, from headless Chromium."""
    assert CHROMIUM, "chromium is not installed"
    with tempfile.TemporaryDirectory() as profile:
        command = [
            CHROMIUM,
            *FLAGS,
            f"--user-data-dir={profile}",
            "--window-size=1600,2400",
            f"--virtual-time-budget={wait_ms}",
            "--dump-dom",
            address,
        ]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
