"""The supplier's kit: for each delivery with rows in quarantine, a workbook to send back to who sent the file.

Here stands which deliveries have a kit and what is in it; `supplier_words` says faults in words, `supplier_workbook`
lays them out. Kits hold personal values by purpose: they lie in quarantine/ only, readable by the run's user alone, and
nothing of them goes anywhere else.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from ccdata_assets.contracts.compile import LINEAGE, contract_hash, literal, quote
from ccdata_assets.contracts.headers import HeaderMap, map_headers
from ccdata_assets.contracts.model import Contract
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.errors import CcdataError, clean_error
from ccdata_assets.landing.raw_store import raw_files
from ccdata_assets.landing.rows import BYTE, ROW_COLUMNS
from ccdata_assets.quality.supplier_words import Explanation, Words, explain
from ccdata_assets.settings import Settings

MAX_ROWS = 100_000
"""Rows that a kit lists; all are counted. Nobody mends more by hand."""
MAX_WIDTH = 2_000
"""Columns that a sheet of a kit has for a row's cells."""
FIRST_ROWS = 5
"""Row numbers named beside each fault of the summary."""
FETCH_ROWS = 2_000
FINGERPRINT = "ccdata_fingerprint"
"""Property of the workbook that says what it was made from."""
_KIT_NAME = re.compile(r"[0-9a-f]{12}-.*\.kit\.xlsx", re.DOTALL)
_WORK = ".kits.part"
"""Folder of kits that are not whole yet."""
CONDEMNED = ("no_header", "too_many_columns", "unreadable_member")
"""Faults of a table whose columns are not known."""


@dataclass(frozen=True)
class Kits:
    """The kits of a feed after a run."""

    paths: list[Path] = field(default_factory=list)
    written: int = 0
    """Made or made anew by this run."""
    failed: dict[str, CcdataError] = field(default_factory=dict)
    """File → why it has no kit; the next run tries again."""


@dataclass(frozen=True)
class Delivery:
    """A landed file with rows in quarantine, as the ledger counts it."""

    feed: str
    file: str
    sha256: str
    received_on: date
    status: str
    rows: int
    accepted: int
    rejected: int
    blank: int
    control_error: str | None
    drift: str | None
    faults: int
    faults_hash: int

    @property
    def name(self) -> str:
        """The file's name as it was delivered."""
        return self.file.rpartition("/")[2]

    @property
    def rejected_share(self) -> float:
        return self.rejected / (self.rows - self.blank) if self.rows > self.blank else 0.0


@dataclass(frozen=True)
class Fault:
    """What is wrong with rows of a delivery: one (rule, field, reason) of the quarantine."""

    rule: str
    field: str | None
    reason: str
    words: Explanation
    fields: Words
    """Names of the fields it concerns, '' where it concerns the row."""
    marked: tuple[str, ...]
    """Fields whose cells hold it."""
    rows: int
    first: tuple[tuple[str, int], ...]
    """(member, row) of the first ones."""


@dataclass(frozen=True)
class Sheet:
    """Members of the same columns: one sheet of the kit."""

    members: tuple[tuple[str, Path], ...]
    columns: tuple[str, ...]
    mapped: HeaderMap
    extra: int
    """Cells that rows have beyond the columns."""
    condemned: bool

    def places(self, fault: Fault) -> tuple[int, ...]:
        """Where in the columns the fault's cells are; none: it is the row's."""
        found = (self.mapped.columns.get(name) for name in fault.marked)
        return tuple(self.columns.index(column) for column in dict.fromkeys(filter(None, found)))


@dataclass(frozen=True)
class BadRow:
    """One row as it was delivered, with its faults."""

    member: str
    number: int
    cells: Sequence[str | None]
    faults: tuple[Fault, ...]
    suspect: frozenset[int]
    """Places of the cells that a fault of the row is in: undecodable ones, those beyond the header."""


@dataclass(frozen=True)
class Kit:
    """All that the workbook of one delivery says."""

    con: duckdb.DuckDBPyConnection = field(repr=False)
    contract: Contract
    registry: Registry
    delivery: Delivery
    fingerprint: str
    sheets: tuple[Sheet, ...]
    faults: tuple[Fault, ...]
    """Most rows first."""
    by_rule: tuple[tuple[Words, int], ...]
    """Short name of each rule and the rows that break it, most first."""

    @cached_property
    def _faults_by_key(self) -> dict[tuple[str, str | None, str], Fault]:
        return {(fault.rule, fault.field, fault.reason): fault for fault in self.faults}

    @property
    def missing(self) -> list[str]:
        """Required fields that a table of the file has no column for."""
        tables = (sheet for sheet in self.sheets if not sheet.condemned)
        return list(dict.fromkeys(name for sheet in tables for name in sheet.mapped.missing))

    @property
    def unmapped(self) -> list[str]:
        """Columns of the file that were not agreed, where the contract cares."""
        tables = (sheet for sheet in self.sheets if not sheet.condemned and self.contract.unmapped != "keep")
        return list(dict.fromkeys(name for sheet in tables for name in sheet.mapped.unmapped))

    def headers(self, fault: Fault) -> list[str]:
        """The headers, in the supplier's file, of the columns that hold a fault."""
        return list(dict.fromkeys(sheet.columns[place] for sheet in self.sheets for place in sheet.places(fault)))

    def rows(self, sheet: Sheet, limit: int) -> Iterator[BadRow]:
        """The rows in quarantine of a sheet's members, at most `limit`, in the file's order."""
        for member, path in sheet.members:
            if limit <= 0:
                return
            for row in self._rows(sheet, member, path, limit):
                limit -= 1
                yield row

    def _rows(self, sheet: Sheet, member: str, path: Path, limit: int) -> Iterator[BadRow]:
        cells = "".join(f", r.{quote(column)}" for column in sheet.columns)
        sql = f"""with bad as (
                select row as number, list(struct_pack(rule := rule, field := field, reason := reason)) as faults
                from ops.quarantine where feed = $1 and sha256 = $2 and member = $3 group by row order by row limit {limit}
            )
            select bad.number, bad.faults, r._text{cells} from read_parquet({literal(str(path))}) as r
            join bad on r._row = bad.number order by bad.number"""
        with self.con.cursor() as cursor:
            result = cursor.execute(sql, [self.delivery.feed, self.delivery.sha256, member])
            for batch in result.to_arrow_reader(FETCH_ROWS):
                for number, faults, text, *own in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    yield self._row(sheet, member, number, faults, own if text is None else _cells_of(text))

    def _row(
        self, sheet: Sheet, member: str, number: int, found: list[dict[str, str]], cells: list[str | None]
    ) -> BadRow:
        keys = ((fault["rule"], fault["field"], fault["reason"]) for fault in found)
        faults = sorted((self._faults_by_key[key] for key in keys), key=lambda fault: (sheet.places(fault), fault.rule))
        suspect = {place for place, cell in enumerate(cells) if cell and place >= len(sheet.columns)}
        if any(fault.rule == "undecodable" for fault in faults):
            suspect |= {place for place, cell in enumerate(cells) if cell and BYTE.search(cell)}
        return BadRow(member, number, cells, tuple(faults), frozenset(suspect))


def _cells_of(text: str) -> list[str | None]:
    """The cells of a row that could not be read, as landing has kept them."""
    with suppress(ValueError):
        cells = json.loads(text)
        if isinstance(cells, list):
            return [
                cell if cell is None or isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)
                for cell in cells
            ]
    return [text]


# --- which kits there are ----------------------------------------------------------------------------------------


def write_kits(con: duckdb.DuckDBPyConnection, contract: Contract, registry: Registry, settings: Settings) -> Kits:
    """Bring the kits of a feed up to date: <home>/quarantine/<feed>/<sha256>-<file>.kit.xlsx, one a delivery.

    A delivery whose kit was made from the same rows, counts and contract is left alone; a kit whose delivery has no row
    in quarantine any more is taken away. A delivery whose kit cannot be made costs only that kit.
    """
    folder, kits, written = settings.quarantine_dir / contract.feed, [], 0
    failed: dict[str, CcdataError] = {}
    shutil.rmtree(folder / _WORK, ignore_errors=True)  # of a killed run
    for delivery in _deliveries(con, contract):
        path = folder / kit_name(delivery.sha256, delivery.file)
        fingerprint = _fingerprint(registry, contract, delivery)
        if fingerprint != _fingerprint_of(path):
            try:
                _write(_kit(con, contract, registry, settings, delivery, fingerprint), path, settings)
                written += 1
            except Exception as error:
                failed[delivery.file] = clean_error(error, "the supplier's kit cannot be made")
                path.unlink(missing_ok=True)  # what it says is no longer so
                continue
        kits.append(path)
    for path in folder.glob("*.kit.xlsx"):
        if _KIT_NAME.fullmatch(path.name) and path not in kits:
            path.unlink(missing_ok=True)
    return Kits(kits, written, failed)


def kit_name(sha256: str, file: str) -> str:
    """The name of a file's kit, one that every system takes."""
    name = re.sub(
        r'[\x00-\x1f\x7f<>:"/\\|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+', "_", file.rpartition("/")[2]
    )
    stem, dot, suffix = name.rpartition(".")
    if not stem:
        stem, dot, suffix = name, "", ""
    # a name in Chinese is soon too long for the disk
    return f"{sha256[:12]}-{stem[:40].strip(' ')}{dot}{suffix[:10].rstrip(' .')}.kit.xlsx"


def _write(kit: Kit, path: Path, settings: Settings) -> None:
    from ccdata_assets.quality.supplier_workbook import draw  # it loads a library that a run with nothing new spares

    work = path.parent / _WORK
    work.mkdir(parents=True, mode=0o700)
    try:
        book = work / "kit.xlsx"
        draw(kit, book, settings.as_of)
        book.chmod(0o600)
        book.replace(path)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _deliveries(con: duckdb.DuckDBPyConnection, contract: Contract) -> list[Delivery]:
    found = con.execute(
        """with faults as (
            select sha256, count(*) as faults, bit_xor(hash(member, row, field, rule, reason)) as faults_hash
            from ops.quarantine where feed = $1 group by sha256
        )
        select l.feed, l.file, l.sha256, l.received_on, l.status, l.rows, l.staged + l.superseded, l.quarantined, l.blank,
            l.control_error, l.drift, f.faults, f.faults_hash
        from ops.file_ledger as l join faults as f using (sha256)
        where l.feed = $1 and l.status in ('landed', 'held', 'rejected') order by l.landed_at, l.file""",
        [contract.feed],
    ).fetchall()
    return [Delivery(*line) for line in found]


def _fingerprint(registry: Registry, contract: Contract, delivery: Delivery) -> str:
    """What a kit says depends on: the delivery's counts and faults, the contract, its words, how kits are made."""
    codes = {spec.type for name in contract.fields if (spec := registry.fields.get(name))}
    codes |= {use.type for use in contract.fields.values() if use.type}
    words = [
        contract.title.model_dump(),
        [registry.title(name) for name in contract.fields],
        [registry.codes[kind[5:]].model_dump() for kind in sorted(codes) if kind.startswith("code:")],
    ]
    parts = [_code(), MAX_ROWS, contract_hash(registry, contract), words, vars(delivery)]
    return hashlib.sha256(json.dumps(parts, default=str, ensure_ascii=False).encode()).hexdigest()


@lru_cache
def _code() -> str:
    own = sorted(Path(__file__).parent.glob("supplier_*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in own)).hexdigest()


def _fingerprint_of(path: Path) -> str | None:
    """What an existing kit was made from; None where there is none that can be read."""
    with suppress(OSError, KeyError, zipfile.BadZipFile), zipfile.ZipFile(path) as book:
        text = book.read("docProps/custom.xml").decode("utf-8", "replace")
        if hit := re.search(rf'name="{FINGERPRINT}"[^>]*>\s*<[^>]*>([0-9a-f]+)<', text):
            return hit[1]
    return None


# --- what is in one ----------------------------------------------------------------------------------------------


def _kit(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    registry: Registry,
    settings: Settings,
    delivery: Delivery,
    fingerprint: str,
) -> Kit:
    faults = _faults(con, contract, registry, delivery)
    by_rule = con.execute(
        """select rule, count(distinct (member, row)) as rows from ops.quarantine
        where feed = ? and sha256 = ? group by rule order by rows desc, rule""",
        [delivery.feed, delivery.sha256],
    ).fetchall()
    labels = {fault.rule: fault.words.label for fault in reversed(faults)}
    return Kit(
        con, contract, registry, delivery, fingerprint, tuple(_sheets(con, contract, registry, settings, delivery)),
        tuple(faults), tuple((labels[rule], rows) for rule, rows in by_rule),
    )  # fmt: skip


def _faults(con: duckdb.DuckDBPyConnection, contract: Contract, registry: Registry, delivery: Delivery) -> list[Fault]:
    found = con.execute(
        f"""with members as (
            select rule, field, reason, member, count(distinct row) as rows, min(row, {FIRST_ROWS}) as first
            from ops.quarantine where feed = ? and sha256 = ? group by all
        )
        select rule, field, reason, sum(rows)::bigint as rows, list(struct_pack(member, first) order by member)
        from members group by all order by rows desc, rule, field, reason""",
        [delivery.feed, delivery.sha256],
    ).fetchall()
    faults = []
    for rule, name, reason, rows, members in found:
        titles = [registry.title(part) for part in name.split(", ")] if name else []
        first = [(each["member"], row) for each in members for row in each["first"]]
        faults.append(
            Fault(
                rule,
                name,
                reason,
                explain(registry, contract, rule, name, reason),
                Words("、".join(zh for zh, _ in titles), ", ".join(en for _, en in titles)),
                marked_fields(contract, rule, name, reason),
                rows,
                tuple(first[:FIRST_ROWS]),
            )
        )
    return faults


def marked_fields(contract: Contract, rule: str, field: str | None, reason: str) -> tuple[str, ...]:
    """The fields read from a column whose cells hold a fault: the field's own, or those it is derived from.

    A rule of the contract that names no field concerns all that its condition names.
    """
    names = field.split(", ") if field else []
    if not names:
        own = next((own for own in contract.row_rules if own.name == rule), None)
        names = _named(contract, own.expect) if own else []
    found: dict[str, None] = {}
    seen: set[str] = set()
    while names:
        name = names.pop(0)
        use = contract.fields.get(name)
        if use is None or name in seen:
            continue
        seen.add(name)
        if use.derive is None:
            found[name] = None
        else:
            names += _named(contract, use.derive)
    return tuple(found)


def _named(contract: Contract, sql: str) -> list[str]:
    """The fields that an expression of the contract names."""
    words = re.findall(r"[A-Za-z_][A-Za-z0-9_]*", re.sub(r"'(?:[^']|'')*'", "", sql))
    return [word for word in dict.fromkeys(words) if word in contract.fields]


def _sheets(
    con: duckdb.DuckDBPyConnection, contract: Contract, registry: Registry, settings: Settings, delivery: Delivery
) -> Iterator[Sheet]:
    """The members that have rows in quarantine, in the file's order, those of the same columns together."""
    condemned = dict(
        con.execute(
            f"""select member, coalesce(bool_or(rule in ({", ".join(map(literal, CONDEMNED))})), false)
            from ops.quarantine where feed = ? and sha256 = ? group by member""",
            [delivery.feed, delivery.sha256],
        ).fetchall()
    )
    groups: dict[tuple[tuple[str, ...], bool], list[tuple[str, Path]]] = {}
    for path in raw_files(settings.raw_dir / contract.feed, delivery.sha256):
        file = pq.ParquetFile(path)
        if not file.num_row_groups:
            continue
        member = file.read_row_group(0, columns=["_member"]).column(0)[0].as_py()
        if member in condemned:
            own = {*LINEAGE, *ROW_COLUMNS}
            columns = tuple(name for name in file.schema_arrow.names if name not in own)
            groups.setdefault((columns[:MAX_WIDTH], condemned[member]), []).append((member, path))
    for (columns, is_condemned), members in groups.items():
        width = max(_width(con, delivery, member, path) for member, path in members)
        extra = min(max(0, width - len(columns)), MAX_WIDTH - len(columns))
        mapped = map_headers(contract, registry.fields, columns)
        yield Sheet(tuple(members), columns, mapped, extra, is_condemned)


def _width(con: duckdb.DuckDBPyConnection, delivery: Delivery, member: str, path: Path) -> int:
    """Cells of the widest row in quarantine that could not be read."""
    sql = f"""select _text from read_parquet({literal(str(path))}) where _text is not null and _row in (
        select row from ops.quarantine where feed = $1 and sha256 = $2 and member = $3)"""
    width = 0
    with con.cursor() as cursor:
        for batch in cursor.execute(sql, [delivery.feed, delivery.sha256, member]).to_arrow_reader(FETCH_ROWS):
            for text in batch.column(0).to_pylist():
                cells = _cells_of(text)
                while cells and not cells[-1]:
                    cells.pop()
                width = max(width, len(cells))
    return width
