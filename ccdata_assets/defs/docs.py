"""docs/*: Great Expectations' pages of the last checks, apart from the core job: a run that nobody watches needs none."""

import dagster as dg

from ccdata_assets.orchestration.step import step
from ccdata_assets.project import load_project


@dg.asset(
    key=["docs", "quality"],
    deps=[["kpi", "quality_result"], ["published", "ccdata"]],
    group_name="docs",
    kinds={"html"},
    owners=["team:data-quality"],
    pool="reports",
    description="One row per table and run of its checks: Data Docs (质量检查页面), counts only, linked from the report page.",
)
@step
def data_docs(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    from ccdata_assets.quality.data_docs import build_and_link

    project = load_project()
    page = build_and_link(project.registry, project.kpis, project.settings)
    pages = sum(1 for _ in page.parent.rglob("*.html"))
    return dg.MaterializeResult(metadata={"page": dg.MetadataValue.path(str(page)), "pages": pages})
