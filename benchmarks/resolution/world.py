"""Invented worlds to resolve: benchmarks.synth's companies and people, standardised, in a DuckDB file that is made
once.

A world file has staged.party, standard.party_reading and `truth` (row, organisation, branch_of, contact, person; row is
that of the record). It is read only; what is made of it is written to another file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from benchmarks import synth
from benchmarks.synth import HEADERS, write_synth
from benchmarks.synthetic_parties import _as_staged
from ccdata_assets.contracts.compile import literal
from ccdata_assets.project import load_project
from ccdata_assets.standard.dictionaries import Dictionaries
from ccdata_assets.warehouse.engine import STORAGE, Config, migrate, prepare
from ccdata_assets.warehouse.staging import NOTHING_REPLACED

MEMORY = "2500MB"
"""DuckDB's limit; a process stays below 4 GB with it."""
THREADS = 2
WORLD = "world"
"""Name that a world file is attached under."""
READ = ("person", "job_title", "email", "website", "uscc", "phone", "region", "address", "company_name", "postcode", "industry",
        "money", "headcount", "source_site", "misplaced_value", "party_reading")  # fmt: skip
"""The dictionaries of a record, in the order they are made."""


def world_file(cache: Path, rows: int, seed: int) -> Path:
    """The file of a world, made where it is not there yet, or where another version of the dictionaries made it."""
    path = cache / f"world-{rows}-{seed}-{_version()}.duckdb"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        _write_world(part, rows, seed)
        part.rename(path)
    return path


def _version() -> str:
    """Hash of all that a world is made by."""
    folder = load_project().settings.dbt_dir
    files = [Path(synth.__file__), *folder.rglob("models/standard/*.sql"), *folder.rglob("macros/**/*.sql"), *folder.rglob("seeds/**/*.csv")]  # fmt: skip
    content = hashlib.sha256()
    for file in sorted(files):
        content.update(file.read_bytes())
    return content.hexdigest()[:8]


@contextmanager
def open_world(
    cache: Path, rows: int, seed: int, warehouse: Path | None = None, until: int | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A migrated warehouse (default: in memory) whose standard.party_record is a world's; closed at the end.

    With `until`, rows from that number on are a delivery of their own: `deliver` lets them in.
    """
    source = world_file(cache, rows, seed)
    config: Config = {"memory_limit": MEMORY, "threads": THREADS, "temp_directory": str(cache)}
    if warehouse:
        config["storage_compatibility_version"] = STORAGE
    con = duckdb.connect(str(warehouse or ":memory:"), config=config)
    try:
        prepare(con)
        migrate(con)
        con.execute(f"attach {literal(str(source))} as {WORLD} (read_only)")
        deliver(con, rows, until or rows, with_more=not until)
        yield con
    finally:
        con.close()


def deliver(con: duckdb.DuckDBPyConnection, rows: int, until: int, with_more: bool) -> None:
    """standard.party_record: rows before `until`, and those from there on, files of their own, where `with_more`."""
    con.execute(
        f"""create or replace view standard.party_record as
        select party.feed, party.file, if(party.row - 2 < {until}, '', 'more ') || party.sha256 as sha256, party.member, party.row,
            party.received_on, party.landed_at, party.is_repeat, party.flags, 60 as trust,
            party.crm_id, cast(null as varchar) as crm_id_of, reading.* exclude (feed, sha256, member, row, rule_version)
        from {WORLD}.staged.party left join {WORLD}.standard.party_reading as reading using (feed, sha256, member, row)
        where party.row - 2 < {rows if with_more else until}"""
    )
    con.execute(f"create or replace view staged.party_replaced as {NOTHING_REPLACED}")


def truth_of(con: duckdb.DuckDBPyConnection) -> str:
    """The table (row, organisation, contact) that `score` reads."""
    con.execute(
        f"create or replace temp view truth as select row_no + 2 as row, organisation, contact from {WORLD}.truth"
    )
    return "truth"


def _write_world(path: Path, rows: int, seed: int) -> None:
    project = load_project()
    config: Config = {"memory_limit": MEMORY, "threads": THREADS, "storage_compatibility_version": STORAGE}
    with duckdb.connect(str(path), config=config) as con:
        con.execute("set enable_progress_bar = false")
        dictionaries = Dictionaries(project.settings.dbt_dir, con)
        write_synth(con, project.settings.dbt_dir, rows, seed)
        con.execute("create table truth as select row_no, organisation, branch_of, contact, person from synth")
        con.execute(f"create temp table invented as select row_no as i, {', '.join(HEADERS)} from synth")
        con.execute("drop table synth")
        _as_staged(con, project.registry)
        for name in READ:
            dictionaries.build(name)
