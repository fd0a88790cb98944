"""What the Dagster UI shows of a table: rows, columns, a short Markdown table. Counts and names, never a row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dagster as dg
import duckdb

from ccdata_assets.contracts.model import Contract
from ccdata_assets.quality.validation import COUNTED, Check, Outcome

MAX_LINES = 12
"""Lines of a Markdown table: what a stakeholder reads at a glance."""


def table_metadata(
    con: duckdb.DuckDBPyConnection, table: str, descriptions: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Row count and column schema of a table or view; `descriptions` names columns."""
    known = descriptions or {}
    columns = [
        dg.TableColumn(name, kind.lower(), description=known.get(name))
        for name, kind, *_ in con.execute(f"describe {table}").fetchall()
    ]
    rows = con.execute(f"select count(*) from {table}").fetchall()[0][0]
    return {"dagster/row_count": rows, "dagster/column_schema": dg.TableSchema(columns=columns)}


def dictionary_metadata(con: duckdb.DuckDBPyConnection, dictionary: str) -> dict[str, Any]:
    """How the values of a dictionary were read: the share that is valid, and what was said of how many."""
    rows = con.execute(
        f"""select d.status, d.reason, any_value(r.zh), any_value(r.en), count(*) as "values"
        from standard.{dictionary} as d
        left join reference.reason as r on r.dictionary = ? and r.reason = d.reason and r.status = d.status
        group by d.status, d.reason order by "values" desc, d.status, d.reason""",
        [dictionary],
    ).fetchall()
    total = sum(row[-1] for row in rows)
    if not total:
        return {}
    valid = sum(row[-1] for row in rows if row[0] == "valid")
    return {
        "valid_share": round(valid / total, 4),
        "values": markdown_table(("status", "reason", "含义", "meaning", "values"), rows),
    }


def finding_metadata(con: duckdb.DuckDBPyConnection, contract: Contract) -> dict[str, Any]:
    """How many cells of a feed are suspect: in all, then by rule and field with those of which a value is expected."""
    rows = con.execute(
        """select rule, field, count(*) as cells, count(expected) as expected from ops.cell_finding
        where feed = ? group by rule, field order by cells desc, rule, field""",
        [contract.feed],
    ).fetchall()
    if not rows and not contract.cell_rules:
        return {}
    cells = con.execute(
        "select count(distinct (sha256, member, row, field)) from ops.cell_finding where feed = ?", [contract.feed]
    )
    dimensions = {rule.name: rule.dimension for rule in contract.rules}
    lines = [(rule, dimensions.get(rule, "validity"), *counts) for rule, *counts in rows]
    return {
        "suspect_cells": cells.fetchall()[0][0],
        "findings": markdown_table(("rule", "dimension", "field", "cells", "with an expected value"), lines),
    }


_NUMBERS = re.compile(r"\d{7,}")
_MAIL = re.compile(r"[^\s/@]+@[^\s/@]+")


def shown_name(file: str) -> str:
    """A file's name as the event log may hold it: a long number (a phone, but not a date) or an e-mail in it is masked."""
    return _MAIL.sub(
        "…",
        _NUMBERS.sub(
            lambda hit: hit.group() if len(hit.group()) == 8 and hit.group()[:2] in ("19", "20") else "…", file
        ),
    )


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> dg.MarkdownMetadataValue:
    """A short table; what is beyond MAX_LINES is counted in a last line."""
    lines = [[_cell(value) for value in row] for row in rows]
    more = len(lines) - MAX_LINES
    lines = lines[:MAX_LINES]
    text = "\n".join(
        [
            "| " + " | ".join(header) + " |",
            "|" + " --- |" * len(header),
            *("| " + " | ".join(line) + " |" for line in lines),
        ]
    )
    return dg.MetadataValue.md(text + (f"\n\n… {more} more" if more > 0 else ""))


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value).replace("|", "\\|").replace("\n", " ")


def table_spec(
    key: Sequence[str], description: str, owner: str = "team:data-resource", deps: Iterable[Sequence[str]] = ()
) -> dg.AssetSpec:
    """The asset of one table of the warehouse; its schema is its group."""
    return dg.AssetSpec(
        dg.AssetKey(key),
        deps=[dg.AssetKey(dep) for dep in deps],
        description=description,
        group_name=key[0],
        kinds={"duckdb"},
        owners=[owner],
    )


def check_spec(check: Check, asset: dg.AssetKey, blocking: bool = False) -> dg.AssetCheckSpec:
    """The Dagster check of a declared check."""
    words = check.description or {}
    return dg.AssetCheckSpec(
        check.name,
        asset=asset,
        description=f"{words.get('zh', '')} {words.get('en', '')}".strip(),
        blocking=blocking,
        metadata={"dimension": check.dimension},
    )


def check_result(outcome: Outcome, asset: dg.AssetKey, more: Mapping[str, Any] | None = None) -> dg.AssetCheckResult:
    """What a check found, in numbers, and what else is to be said of it."""
    check = outcome.check
    metadata: dict[str, Any] = {"dimension": check.dimension, **(more or {})}
    if check.kind != COUNTED:
        metadata |= {"unexpected": outcome.unexpected, "total": outcome.total}
    if outcome.value is not None:
        metadata["value"] = float(outcome.value)
    if check.target is not None:
        metadata["target"] = float(check.target)
    if outcome.error:
        metadata["error"] = outcome.error
    severity = dg.AssetCheckSeverity.WARN if check.severity == "warning" else dg.AssetCheckSeverity.ERROR
    return dg.AssetCheckResult(
        passed=outcome.passed, check_name=check.name, asset_key=asset, severity=severity, metadata=metadata
    )


DIMENSIONS = {
    "completeness": "完整性 Completeness", "uniqueness": "唯一性 Uniqueness", "validity": "有效性 Validity",
    "consistency": "一致性 Consistency", "accuracy": "准确性 Accuracy", "timeliness": "及时性 Timeliness",
}  # fmt: skip


def dimension_specs(checks: Sequence[Check], asset: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    """One Dagster check per quality dimension that a table's checks belong to."""
    return [
        dg.AssetCheckSpec(name, asset=asset, description=f"{title} ({count})", metadata={"dimension": name})
        for name, title in DIMENSIONS.items()
        if (count := sum(check.dimension == name for check in checks))
    ]


def dimension_results(outcomes: Sequence[Outcome], asset: dg.AssetKey) -> list[dg.AssetCheckResult]:
    """What the checks of each dimension found: passed where all did, an error where one failed that is more than a warning."""
    results = []
    for name in DIMENSIONS:
        mine = [outcome for outcome in outcomes if outcome.check.dimension == name]
        failed = [outcome for outcome in mine if not outcome.passed]
        is_warning = all(outcome.check.severity == "warning" for outcome in failed)
        if mine:
            results.append(
                dg.AssetCheckResult(
                    passed=not failed,
                    check_name=name,
                    asset_key=asset,
                    severity=dg.AssetCheckSeverity.WARN if is_warning else dg.AssetCheckSeverity.ERROR,
                    metadata={
                        "dimension": name,
                        "expectations": len(mine),
                        "failed": len(failed),
                        "found": _outcome_table([*failed, *(outcome for outcome in mine if outcome.passed)]),
                    },
                )
            )
    return results


def _outcome_table(outcomes: Sequence[Outcome]) -> dg.MarkdownMetadataValue:
    return markdown_table(
        ("expectation", "field", "severity", "met", "target", "rows", "that fail", "error"),
        [
            (
                outcome.check.name,
                outcome.check.field,
                "ok" if outcome.passed else outcome.check.severity,
                None if outcome.value is None else f"{outcome.value:.1%}",
                f"{1.0 if outcome.check.target is None else outcome.check.target:.0%}",
                outcome.total,
                outcome.unexpected,
                outcome.error,
            )
            for outcome in outcomes
        ],
    )
