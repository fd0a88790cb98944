"""Parquet → raw rows, in batches of Arrow all the way: every column as the text that other readers would give.

Only values with no text of their own in Arrow are formatted one by one: lists and maps (as JSON), bytes that are no
UTF-8 (as hexadecimal digits), and durations.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ccdata_assets.landing.rows import (
    BATCH_ROWS,
    ROW_COLUMNS,
    Cells,
    Member,
    OverLimit,
    ReadOptions,
    UnreadableFile,
    column_names,
    make_batch,
)

BATCH_CELLS = 5_000_000
_PLAIN_INTEGERS = 1e18
"""Whole floats up to here are written without an exponent: numbers of customers and calls come as floats."""


def open_parquet(path: Path, options: ReadOptions) -> Iterator[Member]:
    """Read the file as one member; a row's number is its place from 1, a column in a struct is `struct.column`.

    Text is as in other files: no value for null and NaN, `2` for 2.0, `2026-01-05 10:00:00` for a time (with the offset
    where it has a time zone), `true` and `false`. Raises UnreadableFile where the file is damaged.
    """
    try:
        file = pq.ParquetFile(path, pre_buffer=False)
        columns = _flat(file.schema_arrow.empty_table()).column_names
        expanded = sum(file.metadata.row_group(place).total_byte_size for place in range(file.metadata.num_row_groups))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(error) from None
    if expanded > options.limits.expanded_bytes:
        raise OverLimit(
            f"the Parquet file expands to more than {options.limits.expanded_bytes} bytes;"
            " fix: split it, or raise CCDATA_MAX_EXPANDED_BYTES"
        )
    condemned = None
    if len(columns) > options.limits.columns:
        condemned = "too_many_columns"
    elif not options.is_header(columns):
        condemned = "no_header"
    names = () if condemned == "too_many_columns" else column_names(columns)
    yield Member("", names, _batches(file, names, condemned), "parquet")


def _damaged(error: Exception) -> Exception:
    if isinstance(error, OSError) and error.errno is not None:
        return error
    return UnreadableFile("the Parquet file is damaged, cut short or encrypted; fix: export it again")


def _batches(file: pq.ParquetFile, names: tuple[str, ...], condemned: str | None) -> Iterator[pa.RecordBatch]:
    number = 1
    rows = max(min(BATCH_ROWS, BATCH_CELLS // max(len(names), 1)), 1)
    batches = file.iter_batches(batch_size=rows)
    while True:
        try:
            batch = next(batches, None)
            if batch is None:
                return
            columns = _flat(pa.Table.from_batches([batch])).columns
            numbers = range(number, number + batch.num_rows)
            yield _batch(names, numbers, [column.combine_chunks() for column in columns], condemned)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise _damaged(error) from None
        number += batch.num_rows


def _flat(table: pa.Table) -> pa.Table:
    """The table with the fields of structs as columns, at any depth."""
    while any(pa.types.is_struct(kind) for kind in table.schema.types):
        table = table.flatten()
    return table


def _batch(names: tuple[str, ...], numbers: range, columns: list[pa.Array], condemned: str | None) -> pa.RecordBatch:
    texts = [_text(column) for column in columns]
    if condemned is None and all(text.type == pa.string() for text in texts):
        own = [pa.array(numbers, pa.int64()), pa.nulls(len(numbers), pa.string()), pa.nulls(len(numbers), pa.string())]
        return pa.RecordBatch.from_arrays([*own, *texts], names=[*ROW_COLUMNS, *names])
    cells = [text.to_pylist() if text.type == pa.string() else list(map(_marked, text.to_pylist())) for text in texts]
    rows: list[Cells] = list(zip(*cells, strict=True)) if cells else [()] * len(numbers)
    faults = [condemned if any(row) else None for row in rows] if condemned else None
    return make_batch(names, numbers, rows, faults)


def _marked(value: bytes | None) -> str | None:
    """A text that is not UTF-8: the bytes that are none become lone surrogates, which make_batch knows."""
    return None if value is None else value.decode("utf-8", "surrogateescape")


def _text(column: pa.Array) -> pa.Array:
    """A column as text; as bytes, where it says that it is text and is not."""
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        raw = column.cast(pa.large_binary())
        try:
            return raw.cast(pa.string())
        except pa.ArrowInvalid:
            return raw
    if pa.types.is_floating(kind):
        return _float_text(column)
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind):
        return _time_text(column)
    if pa.types.is_decimal(kind):
        text = column.cast(pa.string())
        if pc.any(pc.match_substring(text, "E")).as_py():
            return _each(column, lambda value: format(value, "f"))
        return text
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        try:
            return column.cast(pa.string())
        except pa.ArrowInvalid:
            return _each(column, _bytes_text)
    if pa.types.is_map(kind):
        return _each(column, lambda value: _json(dict(value)))
    if pa.types.is_nested(kind):
        return _each(column, _json)
    if pa.types.is_duration(kind):
        return _each(column, str)
    try:
        return column.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return _each(column, str)


def _float_text(column: pa.Array) -> pa.Array:
    column = pc.if_else(pc.is_nan(column), None, column)
    text = column.cast(pa.string())
    wide = column.cast(pa.float64())
    is_whole = pc.and_(pc.equal(wide, pc.trunc(wide)), pc.less(pc.abs(wide), _PLAIN_INTEGERS))
    digits = pc.if_else(is_whole, wide, None).cast(pa.int64()).cast(pa.string())
    return pc.coalesce(digits, text)


def _time_text(column: pa.Array) -> pa.Array:
    """ISO with a space, without zeros behind the seconds, the offset with its colon."""
    try:
        text = column.cast(pa.string())
    except pa.ArrowInvalid:  # a time zone this machine knows nothing of
        text = pc.binary_join_element_wise(column.cast(pa.timestamp(column.type.unit)).cast(pa.string()), "+0000", "")
    text = pc.replace_substring_regex(text, r"\.0+(Z|[+-]\d{4})?$", r"\1")
    text = pc.replace_substring_regex(text, r"Z$", "+00:00")
    return pc.replace_substring_regex(text, r"([+-]\d\d)(\d\d)$", r"\1:\2") if _has_zone(column.type) else text


def _has_zone(kind: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(kind) and kind.tz)


def _each(column: pa.Array, text: Any) -> pa.Array:
    return pa.array([None if value is None else text(value) for value in column.to_pylist()], pa.string())


def _bytes_text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.hex()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_json_value)


def _json_value(value: Any) -> Any:
    if isinstance(value, bytes):
        return _bytes_text(value)
    return format(value, "f") if isinstance(value, Decimal) else str(value)
