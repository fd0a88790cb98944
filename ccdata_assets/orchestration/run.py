"""`ccdata run`: the core job and the reports it touches, through Dagster, with a progress display and a closing table."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import redirect_stdout
from datetime import datetime
from pathlib import Path

import dagster as dg
import duckdb
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from ccdata_assets.landing.inbox import scan_inbox
from ccdata_assets.metrics.evaluate import refuse_other_meaning
from ccdata_assets.orchestration.events import EVENTS, WAITING, listening
from ccdata_assets.orchestration.history import keep_history_open
from ccdata_assets.orchestration.idle import forget_end, inputs, last_end, note_end, warehouse_state
from ccdata_assets.orchestration.jobs import CORE_JOB, REPORT_JOBS, touched_periods, waiting_files
from ccdata_assets.orchestration.periods import partition_key
from ccdata_assets.orchestration.summary import RunSummary, run_errors, summarise
from ccdata_assets.project import Project, load_project
from ccdata_assets.reporting.period import Period
from ccdata_assets.settings import PROJECT_DIR, Settings, load_settings
from ccdata_assets.warehouse.engine import connect_published
from ccdata_assets.warehouse.state import refuse_going_back


def prepare_dagster_home(settings: Settings) -> Path:
    """Make DAGSTER_HOME with the project's dagster.yaml in it."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(PROJECT_DIR / "dagster.yaml", settings.dagster_home / "dagster.yaml")
    return settings.dagster_home


def copy_sample(settings: Settings) -> None:
    """Put the sample's files into the inbox; files that lie there already stay as they are."""
    for path in sorted(settings.sample_dir.glob("*/*")):
        target = settings.inbox_dir / path.relative_to(settings.sample_dir)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)


def run_everything(console: Console, sample: bool = False) -> RunSummary:
    """Run the core job and the reports of the periods it touched in this process, unless nothing has changed since the last run;
    give what was done."""
    settings = load_settings()
    _refuse_going_back(settings)
    if sample:
        copy_sample(settings)
    began_with = inputs(settings)
    project = load_project()
    _ = project.model  # one that cannot be used is told before anything lands
    _refuse_other_kpis(project)
    return last_end(settings, began_with) or _run(console, project, began_with)


def _run(console: Console, project: Project, began_with: str) -> RunSummary:
    settings = project.settings
    forget_end(settings)
    before = _stamp(settings)
    os.environ["DAGSTER_HOME"] = str(prepare_dagster_home(settings))
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
    from ccdata_assets.definitions import defs

    keep_history_open()
    repository = defs().get_repository_def()
    with (
        dg.DagsterInstance.get() as instance,
        _progress(console) as progress,
        Path(os.devnull).open("w") as silence,
        redirect_stdout(silence),
    ):
        job = repository.get_job(CORE_JOB)
        result = _execute(job, instance, progress, "core 核心")
        warehouse = warehouse_state(settings)
        summary = summarise(result, settings)
        summary.rebuilt = _stamp(settings) != before
        if result.success:
            periods = touched_periods(settings, result.run_id)
            if periods:
                _make_reports(repository, instance, progress, periods, summary)
            summary.months = [period.label for period in periods if period.grain == "month"]
            summary.periods = [period.label for period in periods]
    page = settings.reports_dir / "index.html"
    summary.page = str(page) if page.exists() else None
    current = f"{settings.business_date:%Y-%m}"
    workbooks = sorted(path for path in (settings.reports_dir / "monthly").glob("*.xlsx") if path.stem <= current)
    summary.workbook = str(workbooks[-1]) if workbooks else None
    inbox = scan_inbox(settings.inbox_dir, project.registry)
    summary.unclaimed, summary.refused = [file.name for file in inbox.unclaimed], inbox.refused
    if result.success:
        summary.left = dict.fromkeys(inbox.waiting, "its sidecar has not come") | {
            file.name: "somebody still writes to it, or this machine could not read it"
            for file in waiting_files(settings, inbox)
        }
    note_end(project, began_with, warehouse, summary)
    return summary


def _make_reports(
    repository: dg.RepositoryDefinition,
    instance: dg.DagsterInstance,
    progress: Progress,
    periods: Sequence[Period],
    summary: RunSummary,
) -> None:
    """A run for the reports of each period. Each opens the published copy for itself: another run may have put a newer one there."""
    task = progress.add_task("reports 报告", total=len(periods))
    _say(progress, f"reports 报告: {len(periods)} periods 期")
    for period in periods:
        made = repository.get_job(REPORT_JOBS[period.grain]).execute_in_process(
            instance=instance,
            partition_key=partition_key(period),
            raise_on_error=False,
            run_config={"loggers": {EVENTS: {}}},
        )
        summary.succeeded &= made.success
        summary.errors += run_errors(made)
        progress.advance(task)


def _stamp(settings: Settings) -> int | None:
    return settings.published_path.stat().st_mtime_ns if settings.published_path.exists() else None


def _refuse_going_back(settings: Settings) -> None:
    """The same check as the run makes under its lock, before anything is loaded."""
    try:
        with connect_published(settings) as con:
            refuse_going_back(con, settings)
    except FileNotFoundError:
        return


def _refuse_other_kpis(project: Project) -> None:
    """The same check as the run makes when it writes the definitions, before anything lands. A copy that an earlier release made is
    left to the run."""
    try:
        with connect_published(project.settings) as con:
            refuse_other_meaning(con, project.kpis, project.settings)
    except (FileNotFoundError, duckdb.BinderException, duckdb.CatalogException):
        return


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )


def _execute(
    job: dg.JobDefinition, instance: dg.DagsterInstance, progress: Progress, name: str
) -> dg.ExecuteInProcessResult:
    """Run a job in this process; the run's events move the progress bar instead of filling the screen."""
    task = progress.add_task(name, total=len(job.graph.node_dict))
    with listening(lambda kind, text: _move(progress, task, name, kind, text)):
        return job.execute_in_process(instance=instance, raise_on_error=False, run_config={"loggers": {EVENTS: {}}})


def _say(progress: Progress, text: str) -> None:
    """A line of the log, with the time it was written, where no bar is shown."""
    if progress.disable:
        progress.console.print(f"{datetime.now():%H:%M:%S} {text}", highlight=False, markup=False)


def _move(progress: Progress, task: TaskID, name: str, kind: str, text: str) -> None:
    if kind == WAITING:
        progress.console.print(text, highlight=False, markup=False)
    elif kind == "STEP_START":
        progress.update(task, description=f"{name}: {text}")
        layer, before = text.split("__")[0], progress.tasks[task].fields.get("layer")
        if layer != before:  # where nobody watches a bar, a log tells how far it came
            progress.update(task, layer=layer)
            _say(progress, f"{name}: {layer}")
    elif kind in ("STEP_SUCCESS", "STEP_FAILURE", "STEP_SKIPPED"):
        progress.advance(task)
