"""The DuckDB engine and datasource alone: registration, a path, an open connection, letting go of the
file."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import great_expectations as gx
import pytest

from ccdata_assets.quality.validation import Check, validate

OPEN_TO_WRITE = "import sys, duckdb; duckdb.connect(sys.argv[1]).execute('insert into t.rows values (9)')"
FILLED = Check("filled", "not_null", "t.rows", "v", "completeness", "error")
BROKEN = Check(
    "broken", "no_rows", "t.rows", None, "validity", "error", kwargs={"sql": "select 1 where error('x') = 1"}
)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "ware house 仓库.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema t; create table t.rows as select unnest([1, 2, null]) as v")
    return path


@pytest.fixture
def context() -> Iterator[object]:
    from great_expectations.data_context.data_context.context_factory import project_manager

    yield gx.get_context(mode="ephemeral")
    project_manager.set_project(None)


def another_process_can_write(path: Path) -> bool:
    done = subprocess.run([sys.executable, "-c", OPEN_TO_WRITE, str(path)], capture_output=True, text=True, check=False)
    return done.returncode == 0


def test_the_file_is_free_for_another_process_after_validate_and_close(database: Path) -> None:
    connection = duckdb.connect(str(database), config={"memory_limit": "1GB", "threads": 2})
    filled, broken = validate(connection, [FILLED, BROKEN])
    assert (filled.unexpected, broken.error) == (1, "InvalidInputException")
    assert not another_process_can_write(database), "the run's own connection should still hold the lock"
    connection.execute("insert into t.rows values (3)")
    connection.close()
    assert another_process_can_write(database), "GX still holds the file"


def test_validate_keeps_no_reference_to_the_connection_of_its_caller(database: Path) -> None:
    connection = duckdb.connect(str(database))
    validate(connection, [FILLED])
    del connection
    gc.collect()  # a cycle is no lasting reference
    assert another_process_can_write(database), "something keeps a reference to the caller's connection"


def test_validate_works_on_a_connection_opened_read_only(database: Path) -> None:
    with duckdb.connect(str(database), read_only=True) as connection:
        (outcome,) = validate(connection, [FILLED])
    assert (outcome.value, outcome.error) == (pytest.approx(2 / 3), None)


def test_importing_the_module_registers_the_datasource_type_and_it_opens_a_file_by_its_path(
    database: Path, context: object
) -> None:
    from great_expectations import expectations as gxe

    from ccdata_assets.quality.gx_duckdb import COUNTS_ONLY, DuckDBDatasource

    datasource = context.data_sources.add_duckdb("file", connection_string=f"duckdb:///{database}")  # type: ignore[attr-defined]
    assert isinstance(datasource, DuckDBDatasource)
    batch = datasource.add_table("t", "rows").add_batch_definition_whole_table("all").get_batch()
    result = batch.validate(gxe.ExpectColumnValuesToNotBeNull(column="v"), result_format=COUNTS_ONLY)
    assert (result.success, result.result["unexpected_count"]) == (False, 1)
    assert not another_process_can_write(database)
    datasource.close()
    assert another_process_can_write(database)
    datasource.close()


def test_a_path_opens_beside_a_connection_of_this_process_with_the_same_configuration(
    database: Path, context: object
) -> None:
    with duckdb.connect(str(database), config={"memory_limit": "1GB"}) as connection:
        datasource = context.data_sources.add_duckdb(  # type: ignore[attr-defined]
            "file", connection_string=f"duckdb:///{database}?memory_limit=1GB"
        )
        assert datasource.get_execution_engine().count_rows("from t.rows") == 3
        datasource.close()
        assert connection.execute("select 1").fetchall() == [(1,)]


def test_an_error_of_duckdb_leaves_the_engine_as_its_class_name_and_the_engine_usable(database: Path) -> None:
    from ccdata_assets.quality.gx_duckdb import QueryError, session

    with duckdb.connect(str(database)) as connection, session(connection) as lent:
        with pytest.raises(QueryError) as raised:
            lent.engine.count_rows("select 1 where cast('13912345678x' as int) = 1")
        assert raised.value.cause == "ConversionException"
        assert raised.value.__context__ is raised.value.__cause__ is None
        assert "139" not in str(raised.value)
        assert lent.row_count("t", "rows") == 3


def test_all_checks_of_a_call_see_one_snapshot(database: Path) -> None:
    from ccdata_assets.quality.gx_duckdb import session

    with duckdb.connect(str(database)) as connection, session(connection) as lent:
        before = lent.row_count("t", "rows")
        connection.execute("insert into t.rows values (4)")
        assert lent.row_count("t", "rows") == before


def test_a_context_that_was_current_before_is_current_after(database: Path, context: object) -> None:
    from great_expectations.data_context.data_context.context_factory import project_manager

    with duckdb.connect(str(database)) as connection:
        validate(connection, [FILLED])
    assert project_manager.get_current_project() is context
