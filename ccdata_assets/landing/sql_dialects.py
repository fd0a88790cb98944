"""What differs between databases: how each is opened for reading, how its SQL is written, how its values become text.

PostgreSQL and MySQL or MariaDB are asked for their own text of every value, so nothing is lost on the way through
Python's types; SQL Server's driver gives Python values. What is done with the rows is `databases`' business.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.pool import NullPool

from ccdata_assets.errors import CcdataError

Kind = Literal["instant", "timestamp", "date", "integer", "decimal"]
"""What a watermark can be: a time with a zone, one without, a day, a whole number, another number of fixed scale."""
Bound = datetime | date | Decimal
"""A value of a watermark: aware UTC for an instant, naive for a timestamp."""
CONNECT_TIMEOUT_S = 15


@dataclass(frozen=True)
class Column:
    """A column of a query's result as the driver describes it."""

    name: str
    type_code: Any


@dataclass(frozen=True)
class Dialect:
    """One kind of database."""

    name: str
    driver: str
    """SQLAlchemy's name of dialect and driver."""
    connect_args: Callable[[URL], dict[str, Any]]
    session: tuple[str, ...]
    """Statements a fresh connection begins with."""
    quotes: tuple[str, str]
    kinds: Mapping[int, Kind]
    """Driver's type codes of what can be a watermark; empty where it does not tell, and a value is looked at."""
    literals: Mapping[str, str] = field(default_factory=dict)
    """SQL of a time, by kind."""
    opened: Callable[[Any], None] = lambda connection: None
    engine_args: Mapping[str, Any] = field(default_factory=dict)

    def quote(self, name: str) -> str:
        """A column's name as this database quotes it."""
        begin, end = self.quotes
        return begin + name.replace(end, end * 2) + end

    def literal(self, value: Bound, kind: Kind) -> str:
        """A watermark's value in SQL, of the type its column has."""
        match value:
            case datetime():
                text = value.replace(tzinfo=None).isoformat(sep="T" if self.name == "mssql" else " ")
            case date():
                text = value.isoformat()
            case _:
                return f"{value:f}"
        return self.literals[kind].format(text)

    def rows_sql(
        self, query: str, watermark: str, low: Bound | None = None, high: Bound | None = None, kind: Kind = "integer"
    ) -> str:
        """The query's rows with a watermark, from `low` on and before `high`, in the watermark's order."""
        column = f"q.{self.quote(watermark)}"
        parts = [f"{column} is not null"] if low is None else [f"{column} >= {self.literal(low, kind)}"]
        parts += [f"{column} < {self.literal(high, kind)}"] if high is not None else []
        return f"select q.* from ({bare(query)}\n) q where {' and '.join(parts)} order by {column}"

    def unread_sql(self, query: str, watermark: str, high: Bound | None = None, kind: Kind = "integer") -> str:
        """How many rows `rows_sql` never gives: those without a watermark, or with one from `high` on."""
        column = f"q.{self.quote(watermark)}"
        late = f" or {column} >= {self.literal(high, kind)}" if high is not None else ""
        return f"select count(*) from ({bare(query)}\n) q where {column} is null{late}"

    def columns_sql(self, query: str) -> str:
        """The query without its rows, for the names and types of its columns."""
        return f"select q.* from ({bare(query)}\n) q where 1 = 0"

    def first_sql(self, query: str, watermark: str) -> str:
        """One value of the watermark, where only a value tells its kind (SQL Server)."""
        column = f"q.{self.quote(watermark)}"
        return f"select top 1 {column} from ({bare(query)}\n) q where {column} is not null"


def bare(query: str) -> str:
    """A query without the semicolon at its end, to stand in another one."""
    return query.strip().rstrip(";").rstrip()


# --- PostgreSQL --------------------------------------------------------------------------------------------------


def _postgresql_texts(connection: Any) -> None:
    """Let every value come as the server writes it; only truth values, bytes and offsets are put in our form."""
    import psycopg
    from psycopg.adapt import Loader
    from psycopg.types.string import TextLoader

    class TruthLoader(Loader):
        def load(self, data: Any) -> str:
            return "true" if bytes(data) == b"t" else "false"

    class HexLoader(Loader):
        def load(self, data: Any) -> str:
            return bytes(data).decode()[2:]

    class OffsetLoader(Loader):
        def load(self, data: Any) -> str:
            text = bytes(data).decode()
            return text + ":00" if text[-3:-2] in ("+", "-") else text

    for kind in psycopg.adapters.types:
        connection.adapters.register_loader(kind.oid, TextLoader)
        if kind.array_oid:
            connection.adapters.register_loader(kind.array_oid, TextLoader)
    for name, loader in (
        ("bool", TruthLoader),
        ("bytea", HexLoader),
        ("timestamptz", OffsetLoader),
        ("timetz", OffsetLoader),
    ):
        connection.adapters.register_loader(name, loader)


POSTGRESQL = Dialect(
    name="postgresql",
    driver="postgresql+psycopg",
    connect_args=lambda url: {"connect_timeout": CONNECT_TIMEOUT_S, "client_encoding": "utf8"},
    session=(
        "set default_transaction_read_only = on",
        "set default_transaction_isolation = 'repeatable read'",
        "set time zone 'UTC'",
        "set datestyle = 'ISO, YMD'",
        "set intervalstyle = 'postgres'",
        "set bytea_output = 'hex'",
        "set extra_float_digits = 1",
        "set idle_in_transaction_session_timeout = 0",  # while we write a slice
    ),
    quotes=('"', '"'),
    kinds={
        20: "integer",
        21: "integer",
        23: "integer",
        1700: "decimal",
        1082: "date",
        1114: "timestamp",
        1184: "instant",
    },
    literals={"instant": "timestamptz '{}+00:00'", "timestamp": "timestamp '{}'", "date": "date '{}'"},
    opened=_postgresql_texts,
    engine_args={"use_native_hstore": False},
)


# --- MySQL and MariaDB -------------------------------------------------------------------------------------------


def _mysql_args(url: URL) -> dict[str, Any]:
    from pymysql.constants import FIELD_TYPE
    from pymysql.converters import encoders

    # a TIMESTAMP is an instant: the session is in UTC, so its text is
    zoned = {FIELD_TYPE.TIMESTAMP: lambda text: text if text.startswith("0000") else f"{text}+00:00"}
    args: dict[str, Any] = {"conv": {**encoders, **zoned}, "charset": "utf8mb4", "connect_timeout": CONNECT_TIMEOUT_S}
    if url.password is not None:  # the driver takes a text for latin-1
        args["password"] = str(url.password).encode()
    return args


MYSQL = Dialect(
    name="mysql",
    driver="mysql+pymysql",
    connect_args=_mysql_args,
    session=(
        "set session transaction read only",
        "set session transaction isolation level repeatable read",
        "set session time_zone = '+00:00'",
        "set session net_write_timeout = 3600",  # the server waits while we write a slice
    ),
    quotes=("`", "`"),
    kinds={
        1: "integer", 2: "integer", 3: "integer", 8: "integer", 9: "integer", 0: "decimal", 246: "decimal",
        10: "date", 14: "date", 12: "timestamp", 7: "instant",
    },
    literals={"instant": "timestamp '{}'", "timestamp": "timestamp '{}'", "date": "date '{}'"},
)  # fmt: skip


# --- SQL Server --------------------------------------------------------------------------------------------------

MSSQL = Dialect(
    name="mssql",
    driver="mssql+pymssql",
    connect_args=lambda url: {"login_timeout": CONNECT_TIMEOUT_S, "charset": "UTF-8", "read_only": True},
    session=(),
    quotes=("[", "]"),
    kinds={},
    # a text in this form is read the same in every language, and takes the type of the column it is compared with
    literals={"instant": "'{}+00:00'", "timestamp": "'{}'", "date": "'{}'"},
)

SCHEMES = {
    "postgresql": POSTGRESQL,
    "postgres": POSTGRESQL,
    "mysql": MYSQL,
    "mariadb": MYSQL,
    "mssql": MSSQL,
    "sqlserver": MSSQL,
}


# --- opening and reading -----------------------------------------------------------------------------------------


def address(variable: str) -> tuple[URL, Dialect]:
    """What an environment variable says of a database; CcdataError, which repeats nothing of it, where it cannot be used."""
    text = os.environ.get(variable, "").strip()
    form = "<postgresql, mysql or mssql>://<user>:<password>@<host>:<port>/<database>"
    if not text:
        raise CcdataError(f"the variable {variable} is not set; fix: set it to {form}")
    try:
        url = make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        raise CcdataError(
            f"the variable {variable} holds no address of a database; fix: set it to {form}, with @ : / in a password as %40 %3A %2F"
        ) from None
    dialect = SCHEMES.get(url.get_backend_name())
    if dialect is None:
        raise CcdataError(f"the variable {variable} names a kind of database that cannot be read; fix: use {form}")
    if not url.host and "host" not in url.query:
        raise CcdataError(f"the variable {variable} names no host; fix: set it to {form}")
    return url.set(drivername=dialect.driver), dialect


@contextmanager
def connect_reading(url: URL, dialect: Dialect) -> Iterator[sa.Connection]:
    """A connection for reading only; raises what SQLAlchemy raises."""
    engine = sa.create_engine(
        url, poolclass=NullPool, connect_args=dialect.connect_args(url), hide_parameters=True, **dialect.engine_args
    )

    def begin(connection: DBAPIConnection, _: object) -> None:
        dialect.opened(connection)
        cursor = connection.cursor()
        for statement in dialect.session:
            cursor.execute(statement)
        cursor.close()
        connection.commit()

    sa.event.listen(engine, "connect", begin)
    with engine.connect() as connection:
        try:
            yield connection
        except BaseException:
            connection.invalidate()  # closing a half-read cursor would fetch the rest of it
            raise


def fetch_all(connection: sa.Connection, sql: str) -> tuple[list[Column], list[tuple[Any, ...]]]:
    """Columns and rows of a small result."""
    result = connection.execution_options(no_parameters=True).exec_driver_sql(sql)
    assert result.cursor is not None
    columns = [Column(str(entry[0]), entry[1]) for entry in result.cursor.description]
    return columns, [tuple(row) for row in result.fetchall()]


def stream(connection: sa.Connection, sql: str, fetch_rows: int) -> Iterator[list[pa.Array]]:
    """The columns of a result as text, `fetch_rows` rows at a time, never all of them in memory."""
    reading = connection.execution_options(no_parameters=True, stream_results=True, max_row_buffer=fetch_rows)
    for rows in reading.exec_driver_sql(sql).partitions(fetch_rows):
        yield [texts(column) for column in zip(*rows, strict=True)]


def texts(values: Sequence[Any]) -> pa.Array:
    """A column of a driver's values as text."""
    sample = next((value for value in values if value is not None), None)
    if sample is None or isinstance(sample, str):
        return pa.array(values, pa.string())
    return pa.array([text_of(value) for value in values], pa.string())


def text_of(value: Any) -> str | None:
    """A value as text: numbers plain, dates and times ISO with the offset they have, truth true or false, bytes as hex."""
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case bytes() | bytearray() | memoryview():
            return value.hex()
        case datetime():
            return value.isoformat(sep=" ")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
        case _:
            return str(value)


def watermark_kind(connection: sa.Connection, dialect: Dialect, query: str, column: Column) -> Kind | None:
    """What a watermark is; CcdataError where it cannot be one, None where no row tells."""
    if dialect.kinds:
        kind = dialect.kinds.get(column.type_code)
    else:
        _, rows = fetch_all(connection, dialect.first_sql(query, column.name))
        if not rows:
            return None
        kind = _kind_of(rows[0][0])
    if kind is None:
        raise CcdataError(
            f"the watermark {column.name} is no time, date, whole or decimal number; fix: choose another column, or cast it in the query"
        )
    return kind


def _kind_of(value: Any) -> Kind | None:
    match value:
        case bool():
            return None
        case datetime():
            return "instant" if value.tzinfo else "timestamp"
        case date():
            return "date"
        case int():
            return "integer"
        case Decimal():
            return "decimal"
        case _:
            return None
