"""Trains a match model on the nodes of a home and tries it out beside the one in use; what comes of it is a file.

The warehouse is attached read-only to a database in memory, in which Splink makes its tables. Whoever calls holds the
writer's lock, so that no run is about.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from ccdata_assets.contracts.compile import literal
from ccdata_assets.errors import ContractError, WrongUse
from ccdata_assets.resolution.home_models import keep_model, model_in_use
from ccdata_assets.resolution.model import MODEL, Model, load_model
from ccdata_assets.resolution.rules import OrganisationRules, Rules
from ccdata_assets.resolution.training import SEED, train
from ccdata_assets.resolution.trial import try_out
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import Config, prepare

READ = ("record", "node", "node_key", "stopped")


def train_on_home(settings: Settings, rules: Rules, seed: int = SEED) -> tuple[Model, Path]:
    """The model of a home's nodes and its file, models/matching-<version>.json; it is in use only when it is adopted.

    What no pair of the home is at has the weight of the shipped model. The same nodes, decisions, business date, models and seed give the same file. WrongUse where the home has no nodes of today's
    rules, or too few to learn from.
    """
    other = _beside(settings, rules)
    with open_nodes(settings, rules.organisation) as con:
        rows, nodes = con.execute(
            "select (select count(*) from resolution.record), (select count(*) from resolution.node)"
        ).fetchall()[0]
        date = settings.business_date.isoformat()
        trained_on = {"warehouse": True, "rows": rows, "nodes": nodes, "seed": seed, "date": date}
        shipped = load_model(MODEL, rules.organisation)
        model = train(con, rules, trained_on, seed, otherwise=shipped)
        model = model.model_copy(update={"evaluation": try_out(con, rules.organisation, model, other)})
    return model, keep_model(settings, model)


def _beside(settings: Settings, rules: Rules) -> Model:
    """The model in use; the shipped one where that does not fit the rules any more, which is a reason to train."""
    try:
        return model_in_use(settings, rules)
    except ContractError:
        return load_model(MODEL, rules.organisation)


@contextmanager
def open_nodes(settings: Settings, rules: OrganisationRules) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with schema `resolution` of the home's warehouse to read, and its golden.decision. WrongUse where a run has
    not made it with these rules."""
    if not settings.warehouse_path.exists():
        raise WrongUse("there is no warehouse in this home yet; fix: run `ccdata run` first")
    config: Config = {
        "memory_limit": settings.memory_limit,
        "threads": settings.threads,
        "temp_directory": str(settings.warehouse_path.parent / "training.tmp"),
    }
    with duckdb.connect(config=config) as con:
        prepare(con)
        con.execute(f"attach {literal(str(settings.warehouse_path))} as home (read_only)")
        there = {
            (table, column)
            for table, column in con.execute(
                "select table_name, column_name from duckdb_columns() where database_name = 'home' and schema_name = 'resolution'"
            ).fetchall()
        }
        needed = {("node", name) for name in rules.evidence} | {(table, "node") for table in ("record", "node_key")}
        if not needed <= there:
            raise WrongUse("the warehouse was resolved by other rules, or not yet; fix: ccdata run, then train")
        con.execute("create schema resolution; create schema golden")
        for name in READ:
            con.execute(f"create view resolution.{name} as from home.resolution.{name}")
        # a copy, because its order is that of its rows
        con.execute("create table golden.decision as select * from home.golden.decision order by rowid")
        yield con
