"""reference.lineage: what every published column and KPI is made of, for who has the published copy alone.

What lies above the staged unions is in catalogue/lineage.csv, which `make docs` reads out of the models; what lies below, feeds
and the headers they understand, comes from the contracts of this home, also those of CCDATA_CONTRACTS.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator

import duckdb

from ccdata_assets.contracts.model import Contract
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.settings import PROJECT_DIR

EDGES = PROJECT_DIR / "ccdata_assets" / "catalogue" / "lineage.csv"
COLUMNS = ("to_table", "to_column", "from_table", "from_column", "how")
SHOWN = 6
"""Headers of a field that an edge lists; docs/generated/feeds.md and the contracts have all."""
Line = tuple[str, str, str, str, str]


def write_lineage(con: duckdb.DuckDBPyConnection, registry: Registry) -> None:
    """Make reference.lineage anew: to_table, to_column, from_table, from_column, how."""
    with EDGES.open(encoding="utf-8", newline="") as lines:
        _, *above = csv.reader(lines)
    rows = list(dict.fromkeys([*map(tuple, above), *contract_lines(registry)]))
    columns = [list(column) for column in zip(*rows, strict=True)]
    unnested = ", ".join(f"unnest(${n}::varchar[]) as {name}" for n, name in enumerate(COLUMNS, start=1))
    con.execute(f"create or replace table reference.lineage as select {unnested} order by all", columns)


def contract_lines(registry: Registry) -> Iterator[Line]:
    """From the unions of subjects to the feeds, and from the fields of a feed to the headers of its files or to other fields."""
    for feed, contract in registry.feeds.items():
        union = f"staged.{contract.subject}"
        for name in registry.subjects[contract.subject].fields:
            if name in contract.fields:
                yield union, name, f"staged.{feed}", name, "union"
        for name in ("feed", "file", "sha256", "member", "row", "received_on"):
            for table in (union, "staged.record"):
                yield (
                    table,
                    name,
                    "ops.file_ledger" if name in ("feed", "file", "sha256", "received_on") else f"raw.{feed}",
                    name,
                    "landed",
                )
        for name in ("status", "flags", "is_repeat"):
            yield "staged.record", name, f"staged.{feed}", "*", "judged"
        yield from _fields(registry, contract)


def _fields(registry: Registry, contract: Contract) -> Iterator[Line]:
    for name, use in contract.fields.items():
        table = f"staged.{contract.feed}"
        if use.derive:
            words = set(re.findall(r"[a-z_][a-z0-9_]*", re.sub(r"'[^']*'", "", use.derive)))
            for other in sorted(words & set(contract.fields) - {name}):
                yield table, name, table, other, "derived"
        elif use.position:
            yield table, name, f"raw.{contract.feed}", f"column {use.position}", "header"
        else:
            known = registry.fields.get(name)
            headers = dict.fromkeys(
                [*use.from_, *([known.zh] if known else []), *(known.aliases if known else ()), name]
            )
            yield table, name, f"raw.{contract.feed}", " | ".join(list(headers)[:SHOWN]), "header"
