"""Staged tables: raw files judged by their contract, every row accounted for.

`staged.<feed>` is rebuilt file by file: a file is judged once, and again when what its contract says has changed.
The unions of the subjects, `staged.value` and `staged.record` are views over the batches that the gate has released.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from ccdata_assets.contracts.compile import (
    LANDING_FAULTS,
    LINEAGE,
    column_type,
    contract_hash,
    field_type,
    literal,
    quote,
    staging_query,
)
from ccdata_assets.contracts.headers import HeaderMap, map_headers
from ccdata_assets.contracts.model import Contract
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.errors import BlockingCheckFailed, CcdataError, clean_error
from ccdata_assets.landing.raw_store import condemning_fault, raw_files
from ccdata_assets.landing.rows import ROW_COLUMNS
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.control import MemberFile, check_control
from ccdata_assets.warehouse.drift import SchemaDrift, columns_before, columns_of, compare, record_columns
from ccdata_assets.warehouse.engine import transaction
from ccdata_assets.warehouse.gate import forget_marks

STAGED_COLUMNS = {
    "_file": "varchar",
    "_sha256": "varchar",
    "_member": "varchar",
    "_row": "bigint",
    "_landed_at": "timestamptz",
    "_received_on": "date",
    "_contract_version": "integer",
    "_key_hash": "varchar",
    "_is_repeat": "boolean",
    "_is_superseded": "boolean",
    "_flags": "varchar[]",
}
"""What every staged row has beside its fields; _key_hash is of the contract's key, _is_repeat: seen before in the feed,
_is_superseded: a later delivery has taken its place (contract `replaces`)."""


@dataclass(frozen=True)
class StagedFile:
    """What became of the rows of one file."""

    file: str
    rows: int
    staged: int
    quarantined: int
    blank: int
    status: str
    unmapped: int = 0
    """Columns of the file that no field of the contract claims."""
    drift: str | None = None
    """How its columns differ from the delivery before."""


def stage_feed(
    con: duckdb.DuckDBPyConnection, contract: Contract, registry: Registry, settings: Settings, run_id: str = ""
) -> list[StagedFile]:
    """Judge the files of a feed that its contract, as it is now, has not judged; give what became of each.

    A changed contract re-judges all files of the feed, in the order they landed. Raises BlockingCheckFailed where
    the contract says `quarantine: fail` and a row has a fault.
    """
    version = contract_hash(registry, contract)
    judged_by = con.execute(
        "select distinct contract_hash from ops.file_ledger where feed = ? and contract_hash is not null",
        [contract.feed],
    ).fetchall()
    if judged_by != [(version,)]:  # nothing judged yet, or judged by another contract: begin with an empty table
        with transaction(con):
            forget_marks(con, contract.feed)
            con.execute(f"drop table if exists staged.{contract.feed} cascade")
            con.execute("delete from ops.batch_gate where feed = ?", [contract.feed])
            con.execute("update ops.file_ledger set contract_hash = null where feed = ?", [contract.feed])
    _create_table(con, contract, registry)
    waiting = con.execute(
        """select file, sha256, received_on, landed_at from ops.file_ledger
        where feed = ? and contract_hash is null and status <> 'repeat' and len(members) > 0 order by landed_at, landing_seq, file""",
        [contract.feed],
    ).fetchall()
    staged = []
    for file, sha256, received_on, _ in waiting:
        try:
            with transaction(con):
                done = _stage_file(con, contract, registry, settings, file, sha256, str(received_on), version)
        except (
            Exception
        ) as error:  # a rule DuckDB refuses on these values, a damaged Parquet file: costs this file only
            done = _hold_file(
                con, contract, file, sha256, clean_error(error, "the contract cannot judge this file"), settings
            )
        con.execute(
            "update ops.file_ledger set judged_run_id = ? where feed = ? and sha256 = ? and status <> 'repeat'",
            [run_id, contract.feed, sha256],
        )
        staged.append(done)
        if contract.quarantine == "fail" and staged[-1].quarantined:
            raise BlockingCheckFailed(
                f"{contract.feed}: {file}: {staged[-1].quarantined} rows have faults and the contract says `quarantine: fail`; fix: see ops.quarantine"
            )
    return staged


def _hold_file(
    con: duckdb.DuckDBPyConnection, contract: Contract, file: str, sha256: str, error: CcdataError, settings: Settings
) -> StagedFile:
    """Keep a file that could not be judged out of everything; the next run tries it again."""
    reason = f"{error}; fix: use try_cast in the contract's rules, or report this"
    this = "feed = ? and sha256 = ?"
    with transaction(con):
        con.execute(f"delete from ops.quarantine where {this}", [contract.feed, sha256])
        con.execute(
            f"""update ops.file_ledger set status = 'held', error = ?, staged = 0, quarantined = 0, blank = 0,
            furniture = 0, superseded = 0, repeated = 0, flagged = 0
            where {this} and status <> 'repeat'""",
            [reason, contract.feed, sha256],
        )
        con.execute(
            "insert or replace into ops.batch_gate values (?, ?, 'held', ?, ?, null)",
            [contract.feed, sha256, reason, settings.as_of],
        )
    rows = con.execute(f"select rows from ops.file_ledger where {this} and status = 'held'", [contract.feed, sha256])
    return StagedFile(file, rows.fetchall()[0][0], 0, 0, 0, "held")


def _create_table(con: duckdb.DuckDBPyConnection, contract: Contract, registry: Registry) -> None:
    fields = {quote(name): column_type(field_type(registry, contract, name)) for name in contract.fields}
    columns = ", ".join(f"{name} {kind}" for name, kind in {**STAGED_COLUMNS, **fields}.items())
    con.execute(f"create table if not exists staged.{contract.feed} ({columns})")


def _stage_file(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    registry: Registry,
    settings: Settings,
    file: str,
    sha256: str,
    received_on: str,
    version: str,
) -> StagedFile:
    feed = contract.feed
    forget_marks(con, feed)
    con.execute(f"delete from staged.{feed} where _sha256 = ?", [sha256])
    con.execute("delete from ops.quarantine where feed = ? and sha256 = ?", [feed, sha256])
    con.execute("drop table if exists judged")
    members = [_read_member(contract, registry, path) for path in raw_files(settings.raw_dir / feed, sha256)]
    drift, file_error = _drift(con, contract, sha256, members), None
    for place, member in enumerate(members):
        fault, error = _file_fault(contract, registry, member, drift)
        file_error = file_error or error
        relation = f"read_parquet({literal(str(member.path))})"
        query = staging_query(registry, contract, member.mapped, relation, member.columns, fault)
        con.execute(f"create temp table judged as {query}" if place == 0 else f"insert into judged {query}")
    if (
        contract.quarantine == "file"
        and con.execute("select count(*) from judged where len(_faults) > 0").fetchall()[0][0]
    ):
        fault = "{'rule': 'whole_file', 'field': cast(null as varchar), 'reason': 'another row of the file has a fault and the contract quarantines whole files'}"
        con.execute(f"update judged set _faults = [{fault}] where len(_faults) = 0 and not _blank")
        file_error = file_error or "a row has a fault and the contract quarantines whole files; fix: see ops.quarantine"
    con.execute(
        f"""insert into ops.quarantine
        select {literal(feed)}, {literal(file)}, _sha256, _member, _row, fault.field, fault.rule, fault.reason, {contract.version}
        from (select *, unnest(_faults) as fault from judged)"""
    )
    key = contract.key or tuple(contract.fields)
    parts = ", ".join(f"coalesce(cast({quote(name)} as varchar), chr(0))" for name in key)
    # a row without any part of its key is like no other
    given = " or ".join(f"{quote(name)} is not null" for name in key)
    key_hash = (
        f"md5(case when {given} then concat_ws(chr(31), {parts}) else concat_ws(chr(31), _sha256, _member, _row) end)"
    )
    fields = ", ".join(quote(name) for name in contract.fields)
    con.execute(
        f"""insert into staged.{feed}
        with accepted as (
            select *, {key_hash} as _key_hash from judged where len(_faults) = 0 and not _blank
        )
        select {literal(file)}, _sha256, _member, _row, _landed_at, {literal(received_on)}, {contract.version}, _key_hash,
            row_number() over (partition by _key_hash order by _member, _row) > 1
                or _key_hash in (select _key_hash from staged.{feed}) as _is_repeat,
            false as _is_superseded, _flags, {fields}
        from accepted order by _member, _row"""
    )
    sidecar = con.execute(f"select declared_rows from ops.file_ledger where {_THIS}", [feed, sha256]).fetchall()[0][0]
    declared = check_control(
        con, contract, file, [MemberFile(m.path, m.columns, m.mapped.columns) for m in members], sidecar
    )
    counts = con.execute(
        f"""select
            (select count(*) from judged),
            (select count(*) from staged.{feed} where _sha256 = $1),
            (select count(distinct (_member, _row)) from judged where len(_faults) > 0),
            (select count(*) from judged where _blank),
            (select count(*) from judged where _furniture),
            (select count(*) from staged.{feed} where _sha256 = $1 and _is_repeat),
            (select count(*) from staged.{feed} where _sha256 = $1 and len(_flags) > 0)""",
        [sha256],
    ).fetchall()[0]
    rows, accepted, quarantined, blank, furniture, repeated, flagged = counts
    if quarantined and not accepted:
        file_error = file_error or "no row was accepted; fix: see ops.quarantine, mend the file or the contract"
    status = "rejected" if file_error and not accepted else "landed"
    line = {
        "staged": accepted, "quarantined": quarantined, "blank": blank, "furniture": furniture, "superseded": 0,
        "repeated": repeated, "flagged": flagged, "status": status, "error": file_error,
        "declared_rows": declared.rows, "control_error": declared.error, "drift": drift.text(contract),
        "contract_version": contract.version, "contract_hash": version,
    }  # fmt: skip
    con.execute(
        f"update ops.file_ledger set {', '.join(f'{name} = ?' for name in line)} where {_THIS}",
        [*line.values(), feed, sha256],
    )
    return StagedFile(file, rows, accepted, quarantined, blank, status, len(_unmapped(members)), drift.text(contract))


_THIS = "feed = ? and sha256 = ? and status <> 'repeat'"


@dataclass(frozen=True)
class _RawMember:
    """One raw file: its columns in order, what the contract reads from them, and a fault of all its rows, if any."""

    name: str
    path: Path
    columns: list[str]
    mapped: HeaderMap
    condemned: str | None


def _read_member(contract: Contract, registry: Registry, path: Path) -> _RawMember:
    own = {*LINEAGE, *ROW_COLUMNS}
    file = pq.ParquetFile(path)
    columns = [name for name in file.schema_arrow.names if name not in own]
    condemned, name = None, ""
    if file.num_row_groups:
        first = file.read_row_group(0, columns=["_fault", "_member"])
        condemned = condemning_fault(first.column("_fault").to_pylist())
        name = first.column("_member")[0].as_py()
    return _RawMember(name, path, columns, map_headers(contract, registry.fields, columns), condemned)


def _drift(
    con: duckdb.DuckDBPyConnection, contract: Contract, sha256: str, members: Sequence[_RawMember]
) -> SchemaDrift:
    """How the file's columns differ from the delivery before; they are noted for the next one."""
    tables = [m for m in members if m.condemned is None and m.columns]
    record_columns(con, contract, sha256, {m.name: columns_of(m.mapped, m.columns) for m in tables})
    for member in tables:
        now = columns_of(member.mapped, member.columns)
        before = columns_before(con, contract.feed, sha256, member.name, now)
        if before and (drift := compare(before, now)):
            return drift
    return SchemaDrift()


def _unmapped(members: Sequence[_RawMember]) -> list[str]:
    return [column for member in members if member.condemned is None for column in member.mapped.unmapped]


def _file_fault(
    contract: Contract, registry: Registry, member: _RawMember, drift: SchemaDrift
) -> tuple[str | None, str | None]:
    """What condemns all rows of a member (a code of LANDING_FAULTS), and what the ledger says of it."""
    if member.condemned:
        return None, LANDING_FAULTS[member.condemned]
    if member.mapped.missing:
        names = ", ".join(f"{name} ({registry.title(name)[0]})" for name in member.mapped.missing)
        return (
            "missing_column",
            f"lacks the required column {names}; fix: add it or give its header under `from` in {contract.feed}.yaml",
        )
    if contract.unmapped == "reject" and member.mapped.unmapped:
        return (
            "unmapped_column",
            f"{len(member.mapped.unmapped)} columns are not in the contract; fix: remove them or add them to {contract.feed}.yaml",
        )
    if drift.is_rejected(contract):
        return "drifted_columns", f"{LANDING_FAULTS['drifted_columns']} ({drift.text(contract)})"
    return None, None


def refuse_lost_feeds(con: duckdb.DuckDBPyConnection, registry: Registry, settings: Settings) -> None:
    """CcdataError where rows of a feed have landed and its contract is gone: its entities would all be retired."""
    landed = {feed for (feed,) in con.execute("select distinct feed from ops.file_ledger where rows > 0").fetchall()}
    given_up = {name.strip() for name in settings.retired_feeds.split(",")}
    if lost := sorted(landed - set(registry.feeds) - given_up):
        raise CcdataError(
            f"files of {', '.join(lost)} have landed here but there is no contract of that name; fix: give its folder in "
            "CCDATA_CONTRACTS (--contracts), or name it in CCDATA_RETIRED_FEEDS to take its rows out of the warehouse"
        )


def create_views(con: duckdb.DuckDBPyConnection, registry: Registry) -> None:
    """Create the unions of the subjects and what dbt reads beside them: staged.batch, staged.value and staged.record.

    staged.<subject>: feed, lineage, received_on, is_repeat, flags, the subject's fields; released batches only.
    staged.batch: feed, sha256, contract_hash; one row per released file of a feed with a contract, by which a dictionary knows what it has read.
    staged.value: kind, raw, feed, sha256; one row per cell of a kind that a standardiser understands, superseded rows too.
    staged.party_replaced: one row per party row whose place a later row of the same key has taken (contract `replaces: key`):
    feed, sha256, member, row, and that row's by_sha256, by_member, by_row.
    staged.record: one row per landed row that is not blank: feed, subject, lineage, received_on, landed_at, status, is_repeat, flags.
    staged.held: the same of batches that the gate holds, without is_repeat and flags: rows that wait.
    """
    for contract in registry.feeds.values():
        _create_table(con, contract, registry)
    values: list[str] = []
    records: list[str] = []
    for name in registry.subjects:
        parts = [_subject_part(contract, registry, name) for contract in registry.feeds_of(name)]
        parts = parts or [_subject_part(None, registry, name) + " where false"]
        con.execute(f"create or replace view staged.{name} as " + "\nunion all by name\n".join(parts))
        values += [part for contract in registry.feeds_of(name) for part in _values(contract, registry, name)]
        lineage = "feed, file, sha256, member, row"
        records.append(
            f"select {lineage}, {literal(name)} as subject, received_on, landed_at, 'staged' as status, is_repeat, flags from staged.{name}"
        )
    nothing = "select '' as kind, '' as raw, '' as feed, '' as sha256 where false"
    con.execute("create or replace view staged.value as\n" + "\nunion all ".join([nothing, *values]))
    con.execute(
        f"""create or replace view staged.batch as select g.feed, g.sha256, l.contract_hash
        from ops.batch_gate as g join ops.file_ledger as l on l.feed = g.feed and l.sha256 = g.sha256 and l.status <> 'repeat'
        where g.status = 'released' and g.feed in ({", ".join(map(literal, registry.feeds)) or "''"})"""
    )
    replaced = [_replaced(contract) for contract in registry.feeds_of("party") if contract.replaces == "key"]
    con.execute(f"create or replace view staged.party_replaced as {' union all '.join(replaced) or NOTHING_REPLACED}")
    subjects = ", ".join(f"{literal(feed)}: {literal(contract.subject)}" for feed, contract in registry.feeds.items())
    quarantined = f"""select distinct q.feed, q.file, q.sha256, q.member, q.row, (map {{{subjects}}})[q.feed] as subject, l.received_on, l.landed_at
        from ops.quarantine as q join ops.file_ledger as l on l.feed = q.feed and l.sha256 = q.sha256 and l.status <> 'repeat'
        join ops.batch_gate as g on g.feed = q.feed and g.sha256 = q.sha256 and g.status ="""
    records.append(
        f"select *, 'quarantined' as status, false as is_repeat, cast([] as varchar[]) as flags from ({quarantined} 'released')"
    )
    con.execute("create or replace view staged.record as " + " union all ".join(records))
    held = [f"{quarantined} 'held'", *(_held_part(contract) for contract in registry.feeds.values())]
    con.execute("create or replace view staged.held as " + " union all ".join(held))


def _held_part(contract: Contract) -> str:
    """The accepted rows of a feed that the gate holds back."""
    return f"""select {literal(contract.feed)}, s._file, s._sha256, s._member, s._row, {literal(contract.subject)}, s._received_on, s._landed_at
        from staged.{contract.feed} as s
        join ops.batch_gate as g on g.feed = {literal(contract.feed)} and g.sha256 = s._sha256 and g.status = 'held'"""


NOTHING_REPLACED = "select '' as feed, '' as sha256, '' as member, 0::bigint as row, '' as by_sha256, '' as by_member, 0::bigint as by_row where false"
"""staged.party_replaced of feeds that replace nothing."""


def _replaced(contract: Contract) -> str:
    """One feed's part of staged.party_replaced: at most one released row of a key is not replaced."""
    return f"""select {literal(contract.feed)} as feed, old._sha256 as sha256, old._member as member, old._row as row,
            new._sha256 as by_sha256, new._member as by_member, new._row as by_row
        from staged.{contract.feed} as old join staged.{contract.feed} as new on old._key_hash = new._key_hash
        join ops.batch_gate as g on g.feed = {literal(contract.feed)} and g.sha256 = new._sha256 and g.status = 'released'
        where old._is_superseded and not new._is_superseded"""


def _values(contract: Contract, registry: Registry, subject: str) -> Iterator[str]:
    """Queries for the cells of a feed that dictionaries read: kind, raw, feed, sha256."""
    declared = registry.subjects[subject]
    raws: list[tuple[str | None, str, str]] = [
        (registry.fields[field].standardiser, quote(field), f"{quote(field)} is not null")
        for field in declared.fields
        if field in contract.fields and registry.fields[field].standardiser and field_type(registry, contract, field) == "text"
    ]  # fmt: skip
    for composite, members in declared.composites.items():
        has = [member in contract.fields for member in members]
        cells = [f"coalesce({quote(m)}, '')" if there else "''" for m, there in zip(members, has, strict=True)]
        given = " or ".join(f"{quote(m)} is not null" for m, there in zip(members, has, strict=True) if there)
        raws.append((composite, " || '|' || ".join(cells), given or "false"))
    for kind, raw, given in raws:
        yield f"""select {literal(str(kind))} as kind, {raw} as raw, {literal(contract.feed)} as feed, _sha256 as sha256
            from staged.{contract.feed}
            where ({given}) and _sha256 in (select sha256 from ops.batch_gate where feed = {literal(contract.feed)} and status = 'released')"""


def read_by_dictionaries(registry: Registry) -> frozenset[str]:
    """The feeds of which dictionaries read anything, and those whose rows are records of parties."""
    return frozenset(
        contract.feed
        for subject in registry.subjects
        for contract in registry.feeds_of(subject)
        if subject == "party" or any(_values(contract, registry, subject))
    )


def _subject_part(contract: Contract | None, registry: Registry, subject: str) -> str:
    """One feed's part of a subject's union: the subject's fields it has, the rest null."""
    columns = []
    for name in registry.subjects[subject].fields:
        kind = column_type(registry.fields[name].type)
        has = contract is not None and name in contract.fields
        columns.append(f"cast({'s.' + quote(name) if has else 'null'} as {kind}) as {quote(name)}")
    if contract is None:
        lineage = "cast(null as varchar) as feed, cast(null as varchar) as file, cast(null as varchar) as sha256, cast(null as varchar) as member, cast(null as bigint) as row, cast(null as date) as received_on, cast(null as timestamptz) as landed_at, cast(null as varchar) as time_zone, cast(null as boolean) as is_repeat, cast(null as varchar[]) as flags"
        return f"select {lineage}, {', '.join(columns)}"
    zone = contract.time_zone or registry.time_zone
    return f"""select {literal(contract.feed)} as feed, s._file as file, s._sha256 as sha256, s._member as member, s._row as row,
        s._received_on as received_on, s._landed_at as landed_at, {literal(zone)} as time_zone, s._is_repeat as is_repeat, s._flags as flags, {", ".join(columns)}
        from staged.{contract.feed} as s
        join ops.batch_gate as g on g.feed = {literal(contract.feed)} and g.sha256 = s._sha256 and g.status = 'released'
        where not s._is_superseded"""
