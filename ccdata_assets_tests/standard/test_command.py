"""`ccdata standardise`: one line out for each line in, whatever the file looks like."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ccdata_assets.cli import app


def ask(*arguments: str, given: bytes | None = None) -> list[dict[str, str]]:
    result = CliRunner().invoke(app, ["standardise", *arguments], input=given, catch_exceptions=False)
    assert result.exit_code == 0
    return list(csv.DictReader(io.StringIO(result.stdout)))


def test_lines_come_out_in_order_blank_and_repeated_ones_too(tmp_path: Path) -> None:
    (tmp_path / "cells.txt").write_text("13912345678\n\n0755-86001234\n13912345678\n请致电前台\n", encoding="utf-8")
    rows = ask("phone", str(tmp_path / "cells.txt"))
    assert [(row["raw"], row["standard"], row["status"]) for row in rows] == [
        ("13912345678", "+8613912345678", "valid"),
        ("", "", "missing"),
        ("0755-86001234", "+8675586001234", "valid"),
        ("13912345678", "+8613912345678", "valid"),
        ("请致电前台", "", "invalid"),
    ]
    assert list(rows[0])[:4] == ["raw", "standard", "status", "reason"]


@pytest.mark.parametrize(
    "content",
    [
        "深圳市南山区科技园\r\n北京市东城区\r\n".encode("utf-8-sig"),
        "深圳市南山区科技园\n北京市东城区".encode(),
        "深圳市南山区科技园\r\n北京市东城区\r\n".encode("gb18030"),
    ],
)
def test_encodings_and_line_ends_make_no_difference(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cells.txt").write_bytes(content)
    rows = ask("address", str(tmp_path / "cells.txt"))
    assert [(row["province"], row["city"], row["county"], row["region_code"]) for row in rows] == [
        ("广东省", "深圳市", "南山区", "440305"),
        ("北京市", "", "东城区", "110101"),
    ]


def test_values_come_from_standard_input_too() -> None:
    (row,) = ask("company_name", given="深圳市甲乙丙科技有限公司\n".encode())
    assert (row["trade_name"], row["region_code"]) == ("甲乙丙", "440300")


@pytest.mark.parametrize(("field", "raw", "standard"), [
    ("手机", "139 1234 5678", "+8613912345678"),
    ("联系人", "王小明先生", "王小明"),
    ("founded_on", "2018年5月6日", "2018-05-06"),
    ("gender", "先生", "male"),
    ("性别", "女", "female"),
])  # fmt: skip
def test_a_field_may_be_asked_for_by_any_of_its_names(field: str, raw: str, standard: str) -> None:
    (row,) = ask(field, given=f"{raw}\n".encode())
    assert (row["standard"], row["status"]) == (standard, "valid")


def test_nothing_in_gives_the_header_only() -> None:
    assert ask("phone", given=b"") == []


def test_answers_as_json_keep_their_types() -> None:
    result = CliRunner().invoke(app, ["standardise", "headcount", "--json"], input="50-100人\n")
    (row,) = json.loads(result.stdout)
    assert (row["standard"], row["min_count"], row["max_count"]) == ("50-100", 50, 100)


def test_a_secret_is_not_repeated() -> None:
    number = "11010119900307109X"
    (row,) = ask("id_card", given=f"{number}\n".encode())
    assert number not in str(row)


def test_a_field_that_no_dictionary_reads_is_wrong_use() -> None:
    result = CliRunner().invoke(app, ["standardise", "nonsense"], input="x\n")
    assert result.exit_code != 0
    assert "phone" in str(result.exception)


def test_a_file_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["standardise", "phone", str(tmp_path / "none.txt")])
    assert "there is no file" in str(result.exception)
