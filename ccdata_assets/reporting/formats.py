"""How a number reads, once for page, charts, Markdown and workbook: text for people and Excel's number
formats. Which number is shown is not decided here."""

from datetime import date
from math import floor, log10
from typing import Final

from ccdata_assets.reporting.model import NUMERIC, Cell, Text, Unit

BLANK: Final = "–"  # a cell without data; the page and the workbook explain the sign
MARKS: Final = {True: "✓", False: "✗", None: ""}

DECIMALS: Final[dict[str, int]] = {"count": 0, "percent": 2, "seconds": 1, "bytes": 0, "money": 2}
"""Decimals of a unit; those of a plain number go by its size."""
MOST: Final = 6
POINTS: Final = Text("个百分点", "pp")
DAYS: Final = {"date": "yyyy-mm-dd", "datetime": "yyyy-mm-dd hh:mm"}
"""Excel's formats of days and times."""


def decimals(value: float, unit: Unit) -> int:
    """How many decimals a number is shown with: of a plain one none where it is whole, one from 100 on, two from 1 on; of a
    smaller one, a share or a correlation, four, or as many as its first two digits take."""
    if unit != "number":
        return DECIMALS.get(unit, 0)
    size = abs(value)
    if float(value).is_integer():
        return 0
    if size >= 1:
        return 1 if size >= 100 else 2
    return min(MOST, max(4, 1 - floor(log10(size))))


def excel(value: float, unit: Unit) -> str:
    """Excel's format of a number, which shows what pages show and leaves the cell its value."""
    places = "." + "0" * found if (found := decimals(value, unit)) else ""
    return f"0{places}%" if unit == "percent" else f"#,##0{places}"


def excel_change(value: float, unit: Unit, points: str) -> tuple[float, str]:
    """A difference as Excel's cell has it, and its format, with its sign; of two ratios it is in percentage points, named `points`."""
    form = f'0.00" {points}"' if unit == "percent" else excel(value, unit)
    return value * 100 if unit == "percent" else value, f"+{form};-{form};{form}"


def number(value: float, unit: Unit, digits: int = 2) -> str:
    """A number as text, `digits` being the decimals of a percent. A share that is not quite all or nothing is
    never rounded to it: 0.99999 reads >99.99%."""
    if unit == "percent":
        text = f"{value:.{digits}%}"
        if value < 1 and text == f"{1:.{digits}%}":
            return f">{1 - 10 ** -(digits + 2):.{digits}%}"
        if value > 0 and text == f"{0:.{digits}%}":
            return f"<{10 ** -(digits + 2):.{digits}%}"
        return text
    if unit == "bytes":
        return _size(value)
    places = decimals(value, unit)
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if unit == "number" and places else text


def quantity(value: float, unit: Unit) -> Text:
    """A number with its unit in words, for figures and tooltips."""
    text = number(value, unit)
    return Text(f"{text} 秒", f"{text} s") if unit == "seconds" else Text.same(text)


def change(value: float, unit: Unit) -> Text:
    """A difference with its sign; of two ratios it is in percentage points."""
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    if unit == "percent":
        points = f"{sign}{abs(value) * 100:.2f}"
        return Text(f"{points} {POINTS.zh}", f"{points} {POINTS.en}")
    size = quantity(abs(value), unit)
    return Text(sign + size.zh, sign + size.en)


WEEKDAYS: Final = (
    Text("周一", "Mon"), Text("周二", "Tue"), Text("周三", "Wed"), Text("周四", "Thu"), Text("周五", "Fri"), Text("周六", "Sat"),
    Text("周日", "Sun"),
)  # fmt: skip


def weekday(day: date) -> Text:
    """What a day of the week is called."""
    return WEEKDAYS[day.weekday()]


def cell(value: Cell, unit: Unit, digits: int = 2) -> Text:
    """A table cell as text; a missing number has a sign, a missing text is empty."""
    if value is None:
        return Text.same(BLANK if unit in NUMERIC else "")
    if isinstance(value, Text):
        return value
    if isinstance(value, bool):
        return Text.same(MARKS[value])
    if isinstance(value, int | float):
        return Text.same(number(value, unit, digits))
    return Text.same(value.replace("T", " ") if unit == "datetime" else value)


def _size(count: float) -> str:
    for unit in ("B", "KB", "MB"):
        if count < 1024:
            return f"{count:,.0f} {unit}" if unit == "B" else f"{count:,.1f} {unit}"
        count /= 1024
    return f"{count:,.1f} GB"
