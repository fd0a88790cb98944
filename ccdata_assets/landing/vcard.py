"""vCards of versions 2.1, 3.0 and 4.0, mixed as phones and mail programs write them → raw rows, one row a card.

Read here and not with a library: the ones there are stop at quoted-printable of Chinese phones, at GBK and at the
first broken card. Columns carry the names of our fields, so a contract needs no aliases; what no field stands for
keeps its own name in lower case. Pictures and sounds are left out.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import quopri
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, cast

import pyarrow as pa

from ccdata_assets.landing.rows import (
    BATCH_ROWS,
    Cells,
    Member,
    OverLimit,
    ReadOptions,
    UnreadableFile,
    column_names,
    make_batch,
)
from ccdata_assets.landing.sniff import text_encoding

COLUMNS = ("contact_name", "company_name", "department", "title", "mobile", "phone", "fax", "email", "website",
           "address", "province", "city", "postcode", "gender", "note")  # fmt: skip
"""In this order, those that occur; others follow in the order they come in."""
_PICTURES = ("PHOTO", "LOGO", "SOUND", "KEY")
_FRAME = ("BEGIN", "END", "VERSION", "PRODID", "X-ABLABEL", "X-ABSHOWAS", "X-ABUID", "SORT-STRING", "MAILER", "AGENT",
          "CLIENTPIDMAP", "LABEL", "N", "KIND")  # fmt: skip
"""What says nothing of the contact that the columns do not say."""
_OWN_NAMES = {
    "FN": "contact_name",
    "TITLE": "title",
    "EMAIL": "email",
    "URL": "website",
    "NOTE": "note",
    "GENDER": "gender",
}
_LINE = re.compile(rb'\s*(?:([A-Za-z0-9-]+)\.)?([A-Za-z0-9_-]+)((?:;(?:[^":;]|"[^"]*")*)*):(.*)', re.DOTALL)
_PARAMETER = re.compile(r';((?:[^";]|"[^"]*")*)')
_QUOTED_PRINTABLE = re.compile(rb'[^":]*;\s*(?:ENCODING=)?"?QUOTED-PRINTABLE', re.IGNORECASE)
_BASE64 = re.compile(rb'[^":]*;\s*(?:ENCODING=)?"?(?:BASE64|B)\s*["]?[;:]', re.IGNORECASE)
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]+={0,2}\s*")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_MOBILE, _FAX = ("CELL", "MOBILE", "IPHONE"), ("FAX", "HOMEFAX", "WORKFAX")
_LABELS = {"手机": "CELL", "移动": "CELL", "MOBILE": "CELL", "IPHONE": "CELL", "传真": "FAX", "FAX": "FAX"}
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030", "gb_2312-80": "gb18030"}


class _Broken(Exception):
    """A card that cannot be read."""


@dataclass(frozen=True)
class _Card:
    """A card's lines as they stand in the file, where it begins, and whether it is whole."""

    number: int
    lines: list[bytes]
    is_whole: bool


@dataclass(frozen=True)
class _Property:
    """One line of a card: `item1.TEL;TYPE=cell:138…`; types in capitals, the value split at its semicolons."""

    group: str
    name: str
    types: frozenset[str]
    parameters: Mapping[str, str]
    parts: tuple[str, ...]

    @property
    def value(self) -> str:
        return ";".join(self.parts).strip()


def open_vcard(path: Path, options: ReadOptions) -> Iterator[Member]:
    """Read all cards of a file as one member; a row's number is that of the line its card begins on.

    Several values of one kind are joined by "; ". A card that has no end or cannot be decoded is a row of fault
    `broken_record` with its text. Raises OverLimit at a line or card that is too long.
    """
    decode = _Decoder(path, options.encoding)
    rows = partial(_rows, path, decode, options.limits.line_bytes)
    found: dict[str, None] = {}
    for _, row in rows():
        if isinstance(row, dict) and len(found) <= options.limits.columns:
            found.update(dict.fromkeys(row))
    names = [name for name in COLUMNS if name in found] + [name for name in found if name not in COLUMNS]
    condemned = None
    if len(names) > options.limits.columns:
        condemned = "too_many_columns"
    elif not options.is_header(names):
        condemned = "no_header"
    columns = () if condemned == "too_many_columns" else column_names(names)
    yield Member("", columns, _batches(rows(), names if columns else [], columns, condemned), "vcard", decode.encoding)


def _batches(
    rows: Iterator[tuple[int, dict[str, str] | str]], names: list[str], columns: tuple[str, ...], condemned: str | None
) -> Iterator[pa.RecordBatch]:
    while chunk := list(islice(rows, BATCH_ROWS)):
        cells: list[Cells] = []
        faults: list[str | None] = []
        for _, row in chunk:
            if isinstance(row, str):
                cells.append([row])
                faults.append("broken_record")
            else:
                cells.append([row.get(name) for name in names] if columns else list(row.values()))
                faults.append(condemned if row else None)
        yield make_batch(columns, [number for number, _ in chunk], cells, faults if any(faults) else None)


def _rows(path: Path, decode: _Decoder, limit: int) -> Iterator[tuple[int, dict[str, str] | str]]:
    """Number and values of each card, or its text where it is broken."""
    with _open(path, decode.encoding) as file:
        for card in _cards(file, limit):
            try:
                yield card.number, _contact(card, decode)
            except _Broken:
                yield card.number, decode.anyhow(b"".join(card.lines)).strip()


# --- encodings ---------------------------------------------------------------------------------------------------


class _Decoder:
    """Bytes → text: in the character set that a line declares, else in the file's."""

    def __init__(self, path: Path, encoding: str | None) -> None:
        self._doubt: UnreadableFile | None = None
        self.encoding = encoding or "utf-8"
        if encoding is None:
            try:
                self.encoding = text_encoding(path)
            except UnreadableFile as error:  # it matters only if a line does not say it itself
                self._doubt = error
        self._own = "utf-8" if self.encoding.startswith("utf") else self.encoding

    def __call__(self, raw: bytes, charset: str) -> str:
        if raw.isascii() and not charset.lower().startswith(("utf-16", "utf-7")):
            return raw.decode("ascii")
        declared = charset.strip().lower()
        for encoding in (_WIDER.get(declared, declared), "utf-8") if declared else (self._own,):
            try:
                return raw.decode(encoding)
            except (UnicodeDecodeError, LookupError):
                continue
        if not declared and self._doubt is not None:
            raise self._doubt
        raise _Broken

    def anyhow(self, raw: bytes) -> str:
        """The text of a card that is broken."""
        return raw.decode(self._own, "surrogateescape")


def _open(path: Path, encoding: str) -> IO[bytes]:
    """The file as bytes in which a line feed is one byte."""
    file = path.open("rb")
    if encoding.startswith(("utf-16", "utf-32")):
        return cast("IO[bytes]", codecs.EncodedFile(file, "utf-8", encoding, errors="replace"))
    if file.read(3) != codecs.BOM_UTF8:
        file.seek(0)
    return file


# --- lines → cards -----------------------------------------------------------------------------------------------


def _cards(file: IO[bytes], limit: int) -> Iterator[_Card]:
    """The cards, and what stands between them as cards that are not whole."""
    start, held, size = 1, [], 0  # type: int, list[bytes], int
    depth = 0
    for number, line in _lines(file, limit):
        word = line.strip().upper()
        if word == b"BEGIN:VCARD" and not (depth and held and _is_agent(held[-1])):
            if any(part.strip() for part in held):
                yield _Card(start, held, is_whole=False)
            start, held, size, depth = number, [], 0, 1
        elif word == b"BEGIN:VCARD":
            depth += 1
        if not depth and not held:
            if not line.strip():
                continue
            start = number
        if depth <= 1:
            held.append(line)
            size += len(line)
        if size > limit:
            raise OverLimit(f"a card has more than {limit} bytes; fix: export it again, or raise CCDATA_MAX_LINE_BYTES")
        if word == b"END:VCARD" and depth:
            depth -= 1
            if depth == 0:
                yield _Card(start, held, is_whole=True)
                held, size = [], 0
    if any(part.strip() for part in held):
        yield _Card(start, held, is_whole=False)


def _is_agent(line: bytes) -> bool:
    """A card within a card (2.1), of someone else."""
    return line.strip().upper().startswith(b"AGENT") and line.strip().endswith(b":")


def _lines(file: IO[bytes], limit: int) -> Iterator[tuple[int, bytes]]:
    """Numbered lines, without those of pictures, which may be many."""
    number, in_picture = 0, False
    while line := file.readline(limit + 1):
        number += 1
        if len(line) > limit:
            raise OverLimit(
                f"the file has a line of more than {limit} bytes; fix: export it again, or raise CCDATA_MAX_LINE_BYTES"
            )
        if in_picture and (line[:1] in (b" ", b"\t") or _BASE64_LINE.fullmatch(line)):
            continue
        name = re.split(rb"[;:]", line, maxsplit=1)[0].rpartition(b".")[2].upper()  # a folded line has its indent
        in_picture = name.decode("latin-1") in _PICTURES
        if not in_picture:
            yield number, line


def _unfolded(lines: Iterable[bytes], is_old: bool) -> Iterator[bytes]:
    """Lines with what continues them: folded ones, soft line breaks of quoted-printable, and base64 without indent."""
    whole: bytes | None = None
    for line in lines:
        bare = line.rstrip(b"\r\n")
        if bare.strip().upper() == b"END:VCARD":
            break  # whatever the line above it promised
        if whole is not None and whole.endswith(b"=") and _QUOTED_PRINTABLE.match(whole):
            is_indent = bare[:1] in (b" ", b"\t") and bare.strip().startswith(b"=")
            whole = whole[:-1] + (bare.lstrip() if is_indent else bare)
        elif whole is not None and bare[:1] in (b" ", b"\t") and bare.strip():
            # 2.1 breaks where a space was, later versions add one; between Chinese characters none was
            keeps_space = is_old and whole[-1:] < b"\x80" and bare.strip()[:1] < b"\x80" and not _BASE64.match(whole)
            whole += (b" " + bare.strip()) if keeps_space else bare[1:]
        elif whole is not None and _BASE64.match(whole) and _BASE64_LINE.fullmatch(bare):
            whole += bare
        else:
            if whole is not None and whole.strip():
                yield whole
            whole = bare
    if whole is not None and whole.strip():
        yield whole


# --- cards → values ----------------------------------------------------------------------------------------------


def _contact(card: _Card, decode: _Decoder) -> dict[str, str]:
    """The card's values by column."""
    if not card.is_whole:
        raise _Broken
    is_old = any(line.strip().upper() == b"VERSION:2.1" for line in card.lines[:5])
    found = _Values()
    properties = [_property(line, is_old, decode) for line in _unfolded(card.lines, is_old)]
    labels = {item.group: item.value for item in properties if item.group and item.name == "X-ABLABEL"}
    for item in properties:
        _take(item, labels.get(item.group, ""), found)
    _name_and_company(properties, found)
    _place(properties, found)
    return {name: "; ".join(values) for name, values in found.values.items()}


@dataclass
class _Values:
    """Texts by column, each once."""

    values: dict[str, dict[str, None]] = field(default_factory=dict)

    def add(self, column: str, text: str) -> None:
        if text := text.strip():
            self.values.setdefault(column, {})[text] = None


def _property(line: bytes, is_old: bool, decode: _Decoder) -> _Property:
    hit = _LINE.fullmatch(line)
    if hit is None:
        raise _Broken
    group, name, head, raw = (part or b"" for part in hit.groups())
    types: set[str] = set()
    parameters: dict[str, str] = {}
    for parameter in _PARAMETER.findall(decode(head, "")):
        key, equals, value = parameter.partition("=")
        if not equals:
            types.add(key.strip().upper())  # 2.1: TEL;CELL
        elif key.strip().upper() == "TYPE":
            types.update(part.strip().upper() for part in value.replace('"', "").split(","))
        else:
            parameters[key.strip().upper()] = value.strip().strip('"')
    encoding = parameters.get("ENCODING", "").upper()
    charset = parameters.get("CHARSET", "")
    try:
        if encoding == "QUOTED-PRINTABLE" or "QUOTED-PRINTABLE" in types:
            parts = [_unescaped(decode(quopri.decodestring(part), charset), is_old) for part in _split(raw)]
            if len(parts) == 1 and name.upper() in (b"N", b"ADR", b"ORG"):
                parts = [_unescaped(part, is_old) for part in re.split(r"(?<!\\);", parts[0])]
        else:
            if encoding in ("B", "BASE64") or "BASE64" in types:
                raw = base64.b64decode(b"".join(raw.split()))
            text = decode(raw, charset)
            parts = [_unescaped(part, is_old) for part in re.split(r"(?<!\\);", text)]
    except (binascii.Error, ValueError):
        raise _Broken from None
    return _Property(
        group.decode().upper(),
        name.decode().upper(),
        frozenset(types),
        parameters,
        tuple(part.strip() for part in parts),
    )


def _split(raw: bytes) -> list[bytes]:
    return re.split(rb"(?<!\\);", raw)


def _unescaped(text: str, is_old: bool) -> str:
    r"""Text without backslashes: \n is a line break since 3.0; in 2.1 it may be part of a path."""
    if "\\" not in text:
        return text
    if is_old:
        return re.sub(r"\\([\\;,:])", r"\1", text)
    return re.sub(r"\\(.)", lambda hit: "\n" if hit[1] in "nN" else hit[1], text, flags=re.DOTALL)


def _take(item: _Property, label: str, found: _Values) -> None:
    """One property that stands for itself; names and addresses are read together."""
    if item.name in ("FN", "ORG", "ADR", *_FRAME, *_PICTURES):
        return
    if item.name == "TEL":
        types = item.types | {kind for word, kind in _LABELS.items() if word in label.upper()}
        column = "fax" if types & {*_FAX} else "mobile" if types & {*_MOBILE} else "phone"
        number, *rest = re.sub(r"(?i)^tel:", "", item.value).split(";")
        extension = next((part[4:] for part in rest if part.lower().startswith("ext=")), "")
        found.add(column, f"{number} ext {extension}" if extension else number)
    elif item.name == "EMAIL":
        found.add("email", re.sub(r"(?i)^mailto:", "", item.value))
    elif item.name == "GENDER":
        found.add("gender", item.parts[0])
    else:
        found.add(_OWN_NAMES.get(item.name, item.name.lower()), item.value)


def _name_and_company(properties: list[_Property], found: _Values) -> None:
    """FN, else N in the order of its language; of a company's card FN is the company."""
    full = [_full_name(item.parts) for item in properties if item.name == "N"]
    names = [item.value for item in properties if item.name == "FN" and item.value] or full
    if len(full) == len(names) == 1 and _HAN.search(full[0]) and sorted(full[0]) == sorted(names[0].replace(" ", "")):
        names = full  # programs from elsewhere put a space in, or the family name last
    organisations = [item.parts for item in properties if item.name == "ORG"]
    is_company = any(
        (item.name, item.value.upper()) in (("X-ABSHOWAS", "COMPANY"), ("KIND", "ORG")) for item in properties
    )
    for name in names:
        found.add("company_name" if is_company and not organisations else "contact_name", name)
    for parts in organisations:
        found.add("company_name", parts[0])
        found.add("department", " ".join(part for part in parts[1:] if part))
    if is_company and found.values.get("contact_name") == found.values.get("company_name"):
        found.values.pop("contact_name", None)


def _full_name(parts: tuple[str, ...]) -> str:
    family, given, further, *_ = (*parts, "", "", "")
    if _HAN.search(family + given):
        return family + further + given
    return " ".join(part for part in (given, further, family) if part)


def _place(properties: list[_Property], found: _Values) -> None:
    """All addresses; province, city and postcode are of the first, which is the preferred one, else the office."""
    addresses = [item for item in properties if item.name == "ADR" and any(item.parts)]
    addresses.sort(
        key=lambda item: ("PREF" not in item.types and "PREF" not in item.parameters, "WORK" not in item.types)
    )
    for place, item in enumerate(addresses):
        box, extended, street, city, province, postcode, *_ = (*item.parts, *[""] * 7)
        parts = [province, city, street, extended, box]
        if _HAN.search("".join(parts)):
            found.add("address", _chinese_address(parts))
        else:
            found.add("address", ", ".join(part for part in (box, street, extended, city, province) if part))
        if place == 0:
            for column, text in (("province", province), ("city", city), ("postcode", postcode)):
                found.add(column, text)
    if not addresses:
        for item in properties:
            if item.name == "LABEL":
                found.add("address", " ".join(item.value.split()))


def _chinese_address(parts: list[str]) -> str:
    """From large to small, no part twice: a street often begins with its city, a city may be its own province."""
    whole = ""
    for part in reversed(parts):
        if part not in whole:
            whole = part + whole
    return whole
