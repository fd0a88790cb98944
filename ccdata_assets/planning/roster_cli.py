"""`ccdata roster`: rosters made under the labour rules, and rosters checked. Thin, as cli.py is."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ccdata_assets.command import AsOfOption, HomeOption, JsonOption, command_settings, day_of
from ccdata_assets.errors import BlockingCheckFailed, WrongUse
from ccdata_assets.screen import print_json, print_table

if TYPE_CHECKING:
    import pandas as pd

    from ccdata_assets.planning.labour import Labour
    from ccdata_assets.planning.roster_check import Fault
    from ccdata_assets.planning.roster_people import Agent, Work
    from ccdata_assets.settings import Settings

roster_app = typer.Typer(no_args_is_help=True, help="Rosters under labour rules, and their check. 排班与合规检查。")
AgentsFile = Annotated[
    Path | None,
    typer.Option(
        "--agents", help="A table of agents: agent, and where wanted contract, skills, leave, available, fixed, …"
    ),
]
LabourFile = Annotated[
    Path | None,
    typer.Option("--rules", help="Labour rules; default <home>/planning/labour.yaml, else those of the package."),
]
PlanFile = Annotated[
    Path | None,
    typer.Option("--plan", help="What is required, as `ccdata staff plan -o` writes it; default the home's plan."),
]


@roster_app.command("make")
def make(
    first: Annotated[str, typer.Option("--from", help="First day, 2026-01-05; a Monday for whole weeks.")],
    weeks: Annotated[int, typer.Option("--weeks", min=1, max=8, help="How many weeks.")] = 2,
    agents: AgentsFile = None,
    plan: PlanFile = None,
    plan_id: Annotated[str | None, typer.Option("--plan-id", help="A plan of the home; default the newest.")] = None,
    series: Annotated[str | None, typer.Option("--series", help="One feed, queue, or feed/queue only.")] = None,
    before: Annotated[
        Path | None,
        typer.Option("--before", help="The roster before it, whose nights reach into it; as `roster check` reads it."),
    ] = None,
    rules: LabourFile = None,
    out: Annotated[Path | None, typer.Option("-o", help="Write the roster as XLSX.")] = None,
    effort: Annotated[
        float | None,
        typer.Option("--effort", min=0.1, help="How long to search, in the solver's own seconds; default 24."),
    ] = None,
    keep: Annotated[
        bool | None,
        typer.Option("--keep/--no-keep", help="Keep it in planning.roster; default where the plan is the home's."),
    ] = None,
    home: HomeOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a roster: the fewest agents missing, then the fewest to spare, then what is fair. 生成班表。"""
    from rich.console import Console

    from ccdata_assets.planning.labour import load_labour
    from ccdata_assets.planning.requirement_ledger import planning
    from ccdata_assets.planning.requirement_rules import home_file
    from ccdata_assets.planning.roster_make import keep_roster, make_roster
    from ccdata_assets.planning.roster_solve import EFFORT
    from ccdata_assets.standard.lines import check_out

    if out and out.suffix.lower() != ".xlsx":
        raise WrongUse("-o: a roster is written as .xlsx; fix: end the name with it")
    if out:
        check_out(out, agents or out.with_name(out.name + ".none"))
    start, days = day_of("--from", first), 7 * weeks
    settings = command_settings(home, as_of) if plan is None or agents is None or keep else None
    labour = load_labour(rules or home_file(settings, "labour.yaml"))
    required, made_for = _required(settings, plan, plan_id, start, days, series)
    people = _agents(settings, agents, labour, start)
    earlier = _before(before, labour)
    with Console(stderr=True).status("solving 求解中") as status:
        made = make_roster(required, people, labour, start, days, effort or EFFORT, status.update, made_for, earlier)
        roster_id = None
    if settings and (keep or (keep is None and plan is None)):
        with planning(settings) as con:
            roster_id = keep_roster(con, made, labour, settings.as_of, "cli")
    if out:
        from ccdata_assets.planning.roster_workbook import write_roster

        write_roster(made, labour, out)
    summary = made.summary(labour)
    if as_json:
        print_json({"roster_id": roster_id, **summary})
    else:
        print(f"roster 班表 {made.need.first} – {made.need.last}" + (f", {roster_id}" if roster_id else ""))
        print_table("by day 每日", ("day 日期", "shifts 班次", "required h 需求", "missing h 缺口", "spare h 富余", "largest gap 最大缺口"), _days(made.gap, made.roster))  # fmt: skip
        print(
            f"{summary['agents']} agents, {summary['shifts']} shifts, {summary['paid_hours']:,.0f} h paid; {summary['missing_hours']:,.1f} of "
            f"{summary['required_hours']:,.1f} h missing in {summary['intervals_short']} of {summary['intervals']} intervals; "
            f"rules broken 违反规则: {summary['rules_broken']}"
        )
        print(
            "fewest missing: proven 已证明最优" if made.solved.is_proven else
            f"fewest missing: not proven, at most {made.solved.missing_cost - made.solved.bound:.0f} of cost {made.solved.missing_cost:.0f} could be saved; search longer by --effort 未证明最优"
        )  # fmt: skip
        if not made.solved.is_repeatable:
            print("the clock ended the search, so another run may give another roster 受时间限制，结果可能不可重复")
        if out:
            print(f"written 已写入: {out}")
    _end(made.faults, labour, as_json)


@roster_app.command("check")
def check_roster(
    file: Annotated[
        Path, typer.Argument(help="A roster: agent, local_date, shift or local_from and local_to, breaks.")
    ],
    agents: AgentsFile = None,
    plan: PlanFile = None,
    first: Annotated[
        str | None, typer.Option("--from", help="First day; default the Monday of the first week.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day; default the Sunday of the last week.")] = None,
    rules: LabourFile = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a roster that somebody made: every rule it breaks, by agent and day; exit code 2 where it breaks one. 检查班表。"""
    from ccdata_assets.planning.labour import load_labour
    from ccdata_assets.planning.requirement_rules import home_file
    from ccdata_assets.planning.roster_check import check
    from ccdata_assets.planning.roster_coverage import coverage, requirement_of
    from ccdata_assets.planning.roster_make import chosen_series, plan_of_file
    from ccdata_assets.planning.roster_people import Agent, read_agents, read_roster
    from ccdata_assets.settings import configure, load_settings

    configure(home=home)
    labour = load_labour(rules or home_file(load_settings(), "labour.yaml"))
    people = read_agents(agents, labour) if agents else None
    roster, unread = read_roster(file, labour)
    if not roster and not unread:
        raise WrongUse(f"{file.name} has no shifts; fix: give a roster with agent, local_date and shift a row")
    days = [work.day for work in roster] or [date.today()]
    start = day_of("--from", first) if first else min(days) - timedelta(days=min(days).weekday())
    end = day_of("--to", last) if last else max(days) + timedelta(days=6 - max(days).weekday())
    faults = check(roster, people, labour, start, end)
    gap = None
    if plan:
        known = people or [Agent(name, labour.default_contract) for name in sorted({work.agent for work in roster})]
        need = requirement_of(
            chosen_series(plan_of_file(plan), known), start, (end - start).days + 1, labour.grid_minutes
        )
        gap = coverage(roster, known, need, labour.grid_minutes)
    if as_json:
        print_json(
            {
                "shifts": len(roster),
                "from": start,
                "to": end,
                "unread": [{"row": row, "why": why} for row, why in unread],
                "faults": [vars(fault) for fault in faults],
                "missing_hours": None
                if gap is None
                else float(-(gap["gap"].clip(upper=0) * gap["minutes"]).sum() / 60),
            }
        )
    else:
        print(f"{len(roster):,} shifts 班次, {start} – {end}; rules broken 违反规则: {len(faults)}")
        if unread:
            print_table(
                "rows that cannot be read 无法读取的行",
                ("row 行", "why 原因"),
                [(str(row), why) for row, why in unread],
            )
        if gap is not None:
            print_table("by day 每日", ("day 日期", "shifts 班次", "required h 需求", "missing h 缺口", "spare h 富余", "largest gap 最大缺口"), _days(gap, roster))  # fmt: skip
    _end(faults, labour, as_json, len(unread))


def _required(
    settings: Settings | None, plan: Path | None, plan_id: str | None, first: date, days: int, series: str | None
) -> tuple[pd.DataFrame, str | None]:
    from ccdata_assets.planning.roster_make import plan_of_file, plan_of_home
    from ccdata_assets.warehouse.engine import look

    if plan is not None:
        if plan_id:
            raise WrongUse("--plan-id cannot go with --plan; fix: leave one of them out")
        return plan_of_file(plan), None
    if settings is None:
        raise WrongUse("there is neither --plan nor a home; fix: give one")
    with look(settings) as con:
        return plan_of_home(con, first, days, series, plan_id)


def _agents(settings: Settings | None, file: Path | None, labour: Labour, on: date) -> list[Agent]:
    from ccdata_assets.planning.roster_make import agents_of_home
    from ccdata_assets.planning.roster_people import read_agents
    from ccdata_assets.warehouse.engine import look

    if file is not None:
        return read_agents(file, labour)
    if settings is None:
        raise WrongUse("there is neither --agents nor a home; fix: give one")
    with look(settings) as con:
        return agents_of_home(con, labour, on)


def _before(file: Path | None, labour: Labour) -> list[Work]:
    from ccdata_assets.planning.roster_people import read_roster

    if file is None:
        return []
    roster, unread = read_roster(file, labour)
    if unread:
        raise WrongUse(f"--before: row {unread[0][0]} of {file.name}: {unread[0][1]}; fix: correct the row")
    return roster


def _days(gap: pd.DataFrame, roster: list[Any]) -> list[tuple[str, ...]]:
    from ccdata_assets.planning.requirement import lines

    hours = gap.assign(
        day=gap["local_interval"].dt.date,
        required_h=gap["required"] * gap["minutes"] / 60,
        missing_h=-gap["gap"].clip(upper=0) * gap["minutes"] / 60,
        spare_h=gap["gap"].clip(lower=0) * gap["minutes"] / 60,
    )
    by_day = hours.groupby("day").agg(required=("required_h", "sum"), missing=("missing_h", "sum"), spare=("spare_h", "sum"), worst=("gap", "min"))  # fmt: skip
    return [
        (f"{row.day} {row.day:%a}", str(sum(work.day == row.day for work in roster)), f"{row.required:,.1f}", f"{row.missing:,.1f}", f"{row.spare:,.1f}", f"{min(0, row.worst):.1f}")
        for row in lines(by_day.reset_index())
    ]  # fmt: skip


def _end(faults: list[Fault], labour: Labour, as_json: bool, unread: int = 0) -> None:
    """Show what is broken and end with exit code 2 where anything is."""
    from ccdata_assets.planning.roster_check import rule_name

    if not faults and not unread:
        return
    if faults and not as_json:
        print_table(
            "rules broken 违反规则",
            ("agent 坐席", "day 日期", "rule 规则", "found 实际", "limit 限值"),
            [
                (fault.agent, str(fault.day), rule_name(fault.rule, labour).both, fault.found, fault.limit)
                for fault in faults
            ],
        )
    what = f"{len(faults)} times a rule is broken" + (f", {unread} rows cannot be read" if unread else "")
    raise BlockingCheckFailed(f"{what}; fix: change the roster, or the rules in labour.yaml")
