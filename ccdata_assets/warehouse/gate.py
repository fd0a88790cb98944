"""The batch gate: a delivery that fails its checks is held, and only released batches are read downstream.

The gate is in the data, so one bad delivery stops nothing else. A batch is the rows of one landed file.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, tzinfo

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ccdata_assets.contracts.compile import literal
from ccdata_assets.contracts.model import Contract
from ccdata_assets.errors import WrongUse
from ccdata_assets.landing.raw_store import raw_files
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.cells import cells_code, judge_cells
from ccdata_assets.warehouse.engine import transaction

APART = ("no_header", "missing_column", "unreadable_member")
"""Faults of whole tables that are not the feed's: they say nothing of how good its rows are."""


@dataclass(frozen=True)
class Accounting:
    """Row accounting of one file: landed = staged + quarantined + blank + superseded, counted as distinct rows."""

    file: str
    sha256: str
    landed: int
    staged: int
    quarantined: int
    blank: int
    superseded: int
    apart: int = 0
    """Of the quarantined: rows of tables beside the feed's own, such as a readme in an archive or a sheet of notes."""
    control_error: str | None = None
    """Where the supplier's totals disagree with the file."""

    @property
    def balanced(self) -> bool:
        return self.landed == self.staged + self.quarantined + self.blank + self.superseded

    @property
    def rejected_share(self) -> float:
        records = self.landed - self.blank - self.apart
        return (self.quarantined - self.apart) / records if records > 0 else 0.0


def account(con: duckdb.DuckDBPyConnection, contract: Contract, settings: Settings) -> list[Accounting]:
    """Count the rows of every landed file of a feed anew: raw from the Parquet files, staged and quarantined as distinct rows."""
    lines = con.execute(
        "select file, sha256, blank, control_error from ops.file_ledger where feed = ? and status <> 'repeat' and contract_hash is not null order by landed_at, file",
        [contract.feed],
    ).fetchall()
    if not lines:
        return []
    staged = {
        sha: (rows, superseded)
        for sha, rows, superseded in con.execute(
            f"""select _sha256, count(distinct (_member, _row)) filter (where not _is_superseded),
            count(distinct (_member, _row)) filter (where _is_superseded) from staged.{contract.feed} group by all"""
        ).fetchall()
    }
    quarantined = {
        sha: (rows, apart)
        for sha, rows, apart in con.execute(
            f"""select sha256, count(distinct (member, row)), count(distinct (member, row)) filter (where rule in ({", ".join(map(literal, APART))}))
            from ops.quarantine where feed = ? group by all""",
            [contract.feed],
        ).fetchall()
    }
    return [
        Accounting(
            file,
            sha,
            _raw_rows(settings, contract.feed, sha),
            staged.get(sha, (0, 0))[0],
            quarantined.get(sha, (0, 0))[0],
            blank,
            staged.get(sha, (0, 0))[1],
            quarantined.get(sha, (0, 0))[1],
            control_error,
        )
        for file, sha, blank, control_error in lines
    ]


def _raw_rows(settings: Settings, feed: str, sha256: str) -> int:
    """Rows of one landed file in the raw store, from the Parquet files' footers; what is damaged counts as none."""
    rows = 0
    for path in raw_files(settings.raw_dir / feed, sha256):
        with suppress(pa.ArrowException, OSError):
            rows += pq.ParquetFile(path).metadata.num_rows
    return rows


def undecided(con: duckdb.DuckDBPyConnection, feed: str) -> bool:
    """True where rows were judged and the gate has not looked at them: now, or by a run that was killed."""
    return bool(
        con.execute(
            """select 1 from ops.file_ledger as l anti join ops.batch_gate as g using (feed, sha256)
            where l.feed = ? and l.status <> 'repeat' and l.contract_hash is not null limit 1""",
            [feed],
        ).fetchall()
    )


def days_late(con: duckdb.DuckDBPyConnection, contract: Contract, settings: Settings) -> float | None:
    """Days by which the next delivery is overdue at the business time, negative where it is not; null without one yet."""
    latest = con.execute(
        "select max(landed_at) from ops.file_ledger where feed = ? and status <> 'rejected'", [contract.feed]
    ).fetchall()[0][0]
    if latest is None or contract.freshness is None:
        return None
    return float((settings.as_of - latest - contract.freshness).total_seconds() / 86400)


def mark(con: duckdb.DuckDBPyConnection, contract: Contract) -> bool:
    """Say which released rows are replaced or repeated and which of their cells are suspect, where that was not done
    since the released batches changed; true where it was done now."""
    state = con.execute(
        "select coalesce(md5(string_agg(sha256, ',' order by sha256)), '') from ops.batch_gate where feed = ? and status = 'released'",
        [contract.feed],
    ).fetchall()[0][0]
    judged = con.execute(
        "select coalesce(max(contract_hash), '') from ops.file_ledger where feed = ?", [contract.feed]
    ).fetchall()[0][0]
    name, value = f"marked:{contract.feed}", f"{judged}:{state}:{cells_code()}"
    if con.execute("select value from ops.run_state where name = ?", [name]).fetchall() == [(value,)]:
        return False
    _mark_superseded(con, contract)
    _mark_repeats(con, contract.feed)
    judge_cells(con, contract)
    con.execute("insert or replace into ops.run_state values (?, ?)", [name, value])
    return True


def forget_marks(con: duckdb.DuckDBPyConnection, feed: str) -> None:
    """Rows of the feed are judged anew: their marks are to be worked out again."""
    con.execute("delete from ops.run_state where name = ?", [f"marked:{feed}"])


LAST_OF = {
    # a delivery without a row takes the place of the file too
    "file": """select sha256 from ops.file_ledger as l join ops.batch_gate as g using (feed, sha256)
        where l.feed = $feed and l.status = 'landed' and g.status = 'released'
        qualify row_number() over (partition by l.file order by l.received_on desc, l.landing_seq desc) = 1""",
    "key": """select (s._sha256, s._member, s._row) from {staged} as s
        join ops.file_ledger as l on l.feed = $feed and l.sha256 = s._sha256 and l.status <> 'repeat'
        join ops.batch_gate as g on g.feed = l.feed and g.sha256 = l.sha256 and g.status = 'released'
        qualify row_number() over (
            partition by s._key_hash order by l.received_on desc, l.landing_seq desc, s._member desc, s._row desc
        ) = 1""",
}
"""Released deliveries, or rows, that no later one replaces."""


def _mark_superseded(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Say anew which released rows a later delivery has replaced, and count them in the ledger.

    Later is by business date, then the order of landing, then the row. A held or rejected delivery replaces nothing.
    """
    if contract.replaces == "nothing":
        return
    feed = contract.feed
    last = LAST_OF[contract.replaces].replace("{staged}", f"staged.{feed}").replace("$feed", literal(feed))
    this = {"file": "s._sha256", "key": "(s._sha256, s._member, s._row)"}
    with transaction(con):
        con.execute(
            f"""update staged.{feed} as s set _is_superseded = not _is_superseded
            where s._sha256 in (select sha256 from ops.batch_gate where feed = {literal(feed)} and status = 'released')
                and _is_superseded = ({this[contract.replaces]} in ({last}))"""
        )
        con.execute(
            f"""update ops.file_ledger as l set staged = c.staged, superseded = c.superseded from (
                select _sha256, count(*) filter (where not _is_superseded) as staged, count(*) filter (where _is_superseded) as superseded
                from staged.{feed} group by all
            ) as c where l.feed = {literal(feed)} and l.sha256 = c._sha256 and l.status <> 'repeat' and l.superseded <> c.superseded"""
        )


def _mark_repeats(con: duckdb.DuckDBPyConnection, feed: str) -> None:
    """Say anew which released rows their feed had before: a row that is held or replaced hides no other."""
    released = f"select sha256 from ops.batch_gate where feed = {literal(feed)} and status = 'released'"
    with transaction(con):
        con.execute(f"update staged.{feed} set _is_repeat = false where _is_superseded and _is_repeat")
        con.execute(
            f"""update staged.{feed} as s set _is_repeat = seen.is_repeat from (
                select s._sha256, s._member, s._row,
                    row_number() over (partition by s._key_hash order by l.landed_at, l.landing_seq, s._member, s._row) > 1 as is_repeat
                from staged.{feed} as s
                join ops.file_ledger as l on l.feed = {literal(feed)} and l.sha256 = s._sha256 and l.status <> 'repeat'
                where s._sha256 in ({released}) and not s._is_superseded
            ) as seen
            where s._sha256 = seen._sha256 and s._member = seen._member and s._row = seen._row and s._is_repeat <> seen.is_repeat"""
        )
        con.execute(
            f"""update ops.file_ledger as l set repeated = c.repeated from (
                select _sha256, count(*) filter (where _is_repeat) as repeated from staged.{feed} group by all
            ) as c where l.feed = {literal(feed)} and l.sha256 = c._sha256 and l.status <> 'repeat' and l.repeated <> c.repeated"""
        )


def decide(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    settings: Settings,
    accounts: list[Accounting],
    failed_checks: list[str],
    run_id: str,
) -> dict[str, str]:
    """Release or hold the batches that have no decision yet or are held; give what holds each held file.

    A batch is held when its rows do not balance, when more of them are in quarantine than the contract's gate
    allows, or when a blocking check of the feed failed. A file of which no row was accepted has nothing to hold. What a person
    let through (`let_through`) is released all the same, unless its rows do not balance.
    """
    known = {
        sha: (status, reason)
        for sha, status, reason in con.execute(
            "select sha256, status, reason from ops.batch_gate where feed = ?", [contract.feed]
        ).fetchall()
    }
    held: dict[str, str] = {}
    for batch in accounts:
        if known.get(batch.sha256, ("", None))[0] == "released":
            continue
        reason = _holding_reason(contract, batch, failed_checks)
        is_held = reason is not None
        if reason and batch.balanced and (let := _override(con, contract.feed, batch.sha256, settings)):
            reason, is_held = f"{let}; it was: {reason}", False
        status = "held" if is_held else "released"
        if reason and is_held:
            held[batch.file] = reason
        if known.get(batch.sha256) == (status, reason):
            continue
        with transaction(con):
            con.execute(
                "insert or replace into ops.batch_gate values (?, ?, ?, ?, ?, ?)",
                [contract.feed, batch.sha256, status, reason, settings.as_of, run_id],
            )
            if batch.staged:
                fix = (
                    "ask the supplier for the whole file, or correct `control` in the contract"
                    if batch.control_error
                    else "see ops.quarantine, mend and send again, change the gate, or let it through: ccdata gate release"
                )
                error = f"{reason}; fix: {fix}" if is_held else None
                con.execute(
                    "update ops.file_ledger set status = ?, error = ? where feed = ? and sha256 = ? and status <> 'repeat'",
                    ["held" if is_held else "landed", error, contract.feed, batch.sha256],
                )
    return held


def _holding_reason(contract: Contract, batch: Accounting, failed_checks: list[str]) -> str | None:
    if not batch.balanced:
        accounted = batch.staged + batch.quarantined + batch.blank + batch.superseded
        return f"{batch.landed} rows landed but {accounted} are accounted for"
    if batch.control_error:
        return f"the supplier's control totals disagree: {batch.control_error}"
    if contract.quarantine == "fail" and batch.quarantined:
        return f"{batch.quarantined} rows are in quarantine and the contract says `quarantine: fail`"
    if failed_checks:
        return f"a blocking check failed: {', '.join(failed_checks)}"
    if batch.staged and batch.rejected_share > contract.gate.max_rejected:
        return f"{batch.rejected_share:.1%} of the rows are in quarantine, the gate allows {contract.gate.max_rejected:.1%}"
    return None


def let_through(
    con: duckdb.DuckDBPyConnection, settings: Settings, feed: str, file: str, by: str, reason: str, until: date
) -> str:
    """Let a held batch through the gate in the next run, on a person's word; gives its SHA-256.

    `until` is the last day on which a run may release it. WrongUse where no such batch is held, or its rows are not all
    accounted for: that is a fault, and nobody can vouch for it.
    """
    held = con.execute(
        """select l.sha256, g.reason, l.file from ops.file_ledger as l join ops.batch_gate as g using (feed, sha256)
        where l.feed = ? and l.file in (?, ?) and g.status = 'held' and l.status <> 'repeat' order by l.landed_at desc, l.landing_seq desc limit 1""",
        [feed, file, f"{feed}/{file}"],
    ).fetchall()
    if not held:
        raise WrongUse(f"the gate holds no file {file} of {feed}; fix: see `ccdata gate list`")
    if until < settings.business_date:
        raise WrongUse(f"--until {until} has passed; fix: a day from {settings.business_date} on")
    if "are accounted for" in held[0][1]:
        raise WrongUse(
            "rows of this file are not accounted for, which nobody can vouch for; fix: report this as a fault of ccdata"
        )
    con.execute(
        "insert into ops.gate_override values (?, ?, ?, ?, ?, ?, ?)",
        [feed, held[0][0], held[0][2], settings.as_of, until, by, reason],
    )
    return str(held[0][0])


def held_batches(con: duckdb.DuckDBPyConnection, zone: tzinfo) -> list[dict[str, object]]:
    """What the gate holds: feed, file, rows, staged, quarantined, reason, since, and whether and when somebody has let it through."""
    found = con.execute(
        """select l.feed, l.file, l.rows, l.staged, l.quarantined, g.reason, g.decided_at as since,
            let."at" is not null as is_let_through, cast(timezone($1, let."at") as date) as let_through_on
        from ops.file_ledger as l join ops.batch_gate as g using (feed, sha256)
        left join (select feed, sha256, max("at") as "at" from ops.gate_override group by all) as let using (feed, sha256)
        where g.status = 'held' and l.status <> 'repeat' order by all""",
        [str(zone)],
    )
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _override(con: duckdb.DuckDBPyConnection, feed: str, sha256: str, settings: Settings) -> str | None:
    """Who let a batch through and why, where the day has come and has not passed: a report as of this run shows what it acted on."""
    found = con.execute(
        """select decided_by, reason, "at", until from ops.gate_override
        where feed = ? and sha256 = ? and "at" <= ? and until >= ? order by "at" desc, rowid desc limit 1""",
        [feed, sha256, settings.as_of, settings.business_date],
    ).fetchall()
    if not found:
        return None
    by, reason, when, until = found[0]
    return f"let through by {by} on {when.astimezone(settings.zone):%Y-%m-%d}, until {until}: {reason}"
