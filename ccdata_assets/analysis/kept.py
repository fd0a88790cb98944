"""Results of an analysis are only added to: what a month's figures were at any past moment can be asked for by `as_of`, like KPI values.

Every table of the schema `analysis` ends with is_withdrawn, run_id and as_of. Of a key the newest row counts; one that is
withdrawn says that there is no such result any more. The columns are those of the migration, the keys those of `KEYS`.
"""

from __future__ import annotations

from typing import Final

import duckdb

from ccdata_assets.settings import Settings

KEYS: Final[dict[str, tuple[str, ...]]] = {
    "distribution": ("month", "measure", "dimension", "part"),
    "distribution_bin": ("month", "measure", "dimension", "part", "bin_from_s"),
    "volume_pattern": ("month", "dimension", "part", "weekday", "half_hour"),
    "satisfaction_link": ("month", "factor"),
    "satisfaction_curve": ("month", "factor", "bin_from"),
    "case_duration": ("month", "dimension", "part"),
    "surge": ("local_date", "dimension", "part"),
    "surge_watch": ("local_date", "dimension"),
    "review_coverage": ("month", "campaign", "campaign_week"),
    "topic_rule": ("month", "antecedent", "consequent"),
    "topic_basket": ("month",),
    "repeat_caller": ("month", "measure", "band"),
    "growth_band": ("month", "measure", "tenure_week"),
    "growth_agent": ("month", "measure", "agent_key", "week_start"),
    "funnel": ("month", "measure", "dimension", "part"),
    "callback": ("month", "reason", "is_key_customer"),
}
"""Key of each table; `month` or `local_date` says which period a result is of."""
OWN: Final = ("is_withdrawn", "run_id", "as_of")
DIGITS: Final = 9  # of a double: sums of the same rows in another order differ in their last ones


def keep(con: duckdb.DuckDBPyConnection, table: str, query: str, since: str, settings: Settings, run_id: str) -> int:
    """Add what `query` gives and is not known yet to analysis.<table>; results since the day `since` that it no longer gives are
    withdrawn. Gives the number of rows added. The query has the table's columns by name, without those of `OWN`."""
    key = KEYS[table]
    columns = [
        (name, kind)
        for name, kind in con.execute(
            "select column_name, data_type from information_schema.columns where table_schema = 'analysis' and table_name = ? order by ordinal_position",
            [table],
        ).fetchall()
        if name not in OWN
    ]
    values = [name for name, _ in columns if name not in key]
    typed = ", ".join(
        f"round(cast({name} as double), {DIGITS}) as {name}"
        if kind == "DOUBLE"
        else f"cast({name} as {kind}) as {name}"
        for name, kind in columns
    )
    same = " and ".join(f"now.{name} is not distinct from known.{name}" for name in key)
    con.execute(
        f"create or replace temp table result as select {typed} from ({query}) where {key[0]} >= date '{since}'"
    )
    con.execute(
        f"""create or replace temp table changed as
        with known as (
            select * from analysis.{table} where {key[0]} >= date '{since}'
            qualify row_number() over (partition by {", ".join(key)} order by as_of desc, rowid desc) = 1
        )
        select {", ".join(f"now.{name}" for name, _ in columns)}, false as is_withdrawn
        from result as now left join known on {same}
        where known.run_id is null or known.is_withdrawn
            or ({", ".join(f"now.{name}" for name in values)}) is distinct from ({", ".join(f"known.{name}" for name in values)})
        union all
        select {", ".join(name if name in key else f"null as {name}" for name, _ in columns)}, true
        from known where not is_withdrawn and not exists (select 1 from result as now where {same})"""
    )
    con.execute(
        f"insert into analysis.{table} by name select *, $1 as run_id, $2 as as_of from changed order by {', '.join(key)}",
        [run_id, settings.as_of],
    )
    return int(con.execute("select count(*) from changed").fetchall()[0][0])
