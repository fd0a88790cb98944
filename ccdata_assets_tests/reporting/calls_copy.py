"""A small published copy of a call centre whose calls are made up one by one: two teams of agents, five weeks and a month of the year
before, one half hour with a surge, one day without a call. KPI values are summed from the calls by SQL; the tests sum them by pandas."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import duckdb
import pandas as pd

from .published import SCHEMA

AS_OF: Final = datetime.fromisoformat("2026-04-02T08:00:00+08:00")
DAY: Final = date(2026, 3, 26)  # a Thursday, with four before it
SURGE: Final = datetime(2026, 3, 26, 14, 0)
CLOSED: Final = date(2026, 3, 19)  # no call came: a holiday
FIRST: Final = date(2026, 2, 23)
LAST: Final = date(2026, 3, 31)
LIMIT_S: Final = 20
TEAMS: Final = {
    "a1f00000": "账务组",
    "b2f00000": "账务组",
    "c3f00000": "账务组",
    "d4f00000": "投诉组",
    "e5f00000": "投诉组",
}
NAMES: Final = {"a1f00000": "胡***", "b2f00000": "邓***", "c3f00000": "何***", "d4f00000": "罗***", "e5f00000": "宋***"}
GRAINS: Final = {
    "30min": "time_bucket(interval 30 minutes, entered_at)", "day": "date_trunc('day', entered_at)", "week": "date_trunc('week', entered_at)",
    "month": "date_trunc('month', entered_at)", "quarter": "date_trunc('quarter', entered_at)", "year": "date_trunc('year', entered_at)",
}  # fmt: skip
DIMS: Final = {
    "{}": "'{}'", "queue": "json_object('queue', queue)", "agent": "json_object('agent', agent)",
    "team": "json_object('team', team)",
}  # fmt: skip
KPIS: Final = {
    "answer_rate": ("接通率", "Answer rate", "percent", "up", 0.8, "sum(is_answered::int)", "count(*)"),
    "abandon_rate": ("放弃率", "Abandon rate", "percent", "down", 0.05, "sum((not is_answered)::int)", "count(*)"),
    "asa": ("平均应答速度", "Average speed of answer", "seconds", "down", None, "sum(wait_s) filter (where is_answered)", "sum(is_answered::int)"),
    "aht": ("平均处理时长", "Average handling time", "seconds", "none", None, "sum(handle_s)", "sum(is_answered::int)"),
    "service_level": ("服务水平", "Service level", "percent", "up", 0.8, f"sum((is_answered and wait_s <= {LIMIT_S})::int)", "count(*)"),
    "service_level_v2": ("服务水平V2", "Service level V2", "percent", "up", None, f"sum((is_answered and wait_s <= {LIMIT_S})::int)", "sum(is_answered::int)"),
    "csat": ("客户满意度", "Customer satisfaction", "percent", "up", 0.85, "sum(is_satisfied::int)", "count(is_satisfied)"),
}  # fmt: skip


def build_calls(path: Path, names: dict[str, str] | None = None) -> pd.DataFrame:
    """Writes the copy and returns its calls: entered_at, queue, agent, team, is_answered, wait_s, handle_s, is_satisfied."""
    calls = pd.DataFrame(_calls())
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as con:
        con.execute(SCHEMA)
        con.execute("create table if not exists marts.dim_agent (agent_key varchar, agent_name varchar, team varchar)")
        con.executemany(
            "insert into marts.dim_agent values (?, ?, ?)",
            [(key, (names or NAMES)[key], team) for key, team in TEAMS.items()],
        )
        con.executemany(
            "insert into kpi.definition values (?, 1, ?, ?, ?, ?, 'a / b', ?, ?, ?, 'customers', 'team:calls', 'flow')",
            [
                (kpi, zh, en, zh, en, unit, direction, target)
                for kpi, (zh, en, unit, direction, target, *_) in KPIS.items()
            ],
        )
        con.register("calls", calls)
        for grain, period in GRAINS.items():
            for keys, dims in DIMS.items():
                if keys != "{}" and grain == "30min":
                    continue
                for kpi, (*_, target, top, bottom) in KPIS.items():
                    con.execute(
                        f"""insert into kpi.value
                        select ?, 1, ?, period, dims, n / nullif(d, 0), n, d, ?, 'final', ?, 'run-1' from (
                            select {period} as period, cast({dims} as varchar) as dims, cast({top} as double) as n, cast({bottom} as double) as d
                            from calls where {"true" if keys == "{}" else f"{keys} is not null"} group by all
                        )""",
                        [kpi, grain, target, AS_OF],
                    )
    return calls


def _calls() -> list[dict[str, object]]:
    chance = random.Random(7)
    days = [FIRST + timedelta(days=back) for back in range((LAST - FIRST).days + 1)]
    days += [date(2025, 3, day) for day in range(1, 32)]
    rows: list[dict[str, object]] = []
    for day in days:
        if day == CLOSED:
            continue
        busy = 25 if day.weekday() >= 5 else 60
        times = [
            datetime(day.year, day.month, day.day, 9) + timedelta(minutes=chance.randrange(0, 9 * 60))
            for _ in range(busy)
        ]
        if day == SURGE.date():
            times += [SURGE + timedelta(minutes=chance.randrange(0, 30)) for _ in range(40)]
        rows += [_call(chance, at) for at in times]
    return rows


def _call(chance: random.Random, at: datetime) -> dict[str, object]:
    wait, is_answered = round(chance.expovariate(1 / 15)), chance.random() < 0.9
    agent = chance.choice(list(TEAMS)) if is_answered else None
    return {
        "entered_at": at,
        "queue": chance.choice(["账务", "投诉"]),
        "agent": agent,
        "team": TEAMS[agent] if agent else None,
        "is_answered": is_answered,
        "wait_s": wait,
        "handle_s": round(chance.gauss(200, 40)) if is_answered else None,
        "is_satisfied": chance.random() < 0.8 if is_answered and chance.random() < 0.3 else None,
    }
