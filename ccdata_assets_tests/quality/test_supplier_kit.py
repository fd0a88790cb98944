"""The supplier's kit: rows go back as they were delivered, each fault in its cell, and nothing in it does any harm."""

from __future__ import annotations

import io
import logging
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from ccdata_assets.contracts.compile import LANDING_FAULTS
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.quality import supplier_kit, supplier_workbook
from ccdata_assets.quality.supplier_kit import Kits, kit_name, marked_fields, write_kits
from ccdata_assets.quality.supplier_words import UNREADABLE, control_words, drift_words, explain
from ccdata_assets.quality.supplier_workbook import FAULT, LONGEST, sheet_name, shown
from ccdata_assets_tests.world import World, hospital, hospitals, table

FIELDS = {"company_name": {"required": True}, "phone": {}, "city": {}, "gender": {}, "collected_on": {}}
HEADER = ("企业名称", "电 话", "城市", "性别", "采集日期", "备注")
GOOD = ("甲样例公司", "0755-55500001", "深圳", "男", "2026-01-05", "")
ALWAYS = {"max_rejected": 1}


def kits(world: World, feed: str = "directory") -> Kits:
    with world.warehouse() as con:
        return write_kits(con, world.registry.feeds[feed], world.registry, world.settings)


def kit(world: World, feed: str = "directory") -> Any:
    """The one kit of a feed, opened."""
    made = kits(world, feed)
    assert not made.failed, made.failed
    (path,) = made.paths
    return openpyxl.load_workbook(path)


def of_rows(world: World, *rows: tuple[str, ...], **contract: Any) -> Any:
    """The kit of one file of these rows."""
    world.contract(**{"fields": FIELDS, "gate": ALWAYS, **contract})
    world.stage_one(table(HEADER, rows))
    return kit(world)


def is_marked(cell: Any) -> bool:
    return cell.fill.fill_type == "solid" and str(cell.fill.fgColor.rgb)[2:] == FAULT.removeprefix("#")


def marked(sheet: Worksheet) -> set[str]:
    return {cell.coordinate for row in sheet.iter_rows(min_row=2) for cell in row if is_marked(cell)}


def texts(sheet: Worksheet) -> str:
    return "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None)


def values(sheet: Worksheet) -> list[tuple[Any, ...]]:
    return list(sheet.iter_rows(values_only=True))


# --- rows --------------------------------------------------------------------------------------------------------


def test_rows_are_as_delivered_and_each_fault_is_in_its_cell(world: World) -> None:
    book = of_rows(
        world, GOOD, ("", *GOOD[1:]), ("乙样例公司", "055500002", " 深圳", "不详的", "2026-02-30", "备注, 说明")
    )
    sheet = book["退回行 Rows"]
    header, first, second = values(sheet)
    assert header == ("行号\nRow", *HEADER, "问题", "Problems")
    assert first[:7] == (3, None, "0755-55500001", "深圳", "男", "2026-01-05", None)
    assert second[:7] == (4, "乙样例公司", "055500002", " 深圳", "不详的", "2026-02-30", "备注, 说明")
    assert marked(sheet) == {"B2", "E3", "F3"}
    assert "必填的值缺失" in sheet["B2"].comment.text and "a required value is missing; fix" in sheet["B2"].comment.text
    assert "男、女" in sheet["E3"].comment.text, "the allowed values are named"
    assert "2026-01-31" in sheet["F3"].comment.text
    assert second[7] == (
        "性别：不是“性别”允许的取值；处理：请填写以下之一：男、女、未知\n采集日期：不是有效的日期；处理：请更正，写法如 2026-01-31"
    )
    assert second[8].startswith("性别: it is not an allowed value of Gender; fix: use one of: Male, Female, Unknown\n")


def test_the_sheet_can_be_worked_with(world: World) -> None:
    sheet = of_rows(world, GOOD, ("", *GOOD[1:]))["退回行 Rows"]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == "A1:I2"
    assert sheet.column_dimensions["C"].width >= len("0755-55500002")
    words = sheet.column_dimensions["H"]
    assert words.width > 40 and (words.min, words.max) == (8, 9)
    assert all(sheet.cell(2, column).number_format == "@" for column in (3, 4, 5, 6)), "digits stay as they are"


def test_a_broken_rule_marks_the_cells_its_condition_names(world: World) -> None:
    rule = {
        "name": "reachable",
        "expect": "phone is not null or city is not null",
        "severity": "reject",
        "message": {"zh": "电话与城市至少填一项", "en": "neither phone nor city; fix: fill in one"},
    }
    book = of_rows(world, GOOD, ("乙", "", "", *GOOD[3:]), rules=[rule])
    sheet = book["退回行 Rows"]
    assert marked(sheet) == {"C2", "D2"}
    assert sheet["H2"].value == "电 话、城市：电话与城市至少填一项"
    assert sheet["I2"].value == "电 话、城市: neither phone nor city; fix: fill in one"


def test_a_rule_without_words_says_its_condition(world: World) -> None:
    rule = {"name": "short", "expect": "length(company_name) < 5", "severity": "reject", "field": "company_name"}
    sheet = of_rows(world, ("一个太长的名称", *GOOD[1:]), rules=[rule])["退回行 Rows"]
    assert marked(sheet) == {"B2"}
    assert "does not keep the condition length(company_name) < 5" in sheet["I2"].value


def test_a_fault_of_a_derived_field_is_in_the_columns_it_is_made_of(world: World) -> None:
    fields = {
        **FIELDS,
        "opened": {"type": "date", "derive": "try_cast(city || '-collected_on' as date)", "required": True},
    }
    sheet = of_rows(world, GOOD, fields=fields)["退回行 Rows"]
    assert marked(sheet) == {"D2"}, "a name within quotes is no field"
    deep = {**fields, "later": {"type": "date", "derive": "opened + 1", "required": True}}
    world.contract(fields=deep)
    assert marked_fields(world.registry.feeds["directory"], "required", "later", "") == ("city",)


@pytest.mark.parametrize(
    ("line", "rule", "cells", "expected"),
    [
        ("丙公司,1,深圳", "short_row", ("丙公司", "1", "深圳", None), {"A2"}),
        ("丁公司,1,深圳,男,2026-01-05,x,多,余", "long_row", ("丁公司", "1", "深圳", "男"), {"A2", "H2", "I2"}),
    ],
)
def test_a_row_that_could_not_be_read_is_laid_out_as_far_as_it_can(
    world: World, line: str, rule: str, cells: tuple[str | None, ...], expected: set[str]
) -> None:
    world.contract(fields=FIELDS, gate=ALWAYS)
    world.stage_one(table(HEADER, [GOOD]) + f"{line}\n".encode())
    sheet = kit(world)["退回行 Rows"]
    row = values(sheet)[1]
    assert (row[0], row[1:5]) == (3, cells)
    assert marked(sheet) == expected
    assert UNREADABLE[rule].reason.zh in sheet["A2"].comment.text


def test_bytes_that_are_no_text_are_shown_and_marked(world: World) -> None:
    world.contract(fields=FIELDS, gate=ALWAYS)
    good = table(HEADER, [GOOD] * 50)
    world.stage_one(good + "戊".encode() + b"\xff,1,2,," + b",\n")
    sheet = kit(world)["退回行 Rows"]
    assert sheet["B2"].value == "戊‹FF›"
    assert marked(sheet) == {"A2", "B2"}


def test_an_unclosed_quote_goes_back(world: World) -> None:
    world.contract(fields=FIELDS, gate=ALWAYS)
    world.stage_one(table(HEADER, [GOOD]) + '己公司,"1,2\n'.encode())
    sheet = kit(world)["退回行 Rows"]
    assert "A2" in marked(sheet)
    assert "己公司" in texts(sheet)


# --- whole files -------------------------------------------------------------------------------------------------


def test_a_missing_column_is_named_and_each_row_is_marked(world: World) -> None:
    world.contract(fields={**FIELDS, "phone": {"required": True}}, gate=ALWAYS)
    world.stage_one(table(("企业名称", "来历"), [("甲样例公司", "x"), ("乙样例公司", "y")]))
    book = kit(world)
    summary, sheet = book.worksheets
    assert marked(sheet) == {"A2", "A3"}
    assert "缺少的列 Missing columns" in texts(summary) and "电话 Phone" in texts(summary).replace("phone", "Phone")
    assert "未约定的列 Unknown columns" in texts(summary) and "来历" in texts(summary)
    assert "约定的列  Columns agreed" in texts(summary)
    assert "整个文件退回 the whole file is refused" in texts(summary)
    assert "please send the whole file again" in texts(summary)


def test_an_unknown_column_that_condemns_is_marked_in_the_header(world: World) -> None:
    sheet = of_rows(world, GOOD, unmapped="reject")["退回行 Rows"]
    assert is_marked(sheet["G1"]) and not is_marked(sheet["B1"])
    assert marked(sheet) == {"A2"}


def test_rows_of_a_whole_file_in_quarantine_say_so(world: World) -> None:
    sheet = of_rows(world, GOOD, ("", *GOOD[1:]), quarantine="file")["退回行 Rows"]
    assert marked(sheet) == {"A2", "B3"}
    assert "the row is right, but another one is not" in sheet["I2"].value


def test_a_file_without_a_known_header_shows_its_rows(world: World) -> None:
    world.contract(fields=FIELDS, gate=ALWAYS)
    world.stage_one("a,b\nc,d\n")
    book = kit(world)
    assert ("a", "b") in [row[1:3] for row in values(book.worksheets[1])]
    assert "没有表头 No header" in texts(book.worksheets[0])


def workbook(**sheets: list[tuple[str, ...]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_sheets_of_the_same_columns_share_one_and_others_have_their_own(world: World) -> None:
    world.contract(fields=FIELDS, gate=ALWAYS)
    bad = ("", "1", "深圳")
    parts = {
        "一月": [HEADER[:3], bad],
        "二月": [HEADER[:3], GOOD[:3], bad],
        "别的": [("城市", "公司名称"), ("深圳", ""), ("深圳", "好公司")],
    }
    world.stage_one(workbook(**parts), "directory/book.xlsx")
    book = kit(world)
    assert book.sheetnames == ["说明 Summary", "退回行 Rows", "别的"]
    assert [row[:3] for row in values(book["退回行 Rows"])] == [
        ("工作表\nSheet", "行号\nRow", "企业名称"),
        ("一月", 2, None),
        ("二月", 3, None),
    ]
    assert marked(book["退回行 Rows"]) == {"C2", "C3"}
    assert marked(book["别的"]) == {"D2"}
    assert "一月: 2; 二月: 3" in texts(book.worksheets[0])


@pytest.mark.parametrize("name", ["a/b:c[1]*?\\", "'quoted'", "很" * 40, "", "History", "😀表", "\x01x"])
def test_a_sheet_has_a_name_that_excel_takes(name: str) -> None:
    first = sheet_name(name, ["说明 Summary"])
    second = sheet_name(name, ["说明 Summary", first.upper()])
    for made in (first, second):
        assert 1 <= len(made.encode("utf-16-le")) // 2 <= 31
        assert not set(made) & set("[]:*?/\\\x01") and made.strip("'") == made and made.casefold() != "history"
    assert first.casefold() != second.casefold()


# --- the summary -------------------------------------------------------------------------------------------------


def test_the_summary_counts_explains_and_draws(world: World) -> None:
    book = of_rows(
        world,
        GOOD,
        ("", *GOOD[1:]),
        ("", *GOOD[1:4], "不久前", ""),
        ("", "", "", "", "", ""),
        ("丙", *GOOD[1:4], "x", ""),
        title={"zh": "企业名录", "en": "B2B directory"},
        control={"rows": r"共(?P<rows>\d+)条"},
    )
    sheet = book.worksheets[0]
    facts = {row[0]: row[1] for row in values(sheet) if row[0] and row[1] is not None}
    assert facts["数据源 Feed"] == "企业名录 B2B directory"
    assert facts["文件 File"] == "file.csv"
    assert facts["收到日期 Received on"] == "2026-02-01"
    counts = ("交付行数 Rows delivered", "合格 Accepted", "退回 Returned", "空行及非数据行 Blank, titles, totals")
    assert [facts[name] for name in counts] == [5, 1, 3, 1]
    assert facts["退回比例 Share returned"] == pytest.approx(0.75)
    assert facts["合计核对 Control totals"] == "没有申报行数 nothing declares the number of rows"
    assert (facts["必填值缺失 Value missing"], facts["不是日期 Not a date"]) == (2, 2)
    (line,) = [row for row in values(sheet) if row[0] == "必填值缺失 Value missing (required)"]
    assert line[1:4] == ("企业名称 Company name", "企业名称", 2)
    assert line[4:] == ("必填的值缺失；处理：请补填", "a required value is missing; fix: fill it in", "3, 4")
    (chart,) = vars(sheet)["_charts"]
    series = chart.series[0]
    first, last = series.val.numRef.f.replace("$", "").split("!")[1].split(":")
    assert [sheet[cell].value for cell in (first, last)] == [2, 2], "the chart draws the cells of the table"
    assert series.cat.strRef.f.startswith("'说明 Summary'!$A$")


@pytest.mark.parametrize(
    ("replaces", "said"),
    [("nothing", "send just these rows again"), ("key", "these rows or the whole file"), ("file", "same name")],
)
def test_the_supplier_is_told_what_to_send(world: World, replaces: str, said: str) -> None:
    assert said in texts(of_rows(world, GOOD, ("", *GOOD[1:]), replaces=replaces).worksheets[0])


def test_a_long_list_is_cut_and_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supplier_kit, "MAX_ROWS", 3)
    monkeypatch.setattr(supplier_workbook, "MAX_COMMENTS", 2)
    book = of_rows(world, *[("", f"{number}", "深圳", "", "", "") for number in range(5)])
    summary, sheet = book.worksheets
    assert [row[0] for row in values(sheet)[1:]] == [2, 3, 4]
    assert "前 3 行（全部均已计数） the first 3 (all are counted)" in texts(summary)
    assert ("退回 Returned", 5) in [row[:2] for row in values(summary)]


def test_every_built_in_rule_speaks_both_languages(registry: Registry) -> None:
    assert set(LANDING_FAULTS) <= set(UNREADABLE), "words are missing for a fault of landing"
    contract = registry.feeds["cn_hospitals"]
    for rule in (*LANDING_FAULTS, "whole_file"):
        words = explain(registry, contract, rule, None, "").whole
        assert any("\u4e00" <= sign <= "\u9fff" for sign in words.zh), rule
        assert words.en and not any("\u4e00" <= sign <= "\u9fff" for sign in words.en), rule
    assert explain(registry, contract, "new_rule", None, "odd; fix: mend it").whole.en == "odd; fix: mend it"
    for kind in ("integer", "number", "date", "clock", "timestamp", "instant", "boolean", "code:gender"):
        use = contract.fields["is_designated"].model_copy(update={"type": kind})
        other = contract.model_copy(update={"fields": {"is_designated": use}})
        said = explain(registry, other, f"not_{kind.partition(':')[0]}", "is_designated", "x")
        assert said.fix and said.reason.en != "x", kind


def test_totals_and_changed_columns_are_said_in_chinese(registry: Registry) -> None:
    error = "9 rows are declared and 8 landed; the declared sum of employees is 30 and its rows add up to 28"
    title = registry.title("employees")[0]
    assert control_words(registry, error).zh == f"申报 9 行，实收 8 行；“{title}”申报合计 30，各行相加为 28"
    assert drift_words("new: 甲, 乙; renamed: 丙 → 丁; the columns stand in another order").zh == (
        "新增列：甲, 乙；列名变更：丙 → 丁；列的顺序不同"
    )


# --- harm --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "#N/A", "http://x.example"])
def test_no_cell_is_a_formula_or_a_link(world: World, text: str) -> None:
    sheet = of_rows(world, ("", text, "=1+1", "", "", text))["退回行 Rows"]
    assert sheet["C2"].value == text and sheet["C2"].data_type == "s"
    assert sheet["D2"].data_type == "s" and sheet["D2"].quotePrefix
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f" or cell.hyperlink]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x00b\x1f", "a␀b␟"),
        ("a\rb\r\nc", "a␍b\nc"),
        ("\ufffe", "\ufffd"),
        ("a\\udcff", "a‹FF›"),
        ("😀𠮷", "😀𠮷"),
        ("\ud800", "\ufffd"),
    ],
)
def test_what_a_workbook_cannot_hold_is_shown_by_a_sign(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize("text", ["字" * 40_000, "😀" * 20_000])
def test_a_cell_that_is_too_long_is_cut_with_a_mark(text: str) -> None:
    cut = shown(text)
    assert len(cut.encode("utf-16-le")) // 2 <= LONGEST
    assert cut.endswith(f"{len(text):,} characters〕") and "已截断" in cut


SIGNS = "=+-@'\"\\,;\t|<>&%[]_xX0AF 中文，。　\u202e\u200b\ufeff\ufffe\x00\x01\x1f\x7f\x85\u2028é😀𠮷"
ODD = st.lists(st.sampled_from([*SIGNS, "_x0041_", "]]>", "#REF!", "http://"]), max_size=12).map("".join)


@settings(max_examples=60)
@given(rows=st.lists(st.tuples(ODD, ODD), min_size=1, max_size=4))
def test_any_text_comes_back_as_it_was_or_as_its_sign(world: World, rows: list[tuple[str, str]]) -> None:
    world.contract(
        fields={"company_name": {}, "phone": {}},
        gate=ALWAYS,
        rules=[{"name": "never", "expect": "false", "severity": "reject"}],
    )
    with world.warehouse() as con:
        con.execute("delete from ops.quarantine")
        line = world.judge(con, table(("企业名称", "电话"), rows), "directory")
        contract = world.registry.feeds["directory"]
        (path,) = write_kits(con, contract, world.registry, world.settings).paths or [None]
        kept = con.execute(
            "select distinct row from ops.quarantine where sha256 = ? order by row", [line["sha256"]]
        ).fetchall()
    if not kept or path is None:
        return
    raw = {row["_row"]: (row["企业名称"], row["电话"]) for row in world.raw(_line(line))}
    for row in values(openpyxl.load_workbook(path).worksheets[1])[1:]:
        for was, is_now in zip(raw[row[0]], row[1:3], strict=True):
            assert _unescaped(is_now) == (shown(was) if was else None)


def _line(line: dict[str, Any]) -> Any:
    return type("Line", (), line)


def _unescaped(text: str | None) -> str | None:
    """As Excel shows it: openpyxl leaves the escape of a literal _xHHHH_."""
    return text.replace("_x005F_", "_") if text else None


# --- files -------------------------------------------------------------------------------------------------------


def test_a_kit_lies_in_quarantine_readable_by_its_owner_only(world: World) -> None:
    world.contract(fields=FIELDS, gate=ALWAYS)
    world.stage_one(table(HEADER, [("", *GOOD[1:])]), "directory/名录 2026年1月.csv")
    (path,) = kits(world).paths
    assert path.parent == world.settings.quarantine_dir / "directory"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.name[12:] == "-名录 2026年1月.csv.kit.xlsx"
    assert [other.name for other in path.parent.iterdir()] == [path.name], "nothing is left beside it"


def test_a_second_run_touches_nothing_and_a_mended_contract_takes_the_kit_away(world: World) -> None:
    of_rows(world, GOOD, ("", *GOOD[1:]))
    (path,) = kits(world).paths
    before = (path.stat().st_mtime_ns, path.stat().st_ino)
    world.stage()
    again = kits(world.at("2026-02-03"))
    assert (again.written, (path.stat().st_mtime_ns, path.stat().st_ino)) == (0, before)
    world.contract(fields={**FIELDS, "company_name": {"required": True, "type": "text"}}, rules=[], gate=ALWAYS)
    world.stage()
    assert kits(world).written == 1, "another contract, another kit"
    world.contract(fields={**FIELDS, "company_name": {}}, gate=ALWAYS)
    world.stage()
    assert kits(world).paths == [] and not path.exists()


def test_a_later_delivery_leaves_the_kits_of_the_others_alone(world: World) -> None:
    world.contract(fields=FIELDS, gate=ALWAYS, replaces="key", key=["company_name"])
    world.stage_one(table(HEADER, [GOOD, ("", *GOOD[1:])]), "directory/a.csv")
    kits(world)
    later = world.at("2026-02-02")
    later.stage_one(table(HEADER, [GOOD, ("", "1", *GOOD[2:])]), "directory/b.csv")
    made = kits(later)
    assert (len(made.paths), made.written) == (2, 1)


def test_a_killed_run_is_completed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    of_rows(world, GOOD, ("", *GOOD[1:]))
    (path,) = kits(world).paths
    whole = path.read_bytes()

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    path.unlink()
    with monkeypatch.context() as patch:
        patch.setattr(supplier_workbook, "draw", die)
        with pytest.raises(KeyboardInterrupt):
            kits(world)
    (path.parent / ".kits.part").mkdir()  # as a killed process leaves it
    (path.parent / ".kits.part" / "kit.xlsx").write_bytes(b"half")
    assert kits(world).written == 1
    assert path.read_bytes() == whole, "the same rows make the same bytes"
    path.write_bytes(whole[:100])
    assert kits(world).written == 1, "a damaged kit is made anew"
    assert zipfile.is_zipfile(path) and not (path.parent / ".kits.part").exists()


def test_a_kit_that_cannot_be_made_costs_only_itself(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.contract(fields=FIELDS, gate=ALWAYS)
    for name in ("a", "b"):
        world.put(f"directory/{name}.csv", table(HEADER, [("", name, *GOOD[2:])]))
    world.stage()
    real = supplier_workbook.draw

    def broken(made: Any, path: Path, moment: Any) -> None:
        if made.delivery.file == "directory/a.csv":
            raise ValueError("bad value '王小明 13800000000'")
        real(made, path, moment)

    monkeypatch.setattr(supplier_workbook, "draw", broken)
    made = kits(world)
    assert [path.name[13:] for path in made.paths] == ["b.csv.kit.xlsx"]
    assert list(made.failed) == ["directory/a.csv"] and "王小明" not in str(made.failed["directory/a.csv"])


def test_a_feed_without_quarantine_has_no_kit_and_no_folder(world: World) -> None:
    world.stage_one(hospitals([hospital()]), "cn_hospitals/a.csv")
    assert kits(world, "cn_hospitals") == Kits()
    assert not (world.settings.quarantine_dir / "cn_hospitals").exists()


def test_other_files_of_the_folder_stay(world: World) -> None:
    of_rows(world, GOOD, ("", *GOOD[1:]))
    folder = world.settings.quarantine_dir / "directory"
    kept = {"0123456789ab-whole.csv", "notes.kit.xlsx"}
    for name in kept:
        (folder / name).write_text("x")
    (folder / "0123456789ab-gone.csv.kit.xlsx").write_text("x")
    (path,) = kits(world).paths
    assert {other.name for other in folder.iterdir()} == kept | {path.name}


@pytest.mark.parametrize(
    "file", ["x/" + "很" * 200 + ".csv", "x/a\x01b:c?.csv", "x/.hidden", "x/no_suffix", "x/a.tar.gz"]
)
def test_a_kit_has_a_name_that_every_disk_takes(file: str) -> None:
    name = kit_name("f" * 64, file)
    assert len(name.encode()) < 250 and name.endswith(".kit.xlsx")
    assert not set(name) & set('<>:"/\\|?*\x01')


def test_no_value_reaches_the_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        of_rows(world, ("", "13800000000", "王小明市", *GOOD[3:]))
    assert "13800000000" not in caplog.text and "王小明" not in caplog.text


def test_every_shipped_contract_makes_a_kit(world: World) -> None:
    """The call log has derived fields that are required, and no Chinese header."""
    world.stage_one(hospitals([hospital(), hospital(名称="")]), "cn_hospitals/a.csv")
    assert marked(kit(world, "cn_hospitals")["退回行 Rows"]) == {"B2"}
