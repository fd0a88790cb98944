"""The match rules and the model as data: what ships loads and fits together, and a mistake is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ccdata_assets.errors import ContractError
from ccdata_assets.resolution.model import load_model, other_comparisons, weight_sql
from ccdata_assets.resolution.rules import load_rules
from ccdata_assets_tests.resolution.runs import MODEL, SHIPPED, company, partition, run


def test_the_shipped_rules_and_the_shipped_model_resolve_records(con: duckdb.DuckDBPyConnection) -> None:
    rows = [company(1, phone="+865715550001"), company(2, phone="+865715550001"), company(3, "白云")]
    run(con, rows, rules=load_rules(), model=load_model())
    assert partition(con) == {frozenset({1, 2}), frozenset({3})}


def test_the_shipped_model_has_a_weight_for_every_level_of_the_rules_and_was_made_for_them() -> None:
    rules, model = load_rules(), load_model()
    assert weight_sql(rules.organisation, model)
    assert other_comparisons(rules.organisation, model) == [], "train it anew: python -m benchmarks.resolution train"


SLIPS = {"slips": "[trade_name]"}
OTHER_RULES: list[tuple[Callable[[dict[str, Any]], Any], str]] = [
    (lambda compare: compare["phone"].update(same="l.phones = r.phones"), r"\(phone same\)"),
    (lambda compare: compare["phone"].pop("unknown"), r"\(phone unknown\)"),
    (lambda compare: compare.pop("email"), r"\(email same unknown\)"),
    (lambda compare: compare.update(fax={"same": "l.fax = r.fax"}), r"\(fax otherwise same\)"),
    (lambda compare: compare.update(phone=dict(reversed(compare["phone"].items()))), r"\(phone\)"),
]


@pytest.mark.parametrize(("change", "what"), OTHER_RULES, ids=[what for _, what in OTHER_RULES])
def test_a_model_of_other_comparisons_is_refused_by_its_file_and_what_differs(
    change: Callable[[dict[str, Any]], Any], what: str
) -> None:
    compare = {name: dict(levels) for name, levels in load_rules().organisation.compare.items()}
    change(compare)
    rules = load_rules().organisation.model_copy(update={"compare": compare})
    with pytest.raises(
        ContractError, match=rf"model\.json: .* other comparisons than rules\.yaml has {what}; fix: train"
    ):
        load_model(rules=rules)


def test_another_layout_and_another_version_of_the_rules_do_not_make_a_model_unfit() -> None:
    rules = load_rules()
    spread = {name: {level: sql.replace(" ", "\n  ") for level, sql in levels.items()} for name, levels in rules.organisation.compare.items()}  # fmt: skip
    assert load_model(rules=rules.organisation.model_copy(update={"compare": spread})) == load_model()


def test_a_column_worked_out_otherwise_makes_a_model_unfit() -> None:
    rules = load_rules().organisation.model_copy(update={"derived": SLIPS})
    with pytest.raises(ContractError, match=r"\(derived slips\)"):
        load_model(rules=rules)


def test_a_file_that_is_no_model_is_told(tmp_path: Path) -> None:
    path = tmp_path / "matching-x.json"
    path.write_text("{}")
    with pytest.raises(ContractError, match=r"matching-x\.json is no match model that can be read; fix: "):
        load_model(path)


def test_a_model_that_does_not_know_a_level_is_refused_with_the_way_to_mend_it() -> None:
    weights = {**MODEL.weights, "phone": {"same": 14.0}}
    with pytest.raises(ContractError, match=r"no weight for phone: otherwise, unknown; fix: train the shipped one"):
        weight_sql(SHIPPED.organisation, MODEL.model_copy(update={"weights": weights}))


def test_a_mistake_in_the_rules_is_told_with_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(
        'version: "1"\norganisation:\n  names: company_name\n  exact:\n    - {name: a, key: [uscc]}\n', encoding="utf-8"
    )
    with pytest.raises(ContractError, match=r"rules\.yaml:5: .*is not a known key; fix: "):
        load_rules(path)
