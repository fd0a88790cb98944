"""What the Dagster UI shows of a feed's deliveries, from the ledger: counts, names and times, never a row."""

from __future__ import annotations

from typing import Any

import dagster as dg
import duckdb

from ccdata_assets.contracts.model import Contract
from ccdata_assets.orchestration.metadata import MAX_LINES, markdown_table, shown_name
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.gate import days_late


def delivery_metadata(con: duckdb.DuckDBPyConnection, contract: Contract, settings: Settings) -> dict[str, Any]:
    """Files, rows, repeats and rejected rows of a feed so far, when it delivered last and when it should again."""
    files, rows, repeats, rejected_files, rejected_rows, superseded, unjudged, last = con.execute(
        """select count(*) filter (where status <> 'repeat'), coalesce(sum(rows), 0)::bigint, count(*) filter (where status = 'repeat'),
            count(*) filter (where status = 'rejected'), coalesce(sum(quarantined), 0)::bigint, coalesce(sum(superseded), 0)::bigint,
            count(*) filter (where contract_hash is null and status = 'landed'), max(landed_at) filter (where status <> 'rejected')
        from ops.file_ledger where feed = ?""",
        [contract.feed],
    ).fetchall()[0]
    metadata: dict[str, Any] = {
        "dagster/row_count": rows,
        "files": files,
        "repeated_files": repeats,
        "rejected_files": rejected_files,
    }
    if (
        not unjudged
    ):  # what is rejected of a delivery is known when its contract has judged it: staged/<feed> says it then
        metadata |= {"rejected_rows": rejected_rows, "replaced_rows": superseded}
    if last is not None:
        metadata["last_delivery"] = dg.MetadataValue.timestamp(last)
    if contract.freshness is not None:
        metadata["expected_every_days"] = contract.freshness.total_seconds() / 86400
        late = days_late(con, contract, settings)
        metadata["days_late"] = 0.0 if late is None else round(max(late, 0), 1)
    metadata["deliveries"] = _recent(con, contract.feed)
    return metadata


def _recent(con: duckdb.DuckDBPyConnection, feed: str) -> dg.MarkdownMetadataValue:
    lines = con.execute(
        f"""select file, received_on, status, format, encoding, rows, if(contract_hash is null and status = 'landed', null, staged),
            if(contract_hash is null and status = 'landed', null, quarantined), superseded, drift, error from ops.file_ledger
        where feed = ? order by landed_at desc, received_on desc, file limit {MAX_LINES}""",
        [feed],
    ).fetchall()
    return markdown_table(
        (
            "file",
            "received",
            "status",
            "format",
            "encoding",
            "rows",
            "staged",
            "quarantined",
            "columns changed",
            "error",
        ),
        [(shown_name(file), *rest) for file, *rest in lines],
    )
