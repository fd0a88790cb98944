"""`ccdata forecast`: make forecasts, score them, and try the method on the past. Thin, as cli.py is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ccdata_assets.command import HomeOption, JsonOption, command_settings, day_of
from ccdata_assets.errors import CcdataError, WrongUse
from ccdata_assets.screen import print_json, print_lines
from ccdata_assets.settings import Settings, configure, load_settings

if TYPE_CHECKING:
    from ccdata_assets.planning.forecast.backtest import Tried
    from ccdata_assets.planning.forecast.ledger import Made

forecast_app = typer.Typer(no_args_is_help=True, help="Forecasts of calls and handling time. 话务量与处理时长预测。")
SeriesOption = Annotated[
    list[str] | None,
    typer.Option("--series", help="A series: a feed as a whole, or feed/part; may be given again; default all."),
]
AsOfOption = Annotated[str | None, typer.Option("--as-of", help="Business time: what was known then; default now.")]


@forecast_app.command("make")
def make(
    weeks: Annotated[
        int | None, typer.Option("--weeks", min=1, max=8, help="Weeks ahead; default of forecast.yaml.")
    ] = None,
    series: SeriesOption = None,
    home: HomeOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forecast the weeks after the last day of each series, and keep it. 生成并保存预测。"""
    settings = command_settings(home, as_of)
    from ccdata_assets.planning.forecast.declared import load_forecast
    from ccdata_assets.planning.forecast.ledger import make_forecasts

    declared = load_forecast(settings.home)
    with _writing(settings) as con, _progress("forecasting 预测", as_json) as tell:
        done = make_forecasts(con, settings, declared, _RUN, weeks, series or (), tell)
        published = _publish(con, settings, bool(done.made))
    if as_json:
        print_json(_as_dict(done, published))
        return
    lines = [{_HEADINGS[name]: value for name, value in _line(one).items()} for one in done.made]
    print_lines(f"{len(done.made)} series forecast 已预测", lines)
    if done.unchanged:
        print(f"unchanged 未变: {', '.join(done.unchanged)}")
    for one in done.skipped:
        print(f"not forecast 未预测: {one.name}: {one.zh} {one.en}")
    _say_published(published)


@forecast_app.command("score")
def score(home: HomeOption = None, as_of: AsOfOption = None, as_json: JsonOption = False) -> None:
    """Compare kept forecasts with the calls that have come since. 用实际话务评估已保存的预测。"""
    settings = command_settings(home, as_of)
    from ccdata_assets.planning.forecast.declared import load_forecast
    from ccdata_assets.planning.forecast.ledger import score_forecasts

    with _writing(settings) as con, _progress("scoring 评估", as_json) as tell:
        done = score_forecasts(con, settings, load_forecast(settings.home), _RUN, tell)
        published = _publish(con, settings, bool(done.rows))
        lines = con.execute(
            """select s.series, f.last_on as trained_to, s.last_on as known_to, s.measure, s.grain, s.cells, s.wape, s.baseline_wape, s.bias,
                s.coverage_80, s.coverage_95, s.forecast_id
            from planning.forecast_score as s join planning.forecast_made as f using (forecast_id)
            where s.week_ahead = 0 and s.grain in ('30min', 'day')
            qualify row_number() over (partition by s.forecast_id, s.measure, s.grain order by s.as_of desc, s.last_on desc) = 1
            order by f.last_on desc, s.series, s.measure desc, s.grain"""
        )
        names = [column[0] for column in lines.description or ()]
        found = [dict(zip(names, row, strict=True)) for row in lines.fetchall()]
    if as_json:
        print_json({"forecasts": done.forecasts, "rows": done.rows, "published": published, "scores": found})
        return
    print_lines(f"{done.rows} scores added 新增评分", [_shares(line) for line in found])
    _say_published(published)


@forecast_app.command("backtest")
def backtest(
    train_to: Annotated[str, typer.Option("--train-to", help="Last day that is known, 1999-02-28.")],
    to: Annotated[str, typer.Option("--to", help="Last day that is compared, at most eight weeks later.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Call files of the feed; without any, the calls of the warehouse.", exists=True, dir_okay=False
        ),
    ] = None,
    feed: Annotated[str | None, typer.Option("--feed", help="The feed whose calls are forecast.")] = None,
    series: SeriesOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train to a day, forecast up to another, compare with what came; in one shot and week by week. 回测。"""
    first, last = day_of("--train-to", train_to), day_of("--to", to)
    from ccdata_assets.planning.forecast.backtest import backtest as try_out
    from ccdata_assets.planning.forecast.declared import load_forecast
    from ccdata_assets.planning.forecast.history import LEAST_DAYS, read_histories

    if files and not feed:
        raise WrongUse("--feed is missing; fix: name the feed that the files are of")
    configure(home)
    settings = load_settings()
    with _calls(settings if files else command_settings(home), files, feed) as con:
        declared = load_forecast(settings.home)
        histories = read_histories(con, declared, settings.as_of, [feed] if feed else [])
        if files and not histories.series:
            names = ", ".join(file.name for file in files)
            raise CcdataError(
                f"{names}: no calls of {feed} over {LEAST_DAYS} days or more that could be read; "
                f"fix: see `ccdata feeds check`, which says what each file and column is taken for"
            )
        with _progress("backtest 回测", as_json) as tell:
            tried = try_out(con, declared, histories, first, last, series or (), tell)
    if as_json:
        print_json([_tried(one) for one in tried])
        return
    for one in tried:
        _print_tried(one)


_RUN = f"command-{uuid4().hex[:12]}"
"""What the ledgers know this call of the command by."""


@contextmanager
def _writing(settings: Settings) -> Iterator[Any]:
    from ccdata_assets.command import locked
    from ccdata_assets.warehouse.engine import connect
    from ccdata_assets.warehouse.state import refuse_going_back

    with locked(settings), connect(settings) as con:
        refuse_going_back(con, settings)
        yield con


@contextmanager
def _calls(settings: Settings, files: list[Path] | None, feed: str | None) -> Iterator[Any]:
    if not files:
        from ccdata_assets.command import looking

        with looking(settings, "marts.fct_call") as con:
            yield con
        return
    from ccdata_assets.planning.forecast.history import staged_elsewhere
    from ccdata_assets.project import load_project

    with staged_elsewhere(files, str(feed), load_project().registry, settings) as con:
        yield con


@contextmanager
def _progress(what: str, as_json: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, where somebody looks."""
    console = Console(stderr=True)
    with Progress(
        TextColumn(what), BarColumn(), TextColumn("{task.completed}/{task.total}"), TimeElapsedColumn(),
        console=console, transient=True, disable=as_json or not console.is_terminal,
    ) as bar:  # fmt: skip
        task = bar.add_task(what, total=None)
        yield lambda done, steps: bar.update(task, completed=done, total=steps)


def _publish(con: Any, settings: Settings, changed: bool) -> bool:
    from ccdata_assets.project import load_project
    from ccdata_assets.warehouse.publish import publish_addition

    return changed and publish_addition(con, load_project().registry, settings)


def _say_published(published: bool) -> None:
    if published:
        print("published 已发布")


def _line(one: Any) -> dict[str, Any]:
    naive = one.chosen.wape.get("seasonal_naive")
    week = one.rows[(one.rows.measure == "offered") & (one.rows.grain == "day") & (one.rows.days_ahead <= 7)]
    best = one.chosen.wape.get(one.chosen.candidate)
    return {
        "series": one.series.name,
        "from": str(one.days[0].on),
        "to": str(one.days[-1].on),
        "model": one.chosen.candidate,
        "backtest_wape": None if best is None else f"{best:.1%}",
        "baseline_wape": None if naive is None else f"{naive:.1%}",
        "calls_first_week": f"{week.value.sum():,.0f}",
        "treated": len(one.ahead.clean.treated),
        "moved_to_add_up": f"{one.moved:+.1%}" if one.moved else None,
        "why": REASONS[one.chosen.reason],
    }


_HEADINGS = {
    "series": "series 序列",
    "from": "from 自",
    "to": "to 至",
    "model": "model 模型",
    "backtest_wape": "backtest WAPE 回测误差",
    "baseline_wape": "last week again 基准误差",
    "calls_first_week": "calls first week 首周话务量",
    "treated": "treated 处理异常",
    "moved_to_add_up": "moved to add up 汇总调整",
    "why": "why 选择原因",
}
REASONS = {
    "best": "回测误差最小 least error in the backtest",
    "combined": "组合，单个模型未明显更好 combined: no single model is clearly better",
    "baseline": "无模型优于上周同期 no model beats last week again",
    "short": "历史不足六周，取各星期均值 fewer than six weeks: mean by weekday",
}


def _as_dict(done: Made, published: bool) -> dict[str, Any]:
    return {
        "made": [
            _line(one)
            | {
                "wape_by_candidate": one.chosen.wape,
                "is_measured": one.is_measured,
                "treated": [vars(treated) for treated in one.ahead.clean.treated],
                "special_days": [vars(day) for day in one.days if not day.is_ordinary],
            }
            for one in done.made
        ],
        "unchanged": done.unchanged,
        "skipped": [vars(one) for one in done.skipped],
        "published": published,
    }


def _shares(line: Mapping[Any, Any]) -> dict[str, Any]:
    shares = ("wape", "baseline_wape", "bias", "baseline_bias", "coverage_80", "coverage_95")
    return {
        name: f"{value:.1%}" if name in shares and value is not None and value == value else value
        for name, value in line.items()
    }


_SHOWN = ("grain", "cells", "wape", "baseline_wape", "bias", "coverage_80", "coverage_95")


def _tried(one: Tried) -> dict[str, Any]:
    return {
        "series": one.series.name,
        "model": one.forecast.chosen.candidate,
        "why": REASONS[one.forecast.chosen.reason],
        "moved_to_add_up": one.forecast.moved,
        "wape_by_candidate": one.forecast.chosen.wape,
        "treated": [vars(treated) for treated in one.forecast.ahead.clean.treated],
        "special_days": [vars(day) for day in one.forecast.days if not day.is_ordinary],
        "figures": one.figures.astype(object).where(one.figures.notna(), None).to_dict("records"),
    }


def _print_tried(one: Tried) -> None:
    chosen = one.forecast.chosen
    print(f"\n{one.series.name}: {chosen.candidate}, {REASONS[chosen.reason]}")
    for day in one.forecast.days:
        if not day.is_ordinary:
            print(f"  {day.on} {day.name_zh} {day.name_en if day.name_en != day.name_zh else ''}".rstrip())
    whole = one.figures[one.figures.week_ahead == 0]
    for kind, title in (
        ("one_shot", "one shot 一次预测"),
        ("weekly", "week by week 逐周预测"),
    ):
        for measure, unit in (("offered", "calls 话务量"), ("aht", "handling time 处理时长")):
            lines = whole[(whole.kind == kind) & (whole.measure == measure)]
            if len(lines):
                print_lines(f"{title} · {unit}", [_shares(line) for line in lines[list(_SHOWN)].to_dict("records")])
    weeks = one.figures[
        (one.figures.kind == "week") & (one.figures.measure == "offered") & one.figures.grain.isin(["30min", "day"])
    ]
    print_lines("by origin 各起点", [_shares(line) for line in weeks[["origin", *_SHOWN]].to_dict("records")])
