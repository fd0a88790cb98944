"""Who is rostered, and what a roster is: agents as planners list them, shifts as they are worked, read from files of any format.

Times are local and without a zone, as people read a roster. A cell that cannot be read is named by row and column, never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from ccdata_assets.planning.labour import Labour
from ccdata_assets.planning.requirement_file import Faults, day, moment, number, read_rows

OFF: Final = ("off", "休", "休息")
AGENTS: Final = {
    "agent": ("agent_id", "agent_no", "工号", "坐席", "坐席工号"),
    "contract": ("employment", "用工形式", "合同"),
    "skills": ("skill", "技能", "技能组"),
    "leave": ("vacation", "请假", "休假"),
    "available": ("availability", "可用时段", "可排时段"),
    "fixed": ("固定班次", "指定班次"),
    "prefers": ("preference", "偏好", "偏好班次"),
    "avoids": ("回避", "回避班次"),
    "nights": ("可夜班", "夜班"),
    "days_in_a_row": ("已连续工作天数",),
    "last_end": ("上一班结束",),
}
"""Columns of a file of agents, and other headers that mean them."""
ROSTER: Final = {
    "agent": AGENTS["agent"],
    "local_date": ("date", "day", "日期"),
    "shift": ("班次",),
    "local_from": ("from", "start", "begin", "开始", "上班"),
    "local_to": ("to", "end", "结束", "下班"),
    "breaks": ("休息时段", "小休"),
}
"""Columns of a roster that people bring, and other headers that mean them."""
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAYS: Final = "一二三四五六日"


@dataclass(frozen=True)
class Agent:
    """One agent: what may and must be in the roster. `skills`: queues taken, empty for all; `available`: by weekday (0 Monday) minutes of the
    day between which shifts lie, None for always; `fixed`: by day a shift, or None for a day off; `days_in_a_row` and `last_end`: worked
    just before the roster begins; `nights_before`: days of the night shifts before it."""

    agent: str
    contract: str
    skills: frozenset[str] = frozenset()
    leave: frozenset[date] = frozenset()
    available: tuple[tuple[int, int, int], ...] | None = None
    fixed: tuple[tuple[date, str | None], ...] = ()
    prefers: frozenset[str] = frozenset()
    avoids: frozenset[str] = frozenset()
    nights: bool = True
    days_in_a_row: int = 0
    last_end: datetime | None = None
    nights_before: frozenset[date] = frozenset()

    def takes(self, queue: str) -> bool:
        """Whether the agent takes calls of a queue; a pool is taken by all."""
        return queue == "*" or not self.skills or queue in self.skills


@dataclass(frozen=True)
class Pause:
    """One break as it is worked."""

    kind: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class Work:
    """One shift as it is worked; `row` of a file, 0 of a roster just made."""

    agent: str
    day: date
    shift: str
    begins: datetime
    ends: datetime
    pauses: tuple[Pause, ...] = ()
    row: int = 0


def read_agents(path: Path, labour: Labour) -> list[Agent]:
    """Agents of a file, one a row. Lists within a cell are separated by semicolons. CcdataError names cells that cannot be read, unknown
    contracts and shifts, and agents listed twice."""
    faults = Faults(path)
    found: list[Agent] = []
    seen: set[str] = set()
    for row in read_rows(path, AGENTS, ("agent",)):
        at = int(row["row"])
        name = row["agent"]
        if not name:
            faults.add(at, "agent", "is empty")
            continue
        if name in seen:
            faults.add(at, "agent", "is listed twice")
        seen.add(name)
        contract = row.get("contract") or labour.default_contract
        contract = next(
            (key for key, each in labour.contracts.items() if contract in (key, each.zh, each.en)), contract
        )
        if contract not in labour.contracts:
            faults.add(at, "contract", f"is none of {', '.join(labour.contracts)}")
            contract = labour.default_contract
        found.append(
            Agent(
                agent=name,
                contract=contract,
                skills=frozenset(split_list(row.get("skills"))),
                leave=faults.read(at, "leave", row.get("leave"), _leave, "days as 2026-01-05..2026-01-07; 2026-01-09")
                or frozenset(),
                available=faults.read(
                    at, "available", row.get("available"), _available, "times as mon-fri 08:00-18:00; sat 09:00-13:00"
                ),
                fixed=tuple(
                    faults.read(
                        at, "fixed", row.get("fixed"), lambda text: _fixed(text, labour), "days as 2026-01-05=early; 2026-01-06=off"
                    )
                    or ()
                ),
                prefers=_shifts(faults, at, "prefers", row.get("prefers"), labour),
                avoids=_shifts(faults, at, "avoids", row.get("avoids"), labour),
                nights=faults.read(at, "nights", row.get("nights"), _yes, "yes or no") is not False,
                days_in_a_row=int(faults.read(at, "days_in_a_row", row.get("days_in_a_row"), number, "a number") or 0),
                last_end=faults.read(at, "last_end", row.get("last_end"), moment, "a time as 2026-01-04 22:00"),
            )
        )  # fmt: skip
    faults.refuse()
    return found


def read_roster(path: Path, labour: Labour) -> tuple[list[Work], list[tuple[int, str]]]:
    """A roster that somebody brings, one shift a row; and the rows that cannot be read, by number and why.

    Times without a date are of the day of the row, the end of the next day where it is not after the beginning. Without times those of
    the shift in labour.yaml hold. Days off need no row, and rows that say so count as none."""
    found: list[Work] = []
    unread: list[tuple[int, str]] = []
    for row in read_rows(path, ROSTER, ("agent", "local_date")):
        at = int(row["row"])
        try:
            work = _work(at, row, labour)
        except ValueError as error:
            unread.append((at, str(error)))
            continue
        if work:
            found.append(work)
    return found, unread


def _work(at: int, row: dict[str, Any], labour: Labour) -> Work | None:
    if not row["agent"]:
        raise ValueError("agent: is empty")
    on = _or_raise("local_date", row["local_date"], day, "a day as 2026-01-05")
    shift = row.get("shift") or ""
    shift = next((key for key, each in labour.shifts.items() if shift in (key, each.zh, each.en)), shift)
    begins, ends = row.get("local_from"), row.get("local_to")
    if shift.casefold() in OFF or not (shift or begins or ends):
        return None
    if begins and ends:
        start = _or_raise("local_from", begins, lambda text: _clock_on(on, text), "a time as 08:30")
        end = _or_raise("local_to", ends, lambda text: _clock_on(on, text), "a time as 17:00")
        if end <= start:
            end += timedelta(days=1)
    elif shift in labour.shifts:
        midnight = datetime.combine(on, time())
        start = midnight + timedelta(minutes=labour.shifts[shift].begins)
        end = midnight + timedelta(minutes=labour.shifts[shift].ends)
    else:
        raise ValueError("shift: is none of labour.yaml, and there are no times")
    pauses = _or_raise("breaks", row["breaks"], lambda text: _pauses(text, start), "breaks as 12:00-12:30 meal; 15:00-15:15") if row.get("breaks") else ()  # fmt: skip
    return Work(row["agent"], on, shift, start, end, pauses, at)


def pause_text(pause: Pause) -> str:
    """A break as text, as `read_roster` reads it."""
    return f"{pause.begins:%H:%M}-{pause.ends:%H:%M} {pause.kind}"


def _or_raise(column: str, text: str | None, read: Any, want: str) -> Any:
    if not text:
        raise ValueError(f"{column}: is empty")
    try:
        return read(text)
    except ValueError:
        raise ValueError(f"{column}: is not {want}") from None


def _clock_on(on: date, text: str) -> datetime:
    """A time of day on a day, or a whole moment."""
    if re.fullmatch(r"\d{1,2}:\d{2}(:00)?", text):
        hour, minute = (int(part) for part in text.split(":")[:2])
        return datetime.combine(on, time(hour, minute))
    return moment(text)


def _pauses(text: str, start: datetime) -> tuple[Pause, ...]:
    found = []
    for part in split_list(text):
        hit = re.fullmatch(r"(\d{1,2}:\d{2})\s*[-–~]\s*(\d{1,2}:\d{2})\s*(\S.*)?", part)
        if not hit:
            raise ValueError
        begins, ends = (_clock_on(start.date(), hit[place]) for place in (1, 2))
        # of a shift over midnight, times before its beginning are of the next day
        begins += timedelta(days=begins < start)
        ends += timedelta(days=ends < start)
        if ends <= begins:
            raise ValueError
        found.append(Pause(hit[3] or "", begins, ends))
    return tuple(sorted(found, key=lambda pause: pause.begins))


def split_list(text: str | None) -> list[str]:
    """The parts of a cell that holds several, separated by semicolons."""
    return [part.strip() for part in re.split(r"[;；、\n|]", text or "") if part.strip()]


def _leave(text: str) -> frozenset[date]:
    days: set[date] = set()
    for part in split_list(text):
        ends = [day(each.strip()) for each in re.split(r"\.\.|~|至", part)]
        if len(ends) > 2 or ends[-1] < ends[0]:
            raise ValueError
        days |= {ends[0] + timedelta(days=n) for n in range((ends[-1] - ends[0]).days + 1)}
    return frozenset(days)


def _available(text: str) -> tuple[tuple[int, int, int], ...]:
    found = []
    for part in split_list(text):
        hit = re.fullmatch(r"(\S+)\s+(\d{1,2}):(\d{2})\s*[-–~]\s*(\d{1,2}):(\d{2})", part)
        if not hit:
            raise ValueError
        first, last = int(hit[2]) * 60 + int(hit[3]), int(hit[4]) * 60 + int(hit[5])
        last = last if last > first else last + 1440
        found += [(weekday, first, last) for weekday in _weekdays(hit[1])]
    return tuple(found)


def _weekdays(text: str) -> Iterable[int]:
    ends = [_weekday(part) for part in re.split(r"[-–~至]", text)]
    if len(ends) > 2:
        raise ValueError
    return [(ends[0] + n) % 7 for n in range((ends[-1] - ends[0]) % 7 + 1)]


def _weekday(text: str) -> int:
    plain = text.strip().casefold()
    if plain[:3] in _DAYS:
        return _DAYS.index(plain[:3])
    if plain[:1] in "周" and plain[1:].replace("天", "日") in _WEEKDAYS and len(plain) == 2:
        return _WEEKDAYS.index(plain[1].replace("天", "日"))
    raise ValueError


def _fixed(text: str, labour: Labour) -> list[tuple[date, str | None]]:
    found: list[tuple[date, str | None]] = []
    for part in split_list(text):
        on, _, shift = (each.strip() for each in part.partition("="))
        name = next((key for key, each in labour.shifts.items() if shift in (key, each.zh, each.en)), None)
        if name is None and shift.casefold() not in OFF:
            raise ValueError
        found.append((day(on), name))
    if len({on for on, _ in found}) < len(found):
        raise ValueError
    return found


def _shifts(faults: Faults, at: int, column: str, text: str | None, labour: Labour) -> frozenset[str]:
    names = {alias: key for key, each in labour.shifts.items() for alias in (key, each.zh, each.en)}
    wanted = split_list(text)
    if set(wanted) - set(names):
        faults.add(at, column, f"is none of {', '.join(labour.shifts)}")
    return frozenset(names[each] for each in wanted if each in names)


def _yes(text: str) -> bool:
    plain = text.casefold()
    if plain in ("yes", "y", "1", "true", "是", "可", "能"):
        return True
    if plain in ("no", "n", "0", "false", "否", "不可", "不能"):
        return False
    raise ValueError
