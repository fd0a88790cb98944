"""A dirty table as a delivery: landed, judged by its contract, released, and the cells it is faulted for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from ccdata_assets.contracts.headers import map_headers
from ccdata_assets.contracts.model import AgreeRule, Contract
from ccdata_assets.contracts.registry import load_registry
from ccdata_assets.landing.inbox import scan_inbox
from ccdata_assets.landing.land import land_feed
from ccdata_assets.quality.supplier_kit import marked_fields
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import connect
from ccdata_assets.warehouse.gate import account, decide, mark
from ccdata_assets.warehouse.staging import stage_feed

HERE = Path(__file__).parent
Cell = tuple[int, str]
"""Row as a person opening the file sees it, and header."""


def find_cells(
    name: str, file: Path, home: Path, without: frozenset[str] = frozenset(), dropped: frozenset[str] = frozenset()
) -> list[tuple[str, Cell]]:
    """(rule, cell) of all that the contract of a set finds in a file.

    `without` leaves rules out by name, `dropped` keys of `agree` rules: what a part is worth is seen by leaving it out.
    """
    settings = Settings(home=home, now="2026-01-01", settle_s=0)
    registry = load_registry([HERE], settings.time_zone)
    contract = _without(registry.feeds[name], without, dropped)
    inbox = settings.inbox_dir / name
    inbox.mkdir(parents=True)
    shutil.copy(file, inbox / file.name)
    with connect(settings) as con:
        land_feed(con, contract, registry, settings, scan_inbox(settings.inbox_dir, registry).by_feed[name], "dirty")
        stage_feed(con, contract, registry, settings)
        held = decide(con, contract, settings, account(con, contract, settings), [], "dirty")
        if held:
            raise RuntimeError(f"{name} is held: {'; '.join(held.values())}")
        mark(con, contract)
        found = con.execute(
            """select rule, field, row from ops.cell_finding union all
            select rule, field, row from ops.quarantine where field is not null order by all"""
        ).fetchall()
    with file.open(encoding="utf-8") as lines:
        header = next(lines).strip().split(",")
    columns = map_headers(contract, registry.fields, header).columns
    return [(rule, (row, column)) for rule, field, row in found for column in _columns(contract, columns, field, rule)]


def _columns(contract: Contract, columns: dict[str, str], field: str, rule: str) -> Iterator[str]:
    """The headers of the columns that a finding's field is read from."""
    for name in marked_fields(contract, rule, field, ""):
        if name in columns:
            yield columns[name]


def _without(contract: Contract, without: frozenset[str], dropped: frozenset[str]) -> Contract:
    rules = [
        rule.model_copy(update={"agree": rule.agree.model_copy(update=dict.fromkeys(dropped))})
        if isinstance(rule, AgreeRule)
        else rule
        for rule in contract.rules
        if rule.name not in without
    ]
    return contract.model_copy(update={"rules": tuple(rules)})
