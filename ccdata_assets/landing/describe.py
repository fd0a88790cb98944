"""What `ccdata feeds draft` and `ccdata feeds check` say on the screen: tables and lines, no values of the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.table import Table

from ccdata_assets.contracts.draft import Draft
from ccdata_assets.landing.preview import FeedCheck, FileCheck, MemberCheck


def draft_table(draft: Draft, out: Path | None) -> Iterator[Table | str]:
    """A row a column: the field it became, how sure that is, and why; then what a person has to do."""
    table = Table(
        "column", "field", "confidence", "reason", title=f"{draft.feed}: {draft.subject}", title_justify="left"
    )
    for column in draft.columns:
        name = column.header or f"column {column.position}"
        table.add_row(name, column.field, "local" if column.is_local else f"{column.confidence:.2f}", column.reason)
    yield table
    for note in draft.sample.notes:
        yield f"note: {note}"
    for name, share in draft.rivals:
        yield f"its columns suit {name} too ({share:.0%} of the score): --subject {name}"
    for lack in draft.missing:
        if lack.is_sure:
            continue
        yield f"to do: {lack.field} ({lack.title}) is needed by every {draft.subject} and no column gives it; the YAML has a line to fill in"
    for column in draft.columns:
        if column.unknown_codes:
            yield f"to do: {column.field} has {len(column.unknown_codes)} spellings that its code list does not know; they stand under `codes`"
    if draft.problem:
        yield f"it is no valid contract yet; edit:\n{draft.problem}"
    else:
        folder = out.parent if out else "FOLDER"
        yield f"it is a valid contract; next: ccdata feeds check FILE --feed {draft.feed} --contracts {folder}"


def check_lines(check: FileCheck) -> Iterator[Table | str]:
    """The verdict first, then each feed that was tried."""
    best = check.feeds[0] if check.feeds else None
    if best is None:
        yield f"{check.file}: no feed would read it"
    elif check.claimed_by or check.tried == 1:
        yield f"{check.file}: {_verdict(best)}"
    else:
        yield f"{check.file}: {best.feed} reads it best: {_verdict(best)}"
    yield from (f"  {note}" for note in check.notes)
    shown = [feed for feed in check.feeds if feed.staged or feed is best]
    for place, feed in enumerate(shown, start=1):
        yield ""
        yield from _feed(feed, place if len(shown) > 1 else None)
    if useless := [feed.feed for feed in check.feeds if feed not in shown]:
        yield f"also tried, and no row would be accepted: {', '.join(useless)}"


def _verdict(check: FeedCheck) -> str:
    if check.status == "landed" and not check.is_clean:
        return "it would land, and every row go to quarantine"
    told = {
        "landed": "it would land, and its rows be released",
        "held": "it would land, and its rows be held",
        "rejected": "it would be rejected",
        "waiting": "it would land once its sidecar is there",
    }
    return told.get(check.status, check.status) + (f": {check.error}" if check.error else "")


def _feed(check: FeedCheck, place: int | None) -> Iterator[Table | str]:
    yield f"{f'{place}. ' if place else ''}{check.feed}: {_verdict(check)}"
    form = [check.format, check.encoding, f"delimiter {check.delimiter!r}" if check.delimiter else None]
    yield f"  form: {', '.join(part for part in form if part) or 'unknown'}; received on {check.received_on}"
    if check.rows:
        yield (
            f"  rows: {check.rows:,} landed = {check.staged:,} staged ({check.repeated:,} repeats, {check.flagged:,} flagged) "
            f"+ {check.quarantined:,} in quarantine + {check.blank:,} blank (of these {check.furniture:,} titles, units, totals)"
        )
    if check.declared_rows is not None or check.control_error:
        declared = (
            f"{check.declared_rows:,} rows are declared" if check.declared_rows is not None else "nothing is declared"
        )
        yield f"  control totals: {declared}{f'; {check.control_error}' if check.control_error else ', which agrees'}"
    if check.drift:
        yield f"  against the delivery before: {check.drift}"
    yield from (f"  {note}" for note in check.notes)
    for member in check.members[:5]:
        yield from _member(member, len(check.members) > 1)
    if len(check.members) > 5:
        yield f"  and {len(check.members) - 5} tables more"
    if check.faults:
        table = Table("rule", "field", "rows", "first rows", "reason")
        for fault in check.faults:
            table.add_row(
                fault.rule, fault.field or "", f"{fault.rows:,}", ", ".join(map(str, fault.first)), fault.reason
            )
        yield table
    yield from (f"  flag {flag}: {rows:,} rows" for flag, rows in check.flags.items())


def _member(member: MemberCheck, named: bool) -> Iterator[str]:
    where = f"header in row {member.header_row}; " if member.header_row else ""
    name = f"table {member.name}: " if named and member.name else ""
    fields = ", ".join(column if column == field else f"{column} → {field}" for column, field in member.fields.items())
    yield f"  {name}{where}columns read: {fields or 'none'}"
    if member.unmapped:
        yield f"  {name}read by no field: {', '.join(member.unmapped)}"
    if member.missing:
        yield f"  {name}required and missing: {', '.join(member.missing)}"
