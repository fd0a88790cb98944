"""Error cells of an XLS file, which calamine gives as empty ones. All else of the format is calamine's.

[MS-CFB] 2 for the file, [MS-XLS] 2.4 for the records. What cannot be followed has no error cells: whether the file is
damaged is not decided here.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ccdata_assets.landing.workbook_facts import ERROR_CODES, Facts

_SECTORS = 0xFFFFFFFA
"""Numbers from here on are no sectors: end of a chain, free, table of sectors."""
_END, _BOUND_SHEET, _ERROR_OR_BOOL, _FORMULA = 0x000A, 0x0085, 0x0205, 0x0006
_head = struct.Struct("<HH").unpack_from


def xls_facts(path: Path) -> list[Facts]:
    """The facts of each sheet, in the workbook's order, sheets of charts included."""
    found: list[Facts] = []
    with suppress(struct.error, LookupError, ValueError):
        stream = workbook_stream(path.read_bytes())
        for kind, start, _ in _records(stream, 0):
            if kind == _BOUND_SHEET:
                found.append(Facts())
                found[-1].patches = _errors(stream, struct.unpack_from("<I", stream, start)[0])
    return found


def _errors(stream: bytes, start: int) -> dict[int, dict[int, str]]:
    patches: dict[int, dict[int, str]] = defaultdict(dict)
    for kind, at, length in _records(stream, start):
        code = None
        if kind == _ERROR_OR_BOOL and length >= 8 and stream[at + 7] == 1:
            code = stream[at + 6]
        elif kind == _FORMULA and length >= 14 and stream[at + 6] == 2 and stream[at + 12 : at + 14] == b"\xff\xff":
            code = stream[at + 8]
        if code is not None:
            row, column = _head(stream, at)
            patches[row + 1][column] = ERROR_CODES.get(code, "#ERROR")
    return patches


def _records(stream: bytes, place: int) -> Iterator[tuple[int, int, int]]:
    """Type, start and length of the records up to the end of a part of the stream."""
    while True:
        kind, length = _head(stream, place)
        if kind == _END:
            return
        yield kind, place + 4, length
        place += 4 + length


def workbook_stream(content: bytes) -> bytes:
    """The stream Workbook of an OLE2 file; ValueError where there is none."""
    sector, small = 1 << struct.unpack_from("<H", content, 30)[0], 1 << struct.unpack_from("<H", content, 32)[0]
    directory, cutoff, small_table, _, more, _ = struct.unpack_from("<I4xIIIII", content, 48)

    def numbers(block: bytes) -> list[int]:
        return list(struct.unpack(f"<{len(block) // 4}I", block))

    def block(place: int) -> bytes:
        return content[(place + 1) * sector : (place + 2) * sector]

    places = list(struct.unpack_from("<109I", content, 76))
    while more < _SECTORS and len(places) * sector < len(content):
        *further, more = numbers(block(more))
        places += further
    table = [number for place in places if place < _SECTORS for number in numbers(block(place))]

    def chain(start: int, table: list[int]) -> list[int]:
        found: list[int] = []
        while start < _SECTORS and len(found) < len(table):
            found.append(start)
            start = table[start]
        return found

    def read(start: int) -> bytes:
        return b"".join(map(block, chain(start, table)))

    entries = read(directory)
    root = b""
    for at in range(0, len(entries) - 127, 128):
        (length,) = struct.unpack_from("<H", entries, at + 64)
        name = entries[at : at + max(length - 2, 0)].decode("utf-16-le", "replace").casefold()
        start, size = struct.unpack_from("<II", entries, at + 116)
        if entries[at + 66] == 5:
            root = read(start)
        elif name in ("workbook", "book"):
            if size >= cutoff:
                return read(start)[:size]
            pieces = chain(start, numbers(read(small_table)))
            return b"".join(root[place * small : (place + 1) * small] for place in pieces)[:size]
    raise ValueError("no stream Workbook")
