"""Processes that tests start, and kill: each begins with all that it needs imported, which takes longer than most of what it then does."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from subprocess import TimeoutExpired
from tempfile import TemporaryDirectory

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    [
        # pandas, because DuckDB looks for it at a first parameter
        *("pandas", "pyarrow", "scipy.stats", "networkx", "altair", "openpyxl", "xlsxwriter", "vl_convert", "sqlglot"),
        *("dagster", "dagster_dbt", "dagster_duckdb", "dbt.cli.main", "dbt.adapters.duckdb", "duckdb_engine"),
        *("dagster._core.storage.root", "dagster._core.execution.execute_in_process", "alembic.command", "fsspec", "upath"),
        *("dbt.task.build", "dbt.task.compile", "dbt.adapters.duckdb.environments.local", "pyarrow.dataset", "watchdog"),
        *("great_expectations", "great_expectations.expectations.core", "great_expectations.core.batch"),
        # what reads no setting when it is imported
        *("ccdata_assets.cli", "ccdata_assets.definitions", "ccdata_assets.orchestration.run"),
        *("ccdata_assets.orchestration.dbt_runner", "ccdata_assets.quality.validation", "ccdata_assets.resolution.engine"),
        *("ccdata_assets.reporting.build", "ccdata_assets.landing.land", "ccdata_assets_tests.landing.kill"),
    ]
)  # fmt: skip


class Command:
    """The command line of ccdata in a process of its own, with a session of its own, as `subprocess.Popen` would have it."""

    def __init__(self, words: Sequence[str], environment: dict[str, str]) -> None:
        self._told = TemporaryDirectory(prefix="told")
        self._process = PROCESSES.Process(target=_command, args=(list(words), environment, Path(self._told.name)))
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Its exit code, less the signal that ended it; None while it runs."""
        return self._process.exitcode

    def communicate(self, timeout: float) -> tuple[str, str]:
        """What it said on either stream, when it has ended."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            self._process.kill()
            raise TimeoutExpired(["ccdata"], timeout)
        return self._said("out"), self._said("err")

    def _said(self, stream: str) -> str:
        path = Path(self._told.name, stream)
        return path.read_text(encoding="utf-8") if path.exists() else ""


def _command(words: list[str], environment: dict[str, str], told: Path) -> None:
    os.setsid()
    for descriptor, stream in ((1, "out"), (2, "err")):
        opened = os.open(told / stream, os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["ccdata", *words]
    from ccdata_assets.cli import main

    main()
