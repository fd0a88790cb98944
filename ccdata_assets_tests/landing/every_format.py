"""One file of every format, to land: `python -m ccdata_assets_tests.landing.every_format INBOX` writes them into INBOX/b2b_directory.

What they hold is made up. Workbooks and databases that Python cannot write are the fixtures beside this module.
"""

from __future__ import annotations

import gzip
import io
import json
import lzma
import sys
import zipfile
from email.message import EmailMessage
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from ccdata_assets_tests.landing.xlsb import Sheet
from ccdata_assets_tests.landing.xlsb import workbook as xlsb
from ccdata_assets_tests.world import table

FIXTURES = Path(__file__).parent / "fixtures"
HEADER = ("公司名称", "联系人", "电话", "城市")
MADE = 5
"""Companies in each file that is written here; one of them lacks its name."""


def rows(n: int) -> list[tuple[str, ...]]:
    """Companies of file number `n`."""
    names = [f"样例{n:02d}{'甲乙丙丁'[place]}公司" for place in range(MADE - 1)] + [""]
    return [(name, "张样例", f"0755-{5_550_000 + n * 10 + place}", "深圳市") for place, name in enumerate(names)]


def text(n: int, **form: str) -> bytes:
    """File number `n` as delimited text."""
    return table(HEADER, rows(n), **form)


def records(n: int) -> list[dict[str, str]]:
    """File number `n` as records."""
    return [dict(zip(HEADER, row, strict=True)) for row in rows(n)]


def written() -> dict[str, bytes]:
    """The files made here by name, MADE rows each."""
    return {
        "utf-8.csv": text(1),
        "utf-8 有标记.csv": text(2, encoding="utf-8-sig"),
        "gb18030.csv": text(3, encoding="gb18030", newline="\r\n"),
        "big5.csv": table(
            ("公司名稱", "聯絡人", "電話", "城市"),
            [(name.replace("样", "樣"), "張樣例", phone, "臺北市") for name, _, phone, _ in rows(4)],
            encoding="big5",
        ),
        "utf-16.txt": text(5, encoding="utf-16", delimiter="\t"),
        "分号.csv": text(6, delimiter=";"),
        "竖线.txt": text(7, delimiter="|", newline="\r"),
        "多字符.txt": text(8).replace(b",", b"|@|"),
        "json.json": json.dumps({"data": {"items": records(9)}}, ensure_ascii=False).encode(),
        "json lines.jsonl": "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records(10)).encode(),
        "excel.xlsx": _xlsx(11),
        "excel.xlsb": xlsb({"客户": Sheet([list(HEADER), *map(list, rows(12))])}),
        "parquet.parquet": _parquet(13),
        "名片.vcf": _cards(14),
        "压缩.csv.gz": gzip.compress(text(15, encoding="gb18030"), mtime=0),
        "压缩.csv.zst": bytes(pa.compress(text(16), codec="zstd", asbytes=True)),
        "压缩.zip": _zip({"深圳/企业.csv": text(17), "说明/excel.xlsx": _xlsx(18)}),
        "邮件.eml": _mail("名单.csv", text(19)),
    }


def fixtures() -> dict[str, bytes]:
    """The files that are kept."""
    return {
        "excel 97.xls": (FIXTURES / "customers.xls").read_bytes(),
        "calc.ods": (FIXTURES / "customers.ods").read_bytes(),
        "access.mdb": lzma.decompress((FIXTURES / "customers.mdb.xz").read_bytes()),
        "access.accdb": lzma.decompress((FIXTURES / "customers.accdb.xz").read_bytes()),
    }


def _xlsx(n: int) -> bytes:
    book, content = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in (HEADER, *rows(n)):
        sheet.append(row)
    book.save(content)
    return content.getvalue()


def _parquet(n: int) -> bytes:
    content = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(records(n)), content)
    return content.getvalue()


def _cards(n: int) -> bytes:
    return "".join(
        f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{person}\r\nORG:{name}\r\nTEL;TYPE=work:{phone}\r\nADR:;;;{city};;;\r\nEND:VCARD\r\n"
        for name, person, phone, city in rows(n)
    ).encode()


def _zip(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def _mail(name: str, data: bytes) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "supplier@example.org", "本月名单"
    mail.set_content("请查收")
    mail.add_attachment(data, maintype="text", subtype="csv", filename=name)
    return mail.as_bytes()


if __name__ == "__main__":
    folder = Path(sys.argv[1]) / "b2b_directory"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {**written(), **fixtures()}.items():
        (folder / name).write_bytes(content)
