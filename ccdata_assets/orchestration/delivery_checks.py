"""How a feed delivers: in time, with the columns it had, and as it usually does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import duckdb

from ccdata_assets.contracts.model import Contract
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.orchestration.metadata import markdown_table, shown_name
from ccdata_assets.quality.anomalies import find_anomalies
from ccdata_assets.quality.suites import FRESHNESS, GATE, SCHEMA_DRIFT, delivery_checks
from ccdata_assets.quality.validation import Check, Outcome
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.gate import days_late


@dataclass
class Seen:
    """What the checks of suites.delivery_checks found, and by check what else is to be shown."""

    outcomes: list[Outcome] = field(default_factory=list)
    metadata: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, check: Check, passed: bool, **shown: Any) -> None:
        self.outcomes.append(Outcome(check, passed, None, 0 if passed else 1, 1))
        self.metadata[check.name] = shown


def look_at_deliveries(
    con: duckdb.DuckDBPyConnection, registry: Registry, contract: Contract, settings: Settings, run_id: str
) -> Seen:
    """Freshness at the business time, the columns of the last delivery, what is odd about it, and what the gate holds. Call after the gate."""
    seen = Seen()
    for check in delivery_checks(contract):
        if check.name == FRESHNESS:
            late = days_late(con, contract, settings)
            seen.add(check, late is None or late <= 0, **({} if late is None else {"days_late": round(late, 1)}))
        elif check.name == SCHEMA_DRIFT:
            drift = _drift(con, contract)
            seen.add(check, drift is None, **({"changed": shown_name(drift)} if drift else {}))
        elif check.name == GATE:
            held = _held(con, contract)
            seen.outcomes.append(Outcome(check, not held, None, len(held), _decided(con, contract)))
            seen.metadata[check.name] = {"held": markdown_table(("file", "reason"), held)} if held else {}
        else:
            odd = find_anomalies(con, registry, contract, settings, run_id)
            seen.add(check, not odd, **(_odd(con, contract) if odd else {}))
    return seen


def _drift(con: duckdb.DuckDBPyConnection, contract: Contract) -> str | None:
    """How the columns of the last delivery differ from those of the one before, where the contract cares."""
    found = con.execute(
        """select drift from ops.file_ledger where feed = ? and status in ('landed', 'held', 'rejected') and contract_hash is not null
        order by landed_at desc, received_on desc, file desc limit 1""",
        [contract.feed],
    ).fetchall()
    return found[0][0] if found else None


def _decided(con: duckdb.DuckDBPyConnection, contract: Contract) -> int:
    """Batches that the gate has held or let through: what its check looks at."""
    found = con.execute("select count(*) from ops.batch_gate where feed = ?", [contract.feed]).fetchall()
    return int(found[0][0])


def _held(con: duckdb.DuckDBPyConnection, contract: Contract) -> list[tuple[str, str]]:
    """File and reason of each batch that waits."""
    found = con.execute(
        """select l.file, g.reason from ops.file_ledger as l join ops.batch_gate as g using (feed, sha256)
        where feed = ? and g.status = 'held' and l.status <> 'repeat' order by all""",
        [contract.feed],
    ).fetchall()
    return [(shown_name(file), reason) for file, reason in found]


def _odd(con: duckdb.DuckDBPyConnection, contract: Contract) -> dict[str, Any]:
    lines = con.execute(
        "select field, zh, en from kpi.anomaly where feed = ? order by as_of desc, rowid desc limit 10", [contract.feed]
    ).fetchall()
    return {"odd": markdown_table(("field", "", ""), lines)}
