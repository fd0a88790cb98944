"""One report as HTML: the `<article>` of the page. It is rendered once, when its report is built, and kept beside the report's
JSON; who made it from what is in its first line, so that one of another report, release or template is rendered again.
Everything is escaped here or by the template; only the drawn charts are trusted."""

import hashlib
import json
import os
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from ccdata_assets.reporting import charts, formats
from ccdata_assets.reporting.model import NUMERIC, STATUS, Cell, Column, Figure, Report, Section, Text
from ccdata_assets.reporting.period import Grain, Period

FOLDED: Final = 15  # rows of a long table shown before «show all»
TENFOLD: Final = 10  # a change from so little that its percentage says nothing
RENDERERS: Final = ("article.py", "charts.py", "formats.py", "model.py", "vega_lite.py", "templates/parts.html")
DRAWERS: Final = ("jinja2", "markupsafe", "vl-convert-python")


@dataclass(frozen=True)
class Article:
    """One report on the page: its place there (`<report>/<period>`), what it is called, and its HTML."""

    key: str
    id: str
    title: Text
    period: str
    html: Markup

    @property
    def grain(self) -> Grain:
        """Of what length its period is."""
        return Period.parse(self.period).grain

    @property
    def fold(self) -> str:
        """Under what the page's margin lists it: a day under its month, a year under nothing, others under their year."""
        return {"day": self.period[:7], "year": ""}.get(self.grain, self.period[:4])

    @property
    def place(self) -> str:
        """What it is called there."""
        return self.period.removeprefix(self.fold).removeprefix("-")


def read_article(path: Path) -> Article:
    """The article of the report in the JSON file at `path`, as it is kept or rendered anew and kept. Raises ValueError when the
    file is no report."""
    content, workbook = path.read_bytes(), path.with_suffix(".xlsx").is_file()
    key = f"{path.parent.name}/{path.stem}"
    digest = hashlib.sha256(content)
    digest.update(f"{_renderer()} {key} {workbook}".encode())
    stamp, kept = digest.hexdigest(), kept_article(path)
    if found := _kept(kept, stamp):
        about, html = found
    else:
        report = Report.from_json(content.decode("utf-8"))
        about = {"stamp": stamp, "id": report.id, "title": report.title._asdict(), "period": report.period}
        html = render_article(report, key, f"{key}.xlsx" if workbook else "")
        write_whole(kept, json.dumps(about, ensure_ascii=False) + "\n" + html)
    return Article(key, about["id"], Text(**about["title"]), about["period"], Markup(html))


def kept_article(path: Path) -> Path:
    """Where the article of the report at `path` is kept: out of sight, because alone it has no style and no script."""
    return path.with_name(f".{path.stem}.html")


def render_article(report: Report, key: str, workbook: str = "") -> str:
    """The report as HTML; `workbook` is its address from the page, empty when there is none."""
    parts: Any = environment().get_template("parts.html").module
    return str(parts.article(report, key, workbook))


def write_whole(path: Path, text: str) -> None:
    """Writes a text file whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates of the page, with what they say numbers and texts with."""
    made = Environment(
        loader=PackageLoader("ccdata_assets.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "both": both, "card_value": _card_value, "card_change": _card_change, "card_target": _card_target,
        "chart": _chart, "quantity": formats.quantity, "legend": _legend, "met": formats.MARKS, "number": formats.number, "spark": _spark,
        "status": _status, "td": _td, "numeric": NUMERIC, "folded": FOLDED,
    }  # fmt: skip
    return made


def both(zh: str | Text, en: str = "") -> Markup:
    """A text in both languages, of which the page shows one."""
    text = zh if isinstance(zh, Text) else Text(zh, en)
    if text.zh == text.en:
        return escape(text.zh)
    pair = '<span class="zh" lang="zh-CN">{}</span><span class="en" lang="en">{}</span>'
    return Markup(pair).format(text.zh, text.en)


@lru_cache(maxsize=1)
def _renderer() -> str:
    """What an article depends on beside its report: this code, its template, and what draws."""
    here = Path(__file__).parent
    digest = hashlib.sha256(" ".join(version(name) for name in DRAWERS).encode())
    for name in RENDERERS:
        digest.update((here / name).read_bytes())
    return digest.hexdigest()


def _kept(path: Path, stamp: str) -> tuple[dict[str, Any], str] | None:
    """The first line and the HTML of a kept article; None when there is none, or it is of another report or release."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            about = json.loads(file.readline())
            return (about, file.read()) if about["stamp"] == stamp else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _td(value: Cell, column: Column) -> Markup:
    """One table cell; a number keeps its exact value in data-v, for sorting and for the CSV file."""
    is_number = column.unit in NUMERIC
    classes = (("num", is_number), ("minor", column.minor), ("none", value is None))
    said = " ".join(name for name, wanted in classes if wanted)
    cell = f'<td class="{said}"' if said else "<td"
    if is_number:
        cell += f' data-v="{"" if value is None else escape(repr(value))}"'
    if isinstance(value, int | float) and (shade := _shaded(value, column)):
        cell += f' style="background:{shade}"'
    text = formats.cell(value, column.unit, digits=2 if column.target is None else 1)
    return Markup(f"{cell}>{both(text)}</td>")  # both() escapes


def _shaded(value: float, column: Column) -> str:
    """The colour behind a cell of a heat map; '' in other columns."""
    if column.deepest is not None:
        return f"rgba(47,102,144,{0.5 * min(1.0, max(value, 0) / (column.deepest or 1)):.2f})"
    return "" if column.target is None else _shade(value, column.target)


def _shade(value: float, target: float) -> str:
    """Amber below the target, the deeper the further; a breath of teal from it on. Readable on light and on
    dark."""
    if value >= target:
        return f"rgba(58,143,125,{0.10 + 0.12 * min(1.0, (value - target) / max(1 - target, 0.01)):.2f})"
    return f"rgba(208,140,47,{0.14 + 0.5 * min(1.0, (target - value) / max(target, 0.01)):.2f})"


def _card_value(figure: Figure) -> Markup:
    if figure.value is None:
        return both("无数据", "no data")
    return both(formats.quantity(figure.value, figure.unit))


def _card_change(figure: Figure) -> Markup:
    change = figure.change
    if change is None:
        return Markup("")
    text = both(formats.change(change, figure.unit))
    if figure.unit == "percent" or not figure.previous or not change or abs(change / figure.previous) >= TENFOLD:
        return text
    return text + Markup(" <small>({})</small>").format(f"{change / figure.previous:+.1%}".replace("-", "−"))


def _card_target(figure: Figure) -> Markup:
    if figure.target is None:
        return Markup("")
    sign = {"up": "≥ ", "down": "≤ ", "none": ""}[figure.direction]
    return Markup("{} {}{}").format(both("目标", "target"), sign, both(formats.quantity(figure.target, figure.unit)))


def _status(status: str) -> Text | None:
    """What is said of a value that is not, or no longer, what was first reported."""
    return None if status == "final" else STATUS.get(status)


def _spark(figure: Figure) -> Markup:
    """The trend as a line without axes; a gap where there is no data, nothing with fewer than three
    values."""
    known = [value for value in figure.trend if value is not None]
    if len(known) < 3:
        return Markup("")
    low, span = min(known), (max(known) - min(known)) or 1.0
    step = 100 / (len(figure.trend) - 1)
    path, pen_down = "", False
    for i, value in enumerate(figure.trend):
        if value is not None:
            path += f"{'L' if pen_down else 'M'}{i * step:.1f} {22 - 20 * (value - low) / span:.1f}"
        pen_down = value is not None
    last = figure.trend[-1]
    end = "" if last is None else f'<path class="end" d="M100 {22 - 20 * (last - low) / span:.1f}h0"/>'
    opening = '<svg class="spark" viewBox="0 0 101 24" preserveAspectRatio="none" aria-hidden="true">'
    return Markup(f'{opening}<path d="{path}"/>{end}</svg>')


def _chart(section: Section, position: int) -> Markup:
    """The drawn chart, empty when there is nothing to draw."""
    chart = section.charts[position]
    return Markup(charts.svg(chart, section.table(chart.table)) or "")


def _legend(section: Section, position: int) -> list[Text]:
    """Names of the series, when there are several."""
    chart = section.charts[position]
    table = section.table(chart.table)
    return [table.columns[table.position(key)].title for key in chart.series] if len(chart.series) > 1 else []
