"""JSON and what is no table at all: read by what a file is, never by its name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccdata_assets.landing.formats import file_format
from ccdata_assets.landing.rows import UnreadableFile
from ccdata_assets.landing.sniff import text_encoding
from ccdata_assets_tests.world import HOSPITAL_HEADER, HOSPITALS, World

RECORDS = [{"name": "甲公司", "tel": "1"}, {"name": "乙公司", "city": "x", "tel": None}]


# --- JSON --------------------------------------------------------------------------------------------------------


def test_a_list_of_records_lands_with_the_columns_of_all_of_them(world: World) -> None:
    line = world.land_one(json.dumps(RECORDS, ensure_ascii=False))
    assert (line.format, line.rows) == ("json", 2)
    assert [(row["_row"], row["name"], row["tel"], row["city"]) for row in world.raw(line)] == [
        (1, "甲公司", "1", None),
        (2, "乙公司", None, "x"),
    ]


def test_values_that_are_no_text_land_as_json_writes_them(world: World) -> None:
    line = world.land_one('[{"name": 1.50, "a": true, "b": {"城": [1]}, "c": 12345678901234567890}]')
    assert world.cells(line) == [(1, None, "1.50", "true", '{"城": [1]}', "12345678901234567890")]


def test_the_path_of_the_contract_leads_to_nested_records(world: World) -> None:
    world.contract(source={"files": "directory/*", "records": "provinces.cities.list"})
    nested = {
        "count": 2,
        "provinces": [{"cities": [{"list": RECORDS[:1]}]}, {"cities": [{"list": []}, {"list": RECORDS[1:]}]}],
    }
    line = world.land_one(json.dumps(nested))
    assert [(row["_row"], row["name"]) for row in world.raw(line)] == [(1, "甲公司"), (2, "乙公司")]


def test_a_plain_list_is_as_good_where_the_path_of_the_contract_leads_nowhere(world: World) -> None:
    world.contract(source={"files": "directory/*", "records": "data.items"})
    assert world.land_one(json.dumps(RECORDS)).rows == 2


@pytest.mark.parametrize("indent", [None, 2])
def test_records_are_found_below_a_single_key_also_where_all_stands_on_one_line(
    world: World, indent: int | None
) -> None:
    line = world.land_one(json.dumps({"code": 0, "data": RECORDS}, indent=indent))
    assert (line.format, line.rows) == ("json", 2)


def test_a_single_record_on_a_single_line_is_one_row(world: World) -> None:
    line = world.land_one('{"name": "甲公司", "branches": [{"city": "x"}, {"city": "y"}]}\n')
    assert world.cells(line) == [(1, None, "甲公司", '[{"city": "x"}, {"city": "y"}]')]


def test_a_truncated_document_keeps_the_records_before_the_cut(world: World) -> None:
    text = json.dumps([{"name": f"公司{n}"} for n in range(5)], ensure_ascii=False)
    line = world.land_one(text[: text.index("公司3") + 1])
    assert [row[:3] for row in world.cells(line)] == [
        (1, None, "公司0"),
        (2, None, "公司1"),
        (3, None, "公司2"),
        (4, "broken_record", None),
    ]


def test_a_document_without_records_is_rejected_with_what_to_do(world: World) -> None:
    line = world.land_one("[1, 2, 3]")
    assert line.status == "rejected" and "source.records" in (line.error or "")


def test_a_broken_line_costs_only_itself(world: World) -> None:
    line = world.land_one('{"name": "甲公司"}\n{"name": "乙公司", \n\n{"name": "丙公司"}\n')
    assert line.format == "json lines"
    assert world.cells(line) == [(1, None, "甲公司"), (2, "broken_record", None), (3, None, None), (4, None, "丙公司")]
    assert json.loads(world.raw(line)[1]["_text"]) == ['{"name": "乙公司", ']


def test_no_damaged_document_stops_a_run(world: World) -> None:
    document = json.dumps(
        [dict(zip(HOSPITAL_HEADER, row, strict=True)) for row in HOSPITALS], ensure_ascii=False
    ).encode()
    lines = b"\n".join(
        json.dumps(dict(zip(HOSPITAL_HEADER, row, strict=True)), ensure_ascii=False).encode() for row in HOSPITALS
    )
    with world.warehouse() as con:

        @settings(max_examples=60)
        @given(
            st.sampled_from([document, lines]),
            st.floats(0, 1),
            st.lists(
                st.tuples(
                    st.floats(0, 1),
                    st.sampled_from([b'"', b"{", b"[", b"]", b"}", b"\xff", b"\0", b"\\ud800", b"\n", b","]),
                ),
                max_size=4,
            ),
        )
        def check(base: bytes, cut: float, inserts: list[tuple[float, bytes]]) -> None:
            content = bytearray(base[: int(len(base) * cut)])
            for place, extra in inserts:
                at = int(len(content) * place)
                content[at:at] = extra
            line = world.judge(con, bytes(content), "cn_hospitals")
            assert (
                line["error"]
                if line["status"] == "rejected"
                else line["rows"] == line["staged"] + line["quarantined"] + line["blank"]
            ), line

        check()


# --- text that begins like something else ------------------------------------------------------------------------

TABLE = "company_name,phone\nx,1\ny,2\n"


def form(path: Path, content: str | bytes, encoding: str | None = None) -> str:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return file_format(path, encoding)


@pytest.mark.parametrize(
    "title",
    ["[客户名单 2026]", "[2026]", '["客户名单"]', "[company_name],x", "{导出}", '{"导出"}', "{}导出", "[[名单]]", "[]名单",
     "From: crm", "From: crm\nContent-Type: list", "Date: 2026\nSubject: x\nContent-Type: list"],
)  # fmt: skip
def test_a_title_in_brackets_or_like_a_line_of_a_mail_stands_above_a_table(tmp_path: Path, title: str) -> None:
    assert form(tmp_path / "a", f"{title}\n{TABLE}") == "delimited"


@pytest.mark.parametrize(
    "text",
    ["[]", "[ ", "[1, 2]", "[true]", '["a"]', "[[1],[2]]", '[["a","b"],["c","d"]]', '[\n  {\n "a": 1}]', "[{}, {}]", '[{"a\\"b": 1}]', '[{"a',
     "[]\n[]", "{}", '{"a', '{"a":', '{"a":1,\n"b":2}', "[[", '[null, {"a": 1}]', "[-1.5e3]", "[NaN]"],
)  # fmt: skip
def test_json_is_told_by_how_it_begins(tmp_path: Path, text: str) -> None:
    assert form(tmp_path / "a", text) in ("json", "json lines")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "big5", "utf-16", "utf-16-le", "utf-16-be"])
def test_json_of_any_encoding_is_told(tmp_path: Path, encoding: str) -> None:
    assert form(tmp_path / "a", '[{"功": "x", "許": [1]}]'.encode(encoding)) == "json"


def test_a_first_record_that_is_broken_does_not_make_json_lines_a_table(tmp_path: Path) -> None:
    assert form(tmp_path / "a", '{name: "a"}\n{"name": "b"}\n') == "json lines"


def test_text_of_a_declared_encoding_is_no_binary_data(tmp_path: Path) -> None:
    zeros = b"company_name,phone\n" + b"x\0\0\0\0,1\n" * 50
    with pytest.raises(UnreadableFile, match="binary data"):
        form(tmp_path / "a", zeros)
    assert form(tmp_path / "a", zeros, "utf-8") == "delimited"
    assert form(tmp_path / "a", '[{"a": 1}]'.encode("utf-32-le"), "utf-32-le") == "json"
    assert form(tmp_path / "a", TABLE, "no such codec") == "delimited"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_the_format_and_the_text_agree_on_utf16_without_a_mark(tmp_path: Path, encoding: str) -> None:
    content = ("企业名称,城市\n" + "上海一二三四五六七八有限公司电话中心,上海市\n" * 20 + "x" * 50).encode(encoding)
    assert content.count(0) > len(content) / 10
    assert form(tmp_path / "a", content) == "delimited"
    assert text_encoding(tmp_path / "a") == encoding


# --- what is no table --------------------------------------------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"", "empty (0 bytes)"), (b" \r\n\n\t\n", "blank lines only"), (PNG, "a PNG picture"), (b"%PDF-1.7\n...", "a PDF document"), (b"\xd0\xcf\x11\xe0" + bytes(600), "an old Office file"),
     (bytes(range(256)) * 3 + bytes(4000), "binary data"), (b"PK\x03\x04" + b"not a workbook" * 9, "workbook is damaged")],
    ids=["empty", "blank lines", "png", "pdf", "xls", "binary", "zip"],
)  # fmt: skip
def test_a_file_that_is_no_table_is_rejected_kept_and_told_what_it_is(world: World, content: bytes, what: str) -> None:
    line = world.land_one(content, "directory/report.csv")
    assert (line.status, line.rows, line.members) == ("rejected", 0, ())
    assert what in (line.error or "") and "fix:" in (line.error or "")
    (kept,) = (world.settings.quarantine_dir / "directory").iterdir()
    assert kept.read_bytes() == content


def test_a_rejected_file_stops_no_other_file(world: World) -> None:
    world.put("directory/a.csv", PNG)
    world.put("directory/b.csv", "名称\n甲公司\n")
    assert [(line.file, line.status) for line in world.land()] == [
        ("directory/a.csv", "rejected"),
        ("directory/b.csv", "landed"),
    ]


def test_a_rejected_file_with_a_very_long_name_is_kept_too(world: World) -> None:
    line = world.land_one(PNG, f"directory/{'名' * 80}.csv")
    assert line.status == "rejected"
    assert len(list((world.settings.quarantine_dir / "directory").iterdir())) == 1


def test_the_error_of_a_file_names_no_path_of_this_machine(world: World, tmp_path: Path) -> None:
    assert str(tmp_path) not in (world.land_one(PNG).error or "")
