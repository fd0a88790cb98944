"""marts/*: dimensions and facts, and the interval sums KPIs are made of (dbt)."""

import dagster as dg
from dagster_dbt import DagsterDbtTranslatorSettings, dbt_assets

from ccdata_assets.orchestration.dbt import Translator, bring_up_to_date
from ccdata_assets.orchestration.dbt_runner import manifest_path
from ccdata_assets.orchestration.resource import WarehouseResource
from ccdata_assets.orchestration.step import step
from ccdata_assets.project import load_project


@dbt_assets(
    manifest=manifest_path(load_project().settings),
    select="ccdata.marts.* ccdata.kpi.*",
    name="marts",
    dagster_dbt_translator=Translator(settings=DagsterDbtTranslatorSettings(enable_source_tests_as_checks=False)),
    pool="warehouse",
)
@step
def marts(context: dg.AssetExecutionContext, warehouse: WarehouseResource):
    """Build dimensions, facts and interval sums."""
    yield from bring_up_to_date(context, warehouse, load_project())
