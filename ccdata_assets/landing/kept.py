"""Copies of files that could not be read: kept for a contract or limit that reads them better, sealed where they hold secrets.

A copy is sealed with a key made of the home's (AES-256-GCM, in chunks) where its bytes show an identity number or a header of
one, as plain text or within ZIP and gzip containers, or where they cannot be looked through. What a picture or a PDF shows is
not looked at.
"""

from __future__ import annotations

import mmap
import os
import shutil
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ccdata_assets.errors import CcdataError
from ccdata_assets.landing.secret_key import key_for
from ccdata_assets.landing.secrets import DIGITS, ignored_signs, shows_number

KIT = ".kit.xlsx"
"""Ending of what is written for suppliers, beside the kept copies."""
SEALED = ".sealed"
"""Ending of a copy that only the home's key opens."""
CHUNK = 1 << 20
UNPACKED = 1 << 28
"""Bytes that are unpacked to look through them; more than that is sealed unseen."""
DEEP = 4
"""Containers within containers."""

_MAGIC = b"ccdata sealed 1\n"
_SALT, _TAG = 8, 16
_OPAQUE = (b"7z\xbc\xaf\x27\x1c", b"Rar!", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"PAR1", b"\x04\x22\x4d\x18")
"""How files begin that are packed in a way not looked into."""
_OF_BYTES = ("utf-8", "gb18030", "big5")
_OF_PAIRS = ("utf-16-le", "utf-16-be")
_AGAIN = 512
"""Bytes of a chunk that are looked through with the next one too: a number may begin in them."""
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
"""What stands before a file within a ZIP."""
_LOCAL_SIGNATURE = b"PK\x03\x04"


def _spellings(*words: str, encodings: Sequence[str] = _OF_BYTES + _OF_PAIRS) -> Iterator[bytes]:
    for word in words:
        for encoding in encodings:
            with suppress(UnicodeEncodeError):
                yield word.encode(encoding)


_WORDS = tuple(_spellings("身份证", "身份證", "身分證", "公民身份号码"))

Bytes = bytes | mmap.mmap


# --- what a copy shows -------------------------------------------------------------------------------------------


class _TooMuch(Exception):
    """It cannot be looked through."""


def shows_secrets(path: Path) -> bool:
    """True where a file's bytes show an identity number or a header of one, and where nobody can tell."""
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        try:
            return _shows(content, DEEP, [UNPACKED])
        except _TooMuch:
            return True


def _shows(content: Bytes, deep: int, left: list[int]) -> bool:
    # the parts of a mail are packed line by line
    if content[:8].startswith(_OPAQUE) or b"content-transfer-encoding:" in content[: 1 << 16].lower():
        raise _TooMuch
    if any(content.find(word) >= 0 for word in _WORDS) or _shows_number(content):
        return True
    return any(_shows(inner, deep - 1, left) for inner in _unpacked(content, deep, left))


def _shows_number(content: Bytes) -> bool:
    """True for what looks like an identity number, of either width, grouped or not, in text of any of the encodings."""
    for start in range(0, len(content), CHUNK):
        part = content[max(0, start - _AGAIN) : start + CHUNK]
        encodings = _OF_BYTES + _OF_PAIRS if b"\0" in part or b"\xff" in part else _OF_BYTES
        if any(shows_number(text) for run in _runs(part, encodings) for text in _readings(run, encodings)):
            return True
    return False


def _runs(part: bytes, encodings: Sequence[str]) -> Iterator[bytes]:
    """Where nothing but digits and what may stand between them is, and digits enough. Few, so they are read with care."""
    within, ending = _bytes_of_numbers(encodings)
    content = np.frombuffer(part, np.uint8)
    edges = np.concatenate(([-1], np.flatnonzero(~within[content]), [len(content)]))
    before = np.concatenate(([0], np.cumsum(ending[content], dtype=np.int32)))
    for place in np.flatnonzero(before[edges[1:]] - before[edges[:-1] + 1] >= 17):
        yield part[edges[place] + 1 : edges[place + 1]]


@cache
def _bytes_of_numbers(encodings: Sequence[str]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Which bytes occur in digits and in the signs between them, and which may end a digit."""
    within, ending = np.zeros(256, bool), np.zeros(256, bool)
    within[list(b"".join(_spellings(*DIGITS, *ignored_signs(), "X", "x", "Ｘ", "ｘ", encodings=encodings)))] = True
    for spelling in _spellings(*DIGITS, encodings=encodings):
        ending[spelling[0] if spelling[-1] in (0, 0xFF) else spelling[-1]] = True
    return within, ending


def _readings(run: bytes, encodings: Sequence[str]) -> Iterator[str]:
    """What the bytes may say. They may begin amid a sign of two bytes."""
    plain = run.replace(b"\0", b"")
    yield plain.decode("latin-1")
    for encoding in encodings:
        if encoding in _OF_PAIRS:
            yield run.decode(encoding, "replace")
            yield run[1:].decode(encoding, "replace")
        elif not plain.isascii():
            yield plain.decode(encoding, "replace")
            if plain[0] not in b"0123456789":
                yield plain[1:].decode(encoding, "replace")


def _unpacked(content: Bytes, deep: int, left: list[int]) -> Iterator[bytes]:
    """What is packed within: of a ZIP every file that begins in it, a damaged one's too."""
    if content[:2] == b"\x1f\x8b":
        yield _inflated(content, 0, 31, deep, left)
    place = content.find(_LOCAL_SIGNATURE)
    while place >= 0:
        if place + _LOCAL.size <= len(content):
            _, version, flags, method, *_, name, extra = _LOCAL.unpack(content[place : place + _LOCAL.size])
            if version & 0xFF <= 63 and method <= 99 and name < 4096:  # else it is none, only looks like one
                if flags & 1 or method not in (0, 8):
                    raise _TooMuch
                if method == 8:
                    yield _inflated(content, place + _LOCAL.size + name + extra, -15, deep, left)
        place = content.find(_LOCAL_SIGNATURE, place + 4)


def _inflated(content: Bytes, start: int, form: int, deep: int, left: list[int]) -> bytes:
    """The packed bytes as far as they can be read."""
    if not deep:
        raise _TooMuch
    stream, parts = zlib.decompressobj(form), []
    with suppress(zlib.error):
        while start < len(content) and not stream.eof:
            part = stream.decompress(content[start : start + CHUNK], left[0] + 1)
            start += CHUNK
            left[0] -= len(part)
            parts.append(part)
            if left[0] < 0 or stream.unconsumed_tail:
                raise _TooMuch
    return b"".join(parts)


# --- copies ------------------------------------------------------------------------------------------------------


def keep_copy(path: Path, name: str, folder: Path, sha256: str, key: bytes | None) -> Path | None:
    """Copy a file into the folder under its name in the inbox, sealed where a key is given; None where it lies there."""
    if path.parent == folder and key is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    given = Path(name)
    # a name in Chinese is soon too long for the disk
    short = f"{sha256[:12]}-{given.stem[:40]}{given.suffix[:10]}"
    if short.lower().endswith(KIT):
        short = f"{short[: -len('.xlsx')]}.rejected.xlsx"
    short += SEALED if key else ""
    copy, part = folder / short, folder / f".{short}.part"
    if key:
        _seal(path, part, key)
    else:
        shutil.copy2(path, part)
    part.replace(copy)
    for other in copies(folder, sha256):  # of when it was not sealed yet, or under another name
        if other != copy:
            other.unlink()
    return copy


def copies(folder: Path, sha256: str) -> list[Path]:
    """The kept copies of a file: its bytes, not what is written for its supplier."""
    return [path for path in folder.glob(f"{sha256[:12]}-*") if not path.name.endswith(KIT)]


def is_whole(copy: Path, size: int) -> bool:
    """True where a copy is as large as one of a file of this size is."""
    chunks = max(1, -(-size // CHUNK))
    whole = size + len(_MAGIC) + _SALT + chunks * _TAG if copy.suffix == SEALED else size
    return copy.stat().st_size == whole


def _seal(path: Path, target: Path, key: bytes) -> None:
    """Write the file in chunks, each with its place and whether it is the last, so that none can be lost or moved."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cipher, salt = AESGCM(key_for(key, "kept copy")), os.urandom(_SALT)
    with (
        path.open("rb") as source,
        os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out,
    ):
        out.write(_MAGIC + salt)
        chunk, number = source.read(CHUNK), 0
        while True:
            after = source.read(CHUNK)
            out.write(cipher.encrypt(salt + struct.pack(">I", number), chunk, b"more" if after else b"last"))
            if not after:
                return
            chunk, number = after, number + 1


def unseal(copy: Path, target: Path, key: bytes) -> None:
    """Write what a sealed copy holds. CcdataError where it was sealed with another key or is damaged."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cipher = AESGCM(key_for(key, "kept copy"))
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        copy.open("rb") as source,
        os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out,
    ):
        salt = source.read(len(_MAGIC) + _SALT)[len(_MAGIC) :]
        chunk, number = source.read(CHUNK + _TAG), 0
        try:
            while True:
                after = source.read(CHUNK + _TAG)
                out.write(cipher.decrypt(salt + struct.pack(">I", number), chunk, b"more" if after else b"last"))
                if not after:
                    return
                chunk, number = after, number + 1
        except (InvalidTag, ValueError):
            raise CcdataError(
                "a sealed copy cannot be opened; fix: give the key it was sealed with, or send the file again"
            ) from None
