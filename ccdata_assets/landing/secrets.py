"""Secret values are replaced as they land, before a row is written anywhere.

Two rules. Every cell of a secret column (the contract maps it to a field of PII class `secret`, or its header is one of such
a field) becomes `<status>:<reason>:hmac:<hash>`: what the dictionary says of the value, and a keyed hash of its one form.
And a valid identity number in any other cell, title or name becomes the same where it is the whole cell, else
`hmac:<hash>` among the words. Empty cells, words that say there is nothing, and what was replaced before stay.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ccdata_assets.contracts.headers import (
    COPY,
    header_index,
    is_secret_header,
    map_headers,
    normal_header,
    secret_fields,
    secret_headers,
)
from ccdata_assets.contracts.model import Contract, FileSource
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.landing.rows import ROW_COLUMNS, Member
from ccdata_assets.landing.secret_key import give_key, keyed_hash, load_key
from ccdata_assets.settings import Settings

if TYPE_CHECKING:
    import duckdb

KIND = "id_card"
"""The dictionary of what secret columns hold, and of what is looked for everywhere."""
RULES = 1
"""Raise it when a change of this module must reach what has landed."""
_DAY = "(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
NUMBER = f"[1-9][0-9]{{5}}(?:18|19|20)[0-9]{{2}}{_DAY}[0-9]{{3}}[0-9Xx]"
"""What an identity number looks like; its check digit, province and day are the dictionary's business."""
_NUMBER = re.compile(f"(?<![0-9]){NUMBER}(?![0-9A-Za-z])")
_LIKE_NUMBER = re.compile(rf"(?<![0-9])(?:[1-9][0-9]{{7}}{_DAY}[0-9]{{3}}|[0-9]{{16,19}}[Xx]?)(?![0-9A-Za-z])")
"""Any number as long as one of a person, for rows whose cells may have slipped from a secret column into another."""
_WIDE_NUMBER = re.compile("[０-９]{17}[０-９Ｘｘ]")
_LONG = re.compile("[0-9０-９]{14}")
LEAST_BYTES = 18

Tokens = Mapping[str, tuple[str, str]]
"""By value: what stands for it alone in a cell, and among other words."""


def secret_columns(contract: Contract, registry: Registry, columns: Sequence[str]) -> set[str]:
    """The columns of a table whose every cell is replaced.

    A header that the contract itself, under `from`, gives to another field of fields.yaml is that field's.
    """
    secret = secret_fields(registry.fields)
    if not secret:
        return set()
    if isinstance(contract.source, FileSource) and contract.source.header == "none":
        mapped = map_headers(contract, registry.fields, columns).columns
        return {column for field, column in mapped.items() if field in secret}
    index, known = header_index(contract, registry.fields), secret_headers(registry.fields)
    given = {
        normal_header(alias)
        for name, use in contract.fields.items()
        if name in registry.fields and name not in secret
        for alias in use.from_
    }
    found = set()
    for column in columns:
        header = normal_header(COPY.sub("", column))
        if index.get(header) in secret or (header not in given and is_secret_header(column, known)):
            found.add(column)
    return found


def hiding(contract: Contract, registry: Registry) -> list[object]:
    """What decides which cells of a feed are replaced: a file that landed otherwise is to be read again."""
    secret = secret_fields(registry.fields)
    own = [[name, sorted(use.from_), use.position] for name, use in contract.fields.items() if name in secret]
    return [RULES, sorted(secret_headers(registry.fields)), own]


class Hider:
    """Replaces the secret values of one feed's tables. The key is read, or made, when the first one is found."""

    def __init__(self, contract: Contract, registry: Registry, settings: Settings) -> None:
        self._contract, self._registry, self._settings = contract, registry, settings
        self.found = False
        """An identity number was seen, or a wrong one."""

    @cached_property
    def _key(self) -> bytes:
        return load_key(self._settings)

    @cached_property
    def _dictionary(self) -> tuple[duckdb.DuckDBPyConnection, str]:
        """A connection with what the dictionary reads, and its SQL: rendered once, for a table has many batches."""
        from ccdata_assets.standard.dictionaries import Dictionaries

        dictionaries = Dictionaries(self._settings.dbt_dir)
        dictionaries.con.execute(f"set threads = {self._settings.threads}")
        dictionaries.prepare(KIND)
        return dictionaries.con, dictionaries.project.render(KIND)

    def _read(self, values: pa.Array, with_key: bool) -> list[tuple[str, str | None, str, str]]:
        """The dictionary's raw, standard, status and reason of distinct values; standards need the key."""
        con, sql = self._dictionary
        if with_key:
            give_key(con, self._key)
        con.register("given_values", pa.table({"raw": values}))
        con.execute("delete from staged.value")
        con.execute("insert into staged.value select distinct $1, raw from given_values", [KIND])
        con.unregister("given_values")
        return con.execute(f"select raw, standard, status, reason from ({sql})").fetchall()

    # --- tables ---------------------------------------------------------------------------------------------------

    def members(self, members: Iterator[Member]) -> Generator[Member]:
        """The tables of a file with their secrets replaced, in their names and headers too."""
        try:
            for member in members:
                yield self.member(member)
        finally:
            if isinstance(members, Generator):
                members.close()

    def member(self, member: Member) -> Member:
        """One table with its secrets replaced."""
        secret = secret_columns(self._contract, self._registry, member.columns)
        columns = tuple(self.text(column) for column in member.columns)
        return replace(
            member,
            name=self.text(member.name),
            columns=columns,
            batches=self._batches(member.batches, member.columns, columns, secret),
        )

    def _batches(
        self, batches: Iterator[pa.RecordBatch], columns: Sequence[str], names: Sequence[str], secret: set[str]
    ) -> Iterator[pa.RecordBatch]:
        places = [place for place, column in enumerate(columns) if column in secret]
        own = len(ROW_COLUMNS)
        with closing(batches) if isinstance(batches, Generator) else nullcontext():
            for batch in batches:
                texts = self._row_texts(
                    batch.column(own - 2), batch.column(own - 1), places, bool(secret) or not columns
                )
                cells = self.arrays(batch.columns[own:], places)
                yield pa.RecordBatch.from_arrays(
                    [*batch.columns[: own - 1], texts, *cells], names=[*ROW_COLUMNS, *names]
                )

    def arrays(self, cells: Sequence[pa.Array], places: Iterable[int]) -> list[pa.Array]:
        """Columns of text with their secrets replaced; those at `places` are secret themselves."""
        wanted = set(places)
        return [self._secret(c) if place in wanted else self._searched(c) for place, c in enumerate(cells)]

    def slices(
        self, batches: Iterator[list[pa.Array]], columns: Sequence[str], watermark: str | None = None
    ) -> Iterator[list[pa.Array]]:
        """The same of the rows of a query; its watermark is a number or a time and stays."""
        secret = secret_columns(self._contract, self._registry, columns)
        places = [place for place, column in enumerate(columns) if column in secret]
        with closing(batches) if isinstance(batches, Generator) else nullcontext():
            for arrays in batches:
                hidden = self.arrays(arrays, places)
                yield [c if name == watermark else h for name, c, h in zip(columns, arrays, hidden, strict=True)]

    def text(self, text: str) -> str:
        """A name of a file, table or column with the identity numbers in it replaced."""
        return self._replaced([text])[0] if _may_hold_number(text) else text

    # --- what is secret by its column -----------------------------------------------------------------------------

    def _secret(self, cells: pa.Array) -> pa.Array:
        coded = pc.dictionary_encode(cells)
        values = coded.dictionary
        tokens = self._tokens(values)
        replaced = pa.array([tokens[value][0] for value in values.to_pylist()], pa.string())
        return replaced.take(coded.indices)

    def _tokens(self, values: pa.Array | Sequence[str]) -> Tokens:
        """What the dictionary makes of each value."""
        given = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
        given = given.filter(pc.not_equal(pc.utf8_trim_whitespace(given), ""))
        tokens: dict[str, tuple[str, str]] = {
            value: (value, value) for value in pa.array(values, pa.string()).to_pylist()
        }
        if not len(given):
            return tokens
        rows = self._read(pc.replace_substring(given, "\0", ""), with_key=True)
        read = {raw: (standard, status, reason) for raw, standard, status, reason in rows}
        for value in given.to_pylist():
            standard, status, reason = read[value.replace("\0", "")]
            if status == "missing":
                continue
            self.found |= status in ("valid", "ambiguous") or reason == "bad_check_digit"
            hashed = standard or self._hash(value)
            tokens[value] = (f"{status}:{reason}:{hashed}", hashed)
        return tokens

    def _valid(self, numbers: Sequence[str]) -> list[str]:
        """Those that are identity numbers, or may be."""
        rows = self._read(pa.array(numbers, pa.string()), with_key=False)
        return [raw for raw, _, status, _ in rows if status in ("valid", "ambiguous")]

    def _hash(self, value: str) -> str:
        """The hash of what has no standard form; of what was replaced before, the hash it has."""
        text = unicodedata.normalize("NFKC", value).strip().lower()
        before = re.fullmatch(r"(?:[a-z]+:[a-z0-9_]+:)?(hmac:[0-9a-f]{32})", text)
        return before[1] if before else keyed_hash(self._key, text)

    # --- what is secret by its content ----------------------------------------------------------------------------

    def _searched(self, cells: pa.Array) -> pa.Array:
        """A column in which no secret is expected: as it is, or with the valid numbers in it replaced."""
        hits = _suspects(cells)
        if not len(hits):
            return cells
        found = cells.take(hits)
        texts = found.to_pylist()
        replaced = self._replaced(texts)
        changed = [place for place, (old, new) in enumerate(zip(texts, replaced, strict=True)) if old != new]
        if not changed:
            return cells
        mask = np.zeros(len(cells), bool)
        mask[hits.to_numpy()[changed]] = True
        return pc.replace_with_mask(cells, pa.array(mask), pa.array([replaced[p] for p in changed], pa.string()))

    def _replaced(self, texts: Sequence[str], pattern: re.Pattern[str] = _NUMBER, only_valid: bool = True) -> list[str]:
        """The texts with their numbers replaced: alone in a text by the whole token, among words by the hash."""
        narrow = [_WIDE_NUMBER.sub(lambda hit: unicodedata.normalize("NFKC", hit[0]), text) for text in texts]
        numbers = sorted({hit[0] for text in narrow for hit in pattern.finditer(text)})
        if numbers and only_valid:
            numbers = self._valid(numbers)
        if not numbers:
            return list(texts)
        tokens = self._tokens(numbers)

        def put(text: str, before: str) -> str:
            bare = text.strip(" \t\r\n\u3000'\"`=")
            if bare in tokens:
                return tokens[bare][0]
            new = pattern.sub(lambda hit: tokens[hit[0]][1] if hit[0] in tokens else hit[0], text)
            return before if new == text else new

        return [put(text, before) for text, before in zip(narrow, texts, strict=True)]

    def _row_texts(self, faults: pa.Array, texts: pa.Array, places: Sequence[int], is_wary: bool) -> pa.Array:
        """`_text` of rows with a fault: cells in secret places, and numbers in the others, valid or not.

        Where a secret column is there, or no header was found, any long number may be one that slipped.
        """
        if texts.null_count == len(texts):
            return texts
        given = [text for text in texts.to_pylist() if text is not None]
        slipped = [
            is_wary or fault == "no_header"
            for fault, text in zip(faults.to_pylist(), texts.to_pylist(), strict=True)
            if text is not None
        ]
        rows = [_cells(text) for text in given]
        new: list[list[str]] = [[] for _ in rows]
        for wary in (False, True):
            chosen = [place for place, slips in enumerate(slipped) if slips is wary]
            flat = iter(self._long_numbers([cell or "" for place in chosen for cell in rows[place]], wary))
            for place in chosen:
                new[place] = [next(flat) for _ in rows[place]]
        secret = {
            cell for row in rows for place in places if place < len(row) and (cell := row[place]) and cell.strip()
        }
        tokens = self._tokens(sorted(secret)) if secret else {}
        for row, cells in zip(rows, new, strict=True):
            for place in places:
                if place < len(row) and (cell := row[place]) in tokens:
                    cells[place] = tokens[cell or ""][0]
        done = iter(
            text if changed == [cell or "" for cell in row] else _as_text(text, row, changed)
            for text, row, changed in zip(given, rows, new, strict=True)
        )
        return pa.array([None if text is None else next(done) for text in texts.to_pylist()], pa.string())

    def _long_numbers(self, texts: list[str], is_wary: bool) -> list[str]:
        if not any(len(text) >= 14 and _LONG.search(text) for text in texts):
            return texts
        return self._replaced(texts, _LIKE_NUMBER if is_wary else _NUMBER, only_valid=False)


def _cells(text: str) -> list[str | None]:
    """The cells of a `_text`; what is no list of cells is one. Cells that are no text count as empty."""
    try:
        cells: Any = json.loads(text)
    except ValueError:
        return [text]
    return [cell if isinstance(cell, str) else None for cell in cells] if isinstance(cells, list) else [text]


def _as_text(text: str, row: Sequence[str | None], changed: Sequence[str]) -> str:
    """The `_text` of a row with changed cells."""
    if row == [text]:
        return changed[0]
    cells = json.loads(text)
    new = [c if isinstance(cell, str) else cell for c, cell in zip(changed, cells, strict=True)]
    return json.dumps(new, ensure_ascii=False)


def _may_hold_number(text: str) -> bool:
    return len(text) >= LEAST_BYTES and bool(_NUMBER.search(text) or _WIDE_NUMBER.search(text))


def _suspects(cells: pa.Array) -> pa.Array:
    """Places of the cells that look as if an identity number stood in them. Cheap where there is none."""
    nothing = pa.array([], pa.int64())
    if cells.null_count == len(cells) or not pa.types.is_string(cells.type):
        return nothing
    offsets = np.frombuffer(cells.buffers()[1], np.int32)[cells.offset : cells.offset + len(cells) + 1]
    lengths = np.diff(offsets)
    if lengths.max(initial=0) < LEAST_BYTES:
        return nothing
    content = np.frombuffer(cells.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]
    is_plain, is_wide = has_digits(content), lengths.max() >= 3 * LEAST_BYTES and _has_wide_digits(content)
    if not (is_plain or is_wide):
        return nothing
    places = np.nonzero(lengths >= LEAST_BYTES)[0]
    patterns = [pattern for pattern, wanted in ((NUMBER, is_plain), (_WIDE_NUMBER.pattern, is_wide)) if wanted]
    long = cells if len(places) == len(cells) else cells.take(pa.array(places))
    hit = pc.match_substring_regex(long, "|".join(patterns)).fill_null(False)
    return pa.array(places[np.asarray(hit)])


def has_digits(content: np.ndarray[Any, Any]) -> bool:
    """True where 17 digits may stand in a row: of every fourth byte four are digits, one after the other."""
    digits = (content[::4] - np.uint8(48)) < 10
    return bool((digits[:-3] & digits[1:-2] & digits[2:-1] & digits[3:]).any())


def _has_wide_digits(content: np.ndarray[Any, Any]) -> bool:
    """True where 17 full-width digits are in the text: EF BC 90 to EF BC 99."""
    if not (content == 0xEF).any():
        return False
    return int(np.count_nonzero((content[1:-1] == 0xBC) & ((content[2:] - np.uint8(0x90)) < 10))) >= 17
