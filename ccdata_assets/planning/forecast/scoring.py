"""How good a forecast was: WAPE, bias and coverage by grain and week ahead, beside the seasonal-naive baseline.

WAPE is the sum of absolute errors over the sum of what came (handling time: each interval by its calls); bias is signed, above zero where
too much was expected; coverage is the share of intervals within the bounds, among those in which something was expected or came, since
closed hours would only flatter it. Days without any call where many were expected are missing data and not judged.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd

from ccdata_assets.planning.forecast.make import ALL_GRAINS, HANDLING, OFFERED, Cells
from ccdata_assets.planning.forecast.series import Day, Series
from ccdata_assets.planning.forecast.treatment import GAP_CALLS

KEY = ["measure", "grain", "interval_at"]
SCORE = """
    with cell as (
        select *, abs(value - actual) * weight as missed, abs(baseline - actual) * weight as baseline_missed,
            unnest([0, (days_ahead - 1) // 7 + 1]) as week_ahead,
            (measure = 'aht' or high_95 > 0 or actual > 0) as is_judged
        from scored where weight > 0
    )
    select measure, grain, week_ahead, count(*) as cells, sum(actual * weight) as actual, sum(value * weight) as value,
        sum(missed) / nullif(sum(actual * weight), 0) as wape, sum(value * weight) / nullif(sum(actual * weight), 0) - 1 as bias,
        avg((actual between low_80 and high_80)::int) filter (where is_judged) as coverage_80,
        avg((actual between low_95 and high_95)::int) filter (where is_judged) as coverage_95,
        sum(baseline_missed) / nullif(sum(actual * weight), 0) as baseline_wape,
        sum(baseline * weight) / nullif(sum(actual * weight), 0) - 1 as baseline_bias
    from cell group by measure, grain, week_ahead order by measure desc, list_position(['15min', '30min', 'hour', 'day', 'week'], grain), week_ahead
"""
"""One row per measure, grain and week ahead (0: all) of the relation `scored`: rows of forecasts with `actual` and `weight` (1, or the
calls that a mean handling time is of)."""


def with_actuals(rows: pd.DataFrame, series: Series, ahead: list[Day]) -> pd.DataFrame:
    """Rows of a forecast whose cells are over, with what came; `series` holds history and the days `ahead`, of which it may lack the last."""
    first = (ahead[0].on - series.first_on).days
    known = ahead[: max(0, series.days - first)]
    if not known:
        return rows.iloc[:0].assign(actual=0.0, weight=0.0)
    span = slice(first, first + len(known))
    calls, timed, seconds = (np.nan_to_num(part[span]) for part in (series.calls, series.timed, series.handle_s))
    parts = []
    for grain in ALL_GRAINS:
        cells = Cells.of(series, known, grain)
        if not len(cells.first):
            continue
        number = cells.sums(timed)
        parts.append(cells.frame(OFFERED, actual=cells.sums(calls), weight=np.ones(len(number))))
        parts.append(cells.frame(HANDLING, actual=cells.sums(seconds) / np.maximum(number, 1e-9), weight=number))
    came = pd.concat(parts, ignore_index=True)[[*KEY, "actual", "weight"]]
    joined = rows.merge(came, on=KEY, how="inner")
    day = joined[(joined.measure == OFFERED) & (joined.grain == "day")]
    missing = set(day.loc[(day.actual == 0) & (day.value > GAP_CALLS), "local_date"])
    if missing:
        weeks = {(pd.Timestamp(on) - pd.Timedelta(days=pd.Timestamp(on).weekday())).date() for on in missing}
        lost = joined.local_date.isin(missing) | ((joined.grain == "week") & joined.local_date.isin(weeks))
        joined = joined[~lost]
    return joined


def score(scored: pd.DataFrame) -> pd.DataFrame:
    """The figures of SCORE for rows that `with_actuals` gave."""
    with duckdb.connect() as con:
        con.register("scored", scored)
        return con.execute(SCORE).df()
