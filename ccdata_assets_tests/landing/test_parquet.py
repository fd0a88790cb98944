"""Parquet files: the same text as the same table would give in any other form."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccdata_assets.landing.parquet import open_parquet
from ccdata_assets.landing.rows import Limits, OverLimit, ReadOptions, UnreadableFile
from ccdata_assets_tests.world import World

Row = dict[str, Any]


def rows(path: Path, **options: Any) -> list[Row]:
    known = options.pop("known", {"名称", "name"})
    (member,) = open_parquet(path, ReadOptions(lambda cells: sum(cell in known for cell in cells), **options))
    return [row for batch in member.batches for row in batch.to_pylist()]


def saved(path: Path, columns: Row | pa.Table, **options: Any) -> Path:
    pq.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), path / "t.parquet", **options)
    return path / "t.parquet"


NOON = datetime(2026, 1, 5, 10)


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (pa.array([1, -5, 2**63 - 1, None]), ["1", "-5", "9223372036854775807", None]),
        (pa.array([2**64 - 1], pa.uint64()), ["18446744073709551615"]),
        (pa.array([2.0, 1.5, 13800001111.0, 1e15, -0.0, 1e-7, 1e300, float("nan"), float("inf"), None]), ["2", "1.5", "13800001111", "1000000000000000", "0", "1e-7", "1e+300", None, "inf", None]),
        (pa.array([0.1, 2.0], pa.float32()), ["0.1", "2"]),
        (pa.array([Decimal("1.50"), None], pa.decimal128(10, 2)), ["1.50", None]),
        (pa.array([Decimal("0.0000000001")], pa.decimal128(38, 10)), ["0.0000000001"]),
        (pa.array([True, False, None]), ["true", "false", None]),
        (pa.array([date(2026, 1, 5)]), ["2026-01-05"]),
        (pa.array([NOON, NOON.replace(microsecond=120000)], pa.timestamp("us")), ["2026-01-05 10:00:00", "2026-01-05 10:00:00.120000"]),
        (pa.array([NOON], pa.timestamp("ns")), ["2026-01-05 10:00:00"]),
        (pa.array([NOON], pa.timestamp("ms", "Asia/Shanghai")), ["2026-01-05 18:00:00+08:00"]),
        (pa.array([NOON], pa.timestamp("us", "UTC")), ["2026-01-05 10:00:00+00:00"]),
        (pa.array([time(8, 5)], pa.time64("us")), ["08:05:00"]),
        (pa.array([timedelta(minutes=2)], pa.duration("s")), ["0:02:00"]),
        (pa.array(["甲", "", None]), ["甲", "", None]),
        (pa.array(["甲", "乙", "甲"]).dictionary_encode(), ["甲", "乙", "甲"]),
        (pa.array(["甲".encode(), b"ok"], pa.binary()), ["甲", "ok"]),
        (pa.array([b"\xff\x00", "甲".encode()], pa.binary()), ["ff00", "甲"]),
        (pa.array([["甲", None], [], None]), ['["甲", null]', "[]", None]),
        (pa.array([[("城", 1)]], pa.map_(pa.string(), pa.int64())), ['{"城": 1}']),
        (pa.nulls(2), [None, None]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)  # fmt: skip
def test_a_value_is_the_text_that_other_files_would_have(tmp_path: Path, column: pa.Array, texts: list[Any]) -> None:
    found = rows(saved(tmp_path, {"名称": pa.array(["甲"] * len(column)), "value": column}))
    assert [row["value"] for row in found] == texts
    assert [(row["_row"], row["_fault"]) for row in found] == [(n, None) for n in range(1, len(column) + 1)]


def test_the_fields_of_a_struct_are_columns_at_any_depth(tmp_path: Path) -> None:
    contact = [{"name": "张三", "tel": {"no": 1}}, None]
    found = rows(saved(tmp_path, {"name": ["甲", "乙"], "contact": contact}))
    assert [tuple(row.values())[3:] for row in found] == [("甲", "张三", "1"), ("乙", None, None)]
    assert list(found[0])[3:] == ["name", "contact.name", "contact.tel.no"]


def test_a_file_of_several_row_groups_is_read_in_its_order(tmp_path: Path) -> None:
    path = saved(tmp_path, {"name": [str(n) for n in range(120_000)]}, row_group_size=7_000)
    found = rows(path)
    assert all(row["name"] == str(row["_row"] - 1) for row in found) and len(found) == 120_000


def test_a_file_without_rows_has_its_columns(tmp_path: Path) -> None:
    path = saved(tmp_path, pa.schema([("name", pa.string())]).empty_table())
    (member,) = open_parquet(path, ReadOptions(len))
    assert member.columns == ("name",) and list(member.batches) == []


def test_rows_of_a_file_whose_columns_nobody_knows_are_kept_and_say_so(tmp_path: Path) -> None:
    found = rows(saved(tmp_path, {"x": ["甲", None], "y": [1, None]}))
    assert [(row["_fault"], row["_text"]) for row in found] == [("no_header", '["甲", "1"]'), (None, None)]
    (first, _) = rows(saved(tmp_path, {"name": ["甲", "乙"], "y": [1, 2]}), limits=Limits(columns=1))
    assert first["_fault"] == "too_many_columns" and "name" not in first


def test_a_text_that_is_no_text_costs_only_its_row(tmp_path: Path) -> None:
    raw = pa.array([b"\xff\xfe", "甲".encode()])
    bad = pa.Array.from_buffers(pa.string(), 2, raw.buffers())
    found = rows(saved(tmp_path, {"name": bad}))
    assert [(row["_fault"], row["name"]) for row in found] == [("undecodable", None), (None, "甲")]


def test_names_that_come_twice_or_are_ours_are_told_apart(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array(["1"])] * 3, names=["name", "name", "_row"])
    (row,) = rows(saved(tmp_path, table))
    assert list(row)[3:] == ["name", "name (2)", "_row (2)"]


def test_a_file_that_expands_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, {"name": [f"{n:0100}" for n in range(1000)]}, use_dictionary=False)
    with pytest.raises(OverLimit, match="CCDATA_MAX_EXPANDED_BYTES"):
        rows(path, limits=Limits(expanded_bytes=50_000))


@settings(max_examples=150)
@given(st.floats(0, 1), st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), max_size=4))
def test_no_damage_gives_anything_but_rows_or_a_verdict(
    tmp_path: Path, cut: float, changes: list[tuple[float, bytes]]
) -> None:
    path = saved(tmp_path, {"name": [f"公司{n}" for n in range(300)], "x": [1.5] * 300, "s": [{"a": [1]}] * 300})
    content = bytearray(path.read_bytes())
    content = content[: max(int(len(content) * cut), 4)] if cut < 0.5 else content
    for place, change in changes:
        at = 4 + int((len(content) - 4) * place)
        content[at : at + len(change)] = change
    path.write_bytes(content)
    with suppress(UnreadableFile):
        assert rows(path) is not None


def test_a_parquet_file_lands_as_any_other(world: World, tmp_path: Path) -> None:
    path = saved(tmp_path, {"名称": ["甲公司", "乙公司"], "电话": [13800001111, None]})
    line = world.land_one(path.read_bytes())
    assert (line.format, line.rows) == ("parquet", 2)
    assert world.cells(line) == [(1, None, "甲公司", "13800001111"), (2, None, "乙公司", None)]
