"""region_listed.csv: from when to when a code of a region was in use, as far as the yearly lists of GB/T 2260 tell."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

COLUMNS = ("region_code", "valid_from", "valid_to")
_LAST_YEAR = 2014
"""Of the list that the package gives without a year."""
_OWN_CODES = ("71", "81", "82")
"""Taiwan, Hong Kong and Macao: the codes below them are not those of the standard."""


def listed_regions(folder: Path) -> Iterator[tuple[str, date | str, date | str]]:
    """One row per code, of today or abolished, whose first or last list is known.

    valid_from is the date of the first list that has the code, empty where that is the oldest of all; valid_to that of the first
    list without it. The lists end in 2014: what began or ended later has no date here.
    """
    from gb2260.data import data

    lists = sorted((_listed_on(year), {str(code) for code in codes}) for year, codes in data.items())
    days = [day for day, _ in lists]
    today = _codes(folder / "seeds/region_code.csv")
    for code in sorted(today | _codes(folder / "seeds/region_abolished.csv")):
        has = [place for place, (_, codes) in enumerate(lists) if code in codes]
        if code.startswith(_OWN_CODES) or (not has and code in today):
            continue
        begins = days[has[0]] if has and has[0] > 0 else ""
        end = has[-1] + 1 if has else 0
        ends = days[end] if code not in today and end < len(lists) else ""
        if begins or ends:
            yield code, begins, ends


def _listed_on(year: int | None) -> date:
    """The end of the year, or of the month (200306), that a list is of."""
    if year is None or year < 10_000:
        return date(year or _LAST_YEAR, 12, 31)
    return {3: date(year // 100, 3, 31), 6: date(year // 100, 6, 30), 9: date(year // 100, 9, 30)}[year % 100]


def _codes(path: Path) -> set[str]:
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["region_code"] for row in csv.DictReader(lines)}
