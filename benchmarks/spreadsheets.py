"""`python -m benchmarks.spreadsheets`: an XLSX file to raw Parquet, against the least that any reader must do.

That least is calamine reading all rows as Python lists and pyarrow writing them as they are, without texts, row
numbers, faults or a look at what the file is. Both run in processes of their own, three times each; the best counts.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

from benchmarks.measure import Measured, measure

HEADER = (
    "企业名称",
    "联系电话",
    "联系人",
    "省份",
    "城市",
    "区县",
    "详细地址",
    "邮箱",
    "网址",
    "金额",
    "数量",
    "比例",
    "日期",
    "更新时间",
    "备注",
)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def write_workbook(path: Path, rows: int) -> None:
    """A directory of so many rows and 15 columns as Excel saves it: shared texts, numbers, dates by their format."""
    strings: dict[str, int] = {}
    chance = random.Random(1)
    letters = "ABCDEFGHIJKLMNO"

    def text(value: str) -> str:
        return f' t="s"><v>{strings.setdefault(value, len(strings))}</v></c>'

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(
                f'<?xml version="1.0" encoding="UTF-8"?>\n<worksheet xmlns="{_MAIN}"><sheetData><row r="1">'.encode()
            )
            sheet.write(
                "".join(f'<c r="{letter}1"{text(name)}' for letter, name in zip(letters, HEADER, strict=True)).encode()
            )
            for n in range(1, rows + 1):
                cells = [
                    text(f"样例{n}科技有限公司"), f"><v>{13_800_000_000 + n}</v></c>", text(f"张{n % 500}"), text("浙江省"), text("杭州市"),
                    text("西湖区"), text(f"测试路{n}号"), text(f"user{n}@example.org"), text(f"https://example.org/{n}"),
                    f"><v>{chance.random() * 1e5:.2f}</v></c>", f"><v>{n % 100}</v></c>", f"><v>{chance.random()!r}</v></c>",
                    f' s="1"><v>{46023 + n % 300}</v></c>', f' s="2"><v>{46023 + n * 37 / 86400!r}</v></c>', text("已核对") if n % 3 == 0 else "",
                ]  # fmt: skip
                line = "".join(
                    f'<c r="{letter}{n + 1}"{cell}' for letter, cell in zip(letters, cells, strict=True) if cell
                )
                sheet.write(f'</row><row r="{n + 1}">{line}'.encode())
            sheet.write(b"</row></sheetData></worksheet>")
        shared = "".join(f"<si><t>{string}</t></si>" for string in strings)
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{_MAIN}">{shared}</sst>')
        archive.writestr(
            "xl/styles.xml",
            f'<styleSheet xmlns="{_MAIN}"><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/></cellXfs></styleSheet>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets><sheet name="名录" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        relations = (
            f'<Relationship Id="r{n}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
            for n, kind, target in (
                (1, "worksheet", "worksheets/sheet1.xml"), (2, "sharedStrings", "sharedStrings.xml"), (3, "styles", "styles.xml"),
            )
        )  # fmt: skip
        archive.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_PACKAGE}">{"".join(relations)}</Relationships>'
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="w" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
        )


def imports() -> None:
    """What both sides import before the clock starts."""
    import pyarrow.parquet  # noqa: F401
    import python_calamine  # noqa: F401

    import ccdata_assets.landing.raw_store
    import ccdata_assets.landing.spreadsheet  # noqa: F401


def with_calamine(path: Path, target: Path) -> None:
    """Read all rows as lists of Python values, write them as Parquet columns of their own types."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    import python_calamine as calamine

    header, *rows = calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    columns = []
    for cells in zip(*rows, strict=True):
        column: list[Any] = list(cells)
        if len(set(map(type, column))) > 1:  # empty cells are '', midnights are dates
            column = [None if v == "" else datetime(*v.timetuple()[:6]) if isinstance(v, date) else v for v in column]
        columns.append(pa.array(column))
    pq.write_table(pa.table(columns, names=header), target, compression="zstd")


def land_workbook(path: Path, folder: Path) -> None:
    """The file as the raw store keeps it."""
    from ccdata_assets.landing.raw_store import Lineage, write_raw
    from ccdata_assets.landing.rows import ReadOptions
    from ccdata_assets.landing.spreadsheet import open_workbook

    options = ReadOptions(lambda cells: sum(cell in HEADER for cell in cells))
    write_raw(folder, open_workbook(path, options), Lineage("a.xlsx", "0" * 64, datetime.now().astimezone()))


def xlsx_part(rows: int = 200_000, repeats: int = 3) -> tuple[Measured, Measured]:
    """Print and give the best of calamine and of ccdata, and the ratio of their times."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "directory.xlsx"
        write_workbook(path, rows)
        print(f"XLSX, {rows:,} rows of {len(HEADER)} columns, {path.stat().st_size / 1e6:.0f} MB")
        least, ours = [], []
        for _ in range(repeats):  # in turns, so that a busy machine burdens both
            least.append(measure(with_calamine, path, Path(folder) / "least.parquet", prepare=imports))
            ours.append(measure(land_workbook, path, Path(folder) / "raw", prepare=imports))
    best = min(least, key=lambda one: one.seconds), min(ours, key=lambda one: one.seconds)
    for name, found in zip(("calamine to Parquet", "ccdata to raw store"), best, strict=True):
        print(
            f"{name:<24}{found.seconds:>8.2f} s{rows / found.seconds:>12,.0f} rows/s{found.megabytes:>8.0f} MB at its peak"
        )
    print(f"{'ratio':<24}{best[1].seconds / best[0].seconds:>8.2f}")
    return best


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    xlsx_part(parser.parse_args().rows)
