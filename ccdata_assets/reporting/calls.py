"""What reports of the call centre have in common: how many calls there were, read from the sums behind the KPIs so that a past day's
report needs nothing but these, the figures with what they are held against, and tables of calls. Which of them a report shows is
not decided here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ccdata_assets.reporting.measures import ALL, DIMENSIONS, Window, by_title, kpi_figures
from ccdata_assets.reporting.model import BEFORE, Cell, Chart, Column, Compared, Figure, Table, Text
from ccdata_assets.reporting.period import Period
from ccdata_assets.reporting.published import Value

RATES: Final = ("service_level", "answer_rate", "abandon_rate", "asa", "aht")
PEOPLE: Final = (
    "talk_time",
    "hold_time",
    "acw_time",
    "transfer_rate",
    "occupancy",
    "utilisation",
    "csat",
    "nps",
    "qa_score",
    "fcr",
)
SHADED: Final = ("service_level", "answer_rate")  # whose target shades a table
VARIANTS: Final = {
    "service_level_v1": "V1", "service_level_v2": "V2", "service_level": "V3", "service_level_v4": "V4", "service_level_v5": "V5",
}  # fmt: skip
LAST_YEAR: Final = Text("去年同期", "same period last year")
PARTS: Final = ("queue", "skill", "team", "business_type", "customer_type", "topic", "product")


@dataclass(frozen=True)
class Volume:
    """A count of calls that a KPI is divided by, or its numerator."""

    title: Text
    meaning: Text
    kpi: str
    side: Literal["numerator", "denominator"]

    def of(self, value: Value | None) -> float | None:
        """The count in the KPI's value; None where there is none."""
        found = getattr(value, self.side) if value else None
        return int(found) if found is not None else None


VOLUMES: Final = {
    "entered": Volume(
        Text("呼入量", "Entered"),
        Text("进入呼叫中心的呼叫数", "Calls that came into the centre"),
        "answer_rate",
        "denominator",
    ),
    "offered": Volume(
        Text("排队量", "Offered"), Text("进入队列的呼叫数", "Calls that came to a queue"), "abandon_rate", "denominator"
    ),
    "answered": Volume(
        Text("应答量", "Answered"), Text("坐席接听的呼叫数", "Calls that agents answered"), "asa", "denominator"
    ),
    "abandoned": Volume(
        Text("放弃量", "Abandoned"),
        Text("排队中放弃的呼叫数", "Calls given up in the queue"),
        "abandon_rate",
        "numerator",
    ),
}
OF_PEOPLE: Final = ("team", "agent")
OF_QUEUES: Final = ("queue", "skill")
ENTRIES: Final = Text(
    "按入队次数计：经过多个队列的通话在每个队列各计一次，各行之和可大于合计（合计中每通电话计一次）。",
    "Entries into each: a call through several counts in each, so the rows may add up to more than the total, in which a call counts once.",
)
CALLS: Final = (*RATES, *PEOPLE)
COUNTED: Final = tuple(
    dict.fromkeys([*(volume.kpi for volume in VOLUMES.values()), *CALLS])
)  # all that a table of calls needs
REPORTED: Final = (*COUNTED, *VARIANTS, "calls_handled")  # what makes a report of calls due where it has changed


def has_calls(window: Window) -> bool:
    """Whether any call of the period is known."""
    return any(window.overall(volume.kpi) for volume in VOLUMES.values())


def volume_figures(
    window: Window, compared: Sequence[tuple[Text, Sequence[Period]]], before: Period, called: Text = BEFORE
) -> tuple[Figure, ...]:
    """The counts of calls, held against `before` and the means of the `compared` periods."""
    figures = []
    for name, volume in VOLUMES.items():
        counts = {one: volume.of(window.overall(volume.kpi, one.first_day)) for one in window.period.trend}

        def of(one: Period, volume: Volume = volume) -> float | None:
            return volume.of(window.overall(volume.kpi, one.first_day))

        figures.append(
            Figure(
                id=name,
                title=volume.title,
                unit="count",
                value=of(window.period),
                previous=of(before),
                is_partial=window.is_running,
                definition=volume.meaning,
                trend=tuple(counts.values()),
                before=called,
                compared=tuple(Compared(title, _mean([of(one) for one in periods])) for title, periods in compared),
            )
        )
    return tuple(figures)


def held_against(
    window: Window,
    kpis: Iterable[str],
    compared: Sequence[tuple[Text, Sequence[Period]]],
    before: Period,
    called: Text = BEFORE,
) -> tuple[Figure, ...]:
    """The KPIs as figures, held against `before` and the `compared` periods; of several of these the sums are taken before they
    are divided. Those without any value in the window are left out."""
    known = [kpi for kpi in kpis if any(value is not None for value in window.trend(kpi))]
    figures = []
    for figure in kpi_figures(window, known):
        previous = window.overall(figure.id, before.first_day)
        told = tuple(
            Compared(title, _together([window.overall(figure.id, one.first_day) for one in periods]))
            for title, periods in compared
        )
        figures.append(_with(figure, previous.value if previous else None, called, told))
    return tuple(figures)


def _with(figure: Figure, previous: float | None, called: Text, compared: tuple[Compared, ...]) -> Figure:
    parts = vars(figure) | {"previous": previous, "before": called, "compared": compared}
    return Figure(**parts)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _together(values: Sequence[Value | None]) -> float | None:
    """The KPI of several periods at once: their sums divided, the mean of a count."""
    known = [value for value in values if value and value.value is not None]
    if any(value.denominator is None for value in known):
        return _mean([value.value for value in known])
    whole = sum(value.denominator or 0 for value in known)
    return sum(value.numerator or 0 for value in known) / whole if whole else None


def variants_table(window: Window) -> Table:
    """The service level as each variant counts it, the one in use marked (DOMAIN: V1 to V5)."""
    rows = []
    for kpi, name in VARIANTS.items():
        if (value := window.overall(kpi)) and value.value is not None:
            definition = window.definition(kpi, value.version)
            is_used = kpi == "service_level"
            rows.append((name, value.value, value.numerator, value.denominator, is_used or None, definition.meaning))
    columns = (
        Column("variant", Text("口径", "Variant"), "code"),
        Column("value", Text("服务水平", "Service level"), "percent"),
        Column("numerator", Text("分子", "Numerator"), "number", minor=True),
        Column("denominator", Text("分母", "Denominator"), "number", minor=True),
        Column("is_used", Text("采用", "In use"), "flag"),
        Column("meaning", Text("含义", "Meaning"), "name"),
    )
    return Table("variants", Text("服务水平各口径", "Variants of the service level"), columns, tuple(rows))


def call_table(
    window: Window,
    table_id: str,
    title: Text,
    first: Sequence[Column],
    rows: Sequence[tuple[Sequence[Cell], dict[str, Value]]],
    kpis: Sequence[str],
    total: bool = True,
    note: Text | None = None,
) -> Table:
    """Counts of calls and KPIs in rows that the `first` columns name; those of them no row has are left out. The total is the published
    value of everything together, not a sum."""
    volumes = {
        name: one for name, one in VOLUMES.items() if any(one.of(values.get(one.kpi)) is not None for _, values in rows)
    }
    shown = [kpi for kpi in kpis if any(kpi in values and values[kpi].value is not None for _, values in rows)]
    columns = (
        *first,
        *(Column(name, one.title, "count") for name, one in volumes.items()),
        *(
            Column(
                kpi,
                window.definition(kpi).name,
                window.definition(kpi).unit,
                target=window.target(kpi) if kpi in SHADED else None,
            )
            for kpi in shown
        ),
    )

    def cells(values: dict[str, Value]) -> list[Cell]:
        return [
            *(one.of(values.get(one.kpi)) for one in volumes.values()),
            *(values[kpi].value if kpi in values else None for kpi in shown),
        ]

    whole = {kpi: value for kpi in REPORTED if (value := window.overall(kpi))}
    foot = (ALL, *[None] * (len(first) - 1), *cells(whole)) if total and rows and whole else None
    return Table(table_id, title, columns, tuple((*names, *cells(values)) for names, values in rows), foot, note)


def parts_table(window: Window, by: str, kpis: Sequence[str]) -> Table | None:
    """The calls by one dimension, the part with the most of them first; None where nothing is known by it."""
    if by in OF_PEOPLE:  # they handle calls; none is offered to them
        kpis = ("calls_handled", *kpis)
    parts = window.parts(kpis).get((by,), {})

    def size(labels: tuple[str, ...]) -> float:
        counts = [volume.of(parts[labels].get(volume.kpi)) for volume in VOLUMES.values()]
        weights = [value.denominator for value in parts[labels].values()]
        return max((count for count in [*counts, *weights] if count is not None), default=0)

    rows = [
        ([window.label(by, labels[0])], parts[labels]) for labels in sorted(parts, key=lambda one: (-size(one), one))
    ]
    column = Column("part", DIMENSIONS.get(by, Text.same(by)), "name")
    note = ENTRIES if by in OF_QUEUES else None
    return call_table(window, f"by_{by}", by_title([by]), [column], rows, kpis, note=note) if rows else None


def call_charts(window: Window, table: Table, x: str) -> list[Chart]:
    """Calls offered and answered, the service level, waits and handling, satisfaction over the rows of a table, as far as it has them."""
    keys = {column.key for column in table.columns}
    charts = []
    if {"offered", "answered"} <= keys:
        charts.append(
            Chart(
                f"calls_{table.id}",
                Text("排队与应答", "Offered and answered"),
                "bar",
                table.id,
                x,
                ("offered", "answered"),
            )
        )
    for kpi in ("service_level", "abandon_rate", "asa", "aht", "csat", "occupancy"):
        if kpi in keys:
            name = window.definition(kpi).name
            charts.append(Chart(f"{kpi}_{table.id}", name, "line", table.id, x, (kpi,), window.target(kpi)))
    return charts
