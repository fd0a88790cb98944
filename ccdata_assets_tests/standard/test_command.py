"""`ccdata standardise`: one line out for each line in, whatever the file looks like."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from click.testing import Result
from typer.testing import CliRunner

from ccdata_assets.cli import app
from ccdata_assets.contracts.registry import load_registry
from ccdata_assets.errors import CcdataError, WrongUse
from ccdata_assets.project import load_project
from ccdata_assets.standard.dictionaries import Dictionaries
from ccdata_assets.standard.lines import find_kind

from .conftest import DBT_PROJECT, REPOSITORY

BOM = b"\xef\xbb\xbf"
IDENTITY = "110101199003074522"
"""Invented, with a check digit that fits."""


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CCDATA_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CCDATA_SECRET_KEY", raising=False)
    load_project.cache_clear()
    yield
    load_project.cache_clear()


def run(*arguments: str | Path, given: bytes | None = None) -> Result:
    load_project.cache_clear()  # of a home given before
    return CliRunner().invoke(app, ["standardise", *map(str, arguments)], input=given)


def error_of(*arguments: str | Path, given: bytes | None = None, kind: type[CcdataError] = WrongUse) -> str:
    """The message of an error of ours: one line that `main` prints behind `ccdata: `."""
    error = run(*arguments, given=given).exception
    assert isinstance(error, kind), error
    message = str(error)
    assert "fix: " in message
    assert "\n" not in message
    return message


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
    assert row["standard"].startswith("hmac:")


def test_a_field_that_no_dictionary_reads_is_wrong_use() -> None:
    assert "phone 电话" in error_of("nonsense", given=b"x\n")


def test_a_file_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    assert "there is no file" in error_of("phone", tmp_path / "none.txt")
    assert "is a folder" in error_of("phone", tmp_path)


# --- which dictionary --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("field", "nearest"), [
    ("fone", "phone 电话"),
    ("adress", "address 地址"),
    ("yes-or-no", "yes_no 是否"),
    ("电话码", "phone 电话"),
])  # fmt: skip
def test_the_nearest_name_comes_first(field: str, nearest: str) -> None:
    assert error_of(field, given=b"").startswith(
        f"no dictionary reads {field}; did you mean {nearest}? fix: use one of"
    )


@pytest.mark.parametrize("field", ["province", "city", "county", "省", "市", "区县"])
def test_parts_of_a_region_point_to_region(field: str) -> None:
    assert "use region 行政区划, with 省份|城市|区县" in error_of(field, given=b"")


def test_a_field_that_is_kept_as_text_says_so() -> None:
    assert "its text is kept as it comes" in error_of("department", given=b"")


def test_every_chinese_title_is_a_name() -> None:
    dictionaries, registry = Dictionaries(DBT_PROJECT), load_registry()
    for kind in dictionaries.kinds:
        assert find_kind(dictionaries, registry, dictionaries.meta(kind)["title"]["zh"]) == kind
    for name, code in registry.codes.items():
        assert find_kind(dictionaries, registry, code.zh) == name
    pages = sorted((REPOSITORY / "docs" / "standard").glob("[a-z]*.md"))
    words = {word for page in pages for word in re.findall("[一-鿿]+", page.read_text("utf-8").partition("\n")[0])}
    assert {"是否", "金额", "电话"} <= words
    for word in words:
        find_kind(dictionaries, registry, word)


# --- what is read ------------------------------------------------------------------------------------------------


def _workbook(path: Path) -> None:
    openpyxl.Workbook().save(path)


def _archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("cells.txt", "13912345678")


def _pdf(path: Path) -> None:
    path.write_bytes(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")


@pytest.mark.parametrize(("write", "what"), [
    (_workbook, "a workbook (XLSX)"),
    (_archive, "a ZIP archive"),
    (_pdf, "a PDF document"),
])  # fmt: skip
def test_what_is_no_text_is_named(tmp_path: Path, write: object, what: str) -> None:
    path = tmp_path / "cells.txt"
    assert callable(write)
    write(path)
    message = error_of("phone", path)
    assert message.startswith(f"{path} is {what}")
    assert "as text in UTF-8" in message
    assert "contract" not in message
    assert what in error_of("phone", given=path.read_bytes())


def test_an_encoding_that_cannot_be_told_may_be_given(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_bytes("Müller\n".encode("cp1252"))
    message = error_of("company_name", path)
    assert "--encoding" in message
    assert "contract" not in message
    assert [row["raw"] for row in ask("company_name", str(path), "--encoding", "cp1252")] == ["Müller"]
    assert ask("company_name", "--encoding", "gbk", given="美宇镕".encode("gb18030"))[0]["raw"] == "美宇镕"
    assert ask("company_name", "--encoding", "utf-8", given=BOM + "美宇".encode())[0]["raw"] == "美宇"
    for name in ("utf-99", "base64"):
        assert f"there is no encoding {name}" in error_of("company_name", path, "--encoding", name)


def test_a_wrong_encoding_is_warned_of() -> None:
    assert "1 lines hold characters that were lost" in run("person", "--encoding", "utf-8", given=b"\xff\n").stderr


@pytest.mark.parametrize(("content", "said"), [
    ("企业名称,电话\n甲公司,13912345678\n", "header of a table (企业名称, 电话)"),
    ("企业名称\t联系电话\n甲公司\t13912345678\n", "header of a table"),
    ("甲,13912345678\n乙,13912345679\n丙,13912345670\n", "as many commas"),
    ('"13912345678"\n"13912345679"\n', "in quotes"),
])  # fmt: skip
def test_a_table_is_read_line_by_line_with_a_warning(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "a list.csv"
    path.write_text(content, encoding="utf-8")
    result = run("电话", path)
    assert result.exit_code == 0
    assert said in result.stderr
    assert len(result.stdout.splitlines()) == 1 + len(content.splitlines())
    if "header" in said:
        assert f"-f2 '{path}' | ccdata standardise 电话" in result.stderr


@pytest.mark.parametrize(("field", "content"), [
    ("company_name", "Meiyu Co., Ltd.\nFoo Co., Ltd.\nBar Co., Ltd.\n"),
    ("money", "1,000\n2,500\n3,000\n"),
    ("phone", "13912345678\n010-62345678,62345679\n13912345670\n"),
    ("region", "广东|深圳|南山\n北京||海淀\n"),
])  # fmt: skip
def test_lists_of_values_give_no_warning(field: str, content: str) -> None:
    assert run(field, given=content.encode()).stderr == ""


# --- what is written ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spelling", ["cells.txt", "sub/../cells.txt", "link.txt", "hard.txt"])
def test_the_input_is_never_replaced(tmp_path: Path, spelling: str) -> None:
    path = tmp_path / "cells.txt"
    path.write_text("13912345678\n", encoding="utf-8")
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.txt").symlink_to(path)
    os.link(path, tmp_path / "hard.txt")
    assert WrongUse.exit_code == 64
    assert "is the file that is read" in error_of("phone", path, "-o", tmp_path / spelling)
    assert path.read_text(encoding="utf-8") == "13912345678\n"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    message = error_of("phone", "-o", tmp_path / "none" / "x.csv", given=b"1\n")
    assert message == f"there is no folder {tmp_path / 'none'}; fix: make it, or correct the path"
    assert f"{tmp_path} is a folder" in error_of("phone", "-o", tmp_path, given=b"1\n")
    full = Path("/dev/full")
    if full.exists():
        assert f"{full} cannot be written (No space left" in error_of(
            "phone", "-o", full, given=b"1\n", kind=CcdataError
        )


@pytest.mark.parametrize(("field", "given"), [("id_card", "x"), ("contact_name", f"张三 {IDENTITY}")])
def test_a_home_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, field: str, given: str
) -> None:
    home = tmp_path / "file" / "home"
    home.parent.touch()
    monkeypatch.setenv("CCDATA_HOME", str(home))
    message = error_of(field, given=given.encode(), kind=CcdataError)
    assert f"cannot be read or made in {home}" in message
    assert IDENTITY not in message


def test_csv_in_a_file_has_the_mark_that_excel_needs_and_standard_output_has_not(tmp_path: Path) -> None:
    out = tmp_path / "answers.csv"
    assert run("company_name", "-o", out, given="美宇\n".encode()).exit_code == 0
    assert out.read_bytes().startswith(BOM + b"raw,standard,status,reason,")
    assert not run("company_name", given="美宇\n".encode()).stdout_bytes.startswith(BOM)
    assert run("company_name", "-o", out, "--json", given="美宇\n".encode()).exit_code == 0
    assert json.loads(out.read_bytes())[0]["raw"] == "美宇"


@pytest.mark.parametrize(("field", "given", "reason", "zh", "en"), [
    ("phone", "请致电前台", "no_digits", "没有数字；请填写电话。", "There are no digits; give a number."),
    ("gender", "张先生", "unknown_code", "代码表中没有这个词", "Not a word of the code list"),
    ("disposition", "挂断", "unknown_code", "代码表中没有这个词", "Not a word of the code list"),
    ("yes_no", "暂无", "missing", "未填写", "No value."),
])  # fmt: skip
def test_reasons_are_said_in_words(tmp_path: Path, field: str, given: str, reason: str, zh: str, en: str) -> None:
    (row,) = ask(field, given=f"{given}\n".encode())
    assert list(row)[:4] == ["raw", "standard", "status", "reason"]
    assert list(row)[-2:] == ["reason_zh", "reason_en"]
    assert row["reason"] == reason
    assert row["reason_zh"].startswith(zh)
    assert row["reason_en"].startswith(en)
    (as_json,) = json.loads(run(field, "--json", given=f"{given}\n".encode()).stdout)
    assert as_json["reason_zh"].startswith(zh)
    said = run(field, "-o", tmp_path / "out.csv", given=f"{given}\n".encode()).stderr
    assert "100.0%" in said
    assert zh[:4] in said
    assert en[:10] in said


# --- secrets -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["contact_name", "address", "company_name", "phone", "uscc", "gender", "date"])
def test_identity_numbers_are_hashed_in_any_field(field: str) -> None:
    for options in ((), ("--json",)):
        result = run(field, *options, given=f"{IDENTITY}\n张三 {IDENTITY}\n".encode())
        assert result.exit_code == 0
        assert IDENTITY not in result.output
        assert result.stdout.count("hmac:") >= 2
        assert "2 lines hold an identity number" in result.stderr


def test_the_hash_is_that_of_the_home(tmp_path: Path) -> None:
    def hash_of(field: str, home: str) -> str:
        found = re.search("hmac:[0-9a-f]{32}", run(field, "--home", tmp_path / home, given=IDENTITY.encode()).stdout)
        assert found
        return found[0]

    assert hash_of("id_card", "one") == hash_of("contact_name", "one") != hash_of("id_card", "two")


def test_a_home_is_left_alone_where_there_is_no_identity_number(tmp_path: Path) -> None:
    assert run("phone", given=b"13912345678\n").exit_code == 0
    assert not (tmp_path / "home").exists()
