"""KPI values: sums before ratios, no data is no zero, and what was once said is never overwritten."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccdata_assets.contracts.registry import Registry
from ccdata_assets.errors import ContractError
from ccdata_assets.metrics.evaluate import evaluate, refuse_other_meaning
from ccdata_assets.metrics.registry import Kpi, load_kpis
from ccdata_assets_tests.world import Row, World, fetch, make_settings

BASE: Row = {
    "zh": "测试", "en": "Test", "definition": {"zh": "测试", "en": "Test"}, "formula": "f", "version": 1, "unit": "count", "direction": "up", "perspective": "internal", "owner": "team:tests",
    "source": "marts.event", "date": "day", "kind": "flow", "numerator": "sum(n)", "sets": [{"grain": "month"}],
}  # fmt: skip


def kpi(**changes: Any) -> Kpi:
    return Kpi.model_validate({**BASE, **changes})


FLOW, STOCK = kpi(), kpi(kind="stock")
RATIO = kpi(unit="percent", denominator="sum(of)", target=0.5)
BY_CITY = kpi(sets=[{"grain": "month"}, {"grain": "month", "by": {"city": "city"}}])


@pytest.fixture
def con(world: World) -> Iterator[duckdb.DuckDBPyConnection]:
    with world.warehouse() as con:
        yield con


class Evaluation:
    """Evaluations over one table of events: day, city, n, of."""

    def __init__(self, con: duckdb.DuckDBPyConnection, registry: Registry) -> None:
        self.con, self.registry = con, replace(registry, feeds={})

    def run(
        self,
        kpis: Kpi | dict[str, Kpi],
        events: list[tuple[str, str | None, float | None, float | None]],
        now: str = "2026-03-31",
    ) -> int:
        self.con.execute("create or replace table marts.event (day date, city varchar, n double, of double)")
        for event in events:
            self.con.execute("insert into marts.event values (?, ?, ?, ?)", list(event))
        kpis = kpis if isinstance(kpis, dict) else {"the_kpi": kpis}
        return evaluate(self.con, kpis, self.registry, make_settings(Path("unused"), now), now)

    def values(self, column: str = "value", dims: str = "{}") -> dict[str, Any]:
        """The newest value of each period of one combination."""
        rows = fetch(
            self.con, f"select period_start, {column} as it from kpi.value where dims = ? order by as_of, rowid", dims
        )
        return {f"{row['period_start']:%m-%d}": row["it"] for row in rows}

    def history(self, period: str) -> list[tuple[Any, str, str]]:
        """(value, status, run) of one period, oldest first."""
        rows = fetch(
            self.con,
            "select value, status, run_id from kpi.value where period_start = ? and dims = '{}' order by as_of, rowid",
            datetime.fromisoformat(period),
        )
        return [(row["value"], row["status"], row["run_id"]) for row in rows]


@pytest.fixture
def kpis(con: duckdb.DuckDBPyConnection, registry: Registry) -> Evaluation:
    return Evaluation(con, registry)


JAN, MAR = ("2026-01-05", "x", 2.0, 4.0), ("2026-03-10", "x", 3.0, 3.0)


def test_a_flow_sums_its_period_and_a_period_without_events_is_zero(kpis: Evaluation) -> None:
    kpis.run(FLOW, [JAN, JAN, MAR])
    assert kpis.values() == {"01-01": 4.0, "02-01": 0.0, "03-01": 3.0}


def test_rows_that_tell_no_amount_leave_the_sum_of_their_period_unknown(kpis: Evaluation) -> None:
    kpis.run(kpi(numerator="sum(nullif(n, 3))"), [JAN, MAR])
    assert kpis.values() == {"01-01": 2.0, "02-01": 0.0}


def test_a_sum_of_parts_of_an_hour_is_given_where_something_was_counted(kpis: Evaluation) -> None:
    grains = [{"grain": grain} for grain in ("15min", "30min", "hour")]
    kpis.con.execute("create or replace table marts.moment (moment timestamp, city varchar, n double)")
    kpis.con.execute(
        "insert into marts.moment values ('2026-01-05 09:10:00', 'x', 1), ('2026-01-05 09:44:59', 'x', 2), ('2026-01-05 23:59:59', 'y', 4)"
    )
    sums = kpi(source="marts.moment", date="moment", sets=[*grains, {"grain": "day", "by": {"city": "city"}}])
    kpis.run(sums, [])
    found = kpis.con.execute(
        "select grain, dims, strftime(period_start, '%d %H:%M'), value from kpi.value order by 1, period_start"
    ).fetchall()
    assert found == [
        ("15min", "{}", "05 09:00", 1), ("15min", "{}", "05 09:30", 2), ("15min", "{}", "05 23:45", 4),
        ("30min", "{}", "05 09:00", 1), ("30min", "{}", "05 09:30", 2), ("30min", "{}", "05 23:30", 4),
        ("day", '{"city":"x"}', "05 00:00", 3), ("day", '{"city":"y"}', "05 00:00", 4),
        ("hour", "{}", "05 09:00", 3), ("hour", "{}", "05 23:00", 4),
    ]  # fmt: skip


def test_a_set_may_be_of_another_table_with_the_same_sums(kpis: Evaluation) -> None:
    kpis.con.execute("create or replace table marts.by_city (local_date date, city varchar, n double, of double)")
    kpis.con.execute("insert into marts.by_city values ('2026-01-05', 'x', 1, 4), ('2026-01-06', 'x', 2, 4)")
    parts = {"grain": "month", "by": {"city": "city"}, "source": "marts.by_city", "date": "local_date"}
    kpis.run(kpi(unit="percent", denominator="sum(of)", sets=[{"grain": "month"}, parts]), [JAN])
    assert kpis.values() == {"01-01": 0.5} and kpis.values(dims='{"city":"x"}') == {"01-01": 0.375}


def test_values_that_are_not_kept_are_computed_when_they_are_asked_for(kpis: Evaluation) -> None:
    here, there = {"grain": "month"}, {"grain": "day", "by": {"city": "city"}}
    kept, not_kept = kpi(sets=[here, there]), kpi(sets=[here, there | {"kept": False}])
    kpis.run({"kept": kept, "not_kept": not_kept}, [JAN, MAR])
    of = "grain, period_start, dims, value, numerator, denominator, target"
    asked = kpis.con.execute(f"select {of} from kpi.interval_value order by all").fetchall()
    assert asked == kpis.con.execute(f"select {of} from kpi.value where dims <> '{{}}' order by all").fetchall() != []
    assert kpis.con.execute("select distinct kpi_id, definition_version from kpi.interval_value").fetchall() == [
        ("not_kept", 1)
    ]
    kpis.con.execute("update marts.event set n = n + 1")
    assert kpis.con.execute("select sum(value) from kpi.interval_value").fetchall() == [(7,)]
    kpis.run({"kept": kept}, [JAN])
    assert kpis.con.execute("select count(*) from kpi.interval_value").fetchall() == [(0,)]


def test_the_variants_of_service_level_are_those_of_the_definition(kpis: Evaluation) -> None:
    """Answered 1000, abandoned 60; within 20 s 860 and 20, within 5 s 10 given up."""
    kpis.con.execute(
        """create or replace table marts.interval as select date '2026-01-05' as day, 1000 as answered, 60 as abandoned, 860 as answered_in_time,
            20 as abandoned_in_time, 10 as short_abandoned, 1060 as offered, 'inbound' as direction"""
    )
    shipped = {name: one for name, one in load_kpis().items() if name.startswith("service_level")}
    here = {"source": "marts.interval", "date": "day", "sets": [{"grain": "day"}]}
    kpis.run({name: Kpi.model_validate(one.model_dump() | here) for name, one in shipped.items()}, [])
    found = dict(kpis.con.execute("select kpi_id, round(100 * value, 2) from kpi.value").fetchall())
    assert found == {
        "service_level_v1": 83.02, "service_level_v2": 86.00, "service_level": 81.13, "service_level_v4": 82.69,
        "service_level_v5": 82.08,
    }  # fmt: skip


def test_a_stock_sums_all_up_to_the_end_of_each_period(kpis: Evaluation) -> None:
    kpis.run(STOCK, [JAN, JAN, MAR, ("2026-03-11", "y", -1.0, None)])
    assert kpis.values() == {"01-01": 4.0, "02-01": 4.0, "03-01": 6.0}


def test_a_flow_by_day_reaches_the_day_of_the_evaluation(kpis: Evaluation) -> None:
    kpis.run(kpi(sets=[{"grain": "day"}]), [MAR], now="2026-03-12")
    assert kpis.values() == {"03-10": 3.0, "03-11": 0.0, "03-12": 0.0}


def test_stock_is_the_running_sum_of_increment(kpis: Evaluation) -> None:
    kpis.run({"stock": STOCK, "increment": FLOW}, [JAN, MAR, ("2026-02-02", "y", -1.0, None)])
    rows = fetch(kpis.con, "select kpi_id, value from kpi.value order by kpi_id, period_start")
    increments, stocks = ([row["value"] for row in rows if row["kpi_id"] == name] for name in ("increment", "stock"))
    assert (increments, stocks) == ([2.0, -1.0, 3.0], [2.0, 1.0, 4.0])


def test_people_who_are_held_by_grain_are_counted_from_the_rows_of_the_grain(kpis: Evaluation) -> None:
    """Of a source with a row for each grain, a value reads those of its own: `city` stands for the grain here."""
    by_grain = kpi(where="city = '{grain}'", sets=[{"grains": ["month", "year"]}])
    shared = kpi(where="city = '{grain}'", unit="percent", denominator="sum(of)", sets=[{"grains": ["month", "year"]}])
    rows: list[tuple[str, str | None, float | None, float | None]] = [
        ("2026-01-01", "month", 2, 4),
        ("2026-02-01", "month", 3, 4),
        ("2026-01-01", "year", 4, 5),
    ]
    kpis.run({"people": by_grain, "share": shared}, rows, "2026-02-28")
    found = fetch(
        kpis.con, "select kpi_id, grain, strftime(period_start, '%m') as start, value from kpi.value order by all"
    )
    assert [tuple(row.values()) for row in found] == [
        ("people", "month", "01", 2), ("people", "month", "02", 3), ("people", "year", "01", 4),
        ("share", "month", "01", 0.5), ("share", "month", "02", 0.75), ("share", "year", "01", 0.8),
    ]  # fmt: skip


def test_a_ratio_divides_sums_and_is_no_mean_of_ratios(kpis: Evaluation) -> None:
    kpis.run(RATIO, [("2026-01-05", "x", 1.0, 1.0), ("2026-01-06", "x", 1.0, 9.0)])
    assert (kpis.values(), kpis.values("numerator"), kpis.values("denominator")) == (
        {"01-01": 0.2},
        {"01-01": 2.0},
        {"01-01": 10.0},
    )


def test_a_ratio_of_nothing_is_no_data_and_not_zero(kpis: Evaluation) -> None:
    kpis.run(RATIO, [("2026-01-05", "x", 0.0, 0.0), MAR])
    assert kpis.values() == {"01-01": None, "03-01": 1.0}, "a denominator of zero must give null"
    assert "02-01" not in kpis.values(), "a ratio of a period without rows has no value at all"


def test_a_ratio_that_is_zero_is_zero(kpis: Evaluation) -> None:
    kpis.run(RATIO, [("2026-01-05", "x", 0.0, 5.0)])
    assert kpis.values() == {"01-01": 0.0}


def test_values_are_broken_down_by_their_dimensions_as_json(kpis: Evaluation) -> None:
    kpis.run(
        kpi(sets=[{"grain": "month", "by": {"region": "city", "band": "case when n > 2 then 'high' else 'low' end"}}]),
        [JAN, ("2026-01-09", "y", 5.0, None)],
        "2026-01-31",
    )
    found = {row["dims"]: row["value"] for row in fetch(kpis.con, "select dims, value from kpi.value")}
    assert found == {'{"band":"low","region":"x"}': 2.0, '{"band":"high","region":"y"}': 5.0}
    assert all(list(json.loads(dims)) == sorted(json.loads(dims)) for dims in found)


def test_rows_without_a_dimension_count_for_the_total_only(kpis: Evaluation) -> None:
    kpis.run(BY_CITY, [JAN, ("2026-01-09", None, 5.0, None)], "2026-01-31")
    assert {row["dims"]: row["value"] for row in fetch(kpis.con, "select dims, value from kpi.value")} == {
        "{}": 7.0,
        '{"city":"x"}': 2.0,
    }


def test_a_condition_leaves_rows_out(kpis: Evaluation) -> None:
    kpis.run(kpi(where="city = 'x'"), [JAN, ("2026-01-09", "y", 5.0, None)], "2026-01-31")
    assert kpis.values() == {"01-01": 2.0}


def test_there_is_no_value_where_there_are_no_rows(kpis: Evaluation) -> None:
    assert kpis.run({"flow": FLOW, "stock": STOCK, "ratio": RATIO}, []) == 0


def test_a_month_is_provisional_to_its_last_day_and_final_after_it(kpis: Evaluation) -> None:
    kpis.run(FLOW, [JAN], "2026-01-30")
    assert kpis.run(FLOW, [JAN], "2026-01-31") == 0
    kpis.run(FLOW, [JAN], "2026-02-01")
    assert kpis.history("2026-01-01") == [(2.0, "provisional", "2026-01-30"), (2.0, "final", "2026-02-01")]


def test_a_second_evaluation_with_nothing_new_adds_nothing(kpis: Evaluation) -> None:
    everything = {"flow": FLOW, "stock": STOCK, "ratio": RATIO, "by_city": BY_CITY}
    assert kpis.run(everything, [JAN, MAR], "2026-03-30") > 0
    before = fetch(kpis.con, "from kpi.value")
    assert kpis.run(everything, [JAN, MAR], "2026-03-30") == kpis.run(everything, [JAN, MAR], "2026-03-31") == 0
    assert fetch(kpis.con, "from kpi.value") == before


def test_what_comes_late_for_a_closed_month_is_a_restatement_beside_the_first_value(kpis: Evaluation) -> None:
    kpis.run(FLOW, [JAN], "2026-02-10")
    late = ("2026-01-20", "x", 5.0, None)
    assert kpis.run(FLOW, [JAN, late], "2026-02-11") == 1
    assert kpis.history("2026-01-01") == [(2.0, "final", "2026-02-10"), (7.0, "restated", "2026-02-11")]
    kpis.run(FLOW, [JAN, late, late], "2026-02-12")
    assert [status for _, status, _ in kpis.history("2026-01-01")] == ["final", "restated", "restated"]


def test_a_combination_that_comes_late_for_a_closed_month_is_a_restatement_too(kpis: Evaluation) -> None:
    status = "select strftime(period_start, '%m') || dims as what, status from kpi.value order by as_of, rowid"
    kpis.run(BY_CITY, [JAN, MAR], "2026-03-10")
    late = ("2026-01-20", "y", 5.0, None)
    kpis.run(BY_CITY, [JAN, MAR, late, ("2026-03-11", "z", 1.0, None)], "2026-03-11")
    found = {row["what"]: row["status"] for row in fetch(kpis.con, status)}
    assert found['01{"city":"x"}'] == "final" and found['01{"city":"y"}'] == "restated"
    assert found['03{"city":"z"}'] == "provisional", "its month is open"
    more = kpi(sets=[*BY_CITY.sets, {"grain": "month", "by": {"town": "city"}}])
    kpis.run(more, [JAN, MAR], "2026-03-12")
    found = {row["what"]: row["status"] for row in fetch(kpis.con, status)}
    assert found['01{"town":"x"}'] == "final", "values that are asked for now were never said otherwise"


def test_a_ratio_of_a_closed_month_that_had_no_rows_is_a_restatement(kpis: Evaluation) -> None:
    kpis.run(RATIO, [MAR], "2026-03-10")
    kpis.run(RATIO, [JAN, MAR], "2026-03-11")
    assert kpis.history("2026-01-01") == [(0.5, "restated", "2026-03-11")]


def test_what_was_known_at_a_past_moment_can_be_asked_for(kpis: Evaluation) -> None:
    kpis.run(FLOW, [JAN], "2026-02-10")
    kpis.run(FLOW, [JAN, ("2026-01-20", "x", 5.0, None)], "2026-02-11")
    known = fetch(
        kpis.con,
        "select arg_max(value, as_of) as value from kpi.value where period_start = timestamp '2026-01-01' and as_of <= ?",
        datetime(2026, 2, 11, tzinfo=UTC),
    )
    assert known == [{"value": 2.0}], "the run of the 11th has the business time of that day's end in the centre"


def test_a_changed_target_is_a_row_of_its_own(kpis: Evaluation) -> None:
    kpis.run(RATIO, [JAN], "2026-02-10")
    kpis.run(RATIO.model_copy(update={"target": 0.9}), [JAN], "2026-02-11")
    assert [row["target"] for row in fetch(kpis.con, "select target from kpi.value order by as_of")] == [0.5, 0.9]


def test_a_new_version_of_a_definition_leaves_the_values_of_the_old_one(kpis: Evaluation) -> None:
    kpis.run(FLOW, [JAN], "2026-01-31")
    kpis.run(kpi(version=2, numerator="count(*)"), [JAN], "2026-01-31")
    rows = fetch(kpis.con, "select definition_version, value from kpi.value order by all")
    assert [tuple(row.values()) for row in rows] == [(1, 2.0), (2, 1.0)]
    assert [row["version"] for row in fetch(kpis.con, "select version from kpi.definition order by all")] == [1, 2]


def test_another_computation_needs_a_new_version_and_changes_nothing_without(kpis: Evaluation) -> None:
    kpis.run(FLOW, [JAN], "2026-02-10")
    for changes, key in (
        ({"numerator": "count(*)"}, "numerator"),
        ({"where": "city = 'x'"}, "where"),
        ({"kind": "stock"}, "kind"),
    ):
        with pytest.raises(
            ContractError, match=f"the_kpi.version: `{key}` is not as version 1 .*; fix: raise `version` to 2"
        ):
            kpis.run(kpi(**changes), [JAN], "2026-02-11")
    assert fetch(kpis.con, "select distinct as_of::date as day from kpi.value") == [{"day": date(2026, 2, 10)}]
    kpis.run(kpi(formula="said otherwise", target=3), [JAN], "2026-02-11")
    assert fetch(kpis.con, "select formula from kpi.definition") == [{"formula": "said otherwise"}], "words may change"


def test_all_kpis_that_compute_something_else_are_named_at_once(kpis: Evaluation) -> None:
    kpis.run({"one": FLOW, "two": RATIO, "three": FLOW}, [JAN], "2026-02-10")
    changed = {"one": kpi(where="city = 'x'"), "two": RATIO.model_copy(update={"numerator": "count(*)"}), "three": FLOW}
    with pytest.raises(ContractError, match=r"one\.version(.|\n)*two\.version") as raised:
        refuse_other_meaning(kpis.con, changed, make_settings(Path("unused"), "2026-02-11"))
    assert "three" not in str(raised.value)


def test_versions_only_go_up(kpis: Evaluation) -> None:
    kpis.run(kpi(version=2), [JAN], "2026-02-10")
    with pytest.raises(ContractError, match="version 2 has values already; fix: raise `version` to 3"):
        kpis.run(FLOW, [JAN], "2026-02-11")


def test_a_definition_says_how_it_is_computed(kpis: Evaluation) -> None:
    kpis.run(kpi(where="city  =\n 'x'", denominator="sum(of)", sets=BY_CITY.sets), [JAN], "2026-02-10")
    (said,) = fetch(
        kpis.con, "select source, condition, dated_by, kind, numerator, denominator, sets from kpi.definition"
    )
    assert tuple(said.values()) == (
        "marts.event", "city = 'x'", "day", "flow", "sum(n)", "sum(of)", ["month", "month by city"],
    )  # fmt: skip


def test_a_kpi_that_is_no_longer_declared_keeps_its_values(kpis: Evaluation) -> None:
    kpis.run({"old": FLOW, "kept": FLOW}, [JAN], "2026-02-01")
    assert kpis.run({"kept": FLOW}, [JAN], "2026-02-02") == 0
    assert {
        row["value"]
        for row in fetch(kpis.con, "select value from kpi.value where kpi_id = 'old' and period_start = '2026-01-01'")
    } == {2.0}


def test_a_combination_that_is_gone_has_no_data_from_then_on_and_keeps_its_past(kpis: Evaluation) -> None:
    kpis.run(BY_CITY, [JAN, ("2026-01-09", "y", 5.0, None)], "2026-02-10")
    kpis.run(BY_CITY, [JAN], "2026-02-11")
    rows = fetch(
        kpis.con,
        """select value, status from kpi.value where dims = '{"city":"y"}' and period_start = timestamp '2026-01-01' order by as_of""",
    )
    assert [tuple(row.values()) for row in rows] == [(5.0, "final"), (None, "restated")]
    assert kpis.run(BY_CITY, [JAN], "2026-02-12") == 0, "no data is said once"


EVENTS = st.lists(
    st.tuples(
        st.dates(date(2026, 1, 1), date(2026, 3, 31)).map(str),
        st.sampled_from(["x", "y", None]),
        st.integers(-5, 5).map(float),
        st.integers(0, 5).map(float),
    ),
    max_size=8,
)


@settings(max_examples=15)
@given(st.lists(EVENTS, min_size=2, max_size=3))
def test_the_newest_values_are_those_of_one_evaluation_of_the_newest_data_and_no_row_ever_changes(
    con: duckdb.DuckDBPyConnection, registry: Registry, history: list[Any]
) -> None:
    everything = {"flow": FLOW, "stock": STOCK, "ratio": RATIO}
    con.execute("delete from kpi.value")
    evaluation, kept = Evaluation(con, registry), []
    for day, events in enumerate(history, start=1):
        evaluation.run(everything, events, f"2026-04-{day:02d}")
        rows = fetch(con, "from kpi.value order by rowid")
        assert rows[: len(kept)] == kept, "a row was changed or taken away"
        kept = rows
    newest = "select kpi_id, period_start, arg_max({0}, as_of) as value from (select *, coalesce(value, -999) as v from kpi.value) group by all having arg_max(v, as_of) <> -999 order by all"
    after = fetch(con, newest.format("v"))
    con.execute("delete from kpi.value")
    evaluation.run(everything, history[-1], "2026-04-09")
    assert after == fetch(con, newest.format("v"))


# --- the registry ------------------------------------------------------------------------------------------------


def test_the_shipped_kpis_load_with_names_in_both_languages_and_an_owner() -> None:
    shipped = load_kpis()
    assert {"stock", "increment", "validity", "completeness"} <= set(shipped)
    for name, spec in shipped.items():
        assert spec.zh and spec.definition.zh and spec.definition.en and spec.owner.startswith("team:"), name


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"kind": "level"}, "'flow' or 'stock'"),
        ({"colour": "red"}, "is not a known key"),
        ({"sets": [{"grain": "decade"}]}, "'quarter' or 'year'"),
        ({"owner": None}, ""),
    ],
)
def test_a_mistake_in_a_kpi_is_told_with_file_line_and_fix(tmp_path: Path, change: Row, what: str) -> None:
    path = tmp_path / "kpis.yaml"
    path.write_text(
        "the_kpi:\n" + "".join(f"  {key}: {json.dumps(value)}\n" for key, value in {**BASE, **change}.items()),
        encoding="utf-8",
    )
    with pytest.raises(ContractError, match=r"kpis\.yaml:\d+: the_kpi\..*; fix: ") as caught:
        load_kpis(path)
    assert what in str(caught.value)


def test_a_target_that_changes_with_time_is_that_of_the_period(kpis: Evaluation) -> None:
    rising = kpi(unit="percent", denominator="sum(of)", target={"2026-02-01": 0.8, "2026-01-01": 0.5})
    kpis.run(rising, [(f"2026-0{month}-05", None, 1, 2) for month in (1, 2, 3)])
    assert kpis.values("target") == {"01-01": 0.5, "02-01": 0.8, "03-01": 0.8}
    assert rising.target_on(date(2025, 12, 31)) is None and rising.target_on(date(2026, 1, 31)) == 0.5


def test_periods_of_every_grain_close_at_their_end(kpis: Evaluation) -> None:
    grains = ("day", "week", "month", "quarter", "year")
    by_grain = kpi(sets=[{"grain": grain} for grain in grains])
    kpis.run(by_grain, [("2026-01-05", None, 1, None)], now="2026-03-31")
    rows = fetch(kpis.con, "select grain, status from kpi.value where period_start <= '2026-01-05' order by all")
    assert {row["grain"]: row["status"] for row in rows} == {
        "day": "final", "week": "final", "month": "final", "quarter": "provisional", "year": "provisional",
    }  # fmt: skip


def test_a_value_whose_window_is_not_over_is_provisional(kpis: Evaluation) -> None:
    """January is over on 1 February, and what follows its last day for 7 days on the 8th."""
    waits = kpi(unit="percent", denominator="sum(of)", window="fcr_days")
    said = {}
    for day in ("2026-02-01", "2026-02-07", "2026-02-08", "2026-02-09"):
        kpis.run(waits, [JAN], now=day)
        said[day] = kpis.con.execute(
            "select status, count(*) over () from kpi.value order by as_of desc limit 1"
        ).fetchall()[0]
    assert said == {
        "2026-02-01": ("provisional", 1),
        "2026-02-07": ("provisional", 1),
        "2026-02-08": ("final", 2),
        "2026-02-09": ("final", 2),
    }
    kpis.run(waits, [JAN, ("2026-01-06", "x", 0.0, 4.0)], now="2026-02-11")
    assert kpis.con.execute("select status from kpi.value order by as_of desc limit 1").fetchall() == [("restated",)]
