"""KPIs as tables and charts, the same for every report: a window on the published values (one period, those
before it, its days or other steps) and the views of it by period, by step and by whatever the values are broken down
by. Which KPIs a report shows is not decided here."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cached_property
from typing import Any, Final, Self, TypeAlias

from ccdata_assets.quality.supplier_words import Explanation
from ccdata_assets.reporting.model import Cell, Chart, ChartKind, Column, Figure, Table, Text, Unit
from ccdata_assets.reporting.period import NAMES, Grain, Period
from ccdata_assets.reporting.published import Definition, Published, Value

MIDNIGHT: Final = "00:00"
RANKED: Final = 15  # bars of a ranking
UNKNOWN: Final = Text("未知", "Unknown")
ALL: Final = Text("合计", "All")
CODED: Final = ("region", "feed", "industry", "source", "field")  # parts whose code is shown beside their name
DIMENSIONS: Final = {
    "region": Text("省份", "Province"),
    "feed": Text("数据来源", "Feed"),
    "hour": Text("时段", "Hour"),
    "queue": Text("队列", "Queue"),
    "skill": Text("技能组", "Skill"),
    "product": Text("产品", "Product"),
    "campaign": Text("项目", "Campaign"),
    "list_source": Text("名单来源", "List source"),
    "occupation": Text("职业", "Occupation"),
    "weekday": Text("星期", "Weekday"),
    "attempt": Text("第几次拨打", "Attempt"),
    "dials": Text("拨打次数", "Dials"),
    "reason": Text("拒绝原因", "Refusal reason"),
    "channel": Text("采集渠道", "Channel"),
    "contact_channel": Text("联系方式类型", "Kind of phone"),
    "industry": Text("行业", "Industry"),
    "gender": Text("性别", "Gender"),
    "age_band": Text("年龄段", "Age band"),
    "spend_band": Text("消费档", "Spend band"),
    "team": Text("班组", "Team"),
    "agent": Text("坐席", "Agent"),
    "topic": Text("主题", "Topic"),
    "business_type": Text("业务类型", "Kind of business"),
    "customer_type": Text("客户类型", "Kind of customer"),
    "source": Text("来源", "Source"),
    "field": Text("字段", "Field"),
    "person": Text("采集人", "Collected by"),
}


CHANNELS: Final = {
    "directory_software": Text("名录软件", "B2B directory software"),
    "web_search": Text("网络搜索", "Web search"),
    "business_unit": Text("业务单位", "Business units"),
    "data_provider": Text("数据提供商", "Data providers"),
}  # as the code list collection_channel names them
PHONES: Final = {"mobile": Text("手机", "Mobile"), "landline": Text("固话", "Landline")}  # as contact_channel does


def source_names(sources: dict[str, tuple[Text, str, str]]) -> dict[str, Text]:
    """What each source is called; two of one name are told apart by their feed."""
    by_name = Counter(name for name, _, _ in sources.values())
    feeds = {source: name for source, (name, feed, _) in sources.items() if source == feed}
    return {
        source: Text.joined(name, feeds.get(feed), between=" · ") if by_name[name] > 1 and source != feed else name
        for source, (name, feed, _) in sources.items()
    }


@dataclass(frozen=True)
class Window:
    """What every section needs: the source, the period, the definitions and names, the values of the period, of those before
    it and of its steps."""

    source: Published
    period: Period
    definitions: dict[tuple[str, int], Definition]
    closing: datetime  # the period's figures were due then; what came later is late
    values: list[Value]  # of the period, everything; of those of its trend and of the year before, everything together
    steps: list[Value]  # of its steps (half hours, days, weeks or months), everything together
    feeds: dict[str, tuple[Text, str]]
    names: dict[str, dict[str, Text]]  # what parts are called: dimension → label → name
    rules: Mapping[tuple[str, str], Explanation] = field(default_factory=dict)  # of contracts, by name and reason

    @classmethod
    def read(
        cls,
        source: Published,
        period: Period,
        closing_days: int = 0,
        rules: Mapping[tuple[str, str], Explanation] | None = None,
    ) -> Self:
        """The window on a period, which closes so many days after its last one. `rules` says what the rules of
        contracts are called."""
        definitions = source.definitions()
        counts = {kpi for (kpi, _), definition in definitions.items() if definition.unit == "count"}
        first_day, last_year, before = period.first_day, period.last_year.first_day, period.trend[0].first_day
        values = source.values(period.grain, first_day, first_day)
        values += source.values(period.grain, before, first_day - timedelta(days=1), overall=True)
        if last_year < before:
            values += source.values(period.grain, last_year, last_year, overall=True)
        return cls(
            source=source,
            period=period,
            closing=closing_of(period.last_day, closing_days, source.as_of.tzinfo),
            definitions=definitions,
            values=_whole(values, counts),
            steps=_whole(_steps(source, period), counts),
            feeds=source.feeds(),
            names={
                "region": source.provinces(),
                "feed": {feed: name for feed, (name, _) in source.feeds().items()},
                "source": source_names(source.sources()),
                "industry": source.industries(),
                "field": source.field_names(),
                "person": source.people(),
                "agent": {key: name for key, (name, _) in source.agents().items()},
                "channel": CHANNELS,
                "contact_channel": PHONES,
            },
            rules=rules or {},
        )

    @property
    def is_running(self) -> bool:
        """Whether the period was not over yet at the time of the report."""
        return self.source.as_of < closing_of(self.period.last_day, 0, self.source.as_of.tzinfo)

    @property
    def first_day(self) -> date:
        """The first day of the period."""
        return self.period.first_day

    @property
    def last_day(self) -> date:
        """The last day of the period."""
        return self.period.last_day

    @cached_property
    def _overall(self) -> dict[tuple[str, date], Value]:
        return {(value.kpi_id, value.start): value for value in self.values if not value.dims}

    def kpis(self, first: Sequence[str] = ()) -> list[str]:
        """Every defined or measured KPI, these first, then by perspective."""
        known = {kpi for kpi, _ in self.definitions} | {value.kpi_id for value in self.values}
        others = sorted(known - set(first), key=lambda kpi: (self.definition(kpi).perspective, kpi))
        return [kpi for kpi in first if kpi in known] + others

    def definition(self, kpi: str, version: int | None = None) -> Definition:
        """The definition in this version, else the newest; a KPI without any is shown by its id."""
        if version is not None and (kpi, version) in self.definitions:
            return self.definitions[kpi, version]
        known = [definition for (kpi_id, _), definition in self.definitions.items() if kpi_id == kpi]
        nothing = Text.same("")
        return known[-1] if known else Definition(kpi, 0, Text.same(kpi), nothing, "", "number", "none", None, "", "")

    def overall(self, kpi: str, first_day: date | None = None) -> Value | None:
        """The KPI's value for everything in a period of this grain, this one by default."""
        return self._overall.get((kpi, first_day or self.first_day))

    def trend(self, kpi: str) -> tuple[float | None, ...]:
        """The KPI over the periods of the trend, oldest first, this one last."""
        starts = [period.first_day for period in self.period.trend]
        return tuple(value.value if (value := self.overall(kpi, start)) else None for start in starts)

    def target(self, kpi: str) -> float | None:
        """The target the period was measured against, else the one of the definition."""
        value = self.overall(kpi)
        if value is not None and value.target is not None:
            return value.target
        return self.definition(kpi, value.version if value else None).target

    def parts(self, kpis: Iterable[str]) -> dict[tuple[str, ...], dict[tuple[str, ...], dict[str, Value]]]:
        """This period's values of these KPIs by what they are broken down by, then by part, then by KPI."""
        wanted = set(kpis)
        found: dict[tuple[str, ...], dict[tuple[str, ...], dict[str, Value]]] = defaultdict(lambda: defaultdict(dict))
        for value in self.values:
            is_gone = (
                value.value is None and not value.denominator and not value.numerator
            )  # a part that no longer exists
            if value.kpi_id in wanted and value.start == self.first_day and value.dims and not is_gone:
                found[value.keys][value.labels][value.kpi_id] = value
        # a part of which there is nothing: a province that has its first organisation in a later month
        return {
            keys: {labels: values for labels, values in parts.items() if any(map(_counts, values.values()))}
            for keys, parts in sorted(found.items())
        }

    def label(self, key: str, label: str) -> Text:
        """The name of one part, such as a province or a feed."""
        if not label:
            return UNKNOWN
        return self.names.get(key, {}).get(label) or Text.same(label)


Month: TypeAlias = Window
"""A window on a month, which most reports are of."""


def _steps(source: Published, period: Period) -> list[Value]:
    if period.grain == "day":
        return source.values_on("30min", [period.first_day])
    steps = period.steps
    return source.values(steps[0].grain, steps[0].first_day, steps[-1].first_day, overall=True) if steps else []


def closing_of(last_day: date, days: int, zone: tzinfo | None) -> datetime:
    """The last second of the day on which a period closes, so many days after its last one."""
    return datetime.combine(last_day + timedelta(days=days + 1), time(), zone) - timedelta(seconds=1)


def kpi_figures(month: Month, kpis: Sequence[str]) -> tuple[Figure, ...]:
    """Each KPI as a figure with the one before, its target and its trend."""
    figures = []
    for kpi in kpis:
        value = month.overall(kpi)
        definition = month.definition(kpi, value.version if value else None)
        trend = month.trend(kpi)
        figures.append(
            Figure(
                id=kpi,
                title=definition.name,
                unit=definition.unit,
                value=value.value if value else None,
                previous=trend[-2],
                target=month.target(kpi),
                direction=definition.direction,
                numerator=value.numerator if value else None,
                denominator=value.denominator if value else None,
                status=value.status if value else "",
                is_partial=month.is_running
                and definition.kind == "flow"
                and value is not None
                and value.denominator is None,
                definition=definition.meaning if definition.meaning.zh else None,
                trend=trend,
            )
        )
    return tuple(figures)


def parts_tables(month: Month, kpis: Sequence[str], *by: str, share_of: str | None = None) -> list[Table]:
    """The KPIs by each of these dimensions that they are broken down by."""
    parts = month.parts(kpis)
    return [breakdown_table(month, kpis, (key,), parts[key,], share_of) for key in by if (key,) in parts]


def trend_table(month: Window, table_id: str, title: Text, kpis: Sequence[str]) -> Table:
    """The KPIs by period, from the first one of the trend that has any of them."""
    trend = month.period.trend
    values = {kpi: [month.overall(kpi, one.first_day) for one in trend] for kpi in kpis}
    any_value = [any(values[kpi][i] for kpi in kpis) for i in range(len(trend))]
    start = any_value.index(True) if True in any_value else len(trend)
    rows = tuple(
        (one.label, *_measured(month, kpis, {kpi: value for kpi in kpis if (value := values[kpi][i])}))
        for i, one in enumerate(trend)
        if i >= start
    )
    return Table(table_id, title, (period_column(month.period.grain), *_columns(month, kpis)), rows)


def period_column(grain: Grain) -> Column:
    """The column of a table that has a row a period; its key is the grain."""
    units: dict[Grain, Unit] = {"month": "month", "day": "date"}
    return Column(grain, NAMES[grain], units.get(grain, "code"))


def daily_table(month: Window, kpis: Sequence[str]) -> Table:
    """The KPIs by day, every day of the period when there is any."""
    found = by_step(month, kpis)
    days = month.period.steps if found else []
    rows = tuple((day.label, *_measured(month, kpis, found.get((day.first_day, MIDNIGHT), {}))) for day in days)
    columns = (period_column("day"), *_columns(month, kpis))
    return Table("daily", Text("按日", "By day"), columns, rows, _total(month, kpis, 1) if rows else None)


def by_step(month: Window, kpis: Sequence[str]) -> dict[tuple[date, str], dict[str, Value]]:
    """The values of everything together by the first day and clock of each step that has any, then by KPI."""
    found: dict[tuple[date, str], dict[str, Value]] = defaultdict(dict)
    for value in month.steps:
        if value.kpi_id in kpis:
            found[value.start, value.clock][value.kpi_id] = value
    return dict(found)


def breakdown_table(
    month: Month,
    kpis: Sequence[str],
    keys: tuple[str, ...],
    parts: dict[tuple[str, ...], dict[str, Value]],
    share_of: str | None = None,
) -> Table:
    """The KPIs by part: hours in order, everything else with the greatest first. Its columns are `part` (then
    `part2`, …), code, KPIs; its total is the published overall value, not a sum."""
    present = [kpi for kpi in kpis if any(kpi in values for values in parts.values())]
    coded = [key for key in keys if key in CODED]
    columns = [
        *(Column(f"part{i + 1}" if i else "part", DIMENSIONS.get(key, Text.same(key)), _label_unit(key))
          for i, key in enumerate(keys)),
        *(Column(key, Text("代码", "Code"), "code", minor=True) for key in coded),
        *_columns(month, present),
    ]  # fmt: skip
    rows = []
    for labels in sorted(parts, key=lambda labels: (0.0 if "hour" in keys else -_size(parts[labels], present), labels)):
        names = [month.label(key, label) for key, label in zip(keys, labels, strict=True)]
        shown = [name.zh if key == "hour" else name for key, name in zip(keys, names, strict=True)]
        codes = [label for key, label in zip(keys, labels, strict=True) if key in coded]
        rows.append((*shown, *codes, *_measured(month, present, parts[labels])))
    table = Table(
        "by_" + "_".join(keys),
        by_title(keys),
        tuple(columns),
        tuple(rows),
        _total(month, present, len(keys), len(coded)),
    )
    return _with_share(month, table, share_of) if share_of in present and share_of else table


def measure_charts(month: Month, table: Table, x: str, kpis: Sequence[str], kind: ChartKind) -> list[Chart]:
    """One chart for each of the KPIs that is a column of the table, with its target."""
    columns = {column.key for column in table.columns}
    return [
        Chart(
            id=f"{kpi}_{table.id}",
            title=_joined(month.definition(kpi).name, table.title),
            kind=kind,
            table=table.id,
            x=x,
            series=(kpi,),
            target=None if kind == "ranking" else month.target(kpi),
            first=RANKED if kind == "ranking" else None,
        )
        for kpi in kpis
        if kpi in columns
    ]


def record_table(
    table_id: str,
    title: Text,
    columns: dict[str, tuple[Text, Unit]],
    records: Iterable[dict[str, Any]],
    total: dict[str, Any] | None = None,
) -> Table:
    """A table from records by column key; days become ISO text."""

    def row(record: dict[str, Any]) -> tuple[Cell, ...]:
        return tuple(
            part.isoformat() if isinstance(part, date) else part for part in (record.get(key) for key in columns)
        )

    shown = tuple(Column(key, title, unit) for key, (title, unit) in columns.items())
    return Table(table_id, title, shown, tuple(row(record) for record in records), row(total) if total else None)


def ratio(part: Cell, whole: Cell) -> float | None:
    """part / whole; None when either is unknown or the whole is zero."""
    return None if part is None or not whole else as_float(part) / as_float(whole)


def known_sum(records: list[dict[str, Any]], key: str) -> int | None:
    """The sum of what is known; None when nothing is."""
    known = [record[key] for record in records if record[key] is not None]
    return sum(known) if known else None


def as_float(value: Cell) -> float:
    """The number in a cell; 0 when there is none."""
    return float(value) if isinstance(value, int | float) else 0.0


def _counts(value: Value) -> bool:
    return bool(value.value or value.numerator or value.denominator)


def _label_unit(key: str) -> Unit:
    return "hour" if key == "hour" else "name"


def by_title(keys: Sequence[str]) -> Text:
    """What a table by these dimensions is called."""
    labels = [DIMENSIONS.get(key, Text.same(key)) for key in keys]
    en = "By " + " and ".join(label.en.lower() for label in labels)
    return Text("按" + "、".join(label.zh for label in labels), en)


def _joined(name: Text, title: Text) -> Text:
    return Text(f"{name.zh}（{title.zh}）", f"{name.en} {title.en[:1].lower()}{title.en[1:]}")


def _with_share(month: Month, table: Table, kpi: str) -> Table:
    """The table with each row's share of the KPI's overall value, after the KPI."""
    overall = month.overall(kpi)
    whole = overall.value if overall else None
    at = table.position(kpi) + 1
    share = Column(f"{kpi}_share", Text("占比", "Share"), "percent")
    rows = tuple((*row[:at], ratio(row[at - 1], whole), *row[at:]) for row in table.rows)
    total = table.total and (*table.total[:at], ratio(whole, whole), *table.total[at:])
    missing = as_float(whole) - sum(as_float(row[at - 1]) for row in table.rows)
    note = Text(
        f"另有 {missing:,.0f} 未能识别，不在各行中。", f"{missing:,.0f} more could not be told and are in no row."
    )
    return replace(
        table,
        columns=(*table.columns[:at], share, *table.columns[at:]),
        rows=rows,
        total=total,
        note=note if missing > 0 else None,
    )


def _columns(month: Month, kpis: Sequence[str]) -> list[Column]:
    """A column a KPI, after a rate or mean its numerator and denominator."""
    columns = []
    for kpi in kpis:
        definition = month.definition(kpi)
        columns.append(Column(kpi, definition.name, definition.unit))
        if definition.unit != "count":
            columns.append(Column(f"{kpi}_numerator", Text("分子", "Numerator"), "number", minor=True))
            columns.append(Column(f"{kpi}_denominator", Text("分母", "Denominator"), "number", minor=True))
    return columns


def _measured(month: Month, kpis: Sequence[str], values: dict[str, Value]) -> list[Cell]:
    """The cells of `_columns`."""
    cells: list[Cell] = []
    for kpi in kpis:
        value = values.get(kpi)
        cells.append(value.value if value else None)
        if month.definition(kpi).unit != "count":
            cells += [value.numerator, value.denominator] if value else [None, None]
    return cells


def _total(month: Month, kpis: Sequence[str], names: int, codes: int = 0) -> tuple[Cell, ...]:
    overall = {kpi: value for kpi in kpis if (value := month.overall(kpi))}
    return (ALL, *[None] * (names - 1 + codes), *_measured(month, kpis, overall))


def _size(values: dict[str, Value], kpis: Sequence[str]) -> float:
    """How much a part weighs, for ordering: the first KPI's denominator, or its value when it is a count."""
    first = next((values[kpi] for kpi in kpis if kpi in values), None)
    if first is None:
        return 0.0
    return (first.value if first.denominator is None else first.denominator) or 0.0


def _whole(values: list[Value], counts: set[str]) -> list[Value]:
    """The values, counts as whole numbers where they are."""
    return [
        replace(value, value=int(value.value))
        if value.kpi_id in counts and value.value is not None and value.value.is_integer()
        else value
        for value in values
    ]
