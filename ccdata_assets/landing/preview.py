"""`ccdata feeds check`: what would happen to a file if it were dropped into the inbox, found by doing it elsewhere.

The file is landed, staged and gated by the very code of a run, in a home of its own that is thrown away; of the real
home only the ledger is read, for what landed before. Only counts, names of columns and reasons come out, no values.
"""

from __future__ import annotations

import fnmatch
import re
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from ccdata_assets.contracts.compile import LINEAGE, contract_hash
from ccdata_assets.contracts.headers import header_index, map_headers, normal_header
from ccdata_assets.contracts.model import Contract
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.errors import WrongUse, clean_error
from ccdata_assets.landing.inbox import InboxFile, file_name
from ccdata_assets.landing.land import content_hash, land_feed
from ccdata_assets.landing.raw_store import raw_files
from ccdata_assets.landing.reading import limits, reading
from ccdata_assets.landing.rows import ROW_COLUMNS, UnreadableFile, numbered_columns
from ccdata_assets.landing.sample import look_into
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import connect, duckdb_config
from ccdata_assets.warehouse.gate import account, decide
from ccdata_assets.warehouse.staging import stage_feed

TRIED = 3
"""Feeds that a file is landed for where none is named."""
FIRST_ROWS = 5
"""Row numbers that are given of a fault."""
Told = Callable[[str], None]


@dataclass(frozen=True)
class MemberCheck:
    """One table of the file: its columns, which field is read from which, and the rows that hold no record."""

    name: str
    columns: list[str]
    fields: dict[str, str]
    unmapped: list[str]
    missing: list[str]
    header_row: int | None
    """Number of the row above the first record, where that is the header; None for a format that has no such row."""


@dataclass(frozen=True)
class FaultCheck:
    """One reason why rows would go to quarantine."""

    rule: str
    field: str | None
    reason: str
    rows: int
    first: list[int]
    tables: tuple[str, ...] = ()
    """For each of the first rows the table it is in; '' where the file is the table."""


@dataclass
class FeedCheck:
    """What one feed would make of the file."""

    feed: str
    status: str
    """landed, held, rejected, repeat, or waiting (for its sidecar)."""
    error: str | None = None
    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    received_on: str | None = None
    members: list[MemberCheck] = field(default_factory=list)
    rows: int = 0
    staged: int = 0
    quarantined: int = 0
    blank: int = 0
    furniture: int = 0
    repeated: int = 0
    flagged: int = 0
    faults: list[FaultCheck] = field(default_factory=list)
    flags: dict[str, int] = field(default_factory=dict)
    declared_rows: int | None = None
    control_error: str | None = None
    drift: str | None = None
    landed_before: str | None = None
    """As what the same bytes landed before."""
    notes: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """It lands and is released, and something of it is accepted where it holds anything."""
        return self.status == "landed" and (self.staged > 0 or self.rows == self.blank)

    @property
    def rank(self) -> tuple[float, ...]:
        """What is best: landed, all required columns, most rows accepted, most columns read."""
        records = self.rows - self.blank
        columns = sum(len(member.columns) for member in self.members)
        read = sum(len(member.fields) for member in self.members)
        return (
            self.is_clean,
            not any(member.missing for member in self.members) and bool(self.members),
            round(self.staged / records, 2) if records else 0.0,
            read / columns if columns else 0.0,
        )


@dataclass
class FileCheck:
    """What would happen to a file: by its feed, or by the feeds that read it best, the best first."""

    file: str
    bytes: int
    claimed_by: str | None
    """The feed whose pattern its place in the inbox keeps."""
    feeds: list[FeedCheck]
    tried: int
    notes: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        return 0 if self.feeds and self.feeds[0].is_clean else 3

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "would_land": self.exit_code == 0}


def check_file(
    path: Path, registry: Registry, settings: Settings, feed: str | None = None, tell: Told = print
) -> FileCheck:
    """Say what would happen to the file. WrongUse where it or the feed does not exist; `tell` hears what goes on."""
    if path.is_dir():
        raise WrongUse(f"{path} is a folder; fix: name a file in it")
    if not path.is_file():
        raise WrongUse(f"there is no file {path}; fix: correct the path")
    if feed and (feed not in registry.feeds or not registry.feeds[feed].files):
        readable = ", ".join(sorted(name for name, contract in registry.feeds.items() if contract.files))
        raise WrongUse(f"--feed: no feed {feed} reads files; fix: use one of {readable}, or `ccdata feeds draft`")
    path = path.resolve()
    name = _inbox_name(path, settings)
    claimed = registry.feed_of(name) if name else None
    chosen = feed or (claimed.feed if claimed else None)
    result = FileCheck(file_name(Path(path.name)), path.stat().st_size, claimed.feed if claimed else None, [], 0)
    if name and claimed is None:
        result.notes.append(f"it lies in the inbox as {name}, which no feed's pattern has: a run would leave it there")
    if chosen:
        names = [chosen]
    else:
        tell("looking which feeds know its headers")
        try:
            sample = look_into(path, registry, limits(settings))
        except UnreadableFile as error:
            result.notes.append(str(error))
            return result
        names = _likely(sample.headers or numbered_columns(sample.table.num_columns), registry)
    result.tried = len(names)
    sha256 = content_hash(path)
    for each in names:
        tell(f"landing it as {each} (the whole file is read)")
        contract = registry.feeds[each]
        as_name = name if name and claimed and claimed.feed == each else _name_for(contract, path)
        result.feeds.append(_check(path, sha256, as_name, contract, registry, settings))
    result.feeds.sort(key=lambda check: check.rank, reverse=True)
    if not result.feeds:
        result.notes.append("no feed knows its headers; fix: `ccdata feeds draft` proposes a contract")
    return result


def _inbox_name(path: Path, settings: Settings) -> str | None:
    """The file's name in the inbox, where it lies there."""
    inbox = settings.inbox_dir.resolve()
    return file_name(path.relative_to(inbox)) if path.is_relative_to(inbox) else None


def _name_for(contract: Contract, path: Path) -> str:
    """A name below the inbox that the feed reads, with the file's own name where its patterns take it."""
    own = file_name(Path(path.name))
    for glob in contract.files:
        folder = glob.rpartition("/")[0]
        name = f"{re.sub(r'[*?].*', 'x', folder)}/{own}" if folder else own
        if fnmatch.fnmatch(name, glob):
            return name
    return f"{contract.feed}/{own}"


def _likely(columns: Sequence[str], registry: Registry) -> list[str]:
    """The feeds that know most of the columns; those that lack a required one only where all do."""
    scores: list[tuple[tuple[float, ...], str]] = []
    for name, contract in sorted(registry.feeds.items()):
        if not contract.files:
            continue
        mapped = map_headers(contract, registry.fields, columns)
        if mapped.columns:
            claimed = len(mapped.columns)
            scores.append(((-float(bool(mapped.missing)), claimed, -len(mapped.missing)), name))
    scores.sort(key=lambda scored: (*(-part for part in scored[0]), scored[1]))
    complete = [name for score, name in scores if score[0] == 0]
    return (complete or [name for _, name in scores])[:TRIED]


def _elsewhere(settings: Settings, folder: Path) -> Settings:
    """The settings of this run with a home of its own."""
    values = {**settings.model_dump(), "home": folder, "inbox": None, "settle_s": 0}
    return Settings(**values)


def _check(path: Path, sha256: str, name: str, contract: Contract, registry: Registry, settings: Settings) -> FeedCheck:
    state = path.stat()
    result = FeedCheck(contract.feed, "landed")
    ending = contract.control.sidecar
    sidecar = (
        next((s for s in (Path(f"{path}{ending}"), path.with_suffix(ending)) if s.is_file()), None) if ending else None
    )
    if ending and sidecar is None:
        result.notes.append(f"it would wait in the inbox until its sidecar {path.name}{ending} is there too")
    file = InboxFile(name, path, state.st_size, state.st_mtime_ns, sidecar)
    with tempfile.TemporaryDirectory(prefix="ccdata-") as folder:
        elsewhere = _elsewhere(settings, Path(folder))
        with connect(elsewhere) as con:
            try:
                result.landed_before = _copy_past(con, contract, registry, settings, sha256)
            except duckdb.Error:
                result.notes.append(
                    "a run holds the warehouse 仓库正被占用: changed columns and repeats of earlier deliveries were not looked at"
                )
            lines = land_feed(con, contract, registry, elsewhere, [file], "check").lines
            if not lines:
                result.status, result.error = (
                    "rejected",
                    "somebody is writing to the file or to its sidecar; fix: wait until they are whole",
                )
                return result
            _stage(con, contract, registry, elsewhere, result)
            decide(con, contract, elsewhere, account(con, contract, elsewhere), [], "check")
            _read_ledger(con, contract, sha256, result)
            _read_faults(con, contract, sha256, result)
            result.members = _members(raw_files(elsewhere.raw_dir / contract.feed, sha256), contract, registry)
    if result.landed_before in ("landed", "held", "rejected"):
        result.notes.append(
            f"the same bytes are in the ledger as {result.landed_before}: a run would count them as sent again"
        )
    if ending and sidecar is None and result.status == "landed":
        result.status = "waiting"
    return result


def _stage(
    con: duckdb.DuckDBPyConnection, contract: Contract, registry: Registry, settings: Settings, result: FeedCheck
) -> None:
    """Stage what has landed; that a run would end here is something to say, not to end at."""
    try:
        stage_feed(con, contract, registry, settings)
    except Exception as error:  # `quarantine: fail`, or rows that the contract cannot judge
        result.notes.append(f"a run would stop here: {clean_error(error, contract.feed)}")


def _copy_past(
    con: duckdb.DuckDBPyConnection, contract: Contract, registry: Registry, settings: Settings, sha256: str
) -> str | None:
    """Take over from the real ledger what the columns of the last delivery were; give as what the same bytes landed.

    Raises duckdb.Error where a run is writing, so that what landed before is not known.
    The lines are taken over as judged and without members, so that nothing is read or judged of them here.
    """
    if not settings.warehouse_path.exists():
        return None
    real = duckdb.connect(str(settings.warehouse_path), read_only=True, config=duckdb_config(settings))
    with real, suppress(duckdb.Error):
        before = real.execute(
            "select status from ops.file_ledger where feed = ? and sha256 = ? and status <> 'repeat'",
            [contract.feed, sha256],
        ).fetchone()
        last = real.execute(
            """select * from ops.file_ledger as l where feed = ? and sha256 <> ? and status in ('landed', 'held')
            and exists (select 1 from ops.file_column as c where c.feed = l.feed and c.sha256 = l.sha256)
            order by landed_at desc, received_on desc, file desc limit 1""",
            [contract.feed, sha256],
        ).to_arrow_table()
        if last.num_rows:
            past = last.column("sha256")[0].as_py()
            columns = real.execute(
                "select * from ops.file_column where feed = ? and sha256 = ?", [contract.feed, past]
            ).to_arrow_table()
            con.register("past_line", last)
            con.register("past_columns", columns)
            con.execute("insert into ops.file_ledger by name select * from past_line")
            con.execute("insert into ops.file_column by name select * from past_columns")
            con.execute(
                """update ops.file_ledger set members = [], rows = 0, staged = 0, quarantined = 0, blank = 0, furniture = 0,
                superseded = 0, repeated = 0, flagged = 0, control_error = null, contract_hash = ?, read_by = ?""",
                [contract_hash(registry, contract), ":".join(reading(contract, registry, settings))],
            )
            con.unregister("past_line")
            con.unregister("past_columns")
        return str(before[0]) if before else None
    return None


def _read_ledger(con: duckdb.DuckDBPyConnection, contract: Contract, sha256: str, result: FeedCheck) -> None:
    names = (
        "status", "error", "format", "encoding", "delimiter", "rows", "staged", "quarantined", "blank", "furniture", "repeated",
        "flagged", "declared_rows", "control_error", "drift",
    )  # fmt: skip
    row = con.execute(
        f"select {', '.join(names)}, received_on::varchar from ops.file_ledger where feed = ? and sha256 = ?",
        [contract.feed, sha256],
    ).fetchall()[-1]
    for name, value in zip((*names, "received_on"), row, strict=True):
        setattr(result, name, value)


def _read_faults(con: duckdb.DuckDBPyConnection, contract: Contract, sha256: str, result: FeedCheck) -> None:
    found = con.execute(
        """select rule, field, reason, count(distinct (member, row)) as rows,
        list(distinct {'member': member, 'row': row} order by {'member': member, 'row': row})[:$3]
        from ops.quarantine where feed = $1 and sha256 = $2 group by rule, field, reason order by rows desc, rule, field""",
        [contract.feed, sha256, FIRST_ROWS],
    ).fetchall()
    result.faults = [
        FaultCheck(
            rule, name, reason, rows, [each["row"] for each in first], tuple(each["member"] or "" for each in first)
        )
        for rule, name, reason, rows, first in found
    ]
    with suppress(duckdb.Error):  # nothing was staged
        flags = con.execute(
            f"select flag, count(*) from (select unnest(_flags) as flag from staged.{contract.feed} where _sha256 = ?) group by all order by all",
            [sha256],
        ).fetchall()
        result.flags = dict(flags)


def _members(paths: Sequence[Path], contract: Contract, registry: Registry) -> list[MemberCheck]:
    """The landed tables with what the contract reads from them."""
    own = {*LINEAGE, *ROW_COLUMNS}
    members = []
    for path in paths:
        file = pq.ParquetFile(path)
        columns = [name for name in file.schema_arrow.names if name not in own]
        mapped = map_headers(contract, registry.fields, columns)
        name, first = "", None
        if file.num_row_groups:
            head = file.read_row_group(0, columns=["_member", "_row", "_fault"]).slice(0, 100)
            name = head.column("_member")[0].as_py()
            first = next(
                (r["_row"] for r in head.to_pylist() if r["_fault"] not in ("title_line", "header_line")), None
            )
        members.append(
            MemberCheck(
                name,
                columns,
                {column: field for field, column in mapped.columns.items()},
                list(mapped.unmapped),
                list(mapped.missing),
                first - 1 if first and first > 1 and _has_header(contract, registry, columns) else None,
            )
        )
    return members


def _has_header(contract: Contract, registry: Registry, columns: Sequence[str]) -> bool:
    known = header_index(contract, registry.fields)
    return any(normal_header(column) in known for column in columns)
