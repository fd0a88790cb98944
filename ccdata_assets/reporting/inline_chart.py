"""A chart small enough for Dagster to show it without a click: its UI folds Markdown of 1,000 characters and more.
Bars of the rates against their targets, in plain SVG as a data URI; the full charts are on the page."""

import base64
from collections.abc import Sequence
from html import escape
from typing import Final

from ccdata_assets.reporting.model import Figure

FOLDED_AT: Final = 1000  # characters of Markdown from which Dagster's UI shows a link instead
ROW: Final = 20
LABEL: Final = 190
WIDTH: Final = 220


def image(name: str, svg: str) -> str:
    """An SVG file as an image within Markdown, which needs no file beside it."""
    return f"![{name}](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})"


def rates_markdown(figures: Sequence[Figure]) -> str:
    """The figures in percent that have a value as Markdown with one inline picture: a bar each, a tick at its target.
    Leaves the last ones out where they would not fit."""
    rates = [figure for figure in figures if figure.unit == "percent" and figure.value is not None]
    if not rates:
        return "无数据 no data"
    while True:
        markdown = image(f"{len(rates)} rates", _svg(rates))
        if len(markdown) < FOLDED_AT:
            return markdown
        rates = rates[:-1]


def _svg(rates: Sequence[Figure]) -> str:
    bars, targets, labels = "", "", ""
    for place, figure in enumerate(rates):
        y = ROW * place + 10
        bars += f"M{LABEL} {y}h{WIDTH * min(float(figure.value or 0), 1):.0f}"
        if figure.target is not None:
            targets += f"M{LABEL + WIDTH * figure.target:.0f} {y - 9}v18"
        labels += f'<text y="{y + 4}">{escape(figure.title.en)} {float(figure.value or 0):.1%}</text>'
    size = f'width="{LABEL + WIDTH + 10}" height="{ROW * len(rates)}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-size="12" font-family="sans-serif" fill="#7a828c">'
        f'<path stroke="#2f6690" stroke-width="12" d="{bars}"/><path stroke="#d08c2f" stroke-width="2" d="{targets}"/>{labels}</svg>'
    )
