"""What a file is, by looking at its bytes: its format, its encoding and its delimiter; never by its name."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

from ccdata_assets.landing.rows import UnreadableFile

CHUNK = 1 << 20
DELIMITERS = (",", "\t", ";", "|")
_MAGIC = {
    b"\x89PNG": "a PNG picture", b"\xff\xd8\xff": "a JPEG picture", b"GIF8": "a GIF picture", b"%PDF": "a PDF document",
    b"\x1f\x8b": "a gzip archive", b"7z\xbc\xaf": "a 7-Zip archive", b"Rar!": "a RAR archive", b"\xd0\xcf\x11\xe0": "an old Office file",
    b"SQLite format 3": "a SQLite database", b"PAR1": "a Parquet file", b"\x28\xb5\x2f\xfd": "a Zstandard archive", b"\x7fELF": "a program",
    b"MZ": "a program", b"\x00\x01\x00\x00Standard": "an Access database",
}  # fmt: skip
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def file_format(path: Path) -> str:
    """'xlsx', 'json', 'json lines' or 'delimited'; UnreadableFile says what else it is."""
    with path.open("rb") as file:
        head = file.read(65536)
    if not head:
        raise UnreadableFile("the file is empty (0 bytes); fix: export it again")
    if head.startswith(b"PK\x03\x04"):
        return "xlsx"
    for magic, what in _MAGIC.items():
        if head.startswith(magic):
            raise UnreadableFile(f"the file is {what}, not a table; fix: export it as CSV, XLSX or JSON")
    encoding = next((name for bom, name in _BOMS if head.startswith(bom)), None)
    if encoding is None and head.count(0) > len(head) // 10 and not _utf16_guess(head):
        raise UnreadableFile("the file is binary data, not a table; fix: export it as CSV, XLSX or JSON")
    text = head.decode(encoding or _utf16_guess(head) or "latin-1", "replace").lstrip("\ufeff \t\r\n")
    if not text:
        raise UnreadableFile("the file holds blank lines only; fix: export it again")
    if text[0] == "[" or (text[0] == "{" and not _is_json_lines(text, is_whole=len(head) < 65536)):
        return "json"
    return "json lines" if text[0] == "{" else "delimited"


def _is_json_lines(text: str, is_whole: bool) -> bool:
    first, newline, rest = text.partition("\n")
    return (
        bool(newline or is_whole)
        and first.rstrip().endswith("}")
        and (not rest.strip() or rest.lstrip().startswith("{"))
    )


def _utf16_guess(head: bytes) -> str | None:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = max(len(head) // 2, 1)
    if odd / half > 0.3 and even / half < 0.05:
        return "utf-16-le"
    if even / half > 0.3 and odd / half < 0.05:
        return "utf-16-be"
    return None


def text_encoding(path: Path) -> str:
    """The encoding of a text file, a codec name: by its mark, else UTF-8 where all of it is, else the likelier of
    GB18030 and Big5; where none fits, the one with the fewest undecodable places (their rows are quarantined)."""
    with path.open("rb") as file:
        head = file.read(CHUNK)
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name
    if head.count(0) and (guess := _utf16_guess(head)):
        return guess
    faults = {name: _decode_faults(path, name) for name in ("utf-8", "gb18030", "big5")}
    if faults["utf-8"] == 0:
        return "utf-8"
    clean = [name for name in ("gb18030", "big5") if faults[name] == 0]
    if clean:
        return max(clean, key=lambda name: _usual_share(head, name))
    return min(faults, key=lambda name: faults[name])


def _decode_faults(path: Path, encoding: str) -> int:
    """Number of places that are no text in an encoding; counting stops at 1,000."""
    count = 0

    def note(error: UnicodeError) -> tuple[str, int]:
        nonlocal count
        count += 1
        return ("\ufffd", error.start + 1 if isinstance(error, UnicodeDecodeError) else 1)

    codecs.register_error("ccdata-count", note)
    decoder = codecs.getincrementaldecoder(encoding)(errors="ccdata-count")
    with path.open("rb") as file:
        while (chunk := file.read(CHUNK)) and count < 1000:
            decoder.decode(chunk)
    decoder.decode(b"", final=True)
    return count


def _usual_share(head: bytes, encoding: str) -> float:
    """Share of the Chinese characters that are usual ones in that encoding's own world (its first level)."""
    text = head.decode(encoding, "ignore")
    han = [character for character in text if "\u4e00" <= character <= "\u9fff"]
    other = sum(
        1
        for character in text
        if ord(character) > 0x2E80 and not "\u3000" <= character <= "\u9fff" and not "\uff00" <= character <= "\uffef"
    )
    usual = _GB_LEVEL_1 if encoding == "gb18030" else _BIG5_LEVEL_1
    return sum(1 for character in han if character in usual) / max(len(han) + other, 1)


def _level(codec: str, lead: range, trails: Sequence[int]) -> frozenset[str]:
    return frozenset(b"".join(bytes([a, b]) for a in lead for b in trails).decode(codec, "ignore"))


_GB_LEVEL_1 = _level("gb2312", range(0xB0, 0xD8), range(0xA1, 0xFF))
_BIG5_LEVEL_1 = _level("big5", range(0xA4, 0xC7), [*range(0x40, 0x7F), *range(0xA1, 0xFF)])


def text_delimiter(path: Path, encoding: str, is_header: Callable[[Sequence[str]], bool]) -> str:
    """The delimiter under which the first lines hold a header of the feed, else the one that splits them most evenly."""
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        lines = list(islice((line[:200_000] for line in file), 50))
    best, best_score = ",", (False, 0.0, 0)
    for delimiter in DELIMITERS:
        try:
            rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            continue
        if not rows:
            continue
        width = len(rows[0])
        even = sum(len(row) == width for row in rows) / len(rows) if width > 1 else 0.0
        score = (width > 1 and is_header(rows[0]), round(even, 1), width)
        if score > best_score:
            best, best_score = delimiter, score
    return best
