"""Published tables keep docs/warehouse-standard.md; the rules are read from the page itself, so that it cannot say something else."""

from __future__ import annotations

import re

import pytest

from ccdata_assets.catalogue.tables import Column, Table, published_tables
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.settings import PROJECT_DIR

PAGE = (PROJECT_DIR / "docs" / "warehouse-standard.md").read_text(encoding="utf-8")
NAMED_TYPES = ("timestamptz", "timestamp", "date", "boolean")
"""Types whose columns a name must tell apart."""
SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def rows_of(heading: str) -> list[list[str]]:
    """The cells of the table below a heading of the page."""
    part = PAGE.partition(f"{heading}")[2].partition("\n#")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


RULES = {
    name.strip("`"): set(re.findall(r"`([^`]+)`", types))
    for name, types, _ in rows_of("### Names and types of columns")
}
EXCEPTIONS = {name.strip("`") for name, _ in rows_of("### Exceptions")}
COLUMNS = [(table, column) for table in published_tables().values() for column in table.columns]


def faults(column: Column) -> list[str]:
    """What a column does otherwise than the rules say."""
    fits = {name: types for name, types in RULES.items() if re.fullmatch(name, column.name)}
    found = [
        f"is {column.type}, not {' or '.join(sorted(types))}" for types in fits.values() if column.type not in types
    ]
    if column.type in NAMED_TYPES and not fits:
        found.append(f"is {column.type}, which its name does not tell")
    if not SNAKE.fullmatch(column.name):
        found.append("is not snake_case")
    return found


def test_columns_are_named_and_typed_as_the_standard_says() -> None:
    assert len(RULES) > 20, "the table of names was not found on the page"
    wrong = [
        f"{table.name}.{column.name} {fault}"
        for table, column in COLUMNS
        if f"{table.name}.{column.name}" not in EXCEPTIONS
        for fault in faults(column)
    ]
    assert not wrong, "\n".join(["rename these, or say in docs/warehouse-standard.md why not:", *wrong])


def test_every_exception_is_one() -> None:
    found = {f"{table.name}.{column.name}" for table, column in COLUMNS if faults(column)}
    assert found >= EXCEPTIONS, "take what keeps the rules, or is gone, from the list of exceptions"


@pytest.mark.parametrize("column", [
    Column("begin", "timestamptz", "", ""), Column("active", "boolean", "", ""), Column("wait_s", "double", "", ""),
    Column("agent_id", "bigint", "", ""), Column("TeamName", "varchar", "", ""), Column("hired_at", "date", "", ""),
], ids=lambda column: column.name)  # fmt: skip
def test_a_column_that_breaks_a_rule_is_found(column: Column) -> None:
    assert faults(column)


def test_every_published_schema_is_a_layer() -> None:
    layers = {cells[0].strip("`") for cells in rows_of("## Layers") if cells[4] != "no"}
    assert {table.schema for table in published_tables().values()} == layers


def test_marts_are_dimensions_and_facts_with_a_key_that_say_what_a_row_is() -> None:
    def keeps(table: Table) -> bool:
        return bool(re.fullmatch(r"marts\.(dim|fct)_[a-z_]+", table.name) and table.key)

    marts = [table for table in published_tables().values() if table.schema == "marts"]
    assert not [table.name for table in marts if not keeps(table)]
    made = [table for table in published_tables().values() if table.made_by.startswith("dbt:")]
    assert not [table.name for table in made if not table.key or not table.en.startswith("One row per ")]


def test_facts_of_rows_keep_the_identity_of_their_row() -> None:
    row = ("feed", "sha256", "member", "row")
    for table in published_tables().values():
        has = {column.name for column in table.columns}
        if table.name.startswith("marts.fct_") and "sha256" in has:
            # one event of a log may begin two states of an agent: signed in, and ready
            more = ("state",) if table.name == "marts.fct_agent_state" else ()
            assert table.key == row + more, f"{table.name} has rows of files, and another key"


def test_sums_hold_only_what_adds_up() -> None:
    sums = [
        table for table in published_tables().values() if table.schema == "kpi" and table.made_by.startswith("dbt:")
    ]
    assert sums
    for table in sums:
        ratios = [
            column.name for column in table.columns if re.search(r"rate|share|average|mean|ratio|percent", column.name)
        ]
        assert not ratios, f"{table.name}: {ratios} do not add up; keep what they are divided of"


def test_no_personal_column_stands_in_kpi(registry: Registry) -> None:
    personal = {name for name, spec in registry.fields.items() if spec.pii != "none"}
    found = {
        f"{table.name}.{column.name}" for table, column in COLUMNS if table.schema == "kpi" and column.name in personal
    }
    assert not found
