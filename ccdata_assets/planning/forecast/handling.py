"""Handling time of an answered call by quarter of an hour: the centre's recent level, how weekdays and times of day differ from it.

Handling time is talk, hold and after-call work of answered calls whose times are known. It varies far less than calls do and rests on few
calls an interval, so that it is shrunk: what few calls say is drawn to what many say.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ccdata_assets.planning.forecast.series import QUARTERS, Matrix, Series, Vector

HALF_LIFE_DAYS = 14.0
"""Weight of older days in the level."""
SHAPE_HALF_LIFE_DAYS = 56.0
"""Weight of older days in how weekdays and times differ."""
BORROW = 200.0
"""Calls' worth of the mean that each weekday and each hour is drawn to."""


def handling_time(series: Series, weekday: npt.NDArray[np.int64], ahead: npt.NDArray[np.int64]) -> Matrix:
    """Seconds of handling by day ahead and quarter, of shape (days ahead, 96); NaN where no call was ever timed."""
    timed, seconds = _trimmed(series)
    if timed.sum() == 0:
        return np.full((len(ahead), QUARTERS), np.nan)
    age = np.arange(series.days)[::-1]
    recent, shape = 0.5 ** (age / HALF_LIFE_DAYS), 0.5 ** (age / SHAPE_HALF_LIFE_DAYS)
    by_day = np.column_stack([timed.sum(axis=1), seconds.sum(axis=1)])
    mean = (
        (shape @ by_day[:, 1]) / (shape @ by_day[:, 0])
        if shape @ by_day[:, 0]
        else by_day[:, 1].sum() / by_day[:, 0].sum()
    )
    of_weekday = np.ones(7)
    for day in range(7):
        mine = shape * (weekday == day)
        of_weekday[day] = (mine @ by_day[:, 1] + BORROW * mean) / (mine @ by_day[:, 0] + BORROW) / mean
    expected = by_day[:, 0] * of_weekday[weekday]
    level = (recent @ by_day[:, 1]) / (recent @ expected) if recent @ expected else mean
    hours = np.column_stack([_hourly(shape @ timed), _hourly(shape @ seconds)])
    of_hour = (hours[:, 1] + BORROW * mean) / (hours[:, 0] + BORROW) / mean
    of_quarter: Vector = np.repeat(of_hour, 4)
    return np.asarray(level * of_weekday[ahead][:, None] * of_quarter[None, :])


def _trimmed(series: Series) -> tuple[Matrix, Matrix]:
    """Timed calls and their seconds; a quarter whose mean is beyond five times the usual is left out (a call nobody ended)."""
    timed, seconds = np.nan_to_num(series.timed), np.nan_to_num(series.handle_s)
    if not timed.sum():
        return timed, seconds
    usual = seconds.sum() / timed.sum()
    keep = (timed > 0) & (seconds <= 5 * usual * timed) if usual else timed > 0
    return np.where(keep, timed, 0.0), np.where(keep, seconds, 0.0)


def _hourly(quarters: Vector) -> Vector:
    """Sums of three neighbouring hours: an hour alone rests on too few calls."""
    hours = quarters.reshape(24, 4).sum(axis=1)
    wide = np.concatenate([hours[:1], hours, hours[-1:]])
    return np.asarray(wide[:-2] + 2 * wide[1:-1] + wide[2:]) / 4
