"""What a workbook must pass before it is opened: size, ratio, entities, passwords, the memory it would take.

Nothing is read as a table here. XLSX, XLSB and ODS are zip archives, XLS is an OLE2 file; names within them are never
used as paths.
"""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from struct import error as StructError
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

import python_calamine as calamine

from ccdata_assets.landing.rows import Limits, OverLimit, UnreadableFile

FREE_BYTES = 100_000_000
"""Below this the ratio of expansion does not count: small files of equal rows shrink a thousandfold."""
CHUNK = 4 << 20
PROBE_BYTES = 4 << 30
"""Address space of the process that tries an XLS or ODS file."""

PartSeen = Callable[[zipfile.ZipInfo, bytes, bool], None]
"""Is given each piece of a part, and whether it is the last one."""

LOCKED = "the workbook is protected by a password; fix: save it without one"
_DAMAGES = (
    calamine.CalamineError, zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError, StructError, ParseError,
    ExpatError, LookupError, ValueError, OverflowError,
)  # fmt: skip


@contextmanager
def damage_is_unreadable() -> Iterator[None]:
    """Turn what a damaged workbook raises, a panic of the Rust reader too, into UnreadableFile."""
    try:
        yield
    except UnreadableFile:
        raise
    except calamine.PasswordError:
        raise UnreadableFile(LOCKED) from None
    except _DAMAGES as error:
        raise _damaged(type(error).__name__) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # it derives from BaseException and cannot be imported
            raise
        raise _damaged("PanicException") from None


def _damaged(what: str) -> UnreadableFile:
    return UnreadableFile(
        f"the file is a damaged workbook or another archive ({what}); fix: open it and save it again as .xlsx"
    )


def check_zip(path: Path, limits: Limits, seen: PartSeen | None = None) -> None:
    """Refuse a zip that is too large unpacked, encrypted, damaged, or whose XML declares entities.

    Every part is unpacked once, piece by piece, for a directory may lie: reading stops at the size it gives, and what
    was read must have its checksum. `seen` is given the pieces.
    """
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if any(part.flag_bits & 1 for part in parts):
            raise UnreadableFile(LOCKED)
        size = sum(part.file_size for part in parts)
        if size > limits.expanded_bytes:
            raise OverLimit(
                f"the workbook expands to {size:,} bytes, more than {limits.expanded_bytes:,}; fix: split it, or raise CCDATA_MAX_EXPANDED_BYTES"
            )
        if size > FREE_BYTES and size > limits.expansion * path.stat().st_size:
            raise OverLimit(
                f"the workbook expands to more than {limits.expansion} times its size, as a harmful file would; fix: save it again, or raise CCDATA_MAX_EXPANSION"
            )
        for part in parts:
            _read_part(archive, part, seen)


def _read_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, seen: PartSeen | None) -> None:
    tail = b""
    is_xml: bool | None = None
    with archive.open(part) as file:
        while piece := file.read(CHUNK):
            if is_xml is None:
                is_xml = b"<" in piece[:64]
            if is_xml and re.search(rb"<!(?:DOCTYPE|ENTITY)", tail + piece):
                raise UnreadableFile(
                    "the workbook's XML declares a document type or entities, which no spreadsheet program writes; fix: open it and save it again as .xlsx"
                )
            tail = piece[-16:]
            if seen:
                seen(part, piece, False)
    if seen:
        seen(part, b"", True)


def check_ole(path: Path) -> None:
    """Refuse an OLE2 file that holds an encrypted workbook, or no workbook."""
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise UnreadableFile(LOCKED)
    if not any(name.encode("utf-16-le") in content for name in ("Workbook", "WORKBOOK", "Book", "BOOK")):
        raise UnreadableFile(
            "the file is an old Office file, but no workbook; fix: open it and save the table as .xlsx"
        )


_PROBE = """
import resource, sys
import python_calamine as calamine
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    with open(sys.argv[1], "rb") as file:
        book = calamine.CalamineWorkbook.from_filelike(file)
    for name in book.sheet_names:
        book.get_sheet_by_name(name)
except calamine.PasswordError:
    sys.exit(3)
except MemoryError:
    sys.exit(5)
except BaseException:
    sys.exit(4)
"""


def probe(path: Path) -> None:
    """Let a process of limited memory open all sheets first; refuse the file where that process ends.

    For XLS, and for ODS with large repeats: a row or column number that damage has made huge takes all memory of the
    machine, and Rust ends the process that cannot have more.
    """
    done = subprocess.run(
        [sys.executable, "-I", "-c", _PROBE, str(path.resolve()), str(PROBE_BYTES)], capture_output=True, check=False
    )
    if done.returncode == 3:
        raise UnreadableFile(LOCKED)
    if done.returncode == 4:
        raise _damaged("its sheets cannot be read")
    if done.returncode:
        raise UnreadableFile(
            f"the workbook takes more than {PROBE_BYTES >> 30} GB to open: a cell lies far from the others, or it is damaged; fix: delete the empty rows and columns and save it as .xlsx"
        )
