"""A dictionary read for a list of values that no feed has brought: `ccdata standardise`, tests, benchmarks."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ccdata_assets.standard.sql import Project, load_sql

HELPERS = ("rule_version",)
"""Columns of a dictionary that are no answer about the value itself."""


class Dictionaries:
    """The dictionaries over a database; reference tables are loaded when a dictionary first needs them.

    Without a connection they stand in a database in memory, and `read` gives them their values; with one, `build` makes
    them from its staged tables, as a first run of dbt would.
    """

    def __init__(self, folder: Path, con: duckdb.DuckDBPyConnection | None = None) -> None:
        self.project: Project = load_sql(folder)
        self.con = con or duckdb.connect()
        self._ready: set[str] = set()
        for schema in ("reference", "standard", "staged"):
            self.con.execute(f"create schema if not exists {schema}")
        if con is None:
            self.con.execute("create table staged.value (kind varchar, raw varchar)")

    @property
    def kinds(self) -> list[str]:
        """The dictionaries there are: models that read raw values."""
        return [name for name, path in self.project.models.items() if "values_to_read(" in path.read_text("utf-8")]

    def meta(self, kind: str) -> dict[str, Any]:
        """What the dictionary declares of itself: title, reasons, secret."""
        config = self.project.properties(kind).get("config", {})
        return dict(config.get("meta", {}))

    def is_secret(self, kind: str) -> bool:
        """True where the values may not be repeated and their standard is a keyed hash."""
        return kind in self.project.models and bool(self.meta(kind).get("secret"))

    def columns(self, kind: str) -> list[str]:
        """The answer's columns, in order: raw, standard, status, reason, then the parts."""
        self.prepare(kind)
        names = [row[0] for row in self.con.execute(f"describe {self.project.render(kind)}").fetchall()]
        first = ["raw", "standard", "status", "reason"]
        return first + [name for name in names if name not in first and name not in HELPERS]

    def prepare(self, kind: str) -> None:
        """Load the reference tables that a dictionary reads, and what is made of them."""
        found: set[str] = set()
        self.project.render(kind, found)
        for name in sorted(found):
            if name in self._ready:
                continue
            self._ready.add(name)
            if name in self.project.seeds:
                self._load_seed(name)
            else:
                self.build(name)

    def build(self, name: str) -> None:
        """Make the table standard.<name> from the staged tables, and before it what it reads."""
        self._ready.add(name)
        self.prepare(name)
        self.con.execute(f"create or replace table standard.{name} as {self.project.render(name)}")

    def read(self, kind: str, values: Iterable[str | None]) -> duckdb.DuckDBPyRelation:
        """The dictionary's rows of the distinct values: raw, standard, status, reason, its parts, rule_version."""
        self.prepare(kind)
        self.con.register("given_values", pa.table({"raw": pa.array(values, pa.string())}))
        self.con.execute("delete from staged.value")
        self.con.execute(
            "insert into staged.value select distinct $1, raw from given_values where raw is not null", [kind]
        )
        self.con.unregister("given_values")
        return self.con.sql(self.project.render(kind))

    def _load_seed(self, name: str) -> None:
        types = self.project.seed_types(name)
        path = self.project.seeds[name]
        columns = next(csv.reader(io.StringIO(path.open(encoding="utf-8").readline())))
        declared = {column: types.get(column, "varchar") for column in columns}
        self.con.execute(
            f"create or replace table reference.{self.project.alias(name)} as "
            "select * from read_csv($1, header = true, delim = ',', quote = '\"', escape = '\"', nullstr = '', columns = $2)",
            [str(path), declared],
        )
