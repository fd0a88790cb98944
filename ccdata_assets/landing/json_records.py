"""JSON and JSON Lines → raw rows: one row a record, its values as text, nested values as JSON text.

Documents are read as a stream, twice: once for the columns (records need not have the same keys), once for the rows.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

import ijson
import pyarrow as pa

from ccdata_assets.landing.rows import BATCH_ROWS, Member, Opened, ReadOptions, UnreadableFile, column_names, make_batch
from ccdata_assets.landing.sniff import text_encoding

_Numbered = tuple[int, dict[str, Any] | str]
"""Position and record, or the text of what could not be read."""


def open_json(path: Path, options: ReadOptions) -> Opened:
    """Read a JSON document: a list of records, or the list(s) that `records` leads to."""
    encoding = options.encoding or text_encoding(path)
    prefix = _records_prefix(path, options.records, encoding)
    return Opened("json", iter([_member(lambda: _document(path, prefix, encoding), options)]), encoding)


def open_json_lines(path: Path, options: ReadOptions) -> Opened:
    """Read one record a line; a file of one line of which no key is a field is a document that was written compactly."""
    encoding = options.encoding or text_encoding(path)
    if _is_document(path, options, encoding):
        return open_json(path, options)
    return Opened("json lines", iter([_member(lambda: _lines(path, encoding), options)]), encoding)


def _utf8(path: Path, encoding: str) -> IO[bytes]:
    """The file as UTF-8 without a mark, whatever it is written in, for a reader that knows nothing else."""
    file = path.open("rb")
    if encoding in ("utf-8", "utf-8-sig"):
        if file.read(3) != codecs.BOM_UTF8:
            file.seek(0)
        return file
    return cast("IO[bytes]", codecs.EncodedFile(file, "utf-8", encoding, errors="replace"))


def _is_document(path: Path, options: ReadOptions, encoding: str) -> bool:
    match list(islice((record for _, record in _lines(path, encoding) if record), 2)):
        case [dict() as only]:
            return not options.is_header(list(only))
        case _:
            return False


def _records_prefix(path: Path, records: str | None, encoding: str) -> str:
    """The stream's name of the records: the first objects found in a list, or those under `records`."""
    top: str | None = None
    try:
        with _utf8(path, encoding) as file:
            for prefix, event, _ in ijson.parse(file):
                if event != "start_map":
                    continue
                plain = ".".join(part for part in prefix.split(".") if part != "item")
                if prefix.endswith("item") and plain == (records or plain):
                    return str(prefix)
                if records and plain == records:
                    return str(prefix)
                top = str(prefix) if top is None else top
    except ijson.JSONError:
        if records is None and top is not None:
            return top
    if records is not None:
        # the file of another shape: a plain list of records is as good
        return _records_prefix(path, None, encoding)
    if top is None:
        raise UnreadableFile(
            "the JSON holds no records; fix: give the path to them under source.records in the contract"
        )
    return top


def _document(path: Path, prefix: str, encoding: str) -> Iterator[_Numbered]:
    position = 0
    with _utf8(path, encoding) as file:
        try:
            for position, record in enumerate(ijson.items(file, prefix), start=1):
                yield position, record if isinstance(record, dict) else {"value": record}
        except (ijson.JSONError, UnicodeDecodeError):
            yield position + 1, ""


def _lines(path: Path, encoding: str) -> Iterator[_Numbered]:
    with path.open(encoding=encoding, errors="surrogateescape") as file:
        for number, line in enumerate(file, start=1):
            try:
                record = json.loads(line, parse_float=Decimal) if line.strip() else {}
            except ValueError:
                yield number, line.rstrip("\n")
                continue
            yield number, record if isinstance(record, dict) else {"value": record}


def _text(value: Any) -> str | None:
    match value:
        case None:
            return None
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, default=str)
        case _:
            return str(value)


def _member(records: Callable[[], Iterator[_Numbered]], options: ReadOptions) -> Member:
    keys: dict[str, None] = {}
    for _, record in records():
        if isinstance(record, dict):
            keys.update(dict.fromkeys(record))
    condemned = None
    if len(keys) > options.max_columns:
        condemned = "too_many_columns"
    elif not options.is_header(list(keys)):
        condemned = "no_header"
    columns = () if condemned == "too_many_columns" else column_names(keys)
    return Member("", columns, _batches(records(), list(keys) if columns else [], columns, condemned))


def _batches(
    records: Iterator[_Numbered], keys: list[str], columns: tuple[str, ...], condemned: str | None
) -> Iterator[pa.RecordBatch]:
    while chunk := list(islice(records, BATCH_ROWS)):
        rows: list[list[str | None]] = []
        faults: list[str | None] = []
        for _, record in chunk:
            if isinstance(record, str):
                rows.append([record])
                faults.append("broken_record")
            else:
                rows.append(
                    [_text(record.get(key)) for key in keys]
                    if not condemned
                    else [_text(value) for value in record.values()]
                )
                faults.append(condemned)
        yield make_batch(columns, [number for number, _ in chunk], rows, faults)
