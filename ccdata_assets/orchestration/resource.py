"""The warehouse as a Dagster resource: one writer at a time for the length of a run, one connection a step, the file open between
steps of this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import dagster as dg
import duckdb
from dagster_duckdb import DuckDBResource
from pydantic import PrivateAttr

from ccdata_assets.orchestration.history import keep_history_open
from ccdata_assets.project import load_project
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import duckdb_config, open_warehouse
from ccdata_assets.warehouse.lock import writer_lock
from ccdata_assets.warehouse.state import refuse_going_back


class WarehouseResource(DuckDBResource):
    """The warehouse file of CCDATA_HOME.

    The OS lock is taken when the run's process sets the resource up and let go when it ends. With the in-process
    executor that is the whole run, so two runs never interleave.
    """

    lock_path: str
    lock_timeout_s: float
    _held: ExitStack | None = PrivateAttr(default=None)
    _open: duckdb.DuckDBPyConnection | None = PrivateAttr(default=None)

    @classmethod
    def of(cls, settings: Settings) -> WarehouseResource:
        """The resource that the settings describe."""
        return cls(
            database=str(settings.warehouse_path),
            connection_config=duckdb_config(settings),
            lock_path=str(settings.warehouse_path.with_suffix(".lock")),
            lock_timeout_s=settings.lock_timeout_s,
        )

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Take the lock, and refuse a business time before the last one."""

        def tell(message: str) -> None:
            if context.log:
                context.log.info(message)

        keep_history_open()
        self._held = ExitStack()
        self._held.enter_context(writer_lock(Path(self.lock_path), self.lock_timeout_s, tell))
        try:
            if Path(self.database).exists():
                with self.get_connection() as con:
                    refuse_going_back(con, load_project().settings)
        except BaseException:
            self.close_file()
            self._held.close()
            raise

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Let the lock go."""
        self.close_file()
        if self._held is not None:
            self._held.close()
            self._held = None

    @contextmanager
    def get_connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-write connection, migrated, closed at the end even after an error.

        During a run the file stays open between the steps, for opening and closing it is half of what a step without news does.
        """
        with open_warehouse(Path(self.database), dict(self.connection_config), self.lock_timeout_s) as con:
            if self._held is not None and self._open is None:
                # a cursor would not do: DuckDB forgets a file whose first connection is closed, and opens it anew
                self._open = duckdb.connect(self.database, config=dict(self.connection_config))
            try:
                yield con
            except BaseException:
                self.close_file()  # an error may have made DuckDB refuse everything until the file is opened again
                raise

    def close_file(self) -> None:
        """Close the file, so that another process, dbt, can open it."""
        if self._open is not None:
            self._open.close()
            self._open = None
