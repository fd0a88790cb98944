"""analysis/*: distributions, patterns, associations, growth and outliers of calls, and surges as alarms."""

import dagster as dg

from ccdata_assets.analysis.kept import KEYS
from ccdata_assets.orchestration.analysis_metadata import told
from ccdata_assets.orchestration.metadata import check_result, check_spec, markdown_table, table_metadata, table_spec
from ccdata_assets.orchestration.resource import WarehouseResource
from ccdata_assets.orchestration.step import step
from ccdata_assets.project import load_project
from ccdata_assets.quality.surge_checks import last_surges, look_at_surges, surge_checks
from ccdata_assets.warehouse.state import is_analysed, mark_analysed

SURGE = dg.AssetKey(["analysis", "surge"])
_SOURCES = [
    *(["marts", f"fct_{name}"] for name in ("call", "contact", "callback", "case", "survey", "quality_review", "outbound")),
    *(["marts", "dim_agent"], ["marts", "dim_date"], ["kpi", "call_interval"], ["kpi", "queue_interval"], ["kpi", "agent_time"], ["kpi", "value"]),
]  # fmt: skip


_ROWS = {
    "distribution": "One row per month, measure and part: exact percentiles of wait and handling time (时长分布).",
    "distribution_bin": "One row per month, measure, part and bin of seconds (时长直方图).",
    "volume_pattern": "One row per month, part, weekday and half hour: calls and days (话务热力).",
    "satisfaction_link": "One row per month and factor: how satisfaction goes with a time, and how sure that is (满意度关联).",
    "satisfaction_curve": "One row per month, factor and bin of the time: share of satisfied answers (满意度曲线).",
    "case_duration": "One row per month of opening and part: time until cases are resolved, open ones included (工单解决时长).",
    "surge": "One row per day and part with more calls than its past lets expect (来电突增).",
    "surge_watch": "One row per day and dimension that was looked at for surges (突增监测).",
    "review_coverage": "One row per month, campaign and week since it began: recordings and reviews (录音质检覆盖).",
    "topic_rule": "One row per month and rule between topics that come together beyond chance (主题关联规则).",
    "topic_basket": "One row per month: what rules between topics were looked for in (主题篮).",
    "repeat_caller": "One row per month, measure and band: customers by calls, calls by days since the one before (重复来电).",
    "growth_band": "One row per month, measure and band of tenure: what agents do at that tenure (成长预期带).",
    "growth_agent": "One row per month, measure, agent and week beside the band of its tenure (坐席成长).",
    "funnel": "One row per month, measure and agent, team or queue: rate and the limits of chance (漏斗图).",
    "callback": "One row per month, reason and kind of customer: calls owed to customers (应回拨).",
}


def _specs() -> list[dg.AssetSpec]:
    # in a function: a list of specs at the top of the module would be loaded as assets of their own
    return [table_spec(["analysis", name], _ROWS[name], deps=_SOURCES) for name in KEYS]


@dg.multi_asset(
    name="analysis",
    specs=_specs(),
    check_specs=[check_spec(check, SURGE) for check in surge_checks()],
    pool="warehouse",
)
@step
def analysis(context: dg.AssetExecutionContext, warehouse: WarehouseResource):
    """Analyse the months of which something has changed."""
    from ccdata_assets.analysis.run import analyse

    project = load_project()
    settings = project.settings
    with warehouse.get_connection() as con:
        changed = not is_analysed(con, project.registry, settings)
        added = analyse(con, settings, context.run_id) if changed else {}
        outcomes = look_at_surges(con, settings, context.run_id, changed)
        if changed:
            mark_analysed(con, project.registry, settings)
        for spec in context.assets_def.specs:
            name = spec.key.path[-1]
            metadata = {**table_metadata(con, f"analysis.{name}"), "new_rows": added.get(name, 0)}
            if lines := told(con, name):
                metadata["latest"] = markdown_table(*lines)
            yield dg.MaterializeResult(asset_key=spec.key, metadata=metadata)
        surges = [(row["local_date"], row["zh"], row["en"]) for row in last_surges(con)]
    for outcome in outcomes:
        yield check_result(outcome, SURGE, {"surges": markdown_table(("day", "", ""), surges)})
