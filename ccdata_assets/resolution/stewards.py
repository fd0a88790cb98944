"""After a resolution: the review queue and its workbook brought up to date, and left alone where nothing changed."""

from __future__ import annotations

import json
from typing import Any

import duckdb

from ccdata_assets.resolution.model import Model
from ccdata_assets.resolution.review import queue_fingerprint, review_pairs, waiting_by_reason, write_queue
from ccdata_assets.resolution.rules import Rules
from ccdata_assets.resolution.steward_workbook import place_workbook
from ccdata_assets.resolution.words import load_words
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import transaction

STATE = "review_queue"
"""Name under which ops.run_state keeps what the queue was made of."""


def write_review(
    con: duckdb.DuckDBPyConnection, rules: Rules, model: Model, settings: Settings, is_current: bool
) -> int:
    """Write golden.review_queue, golden.review_count and the workbook where they change; gives how many pairs wait.

    Where resolution had nothing to do (`is_current`) and no answer came since, nothing is looked at but the workbook's place.
    """
    before = _recall(con)
    answers = con.execute("select count(*) from golden.review_answer").fetchall()[0][0]
    if is_current and before.get("answers") == answers and settings.review_path.exists():
        return int(before["waiting"])
    pairs = review_pairs(con, rules, model)
    counts = waiting_by_reason(con)
    waiting = sum(counts.values())
    now: dict[str, Any] = {
        "answers": answers,
        "waiting": waiting,
        "queue": queue_fingerprint(pairs, counts),
        "words": load_words().model_dump_json(),
        "workbook": before.get("workbook", ""),
    }
    is_same = all(before.get(name) == now[name] for name in ("queue", "words"))
    if not is_same or not settings.review_path.exists():
        now["workbook"] = place_workbook(settings, pairs, waiting, load_words(), str(before.get("workbook", "")))
    if before == now:
        return waiting
    with transaction(con):
        if before.get("queue") != now["queue"] or before.get("answers") != answers:
            write_queue(con, pairs, counts, settings.as_of)
        con.execute("insert or replace into ops.run_state values (?, ?)", [STATE, json.dumps(now)])
    return waiting


def _recall(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    found = con.execute("select value from ops.run_state where name = ?", [STATE]).fetchall()
    return dict(json.loads(found[0][0])) if found else {}
