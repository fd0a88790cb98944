"""Whether a delivery is as its feed's usually are: rows, empty cells of each field, shares of each code.

kpi.profile has what is compared of each delivery, kpi.anomaly what was found, in words. A plain robust method: the median of the
deliveries before, and how far they lie from it; anomalies.yaml has the limits.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from ccdata_assets.contracts.compile import field_type, literal, quote
from ccdata_assets.contracts.model import Contract, Declaration
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.contracts.yaml_source import YamlSource
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import transaction

PATH = Path(__file__).with_suffix(".yaml")
DEVIATION = 1.4826


class Limits(Declaration):
    """anomalies.yaml."""

    past: int
    least: int
    score: float
    rows: float
    empty: float
    share: float
    rows_judged: int
    misread: float


def load_limits(path: Path = PATH) -> Limits:
    """The limits; ContractError names file and line of a mistake."""
    return YamlSource(path).parse(Limits)


def find_anomalies(con: duckdb.DuckDBPyConnection, registry: Registry, contract: Contract, settings: Settings, run_id: str) -> int:  # fmt: skip
    """Compare each delivery of a feed not looked at yet with those before it; gives how many of the last one's measures are odd.

    A delivery is a landed file with rows. Adds to kpi.profile (feed, sha256, measure, field, code, n, total) and to kpi.anomaly
    (…, value, usual, low, high, score, zh, en): codes are those of code lists, values of other fields are never told.
    """
    # all of it or nothing: a run that is killed leaves no delivery half looked at, and none is told of twice
    with transaction(con):
        _write_profiles(con, registry, contract)
        _judge(con, registry, contract, settings, run_id)
    last = con.execute(
        """select count(*) from kpi.anomaly where feed = $1 and sha256 = (
            select arg_max(sha256, (landed_at, landing_seq)) from ops.file_ledger where feed = $1 and status in ('landed', 'held')
                and sha256 in (select sha256 from ops.profiled where feed = $1)
        )""",
        [contract.feed],
    ).fetchall()
    return int(last[0][0])


def _judge(
    con: duckdb.DuckDBPyConnection, registry: Registry, contract: Contract, settings: Settings, run_id: str
) -> None:
    """kpi.anomaly of the deliveries that were not compared yet."""
    limits = load_limits()
    con.execute(
        f"""create or replace temp table odd as
        with delivery as (
            select feed, sha256, file, status, row_number() over (order by landed_at, landing_seq) as place from ops.file_ledger
            where feed = $1 and status in ('landed', 'held') and sha256 in (select sha256 from kpi.profile where feed = $1)
        ),
        fresh as (select * from delivery where sha256 not in (select sha256 from ops.profiled where feed = $1 and is_judged)),
        measured as (
            select delivery.sha256, delivery.place, measure, field, code, total,
                if(measure = 'rows', ln(1 + n), n / total) as x from kpi.profile join delivery using (feed, sha256)
        ),
        -- a code that a delivery lacks has the share 0 in it
        of_field as (select distinct sha256, place, field, total from measured where measure = 'share'),
        code as (select distinct field, code from measured where measure = 'share'),
        every as (
            select sha256, place, measure, field, cast(null as varchar) as code, total, x from measured where measure <> 'share'
            union all
            select of_field.sha256, of_field.place, 'share', field, code.code, of_field.total, coalesce(measured.x, 0)
            from of_field join code using (field)
            left join measured on measured.sha256 = of_field.sha256 and measured.measure = 'share' and measured.field = of_field.field and measured.code = code.code
        ),
        past as (
            select fresh.sha256, fresh.file, now.measure, now.field, now.code, now.x, now.total, list(before.x order by before.place desc)[:{limits.past}] as xs
            from fresh join every as now using (sha256)
            join every as before on before.place < now.place and before.measure = now.measure and before.field is not distinct from now.field
                and before.code is not distinct from now.code and (before.measure = 'rows' or before.total >= {limits.rows_judged})
                -- what the gate holds is read by nothing: it says nothing of what is usual
                and before.sha256 not in (select sha256 from delivery where status = 'held')
            group by all
        ),
        -- the shares of a field's codes are judged together: how many rows would need another code
        share as (select *, list_aggregate(xs, 'median') as middle from past where measure = 'share'),
        share_before as (
            select sha256, field, list(distance) as xs from (
                select sha256, field, i, sum(abs(xs[i] - middle)) / 2 as distance from share, unnest(range(1, len(xs) + 1)) as step (i) group by all
            ) group by all
        ),
        drawn as (
            select sha256, file, measure, field, x, total, xs from past where measure <> 'share'
            union all
            select sha256, file, 'share', field, sum(abs(x - middle)) / 2, any_value(total), any_value(share_before.xs)
            from share join share_before using (sha256, field) group by sha256, file, field
        ),
        judged as (
            select *, list_aggregate(xs, 'median') as usual, {DEVIATION} * list_aggregate(list_transform(xs, lambda v: abs(v - list_aggregate(xs, 'median'))), 'median') as deviation,
                case measure when 'rows' then ln({limits.rows}) when 'empty' then {limits.empty} else {limits.share} end as floor
            from drawn where len(xs) >= {limits.least} and (measure = 'rows' or total >= {limits.rows_judged})
        )
        select *, greatest({limits.score} * deviation, floor + if(measure = 'rows', 0, 1 / sqrt(total))) as room from judged""",
        [contract.feed],
    )
    titles = ", ".join(
        f"({literal(name)}, {literal(zh)}, {literal(en)})"
        for name in contract.fields
        for zh, en in [registry.title(name)]
    )
    con.execute(
        f"""insert into kpi.anomaly by name
        with title (field, title_zh, title_en) as (values {titles}),
        found as (
            select *, if(measure = 'share', 0, usual - room) as lowest, usual + room as highest from odd
            where abs(x - usual) > room
        ),
        shown as (
            select * replace (if(measure = 'rows', exp(x) - 1, x) as x, if(measure = 'rows', exp(usual) - 1, usual) as usual,
                greatest(0, if(measure = 'rows', exp(lowest) - 1, lowest)) as lowest, if(measure = 'rows', exp(highest) - 1, least(highest, 1)) as highest)
            from found left join title using (field)
        )
        select $1 as feed, sha256, file, measure, field, x as value, usual, lowest as low, highest as high,
            case measure when 'rows' then printf('本次接受 %d 行，以往 %d 次交付通常 %d 至 %d 行', cast(round(x) as bigint), len(xs), cast(round(lowest) as bigint), cast(round(highest) as bigint))
                when 'empty' then printf('%s空值占 %.0f%%，以往 %d 次交付通常约 %.0f%%', title_zh, 100 * x, len(xs), 100 * usual)
                else printf('%s的取值分布与以往 %d 次交付不同：%.0f%% 的行属于别的代码', title_zh, len(xs), 100 * x) end as zh,
            case measure when 'rows' then printf('%d rows accepted; the %d deliveries before usually had %d to %d', cast(round(x) as bigint), len(xs), cast(round(lowest) as bigint), cast(round(highest) as bigint))
                when 'empty' then printf('%s is empty in %.0f%% of the rows; usually, in %d deliveries, in about %.0f%%', title_en, 100 * x, len(xs), 100 * usual)
                else printf('the values of %s are spread otherwise than in the %d deliveries before: %.0f%% of the rows have other codes than usual', title_en, len(xs), 100 * x) end as en,
            $2 as run_id, $3 as as_of
        from shown order by all""",
        [contract.feed, run_id, settings.as_of],
    )
    con.execute("update ops.profiled set is_judged = true where feed = ? and not is_judged", [contract.feed])


def _write_profiles(con: duckdb.DuckDBPyConnection, registry: Registry, contract: Contract) -> None:
    """kpi.profile of the deliveries that have none yet."""
    feed, table = contract.feed, f"staged.{contract.feed}"
    con.execute(
        f"""create or replace temp table fresh_file as
        select distinct _sha256 as sha256 from {table} where _sha256 not in (select sha256 from ops.profiled where feed = $1)""",
        [feed],
    )
    if not con.execute("select count(*) from fresh_file").fetchall()[0][0]:
        return
    fields = [name for name, use in contract.fields.items() if use.derive is None]
    coded = [name for name in fields if field_type(registry, contract, name).startswith("code:")]
    empty = ", ".join(f"struct_pack(field := {literal(name)}, n := count(*) - count({quote(name)}))" for name in fields)
    parts = [
        "select sha256, 'rows' as measure, null as field, null as code, count(*) as n, count(*) as total from mine group by sha256",
        f"""select sha256, 'empty', of.field, null, of.n, total from (
            select sha256, count(*) as total, unnest([{empty}]) as of from mine group by sha256)""",
        *(
            f"""select sha256, 'share', {literal(name)}, cast({quote(name)} as varchar), count(*), sum(count(*)) over (partition by sha256)
            from mine where {quote(name)} is not null group by sha256, {quote(name)}"""
            for name in coded
        ),
    ]
    con.execute(
        f"""insert into kpi.profile
        with mine as (select _sha256 as sha256, * from {table} where _sha256 in (from fresh_file))
        select {literal(feed)}, * from ({" union all ".join(parts)})"""
    )
    con.execute("insert into ops.profiled select ?, sha256, false from fresh_file", [feed])
