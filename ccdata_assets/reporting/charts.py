"""Charts of a report, drawn offline from their Vega-Lite specifications to SVG: for the page in both languages and in the page's
colours, for Dagster as one picture. Text stays text, in the reader's fonts. Numbers are not computed here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from typing import Final
from xml.etree import ElementTree

import vl_convert

from ccdata_assets.reporting.model import NO_DATA, Chart, Table, Text
from ccdata_assets.reporting.vega_lite import (
    FONTS,
    GRID,
    INK,
    LABEL,
    MEASURED,
    MUTED,
    SERIES,
    TARGET,
    WIDTH,
    room_of,
    specification,
)

EDGE: Final = 12  # pixels around a picture
LETTER: Final = 6.3  # and about one letter
SILENT: Final = re.compile(r' (?:aria-[a-z]+|class|font-family|role)="[^"]*"')  # what a picture does not show
VARIABLES: Final = {  # colours here → custom properties of the page, so that a chart follows its theme
    **{colour: f"var(--series-{i})" for i, colour in enumerate(SERIES, 1)},
    TARGET: "var(--target)",
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    GRID: "var(--grid)",
}


@dataclass(frozen=True)
class Drawing:
    """A chart as Vega draws it (SVG), each of its texts in the longer of two languages and in no font of its own, and what
    that stands for."""

    text: str
    pairs: Mapping[str, Text]


def svg(chart: Chart, table: Table) -> str | None:
    """The chart as an inline SVG element for an HTML page: no namespace, no address, colours as custom
    properties, names as pairs of `<tspan class="zh">` and `<tspan class="en">`, what a mark means in
    `data-zh` and `data-en`. None when there is nothing to draw."""
    drawing = _drawn(chart, table)
    if drawing is None:
        return None
    root = ElementTree.fromstring(drawing.text)
    inner = "".join(_tidied(part, drawing.pairs) for part in root)
    box, label = root.get("viewBox", ""), _escaped(chart.title.both)
    return f'<svg viewBox="{_rounded(box)}" role="img" aria-label="{label}">{inner}</svg>'


def picture(charts: Sequence[tuple[Chart, Table]], limit: int = 40_000) -> str:
    """The charts under one another as one SVG file, as many from the first on as keep it within `limit` characters, but always the
    first; titles and the names of a ranking in both languages, other texts in the longer one."""
    drawn = _stacked(charts)
    while len(drawn) > limit and len(charts) > 1:
        charts = charts[:-1]
        drawn = _stacked(charts)
    return drawn


@lru_cache(maxsize=256)  # the charts of a month: its pictures show what its page has drawn
def _drawn(chart: Chart, table: Table) -> Drawing | None:
    pairs: dict[str, Text] = {}

    def longer(text: Text) -> str:  # the drawing leaves room for one language; the other is put beside it afterwards
        told = max(text, key=room_of)
        pairs.setdefault(told, text)
        return told

    drawing = specification(chart, table, longer)
    if drawing is None:
        return None
    return Drawing(vl_convert.vegalite_to_svg(drawing).replace(f' font-family="{MEASURED}"', ""), pairs)


def _stacked(charts: Sequence[tuple[Chart, Table]]) -> str:
    wide, down, parts = float(WIDTH), float(EDGE), ""
    for chart, table in charts:
        parts += f'<text x="{EDGE}" y="{down + 13}" font-size="13" font-weight="bold" fill="{INK}">{_escaped(chart.title.both)}</text>'
        down += 24
        drawing = _drawn(chart, table)
        if drawing is None:
            parts += f'<text x="{EDGE}" y="{down + 20}" font-size="13" fill="{MUTED}">{_escaped(NO_DATA.both)}</text>'
            down += 50
            continue
        inner, more = _said(drawing, chart)
        opening, _, inner = inner.partition(">")
        width, height = (float(found) for found in re.findall(r' (?:width|height)="([\d.]+)"', opening))
        parts += f'<g transform="translate({EDGE + more:.1f},{down})">{_rounded(SILENT.sub("", inner.removesuffix("</svg>")))}</g>'
        wide, down = max(wide, width + more), down + height + 18
    size = f'width="{wide + 2 * EDGE:.0f}" height="{down:.0f}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FONTS}" fill="none">'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{parts}</svg>'
    )


def _said(drawing: Drawing, chart: Chart) -> tuple[str, float]:
    """The drawing as its picture reads, and the room that takes at the left: the names of a ranking are in both languages,
    other texts as they are drawn."""
    if chart.kind != "ranking":
        return drawing.text, 0.0
    wider = 0.0

    def say(found: re.Match[str]) -> str:
        nonlocal wider
        text = drawing.pairs.get(unescape(found[1]))
        if text is None:
            return found[0]
        wider = max(wider, room_of(text.both) * LETTER - LABEL)
        return f">{_escaped(text.both)}</text>"

    return re.sub(r">([^<]*)</text>", say, drawing.text), wider


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
