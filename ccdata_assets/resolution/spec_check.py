"""Whether a spec fits the table: every expression is tried before anything is compared, and the one that does not fit is named."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from ccdata_assets.contracts.compile import quote
from ccdata_assets.errors import WrongUse, scrub
from ccdata_assets.resolution.given import columns_of
from ccdata_assets.resolution.spec import Spec

NO_SQL = (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException)
"""What DuckDB raises where an expression names what there is not, or is no SQL; its first line names columns and functions only."""


def clean_fault(con: duckdb.DuckDBPyConnection, spec: Spec, error: duckdb.Error) -> WrongUse:
    """Why the expressions of `clean` cannot be read over `given`: the first of them that alone cannot, else all together."""
    have = ", ".join(columns_of(con, "given"))
    for name, expression in spec.clean.items():
        if found := _fault(con, expression, "given"):
            return WrongUse(f"clean.{name}: {found}; fix: write SQL over the file's columns, which are {have}")
    if isinstance(error, NO_SQL):
        return WrongUse(f"clean: {_said(error)}; fix: write SQL over the file's columns, which are {have}")
    return WrongUse(
        f"clean: {scrub(_said(error))}; fix: write try_cast or try(…) where a value may be another one than expected"
    )


def check_expressions(con: duckdb.DuckDBPyConnection, spec: Spec) -> None:
    """WrongUse for the first part of link, block, compare, train or prior that cannot be read over `record`, the clean columns."""
    have = columns_of(con, "record")
    clean = ", ".join(spec.clean)
    missing = dict.fromkeys(
        name for name in [*spec.compare, *(part for rule in spec.link for part in rule)] if name not in spec.clean
    )
    if missing:
        raise WrongUse(
            f"compare and link need columns of clean, which has no {', '.join(missing)}; fix: add them there (it has {clean})"
        )
    rules = (("block", spec.block), ("train", spec.train), ("prior.rules", spec.prior.rules))
    for key, part in ((key, part) for key, of in rules for rule in of for part in rule):
        if found := _fault(con, part, "record"):
            raise WrongUse(f"{key}: {part}: {found}; fix: write SQL over the columns of clean, which are {clean}")
    sides = ", ".join(_sides(have))
    for name, said in spec.compare.items():
        for level in said.levels:
            if found := _fault(con, level, f"(select {sides} from record)"):
                raise WrongUse(
                    f"compare.{name}.levels: {level}: {found}; fix: write SQL over the columns of clean with _l and _r, such as {name}_l = {name}_r"
                )


def _sides(columns: Iterable[str]) -> list[str]:
    return [f"{quote(name)} as {quote(name + side)}" for name in columns for side in ("_l", "_r")]


def _fault(con: duckdb.DuckDBPyConnection, expression: str, table: str) -> str | None:
    """What is wrong with an expression over a table; None where it can be read."""
    try:
        con.execute(f"select ({expression}) from {table} limit 0")
    except NO_SQL as error:
        return _said(error)
    return None


def _said(error: duckdb.Error) -> str:
    first = str(error).splitlines()[0]
    return first.partition("Error: ")[2] or first
