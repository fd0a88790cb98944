"""What the jobs, sensors and the command line share: names, waiting files, the key of a batch, touched months."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any, Final

import dagster as dg
import duckdb

from ccdata_assets.contracts.compile import literal
from ccdata_assets.landing.inbox import REVIEWS, Inbox, InboxFile
from ccdata_assets.landing.land import content_hash
from ccdata_assets.reporting.build import NEVER, made_at
from ccdata_assets.reporting.period import ADVERBS, GRAINS, Grain, Period
from ccdata_assets.reporting.reports import kinds_of
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import connect_published

CORE_JOB = "core"
REPORT_JOBS: dict[Grain, str] = {grain: f"{adverb}_reports" for grain, adverb in ADVERBS.items()}
TRAINING_JOB = "train_matching_model"
DOCS_JOB = "data_docs"
FORECAST_JOB = "forecast_calls"
MAX_ATTEMPTS = 3
RECENT: dict[Grain, int] = {"day": 7, "week": 4}
"""So many of the newest days and weeks with values have their reports made by a run; `ccdata report` makes those of any other."""


HASHING_S = 20.0
"""Seconds that one look at the inbox spends on reading new files."""
UNREADABLE = "unreadable"


def waiting_files(settings: Settings, inbox: Inbox) -> list[InboxFile]:
    """Files of the inbox, stewards' too, that the published ledgers do not know."""
    try:
        with connect_published(settings) as con:
            known = set(
                con.execute(
                    "select feed, file, bytes, modified_ns from ops.file_ledger where read_by is distinct from ''"
                ).fetchall()
            )
            known |= _read_reviews(con, "file, bytes, modified_ns")
    except FileNotFoundError:
        known = set()
    return [
        file
        for feed, files in by_source(inbox).items()
        for file in files
        if (feed, file.name, file.bytes, file.modified_ns) not in known
    ]


def by_source(inbox: Inbox) -> dict[str, list[InboxFile]]:
    """The files of each feed, and those that stewards filled in."""
    return {**inbox.by_feed, REVIEWS: inbox.reviews}


def _read_reviews(con: duckdb.DuckDBPyConnection, columns: str) -> set[tuple[Any, ...]]:
    """What the published copy knows of stewards' files; nothing where an earlier release made it."""
    if not _has(con, "ops", "review_file"):
        return set()
    return set(con.execute(f"select {literal(REVIEWS)}, {columns} from ops.review_file").fetchall())


DECIDED = """with change as (
    select timezone($1, opened_at) as first, timezone($1, coalesce(resolved_at, $2)) as last,
        greatest(acknowledged_at, if(resolved_by = 'person', resolved_at, null)) as "at" from ops.incident
    union all select timezone($1, "at"), timezone($1, "at"), "at" from ops.gate_override
)
select strftime(unnest(generate_series(date_trunc('month', first), last, interval 1 month)), '%Y-%m') as month, "at"
from change where "at" <= $2"""
"""Months that show what a person did about an incident or a held batch, and when that was: $1 zone, $2 business time."""


PLANNED = """select distinct strftime(local_date, '%Y-%m'), as_of from planning.forecast where grain = 'day'
union select distinct strftime(local_date, '%Y-%m'), as_of from planning.staffing
union select distinct strftime(local_date, '%Y-%m'), as_of from planning.roster"""
"""Months that were forecast or planned for, and when."""


SHOWN = """select timezone($zone, opened_at)::date as first_day, timezone($zone, coalesce(resolved_at, $now))::date as last_day,
    greatest(opened_at, if(resolved_by is distinct from 'person', resolved_at, null)) as by_run,
    greatest(acknowledged_at, if(resolved_by = 'person', resolved_at, null)) as by_person
from ops.incident where opened_at <= $now"""
"""Incidents: the days on which they were open, when a run last opened or resolved them, and when a person last acknowledged or resolved them."""


def _has(con: duckdb.DuckDBPyConnection, schema: str, *tables: str) -> bool:
    """Whether the published copy has these tables; one that an earlier release made may not."""
    found = con.execute(
        "select count(*) from information_schema.tables where table_schema = ? and list_contains(?, table_name)",
        [schema, list(tables)],
    )
    return bool(found.fetchall()[0][0] == len(tables))


@dataclass
class Batch:
    """The new files of the inbox, known by their content; kept from one look to the next as the sensor's cursor."""

    hashes: dict[str, dict[str, str]] = field(default_factory=dict)
    """By feed: stamp of a waiting file → SHA-256 of its bytes, or that they cannot be read."""
    key: str = ""
    attempt: int = 1

    @classmethod
    def of(cls, cursor: str | None) -> Batch:
        try:
            return cls(**json.loads(cursor or "{}"))
        except (ValueError, TypeError):
            return cls()  # of an earlier release

    def cursor(self) -> str:
        return json.dumps(vars(self))

    def read(self, files: Mapping[str, Sequence[InboxFile]], seconds: float = HASHING_S) -> int:
        """Hash the files of each feed not hashed before, as many as the time allows; gives how many are left."""
        end = time.monotonic() + seconds
        known, self.hashes, left = self.hashes, {}, 0
        for feed, file in ((feed, file) for feed, of_feed in files.items() for file in of_feed):
            stamp = _stamp(file)
            sha256 = known.get(feed, {}).get(stamp)
            if sha256 is None and time.monotonic() > end:
                left += 1
                continue
            try:
                sha256 = sha256 or content_hash(file.path)
            except FileNotFoundError:
                continue  # taken away while we looked
            except OSError:
                sha256 = UNREADABLE
            self.hashes.setdefault(feed, {})[stamp] = sha256
        return left

    def unknown(self, settings: Settings) -> list[str]:
        """The contents that the published ledger has no line for in their feed, each once; a file sent again starts no
        run. A file that cannot be read stands for itself: the run it starts reports it."""
        try:
            with connect_published(settings) as con:
                known = set(
                    con.execute(
                        "select distinct feed, sha256 from ops.file_ledger where read_by is distinct from ''"
                    ).fetchall()
                )
                known |= _read_reviews(con, "sha256")
        except FileNotFoundError:
            known = set()
        contents = {
            (feed, stamp if sha256 == UNREADABLE else sha256)
            for feed, hashes in self.hashes.items()
            for stamp, sha256 in hashes.items()
        }
        return sorted(f"{feed}:{content}" for feed, content in contents - known)

    def is_running(self, instance: dg.DagsterInstance) -> bool:
        """True while the run of the batch asked for last has not ended: what came since is the next batch."""
        run = self._run(instance)
        return run is not None and not run.is_finished

    def run_key(self, contents: Sequence[str], instance: dg.DagsterInstance) -> str | None:
        """Run key of a batch: its content and the attempt; None where the batch has used up its attempts.

        The attempt goes up when the batch's last run has ended and the ledger still lacks its content.
        """
        key = hashlib.sha256("".join(contents).encode()).hexdigest()[:16]
        if key != self.key:
            self.key, self.attempt = key, 1
        elif self._run(instance) is not None:
            self.attempt += 1
        return None if self.attempt > MAX_ATTEMPTS else f"{key}-{self.attempt}"

    def _run(self, instance: dg.DagsterInstance) -> dg.DagsterRun | None:
        tags = {"dagster/run_key": f"{self.key}-{self.attempt}"}
        runs = instance.get_runs(dg.RunsFilter(tags=tags), limit=1) if self.key else []
        return runs[0] if runs else None


def _stamp(file: InboxFile) -> str:
    """Path, size and time of a file, short: two paths may be of one name, and bytes that are no text have none."""
    state = b"%b|%d|%d" % (os.fsencode(file.path), file.bytes, file.modified_ns)
    return hashlib.sha256(state).hexdigest()[:32]


SAYS_SOMETHING: Final = "(value <> 0 or denominator is not null or status = 'restated')"
"""SQL: of kpi.value, what is more than a sum of 0."""


def touched_periods(settings: Settings, run_id: str) -> list[Period]:
    """The periods whose reports are due after a run: months (`touched_months`), and of each other grain those in which a KPI that makes
    one of its reports due has values newer than these, or that this run gave, or whose surges or incidents are others than the reports
    show. Of days and weeks the recent ones, and those whose reports somebody asked for; these are left as they were when an incident
    changes."""
    periods = [Period.parse(month) for month in touched_months(settings, run_id)]
    with connect_published(settings) as con:
        for grain in GRAINS:
            if grain != "month":
                periods += _touched(con, settings, run_id, grain)
    return sorted(periods, key=lambda period: (GRAINS.index(period.grain), period.first_day))


def _touched(con: duckdb.DuckDBPyConnection, settings: Settings, run_id: str, grain: Grain) -> Iterator[Period]:
    due = sorted({kpi for kind in kinds_of(grain) for kpi in kind.due})
    told = sorted({kind.due[0] for kind in kinds_of(grain) if kind.due})
    found = con.execute(
        """select period_start::date as first_day, max(as_of), bool_or(run_id = $1) from kpi.value
        where grain = $2 and list_contains($3, kpi_id) and (numerator <> 0 or denominator <> 0)
            and period_start::date <= $4
        group by all having list_has_any(list(kpi_id), $5) order by first_day""",
        [run_id, grain, due, settings.business_date, told],
    ).fetchall()
    recent = len(found) - RECENT.get(grain, len(found))
    surged, incidents = _surged(con) if grain == "day" else {}, _incidents(con, settings)
    for place, (first_day, as_of, is_touched) in enumerate(found):
        period = Period.of(grain, first_day)
        made = made_at(settings.reports_dir, period.label)
        is_wanted = place >= recent or made is not None
        is_due = is_touched or made is None or made < max(as_of, surged.get(first_day, NEVER))
        is_due = is_due or (place >= recent and made is not None and _shows_another(period, made, incidents))
        if is_wanted and is_due and f"{period.last_day:%Y-%m}" >= settings.history_from:
            yield period


def _surged(con: duckdb.DuckDBPyConnection) -> dict[date, datetime]:
    """When the surges of a day were last found or withdrawn."""
    if not _has(con, "analysis", "surge"):
        return {}
    return dict(con.execute("select local_date, max(as_of) from analysis.surge group by all").fetchall())


def _incidents(
    con: duckdb.DuckDBPyConnection, settings: Settings
) -> list[tuple[date, date, datetime, datetime | None]]:
    """The rows of `SHOWN`."""
    if not _has(con, "ops", "incident"):
        return []
    return con.execute(SHOWN, {"zone": settings.time_zone, "now": settings.as_of}).fetchall()


def _shows_another(
    period: Period, made: datetime, incidents: Sequence[tuple[date, date, datetime, datetime | None]]
) -> bool:
    """Whether an incident that reports of the period show (they look one day further) has changed since they were made. What a person
    decides at the same business time, as where history is replayed, came after them; what a run finds, before."""
    until = period.last_day + timedelta(days=1)
    return any(
        first_day <= until
        and last_day >= period.first_day
        and (made < by_run or (by_person is not None and made <= by_person))
        for first_day, last_day, by_run, by_person in incidents
    )


def touched_months(settings: Settings, run_id: str) -> list[str]:
    """The months (YYYY-MM) whose report is due: those a run gave new values or checks for, those whose report is missing or older than
    their newest value (a run was killed, a report failed) or than a person's decision or a plan they show, and, if there are any, that of the
    business time. That nothing was counted in a month, as a sum of 0 says of all months since the first, is no reason for a report."""
    with connect_published(settings) as con:
        touched = con.execute(
            f"""select strftime(period_start, '%Y-%m') from kpi.value where run_id = $1 and {SAYS_SOMETHING}
            union select strftime(period, '%Y-%m') from kpi.quality_result where run_id = $1""",
            [run_id],
        ).fetchall()
        reviewed = 'union all select "at", "at" from golden.review_count' if _has(con, "ops", "review_file") else ""
        newest = con.execute(
            f"""select strftime(month, '%Y-%m'), max(as_of) from (
                select period_start as month, as_of from kpi.value where grain = 'month' and {SAYS_SOMETHING}
                union all select period, as_of from kpi.quality_result {reviewed}
            ) group by all"""
        ).fetchall()
        decided = (
            con.execute(DECIDED, [settings.time_zone, settings.as_of]).fetchall()
            if _has(con, "ops", "incident", "gate_override")
            else []
        )
        # months to come have no report yet, and none is due for them
        planned = con.execute(PLANNED).fetchall() if _has(con, "planning", "forecast", "staffing", "roster") else []
        this_month = f"{settings.business_date:%Y-%m}"
        decided += [(month, at) for month, at in planned if settings.history_from <= month <= this_month]
    due = {month for (month,) in touched}
    months = {month for month, _ in (*newest, *decided)}
    made = {month: made_at(settings.reports_dir, month) or NEVER for month in months}
    due |= {month for month, as_of in newest if made[month] < as_of}
    # a decision or plan of the same business time, as where history is replayed, came after the report
    due |= {month for month, at in decided if made[month] <= at}
    due = {month for month in due if month >= settings.history_from}  # no report is made of those before
    if not due:
        return []
    current = max(as_of for _, as_of in newest).astimezone(settings.zone).strftime("%Y-%m")
    return sorted(month for month in due | {current} if month <= current)


def trim_runs(instance: dg.DagsterInstance, days: int) -> int:
    """Delete finished runs, with their event logs, created more than so many days ago; gives how many."""
    finished = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    limit = datetime.now(timezone.utc) - timedelta(days=days)
    old = instance.get_run_records(dg.RunsFilter(statuses=finished, created_before=limit))
    for record in old:
        instance.delete_run(record.dagster_run.run_id)
    return len(old)
