"""How fast the dictionaries read a million distinct values, beside the library of the kind, and a million whole records.

`python -m benchmarks.standardise_speed [--values 1000000] [--kind KIND] [--records N]`; every measurement runs in a process of
its own with two threads and 4 GB, after contracts, macros and reference tables are loaded. Libraries read a sample of the
same values; where one is not installed the line says so.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import duckdb
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.measure import measure
from benchmarks.synthetic_parties import write_parties
from ccdata_assets.project import load_project
from ccdata_assets.standard.dictionaries import Dictionaries
from ccdata_assets.standard.sql import load_sql
from ccdata_assets.warehouse.engine import STORAGE

SAMPLE = 20_000
"""Values a library reads: its rate does not depend on their number."""
A_FILE = 100_000
"""Records that write_parties() puts into one file; a file is read once, so new records need a new one."""
MEMORY = "3GB"
"""DuckDB's limit; the process stays below 4 GB with it."""
RECORD = ("phone", "region", "address", "company_name", "person", "job_title", "email", "website", "uscc", "postcode", "industry",
          "money", "headcount", "source_site")  # fmt: skip
"""The dictionaries of a record, in the order they are made."""
KINDS = ("phone", "address", "company_name", "person", "email", "website", "uscc")


def _phonenumbers(values: list[str]) -> None:
    import phonenumbers

    for value in values:
        try:
            number = phonenumbers.parse(value, "CN")
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _cpca(values: list[str]) -> None:
    import cpca

    cpca.transform(values)


def _companynameparser(values: list[str]) -> None:
    from companynameparser import Parser

    parser = Parser()
    for value in values:
        parser.parse(value)


LIBRARIES: dict[str, tuple[str, Callable[[list[str]], None], int]] = {
    "phone": ("phonenumbers", _phonenumbers, SAMPLE),
    "address": ("cpca", _cpca, SAMPLE),
    "company_name": ("companynameparser", _companynameparser, 2_000),
}


def _connect(folder: Path, name: str) -> Dictionaries:
    con = duckdb.connect(
        str(folder / name),
        config={
            "threads": 2,
            "memory_limit": MEMORY,
            "temp_directory": str(folder),
            "storage_compatibility_version": STORAGE,
        },
    )
    return Dictionaries(load_project().settings.dbt_dir, con)


def _warm() -> None:
    """What every process does once: contracts are read, macros compiled. A run pays it once for all its values."""
    load_sql(load_project().settings.dbt_dir)


def _read(folder: str, kind: str) -> None:
    """Make the dictionary of the prepared values; its reference tables are ready."""
    dictionaries = _connect(Path(folder), "values.duckdb")
    dictionaries.con.execute(f"create or replace table standard.{kind} as {dictionaries.project.render(kind)}")


def _library(folder: str, kind: str) -> None:
    _, read, size = LIBRARIES[kind]
    con = duckdb.connect(str(Path(folder) / "values.duckdb"), read_only=True)
    read(
        [
            raw
            for (raw,) in con.execute("select raw from staged.value where hash(raw) % 7 = 0 limit ?", [size]).fetchall()
        ]
    )


def _prepare(folder: Path, kind: str, values: int) -> int:
    (folder / "values.duckdb").unlink(missing_ok=True)
    dictionaries = _connect(folder, "values.duckdb")
    con, registry = dictionaries.con, load_project().registry
    records = int(values * 1.5)
    for first in range(0, records, 500_000):
        write_parties(dictionaries, registry, min(500_000, records - first), first, organisations=records)
    con.execute("set enable_progress_bar = false")
    con.execute(f"create table given as select distinct raw from staged.value where kind = '{kind}' limit {values}")
    con.execute("drop view staged.value")
    con.execute(f"create table staged.value as select '{kind}' as kind, raw, '' as feed, '' as sha256 from given")
    con.execute("drop table staged.party cascade")
    dictionaries.prepare(kind)
    count: int = con.execute("select count(*) from given").fetchall()[0][0]
    con.close()
    return count


def speed_of_values(console: Console, kinds: list[str], values: int) -> None:
    """One line per kind: values per second of the dictionary and of the library."""
    table = Table(
        "dictionary", "values", "seconds", "values/s", "MB", "library", "values/s", "times", title="distinct values"
    )
    for kind in kinds:
        with TemporaryDirectory() as name, console.status(f"reading {values} values of {kind}"):
            count = _prepare(Path(name), kind, values)
            ours = measure(_read, name, kind, prepare=_warm)
            rate = count / ours.seconds
            beside = ["", "", ""]
            if kind in LIBRARIES:
                library, _, size = LIBRARIES[kind]
                if find_spec(library):
                    theirs = min(size, count) / measure(_library, name, kind).seconds
                    beside = [library, f"{theirs:,.0f}", f"{rate / theirs:.1f}"]
                else:
                    beside = [f"{library} is not installed", "", ""]
        table.add_row(kind, f"{count:,}", f"{ours.seconds:.2f}", f"{rate:,.0f}", f"{ours.megabytes:,.0f}", *beside)
    console.print(table)


def _build(folder: str) -> None:
    """Make every table of the records; the reference tables stand."""
    dictionaries = _connect(Path(folder), "records.duckdb")
    dictionaries.con.execute("set enable_progress_bar = false")
    for name in (*RECORD, "misplaced_value", "party_reading"):
        begun = time.perf_counter()
        dictionaries.con.execute(f"create or replace table standard.{name} as {dictionaries.project.render(name)}")
        print(f"{name}: {time.perf_counter() - begun:.2f} s", file=sys.stderr)


def speed_of_records(console: Console, records: int) -> None:
    """Whole records: every dictionary they need, the misplaced values and the reading of each record."""
    with TemporaryDirectory() as name, console.status(f"reading {records} records"):
        dictionaries = _connect(Path(name), "records.duckdb")
        for first in range(0, records, 500_000):
            write_parties(dictionaries, load_project().registry, min(500_000, records - first), first, records // 3)
        dictionaries.con.close()
        dictionaries = _connect(Path(name), "records.duckdb")
        for kind in RECORD:
            dictionaries.prepare(kind)
        dictionaries.con.close()
        done = measure(_build, name, prepare=_warm)
    console.print(f"{records:,} records of 21 columns: {done.seconds:.1f} s, {records / done.seconds:,.0f} records/s, {done.megabytes:,.0f} MB")  # fmt: skip


def _dbt(home: Path, warehouse: Path) -> float:
    from ccdata_assets.orchestration.dbt_runner import DBT, dbt_environment

    settings = load_project().settings
    environment: dict[str, Any] = {
        **dbt_environment(settings),
        "HOME": str(warehouse.parent),
        "CCDATA_WAREHOUSE": f"~/{warehouse.name}",
        "CCDATA_MEMORY_LIMIT": MEMORY,
    }
    begun = time.perf_counter()
    done = subprocess.run(
        [DBT, "build", "--select", "resource_type:seed", "ccdata.standard.*", "ccdata.party.*", "--exclude-resource-type", "unit_test",
         "--project-dir", str(settings.dbt_dir), "--target-path", str(home / "target"), "--log-path", str(home / "logs")],
        env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stdout[-3000:])
    return time.perf_counter() - begun


def speed_of_runs(console: Console, records: int) -> None:
    """dbt as a run starts it: all values new, none new, one in a hundred new."""
    from ccdata_assets.warehouse.declared import write_declared
    from ccdata_assets.warehouse.engine import migrate

    project = load_project()
    with TemporaryDirectory() as name:
        folder = Path(name)

        def fill(first: int, count: int) -> None:
            dictionaries = _connect(folder, "runs.duckdb")
            migrate(dictionaries.con)
            write_declared(dictionaries.con, project.registry)
            write_parties(dictionaries, project.registry, count, first, records // 3 if first == 0 else count // 3)
            dictionaries.con.close()

        def sizes() -> int:
            con = duckdb.connect(str(folder / "runs.duckdb"), read_only=True)
            total = con.execute(
                "select sum(estimated_size) from duckdb_tables() where schema_name = 'standard'"
            ).fetchall()[0][0]
            con.close()
            return int(total)

        table = Table("run", "seconds", "rows in standard", title=f"{records:,} records through dbt")
        few = records // 100
        # starts of dbt differ by a second, which is what is to be measured: those are told thrice, and the median
        for label, first, count, times in (
            ("all new", 0, records, 1),
            ("none new", 0, 0, 3),
            ("1% new", records, few, 3),
        ):
            seconds = []
            for time_no in range(times):
                with console.status(f"{label}, {time_no + 1} of {times}"):
                    if count:
                        fill(first + time_no * A_FILE, count)
                    seconds.append(_dbt(folder, folder / "runs.duckdb"))
            table.add_row(label, f"{median(seconds):.1f}", f"{sizes():,}")
    console.print(table)


def main(
    values: Annotated[int, typer.Option(help="Distinct values of each kind.")] = 1_000_000,
    kind: Annotated[list[str] | None, typer.Option(help="Only this dictionary; may be given again.")] = None,
    records: Annotated[int, typer.Option(help="Whole records; 0 leaves them out.")] = 1_000_000,
    runs: Annotated[int, typer.Option(help="Records that go through dbt three times; 0 leaves them out.")] = 0,
) -> None:
    """Print rates of values, of whole records, and what a second run costs."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    if values:
        speed_of_values(console, kind if kind is not None else list(KINDS), values)
    if records:
        speed_of_records(console, records)
    if runs:
        speed_of_runs(console, runs)


if __name__ == "__main__":
    typer.run(main)
