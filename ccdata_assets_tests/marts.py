"""Marts of a world without dbt: the models' own SQL, rendered as dbt renders it and run in the order in which they read each other."""

from __future__ import annotations

from functools import cache
from graphlib import TopologicalSorter

from ccdata_assets.catalogue.lineage import Models
from ccdata_assets.resolution.golden import know_nobody
from ccdata_assets.settings import PROJECT_DIR
from ccdata_assets.warehouse.declared import write_declared
from ccdata_assets.warehouse.staging import create_views
from ccdata_assets_tests.world import World

CALL_MARTS = ("fct_call", "fct_call_leg", "fct_call_event", "fct_agent_state", "fct_agent_interval", "agent_time", "agent_day", "call_interval", "queue_interval")  # fmt: skip
"""What calls and states of agents become."""


@cache
def _models() -> tuple[Models, dict[str, str], dict[str, set[str]]]:
    models = Models(PROJECT_DIR / "dbt_project")
    reads: dict[str, set[str]] = {}
    texts = {}
    for name, path in models.models.items():
        if path.parent.name in ("marts", "kpi"):
            texts[name] = models.render(name, reads.setdefault(name, set()))
    return models, texts, reads


def build(world: World, *wanted: str, is_staged: bool = False) -> None:
    """Make these models and those that they read anew, as tables; seeds are not there. `is_staged`: the unions of the subjects
    are there already, as a test has made them."""
    models, texts, reads = _models()
    needed: dict[str, set[str]] = {}
    waiting = list(wanted or CALL_MARTS)
    while waiting:
        name = waiting.pop()
        needed[name] = reads[name] & set(texts)
        waiting += needed[name] - set(needed)
    with world.warehouse() as con:
        if not is_staged:
            create_views(con, world.registry)
            write_declared(con, world.registry)
        know_nobody(con)
        con.execute("create schema if not exists marts; create schema if not exists kpi")
        for name in TopologicalSorter(needed).static_order():
            con.execute(f"create or replace table {models.table(name)} as\n{texts[name]}")
