"""planning/staffing, roster, roster_gap: agents needed in the weeks to come, and a roster of the home's agents. A job of its own makes them."""

import dagster as dg
from pydantic import Field

from ccdata_assets.orchestration.metadata import markdown_table, table_metadata, table_spec
from ccdata_assets.orchestration.resource import WarehouseResource
from ccdata_assets.orchestration.step import step
from ccdata_assets.planning.labour import load_labour
from ccdata_assets.planning.requirement_rules import home_file, load_aims
from ccdata_assets.project import load_project
from ccdata_assets.warehouse.publish import publish_addition

STAFFING_JOB = "staffing"
STAFFING = dg.AssetKey(["planning", "staffing"])
ROSTER = dg.AssetKey(["planning", "roster"])
GAP = dg.AssetKey(["planning", "roster_gap"])


class Plan(dg.Config):
    """How far ahead agents are planned."""

    weeks: int = Field(2, ge=1, le=8, description="Weeks from the next Monday on. 从下周一起的周数。")
    minutes: int = Field(30, description="Length of an interval: 15, 30 or 60. 时段分钟数。")


class Search(dg.Config):
    """How the roster is searched for."""

    weeks: int = Field(2, ge=1, le=8, description="Weeks from the next Monday on. 从下周一起的周数。")
    effort: float = Field(24, gt=0, description="How long to search, in the solver's own seconds. 求解器时间。")


def _specs() -> list[dg.AssetSpec]:
    # in a function: a list of specs at the top of the module would be loaded as assets of their own
    return [
        table_spec(ROSTER.path, "One row per shift of an agent in a roster, with its breaks; rosters are only added (班表).", deps=[STAFFING.path, ["marts", "dim_agent"]]),
        table_spec(GAP.path, "One row per roster, queue and interval: agents required, present and missing (班表缺口).", deps=[STAFFING.path]),
    ]  # fmt: skip


@dg.asset(
    key=STAFFING,
    deps=[["kpi", "call_interval"], ["marts", "fct_call"], ["planning", "forecast"]],
    group_name="planning",
    kinds={"duckdb", "python"},
    owners=["team:workforce"],
    pool="warehouse",
    description="One row per plan, queue and interval: agents needed for the calls to come, by Erlang A or C (坐席需求).",
)
@step
def staffing(context: dg.AssetExecutionContext, config: Plan, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Plan the weeks from the next Monday on: for the forecast where there is one, else for the usual week."""
    from ccdata_assets.planning.requirement_plan import daily_lines, plan_weeks

    project = load_project()
    settings = project.settings
    aims = load_aims(home_file(settings, "staffing.yaml"))
    with warehouse.get_connection() as con:
        done = plan_weeks(con, settings, aims, config.weeks, config.minutes, context.run_id)
        publish_addition(con, project.registry, settings)
        metadata = table_metadata(con, "planning.staffing")
    if done is None:
        return dg.MaterializeResult(metadata=metadata | {"planned": "no calls of the last weeks are known 无近期来电"})
    lines = [tuple(line) for line in daily_lines(done.table)]
    return dg.MaterializeResult(
        metadata=metadata
        | {
            "plan_id": done.plan_id,
            "basis": done.basis,
            "said": done.said,
            "by_day": markdown_table(("queue", "day", "calls", "peak agents", "agent hours", "rostered hours"), lines),
        }
    )


@dg.multi_asset(name="roster", specs=_specs(), pool="warehouse")
@step
def roster(context: dg.AssetExecutionContext, config: Search, warehouse: WarehouseResource):
    """Roster the agents of the home's list for what was planned last."""
    from ccdata_assets.planning.roster_make import roster_weeks

    project = load_project()
    settings = project.settings
    labour = load_labour(home_file(settings, "labour.yaml"))
    with warehouse.get_connection() as con:
        done = roster_weeks(con, settings, labour, config.weeks, config.effort, context.run_id)
        publish_addition(con, project.registry, settings)
        for spec in context.assets_def.specs:
            yield dg.MaterializeResult(
                asset_key=spec.key, metadata=table_metadata(con, ".".join(spec.key.path)) | (done or {})
            )


staffing_job = dg.define_asset_job(
    STAFFING_JOB,
    selection=dg.AssetSelection.assets(STAFFING, ROSTER, GAP),
    description="Plan the agents needed in the weeks to come, roster them, and publish both. 测算坐席需求并排班。",
)
weekly_staffing = dg.ScheduleDefinition(
    job=staffing_job,
    cron_schedule="0 8 * * 1",
    execution_timezone=load_project().settings.time_zone,
    name="weekly_staffing",
    description="Every Monday at eight, when the forecast has been made: the two weeks from the next Monday on. 每周一早上八点。",
)
