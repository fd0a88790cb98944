"""Cells of a workbook → the text a person reads in them. No file is opened here, and no row is judged."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from ccdata_assets.landing.rows import Cells

Values = list[Any]
"""One row as a reader gives it: str, bool, int, float, date, datetime, time, timedelta, or nothing ('' or None)."""

MANY_CELLS = 10_000_000
_ISO_DURATION = re.compile(r"(-?)PT(\d+)H(\d+)M(\d+(?:\.\d+)?)S")


def is_filled(row: Values) -> bool:
    """Tells whether a row holds anything; 0 and false are something."""
    return any(value is not None and value != "" for value in row)


def day_or_moment(value: datetime) -> date | datetime:
    """A date where it is midnight, as calamine gives it: a workbook does not tell the two apart."""
    return value.date() if value.time() == time.min else value


def number_text(value: float) -> str:
    """A number as Excel shows it: 15 significant digits, no `.0`, so that 0.1 + 0.2 is 0.3 and not its binary noise.

    From 10^15 on the last digits are lost, as they are in Excel, and the text has an exponent: 4.40106199001011e+17
    shows that something is missing, where seventeen digits would pass for a whole number.
    """
    text = f"{value:.15g}"
    if text == "-0":
        return "0"
    return f"{Decimal(text):f}" if "e-" in text and value > 1e-15 else text


def duration_text(value: timedelta) -> str:
    """A duration as hours:minutes:seconds, also above a day: 30:15:00."""
    milliseconds = round(value / timedelta(milliseconds=1))
    seconds, fraction = divmod(abs(milliseconds), 1000)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}" + (f".{fraction:03}" if fraction else "")
    return f"-{text}" if milliseconds < 0 else text


def moment_text(value: datetime | time) -> str:
    """A date-time as ISO with a space, a time as ISO; milliseconds only where there are any."""
    if value.microsecond == 990_000:  # ODS: a fraction cut off after two digits where a clock time was computed
        if isinstance(value, time):
            value = (datetime.combine(date.min, value) + timedelta(milliseconds=10)).time()
        else:
            value += timedelta(milliseconds=10)
    return str(value)[:-3] if value.microsecond else str(value)


def _text(value: str) -> str | None:
    return value or None


def _iso_duration(value: str) -> str | None:
    if value.startswith(("PT", "-PT")) and (hit := _ISO_DURATION.fullmatch(value)):
        length = timedelta(hours=int(hit[2]), minutes=int(hit[3]), seconds=float(hit[4]))
        return duration_text(-length if hit[1] else length)
    return value or None


_TEXTS: dict[type, Callable[[Any], str | None]] = {
    str: _text,
    float: number_text,
    int: number_text,
    bool: lambda value: "true" if value else "false",
    datetime: moment_text,
    time: moment_text,
    date: str,
    timedelta: duration_text,
    type(None): lambda value: None,
}


def row_texts(rows: Sequence[Values], kind: str) -> list[Cells]:
    """Texts of rows, made as long as the longest; column by column, which is three times as fast as cell by cell.

    Rows of which a few are very long keep their lengths.
    """
    texts = {**_TEXTS, str: _iso_duration} if kind == "ods" else _TEXTS
    lengths = set(map(len, rows))
    width = max(lengths, default=0)
    if not width or width * len(rows) > MANY_CELLS:
        return [[texts[type(value)](value) for value in row] for row in rows]
    if len(lengths) > 1:
        rows = [row + [None] * (width - len(row)) for row in rows]
    return list(zip(*(_column_texts(column, texts) for column in zip(*rows, strict=True)), strict=True))


def _column_texts(column: Sequence[Any], texts: dict[type, Callable[[Any], str | None]]) -> Sequence[str | None]:
    kinds = set(map(type, column))
    if kinds == {str} and texts is _TEXTS:
        return [value or None for value in column] if "" in column else column
    if kinds == {float}:
        numbers = list(map("%.15g".__mod__, column))
        return numbers if not {"e", "-"} & set("".join(numbers)) else list(map(number_text, column))
    if kinds == {datetime}:
        moments = list(map(str, column))
        return moments if "." not in "".join(moments) else list(map(moment_text, column))
    if len(kinds) == 1:
        return list(map(texts[kinds.pop()], column))
    return [texts[type(value)](value) for value in column]
