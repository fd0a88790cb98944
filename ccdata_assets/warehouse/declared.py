"""The declarations as tables, so that SQL and readers can name things: reference.feed, reference.field, reference.reason."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

import duckdb

from ccdata_assets.contracts.registry import Registry
from ccdata_assets.metrics.thresholds import write_thresholds
from ccdata_assets.standard.reasons import Reason
from ccdata_assets.warehouse.engine import transaction

SALT = "pseudonym_salt"
"""Entry of ops.run_state: what macros/pseudonym.sql hashes personal keys with. Made once a home and never published."""


def write_declared(con: duckdb.DuckDBPyConnection, registry: Registry) -> None:
    """reference.feed: one row per contract; reference.field: one row per field of fields.yaml; reference.threshold; the salt, where there is none yet."""
    feeds = [
        (
            name,
            c.subject,
            c.title.zh,
            c.title.en,
            c.owner,
            c.trust,
            c.version,
            c.freshness.total_seconds() / 86400 if c.freshness else None,
            c.time_zone or registry.time_zone,
            c.crm_id_of,
        )
        for name, c in sorted(registry.feeds.items())
    ]
    fields = [(name, f.zh, f.en, f.type, f.pii, f.weight) for name, f in registry.fields.items()]
    with transaction(con):
        con.execute(
            """create or replace table reference.feed (feed varchar, subject varchar, zh varchar, en varchar, owner varchar, trust integer,
            version integer, freshness_days double, time_zone varchar, crm_id_of varchar)"""
        )
        con.executemany("insert into reference.feed values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", feeds)
        con.execute(
            "create or replace table reference.field (field varchar, zh varchar, en varchar, type varchar, pii varchar, weight double)"
        )
        con.executemany("insert into reference.field values (?, ?, ?, ?, ?, ?)", fields)
        write_thresholds(con)
        con.execute("insert or ignore into ops.run_state values (?, ?)", [SALT, secrets.token_hex(16)])


def write_reasons(con: duckdb.DuckDBPyConnection, reasons: Iterable[Reason]) -> None:
    """reference.reason: one row per status and reason that a dictionary gives: dictionary, reason, status, zh, en."""
    rows = [(r.dictionary, r.reason, status, r.zh, r.en) for r in reasons for status in r.statuses]
    with transaction(con):
        con.execute(
            "create or replace table reference.reason (dictionary varchar, reason varchar, status varchar, zh varchar, en varchar)"
        )
        if rows:
            con.executemany("insert into reference.reason values (?, ?, ?, ?, ?)", rows)
