"""What the Dagster UI tells of the analysis of calls: the newest month of each table in a few lines, counts and words only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import duckdb

from ccdata_assets.analysis.kept import KEYS

LINES: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "distribution": (
        ("month", "measure", "calls", "mean s", "median", "95%"),
        "select strftime(month, '%Y-%m'), measure, calls, round(mean, 1), p50, p95 from newest where dimension = 'all' order by measure",
    ),
    "volume_pattern": (
        ("month", "weekday", "busiest half hour", "calls a day"),
        "select strftime(any_value(month), '%Y-%m'), weekday, arg_max(half_hour, entered / days), round(sum(entered / days), 1) from newest where dimension = 'all' group by weekday order by weekday",
    ),
    "satisfaction_link": (
        ("month", "", ""),
        "select strftime(month, '%Y-%m'), zh, en from newest order by factor",
    ),
    "case_duration": (
        ("month", "cases", "open", "median days", "due", "in time"),
        "select strftime(month, '%Y-%m'), cases, still_open, round(median_days, 2), due, due_met from newest where dimension = 'all'",
    ),
    "surge_watch": (
        ("day", "of", "judged", "surges"),
        "select local_date, dimension, judged, surges from newest order by dimension",
    ),
    "review_coverage": (
        ("month", "campaign", "week", "recordings", "reviewed", "planned"),
        "select strftime(month, '%Y-%m'), campaign, campaign_week, recordings, reviewed, printf('%.0f%%', 100 * planned_share) from newest order by campaign, campaign_week",
    ),
    "topic_rule": (
        ("month", "with", "also", "customers", "lift"),
        "select strftime(month, '%Y-%m'), antecedent, consequent, both_customers, round(lift, 2) from newest order by lift desc",
    ),
    "topic_basket": (
        ("month", "customers", "several topics", "rules tried", "told"),
        "select strftime(month, '%Y-%m'), customers, several_topics, tried, told from newest",
    ),
    "repeat_caller": (
        ("month", "calls", "customers", "calls"),
        "select strftime(month, '%Y-%m'), band, customers, calls from newest where measure = 'calls' order by try_cast(regexp_extract(band, '^\\d+') as integer)",
    ),
    "growth_agent": (
        ("month", "measure", "agents", "marked"),
        "select strftime(any_value(month), '%Y-%m'), measure, count(distinct agent_key), count(distinct agent_key) filter (is_marked) from newest group by measure order by measure",
    ),
    "funnel": (
        ("month", "measure", "of", "parts", "within", "watch", "outside"),
        "select strftime(any_value(month), '%Y-%m'), measure, dimension, count(*), count_if(verdict = 'within'), count_if(verdict = 'watch'), count_if(verdict = 'outside') from newest group by measure, dimension order by all",
    ),
    "callback": (
        ("month", "key customers", "owed", "in time", "late", "came back", "overdue", "waiting"),
        "select strftime(any_value(month), '%Y-%m'), is_key_customer, sum(owed), sum(in_time), sum(late), sum(came_back), sum(overdue), sum(waiting) from newest group by is_key_customer order by all",
    ),
}


def told(con: duckdb.DuckDBPyConnection, table: str) -> tuple[tuple[str, ...], Sequence[Sequence[object]]] | None:
    """Header and lines of the newest period of analysis.<table>; None where there is nothing to tell."""
    if table not in LINES:
        return None
    header, query = LINES[table]
    key = KEYS[table]
    rows = con.execute(
        f"""with known as (
            select * from analysis.{table} qualify row_number() over (partition by {", ".join(key)} order by as_of desc, rowid desc) = 1
        ),
        newest as (select * from known where not is_withdrawn and {key[0]} = (select max({key[0]}) from known where not is_withdrawn))
        {query}"""
    ).fetchall()
    return (header, rows) if rows else None
