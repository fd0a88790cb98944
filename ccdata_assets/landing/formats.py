"""What a file is, by looking at its bytes, never by its name."""

from __future__ import annotations

import re
import zipfile
from contextlib import suppress
from pathlib import Path

from ccdata_assets.landing.rows import UnreadableFile
from ccdata_assets.landing.sniff import marked_or_utf16

HEAD = 65536
_TABLES = {b"PAR1": "parquet", b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"\x00\x01\x00\x00Standard": "access"}
_OTHERS = {
    b"\x89PNG": "a PNG picture", b"\xff\xd8\xff": "a JPEG picture", b"GIF8": "a GIF picture", b"%PDF": "a PDF document",
    b"7z\xbc\xaf": "a 7-Zip archive", b"Rar!": "a RAR archive", b"SQLite format 3": "a SQLite database", b"\x7fELF": "a program",
    b"MZ": "a program", b"BZh": "a bzip2 archive", b"\xfd7zXZ": "an XZ archive", b"{\\rtf": "a text document (RTF)",
}  # fmt: skip
_MAIL_HEADER = re.compile(
    r"(?i)(from|to|received|return-path|delivered-to|date|subject|message-id|mime-version|x-[a-z-]+|dkim-signature):\s"
)
_HEADER_LINE = re.compile(r"[!-9;-~]+:\s?|[ \t]")
_MAIL_HEADERS = 3
"""So many header lines in a row a mail has at least."""
_LINE_END = re.compile(r"\r\n|\r|\n")
_KEY = r'"(?:[^"]*+(?:"\s*+:|\Z)|(?:[^"\\]|\\.)*+(?:"\s*+:|\Z))'
"""A key as JSON escapes it, or with a backslash that is half of a Chinese character."""
_ENDED = r"\s*+(?:\Z|[\[{\],;])"
"""What may follow a list or an object that is closed."""
_OBJECT = rf"\{{\s*+(?:{_KEY}|\}}{_ENDED}|\Z)"
_PLAIN = r'(?:"[^"]*+(?:"|\Z)|-?\d[\d.eE+-]*+|true|false|null|NaN|-?Infinity)'
_JSON = re.compile(rf"(?:\[\s*+)*+(?:{_OBJECT}|(?<=[\[\s]){_PLAIN}\s*+(?:,|\Z|\]{_ENDED})|\]{_ENDED}|\Z)", re.DOTALL)
"""How JSON begins, as far as to tell it from a title in brackets."""
_JSON_LINE = re.compile(rf"[\r\n]\{{\s*+{_KEY}")
EXPECTED = "a table: CSV, XLSX, XLS, XLSB, ODS, JSON, Parquet, vCard, Access, or these in .gz, .zip, .zst or .eml"


def file_format(path: Path, encoding: str | None = None) -> str:
    """One of the names of `open.READERS` and `open.ARCHIVES`; UnreadableFile says what else it is.

    A file whose encoding the contract declares is text, however many of its bytes are zero.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise UnreadableFile("the file is empty (0 bytes); fix: export it again")
    if head.startswith(b"PK\x03\x04"):
        return _zip_format(path)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "xls"
    for magic, kind in _TABLES.items():
        if head.startswith(magic):
            return kind
    for magic, what in _OTHERS.items():
        if head.startswith(magic):
            raise UnreadableFile(f"the file is {what}, not a table; fix: send it as {EXPECTED}")
    found = marked_or_utf16(head)
    if encoding is None and found is None and head.count(0) > len(head) // 10:
        raise UnreadableFile(f"the file is binary data, not a table; fix: send it as {EXPECTED}")
    return _text_format(_text(head, found, encoding), len(head) < HEAD)


def _text(head: bytes, found: str | None, declared: str | None) -> str:
    """The first characters, without blank ones; what tells the format is ASCII, so any encoding of bytes will do."""
    for encoding in (found, declared):
        with suppress(LookupError, UnicodeError):
            if encoding:
                return head.decode(encoding, "replace").lstrip("\ufeff \t\r\n")
    return head.decode("latin-1").lstrip(" \t\r\n")


def _zip_format(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if "xl/workbook.bin" in names:
                return "xlsb"
            if "xl/workbook.xml" in names or any(re.fullmatch(r"(xl/)?workbook\d*\.xml", name) for name in names):
                return "xlsx"
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                kind = archive.read("mimetype").decode("ascii", "replace")
                if kind.startswith("application/vnd.oasis.opendocument.spreadsheet"):
                    return "ods"
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, UnicodeDecodeError):
        raise UnreadableFile("the archive or workbook is damaged or cut short; fix: send it again") from None
    if "[Content_Types].xml" in names and "word/document.xml" in names:
        raise UnreadableFile(f"the file is a Word document, not a table; fix: send it as {EXPECTED}")
    return "zip"


def _text_format(text: str, is_whole: bool) -> str:
    if not text:
        raise UnreadableFile("the file holds blank lines only; fix: export it again")
    start = text[:2000].lower()
    if start.startswith("begin:vcard"):
        return "vcard"
    if start.startswith(("<!doctype html", "<html", "<table", "<meta")):
        raise UnreadableFile(
            "the file is a web page that only looks like a workbook; fix: open it and save it as .xlsx"
        )
    if start.startswith("<?xml") or start.startswith("<!doctype"):
        raise UnreadableFile("the file is XML, not a table; fix: open it and save it as .xlsx or CSV")
    if _MAIL_HEADER.match(text) and _is_mail(text):
        return "eml"
    if text[0] not in "[{" or not (_JSON.match(text) or (text[0] == "{" and _JSON_LINE.search(text))):
        return "delimited"
    return "json lines" if text[0] == "{" and _is_json_lines(text, is_whole) else "json"


def _is_mail(text: str) -> bool:
    """Several header lines up to a blank one or the end, and one of them that a mail with a table in it has."""
    count, is_mime = 0, False
    for line in _LINE_END.split(text):
        if not line.strip():
            break
        if not _HEADER_LINE.match(line):
            return False
        count += not line[0].isspace()
        is_mime = is_mime or line.lower().startswith(("mime-version:", "content-type:"))
    return is_mime and count >= _MAIL_HEADERS


def _is_json_lines(text: str, is_whole: bool) -> bool:
    first, newline, rest = text.partition("\n")
    return (
        bool(newline or is_whole)
        and first.rstrip().endswith("}")
        and (not rest.strip() or rest.lstrip().startswith("{"))
    )
