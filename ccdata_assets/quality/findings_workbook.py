"""The suspect cells of a feed as an Excel workbook, for a person to look at and correct in the source.

It holds values in clear, so it is written only where somebody asks for it, readable by them alone. Every cell is text: no
formula of a supplier runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb
import xlsxwriter

from ccdata_assets.contracts.compile import literal, quote
from ccdata_assets.contracts.model import Contract
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.quality.supplier_workbook import shown

MAX_LINES: Final = 1_000_000
"""Lines that a sheet of Excel holds, nearly; all are counted."""
FETCH_LINES: Final = 2_000
COLUMNS: Final = {
    "文件 file": 36, "表 sheet": 14, "行 row": 8, "字段 field": 26, "现值 found": 36, "应为 expected": 36, "规则 rule": 44,
}  # fmt: skip
"""Header and width of each column."""


def write_findings(con: duckdb.DuckDBPyConnection, contract: Contract, registry: Registry, path: Path) -> int:
    """Write the findings of a feed, in the order of files and rows; gives how many there are."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    titles = {name: " ".join(filter(None, dict.fromkeys(registry.title(name)))) for name in contract.fields}
    words = {rule.name: f"{rule.message.zh} {rule.message.en}" for rule in contract.rules if rule.message}
    count = con.execute("select count(*) from ops.cell_finding where feed = ?", [contract.feed]).fetchall()[0][0]
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("可疑单元格 Findings")
        head, text = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": "@"})
        sheet.freeze_panes(1, 0)
        for place, (header, width) in enumerate(COLUMNS.items()):
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, header, head)
        if not count:
            return 0
        lines = con.execute(_query(contract))
        line = 0
        while found := lines.fetchmany(FETCH_LINES):
            for file, member, row, field, value, expected, rule in found:
                line += 1
                sheet.write_number(line, 2, row)
                cells = {
                    0: file,
                    1: member,
                    3: titles.get(field, field),
                    4: value,
                    5: expected,
                    6: words.get(rule, rule),
                }
                for place, cell in cells.items():
                    if cell:
                        sheet.write_string(line, place, shown(cell), text)
        sheet.autofilter(0, 0, line, len(COLUMNS) - 1)
    return int(count)


def _query(contract: Contract) -> str:
    """The findings with the value that stands there."""
    values = " ".join(f"when {literal(name)} then cast(s.{quote(name)} as varchar)" for name in contract.fields)
    return f"""select f.file, f.member, f.row, f.field, case f.field {values} end, f.expected, f.rule
        from ops.cell_finding as f
        join staged.{contract.feed} as s on s._sha256 = f.sha256 and s._member = f.member and s._row = f.row
        where f.feed = {literal(contract.feed)} order by all limit {MAX_LINES}"""
