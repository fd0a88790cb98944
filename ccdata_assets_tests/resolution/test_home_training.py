"""A match model trained on a home's own records: what is written, tried out, adopted and refused, by command and by job."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
from typer.testing import CliRunner

from ccdata_assets.cli import app
from ccdata_assets.defs import model as model_defs
from ccdata_assets.errors import CcdataError, ContractError, WrongUse
from ccdata_assets.orchestration.resource import WarehouseResource
from ccdata_assets.project import Project, load_project
from ccdata_assets.resolution import home_models
from ccdata_assets.resolution.decisions import DecisionBook
from ccdata_assets.resolution.engine import resolve
from ccdata_assets.resolution.home_training import train_on_home
from ccdata_assets.resolution.model import load_model, write_model
from ccdata_assets.resolution.trial import LEAST_DECIDED, try_out
from ccdata_assets.warehouse.lock import writer_lock
from ccdata_assets.warehouse.state import is_current, mark_published
from ccdata_assets_tests.resolution.runs import MODEL, SHIPPED, at, company, person
from ccdata_assets_tests.world import Row, World, fetch, make_settings, write_party_records

LETTERS = "青山白云黄河长城东方南海西岭北辰天和中正"
COMPANIES = 120
CITIES = ("330100", "440100", "110100", "310100", "510100", "420100")
Ask = Callable[..., Any]


def invented() -> list[Row]:
    """Three records of each company: the name in full, the same elsewhere told, a slip of the pen; signs are told by two of three."""
    rows: list[Row] = []
    for number in range(COMPANIES):
        name = "".join(LETTERS[(number * step + step) % len(LETTERS)] for step in (1, 3, 7)) + LETTERS[number // 20]
        for told in range(3):
            more = {
                "uscc": f"U{number:03}" if told < 2 else None,
                "address_key": f"road {number}" if told else None,
                "email": f"mail{number}@x.example" if told != 1 else None,
                "sha256": f"{told}" * 64,
                **person("王伟" if number % 7 == told else "李" + LETTERS[number % 20]),
            }
            phone = f"+8613{number:09}" if told != number % 3 else ()
            shown = name if told < 2 else name[:-1] + "鑫"
            rows.append(company(3 * number + told + 1, shown, place=CITIES[number % 6], phone=phone, **more))
    return rows


@pytest.fixture(scope="module")
def resolved(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A warehouse in which a run has resolved the invented records."""
    made = World(make_settings(tmp_path_factory.mktemp("resolved")))
    made.contract()
    with made.warehouse() as con:
        write_party_records(con, invented())
        resolve(con, load_project().rules, load_model(), at("2026-02-01"), "first")
    return made.settings.warehouse_path.read_bytes()


@pytest.fixture
def home(world: World, resolved: bytes, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project in a home with that warehouse."""
    world.settings.warehouse_path.write_bytes(resolved)
    monkeypatch.setenv("CCDATA_NOW", "2026-03-01")
    monkeypatch.setenv("CCDATA_HOME", str(world.settings.home))
    return replace(load_project(), settings=at("2026-03-01").model_copy(update={"home": world.settings.home}))


@pytest.fixture
def ask(home: Project) -> Ask:
    """`ccdata entity …` in that home: its answer as JSON."""

    def run(*words: str) -> Any:
        result = CliRunner().invoke(app, ["entity", *words, "--home", str(home.settings.home), "--json"])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return run


# --- training ----------------------------------------------------------------------------------------------------


def test_training_writes_a_file_that_fits_the_rules_and_is_not_in_use(home: Project) -> None:
    model, path = train_on_home(home.settings, home.rules)
    assert path == home.settings.home / "models" / f"matching-{model.version}.json"
    assert load_model(path, home.rules.organisation) == model
    assert model.trained_on["nodes"] <= model.trained_on["rows"] == 3 * COMPANIES
    assert model.trained_on["pairs"] > COMPANIES
    assert home.model == load_model(), "nobody adopted it"


def test_the_same_nodes_and_seed_give_the_same_file(home: Project) -> None:
    _, path = train_on_home(home.settings, home.rules, seed=1)
    before = path.read_bytes()
    assert train_on_home(home.settings, home.rules, seed=1)[1].read_bytes() == before
    assert json.loads(before)["trained_on"]["seed"] == 1


def test_the_warehouse_is_as_it_was(home: Project) -> None:
    before = home.settings.warehouse_path.read_bytes()
    train_on_home(home.settings, home.rules)
    assert home.settings.warehouse_path.read_bytes() == before


def test_a_home_without_nodes_of_these_rules_is_told_what_to_do(home: Project) -> None:
    more = {**home.rules.organisation.evidence, "fax": "fax"}
    rules = home.rules.model_copy(
        update={"organisation": home.rules.organisation.model_copy(update={"evidence": more})}
    )
    with pytest.raises(WrongUse, match="resolved by other rules, or not yet; fix: ccdata run"):
        train_on_home(home.settings, rules)
    home.settings.warehouse_path.unlink()
    with pytest.raises(WrongUse, match="fix: run `ccdata run` first"):
        train_on_home(home.settings, home.rules)


# --- on trial ----------------------------------------------------------------------------------------------------

WEAKER = MODEL.model_copy(update={"version": "weaker", "prior": MODEL.prior - 10})
"""A shared phone and one name in one place weigh 12 by it, a shared phone and names one slip apart 8; by MODEL 22 and 18."""


def decided(con: duckdb.DuckDBPyConnection, same: int, apart: int) -> dict[str, Any]:
    """`same` pairs of one name, one of them of two numbers, decided same; `apart` pairs of two names and one number decided apart; tried out."""
    pairs: list[tuple[str, Row, Row]] = []
    for number in range(same + apart):
        kind, phone = ("same", "apart")[number >= same], f"+8613{number:09}"
        one, other = (
            company(2 * number + side, LETTERS[number % 20] + LETTERS[number // 20], phone=phone) for side in (1, 2)
        )
        # a branch keeps the two from being one by their name, and is not what weights look at
        other = {**other, "branch": "分", "numbers": [f"{phone[:-1]}x"] if number == 0 else other["numbers"]}
        pairs.append((kind, one, other))
        if kind == "apart":
            other.update(
                trade_name="完全", match_key="完全不同", company_name="完全不同有限公司", industry_words="另外"
            )
    write_party_records(con, [row for _, *two in pairs for row in two])
    resolve(con, SHIPPED, MODEL, at("2026-02-01"), "first")
    names = {row["row"]: row["record_id"] for row in fetch(con, "select row, record_id from resolution.record")}
    book = DecisionBook(con, at("2026-02-01"))
    for kind, one, other in pairs:
        book.decide("same" if kind == "same" else "apart", [names[one["row"]]], [names[other["row"]]], "review")
    book.write()
    rules = SHIPPED.organisation.model_copy(update={"link": 0.0})
    return try_out(con, rules, WEAKER, MODEL)


def test_what_stewards_decided_says_how_right_both_models_are_on_the_same_pairs(con: duckdb.DuckDBPyConnection) -> None:
    found = decided(con, LEAST_DECIDED, LEAST_DECIDED)["decided"]
    assert (found["same"], found["apart"]) == (LEAST_DECIDED, LEAST_DECIDED)
    weaker, stronger = found["models"]
    assert (weaker["version"], stronger["version"]) == ("weaker", "test")
    missed = 1 - 1 / LEAST_DECIDED
    assert (weaker["precision"], weaker["recall"]) == (1.0, missed), "the pair without a shared number is missed"
    assert stronger["precision"] == 1.0
    assert stronger["recall"] == 1.0


def test_too_few_decisions_say_nothing_and_are_counted(con: duckdb.DuckDBPyConnection) -> None:
    found = decided(con, LEAST_DECIDED, LEAST_DECIDED - 1)["decided"]
    assert found == {"same": LEAST_DECIDED, "apart": LEAST_DECIDED - 1, "least": LEAST_DECIDED, "models": []}


def test_links_that_a_model_adds_and_removes_are_counted_as_a_run_would_make_them(
    con: duckdb.DuckDBPyConnection,
) -> None:
    near = [company(1, "青山", phone="+8613900000001"), company(2, "青山集", phone="+8613900000001")]
    far = [company(3, "白云", phone="+8613900000002"), company(4, "白河", phone="+8613900000002")]
    write_party_records(con, [*near, *far])
    resolve(con, SHIPPED, MODEL, at("2026-02-01"), "first")
    never = MODEL.model_copy(update={"version": "never", "prior": -100})
    links = try_out(con, SHIPPED.organisation, never, MODEL)["links"]
    made = fetch(
        con, "select count(*) filter (is_match) as links, count(*) filter (not is_match) as review from resolution.link"
    )
    assert [{"links": links["links_beside"], "review": links["review_beside"]}] == made
    assert (links["pairs"], links["links"], links["added"], links["removed"], links["review"]) == (2, 0, 0, 1, 0)


# --- adoption ----------------------------------------------------------------------------------------------------


def test_a_model_is_adopted_by_command_with_who_and_when_and_the_shipped_one_again(home: Project, ask: Ask) -> None:
    trained = ask("train")
    assert trained["adopted"] is None
    assert ask("models")["in_use"] == "shipped"
    version = trained["version"]
    assert ask("adopt", version, "--by", "王")["acts"] == "with the next run"
    assert home.model.version == version
    again = ask("train", "--adopt")
    assert again["version"] == version and again["evaluation"]["beside"] == version
    assert again["evaluation"]["links"]["added"] == again["evaluation"]["links"]["removed"] == 0
    ask("adopt", "shipped", "--by", "李")
    assert home.model == load_model()
    listed = ask("models")
    assert [(line["version"], line["by"]) for line in listed["adoptions"]] == [
        (version, "王"),
        (version, None),
        ("shipped", "李"),
    ]
    assert {line["at"][:10] for line in listed["adoptions"]} == {"2026-03-01"}
    assert [(line["version"], line["is_used"]) for line in listed["models"]] == [(version, False)]


def test_what_is_told_on_the_screen_says_that_the_next_run_resolves_anew(home: Project) -> None:
    result = CliRunner().invoke(app, ["entity", "train", "--adopt", "--home", str(home.settings.home)])
    assert result.exit_code == 0, result.output
    assert "the next run compares all records anew" in result.stdout
    assert "links 关联" in result.stdout
    result = CliRunner().invoke(app, ["entity", "train", "--home", str(home.settings.home)])
    assert "not in use 未启用" in result.stdout


def test_an_adopted_model_makes_the_next_run_work(home: Project, world: World) -> None:
    model, _ = train_on_home(home.settings, home.rules)
    home.settings.published_path.parent.mkdir(parents=True)
    home.settings.published_path.touch()
    with world.warehouse() as con:
        mark_published(con, world.registry, home.settings)
        assert is_current(con, world.registry, home.settings)
        home_models.adopt(home.settings, home.rules, model.version, None)
        assert not is_current(con, world.registry, home.settings)


def test_a_model_of_other_comparisons_is_neither_used_nor_adopted(home: Project, ask: Ask) -> None:
    model, path = train_on_home(home.settings, home.rules)
    home_models.adopt(home.settings, home.rules, model.version, None)
    compare = {**model.compare, "phone": {"same": "l.phones = r.phones"}}
    write_model(model.model_copy(update={"compare": compare}), path)
    told = rf"matching-{model.version}\.json: .* other comparisons than rules\.yaml has \(phone same unknown\); fix: ccdata entity train"
    with pytest.raises(ContractError, match=told):
        _ = home.model
    with pytest.raises(ContractError, match=told):
        home_models.adopt(home.settings, home.rules, model.version, None)
    assert ask("train", "--adopt")["evaluation"]["beside"] == load_model().version, "compared with the shipped one"
    assert home.model.version == model.version


def test_a_version_that_is_not_there_and_a_list_that_cannot_be_read_are_told(home: Project, ask: Ask) -> None:
    with pytest.raises(WrongUse, match="no model 1234 in this home; fix: ccdata entity models"):
        ask("adopt", "1234")
    home.settings.models_dir.mkdir()
    (home.settings.models_dir / "adopted.json").write_text("[{}]")
    with pytest.raises(CcdataError, match=r"models/adopted\.json cannot be read; fix: "):
        _ = home.model


def test_training_waits_for_a_run_that_writes(home: Project, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCDATA_LOCK_TIMEOUT_S", "0")
    with (
        writer_lock(home.settings.warehouse_path.with_suffix(".lock"), 0),
        pytest.raises(CcdataError, match="another run"),
    ):
        ask("train")


# --- the job -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("adopt", [False, True])
def test_the_job_trains_and_shows_the_model_and_adopts_it_only_where_it_is_told_to(
    home: Project, monkeypatch: pytest.MonkeyPatch, adopt: bool
) -> None:
    monkeypatch.setattr(model_defs, "load_project", lambda: home)
    result = dg.materialize(
        [model_defs.matching_model],
        resources={"warehouse": WarehouseResource.of(home.settings)},
        run_config={"ops": {"model__matching": {"config": {"adopt": adopt, "by": "王"}}}},
    )
    (done,) = result.asset_materializations_for_node("model__matching")
    told = {name: value.value for name, value in done.metadata.items()}
    version = told["version"]
    assert told["in_use"] is adopt
    assert home_models.adopted_version(home.settings) == (version if adopt else "shipped")
    assert [line["by"] for line in home_models.adoptions(home.settings)] == ["王"] * adopt
    assert Path(str(told["file"])).name == f"matching-{version}.json"
    assert "| phone | same " in str(told["weights"])
    assert "links 关联" in str(told["evaluation"])
    assert told["pairs"] and told["nodes"]
