"""planning/forecast*: calls and handling time of the weeks to come, kept, and scored when the calls have come. A job of its own makes them."""

import dagster as dg
from pydantic import Field

from ccdata_assets.orchestration.forecast_metadata import made_metadata, score_metadata
from ccdata_assets.orchestration.metadata import table_spec
from ccdata_assets.orchestration.resource import WarehouseResource
from ccdata_assets.orchestration.step import step
from ccdata_assets.planning.forecast.declared import load_forecast
from ccdata_assets.planning.forecast.ledger import make_forecasts, score_forecasts
from ccdata_assets.project import load_project
from ccdata_assets.warehouse.publish import publish_addition
from ccdata_assets.warehouse.state import is_published


class Horizon(dg.Config):
    """How far ahead is forecast."""

    weeks: int | None = Field(None, ge=1, le=8, description="Weeks ahead; default of forecast.yaml. 预测周数。")


def _specs() -> list[dg.AssetSpec]:
    # in a function: a list of specs at the top of the module would be loaded as assets of their own
    calls = [["marts", "fct_call"]]
    return [
        table_spec(["planning", "forecast_made"], "One row per series and forecast made of it: model, why, what it was made of (预测记录).", deps=calls),
        table_spec(["planning", "forecast"], "One row per forecast, measure, grain and interval, with bounds and the seasonal-naive baseline; rows are only added (话务预测).", deps=calls),
        table_spec(["planning", "forecast_treated"], "One row per day or part of a day of history that a forecast replaced before training, with the reason (历史处理记录).", deps=calls),
    ]  # fmt: skip


@dg.multi_asset(name="forecast", specs=_specs(), pool="warehouse")
@step
def forecast(context: dg.AssetExecutionContext, config: Horizon, warehouse: WarehouseResource):
    """Forecast the series of which something has changed."""
    settings = load_project().settings
    with warehouse.get_connection() as con:
        done = make_forecasts(con, settings, load_forecast(settings.home), context.run_id, config.weeks)
        for spec in context.assets_def.specs:
            yield dg.MaterializeResult(asset_key=spec.key, metadata=made_metadata(con, spec.key.path[-1], done))


@dg.asset(
    key=["planning", "forecast_score"],
    deps=[["planning", "forecast"], ["marts", "fct_call"]],
    group_name="planning",
    kinds={"duckdb"},
    owners=["team:data-resource"],
    pool="warehouse",
    description="One row per forecast, measure, grain, week ahead and day it was scored up to: WAPE, bias, coverage, beside the baseline (预测评估).",
)
@step
def forecast_score(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
    """Score what calls have come for since, and publish what both steps added."""
    project = load_project()
    settings = project.settings
    with warehouse.get_connection() as con:
        done = score_forecasts(con, settings, load_forecast(settings.home), context.run_id)
        metadata = score_metadata(con, done)
        if not is_published(con, project.registry, settings):
            metadata["published"] = publish_addition(con, project.registry, settings)
        return dg.MaterializeResult(metadata=metadata)
