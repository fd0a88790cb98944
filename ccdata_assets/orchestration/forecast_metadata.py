"""What the Dagster UI shows of forecasts: a short table of series, a chart of the weeks ahead, how earlier ones did."""

from __future__ import annotations

from typing import Any

import dagster as dg
import duckdb

from ccdata_assets.orchestration.metadata import markdown_table, table_metadata
from ccdata_assets.planning.forecast.ledger import Made, Scored

_BARS = "▁▂▃▄▅▆▇█"


def made_metadata(con: duckdb.DuckDBPyConnection, table: str, done: Made) -> dict[str, Any]:
    """Of one of the tables that a run of forecasts adds to."""
    metadata = table_metadata(con, f"planning.{table}")
    if table == "forecast_made":
        return metadata | {
            "series_made": len(done.made),
            "series_unchanged": len(done.unchanged),
            "not_forecast": len(done.skipped),
        }
    if table == "forecast":
        return metadata | {"series": _series(con), "chart": _chart(con)}
    rows = con.execute(
        """select t.reason, count(*) as days, min(t.local_date), max(t.local_date) from planning.forecast_treated as t
        semi join planning.forecast_latest as l on t.forecast_id = l.forecast_id group by t.reason order by days desc, t.reason"""
    ).fetchall()
    return metadata | {"treated": markdown_table(("reason 原因", "days 天数", "first 首", "last 末"), rows)}


def _series(con: duckdb.DuckDBPyConnection) -> dg.MarkdownMetadataValue:
    rows = con.execute(
        """select l.series, m.model, min(l.local_date), max(l.local_date), printf('%,d', sum(l.offered)::bigint),
            printf('%,d', sum(l.offered_baseline)::bigint), printf('%.0f s', sum(l.offered * l.aht) / sum(l.offered) filter (where l.aht is not null)),
            printf('%.1f%%', 100 * cast(json_extract_string(m.backtest_wape, '$.' || m.model) as double))
        from planning.forecast_latest as l join planning.forecast_made as m using (forecast_id)
        where l.grain = 'day' group by l.series, m.model, m.backtest_wape order by sum(l.offered) desc, l.series"""
    ).fetchall()
    header = ("series 序列", "model 模型", "from", "to", "calls 话务量", "last week again 基准", "AHT", "backtest WAPE")
    return markdown_table(header, rows)


def _chart(con: duckdb.DuckDBPyConnection) -> dg.MarkdownMetadataValue:
    """The days ahead of the largest series, a bar a day."""
    rows = con.execute(
        """with largest as (
            select series from planning.forecast_latest where grain = 'day' group by series order by sum(offered) desc, series limit 1
        )
        select series, local_date, offered from planning.forecast_latest semi join largest using (series)
        where grain = 'day' order by local_date"""
    ).fetchall()
    if not rows:
        return dg.MetadataValue.md("–")
    most = max(row[2] for row in rows) or 1.0
    bars = "".join(_BARS[min(len(_BARS) - 1, int(row[2] / most * len(_BARS)))] for row in rows)
    return dg.MetadataValue.md(f"{rows[0][0]}, {rows[0][1]} – {rows[-1][1]}: `{bars}` (max {most:,.0f})")


def score_metadata(con: duckdb.DuckDBPyConnection, done: Scored) -> dict[str, Any]:
    """The last score of each series that has one, at half hours and days."""
    rows = con.execute(
        """select series, grain, last_on, printf('%.1f%%', 100 * wape), printf('%.1f%%', 100 * baseline_wape), printf('%+.1f%%', 100 * bias),
            printf('%.1f%%', 100 * coverage_80), printf('%.1f%%', 100 * coverage_95)
        from planning.forecast_score where measure = 'offered' and week_ahead = 0 and grain in ('30min', 'day')
        qualify row_number() over (partition by series, grain order by as_of desc, last_on desc, forecast_id) = 1
        order by series, grain"""
    ).fetchall()
    header = ("series 序列", "grain 粒度", "to", "WAPE", "baseline 基准", "bias 偏差", "80%", "95%")
    return table_metadata(con, "planning.forecast_score") | {
        "forecasts_scored": done.forecasts,
        "rows_added": done.rows,
        "scores": markdown_table(header, rows),
    }
