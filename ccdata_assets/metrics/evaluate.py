"""The one evaluation of all KPIs: kpi.definition, kpi.quality_measure and kpi.value.

Values are only ever added. What a period's value was at any past moment can be asked for by `as_of`; a value that
changes after its period has closed is a restatement, a row of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

import duckdb

from ccdata_assets.contracts.compile import literal
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.errors import ContractError
from ccdata_assets.metrics.quality_measures import write_measures
from ccdata_assets.metrics.registry import COMPUTED, LENGTH, Grain, Kpi, ValueSet, version_error
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import insert_rows, transaction

KEY = ("kpi_id", "definition_version", "grain", "period_start", "dims")
VALUE = ("value", "numerator", "denominator", "target")


def evaluate(
    con: duckdb.DuckDBPyConnection, kpis: Mapping[str, Kpi], registry: Registry, settings: Settings, run_id: str
) -> int:
    """Bring kpi.definition, kpi.quality_measure and kpi.value up to date at the business time of this run.

    Gives the number of rows added to kpi.value. period_start is local to the centre, dims is JSON with sorted keys.
    """
    with transaction(con):
        write_definitions(con, kpis, settings)
        write_measures(con, registry, settings)
        write_interval_view(con, kpis, settings)
        return _write_values(con, kpis, settings, run_id)


def write_interval_view(con: duckdb.DuckDBPyConnection, kpis: Mapping[str, Kpi], settings: Settings) -> None:
    """kpi.interval_value: the values that are not kept, as the sums are now: kpi_id, definition_version, grain, period_start, dims, value,
    numerator, denominator, target. They would be most of kpi.value, and say no more than the sums that are kept."""
    queries = list(_queries(kpis, settings.business_date, kept=False))
    nothing = f"select {', '.join(KEY)}, {', '.join(VALUE)} from kpi.value where false"
    con.execute(f"create or replace view kpi.interval_value as {' union all '.join([nothing, *queries])}")


def write_definitions(con: duckdb.DuckDBPyConnection, kpis: Mapping[str, Kpi], settings: Settings) -> None:
    """kpi.definition: one row per KPI and version, with the target of the business date; versions of the past stay.

    ContractError where a KPI computes something else than the values that its version has, which stay as they are, or where
    its version is lower than one before.
    """
    lines = [_definition(name, kpi, settings) for name, kpi in kpis.items()]
    _refuse_other_meaning(con, kpis, lines)
    if lines:
        columns = ", ".join(lines[0])
        con.execute(f"create or replace temp table declared as select {columns} from kpi.definition limit 0")
        insert_rows(con, "declared", [tuple(line.values()) for line in lines])
        con.execute(f"insert or replace into kpi.definition ({columns}) from declared")


def _definition(name: str, kpi: Kpi, settings: Settings) -> dict[str, object]:
    return {
        "kpi_id": name,
        "version": kpi.version,
        "zh": kpi.zh,
        "en": kpi.en,
        "definition_zh": kpi.definition.zh,
        "definition_en": kpi.definition.en,
        "formula": kpi.formula,
        "unit": kpi.unit,
        "direction": kpi.direction,
        "target": kpi.target_on(settings.business_date),
        "perspective": kpi.perspective,
        "weight": kpi.weight,
        "owner": kpi.owner,
        **kpi.computed,
        "sets": kpi.set_names,
    }


def refuse_other_meaning(con: duckdb.DuckDBPyConnection, kpis: Mapping[str, Kpi], settings: Settings) -> None:
    """ContractError, naming all of them, where KPIs compute something else than the values that their version has in kpi.definition,
    or where their version is lower than one before."""
    _refuse_other_meaning(con, kpis, [_definition(name, kpi, settings) for name, kpi in kpis.items()])


def _refuse_other_meaning(
    con: duckdb.DuckDBPyConnection, kpis: Mapping[str, Kpi], lines: list[dict[str, object]]
) -> None:
    found = con.execute(f"select kpi_id, version, {', '.join(COMPUTED)} from kpi.definition where source is not null")
    known = {(row[0], row[1]): dict(zip(COMPUTED, row[2:], strict=True)) for row in found.fetchall()}
    newest = dict(con.execute("select kpi_id, max(version) from kpi.definition group by all").fetchall())
    wrong = [
        version_error(name, f"version {newest[name]} has values already", newest[name])
        for name, kpi in kpis.items()
        if kpi.version < newest.get(name, kpi.version)
    ]
    for line in lines:
        before = known.get((line["kpi_id"], line["version"]))
        if changed := [part for part in COMPUTED if before and before[part] != line[part]]:
            name, keys = str(line["kpi_id"]), ", ".join(f"`{COMPUTED[part]}`" for part in changed)
            version = kpis[name].version
            problem = f"{keys} is not as version {version} was computed, and values of a version stay as they are"
            wrong.append(version_error(name, problem, version))
    if wrong:
        raise ContractError("\n".join(map(str, wrong)))


def _write_values(con: duckdb.DuckDBPyConnection, kpis: Mapping[str, Kpi], settings: Settings, run_id: str) -> int:
    today = settings.business_date
    con.execute(
        f"create or replace temp table candidate as select {', '.join(KEY)}, {', '.join(VALUE)} from kpi.value limit 0"
    )
    for query in _queries(kpis, today):  # one by one: DuckDB plans their union four times as long
        con.execute(f"insert into candidate {query}")
    windows = "".join(f" when {literal(name)} then {kpi.window_days}" for name, kpi in kpis.items() if kpi.window)
    window = f"to_days(case kpi_id{windows} else 0 end)" if windows else "to_days(0)"
    lengths = " ".join(f"when {literal(grain)} then {length}" for grain, length in LENGTH.items())
    con.execute(
        f"""create or replace temp table added as
        with latest as (
            select * from kpi.value qualify row_number() over (partition by {", ".join(KEY)} order by as_of desc, rowid desc) = 1
        ),
        -- the last day on which a set of values was looked at: what a period that had ended by then did not have came late
        looked_at as (
            select kpi_id, definition_version, grain, json_keys(dims) as keys, max(cast(timezone($2, as_of) as date)) as last_on from kpi.value group by all
        ),
        -- a combination that is no longer there has no data from now on; an older version of a definition, and a KPI that is no longer declared, stay as they are
        compared as (
            select kpi_id, definition_version, grain, period_start, dims, c.value, c.numerator, c.denominator, c.target,
                l.kpi_id is not null as is_known, l.status as old_status,
                (c.value, c.numerator, c.denominator, c.target) is distinct from (l.value, l.numerator, l.denominator, l.target) as is_changed,
                period_start + case grain {lengths} end + {window} as closes_at, closes_at <= $1::timestamp as is_closed
            from candidate as c full join latest as l using ({", ".join(KEY)})
            where c.kpi_id is not null or l.value is not null and list_contains($3, kpi_id) and definition_version = (select max(version) from kpi.definition as d where d.kpi_id = l.kpi_id)
        )
        select {", ".join(f"compared.{name}" for name in KEY)}, value, numerator, denominator, target,
            case when not is_closed then 'provisional'
                when if(is_known, old_status <> 'provisional', coalesce(looked_at.last_on >= closes_at, false)) then 'restated' else 'final' end as status
        from compared left join looked_at on looked_at.kpi_id = compared.kpi_id and looked_at.definition_version = compared.definition_version
            and looked_at.grain = compared.grain and looked_at.keys = json_keys(compared.dims)
        where is_changed or (is_closed and old_status = 'provisional')""",
        [today, settings.time_zone, list(kpis)],
    )
    con.execute(
        "insert into kpi.value select *, $1, $2 from added order by kpi_id, grain, dims, period_start",
        [settings.as_of, run_id],
    )
    return int(con.execute("select count(*) from added").fetchall()[0][0])


def _queries(kpis: Mapping[str, Kpi], today: date, kept: bool = True) -> Iterator[str]:
    """SQL of all values that are kept, or of those that are not. KPIs of the same rows are counted in one look at them. Stocks, and plain sums of which 0 says something, have a
    row for every period, and are counted one by one."""
    together: dict[tuple[Counted, Grain, tuple[tuple[str, str], ...]], dict[str, Kpi]] = {}
    for name, kpi in kpis.items():
        for wanted in (one for one in kpi.sets if one.kept is kept):
            counted = Counted(wanted.source or kpi.source, kpi.where or "true", wanted.date or kpi.date)
            if kpi.kind == "flow" and (kpi.denominator or _is_sparse(wanted)):
                together.setdefault((counted, wanted.grain, tuple(sorted(wanted.by.items()))), {})[name] = kpi
            else:
                yield _query(name, kpi, counted, wanted.grain, wanted.by, today)
    for (counted, grain, by), alike in together.items():
        yield _sums(alike, counted, grain, dict(by), today)


def _is_sparse(wanted: ValueSet) -> bool:
    """Whether a sum has values only for periods with rows: years of empty quarters of an hour, or days of each agent, say nothing."""
    return wanted.grain in ("15min", "30min", "hour") or (wanted.grain in ("day", "week") and bool(wanted.by))


class Counted(NamedTuple):
    """The rows that KPIs count: table, condition, and the column of local dates or times."""

    source: str
    where: str
    dated_by: str

    def rows(self, grain: Grain, dims: Mapping[str, str], today: date) -> str:
        """SQL: what of them is known today; combinations of which a dimension is null are left out."""
        where = self.where.replace("{grain}", grain)
        known = "".join(f" and ({column}) is not null" for column in dims.values())
        return (
            f"(select * from {self.source} where ({where}) and cast({self.dated_by} as date) <= date '{today}'{known})"
        )


def _period(grain: Grain, at: str) -> str:
    """SQL: the start of the period that a local date or time lies in."""
    if grain in ("15min", "30min"):
        return f"time_bucket({LENGTH[grain]}, cast({at} as timestamp))"
    return f"cast(date_trunc('{grain}', {at}) as timestamp)"


def _dims_json(dims: Mapping[str, str]) -> str:
    if not dims:
        return "'{}'"
    pairs = ", ".join(f"{literal(key)}, ({dims[key]})" for key in sorted(dims))
    return f"cast(json_object({pairs}) as varchar)"


def _target(kpi: Kpi) -> str:
    """SQL: the target of a period."""
    if not kpi.targets:
        return "cast(null as double)"
    cases = [f"when period_start >= {literal(str(first))} then {value}" for first, value in reversed(kpi.targets)]
    return f"cast(case {' '.join(cases)} end as double)"


def _sums(kpis: Mapping[str, Kpi], counted: Counted, grain: Grain, dims: Mapping[str, str], today: date) -> str:
    """SQL: values of KPIs that are sums of the same rows, or divide them, by one grain and one set of dimensions."""
    sums = ", ".join(
        f"cast({kpi.numerator} as double) as n{i}, cast({kpi.denominator or 'null'} as double) as d{i}"
        for i, kpi in enumerate(kpis.values())
    )
    told = ", ".join(
        f"{{'kpi_id': {literal(name)}, 'version': {kpi.version}, 'value': {f'n{i} / nullif(d{i}, 0)' if kpi.denominator else f'n{i}'}, 'n': n{i}, 'd': d{i}, 'target': {_target(kpi)}}}"
        for i, (name, kpi) in enumerate(kpis.items())
    )
    return f"""select told.kpi_id, told.version as definition_version, {literal(grain)} as grain, period_start, dims,
        told.value as value, told.n as numerator, told.d as denominator, told.target as target
        from (
            select period_start, dims, unnest([{told}]) as told from (
                select {_period(grain, counted.dated_by)} as period_start, {_dims_json(dims)} as dims, {sums} from {counted.rows(grain, dims, today)} group by all
            )
        )"""


def _query(name: str, kpi: Kpi, counted: Counted, grain: Grain, dims: Mapping[str, str], today: date) -> str:
    """SQL: values of a stock, or of a sum that nothing divides, of every period from the first on."""
    source, period, length = counted.rows(grain, dims, today), _period(grain, counted.dated_by), LENGTH[grain]
    sums = f"select {period} as period_start, {_dims_json(dims)} as dims, cast({kpi.numerator} as double) as numerator from {source} group by all"
    last = _period(grain, f"timestamp '{today} 23:59:59'")
    value = "if(flow.dims is null, 0, flow.numerator)"  # a period without rows has nothing; rows that tell no amount leave it unknown
    if kpi.kind == "stock":
        value = "sum(coalesce(flow.numerator, 0)) over (partition by every.dims order by spine.period_start)"
    return f"""select {literal(name)} as kpi_id, {kpi.version} as definition_version, {literal(grain)} as grain, period_start, dims,
        numerator as value, numerator, cast(null as double) as denominator, {_target(kpi)} as target
        from (
            select spine.period_start, every.dims, {value} as numerator
            from (select unnest(generate_series((select min({period}) from {source}), {last}, {length})) as period_start) as spine
            cross join (select distinct dims from ({sums})) as every
            left join ({sums}) as flow on flow.period_start = spine.period_start and flow.dims = every.dims
        )"""
