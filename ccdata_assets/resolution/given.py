"""The table that `ccdata resolve` is given: read whole into DuckDB, with what of it could not be read."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from ccdata_assets.contracts.compile import FURNITURE, LANDING_FAULTS, quote
from ccdata_assets.errors import CcdataError, WrongUse
from ccdata_assets.landing.open import open_file
from ccdata_assets.landing.rows import Member, ReadOptions, UnreadableFile
from ccdata_assets.landing.text_form import DoubtfulText
from ccdata_assets.resolution.spec import Spec

OWN_COLUMNS = {"record_id", "entity_id"}
"""Columns that are ours: the number of a row while it is compared, and the answer."""
ENCODINGS = "utf-8, gb18030, big5, latin-1 …"
MOST_UNDECODABLE = 0.1
"""Of the rows; where more hold bytes that are no text in the encoding given, it is another one."""
_NO_TEXT = re.compile(r"\\udc[0-9a-f]{2}")
_FURNITURE = "the row stands where units or a second header stand; fix: leave it out"


@dataclass(frozen=True)
class Unread:
    """A row that could not be read: its number (in text that of the line on which it begins) and why."""

    row: int
    why: str


@dataclass(frozen=True)
class Given:
    """What was read: of a file of several tables which one, and which were left."""

    rows: int
    unread: tuple[Unread, ...] = ()
    table: str = ""
    left: tuple[str, ...] = ()


def read_table(con: duckdb.DuckDBPyConnection, path: Path, encoding: str | None = None) -> Given:
    """Make the table `given` (record_id from 0, then the file's columns as trimmed text, null where empty) of a file's first table
    with rows, and `unread` (record_id) of those that could not be read, which stand in it with nulls.

    Any format and encoding that landing reads. Raises UnreadableFile, WrongUse where there are no rows, or no such encoding.
    """
    options = ReadOptions(known_headers=lambda cells: 1, header=1, encoding=_codec(encoding))
    try:
        member, batches, left = _first_with_rows(path, options)
    except DoubtfulText as error:
        fix = (
            f"say it with --encoding ({ENCODINGS})"
            if error.what == "encoding"
            else "save it as CSV with commas, or as .xlsx"
        )
        raise UnreadableFile(f"{path}: the {error.what} cannot be told: {' or '.join(error.candidates)}? ({error.reason}); fix: {fix}") from None  # fmt: skip
    _refuse_own_names(path, member.columns)
    table = pa.Table.from_batches(batches)
    con.register("landed", table)
    try:
        columns = ", ".join(f"nullif(trim({quote(name)}), '') as {quote(name.strip())}" for name in member.columns)
        con.execute(
            f"""create or replace temp table given as select row_number() over () - 1 as record_id, {columns} from landed;
            create or replace temp table unread as
            select row_number() over () - 1 as record_id, _row as row, _fault as fault from landed qualify fault is not null"""
        )
    finally:
        con.unregister("landed")
    faults = con.execute("select row, fault from unread order by record_id").fetchall()
    undecodable = sum(fault == "undecodable" for _, fault in faults)
    if encoding and (undecodable > MOST_UNDECODABLE * table.num_rows or any(map(_NO_TEXT.search, member.columns))):
        raise UnreadableFile(
            f"{path} is not in the encoding {encoding}; fix: leave --encoding out, and it is found, or give another one ({ENCODINGS})"
        )
    unread = tuple(
        Unread(row, _FURNITURE if fault in FURNITURE else LANDING_FAULTS.get(fault, fault)) for row, fault in faults
    )
    return Given(table.num_rows, unread, member.name, tuple(left))


def _codec(encoding: str | None) -> str | None:
    if encoding is None:
        return None
    with suppress(LookupError, ValueError):
        found = codecs.lookup(encoding)
        if found._is_text_encoding:
            return encoding
    raise WrongUse(f"--encoding: there is no encoding {encoding}; fix: give one such as {ENCODINGS}")


def _first_with_rows(path: Path, options: ReadOptions) -> tuple[Member, list[pa.RecordBatch], list[str]]:
    """The first table of a file that has rows, its rows, and the names of the tables with columns after it."""
    members = open_file(path, options)
    for member in members:
        batches = list(member.batches)
        if any(batch.num_rows for batch in batches):
            return member, batches, list(_others(members))
    raise WrongUse(f"{path} has a header and no rows; fix: give a table with records")


def _others(members: Iterator[Member]) -> Iterator[str]:
    with suppress(CcdataError):  # what is not read may be broken
        for member in members:
            if member.columns:
                yield member.name


def _refuse_own_names(path: Path, columns: Sequence[str]) -> None:
    taken = OWN_COLUMNS & {name.strip().casefold() for name in columns}
    if taken:
        raise WrongUse(f"{path} has a column {', '.join(sorted(taken))}, a name of ours; fix: rename it")


def columns_of(con: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """The columns of a table but the number of a row."""
    return [row[0] for row in con.execute(f"describe {table}").fetchall() if row[0] != "record_id"]


def check_id(con: duckdb.DuckDBPyConnection, spec: Spec, is_written: bool) -> None:
    """WrongUse where the spec's `id` is no column of `given` or, where entities are to be named by it, is empty or repeats.

    No value is quoted, for an identifier may be a telephone number: rows are named.
    """
    if spec.id is None:
        return
    have = columns_of(con, "given")
    if spec.id.casefold() not in {name.casefold() for name in have}:
        raise WrongUse(f"id: the file has no column {spec.id}; fix: name one of {', '.join(have)}, or leave id out")
    if not is_written:
        return
    column = quote(spec.id)
    counted = f"select record_id, {column} as id, count(*) over (partition by {column}) as n from given anti join unread using (record_id)"
    for what, condition in (("is empty", "id is null"), ("repeats", "id is not null and n > 1")):
        count, some = con.execute(
            f"select count(*), list(record_id + 1 order by id, record_id)[:3] from ({counted}) where {condition}"
        ).fetchall()[0]
        if count:
            raise WrongUse(
                f"id: {spec.id} {what} in {count:,} rows (records {', '.join(map(str, some))} for example), so it cannot name entities; "
                "fix: name a column that tells rows apart, or leave id out, and rows are numbered"
            )
