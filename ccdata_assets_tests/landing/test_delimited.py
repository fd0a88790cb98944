"""Delimited text lands row by row as it stands: every cell, every line number, whatever the encoding or the damage."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccdata_assets.landing import delimited, text_lines
from ccdata_assets.landing.csv_records import Dialect
from ccdata_assets.landing.delimited import fast_cells, open_delimited
from ccdata_assets.landing.raw_store import raw_files
from ccdata_assets.landing.rows import Limits, ReadOptions
from ccdata_assets_tests.world import HOSPITALS, World, hospitals, make_settings, many_hospitals, table

HEADER = ("company_name", "phone", "city")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "big5", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_in_any_usual_encoding_lands_as_the_same_text(world: World, encoding: str) -> None:
    rows = [("測試醫院電話地址中心", "0571-55500001", "高雄市"), ("样例医院", "010-55500002", "北京市")]
    if encoding == "big5":
        rows = [rows[0], ("測試銀行公司電話號碼", "02-55500002", "臺北市")]
    line = world.land_one(
        hospitals(rows, ("名称" if encoding != "big5" else "company_name", "phone", "city"), encoding=encoding)
    )
    assert world.cells(line) == [(2, None, *rows[0]), (3, None, *rows[1])], f"read as {line.encoding}"


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found(world: World, delimiter: str) -> None:
    rows = [("甲公司", "1,2;3|4", "x\ty")]
    line = world.land_one(table(HEADER, rows, delimiter=delimiter))
    assert (line.delimiter, world.cells(line)) == (delimiter, [(2, None, *rows[0])])


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_end_of_line_counts_as_one_line(world: World, newline: str) -> None:
    rows = [("甲公司", "a\nb", "x"), ("", "", ""), ("乙公司", "", "y")]
    line = world.land_one(table(HEADER, rows, newline=newline))
    assert world.cells(line) == [(2, None, *rows[0]), (4, None, *rows[1]), (5, None, *rows[2])]


def test_a_row_has_the_number_of_the_line_on_which_it_begins(world: World) -> None:
    content = 'company_name,phone,city\n甲,"1\n2\n3",x\n\n"乙\n",4,"y"\n丙,5,z\n'
    line = world.land_one(content)
    assert [(row[0], row[2]) for row in world.cells(line)] == [(2, "甲"), (5, None), (6, "乙\n"), (8, "丙")]


def test_lines_above_the_header_are_counted(world: World) -> None:
    line = world.land_one("\n\ncompany_name,phone,city\n甲,1,x\n")
    assert world.cells(line) == [(4, None, "甲", "1", "x")]


def test_short_and_long_rows_keep_their_cells_and_say_what_is_wrong(world: World) -> None:
    line = world.land_one("company_name,phone,city\n甲,1\n乙,1,x,extra\n丙,1,x\n")
    assert world.cells(line) == [
        (2, "short_row", None, None, None),
        (3, "long_row", None, None, None),
        (4, None, "丙", "1", "x"),
    ]
    assert [json.loads(row["_text"]) for row in world.raw(line) if row["_text"]] == [
        ["甲", "1"],
        ["乙", "1", "x", "extra"],
    ]


def test_empty_cells_after_the_last_column_are_no_fault(world: World) -> None:
    line = world.land_one("company_name,phone,city\n甲,1,x,,,\n,,,,\n")
    assert world.cells(line) == [(2, None, "甲", "1", "x"), (3, None, "", "", "")]


@pytest.mark.parametrize(
    "after",
    [
        ["乙,2,y", "丙,3,z"],
        ['乙,2,"y"', "丙,3,z"],
        ['"乙",2,y', "丙,3,z"],
        ['乙,"2",y', '"丙","3","z"'],
        ["乙,2,y"] * 3 + ['"丙\n丙",3,z'],
    ],
)
def test_an_unclosed_quote_costs_only_its_own_line(world: World, after: list[str]) -> None:
    line = world.land_one("\n".join(["company_name,phone,city", "甲,0,w", '"缺引号的公司,1,x', *after]) + "\n")
    (good, broken, *later) = world.cells(line)
    assert good == (2, None, "甲", "0", "w")
    assert broken == (3, "unclosed_quote", None, None, None)
    expected = list(csv.reader(io.StringIO("\n".join(after), newline="")))
    assert [row[1:] for row in later] == [(None, *cells) for cells in expected], "a line after the broken one is lost"
    assert json.loads(world.raw(line)[1]["_text"]) == ['"缺引号的公司,1,x'], "the broken line must be kept as it stands"


def test_a_quote_that_the_end_of_the_file_cuts_off_is_a_fault_of_that_line(world: World) -> None:
    line = world.land_one('company_name,phone,city\n甲,0,w\n乙,1,"x')
    assert world.cells(line) == [(2, None, "甲", "0", "w"), (3, "unclosed_quote", None, None, None)]


def test_a_good_cell_of_several_lines_with_quotes_in_it_is_no_fault(world: World) -> None:
    rows = [('甲 "A"\n"B"', "1", 'x"'), ("乙", '"', "\n")]
    line = world.land_one(table(HEADER, rows))
    assert [row[1:] for row in world.cells(line)] == [(None, *row) for row in rows]


def test_a_cell_longer_than_the_limit_counts_as_an_unclosed_quote(tmp_path: Path) -> None:
    world = World(make_settings(tmp_path, max_field_bytes=1024))
    world.contract()
    line = world.land_one(table(HEADER, [("甲", "1", "x" * 2000), ("乙", "2", "y")]))
    assert [(row[0], row[1]) for row in world.cells(line)] == [(2, "unclosed_quote"), (3, None)]


def test_bytes_that_are_no_text_cost_only_their_row(world: World) -> None:
    content = table(HEADER, [("甲公司", "1", "x"), ("乙公司", "2", "y"), ("丙公司", "3", "z")]).replace(
        "乙".encode(), b"\xff\xfe\x81"
    )
    line = world.land_one(content)
    assert line.encoding == "utf-8"
    assert [(row[0], row[1]) for row in world.cells(line)] == [(2, None), (3, "undecodable"), (4, None)]


def test_repeated_and_empty_headers_get_names_of_their_own(world: World) -> None:
    line = world.land_one("company_name,,Phone,phone,_row,  \n甲,a,b,c,d,e\n")
    (row,) = world.raw(line)
    own = ("_file", "_sha256", "_member", "_landed_at", "_row", "_fault", "_text")
    assert {name: value for name, value in row.items() if name not in own} == {
        "company_name": "甲", "column 2": "a", "Phone": "b", "phone (2)": "c", "_row (2)": "d", "column 6": "e"
    }  # fmt: skip
    assert row["_row"] == 2


def test_a_file_without_a_header_keeps_every_row_and_says_so(world: World) -> None:
    line = world.land_one("甲公司,1,x\n\n乙公司,2,y\n")
    assert [(row[0], row[1]) for row in world.cells(line)] == [(1, "no_header"), (2, None), (3, "no_header")]
    assert line.rows == 3


def test_a_file_with_a_header_only_lands_with_no_rows(world: World) -> None:
    line = world.land_one("company_name,phone,city\n")
    assert (line.status, line.rows, line.error) == ("landed", 0, None)


def test_a_file_of_ten_thousand_columns_is_kept_and_condemned_as_a_whole(world: World) -> None:
    wide = ["company_name", *(f"c{place}" for place in range(9_999))]
    line = world.land_one(table(wide, [["x"] * 10_000, [""] * 10_000]))
    assert [(row[0], row[1]) for row in world.cells(line)] == [(2, "too_many_columns"), (3, None)]
    staged = world.stage()
    assert (staged[0].status, staged[0].quarantined, staged[0].blank) == ("rejected", 1, 1)


def test_a_file_beyond_one_batch_keeps_its_line_numbers(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccdata_assets.landing.delimited.BATCH_ROWS", 3)
    rows = [(f"公司{n}", "a\nb" if n % 4 == 0 else "c", "x") for n in range(20)]
    line = world.land_one(table(HEADER, rows))
    numbers, number = [], 2
    for row in rows:
        numbers.append(number)
        number += 1 + row[1].count("\n")
    assert world.cells(line) == [(n, None, *row) for n, row in zip(numbers, rows, strict=True)]


def read(path: Path, content: bytes, **form: Any) -> list[tuple[Any, ...]]:
    """The columns, then all rows with _row, _fault and _text, as the reader itself gives them."""
    path.write_bytes(content)
    known = {"name", "phone", "名称", "电话"}
    usual: dict[str, Any] = {"encoding": "utf-8", "delimiter": ",", "quote": '"'}
    options = ReadOptions(lambda cells: sum(cell in known for cell in cells), **{**usual, **form})
    (member,) = open_delimited(path, options)
    return [member.columns, *(tuple(row.values()) for batch in member.batches for row in batch.to_pylist())]


TOKENS = st.sampled_from(
    ["a", "中", "😀", '"', '""', "'", ",", ",,", "|", "||", "|@|", " ", "\0", "\ufeff", "\x1f", "\udcff", "\\", "\n", "\r", "\r\n",
     "\r\r\n", "x,y\n", "x,y\r\n", 'x,"y"\n', '"x","y"\r\n', "x||y\n", '"x\n",y\n', ",\n", "x,y,\n", '"z'],
)  # fmt: skip


@settings(max_examples=300)
@given(
    tokens=st.lists(TOKENS, max_size=30),
    delimiter=st.sampled_from([",", "||", "|@|", "，"]),
    quote=st.sampled_from(['"', '"', "'", ""]),
    escape=st.sampled_from([None, None, "\\"]),
    field_bytes=st.sampled_from([131_072, 3]),
    sizes=st.tuples(*[st.integers(1, 40)] * 3),
)
def test_the_fast_way_and_any_cut_give_the_same_rows_as_the_exact_way(
    tmp_path: Path,
    tokens: list[str],
    delimiter: str,
    quote: str,
    escape: str | None,
    field_bytes: int,
    sizes: tuple[int, int, int],
) -> None:
    content = f"name{delimiter}phone\n{''.join(tokens)}".encode("utf-8", "surrogateescape")
    form = {"delimiter": delimiter, "quote": quote, "escape": escape, "limits": Limits(field_bytes=field_bytes)}
    path = tmp_path / "any.csv"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "HEADER_SEARCH_ROWS", 1)
        patch.setattr(delimited, "fast_cells", lambda *_: None)
        exact = read(path, content, **form)
        patch.setattr(delimited, "fast_cells", fast_cells)
        assert read(path, content, **form) == exact, "the fast way differs"
        patch.setattr(text_lines, "CHUNK_BYTES", sizes[0])
        patch.setattr(delimited, "PIECE", sizes[1])
        patch.setattr(delimited, "HEAD", sizes[2])
        assert read(path, content, **form) == exact, "where the text is cut makes a difference"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\r\r\n"])
@pytest.mark.parametrize("delimiter", [",", "||", "，"])
def test_clean_text_goes_the_fast_way(newline: str, delimiter: str) -> None:
    text = "".join(delimiter.join(row) + newline for row in [("a", "中", ""), ("", '"', ""), ("😀", "", "")])
    cells = fast_cells(text, Dialect(delimiter, "'"), 2, 100)
    assert cells is not None, "a delimiter at the end of each line must not slow a file down"
    assert [column.to_pylist() for column in cells] == [["a", "", "😀"], ["中", '"', ""]]


def test_cells_in_quotes_go_the_fast_way_where_each_is_on_one_line() -> None:
    cells = fast_cells('"a,b","""c"""\r\nd,"e"', Dialect(","), 2, 100)
    assert cells is not None
    assert [column.to_pylist() for column in cells] == [["a,b", "d"], ['"c"', "e"]]
    assert fast_cells('"a\nb",c\nd,e\n', Dialect(","), 2, 100) is None


def test_every_mix_of_line_ends_counts_each_once(tmp_path: Path) -> None:
    rows = read(tmp_path / "a", b"name,phone\r\r\na,1\rb,2\r\nc,3\nd,4\r\r\n\r\r\ne,5")
    assert [(row[0], row[3]) for row in rows[1:]] == [(2, "a"), (3, "b"), (4, "c"), (5, "d"), (6, None), (7, "e")]


@pytest.mark.parametrize("delimiter", ["||", "|@|", "^|^", "，", "\x01"])
def test_a_declared_delimiter_may_be_any_text_and_stand_in_quoted_cells(tmp_path: Path, delimiter: str) -> None:
    text = f'name{delimiter}phone\n"a{delimiter}b"{delimiter}\x1f\nc{delimiter}"1\n{delimiter}\ufdd0"\n'
    assert read(tmp_path / "a", text.encode(), delimiter=delimiter) == [
        ("name", "phone"), (2, None, None, f"a{delimiter}b", "\x1f"), (3, None, None, "c", f"1\n{delimiter}\ufdd0")
    ]  # fmt: skip


def test_declared_quote_escape_and_none_are_heeded(tmp_path: Path) -> None:
    path = tmp_path / "a"
    assert read(path, b"name,phone\n'a,b',\"1\n", quote="'")[1] == (2, None, None, "a,b", '"1')
    assert read(path, b"name,phone\n\"a,'1\n", quote="")[1] == (2, None, None, '"a', "'1")
    both = b'name,phone\n"a\\"b","c""d"\n1\\,2,3\\\n4\n'
    assert read(path, both, escape="\\")[1:] == [(2, None, None, 'a"b', 'c"d'), (3, None, None, "1,2", "3\n4")]


def test_a_declared_header_row_is_found_where_it_stands(tmp_path: Path) -> None:
    path, text = tmp_path / "a", b"name,phone\n,\nx,y\na,1\n"
    assert read(path, text, header=3)[0] == ("x", "y")
    assert read(path, text, header="none", width=3)[:2] == [
        ("column 1", "column 2", "column 3"), (1, "short_row", '["name", "phone"]', None, None, None)
    ]  # fmt: skip


def test_title_lines_and_units_are_kept_apart_from_records(tmp_path: Path) -> None:
    rows = read(tmp_path / "a", "名录\n\n名称,电话,时长\n,,(秒)\na,1,2\n".encode())
    assert [row[:2] for row in rows] == [("名称", "电话"), (1, "title_line"), (4, "header_line"), (5, None)]


@pytest.mark.parametrize(
    ("encoding", "content", "kept"),
    [
        ("utf-8", b"a\xe4\xb8,1", "a\\udce4\\udcb8"),
        ("gb18030", b"a\x810\x81,1", "a\\udc810\\udc81"),
        ("big5", b"a\xff,1", "a\\udcff"),
        ("utf-16-le", "a".encode("utf-16-le") + b"\x00\xd8" + ",1".encode("utf-16-le"), "a\\udc00\\udcd8"),
        ("cp1252", b"a\x81,1", "a\\udc81"),
    ],
)
def test_undecodable_bytes_of_any_encoding_are_kept_as_escapes(
    tmp_path: Path, encoding: str, content: bytes, kept: str
) -> None:
    rows = read(tmp_path / "a", "name,phone\n".encode(encoding) + content + "\nb,2".encode(encoding), encoding=encoding)
    assert [row[1:2] for row in rows[1:]] == [("undecodable",), (None,)]
    assert json.loads(rows[1][2]) == [kept, "1"]


def test_a_character_cut_off_by_the_end_of_the_file_is_kept(tmp_path: Path) -> None:
    rows = read(tmp_path / "a", "name,phone\na,1".encode("utf-16")[:-1], encoding="utf-16")
    assert rows[1][1:3] == ("undecodable", '["a", "\\\\udc31"]')


def test_undecodable_bytes_in_the_header_are_shown_in_its_name(tmp_path: Path) -> None:
    assert read(tmp_path / "a", b"name,phone,\xff\na,1,x\n") == [
        ("name", "phone", "\\udcff"),
        (2, None, None, "a", "1", "x"),
    ]


@pytest.mark.parametrize("encoding", ["gb18030", None])
def test_a_line_of_utf8_in_a_file_of_another_encoding_costs_only_its_row(tmp_path: Path, encoding: str | None) -> None:
    body = b"".join(f"北京测试第{n}公司,{n}\n".encode("gb18030") for n in range(1000))
    content = b"name,phone\n" + body + "广州样例公司,7\n".encode() + "丙公司,8\n".encode("gb18030")
    rows = read(tmp_path / "a", content, encoding=encoding)
    if encoding:  # the contract's word counts: the line is what it is in that encoding
        assert [row[1] for row in rows[1:]] == [None] * 1002
        return
    assert [row[:2] for row in rows[1:] if row[1]] == [(1002, "undecodable")]
    assert json.loads(rows[1001][2])[0].replace("\\udc", "") == "广州样例公司".encode().hex()
    assert rows[1002][3:] == ("丙公司", "8")


def test_a_nul_stays_in_its_cell(world: World) -> None:
    line = world.land_one(b"company_name,phone,city\na\0b,\0,x\n\0,1\n")
    assert world.cells(line) == [(2, None, "a\0b", "\0", "x"), (3, "short_row", None, None, None)]
    assert json.loads(world.raw(line)[1]["_text"]) == ["\0", "1"]


def test_a_line_beyond_the_limit_rejects_the_file_and_names_the_setting(tmp_path: Path) -> None:
    world = World(make_settings(tmp_path, max_line_bytes=1024))
    world.contract()
    line = world.land_one(table(HEADER, [("甲", "1", "x" * 1020)]))
    assert line.status == "rejected" and line.error and "CCDATA_MAX_LINE_BYTES" in line.error
    assert world.land_one(table(HEADER, [("甲", "1", "x" * 1000)] * 5), "directory/b.csv").rows == 5


@pytest.mark.parametrize(
    ("cell", "fault"), [("x" * 6_000_000, "unclosed_quote"), ("x," * 3_000_000, "long_row"), ('"x', "unclosed_quote")]
)
def test_a_long_line_below_the_limit_is_one_row_with_its_text(tmp_path: Path, cell: str, fault: str) -> None:
    rows = read(tmp_path / "a", f"name,phone\n{cell},1\nb,2\n".encode())
    assert [row[:2] for row in rows[1:]] == [(2, fault), (3, None)]
    assert json.loads(rows[1][2]) == [f"{cell},1"]


def test_lines_that_each_leave_a_quote_open_are_read_once_each(tmp_path: Path) -> None:
    rows = read(tmp_path / "a", b"name,phone\n" + b'a","b\n' * 20_000 + b"c,3\n")
    assert [row[:2] for row in rows[1:]] == [*((n, "unclosed_quote") for n in range(2, 20_002)), (20_002, None)]


def test_reading_leaves_the_limit_of_the_csv_module_as_it_was(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    read(tmp_path / "a", b'name,phone\n"a\nb",1\n', limits=Limits(field_bytes=5000))
    assert csv.field_size_limit() == before


CSV_SPECTRUM = [
    "comma_in_quotes",
    "empty",
    "empty_crlf",
    "escaped_quotes",
    "json",
    "location_coordinates",
    "newlines",
    "newlines_crlf",
    "quotes_and_newlines",
    "simple",
    "simple_crlf",
    "utf8",
]
MISPRINT = ("2095257564", "1234567890")
"""What the CSV and the JSON of location_coordinates say in one cell."""


@pytest.mark.parametrize("name", CSV_SPECTRUM)
def test_the_public_csv_test_files_are_read_as_their_authors_mean_them(
    world: World, csv_spectrum: Path, name: str
) -> None:
    content = (csv_spectrum / "csvs" / f"{name}.csv").read_bytes()
    expected = json.loads((csv_spectrum / "json" / f"{name}.json").read_text(encoding="utf-8").replace(*MISPRINT[::-1]))
    expected = expected if isinstance(expected, list) else [expected]
    first = next(iter(expected[0])) if expected else "a"
    world.contract(fields={"company_name": {"from": [first]}})
    line = world.land_one(content)
    own = ("_file", "_sha256", "_member", "_landed_at", "_row", "_fault", "_text")
    found = [{key: value for key, value in row.items() if key not in own} for row in world.raw(line)]
    # git took the \\r out of newlines_crlf.csv where its authors meant it
    plain = [{key: value.replace("\r\n", "\n") for key, value in row.items()} for row in expected]
    assert found in (expected, plain), f"status {line.status}, error {line.error}"


CELL = st.text(
    alphabet=st.one_of(
        st.sampled_from(list(",;\t|\"'\n\r ") + list("医院電話一二三") + list("😀𠮷")),
        st.characters(codec="utf-8", exclude_characters="\0"),
    ),
    max_size=12,
)


@settings(max_examples=150)
@given(
    rows=st.lists(st.tuples(CELL, CELL, CELL), max_size=8),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    newline=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_any_table_that_csv_writes_comes_back_cell_by_cell_and_line_by_line(
    world: World, rows: list[tuple[str, ...]], delimiter: str, newline: str, encoding: str
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_ALL)
    writer.writerow(HEADER)
    numbers = []
    for row in rows:
        numbers.append(1 + len(io.StringIO(text.getvalue(), newline="").readlines()))
        writer.writerow(row)
    assert world.read_back(text.getvalue().encode(encoding)) == [
        (number, None, *row) for number, row in zip(numbers, rows, strict=True)
    ]


GOOD_FILES = [
    hospitals(), hospitals(encoding="gb18030"), hospitals(encoding="utf-16"), hospitals(many_hospitals(30)),
    hospitals([(*row[:5], 'a"\nb', *row[6:]) for row in HOSPITALS]),
]  # fmt: skip
SCRAPS = st.sampled_from(
    [b'"', b"\n", b"\r", b",", b"\0", b"\xff", b"\x81", b"\t", b'""', b"{", b"[", b"\xef\xbb\xbf"]
) | st.binary(min_size=1, max_size=4)


def mutilated(base: bytes, cut: float, inserts: list[tuple[float, bytes]]) -> bytes:
    content = bytearray(base[: int(len(base) * cut)])
    for place, extra in inserts:
        at = int(len(content) * place)
        content[at:at] = extra
    return bytes(content)


def test_no_mutilated_file_stops_a_run_and_each_of_its_rows_is_accounted_for(world: World) -> None:
    with world.warehouse() as con:

        @settings(max_examples=120)
        @given(st.sampled_from(GOOD_FILES), st.floats(0, 1), st.lists(st.tuples(st.floats(0, 1), SCRAPS), max_size=6))
        def check(base: bytes, cut: float, inserts: list[tuple[float, bytes]]) -> None:
            line = world.judge(con, mutilated(base, cut, inserts), "cn_hospitals")
            landed = sum(
                pq.read_metadata(path).num_rows
                for path in raw_files(world.settings.raw_dir / "cn_hospitals", line["sha256"])
            )
            assert line["rows"] == landed, "the ledger counts other rows than the raw store holds"
            if line["members"]:
                assert landed == line["staged"] + line["quarantined"] + line["blank"] + line["superseded"], line
            else:
                assert line["status"] == "rejected" and line["error"], line

        check()
