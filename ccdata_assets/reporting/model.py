"""A report as data: sections of figures, tables and charts, every text in Chinese and English. Whatever shows
a report (workbook, page, Dagster metadata) reads this model and computes nothing, so that all of them show
the same numbers; a chart has no data of its own but names the columns of a table. Queries and layout do not
belong here."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Literal, NamedTuple, Self, TypeAlias

Unit: TypeAlias = Literal[
    "count", "percent", "seconds", "bytes", "money", "number",  # numbers; a percent is a ratio, 0.5 is 50%
    "month", "date", "datetime", "hour",  # ISO 8601 text: 2026-03, 2026-03-31, 2026-03-31T09:30, 09
    "text", "name", "code", "flag",  # a name is a Text; a flag is true or false
]  # fmt: skip
Direction: TypeAlias = Literal["up", "down", "none"]
Language: TypeAlias = Literal["both", "zh", "en"]
ChartKind: TypeAlias = Literal["line", "bar", "ranking", "points"]

NUMERIC: frozenset[str] = frozenset({"count", "percent", "seconds", "bytes", "money", "number"})


class Text(NamedTuple):
    """One text in both languages."""

    zh: str
    en: str

    @property
    def both(self) -> str:
        """Chinese and English on one line; once when they are the same."""
        return self.zh if self.zh == self.en else f"{self.zh} {self.en}"

    def said(self, language: Language) -> str:
        """In one language, or on one line in both."""
        return self.both if language == "both" else self.zh if language == "zh" else self.en

    @classmethod
    def same(cls, text: str) -> Self:
        """A text that is the same in both languages: a code, a file name, a name nobody has translated."""
        return cls(text, text)

    @classmethod
    def joined(cls, *parts: "Text | None", between: str = " · ") -> Self:
        """Several texts as one; those that are None or empty are left out."""
        zh, en = (between.join(text for part in parts if part and (text := part[i])) for i in (0, 1))
        return cls(zh, en)


NO_DATA = Text("无数据", "no data")
BEFORE = Text("上期", "prior")
STATUS = {
    "provisional": Text("暂定", "provisional"),
    "restated": Text("已重述", "restated"),
    "final": Text("确定", "final"),
}

Cell: TypeAlias = str | int | float | bool | Text | None  # None: no data


class Compared(NamedTuple):
    """What a figure is compared with beside the period before, in the unit of the figure: the same period last year."""

    title: Text
    value: float | None


@dataclass(frozen=True)
class Figure:
    """One measure of the period. `value`, `target` and `previous` (the period before, or what `before` calls it) are in `unit`,
    ratios as 0..1; None is «no data». One that `is_partial` counts a period that is not over, so that it has no change yet. `trend` holds the same measure for the periods up to this one, oldest
    first."""

    id: str
    title: Text
    unit: Unit
    value: float | None
    previous: float | None = None
    target: float | None = None
    direction: Direction = "none"
    numerator: float | None = None
    denominator: float | None = None
    status: str = ""
    is_partial: bool = False
    definition: Text | None = None
    trend: tuple[float | None, ...] = ()
    before: Text = BEFORE
    compared: tuple[Compared, ...] = ()

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without a value, a target or a good direction."""
        if self.value is None or self.target is None or self.direction == "none":
            return None
        return self.value >= self.target if self.direction == "up" else self.value <= self.target

    @property
    def change(self) -> float | None:
        """Difference from `previous`, in `unit` (for a percent: 0.01 is one percentage point)."""
        return None if self.value is None or self.previous is None or self.is_partial else self.value - self.previous

    @property
    def improved(self) -> bool | None:
        """Whether the change is for the better; None when there is none or neither way is better."""
        if not self.change or self.direction == "none":
            return None
        return (self.change > 0) == (self.direction == "up")


@dataclass(frozen=True)
class Column:
    """One column of a table. `target` shades the cells of a percent column by their distance from it, `deepest` those of
    any number by their size, this being the deepest (heat maps); a `minor` column explains another one (numerator, denominator, code) and is shown quietly."""

    key: str
    title: Text
    unit: Unit
    minor: bool = False
    target: float | None = None
    deepest: float | None = None


@dataclass(frozen=True)
class Table:
    """Rows of cells, each as long as `columns`; `total` is one more row, and `foot` are further ones that the rows are held
    against, such as a median. `empty` says what no rows means."""

    id: str
    title: Text
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] | None = None
    note: Text | None = None
    empty: Text = NO_DATA
    foot: tuple[tuple[Cell, ...], ...] = ()

    @property
    def below(self) -> tuple[tuple[Cell, ...], ...]:
        """The rows that stand below all others: the total and what the rows are held against."""
        return self.foot if self.total is None else (self.total, *self.foot)

    def position(self, key: str) -> int:
        """Where the column `key` stands, from 0."""
        return [column.key for column in self.columns].index(key)

    def values(self, key: str) -> list[Cell]:
        """The cells of one column, total left out."""
        position = self.position(key)
        return [row[position] for row in self.rows]


@dataclass(frozen=True)
class Chart:
    """A view of a table of the same section: `x` and `series` are column keys, the series all of one unit.
    `bar` and `line` run from left to right, `ranking` is a horizontal bar a row, `points` are marks over the numbers of `x`, between
    lines of the columns `limits` (a funnel). Only the first `first` rows are drawn when it is given."""

    id: str
    title: Text
    kind: ChartKind
    table: str
    x: str
    series: tuple[str, ...]
    target: float | None = None
    first: int | None = None
    limits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """One theme of a report, one sheet of the workbook."""

    id: str
    title: Text
    note: Text | None = None
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()

    def table(self, table_id: str) -> Table:
        """The table with this id."""
        return next(table for table in self.tables if table.id == table_id)

    def heading(self, table: Table) -> Text:
        """What a table is called where its section is not in sight."""
        return self.title if self.title == table.title else Text.joined(self.title, table.title)

    @property
    def is_empty(self) -> bool:
        """Nothing to read: no figure has a value and no table a row."""
        has_value = any(figure.value is not None for figure in self.figures)
        return not has_value and not any(table.rows for table in self.tables)

    @property
    def says_why(self) -> bool:
        """Its tables say what it means that they are empty: that nothing happened, not that nothing is known."""
        return any(table.empty != NO_DATA for table in self.tables)


@dataclass(frozen=True)
class Report:
    """One report for one period. `period` is its label (2026-03, 2026-W47) and sorts as text; `first_day` and `last_day`
    are inclusive; `as_of` is the moment the numbers were known, with its zone, the one all times of the
    report are shown in."""

    id: str
    title: Text
    period: str
    first_day: date
    last_day: date
    as_of: datetime
    sections: tuple[Section, ...]

    def section(self, section_id: str) -> Section:
        """The section with this id."""
        return next(section for section in self.sections if section.id == section_id)

    def to_json(self) -> str:
        """The model as JSON text, the same bytes for the same report. Texts are {"zh", "en"}, days and times
        ISO 8601."""
        return json.dumps(_plain(self), ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The report that `to_json` wrote. Raises ValueError when the text is another thing."""
        try:
            plain: dict[str, Any] = json.loads(text)
            return cls(
                id=plain["id"],
                title=Text(**plain["title"]),
                period=plain["period"],
                first_day=date.fromisoformat(plain["first_day"]),
                last_day=date.fromisoformat(plain["last_day"]),
                as_of=datetime.fromisoformat(plain["as_of"]),
                sections=tuple(_section(section) for section in plain["sections"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a report of this version ({type(error).__name__}: {error})") from error


def _plain(thing: object) -> Any:
    if isinstance(thing, Text):
        return {"zh": thing.zh, "en": thing.en}
    if isinstance(thing, Compared):
        return {"title": _plain(thing.title), "value": thing.value}
    if isinstance(thing, date):
        return thing.isoformat()
    if isinstance(thing, list | tuple):
        return [_plain(part) for part in thing]
    if hasattr(thing, "__dataclass_fields__"):
        return {field.name: _plain(getattr(thing, field.name)) for field in fields(thing)}  # type: ignore[arg-type]
    return thing


def _section(plain: Mapping[str, Any]) -> Section:
    return Section(
        **_texts(plain, "title", "note")
        | {
            "figures": tuple(
                Figure(
                    **_texts(figure, "title", "definition", "before")
                    | {"trend": tuple(figure["trend"]), "compared": _compared(figure)}
                )
                for figure in plain["figures"]
            ),
            "tables": tuple(_table(table) for table in plain["tables"]),
            "charts": tuple(
                Chart(
                    **_texts(chart, "title")
                    | {"series": tuple(chart["series"]), "limits": tuple(chart.get("limits", ()))}
                )
                for chart in plain["charts"]
            ),
        }
    )


def _compared(plain: Mapping[str, Any]) -> tuple[Compared, ...]:
    return tuple(Compared(Text(**one["title"]), one["value"]) for one in plain.get("compared", ()))


def _table(plain: Mapping[str, Any]) -> Table:
    total = plain["total"]
    return Table(
        **_texts(plain, "title", "note", "empty")
        | {
            "columns": tuple(Column(**_texts(column, "title")) for column in plain["columns"]),
            "rows": tuple(_cells(row) for row in plain["rows"]),
            "total": None if total is None else _cells(total),
            "foot": tuple(_cells(row) for row in plain.get("foot", ())),
        }
    )


def _cells(row: Sequence[Any]) -> tuple[Cell, ...]:
    return tuple(Text(**cell) if isinstance(cell, dict) else cell for cell in row)


def _texts(plain: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return dict(plain) | {key: Text(**plain[key]) for key in keys if plain.get(key) is not None}
