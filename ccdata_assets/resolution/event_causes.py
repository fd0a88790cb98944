"""Which decision of a person made records change their organisation: what the cause of such an event begins with."""

from __future__ import annotations

from typing import Literal

import duckdb


def find_deciders(con: duckdb.DuckDBPyConnection, kind: Literal["organisation", "contact"]) -> None:
    """`decider` (from_id, to_id, said): of records that went from one ID to another, the decision that did it, as words.

    Reads `before` and `after` (record_id, entity_id), and of decisions.py `active` and `fresh_withdrawal`, those taken back since the
    last run. Rows that are `same` bring what they had along; rows that are `apart` part with it; a decision withdrawn does
    the contrary. Of several the latest in force counts. Contacts follow their organisations: no decision is about them.
    """
    if kind == "contact":
        con.execute("create or replace temp table decider (from_id varchar, to_id varchar, said varchar)")
        return
    con.execute(
        """create or replace temp table decider as
        with said as (
            select decision_id, kind, left_rows, right_rows, source, priority, kind = 'same' as joins from active where entity_kind = 'organisation'
            union all
            select decision_id, kind, left_rows, right_rows, 'withdrawn', priority, kind = 'apart' from fresh_withdrawal
        ),
        named as (
            select decision_id, kind, source, priority, joins, side, unnest(if(side = 0, left_rows, right_rows)) as record_id
            from said, (values (0), (1)) as side (side)
        ),
        placed as (
            select named.*, before.entity_id as before_id, after.entity_id as after_id
            from named join after using (record_id) left join before using (record_id)
        ),
        told as (
            select one.before_id as from_id, one.after_id as to_id, one.decision_id, one.source, one.priority
            from placed as one join placed as other using (decision_id)
            where one.before_id <> one.after_id and (one.kind = 'same' or one.side <> other.side)
                and if(one.joins, other.before_id is distinct from one.before_id and other.after_id = one.after_id,
                    other.before_id = one.before_id and other.after_id <> one.after_id)
        )
        select from_id, to_id, arg_max('decision ' || decision_id
            || case when source = 'withdrawn' then ' withdrawn' when source like 'undo of %' then ', ' || source else '' end, row(source <> 'withdrawn', priority)) as said
        from told group by all"""
    )
