"""`ccdata run`: the core job and the reports it touches, through Dagster, with a progress display and a closing table."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from ccdata_assets.errors import CcdataError, WrongUse
from ccdata_assets.landing.inbox import scan_inbox
from ccdata_assets.orchestration.events import EVENTS, listening
from ccdata_assets.orchestration.jobs import CORE_JOB, REPORT_JOB, touched_months
from ccdata_assets.orchestration.step import BLOCKED
from ccdata_assets.project import load_project
from ccdata_assets.settings import PROJECT_DIR, Settings
from ccdata_assets.warehouse.engine import connect_published


@dataclass
class RunSummary:
    """What a run did, for the closing table and for scripts."""

    run_id: str
    succeeded: bool
    blocked: bool
    errors: list[str]
    checks_passed: int
    checks_failed: int
    feeds: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    unclaimed: list[str] = field(default_factory=list)
    organisations: int | None = None
    months: list[str] = field(default_factory=list)
    workbook: str | None = None
    page: str | None = None
    published: str | None = None

    @property
    def is_new(self) -> bool:
        """Whether any file landed, was repeated or was rejected."""
        return bool(self.files)

    @property
    def exit_code(self) -> int:
        """0 done, 1 failed, 2 a blocking check failed, 3 a whole file was rejected or held."""
        if self.blocked:
            return 2
        if not self.succeeded:
            return 1
        return 3 if any(file["status"] in ("rejected", "held") for file in self.files) else 0

    def as_dict(self) -> dict[str, Any]:
        """The summary for --json."""
        return {**vars(self), "is_new": self.is_new, "exit_code": self.exit_code}

    def table(self) -> Table:
        """The closing table: one line a feed and the total."""
        table = Table(title="ccdata run" + ("" if self.is_new else " – nothing new 无新数据"), title_justify="left")
        table.add_column("feed 数据源")
        columns = {
            "files": "files 文件",
            "rows": "landed 入库",
            "staged": "staged 标准化",
            "quarantined": "quarantined 隔离",
            "blank": "blank 空行",
            "repeated": "repeated 重复",
            "rejected": "rejected 拒收",
        }
        for title in columns.values():
            table.add_column(title, justify="right")
        for line in self.feeds:
            table.add_row(line["feed"], *(f"{line[name]:,}" for name in columns))
        table.add_section()
        table.add_row("total 合计", *(f"{sum(line[name] for line in self.feeds):,}" for name in columns), style="bold")
        return table

    def closing_lines(self) -> list[str]:
        """What stands below the table."""
        lines = [f"files of this run 本次文件: {len(self.files)} ({sum(f['rows'] for f in self.files):,} rows 行)"]
        lines += [f"  {f['status']}: {f['feed']}: {f['file']}: {f['error']}" for f in self.files if f["error"]]
        lines += [
            f"  unclaimed 无人认领: {name}: no feed reads this folder; fix: move it to inbox/<feed>/"
            for name in self.unclaimed
        ]
        lines.append(
            f"entities 实体: {'–' if self.organisations is None else format(self.organisations, ',')} organisations 组织"
        )
        lines.append(
            f"checks 检查: {self.checks_passed} passed 通过, {self.checks_failed} failed 未通过 (warnings included 含警告)"
        )
        if self.page:
            lines += [f"reports 报告: {self.page}", f"workbook 工作簿: {self.workbook}"]
        if self.published:
            lines.append(f"published 发布副本: {self.published}")
        lines += [f"error 错误: {error}" for error in self.errors]
        return lines


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
    """Run the core job and the reports of the months it touched in this process; give what was done."""
    project = load_project()
    settings = project.settings
    _refuse_going_back(settings)
    os.environ["DAGSTER_HOME"] = str(prepare_dagster_home(settings))
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
    if sample:
        copy_sample(settings)
    from ccdata_assets.definitions import defs

    repository = defs().get_repository_def()
    with (
        dg.DagsterInstance.get() as instance,
        _progress(console) as progress,
        Path(os.devnull).open("w") as silence,
        redirect_stdout(silence),
    ):
        job = repository.get_job(CORE_JOB)
        result = _execute(job, instance, progress, "core 核心")
        summary = _summarise(result, settings)
        if result.success:
            report_job = repository.get_job(REPORT_JOB)
            months = touched_months(settings, result.run_id)
            task = progress.add_task("reports 报告", total=len(months)) if months else None
            for month in months:
                made = report_job.execute_in_process(
                    instance=instance, partition_key=month, raise_on_error=False, run_config={"loggers": {EVENTS: {}}}
                )
                summary.succeeded &= made.success
                summary.errors += _errors(made)
                if task is not None:
                    progress.advance(task)
            summary.months = months
    page = settings.reports_dir / "index.html"
    summary.page = str(page) if page.exists() else None
    workbooks = sorted((settings.reports_dir / "monthly").glob("*.xlsx"))
    summary.workbook = str(workbooks[-1]) if workbooks else None
    summary.unclaimed = [file.name for file in scan_inbox(settings.inbox_dir, project.registry).unclaimed]
    return summary


def _refuse_going_back(settings: Settings) -> None:
    """Business time only goes forward in one home: what was known on a day cannot be changed afterwards."""
    if not settings.now:
        return
    try:
        with connect_published(settings) as con:
            latest = con.execute("select max(landed_at) from ops.file_ledger").fetchall()[0][0]
    except (FileNotFoundError, duckdb.Error):
        return
    if latest and latest.astimezone(settings.zone).date() > settings.business_date:
        raise WrongUse(
            f"--as-of {settings.business_date} lies before {latest.astimezone(settings.zone):%Y-%m-%d}, when this home last landed a file; "
            "fix: replay history in order, into a new --home"
        )


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
    with listening(lambda kind, step: _move(progress, task, f"{name}: {step}", kind)):
        return job.execute_in_process(instance=instance, raise_on_error=False, run_config={"loggers": {EVENTS: {}}})


def _move(progress: Progress, task: TaskID, description: str, kind: str) -> None:
    if kind == "STEP_START":
        progress.update(task, description=description)
    elif kind in ("STEP_SUCCESS", "STEP_FAILURE", "STEP_SKIPPED"):
        progress.advance(task)


def _checks(result: dg.ExecuteInProcessResult) -> Iterator[bool]:
    for event in result.get_asset_check_evaluations():
        yield event.passed


def _errors(result: dg.ExecuteInProcessResult) -> list[str]:
    failures = [event for event in result.all_events if event.event_type_value == "STEP_FAILURE"]
    return [_message(event) for event in failures]


def _message(event: dg.DagsterEvent) -> str:
    data = event.step_failure_data
    described = data.user_failure_data.description if data.user_failure_data else None
    return f"{event.step_key}: {described or (data.error.message.strip() if data.error else 'failed')}"


def _is_blocked(result: dg.ExecuteInProcessResult) -> bool:
    for event in result.all_events:
        if event.event_type_value != "STEP_FAILURE":
            continue
        data = event.step_failure_data
        marked = (
            data.user_failure_data
            and BLOCKED in data.user_failure_data.metadata
            and data.user_failure_data.metadata[BLOCKED].value
        )
        if marked or (data.error and data.error.cls_name == "DagsterAssetCheckFailedError"):
            return True
    return False


def _summarise(result: dg.ExecuteInProcessResult, settings: Settings) -> RunSummary:
    passed = list(_checks(result))
    summary = RunSummary(
        result.run_id, result.success, _is_blocked(result), _errors(result), sum(passed), len(passed) - sum(passed)
    )
    try:
        with connect_published(settings) as con:
            summary.published = str(settings.published_path)
            summary.organisations = con.execute("select count(*) from marts.dim_organisation").fetchall()[0][0]
    except (FileNotFoundError, CcdataError):
        pass
    from ccdata_assets.warehouse.engine import connect

    with connect(settings) as con:
        names = ("feed", "files", "rows", "staged", "quarantined", "blank", "repeated", "rejected")
        feeds = con.execute(
            """select feed, count(*), sum(rows)::bigint, sum(staged)::bigint, sum(quarantined)::bigint, sum(blank)::bigint, sum(repeated)::bigint,
            count(*) filter (where status = 'rejected') from ops.file_ledger group by feed order by feed"""
        ).fetchall()
        summary.feeds = [dict(zip(names, row, strict=True)) for row in feeds]
        columns = ("feed", "file", "status", "rows", "staged", "quarantined", "blank", "error")
        files = con.execute(
            f"select {', '.join(columns)} from ops.file_ledger where run_id = ? order by feed, file", [result.run_id]
        ).fetchall()
        summary.files = [dict(zip(columns, row, strict=True)) for row in files]
    return summary
