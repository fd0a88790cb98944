"""What a file is, by looking at its bytes, never by its name."""

from __future__ import annotations

import codecs
import re
import zipfile
from pathlib import Path

from ccdata_assets.landing.rows import UnreadableFile

HEAD = 65536
_TABLES = {b"PAR1": "parquet", b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"\x00\x01\x00\x00Standard": "access"}
_OTHERS = {
    b"\x89PNG": "a PNG picture", b"\xff\xd8\xff": "a JPEG picture", b"GIF8": "a GIF picture", b"%PDF": "a PDF document",
    b"7z\xbc\xaf": "a 7-Zip archive", b"Rar!": "a RAR archive", b"SQLite format 3": "a SQLite database", b"\x7fELF": "a program",
    b"MZ": "a program", b"BZh": "a bzip2 archive", b"\xfd7zXZ": "an XZ archive", b"{\\rtf": "a text document (RTF)",
}  # fmt: skip
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_MAIL_HEADER = re.compile(
    r"(?i)\A(from|to|received|return-path|delivered-to|date|subject|message-id|mime-version|x-[a-z-]+|dkim-signature):\s"
)
EXPECTED = "a table: CSV, XLSX, XLS, XLSB, ODS, JSON, Parquet, vCard, Access, or these in .gz, .zip, .zst or .eml"


def file_format(path: Path) -> str:
    """One of the names of `open.READERS` and `open.ARCHIVES`; UnreadableFile says what else it is."""
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
    encoding = next((name for bom, name in _BOMS if head.startswith(bom)), None) or _utf16_guess(head)
    if encoding is None and head.count(0) > len(head) // 10:
        raise UnreadableFile(f"the file is binary data, not a table; fix: send it as {EXPECTED}")
    return _text_format(head.decode(encoding or "latin-1", "replace").lstrip("\ufeff \t\r\n"), len(head) < HEAD)


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
    if _MAIL_HEADER.match(text) and re.search(r"(?im)^(mime-version|content-type):", text):
        return "eml"
    if text[0] == "[" or (text[0] == "{" and not _is_json_lines(text, is_whole)):
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
