"""Encoding, delimiter and quote are told right, or doubted with the candidates named; never told wrong.

The files of the mass test come from benchmarks/sniffing.py, which scores many more of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.sniffing import (
    SHORT,
    disk_verdict,
    files_on_disk,
    foreign_files,
    foreign_verdict,
    is_known_header,
    made_files,
    no_header,
    verdict,
)
from ccdata_assets.landing.formats import file_format
from ccdata_assets.landing.rows import UnreadableFile
from ccdata_assets.landing.sniff import (
    DoubtfulText,
    TextForm,
    text_delimiter,
    text_encoding,
    text_form,
    text_quote,
)

AMBIGUOUS = "company_name,no\n綠源,1\n".encode("big5")
"""The two characters are usual ones in GB18030 as well (厚方), and there is no other sign."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


# --- the mass ----------------------------------------------------------------------------------------------------


def test_of_many_generated_files_nearly_all_are_told_right_and_none_wrong(path: Path) -> None:
    tally, amiss = Counter[str](), []
    for number, made in enumerate(made_files(500, seed=20260101)):
        found = verdict(written(path, made.content), made)
        if made.kind == SHORT and found == "doubtful encoding":
            continue  # two or three characters are all the evidence: doubt is right
        tally[found.split()[0]] += 1
        if found != "right":
            amiss.append(f"file {number}: {made.encoding}, {made.kind}, {made.delimiter!r}, {made.quote!r}: {found}")
    assert tally["wrong"] == 0, amiss
    assert tally["right"] >= 0.99 * tally.total(), amiss


def test_text_of_encodings_no_feed_uses_is_doubted(path: Path) -> None:
    wrong = [
        f"{encoding} read as {found}, {len(content)} bytes"
        for encoding, text, content in foreign_files(180, seed=20260101)
        if (found := foreign_verdict(written(path, content), text)) != "right"
    ]
    assert not wrong


def test_every_file_on_disk_is_told_right_with_no_header_word_known() -> None:
    files = list(files_on_disk())
    assert files, "not even the samples were found"
    assert {path.name: found for path, *form in files if (found := disk_verdict(path, *form)) != "right"} == {}


# --- encoding: doubt ---------------------------------------------------------------------------------------------


def test_two_characters_that_two_encodings_read_as_usual_text_are_doubted(path: Path) -> None:
    with pytest.raises(DoubtfulText) as doubt:
        text_encoding(written(path, AMBIGUOUS))
    assert isinstance(doubt.value, UnreadableFile)
    assert {"big5", "gb18030"} <= set(doubt.value.candidates)
    assert "fix: declare source.encoding in the contract" in str(doubt.value)
    assert "綠源" not in str(doubt.value) and "厚方" not in str(doubt.value), "a message holds no value of a feed"


def test_the_same_cell_a_thousand_times_is_no_more_evidence_than_once(path: Path) -> None:
    with pytest.raises(DoubtfulText):
        text_encoding(written(path, AMBIGUOUS + "綠源,2\n".encode("big5") * 1000))


def test_header_words_of_the_feed_settle_a_doubt(path: Path) -> None:
    def words(cells: Sequence[str]) -> bool:
        return "綠源" in cells

    assert text_encoding(written(path, "綠源,no\n1,2\n".encode("big5")), words) == "cp950"


@pytest.mark.parametrize(
    ("content", "candidate"),
    [
        ("line,stop\n305路,1\n".encode("gb18030"), "utf-8"),  # valid UTF-8 too: a middle dot
        ("name,no\nMüller,1\nPeña,2\nCafé,3\n".encode("cp1252"), "windows-1252"),
        ("name,no\n株式会社ヤマダ電機,1\nお客様相談室,2\n".encode("cp932"), "shift_jis"),
        ("name,no\n주식회사 한국전력,1\n고객센터,2\n".encode("euc-kr"), "euc-kr"),
        ("name,no\nИванов,1\nне работает интернет,2\n".encode("cp1251"), "windows-1251"),
        (b"\xef\xbb\xbf" + "名称,电话\n样例医院,1\n测试公司,2\n".encode("gb18030"), "utf-8-sig"),
    ],
    ids=["middle dot", "latin", "japanese", "korean", "russian", "mark of another"],
)
def test_bytes_that_fit_no_encoding_of_ours_are_doubted(path: Path, content: bytes, candidate: str) -> None:
    with pytest.raises(DoubtfulText) as doubt:
        text_encoding(written(path, content))
    assert candidate in doubt.value.candidates


@pytest.mark.parametrize("first", ["utf-8", "gb18030"])
def test_two_encodings_joined_in_one_file_are_doubted(path: Path, first: str) -> None:
    rows = [f"样例公司{number},杭州市余杭区测试路,已接\n" for number in range(200)]
    halves = "".join(rows).encode(first), "".join(rows).encode({"utf-8": "gb18030", "gb18030": "utf-8"}[first])
    with pytest.raises(DoubtfulText) as doubt:
        text_encoding(written(path, b"name,place,outcome\n" + b"".join(halves)))
    assert "parts" in doubt.value.reason


# --- encoding: the verdict ---------------------------------------------------------------------------------------

LONG = b"id,name,amount\n" + b"".join(b"%d,Acme Ltd,%d.50\n" % (number, number) for number in range(120_000))
"""More than two megabytes of ASCII."""


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("gb18030", "gb18030"), ("gbk", "gb18030"), ("utf-8", "utf-8"), ("big5", "cp950"), ("big5hkscs", "cp950")],
)
@pytest.mark.parametrize("where", ["end", "middle"])
def test_chinese_far_down_in_a_large_file_is_found(path: Path, encoding: str, found: str, where: str) -> None:
    row = ("7,臺北市中正區電話中心,1\n" if "big5" in encoding else "7,北京市海淀区电话中心,1\n").encode(encoding)
    assert text_encoding(written(path, LONG + row + (LONG if where == "middle" else b""))) == found


def test_a_few_bytes_that_are_no_text_do_not_change_the_encoding(path: Path) -> None:
    rows = [f"样例公司{number},杭州市余杭区,已接\n" for number in range(300)]
    for encoding in ("utf-8", "gb18030"):
        content = "".join(rows[:150]).encode(encoding) + b"\xff\xfe,\x81,x\n" + "".join(rows[150:]).encode(encoding)
        assert text_encoding(written(path, content)) == encoding


def test_one_fault_at_the_end_of_a_large_utf8_file_does_not_change_its_encoding(path: Path) -> None:
    content = "样例公司,杭州市余杭区,已接\n".encode() * 100_000 + b"\xff,x,y\n"
    assert text_encoding(written(path, content)) == "utf-8"


def test_characters_of_four_bytes_and_of_hong_kong_are_read(path: Path) -> None:
    rare = "名称,备注\n𠮷野家餐饮管理公司,已接\n刘䶮,放弃\n"
    assert text_encoding(written(path, rare.encode("gb18030"))) == "gb18030"
    cantonese = "名稱,備註\n深水埗電話中心,佢哋冇收到嘅帳單\n九龍彌敦道,唔該啲客戶\n"
    assert text_encoding(written(path, cantonese.encode("big5hkscs"))) == "big5hkscs"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_unmarked_utf16_of_chinese_alone_is_told_though_few_of_its_bytes_are_zero(path: Path, encoding: str) -> None:
    content = ("企业名称,城市\n" + "上海一二三四五六七八有限公司电话中心,上海市\n" * 20).encode(encoding)
    assert content.count(0) < len(content) / 10
    assert text_encoding(written(path, content)) == encoding
    assert file_format(path) == "delimited"


def test_ascii_is_utf8_and_so_is_text_with_lost_characters(path: Path) -> None:
    assert text_encoding(written(path, b"a,b\n1,2\n")) == "utf-8"
    assert text_encoding(written(path, "a,b\n1,\ufffd\n".encode())) == "utf-8"


# --- delimiter and quote -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|", ":", "^", "~", "\x01", "\x1f", "||", "|@|", "^|^", "#|#"])
@pytest.mark.parametrize("is_header", [no_header, is_known_header])
def test_every_delimiter_is_found(path: Path, delimiter: str, is_header: type[no_header]) -> None:
    rows = [("company_name", "phone", "city"), ("甲公司", "0571-55500001", ""), ("乙公司", "", "杭州"), ("", "", "x")]
    content = "\r\n".join(delimiter.join(row) for row in rows)
    assert text_delimiter(written(path, content.encode()), "utf-8", is_header) == delimiter


def test_an_empty_column_in_the_header_makes_no_longer_delimiter(path: Path) -> None:
    assert text_delimiter(written(path, b"a||c\n1|2|3\n4|5|6\n"), "utf-8", no_header) == "|"


def test_times_and_addresses_of_the_web_are_no_columns(path: Path) -> None:
    content = b"2026-01-05 09:30:00,http://example.org,x\n2026-01-05 09:31:00,http://example.org,y\n"
    assert text_delimiter(written(path, content), "utf-8", no_header) == ","


def test_header_words_decide_between_two_delimiters(path: Path) -> None:
    content = "名称;电话,1;城市\n甲;1,2;x\n乙;3,4;y\n".encode()
    assert text_delimiter(written(path, content), "utf-8", is_known_header) == ";"


def test_two_delimiters_that_split_equally_well_are_doubted(path: Path) -> None:
    with pytest.raises(DoubtfulText) as doubt:
        text_delimiter(written(path, b"a,b;c\n1,2;3\n4,5;6\n"), "utf-8", no_header)
    assert doubt.value.candidates == ("','", "';'")
    assert "fix: declare source.delimiter in the contract" in str(doubt.value)


def test_lines_that_no_delimiter_splits_evenly_are_doubted(path: Path) -> None:
    content = b"well, this is, prose\nof some\nkind, or not\nat all\nreally\nso\n"
    with pytest.raises(DoubtfulText, match="none splits"):
        text_delimiter(written(path, content), "utf-8", no_header)


def test_one_column_gives_a_comma_or_what_keeps_its_cells_whole(path: Path) -> None:
    assert text_delimiter(written(path, "名称\n甲公司\n乙公司\n".encode()), "utf-8", is_known_header) == ","
    assert text_delimiter(written(path, "名称\n甲,公司\n乙公司\n".encode()), "utf-8", is_known_header) == "\t"


@pytest.mark.parametrize(
    ("content", "quote"),
    [
        ("a,b\n1,2\n", '"'),
        ('a,b\n"1,0",2\n', '"'),
        ("'a','b'\n'1,0','2'\n", "'"),
        ("a,b\n'1,0',2\n3,4\n", "'"),
        ("a,b\n'O''Neil',2\n3,4\n", "'"),
        ("a,b\nO'Neil,2\n'tis,4\n", '"'),
        ('a,b\n"甲"公司,2\n乙,4\n', ""),
        ('a,b\n甲,5"\n乙,6"\n', '"'),
        ('a,b\n"缺引号的公司,2\n乙,4\n', '"'),
    ],
)
def test_the_quote_is_told_by_what_it_encloses(path: Path, content: str, quote: str) -> None:
    assert text_quote(written(path, content.encode()), "utf-8", ",") == quote


def test_what_the_contract_gives_is_taken_and_not_looked_for(path: Path) -> None:
    written(path, AMBIGUOUS)
    assert text_form(path, no_header, encoding="big5") == TextForm("big5", ",", '"')
    assert text_form(path, no_header, "big5", "\t", "") == TextForm("big5", "\t", "")
