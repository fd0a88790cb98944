"""A roster from end to end: what is required, who there is, the solver, the check by other code, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

import duckdb
import numpy as np
import pandas as pd

from ccdata_assets.errors import CcdataError, WrongUse
from ccdata_assets.planning.labour import Labour
from ccdata_assets.planning.requirement import POOL
from ccdata_assets.planning.requirement_file import Faults, moment, number, read_rows
from ccdata_assets.planning.requirement_ledger import add, content_id
from ccdata_assets.planning.requirement_plan import next_monday
from ccdata_assets.planning.roster_breaks import break_effort, place_breaks
from ccdata_assets.planning.roster_check import Fault, check
from ccdata_assets.planning.roster_coverage import Requirement, coverage, requirement_of
from ccdata_assets.planning.roster_people import Agent, Work, pause_text
from ccdata_assets.planning.roster_shifts import is_night_work, paid_minutes
from ccdata_assets.planning.roster_solve import EFFORT, Effort, Solved, solve_shifts, worked
from ccdata_assets.settings import Settings

PLAN: Final = {
    "feed": ("数据来源",),
    "queue": ("队列",),
    "local_interval": ("interval", "interval_start", "时段", "开始时间"),
    "minutes": ("分钟",),
    "present": ("required", "agents_required", "在岗", "需求", "需求人数"),
}
"""Columns of a file of what is required, and other headers that mean them; `ccdata staff plan -o` writes such a file."""
Tell = Callable[[str], None]


class NothingToRoster(WrongUse):
    """There is nobody to roster, or nothing they are needed for."""


@dataclass(frozen=True)
class Made:
    """A roster with what it covers (`roster_coverage.coverage`) and the rules it breaks, none unless a fault of ours."""

    need: Requirement
    agents: Sequence[Agent]
    roster: list[Work]
    gap: pd.DataFrame
    faults: list[Fault]
    solved: Solved
    plan_id: str | None = None

    def summary(self, labour: Labour) -> dict[str, Any]:
        """Figures of the roster: hours required, missing, to spare and paid; intervals short; whether the search was complete."""
        hours = self.need.minutes / 60
        short = self.gap["gap"].clip(upper=0)
        return {
            "agents": len(self.agents),
            "shifts": len(self.roster),
            "required_hours": float(self.gap["required"].sum() * hours),
            "missing_hours": float(-short.sum() * hours),
            "spare_hours": float(self.gap["gap"].clip(lower=0).sum() * hours),
            "paid_hours": sum(paid_minutes(labour.shifts[work.shift], labour) for work in self.roster) / 60,
            "intervals": len(self.gap),
            "intervals_short": int((short < 0).sum()),
            "largest_gap": float(self.gap["gap"].min()),
            "rules_broken": len(self.faults),
            "is_proven": self.solved.is_proven,
            "is_repeatable": self.solved.is_repeatable,
            "missing_cost": self.solved.missing_cost,
            "missing_cost_bound": self.solved.bound,
        }


def make_roster(
    table: pd.DataFrame,
    agents: Sequence[Agent],
    labour: Labour,
    first: date,
    days: int,
    effort: float = EFFORT,
    tell: Tell = lambda text: None,
    plan_id: str | None = None,
    before: Sequence[Work] = (),
) -> Made:
    """The roster of some days for what is required (columns feed, queue, local_interval, minutes, required). `before`: the roster before
    it, whose last shifts reach into these days, and after which agents rest. NothingToRoster, WrongUse: nobody to roster,
    nothing required; RulesContradict: rules that cannot all be kept, by agent."""
    if not agents:
        raise NothingToRoster("there is nobody to roster; fix: list agents in --agents FILE")
    need = requirement_of(chosen_series(table, agents), first, days, labour.grid_minutes)
    idle = [agent.agent for agent in agents if not need.takers(agent)]
    if len(idle) == len(agents):
        raise WrongUse(
            "no agent has a skill for a queue that is required; fix: correct the column skills, or plan these queues"
        )
    agents = after_roster(agents, before, first, labour)
    reaching = [work for work in before if work.day < first and work.ends.date() >= first]
    left = less_reaching(need, reaching, agents, labour.grid_minutes)
    solved = solve_shifts(agents, left, labour, Effort.of(effort), tell)
    tell("breaks 休息")
    of_breaks = break_effort(effort, days)
    roster = place_breaks(worked(solved, left, labour), agents, left, labour, of_breaks)
    solved = replace(solved, is_repeatable=solved.is_repeatable and not of_breaks.spent_by_clock)
    gap = coverage([*reaching, *roster], agents, need, labour.grid_minutes)
    faults = check(roster, agents, labour, need.first, need.last)
    return Made(need, agents, roster, gap, faults, solved, plan_id)


def after_roster(agents: Sequence[Agent], before: Sequence[Work], first: date, labour: Labour) -> list[Agent]:
    """The agents with what they worked in the roster before: days in a row up to the eve of `first`, when their last shift ends, and on which
    days a night shift began."""
    found = []
    for agent in agents:
        works = [work for work in before if work.agent == agent.agent and work.day < first]
        if not works:
            found.append(agent)
            continue
        days = {work.day for work in works}
        row = next(n for n in range(len(days) + 1) if first - timedelta(days=n + 1) not in days)
        nights = frozenset(work.day for work in works if is_night_work(work, labour))
        ended = max(work.ends for work in works)
        found.append(replace(agent, days_in_a_row=row, last_end=ended, nights_before=nights))
    return found


def less_reaching(need: Requirement, reaching: Sequence[Work], agents: Sequence[Agent], grid: int) -> Requirement:
    """What is left to be covered beside shifts that reach into the roster's days."""
    if not reaching:
        return need
    present = coverage(reaching, agents, need, grid)["present"].to_numpy().reshape(need.required.shape)
    return replace(need, required=np.maximum(need.required - np.floor(present), 0).astype(np.int64))


def chosen_series(table: pd.DataFrame, agents: Sequence[Agent]) -> pd.DataFrame:
    """Pools where no agent is limited to queues; else the queues on their own. A feed without a pool, or of nothing else, is as it is."""
    is_pool = table["queue"] == POOL
    has_pool = table["feed"].isin(table.loc[is_pool, "feed"])
    has_queues = table["feed"].isin(table.loc[~is_pool, "feed"])
    wants_pool = not any(agent.skills for agent in agents)
    return table[is_pool | ~has_pool] if wants_pool else table[~is_pool | ~has_queues]


def plan_of_file(path: Path) -> pd.DataFrame:
    """What is required, from a file: local_interval and present (or required), and where wanted feed, queue, minutes. CcdataError names the
    cells that cannot be read and intervals given twice."""
    faults = Faults(path)
    read, seen = [], set()
    for row in read_rows(path, PLAN, ("local_interval", "present")):
        at = int(row["row"])
        start = faults.read(at, "local_interval", row["local_interval"], moment, "a time as 2026-01-05 09:30")
        required = faults.read(at, "present", row["present"], number, "a number from 0 on")
        minutes = faults.read(at, "minutes", row.get("minutes"), number, "a number of minutes")
        if row["local_interval"] is None or row["present"] is None:
            faults.add(at, "local_interval, present", "is empty")
        key = (row.get("feed") or "", row.get("queue") or "", start)
        if start and key in seen:
            faults.add(at, "local_interval", "the queue has this interval twice")
        seen.add(key)
        read.append((*key, minutes or 0, required))
    faults.refuse()
    table = pd.DataFrame(read, columns=["feed", "queue", "local_interval", "minutes", "required"])
    table["local_interval"] = pd.to_datetime(table["local_interval"])
    if (table["minutes"] == 0).any():
        steps = table["local_interval"].drop_duplicates().sort_values().diff().dropna()
        table["minutes"] = int(steps.min().total_seconds() // 60) if len(steps) else 30
    whole = -(-table["required"] // 1)  # half an agent is one
    return table.assign(required=whole.astype("int64"), minutes=table["minutes"].astype("int64"))


def plan_of_home(con: duckdb.DuckDBPyConnection, first: date, days: int, series: str | None, plan_id: str | None) -> tuple[pd.DataFrame, str | None]:  # fmt: skip
    """What is required in these days by the plan named, else by those made last, and the plan's ID where all is of one. NothingToRoster where
    there is no plan of them."""
    from ccdata_assets.planning.requirement_ledger import newest_plan

    table = newest_plan(con, first, first + timedelta(days=days - 1), plan_id)
    if series:
        names = (table["feed"], table["queue"], table["feed"] + "/" + table["queue"])
        table = table[(names[0] == series) | (names[1] == series) | (names[2] == series)]
    if not len(table):
        raise NothingToRoster(
            f"there is no plan of {first} and the {days} days from it on; fix: run `ccdata staff plan --from {first}` first, or give --plan FILE"
        )
    shortest = table["minutes"].min()
    table = table[table["minutes"] == shortest].rename(columns={"present": "required"})
    plans = set(table["plan_id"])
    columns = ["feed", "queue", "local_interval", "minutes", "required"]
    return table[columns].reset_index(drop=True), plans.pop() if len(plans) == 1 else None


def agents_of_home(
    con: duckdb.DuckDBPyConnection, labour: Labour, on: date, named_by: Literal["agent", "agent_key"] = "agent"
) -> list[Agent]:
    """The agents of the home's roster who are there on a day, by their number or, where that may not be read, by their key; their
    employment is the contract where one bears its name."""
    rows = con.execute(
        f"""select {named_by}, employment, skills from marts.dim_agent where is_in_roster and (left_on is null or left_on > $on)
            and (hired_on is null or hired_on <= $on) and coalesce(agent_status, 'active') = 'active' order by agent""",
        {"on": on},
    ).fetchall()
    return [
        Agent(agent, employment if employment in labour.contracts else labour.default_contract, frozenset(_skills(skills)))
        for agent, employment, skills in rows
    ]  # fmt: skip


def roster_weeks(
    con: duckdb.DuckDBPyConnection, settings: Settings, labour: Labour, weeks: int, effort: float, run_id: str
) -> dict[str, Any] | None:
    """Roster the home's agents for the weeks from the Monday after the business date on and keep it; its figures, None where there is no
    plan of these weeks or nobody to roster."""
    first = next_monday(settings.business_date)
    try:
        required, plan_id = plan_of_home(con, first, 7 * weeks, None, None)
        # by their keys: what is said of an agent goes to the event log
        agents = agents_of_home(con, labour, first, "agent_key")
        before = roster_before(con, first)
        made = make_roster(required, agents, labour, first, 7 * weeks, effort, plan_id=plan_id, before=before)
    except NothingToRoster:
        return None
    roster_id = keep_roster(con, made, labour, settings.as_of, run_id, has_keys=True)
    return {"roster_id": roster_id, **made.summary(labour)}


def roster_before(con: duckdb.DuckDBPyConnection, first: date) -> list[Work]:
    """The shifts of the two weeks before a day as they were rostered last, agents by their key; without breaks."""
    rows = con.execute(
        """with newest as (select local_date, arg_max(roster_id, (as_of, rowid)) as roster_id from planning.roster
            where local_date >= $first - 14 and local_date < $first group by local_date)
        select agent_key, local_date, shift, local_from, local_to from planning.roster join newest using (local_date, roster_id) order by all""",
        {"first": first},
    ).fetchall()
    return [Work(*row) for row in rows]


def _skills(value: Any) -> list[str]:
    from ccdata_assets.planning.roster_people import split_list

    return [str(each) for each in value] if isinstance(value, list) else split_list(value)


def keep_roster(
    con: duckdb.DuckDBPyConnection, made: Made, labour: Labour, as_of: datetime, run_id: str, has_keys: bool = False
) -> str:
    """Add a roster to planning.roster and planning.roster_gap, agents by their key; gives its roster_id. The same roster is kept once.
    `has_keys`: its agents are keys already."""
    from ccdata_assets.warehouse.declared import SALT

    keys = pd.DataFrame({"agent": sorted({work.agent for work in made.roster})})
    con.register("rostered", keys)
    try:
        found = con.execute(
            "select agent, left(md5((select value from ops.run_state where name = $salt) || agent), 12) from rostered", {"salt": SALT}
        ).fetchall()  # fmt: skip
    finally:
        con.unregister("rostered")
    key_of: dict[str, str | None] = {name: name if has_keys else key for name, key in found}
    if None in key_of.values():
        raise CcdataError("the home has no salt for the keys of agents yet; fix: run `ccdata run` first")
    roster = pd.DataFrame(
        [
            (key_of[work.agent], work.day, work.shift, work.begins, work.ends, 60 * paid_minutes(labour.shifts[work.shift], labour),
             [pause_text(pause) for pause in work.pauses])
            for work in made.roster
        ],
        columns=["agent_key", "local_date", "shift", "local_from", "local_to", "paid_s", "breaks"],
    )  # fmt: skip
    gap = made.gap.assign(local_date=made.gap["local_interval"].dt.date)
    roster_id = content_id(roster.astype({"breaks": str}), content_id(gap.drop(columns=["local_date"])))
    also: dict[str, Any] = {"roster_id": roster_id, "as_of": as_of, "run_id": run_id}
    add(con, "planning.roster", "roster_id", roster_id, roster.assign(**also, plan_id=made.plan_id))
    add(con, "planning.roster_gap", "roster_id", roster_id, gap.assign(**also))
    return roster_id
