"""The pages reports are read on: HTML files that need no server and ask for nothing, put together from the articles of the reports
under `reports/`. `index.html` is the first page (front.py) and leads to the others: months, quarters and years by year, weeks by
year, days by month, and what stands apart by month, so that no page grows without end and a new report touches its own page only.
The newest period stands in the page, the others wait in inert templates, so that a reader without scripts still sees a whole
report. How a report reads is not decided here."""

import base64
import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Final, Self

from markupsafe import Markup

from ccdata_assets.catalogue.diagram import diagram
from ccdata_assets.catalogue.tables import published_tables
from ccdata_assets.reporting.article import Article, environment, read_article, write_whole
from ccdata_assets.reporting.front import NOTHING, Front, front_of
from ccdata_assets.reporting.model import Language, Text
from ccdata_assets.reporting.period import GRAINS, Period
from ccdata_assets.reporting.reports import ORDER, REPORTS

LOG: Final = logging.getLogger(__name__)
DOCS: Final = "data_docs/index.html"  # made by quality/data_docs.py
HEADING: Final = Text("数据资源部报告", "Data resource reports")
YEARS: Final = Text("月、季、年报", "Months, quarters and years")
DAYS: Final = Text("每日报告", "Daily reports")
WEEKS: Final = Text("每周报告", "Weekly reports")
APART: Final = {kind.id: kind.title for kind in REPORTS if kind.apart}
SHELVED: Final = [YEARS, WEEKS, DAYS, *APART.values()]  # in the order of the margin


@dataclass(frozen=True)
class Shelf:
    """The reports of one page: its file's name and, for those that the index leads to, of what and of when they are."""

    stem: str
    title: Text = HEADING
    label: str = ""

    @classmethod
    def of(cls, report_id: str, period: Period) -> Self:
        """Where the report of a period stands."""
        month = f"{period.first_day + timedelta(days=3 if period.grain == 'week' else 0):%Y-%m}"
        if apart := APART.get(report_id):
            when = month if period.grain in ("day", "week", "month") else f"{period.first_day:%Y}"
            return cls(f"{report_id}-{when}", apart, when)
        if period.grain == "day":
            return cls(f"day-{month}", DAYS, month)
        if period.grain == "week":
            return cls(f"week-{period.label[:4]}", WEEKS, period.label[:4])
        return cls(f"year-{period.first_day:%Y}", YEARS, f"{period.first_day:%Y}")


INDEX: Final = Shelf("index")


def write_page(reports: Path, language: Language = "both") -> Path:
    """Writes all pages of `reports` from all `reports`/<report>/<period>.json, each whole or not at all; returns the path of the
    first, index.html. In one language they do not offer the other. A JSON file that cannot be read as a report is left out and
    logged."""
    shelves = _shelves(reports)
    for shelf, paths in shelves.items():
        _write(reports, shelf, paths, shelves, language)
    return reports / "index.html"


def write_pages_of(reports: Path, period: Period, report_ids: Sequence[str], language: Language) -> dict[str, Path]:
    """Writes the pages that these reports of a period are on, and the first page; returns the page of each report."""
    shelves = _shelves(reports)
    touched = {report_id: Shelf.of(report_id, period) for report_id in report_ids}
    pages = {shelf: reports / f"{shelf.stem}.html" for shelf in {INDEX, *touched.values()}}
    for shelf in dict.fromkeys([INDEX, *touched.values()]):  # a page never stands without a link to it
        if shelf in shelves:
            _write(reports, shelf, shelves[shelf], shelves, language)
        else:
            pages[shelf].unlink(missing_ok=True)
    return {report_id: pages[shelf] for report_id, shelf in touched.items()}


def _shelves(reports: Path) -> dict[Shelf, list[Path]]:
    """The files of the reports by page, that of the index even without any."""
    found: dict[Shelf, list[Path]] = {INDEX: []}
    for path in sorted(reports.glob("*/*.json")):
        try:
            found.setdefault(Shelf.of(path.parent.name, Period.parse(path.stem)), []).append(path)
        except ValueError as error:
            LOG.warning("%s is left out of the page: %s", path.relative_to(reports), error)
    return found


def _write(
    reports: Path, shelf: Shelf, paths: Iterable[Path], shelves: Mapping[Shelf, Sequence[Path]], language: Language
) -> None:
    articles = []
    for path in paths:
        try:
            articles.append(read_article(path))
        except ValueError as error:
            LOG.warning("%s is left out of the page: %s; build its report again", path.relative_to(reports), error)
    docs = DOCS if (reports / DOCS).is_file() else None
    others = sorted((one for one in shelves if one != INDEX), key=lambda one: (SHELVED.index(one.title), one.label))
    reports.mkdir(parents=True, exist_ok=True)
    led_to = {
        (path.parent.name, Period.parse(path.stem)): f"{one.stem}.html"
        for one, found in shelves.items()
        for path in found
    }
    front = front_of(reports, led_to) if shelf == INDEX else NOTHING
    write_whole(reports / f"{shelf.stem}.html", render(articles, language, docs, shelf, others, front))


def render(
    articles: Iterable[Article],
    language: Language = "both",
    docs: str | None = None,
    shelf: Shelf = INDEX,
    others: Iterable[Shelf] = (),
    front: Front = NOTHING,
) -> str:
    """The page of a shelf as text, reports in the order of `reports`, days before weeks before months, the newest period first.
    The index leads to the `others` and to Data Docs at `docs`, the others back to it."""
    newest = sorted(articles, key=lambda one: one.period, reverse=True)
    ordered = sorted(newest, key=lambda one: (_place(one.id), one.id, GRAINS.index(one.grain)))
    script = environment().get_template("page.js").render()
    is_index = shelf == INDEX
    return (
        environment()
        .get_template("index.html")
        .render(
            shown=ordered,
            language=language,
            docs=docs if is_index else None,
            is_index=is_index,
            desks=front.desks,
            glances=front.glances,
            heading=shelf.title if is_index else Text.joined(shelf.title, Text.same(shelf.label), between=" "),
            groups=[_folds(group) for _, group in groupby(ordered, key=lambda one: (one.id, one.grain))],
            shelves=[(title, list(group)[::-1]) for title, group in groupby(others, key=lambda one: one.title)]
            if is_index
            else [],
            model=_model() if is_index else "",
            style=Markup(environment().get_template("page.css").render()),
            script=Markup(script),
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )


def _folds(articles: Iterable[Article]) -> list[tuple[str, list[Article]]]:
    """The articles of one report by what the margin folds them under, the newest first, each from its beginning."""
    return [(fold, list(group)[::-1]) for fold, group in groupby(articles, key=lambda one: one.fold)]


@lru_cache(maxsize=1)
def _model() -> Markup:
    return Markup(diagram(published_tables()))


def _place(report_id: str) -> int:
    return ORDER.index(report_id) if report_id in ORDER else len(ORDER)
