"""What was known only after a month had closed: the figures that differ from those at its closing, side by side, and the
files that came late. A report as of the closing, or before it, has none of this."""

from dataclasses import replace
from typing import Any, Final

from ccdata_assets.reporting.deliveries import FILE_COLUMNS, FILE_STATUS
from ccdata_assets.reporting.measures import DIMENSIONS, Month, record_table
from ccdata_assets.reporting.model import Figure, Section, Table, Text, Unit
from ccdata_assets.reporting.published import Value

TITLE: Final = Text("关账后变化", "Since the closing")
UNITS: Final[dict[Unit, Text]] = {
    "count": Text("数量的变化", "Counts that changed"),
    "percent": Text("比率的变化", "Rates that changed"),
    "seconds": Text("时长的变化", "Durations that changed"),
    "money": Text("金额的变化", "Amounts that changed"),
    "number": Text("其他变化", "Other measures that changed"),
}
LATE_COLUMNS: Final = {
    key: FILE_COLUMNS[key]
    for key in ("received_on", "landed_at", "feed", "file", "status", "rows", "staged", "quarantined")
}


def closing_sections(month: Month) -> list[Section]:
    """One section where `as_of` lies after the closing, else none."""
    if month.source.as_of <= month.closing:
        return []
    closed = Month.read(month.source.at(month.closing), month.period)
    changes = _changes(month, closed)
    late = [
        record
        | {
            "feed": month.label("feed", record["feed"]),
            "status": FILE_STATUS.get(record["status"], Text.same(record["status"] or "")),
            "landed_at": f"{record['landed_at']:%Y-%m-%dT%H:%M}",
        }
        for record in month.source.files(month.first_day, month.last_day)
        if record["landed_at"] > month.closing
    ]
    tables = [_table(unit, changes[unit]) for unit in UNITS if changes[unit]]
    files = record_table("late_files", Text("迟到的文件", "Files that came late"), LATE_COLUMNS, late)
    figures = (
        Figure("late_files", Text("迟到文件", "Late files"), "count", len(late)),
        Figure("late_rows", Text("迟到行数", "Late rows"), "count", sum(record["rows"] for record in late)),
        Figure("changed_values", Text("变化的数值", "Values that changed"), "count", sum(map(len, changes.values()))),
    )
    note = Text(
        f"关账时刻 {month.closing:%Y-%m-%d %H:%M}。按当时所知重出：ccdata report {month.period.label} --as-of closing",
        f"Closed at {month.closing:%Y-%m-%d %H:%M}. As it was known then: ccdata report {month.period.label} --as-of closing",
    )
    none = replace(_table("count", []), title=TITLE, empty=Text("没有变化", "Nothing has changed"))
    return [
        Section(
            "closing",
            TITLE,
            note,
            figures,
            (*(tables or [none]), replace(files, empty=Text("没有迟到的文件", "No file came late"))),
        )
    ]


def _changes(month: Month, closed: Month) -> dict[Unit, list[dict[str, Any]]]:
    """The values of the month that differ, by unit; of a month that nothing was known of at its closing those for all only."""
    before, now = _values(closed), _values(month)
    is_new = not before
    found: dict[Unit, list[dict[str, Any]]] = {unit: [] for unit in UNITS}
    for key in sorted({*before, *now}, key=lambda key: (key[0], bool(key[1]), key[1])):
        old, new = (values[key].value if key in values else None for values in (before, now))
        kpi, dims = key
        if old == new or (is_new and dims):
            continue
        definition = month.definition(kpi)
        found[definition.unit if definition.unit in found else "number"].append(
            {
                "measure": definition.name,
                "by": Text.joined(*(DIMENSIONS.get(name, Text.same(name)) for name, _ in dims)),
                "part": Text.joined(*(month.label(name, label) for name, label in dims)),
                "closing": old,
                "now": new,
                "change": None if old is None or new is None else new - old,
            }
        )
    return found


def _values(month: Month) -> dict[tuple[str, tuple[tuple[str, str], ...]], Value]:
    return {(value.kpi_id, value.dims): value for value in month.values if value.start == month.first_day}


def _table(unit: Unit, records: list[dict[str, Any]]) -> Table:
    columns: dict[str, tuple[Text, Unit]] = {
        "measure": (Text("指标", "Measure"), "name"),
        "by": (Text("分项", "By"), "name"),
        "part": (Text("项目", "Part"), "name"),
        "closing": (Text("关账时", "At the closing"), unit),
        "now": (Text("现在", "Now"), unit),
        "change": (Text("变化", "Change"), unit),
    }
    if not any(record["by"].zh for record in records):  # nothing of a part
        del columns["by"], columns["part"]
    return record_table(f"changed_{unit}", UNITS[unit], columns, records)
