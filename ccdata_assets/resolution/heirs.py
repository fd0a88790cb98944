"""Rows that took the place of others: an account that is delivered anew, under whatever name, is the account it was.

Of a feed whose contract says `replaces: key` a delivery's row takes the place of the row of the same key. What the old row
said no longer counts, so that a correction takes its mistake back; but whose it was does: its ID goes to the entity of
the row that took its place, as if that were the same row.
"""

from __future__ import annotations

import duckdb

from ccdata_assets.resolution.nodes import RECORD_ID


def find_heirs(con: duckdb.DuckDBPyConnection) -> None:
    """`heir` (record_id, past_id): of the rows `concerned` that were replaced, the row that took their place."""
    con.execute(
        f"""create or replace temp table heir as
        with taken as (
            select feed, by_sha256, by_member, by_row, concerned.record_id as past_id
            from staged.party_replaced join concerned using (feed, sha256, member, row)
        ),
        heir as (select feed, by_sha256 as sha256, by_member as member, by_row as row, past_id from taken)
        select {RECORD_ID} as record_id, past_id from heir"""
    )
