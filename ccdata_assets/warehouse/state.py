"""Whether there is anything to do: a fingerprint of all that downstream tables depend on.

The fingerprint is kept when a run has published. A run that finds the same fingerprint has nothing to build, and one
that was killed finds another (or none) and builds everything again from the staged tables on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from datetime import date
from functools import lru_cache
from pathlib import Path

import duckdb

from ccdata_assets.analysis.kept import KEYS
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.errors import WrongUse
from ccdata_assets.resolution.home_models import adopted_version
from ccdata_assets.settings import PROJECT_DIR, Settings
from ccdata_assets.warehouse.engine import connect_published

BUILT, LINES, EVALUATED_ON, ANALYSED = "published", "published_ledger_lines", "evaluated_on", "analysed"
IN_CLEAR = "published_in_clear"
_CODE = (("ccdata_assets", ("*.py", "*.sql", "*.yaml", "*.json")), ("dbt_project", ("*.sql", "*.yml", "*.csv")))


@lru_cache
def code_hash() -> str:
    """Hash of our own code and declarations."""
    digest = hashlib.sha256()
    for folder, patterns in _CODE:
        for path in sorted(path for pattern in patterns for path in (PROJECT_DIR / folder).rglob(pattern)):
            relative = path.relative_to(PROJECT_DIR)
            if "target" not in relative.parts and "reporting" not in relative.parts and "defs" not in relative.parts:
                digest.update(relative.as_posix().encode() + Path(path).read_bytes())
    return digest.hexdigest()


def fingerprint(
    con: duckdb.DuckDBPyConnection, registry: Registry, settings: Settings, feeds: Collection[str] | None = None
) -> str:
    """What the tables downstream of staging depend on: batches, the contracts that judged them, decisions, the
    match model that was adopted, code, settings. With `feeds`, what those tables do that are made of these feeds alone."""
    batches = con.execute(
        """select l.feed, l.sha256, l.contract_hash, l.received_on, g.status from ops.file_ledger as l
        left join ops.batch_gate as g using (feed, sha256) where l.status <> 'repeat' and l.rows > 0 order by all"""
    ).fetchall()
    decisions = con.execute(
        "select count(*), md5(string_agg(decision_id || kind order by rowid)) from golden.decision"
    ).fetchall()
    contracts = {
        name: contract.model_dump(mode="json")
        for name, contract in registry.feeds.items()
        if feeds is None or name in feeds
    }
    parts = [
        code_hash(),
        contracts,
        settings.time_zone,
        settings.retired_feeds,
        [batch for batch in batches if feeds is None or batch[0] in feeds],
        decisions,
        adopted_version(settings),
    ]
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()


def is_current(con: duckdb.DuckDBPyConnection, registry: Registry, settings: Settings) -> bool:
    """True where the published copy was built from all there is now: nothing needs building."""
    return settings.published_path.exists() and recall(con, BUILT) == fingerprint(con, registry, settings)


def is_evaluated(con: duckdb.DuckDBPyConnection, registry: Registry, settings: Settings) -> bool:
    """True where, besides, the KPIs were evaluated on this business date: a new day may close a period."""
    return is_current(con, registry, settings) and recall(con, EVALUATED_ON) == str(settings.business_date)


def is_published(con: duckdb.DuckDBPyConnection, registry: Registry, settings: Settings) -> bool:
    """True where the published copy also shows personal columns as the settings have it, and has every line of the ledgers: a file sent
    again, or a person's word on an incident, adds one and builds nothing."""
    return can_be_added_to(con, registry, settings) and recall(con, LINES) == _ledger_lines(con)


def can_be_added_to(con: duckdb.DuckDBPyConnection, registry: Registry, settings: Settings) -> bool:
    """True where the published copy, made anew, would differ in nothing but lines of the ledgers."""
    return is_current(con, registry, settings) and not masks_otherwise(con, settings)


def masks_otherwise(con: duckdb.DuckDBPyConnection, settings: Settings) -> bool:
    """True where the last copy showed personal columns that the settings mask, or masked what they show, or nobody knows: so do the
    reports of it."""
    return recall(con, IN_CLEAR) != str(settings.publish_personal)


def mark_published(con: duckdb.DuckDBPyConnection, registry: Registry, settings: Settings) -> None:
    """Remember that what can be built now is published."""
    remember(con, BUILT, fingerprint(con, registry, settings))
    remember(con, IN_CLEAR, str(settings.publish_personal))
    remember(con, LINES, _ledger_lines(con))


def mark_evaluated(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Remember the business date of the last evaluation of KPIs."""
    remember(con, EVALUATED_ON, str(settings.business_date))


def is_analysed(con: duckdb.DuckDBPyConnection, registry: Registry, settings: Settings) -> bool:
    """True where the calls there are now were analysed on this business date: a new day ends what was open."""
    return recall(con, ANALYSED) == _analysed(con, registry, settings)


def mark_analysed(con: duckdb.DuckDBPyConnection, registry: Registry, settings: Settings) -> None:
    """Remember what was analysed, and on which business date."""
    remember(con, ANALYSED, _analysed(con, registry, settings))


def _analysed(con: duckdb.DuckDBPyConnection, registry: Registry, settings: Settings) -> str:
    return f"{fingerprint(con, registry, settings)} {settings.business_date}"


def refuse_going_back(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Business time only goes forward in one home: what was known on a day cannot be changed afterwards. WrongUse."""
    latest = con.execute(
        "select greatest((select max(landed_at) from ops.file_ledger), (select max(as_of) from kpi.value))"
    ).fetchall()[0][0]
    if latest and latest.astimezone(settings.zone).date() > settings.business_date:
        raise WrongUse(
            f"the business time {settings.business_date} lies before {latest.astimezone(settings.zone):%Y-%m-%d}, the last one "
            "of this home; fix: replay history in order, into a new --home"
        )


def known_days(settings: Settings) -> tuple[date, date]:
    """The first and the last day (centre's zone) that the published copy speaks for; `date.min` twice where it has no value."""
    with connect_published(settings) as con:
        first, last = con.execute("select min(as_of), max(as_of) from kpi.value").fetchall()[0]
    if first is None:
        return date.min, date.min
    return first.astimezone(settings.zone).date(), last.astimezone(settings.zone).date()


def _ledger_lines(con: duckdb.DuckDBPyConnection) -> str:
    ledgers = (
        *("ops.file_ledger", "ops.review_file", "ops.incident_event", "ops.gate_override"),
        *("kpi.value", "kpi.quality_result", "kpi.quality_measure"),
        *(f"analysis.{table}" for table in KEYS),
        *("planning.staffing", "planning.roster"),
        *("planning.forecast_made", "planning.forecast_score"),
    )
    return str(con.execute("select " + ", ".join(f"(select count(*) from {name})" for name in ledgers)).fetchall()[0])


def recall(con: duckdb.DuckDBPyConnection, name: str) -> str | None:
    """What was remembered under a name, None where nothing was."""
    known = con.execute("select value from ops.run_state where name = ?", [name]).fetchone()
    return known[0] if known else None


def remember(con: duckdb.DuckDBPyConnection, name: str, value: str) -> None:
    """Remember a value under a name."""
    con.execute("insert or replace into ops.run_state values (?, ?)", [name, value])
