"""The key that secret values are hashed and sealed with: from CCDATA_SECRET_KEY, else a file made at its first use.

The warehouse never holds it. Beside the raw store stands a mark of it, so that a lost or changed key stops landing: with
another key the same number would get another hash. Without the key no hash can be tried against numbers.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

import duckdb

from ccdata_assets.landing.access import NotReadableHere
from ccdata_assets.settings import Settings

BLOCK = 64
"""Bytes of a block of SHA-256, to which HMAC pads its key."""


class KeyMissing(NotReadableHere):
    """Secret values cannot be replaced here, so what holds them cannot land. No verdict on the file."""


def load_key(settings: Settings) -> bytes:
    """The home's key. Raises KeyMissing where it is gone, another one, or open to other users."""
    given = settings.secret_key.get_secret_value()
    key = given.encode() if given else _of_file(settings)
    mark = _mark(key)
    path = settings.secret_mark_path
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_new(path, mark)
    if path.read_text(encoding="ascii").strip() != mark:
        raise KeyMissing(
            "the key of secret fields is not the one this home's values were hashed with; fix: give the former one in "
            "CCDATA_SECRET_KEY or secret.key, see «The key of secret fields» in docs/runbook.md"
        )
    return key


def _of_file(settings: Settings) -> bytes:
    path = settings.secret_key_path
    if not path.exists():
        if settings.secret_mark_path.exists():
            raise KeyMissing(
                "secret.key is gone, and values here were hashed with it; fix: put it back from your backup, see «The key "
                "of secret fields» in docs/runbook.md"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_new(path, secrets.token_hex(32))
    if path.stat().st_mode & 0o077:
        raise KeyMissing("secret.key may be read by other users; fix: chmod 600 secret.key")
    key = path.read_bytes().strip()
    if len(key) < 16:
        raise KeyMissing(
            "secret.key holds no key; fix: put it back from your backup, or delete it if it was never used"
        )
    return key


def _write_new(path: Path, text: str) -> None:
    """Write a file whole, for its owner only; one that is there already stays."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with suppress(FileNotFoundError):
        part.unlink()
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        with suppress(FileExistsError):
            os.link(part, path)
    finally:
        part.unlink()


def _mark(key: bytes) -> str:
    return key_for(key, "mark").hex()[:16]


def key_for(key: bytes, purpose: str) -> bytes:
    """A key of its own for each purpose, 32 bytes."""
    return hmac.digest(key, f"ccdata {purpose}".encode(), "sha256")


def keyed_hash(key: bytes, text: str) -> str:
    """What the macro of the same name gives: `hmac:` and 32 hexadecimal digits."""
    return "hmac:" + hmac.digest(key_for(key, "hash"), text.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()[:32]


def give_key(con: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Set the variables of a connection that the macro `keyed_hash` reads. They live as long as the connection."""
    padded = key_for(key, "hash").ljust(BLOCK, b"\0")
    con.execute("set variable secret_inner = cast(? as blob)", [bytes(byte ^ 0x36 for byte in padded)])
    con.execute("set variable secret_outer = cast(? as blob)", [bytes(byte ^ 0x5C for byte in padded)])
