"""The JSON Schema that editors use is the one the model gives, and it takes what the loader takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from ccdata_assets.contracts.registry import FEEDS_DIR, HERE, contract_schema
from ccdata_assets_tests.world import DIRECTORY

CHECKED_IN = HERE / "contract.schema.json"


@pytest.fixture(scope="module")
def validator() -> Any:
    return jsonschema.Draft202012Validator(json.loads(contract_schema()))


def test_the_checked_in_schema_is_the_one_the_model_gives() -> None:
    assert CHECKED_IN.read_text(encoding="utf-8") == contract_schema(), (
        f"the model changed: write the output of `ccdata feeds schema` into {CHECKED_IN.name}"
    )


@pytest.mark.parametrize("path", sorted(FEEDS_DIR.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_contract_is_valid_by_the_schema(path: Path, validator: Any) -> None:
    errors = [
        f"{error.json_path}: {error.message}"
        for error in validator.iter_errors(yaml.safe_load(path.read_text(encoding="utf-8")))
    ]
    assert errors == []


@pytest.mark.parametrize(
    "changes",
    [
        {"feed": None},
        {"onwer": "team:x"},
        {"trust": 101},
        {"freshness": "5 weeks"},
        {"quarantine": "row"},
        {"fields": {"phone": {"requierd": True}}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_the_schema_marks_a_mistake_while_it_is_written(changes: dict[str, Any], validator: Any) -> None:
    spec = {key: value for key, value in {**DIRECTORY, **changes}.items() if value is not None}
    assert not validator.is_valid(spec)


def test_the_schema_takes_the_short_forms_that_the_loader_takes(validator: Any) -> None:
    spec = {
        **DIRECTORY,
        "freshness": "35d",
        "fields": {"company_name": {"from": "单位", "none": "无"}, "collected_on": {"format": "%y%m%d"}, "phone": None},
    }
    assert [error.message for error in validator.iter_errors(spec)] == []
