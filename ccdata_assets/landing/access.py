"""Access databases (.mdb, .accdb) → raw rows, through the programs of mdbtools: every table of the user is a member.

A table is streamed from `mdb-export`; nothing is copied. The programs warn of damage on their error output and go on,
so any such word, or a number of rows other than the table's own, makes the file unreadable: no row is lost unseen.
What they print never reaches a message of ours, for it may hold values.
"""

from __future__ import annotations

import csv
import io
import os
import re
import select
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc

from ccdata_assets.landing.rows import (
    BATCH_ROWS,
    ROW_COLUMNS,
    Member,
    OverLimit,
    ReadOptions,
    UnreadableFile,
    column_names,
    make_batch,
)

SILENCE_S = 120.0
"""A program that says nothing for so long hangs on a damaged file."""
_SEPARATOR = "\x1f"
_TIME = "%Y-%m-%d %H:%M:%S"
_EXPORT = ("-d", _SEPARATOR, "-b", "strip", "-D", _TIME, "-T", _TIME)
"""Cells quoted as CSV, so that line breaks and quotes in texts survive; pictures and other objects left out."""
_COLUMN = re.compile(r"^\t\[.*\]\t\t\t([A-Za-z]+)", re.MULTILINE)
_HARMLESS = re.compile(r"warning: page \d+ from map doesn't match.*")
"""Old databases say so of pages that were freed; the number of rows tells whether one is missing."""
_ZERO_DAY = r"^1899-12-30 (\d\d:\d\d:\d\d)$"
"""A time of day without a date is kept as one on Access's day 0."""


class NotReadableHere(UnreadableFile):
    """A file that this machine cannot read and another might: no verdict on the file."""


def open_access(path: Path, options: ReadOptions) -> Iterator[Member]:
    """Read the tables of a database (just `options.sheet` where given), not those of the system; row numbers from 1.

    Dates and times are ISO text, booleans true and false. Texts of Access 97 are in the contract's encoding, else in
    GB18030. Raises UnreadableFile where the file is damaged or locked, NotReadableHere where mdbtools is missing.
    """
    if shutil.which("mdb-export") is None:
        raise NotReadableHere(
            "an Access database is read with mdbtools, which is not installed; fix: apt install mdbtools, or send CSV"
        )
    encoding = options.encoding or "GB18030"
    listed = _ask(path, encoding, options, "mdb-tables", "-1", str(path.resolve()))
    tables = [name for name in listed.splitlines() if name.strip() and not name.startswith(("~", "MSys"))]
    if options.sheet is not None:
        if options.sheet not in tables:
            raise UnreadableFile(
                "the database lacks the table that the contract reads; fix: rename the table or change source.sheet"
            )
        tables = [options.sheet]
    if not tables:
        raise UnreadableFile(
            "the database holds no table that can be read; fix: take its password off, or export the tables as CSV"
        )
    for table in tables:
        yield _member(path, table, encoding, options)


def _member(path: Path, table: str, encoding: str, options: ReadOptions) -> Member:
    with _program(path, encoding, options, "mdb-export", *_EXPORT, "--", str(path.resolve()), table) as output:
        header = output.readline().rstrip("\r\n").split(_SEPARATOR)
    schema = _ask(path, encoding, options, "mdb-schema", "-T", table, str(path.resolve()), "access")
    kinds = _COLUMN.findall(schema)
    names = column_names(header)
    condemned = None
    if len(names) > options.limits.columns:
        condemned, names = "too_many_columns", ()
    elif not options.is_header(header):
        condemned = "no_header"
    kinds = kinds if len(kinds) == len(names) else [""] * len(names)
    return Member(table, names, _batches(path, table, encoding, options, names, kinds, condemned), "access")


def _batches(
    path: Path,
    table: str,
    encoding: str,
    options: ReadOptions,
    names: tuple[str, ...],
    kinds: Sequence[str],
    condemned: str | None,
) -> Iterator[pa.RecordBatch]:
    number = 1
    with _program(path, encoding, options, "mdb-export", "-H", *_EXPORT, "--", str(path.resolve()), table) as output:
        reader = csv.reader(output, delimiter=_SEPARATOR)
        while rows := _next_rows(reader, options):
            faults = [condemned if any(row) else None for row in rows] if condemned else None
            batch = make_batch(names, range(number, number + len(rows)), rows, faults)
            yield _as_others_write(batch, kinds)
            number += len(rows)
    declared = _ask(path, encoding, options, "mdb-count", str(path.resolve()), table).strip()
    if declared != str(number - 1):
        raise _damaged()


def _next_rows(reader: Any, options: ReadOptions) -> list[list[str]]:
    before = csv.field_size_limit(options.limits.line_bytes)
    try:
        return list(islice(reader, BATCH_ROWS))
    except csv.Error:
        raise _damaged() from None
    finally:
        csv.field_size_limit(before)


def _as_others_write(batch: pa.RecordBatch, kinds: Sequence[str]) -> pa.RecordBatch:
    """Dates without a midnight, times without a day, booleans in words: the text that a workbook would give."""
    columns = list(batch.columns)
    for place, kind in enumerate(kinds, start=len(ROW_COLUMNS)):
        if kind == "DateTime":
            dates = pc.replace_substring_regex(columns[place], _ZERO_DAY, r"\1")
            columns[place] = pc.replace_substring_regex(dates, r"^(\d{4}-\d\d-\d\d) 00:00:00$", r"\1")
        elif kind == "Boolean":
            words = pc.replace_substring_regex(columns[place], "^1$", "true")
            columns[place] = pc.replace_substring_regex(words, "^0$", "false")
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


# --- the programs ------------------------------------------------------------------------------------------------


def _ask(path: Path, encoding: str, options: ReadOptions, *command: str) -> str:
    with _program(path, encoding, options, *command) as output:
        return output.read()


@contextmanager
def _program(path: Path, encoding: str, options: ReadOptions, *command: str) -> Iterator[IO[str]]:
    """The output of a program while it runs. UnreadableFile where it fails after all of its output was read."""
    with tempfile.TemporaryDirectory(prefix="ccdata-") as folder, tempfile.TemporaryFile() as errors:
        # mdbtools asks for UCS-2, in which the C library knows no character beyond the first 65,536, such as 𠮷
        Path(folder, "gconv-modules").write_text("alias UCS-2LE// UTF-16LE//\n")
        settings = ("LC_ALL=C.UTF-8", f"GCONV_PATH={folder}", f"MDB_JET3_CHARSET={encoding}")
        process = subprocess.Popen(
            ["env", *settings, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors
        )
        assert process.stdout is not None
        output = _Output(process.stdout.fileno(), options.limits.expanded_bytes)
        try:
            yield io.TextIOWrapper(io.BufferedReader(output, 1 << 18), "utf-8", "surrogateescape", newline="")
            is_read = output.ended
        finally:
            process.stdout.close()
            if not output.ended:
                process.kill()
            try:
                code = process.wait(SILENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait()
        if is_read:
            errors.seek(0)
            words = errors.read(65536).decode("utf-8", "replace")
            if code or any(line and not _HARMLESS.fullmatch(line) for line in words.splitlines()):
                raise _damaged()


def _damaged() -> UnreadableFile:
    return UnreadableFile(
        "the database is damaged, locked with a password, or no Access file;"
        " fix: let Access compact and repair it, take its password off, or export the tables as CSV"
    )


class _Output(io.RawIOBase):
    """What a program writes; it may neither hang nor write without end."""

    def __init__(self, descriptor: int, limit: int) -> None:
        self._descriptor = descriptor
        self._left = limit
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        ready, _, _ = select.select([self._descriptor], [], [], SILENCE_S)
        if not ready:
            raise UnreadableFile(
                "reading the database does not come to an end; fix: let Access compact and repair it, or export CSV"
            )
        data = os.read(self._descriptor, len(buffer))
        buffer[: len(data)] = data
        self.ended = not data
        self._left -= len(data)
        if self._left < 0:
            raise OverLimit(
                "the database's tables are larger than CCDATA_MAX_EXPANDED_BYTES; fix: split it, or raise it"
            )
        return len(data)
