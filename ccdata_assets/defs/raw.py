"""raw/<feed>: the files of each feed, landed as they are."""

import dagster as dg

from ccdata_assets.contracts.model import Contract
from ccdata_assets.landing.inbox import scan_inbox
from ccdata_assets.landing.land import land_feed
from ccdata_assets.orchestration.metadata import markdown_table, shown_name
from ccdata_assets.orchestration.resource import WarehouseResource
from ccdata_assets.orchestration.step import step
from ccdata_assets.project import load_project


def raw_asset(contract: Contract) -> dg.AssetsDefinition:
    """The landing of one feed."""

    @dg.asset(
        key=["raw", contract.feed],
        group_name="raw",
        kinds={"parquet"},
        owners=[contract.owner],
        description=f"One row per source row of {contract.title.zh} {contract.title.en}, as text. {contract.description}",
        pool="warehouse",
    )
    @step
    def land(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
        project = load_project()
        files = scan_inbox(project.settings.inbox_dir, project.registry).by_feed[contract.feed]
        with warehouse.get_connection() as con:
            lines = land_feed(con, contract, project.registry, project.settings, files, context.run_id)
            rows = con.execute(
                "select coalesce(sum(rows), 0)::bigint from ops.file_ledger where feed = ?", [contract.feed]
            ).fetchall()[0][0]
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": rows,
                "new_files": len(lines),
                "new_rows": sum(line.rows for line in lines),
                "repeated_files": sum(line.status == "repeat" for line in lines),
                "rejected_files": sum(line.status == "rejected" for line in lines),
                "files": markdown_table(
                    ("file", "status", "rows", "encoding", "error"),
                    [(shown_name(line.file), line.status, line.rows, line.encoding, line.error) for line in lines],
                ),
            }
        )

    return land


@dg.definitions
def defs() -> dg.Definitions:
    return dg.Definitions(assets=[raw_asset(contract) for contract in load_project().registry.feeds.values()])
