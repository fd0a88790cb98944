"""dbt without Dagster: its environment, the manifest parsed once, and an invocation in this process.

A process of its own would take as long to start, to import dbt and to look for changed files as the models of a small
delivery take; here the manifest that is kept is handed over, and dbt begins with the first model.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ccdata_assets.errors import CcdataError, scrub
from ccdata_assets.settings import Settings

DBT = str(Path(sys.executable).with_name("dbt"))
_SOURCES = ("*.sql", "*.yml", "*.csv")
_PARSED = "partial_parse.msgpack"
"""What dbt has parsed, beside the manifest: an invocation need not parse it again."""


def dbt_environment(settings: Settings) -> dict[str, str]:
    """What dbt reads of the environment.

    The warehouse is named from HOME: dbt throws away what it has parsed when a connection is spelled otherwise, and so one
    parsing serves every home.
    """
    return {
        "HOME": str(settings.warehouse_path.parent),
        "CCDATA_WAREHOUSE": f"~/{settings.warehouse_path.name}",
        "CCDATA_MEMORY_LIMIT": settings.memory_limit,
        "CCDATA_THREADS": str(settings.threads),
        "DBT_PROFILES_DIR": str(settings.dbt_dir),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


def manifest_path(settings: Settings) -> Path:
    """The manifest of the dbt project as it is now, parsed again only when a file of the project has changed."""
    digest = hashlib.sha256(settings.memory_limit.encode())  # of the connection, like HOME
    for path in sorted(path for pattern in _SOURCES for path in settings.dbt_dir.rglob(pattern)):
        if "target" not in path.parts:
            digest.update(path.as_posix().encode() + path.read_bytes())
    target = settings.dbt_dir / "target"
    manifest, stamp = target / "manifest.json", target / "manifest.sha256"
    if not (manifest.exists() and stamp.exists() and stamp.read_text() == digest.hexdigest()):
        target.mkdir(exist_ok=True)
        with TemporaryDirectory(dir=target) as scratch:  # another process may be reading the manifest, or parse too
            done = subprocess.run(
                [
                    *(DBT, "--quiet", "parse", "--project-dir", str(settings.dbt_dir), "--no-version-check"),
                    *("--target-path", scratch),
                ],
                env={**os.environ, **dbt_environment(settings)}, capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode:
                raise CcdataError(
                    f"dbt cannot read its project; fix: run `dbt parse` in dbt_project\n{scrub(done.stdout[-2000:])}"
                )
            Path(scratch, stamp.name).write_text(digest.hexdigest())
            for name in (_PARSED, manifest.name, stamp.name):
                Path(scratch, name).replace(target / name)
    return manifest


@dataclass
class Invocation:
    """What an invocation of dbt came to: whether all went well, its log events as dbt's JSON has them (`info`, `data`), of every
    node `unique_id`, `status`, `message` and `execution_time`, and what kept dbt from beginning at all."""

    succeeded: bool = False
    events: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""

    def failures(self) -> list[str]:
        """A line for each node that failed, values masked; what kept dbt from beginning."""
        failed = [
            f"{result['unique_id'].split('.', 2)[-1]}: {scrub(str(result['message'] or result['status']))}"
            for result in self.results
            if result["status"] in ("error", "fail", "runtime error")
        ]
        return [*failed, *([self.error] if self.error else [])]


def invoke(
    settings: Settings, target: Path, words: Sequence[str], tell: Callable[[str], None] = lambda line: None
) -> Invocation:
    """Run a dbt command on the settings' warehouse, which nobody else may have open; its files go to `target`. `tell` gets each line
    that dbt would show, values masked."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.functions import msg_to_json

    done = Invocation()

    def hear(event: Any) -> None:
        if event.info.level in ("info", "warn", "error"):
            done.events.append(json.loads(msg_to_json(event)))
            tell("\n".join(scrub(line) for line in event.info.msg.split("\n")))

    parsed = manifest_path(settings).with_name(_PARSED)
    command = [
        *("--no-use-colors", "--log-level", "none", "--log-level-file", "none", "--no-write-json", *words),
        *("--project-dir", str(settings.dbt_dir), "--target-path", str(target), "--log-path", str(target)),
    ]
    with _environment(dbt_environment(settings)):
        try:
            found = dbtRunner(Manifest.from_msgpack(parsed.read_bytes()), [hear]).invoke(command)
        finally:
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    if found.exception is not None and not isinstance(found.exception, Exception):
        raise found.exception  # somebody wants us to stop
    if found.result is not None and hasattr(
        found.result, "write"
    ):  # alone, for the manifest beside it would be the same again
        found.result.write(str(target / "run_results.json"))
    done.succeeded = found.success and not any(event["info"]["level"] == "error" for event in done.events)
    done.error = scrub(str(found.exception)) if found.exception else ""
    done.results = [
        {
            "unique_id": result.node.unique_id,
            "status": str(result.status),
            "message": result.message,
            "execution_time": result.execution_time,
        }
        for result in getattr(found.result, "results", ())
    ]
    return done


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """These variables while dbt runs."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            if name in before:
                os.environ[name] = before[name]
            else:
                del os.environ[name]
