"""Control totals: what the supplier declares of a delivery against what landed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import duckdb

from ccdata_assets.contracts.compile import literal, quote
from ccdata_assets.contracts.model import Contract

FURNITURE_ROWS = 1000
"""Titles and totals looked through."""


@dataclass(frozen=True)
class MemberFile:
    """One member of a landed file: its raw rows, columns, and the column of each field."""

    path: Path
    columns: Sequence[str]
    mapped: Mapping[str, str]


@dataclass(frozen=True)
class Declared:
    """The rows that the supplier declares, and where the declaration disagrees with the file."""

    rows: int | None
    error: str | None


def check_control(
    con: duckdb.DuckDBPyConnection, contract: Contract, file: str, members: Sequence[MemberFile], sidecar: int | None
) -> Declared:
    """Compare declared totals with the rows in the table `judged`. Values of sums are the supplier's own totals."""
    control = contract.control
    if not control.rows and not control.sums:
        return Declared(None, None)
    problems: list[str] = []
    furniture = [(member, cells) for member in members for cells in _furniture(con, member)]
    rows = sidecar
    if control.rows:
        if not control.sidecar:
            texts = [file.rpartition("/")[2], *(" ".join(cell for cell in cells if cell) for _, cells in furniture)]
            rows = next(
                (number for text in reversed(texts) if (number := declared_rows(control.rows, text)) is not None), None
            )
        landed = con.execute("select count(*) from judged where not _blank").fetchall()[0][0]
        if rows is None:
            problems.append("nothing declares the number of rows")
        elif rows != landed:
            problems.append(f"{rows:,} rows are declared and {landed:,} landed")
    for field in control.sums:
        for member in members:
            if field in member.mapped:
                own = [cells for other, cells in furniture if other is member]
                problems += _sum_problem(con, field, member, own)
    return Declared(rows, "; ".join(problems) or None)


def _furniture(con: duckdb.DuckDBPyConnection, member: MemberFile) -> list[list[str | None]]:
    columns = "".join(f", {quote(column)}" for column in member.columns)
    found = con.execute(
        f"""select _text{columns} from read_parquet({literal(str(member.path))})
        where (_member, _row) in (select (_member, _row) from judged where _furniture) order by _row limit {FURNITURE_ROWS}"""
    ).fetchall()
    return [json.loads(text) if text else list(cells) for text, *cells in found]


def _sum_problem(
    con: duckdb.DuckDBPyConnection, field: str, member: MemberFile, furniture: Sequence[Sequence[str | None]]
) -> list[str]:
    column = member.mapped[field]
    place = member.columns.index(column)
    told = [cells[place] for cells in furniture if len(cells) > place and (cells[place] or "").strip()]
    totals = [number for text in told if (number := _number(text)) is not None]
    if not totals:
        return [f"no totals row declares the sum of {field}" if not told else f"the total of {field} is no number"]
    plain = f"regexp_replace({quote(column)}, '{_DECORATION}', '', 'g')"
    found, unread = con.execute(
        f"""select coalesce(sum(try_cast({plain} as decimal(38, 6))), 0), count(*) filter (where {plain} <> '' and try_cast({plain} as decimal(38, 6)) is null)
        from read_parquet({literal(str(member.path))})
        where (_member, _row) not in (select (_member, _row) from judged where _blank)"""
    ).fetchall()[0]
    if unread:
        return [f"{unread:,} values of {field} are no numbers, so their sum cannot be checked"]
    # the last total is that of all rows, or all of them are subtotals
    if min(abs(found - totals[-1]), abs(found - sum(totals))) > Decimal("0.005"):
        return [f"the declared sum of {field} and that of its rows differ by {abs(found - totals[-1]).normalize():,f}"]
    return []


_DECORATION = r"[\s,，￥¥$元]"


def _number(text: str | None) -> Decimal | None:
    try:
        number = Decimal(re.sub(_DECORATION, "", text or ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def declared_rows(pattern: str, text: str) -> int | None:
    """The number of rows that a text declares, by the contract's pattern."""
    hit = re.search(pattern, text)
    try:
        return int(hit["rows"].replace(",", "")) if hit and hit["rows"] else None
    except ValueError:
        return None
