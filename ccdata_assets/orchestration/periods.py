"""Months that reports are made for."""

from __future__ import annotations

from datetime import date, datetime, timezone

import dagster as dg

from ccdata_assets.settings import Settings


def report_months(settings: Settings) -> dg.MonthlyPartitionsDefinition:
    """Every month from CCDATA_HISTORY_FROM to that of the business time, the open one too; keys are YYYY-MM."""
    today = datetime.now(timezone.utc).date()
    ahead = max(0, _months(settings.business_date) - _months(today))
    return dg.MonthlyPartitionsDefinition(
        start_date=settings.history_from, fmt="%Y-%m", timezone=settings.time_zone, end_offset=1 + ahead
    )


def _months(day: date) -> int:
    return day.year * 12 + day.month
