"""What a run did, for the closing table and for scripts, read from the run's events and the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from textwrap import shorten
from typing import Any

import dagster as dg
import duckdb
from rich.markup import escape
from rich.table import Table

from ccdata_assets.errors import CcdataError, scrub
from ccdata_assets.orchestration.reviews import read_reviews, review_lines
from ccdata_assets.orchestration.step import BLOCKED
from ccdata_assets.quality.suites import FIXES
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import connect, connect_published
from ccdata_assets.warehouse.lock import writer_lock

FEW = 5
DRIFT_CHARACTERS = 160
MAX_FILES = 80
"""Files of a run that are listed one by one."""


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
    reviews: list[dict[str, Any]] = field(default_factory=list)
    """Workbooks of stewards that this run read, each with its `problems`."""
    unclaimed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    """File that did not land → why."""
    organisations: int | None = None
    waiting: int | None = None
    """Pairs of organisations that wait for a steward."""
    review: str | None = None
    """Workbook of those pairs."""
    incidents: int = 0
    """Incidents that nobody has resolved, and how many of them this run has opened."""
    incidents_opened: int = 0
    months: list[str] = field(default_factory=list)
    periods: list[str] = field(default_factory=list)
    workbook: str | None = None
    page: str | None = None
    published: str | None = None
    rebuilt: bool = False

    @property
    def is_new(self) -> bool:
        """Whether any file landed, was repeated, rejected or judged again, or the published copy was made anew."""
        return bool(self.files or self.reviews) or self.rebuilt

    @property
    def exit_code(self) -> int:
        """0 done, 1 failed, 2 a blocking check failed, 3 a whole file was rejected or held."""
        if self.blocked:
            return 2
        if not self.succeeded:
            return 1
        return 3 if any(file["status"] in ("rejected", "held") for file in [*self.files, *self.reviews]) else 0

    def as_dict(self) -> dict[str, Any]:
        """The summary for --json."""
        return {**vars(self), "is_new": self.is_new, "exit_code": self.exit_code}

    def _title(self) -> str:
        if not self.succeeded:
            return " – failed 失败"
        return "" if self.is_new else " – nothing new 无新数据"

    def table(self) -> Table:
        """The closing table: one line a feed and the total."""
        table = Table(title=f"ccdata run{self._title()}", title_justify="left")
        table.add_column("feed 数据源")
        columns = {
            "files": "files 文件",
            "rows": "landed 入库",
            "staged": "staged 标准化",
            "quarantined": "quarantined 隔离",
            "blank": "blank 空行",
            "superseded": "replaced 替换",
            "repeated": "repeated 重复",
            "held": "held 扣留",
            "rejected": "rejected 拒收",
        }
        for title in columns.values():
            table.add_column(title, justify="right")
        for line in self.feeds:
            table.add_row(line["feed"], *(f"{line[name]:,}" for name in columns))
        table.add_section()
        table.add_row("total 合计", *(f"{sum(line[name] for line in self.feeds):,}" for name in columns), style="bold")
        return table

    def file_table(self) -> Table | None:
        """One line a file of this run; None where there is none, or more than a person reads."""
        if not 0 < len(self.files) <= MAX_FILES:
            return None
        table = Table(title="files of this run 本次文件", title_justify="left")
        for title in ("file 文件", "format 格式", "encoding 编码", "status 状态"):
            table.add_column(title, overflow="fold")
        counts = {
            "rows": "rows 行",
            "staged": "staged 标准化",
            "quarantined": "quarantined 隔离",
            "blank": "blank 空行",
            "superseded": "replaced 替换",
        }
        for title in counts.values():
            table.add_column(title, justify="right")
        for file in self.files:
            form = (file["format"] or "–", file["encoding"] or "–")
            name = (
                escape(file["file"])
                if file["file"].split("/")[0] == file["feed"]
                else f"{file['feed']}: {escape(file['file'])}"
            )
            table.add_row(name, *form, file["status"], *(f"{file[count]:,}" for count in counts))
        return table

    def closing_lines(self) -> list[str]:
        """What stands below the tables."""
        lines = [f"files of this run 本次文件: {len(self.files)} ({sum(f['rows'] for f in self.files):,} rows 行)"]
        lines += [f"  {f['status']}: {f['feed']}: {f['file']}: {f['error']}" for f in self.files if f["error"]]
        lines += [
            f"  changed columns 列有变化: {f['file']}: {shorten(f['drift'], DRIFT_CHARACTERS, placeholder=' …')}"
            for f in self.files
            if f["drift"]
        ]
        lines += list(review_lines(self.reviews))
        lines += [f"  left for the next run 留待下次: {name}: {why}" for name, why in self.left.items()]
        lines += [
            f"  refused 拒绝: {name}: it cannot be read, or links out of the inbox or round in a circle; fix: let the run's user read it, or copy the file instead of linking"
            for name in self.refused
        ]
        lines += [
            f"  unclaimed 无人认领: {name}: no feed reads it; fix: move it to inbox/<feed>/, or give the folder of its contract in CCDATA_CONTRACTS"
            for name in _folded(self.unclaimed)
        ]
        if self.succeeded:
            lines.append(
                f"entities 实体: {'–' if self.organisations is None else format(self.organisations, ',')} organisations 组织"
            )
            if self.review and self.waiting:
                lines.append(f"review 审核: {self.waiting:,} pairs wait for a steward 对待审: {self.review}")
            lines.append(
                f"checks 检查: {self.checks_passed} passed 通过, {self.checks_failed} failed 未通过 (warnings included 含警告)"
            )
            if self.incidents:
                lines.append(
                    f"incidents 质量事件: {self.incidents:,} open 未解决, {self.incidents_opened:,} of them new 新增; see `ccdata incident list`"
                )
            if self.page:
                lines += [f"reports 报告: {self.page}", f"workbook 工作簿: {self.workbook}"]
            if self.published:
                lines.append(f"published 发布副本: {self.published}")
        elif self.published:
            lines.append("the published copy and the reports are as they were 发布副本与报告保持原样")
        lines += [f"error 错误: {error}" for error in self.errors]
        return lines


def _folded(names: list[str]) -> list[str]:
    """Files of one folder as one line where there are many."""
    folders = Counter(name.rpartition("/")[0] for name in names)
    few = [name for name in names if folders[name.rpartition("/")[0]] <= FEW]
    return [*few, *(f"{folder or '.'}/ ({count} files)" for folder, count in folders.items() if count > FEW)]


def summarise(result: dg.ExecuteInProcessResult, settings: Settings) -> RunSummary:
    """The summary of a core run; counts are left out where another run has the warehouse open."""
    passed = [evaluation.passed for evaluation in result.get_asset_check_evaluations()]
    summary = RunSummary(
        result.run_id, result.success, _is_blocked(result), run_errors(result), sum(passed), len(passed) - sum(passed)
    )
    try:
        with connect_published(settings) as con:
            summary.published = str(settings.published_path)
            summary.organisations = con.execute("select count(*) from marts.dim_organisation").fetchall()[0][0]
            summary.waiting = int(
                con.execute(
                    "select coalesce(sum(pairs), 0) from golden.review_count where measure = 'waiting'"
                ).fetchall()[0][0]
            )
    except FileNotFoundError:
        pass
    if settings.review_path.exists():
        summary.review = str(settings.review_path)
    try:
        with writer_lock(settings.warehouse_path.with_suffix(".lock"), 30), connect(settings) as con:
            _count_files(con, summary)
            summary.incidents, summary.incidents_opened = con.execute(
                """select count(*), count(*) filter (incident_id in (select incident_id from ops.incident_event where kind = 'opened' and run_id = $1))
                from ops.incident where status <> 'resolved'""",
                [result.run_id],
            ).fetchall()[0]
    except CcdataError:
        summary.errors.append("another run has the warehouse open, so the files of this one are not counted here")
    return summary


def _count_files(con: duckdb.DuckDBPyConnection, summary: RunSummary) -> None:
    names = ("feed", "files", "rows", "staged", "quarantined", "blank", "superseded", "repeated", "held", "rejected")
    feeds = con.execute(
        """select feed, count(*), sum(rows)::bigint, sum(staged)::bigint, sum(quarantined)::bigint, sum(blank)::bigint,
        sum(superseded)::bigint, sum(repeated)::bigint, count(*) filter (where status = 'held'), count(*) filter (where status = 'rejected') from ops.file_ledger group by feed order by feed"""
    ).fetchall()
    summary.feeds = [dict(zip(names, row, strict=True)) for row in feeds]
    columns = (
        "feed",
        "file",
        "status",
        "format",
        "encoding",
        "rows",
        "staged",
        "quarantined",
        "blank",
        "superseded",
        "drift",
        "error",
    )
    files = con.execute(
        f"select {', '.join(columns)} from ops.file_ledger where run_id = $1 or judged_run_id = $1 order by feed, file",
        [summary.run_id],
    ).fetchall()
    summary.files = [dict(zip(columns, row, strict=True)) for row in files]
    summary.reviews = read_reviews(con, summary.run_id)


def run_errors(result: dg.ExecuteInProcessResult) -> list[str]:
    """One clean message for every step that failed, or for what kept the run from starting."""
    return list(_messages(result))


def _messages(result: dg.ExecuteInProcessResult) -> Iterator[str]:
    steps = [event for event in result.all_events if event.event_type_value == "STEP_FAILURE"]
    for event in steps:
        data = event.step_failure_data
        described = data.user_failure_data.description if data.user_failure_data else None
        yield with_fix(f"{event.step_key}: {described or (scrub(_root(data.error)) if data.error else 'failed')}")
    if not steps and not result.success:
        for event in result.all_events:
            error = getattr(event.event_specific_data, "error", None)
            if event.event_type_value in ("RESOURCE_INIT_FAILURE", "PIPELINE_FAILURE") and error:
                yield _root(error)
                return


def with_fix(message: str) -> str:
    """A message with what to do about the check that it names, where that is known."""
    return "; ".join([message, *(fix for name, fix in FIXES.items() if name in message)])


def _root(error: Any) -> str:
    while error.cause:
        error = error.cause
    return str(error.message).strip().removeprefix("ccdata_assets.errors.")


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
