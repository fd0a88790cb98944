"""report/*: what stakeholders read, by period, from the published copy."""

import base64
from collections.abc import Iterator
from datetime import date

import dagster as dg

from ccdata_assets.orchestration.periods import report_months
from ccdata_assets.orchestration.step import step
from ccdata_assets.project import load_project
from ccdata_assets.reporting.reports import REPORTS


def _specs() -> list[dg.AssetSpec]:
    # in a function: a list of specs at the top of the module would be loaded as assets of their own
    return [
        dg.AssetSpec(
            ["report", kind.asset],
            deps=[["published", "ccdata"]],
            group_name="report",
            kinds={"excel", "html"},
            owners=["team:data-resource"],
            description=kind.describes,
        )
        for kind in REPORTS
    ]


@dg.multi_asset(name="reports", specs=_specs(), partitions_def=report_months(load_project().settings), pool="reports")
@step
def reports(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
    """All reports of a month: one look at the published copy, one page."""
    from ccdata_assets.quality.supplier_words import rule_words
    from ccdata_assets.reporting.build import build_reports

    project = load_project()
    settings = project.settings
    period = date.fromisoformat(context.partition_key + "-01")
    built = build_reports(
        settings.published_path,
        settings.reports_dir,
        period,
        settings.as_of.astimezone(settings.zone),
        settings.closing_days,
        settings.report_language,
        rule_words(project.registry),
    )
    for kind in REPORTS:
        made, key = built[kind.id], ["report", kind.asset]
        if made is None:
            yield dg.MaterializeResult(
                asset_key=key, metadata={"report": dg.MetadataValue.md("本期无数据 no data for this month")}
            )
            continue
        chart = base64.b64encode(made.chart_png).decode()
        yield dg.MaterializeResult(
            asset_key=key,
            metadata={
                "report": dg.MetadataValue.md(made.table_markdown),
                "chart": dg.MetadataValue.md(made.chart_markdown),
                "trend": dg.MetadataValue.md(f"![{context.partition_key}](data:image/png;base64,{chart})"),
                "workbook": dg.MetadataValue.path(str(made.workbook)),
                "page": dg.MetadataValue.path(str(made.page)),
                "as_of": settings.as_of.isoformat(),
                **{name: value for name, value in made.headline.items() if value is not None},
            },
        )
