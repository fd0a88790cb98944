"""Charts of a report: a Vega-Lite specification (altair) from a chart and its table, drawn offline to SVG for
the page and to PNG for Dagster. The SVG keeps text as text, in the reader's fonts, in both languages and in
the page's colours; the PNG needs a Chinese font on the machine that draws it and falls back to English
without one. Numbers are not computed here."""

import re
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from xml.etree import ElementTree

import altair as alt
import vl_convert

from ccdata_assets.reporting import formats
from ccdata_assets.reporting.model import NO_DATA, Cell, Chart, Table, Text, Unit

FONTS: Final = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, WenQuanYi Micro Hei, sans-serif"
SERIES: Final = ("#2f6690", "#d08c2f", "#3a8f7d", "#a8577e")
TARGET: Final = "#b4543f"
INK: Final = "#20262d"
MUTED: Final = "#69727d"
GRID: Final = "#e7e8e6"
VARIABLES: Final = {  # colours here → custom properties of the page, so that a chart follows its theme
    **{colour: f"var(--series-{i})" for i, colour in enumerate(SERIES, 1)},
    TARGET: "var(--target)",
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    GRID: "var(--grid)",
}
WIDTH: Final = 440
HEIGHT: Final = 200
BAR: Final = 19  # height of one bar of a ranking
LABEL: Final = 108  # room for its names
SIDE: Final = 52  # room for the numbers of a vertical axis


@lru_cache(maxsize=10_000)  # the page is written again after each report of a run, its charts need not be
def svg(chart: Chart, table: Table) -> str | None:
    """The chart as an inline SVG element for an HTML page: no namespace, no address, colours as custom
    properties, names as pairs of `<tspan class="zh">` and `<tspan class="en">`, what a mark means in
    `data-zh` and `data-en`. None when there is nothing to draw."""
    pairs: dict[str, Text] = {}

    def longer(text: Text) -> str:  # the drawing leaves room for one language; the other is put beside it afterwards
        told = max(text, key=_room)
        pairs.setdefault(told, text)
        return told

    drawing = specification(chart, table, longer)
    if drawing is None:
        return None
    root = ElementTree.fromstring(vl_convert.vegalite_to_svg(drawing))
    inner = "".join(_tidied(part, pairs) for part in root)
    box, label = root.get("viewBox", ""), _escaped(chart.title.both)
    return f'<svg viewBox="{_rounded(box)}" role="img" aria-label="{label}">{inner}</svg>'


def png(charts: Sequence[tuple[Chart, Table]], limit: int = 40_000) -> bytes:
    """The charts under one another as one PNG of at most `limit` bytes (the picture gets smaller until it
    fits), with titles in both languages, or in English when the machine has no Chinese font."""
    name: Callable[[Text], str] = (lambda text: text.both) if has_chinese_font() else (lambda text: text.en)
    drawings = []
    for chart, table in charts:
        drawing = specification(chart, table, name) or _nothing(name(NO_DATA))
        title = {"text": name(chart.title), "anchor": "start", "color": INK, "fontSize": 13, "offset": 10}
        drawings.append(
            {key: part for key, part in drawing.items() if key not in ("$schema", "config")} | {"title": title}
        )
    whole = {"vconcat": drawings, "spacing": 18, "padding": 12, "config": _config()}
    for scale in (2.0, 1.5, 1.0, 0.75):
        picture = _packed(vl_convert.vegalite_to_png(whole, scale=scale))
        if len(picture) <= limit:
            break
    return picture


def specification(chart: Chart, table: Table, name: Callable[[Text], str]) -> dict[str, Any] | None:
    """The chart as a Vega-Lite specification, its data inside; `name` says how to write a text. None when no
    series has a value."""
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
                 "about": name(about), "shown": shown.zh}
            )  # fmt: skip
    if not values:
        return None
    source = _inline(data)
    colour = alt.Color(
        "series:N", scale=alt.Scale(domain=list(chart.series), range=list(SERIES[: len(series)])), legend=None
    )
    if chart.kind == "ranking":
        drawing = _ranking(source, colour, categories, values)
    else:
        spanned = values if chart.target is None else [*values, chart.target]
        drawing = _series(source, colour, chart, unit, x_unit, categories, spanned)
    return drawing | {"config": _config()}


@lru_cache(maxsize=1)
def has_chinese_font() -> bool:
    """Whether a PNG drawn on this machine can show Chinese: without a font two different characters look the
    same."""
    one, other = (
        vl_convert.svg_to_png(
            '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24">'
            f'<text y="20" font-family="{FONTS}">{sign}</text></svg>'
        )
        for sign in "中国"
    )
    return one != other


def _series(
    source: alt.Data,
    colour: alt.Color,
    chart: Chart,
    unit: Unit,
    x_unit: Unit,
    categories: list[str],
    values: list[float],
) -> dict[str, Any]:
    x = alt.X(
        "x:O", sort=None, title=None, scale=alt.Scale(domain=categories),
        axis=alt.Axis(labelExpr=_x_label(x_unit, len(categories)), labelOverlap=False, **_x_angle(x_unit, categories),
                      ticks=False, labelPadding=7),
    )  # fmt: skip
    scale = alt.Scale(domain=_domain(values, unit, chart.kind == "bar"), nice=False, zero=False)
    y = alt.Y(
        "y:Q", title=None, scale=scale,
        axis=alt.Axis(format=_y_format(values, unit), tickCount=4, domain=False, ticks=False, grid=True,
                      labelPadding=6,                      minExtent=SIDE, maxExtent=SIDE),
    )  # fmt: skip
    base = alt.Chart(source).encode(x=x, y=y, color=colour)
    about = alt.Description("about:N")
    layers: list[alt.Chart] = []
    if chart.kind == "bar":
        bars = base.encode(description=about)
        if len(chart.series) > 1:
            bars = bars.encode(xOffset=alt.XOffset("series:N", sort=list(chart.series)))
        layers.append(bars.mark_bar(width={"band": 0.66}))
    if chart.target is not None:  # over bars, under lines
        goal = alt.Chart(_inline([{"goal": chart.target}])).encode(y=alt.Y("goal:Q", scale=scale))
        layers.append(goal.mark_rule(color=TARGET, strokeDash=[4, 4], strokeWidth=1.2, aria=False))
    if chart.kind == "line":
        points = base.transform_filter("isValid(datum.y)")
        layers.append(base.mark_line(strokeWidth=2, aria=False))
        layers.append(points.mark_point(filled=True, opacity=1, size=26, aria=False))
        layers.append(points.mark_point(filled=True, opacity=0, size=330).encode(description=about))
    return _specified(alt.layer(*layers).properties(width=WIDTH - SIDE - 16, height=HEIGHT))


def _ranking(source: alt.Data, colour: alt.Color, categories: list[str], values: list[float]) -> dict[str, Any]:
    y = alt.Y(
        "x:N", sort=None, title=None, scale=alt.Scale(domain=categories),
        axis=alt.Axis(labelExpr="substring(datum.value, 4)", labelLimit=0, ticks=False, domain=False,
                      labelPadding=8,                      minExtent=LABEL, maxExtent=LABEL),
    )  # fmt: skip
    low, high = min(0.0, *values), max(0.0, *values)
    room = (high - low) * 0.18 or 1.0  # for the number after the bar
    x = alt.X(
        "y:Q",
        title=None,
        axis=None,
        scale=alt.Scale(domain=[low - (room if low < 0 else 0), high + room], nice=False),
    )
    base = alt.Chart(source).encode(x=x, y=y)
    bars = base.mark_bar(height={"band": 0.66}).encode(
        x=x, x2=alt.X2Datum(0), color=colour, description=alt.Description("about:N")
    )
    numbers = base.mark_text(align="left", dx=5, color=MUTED, fontSize=11.5, aria=False).encode(
        x=alt.X("end:Q"), text="shown:N"
    )
    return _specified(alt.layer(bars, numbers).properties(width=WIDTH - LABEL - 12, height=BAR * len(categories)))


def _x_angle(unit: Unit, categories: list[str]) -> dict[str, Any]:
    """Names that are too long to stand side by side lean; those of months, days and hours never are."""
    longest = max(_room(name[4:]) for name in categories)
    if unit in ("month", "date", "hour") or longest * 6.5 * min(len(categories), 12) < WIDTH - SIDE - 16:
        return {"labelAngle": 0}
    return {"labelAngle": -28, "labelAlign": "right"}


def _x_label(unit: Unit, count: int) -> str:
    """Vega expression for the labels below: months with the year once, every fifth day."""
    if unit == "month":
        month, year = "substring(datum.value, 9, 11)", "substring(datum.value, 4, 8)"
        return f"substring(datum.value, 0, 4) == '0000' || {month} == '01' ? [{month}, {year}] : {month}"
    if unit == "date":
        day = "toNumber(substring(datum.value, 12, 14))"
        return f"{day} == 1 || {day} % 5 == 0 ? {day} : ''"
    text = "substring(datum.value, 4)"
    return f"toNumber(substring(datum.value, 0, 4)) % {-(-count // 12)} == 0 ? {text} : ''"


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


def _nothing(text: str) -> dict[str, Any]:
    mark = alt.Chart(_inline([{"text": text}])).mark_text(color=MUTED, fontSize=13, aria=False).encode(text="text:N")
    return _specified(mark.properties(width=WIDTH - SIDE - 16, height=90))


def _inline(values: list[dict[str, Any]]) -> alt.Data:
    return alt.Data(values=values)  # type: ignore[no-untyped-call]


def _specified(drawing: alt.Chart | alt.LayerChart | alt.FacetChart) -> dict[str, Any]:
    specification: dict[str, Any] = drawing.to_dict()
    return specification


def _config() -> dict[str, Any]:
    return {
        "font": FONTS,
        "background": "#ffffff",
        "view": {"stroke": None},
        "axis": {
            "labelFont": FONTS, "labelFontSize": 11.5, "labelColor": MUTED, "gridColor": GRID,
            "domainColor": GRID,
        },
        "text": {"font": FONTS},
        "title": {"font": FONTS, "fontWeight": "bold"},
    }  # fmt: skip


def _packed(png: bytes) -> bytes:
    """The same picture in a fifth of the bytes: vl-convert hardly compresses (a PNG is a signature, then
    length, name, content and CRC of each chunk; the IDAT chunks together are one zlib stream)."""
    before, content, at = png[:8], b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        name, chunk = png[at + 4 : at + 8], png[at : at + 12 + length]
        if name == b"IDAT":
            content += chunk[8:-4]
        elif name != b"IEND":
            before += chunk
        at += len(chunk)
    packed = zlib.compress(zlib.decompress(content), 9)
    return before + _png_chunk(b"IDAT", packed) + _png_chunk(b"IEND", b"")


def _png_chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _short(label: Text, room: int = 18) -> Text:
    """The label cut to the room a name has, a Chinese character taking two."""
    return Text(_cut(label.zh, room), _cut(label.en, room))


def _room(text: str) -> int:
    return sum(2 if ord(sign) > 0x2E7F else 1 for sign in text)


def _cut(text: str, room: int) -> str:
    used = 0
    for at, sign in enumerate(text):
        used += 2 if ord(sign) > 0x2E7F else 1
        if used > room:
            return text[:at].rstrip() + "…"
    return text


def _number(value: Cell) -> float:
    if isinstance(value, int | float):
        return value
    raise TypeError(f"a chart needs numbers, not {type(value).__name__}")


KEPT: Final = {
    "d", "x", "y", "x1", "y1", "x2", "y2", "dx", "dy", "width", "height", "transform", "fill", "stroke",
    "stroke-width",    "stroke-dasharray", "opacity", "text-anchor", "font-size", "font-weight",
}  # fmt: skip
DEFAULTS: Final = {
    "opacity": "1",
    "stroke-width": "1",
    "transform": "translate(0,0)",
    "fill": "",
    "x2": "0",
    "y2": "0",
}


def _tidied(element: ElementTree.Element, pairs: Mapping[str, Text]) -> str:
    """One element of Vega's SVG as HTML: what draws nothing left out, languages apart, colours as custom
    properties."""
    tag = element.tag.rpartition("}")[2]
    role = element.get("class", "")
    if element.get("display") == "none" or role == "background" or element.get("fill") == "#ffffff":
        return ""
    about = element.get("aria-label", "") if element.get("aria-roledescription") in ("bar", "point", "circle") else ""
    kept = {key: VARIABLES.get(value, value) for key, value in element.attrib.items() if key in KEPT and value}
    kept = {key: _rounded(value) for key, value in kept.items() if DEFAULTS.get(key) != value}
    if about:
        kept["data-zh"], kept["data-en"] = pairs.get(about, Text.same(about))
    inner = "".join(_tidied(part, pairs) for part in element)
    text = element.text or ""
    zh, en = pairs.get(text, Text.same(text))
    if zh != en:
        inner += f'<tspan class="zh">{_escaped(zh)}</tspan><tspan class="en">{_escaped(en)}</tspan>'
    else:
        inner += _escaped(text)
    if not inner and tag in ("g", "text", "tspan"):
        return ""
    if tag == "g" and not kept:
        return inner
    attributes = "".join(f' {key}="{_escaped(value)}"' for key, value in kept.items())
    return f"<{tag}{attributes}>{inner}</{tag}>" if inner else f"<{tag}{attributes}/>"


def _rounded(text: str) -> str:
    return re.sub(r"-?\d+\.\d{2,}", lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), text)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
