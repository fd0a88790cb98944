"""Data Docs: Great Expectations' own pages of the last validations, made from kpi.quality_result, so a run pays nothing for them.

Pages hold counts and what contracts declare, never a value of a row. They ask for nothing from elsewhere: what Great Expectations
would load from other hosts is taken out, and a short style sheet stands in its place.
"""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

import duckdb

from ccdata_assets.contracts.registry import Registry
from ccdata_assets.metrics.registry import Kpi
from ccdata_assets.quality.suites import cell_checks, golden_checks, staged_checks
from ccdata_assets.quality.validation import KINDS, Check, Outcome, _expectation
from ccdata_assets.reporting.page import write_page
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import connect_published

FOLDER = "data_docs"
STYLE = """<style>body{font:15px/1.5 system-ui,"Noto Sans CJK SC",sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem}
table{border-collapse:collapse;margin:.5rem 0}td,th{border:1px solid #ccc;padding:.25rem .6rem;text-align:left;vertical-align:top}
.fa-check-circle:before{content:"✓";color:#2a7f62}.fa-times:before{content:"✗";color:#b3541e}.fa-exclamation-triangle:before{content:"!"}
ul{padding-left:1.2rem}.modal,.nav-tabs,button,#ge-cta-footer,footer{display:none}</style>"""
_ELSEWHERE = re.compile(
    r"<script\b[^>]*>.*?</script>|<link\b[^>]*>|<img\b[^>]*>|<noscript\b.*?</noscript>|<iframe\b.*?</iframe>",
    re.DOTALL | re.IGNORECASE,
)
_URL = re.compile(r"""url\(\s*["']?(?:https?:)?//[^)]*\)""", re.IGNORECASE)
_LINK = re.compile(r"""\b(href|src|action)=(["'])\s*(?:https?:)?//.*?\2""", re.IGNORECASE)


def build_data_docs(con: duckdb.DuckDBPyConnection, registry: Registry, kpis: Mapping[str, Kpi], settings: Settings) -> Path:  # fmt: skip
    """Make <home>/reports/data_docs of the last `docs_runs` runs of each table's checks; gives its index.html.

    `con` is the published copy. The new site takes the place of the old one when it is whole.
    """
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    site = settings.reports_dir / FOLDER
    made = site.with_name(f".{FOLDER}.part")
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    checks = _checks(registry, kpis, settings)
    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(),
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
            data_docs_sites={
                "ccdata": {
                    "class_name": "SiteBuilder",
                    "show_how_to_buttons": False,
                    "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(made)},
                    "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
                }
            },
        ),
    )
    found = _results(con, checks, settings.docs_runs)
    for table, runs in found.items():
        suite = context.suites.add(gx.ExpectationSuite(table, [_described(check) for check in checks[table].values()]))
        for (run_id, as_of), outcomes in runs.items():
            _store(context, suite.name, run_id, as_of, outcomes)
    context.build_data_docs()
    for page in made.rglob("*.html"):
        page.write_text(_alone(page.read_text(encoding="utf-8")), encoding="utf-8")
    shutil.rmtree(made / "static", ignore_errors=True)
    (made / "index.html").write_text(_index(made, found, settings), encoding="utf-8")
    shutil.rmtree(site, ignore_errors=True)
    made.replace(site)
    return site / "index.html"


def build_and_link(registry: Registry, kpis: Mapping[str, Kpi], settings: Settings) -> Path:
    """`build_data_docs` from the published copy, then the report page anew, which links to it where it is."""
    with connect_published(settings) as con:
        page = build_data_docs(con, registry, kpis, settings)
    write_page(settings.reports_dir, settings.report_language)
    return page


def _checks(registry: Registry, kpis: Mapping[str, Kpi], settings: Settings) -> dict[str, dict[str, Check]]:
    """The checks that Great Expectations makes, by table and name."""
    found: dict[str, dict[str, Check]] = defaultdict(dict)
    of_feeds = (
        check
        for contract in registry.feeds.values()
        for check in (
            *staged_checks(registry, contract, kpis, settings.as_of),
            *cell_checks(contract, kpis, settings.as_of),
        )
    )
    for check in (*of_feeds, *golden_checks()):
        if check.kind in KINDS:
            found[check.table][check.name] = check
    return found


Runs = dict[tuple[str, datetime], list[Outcome]]


def _results(con: duckdb.DuckDBPyConnection, checks: Mapping[str, Mapping[str, Check]], last: int) -> dict[str, Runs]:
    """Outcomes by table and run, of the last runs of each table."""
    rows = con.execute(
        """select table_name, check_name, run_id, as_of, passed, value, unexpected, total, error from kpi.quality_result
        qualify dense_rank() over (partition by table_name order by as_of desc, run_id) <= ? order by table_name, as_of""",
        [last],
    ).fetchall()
    found: dict[str, Runs] = defaultdict(lambda: defaultdict(list))
    for table, name, run_id, as_of, passed, value, unexpected, total, error in rows:
        if check := checks.get(table, {}).get(name):
            found[table][run_id, as_of].append(Outcome(check, passed, value, unexpected, total, error))
    return found


def _store(context: Any, suite: str, run_id: str, as_of: datetime, outcomes: Sequence[Outcome]) -> None:
    """Put what a table's checks found into the context, as if it had just validated them."""
    from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult, RunIdentifier
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )

    run = RunIdentifier(run_name=run_id, run_time=as_of)
    results = [
        ExpectationValidationResult(
            success=outcome.passed,
            expectation_config=_described(outcome.check).configuration,
            result=_counts(outcome),
            exception_info={
                "raised_exception": outcome.error is not None,
                "exception_message": outcome.error,
                "exception_traceback": None,
            },
            meta={},
        )
        for outcome in outcomes
    ]
    met = sum(outcome.passed for outcome in outcomes)
    result = ExpectationSuiteValidationResult(
        success=met == len(outcomes),
        results=results,
        suite_name=suite,
        statistics={
            "evaluated_expectations": len(outcomes),
            "successful_expectations": met,
            "unsuccessful_expectations": len(outcomes) - met,
            "success_percent": 100 * met / len(outcomes),
        },
        meta={"run_id": run, "active_batch_definition": {"datasource_name": "warehouse", "data_asset_name": suite}},
    )
    key = ValidationResultIdentifier(
        expectation_suite_identifier=ExpectationSuiteIdentifier(suite), run_id=run, batch_identifier="warehouse"
    )
    context.validation_results_store.set(key, result)


def _counts(outcome: Outcome) -> dict[str, Any]:
    share = outcome.unexpected / outcome.total if outcome.total else 0.0
    return {
        "element_count": outcome.total,
        "unexpected_count": outcome.unexpected,
        "unexpected_percent": 100 * share,
        "observed_value": None if outcome.value is None else round(float(outcome.value), 4),
        "missing_count": 0,
        "partial_unexpected_list": [],
    }


def _described(check: Check) -> Any:
    """The expectation of a check with its own words, where Great Expectations would show a query."""
    expectation = _expectation(check)
    words = check.description or {}
    expectation.description = f"{check.name}: {words.get('zh', '')} {words.get('en', '')} ({check.severity})"
    return expectation


def _alone(page: str) -> str:
    """A page that asks for nothing from elsewhere."""
    page = _URL.sub("none", _LINK.sub("", _ELSEWHERE.sub("", page)))
    return page.replace("</head>", f'<meta charset="utf-8">{STYLE}</head>', 1)


def _index(folder: Path, found: Mapping[str, Runs], settings: Settings) -> str:
    """The first page, for Great Expectations' own is a script: tables, their suite, and their last runs, the newest first."""
    lines = []
    for table, runs in sorted(found.items()):
        place = table.replace(".", "/")
        shown = []
        for (run_id, as_of), outcomes in sorted(runs.items(), key=lambda run: run[0][1], reverse=True):
            failed = sum(not outcome.passed for outcome in outcomes)
            for page in folder.glob(f"validations/{place}/{run_id}/*/*.html"):
                mark = f"✗ {failed}/{len(outcomes)}" if failed else f"✓ {len(outcomes)}"
                when = f"{as_of.astimezone(settings.zone):%Y-%m-%d %H:%M}"
                shown.append(f'<a href="{escape(page.relative_to(folder).as_posix())}">{when}</a> {mark}')
        suite = f'<a href="expectations/{escape(place)}.html">{escape(table)}</a>'
        lines.append(f"<tr><td>{suite}</td><td>{'<br>'.join(shown)}</td></tr>")
    return (
        f'<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>Data Docs</title>{STYLE}</head><body>'
        '<p><a href="../index.html">← 报告 Reports</a></p><h1>质量检查 Data Docs</h1>'
        "<table><tr><th>表与检查 Table and its checks</th><th>最近的运行 Last runs</th></tr>"
        f"{''.join(lines)}</table></body></html>"
    )
