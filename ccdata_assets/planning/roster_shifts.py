"""What a shift comes to: paid minutes, minutes in the night, late or not, and who is at work in it while breaks are not placed yet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ccdata_assets.planning.labour import Labour, Shift
from ccdata_assets.planning.roster_people import Work


def paid_minutes(shift: Shift, labour: Labour) -> int:
    """Minutes of a shift that count as work."""
    whole = shift.ends - shift.begins
    return whole - sum(each.minutes for each in labour.breaks_of(whole) if not each.is_paid)


def night_minutes(work_begins: int, work_ends: int, labour: Labour) -> int:
    """Minutes in the night, of work from one minute of its first day to another, which may be of the next."""
    begins = labour.night.from_.hour * 60 + labour.night.from_.minute
    ends = labour.night.to.hour * 60 + labour.night.to.minute
    ends = ends if ends > begins else ends + 1440
    return sum(max(0, min(work_ends, ends + back) - max(work_begins, begins + back)) for back in (-1440, 0, 1440))


def is_night(shift: Shift, labour: Labour) -> bool:
    """Whether it is a night shift."""
    return night_minutes(shift.begins, shift.ends, labour) >= labour.night.hours * 60


def is_night_work(work: Work, labour: Labour) -> bool:
    """The same of a shift that somebody worked, whether or not it is a declared one."""
    begins = work.begins.hour * 60 + work.begins.minute
    lasts = int((work.ends - work.begins).total_seconds() // 60)
    return night_minutes(begins, begins + lasts, labour) >= labour.night.hours * 60


def is_late(shift: Shift, labour: Labour) -> bool:
    """Whether it ends late, or is a night shift."""
    return is_night(shift, labour) or shift.ends > labour.late_from.hour * 60 + labour.late_from.minute


def expected_presence(shift: Shift, labour: Labour) -> NDArray[np.float64]:
    """For each step of a shift the chance that its agent is not on a break, were breaks anywhere in their time with equal chance."""
    grid = labour.grid_minutes
    steps = (shift.ends - shift.begins) // grid
    found = np.ones(steps)
    for each in labour.breaks_of(shift.ends - shift.begins):
        starts = range(round(each.within[0] * 60) // grid, (round(each.within[1] * 60) - each.minutes) // grid + 1)
        starts = range(starts.start, min(starts.stop, steps - each.minutes // grid + 1))
        for start in starts:
            found[start : start + each.minutes // grid] -= 1 / len(starts)
    return np.maximum(found, 0.0)
