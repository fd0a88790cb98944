"""Archives → the files in them: gzip, Zstandard, zip, tar within the first two, and the attachments of e-mails.

One file at a time is expanded, as a stream, to a temporary file with a random name; a name in an archive is only ever a
name. What all archives of a delivery hold together is counted before it is written (`Budget`), so no bomb goes off.
Which of the files are tables is not decided here.
"""

from __future__ import annotations

import errno
import gzip
import lzma
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PosixPath
from stat import S_IFMT, S_ISLNK
from typing import Any, NoReturn

import pyarrow as pa

from ccdata_assets.landing.mail import attachments
from ccdata_assets.landing.rows import Limits, OverLimit, UnreadableFile

ARCHIVES = ("gzip", "zip", "zstd", "eml")
CHUNK = 1 << 20
RATIO_FROM_BYTES = 100_000_000
"""How much an archive may expand to before the ratio to its size counts: small tables of zeros compress very well."""
_ZIP_METHODS = {0: "stored", 8: "deflate", 14: "LZMA"}
"""What zipfile expands in bounded memory. Its bzip2 does not, and Deflate64 it does not know."""
_ZIP_DAMAGE = (zipfile.BadZipFile, EOFError, ValueError, RuntimeError, NotImplementedError, zlib.error, lzma.LZMAError,
               struct.error)  # fmt: skip
_FURNITURE = (".ds_store", "thumbs.db", "desktop.ini")


class OverBudget(OverLimit):
    """All archives of a delivery together ask for too much; what a single file in them asks for is its own matter."""


class Budget:
    """What may still be unpacked of one delivered file of `size` bytes, archives within archives included."""

    def __init__(self, limits: Limits, size: int) -> None:
        self._limits = limits
        self._ratio_bytes = max(limits.expansion * size, RATIO_FROM_BYTES)
        self._members = self._bytes = 0

    def take_member(self) -> None:
        """Count one more file; OverBudget before it is unpacked."""
        self._members += 1
        if self._members > self._limits.members:
            raise OverBudget(
                f"the archive holds more than {self._limits.members} files; fix: split it, or raise CCDATA_MAX_MEMBERS"
            )

    def take_bytes(self, count: int) -> None:
        """Count expanded bytes; OverBudget before they are written."""
        self._bytes += count
        if self._bytes > self._limits.expanded_bytes:
            raise OverBudget(
                f"the archive expands to more than {self._limits.expanded_bytes} bytes;"
                " fix: split it, or raise CCDATA_MAX_EXPANDED_BYTES"
            )
        if self._bytes > self._ratio_bytes:
            raise OverBudget(
                f"the archive expands to more than {self._limits.expansion} times its size, as one made to fill the disk"
                " does; fix: send the table itself, or raise CCDATA_MAX_EXPANSION"
            )


class RefusedFile(PosixPath):
    """A file of an archive that could not be unpacked: whoever opens it is told why, so that it costs only itself."""

    reason: str

    def open(self, *_: Any, **__: Any) -> NoReturn:
        raise UnreadableFile(self.reason)


def unpack(path: Path, kind: str, budget: Budget, workdir: Path | None) -> Iterator[tuple[str, Path]]:
    """The files in an archive, in its order: name ('' where the archive is one packed file) and where it lies.

    A file lies there until the next is asked for. One that cannot be unpacked comes as a RefusedFile. Names are unique:
    a second `a.csv` is `a.csv (2)`. Raises UnreadableFile where the archive itself is damaged, OverBudget where it
    asks for too much.
    """
    if workdir is not None:
        workdir.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    for name, file in _READERS[kind](path, budget, workdir):
        unique, copy = name, 2
        while unique in taken:
            unique, copy = f"{name} ({copy})", copy + 1
        taken.add(unique)
        yield unique, file


@contextmanager
def _expanded(stream: Any, budget: Budget, workdir: Path | None) -> Iterator[Path]:
    """A temporary file with all of a stream."""
    with tempfile.NamedTemporaryFile(dir=workdir, prefix="ccdata-") as file:
        while chunk := stream.read(CHUNK):
            budget.take_bytes(len(chunk))
            file.write(chunk)
        file.flush()
        yield Path(file.name)


def _refused(reason: str) -> RefusedFile:
    refused = RefusedFile()
    refused.reason = reason
    return refused


# --- one packed file ---------------------------------------------------------------------------------------------


def _gzip(path: Path, budget: Budget, workdir: Path | None) -> Iterator[tuple[str, Path]]:
    with gzip.open(path) as stream:
        yield from _packed(stream, "gzip", budget, workdir)


def _zstd(path: Path, budget: Budget, workdir: Path | None) -> Iterator[tuple[str, Path]]:
    with pa.CompressedInputStream(pa.OSFile(str(path)), "zstd") as stream:
        yield from _packed(stream, "zstd", budget, workdir)


def _packed(stream: Any, kind: str, budget: Budget, workdir: Path | None) -> Iterator[tuple[str, Path]]:
    """The one file that is packed, or the files of a tar that is."""
    budget.take_member()
    try:
        with _expanded(stream, budget, workdir) as file:
            if _is_tar(file):
                yield from _tar(file, budget, workdir)
            else:
                yield "", file
    except (EOFError, gzip.BadGzipFile, zlib.error, pa.ArrowInvalid):
        raise _damaged(kind) from None
    except OSError as error:
        if error.errno is not None:  # a full disk has a number, pyarrow's word for damaged data has none
            raise
        raise _damaged(kind) from None


def _damaged(kind: str) -> UnreadableFile:
    return UnreadableFile(f"the {kind} archive is damaged or cut short; fix: send it again")


# --- tar ---------------------------------------------------------------------------------------------------------


def _is_tar(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(262)[257:] == b"ustar"


def _tar(path: Path, budget: Budget, workdir: Path | None) -> Iterator[tuple[str, Path]]:
    try:
        with tarfile.open(path, "r:", encoding="utf-8", errors="surrogateescape") as archive:
            for info in archive:
                name = _legacy_name(info.name.encode("utf-8", "surrogateescape"))
                if not info.isreg() or _is_furniture(name):
                    continue
                budget.take_member()
                with _expanded(archive.extractfile(info), budget, workdir) as file:
                    yield name, file
    except (tarfile.TarError, EOFError):
        raise _damaged("tar") from None


# --- zip ---------------------------------------------------------------------------------------------------------


def _zip(path: Path, budget: Budget, workdir: Path | None) -> Iterator[tuple[str, Path]]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error):
        raise _damaged("zip") from None
    with archive:
        for info in archive.infolist():
            name = _zip_name(info)
            if name.endswith(("/", "\\")) or _is_furniture(name) or S_ISLNK(S_IFMT(info.external_attr >> 16)):
                continue
            budget.take_member()
            problem = _zip_problem(info)
            if problem is not None:
                yield name, _refused(problem)
                continue
            try:  # real bytes are counted: what the directory says of sizes is not believed
                with archive.open(info) as stream, _expanded(stream, budget, workdir) as file:
                    yield name, file
            except _ZIP_DAMAGE:
                yield name, _refused("it is damaged in the archive; fix: send it again")
            except OSError as error:
                if error.errno != errno.EINVAL:  # a place before the file's beginning
                    raise
                yield name, _refused("it is damaged in the archive; fix: send it again")


def _zip_problem(info: zipfile.ZipInfo) -> str | None:
    if info.flag_bits & 1 or info.compress_type == 99:
        return "it is locked with a password; fix: send it without one"
    if info.compress_type not in _ZIP_METHODS:
        known = ", ".join(_ZIP_METHODS.values())
        method = {9: "Deflate64", 12: "bzip2", 93: "Zstandard", 95: "XZ"}.get(info.compress_type, info.compress_type)
        return f"it is packed by a method that is not read ({method}; read are {known}); fix: pack it as .gz"
    return None


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The name as its author saw it: UTF-8 where it is marked so, else what the bytes look like, Chinese Windows first."""
    if info.flag_bits & 0x800:
        return _printable(info.orig_filename)
    raw = info.orig_filename.encode("cp437")
    return _unicode_path(info.extra, raw) or _legacy_name(raw)


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    """The name in Info-ZIP's extra field 0x7075 (APPNOTE 4.6.9), which holds where it was made for these bytes."""
    while len(extra) >= 4:
        tag, size = struct.unpack_from("<HH", extra)
        value, extra = extra[4 : 4 + size], extra[4 + size :]
        if tag == 0x7075 and len(value) > 5 and struct.unpack_from("<L", value, 1)[0] == zlib.crc32(raw):
            try:
                return _printable(value[5:].decode())
            except UnicodeDecodeError:
                return None
    return None


def _legacy_name(raw: bytes) -> str:
    """A name of unknown encoding. GBK of a few characters may pass for UTF-8 by chance, but then it is no Chinese."""
    for encoding in ("utf-8", "gb18030", "big5"):
        try:
            name = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding != "utf-8" or name.isascii() or any(character >= "\u0800" for character in name):
            return _printable(name)
    return _printable(raw.decode("cp437"))


def _printable(name: str) -> str:
    """A name that fits in any table: no control characters, no half characters."""
    clean = "".join(character if character.isprintable() else "_" for character in name)
    return clean.encode("utf-8", "replace").decode()


def _is_furniture(name: str) -> bool:
    """What systems add on their own: resource forks, thumbnails, folder settings."""
    parts = name.replace("\\", "/").split("/")
    return "__MACOSX" in parts or parts[-1].startswith("._") or parts[-1].casefold() in _FURNITURE


# --- e-mail ------------------------------------------------------------------------------------------------------


def _eml(path: Path, budget: Budget, workdir: Path | None) -> Iterator[tuple[str, Path]]:
    for attachment in attachments(path):
        budget.take_member()
        name = _printable(attachment.name)
        if attachment.problem is not None:
            yield name, _refused(attachment.problem)
            continue
        with _expanded(attachment.content(), budget, workdir) as file:
            yield name, file


_READERS = {"gzip": _gzip, "zstd": _zstd, "zip": _zip, "eml": _eml}
