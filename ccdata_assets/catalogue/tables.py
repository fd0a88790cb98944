"""The published tables as they are declared: dbt's contracts for what dbt makes, tables.yaml for the rest and for all keys.

Nothing here opens a database; a test holds the declarations to a published copy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import Field

from ccdata_assets.contracts.model import Declaration
from ccdata_assets.contracts.yaml_source import YamlSource, plain_yaml
from ccdata_assets.errors import ContractError
from ccdata_assets.settings import PROJECT_DIR

PATH = Path(__file__).with_suffix(".yaml")
DBT_SCHEMAS = ("marts", "kpi")
CHINESE = re.compile(r"[一-鿿]")


class One(Declaration):
    """How a reference to a table finds one row, where a column alone does not: by these columns, of the rows that meet a condition."""

    by: tuple[str, ...]
    where: str | None = None


class Declared(Declaration):
    """One table of tables.yaml; of a table that dbt makes only keys and references."""

    zh: str | None = None
    en: str | None = None
    from_: str | None = Field(None, alias="from")
    key: tuple[str, ...] = ()
    one: One | None = None
    references: dict[str, str] = Field({})
    columns: dict[str, tuple[str, str, str]] = Field({})


@dataclass(frozen=True)
class Column:
    """One published column: its type in DuckDB, its Chinese name, what it means, and what dbt checks of it."""

    name: str
    type: str
    zh: str
    en: str
    checks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One published table; `made_by` says where it comes from, `references` by column the table and column it points to."""

    name: str
    zh: str
    en: str
    made_by: str
    key: tuple[str, ...]
    references: dict[str, tuple[str, str]]
    columns: tuple[Column, ...]
    one: One | None = None

    @property
    def found_by(self) -> One:
        """How one row is found: as declared, else by the key."""
        return self.one or One(by=self.key)

    @property
    def schema(self) -> str:
        """The part before the point."""
        return self.name.partition(".")[0]


@lru_cache
def published_tables() -> dict[str, Table]:
    """Every published table by its name; ContractError where the declarations do not fit each other."""
    declared = YamlSource(PATH).parse_each(Declared)
    found: dict[str, Table] = {}
    for name, of_dbt in _dbt_models().items():
        said = declared.get(name)
        if said is None:
            raise ContractError(f"{PATH.name}: {name} is not there; fix: add it with its key and its references")
        zh, en = _both(str(of_dbt["description"]))
        columns = tuple(_column(column) for column in of_dbt["columns"])
        found[name] = Table(
            name, zh, en, f"dbt: models/{name.replace('.', '/')}.sql", said.key, _references(said), columns, said.one
        )
    for name, said in declared.items():
        if name not in found:
            if not (said.columns and said.zh and said.en and said.from_):
                raise ContractError(
                    f"{PATH.name}: {name} has no columns and is no model of dbt; fix: declare or remove it"
                )
            columns = tuple(Column(column, *spec) for column, spec in said.columns.items())
            found[name] = Table(name, said.zh, said.en, said.from_, said.key, _references(said), columns, said.one)
    for table in found.values():
        _check(table, found)
    return dict(sorted(found.items()))


def _references(said: Declared) -> dict[str, tuple[str, str]]:
    return {column: (to.rpartition(".")[0], to.rpartition(".")[2]) for column, to in said.references.items()}


def _check(table: Table, tables: dict[str, Table]) -> None:
    names = {column.name for column in table.columns}
    wrong = [column for column in (*table.key, *table.found_by.by, *table.references) if column not in names]
    wrong += [
        f"{to}.{column}"
        for to, column in table.references.values()
        if to not in tables or column not in {each.name for each in tables[to].columns}
    ]
    if wrong:
        raise ContractError(
            f"{PATH.name}: {table.name}: {', '.join(wrong)}: no such column; fix: name one that is there"
        )


def _dbt_models() -> dict[str, dict[str, Any]]:
    return {
        f"{schema}.{model['name']}": model
        for schema in DBT_SCHEMAS
        for path in sorted((PROJECT_DIR / "dbt_project" / "models" / schema).glob("*.yml"))
        for model in plain_yaml(path)["models"]
    }


def _column(said: dict[str, Any]) -> Column:
    zh, _, en = str(said["description"]).partition(" ")
    checks = [str(each["type"]).replace("_", " ") for each in said.get("constraints", [])]
    for test in said.get("data_tests", []):
        if isinstance(test, str):
            checks.append(test)
        else:
            for name, spec in test.items():
                where = spec.get("config", {}).get("where")
                values = spec.get("arguments", {}).get("values")
                checks.append(
                    name + (f" where {where}" if where else "") + (f": {', '.join(values)}" if values else "")
                )
    return Column(said["name"], said["data_type"], zh, en, tuple(checks))


def _both(description: str) -> tuple[str, str]:
    """The Chinese and the English half of a model's description, English first."""
    first = CHINESE.search(description)
    place = first.start() if first else len(description)
    return description[place:].strip().rstrip("。"), description[:place].strip()
