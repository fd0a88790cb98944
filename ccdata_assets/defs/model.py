"""model/*: the match model trained on the records there are. No run of the core job makes it; the job train_matching_model does."""

import dagster as dg
from pydantic import Field

from ccdata_assets.orchestration.metadata import markdown_table
from ccdata_assets.orchestration.resource import WarehouseResource
from ccdata_assets.orchestration.step import step
from ccdata_assets.project import load_project
from ccdata_assets.resolution import home_models
from ccdata_assets.resolution.home_training import train_on_home
from ccdata_assets.resolution.model_report import Line, tried, weights
from ccdata_assets.resolution.training import SEED


class Training(dg.Config):
    """How the match model is trained, and whether it is taken into use."""

    adopt: bool = Field(
        False, description="Take the model into use: the next run compares all records anew with it. 训练后立即启用。"
    )
    by: str | None = Field(None, description="Who adopts it; kept with the adoption. 启用人。")
    seed: int = Field(
        SEED,
        description="Of the nodes that chance is learned from; the same nodes and seed give the same model. 随机种子。",
    )


@dg.asset(
    key=["model", "matching"],
    deps=[["golden", "organisation"]],
    group_name="model",
    kinds={"duckdb", "json"},
    owners=["team:data-quality"],
    pool="warehouse",
    description="One row per level of a comparison, with its weight: the match model that was trained last on this warehouse's records (匹配模型).",
)
@step
def matching_model(
    context: dg.AssetExecutionContext, config: Training, warehouse: WarehouseResource
) -> dg.MaterializeResult:
    """Train on the nodes of the last run and try the model out beside the one in use. The resource holds the writer's lock meanwhile."""
    project = load_project()
    settings = project.settings
    warehouse.close_file()  # it is read from a database of its own
    model, path = train_on_home(settings, project.rules, config.seed)
    if config.adopt:
        home_models.adopt(settings, project.rules, model.version, config.by)
        context.log.info(f"match model {model.version} adopted; {home_models.ACTS}")
    used = home_models.adopted_version(settings)
    return dg.MaterializeResult(
        metadata={
            "version": model.version,
            "in_use": used == model.version,
            "model_in_use": used,
            "rules_version": model.rules_version,
            "prior_bits": model.prior,
            **{name: model.trained_on[name] for name in ("rows", "nodes", "pairs", "seed", "date")},
            "weights": _table(weights(model)),
            "evaluation": _table(tried(model)),
            "file": dg.MetadataValue.path(str(path)),
        }
    )


def _table(lines: list[Line]) -> dg.MarkdownMetadataValue:
    return markdown_table(list(lines[0]), [list(line.values()) for line in lines])
