"""One `ccdata run` of a benchmark, in the home that the environment names: `python -m benchmarks.measured_run ANSWER.json`.

Writes seconds and steps with their times (from Dagster's own history), and what checks took by kind: Great Expectations, what is
counted of deliveries, of marts and KPIs, dbt's tests, the audit of the copy.
"""

from __future__ import annotations

import functools
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

SPENT: dict[str, float] = defaultdict(float)


def timed(kind: str, work: Callable[..., Any]) -> Callable[..., Any]:
    """The same function; what it takes is added to SPENT."""

    @functools.wraps(work)
    def measured(*args: Any, **kwargs: Any) -> Any:
        begun = time.perf_counter()
        try:
            return work(*args, **kwargs)
        finally:
            SPENT[kind] += time.perf_counter() - begun

    return measured


def main(out: Path) -> int:
    """Run and write; gives the exit code: that of a held or rejected file is good."""
    begun = time.perf_counter()
    import dagster as dg
    from rich.console import Console

    from ccdata_assets.orchestration.run import run_everything
    from ccdata_assets.project import load_project
    from ccdata_assets.quality import record
    from ccdata_assets.warehouse import publish

    record.validate = timed("Great Expectations", record.validate)
    publish.audit = timed("audit of the copy", publish.audit)
    from ccdata_assets.defs import kpi, staged

    staged.look_at_deliveries = timed("deliveries", staged.look_at_deliveries)
    kpi.look_at_marts = timed("marts and KPIs", kpi.look_at_marts)
    summary = run_everything(Console(stderr=True))
    for line in summary.errors:
        print(line, file=sys.stderr)
    seconds = time.perf_counter() - begun
    # a run that found nothing new has started none
    os.environ.setdefault("DAGSTER_HOME", str(load_project().settings.dagster_home))
    with dg.DagsterInstance.get() as instance:
        runs = [
            record
            for record in instance.get_run_records()
            if record.start_time and record.start_time > time.time() - seconds
        ]
        steps = [
            {"step": step.step_key, "start": step.start_time, "end": step.end_time}
            for found in runs
            for step in instance.get_run_step_stats(found.dagster_run.run_id)
            if step.start_time and step.end_time
        ]
    SPENT["dbt tests"] += _dbt_tests(load_project().settings.warehouse_path.parent / "dbt", time.time() - seconds)
    answer = {"in_process_s": seconds, "files": len(summary.files), "checks": dict(SPENT), "steps": _named(steps)}
    out.write_text(json.dumps(answer), encoding="utf-8")
    return summary.exit_code if summary.exit_code != 3 else 0


def _dbt_tests(folder: Path, since: float) -> float:
    """Seconds that dbt's tests took in this run, those of two threads added up."""
    files = [path for path in folder.glob("*/run_results.json") if path.stat().st_mtime >= since]
    return sum(
        result["execution_time"]
        for path in files
        for result in json.loads(path.read_text(encoding="utf-8"))["results"]
        if result["unique_id"].startswith("test.")
    )


def _named(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Steps under the name of their stage first: the monthly reports' step is that of the group `report`."""
    return sorted(steps, key=lambda step: step["start"])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
