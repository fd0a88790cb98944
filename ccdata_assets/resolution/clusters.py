"""Records → clusters: what exact rules link, and what those links connect, in set-based SQL."""

from __future__ import annotations

import duckdb

from ccdata_assets.contracts.compile import literal, quote
from ccdata_assets.resolution.rules import EntityRules

MAX_ROUNDS = 50
"""Rounds of spreading labels; a chain of n records needs about log2(n), so this is far beyond any real cluster."""


def build_clusters(con: duckdb.DuckDBPyConnection, rules: EntityRules) -> None:
    """Make the temporary table `cluster` (record_id, founding_key): records of one cluster share the least key of them all.

    Reads the view `record` with record_id and the columns that the rules name. The result depends on the set of
    records alone, not on their order: keys are values, and the label of a cluster is the least of its keys.
    """
    parts = []
    for rule in rules.exact:
        key = " || chr(31) || ".join(f"cast({quote(column)} as varchar)" for column in rule.keys)
        present = " and ".join(f"{quote(column)} is not null" for column in rule.keys)
        parts.append(f"select record_id, {literal(rule.name)} || chr(31) || {key} as key from record where {present}")
    lonely = "select record_id, 'record' || chr(31) || record_id as key from record"
    con.execute(f"create or replace temp table link as {' union all '.join(parts)}")
    con.execute(f"insert into link select * from ({lonely}) where record_id not in (select record_id from link)")
    con.execute("create or replace temp table label as select key, key as least from (select distinct key from link)")
    for _ in range(MAX_ROUNDS):
        con.execute(
            """create or replace temp table next_label as
            with of_record as (
                select link.record_id, min(label.least) as least from link join label using (key) group by all
            ),
            of_key as (
                select link.key, min(of_record.least) as least from link join of_record using (record_id) group by all
            ),
            -- what one key hears, the key that labels it hears too: whole groups join at once, not key by key
            of_label as (
                select label.least as key, min(of_key.least) as least from label join of_key using (key) group by all
            ),
            heard as (
                select of_key.key, least(of_key.least, coalesce(of_label.least, of_key.least)) as least
                from of_key left join of_label using (key)
            )
            -- follow the label's own label too, so that long chains halve each round
            select heard.key, least(heard.least, coalesce(further.least, heard.least)) as least
            from heard left join heard as further on further.key = heard.least"""
        )
        changed = con.execute(
            "select count(*) from next_label join label using (key) where next_label.least <> label.least"
        ).fetchall()[0][0]
        con.execute("create or replace temp table label as select * from next_label")
        if not changed:
            break
    else:
        raise AssertionError("clusters did not settle")
    con.execute(
        "create or replace temp table cluster as select link.record_id, min(label.least) as founding_key from link join label using (key) group by all"
    )
