"""What the jobs, sensors and the command line share: names, waiting files, the key of a batch, touched months."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

import dagster as dg

from ccdata_assets.landing.inbox import Inbox, InboxFile
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import connect_published

CORE_JOB = "core"
REPORT_JOB = "monthly_reports"
MAX_ATTEMPTS = 3


def waiting_files(settings: Settings, inbox: Inbox) -> list[InboxFile]:
    """Files of the inbox that the published ledger does not know."""
    try:
        with connect_published(settings) as con:
            known = set(con.execute("select feed, file, bytes, modified_ns from ops.file_ledger").fetchall())
    except FileNotFoundError:
        known = set()
    return [
        file
        for feed, files in inbox.by_feed.items()
        for file in files
        if (feed, file.name, file.bytes, file.modified_ns) not in known
    ]


def batch_key(files: Sequence[InboxFile], cursor: str | None, instance: dg.DagsterInstance) -> tuple[str | None, str]:
    """Run key and new cursor for a batch of files: its content and the attempt.

    The attempt goes up when the batch's last run has failed; while that run is under way the key is the same, so no
    second one starts. None where the batch has used up its attempts.
    """
    content = hashlib.sha256(
        json.dumps([(file.name, file.bytes, file.modified_ns) for file in files]).encode()
    ).hexdigest()[:16]
    known = json.loads(cursor or "{}")
    attempt = known.get("attempt", 1) if known.get("batch") == content else 1
    runs = instance.get_run_records(dg.RunsFilter(tags={"dagster/run_key": f"{content}-{attempt}"}), limit=1)
    if runs and runs[0].dagster_run.status in (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED):
        attempt += 1
    if attempt > MAX_ATTEMPTS:
        return None, json.dumps({"batch": content, "attempt": attempt})
    return f"{content}-{attempt}", json.dumps({"batch": content, "attempt": attempt})


def touched_months(settings: Settings, run_id: str) -> list[str]:
    """The months (YYYY-MM) whose report is due: those a run gave new values or checks for, those whose report is missing
    or older than their newest value (a run was killed, a report failed), and, if there are any, that of the business time."""
    with connect_published(settings) as con:
        touched = con.execute(
            """select strftime(period_start, '%Y-%m') from kpi.value where run_id = $1
            union select strftime(period, '%Y-%m') from kpi.quality_result where run_id = $1""",
            [run_id],
        ).fetchall()
        newest = con.execute(
            """select strftime(month, '%Y-%m'), max(as_of) from (
                select period_start as month, as_of from kpi.value where grain = 'month'
                union all select period, as_of from kpi.quality_result
            ) group by all"""
        ).fetchall()
    due = {month for (month,) in touched} | {month for month, as_of in newest if _report_as_of(settings, month) < as_of}
    if not due:
        return []
    current = max(as_of for _, as_of in newest).astimezone(settings.zone).strftime("%Y-%m")
    return sorted(month for month in due | {current} if settings.history_from <= month <= current)


def _report_as_of(settings: Settings, month: str) -> datetime:
    """Business time of the report that a month has; the beginning of time where it has none that can be read."""
    try:
        text = (settings.reports_dir / "monthly" / f"{month}.json").read_text(encoding="utf-8")
        return datetime.fromisoformat(json.loads(text)["as_of"])
    except (OSError, ValueError, KeyError):
        return datetime.min.replace(tzinfo=timezone.utc)


def trim_runs(instance: dg.DagsterInstance, days: int) -> int:
    """Delete finished runs, with their event logs, created more than so many days ago; gives how many."""
    finished = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    limit = datetime.now(timezone.utc) - timedelta(days=days)
    old = instance.get_run_records(dg.RunsFilter(statuses=finished, created_before=limit))
    for record in old:
        instance.delete_run(record.dagster_run.run_id)
    return len(old)
