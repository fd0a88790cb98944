"""A bounded look into a file that no contract describes: its first rows and some of the rest, with or without a header.

What a contract would tell the readers is found here by trying; what could not be told is noted, so that a draft can
say it. Nothing is judged.
"""

from __future__ import annotations

import ast
import codecs
import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import ijson
import pyarrow as pa
import pyarrow.compute as pc

from ccdata_assets.contracts.compile import FOOTER, FURNITURE, TOTALS
from ccdata_assets.contracts.evidence import FORMS
from ccdata_assets.contracts.headers import normal_header
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.errors import WrongUse
from ccdata_assets.landing.open import open_file
from ccdata_assets.landing.rows import (
    HEADER_SEARCH_ROWS,
    Cells,
    KnownHeaders,
    Limits,
    Member,
    ReadOptions,
    UnreadableFile,
    column_names,
    find_layout,
    first_header,
    numbered_columns,
)
from ccdata_assets.landing.text_form import DoubtfulText

FIRST_ROWS = 20_000
"""Rows looked at from the start of a table."""
MORE_ROWS = 200_000
"""How far it is read on, one row of SPREAD kept."""
SPREAD = 20
_MEMBERS = 12


_LEAVES, _KEYS, _NESTED = 300, 60, 2_000
"""Dotted columns that nested objects may become; keys of one object, from which on they are no names; cells looked at."""


@dataclass(frozen=True)
class Sample:
    """A table of a file (tables of the same header count as one), as far as it was looked at."""

    headers: tuple[str, ...] | None
    """None: the file has no header."""
    table: pa.Table
    rows: int
    """Rows read; the table holds some of them where there are many."""
    is_whole: bool
    """The file was read to its end."""
    format: str
    encoding: str | None
    delimiter: str | None
    source: dict[str, str]
    """What a contract must say under `source` so that the file is read like this, but `files`."""
    notes: list[str] = field(default_factory=list)
    names: tuple[str, ...] = ()
    """The sheets, database tables or archive members that it is; empty where the file is the table."""
    others: tuple[Sample, ...] = ()
    """The file's tables of other columns."""


@dataclass
class _Table:
    """One member, read as far as it is looked at."""

    member: Member
    head: list[Cells]
    numbers: list[int]
    batches: list[pa.RecordBatch]
    rows: int
    is_whole: bool


def known_headers(registry: Registry) -> KnownHeaders:
    """Counts the cells that any field of fields.yaml knows as a header."""
    known = {
        normal_header(text)
        for name, spec in registry.fields.items()
        for text in (name, spec.zh, spec.en, *spec.aliases)
    } - {""}

    def count(cells: Sequence[str | None]) -> int:
        return len({header for cell in cells if cell and (header := normal_header(cell)) in known})

    return count


def look_into(path: Path, registry: Registry, limits: Limits, sheet: str | None = None) -> Sample:
    """Read a sample of the file: of its table that has most known headers, or of the one named. Raises UnreadableFile
    where there is none, WrongUse where none has the name."""
    known = known_headers(registry)
    options = ReadOptions(known_headers=known, limits=limits, header="none")
    sample = _look(path, options, sheet)
    if sample.headers is None and sample.delimiter:
        # no header: a word of a record that is a header elsewhere must not decide on the delimiter
        with suppress(UnreadableFile):
            sample = max(
                sample,
                _look(path, replace(options, known_headers=_nothing), sheet),
                key=lambda each: each.table.num_columns,
            )
        if len(sample.delimiter or "") > 1 and len(set(sample.delimiter or "")) == 1:
            # empty cells of the first record look like a delimiter of two signs
            with suppress(UnreadableFile):
                single = _look(
                    path, replace(options, delimiter=str(sample.delimiter)[0], known_headers=_nothing), sheet
                )
                sample = single if _empty_columns(single.table) < 0.4 else sample
        if sample.headers is None and sample.delimiter:
            sample.source.setdefault("delimiter", sample.delimiter)
    if sample.format == "json" and (records := _deepest_list(path)):
        with suppress(UnreadableFile):
            deeper = _look(path, replace(options, records=records))
            if deeper.headers and known(deeper.headers) > known(sample.headers or ()):
                deeper.source["records"] = records
                sample, options = deeper, replace(options, records=records)
    if is_json(sample) and (leaves := {leaf for each in (sample, *sample.others) for leaf in _leaves(each)}):

        def known_or_leaf(cells: Cells) -> int:
            return known(cells) + _known_in([cell for cell in cells if cell and "." in cell], leaves)

        with suppress(UnreadableFile):
            opened = _look(path, replace(options, known_headers=known_or_leaf), sheet)
            opened.source.update(sample.source)
            return opened
    return sample


def is_json(sample: Sample) -> bool:
    """True where headers are dotted keys of nested objects."""
    return "json" in sample.format


def _leaves(sample: Sample) -> set[str]:
    """Normalised dotted keys of the values in cells that hold an object; none of an object that has names as keys."""
    found: set[str] = set()
    for header, column in zip(sample.headers or (), sample.table.columns, strict=False):
        kept = column.filter(pc.starts_with(column, "{")).slice(0, _NESTED)
        paths: dict[str, None] = {}
        for text in kept.to_pylist():
            with suppress(ValueError, RecursionError):
                _gather(json.loads(text), header, paths)
        if len(paths) <= _KEYS:
            found |= {normal_header(path) for path in paths}
    return found if len(found) <= _LEAVES else set()


def _gather(value: object, path: str, paths: dict[str, None]) -> None:
    if not isinstance(value, dict):
        paths[path] = None
        return
    for key, inner in islice(value.items(), _KEYS + 1):
        _gather(inner, f"{path}.{key}", paths)


def _empty_columns(table: pa.Table) -> float:
    """Share of the columns in which nothing stands."""
    empty = [pc.max(pc.utf8_length(column)).as_py() in (None, 0) for column in table.columns]
    return sum(empty) / max(len(empty), 1)


def _nothing(_: Sequence[str | None]) -> int:
    return 0


def _look(path: Path, options: ReadOptions, sheet: str | None = None) -> Sample:
    source: dict[str, str] = {}
    notes: list[str] = []
    passed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="ccdata-") as workdir:
        options = replace(options, workdir=Path(workdir))
        for _ in range(3):
            try:
                wanted = (member for member in open_file(path, options) if _is_wanted(member, sheet, passed))
                tables = [_read(member) for member in islice(wanted, _MEMBERS)]
                break
            except DoubtfulText as doubt:
                choice = _likeliest(doubt)
                if choice is None or doubt.what in source:
                    raise
                source[doubt.what] = choice
                notes.append(f"the {doubt.what} cannot be told ({doubt.reason}): {' or '.join(doubt.candidates)}?")
                options = (
                    replace(options, encoding=choice)
                    if doubt.what == "encoding"
                    else replace(options, delimiter=choice)
                )
        else:
            raise UnreadableFile("the file cannot be read; fix: export it as CSV in UTF-8")
    if sheet and not tables:
        some = ", ".join(dict.fromkeys(name for name in passed if name)) or "no name: the file is one table"
        raise WrongUse(f"--sheet: the file has no table {sheet}; fix: use one of {some}")
    tables = [table for table in tables if table.member.columns and table.head]
    if not tables:
        raise UnreadableFile("the file holds no table; fix: export it again")
    groups: dict[tuple[str, ...], list[_Table]] = {}
    for table in tables:
        groups.setdefault(_shape(table, options.known_headers), []).append(table)
    samples = [_sample(group, options.known_headers, source, notes) for group in groups.values()]
    samples.sort(key=lambda each: (options.known_headers(each.headers or ()), each.rows), reverse=True)
    if sheet and _is_one_sheet(samples[0]):
        samples[0].source["sheet"] = samples[0].names[0]
    for each in samples if len(samples) > 1 else ():
        _tell_others(each, [other for other in samples if other is not each])
    return replace(samples[0], others=tuple(samples[1:]))


def _is_wanted(member: Member, sheet: str | None, passed: list[str]) -> bool:
    """True for the table of this name, which may be the last part of a path in an archive; others are noted."""
    parts = member.name.split("/")
    is_wanted = sheet is None or any(
        "/".join(parts[at:end]) == sheet for at in range(len(parts)) for end in (len(parts), at + 1)
    )
    if not is_wanted:
        passed.append(member.name)
    return is_wanted


def _is_one_sheet(sample: Sample) -> bool:
    """True where `sheet` of a contract can name the table."""
    return len(sample.names) == 1 and ": " not in sample.format


def _tell_others(sample: Sample, others: Sequence[Sample]) -> None:
    apart = ", ".join(other.names[0] for other in others if other.names)
    sample.notes.append(
        f"tables of {len(others) + 1} kinds of columns; this is {', '.join(sample.names)}, draft the others apart (--sheet): {apart}"
    )
    if _is_one_sheet(sample):
        sample.source["sheet"] = sample.names[0]
    else:
        sample.notes.append(
            "a contract reads one table or all of a file: rows of the other tables will go to quarantine"
        )


def _deepest_list(path: Path) -> str | None:
    """Of a JSON document: the path to the list that holds most objects, where it lies in other lists."""
    counts: Counter[str] = Counter()
    with path.open("rb") as file, suppress(ijson.JSONError):
        for prefix, event, _ in islice(ijson.parse(file), 300_000):
            if event == "start_map" and prefix.endswith("item"):
                counts[prefix] += 1
    if not counts:
        return None
    prefix, most = counts.most_common(1)[0]
    plain = ".".join(part for part in prefix.split(".") if part != "item")
    return plain if plain and prefix.count("item") > 1 and most > 10 else None


def _likeliest(doubt: DoubtfulText) -> str | None:
    for name in doubt.candidates:
        if doubt.what == "delimiter":
            return str(ast.literal_eval(name))
        with suppress(LookupError):
            return codecs.lookup(name).name
    return None


def _read(member: Member) -> _Table:
    """The first rows of a table, then every SPREADth of those that follow."""
    table = _Table(member, [], [], [], 0, True)
    kept = 0
    for batch in member.batches:
        if len(table.head) < HEADER_SEARCH_ROWS:
            for number, cells in _rows_of(batch, HEADER_SEARCH_ROWS - len(table.head)):
                table.numbers.append(number)
                table.head.append(cells)
        first = batch.slice(0, max(FIRST_ROWS - kept, 0))
        rest = batch.slice(first.num_rows)
        if rest.num_rows:
            rest = rest.take(pa.array(range(0, rest.num_rows, SPREAD)))
        table.batches += [part for part in (first, rest) if part.num_rows]
        kept += first.num_rows
        table.rows += batch.num_rows
        if table.rows >= MORE_ROWS:
            table.is_whole = False
            break
    return table


def _rows_of(batch: pa.RecordBatch, count: int) -> Iterator[tuple[int, Cells]]:
    """Numbers and cells of rows; of a row that has a fault the cells it was kept with."""
    for row in batch.slice(0, count).to_pylist():
        number, _, text, *cells = row.values()
        yield number, json.loads(text) if text else cells


def _sample(tables: list[_Table], known: KnownHeaders, source: dict[str, str], notes: list[str]) -> Sample:
    """The sample of tables of one shape, the largest first."""
    main, *alike = sorted(tables, key=lambda table: -table.rows)
    member = main.member
    headers, kept, rows = _body(main, known)
    is_whole = main.is_whole
    for table in alike:
        names, more, count = _body(table, known)
        if more := _in_order(more, names, headers, kept.num_columns):
            kept = pa.concat_tables([kept, more.rename_columns(kept.column_names)])
            rows, is_whole = rows + count, is_whole and table.is_whole
    own = source | ({"header": "none"} if headers is None else {})
    return Sample(
        headers, kept, max(rows, kept.num_rows), is_whole, member.format, member.encoding, member.delimiter, own,
        [*notes], tuple(table.member.name for table in tables if table.member.name),
    )  # fmt: skip


def _in_order(
    table: pa.Table, names: tuple[str, ...] | None, headers: tuple[str, ...] | None, width: int
) -> pa.Table | None:
    """The columns of a table in the order of these headers; None where it lacks one."""
    if names is None or headers is None:
        return table if names is headers and table.num_columns == width else None
    places = {normal_header(name): place for place, name in enumerate(names)}
    wanted = [places.get(normal_header(header)) for header in headers]
    if any(
        place is None and not re.fullmatch(r"column \d+", header) for place, header in zip(wanted, headers, strict=True)
    ):
        return None
    nothing = pa.chunked_array([pa.nulls(table.num_rows, pa.string())])
    columns = [nothing if place is None else table.column(place) for place in wanted]
    return pa.table(columns, names=[f"c{place}" for place in range(len(columns))])


def _body(main: _Table, known: KnownHeaders) -> tuple[tuple[str, ...] | None, pa.Table, int]:
    """The headers of a table (None: it has none), its records that can be read, and how many there are of any kind."""
    width = len(main.member.columns)
    headers: tuple[str, ...] | None = main.member.columns
    skipped: set[int] = set()
    first_row = 0
    if main.member.columns == numbered_columns(width):
        place = header_place(main.head, width, known)
        if place is None:
            headers = None
        else:
            row = [*main.head[place], *[None] * width][:width]
            headers = column_names(row)
            own = {normal_header(cell) for cell in row if cell}
            layout = find_layout(
                main.numbers, main.head, ReadOptions(known_headers=lambda cells: _known_in(cells, own))
            )
            first_row = main.numbers[place]
            skipped = {main.numbers[p] for p in layout.furniture if main.numbers[p] > first_row}
    table = pa.Table.from_batches(main.batches)
    seen = table.num_rows
    table = table.filter(pc.greater(table.column("_row"), first_row))
    if skipped:
        table = table.filter(pc.invert(pc.is_in(table.column("_row"), pa.array(sorted(skipped), pa.int64()))))
    is_faulty = pc.is_valid(table.column("_fault"))
    broken = table.filter(is_faulty).select(["_fault", "_text"]).to_pylist()
    lost = sum(row["_fault"] not in FURNITURE and not _is_furniture(row["_text"]) for row in broken)
    kept = _records(table.filter(pc.invert(is_faulty)).select(range(3, 3 + width)), headers)
    return headers, kept, main.rows - (seen - kept.num_rows - lost)


_TOTALS = f"^(?:{TOTALS})$"
_FOOTER = f"^(?:{FOOTER})$"


def _is_furniture(text: str | None) -> bool:
    """True for the cells of a totals row, of a line below the records, or of nothing."""
    cells: object = None
    with suppress(ValueError):
        cells = json.loads(text or "null")
    filled = (
        [cell.strip() for cell in cells if isinstance(cell, str) and cell.strip()] if isinstance(cells, list) else []
    )
    if not filled:
        return isinstance(cells, list)
    return bool(re.search(_TOTALS, filled[0].lower()) or (len(filled) == 1 and re.search(_FOOTER, filled[0])))


def _records(table: pa.Table, headers: tuple[str, ...] | None) -> pa.Table:
    """The table without blank rows, totals, lines below the records, and the header where it stands there again."""
    table = _without_blank(table)
    if not table.num_rows or not table.num_columns:
        return table
    cells = [pc.utf8_trim_whitespace(column) for column in table.columns]
    cells = [pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column) for column in cells]
    first = pc.coalesce(*cells[:3], pa.scalar("", pa.string()))
    drop = pc.match_substring_regex(pc.utf8_lower(first), _TOTALS)
    if len(cells) > 1:
        filled = pc.cast(pc.is_valid(cells[0]), pa.int32())
        for column in cells[1:]:
            filled = pc.add(filled, pc.cast(pc.is_valid(column), pa.int32()))
        drop = pc.or_(drop, pc.and_(pc.equal(filled, 1), pc.match_substring_regex(first, _FOOTER)))
        if headers:
            again = pc.equal(pc.coalesce(cells[0], pa.scalar("")), headers[0])
            for column, header in zip(cells[1:5], headers[1:5], strict=False):
                again = pc.and_(again, pc.equal(pc.coalesce(column, pa.scalar("")), header))
            drop = pc.or_(drop, again)
    return table.filter(pc.invert(drop))


def _without_blank(table: pa.Table) -> pa.Table:
    """The table without the rows in which nothing stands."""
    filled = pa.array([False] * table.num_rows, pa.bool_())
    for column in table.columns:
        here = pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(column)), 0)
        filled = pc.or_(filled, pc.fill_null(here, False))
    return table.filter(filled)


def _known_in(cells: Cells, own: set[str]) -> int:
    return len({normal_header(cell) for cell in cells if cell} & own)


def _shape(table: _Table, known: KnownHeaders) -> tuple[str, ...]:
    """What tells whether two tables are of one kind: their headers in any order, or how many columns there are."""
    width = len(table.member.columns)
    names: Cells = table.member.columns
    if table.member.columns == numbered_columns(width):
        place = header_place(table.head, width, known)
        if place is None:
            return (str(width),)
        names = table.head[place]
    return tuple(sorted(header for name in names if (header := normal_header(name or ""))))


# --- the header --------------------------------------------------------------------------------------------------

_KINDS: tuple[tuple[str, Callable[[str], object]], ...] = (
    ("phone", FORMS["phone"].fullmatch),
    ("email", FORMS["email"].fullmatch),
    ("url", FORMS["url"].fullmatch),
    ("identity", FORMS["identity card"].fullmatch),
    ("number", re.compile(r"[-+]?[\d,]*\.?\d+(?:e[-+]?\d+)?%?", re.IGNORECASE).fullmatch),
    ("date", re.compile(r"\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}日?(?:[ T].*)?").fullmatch),
    ("clock", FORMS["clock"].fullmatch),
    ("identifier", re.compile(r"[A-Za-z]{0,8}[-_]?[\d-]{4,}\w*").fullmatch),
)
_LONGEST_HEADER = 60


def _kind(cell: str) -> str | None:
    text = cell.strip()
    return next((name for name, test in _KINDS if test(text)), None)


def header_place(rows: Sequence[Cells], width: int, known: KnownHeaders) -> int | None:
    """The place of the header among the first rows of a table; None where they are records from the first.

    A row of known headers is one, unless it is like the rows below it. Else the first full row is, where it differs
    from them: it holds no number or date over a column of such, and no text that comes again below.
    """
    filled = [place for place, row in enumerate(rows[:HEADER_SEARCH_ROWS]) if any(row)]
    if not filled:
        return None
    scores = {place: known(rows[place]) for place in filled}
    best = first_header(rows, scores)
    cells = [cell for cell in rows[best] if cell]
    likely = scores[best] >= 2 or (scores[best] == 1 and best == filled[0])
    if likely and (2 * scores[best] >= len(cells) or not _is_record(rows, best)) and not _names_somebody(cells):
        return best
    full = next((place for place in filled if sum(bool(cell) for cell in rows[place]) >= 0.7 * width), None)
    return full if full is not None and _differs(rows, full) and not _names_somebody(rows[full]) else None


def _names_somebody(cells: Cells) -> bool:
    return any(cell and _kind(cell) in ("phone", "email", "identity") for cell in cells)


def _below(rows: Sequence[Cells], place: int, column: int) -> list[str]:
    return [cell for row in rows[place + 1 :] if len(row) > column and (cell := row[column])]


def _is_record(rows: Sequence[Cells], place: int) -> bool:
    """True where a row is like those below it in some column."""
    for column, cell in enumerate(rows[place]):
        if not cell:
            continue
        below = _below(rows, place, column)
        kind = _kind(cell)
        if below and kind and sum(_kind(other) == kind for other in below) > 0.5 * len(below):
            return True
        if below.count(cell) >= 2:
            return True
    return False


def _differs(rows: Sequence[Cells], place: int) -> bool:
    """True where a row is unlike those below it: names over values."""
    cells = [cell.strip() for cell in rows[place] if cell and cell.strip()]
    if len(set(cells)) < len(cells) or any(len(cell) > _LONGEST_HEADER for cell in cells) or _is_record(rows, place):
        return False
    is_latin = all(re.fullmatch(r"[A-Za-z_][\w .()/+-]*", cell) for cell in cells)
    for column, cell in enumerate(rows[place]):
        below = _below(rows, place, column)
        if not below or not cell:
            continue
        kinds = [_kind(other) for other in below]
        if sum(kind is not None for kind in kinds) > 0.8 * len(below) and _kind(cell) is None:
            return True
        if len(below) >= 4 and len(set(below)) <= len(below) / 2 and cell not in below:
            return True
        if is_latin and any("\u4e00" <= sign <= "\u9fff" for sign in "".join(below)):
            return True
    return False
