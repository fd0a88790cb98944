"""Charts of a report, drawn offline from their Vega-Lite specifications to SVG for the page and to PNG for Dagster. The SVG keeps text as text, in the reader's fonts, in both languages and in
the page's colours; the PNG needs a Chinese font on the machine that draws it and falls back to English
without one. Numbers are not computed here."""

import re
import struct
import zlib
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
SCALES: Final = (2.0, 1.5, 1.0, 0.75)
GROWTH: Final = 1.25  # a packed picture has at least so much less of its bytes, as a power of its scale
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


def png(charts: Sequence[tuple[Chart, Table]], limit: int = 40_000) -> bytes:
    """The charts under one another as one PNG of at most `limit` bytes (the picture gets smaller until it
    fits), with titles in both languages, or in English when the machine has no Chinese font."""
    return _png(_stacked(charts), limit)


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
    """The charts under one another as one SVG file, in the languages that this machine can draw."""
    wide, down, parts = float(WIDTH), float(EDGE), ""
    for chart, table in charts:
        title = chart.title.both if has_chinese_font() else chart.title.en
        parts += (
            f'<text x="{EDGE}" y="{down + 13}" font-size="13" font-weight="bold" fill="{INK}">{_escaped(title)}</text>'
        )
        down += 24
        drawing = _drawn(chart, table)
        if drawing is None:
            text = NO_DATA.both if has_chinese_font() else NO_DATA.en
            parts += f'<text x="{EDGE}" y="{down + 20}" font-size="13" fill="{MUTED}">{_escaped(text)}</text>'
            down += 50
            continue
        inner, more = _said(drawing, chart)
        opening, _, inner = inner.partition(">")
        width, height = (float(found) for found in re.findall(r' (?:width|height)="([\d.]+)"', opening))
        parts += f'<g transform="translate({EDGE + more:.1f},{down})">{inner.removesuffix("</svg>")}</g>'
        wide, down = max(wide, width + more), down + height + 18
    size = f'width="{wide + 2 * EDGE}" height="{down}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FONTS}" fill="none">'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{parts}</svg>'
    )


def _said(drawing: Drawing, chart: Chart) -> tuple[str, float]:
    """The drawing as its picture reads, and the room that takes at the left: the names of a ranking are in both languages,
    other texts as they are drawn; without a Chinese font all are in English."""
    is_ranking, can = chart.kind == "ranking", has_chinese_font()
    if can and not is_ranking:
        return drawing.text, 0.0
    wider = 0.0

    def say(found: re.Match[str]) -> str:
        nonlocal wider
        text = drawing.pairs.get(unescape(found[1]))
        if text is None:
            return found[0]
        said = text.both if can else text.en
        wider = max(wider, room_of(said) * LETTER - LABEL)
        return f">{_escaped(said)}</text>"

    return re.sub(r">([^<]*)</text>", say, drawing.text), wider if is_ranking else 0.0


@lru_cache(maxsize=8)  # that there is nothing to draw is drawn often
def _png(drawn: str, limit: int) -> bytes:
    picture, before = b"", 0.0
    for scale in SCALES:
        if len(picture) * (scale / (before or scale)) ** GROWTH > limit and scale != SCALES[-1]:
            continue  # one step smaller would not do
        picture, before = _packed(vl_convert.svg_to_png(drawn, scale=scale)), scale
        if len(picture) <= limit:
            break
    return picture


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
    packed = zlib.compress(zlib.decompress(content), 7)
    return before + _png_chunk(b"IDAT", packed) + _png_chunk(b"IEND", b"")


def _png_chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


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
