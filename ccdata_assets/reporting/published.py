"""What reports read: the published copy of the warehouse, opened read-only, as it was known at one moment
(`as_of`). Each function gives typed rows of one published table; a table that is not published yet has no
rows. Which rows a report shows is decided by the report."""

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final, Self

import duckdb

from ccdata_assets.analysis.kept import KEYS
from ccdata_assets.reporting.model import Direction, Text, Unit
from ccdata_assets.reporting.provinces import province

EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
MASK: Final = "*"  # a name that has one is masked
SHORT_KEY: Final = 6  # characters of the key of a person that tell two apart
UNITS: Final[dict[str, Unit]] = {
    "percent": "percent", "count": "count", "seconds": "seconds", "money": "money",
}  # fmt: skip


@dataclass(frozen=True)
class Definition:
    """One KPI as defined in one version; `target` in the KPI's unit."""

    kpi_id: str
    version: int
    name: Text
    meaning: Text
    formula: str
    unit: Unit
    direction: Direction
    target: float | None
    perspective: str
    owner: str
    kind: str = "flow"  # of the period; or stock: all up to its end


@dataclass(frozen=True)
class Value:
    """One KPI value. `start` is the first day of its period in the centre's local time; `dims` is empty for
    all."""

    kpi_id: str
    version: int
    start: date
    dims: tuple[tuple[str, str], ...]  # sorted by key
    value: float | None
    numerator: float | None
    denominator: float | None
    target: float | None
    status: str
    clock: str = "00:00"  # when on that day a period of less than a day begins

    @property
    def keys(self) -> tuple[str, ...]:
        """What the value is broken down by."""
        return tuple(key for key, _ in self.dims)

    @property
    def labels(self) -> tuple[str, ...]:
        """Which part it is of."""
        return tuple(label for _, label in self.dims)


class Published:
    """The published copy as known at `as_of`; use `opened`. Times are given in the zone of `as_of`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, as_of: datetime) -> None:
        self._connection = connection
        self._as_of = as_of
        self._until = (as_of - EPOCH) // timedelta(microseconds=1)
        found = connection.execute("select table_schema || '.' || table_name from information_schema.tables")
        self._tables = {name for (name,) in found.fetchall()}

    @classmethod
    @contextmanager
    def opened(cls, path: Path, as_of: datetime) -> Iterator[Self]:
        """Opens the DuckDB file at `path`. Raises ValueError for an `as_of` without zone, FileNotFoundError
        when nothing is published."""
        if as_of.tzinfo is None:
            raise ValueError(f"as_of {as_of.isoformat()} has no time zone: give one, such as +08:00")
        if not path.is_file():
            raise FileNotFoundError(f"no published copy at {path}: run `ccdata run` first")
        with duckdb.connect(str(path), read_only=True) as connection:
            yield cls(connection, as_of)

    @property
    def as_of(self) -> datetime:
        """The moment whose knowledge this is."""
        return self._as_of

    def at(self, as_of: datetime) -> "Published":
        """The same copy as it was known at another moment, in the same zone; nothing is opened."""
        return Published(self._connection, as_of.astimezone(self._as_of.tzinfo))

    def definitions(self) -> dict[tuple[str, int], Definition]:
        """Every KPI definition by id and version, in the order of id and version."""
        rows = self._rows(
            "kpi.definition",
            """select kpi_id, version, zh, en, definition_zh, definition_en, formula, unit, direction,
                target, perspective, owner, kind
            from kpi.definition order by kpi_id, version""",
        )
        return {
            (kpi, version): Definition(
                kpi_id=kpi,
                version=version,
                name=Text(zh or en or kpi, en or zh or kpi),
                meaning=Text(means_zh or means_en or "", means_en or means_zh or ""),
                formula=formula or "",
                unit=UNITS.get(unit, "number"),
                direction=direction if direction in ("up", "down") else "none",
                target=_number(target),
                perspective=perspective or "",
                owner=owner or "",
                kind=kind or "flow",
            )
            for (
                kpi,
                version,
                zh,
                en,
                means_zh,
                means_en,
                formula,
                unit,
                direction,
                target,
                perspective,
                owner,
                kind,
            ) in rows
        }

    def values(self, grain: str, first_day: date, last_day: date, overall: bool = False) -> list[Value]:
        """KPI values of the periods that begin in these days (inclusive): of each period and part the row
        known last at `as_of`; those of everything together only where `overall` is said."""
        return self._values(grain, "period_start::date between ? and ?", [first_day, last_day], overall)

    def values_on(self, grain: str, days: Sequence[date]) -> list[Value]:
        """KPI values of everything together of the periods that begin on these days, as `values` gives them."""
        return self._values(grain, "list_contains(?, period_start::date)", [list(days)], overall=True)

    def _values(self, grain: str, when: str, days: list[Any], overall: bool) -> list[Value]:
        rows = self._rows(
            "kpi.value",
            f"""with known as (
                select *, row_number() over (
                    partition by kpi_id, period_start, dims
                    order by as_of desc, definition_version desc, rowid desc
                ) as age
                from kpi.value
                where grain = ? and {when} and epoch_us(as_of) <= ? {"and dims = '{}'" if overall else ""}
            )
            select kpi_id, definition_version, period_start::date, dims, value, numerator, denominator,
                target, status, strftime(period_start, '%H:%M')
            from known where age = 1 order by kpi_id, period_start, dims""",
            [grain, *days, self._until],
        )
        return [
            Value(
                kpi,
                version,
                start,
                _dims(dims),
                _number(value),
                _number(top),
                _number(bottom),
                _number(target),
                status or "",
                clock,
            )
            for kpi, version, start, dims, value, top, bottom, target, status, clock in rows
        ]

    def by_weekday(
        self, kpis: Sequence[str], first_day: date, last_day: date
    ) -> list[tuple[str, int, str, float, float, int]]:
        """(KPI, ISO weekday, half hour as HH:MM, sum of numerators, sum of denominators, days of that weekday that have any of the KPIs) of
        the half hours of these days."""
        return self._rows(
            "kpi.value",
            """with known as (
                select kpi_id, period_start, numerator, denominator, row_number() over (
                    partition by kpi_id, period_start order by as_of desc, definition_version desc, rowid desc
                ) as age
                from kpi.value
                where grain = '30min' and dims = '{}' and period_start::date between ? and ? and epoch_us(as_of) <= ?
                    and list_contains(?, kpi_id)
            ),
            half_hour as (
                select *, isodow(period_start) as weekday from known where age = 1 and denominator > 0
            ),
            days as (select weekday, count(distinct period_start::date) as days from half_hour group by all)
            select kpi_id, weekday, strftime(period_start, '%H:%M') as clock, sum(numerator), sum(denominator), any_value(days)
            from half_hour join days using (weekday) group by kpi_id, weekday, clock order by kpi_id, weekday, clock""",
            [first_day, last_day, self._until, list(kpis)],
        )

    def completeness(self, month: date) -> list[tuple[str, str, str, int, int]]:
        """(feed, source, field, filled, total) of the party records of a month, regions and industries added up; a feed
        whose rows name no source is its own."""
        return self._rows(
            "kpi.quality_measure",
            """with known as (
                select *, row_number() over (
                    partition by feed, source, field, region, industry order by as_of desc, rowid desc
                ) as age
                from kpi.quality_measure
                where subject = 'party' and dimension = 'completeness' and measure = 'filled'
                    and month = ? and epoch_us(as_of) <= ?
            )
            select feed, coalesce(source, feed) as source, field, sum(passed)::bigint, sum(total)::bigint
            from known where age = 1 group by all having sum(total) > 0 order by all""",
            [month, self._until],
        )

    def measures(self, month: date) -> list[tuple[str, Text, str | None, int, int]]:
        """(dimension, measure, field, passed, total) of a month, everything it is counted by added up."""
        if "kpi.measure" not in self._tables:
            return []
        rows = self._rows(
            "kpi.quality_measure",
            """with known as (
                select *, row_number() over (
                    partition by subject, feed, source, dimension, measure, field, region, industry
                    order by as_of desc, rowid desc
                ) as age
                from kpi.quality_measure where month = ? and epoch_us(as_of) <= ?
            )
            select known.dimension, measure, any_value(name.zh), any_value(name.en), known.field,
                sum(passed)::bigint, sum(total)::bigint
            from known left join kpi.measure as name using (measure)
            where age = 1 group by known.dimension, measure, known.field having sum(total) > 0
            order by known.dimension, measure, known.field""",
            [month, self._until],
        )
        return [
            (dimension, Text(zh or measure, en or measure), field, passed, total)
            for dimension, measure, zh, en, field, passed, total in rows
        ]

    def incidents(self, first_day: date, last_day: date) -> list[dict[str, Any]]:
        """Incidents opened in these days or open on one of them, as they stood at `as_of`; times as datetimes."""
        columns = [
            "incident_id",
            "check_name",
            "feed",
            "table_name",
            "field",
            "dimension",
            "severity",
            "value",
            "target",
        ]
        rows = self._rows(
            "ops.incident",
            f"""with known as (
                select {", ".join(columns)}, opened_at,
                    if(epoch_us(acknowledged_at) <= $1, acknowledged_at, null) as acknowledged_at,
                    if(epoch_us(resolved_at) <= $1, resolved_at, null) as resolved_at,
                    if(epoch_us(resolved_at) <= $1, resolved_by, null) as resolved_by
                from ops.incident where epoch_us(opened_at) <= $1
            )
            select {", ".join(columns)}, resolved_by,
                epoch_us(opened_at), epoch_us(acknowledged_at), epoch_us(resolved_at) from known
            where epoch_us(opened_at) < $3 and (resolved_at is null or epoch_us(resolved_at) >= $2)
            order by opened_at, incident_id""",
            [self._until, self._instant(first_day), self._instant(last_day + timedelta(days=1))],
        )
        return [
            dict(
                zip(
                    [*columns, "resolved_by", "opened_at", "acknowledged_at", "resolved_at"],
                    [*row, *times],
                    strict=True,
                )
            )
            for *row, opened, acknowledged, resolved in rows
            for times in [[None if at is None else self._moment(at) for at in (opened, acknowledged, resolved)]]
        ]

    def overrides(self, first_day: date, last_day: date) -> list[tuple[datetime, str, str, date, str]]:
        """(when, feed, file, last day, reason) of batches that people let through the gate in these days."""
        rows = self._rows(
            "ops.gate_override",
            """select epoch_us("at"), feed, file, until, reason from ops.gate_override
            where epoch_us("at") <= ? and epoch_us("at") >= ? and epoch_us("at") < ? order by "at", feed, file""",
            [self._until, self._instant(first_day), self._instant(last_day + timedelta(days=1))],
        )
        return [(self._moment(at), feed, file, until, reason) for at, feed, file, until, reason in rows]

    def anomalies(self, first_day: date, last_day: date) -> list[dict[str, Any]]:
        """What was odd about deliveries received in these days: the columns of kpi.anomaly."""
        if "ops.file_ledger_history" not in self._tables:
            return []
        columns = ["feed", "file", "measure", "field", "value", "usual", "low", "high", "zh", "en"]
        rows = self._rows(
            "kpi.anomaly",
            f"""with delivered as (
                select feed, sha256, arg_max(received_on, as_of) as received_on from ops.file_ledger_history
                where status <> 'repeat' and epoch_us(as_of) <= $1 group by all
            )
            select received_on, {", ".join(columns)} from kpi.anomaly join delivered using (feed, sha256)
            where epoch_us(as_of) <= $1 and received_on between $2 and $3 order by received_on, feed, file, measure, field""",
            [self._until, first_day, last_day],
        )
        return [dict(zip(["received_on", *columns], row, strict=True)) for row in rows]

    def checks(self, first_day: date, last_day: date) -> list[dict[str, Any]]:
        """Quality checks of these days, the latest result of each: the columns of kpi.quality_result but
        run_id and as_of."""
        columns = [
            "check_name",
            "feed",
            "table_name",
            "field",
            "dimension",
            "severity",
            "period",
            "value",
            "target",
            "passed",
            "unexpected",
            "total",
        ]
        rows = self._rows(
            "kpi.quality_result",
            f"""with known as (
                select *, row_number() over (
                    partition by check_name, feed, table_name, field, period order by as_of desc, rowid desc
                ) as age
                from kpi.quality_result where period between ? and ? and epoch_us(as_of) <= ?
            )
            select {", ".join(columns)} from known where age = 1
            order by dimension, feed, table_name, check_name, field, period""",
            [first_day, last_day, self._until],
        )
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def files(self, first_day: date, last_day: date) -> list[dict[str, Any]]:
        """Files received in these days and landed by `as_of`, oldest first: the ledger's counts, `landed_at`
        as a datetime."""
        counts = ["bytes", "rows", "staged", "quarantined", "blank", "superseded", "repeated"]
        columns = ["received_on", "feed", "file", "status", "error", "encoding", *counts]
        rows = self._rows(
            "ops.file_ledger_history",
            f"""with known as (
                select *, row_number() over (
                    partition by feed, file, sha256, landed_at order by as_of desc, rowid desc
                ) as age
                from ops.file_ledger_history where epoch_us(as_of) <= ?
            )
            select {", ".join(columns)}, epoch_us(landed_at) from known
            where age = 1 and received_on between ? and ? order by received_on, feed, file, landed_at, sha256""",
            [self._until, first_day, last_day],
        )
        return [dict(zip([*columns, "landed_at"], [*row, self._moment(at)], strict=True)) for *row, at in rows]

    def quarantine(self, first_day: date, last_day: date) -> list[tuple[str, str, str | None, str, int]]:
        """(feed, rule, field, reason, rows) in quarantine from files received in these days, most rows first."""
        if "ops.file_ledger_history" not in self._tables:
            return []
        return self._rows(
            "ops.quarantine_history",
            """with known as (
                select *, row_number() over (
                    partition by feed, sha256, rule, field, reason order by as_of desc, rowid desc
                ) as age
                from ops.quarantine_history where epoch_us(as_of) <= ?
            ),
            delivered as (
                select feed, sha256, arg_max(received_on, as_of) as received_on from ops.file_ledger_history
                where status <> 'repeat' and epoch_us(as_of) <= ? group by all
            )
            select feed, rule, field, reason, sum(rows)::bigint as rows from known join delivered using (feed, sha256)
            where age = 1 and rows > 0 and received_on between ? and ?
            group by all order by rows desc, feed, rule, field, reason""",
            [self._until, self._until, first_day, last_day],
        )

    def review_counts(self, first_day: date, last_day: date) -> list[tuple[str, str, int]]:
        """(measure, reason, pairs) of the review queue, if `as_of` lies in these days and the queue was known then."""
        if not first_day <= self._as_of.date() <= last_day:
            return []
        return self._rows(
            "golden.review_count",
            """select measure, reason, pairs from golden.review_count where epoch_us("at") <= ?
            order by measure, pairs desc, reason""",
            [self._until],
        )

    def review_pairs(self, most: int) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """The first pairs of the review queue: the columns of golden.review_queue, left and right."""
        columns = [
            "place", "weight", "asked", "agrees", "disagrees", "organisation_id", "records", "feed", "row", "company_name", "province",
            "city", "county", "phone", "uscc",
        ]  # fmt: skip
        rows = self._rows(
            "golden.review_queue",
            f"select {', '.join(columns)} from golden.review_queue where place <= ? order by place, side",
            [most],
        )
        sides = [dict(zip(columns, row, strict=True)) for row in rows]
        return list(zip(sides[::2], sides[1::2], strict=True))

    def feeds(self) -> dict[str, tuple[Text, str]]:
        """Name and owner of each feed."""
        rows = self._rows("marts.dim_feed", "select feed, zh, en, owner from marts.dim_feed order by feed")
        return {feed: (Text(zh or en or feed, en or zh or feed), owner or "") for feed, zh, en, owner in rows}

    def field_names(self) -> dict[str, Text]:
        """Name of each business field."""
        rows = self._rows("marts.dim_field", "select field, zh, en from marts.dim_field order by field")
        return {field: Text(zh or en or field, en or zh or field) for field, zh, en in rows}

    def sources(self) -> dict[str, tuple[Text, str, str]]:
        """Name, feed and kind of channel of each source; '' where nobody collects it."""
        rows = self._rows(
            "marts.dim_source", "select source, feed, zh, en, channel from marts.dim_source order by source"
        )
        return {
            source: (Text(zh or en or source, en or zh or source), feed, channel or "")
            for source, feed, zh, en, channel in rows
        }

    def industries(self) -> dict[str, Text]:
        """Name of each section of the industries by its letter."""
        rows = self._rows(
            "marts.dim_industry",
            """select section_code, min(section_zh), min(section_en) from marts.dim_industry
            where is_current group by section_code order by section_code""",
        )
        return {code: Text(zh or code, en or zh or code) for code, zh, en in rows}

    def people(self) -> dict[str, Text]:
        """What to call each person who collects, by key: the name as it is published (masked) and the key's beginning,
        which tells two apart."""
        rows = self._rows(
            "marts.fct_collection",
            """select collected_by_key, min(collected_by) from marts.fct_collection
            where collected_by_key is not null group by all order by all""",
        )
        return {key: Text.same(f"{name or ''} {key[:SHORT_KEY]}".strip()) for key, name in rows}

    def agents(self) -> dict[str, tuple[Text, str]]:
        """What to call each agent, by key, and the team the agent is in today ('' where none is known): the key's beginning, after
        the name where personal columns are published in clear."""
        rows = self._rows(
            "marts.dim_agent",
            """select agent_key, coalesce(agent_name, ''), coalesce(team, '') from marts.dim_agent
            where agent_key is not null order by all""",
        )
        return {
            key: (Text.same(f"{'' if MASK in name else name} {key[:SHORT_KEY]}".strip()), team)
            for key, name, team in rows
        }

    def provinces(self) -> dict[str, Text]:
        """Name of each province by its six-digit code."""
        rows = self._rows(
            "marts.dim_region",
            """select left(region_code, 2) || '0000' as code, min(province) from marts.dim_region
            where province is not null group by code order by code""",
        )
        return {code: province(code, name) for code, name in rows}

    def is_analysed(self, first_day: date, last_day: date) -> bool:
        """Whether any analysis has a row of these days or of the months they lie in."""
        tables = [name for name in KEYS if f"analysis.{name}" in self._tables]
        if not tables:
            return False
        found = " or ".join(
            f"exists (select 1 from analysis.{name} where {KEYS[name][0]} between $1 and $2 and epoch_us(as_of) <= $3)"
            for name in tables
        )
        values = [first_day.replace(day=1), last_day, self._until]
        return bool(self._connection.execute(f"select {found}", values).fetchall()[0][0])

    def analysed(self, table: str, first_day: date, last_day: date) -> list[dict[str, Any]]:
        """The rows of analysis.<table> of these days or of the months they lie in, in the order of its key; days as dates."""
        key = KEYS[table]
        first = first_day.replace(day=1) if key[0] == "month" else first_day
        if f"analysis.{table}" not in self._tables:
            return []
        found = self._connection.execute(
            f"""with known as (
                select *, row_number() over (partition by {", ".join(key)} order by as_of desc, rowid desc) as age from analysis.{table}
                where {key[0]} between ? and ? and epoch_us(as_of) <= ?
            )
            select * exclude (age, is_withdrawn, run_id, as_of) from known where age = 1 and not is_withdrawn order by {", ".join(key)}""",
            [first, last_day, self._until],
        )
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def overdue_callbacks(self, first_day: date, last_day: date, customer_types: Sequence[str]) -> list[dict[str, Any]]:
        """Calls of these days that are owed to customers of these types, were due by `as_of` and nobody made: call_id, queue,
        customer_type, reason, owed_at and due_at as datetimes."""
        rows = self._rows(
            "marts.fct_callback",
            """select call_id, queue, customer_type, reason, epoch_us(owed_at), epoch_us(due_at) from marts.fct_callback
            where local_date between ? and ? and list_contains(?, customer_type) and epoch_us(due_at) <= ?
                and (called_back_at is null or epoch_us(called_back_at) > ?) and (came_back_at is null or epoch_us(came_back_at) > ?)
            order by due_at, call_id""",
            [first_day, last_day, list(customer_types), self._until, self._until, self._until],
        )
        columns = ("call_id", "queue", "customer_type", "reason", "owed_at", "due_at")
        return [
            dict(zip(columns, [*row, self._moment(owed), self._moment(due)], strict=True)) for *row, owed, due in rows
        ]

    def rows(self, table: str, sql: str, values: list[Any] | None = None) -> list[Any]:
        """The rows of a query that reads `table`, for sections with tables of their own; none where it is not published."""
        return self._rows(table, sql, values)

    def _rows(self, table: str, sql: str, values: list[Any] | None = None) -> list[Any]:
        return self._connection.execute(sql, values or []).fetchall() if table in self._tables else []

    def _instant(self, day: date) -> int:
        """The first moment of a local day, in microseconds since 1970."""
        return (datetime.combine(day, time(), self._as_of.tzinfo) - EPOCH) // timedelta(microseconds=1)

    def _moment(self, microseconds: int) -> datetime:
        return (EPOCH + timedelta(microseconds=microseconds)).astimezone(self._as_of.tzinfo)


def _number(value: Any) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _dims(text: str | None) -> tuple[tuple[str, str], ...]:
    dims: dict[str, Any] = json.loads(text or "{}")
    return tuple(sorted((key, "" if label is None else str(label)) for key, label in dims.items()))
