"""The analysis of all calls there are: reads marts and sums, writes the tables of the schema `analysis`. Nothing is computed for months
of which nothing has changed; what each analysis is lies in its own module or query."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import duckdb

from ccdata_assets.analysis.declared import Analysis, load_analysis
from ccdata_assets.analysis.findings import funnels, query, satisfaction_links, surges_of_days, topic_rules
from ccdata_assets.analysis.kept import KEYS, keep
from ccdata_assets.contracts.compile import literal
from ccdata_assets.metrics.thresholds import load_thresholds
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import transaction
from ccdata_assets.warehouse.state import code_hash, recall, remember

INPUTS: Final = "analysis_inputs"
"""What the home remembers of the months' rows that were analysed."""
FACTS: Final = {
    "marts.fct_call": "local_date",
    "marts.fct_contact": "local_date",
    "marts.fct_callback": "local_date",
    "marts.fct_survey": "local_date",
    "marts.fct_quality_review": "local_date",
    "marts.fct_outbound": "dialled_on",
    "marts.fct_case": "local_date",
    "kpi.agent_time": "local_date",
    "kpi.queue_interval": "local_date",
}
LOOKED_BACK: Final = 6  # months of weeks before, that a run of an agent's weeks may have begun in
PLAIN: Final = (
    "distribution", "distribution_bin", "volume_pattern", "case_duration", "repeat_caller", "callback", "review_coverage", "satisfaction_curve",
    "growth_band", "growth_agent",
)  # fmt: skip
"""Tables that are one query."""


MADE: Final[dict[str, Callable[[duckdb.DuckDBPyConnection, Analysis], str]]] = {
    "satisfaction_link": satisfaction_links,
    "topic_rule": topic_rules,
    "topic_basket": lambda con, declared: "select * from topic_basket_now",
    "funnel": funnels,
    "surge": surges_of_days,
    "surge_watch": lambda con, declared: "select * from surge_watch_now",
}
"""Tables that take statistics, in an order in which each finds what those before it have left."""


@dataclass(frozen=True)
class Scope:
    """What is looked at: months from `first` on of which something has changed, as known on `today`."""

    first: date
    months: tuple[date, ...]


def analyse(
    con: duckdb.DuckDBPyConnection, settings: Settings, run_id: str, declared: Analysis | None = None
) -> dict[str, int]:
    """Bring every table of the schema `analysis` up to date at the business time of the run; gives the rows added by table.

    Nothing at all is added where nothing has changed. A month's results depend on months before it, and on the one after it (whether a
    customer came again), so what is computed anew begins a month before the first change.
    """
    declared = declared or load_analysis()
    with transaction(con):
        now = _inputs(con)
        scope = _scope(con, settings, now)
        added = dict.fromkeys(KEYS, 0)
        if scope is None:
            return added
        _prepare(con, declared, scope, settings)
        _growth(con)
        con.execute(f"create or replace temp table satisfaction_answer as {query('satisfaction_answer')}")
        for table in (*PLAIN, *MADE):
            # cases that are still open grow older, and calls that are owed fall due, in whatever month they began
            since = date(1900, 1, 1) if table in ("case_duration", "callback") else scope.first
            found = MADE[table](con, declared) if table in MADE else query(table)
            added[table] = keep(con, table, found, since.isoformat(), settings, run_id)
        remember(con, INPUTS, json.dumps(now))
    return added


def _inputs(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Hash of each month's rows of all facts, and of what they are analysed by."""
    parts = [
        f"select date_trunc('month', {day}) as month, {literal(table)} as name, count(*) || '/' || bit_xor(hash(fact)) || '/' || sum(hash(fact) % 1000003) as rows from {table} as fact where {day} is not null group by 1"
        for table, day in FACTS.items()
    ]
    rows = con.execute(
        f"""select strftime(month, '%Y-%m-%d'), md5(string_agg(name || rows, ',' order by name)) from ({" union all ".join(parts)}) group by 1 order by 1"""
    ).fetchall()
    others = con.execute(
        """select md5(coalesce(string_agg(t, ',' order by t), '')) from (
            select hash(a)::varchar as t from (select agent_key, team, hired_on from marts.dim_agent) as a
            union all select hash(c)::varchar from (select campaign, starts_on from staged.campaign) as c)"""
    ).fetchall()
    return {"": f"{code_hash()}/{others[0][0]}", **dict(rows)}


def _scope(con: duckdb.DuckDBPyConnection, settings: Settings, now: dict[str, str]) -> Scope | None:
    """The months to look at; None where there is no fact at all."""
    known: dict[str, str] = json.loads(recall(con, INPUTS) or "{}")
    months = sorted(date.fromisoformat(month) for month in now if month)
    today = settings.business_date
    months = [month for month in months if month <= today]
    if not months:
        return None
    changed = [
        date.fromisoformat(month)
        for month in {*now, *known} - {""}
        if now.get(month) != known.get(month) or now[""] != known.get("")
    ]
    # what is open today may be over tomorrow
    first = min([*changed, today.replace(day=1)])
    before = (first - timedelta(days=1)).replace(day=1)
    return Scope(before, tuple(month for month in months if month >= before))


def _prepare(con: duckdb.DuckDBPyConnection, declared: Analysis, scope: Scope, settings: Settings) -> None:
    """Temp tables that the queries read: scope, scope_month, setting, and views of the calls."""
    thresholds = load_thresholds()
    plan = [{"until_week": step.until_week, "share": step.share} for step in declared.review_plan]
    setting = {
        "wait_bins": list(declared.bins.wait),
        "handling_bins": list(declared.bins.handling),
        "resolution_bins": list(declared.bins.resolution),
        "window_months": declared.window_months,
        "bin_least": declared.satisfaction.bin_least,
        "cases_least": declared.cases.least,
        "surge_weeks": declared.surges.weeks,
        "call_bands": list(declared.repeat_callers.calls),
        "day_bands": list(declared.repeat_callers.days),
        "key_customers": list(declared.key_customers),
        "tenure_weeks": list(declared.growth.weeks),
        "growth_agents": declared.growth.agents,
        "growth_marked": declared.growth.marked,
        "band_low": declared.growth.band[0],
        "band_high": declared.growth.band[1],
        "answer_within_s": thresholds["answer_within_s"].value,
    }
    con.execute(
        f"""create or replace temp table setting as select {", ".join(f"unnest([${name}]) as {name}" for name in setting)},
        map_from_entries([{", ".join(f"({literal(name)}, {least})" for name, least in declared.growth.least.items())}]) as growth_least,
        [{", ".join(f"{{'until_week': {'null' if step['until_week'] is None else step['until_week']}::bigint, 'share': {step['share']}::double}}" for step in plan)}] as review_plan""",
        setting,
    )
    con.execute(
        "create or replace temp table scope as select $first::date as first_month, $today::date as today, $now::timestamptz as now_at",
        {"first": scope.first, "today": settings.business_date, "now": settings.as_of},
    )
    con.execute(
        "create or replace temp table scope_month as select unnest($months::date[]) as month",
        {"months": list(scope.months)},
    )
    # quantile_cont takes constants only; the same interpolation, of a sorted list
    con.execute(
        """create or replace temp macro quantile_of(sorted, share) as
            sorted[1 + floor((len(sorted) - 1) * share)::bigint] + ((len(sorted) - 1) * share - floor((len(sorted) - 1) * share))
            * (sorted[1 + ceil((len(sorted) - 1) * share)::bigint] - sorted[1 + floor((len(sorted) - 1) * share)::bigint])"""
    )
    con.execute(
        """create or replace temp view marts_call as
        select *, cast(date_trunc('month', local_date) as date) as month,
            if(is_answered and talk_s is not null, talk_s + coalesce(hold_s, 0) + coalesce(acw_s, 0), null) as handling_s
        from marts.fct_call where not is_repeat and is_entered;
        create or replace temp view inbound_call_ever as select * from marts_call where coalesce(direction, 'inbound') = 'inbound';
        create or replace temp view inbound_call as select * from inbound_call_ever where month >= (select first_month from scope);
        create or replace temp table surveyed_call as
        select call_id, any_value(agent_key) as agent_key, any_value(queue) as queue, any_value(wait_s) as wait_s, any_value(handling_s) as handling_s
        from marts_call where is_answered and call_id in (select call_id from marts.fct_survey) group by call_id having count(*) = 1"""
    )


def _growth(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(f"create or replace temp table growth_week as {query('growth_week')}")
    con.execute(f"create or replace temp table growth_band_now as {query('growth_band')}")
