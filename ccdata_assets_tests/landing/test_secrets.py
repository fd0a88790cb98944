"""A secret value is in no store in clear: not where it is expected, nor where nobody expects it. All numbers are invented."""

from __future__ import annotations

import gzip
import io
import json
import re
import stat
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ccdata_assets.contracts.headers import is_secret_header, secret_headers
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.errors import ContractError
from ccdata_assets.landing.kept import CHUNK, SEALED, is_whole, shows_secrets
from ccdata_assets.landing.raw_store import raw_files
from ccdata_assets.landing.secret_key import KeyMissing, keyed_hash, load_key
from ccdata_assets.landing.secrets import DIGITS, Hider, ignored_signs
from ccdata_assets.quality.supplier_kit import write_kits
from ccdata_assets_tests.world import World, make_settings, table

CHECK = "10X98765432"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def number(region: str = "110101", day: str = "19900307", sequence: int = 452) -> str:
    """An invented identity number with its check digit."""
    body = f"{region}{day}{sequence:03d}"
    return body + CHECK[sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11]


NUMBERS = [number(sequence=n) for n in range(101, 131)]
WITH_X = next(n for n in (number("330106", "19851212", s) for s in range(200, 300)) if n.endswith("X"))
WRONG = NUMBERS[0][:17] + next(c for c in "0123456789" if c != NUMBERS[0][17])
OLD = "330106601212305"
FIELDS: dict[str, Any] = {"company_name": {"required": True}, "phone": {}, "id_card": {}}
HEADER = ("公司名称", "电话", "身份证号", "备注")


@pytest.fixture
def world(world: World, tmp_path: Path) -> World:
    """A home whose inbox lies elsewhere, so that the originals are not in it."""
    world.settings = make_settings(world.settings.home, inbox=tmp_path / "inbox")
    world.contract(fields=FIELDS)
    return world


def staged(world: World, feed: str = "directory") -> list[Any]:
    return [row["id_card"] for row in world.query(f"select id_card from staged.{feed} order by _sha256, _member, _row")]


# --- looking through a home ---------------------------------------------------------------------------------------


def forms(value: str) -> Iterator[bytes]:
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        yield value.encode(encoding)
        yield value.lower().encode(encoding)


def texts_of(path: Path) -> Iterator[str]:
    """All text in a table file, unpacked."""
    if path.suffix == ".parquet":
        yield json.dumps(pq.read_table(path).to_pylist(), ensure_ascii=False, default=str)
        yield str(pq.read_schema(path))
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as con:
            found = con.execute(
                "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'"
            )
            for schema, name in found.fetchall():
                yield json.dumps(con.execute(f'from "{schema}"."{name}"').fetchall(), ensure_ascii=False, default=str)
    elif path.suffix in (".xlsx", ".zip"):
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


def leaks(home: Path, values: list[str]) -> list[str]:
    """Files below the home that hold one of the values, as bytes or unpacked."""
    found = []
    for path in sorted(path for path in home.rglob("*") if path.is_file()):
        content = path.read_bytes()
        unpacked = "\n".join(texts_of(path)).upper()
        if any(form in content for value in values for form in forms(value)) or any(v in unpacked for v in values):
            found.append(str(path.relative_to(home)))
    return found


def xlsx(rows: list[tuple[str, ...]]) -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    book.save(content)
    return content.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, inner in files.items():
            archive.writestr(name, inner)
    return content.getvalue()


def rows_of(first: int) -> list[tuple[str, ...]]:
    """Records with a number where it belongs, among words, in another column, in a row with a fault, and a wrong one."""
    a, b, c = NUMBERS[first : first + 3]
    return [
        ("甲公司", "0755-55500001", a, ""),
        ("乙公司", "0755-55500002", "", f"经办人身份证{b}，已核"),
        ("丙公司", c, "", c),
        ("", "0755-55500003", b, "没有名称"),
        ("丁公司", "0755-55500004", WRONG, WITH_X.lower()),
        ("戊公司", "0755-55500005", OLD, f"{a[:6]}{a[6:14]}{a[14:]}/{b}"),
    ]


def deliveries() -> dict[str, bytes]:
    """Files of many formats, each with numbers of its own."""
    records = [dict(zip(HEADER, row, strict=True)) for row in rows_of(9)]
    cards = "".join(f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:张三\r\nORG:{row[0]}\r\nNOTE:证{row[3]}\r\nEND:VCARD\r\n" for row in rows_of(15))  # fmt: skip
    columns = {name: [row[place] for row in rows_of(21)] for place, name in enumerate(HEADER)}
    parquet = io.BytesIO()
    pq.write_table(pa.table(columns), parquet)
    broken = table(HEADER, rows_of(0)) + f'己公司,"0755,{NUMBERS[1]},没有引号\n庚公司,1,{NUMBERS[2]},\n'.encode()
    short = table(HEADER, rows_of(3)) + f"己公司,{NUMBERS[4]}\n庚公司,1,2,3,{WRONG},{OLD}\n".encode()
    return {
        "utf-8.csv": broken,
        "gb18030.csv": short.decode().encode("gb18030"),
        "utf-16.txt": table(HEADER, rows_of(6), delimiter="\t", encoding="utf-16"),
        "excel.xlsx": xlsx([HEADER, *rows_of(12)]),
        "json.json": json.dumps({"data": records}, ensure_ascii=False).encode(),
        "cards.vcf": cards.encode(),
        "packed.csv.gz": gzip.compress(table(HEADER, rows_of(18))),
        "parquet.parquet": parquet.getvalue(),
        "archive.zip": zipped({"内/a.csv": table(HEADER, rows_of(24)), f"名单{NUMBERS[27]}.csv": table(HEADER, [])}),
        "no header.csv": table(None, rows_of(24)),
        f"张三{NUMBERS[28]}.csv": table((*HEADER, f"经办{NUMBERS[29]}"), [(*rows_of(0)[0], "1")]),
    }


EVERY = [*NUMBERS, WITH_X, WRONG, OLD]


def test_no_number_is_in_any_store_of_the_home(world: World) -> None:
    for name, content in deliveries().items():
        world.put(f"directory/{name}", content)
    world.stage()
    lines = world.query("select file, status, error, rows from ops.file_ledger order by file")
    assert len(lines) == len(deliveries())
    assert sum(line["rows"] for line in lines) > 50
    assert world.faults(), "rows must be in quarantine for this to prove something"
    with world.warehouse() as con:
        kits = write_kits(con, world.registry.feeds["directory"], world.registry, world.settings)
    assert kits, "so must a supplier's kit"
    assert leaks(world.settings.home, EVERY) == []
    assert leaks(world.settings.inbox_dir, EVERY), "the search finds what is there"


def test_what_is_staged_says_what_the_number_is_worth(world: World) -> None:
    world.stage_one(
        table(HEADER, [("甲", "1", value, "") for value in (NUMBERS[0], WRONG, OLD, "", "无", "13800138000")])
    )
    valid, wrong, old, empty, none, phone = staged(world)
    assert valid.startswith("valid:ok:hmac:")
    assert wrong.startswith("invalid:bad_check_digit:hmac:")
    assert old.startswith("valid:fifteen_digits:hmac:")
    assert (empty, none) == (None, None)
    assert phone.startswith("invalid:bad_length:hmac:")


def test_the_same_number_has_the_same_hash_in_every_feed_form_and_place(world: World) -> None:
    world.stage_one(
        table(HEADER, [("甲", "1", WITH_X.lower(), WITH_X), ("乙", "2", f"{WITH_X[:6]} {WITH_X[6:14]} {WITH_X[14:]}", f"证{WITH_X}"), ("丙", "3", "３３" + WITH_X[2:], "")])
    )  # fmt: skip
    world.land_one(
        table(("名称", "联系电话", "法人身份证"), [("某医院", "0571-55500001", f"身份证号：{WITH_X}")]),
        "cn_hospitals/b.csv",
    )
    raw = [
        row
        for line in world.query("select * from ops.file_ledger")
        for path in raw_files(world.settings.raw_dir / line["feed"], line["sha256"])
        for row in pq.read_table(path).to_pylist()
    ]
    whole = "valid:ok:" + keyed_hash(load_key(world.settings), WITH_X)
    assert [row["身份证号"] for row in raw if "身份证号" in row] == [whole] * 3
    assert [row["备注"] for row in raw if "备注" in row] == [whole, "证" + whole.removeprefix("valid:ok:"), ""]
    assert [row["法人身份证"] for row in raw if "法人身份证" in row] == [whole]


def test_other_homes_have_other_hashes(tmp_path: Path, registry: Registry) -> None:
    hiders = [Hider(registry.feeds["b2b_directory"], registry, make_settings(tmp_path / name)) for name in "ab"]
    first, second = (hider.text(NUMBERS[0]) for hider in hiders)
    assert first != second
    assert first.startswith("valid:ok:hmac:")


def test_a_column_is_secret_by_its_header_or_because_the_contract_says_so(world: World) -> None:
    world.contract(fields=FIELDS | {"id_card": {"from": "会员编码"}})
    line = world.land_one(table(("公司名称", "会员编码", "身份证号", "经办人身份证"), [("甲", "A-1", "2", "3")]))
    (row,) = world.raw(line)
    for header in ("会员编码", "身份证号", "经办人身份证"):
        assert ":hmac:" in row[header], header
    world.contract(
        source={"files": "directory/*", "header": "none"},
        fields={"company_name": {"required": True, "position": 1}, "id_card": {"position": 2}},
    )
    world.put("directory/none.csv", "甲,A-1,A-1\n")
    (row,) = world.raw(next(line for line in world.land() if line.file == "directory/none.csv"))
    assert ":hmac:" in row["column 2"]
    assert row["column 3"] == "A-1"


@pytest.mark.parametrize("header", ["身份证", "法人身份证号", "身份证号码（必填）", "身份证号 (2)", "ID Card No.", "身份证号1", "公民身份号码", "customer.id_card", "Identity Number"])  # fmt: skip
def test_headers_of_identity_numbers(registry: Registry, header: str) -> None:
    assert is_secret_header(header, secret_headers(registry.fields))


@pytest.mark.parametrize(
    "header", ["身份证有效期", "身份证地址", "是否上传身份证照片", "编号", "ID", "客户编号", "统一社会信用代码", "电话"]
)
def test_headers_of_other_things(registry: Registry, header: str) -> None:
    assert not is_secret_header(header, secret_headers(registry.fields))


def test_other_numbers_stay_as_they_are(world: World) -> None:
    rows = [
        ("91440300MA5DB2X89E", "330106202613010001"), (WRONG, "62220212345678901234"), ("３" + NUMBERS[0], f"A{WRONG}B"),
        (f"{NUMBERS[0]}1", f"5{NUMBERS[0]}"), ("13800138000/0755-88888888/010-88888888", "2026-10-01 09:00:00.000000"),
    ]  # fmt: skip
    line = world.land_one(table(("公司名称", "备注"), rows))
    found = [(row["公司名称"], row["备注"]) for row in world.raw(line)]
    assert found == rows
    assert not world.settings.secret_key_path.exists(), "no secret, no key"


def test_what_was_replaced_stays_when_it_lands_again(world: World) -> None:
    world.stage_one(table(HEADER, [("甲", "1", NUMBERS[0], ""), ("乙", "2", WRONG, "")]))
    first = staged(world)
    world.stage_one(
        table(HEADER, [("甲", "1", first[0], "x"), ("乙", "2", first[1].upper(), "x")]), "directory/again.csv"
    )
    assert sorted(staged(world)) == sorted(first * 2)


# --- numbers as they are written ----------------------------------------------------------------------------------


def wide(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) for sign in text)


N, X = NUMBERS[0], WITH_X
AMONG_WORDS = [
    f"张三{N}Tel13912345678", f"{N}abc", f"A{N}B", f"张三{wide(N[:8])}{N[8:]}", f"张三{N[:8]}{wide(N[8:])}，", f"张三{wide(N)}Tel",
    f"证{N[:6]}\u200b{N[6:]}", f"证{N[:6]} {N[6:14]} {N[14:]}", f"证{N[:6]}-{N[6:14]}-{N[14:]}号", f"证{N[:6]}\u3000{N[6:14]}－{N[14:]}",
    "证" + "\u2060".join(N), "证" + " ".join(N), f"证\ufeff{N}\u200d5", f"证5 {N} 6", f"证{N[:17]}\xad{N[17:]}",
    "证" + "".join(f"{digit}\ufe0f\u20e3" for digit in N), f"名单_{N}copy", f"1{N} {N}", f"110101 {N}", f"{N[:6]} {N}", f"{X}13912345678", f"{X.lower()}abc",
    f"证{wide(X)}x",
]  # fmt: skip
ALONE = [
    N,
    wide(N),
    f" {N}\u200b",
    f"{N[:6]} {N[6:14]} {N[14:]}",
    f"'{N[:6]}-{N[6:]}",
    wide(N[:5]) + N[5:],
    f"\u202d{N}\u202c",
]


def bare(text: str) -> str:
    """What a person reads in a text."""
    for sign in ignored_signs():
        text = text.replace(sign, "")
    return unicodedata.normalize("NFKC", text).upper()


@pytest.fixture(scope="module")
def hider(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Hider:
    return Hider(registry.feeds["b2b_directory"], registry, make_settings(tmp_path_factory.mktemp("home")))


def hidden(hider: Hider, *texts: str) -> list[str]:
    """The texts as cells of a column; one more stands before them, so that none is at a round place."""
    (cells,) = hider.arrays([pa.array(["甲", None, *texts], pa.string())[1:]], [])
    assert cells[0].as_py() is None
    return list(cells.to_pylist()[1:])


def test_a_number_among_words_is_replaced_however_it_is_written(hider: Hider) -> None:
    cells = hidden(hider, *AMONG_WORDS)
    for text, cell in zip(AMONG_WORDS, cells, strict=True):
        number = X if X in bare(text) else N
        mark = hidden(hider, number)[0].removeprefix("valid:ok:")
        assert cell.count(mark) == 1, text
        assert number not in bare(cell).replace(f"1{N}", ""), text
        assert hider.text(text) == cell, text
    assert cells[0].startswith("张三hmac:")
    assert cells[0].endswith("Tel13912345678")


def test_a_number_alone_is_replaced_by_the_whole_token(hider: Hider) -> None:
    assert set(hidden(hider, *ALONE)) == {hidden(hider, N)[0]}
    assert hidden(hider, N)[0].startswith("valid:ok:hmac:")


def test_every_form_lands_without_the_number(world: World) -> None:
    world.contract(fields={"company_name": {"required": True}, "phone": {}})
    rows = [(f"公司{text}", "1", text) for text in AMONG_WORDS if not text.startswith(f"1{N}")]
    broken = "".join(f'"{text}","0755\n' for text, _, _ in rows[:4])
    line = world.land_one(table(("公司名称", "电话", "备注"), rows) + broken.encode(), f"directory/名单{N}copy.csv")
    assert N not in line.file and "copy.csv" in line.file
    for row in world.raw(line):
        assert N not in bare(json.dumps(row, ensure_ascii=False, default=str)), row
    assert not leaks(world.settings.home, [N, wide(N)])


PIECES = st.lists(
    st.one_of(
        st.sampled_from(["张三", "Tel", "abc", "x", "-", " ", "，", "\u200b", "\u3000", "é", "𠮷", "13912345678", "０７５５", "110101", "19900307", "hmac:", "\n", N[:9], wide(N[9:])]),
        st.text(max_size=4),
    ),
    max_size=8,
)  # fmt: skip
MARKS_WITHIN = st.lists(
    st.sampled_from(["", "", "", " ", "-", "\u200b", "\u3000", "\u2060 "]), min_size=17, max_size=17
)


@settings(max_examples=60, deadline=None)
@given(
    PIECES,
    PIECES,
    st.sampled_from([*NUMBERS[:5], WITH_X]),
    MARKS_WITHIN,
    st.lists(st.booleans(), min_size=18, max_size=18),
)
@example(["5", "\u200b"], ["\u200b", "5"], N, [""] * 17, [False] * 18)
@example([N[:9], " "], [" ", N[9:]], N, [""] * 17, [True] * 18)
def test_a_valid_number_is_never_in_what_lands(
    hider: Hider, before: list[str], after: list[str], number: str, marks: list[str], widths: list[bool]
) -> None:
    left, right = "".join(before), "".join(after)
    written = "".join(
        (wide(sign) if is_wide else sign) + mark
        for sign, is_wide, mark in zip(number, widths, [*marks, ""], strict=True)
    )
    if left[-1:] in DIGITS:  # the empty text too
        left += "证"
    if right[:1] in DIGITS:
        right = "号" + right
    (cell,) = hidden(hider, left + written + right)
    assert written not in cell
    assert cell == hider.text(left + written + right)
    assert re.search("hmac:[0-9a-f]{32}", cell)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=12), st.text("0123456789０１９xX- \u200b", max_size=40), st.sampled_from(["1380013800", WRONG, wide(WRONG), "2026-10-01"])), max_size=6))  # fmt: skip
def test_a_text_without_a_valid_number_stays(hider: Hider, pieces: list[str]) -> None:
    text = "".join(pieces)
    assume(not any(fits(candidate) for candidate in candidates(text)))
    assert hidden(hider, text) == [text]
    assert hider.text(text) == text


def candidates(text: str) -> Iterator[str]:
    plain = bare(text)
    yield from (plain[place : place + 18] for place in range(len(plain) - 17))


def fits(text: str) -> bool:
    body = text[:17]
    return (
        re.fullmatch("[0-9]{17}[0-9X]", text) is not None
        and CHECK[sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11] == text[17]
    )


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16", "utf-16-be"])
def test_a_copy_shows_a_number_however_it_is_written(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a"
    for text in (*AMONG_WORDS, *ALONE, f"三{wide(N)}三", f"a,{wide(N)}"):
        path.write_bytes(f"甲栏,乙栏\n甲公司,{text}\n".encode(encoding))
        assert shows_secrets(path), text
    for text in ("330106202613010001", "13800138000,0755-88888888", f"5{N}9", f"{N}1"):
        path.write_bytes(f"甲栏,乙栏\n甲公司,{text}\n".encode(encoding))
        assert not shows_secrets(path), text


# --- what landed in clear before ----------------------------------------------------------------------------------


def test_a_file_is_read_again_when_the_contract_calls_a_column_secret(world: World) -> None:
    content = table(("公司名称", "会员编码"), [("甲", WRONG)])
    world.contract(fields={"company_name": {"required": True}})
    line = world.land_one(content)
    assert world.raw(line)[0]["会员编码"] == WRONG
    world.contract(fields={"company_name": {"required": True}, "id_card": {"from": "会员编码"}})
    world.stage()
    assert leaks(world.settings.home, [WRONG]) == []
    assert staged(world)[0].startswith("invalid:bad_check_digit:")


def test_what_cannot_be_read_again_is_not_staged_in_clear(world: World) -> None:
    world.contract(fields={"company_name": {"required": True}})
    path = world.put("directory/a.csv", table(("公司名称", "会员编码"), [("甲", WRONG), ("乙", "无")]))
    world.stage()
    path.unlink()
    world.contract(fields={"company_name": {"required": True}, "id_card": {"from": "会员编码"}})
    world.stage()
    assert staged(world) == ["invalid:not_replaced", None]


# --- copies of rejected files -------------------------------------------------------------------------------------

REJECTED = table(("甲栏", "乙栏"), [("甲公司", NUMBERS[0]), ("乙公司", NUMBERS[1])])


def kept(world: World) -> list[Path]:
    return sorted((world.settings.quarantine_dir / "directory").iterdir())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", REJECTED), ("a.xlsx", xlsx([("甲栏", "乙栏"), ("甲公司", NUMBERS[0])])), ("a.csv.gz", gzip.compress(REJECTED)),
        ("a.zip", zipped({"a.zip": zipped({"a.csv": REJECTED})})), ("cut.xlsx", xlsx([("甲栏", "乙栏"), ("甲公司", NUMBERS[0])])[:-200]),
        ("utf-16.txt", REJECTED.decode().encode("utf-16")),
    ],
    ids=["csv", "xlsx", "gzip", "zip in a zip", "cut workbook", "utf-16"],
)  # fmt: skip
def test_a_kept_copy_that_shows_a_number_is_sealed(world: World, name: str, content: bytes) -> None:
    world.contract(fields={"company_name": {"required": True}})
    world.put(f"directory/{name}", content)
    world.stage()
    (copy,) = kept(world)
    assert copy.suffix == SEALED
    assert is_whole(copy, len(content))
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert leaks(world.settings.home, EVERY) == []


def test_a_copy_without_secrets_is_kept_as_it_is(world: World) -> None:
    world.contract(fields={"company_name": {"required": True}})
    content = "甲栏,乙栏\n甲公司,330106202613010001\n".encode()
    world.stage_one(content)
    (copy,) = kept(world)
    assert copy.read_bytes() == content


def test_a_feed_with_a_secret_field_keeps_every_copy_sealed_and_says_so(world: World) -> None:
    line = world.land_one(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    assert "its copy is sealed" in (line.error or "")
    assert [path.suffix for path in kept(world)] == [SEALED]


def test_a_sealed_copy_is_read_when_another_contract_can(world: World) -> None:
    world.contract(fields={"company_name": {"required": True}})
    path = world.put("directory/a.csv", REJECTED)
    world.stage()
    path.unlink()
    world.contract(fields={"company_name": {"required": True, "from": "甲栏"}, "id_card": {"from": "乙栏"}})
    world.stage()
    assert [text.split(":hmac:")[0] for text in staged(world)] == ["valid:ok", "valid:ok"]
    assert kept(world) == []
    assert not list(world.settings.raw_dir.parent.glob("opened*"))


def test_a_large_copy_is_sealed_in_chunks(world: World) -> None:
    world.contract(fields={"company_name": {"required": True}})
    content = REJECTED + "丙公司,1\n".encode() * (CHUNK // 8)
    path = world.put("directory/a.csv", content)
    world.stage()
    path.unlink()
    world.contract(fields={"company_name": {"required": True, "from": "甲栏"}})
    (again,) = world.stage()
    assert again.rows == content.count(b"\n") - 1


def test_a_copy_sealed_with_another_key_stays_rejected(world: World) -> None:
    world.contract(fields={"company_name": {"required": True}})
    path = world.put("directory/a.csv", REJECTED)
    world.stage()
    path.unlink()
    world.settings.secret_key_path.unlink()
    world.contract(fields={"company_name": {"required": True, "from": "甲栏"}})
    assert [file.status for file in world.stage()] == ["rejected"]
    assert [path.suffix for path in kept(world)] == [SEALED]


def test_a_file_that_cannot_be_looked_through_counts_as_one_with_secrets(tmp_path: Path) -> None:
    for name, content in {"a.7z": b"7z\xbc\xaf\x27\x1c" + bytes(99), "a.eml": b"Subject: x\nContent-Transfer-Encoding: base64\n\nAAAA"}.items():  # fmt: skip
        (tmp_path / name).write_bytes(content)
        assert shows_secrets(tmp_path / name), name
    (tmp_path / "empty").write_bytes(b"")
    assert not shows_secrets(tmp_path / "empty")


# --- the key ------------------------------------------------------------------------------------------------------


def test_the_key_is_made_once_for_its_owner_only(world: World) -> None:
    world.land_one(table(HEADER, rows_of(0)))
    path = world.settings.secret_key_path
    made = path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(made.strip()) == 64
    world.land_one(table(HEADER, rows_of(3)), "directory/b.csv")
    assert path.read_bytes() == made
    assert leaks(world.settings.raw_dir.parent, [made.decode().strip().upper()]) == []


def test_a_lost_key_stops_what_holds_secrets_and_nothing_else(world: World) -> None:
    world.land_one(table(HEADER, rows_of(0)))
    key = world.settings.secret_key_path.rename(world.settings.home / "backup")
    world.put("directory/b.csv", table(HEADER, rows_of(3)))
    world.put("directory/c.csv", "公司名称,电话\n甲公司,1\n")
    lines = {line.file: line for line in world.land()}
    assert lines["directory/c.csv"].status == "landed"
    assert lines["directory/b.csv"].status == "rejected"
    assert "secret.key is gone" in (lines["directory/b.csv"].error or "")
    assert not world.settings.secret_key_path.exists(), "a new key would give other hashes"
    key.rename(world.settings.secret_key_path)
    assert [line.status for line in world.land()] == ["landed"]


def test_the_key_may_come_from_the_environment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCDATA_SECRET_KEY", "a long key of this test only")
    world.settings = make_settings(world.settings.home, inbox=world.settings.inbox)
    world.stage_one(table(HEADER, [("甲", "1", NUMBERS[0], "")]))
    assert staged(world) == ["valid:ok:" + keyed_hash(b"a long key of this test only", NUMBERS[0])]
    assert not world.settings.secret_key_path.exists()
    assert "a long key" not in repr(world.settings)
    monkeypatch.setenv("CCDATA_SECRET_KEY", "quite another key, long too")
    world.settings = make_settings(world.settings.home, inbox=world.settings.inbox)
    with pytest.raises(KeyMissing, match="not the one"):
        load_key(world.settings)


def test_a_key_that_others_may_read_is_refused(world: World) -> None:
    load_key(world.settings)
    world.settings.secret_key_path.chmod(0o644)
    with pytest.raises(KeyMissing, match="chmod 600"):
        load_key(world.settings)


# --- contracts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("use", "message"),
    [
        ({"id_card": {"derive": "company_name"}}, "replaced as it lands"), ({"id_card": {"type": "integer"}}, "replaced as it lands"),
        ({"member_no": {"type": "text", "from": ["身份证号"]}}, "a header of a secret field"),
    ],
)  # fmt: skip
def test_a_contract_cannot_get_round_it(world: World, use: dict[str, Any], message: str) -> None:
    with pytest.raises(ContractError, match=message):
        world.contract(fields={"company_name": {"required": True}, **use})


def test_another_known_field_may_have_such_a_header_by_contract(world: World) -> None:
    world.contract(fields={"company_name": {"required": True}, "uscc": {"from": ["证件号码"]}})
    rows = [("甲", "91440300MA5DB2X89E"), ("乙", NUMBERS[0])]
    line = world.land_one(table(("公司名称", "证件号码"), rows))
    found = [row["证件号码"] for row in world.raw(line)]
    assert found[0] == rows[0][1]
    assert found[1].startswith("valid:ok:hmac:"), "a person's number is none the less replaced"
