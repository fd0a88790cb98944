"""`ccdata staff`: how many agents a load of calls needs, by formula for one interval, by plan for many, and simulated. Thin, as cli.py is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ccdata_assets.command import AsOfOption, HomeOption, JsonOption, command_settings, day_of
from ccdata_assets.errors import WrongUse
from ccdata_assets.screen import print_json, print_table

if TYPE_CHECKING:
    import pandas as pd

    from ccdata_assets.planning.requirement_demand import Demand
    from ccdata_assets.settings import Settings

staff_app = typer.Typer(
    no_args_is_help=True,
    help="How many agents are needed: Erlang C and A, plans by interval, simulation. 人力需求测算。",
)
Basis = Literal["forecast", "actual", "usual-week"]
CallsFile = Annotated[
    Path | None,
    typer.Option(
        "--calls", help="A table with local_interval, calls, mean_handling_s, and where wanted queue, mean_patience_s."
    ),
]
RulesFile = Annotated[
    Path | None, typer.Option("--rules", help="Aims; default <home>/planning/staffing.yaml, else those of the package.")
]
SeriesOption = Annotated[str | None, typer.Option("--series", help="One feed, queue, or feed/queue only.")]
ASSUMES = "pooled: every agent takes all queues of the feed; separate: each takes one. 合并排班假设每位坐席能接所有队列的来电。"
"""Said wherever pooled figures are."""


@staff_app.command("erlang")
def erlang(
    calls: Annotated[float, typer.Option("--calls", min=0, help="Calls in the time of --minutes.")],
    aht: Annotated[float, typer.Option("--aht", help="Mean handling time in seconds: talk, hold, after-call work.")],
    minutes: Annotated[float, typer.Option("--minutes", help="Length of the interval.")] = 30,
    agents: Annotated[
        int | None,
        typer.Option("--agents", min=0, help="Agents on the phone; default: the fewest that keep to the aims."),
    ] = None,
    within: Annotated[
        float, typer.Option("--within", min=0, help="Seconds within which calls are to be answered.")
    ] = 20,
    service_level: Annotated[float, typer.Option("--service-level", help="Share of callers to answer in time.")] = 0.8,
    patience: Annotated[
        float, typer.Option("--patience", help="Seconds until a caller hangs up, mean (Erlang A).")
    ] = 180,
    max_occupancy: Annotated[
        float, typer.Option("--max-occupancy", help="Most of their time that agents are busy.")
    ] = 1,
    max_abandonment: Annotated[float, typer.Option("--max-abandonment", help="Most callers that hang up.")] = 1,
    shrinkage: Annotated[float, typer.Option("--shrinkage", help="Share of paid time not on the phone.")] = 0.3,
    as_json: JsonOption = False,
) -> None:
    """What callers of one interval meet by Erlang C and Erlang A, and how many agents it takes. 单时段 Erlang 计算。"""
    import numpy as np

    from ccdata_assets.metrics.erlang import load_of, rostered
    from ccdata_assets.metrics.erlang_arrays import BINDING, Limits, fewest_agents, services

    if not minutes > 0:
        raise WrongUse("--minutes is not more than 0; fix: give the length of the interval")
    per_hour = calls * 60 / minutes
    limits = Limits(service_level, within, max_occupancy, max_abandonment)
    answer: dict[str, Any] = {
        "calls_per_hour": per_hour,
        "load_erlangs": 0.0,
        "within_s": within,
        "shrinkage": shrinkage,
    }
    try:
        answer["load_erlangs"] = load_of(per_hour, aht)
        for model, of_patience in (("erlang_c", math.inf), ("erlang_a", patience)):
            if agents is None:
                found, bound = fewest_agents(per_hour, aht, of_patience, limits)
                bound_by = [*BINDING, ""][int(bound[0])]
            else:
                found, bound_by = services(per_hour, aht, np.array([agents]), of_patience, within), ""
            answer[model] = {
                "agents": int(found.agents[0]),
                "rostered": rostered(int(found.agents[0]), shrinkage),
                **{
                    name: float(values[0])
                    for name, values in asdict(found).items()
                    if name != "agents"
                },
                "bound_by": bound_by,
            }  # fmt: skip
            if agents is not None:
                fewest, bound = fewest_agents(per_hour, aht, of_patience, limits)
                answer[model] |= {
                    "fewest_agents": int(fewest.agents[0]),
                    "fewest_bound_by": [*BINDING, ""][int(bound[0])],
                }
        answer["erlang_a"]["patience_s"] = patience
    except ValueError as error:
        raise WrongUse(f"{error}; fix: correct the option") from None
    if as_json:
        print_json({name: _finite(value) for name, value in answer.items()})
        return
    names = list(dict.fromkeys([*answer["erlang_c"], *answer["erlang_a"]]))
    title = (
        f"{per_hour:g} calls/h × {aht:g} s = {answer['load_erlangs']:.3f} Erl; {within:g} s; shrinkage {shrinkage:.0%}"
    )
    print_table(
        title,
        ("figure 指标", "Erlang C", "Erlang A"),
        [(_TITLES.get(name, name), *(_shown(name, answer[model].get(name)) for model in ("erlang_c", "erlang_a"))) for name in names],
    )  # fmt: skip


_TITLES = {
    "agents": "agents on the phone 在线坐席",
    "rostered": "rostered 排班人数",
    "waits": "P(wait) 等待概率",
    "answered_within": "service level 服务水平",
    "abandons": "abandoned 放弃率",
    "mean_wait_s": "mean wait (s) 平均等待",
    "occupancy": "occupancy 占用率",
    "bound_by": "bound by 约束",
    "fewest_agents": "fewest agents for the aims 达标最少坐席",
    "fewest_bound_by": "which are bound by 其约束",
    "patience_s": "patience (s) 耐心",
}


def _finite(value: Any) -> Any:
    """JSON knows no infinity: null."""
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _shown(name: str, value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, float):
        if not math.isfinite(value):
            return "∞"
        return f"{value:.3f}" if name.endswith("_s") else f"{value:.6f}"
    return str(value)


@staff_app.command("plan")
def plan(
    calls: CallsFile = None,
    basis: Annotated[
        Basis | None,
        typer.Option("--basis", help="What is planned for; default forecast where there is one, else usual-week."),
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", help="First day; default the day after --as-of, of a file its first.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day; default two weeks, of a file its last.")] = None,
    minutes: Annotated[int, typer.Option("--minutes", help="Length of an interval: 15, 30 or 60.")] = 30,
    series: SeriesOption = None,
    rules: RulesFile = None,
    out: Annotated[Path | None, typer.Option("-o", help="Write the plan as CSV or XLSX.")] = None,
    by_interval: Annotated[
        bool, typer.Option("--intervals", help="Show every interval; without it only of a plan of two days or less.")
    ] = False,
    keep: Annotated[
        bool | None, typer.Option("--keep/--no-keep", help="Keep it in planning.staffing; default unless of a file.")
    ] = None,
    home: HomeOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Agents needed by interval and queue, and by one pool of agents for all queues. 各时段各队列的坐席需求。"""
    from ccdata_assets.planning.requirement_file import write_table
    from ccdata_assets.planning.requirement_ledger import keep_plan, planning
    from ccdata_assets.planning.requirement_plan import daily_lines, needed_for
    from ccdata_assets.planning.requirement_rules import home_file, load_aims

    if minutes not in (15, 30, 60):
        raise WrongUse(f"--minutes: {minutes} is no length of an interval; fix: give 15, 30 or 60")
    if out:
        _check_out(out, calls)
    settings = command_settings(home, as_of) if calls is None or keep else None
    aims = load_aims(rules or home_file(settings, "staffing.yaml"))
    demand = _demand(settings, calls, basis, first, last, minutes, series)
    needed = needed_for(demand, aims)
    plan_id = None
    if settings and keep is not False:
        with planning(settings) as con:
            plan_id = keep_plan(con, needed, demand.basis, settings.as_of, "cli")
    if out:
        write_table(needed, out)
    if as_json:
        rows = needed.astype({"local_interval": str}).to_dict("records")
        print_json(
            {
                "basis": demand.basis,
                "plan_id": plan_id,
                "rows": [_null_nan(row) for row in rows],
                "pools": _pools(needed),
            }
        )
        return
    print(f"{demand.said}; {len(needed):,} intervals" + (f"; plan {plan_id}" if plan_id else ""))
    if by_interval or needed["local_interval"].dt.normalize().nunique() <= 2:
        print_table("agents needed 坐席需求", _PLAN, [_plan_line(row) for row in _lines(needed[:_SHOWN])])
        if len(needed) > _SHOWN:
            print(f"the first {_SHOWN:,} of {len(needed):,} intervals; -o writes all 仅显示前 {_SHOWN:,} 行")
        if (needed["patience_from"] == "declared").any():
            print("* patience as declared: too few abandoned calls tell it 耐心取自配置（放弃量不足以估计）")
    else:
        print("--intervals shows each interval, -o writes all to a file 用 --intervals 显示各时段，-o 写入文件")
    print_table("by day 每日", _DAYS, daily_lines(needed)[:_SHOWN])
    for pool in _pools(needed):
        print(
            f"{pool['feed'] or '–'}: separate {pool['alone_hours']:,.1f} h, pooled {pool['pooled_hours']:,.1f} h of agents on the phone: "
            f"{pool['saved_hours']:,.1f} h ({pool['saved_share']:.1%}) saved; {ASSUMES}"
        )
    if out:
        print(f"written 已写入: {out}")


_SHOWN = 1_400
"""Rows of a plan on the screen at most: two weeks of half hours of two queues."""
_PLAN = (
    *("queue 队列", "interval 时段", "calls 来电", "AHT", "Erl", "patience 耐心", "agents 在线", "present 在岗", "rostered 排班"),
    *("SL", "wait 等待", "abandoned 放弃", "occupancy 占用", "bound by 约束"),
)  # fmt: skip
_BOUND = {"service_level": "SL", "occupancy": "occ.", "abandonment": "ab.", "mean_wait": "wait"}
_DAYS = ("queue 队列", "day 日期", "calls 来电", "peak agents 峰值", "agent hours 坐席小时", "rostered hours 排班小时")


def _plan_line(row: Any) -> tuple[str, ...]:
    from ccdata_assets.planning.requirement_plan import series_name

    patience = "–" if math.isnan(row.mean_patience_s) else f"{row.mean_patience_s:.0f} s"
    patience += "*" if row.patience_from == "declared" else ""
    wait = "∞" if math.isinf(row.mean_wait_s) else f"{row.mean_wait_s:.1f} s"
    return (
        series_name(row.feed, row.queue), f"{row.local_interval:%m-%d %H:%M}", f"{row.calls:.1f}", f"{row.mean_handling_s:.0f} s", f"{row.load:.2f}",
        patience, str(row.agents), str(row.present), str(row.rostered), f"{row.answered_within_share:.1%}", wait,
        f"{row.abandoned_share:.1%}", f"{row.occupancy_share:.1%}", _BOUND.get(row.bound_by, "–"),
    )  # fmt: skip


def _pools(needed: pd.DataFrame) -> list[dict[str, Any]]:
    """By feed: hours of agents on the phone, of the queues alone and of one pool."""
    from ccdata_assets.planning.requirement import POOL, savings

    pool = needed["queue"] == POOL
    both = savings(needed[~pool], needed[pool])
    minutes = needed["minutes"].max() if len(needed) else 0
    hours = both.groupby("feed")[["agents_alone", "agents_pooled"]].sum() * minutes / 60
    return [
        {
            "feed": row.feed,
            "alone_hours": float(row.agents_alone),
            "pooled_hours": float(row.agents_pooled),
            "saved_hours": float(row.agents_alone - row.agents_pooled),
            "saved_share": float(1 - row.agents_pooled / row.agents_alone) if row.agents_alone else 0.0,
        }
        for row in _lines(hours.reset_index())
    ]


def _null_nan(row: dict[Any, Any]) -> dict[Any, Any]:
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in row.items()
    }


@staff_app.command("simulate")
def simulate(
    calls: CallsFile = None,
    day: Annotated[str | None, typer.Option("--day", help="A day of the home's calls; default the busiest.")] = None,
    minutes: Annotated[int, typer.Option("--minutes", help="Length of an interval: 15, 30 or 60.")] = 30,
    series: SeriesOption = None,
    handling: Annotated[
        Literal["exponential", "lognormal"], typer.Option("--handling", help="How handling times vary.")
    ] = "exponential",
    variation: Annotated[float, typer.Option("--variation", min=0, help="Of lognormal ones: deviation ÷ mean.")] = 1.0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of chance; the same seed gives the same figures.")] = 1,
    rules: RulesFile = None,
    home: HomeOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Simulate a day call by call beside Erlang's promise: each interval steady, as the formula has it, and the day as it runs on. 逐通仿真。"""
    from ccdata_assets.planning.requirement_plan import needed_for, series_name
    from ccdata_assets.planning.requirement_rules import home_file, load_aims
    from ccdata_assets.planning.simulation import Work
    from ccdata_assets.planning.simulation_table import beside

    settings = command_settings(home, as_of) if calls is None else None
    aims = load_aims(rules or home_file(settings, "staffing.yaml"))
    demand = _day_demand(settings, calls, day, minutes, series)
    needed = needed_for(demand, aims)
    from rich.console import Console

    with Console(stderr=True).status("simulating 仿真中"):
        table, summary = beside(needed, Work(handling, variation), seed)
    if as_json:
        rows = table.astype({"local_interval": str}).to_dict("records")
        print_json({"said": demand.said, **summary, "rows": [_null_nan(row) for row in rows]})
        return
    print(f"{demand.said}; handling {handling}, seed {seed}")
    print_table(
        "service level: Erlang and simulated 服务水平：公式与仿真",
        ("queue 队列", "interval 时段", "calls 来电", "agents 坐席", "Erlang", "steady 稳态仿真", "points 差", "day 全天仿真", "points 差", "±"),
        [
            (
                series_name(row.feed, row.queue), f"{row.local_interval:%m-%d %H:%M}", f"{row.calls:.1f}", str(row.agents), f"{row.answered_within_share:.2%}",
                *(_share(each, sign) for each, sign in ((row.steady_share, False), (row.steady_off, True), (row.day_share, False), (row.day_off, True), (row.day_precision, False))),
            )
            for row in _lines(table)
        ],
    )  # fmt: skip
    print(
        f"within 2 points of Erlang 与公式相差 2 点以内: steady {summary['steady_within_2_points']:.1%} of {summary['intervals']} intervals, "
        f"day {summary['day_within_2_points']:.1%}; day as a whole 全天 {summary['day_answered_within']:.2%} against {summary['erlang_answered_within']:.2%}; "
        f"error of a steady interval at most ±{summary['steady_precision']:.2%}, of one of the day ±{summary['day_precision']:.2%} (95 %)"
    )


def _share(value: float, is_sign: bool) -> str:
    if math.isnan(value):
        return "–"
    return f"{100 * value:+.2f}" if is_sign else f"{value:.2%}"


def _demand(
    settings: Settings | None,
    calls: Path | None,
    basis: Basis | None,
    first: str | None,
    last: str | None,
    minutes: int,
    series: str | None,
) -> Demand:
    from ccdata_assets.planning import requirement_demand as source
    from ccdata_assets.warehouse.engine import look

    if calls is not None:
        if basis:
            raise WrongUse("--basis cannot go with --calls; fix: leave one of them out")
        found = source.of_file(calls)
        return source.of_days(found, day_of("--from", first) if first else None, day_of("--to", last) if last else None)
    if settings is None:
        raise WrongUse("there is neither --calls nor a home; fix: give one")
    first_day = day_of("--from", first) if first else settings.business_date + timedelta(days=1)
    last_day = day_of("--to", last) if last else first_day + timedelta(days=13)
    if last_day < first_day:
        raise WrongUse(f"--to {last_day} lies before {first_day}; fix: give days in order")
    with look(settings) as con:
        from ccdata_assets.planning.forecast.declared import load_forecast
        from ccdata_assets.planning.requirement_plan import planned_demand

        declared = load_forecast(settings.home)
        return planned_demand(
            con, first_day, last_day, minutes, settings.as_of, settings.business_date, basis, series, declared
        )


def _day_demand(
    settings: Settings | None, calls: Path | None, day: str | None, minutes: int, series: str | None
) -> Demand:
    from ccdata_assets.planning import requirement_demand as source
    from ccdata_assets.warehouse.engine import look

    if settings is None:
        if calls is None:
            raise WrongUse("there is neither --calls nor a home; fix: give one")
        return source.of_file(calls)
    with look(settings) as con:
        on = day_of("--day", day) if day else source.busiest_day(con, series)
        from ccdata_assets.planning.requirement_plan import planned_demand

        return planned_demand(con, on, on, minutes, settings.as_of, settings.business_date, "actual", series)


def _check_out(out: Path, source: Path | None) -> None:
    from ccdata_assets.standard.lines import check_out

    if out.suffix.lower() not in (".csv", ".xlsx"):
        raise WrongUse("-o: a plan is written as .csv or .xlsx; fix: end the name with one of these")
    check_out(out, source or out.with_name(out.name + ".none"))


def _lines(table: pd.DataFrame) -> Iterator[Any]:
    from ccdata_assets.planning.requirement import lines

    return lines(table)
