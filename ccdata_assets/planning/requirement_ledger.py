"""Plans and rosters as they are kept: written to the schema `planning` under the writer's lock, rows only added, the same content once;
and put into the published copy where that was built from all there is."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import duckdb
import pandas as pd

from ccdata_assets.contracts.compile import quote
from ccdata_assets.planning.requirement import NEEDED, POOL
from ccdata_assets.settings import Settings

IDENTIFYING: Final = 16
"""Characters of the hash that names a plan or roster."""

PUBLISHED_LATER: Final = "kept; the next `ccdata run` publishes it 已保存，下一次 ccdata run 发布"


def keep_plan(con: duckdb.DuckDBPyConnection, table: pd.DataFrame, basis: str, as_of: datetime, run_id: str) -> str:
    """Add a plan (`requirement.NEEDED`) to planning.staffing; gives its plan_id. One that is there already is not added again."""
    plan_id = content_id(table[list(NEEDED)], basis)
    rows = table[list(NEEDED)].assign(
        plan_id=plan_id,
        as_of=as_of,
        basis=basis,
        is_pooled=table["queue"] == POOL,
        local_date=table["local_interval"].dt.date,
        run_id=run_id,
    )
    add(con, "planning.staffing", "plan_id", plan_id, rows)
    return plan_id


def content_id(table: pd.DataFrame, *also: str) -> str:
    """A name made of a table's content, the same for the same rows in any order; fractions count to the ninth decimal."""
    text = table.round(9).sort_values(list(table.columns[:3]), ignore_index=True).to_csv(index=False)
    return hashlib.sha256("\n".join((*also, text)).encode()).hexdigest()[:IDENTIFYING]


def add(con: duckdb.DuckDBPyConnection, table: str, key: str, value: str, rows: pd.DataFrame) -> None:
    """Add rows by the names of their columns, unless the table has rows of this key."""
    if con.execute(f"select 1 from {table} where {key} = ? limit 1", [value]).fetchall():
        return
    columns = [name for name, *_ in con.execute(f"describe {table}").fetchall()]
    con.register("new_rows", rows[columns])
    try:
        con.execute(f"insert into {table} select {', '.join(map(quote, columns))} from new_rows")
    finally:
        con.unregister("new_rows")


def newest_plan(con: duckdb.DuckDBPyConnection, first: Any, last: Any, plan_id: str | None = None) -> pd.DataFrame:
    """The rows of planning.staffing of these days: of the plan named, else of each feed, queue and interval those planned last."""
    chosen = "plan_id = $plan" if plan_id else "$plan is null"
    return con.execute(
        f"""select * from planning.staffing where local_date between $first and $last and {chosen}
        qualify row_number() over (partition by feed, queue, local_interval, minutes order by as_of desc, rowid desc) = 1
        order by feed, queue, local_interval""",
        {"first": first, "last": last, "plan": plan_id},
    ).df()


@contextmanager
def planning(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse under the writer's lock, what is written in one transaction and then published. WrongUse where business time would go
    back."""
    from ccdata_assets.command import locked
    from ccdata_assets.project import load_project
    from ccdata_assets.warehouse.engine import connect, transaction
    from ccdata_assets.warehouse.publish import publish_addition
    from ccdata_assets.warehouse.state import refuse_going_back

    project = load_project()
    with locked(settings), connect(settings) as con:
        refuse_going_back(con, settings)
        with transaction(con):
            yield con
        if not publish_addition(con, project.registry, settings):
            print(PUBLISHED_LATER, file=sys.stderr)
