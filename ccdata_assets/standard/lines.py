"""`ccdata standardise`: a file of values, one a line, and what the dictionary of a field says of each."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import pyarrow as pa

from ccdata_assets.contracts.compile import literal, quote
from ccdata_assets.contracts.headers import normal_header
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.errors import WrongUse
from ccdata_assets.landing.sniff import text_encoding
from ccdata_assets.standard.codes import read_codes
from ccdata_assets.standard.dictionaries import Dictionaries

BY_TYPE = {"date": "date", "boolean": "yes_no"}
"""Dictionaries of fields whose type says how they are read."""


def kinds_of_fields(dictionaries: Dictionaries, registry: Registry) -> dict[str, str]:
    """The dictionary or code list that reads each business field, by the field's name; dictionaries and lists by their own."""
    kinds = {name: name for name in (*dictionaries.kinds, *registry.codes)}
    for name, field in registry.fields.items():
        kind = field.standardiser or BY_TYPE.get(field.type) or field.type.removeprefix("code:")
        if kind in kinds:
            kinds.setdefault(name, kind)
    return kinds


def find_kind(dictionaries: Dictionaries, registry: Registry, field: str) -> str:
    """The dictionary or code list for a field given by its name or one of its usual headers (电话, Mobile no).

    Raises WrongUse naming what there is.
    """
    kinds = kinds_of_fields(dictionaries, registry)
    if field in kinds:
        return kinds[field]
    asked = normal_header(field)
    for name, spec in registry.fields.items():
        if name in kinds and asked in {normal_header(text) for text in (name, spec.zh, spec.en, *spec.aliases)}:
            return kinds[name]
    known = ", ".join(sorted(set(kinds.values())))
    raise WrongUse(f"no dictionary reads {field}; fix: use one of {known}, or a field that one of them reads")


def read_lines(source: BinaryIO | Path) -> list[str]:
    """The lines of a file or stream, without their ends; the encoding is found as for a delivered file."""
    if not isinstance(source, Path):
        with TemporaryDirectory() as folder:
            path = Path(folder, "lines")
            path.write_bytes(source.read())
            return read_lines(path)
    content = source.read_bytes()
    encoding = text_encoding(source) if content else "utf-8"
    text = content.decode("utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding, errors="replace")
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


class Answers:
    """One answer per given line, in order: raw, standard, status, reason, then the parts."""

    def __init__(self, dictionaries: Dictionaries, registry: Registry, kind: str, lines: Sequence[str]) -> None:
        self._con = dictionaries.con
        if kind in dictionaries.kinds:
            relation = dictionaries.read(kind, lines)
            self.columns = dictionaries.columns(kind)
        else:
            relation = read_codes(self._con, registry, kind, lines)
            self.columns = relation.columns
        self._con.execute(f"create or replace temp table answer as {relation.sql_query()}")
        self._con.register("line", pa.table({"place": range(len(lines)), "raw": pa.array(lines, pa.string())}))
        shown = "repeat('*', length(line.raw))" if dictionaries.is_secret(kind) else "line.raw"
        self._select = f"""select {shown} as raw, answer.* exclude (raw)
            from line left join answer on line.raw = answer.raw order by line.place"""

    def write_csv(self, out: Path) -> None:
        """Write the answers as CSV with a header; lists and structs as JSON, nothing as nothing."""
        kinds = dict(self._con.execute(f"select column_name, column_type from (describe {self._select})").fetchall())
        texts = [_as_text(name, kinds[name]) for name in self.columns]
        query = f"select {', '.join(texts)} from ({self._select})"
        self._con.execute(f"copy ({query}) to {literal(str(out))} (format csv, header true)")

    def print_csv(self, out: BinaryIO) -> None:
        """Write the same to a stream; DuckDB writes to files only."""
        with TemporaryDirectory() as folder:
            path = Path(folder, "answers.csv")
            self.write_csv(path)
            with path.open("rb") as written:
                shutil.copyfileobj(written, out)

    def rows(self) -> list[dict[str, Any]]:
        """The answers as dictionaries."""
        names = ", ".join(quote(name) for name in self.columns)
        found = self._con.sql(f"select {names} from ({self._select})")
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]

    def by_status(self) -> list[tuple[str, str, int]]:
        """How many lines each status and reason has, most first."""
        return self._con.execute(
            f"select status, reason, count(*) from ({self._select}) group by all order by 3 desc, 1, 2"
        ).fetchall()


def _as_text(name: str, kind: str) -> str:
    column = quote(name)
    if kind.endswith("[]") or kind.startswith(("STRUCT", "MAP")):
        return f"cast(to_json({column}) as varchar) as {column}"
    return f"nullif(cast({column} as varchar), '') as {column}"
