"""Periods that reports are made for, as Dagster's partitions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

import dagster as dg

from ccdata_assets.reporting.period import Grain, Period
from ccdata_assets.settings import Settings

CRON: Final[dict[Grain, str]] = {
    "day": "0 0 * * *", "week": "0 0 * * 1", "month": "0 0 1 * *", "quarter": "0 0 1 1,4,7,10 *", "year": "0 0 1 1 *",
}  # fmt: skip
FORMAT: Final[dict[Grain, str]] = {
    "day": "%Y-%m-%d", "week": "%G-W%V-%u", "month": "%Y-%m", "quarter": "%Y-%m", "year": "%Y",
}  # fmt: skip
"""Of the keys, which Python must be able to read back: a week by its Monday (2026-W47-1), a quarter by its first month."""


def report_periods(settings: Settings, grain: Grain) -> dg.TimeWindowPartitionsDefinition:
    """Every period of a grain from that of CCDATA_HISTORY_FROM to that of the business time, the open one too."""
    today = datetime.now(settings.zone).date()
    ahead = _between(Period.of(grain, today), Period.of(grain, settings.business_date))
    first = Period.of(grain, date.fromisoformat(f"{settings.history_from}-01"))
    return dg.TimeWindowPartitionsDefinition(
        start=first.first_day.strftime(FORMAT[grain]),
        fmt=FORMAT[grain],
        cron_schedule=CRON[grain],
        timezone=settings.time_zone,
        end_offset=1 + ahead,
    )


def partition_key(period: Period) -> str:
    """The key of a period's partition."""
    return period.first_day.strftime(FORMAT[period.grain])


def period_of(grain: Grain, key: str) -> Period:
    """The period of a partition."""
    return Period.of(grain, datetime.strptime(key, FORMAT[grain]).date())


def _between(first: Period, last: Period) -> int:
    """How many periods the last one is after the first; 0 where it is not."""
    count = 0
    while first < last:
        first, count = first.later(1), count + 1
    return count


