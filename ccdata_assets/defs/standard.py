"""standard/*: each distinct raw value understood once, then each record with all its values (dbt)."""

import dagster as dg
from dagster_dbt import DagsterDbtTranslatorSettings, dbt_assets

from ccdata_assets.orchestration.dbt import Translator, bring_up_to_date
from ccdata_assets.orchestration.dbt_runner import manifest_path
from ccdata_assets.orchestration.resource import WarehouseResource
from ccdata_assets.orchestration.step import step
from ccdata_assets.project import load_project
from ccdata_assets.warehouse.staging import read_by_dictionaries


@dbt_assets(
    manifest=manifest_path(load_project().settings),
    select="resource_type:seed ccdata.standard.* ccdata.party.*",
    name="standard",
    dagster_dbt_translator=Translator(settings=DagsterDbtTranslatorSettings(enable_source_tests_as_checks=False)),
    pool="warehouse",
)
@step
def standard(context: dg.AssetExecutionContext, warehouse: WarehouseResource):
    """Read the values never seen before, then put the records together."""
    project = load_project()
    yield from bring_up_to_date(context, warehouse, project, read_by_dictionaries(project.registry))
