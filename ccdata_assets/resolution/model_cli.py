"""`ccdata entity train|models|adopt`: the match model of a home. Thin, as entity_cli.py is."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console

from ccdata_assets.command import AsOfOption, ByOption, HomeOption, JsonOption, command_settings, writer_alone
from ccdata_assets.screen import print_json, print_lines

model_app = typer.Typer(no_args_is_help=True)


@model_app.command("train")
def train_model(
    adopt: Annotated[bool, typer.Option("--adopt", help="Take the model into use.")] = False,
    home: HomeOption = None,
    by: ByOption = None,
    as_of: AsOfOption = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Of the nodes that chance is learned from.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Train a match model on this home's records and try it out; it is in use only when adopted. 用本库记录训练匹配模型。"""
    settings = command_settings(home, as_of)
    from ccdata_assets.project import load_project
    from ccdata_assets.resolution import home_models
    from ccdata_assets.resolution.home_training import train_on_home
    from ccdata_assets.resolution.model_report import tried, weights
    from ccdata_assets.resolution.training import SEED

    rules = load_project().rules
    with writer_alone(settings), Console(stderr=True).status("training the match model 训练匹配模型"):
        model, path = train_on_home(settings, rules, SEED if seed is None else seed)
        adopted = home_models.adopt(settings, rules, model.version, by) if adopt else None
    if as_json:
        acts = {"acts": "with the next run"} if adopted else {}
        print_json({"file": str(path), **model.model_dump(), "adopted": adopted, **acts})
        return
    print_lines(f"model 模型 {model.version}, prior 先验 {model.prior} bits", weights(model))
    print_lines("on trial 试用", tried(model))
    print(f"file 文件: {path}")
    if adopted:
        _tell_adopted(model.version)
    else:
        print(f"not in use 未启用; ccdata entity adopt {model.version} takes it into use 启用")


@model_app.command("adopt")
def adopt_model(
    version: Annotated[str, typer.Argument(help="Version of a trained model, or `shipped`.")],
    home: HomeOption = None,
    by: ByOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a match model into use: the next run compares all records anew with it. 启用匹配模型。"""
    settings = command_settings(home, as_of)
    from ccdata_assets.project import load_project
    from ccdata_assets.resolution import home_models

    with writer_alone(settings):
        adopted = home_models.adopt(settings, load_project().rules, version, by)
    if as_json:
        print_json({**adopted, "acts": "with the next run"})
    else:
        _tell_adopted(version)


@model_app.command("models")
def list_models(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the match models of this home and who adopted which, and when. 列出匹配模型及启用记录。"""
    settings = command_settings(home)
    from ccdata_assets.resolution import home_models

    used = home_models.adopted_version(settings)
    models: list[dict[str, Any]] = [
        {"version": model.version, "is_used": model.version == used, "rules": model.rules_version, **model.trained_on}
        for model in home_models.trained_models(settings)
    ]
    adoptions = [dict(line) for line in home_models.adoptions(settings)]
    if as_json:
        print_json({"in_use": used, "models": models, "adoptions": adoptions})
        return
    print_lines(f"models 模型; in use 在用: {used}", models)
    print_lines("adopted 启用记录", adoptions)


def _tell_adopted(version: str) -> None:
    from ccdata_assets.resolution.home_models import ACTS

    print(f"adopted 已启用: {version}; {ACTS}")
