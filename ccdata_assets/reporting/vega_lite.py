"""Charts as Vega-Lite specifications: plain data from a chart and its table, which `charts` draws. altair, which knows the
schema, checks them in the tests and not here: to build one through it takes as long as to draw it. Numbers are not
computed here."""

from collections.abc import Callable
from typing import Any, Final

from ccdata_assets.reporting import formats
from ccdata_assets.reporting.model import Cell, Chart, Table, Text, Unit

FONTS: Final = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, WenQuanYi Micro Hei, sans-serif"
MEASURED: Final = "sans-serif"
"""The font that room for texts is measured in: Vega measures each text by itself, in a large Chinese font for longer than all
other drawing takes."""
SERIES: Final = ("#2f6690", "#d08c2f", "#3a8f7d", "#a8577e")
TARGET: Final = "#b4543f"
INK: Final = "#20262d"
MUTED: Final = "#69727d"
GRID: Final = "#e7e8e6"
WIDTH: Final = 440
HEIGHT: Final = 200
BAR: Final = 19  # height of one bar of a ranking
LABEL: Final = 108  # room for its names
SIDE: Final = 52  # room for the numbers of a vertical axis
FEW_DAYS: Final = 10  # are all named
ABOUT: Final = {"field": "about", "type": "nominal"}  # what a mark says when it is pointed at


def specification(chart: Chart, table: Table, name: Callable[[Text], str]) -> dict[str, Any] | None:
    """The chart as a Vega-Lite specification, its data inside; `name` says how to write a text. None when no
    series has a value."""
    if chart.kind == "points":
        return _points(chart, table, name)
    places = [table.position(key) for key in chart.series]
    rows = table.rows
    if chart.kind == "ranking":  # a part without a value has no bar and takes no room
        rows = tuple(row for row in rows if any(row[place] is not None for place in places))
    rows = rows[: chart.first]
    x_at = table.position(chart.x)
    x_unit = table.columns[x_at].unit
    series = [table.columns[table.position(key)] for key in chart.series]
    unit = series[0].unit
    labels = [formats.cell(row[x_at], x_unit) for row in rows]
    # numbered, because the same name may come twice
    categories = [f"{order:04d}{name(_short(label))}" for order, label in enumerate(labels)]
    data: list[dict[str, Any]] = []
    values: list[float] = []
    for order, row in enumerate(rows):
        for column in series:
            value = row[table.position(column.key)]
            if value is None:
                gap = {"x": categories[order], "y": None, "series": column.key}
                data += [gap] if chart.kind == "line" else []
                continue
            number = _number(value)
            shown = formats.quantity(number, unit)
            about = Text.joined(labels[order], Text.joined(column.title, shown, between=" "))
            values.append(number)
            data.append(
                {"x": categories[order], "y": number, "end": max(number, 0), "series": column.key,
                 "about": name(about), "shown": formats.number(number, unit)}
            )  # fmt: skip
    if not values:
        return None
    colour = {
        "field": "series", "type": "nominal", "legend": None,
        "scale": {"domain": list(chart.series), "range": list(SERIES[: len(series)])},
    }  # fmt: skip
    if chart.kind == "ranking":
        drawing = _ranking(colour, categories, values)
    else:
        spanned = values if chart.target is None else [*values, chart.target]
        drawing = _series(colour, chart, unit, x_unit, categories, spanned)
    return {"data": {"values": data}, **drawing, "config": config()}


def config() -> dict[str, Any]:
    """Fonts and colours of every drawing."""
    return {
        "font": MEASURED,
        "background": "#ffffff",
        "view": {"stroke": None},
        "axis": {
            "labelFont": MEASURED, "labelFontSize": 11.5, "labelColor": MUTED, "gridColor": GRID,
            "domainColor": GRID,
        },
        "text": {"font": MEASURED},
        "title": {"font": MEASURED, "fontWeight": "bold"},
    }  # fmt: skip


def _series(
    colour: dict[str, Any], chart: Chart, unit: Unit, x_unit: Unit, categories: list[str], values: list[float]
) -> dict[str, Any]:
    scale = {"domain": _domain(values, unit, chart.kind == "bar"), "nice": False, "zero": False}
    encoding = {
        "x": {
            "field": "x", "type": "ordinal", "sort": None, "title": None, "scale": {"domain": categories},
            "axis": {"labelExpr": _x_label(x_unit, len(categories)), "labelOverlap": False,
                     **_x_angle(x_unit, categories), "ticks": False, "labelPadding": 7},
        },
        "y": {
            "field": "y", "type": "quantitative", "title": None, "scale": scale,
            "axis": {"format": _y_format(values, unit), "tickCount": 4, "domain": False, "ticks": False, "grid": True,
                     "labelPadding": 6, "minExtent": SIDE, "maxExtent": SIDE},
        },
        "color": colour,
    }  # fmt: skip
    told = encoding | {"description": ABOUT}
    layers: list[dict[str, Any]] = []
    if chart.kind == "bar":
        beside = {"xOffset": {"field": "series", "type": "nominal", "sort": list(chart.series)}}
        bars = told | beside if len(chart.series) > 1 else told
        layers.append({"mark": {"type": "bar", "width": {"band": 0.66}}, "encoding": bars})
    if chart.target is not None:  # over bars, under lines
        goal = {"type": "rule", "color": TARGET, "strokeDash": [4, 4], "strokeWidth": 1.2, "aria": False}
        at = {"y": {"field": "goal", "type": "quantitative", "scale": scale}}
        layers.append({"data": {"values": [{"goal": chart.target}]}, "mark": goal, "encoding": at})
    if chart.kind == "line":
        known = [{"filter": "isValid(datum.y)"}]
        point = {"type": "point", "filled": True}
        layers += [
            {"mark": {"type": "line", "strokeWidth": 2, "aria": False}, "encoding": encoding},
            {"mark": point | {"opacity": 1, "size": 26, "aria": False}, "encoding": encoding, "transform": known},
            {"mark": point | {"opacity": 0, "size": 330}, "encoding": told, "transform": known},
        ]
    return {"layer": layers, "width": WIDTH - SIDE - 16, "height": HEIGHT}


def _points(chart: Chart, table: Table, name: Callable[[Text], str]) -> dict[str, Any] | None:
    """A mark a row over a number, named by the first column, and the limits that go with that number as lines."""
    x_at, y_at = table.position(chart.x), table.position(chart.series[0])
    rows = [row for row in table.rows[: chart.first] if row[x_at] is not None and row[y_at] is not None]
    if not rows:
        return None
    x_column, y_column = table.columns[x_at], table.columns[y_at]
    marks: list[dict[str, Any]] = [
        {
            "x": _number(row[x_at]),
            "y": _number(row[y_at]),
            "about": name(
                Text.joined(
                    formats.cell(row[0], table.columns[0].unit),
                    Text.joined(y_column.title, formats.quantity(_number(row[y_at]), y_column.unit), between=" "),
                    Text.joined(x_column.title, formats.quantity(_number(row[x_at]), x_column.unit), between=" "),
                )
            ),
        }
        for row in rows
    ]  # fmt: skip
    lines: list[dict[str, Any]] = [
        {"x": _number(row[x_at]), "y": _number(row[table.position(key)]), "line": key}
        for key in chart.limits
        for row in rows
        if row[table.position(key)] is not None
    ]
    values = [mark["y"] for mark in marks] + [line["y"] for line in lines]
    scale = {"domain": _domain(values, y_column.unit, from_zero=False), "nice": False, "zero": False}
    axis = {"tickCount": 4, "domain": False, "ticks": False, "grid": True, "labelPadding": 6}
    x = {"field": "x", "type": "quantitative", "title": None, "scale": {"zero": False, "nice": True},
         "axis": axis | {"format": "~s" if max(mark["x"] for mark in marks) >= 10_000 else ",~f", "grid": False}}  # fmt: skip
    y = {"field": "y", "type": "quantitative", "title": None, "scale": scale,
         "axis": axis | {"format": _y_format(values, y_column.unit), "minExtent": SIDE, "maxExtent": SIDE}}  # fmt: skip
    limit = {
        "data": {"values": lines},
        "mark": {"type": "line", "strokeWidth": 1.2, "aria": False, "color": MUTED},
        "encoding": {"x": x, "y": y, "detail": {"field": "line", "type": "nominal"}},
    }
    point = {
        "mark": {"type": "point", "filled": True, "opacity": 1, "size": 42, "color": SERIES[0]},
        "encoding": {"x": x, "y": y, "description": ABOUT},
    }
    layers = [limit, point] if lines else [point]
    drawing = {"layer": layers, "width": WIDTH - SIDE - 16, "height": HEIGHT}
    return {"data": {"values": marks}, **drawing, "config": config()}


def _ranking(colour: dict[str, Any], categories: list[str], values: list[float]) -> dict[str, Any]:
    y = {
        "field": "x", "type": "nominal", "sort": None, "title": None, "scale": {"domain": categories},
        "axis": {"labelExpr": "substring(datum.value, 4)", "labelLimit": 0, "ticks": False, "domain": False,
                 "labelPadding": 8, "minExtent": LABEL, "maxExtent": LABEL},
    }  # fmt: skip
    low, high = min(0.0, *values), max(0.0, *values)
    room = (high - low) * 0.18 or 1.0  # for the number after the bar
    scale = {"domain": [low - (room if low < 0 else 0), high + room], "nice": False}
    x = {"field": "y", "type": "quantitative", "title": None, "axis": None, "scale": scale}
    number = {"type": "text", "align": "left", "dx": 5, "color": MUTED, "fontSize": 11.5, "aria": False}
    bars = {
        "mark": {"type": "bar", "height": {"band": 0.66}},
        "encoding": {"x": x, "x2": {"datum": 0}, "y": y, "color": colour, "description": ABOUT},
    }
    numbers = {
        "mark": number,
        "encoding": {"x": {"field": "end", "type": "quantitative"}, "y": y,
                     "text": {"field": "shown", "type": "nominal"}},
    }  # fmt: skip
    return {"layer": [bars, numbers], "width": WIDTH - LABEL - 12, "height": BAR * len(categories)}


def _x_angle(unit: Unit, categories: list[str]) -> dict[str, Any]:
    """Names that are too long to stand side by side lean; those of months, days and hours never are."""
    longest = max(room_of(name[4:]) for name in categories)
    if unit in ("month", "date", "hour") or (longest + 1) * 6.5 * min(len(categories), 12) < WIDTH - SIDE - 16:
        return {"labelAngle": 0}
    return {"labelAngle": -28, "labelAlign": "right"}


def _x_label(unit: Unit, count: int) -> str:
    """Vega expression for the labels below: months with the year once, every fifth day."""
    if unit == "month":
        month, year = "substring(datum.value, 9, 11)", "substring(datum.value, 4, 8)"
        return f"substring(datum.value, 0, 4) == '0000' || {month} == '01' ? [{month}, {year}] : {month}"
    if unit == "date" and count <= FEW_DAYS:
        return "substring(datum.value, 9, 14)"
    if unit == "date":
        day = "toNumber(substring(datum.value, 12, 14))"
        return f"{day} == 1 || {day} % 5 == 0 ? {day} : ''"
    text = "substring(datum.value, 4)"
    labels = 8 if unit == "hour" and count > 24 else 12  # half hours are written longer than hours
    return f"toNumber(substring(datum.value, 0, 4)) % {-(-count // labels)} == 0 ? {text} : ''"


def _domain(values: list[float], unit: Unit, from_zero: bool) -> list[float]:
    """What the vertical axis spans: bars begin at zero; a line fills the room, and a share is never drawn
    below 0% or above 100%."""
    low, high = min(values), max(values)
    margin = (high - low) * 0.15 or abs(high) * 0.05 or 1.0
    if unit == "percent":
        margin = max(margin, 0.004)
    below = min(0.0, low - margin if low < 0 else 0.0) if from_zero else low - margin
    above = max(0.0, high + margin) if from_zero else high + margin
    if low >= 0:
        below = max(0.0, below)
    if unit == "percent" and high <= 1:
        above = min(1.0, above)
    return [below, above]


def _y_format(values: list[float], unit: Unit) -> str:
    if unit == "percent":
        return ".1%" if max(values) - min(values) < 0.06 else ".0%"
    return "~s" if max(abs(value) for value in values) >= 1_000_000 else ",~f"


def _short(label: Text, room: int = 18) -> Text:
    """The label cut to the room a name has, a Chinese character taking two."""
    return Text(_cut(label.zh, room), _cut(label.en, room))


def _cut(text: str, room: int) -> str:
    used = 0
    for at, sign in enumerate(text):
        used += 2 if ord(sign) > 0x2E7F else 1
        if used > room:
            return text[:at].rstrip() + "…"
    return text


def room_of(text: str) -> int:
    """How wide a text is, a Chinese character being two."""
    return sum(2 if ord(sign) > 0x2E7F else 1 for sign in text)


def _number(value: Cell) -> float:
    if isinstance(value, int | float):
        return value
    raise TypeError(f"a chart needs numbers, not {type(value).__name__}")
