"""analysis/outbound_*: when to dial, how often, and why customers refuse."""

import dagster as dg

from ccdata_assets.analysis.outbound import TABLES, write_outbound
from ccdata_assets.orchestration.metadata import markdown_table, table_metadata, table_spec
from ccdata_assets.orchestration.resource import WarehouseResource
from ccdata_assets.orchestration.step import step
from ccdata_assets.project import load_project
from ccdata_assets.warehouse.state import is_current

_ROWS = {
    "outbound_hour": "One row per month (or all time), campaign (or all), measure and hour, of the whole week and of each day: dials, share, interval, and the best hour where it is one beyond chance.",
    "outbound_attempt": "One row per month (or all time), campaign (or all) and number of the dial: what it brought, and whether another one is worth it.",
    "outbound_refusal": "One row per month (or all time), segment of customers and reason for which they refuse, with its share and interval.",
}


def _specs() -> list[dg.AssetSpec]:
    # in a function: a list of specs at the top of the module would be loaded as assets of their own
    deps = [["kpi", "outbound_hour"], ["kpi", "outbound_day"]]
    return [table_spec(["analysis", name], text, deps=deps) for name, text in _ROWS.items()]


@dg.multi_asset(name="outbound_analysis", specs=_specs(), pool="warehouse")
@step
def outbound_analysis(context: dg.AssetExecutionContext, warehouse: WarehouseResource):
    """Work out what dials teach from their sums; nothing is done where nothing was built."""
    project = load_project()
    with warehouse.get_connection() as con:
        known = {name for (name,) in con.execute("select 'analysis.' || table_name from information_schema.tables where table_schema = 'analysis'").fetchall()}  # fmt: skip
        if not (set(TABLES) <= known and is_current(con, project.registry, project.settings)):
            write_outbound(con)
        best = con.execute(
            """select coalesce(campaign, '*'), measure, printf('%02d:00', local_hour), printf('%.1f%%', 100 * rate_share) from analysis.outbound_hour
            where is_best and local_weekday is null and month is null order by all"""
        ).fetchall()
        for spec in context.assets_def.specs:
            metadata = table_metadata(con, ".".join(spec.key.path))
            if spec.key.path[-1] == "outbound_hour":
                metadata |= {"best_hours": markdown_table(("campaign", "measure", "hour", "share"), best)}
            yield dg.MaterializeResult(asset_key=spec.key, metadata=metadata)
