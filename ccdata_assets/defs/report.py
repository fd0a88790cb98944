"""report/*: what stakeholders read, by period, from the published copy."""

import base64
from datetime import date

import dagster as dg

from ccdata_assets.orchestration.periods import report_months
from ccdata_assets.orchestration.step import step
from ccdata_assets.project import load_project


@dg.asset(
    key=["report", "monthly_warehouse"],
    deps=[["published", "ccdata"]],
    partitions_def=report_months(load_project().settings),
    group_name="report",
    kinds={"excel", "html"},
    owners=["team:data-resource"],
    pool="reports",
    description="One row per KPI of the month: the monthly warehouse report (月度数据仓库报告) as workbook, web page, table and chart.",
)
@step
def monthly_warehouse(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    from ccdata_assets.reporting.build import build_monthly

    settings = load_project().settings
    period = date.fromisoformat(context.partition_key + "-01")
    built = build_monthly(settings.published_path, settings.reports_dir, period, settings.as_of)
    chart = base64.b64encode(built.chart_png).decode()
    return dg.MaterializeResult(
        metadata={
            "report": dg.MetadataValue.md(built.table_markdown),
            "chart": dg.MetadataValue.md(built.chart_markdown),
            "trend": dg.MetadataValue.md(f"![{context.partition_key}](data:image/png;base64,{chart})"),
            "workbook": dg.MetadataValue.path(str(built.workbook)),
            "page": dg.MetadataValue.path(str(built.page)),
            "as_of": settings.as_of.isoformat(),
            **{name: value for name, value in built.headline.items() if value is not None},
        }
    )
