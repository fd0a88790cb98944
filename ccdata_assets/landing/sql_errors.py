"""Errors of databases in words of ours: what failed and how to mend it, with no host, user, password or value.

Drivers repeat the address, and servers the value they failed on. So a refused connection is told by its code, and only
what is wrong with a query is quoted, masked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.engine.url import URL

from ccdata_assets.errors import CcdataError, clean_error, scrub

_PASSWORD = "the database refuses user or password; fix: correct {variable}"
_DATABASE = "the database named there does not exist, or the user may not open it; fix: correct {variable}"
_UNREACHABLE = (
    "no database answers there; fix: check host and port in {variable}, the network, and that the server runs"
)
_PERMISSION = "the user may not read what the query reads; fix: grant select on it"
_LOST = "the connection broke off while rows were read; the next run goes on from the last slice"

_BY_CODE = {
    # PostgreSQL
    "28P01": _PASSWORD, "28000": _PASSWORD, "3D000": _DATABASE, "42501": _PERMISSION, "57P01": _LOST,
    # MySQL and MariaDB
    "1045": _PASSWORD, "1698": _PASSWORD, "1044": _DATABASE, "1049": _DATABASE, "2002": _UNREACHABLE, "2003": _UNREACHABLE,
    "2005": _UNREACHABLE, "1142": _PERMISSION, "1143": _PERMISSION, "1370": _PERMISSION, "2006": _LOST, "2013": _LOST, "2014": _LOST,
    "1927": _LOST, "1053": _LOST,
    # SQL Server
    "18456": _PASSWORD, "4060": _DATABASE, "20002": _UNREACHABLE, "20009": _UNREACHABLE, "229": _PERMISSION, "20003": _LOST,
    "20004": _LOST, "20006": _LOST, "20017": _LOST, "20047": _LOST,
}  # fmt: skip
_BY_TEXT = (
    # PostgreSQL's library tells no code where it cannot connect
    (re.compile(r"password authentication failed|no password supplied|pg_hba\.conf|role .* does not exist"), _PASSWORD),
    (re.compile(r"database .* does not exist|permission denied for database"), _DATABASE),
    (re.compile(r"connection refused|timeout expired|timed out|resolve host|could not translate host|no route to host|unreachable", re.IGNORECASE), _UNREACHABLE),
    (re.compile(r"server closed the connection|terminating connection|connection (is|was) (lost|closed)", re.IGNORECASE), _LOST),
)  # fmt: skip


def explain(error: BaseException, variable: str, url: URL | None) -> CcdataError:
    """What a reader of a database raised, fit to be shown."""
    if isinstance(error, CcdataError):
        return error
    if isinstance(error, UnicodeDecodeError):
        return CcdataError(
            "a text of the database is in no encoding it declares; fix: correct the column's encoding, or cast it to bytes in the query"
        )
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig is not None else error
    if not isinstance(error, sa.exc.SQLAlchemyError) and not _is_driver_error(error):
        return clean_error(error, "the database cannot be read")
    code = next(_codes(cause), "")
    text = _text(cause)
    known = _BY_CODE.get(code) or next((told for pattern, told in _BY_TEXT if pattern.search(text)), None)
    if known:
        return CcdataError(known.format(variable=variable) + (f" (code {code})" if code else ""))
    if code:
        first = scrub(_without(text, url).split("\n")[0])
        return CcdataError(f"the database refuses the query (code {code}): {first}; fix: correct source.sql.query")
    return CcdataError(
        f"the database cannot be opened or read ({type(cause).__name__}); fix: check {variable}, and the server's log for why"
    )


def _is_driver_error(error: BaseException) -> bool:
    return type(error).__module__.split(".")[0] in ("psycopg", "pymysql", "pymssql")


def _codes(cause: BaseException) -> Iterator[str]:
    """The number that MySQL's and SQL Server's drivers give first, else the SQLSTATE of PostgreSQL."""
    first = cause.args[0] if cause.args else None
    while isinstance(first, tuple) and first:
        first = first[0]
    if isinstance(first, int):
        yield str(first)
    state = getattr(cause, "sqlstate", None)
    if state:
        yield str(state)


def _text(cause: BaseException) -> str:
    primary = getattr(getattr(cause, "diag", None), "message_primary", None)
    if primary:
        return str(primary)
    parts: list[object] = list(cause.args)
    while len(parts) == 1 and isinstance(parts[0], tuple):
        parts = list(parts[0])
    return " ".join(
        part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part)
        for part in parts
        if not isinstance(part, int)
    )


def _without(text: str, url: URL | None) -> str:
    """A message without the parts of the address."""
    for part in (url.password, url.username, url.host, url.database) if url else ():
        if part and len(str(part)) > 1:
            text = re.sub(rf"(?<!\w){re.escape(str(part))}(?!\w)", "…", text)
    return text
