"""The match rules and the model as data: what ships loads and fits together, and a mistake is told."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ccdata_assets.errors import ContractError
from ccdata_assets.resolution.model import load_model, weight_sql
from ccdata_assets.resolution.rules import load_rules
from ccdata_assets_tests.resolution.runs import MODEL, SHIPPED, company, partition, run


def test_the_shipped_rules_and_the_shipped_model_resolve_records(con: duckdb.DuckDBPyConnection) -> None:
    rows = [company(1, phone="+865715550001"), company(2, phone="+865715550001"), company(3, "白云")]
    run(con, rows, rules=load_rules(), model=load_model())
    assert partition(con) == {frozenset({1, 2}), frozenset({3})}


def test_the_shipped_model_has_a_weight_for_every_level_of_the_rules_and_was_made_for_them() -> None:
    rules, model = load_rules(), load_model()
    assert weight_sql(rules.organisation, model)
    assert model.rules_version == rules.version, "train it anew: python -m ccdata_assets.resolution.training"


def test_a_model_that_does_not_know_a_level_is_refused_with_the_way_to_mend_it() -> None:
    weights = {**MODEL.weights, "phone": {"same": 14.0}}
    with pytest.raises(ContractError, match=r"no weight for phone: otherwise, unknown; fix: train it again"):
        weight_sql(SHIPPED.organisation, MODEL.model_copy(update={"weights": weights}))


def test_a_mistake_in_the_rules_is_told_with_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(
        'version: "1"\norganisation:\n  names: company_name\n  exact:\n    - {name: a, key: [uscc]}\n', encoding="utf-8"
    )
    with pytest.raises(ContractError, match=r"rules\.yaml:5: .*is not a known key; fix: "):
        load_rules(path)
