"""The report of forecast and roster (预测与排班): what was expected of the calls of a month, how that turned out, how many agents it asked
for and who was to work. Of months that nothing was planned for it has nothing to say."""

from collections.abc import Sequence
from typing import Final

from ccdata_assets.reporting import forecast, staffing
from ccdata_assets.reporting.measures import Month
from ccdata_assets.reporting.model import Section, Text

TITLE: Final = Text("预测与排班", "Forecast and roster")
_PLANNED: Final = (
    ("planning.forecast", "local_date between ? and ? and grain = 'day'"),
    ("planning.staffing", "local_date between ? and ?"),
    ("planning.roster", "local_date between ? and ?"),
)


def planning_sections(month: Month) -> Sequence[Section]:
    """Forecast, agents needed and rosters; none where no day of the month was forecast or planned."""
    days = [month.first_day, month.last_day]
    if not any(
        month.source.rows(table, f"select 1 from {table} where {those} limit 1", list(days))
        for table, those in _PLANNED
    ):
        return ()
    return (*forecast.forecast_sections(month), *staffing.staffing_sections(month))
