"""What the documents say of the published copy holds on the sample: columns, keys, references, and the answers to questions."""

from __future__ import annotations

import re
from typing import Any

import duckdb
import pytest

from ccdata_assets.catalogue.tables import published_tables
from ccdata_assets.settings import PROJECT_DIR
from ccdata_assets_tests.world import Row, fetch

pytestmark = pytest.mark.slow
QUERIES = dict(
    re.findall(r"```sql\n-- (\w+)\n(.*?)```", (PROJECT_DIR / "docs" / "questions.md").read_text(encoding="utf-8"), re.S)
)
TYPES = {"TIMESTAMP WITH TIME ZONE": "timestamptz"}
CURRENT = """select numerator, denominator, value from kpi.value
    where kpi_id = ? and grain = 'month' and dims = '{}' and period_start = '2026-10-01'
    qualify row_number() over (order by definition_version desc, as_of desc) = 1"""


def answer(con: duckdb.DuckDBPyConnection, name: str) -> list[Row]:
    return fetch(con, QUERIES[name])


def test_the_dictionary_has_every_published_column_with_its_type_and_no_other(sample: Any) -> None:
    found: dict[str, list[tuple[str, str]]] = {}
    rows = sample.execute(
        "select table_schema || '.' || table_name, column_name, data_type from information_schema.columns order by 1, ordinal_position"
    ).fetchall()
    for table, column, kind in rows:
        found.setdefault(table, []).append((column, TYPES.get(kind, kind.lower().replace(",", ", "))))
    said = {
        name: [(column.name, column.type) for column in table.columns] for name, table in published_tables().items()
    }
    assert sorted(found) == sorted(said), "declare new tables in ccdata_assets/catalogue/tables.yaml or the model's yml"
    for name, columns in said.items():
        assert sorted(found[name]) == sorted(columns), f"{name} is published with other columns than are declared"


@pytest.mark.parametrize("name", published_tables())
def test_keys_are_unique_and_references_find_what_they_name(sample: Any, name: str) -> None:
    tables = published_tables()
    table = tables[name]
    if table.key:
        key = ", ".join(f'"{column}"' for column in table.key)
        twice = sample.execute(f"select {key}, count(*) from {name} group by all having count(*) > 1").fetchall()
        assert not twice, f"{name}: {len(twice)} values of the key ({key}) stand in several rows"
    one = table.found_by
    if one != type(one)(by=table.key):
        by = ", ".join(f'"{column}"' for column in one.by)
        twice = sample.execute(f"select {by} from {name} where {one.where} group by all having count(*) > 1").fetchall()
        assert not twice, f"{name}: {len(twice)} values of ({by}) stand in several rows where {one.where}"
    for column, (to, target) in table.references.items():
        where = tables[to].found_by.where or "true"
        lost = f'select count(*) from {name} as t where "{column}" is not null and "{column}" not in (select "{target}" from {to} where "{target}" is not null and {where})'
        assert sample.execute(lost).fetchone() == (0,), f"{name}.{column} has values that {to}.{target} has not"


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_of_the_questions_gives_an_answer(sample: Any, name: str) -> None:
    assert answer(sample, name), f"{name} of docs/questions.md gives no row on the sample"


def test_a_completeness_figure_is_the_sum_of_its_feeds_and_fields_and_of_its_rows(sample: Any) -> None:
    (figure,) = fetch(sample, CURRENT, "completeness")
    parts = answer(sample, "completeness_by_feed_and_field")
    assert sum(part["numerator"] for part in parts) == figure["numerator"]
    assert sum(part["denominator"] for part in parts) == figure["denominator"]
    (from_rows,) = answer(sample, "completeness_from_rows")
    assert from_rows["numerator"] == figure["numerator"]
    assert from_rows["completeness"] == pytest.approx(figure["value"])
    without = sum(part["expected"] - part["filled"] for part in parts if part["field"] == "mobile")
    assert len(answer(sample, "rows_without_a_field")) == without


def test_the_way_of_a_figure_ends_at_the_headers_of_files(sample: Any) -> None:
    way = answer(sample, "way_of_a_kpi")
    headers = [step["from_column"] for step in way if step["from_table"] == "raw.b2b_directory"]
    assert any("手机" in header for header in headers)
    assert {"kpi.quality_measure", "staged.party", "staged.b2b_directory"} <= {step["from_table"] for step in way}


def test_the_calls_behind_the_answer_rate_are_its_denominator(sample: Any) -> None:
    calls = answer(sample, "calls_behind_the_answer_rate")
    (figure,) = fetch(sample, CURRENT, "answer_rate")
    assert len(calls) == figure["denominator"]
    assert sum(call["is_answered"] or call["is_ivr_served"] for call in calls) == figure["numerator"]


def test_a_supplier_is_late_from_the_day_after_its_days_are_over(sample: Any) -> None:
    late = {row["feed"]: str(row["late_since"]) for row in answer(sample, "feeds_that_are_late")}
    assert late == {"provider_list": "2026-11-20"}, "its last delivery is of 15 October, and it has 35 days"


def test_what_forecasts_learn_from_is_what_the_kpis_count(sample: Any) -> None:
    from datetime import UTC, datetime

    from ccdata_assets.planning.forecast.declared import load_forecast
    from ccdata_assets.planning.forecast.history import read_histories

    found = read_histories(sample, load_forecast(), datetime(2027, 1, 1, tzinfo=UTC)).series
    assert {one.name for one in found} > {"call_log"}
    for one in found:
        queue = dict(one.dims).get("queue")
        counted = sample.execute(
            """select local_date, sum(offered), sum(timed), sum(talk_s + hold_s + acw_s) from kpi.call_interval
            where direction = 'inbound' and feed = ? and (? is null or queue = ?) group by 1 having sum(offered) > 0 order by 1""",
            [one.feed, queue, queue],
        ).fetchall()
        days = zip(one.dates(), one.calls.sum(axis=1), one.timed.sum(axis=1), one.handle_s.sum(axis=1), strict=True)
        assert [(day, *map(float, sums)) for day, *sums in counted] == [line for line in days if line[1]], one.name
