"""JSON and JSON Lines → raw rows: one row a record, its values as text, numbers as they were written.

A nested object or list stays JSON text in one column, unless the contract knows a header below it: then an object is
taken apart into dotted columns (`contact.name`), and of a list the elements that are known get columns of their own
(`phones.0.number`) beside the whole. A list of plain values whose column the contract knows is joined by "; ". So
`from: ["contact.phones.0.number"]` is all a contract needs, and a file of another shape adds no columns nobody reads.

Documents are read as a stream, twice where they are long: for the columns (records need not have the same keys), then
for the rows. A list of lists is a table with a header row. How text becomes values is told in json_source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from ccdata_assets.landing.json_source import (
    CHUNK,
    BrokenJson,
    JsonSource,
    Number,
    holds_several,
    json_text,
    one_value,
)
from ccdata_assets.landing.rows import (
    BATCH_ROWS,
    Cells,
    Layout,
    Member,
    ReadOptions,
    UnreadableFile,
    bounded,
    column_names,
    find_layout,
    make_batch,
    records_of,
)
from ccdata_assets.landing.sniff import text_encoding
from ccdata_assets.landing.text_lines import line_chunks, split_lines

BATCH_CHARACTERS = 1 << 25
"""A batch ends here too, so that long records do not add up."""
FIRST_LINES = 50
"""How many lines are looked at to tell whether there is one record in each."""
DEEPEST = 12
"""How far down a record the contract's headers are sought."""
MAX_ELEMENTS = 20
"""How many elements of a list may have columns of their own."""
MAX_FORMS = 10_000
"""How many forms of flat records are remembered, so that one of each is looked at."""
PLAIN = {str, Number, type(None)}
"""What is its own text."""
KEPT_CHARACTERS = 100_000
"""What is kept of a broken record."""

Keys = tuple[str, ...]
"""Keys from a record down to a value; a place in a list counts as a key."""


class _Record(NamedTuple):
    """One record: its number, its value (its text where it is broken), from how many characters it was read."""

    number: int
    value: Any
    size: int
    is_broken: bool = False


@dataclass(frozen=True)
class _Place:
    """Where the records of a document are."""

    keys: Keys
    is_table: bool = False
    """Records are lists of cells, not objects."""
    header: tuple[str, ...] | None = None
    """Names of a table's columns where they stand apart from its rows."""


def open_json(path: Path, options: ReadOptions) -> Iterator[Member]:
    """Read documents of JSON: lists of records, or the list(s) that `records` leads to.

    Without `records`, or where it leads nowhere, the records are the list whose first record has more headers of the
    feed than the document itself; where there is none, the document is the record, if it has any, else the first list.
    Raises UnreadableFile where there are no records.
    """
    encoding = options.encoding or text_encoding(path, options.is_header)
    place = _records_place(path, encoding, options)
    records = partial(_documents, path, encoding, place, options)
    yield _table(records, place, options, encoding) if place.is_table else _member(records, options, "json", encoding)


def open_json_lines(path: Path, options: ReadOptions) -> Iterator[Member]:
    """Read one record a line; a file of one line is a document that was written compactly, and where a line holds several
    records, as a stream writes them one behind the other, the file is read as documents, whose rows are counted by position."""
    encoding = options.encoding or text_encoding(path, options.is_header)
    records = partial(_lines, path, encoding, options)
    first = list(islice((record for record in records() if record.value), FIRST_LINES))
    is_one = len(first) == 1 and not first[0].is_broken
    if is_one or any(record.is_broken and holds_several(record.value) for record in first):
        yield from open_json(path, options)
    else:
        yield _member(records, options, "json lines", encoding)


# --- text → records ----------------------------------------------------------------------------------------------


def _lines(path: Path, encoding: str, options: ReadOptions) -> Iterator[_Record]:
    lines = chain.from_iterable(map(split_lines, line_chunks(path, encoding, options.limits.line_bytes)))
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            yield _Record(number, {}, 1)
            continue
        try:
            yield _Record(number, _as_record(one_value(line)), len(line))
        except BrokenJson:
            yield _Record(number, line.rstrip("\r\n")[:KEPT_CHARACTERS], len(line), is_broken=True)


def _documents(path: Path, encoding: str, place: _Place, options: ReadOptions) -> Iterator[_Record]:
    """The records of all documents of a file, numbered from 1; behind what has no end nothing can be read."""
    source, number = _source(path, encoding, options), 0
    try:
        while source.peek():
            for value, size, is_broken in _walk(source, place.keys, place.is_table):
                number += 1
                yield _Record(number, value, size, is_broken)
            if source.peek() in (",", ";"):
                source.step()
    except (BrokenJson, RecursionError):
        yield _Record(number + 1, source.rest()[:KEPT_CHARACTERS], 1, is_broken=True)


def _source(path: Path, encoding: str, options: ReadOptions) -> JsonSource:
    return JsonSource(_text(path, encoding), options.limits.line_bytes)


def _text(path: Path, encoding: str) -> Iterator[str]:
    """The text in chunks; bytes that are none become lone surrogates, as in text_lines."""
    try:
        with path.open(encoding=encoding, errors="ccdata-marks", newline="") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except UnicodeError:
        raise UnreadableFile(
            f"the codec {encoding} cannot read the file; fix: declare another source.encoding in the contract"
        ) from None


def _walk(source: JsonSource, keys: Sequence[str], is_table: bool) -> Iterator[tuple[Any, int, bool]]:
    """The records under these keys, lists on the way walked through: value, characters, whether it is broken text."""
    character = source.peek()
    if character == "[":
        for _ in source.elements():
            yield from _walk(source, keys, is_table) if keys else _records(source, is_table)
    elif character == "{" and keys:
        for key in source.members():
            if key == keys[0]:
                yield from _walk(source, keys[1:], is_table)
            else:
                source.skip()
    elif keys:
        source.skip()
    else:
        yield from _records(source, is_table)


def _records(source: JsonSource, is_table: bool) -> Iterator[tuple[Any, int, bool]]:
    """The record that is next; of a page of records, each."""
    begin = source.place
    try:
        value = source.value()
    except BrokenJson:
        text, goes_on = source.broken_value()
        if not goes_on:
            raise
        yield text[:KEPT_CHARACTERS], len(text), True
        return
    size = source.place - begin
    if is_table:
        yield value, size, False
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for record in value:
            yield _as_record(record), size // len(value), False
    else:
        yield _as_record(value), size, False


def _as_record(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {"value": value}


# --- where the records are ---------------------------------------------------------------------------------------


def _records_place(path: Path, encoding: str, options: ReadOptions) -> _Place:
    if options.records is not None:
        place = _Place(tuple(options.records.split(".")))
        if next(_documents(path, encoding, place, options), None) is not None:
            return place
    source, search = _source(path, encoding, options), _Search(options)
    start = source.peek()
    is_whole = True
    found: _Place | None = None
    try:
        found = search.list_(source, ()) if start == "[" else search.object_(source, ())
    except (BrokenJson, RecursionError):
        is_whole = False  # a row tells where it breaks off
    found = found or search.best(start == "{" or not is_whole)
    if found is None:
        raise UnreadableFile(
            "the JSON holds no records; fix: give the path to them under source.records in the contract"
        )
    return found


@dataclass
class _Search:
    """Looks through the first document for the list that is most likely the feed's."""

    options: ReadOptions
    names: list[str] = field(default_factory=list)
    """Keys of the document itself."""
    lists: list[tuple[int, _Place]] = field(default_factory=list)
    """How many headers the first record of a list has, and where it is."""
    columns: tuple[str, ...] | None = None
    """What the document says its table's columns are."""

    def best(self, is_object: bool) -> _Place | None:
        """The document itself where it has headers of the feed, else the first list, else the document at least."""
        own = self.options.known_headers(self.names)
        found = max(self.lists, key=lambda item: item[0], default=None)
        if found is not None and (found[0] > own or not own):
            return found[1]
        return _Place(()) if is_object else None

    def object_(self, source: JsonSource, keys: Keys) -> _Place | None:
        """Look through an object; the place of the records where one list decides it."""
        if source.peek() != "{":
            return None
        for key in source.members():
            below = (*keys, key)
            self.names.append(".".join(below))
            if below == ("columns",):
                names = source.value()
                if isinstance(names, list) and all(isinstance(name, str) for name in names):
                    self.columns = tuple(names)
            elif source.peek() == "[":
                if place := self.list_(source, below):
                    return place
            elif source.peek() == "{" and len(below) < DEEPEST:
                if place := self.object_(source, below):
                    return place
            else:
                source.skip()
        return None

    def list_(self, source: JsonSource, keys: Keys) -> _Place | None:
        """Look at the first record of a list; the place of the records where it decides it."""
        is_found = False
        for _ in source.elements():
            if is_found or source.peek() not in ("{", "["):
                source.skip()
                continue
            place, names = self._look_at(source.value(), keys)
            score = self.options.known_headers(names)
            if not keys or score > self.options.known_headers(self.names):
                return place
            self.lists.append((score, place))
            is_found = True
        return None

    def _look_at(self, first: Any, keys: Keys) -> tuple[_Place, Sequence[str | None]]:
        if isinstance(first, list) and first and isinstance(first[0], dict):
            first = first[0]  # a page of records
        if isinstance(first, dict):
            return _Place(keys), _names(first)
        header = self.columns if keys == ("data",) else None
        return _Place(keys, True, header), header or [_cell(cell) for cell in first]


def _names(record: dict[str, Any], above: str = "", depth: int = 1) -> list[str]:
    """The dotted keys of a record and of the objects in it."""
    names: list[str] = []
    for key, value in record.items():
        names.append(f"{above}{key}")
        if isinstance(value, dict) and depth < DEEPEST:
            names += _names(value, f"{above}{key}.", depth + 1)
    return names


# --- records → rows ----------------------------------------------------------------------------------------------


@dataclass
class _Node:
    """What stands under a key in any of the records."""

    fields: dict[str, _Node] = field(default_factory=dict)
    """Of objects: what stands under their keys."""
    elements: dict[str, _Node] = field(default_factory=dict)
    """Of lists: what stands at their first places."""
    is_plain: bool = False
    """Texts, numbers or lists stand here too."""

    def add(self, value: Any, most: int, depth: int = 0) -> None:
        """Take note of one more value. An object of more than `most` keys (names as keys) is not looked into further."""
        if depth >= DEEPEST or not isinstance(value, dict | list):
            self.is_plain |= value is not None
            return
        if isinstance(value, dict):
            below: Iterable[tuple[str, Any]] = value.items()
            nodes = self.fields
        else:
            self.is_plain = True
            below = ((str(place), element) for place, element in enumerate(value[:MAX_ELEMENTS]))
            nodes = self.elements
        for key, inner in below:
            node = nodes.get(key)
            if node is None:
                if len(nodes) > most:
                    return
                node = nodes[key] = _Node()
            node.add(inner, most, depth + 1)


@dataclass(frozen=True)
class _Shape:
    """The columns of the records, as keys to their values, and which of those hold objects that are taken apart."""

    paths: tuple[Keys, ...]
    opened: frozenset[Keys]
    joined: frozenset[Keys]
    """Columns that the contract knows: lists of plain values in them are joined."""


def _shape(root: _Node, options: ReadOptions) -> _Shape:
    paths: list[Keys] = []
    opened: set[Keys] = set()
    joined: set[Keys] = set()

    def knows(path: Keys) -> bool:
        return options.is_header([".".join(path)])

    def knows_below(path: Keys, nodes: dict[str, _Node]) -> bool:
        if len(nodes) > options.limits.columns:
            return False
        return any(
            knows((*path, key)) or knows_below((*path, key), {**node.fields, **node.elements})
            for key, node in nodes.items()
        )

    def walk(path: Keys, node: _Node) -> None:
        is_open = bool(node.fields) and knows_below(path, node.fields)
        if is_open:
            opened.add(path)
            for key, inner in node.fields.items():
                walk((*path, key), inner)
        if node.is_plain or not is_open:
            paths.append(path)
            if knows(path):
                joined.add(path)
        for key, inner in node.elements.items():
            below = (*path, key)
            if knows(below) or knows_below(below, {**inner.fields, **inner.elements}):
                walk(below, inner)

    for key, node in root.fields.items():
        walk((key,), node)
    return _Shape(tuple(paths), frozenset(opened), frozenset(joined))


def _member(records: Callable[[], Iterator[_Record]], options: ReadOptions, form: str, encoding: str) -> Member:
    stream = records()
    first = next(_batched(stream), [])
    root = _keys(chain(first, more := _Counted(stream)), options.limits.columns)
    again = records() if more.count else iter(first)
    shape = _shape(root, options)
    names = [".".join(path) for path in shape.paths]
    condemned = None
    if len(names) > options.limits.columns:
        condemned, shape = "too_many_columns", _Shape((), frozenset(), frozenset())
    elif not options.is_header(names):
        condemned = "no_header"
    columns = column_names(names) if shape.paths else ()
    return Member("", columns, _batches(again, shape, columns, condemned), form, encoding)


def _keys(records: Iterable[_Record], most: int) -> _Node:
    """What stands under the keys of all records."""
    root = _Node()
    seen: set[tuple[Any, ...]] = set()  # forms of records without anything nested: one of each tells enough
    for record in records:
        if record.is_broken:
            continue
        signature = (*record.value, *map(type, record.value.values()))
        if signature in seen:
            continue
        if dict not in signature and list not in signature and len(seen) < MAX_FORMS:
            seen.add(signature)
        root.add(record.value, most)
    return root


class _Counted(Iterator[_Record]):
    """Counts what is taken from an iterator."""

    def __init__(self, records: Iterator[_Record]) -> None:
        self._records = records
        self.count = 0

    def __next__(self) -> _Record:
        record = next(self._records)
        self.count += 1
        return record


def _batched(records: Iterator[_Record]) -> Iterator[list[_Record]]:
    batch: list[_Record] = []
    size = 0
    for record in records:
        batch.append(record)
        size += record.size
        if len(batch) >= BATCH_ROWS or size > BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _batches(
    records: Iterator[_Record], shape: _Shape, columns: tuple[str, ...], condemned: str | None
) -> Iterator[pa.RecordBatch]:
    row_of: Callable[[dict[str, Any]], Cells] = partial(_flat_row, [path[0] for path in shape.paths], shape.joined)
    if any(len(path) > 1 for path in shape.paths):
        row_of = partial(_nested_row, shape)
    elif not columns:
        row_of = _any_row
    numbers: list[int] = []
    rows: list[Cells] = []
    faults: list[str | None] = []
    size = 0
    for number, value, characters, is_broken in records:
        fault: str | None = "broken_record"
        row: Cells = (value,)
        if not is_broken:
            try:
                row = row_of(value)
                fault = condemned if any(row) else None
            except RecursionError:
                row = ("lists in lists, too deep to be read",)
        numbers.append(number)
        rows.append(row)
        faults.append(fault)
        size += characters
        if len(rows) >= BATCH_ROWS or size > BATCH_CHARACTERS:
            yield make_batch(columns, numbers, rows, faults if any(faults) else None)
            numbers, rows, faults, size = [], [], [], 0
    if rows:
        yield make_batch(columns, numbers, rows, faults if any(faults) else None)


def _any_row(record: dict[str, Any]) -> Cells:
    return tuple([_cell(value) for value in record.values()])


def _flat_row(keys: Sequence[str], joined: frozenset[Keys], record: dict[str, Any]) -> Cells:
    row = tuple(map(record.get, keys))
    if PLAIN.issuperset(map(type, row)):
        return row
    return tuple([_cell(value, (key,) in joined) for key, value in zip(keys, row, strict=True)])


def _nested_row(shape: _Shape, record: dict[str, Any]) -> Cells:
    return tuple(
        [
            None
            if isinstance(value := _at(record, path), dict) and path in shape.opened
            else _cell(value, path in shape.joined)
            for path in shape.paths
        ]
    )


def _at(value: Any, path: Keys) -> Any:
    for key in path:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def _cell(value: Any, is_joined: bool = False) -> str | None:
    """A value as text; an empty object or list of a column that the contract knows is no value."""
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case list() if is_joined and not any(isinstance(item, dict | list) for item in value):
            return "; ".join(text for item in value if (text := _cell(item))) or None
        case _:
            return None if is_joined and not value else json_text(value)


# --- lists of lists ----------------------------------------------------------------------------------------------


def _table(records: Callable[[], Iterator[_Record]], place: _Place, options: ReadOptions, encoding: str) -> Member:
    batches = _batched(records())
    first = next(batches, [])
    numbers, rows, faults = _cells(first)
    if place.header is None:
        layout = find_layout(numbers, rows, options)
    else:
        header = list(place.header)
        layout = (
            find_layout([0], [header], options)
            if options.header == "auto"
            else bounded(Layout(column_names(header), 0, {}), options)
        )
        layout = Layout(layout.columns, 0, {}, layout.condemned)
    return Member("", layout.columns, _table_batches(layout, (numbers, rows, faults), batches), "json", encoding)


def _table_batches(
    layout: Layout, first: tuple[list[int], list[Cells], list[str | None]], batches: Iterator[list[_Record]]
) -> Iterator[pa.RecordBatch]:
    batch = records_of(layout, *first)
    if batch is not None:
        yield batch
    for numbers, rows, faults in map(_cells, batches):
        verdicts = [fault or (layout.condemned if any(row) else None) for fault, row in zip(faults, rows, strict=True)]
        yield make_batch(layout.columns, numbers, rows, verdicts if any(verdicts) else None)


def _cells(batch: list[_Record]) -> tuple[list[int], list[Cells], list[str | None]]:
    rows: list[Cells] = []
    faults: list[str | None] = []
    for record in batch:
        is_row = isinstance(record.value, list) and not record.is_broken
        rows.append([_cell(cell) for cell in record.value] if is_row else [_cell(record.value)])
        faults.append(None if is_row else "broken_record")
    return [record.number for record in batch], rows, faults
