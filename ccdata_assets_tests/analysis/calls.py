"""A warehouse with the tables that the analysis reads, as dbt declares them, for tests without dbt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from ccdata_assets.analysis.declared import Analysis, load_analysis
from ccdata_assets.analysis.kept import KEYS
from ccdata_assets.analysis.run import analyse
from ccdata_assets.catalogue.tables import published_tables
from ccdata_assets.contracts.compile import quote
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import migrate, prepare
from ccdata_assets_tests.world import Row, fetch, make_settings

TABLES = (
    "marts.fct_call", "marts.fct_contact", "marts.fct_callback", "marts.fct_case", "marts.fct_survey", "marts.fct_quality_review",
    "marts.fct_outbound", "marts.dim_agent", "marts.dim_date", "kpi.agent_time", "kpi.call_interval",
    "kpi.queue_interval",
)  # fmt: skip


@dataclass
class Calls:
    """Facts as they come, and what the analysis makes of them."""

    con: duckdb.DuckDBPyConnection
    home: Path
    counts: dict[str, int] = field(default_factory=dict)

    @classmethod
    def made(cls, home: Path) -> Calls:
        """An empty one; its calendar is that of 2025 and 2026, of weekdays only."""
        con = duckdb.connect()
        prepare(con)
        migrate(con)
        for name in TABLES:
            columns = ", ".join(f"{quote(column.name)} {column.type}" for column in published_tables()[name].columns)
            con.execute(f"create table {name} ({columns})")
        con.execute("create table staged.campaign (campaign varchar, starts_on date, is_repeat boolean)")
        con.execute(
            """insert into marts.dim_date by name select unnest(generate_series(date '2025-01-01', date '2026-12-31', interval 1 day))::date as date,
                date_trunc('month', date)::date as month_start, isodow(date) as weekday, isodow(date) < 6 as is_working_day"""
        )
        return cls(con, home)

    def add(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Rows of a table by column; what is not given is null."""
        for row in rows:
            names = ", ".join(quote(name) for name in row)
            self.con.execute(f"insert into {table} ({names}) values ({', '.join('?' * len(row))})", list(row.values()))

    def add_calls(self, rows: list[Row]) -> None:
        """Many calls at once."""
        frame = pd.DataFrame(rows)
        self.con.register("added_calls", frame)
        self.con.execute(
            "insert into marts.fct_call by name select * replace (entered_at::timestamptz as entered_at) from added_calls"
        )
        self.con.unregister("added_calls")

    def call(self, at: str, **values: Any) -> Row:
        """One answered inbound call of 60 s that waited 10 s, local time UTC; `values` change it."""
        self.counts["call"] = number = self.counts.get("call", 0) + 1
        moment = datetime.fromisoformat(at)
        usual = {
            "feed": "f", "sha256": "h", "member": "", "row": number, "call_id": f"c{number}", "direction": "inbound", "outcome": "answered",
            "entered_at": f"{at}+00", "local_date": moment.date(), "local_interval": moment - timedelta(minutes=moment.minute % 15, seconds=moment.second),
            "wait_s": 10, "talk_s": 60, "is_entered": True, "is_offered": True, "is_answered": True, "is_abandoned": False, "is_repeat": False,
        }  # fmt: skip
        return {**usual, **values}

    def analyse(self, now: str = "2026-03-01", run_id: str = "run", declared: Analysis | None = None) -> dict[str, int]:
        """Analyse at a business time; the rows added by table."""
        return analyse(self.con, self.settings(now), run_id, declared)

    def settings(self, now: str) -> Settings:
        """Settings of this home at a business time; its clock is UTC."""
        return make_settings(self.home, now, time_zone="UTC")

    def found(self, table: str, where: str = "true", columns: str = "*") -> list[Row]:
        """The newest rows of analysis.<table> in the order of its key."""
        key = ", ".join(KEYS[table])
        return fetch(
            self.con,
            f"""with known as (select * from analysis.{table} qualify row_number() over (partition by {key} order by as_of desc, rowid desc) = 1)
            select {columns} from known where not is_withdrawn and {where} order by {key}""",
        )


def changed(**parts: Any) -> Analysis:
    """The shipped settings with some parts changed."""
    said = load_analysis().model_dump()
    return Analysis.model_validate(
        {
            key: {**said[key], **parts[key]} if isinstance(parts.get(key), dict) else parts.get(key, said[key])
            for key in said
        }
    )
