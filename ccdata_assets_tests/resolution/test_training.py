"""The match model: what is learned of nodes without labels, and that the shipped one knows the shipped rules."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from ccdata_assets.errors import WrongUse
from ccdata_assets.resolution.model import OTHERWISE, Model, load_model, other_comparisons, weight_sql, write_model
from ccdata_assets.resolution.rules import ExactRule, Rules, load_rules
from ccdata_assets.resolution.training import UNKNOWN, train, translate

COMPANIES = 400
LETTERS = "泰海创优安隆信永泽美宇鸿云鼎润远"
SEED = 7


EVIDENCE = ("uscc", "name_key", "core", "branch", "place", "city", "phones", "address_key", "email", "person")
COMPARE = {
    "name": {"same": "l.core = r.core", "part": "starts_with(l.core, r.first) or starts_with(r.core, l.first)"},
    "place": {"same": "l.place = r.place and l.place <> ''", UNKNOWN: "l.place = '' or r.place = ''"},
    "phone": {"same": "list_has_any(l.phones, r.phones)", UNKNOWN: "len(l.phones) = 0 or len(r.phones) = 0"},
    **{
        name: {"same": f"l.{column} = r.{column}", UNKNOWN: f"l.{column} is null or r.{column} is null"}
        for name, column in {"address": "address_key", "email": "email", "person": "person"}.items()
    },
}


@pytest.fixture(scope="module")
def rules() -> Rules:
    """Rules of a few comparisons, which stay when those that are shipped change."""
    shipped = load_rules()
    own = {
        "evidence": {name: name for name in EVIDENCE},
        "derived": {"first": "left(core, 2)"},
        "exact": tuple(
            ExactRule(name=name, keys=keys, weight=30)
            for name, keys in {"uscc": ("uscc", "branch"), "name_and_place": ("name_key", "place")}.items()
        ),
        "compare": COMPARE,
    }
    return shipped.model_copy(update={"organisation": shipped.organisation.model_copy(update=own)})


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    """Nodes of invented companies, three each: one wrote a part of its name, half tell their number, all their address."""
    made = duckdb.connect()
    letters = ", ".join(f"'{letter}'" for letter in LETTERS)
    made.execute(
        f"""create table node as
        with told as (
            select o, k, ([{letters}])[1 + o % 16] || ([{letters}])[1 + o // 16 % 16] || ([{letters}])[1 + (o * 7 + o // 16) % 16] as name,
                lpad(cast(1100 + o % 30 as varchar), 4, '0') as place
            from range({COMPANIES}) as company(o), range(3) as record(k)
        )
        select cast(o * 3 + k as ubigint) as node, if(k < 2, 'code' || o, null) as uscc, if(k = 2, left(name, 2), name) || '科技' as core,
            core as name_key, '' as branch, if(o % 5 = 0 and k = 1, '', place) as place, place as city,
            if((o + k) % 2 = 0, ['tel' || o], []) as phones, 'road' || o as address_key, if(k = 1, null, 'mail' || o) as email,
            if(o % 7 = k, null, 'person' || o % 40) as person
        from told"""
    )
    return made


@pytest.fixture(scope="module")
def model(con: duckdb.DuckDBPyConnection, rules: Rules) -> Model:
    return train(con, rules, {"nodes": 3 * COMPANIES}, SEED, "node")


def test_every_level_has_a_weight(model: Model, rules: Rules) -> None:
    assert weight_sql(rules.organisation, model)
    levels = {name: {*declared, OTHERWISE} for name, declared in rules.organisation.compare.items()}
    assert {name: set(found) for name, found in model.weights.items()} == levels
    assert model.rules_version == rules.version


def test_what_agrees_speaks_for_and_what_differs_against(model: Model) -> None:
    wrong = {
        name: found
        for name, found in model.weights.items()
        if not found["same"] > 0 >= found[OTHERWISE] or found.get(UNKNOWN, 0.0) != 0
    }
    assert wrong == {}
    assert model.prior < -5, "a pair of nodes taken at random is rarely of one company"


def test_what_many_share_speaks_less_than_what_few_share(model: Model) -> None:
    # forty people in four hundred companies, thirty cities, a number for each company
    assert model.weights["place"]["same"] < model.weights["phone"]["same"]
    assert model.weights["person"]["same"] < model.weights["email"]["same"]


def test_nothing_speaks_more_against_than_is_allowed(model: Model) -> None:
    assert min(weight for levels in model.weights.values() for weight in levels.values()) >= -6


def test_the_same_nodes_in_another_order_give_the_same_model(con: duckdb.DuckDBPyConnection, model: Model, rules: Rules) -> None:  # fmt: skip
    con.execute("create or replace table reversed as select * from node order by node desc")
    assert train(con, rules, {"nodes": 3 * COMPANIES}, SEED, "reversed") == model


def test_the_version_says_which_weights(con: duckdb.DuckDBPyConnection, model: Model, rules: Rules) -> None:
    con.execute("create or replace table fewer as select * from node where node % 3 <> 1 or node < 600")
    other = train(con, rules, {}, SEED, "fewer")
    assert other.weights != model.weights
    assert other.version != model.version


def test_a_level_that_no_pair_is_at_has_the_weight_of_another_model_or_none(
    con: duckdb.DuckDBPyConnection, model: Model, rules: Rules
) -> None:
    assert model.trained_on["untaught"] == []
    con.execute("create or replace table mute as select * replace (cast(null as varchar) as email) from node")
    alone = train(con, rules, {}, SEED, "mute")
    assert alone.trained_on["untaught"] == ["email.same", f"email.{OTHERWISE}"]
    assert alone.weights["email"] == {"same": 0.0, UNKNOWN: 0.0, OTHERWISE: 0.0}, "what nobody says speaks for nothing"
    assert train(con, rules, {}, SEED, "mute", otherwise=model).weights["email"] == model.weights["email"]


def test_nodes_that_have_nothing_in_common_teach_nothing(con: duckdb.DuckDBPyConnection, rules: Rules) -> None:
    con.execute("create or replace table strangers as select * from node where node % 3 = 0 and node < 30")
    with pytest.raises(WrongUse, match="fix: train on more records"):
        train(con, rules, {}, SEED, "strangers")


def test_a_model_that_is_written_is_read_as_it_was(model: Model, tmp_path: Path) -> None:
    write_model(model, tmp_path / "model.json")
    assert load_model(tmp_path / "model.json") == model


def test_conditions_over_two_nodes_are_written_as_splink_names_columns() -> None:
    assert translate("l.core = r.core and list_has_any(l.slips, r.slips)") == (
        "core_l = core_r and list_has_any(slips_l, slips_r)"
    )


def test_the_shipped_model_is_of_the_shipped_rules() -> None:
    rules = load_rules()
    shipped = load_model()
    assert weight_sql(rules.organisation, shipped)
    assert other_comparisons(rules.organisation, shipped) == [], "fix: python -m benchmarks.resolution train"
    extra = {name: set(found) - {*rules.organisation.compare.get(name, {}), OTHERWISE} for name, found in shipped.weights.items()}  # fmt: skip
    assert {name: levels for name, levels in extra.items() if levels} == {}


def test_the_shipped_model_says_what_it_was_trained_on_and_how_right_it_was_elsewhere() -> None:
    shipped = load_model()
    assert shipped.evaluation["world"] != shipped.trained_on["world"], "scored on what it was trained on"
    at_zero = next(row for row in shipped.evaluation["at"] if row["link"] == 0)
    assert at_zero["precision"] >= 0.99
    assert at_zero["recall"] >= 0.95
    assert "/" not in json.dumps([shipped.trained_on, shipped.evaluation]), "no paths of a machine"
