"""Schema drift: how the columns of a delivery differ from those of the one before it.

The ledger of columns (`ops.file_column`) says what each landed file had and which field was read from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from ccdata_assets.contracts.headers import HeaderMap, normal_header
from ccdata_assets.contracts.model import Contract

Column = tuple[str, str | None]
"""A column's header and the field that is read from it."""


@dataclass(frozen=True)
class SchemaDrift:
    """What changed from one delivery to the next: headers as they may be shown, in the file's order."""

    new: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    """Header before and now of the same field, or of the columns that stand in the same place."""
    reordered: bool = False

    def __bool__(self) -> bool:
        return bool(self.new or self.missing or self.renamed or self.reordered)

    def text(self, contract: Contract) -> str | None:
        """What a person should know of it, by the contract's policies; None where that is nothing."""
        parts = []
        if self.new and contract.unmapped != "keep":
            parts.append(f"new: {', '.join(self.new)}")
        if self.missing and contract.drift.missing != "keep":
            parts.append(f"missing: {', '.join(self.missing)}")
        if self.renamed and contract.drift.renamed != "keep":
            parts.append(f"renamed: {', '.join(f'{before} → {now}' for before, now in self.renamed)}")
        if self.reordered and contract.drift.reordered != "keep":
            parts.append("the columns stand in another order")
        return "; ".join(parts) or None

    def is_rejected(self, contract: Contract) -> bool:
        """True where a policy of the contract refuses such a delivery."""
        policies = contract.drift
        return bool(
            (self.missing and policies.missing == "reject")
            or (self.renamed and policies.renamed == "reject")
            or (self.reordered and policies.reordered == "reject")
        )


def columns_of(mapped: HeaderMap, columns: Sequence[str]) -> list[Column]:
    """The columns of one member in the file's order with the fields read from them."""
    fields = {column: name for name, column in mapped.columns.items()}
    return [(column, fields.get(column)) for column in columns]


LOOK_BACK = 10
"""Deliveries looked back at: a feed may get files of several layouts in turn."""


def columns_before(
    con: duckdb.DuckDBPyConnection, feed: str, sha256: str, member: str, now: Sequence[Column]
) -> list[Column] | None:
    """The columns of the table that came before this one: of the last deliveries of the feed, the one most like it.

    Likeness is the number of common headers, then a member of the same name, then the later delivery.
    """
    found = con.execute(
        """with this as (
            select landed_at, landing_seq from ops.file_ledger where feed = $1 and sha256 = $2 and status <> 'repeat'
        ), earlier as (
            select l.sha256, row_number() over (order by l.landed_at desc, l.landing_seq desc) as age
            from ops.file_ledger as l, this
            where l.feed = $1 and l.sha256 <> $2 and l.status in ('landed', 'held')
                and (l.landed_at, l.landing_seq) < (this.landed_at, this.landing_seq)
                and exists (select 1 from ops.file_column as c where c.feed = l.feed and c.sha256 = l.sha256)
            qualify age <= $3
        )
        select e.age, c.member, c.header, c.field from ops.file_column as c join earlier as e using (sha256)
        where c.feed = $1 order by e.age, c.member, c.position""",
        [feed, sha256, LOOK_BACK],
    ).fetchall()
    tables: dict[tuple[int, str], list[Column]] = {}
    for age, name, header, field in found:
        tables.setdefault((age, name), []).append((header, field))
    headers = {normal_header(header) for header, _ in now}

    def likeness(key: tuple[int, str]) -> tuple[int, bool, int]:
        common = len(headers & {normal_header(header) for header, _ in tables[key]})
        return common, key[1] == member, -key[0]

    return tables[max(tables, key=likeness)] if tables else None


def compare(before: Sequence[Column], now: Sequence[Column]) -> SchemaDrift:
    """How the columns changed; headers that a reader takes for the same are the same."""
    old, new = [normal_header(header) for header, _ in before], [normal_header(header) for header, _ in now]
    earlier, names = _shown(before), _shown(now)
    by_field = {field: place for place, (_, field) in enumerate(now) if field}
    renamed = [
        (earlier[place], names[by_field[field]])
        for place, (_, field) in enumerate(before)
        if field in by_field and new[by_field[field]] != old[place]
    ]
    gone = [p for p, (_, field) in enumerate(before) if old[p] not in new and field not in by_field]
    earlier_fields = {field for _, field in before if field}
    come = [p for p, (_, field) in enumerate(now) if new[p] not in old and (not field or field not in earlier_fields)]
    if len(before) == len(
        now
    ):  # one column for another in the same place of as wide a table: the same under a new name
        swapped = set(gone) & set(come)
        renamed += [(earlier[place], names[place]) for place in sorted(swapped)]
        gone, come = [p for p in gone if p not in swapped], [p for p in come if p not in swapped]
    common = [header for header in old if header in new]
    return SchemaDrift(
        tuple(names[place] for place in come),
        tuple(earlier[place] for place in gone),
        tuple(renamed),
        common != [header for header in new if header in old],
    )


def _shown(columns: Sequence[Column]) -> list[str]:
    """Headers as reports may show them: where the contract reads few of the columns, an unread one might be a row's value."""
    trusted = 2 * sum(field is not None for _, field in columns) >= len(columns)
    return [header if trusted else f"column {place}" for place, (header, _) in enumerate(columns, start=1)]


def record_columns(
    con: duckdb.DuckDBPyConnection, contract: Contract, sha256: str, members: dict[str, list[Column]]
) -> None:
    """Write the columns of a landed file, in the place of what was known of it."""
    con.execute("delete from ops.file_column where feed = ? and sha256 = ?", [contract.feed, sha256])
    rows = [
        {"feed": contract.feed, "sha256": sha256, "member": member, "position": place, "header": header, "field": field}
        for member, columns in members.items()
        for place, (header, field) in enumerate(columns, start=1)
    ]
    if rows:
        schema = pa.schema(
            [
                ("feed", pa.string()),
                ("sha256", pa.string()),
                ("member", pa.string()),
                ("position", pa.int32()),
                ("header", pa.string()),
                ("field", pa.string()),
            ]
        )
        table = pa.Table.from_pylist(rows, schema)
        con.register("file_columns", table)
        con.execute("insert into ops.file_column select * from file_columns")
        con.unregister("file_columns")
