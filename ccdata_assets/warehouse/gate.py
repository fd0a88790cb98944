"""The batch gate: a delivery that fails its checks is held, and only released batches are read downstream.

The gate is in the data, so one bad delivery stops nothing else. A batch is the rows of one landed file.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from ccdata_assets.contracts.model import Contract
from ccdata_assets.settings import Settings


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

    @property
    def balanced(self) -> bool:
        return self.landed == self.staged + self.quarantined + self.blank + self.superseded

    @property
    def rejected_share(self) -> float:
        return self.quarantined / (self.landed - self.blank) if self.landed > self.blank else 0.0


def account(con: duckdb.DuckDBPyConnection, contract: Contract, settings: Settings) -> list[Accounting]:
    """Count the rows of every landed file of a feed anew: raw from the Parquet files, staged and quarantined as distinct rows."""
    lines = con.execute(
        "select file, sha256, blank, superseded from ops.file_ledger where feed = ? and status <> 'repeat' and len(members) > 0 order by landed_at, file",
        [contract.feed],
    ).fetchall()
    if not lines:
        return []
    folder = settings.raw_dir / contract.feed
    landed = dict(con.execute("select _sha256, count(*) from read_parquet(?, union_by_name = true) group by all", [str(folder / "*.parquet")]).fetchall())
    staged = dict(con.execute(f"select _sha256, count(distinct (_member, _row)) from staged.{contract.feed} group by all").fetchall())
    quarantined = dict(con.execute("select sha256, count(distinct (member, row)) from ops.quarantine where feed = ? group by all", [contract.feed]).fetchall())
    return [
        Accounting(file, sha, landed.get(sha, 0), staged.get(sha, 0), quarantined.get(sha, 0), blank, superseded) for file, sha, blank, superseded in lines
    ]


def decide(
    con: duckdb.DuckDBPyConnection, contract: Contract, settings: Settings, accounts: list[Accounting], failed_checks: list[str], run_id: str
) -> dict[str, str]:
    """Release or hold the batches that have no decision yet or are held; give what holds each held file.

    A batch is held when its rows do not balance, when more of them are in quarantine than the contract's gate
    allows, or when a blocking check of the feed failed. A file of which no row was accepted has nothing to hold.
    """
    released = {sha for (sha,) in con.execute("select sha256 from ops.batch_gate where feed = ? and status = 'released'", [contract.feed]).fetchall()}
    held: dict[str, str] = {}
    for batch in accounts:
        if batch.sha256 in released:
            continue
        reason = None
        if not batch.balanced:
            reason = f"{batch.landed} rows landed but {batch.staged + batch.quarantined + batch.blank + batch.superseded} are accounted for"
        elif failed_checks:
            reason = f"a blocking check failed: {', '.join(failed_checks)}"
        elif batch.staged and batch.rejected_share > contract.gate.max_rejected:
            reason = f"{batch.rejected_share:.1%} of the rows are in quarantine, the gate allows {contract.gate.max_rejected:.1%}"
        if reason:
            held[batch.file] = reason
        status = "held" if reason else "released"
        con.execute(
            "insert or replace into ops.batch_gate values (?, ?, ?, ?, ?, ?)", [contract.feed, batch.sha256, status, reason, settings.as_of, run_id]
        )
        if batch.staged:
            con.execute(
                "update ops.file_ledger set status = ?, error = ? where feed = ? and sha256 = ? and status <> 'repeat'",
                ["held" if reason else "landed", f"{reason}; fix: see ops.quarantine, mend and send again, or change the gate" if reason else None, contract.feed, batch.sha256],
            )
    return held
