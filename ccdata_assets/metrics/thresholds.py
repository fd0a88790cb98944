"""Limits that KPIs count by, such as the seconds of the service level: declared in thresholds.yaml, in the warehouse reference.threshold."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

import duckdb
from pydantic import Field

from ccdata_assets.contracts.model import Declaration
from ccdata_assets.contracts.yaml_source import YamlSource

PATH = Path(__file__).with_name("thresholds.yaml")


class Threshold(Declaration):
    """One limit: its names, its unit and what it is."""

    zh: str
    en: str
    unit: Literal["seconds", "days"]
    value: float = Field(ge=0)

    @property
    def text(self) -> str:
        """The value with its unit."""
        return f"{self.value:g} {'s' if self.unit == 'seconds' else 'days'}"


@lru_cache
def load_thresholds(path: Path = PATH) -> dict[str, Threshold]:
    """The limits by name; ContractError names file and line of a mistake."""
    return YamlSource(path).parse_each(Threshold)


def write_thresholds(con: duckdb.DuckDBPyConnection) -> None:
    """reference.threshold: one row per limit: threshold, zh, en, unit, value."""
    con.execute(
        "create or replace table reference.threshold (threshold varchar, zh varchar, en varchar, unit varchar, value double)"
    )
    rows = [(name, limit.zh, limit.en, limit.unit, limit.value) for name, limit in load_thresholds().items()]
    con.executemany("insert into reference.threshold values (?, ?, ?, ?, ?)", rows)
