"""What people decided, for people: both sides with the organisations they are now, where it came from, whether it stands."""

from __future__ import annotations

from typing import Any

import duckdb

from ccdata_assets.resolution.decisions import KEPT, LOCK
from ccdata_assets.settings import Settings

Line = dict[str, Any]
ACCEPTED = "accept"
"""Kind of the line that says a person accepted a jump of the duplicate rate; it names no rows and takes no part in resolution."""


def decisions(con: duckdb.DuckDBPyConnection, about: str | None = None) -> list[Line]:
    """All decisions, oldest first, or those about an ID: of a decision, of a merge that was undone, of an organisation that has
    or had rows of them.

    kind: same, apart, undo, lock, accept. left, right: organisation_id (now), name (as a record of the side says it), rows of each
    organisation; rows whose file has left are in left_rows and right_rows only. source: file and row of a workbook, or what else
    made it. is_kept: null where it is not in force, or nothing of it is there.
    """
    found = _rows(con, about)
    sides = _sides(con, [line["decision_id"] for line in found])
    for line in found:
        line["left"], line["right"] = (sides.get((line["decision_id"], side), []) for side in (0, 1))
    return found


def accept_line(con: duckdb.DuckDBPyConnection, settings: Settings, comment: str, by: str | None) -> None:
    """Keep who accepted the grouping there is, beside the decisions."""
    con.execute(
        """insert into golden.decision by name
        select left(md5(concat_ws(':', $1, count(*))), 20) as decision_id, $2 as "at", $1 as kind, 'grouping' as entity_kind,
            []::ubigint[] as left_rows, []::ubigint[] as right_rows, $3 as decided_by, 'entity accept' as source, $4 as comment
        from golden.decision""",
        [ACCEPTED, settings.as_of, by, comment],
    )


def _rows(con: duckdb.DuckDBPyConnection, about: str | None) -> list[Line]:
    result = con.execute(
        f"""with line as (select *, rowid as number from golden.decision),
        kept as ({KEPT}),
        file as (
            select 'review:' || sha256 as file_key, min(regexp_replace(file, '^.*/', '')) as name from ops.review_file group by all
        ),
        first as (from line qualify row_number() over (partition by decision_id order by number) = 1),
        ended as (from line qualify kind = 'none' and row_number() over (partition by decision_id order by number desc) = 1),
        named as (
            select decision_id, unnest(list_concat(left_rows, right_rows)) as record_id from first
        ),
        had as (select distinct record_id from golden.membership where entity_id = $1),
        asked as (
            select decision_id from named semi join had using (record_id)
            union select decision_id from first where decision_id = $1 or source = 'undo of ' || $1
        )
        select first.decision_id, first."at",
            case when first.source = '{LOCK}' then 'lock' when first.source like 'undo of %' then 'undo' else first.kind end as kind,
            ended.decision_id is null as is_in_force, kept.is_kept, len(first.left_rows) as left_rows, len(first.right_rows) as right_rows,
            first.decided_by, coalesce(file.name || ' row ' || split_part(first.source, ':', 3), first.source) as source, first.comment,
            ended."at" as withdrawn_at, ended.decided_by as withdrawn_by,
            coalesce(withdrew.name || ' row ' || split_part(ended.source, ':', 3), ended.source) as withdrawn_source,
            ended.comment as withdrawn_comment
        from first left join ended using (decision_id) left join kept using (decision_id)
        left join file on file.file_key = regexp_replace(first.source, ':[0-9]+$', '')
        left join file as withdrew on withdrew.file_key = regexp_replace(ended.source, ':[0-9]+$', '')
        where $1 is null or first.decision_id in (from asked)
        order by first.number""",
        [about],
    )
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _sides(con: duckdb.DuckDBPyConnection, ids: list[str]) -> dict[tuple[str, int], list[Line]]:
    """By decision and side the organisations that its rows are now."""
    found = con.execute(
        """with first as (
            select * from golden.decision where decision_id in (select unnest($1::varchar[]))
            qualify row_number() over (partition by decision_id order by rowid) = 1
        ),
        named as (
            select decision_id, side, unnest(if(side = 0, left_rows, right_rows)) as record_id from first, (values (0), (1)) as side (side)
        )
        select decision_id, side, assigned.entity_id, min(party.company_name) as name, count(*) as rows
        from named join resolution.assigned as assigned using (record_id) join resolution.record as record using (record_id)
        join standard.party_record as party using (feed, sha256, member, row)
        where assigned.entity_kind = 'organisation' group by decision_id, side, assigned.entity_id order by all""",
        [ids],
    ).fetchall()
    sides: dict[tuple[str, int], list[Line]] = {}
    for decision_id, side, entity_id, name, rows in found:
        sides.setdefault((decision_id, side), []).append({"organisation_id": entity_id, "name": name, "rows": rows})
    return sides
