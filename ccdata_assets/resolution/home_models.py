"""The match models of a home: files that were trained on its own records, and which of them is in use.

`models/matching-<version>.json` is a model; training writes it and nothing else. `models/adopted.json` lists who took which
one into use, and when; the last line counts. Where it is not there, or names the shipped one, the shipped one is in use.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TypedDict

from ccdata_assets.errors import CcdataError, WrongUse
from ccdata_assets.resolution.model import MODEL, Model, load_model, write_model
from ccdata_assets.resolution.rules import Rules
from ccdata_assets.settings import Settings

SHIPPED = "shipped"
"""What stands for the shipped model's version in an adoption."""
ACTS = "the next run compares all records anew with it 下次运行将用它重新比对全部记录"
_FIX = f"ccdata entity train --adopt, or ccdata entity adopt {SHIPPED}"


class Adoption(TypedDict):
    """That a model was taken into use: its version (or SHIPPED), the business time as ISO text, and who did it."""

    version: str
    at: str
    by: str | None


def model_in_use(settings: Settings, rules: Rules) -> Model:
    """The model that was adopted last, else the shipped one. ContractError where it is gone, or of other comparisons than the rules."""
    version = adopted_version(settings)
    if version == SHIPPED:
        return load_model(MODEL, rules.organisation)
    return load_model(model_path(settings, version), rules.organisation, _FIX)


def adopted_version(settings: Settings) -> str:
    """Version of the model that was adopted last; SHIPPED where none was."""
    found = adoptions(settings)
    return found[-1]["version"] if found else SHIPPED


def adoptions(settings: Settings) -> list[Adoption]:
    """All adoptions, oldest first. CcdataError where their file cannot be read."""
    path = _ledger(settings)
    if not path.exists():
        return []
    try:
        found: list[Adoption] = json.loads(path.read_text(encoding="utf-8"))
        return [Adoption(version=line["version"], at=line["at"], by=line["by"]) for line in found]
    except (ValueError, KeyError, TypeError):
        raise CcdataError(
            f"models/{path.name} cannot be read; fix: restore it, or delete it to use the shipped model"
        ) from None


def adopt(settings: Settings, rules: Rules, version: str, by: str | None) -> Adoption:
    """Take a trained model (or SHIPPED) into use and say who did. WrongUse where there is none, ContractError where it does not fit."""
    if version == SHIPPED:
        load_model(MODEL, rules.organisation)
    elif not model_path(settings, version).exists():
        raise WrongUse(f"there is no model {version} in this home; fix: ccdata entity models lists them")
    else:
        load_model(model_path(settings, version), rules.organisation, _FIX)
    line = Adoption(version=version, at=settings.as_of.isoformat(), by=by)
    _write(_ledger(settings), json.dumps([*adoptions(settings), line], ensure_ascii=False, indent=1) + "\n")
    return line


def trained_models(settings: Settings) -> list[Model]:
    """The models of the home, the last trained first. ContractError where a file is none."""
    found = [load_model(path, fix="delete the file") for path in settings.models_dir.glob("matching-*.json")]
    return sorted(found, key=lambda model: (str(model.trained_on.get("date")), model.version), reverse=True)


def model_path(settings: Settings, version: str) -> Path:
    """Where the file of a version lies."""
    return settings.models_dir / f"matching-{version}.json"


def keep_model(settings: Settings, model: Model) -> Path:
    """Write a trained model's file and give it; the same version has the same weights, whatever stood there."""
    path = model_path(settings, model.version)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    write_model(model, part)
    part.replace(path)
    return path


def _ledger(settings: Settings) -> Path:
    return settings.models_dir / "adopted.json"


def _write(path: Path, text: str) -> None:
    """All of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
