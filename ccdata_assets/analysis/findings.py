"""What SQL has no function for: the queries give rows, the statistics of a module judge them, and a temp table takes the results. Each function
gives the query of that table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb

from ccdata_assets.analysis import surges
from ccdata_assets.analysis.declared import Analysis

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUERIES: Final = Path(__file__).parent / "queries"


def query(name: str) -> str:
    """The text of a query of the folder `queries`."""
    return (QUERIES / f"{name}.sql").read_text(encoding="utf-8")


def _arrays(con: duckdb.DuckDBPyConnection, query: str, values: Sequence[Any]) -> list[NDArray[Any]]:
    """The columns of a query without nulls."""
    import numpy as np

    return [np.asarray(column) for column in con.execute(query, list(values)).fetchnumpy().values()]


def _table(con: duckdb.DuckDBPyConnection, name: str, columns: str, rows: Sequence[Sequence[Any]]) -> str:
    """A temp table of results that Python has made, and the query of it."""
    con.execute(f"create or replace temp table {name} ({columns})")
    if rows:
        import pyarrow as pa

        # at once: row by row takes DuckDB half a millisecond each
        con.register(
            "made_rows",
            pa.table(
                [pa.array(column) for column in zip(*rows, strict=True)], names=[f"c{i}" for i in range(len(rows[0]))]
            ),
        )
        con.execute(f"insert into {name} select * from made_rows")
        con.unregister("made_rows")
    return f"select * from {name}"


def satisfaction_links(con: duckdb.DuckDBPyConnection, declared: Analysis) -> str:
    """How satisfaction goes with each time, by month, out of satisfaction_answer."""
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


def topic_rules(con: duckdb.DuckDBPyConnection, declared: Analysis) -> str:
    """Rules by month, of the calls of the month and those before it; also topic_basket_now, what they were found in."""
    from ccdata_assets.analysis.topics import rules

    rows: list[tuple[Any, ...]] = []
    seen: list[tuple[Any, ...]] = []
    months = [month for (month,) in con.execute("select month from scope_month order by 1").fetchall()]
    # each customer's topics of a month once, by a number: the months of a window overlap
    con.execute(
        """create or replace temp table topic_of_customer as
        select distinct month, hash(feed, customer_no) as customer, topic from inbound_call_ever
        where customer_no is not null and topic is not null and month >= (select min(month) from scope_month) - to_months($before)""",
        {"before": declared.window_months - 1},
    )
    for month in months:
        found = con.execute(
            """with basket as (
                select list_sort(list(distinct topic)) as topics from topic_of_customer
                where month between $month::date - to_months($before) and $month group by customer
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


def funnels(con: duckdb.DuckDBPyConnection, declared: Analysis) -> str:
    """Rates of agents, teams and queues with their limits; of too few parts, or too little of one, without."""
    from ccdata_assets.analysis.outliers import funnel, verdicts

    con.execute(f"create or replace temp table funnel_part as {query('funnel_part')}")
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


def surges_of_days(con: duckdb.DuckDBPyConnection, declared: Analysis) -> str:
    """Surges by day; also surge_watch_now, what was looked at."""
    con.execute(f"create or replace temp table surge_day as {query('surge_day')}")
    columns = """local_date date, dimension varchar, part varchar, calls bigint, usual_calls double, dispersion double, p_value double, limit_p double,
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
