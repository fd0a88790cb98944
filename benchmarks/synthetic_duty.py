"""Who takes the calls of the synthetic call log, and what these agents do meanwhile. Nobody's work; the same calls give the same states.

The sample's centre is a small desk: by day one agent of nine is on duty; when that one talks, or nobody is on duty, another signs in
for the call and stays two minutes more. So every call is a state of the agent who took it, and no agent is in two states at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

AGENTS: Final = tuple(f"A{number:03d}" for number in range(1, 10))
WORKDAY: Final = (time(8, 30), time(11, 10), time(13, 50), time(16, 30), time(19, 0))
WEEKEND: Final = (time(10, 0), time(13, 30), time(17, 0))
"""When one duty ends and the next begins."""
STAYS: Final = timedelta(minutes=2)
BREAK: Final = timedelta(minutes=10)
TRAINING: Final = timedelta(minutes=20)
WEDNESDAY: Final = 2
QUEUED, ANSWERED, ENDED, HOLD, ACW, AGENT = 10, 11, 12, 13, 14, 15
"""Places in a row of the call log."""


class Span(NamedTuple):
    """An agent in one state, a word of the state log."""

    agent: str
    state: str
    reason: str
    start: datetime
    end: datetime


def duties(day: date) -> list[Span]:
    """The duties of a day; turns go round."""
    edges = WORKDAY if day.weekday() < 5 else WEEKEND
    return [
        Span(AGENTS[(day.toordinal() * 4 + turn) % len(AGENTS)], "签入", "", datetime.combine(day, first), datetime.combine(day, last))
        for turn, (first, last) in enumerate(pairwise(edges))
    ]  # fmt: skip


def assigned(rows: Sequence[list[str]]) -> list[list[str]]:
    """The rows of a call log with the agents who took the calls: whoever is on duty, else the next who is free."""
    free_from = dict.fromkeys(AGENTS, datetime.min)
    taken = {}
    answered_rows = sorted((row for row in rows if row[ANSWERED]), key=lambda row: row[ANSWERED])
    for turn, row in enumerate(answered_rows, start=1):
        answered = datetime.fromisoformat(row[ANSWERED])
        on_duty = [one.agent for one in duties(answered.date()) if one.start <= answered < one.end]
        wanted = [*on_duty, *(AGENTS[(turn + place) % len(AGENTS)] for place in range(len(AGENTS)))]
        agent = next(one for one in wanted if free_from[one] <= answered)
        free_from[agent] = _over(row)
        taken[row[0]] = agent
    return [[*row[:AGENT], taken.get(row[0], row[AGENT]), *row[AGENT + 1 :]] for row in rows]


def states(rows: Sequence[list[str]]) -> list[Span]:
    """What the agents did in the days of these assigned calls, by agent and time: signed in, and within that every second in one state."""
    days = sorted({datetime.fromisoformat(row[8]).date() for row in rows})
    shifts = [one for day in days for one in duties(day)]
    calls: dict[str, list[list[str]]] = defaultdict(list)
    for row in rows:
        if row[ANSWERED]:
            calls[row[AGENT]].append(row)
    made = []
    for agent in AGENTS:
        own = [(one.start, one.end) for one in shifts if one.agent == agent]
        own += [(datetime.fromisoformat(row[QUEUED]), _over(row) + STAYS) for row in calls[agent]]
        spoken = [part for row in calls[agent] for part in _call(row)]
        for start, end in _joined(own):
            made.append(Span(agent, "签入", "", start, end))
            made += _session(agent, start, end, spoken)
    return made


def _over(row: list[str]) -> datetime:
    return datetime.fromisoformat(row[ENDED]) + timedelta(seconds=int(row[ACW] or 0))


def _call(row: list[str]) -> Iterator[Span]:
    """Talk, hold in the middle of it, talk, after-call work."""
    start, end, hold = datetime.fromisoformat(row[ANSWERED]), datetime.fromisoformat(row[ENDED]), int(row[HOLD] or 0)
    middle = start + timedelta(seconds=int((end - start).total_seconds() - hold) // 2)
    back = middle + timedelta(seconds=hold)
    parts = [("通话", start, middle), ("保持", middle, back), ("通话", back, end)] if hold else [("通话", start, end)]
    for state, first, last in (*parts, ("话后处理", end, _over(row))):
        if first < last:
            yield Span(row[AGENT], state, "", first, last)


def _joined(spans: Sequence[tuple[datetime, datetime]]) -> Iterator[tuple[datetime, datetime]]:
    """Spans that touch as one."""
    start = end = datetime.min
    for first, last in sorted(spans):
        if first > end:
            if start < end:
                yield start, end
            start, end = first, last
        end = max(end, last)
    if start < end:
        yield start, end


def _session(agent: str, start: datetime, end: datetime, parts: Sequence[Span]) -> Iterator[Span]:
    """The states from sign-in to sign-out: the calls, and what lies between them. In a duty there is time for a break, on a Wednesday for training."""
    middle, rested, trained = start + (end - start) / 2, end - start < timedelta(hours=2), start.weekday() != WEDNESDAY
    at = start
    for part in sorted((part for part in parts if start <= part.start < end), key=lambda part: part.start):
        if not rested and at > middle and part.start - at > BREAK:
            yield Span(agent, "小休", "休息", at, at + BREAK)
            at, rested = at + BREAK, True
        elif rested and not trained and at > middle and part.start - at > TRAINING:
            yield Span(agent, "培训", "新产品培训", at, at + TRAINING)
            at, trained = at + TRAINING, True
        if at < part.start:
            yield Span(agent, "空闲", "", at, part.start)
        yield part
        at = part.end
    if at < end:
        yield Span(agent, "空闲", "", at, end)
