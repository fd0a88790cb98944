"""raw/<feed>: the deliveries of each feed, landed as they are."""

import dagster as dg

from ccdata_assets.contracts.model import Contract, SqlSource
from ccdata_assets.landing.databases import land_query
from ccdata_assets.landing.inbox import scan_inbox
from ccdata_assets.landing.land import Landed, land_feed
from ccdata_assets.orchestration.deliveries import delivery_metadata
from ccdata_assets.orchestration.resource import WarehouseResource
from ccdata_assets.orchestration.step import step
from ccdata_assets.project import load_project


def raw_asset(contract: Contract) -> dg.AssetsDefinition:
    """The landing of one feed."""

    @dg.asset(
        key=["raw", contract.feed],
        group_name="raw",
        kinds={"sql" if isinstance(contract.source, SqlSource) else "file", "parquet"},
        owners=[contract.owner],
        description=f"One row per source row of {contract.title.zh} {contract.title.en}, as text. {contract.description}",
        pool="warehouse",
    )
    @step
    def land(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
        project = load_project()
        settings, registry = project.settings, project.registry
        with warehouse.get_connection() as con:
            if isinstance(contract.source, SqlSource):
                landed = Landed(land_query(con, contract, registry, settings, context.run_id), [])
            else:
                files = scan_inbox(settings.inbox_dir, registry, contract.feed).by_feed[contract.feed]
                landed = land_feed(con, contract, registry, settings, files, context.run_id)
            shown = delivery_metadata(con, contract, settings)
        return dg.MaterializeResult(
            metadata={
                **shown,
                "new_files": len(landed.lines),
                "new_rows": sum(line.rows for line in landed.lines),
                "still_being_written": len(landed.left) - len(landed.problems),
                "not_readable_here": len(landed.problems),
            }
        )

    return land


@dg.definitions
def defs() -> dg.Definitions:
    return dg.Definitions(assets=[raw_asset(contract) for contract in load_project().registry.feeds.values()])
