"""Checks of what the warehouse has made of the deliveries: keys that lead nowhere, regions that disagree, values in the wrong column,
KPIs below their targets. They stop nothing, and are looked at whenever the marts were built or a period may have closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import cast, get_args

import duckdb

from ccdata_assets.contracts.compile import literal
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.metrics.registry import Kpi
from ccdata_assets.quality.anomalies import DEVIATION, load_limits
from ccdata_assets.quality.campaigns import look_at_campaigns
from ccdata_assets.quality.record import last_outcomes, record_changes
from ccdata_assets.quality.validation import COUNTED, Check, Dimension, Outcome, Severity
from ccdata_assets.settings import Settings

ABOUT_CALLS = {"fct_survey": "local_date", "fct_quality_review": "local_date", "fct_outbound": "dialled_on"}
"""Facts that name the call they are about, and the column of their day."""
BY_AGENTS = ("fct_call", "fct_agent_state", "fct_survey", "fct_quality_review", "fct_outbound")
KEPT = 0.98
"""Share of rows with the key that must lead somewhere: a log that ends at midnight cuts a few calls off."""
REGION, MISPLACED = "accuracy_region_of_delivery", "validity_misplaced_in_delivery"
READINGS = (REGION, MISPLACED)
TARGET = "target_"


@dataclass(frozen=True)
class Reference:
    """A key of a fact that must lead somewhere: the check, and SQL of the rows that have the key as `is_wrong`."""

    check: Check
    rows: str


def references() -> list[Reference]:
    """Keys of facts. Calls: an error, of the days that call logs cover; agents: a warning, once there is a roster."""
    found = []
    for table, day in ABOUT_CALLS.items():
        rows = f"""select t.call_id not in (select call_id from marts.fct_call where call_id is not null) as is_wrong from marts.{table} as t
            where t.call_id is not null and t.{day} between (select min(local_date) from marts.fct_call) and (select max(local_date) from marts.fct_call)"""
        zh, en = "所指通话都在话单中", "Calls it is about are in the call logs"
        found.append(Reference(_reference(f"consistency_call_of_{table[4:]}", table, "call_id", "error", zh, en), rows))
    for table in BY_AGENTS:
        rows = f"""select not a.is_in_roster as is_wrong from marts.{table} as t join marts.dim_agent as a using (agent_key)
            where exists (select 1 from marts.dim_agent where is_in_roster)"""
        zh, en = "坐席都在花名册中", "Agents are in the roster"
        found.append(
            Reference(_reference(f"consistency_agent_of_{table[4:]}", table, "agent", "warning", zh, en), rows)
        )
    return found


def reference_checks() -> list[Check]:
    """The checks of `references`."""
    return [reference.check for reference in references()]


def _reference(name: str, table: str, field: str, severity: Severity, zh: str, en: str) -> Check:
    words = {"zh": f"{zh}（{field}）", "en": f"{en} ({field})"}
    return Check(name, COUNTED, f"marts.{table}", field, "consistency", severity, KEPT, {}, words)


def reading_checks(feed: str) -> list[Check]:
    """What the dictionaries say of a feed's last delivery, beside those before it."""
    table = f"staged.{feed}"
    return [
        Check(REGION, COUNTED, table, None, "accuracy", "warning", None, {},
              {"zh": "最近交付的地区与区号、号段、邮编、地址一致的程度如常", "en": "Area codes, mobile segments, postcodes and addresses of the last delivery agree as they usually do"}),
        Check(MISPLACED, COUNTED, table, None, "validity", "warning", None, {},
              {"zh": "最近交付中错列的值不多于以往", "en": "The last delivery has no more values in the wrong column than usual"}),
    ]  # fmt: skip


def target_checks(kpis: Mapping[str, Kpi], settings: Settings) -> list[Check]:
    """One warning per KPI with a target: its value of the last month that has closed."""
    month = (settings.business_date.replace(day=1) - timedelta(days=1)).replace(day=1)
    return [_target(name, kpi, target) for name, kpi in kpis.items() if (target := kpi.target_on(month)) is not None]


def _target(name: str, kpi: Kpi, target: float) -> Check:
    dimension: Dimension = cast(Dimension, name) if name in get_args(Dimension) else "performance"
    words = {"zh": f"{kpi.zh}达到目标（上月）", "en": f"{kpi.en} of the last closed month meets its target"}
    return Check(f"{TARGET}{name}", COUNTED, "kpi.value", name, dimension, "warning", target, {}, words)


def look_at_marts(
    con: duckdb.DuckDBPyConnection,
    registry: Registry,
    kpis: Mapping[str, Kpi],
    settings: Settings,
    run_id: str,
    changed: bool = True,
) -> list[Outcome]:
    """Run all of these checks and record what they found; `table` of a check tells the feed.

    Where neither the marts nor the business date has `changed` nothing is counted: what they found last is given.
    """
    feeds = [contract.feed for contract in registry.feeds_of("party")]
    campaigns = look_at_campaigns(con, kpis, settings)
    checks = [*reference_checks(), *target_checks(kpis, settings)]
    if not changed and (known := last_outcomes(con, checks, None)) is not None:
        return [
            *known,
            *campaigns,
            *(each for feed in feeds for each in last_outcomes(con, reading_checks(feed), feed) or []),
        ]
    outcomes = [*_count_references(con), *_targets(con, kpis, settings), *campaigns]
    record_changes(con, outcomes, None, settings, run_id)
    for feed, found in _read(con, feeds).items():
        record_changes(con, found, feed, settings, run_id)
        outcomes += found
    return outcomes


def _count_references(con: duckdb.DuckDBPyConnection) -> list[Outcome]:
    """Of the rows that have the key, how many lead nowhere."""
    outcomes = []
    for reference in references():
        wrong, total = con.execute(f"select count_if(is_wrong), count(*) from ({reference.rows})").fetchall()[0]
        value = (total - wrong) / total if total else None
        outcomes.append(Outcome(reference.check, value is None or value >= KEPT, value, wrong, total))
    return outcomes


def _read(con: duckdb.DuckDBPyConnection, feeds: Iterable[str]) -> dict[str, list[Outcome]]:
    """By feed that has delivered: its reading checks. Only a share that rises is odd; few deliveries before, or few values, say nothing."""
    limits = load_limits()
    pairs = "[p.agreements.columns_address, p.agreements.area_code_region, p.agreements.mobile_region, p.agreements.postcode_region]"
    rows = con.execute(
        f"""with delivery as (
            select feed, sha256, row_number() over (partition by feed order by landed_at desc, landing_seq desc) as age
            from ops.file_ledger where status = 'landed' and staged > 0
        ),
        misplaced as (select distinct feed, sha256, member, row from standard.misplaced_value),
        counted as (
            select p.feed, p.sha256, count_if(list_contains({pairs}, false)) as wrong_regions,
                count_if(list_contains({pairs}, true) or list_contains({pairs}, false)) as regions,
                count(misplaced.row) as misplaced, count(*) as records
            from standard.party_record as p left join misplaced using (feed, sha256, member, row) group by all
        ),
        measured as (
            select feed, age, {literal(REGION)} as name, wrong_regions as n, regions as total from counted join delivery using (feed, sha256)
            union all
            select feed, age, {literal(MISPLACED)}, misplaced, records from counted join delivery using (feed, sha256)
        ),
        judged as (
            select last.feed, last.name, last.n, last.total, list(before.n / before.total) filter (before.total >= {limits.rows_judged}) as xs
            from measured as last left join measured as before
                on before.feed = last.feed and before.name = last.name and before.age between 2 and {limits.past + 1}
            where last.age = (select min(age) from measured as any_age where any_age.feed = last.feed)
            group by all
        )
        select feed, name, n, total, list_aggregate(xs, 'median') as usual,
            greatest({limits.score} * {DEVIATION} * list_aggregate(list_transform(xs, lambda x: abs(x - list_aggregate(xs, 'median'))), 'median'),
                {limits.misread} + 1 / sqrt(total)) as room
        from judged where len(xs) >= {limits.least} and total >= {limits.rows_judged}"""
    ).fetchall()
    found = {(feed, name): rest for feed, name, *rest in rows}
    delivered = {feed for (feed,) in con.execute("select distinct feed from standard.party_record").fetchall()}
    outcomes: dict[str, list[Outcome]] = {}
    for feed in feeds:
        if feed not in delivered:
            continue
        outcomes[feed] = []
        for check in reading_checks(feed):
            if (feed, check.name) not in found:
                outcomes[feed].append(Outcome(check, True, None, 0, 0))
                continue
            n, total, usual, room = found[feed, check.name]
            outcomes[feed].append(Outcome(check, n / total <= usual + room, (total - n) / total, int(n), int(total)))
    return outcomes


def _targets(con: duckdb.DuckDBPyConnection, kpis: Mapping[str, Kpi], settings: Settings) -> list[Outcome]:
    """Values of the last closed month beside their targets; a KPI without data has nothing to miss."""
    checks = target_checks(kpis, settings)
    month = (settings.business_date.replace(day=1) - timedelta(days=1)).replace(day=1)
    values = dict(
        con.execute(
            """select kpi_id, (value, target) from kpi.value where grain = 'month' and dims = '{}' and period_start = ?
            qualify row_number() over (partition by kpi_id order by definition_version desc, as_of desc, rowid desc) = 1""",
            [month],
        ).fetchall()
    )
    outcomes = []
    for check in checks:
        kpi = kpis[str(check.field)]
        value, target = values.get(check.field, (None, None))
        met = value is None or target is None or (value <= target if kpi.direction == "down" else value >= target)
        outcomes.append(Outcome(check, met, value, int(not met), int(value is not None)))
    return outcomes
