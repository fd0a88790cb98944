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
RULES = 2
"""Raise it when a change of this module must reach what has landed."""

# --- what an identity number looks like: its check digit, province and day are the dictionary's business -----------------

_UNSEEN = (
    r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\u20e3\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e01ef"
)
"""Signs that nobody sees: of no width, of direction, of control, of variation."""
_BETWEEN = r" \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\-\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d"
"""Spaces and hyphens, by which a number is grouped."""
_WIDE = {place + ord("０"): str(place) for place in range(10)} | {ord("Ｘ"): "X", ord("ｘ"): "X", ord("x"): "X"}
_DIGIT = "[0-9０-９]"
_LAST = "[Xx\uff38\uff58]"


def _digits(first: int, last: int) -> str:
    """One digit of either width."""
    return f"[{first}-{last}{chr(ord('０') + first)}-{chr(ord('０') + last)}]"


def _in_row(digits: Iterable[str], between: str) -> str:
    return f"[{between}]*".join(digits)


def _day(between: str) -> str:
    month = [_in_row((_digits(0, 0), _digits(1, 9)), between), _in_row((_digits(1, 1), _digits(0, 2)), between)]
    day = [
        _in_row((_digits(a, b), _digits(c, d)), between) for a, b, c, d in ((0, 0, 1, 9), (1, 2, 0, 9), (3, 3, 0, 1))
    ]
    return _in_row((f"(?:{'|'.join(month)})", f"(?:{'|'.join(day)})"), between)


def _number(between: str) -> str:
    """17 digits of a person; the last sign is not among them."""
    century = "|".join(
        _in_row(two, between) for two in ((_digits(1, 1), _digits(8, 9)), (_digits(2, 2), _digits(0, 0)))
    )
    return _in_row(
        (_digits(1, 9), *[_DIGIT] * 5, f"(?:{century})", *[_DIGIT] * 2, _day(between), *[_DIGIT] * 3), between
    )


_LOOSE = _UNSEEN + _BETWEEN
_BODY = _number(_LOOSE) + f"[{_LOOSE}]*"
_SHAPE = re.sub(r"\\[uU]([0-9a-f]+)", r"\\x{\1}", f"{_BODY}(?:{_DIGIT}|{_LAST})")
"""The same for Arrow, which spells signs otherwise and cannot say what stands beside it."""
_WHOLE = f"{_BODY}(?:{_LAST}|{_DIGIT}(?!{_DIGIT}))"
_NUMBER = re.compile(f"(?<!{_DIGIT})(?=({_WHOLE}))")
"""A number with no digit directly beside it. Every place is looked at, for what looks like one may begin within another."""
_OLD = _in_row((_digits(1, 9), *[_DIGIT] * 7, _day(_UNSEEN), *[_DIGIT] * 3), _UNSEEN)
_LONG = f"{_DIGIT}(?:[{_UNSEEN}]*{_DIGIT}){{15,18}}(?:[{_UNSEEN}]*{_LAST})?"
_LIKE_NUMBER = re.compile(f"(?<!{_DIGIT})(?=({_WHOLE}|(?:{_OLD}|{_LONG})(?!{_DIGIT})))")
"""Any number as long as one of a person, for rows whose cells may have slipped from a secret column into another."""
DIGITS = "0123456789０１２３４５６７８９"
_FEWEST = 15
"""Digits in what any of them finds."""
_MARKS = re.compile(f"[{_LOOSE}]+")
_EDGE = re.compile(f"[{_LOOSE}\\t\\r\\n'\"`=]*")
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
        hits = [_hits(text, pattern) for text in texts]
        numbers = sorted({number for found in hits for _, _, number in found})
        if numbers and only_valid:
            numbers = self._valid(numbers)
        if not numbers:
            return list(texts)
        tokens = self._tokens(numbers)
        return [_put(text, found, tokens) if found else text for text, found in zip(texts, hits, strict=True)]

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
        if not any(_has_digits(text) for text in texts):
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


def shows_number(text: str) -> bool:
    """True where something in a text looks like an identity number, valid or not."""
    return bool(_NUMBER.search(text))


def ignored_signs() -> str:
    """The signs of two bytes that may stand between the digits of a number."""
    return "".join(_MARKS.findall("".join(map(chr, (*range(0xD800), *range(0xE000, 0x10000))))))


def _hits(text: str, pattern: re.Pattern[str]) -> list[tuple[int, int, str]]:
    """Where numbers stand in a text, and each as the dictionary writes it."""
    return [(hit.start(1), hit.end(1), _plain(hit[1])) for hit in pattern.finditer(text)]


def _plain(number: str) -> str:
    return number if number.isdecimal() and number.isascii() else _MARKS.sub("", number).translate(_WIDE)


def _put(text: str, hits: Iterable[tuple[int, int, str]], tokens: Tokens) -> str:
    """The text with what stands for its numbers. Of two that overlap a valid one counts, else the first."""
    known = [hit for hit in hits if hit[2] in tokens and tokens[hit[2]][1] != hit[2]]
    chosen: list[tuple[int, int, str]] = []
    for hit in sorted(known, key=lambda hit: (not tokens[hit[2]][0].startswith(("valid:", "ambiguous:")), hit)):
        if all(hit[1] <= other[0] or other[1] <= hit[0] for other in chosen):
            chosen.append(hit)
    for start, end, number in sorted(chosen, reverse=True):
        if _EDGE.fullmatch(text, 0, start) and _EDGE.fullmatch(text, end):
            return tokens[number][0]
        text = text[:start] + tokens[number][1] + text[end:]
    return text


def _has_digits(text: str) -> bool:
    return len(text) >= _FEWEST and sum(map(text.count, DIGITS)) >= _FEWEST


def _may_hold_number(text: str) -> bool:
    return len(text) >= LEAST_BYTES and shows_number(text)


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
    places = np.nonzero((lengths >= LEAST_BYTES) & _may_hold_digits(content, offsets - offsets[0]))[0]
    if not len(places):
        return nothing
    long = cells if len(places) == len(cells) else cells.take(pa.array(places))
    hit = pc.match_substring_regex(long, _SHAPE).fill_null(False)
    return pa.array(places[np.asarray(hit)])


def _may_hold_digits(content: np.ndarray[Any, Any], offsets: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """For each cell whether 17 digits may be in it: they are counted by eight bytes, those of its neighbours too."""
    eights = np.bitwise_count(np.packbits(_is_digit(content)))
    counts = np.zeros(len(eights) + 1, np.int32)
    np.cumsum(eights, out=counts[1:])
    may: np.ndarray[Any, Any] = counts[(offsets[1:] + 7) >> 3] - counts[offsets[:-1] >> 3] >= 17
    return may


def _is_digit(content: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Bytes of UTF-8 that are a digit, or the last of a full-width one: EF BC 90 to EF BC 99."""
    digits: np.ndarray[Any, Any] = (content - np.uint8(48)) < 10
    if (content == 0xEF).any():
        digits[1:] |= ((content[1:] - np.uint8(0x90)) < 10) & (content[:-1] == 0xBC)
    return digits
