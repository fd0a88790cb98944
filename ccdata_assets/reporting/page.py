"""The page all reports are read on: one HTML file that needs no server and asks for nothing, put together from the articles of
every report under `reports/`. The newest period stands in the page, the others wait in inert templates, so that a
reader without scripts still sees a whole report. How a report reads is not decided here."""

import base64
import hashlib
import logging
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Final

from markupsafe import Markup

from ccdata_assets.catalogue.diagram import diagram
from ccdata_assets.catalogue.tables import published_tables
from ccdata_assets.reporting.article import Article, environment, read_article, write_whole
from ccdata_assets.reporting.model import Language
from ccdata_assets.reporting.reports import ORDER

LOG: Final = logging.getLogger(__name__)
DOCS: Final = "data_docs/index.html"  # made by quality/data_docs.py


def write_page(reports: Path, language: Language = "both") -> Path:
    """Writes `reports`/index.html from all `reports`/<report>/<period>.json, whole or not at all; returns
    its path. In one language it does not offer the other. A JSON file that cannot be read as a report is left out and logged."""
    path = reports / "index.html"
    text = render(_read(reports), language, docs=DOCS if (reports / DOCS).is_file() else None)
    reports.mkdir(parents=True, exist_ok=True)
    write_whole(path, text)
    return path


def render(articles: Iterable[Article], language: Language = "both", docs: str | None = None) -> str:
    """The page as text, reports in the order of `reports`, the newest period first; `docs` is where Data Docs are."""
    newest = sorted(articles, key=lambda one: one.period, reverse=True)
    ordered = sorted(newest, key=lambda one: (_place(one.id), one.id))
    script = environment().get_template("page.js").render()
    return (
        environment()
        .get_template("index.html")
        .render(
            shown=ordered,
            language=language,
            docs=docs,
            groups=[_by_year(group) for _, group in groupby(ordered, key=lambda one: one.id)],
            model=_model(),
            style=Markup(environment().get_template("page.css").render()),
            script=Markup(script),
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )


def _by_year(articles: Iterable[Article]) -> list[tuple[str, list[Article]]]:
    """The articles of one report by year, the newest year first, each year from its beginning."""
    return [(year, list(group)[::-1]) for year, group in groupby(articles, key=lambda one: one.year)]


@lru_cache(maxsize=1)
def _model() -> Markup:
    return Markup(diagram(published_tables()))


def _place(report_id: str) -> int:
    return ORDER.index(report_id) if report_id in ORDER else len(ORDER)


def _read(reports: Path) -> list[Article]:
    articles = []
    for path in sorted(reports.glob("*/*.json")):
        try:
            articles.append(read_article(path))
        except ValueError as error:
            LOG.warning("%s is left out of the page: %s; build its report again", path.relative_to(reports), error)
    return articles
