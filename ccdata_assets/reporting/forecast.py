"""The forecast report (话务预测): what is expected of the days to come, how earlier forecasts of the period did against what came and
against the baseline, and what of history was treated. All from the published copy, as known at the report's moment."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Final

from ccdata_assets.reporting.measures import Month, record_table
from ccdata_assets.reporting.model import Chart, Column, Figure, Section, Table, Text, Unit
from ccdata_assets.reporting.published import Published

TITLE: Final = Text("话务预测", "Forecast")
MODELS: Final = {
    "seasonal_naive": Text("上周同期", "Last week again"),
    "weekday_mean": Text("四周同星期均值", "Weekday mean of four weeks"),
    "ets": Text("指数平滑", "Exponential smoothing (ETS)"),
    "theta": Text("Theta", "Theta"),
    "mstl": Text("季节分解（周）", "Seasonal decomposition, week"),
    "mstl_year": Text("季节分解（周与年）", "Seasonal decomposition, week and year"),
    "combined": Text("组合", "Combination"),
    "baseline": Text("上周同期（原样）", "Last week as it was"),
}
_BY_MONTH: Final = Text("，含月内规律", ", with the pattern of the month")
REASONS: Final = {
    "gap": Text("缺失", "Missing"),
    "anomaly": Text("异常", "Odd"),
    "holiday": Text("节假日", "Holiday"),
    "eve": Text("节前", "Eve of a holiday"),
    "half": Text("半日", "Short day"),
    "swap": Text("调休上班", "Moved working day"),
    "return": Text("节后首日", "First working day after"),
    "event": Text("活动", "Event"),
}
GRAINS: Final = {
    "15min": Text("15分钟", "15 minutes"),
    "30min": Text("30分钟", "30 minutes"),
    "hour": Text("小时", "Hour"),
    "day": Text("日", "Day"),
    "week": Text("周", "Week"),
}
OUTLOOK: Final[dict[str, tuple[Text, Unit]]] = {
    "series": (Text("序列", "Series"), "code"),
    "from": (Text("首日", "From"), "date"),
    "to": (Text("末日", "To"), "date"),
    "calls": (Text("预测话务量", "Calls expected"), "count"),
    "baseline": (Text("基准话务量", "Baseline"), "count"),
    "aht": (Text("预测处理时长", "Handling time expected"), "seconds"),
    "model": (Text("模型", "Model"), "name"),
    "wape": (Text("回测误差", "Backtest WAPE"), "percent"),
    "baseline_wape": (Text("基准回测误差", "Baseline's"), "percent"),
}
DAYS: Final[dict[str, tuple[Text, Unit]]] = {
    "day": (Text("日期", "Day"), "date"),
    "actual": (Text("实际", "Actual"), "count"),
    "value": (Text("预测", "Forecast"), "count"),
    "low_80": (Text("80%下限", "Low 80%"), "count"),
    "high_80": (Text("80%上限", "High 80%"), "count"),
    "low_95": (Text("95%下限", "Low 95%"), "count"),
    "high_95": (Text("95%上限", "High 95%"), "count"),
    "baseline": (Text("上周同期", "Last week again"), "count"),
    "days_ahead": (Text("提前天数", "Days ahead"), "count"),
}
SCORES: Final[dict[str, tuple[Text, Unit]]] = {
    "series": (Text("序列", "Series"), "code"),
    "made": (Text("预测基于", "Known up to"), "date"),
    "until": (Text("评估至", "Scored up to"), "date"),
    "grain": (Text("粒度", "Grain"), "name"),
    "wape": (Text("误差 WAPE", "WAPE"), "percent"),
    "baseline_wape": (Text("基准误差", "Baseline WAPE"), "percent"),
    "bias": (Text("偏差", "Bias"), "percent"),
    "coverage_80": (Text("80%区间覆盖率", "Within 80% bounds"), "percent"),
    "coverage_95": (Text("95%区间覆盖率", "Within 95% bounds"), "percent"),
    "cells": (Text("时段数", "Intervals"), "count"),
}
TREATED: Final[dict[str, tuple[Text, Unit]]] = {
    "day": (Text("日期", "Day"), "date"),
    "reason": (Text("原因", "Reason"), "name"),
    "note": (Text("说明", "What it was"), "name"),
    "calls": (Text("实际", "Actual"), "count"),
    "used": (Text("训练用", "Used"), "count"),
}
NOTE: Final = Text(
    "话务量为进入队列或直达坐席的呼入；处理时长含通话、保持与话后处理。基准为最近一周同星期同时刻。误差 WAPE 为绝对误差之和除以实际之和；覆盖率为实际落入区间的时段占比。",
    "Calls are inbound calls that come to a queue or an agent; handling time is talk, hold and after-call work. The baseline is the same weekday and time of the last week known. WAPE is the sum of absolute errors over the sum of what came; coverage the share of intervals within the bounds.",
)
NO_FORECAST: Final = Text("尚无预测：运行 ccdata forecast make", "no forecast yet: run `ccdata forecast make`")
NO_SCORE: Final = Text("预测期内尚无实际话务", "no calls of a forecast period have come yet")
MOST_SERIES: Final = 30
MOST_DAYS: Final = 120


def forecast_sections(month: Month) -> tuple[Section, ...]:
    """The sections for a month; see `sections_of`."""
    return sections_of(month.source, month.first_day, month.last_day)


def sections_of(source: Published, first_day: date, last_day: date) -> tuple[Section, ...]:
    """Outlook, days, hours, scores and treated days. Days of the period that have been forecast stand beside what came; the outlook and
    the days after it are those of the newest forecast known. Empty tables say so where nothing has been forecast."""
    newest = _newest(source)
    largest = max(newest, key=lambda one: one["calls"], default=None)
    days = _days(source, largest["series"], first_day) if largest else []
    outlook = record_table("outlook", Text("各序列展望", "Outlook by series"), OUTLOOK, newest[:MOST_SERIES])
    table = record_table("days", Text("按日预测与实际", "Forecast and actual by day"), DAYS, days)
    chart = Chart("days_line", table.title, "line", table.id, "day", ("actual", "value", "low_80", "high_80"))
    scores = _scores(source)
    score = record_table("scores", Text("预测评估", "How forecasts did"), SCORES, scores)
    treated = record_table(
        "treated", Text("训练前处理的日子", "Days treated before training"), TREATED, _treated(source, largest)
    )
    hours = _hours(source, largest["id"]) if largest else None
    name = Text.same(largest["series"]) if largest else None
    return (
        Section("outlook", TITLE, NOTE, _figures(scores, largest), (_saying(outlook, NO_FORECAST),)),
        Section(
            "days", Text.joined(table.title, name), None, (), (_saying(table, NO_FORECAST),), (chart,) if days else ()
        ),
        *((Section("hours", Text.joined(hours.title, name), None, (), (hours,)),) if hours else ()),
        Section("scores", score.title, None, (), (_saying(score, NO_SCORE),)),
        *((Section("treated", Text.joined(treated.title, name), None, (), (treated,)),) if treated.rows else ()),
    )


def _saying(table: Table, empty: Text) -> Table:
    return Table(table.id, table.title, table.columns, table.rows, table.total, table.note, empty)


def _figures(scores: list[dict[str, Any]], largest: dict[str, Any] | None) -> tuple[Figure, ...]:
    """The last score of the largest series by day, and what is expected of it."""
    if largest is None:
        return ()
    found = [line for line in scores if line["series"] == largest["series"] and line["grain"] == GRAINS["day"]]
    last: dict[str, Any] = found[0] if found else {}
    return (
        Figure("forecast_calls", Text("预测话务量", "Calls expected"), "count", largest["calls"]),
        Figure(
            "forecast_wape", Text("最近按日误差 WAPE", "Last WAPE by day"), "percent", last.get("wape"),
            target=last.get("baseline_wape"), direction="down",
            definition=Text("目标为基准的误差", "the target is the error of the baseline"),
        ),
        Figure("forecast_coverage", Text("95%区间覆盖率", "Within 95% bounds"), "percent", last.get("coverage_95")),
    )  # fmt: skip


def model_name(model: str) -> Text:
    """What a model is called."""
    plain = model.removesuffix("_month")
    name = MODELS.get(plain, Text.same(plain))
    return name if plain == model else Text(name.zh + _BY_MONTH.zh, name.en + _BY_MONTH.en)


def _newest(source: Published) -> list[dict[str, Any]]:
    rows = source.rows(
        "planning.forecast_made",
        """with newest as (
            select * from planning.forecast_made where as_of <= ?
            qualify row_number() over (partition by series order by as_of desc, made_at desc, forecast_id desc) = 1
        )
        select n.forecast_id, n.series, min(f.local_date), max(f.local_date), sum(f.value), sum(f.baseline),
            sum(f.value * h.value) / nullif(sum(f.value) filter (where h.value is not null), 0), n.model,
            try_cast(json_extract_string(n.backtest_wape, '$.' || n.model) as double),
            try_cast(json_extract_string(n.backtest_wape, '$.seasonal_naive') as double)
        from newest as n
        join planning.forecast as f on f.forecast_id = n.forecast_id and f.grain = 'day' and f.measure = 'offered'
        left join planning.forecast as h on h.forecast_id = n.forecast_id and h.grain = 'day' and h.measure = 'aht'
            and h.interval_at = f.interval_at
        group by n.forecast_id, n.series, n.model, n.backtest_wape order by sum(f.value) desc, n.series""",
        [source.as_of],
    )
    keys = ("id", "series", "from", "to", "calls", "baseline", "aht", "model", "wape", "baseline_wape")
    found = [dict(zip(keys, row, strict=True)) for row in rows]
    for one in found:
        one |= {"model": model_name(one["model"]), "calls": round(one["calls"]), "baseline": _whole(one["baseline"])}
    return found


def _days(source: Published, series: str, first_day: date) -> list[dict[str, Any]]:
    """Each day from `first_day` on by the forecast made last before it, with what came; calls of a feed as a whole only."""
    rows = source.rows(
        "planning.forecast",
        """with said as (
            select f.local_date, f.value, f.low_80, f.high_80, f.low_95, f.high_95, f.baseline, f.days_ahead
            from planning.forecast as f join planning.forecast_made as m using (forecast_id)
            where f.series = ? and f.grain = 'day' and f.measure = 'offered' and f.as_of <= ? and f.local_date >= ?
            qualify row_number() over (partition by f.local_date order by f.days_ahead, m.as_of desc, m.made_at desc, f.forecast_id) = 1
        )
        select * from said order by local_date limit ?""",
        [series, source.as_of, first_day, MOST_DAYS],
    )
    came = dict(
        source.rows(
            "kpi.call_interval",
            """select local_date, sum(offered) from kpi.call_interval where feed = ? and direction = 'inbound' and local_date between ? and ?
            group by local_date""",
            [series, first_day, source.as_of.date() - timedelta(days=int(source.as_of.time() < time(23, 59)))],
        )
        if "/" not in series
        else []
    )
    keys = ("value", "low_80", "high_80", "low_95", "high_95", "baseline", "days_ahead")
    return [
        {
            "day": day,
            "actual": _whole(came.get(day)),
            **{key: _whole(value) for key, value in zip(keys, values, strict=True)},
        }
        for day, *values in rows
    ]


def _hours(source: Published, forecast_id: str) -> Table | None:
    """Calls expected by hour of the first seven days ahead, a column a day."""
    rows = source.rows(
        "planning.forecast",
        """select hour(local_interval), local_date, sum(value) from planning.forecast
        where forecast_id = ? and grain = 'hour' and measure = 'offered' and days_ahead <= 7 group by all order by all""",
        [forecast_id],
    )
    days = sorted({day for _, day, _ in rows})
    if not days:
        return None
    expected = {(hour, day): value for hour, day, value in rows}
    columns = (
        Column("hour", Text("时段", "Hour"), "hour"),
        *(Column(f"{day}", _weekday(day), "number") for day in days),
    )
    hours = [hour for hour in range(24) if any(expected.get((hour, day)) for day in days)]
    lines = tuple((f"{hour:02d}", *(_tenth(expected.get((hour, day))) for day in days)) for hour in hours)
    return Table("hours", Text("未来七天按小时", "The next seven days by hour"), columns, lines)


def _weekday(day: date) -> Text:
    return Text(f"{day:%m-%d} 周{'一二三四五六日'[day.weekday()]}", f"{day:%m-%d} {datetime.combine(day, time()):%a}")


def _scores(source: Published) -> list[dict[str, Any]]:
    """The last score of each forecast by grain, the newest forecasts first."""
    rows = source.rows(
        "planning.forecast_score",
        """select s.series, m.last_on, s.last_on, s.grain, s.wape, s.baseline_wape, s.bias, s.coverage_80, s.coverage_95, s.cells
        from planning.forecast_score as s join planning.forecast_made as m using (forecast_id)
        where s.measure = 'offered' and s.week_ahead = 0 and s.as_of <= ? and s.grain in ('30min', 'day')
        qualify row_number() over (partition by s.forecast_id, s.grain order by s.as_of desc, s.last_on desc, s.run_id) = 1
        order by m.last_on desc, s.actual desc, s.series, s.grain limit ?""",
        [source.as_of, 2 * MOST_SERIES],
    )
    return [dict(zip(SCORES, row, strict=True)) | {"grain": GRAINS[row[3]]} for row in rows]


def _treated(source: Published, largest: dict[str, Any] | None) -> list[dict[str, Any]]:
    if largest is None:
        return []
    rows = source.rows(
        "planning.forecast_treated",
        """select local_date, reason, note_zh, note_en, calls, used from planning.forecast_treated
        where forecast_id = ? order by local_date desc, local_from limit ?""",
        [largest["id"], MOST_DAYS],
    )
    return [
        {
            "day": day, "reason": REASONS.get(reason, Text.same(reason)), "note": Text(zh, en or zh),
            "calls": _whole(calls), "used": _whole(used),
        }
        for day, reason, zh, en, calls, used in rows
    ]  # fmt: skip


def _whole(value: Any) -> int | None:
    return None if value is None else round(value)


def _tenth(value: Any) -> float | None:
    return None if value is None else round(value, 1)
