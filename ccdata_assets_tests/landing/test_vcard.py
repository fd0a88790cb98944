"""vCards as phones and mail programs of twenty years write them: one row a card, under the names of our fields."""

from __future__ import annotations

import base64
import quopri
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccdata_assets.landing.rows import Limits, OverLimit, ReadOptions, UnreadableFile
from ccdata_assets.landing.vcard import open_vcard
from ccdata_assets_tests.world import World

Row = dict[str, Any]


def rows(tmp_path: Path, content: str | bytes, **options: Any) -> list[Row]:
    """The rows of a file without their empty values."""
    path = tmp_path / "cards"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    known = {"contact_name", "company_name", "phone", "mobile"}
    (member,) = open_vcard(path, ReadOptions(lambda cells: sum(cell in known for cell in cells), **options))
    return [
        {name: value for name, value in row.items() if value is not None}
        for batch in member.batches
        for row in batch.to_pylist()
    ]


def card(*lines: str, version: str = "3.0", end: str = "\r\n") -> str:
    return end.join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""])


def printable(text: str, encoding: str) -> str:
    return "".join(f"={byte:02X}" for byte in text.encode(encoding))


def test_a_card_has_the_names_of_our_fields(tmp_path: Path) -> None:
    text = card(
        "N:张;三;;先生;",
        "FN:张三",
        "ORG:青山科技有限公司;市场部;华南组",
        "TITLE:经理",
        "TEL;TYPE=CELL:13800001111",
        "TEL;TYPE=WORK,VOICE:0755-55500001",
        "TEL;TYPE=WORK,FAX:0755-55500002",
        "EMAIL;TYPE=INTERNET:a@example.org",
        "URL:https\\://example.org",
        "ADR;TYPE=WORK:;;测试路1号;深圳市;广东省;518000;中国",
        "NOTE:第一行\\n第二行\\, 又\\;一个",
        "BDAY:1990-01-05",
        "X-QQ:10001",
    )
    assert rows(tmp_path, text) == [
        {
            "_row": 1,
            "contact_name": "张三",
            "company_name": "青山科技有限公司",
            "department": "市场部 华南组",
            "title": "经理",
            "mobile": "13800001111",
            "phone": "0755-55500001",
            "fax": "0755-55500002",
            "email": "a@example.org",
            "website": "https://example.org",
            "address": "广东省深圳市测试路1号",
            "province": "广东省",
            "city": "深圳市",
            "postcode": "518000",
            "note": "第一行\n第二行, 又;一个",
            "bday": "1990-01-05",
            "x-qq": "10001",
        }
    ]


@pytest.mark.parametrize(
    ("line", "column", "value"),
    [
        ("TEL;CELL;VOICE:138", "mobile", "138"),
        ("TEL;TYPE=cell,voice:138", "mobile", "138"),
        ("TEL;TYPE=CELL;TYPE=VOICE;TYPE=pref:138", "mobile", "138"),
        ('TEL;VALUE=uri;TYPE="voice,cell":tel:+86-138', "mobile", "+86-138"),
        ('TEL;VALUE=uri;PREF=1;TYPE="voice,work":tel:+86-755-555;ext=12', "phone", "+86-755-555 ext 12"),
        ("item1.TEL:138\r\nitem1.X-ABLabel:手机", "mobile", "138"),
        ("item1.TEL:139\r\nitem1.X-ABLabel:_$!<Mobile>!$_", "mobile", "139"),
        ("TEL:555", "phone", "555"),
        ("TEL;HOME:555", "phone", "555"),
        ("TEL;WORK;FAX:555", "fax", "555"),
        ("tel;type=iPhone:138", "mobile", "138"),
        ("EMAIL:mailto:a@example.org", "email", "a@example.org"),
        ("GENDER:M;男", "gender", "M"),
    ],
)
def test_the_kind_of_a_value_is_told_in_every_style(tmp_path: Path, line: str, column: str, value: str) -> None:
    (row,) = rows(tmp_path, card("FN:甲", line))
    assert row[column] == value and set(row) == {"_row", "contact_name", column}


@pytest.mark.parametrize("charset", ["UTF-8", "GBK", "GB2312", "gb18030"])
@pytest.mark.parametrize("indent", ["", " "])
def test_quoted_printable_of_any_charset_goes_on_behind_its_soft_breaks(
    tmp_path: Path, charset: str, indent: str
) -> None:
    name = printable("青山科技有限公司", charset)
    half = len(name) // 2 // 3 * 3
    text = card(
        f"N;CHARSET={charset};ENCODING=QUOTED-PRINTABLE:{printable('张', charset)};{printable('三', charset)};;;",
        f"ORG;CHARSET={charset};ENCODING=QUOTED-PRINTABLE:{name[:half]}=",
        f"{indent}{name[half:]}",
        "TEL;CELL:13800001111",
        version="2.1",
    )
    assert rows(tmp_path, text) == [
        {"_row": 1, "contact_name": "张三", "company_name": "青山科技有限公司", "mobile": "13800001111"}
    ]


def test_semicolons_within_quoted_printable_are_found(tmp_path: Path) -> None:
    text = card(f"N;CHARSET=UTF-8;QUOTED-PRINTABLE:{printable('张;三', 'utf-8')}", version="2.1")
    assert rows(tmp_path, text)[0]["contact_name"] == "张三"


def test_a_soft_break_before_the_end_takes_no_line_in(tmp_path: Path) -> None:
    text = card("FN:甲", "NOTE;ENCODING=QUOTED-PRINTABLE:a=3Db=", version="2.1")
    assert rows(tmp_path, text)[0]["note"] == "a=b"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
def test_a_file_of_any_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    text = "".join(card(f"FN:联系人{n}", "ORG:青山科技有限公司", "NOTE:客户电话咨询业务") for n in range(20))
    found = rows(tmp_path, text.encode(encoding))
    assert [row["contact_name"] for row in found] == [f"联系人{n}" for n in range(20)]


def test_lines_folded_within_a_character_are_joined_first(tmp_path: Path) -> None:
    raw = card("FN:张三丰", "NOTE:abc").encode().replace("三".encode(), b"\xe4\r\n \xb8\x89")
    assert rows(tmp_path, raw.replace(b":abc", b":ab\r\n c"))[0] == {"_row": 1, "contact_name": "张三丰", "note": "abc"}


def test_versions_and_charsets_may_be_mixed_in_a_file(tmp_path: Path) -> None:
    raw = (
        card("N;CHARSET=GBK:张;三").encode("gbk")
        + card("FN:李四", "TEL;TYPE=cell:1", version="4.0", end="\n").encode()
        + card("FN;CHARSET=GB2312;ENCODING=QUOTED-PRINTABLE:" + printable("王五", "gbk"), version="2.1").encode()
    )
    assert [row["contact_name"] for row in rows(tmp_path, raw)] == ["张三", "李四", "王五"]


def test_pictures_are_left_out_and_the_card_is_kept(tmp_path: Path) -> None:
    lines = base64.encodebytes(bytes(range(256)) * 9).decode().splitlines()
    old = card("FN:甲", "PHOTO;JPEG;ENCODING=BASE64:" + lines[0], *lines[1:], "", "TEL:1", version="2.1")
    folded = card("FN:乙", "PHOTO;ENCODING=b;TYPE=JPEG:" + lines[0], *(f" {line}" for line in lines[1:]), "TEL:2")
    inline = card("FN:丙", "PHOTO:data:image/jpeg;base64," + "".join(lines), "TEL:3", version="4.0")
    found = rows(tmp_path, old + folded + inline)
    assert [(row["contact_name"], row["phone"], len(row)) for row in found] == [
        ("甲", "1", 3),
        ("乙", "2", 3),
        ("丙", "3", 3),
    ]


def test_text_in_base64_is_text(tmp_path: Path) -> None:
    note = base64.b64encode("备注".encode("gbk")).decode()
    assert rows(tmp_path, card("FN:甲", f"NOTE;CHARSET=GBK;ENCODING=BASE64:{note}"))[0]["note"] == "备注"


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (["N:张;三;;;"], "张三"),
        (["N:Smith;John;Q;Dr.;"], "John Q Smith"),
        (["N:张;三;;;", "FN:三 张"], "张三"),
        (["N:张;三;;;", "FN:张 三"], "张三"),
        (["N:Smith;John;;;", "FN:John Smith"], "John Smith"),
        (["N:;;;;", "FN:客服热线"], "客服热线"),
    ],
)
def test_a_name_stands_in_the_order_of_its_language(tmp_path: Path, lines: list[str], name: str) -> None:
    assert rows(tmp_path, card(*lines))[0]["contact_name"] == name


def test_the_card_of_a_company_has_no_person(tmp_path: Path) -> None:
    found = rows(
        tmp_path,
        card("FN:青山公司", "ORG:青山公司;", "X-ABShowAs:COMPANY") + card("KIND:org", "FN:白水公司", version="4.0"),
    )
    assert found == [{"_row": 1, "company_name": "青山公司"}, {"_row": 7, "company_name": "白水公司"}]


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ("ADR:;;广东省深圳市测试路1号;深圳市;广东省;;", "广东省深圳市测试路1号"),
        ("ADR:;3楼;测试路1号;北京市;北京市;100000;中国", "北京市测试路1号3楼"),
        ("ADR:;;1 Test Rd;Springfield;IL;62701;USA", "1 Test Rd, Springfield, IL"),
        ("LABEL;WORK:测试路1号\\n3楼", "测试路1号 3楼"),
    ],
)
def test_an_address_stands_in_the_order_of_its_language(tmp_path: Path, line: str, address: str) -> None:
    assert rows(tmp_path, card("FN:甲", line))[0]["address"] == address


def test_several_values_of_a_kind_are_joined_and_the_office_gives_the_city(tmp_path: Path) -> None:
    (row,) = rows(
        tmp_path,
        card(
            "FN:甲", "TEL:1", "TEL:2", "TEL:1", "ADR;HOME:;;甲路;杭州市;;;", "ADR;WORK:;;乙路;深圳市;;;", version="2.1"
        ),
    )
    assert (row["phone"], row["city"], row["address"]) == ("1; 2", "深圳市", "深圳市乙路; 杭州市甲路")


def test_broken_cards_and_what_stands_between_cards_cost_only_themselves(tmp_path: Path) -> None:
    raw = (
        card("FN:甲").encode()
        + b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:no end\r\n"
        + card("FN:乙").encode()
        + b"\r\nnot a card\r\n"
        + card("FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E5=BC", version="2.1").encode()
        + card("FN:丙", "a line without a colon").encode()
        + card("FN:丁").encode()[:-12]
    )
    found = rows(tmp_path, raw)
    assert [(row["_row"], row.get("_fault"), row.get("contact_name")) for row in found] == [
        (1, None, "甲"),
        (5, "broken_record", None),
        (8, None, "乙"),
        (13, "broken_record", None),
        (14, "broken_record", None),
        (18, "broken_record", None),
        (23, "broken_record", None),
    ]
    assert "no end" in found[1]["_text"] and "not a card" in found[3]["_text"]


def test_the_card_of_an_assistant_within_a_card_is_passed_over(tmp_path: Path) -> None:
    inner = card("FN:助理", version="2.1").rstrip()
    found = rows(tmp_path, card("FN:甲", "AGENT:", inner, "TEL:1", version="2.1") + card("FN:乙"))
    assert [row.get("contact_name") for row in found] == ["甲", "乙"] and found[0]["phone"] == "1"


def test_many_numbers_of_a_contact_take_no_time(tmp_path: Path) -> None:
    numbers = [f"TEL:{n}" for n in range(20_000)]
    begun = time.monotonic()
    (row,) = rows(tmp_path, card("FN:甲", *numbers, *numbers[:5]))
    assert time.monotonic() - begun < 3
    assert row["phone"] == "; ".join(map(str, range(20_000)))


def test_the_doubt_of_an_encoding_is_told_only_where_it_matters(tmp_path: Path) -> None:
    line = "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:" + quopri.encodestring("张三".encode()).decode()
    assert rows(tmp_path, card(line, version="2.1"))[0]["contact_name"] == "张三"


def test_a_line_or_a_card_without_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OverLimit, match="CCDATA_MAX_LINE_BYTES"):
        rows(tmp_path, card("NOTE:" + "x" * 3000), limits=Limits(line_bytes=2000))
    with pytest.raises(OverLimit, match="CCDATA_MAX_LINE_BYTES"):
        rows(tmp_path, "BEGIN:VCARD\n" + "NOTE:x\n" * 3000, limits=Limits(line_bytes=2000))


def test_too_many_kinds_of_properties_are_a_fault_of_every_row(tmp_path: Path) -> None:
    found = rows(tmp_path, card("FN:甲", *(f"X-{n}:1" for n in range(30))) + card("FN:乙"), limits=Limits(columns=20))
    assert [row["_fault"] for row in found] == ["too_many_columns"] * 2


GOOD = (card("FN:甲", "TEL;CELL:1") + card("N;CHARSET=GBK;ENCODING=QUOTED-PRINTABLE:=D5=C5;=C8=FD", "NOTE:x")).encode()


@settings(max_examples=200)
@given(
    st.floats(0, 1),
    st.lists(
        st.tuples(st.floats(0, 1), st.sampled_from([b"\n", b":", b";", b"=", b"\xff", b"\0", b" ", b'"'])), max_size=5
    ),
)
def test_no_damage_gives_anything_but_rows_or_a_verdict(
    tmp_path: Path, cut: float, inserts: list[tuple[float, bytes]]
) -> None:
    content = bytearray(GOOD[: int(len(GOOD) * cut)])
    for place, extra in inserts:
        at = int(len(content) * place)
        content[at:at] = extra
    try:
        found = rows(tmp_path, bytes(content))
    except UnreadableFile:
        return
    assert len(found) <= 5


def test_a_vcard_file_lands_under_a_contract_without_aliases(world: World) -> None:
    line = world.land_one(card("FN:张三", "ORG:青山公司", "TEL:0755-55500001", "ADR:;;测试路;深圳市;;;"))
    assert (line.format, line.rows) == ("vcard", 1)
    (row,) = world.raw(line)
    assert (row["company_name"], row["phone"], row["city"]) == ("青山公司", "0755-55500001", "深圳市")
