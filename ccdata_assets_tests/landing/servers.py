"""A PostgreSQL and a MariaDB of the tests' own: in a temporary folder, on a free port of 127.0.0.1, gone afterwards.

Neither runs as root, so where the tests do, the servers run as the users their packages made.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

OWNER, READER, PASSWORD = "owner", "reader", "p@ss:w/rd 密"
"""The owner writes, the reader may only read; the password has what an address must encode."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    name: str
    driver: str
    port: int
    database: str

    def url(self, user: str = READER, password: str = PASSWORD, **changes: str | int) -> str:
        """An address as a user writes it into the environment."""
        parts = {"host": "127.0.0.1", "port": self.port, "database": self.database, **changes}
        return sa.URL.create(self.name, user, password, **parts).render_as_string(hide_password=False)  # type: ignore[arg-type]

    def engine(self, **options: Any) -> sa.Engine:
        """Connections of the owner."""
        address = sa.make_url(self.url(OWNER)).set(drivername=self.driver)
        password = {"password": PASSWORD.encode()} if self.name == "mysql" else {}
        return sa.create_engine(address, poolclass=NullPool, connect_args=password, **options)

    def execute(self, *statements: str) -> None:
        """Run statements as the owner, each committed."""
        with self.engine(isolation_level="AUTOCOMMIT").connect() as connection:
            for statement in statements:
                connection.execution_options(no_parameters=True).exec_driver_sql(statement)

    @contextmanager
    def connect(self) -> Iterator[sa.Connection]:
        """A connection of the owner in a transaction that is still open."""
        with self.engine().connect() as connection:
            yield connection


def _program(name: str, *folders: str) -> str:
    """Where a server's program is; without it the test fails in CI and is skipped elsewhere."""
    places = [str(path) for pattern in folders for path in sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)]
    found = shutil.which(name, path=os.pathsep.join([*places, os.environ.get("PATH", "")]))
    if found is None:
        message = f"{name} is not installed: apt-get install postgresql mariadb-server"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _folder(user: str | None) -> Iterator[Path]:
    """A short path (a socket's has a limit) that belongs to the server's user."""
    folder = Path(tempfile.mkdtemp(prefix="ccdata-db-", dir="/tmp"))
    if user:
        shutil.chown(folder, user)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(server: Server, command: list[str], user: str | None, log: Path, stop: signal.Signals) -> Iterator[Server]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, user=user, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                server.execute("select 1")
                break
            except sa.exc.DBAPIError as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(
                        f"{server.name} does not start: {error.orig}\n{log.read_text(errors='replace')[-2000:]}"
                    )
                time.sleep(0.1)
        yield server
    finally:
        process.send_signal(stop)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def postgresql() -> Iterator[Server]:
    """A PostgreSQL with an owner and a reader."""
    initdb = _program("initdb", "/usr/lib/postgresql/*/bin")
    user = "postgres" if os.geteuid() == 0 else None
    with _folder(user) as folder:
        secret = folder / "secret"
        secret.write_text(PASSWORD, encoding="utf-8")
        data = folder / "data"
        if user:
            shutil.chown(secret, user)
        subprocess.run(
            [initdb, "-D", str(data), "-U", OWNER, "-A", "scram-sha-256", "--pwfile", str(secret), "-E", "UTF8", "--locale=C", "-N"],
            user=user, check=True, capture_output=True, cwd=folder,
        )  # fmt: skip
        port = _free_port()
        command = [
            str(Path(initdb).with_name("postgres")),
            "-D",
            str(data),
            "-p",
            str(port),
            "-h",
            "127.0.0.1",
            "-k",
            str(folder),
            "-F",
        ]
        server = Server("postgresql", "postgresql+psycopg", port, "postgres")
        with _running(server, command, user, folder / "log", signal.SIGINT):
            server.execute(
                f"create role {READER} login password '{PASSWORD}'",
                f"alter default privileges in schema public grant select on tables to {READER}",
            )
            yield server


@contextmanager
def mariadb() -> Iterator[Server]:
    """A MariaDB with an owner and a reader."""
    daemon, install = _program("mariadbd", "/usr/sbin"), _program("mariadb-install-db")
    user = "mysql" if os.geteuid() == 0 else None
    with _folder(user) as folder:
        data, start = folder / "data", folder / "start.sql"
        # the start file is read as latin-1, so the password stands in it as MariaDB keeps it
        secret = "*" + sha1(sha1(PASSWORD.encode()).digest()).hexdigest().upper()
        statements = [
            "create database crm character set utf8mb4",
            f"create user '{OWNER}'@'%' identified by password '{secret}'",
            f"grant all on *.* to '{OWNER}'@'%'",
            f"create user '{READER}'@'%' identified by password '{secret}'",
            f"grant select on crm.* to '{READER}'@'%'",
        ]
        start.write_text("".join(f"{statement};\n" for statement in statements), encoding="ascii")
        if user:
            shutil.chown(start, user)
        subprocess.run(
            [install, "--no-defaults", f"--datadir={data}", "--skip-test-db", "--auth-root-authentication-method=normal"],
            user=user, check=True, capture_output=True, cwd=folder,
        )  # fmt: skip
        port = _free_port()
        command = [
            daemon, "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder}/s",
            f"--pid-file={folder}/pid", f"--init-file={start}", "--character-set-server=utf8mb4", "--skip-name-resolve",
            "--innodb-buffer-pool-size=64M", "--innodb-flush-log-at-trx-commit=0", "--default-time-zone=+08:00",
        ]  # fmt: skip
        server = Server("mysql", "mysql+pymysql", port, "crm")
        with _running(server, command, user, folder / "log", signal.SIGTERM):
            yield server
