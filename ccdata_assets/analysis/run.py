"""The analysis of all calls there are: reads marts and sums, writes the tables of the schema `analysis`. Nothing is computed for months
of which nothing has changed; what each analysis is lies in its own module or query."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb

from ccdata_assets.analysis import surges
from ccdata_assets.analysis.declared import Analysis, load_analysis
from ccdata_assets.analysis.kept import KEYS, keep
from ccdata_assets.contracts.compile import literal
from ccdata_assets.metrics.thresholds import load_thresholds
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import transaction
from ccdata_assets.warehouse.state import code_hash, recall, remember

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUERIES: Final = Path(__file__).parent / "queries"
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
}
LOOKED_BACK: Final = 6  # months of weeks before, that a run of an agent's weeks may have begun in
PLAIN: Final = (
    "distribution", "distribution_bin", "volume_pattern", "case_duration", "repeat_caller", "callback", "review_coverage", "satisfaction_curve",
    "growth_band", "growth_agent",
)  # fmt: skip
"""Tables that are one query."""


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
        con.execute(f"create or replace temp table satisfaction_answer as {_query('satisfaction_answer')}")
        made: dict[str, Callable[[], str]] = {
            **{name: lambda name=name: _query(name) for name in PLAIN},  # type: ignore[misc]
            "satisfaction_link": lambda: _satisfaction(con, declared),
            "topic_rule": lambda: _topics(con, declared),
            "topic_basket": lambda: "select month, customers, several_topics, tried, told from topic_basket_now",
            "funnel": lambda: _funnels(con, declared),
            "surge": lambda: _surges(con, declared),
            "surge_watch": lambda: "select * from surge_watch_now",
        }
        for table, query in made.items():
            # cases that are still open grow older, and calls that are owed fall due, in whatever month they began
            since = date.min.replace(year=1900) if table in ("case_duration", "callback") else scope.first
            added[table] = keep(con, table, query(), since.isoformat(), settings, run_id)
        remember(con, INPUTS, json.dumps(now))
    return added


def _query(name: str) -> str:
    return (QUERIES / f"{name}.sql").read_text(encoding="utf-8")


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
    con.execute(f"create or replace temp table growth_week as {_query('growth_week')}")
    con.execute(f"create or replace temp table growth_band_now as {_query('growth_band')}")


def _arrays(con: duckdb.DuckDBPyConnection, query: str, values: Sequence[Any]) -> list[NDArray[Any]]:
    """The columns of a query without nulls."""
    import numpy as np

    return [np.asarray(column) for column in con.execute(query, list(values)).fetchnumpy().values()]


def _table(con: duckdb.DuckDBPyConnection, name: str, columns: str, rows: Sequence[Sequence[Any]]) -> str:
    """A temp table of results that Python has made, and the query of it."""
    con.execute(f"create or replace temp table {name} ({columns})")
    if rows:
        con.executemany(f"insert into {name} values ({', '.join('?' * len(rows[0]))})", [list(row) for row in rows])
    return f"select * from {name}"


def _satisfaction(con: duckdb.DuckDBPyConnection, declared: Analysis) -> str:
    from ccdata_assets.analysis.satisfaction import link, sentence

    pairs = con.execute("select distinct month, factor from satisfaction_answer order by all").fetchall()
    rows = []
    for month, factor in pairs:
        seconds, scores, satisfied = _arrays(
            con,
            """select seconds::double, score_share, is_satisfied from satisfaction_answer
            where month = ? and factor = ? and score_share is not null""",
            [month, factor],
        )
        one = link(seconds, scores, satisfied, declared.satisfaction)
        rows.append((month, factor, one.answers, one.satisfied, one.rho, one.rho_low, one.rho_high, one.p_value, one.biserial,
                     one.odds, one.odds_low, one.odds_high, one.strength, *sentence(factor, one)))  # fmt: skip
    columns = """month date, factor varchar, answers bigint, satisfied bigint, rho double, rho_low double, rho_high double, p_value double,
        biserial double, odds double, odds_low double, odds_high double, strength varchar, zh varchar, en varchar"""
    return _table(con, "satisfaction_link_now", columns, rows)


def _topics(con: duckdb.DuckDBPyConnection, declared: Analysis) -> str:
    """Rules by month, of the calls of the month and those before it; also topic_basket_now, what they were found in."""
    from ccdata_assets.analysis.topics import rules

    rows: list[tuple[Any, ...]] = []
    seen: list[tuple[Any, ...]] = []
    months = [month for (month,) in con.execute("select month from scope_month order by 1").fetchall()]
    for month in months:
        found = con.execute(
            """with basket as (
                select list_sort(list(distinct topic)) as topics from inbound_call_ever
                where customer_no is not null and topic is not null
                    and local_date < $month::date + interval 1 month and local_date >= $month::date - to_months($before)
                group by feed, customer_no
            )
            select topics, count(*) from basket group by topics order by topics""",
            {"month": month, "before": declared.window_months - 1},
        ).fetchall()
        if not found:
            continue
        told, tried = rules([topics for topics, _ in found], [count for _, count in found], declared.topics)
        seen.append(
            (month, sum(n for _, n in found), sum(n for topics, n in found if len(topics) > 1), tried, len(told))
        )
        rows += [(month, *vars(rule).values()) for rule in told]
    _table(
        con, "topic_basket_now", "month date, customers bigint, several_topics bigint, tried bigint, told bigint", seen
    )
    columns = """month date, antecedent varchar, consequent varchar, customers bigint, antecedent_customers bigint, consequent_customers bigint,
        both_customers bigint, support double, confidence double, lift double, p_value double, p_adjusted double"""
    return _table(con, "topic_rule_now", columns, rows)


def _funnels(con: duckdb.DuckDBPyConnection, declared: Analysis) -> str:
    from ccdata_assets.analysis.outliers import funnel, verdicts

    con.execute(f"create or replace temp table funnel_part as {_query('funnel_part')}")
    rows: list[tuple[Any, ...]] = []
    limits = declared.outliers
    for key in con.execute("select distinct month, measure, dimension from funnel_part order by all").fetchall():
        part, total, met = _arrays(
            con,
            "select part, total, met from funnel_part where (month, measure, dimension) = (?, ?, ?) order by part",
            key,
        )
        judged = total >= limits.least
        few = [(*key, name, int(n), int(m), m / n, *[None] * 6, "too_few")
               for name, n, m in zip(part, total, met, strict=True)]  # fmt: skip
        if judged.sum() < limits.parts:
            rows += few
            continue
        rows += [row for row, is_judged in zip(few, judged, strict=True) if not is_judged]
        part, total, met = part[judged], total[judged], met[judged]
        one = funnel(met, total)
        words = verdicts(met, total, one)
        bounds = zip(one.lower_95, one.upper_95, one.lower_998, one.upper_998, strict=True)
        rows += [(*key, name, int(n), int(m), m / n, one.centre, *map(float, bound), one.dispersion, word)
                 for name, n, m, bound, word in zip(part, total, met, bounds, words, strict=True)]  # fmt: skip
    columns = """month date, measure varchar, dimension varchar, part varchar, total bigint, met bigint, rate double, centre double,
        lower_95 double, upper_95 double, lower_998 double, upper_998 double, dispersion double, verdict varchar"""
    return _table(con, "funnel_now", columns, rows)


def _surges(con: duckdb.DuckDBPyConnection, declared: Analysis) -> str:
    """Surges by day; also surge_watch_now, what was looked at."""
    con.execute(f"create or replace temp table surge_day as {_query('surge_day')}")
    columns = """local_date date, dimension varchar, part varchar, calls bigint, expected double, dispersion double, p_value double, limit_p double,
        zh varchar, en varchar"""
    found = con.execute(
        "select local_date, dimension, part, calls, past from surge_day order by local_date, dimension, part"
    ).fetchall()
    watch = "local_date date, dimension varchar, judged bigint, surges bigint"
    if not found:
        _table(con, "surge_watch_now", watch, [])
        return _table(con, "surge_now", columns, [])
    import numpy as np

    limits = declared.surges
    calls = np.array([row[3] for row in found], dtype=float)
    past = np.array([row[4] for row in found], dtype=float)  # null becomes nan
    told = surges.judge(calls, past, limits)
    judged: dict[tuple[Any, ...], int] = {}
    for row, is_judged in zip(found, told.is_judged, strict=True):
        judged[row[:2]] = judged.get(row[:2], 0) + int(is_judged)
    alarms: list[tuple[Any, ...]] = []
    likely = told.is_judged & (calls >= limits.times * told.expected) & (calls - told.expected >= limits.more)
    for place in np.flatnonzero(likely):
        day, dimension, part, count, _ = found[place]
        limit = surges.limit_p(judged[day, dimension], limits)
        if told.p_value[place] < limit:
            expected = float(told.expected[place])
            words = surges.sentence(part, count, expected, limits.weeks)
            numbers = (expected, float(told.dispersion[place]), float(told.p_value[place]), limit)
            alarms.append((day, dimension, part, count, *numbers, *words))
    counts = {key: sum(1 for alarm in alarms if alarm[:2] == key) for key in judged}
    _table(con, "surge_watch_now", watch, [(*key, parts, counts[key]) for key, parts in judged.items()])
    return _table(con, "surge_now", columns, alarms)
