"""What the commands of the command line share: the settings of a home, a look at its warehouse, the writer's lock.

Looks take the warehouse read-only and wait for no run; what changes something takes the writer's lock.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ccdata_assets.errors import CcdataError, WrongUse
from ccdata_assets.settings import Settings, configure, load_settings

if TYPE_CHECKING:
    import duckdb

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Where everything is written; default data/ or CCDATA_HOME.", file_okay=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
ByOption = Annotated[str | None, typer.Option("--by", help="Who decides; kept with the decision.")]
AsOfOption = Annotated[str | None, typer.Option("--as-of", help="Business time of the decision; default now.")]
NEXT = "the next `ccdata run` acts on it 下一次 ccdata run 生效"
"""What follows from a decision."""


def command_settings(home: Path | None, as_of: str | None = None) -> Settings:
    """The settings with the options put into the environment, as every command does. CcdataError: there is no warehouse yet."""
    configure(home=home, as_of=as_of)
    settings = load_settings()
    if not settings.warehouse_path.exists():
        raise CcdataError("there is no warehouse in this home yet; fix: run `ccdata run` first, or give --home")
    return settings


@contextmanager
def looking(settings: Settings, needs: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, read-only; CcdataError while a run writes it, or where no run of this release has made the table `needs`."""
    from ccdata_assets.warehouse.engine import look

    schema, _, name = needs.partition(".")
    with look(settings) as con:
        if not con.execute(
            "select 1 from information_schema.tables where table_schema = ? and table_name = ?", [schema, name]
        ).fetchall():
            raise CcdataError("no run of this release has written this home yet; fix: run `ccdata run` first")
        yield con


@contextmanager
def writing(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse under the writer's lock, in one transaction."""
    from ccdata_assets.warehouse.engine import connect, transaction

    with locked(settings), connect(settings) as con, transaction(con):
        yield con


@contextmanager
def deciding(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """`writing` for what is dated; WrongUse where business time would go back."""
    from ccdata_assets.warehouse.state import refuse_going_back

    with writing(settings) as con:
        refuse_going_back(con, settings)
        yield con


@contextmanager
def writer_alone(settings: Settings) -> Iterator[None]:
    """The writer's lock without a connection, for what reads the warehouse for long or writes beside it; WrongUse where business time
    would go back."""
    from ccdata_assets.warehouse.engine import connect
    from ccdata_assets.warehouse.state import refuse_going_back

    with locked(settings):
        with connect(settings) as con:
            refuse_going_back(con, settings)
        yield


@contextmanager
def locked(settings: Settings) -> Iterator[None]:
    """The lock that a run takes too; who waits for it is told."""
    from ccdata_assets.warehouse.lock import writer_lock

    def tell(message: str) -> None:
        print(message, file=sys.stderr)

    with writer_lock(settings.warehouse_path.with_suffix(".lock"), settings.lock_timeout_s, tell):
        yield


def said(option: str, text: str) -> str:
    """What a person says of a decision; WrongUse where it is blank: a decision without a name or a reason cannot be explained later."""
    if not text.strip():
        raise WrongUse(f"{option} is empty; fix: write who it is, or why")
    return text.strip()


def day_of(option: str, text: str) -> date:
    """A day given on the command line; WrongUse names the option."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUse(f"{option}: {text!r} is no day; fix: write it as 2026-01-31") from None
