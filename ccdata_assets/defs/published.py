"""published/ccdata: the copy everyone reads, made, audited and renamed into place."""

import dagster as dg

from ccdata_assets.analysis.kept import KEYS
from ccdata_assets.orchestration.dbt import published_keys
from ccdata_assets.orchestration.metadata import markdown_table
from ccdata_assets.orchestration.resource import WarehouseResource
from ccdata_assets.orchestration.step import step
from ccdata_assets.project import load_project
from ccdata_assets.reporting.build import outdate
from ccdata_assets.warehouse.publish import publish
from ccdata_assets.warehouse.state import is_published, mark_published, masks_otherwise


@dg.asset(
    key=["published", "ccdata"],
    deps=[
        *published_keys(load_project().settings),
        ["kpi", "value"],
        ["kpi", "definition"],
        ["kpi", "quality_measure"],
        ["kpi", "record_gap"],
        ["kpi", "quality_result"],
        *(["analysis", name] for name in KEYS),
        ["analysis", "outbound_hour"],
        ["analysis", "outbound_attempt"],
        ["analysis", "outbound_refusal"],
        ["golden", "crosswalk"],
        ["golden", "entity_event"],
    ],
    group_name="published",
    kinds={"duckdb"},
    owners=["team:data-resource"],
    description="One row per published table: marts, KPIs, ledgers and crosswalk as readers see them, personal columns masked.",
    pool="warehouse",
)
@step
def published(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    project = load_project()
    with warehouse.get_connection() as con:
        if is_published(con, project.registry, project.settings):
            return dg.MaterializeResult(
                metadata={"unchanged": True, "path": dg.MetadataValue.path(str(project.settings.published_path))}
            )
        done = publish(con, project.registry, project.settings)
        if masks_otherwise(con, project.settings):
            outdate(project.settings.reports_dir)
        mark_published(con, project.registry, project.settings)
    by_size: list[tuple[object, ...]] = [
        (name, done.rows[name]) for name in sorted(done.rows, key=lambda name: -done.rows[name])
    ]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(done.rows),
            "path": dg.MetadataValue.path(str(project.settings.published_path)),
            "tables": markdown_table(("table", "rows"), by_size),
            "masked_columns": len(done.masked),
        }
    )
