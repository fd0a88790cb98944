"""Great Expectations on DuckDB: engine, datasource, and the one expectation that GX does not get right there.

Importing this module imports great_expectations (seconds) and registers the datasource type `duckdb`, so only
`validation.py` imports it, and only when there is something to check. What a check means belongs there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Optional, Union

import duckdb
import great_expectations as gx
import sqlalchemy as sa
from duckdb_engine import ConnectionWrapper, CursorWrapper
from great_expectations.compatibility import pydantic
from great_expectations.compatibility.typing_extensions import override
from great_expectations.data_context.data_context.context_factory import project_manager
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.datasource.fluent.sql_datasource import QueryAsset, SQLDatasource, TableAsset
from great_expectations.exceptions.exceptions import DataContextError
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.query_metric_provider import QueryMetricProvider
from sqlalchemy.pool import StaticPool
from sqlalchemy.sql.elements import quoted_name

if TYPE_CHECKING:
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult
    from great_expectations.data_context.data_context.abstract_data_context import AbstractDataContext
    from great_expectations.expectations.expectation import Expectation

# Counts, never cells: BASIC is the smallest format with counts, and its list of unexpected values is asked
# for with limit 0 and then left out of the result.
COUNTS_ONLY: dict[str, Any] = {
    "result_format": "BASIC",
    "partial_unexpected_count": 0,
    "exclude_unexpected_values": True,
    "include_unexpected_rows": False,
    "return_unexpected_index_query": False,
}


def quoted(*parts: str) -> str:
    """Return a dotted SQL name with every part quoted, whatever characters it has."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


class QueryError(Exception):
    """A query that DuckDB refused, known by the class of DuckDB's error only: its message may print the data.

    `cause` is that class name, e.g. `ConversionException`.
    """

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(f"DuckDB refused a query of a quality check: {cause}")


class _SnapshotCursor(CursorWrapper):
    """A cursor for one statement at a time that goes on in a new read-only transaction after an error.

    DuckDB aborts the transaction in which an error happens.
    """

    def __init__(self, raw: duckdb.DuckDBPyConnection, wrapper: SnapshotConnection) -> None:
        super().__init__(raw, wrapper)
        self._raw = raw

    def execute(self, statement: str, parameters: Any = None, context: Any = None) -> None:
        try:
            if len(self._raw.extract_statements(statement)) != 1:
                # A rule could otherwise commit this transaction and go on in one that may write.
                raise duckdb.InvalidInputException("a quality check runs one statement at a time")
            super().execute(statement, parameters, context)
        except Exception:
            self._raw.rollback()
            self._raw.execute("begin transaction read only")
            raise


class SnapshotConnection(ConnectionWrapper):
    """What SQLAlchemy takes for a DB-API connection: one DuckDB connection inside one read-only transaction.

    All metrics of a table are then counted on the same rows, and the SQL of a custom rule can change nothing.
    SQLAlchemy's own begin, commit and rollback do nothing, because it would end the transaction whenever it
    hands the connection back.
    """

    def __init__(self, raw: duckdb.DuckDBPyConnection) -> None:
        super().__init__(raw)
        self._raw = raw
        raw.execute("begin transaction read only")

    def cursor(self) -> CursorWrapper:
        return _SnapshotCursor(self._raw, self)

    def begin(self) -> None:
        return None

    def commit(self) -> None:
        return None

    def rollback(self) -> None:
        return None


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """GX's SQL engine with one connection that stays open until `close()`, and errors without data in them.

    The shipped engine returns the connection to the pool before the caller fetches; with duckdb_engine the
    rows are gone by then.

    In: a `connection_string` `duckdb:///path?option=value`; or `creator`, which returns a
    `SnapshotConnection`, and any `duckdb://` string. `last_error` is the class name of the latest error
    DuckDB raised, or None.
    """

    last_error: str | None = None

    @override
    def _setup_engine(
        self,
        kwargs: Any,
        connection_string: str | None = None,
        credentials: dict[str, Any] | None = None,
        url: str | None = None,
    ) -> None:
        options = dict(kwargs)
        address = sa.make_url(connection_string or url or "duckdb://")

        def connect() -> SnapshotConnection:
            # duckdb_engine would add its user agent to the configuration, which DuckDB rejects as a different
            # configuration when this process has the file open already.
            config: Any = dict(address.query)
            return SnapshotConnection(duckdb.connect(address.database or ":memory:", config=config))

        options.setdefault("creator", connect)
        self.engine = sa.create_engine(address, poolclass=StaticPool, **options)

    @override
    @contextlib.contextmanager
    def get_connection(self) -> Iterator[sa.Connection]:
        if self._connection is None:
            self._connection = self.engine.connect()
        yield self._connection

    @override
    def get_inspector(self) -> sa.Inspector:
        if self._inspector is None:
            with self.get_connection() as connection:
                self._inspector = sa.inspect(connection)
        return self._inspector

    @override
    def execute_query(self, query: Any) -> Any:
        """Run a query and return its result, already fetched. Raises QueryError, never the driver's error."""
        with self.get_connection() as connection:
            return self._scrubbed(connection, query)

    def count_rows(self, sql: str) -> int:
        """Return how many rows a query gives, passing its text to DuckDB as it is. Raises QueryError.

        `text()` would take `:name` in a literal or a slice for a parameter.
        """
        statement = f"select count(*) from (\n{sql}\n) as unexpected_rows"
        with self.get_connection() as connection:
            return int(self._scrubbed(connection, statement).scalar_one())

    def _scrubbed(self, connection: sa.Connection, query: Any) -> Any:
        try:
            is_text = isinstance(query, str)
            result = connection.exec_driver_sql(query) if is_text else connection.execute(query)
            # Fetched here, because DuckDB may meet the error only while the rows are read.
            return result.freeze()() if result.returns_rows else result
        except Exception as error:
            self.last_error = type(getattr(error, "orig", None) or error).__name__
        # Raised outside the handler: the driver's error, which may print a cell, is not even this one's
        # context.
        raise QueryError(self.last_error)

    @override
    def close(self) -> None:
        """Close the connection and its hold on the file. Harmless when repeated."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._inspector = None
        self.engine.dispose()


class DuckDBTableAsset(TableAsset):
    """A table or view named exactly as DuckDB names it: both parts are quoted, neither is lower-cased."""

    type: Literal["table"] = "table"
    namespace: Optional[str] = None  # noqa: UP045 - GX's pydantic is version 1 and evaluates this on any Python

    @property
    @override
    def _effective_schema_name(self) -> str | None:
        return None if self.namespace is None else quoted_name(self.namespace, True)


class DuckDBDatasource(SQLDatasource):
    """The fluent datasource `duckdb`, registered when this class is made:
    `context.data_sources.add_duckdb(...)`.

    In: `connection_string` `duckdb:///path` to open a file, or `kwargs={"creator": ...}` as
    DuckDBExecutionEngine has it.
    """

    asset_types: ClassVar[list[Any]] = [DuckDBTableAsset, QueryAsset]

    type: Literal["duckdb"] = "duckdb"  # type: ignore[assignment]  # GX gives every datasource type its own literal
    assets: list[Union[DuckDBTableAsset, QueryAsset]] = []  # type: ignore[assignment]  # noqa: RUF012, UP007

    _TableAsset: Any = pydantic.PrivateAttr(DuckDBTableAsset)

    @property
    @override
    def execution_engine_type(self) -> Any:
        return DuckDBExecutionEngine

    @override
    def get_engine(self) -> sa.Engine:
        # GX opens a second engine to test a datasource; here that would be a second holder of the file.
        return self.get_execution_engine().engine

    def add_table(self, schema: str, table: str) -> DuckDBTableAsset:
        """Add a table by its exact schema and name. Raises TestConnectionError when it cannot be read."""
        asset = DuckDBTableAsset(name=f"{schema}.{table}", table_name=quoted_name(table, True), namespace=schema)
        added: DuckDBTableAsset = self._add_asset(asset)
        return added

    def close(self) -> None:
        """Let go of the file. Harmless when repeated or when nothing was opened."""
        if self._execution_engine is not None:
            self._execution_engine.close()


class VerbatimQueryRowCount(QueryMetricProvider):
    """The number of rows a rule's query returns; unlike GX's own metrics it fetches none of them."""

    metric_name = "unexpected_rows_query.verbatim_row_count"
    value_keys = ("unexpected_rows_query",)

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(
        cls,
        execution_engine: Any,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> int:
        return int(execution_engine.count_rows(metric_value_kwargs["unexpected_rows_query"]))


class ExpectRowsToKeepRule(UnexpectedRowsExpectation):
    """UnexpectedRowsExpectation that counts instead of fetching, takes SQL as it is written, and has a target
    share.

    GX's own reads up to 200 offending rows into the process, formats the query with `str.format` (a struct
    literal breaks) and prints when `{batch}` is missing. The share is of all rows of the table; with `mostly`
    1 no row may be returned.
    """

    mostly: float = 1.0

    metric_dependencies: ClassVar[tuple[str, ...]] = (
        "unexpected_rows_query.verbatim_row_count",
        "table.row_count",
    )
    success_keys: ClassVar[tuple[str, ...]] = ("unexpected_rows_query", "mostly")

    @pydantic.validator("unexpected_rows_query")
    def _validate_query(cls, query: Any) -> Any:
        # The same name as GX's validator, which it replaces.
        return query.rstrip("; \t\r\n") if isinstance(query, str) else query

    @override
    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        unexpected = int(metrics["unexpected_rows_query.verbatim_row_count"])
        total = int(metrics["table.row_count"])
        kept = total > 0 and (total - unexpected) / total >= self.mostly
        return {
            "success": unexpected == 0 or (self.mostly < 1 and kept),
            "result": {"element_count": total, "unexpected_count": unexpected},
        }


class Session:
    """One throw-away GX context over one DuckDB connection: no file, no telemetry, no progress bar."""

    def __init__(self, context: AbstractDataContext, datasource: DuckDBDatasource) -> None:
        self._context = context
        self._datasource = datasource
        self._batches: dict[tuple[str, str], Any] = {}

    @property
    def engine(self) -> DuckDBExecutionEngine:
        """The engine that runs the queries."""
        engine = self._datasource.get_execution_engine()
        assert isinstance(engine, DuckDBExecutionEngine)
        return engine

    def columns(self, schema: str, table: str) -> list[str]:
        """Return the column names of a table or view of the current database in order; none when there is no
        such table."""
        known = sa.text(
            "select column_name from duckdb_columns() where database_name = current_database() "
            "and schema_name = :schema and table_name = :table order by column_index"
        ).bindparams(schema=schema, table=table)
        return [str(name) for name in self.engine.execute_query(known).scalars().all()]

    def row_count(self, schema: str, table: str) -> int:
        """Return the number of rows of a table. Raises QueryError."""
        return self.engine.count_rows(f"from {quoted(schema, table)}")

    def run(self, schema: str, table: str, expectations: Sequence[Expectation]) -> list[ExpectationValidationResult]:
        """Run expectations against a table as one suite on one batch, so that GX bundles their metrics into
        few queries.

        Out: GX's results, in GX's order, with counts only. Raises whatever GX raises outside an expectation.
        """
        batch = self._batches.get((schema, table))
        if batch is None:
            asset = self._datasource.add_table(schema, table)
            batch = asset.add_batch_definition_whole_table("all_rows").get_batch()
            self._batches[schema, table] = batch
        suite = gx.ExpectationSuite(f"{schema}.{table}", expectations=list(expectations))
        return list(batch.validate(suite, result_format=COUNTS_ONLY).results)


@contextlib.contextmanager
def session(connection: duckdb.DuckDBPyConnection) -> Iterator[Session]:
    """Lend GX a second connection to the database `connection` has open, and take it back at the end.

    The second connection sees committed data only, and no temporary table of the first. GX's current context,
    if there is one, is put back as it was.
    """
    database, schema = connection.execute("select current_database(), current_schema()").fetchall()[0]
    raw = connection.cursor()
    # A new connection starts in the database that was opened, not in the one the caller has switched to.
    raw.execute(f"use {quoted(database, schema)}")
    try:
        previous: AbstractDataContext | None = project_manager.get_current_project()
    except DataContextError:
        previous = None
    datasource: DuckDBDatasource | None = None
    try:
        context = gx.get_context(
            mode="ephemeral",
            project_config=DataContextConfig(
                store_backend_defaults=InMemoryStoreBackendDefaults(),
                analytics_enabled=False,
                progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
            ),
        )
        datasource = context.data_sources.add_duckdb(
            "warehouse", connection_string="duckdb://", kwargs={"creator": lambda: SnapshotConnection(raw)}
        )
        assert isinstance(datasource, DuckDBDatasource)
        yield Session(context, datasource)
    finally:
        if datasource is not None:
            datasource.close()
        raw.close()
        project_manager.set_project(previous)
