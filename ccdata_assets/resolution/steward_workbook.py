"""The review queue as an Excel workbook for stewards: a pair a line, the two records side by side, a cell for the decision.

It stands in the home folder and is not published: its values are shown in clear. Cells are text and nothing else, so no
formula runs and no digit is lost. The same queue gives the same bytes. What comes back is read by steward_answers.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import xlsxwriter

from ccdata_assets.contracts.model import Title
from ccdata_assets.landing.inbox import REVIEWS
from ccdata_assets.landing.land import content_hash
from ccdata_assets.quality.supplier_workbook import ACCENT, BAND, FACE, INK, LINE, LINE_POINTS, QUIET, shown
from ccdata_assets.resolution.review import ReviewPair, Side
from ccdata_assets.resolution.words import Reason, ReasonWords
from ccdata_assets.settings import Settings

SHEET, HELP = "审核 Review", "说明 Instructions"
KEY, DECISION, COMMENT, REVIEWER = "键 Key", "决定 Decision", "备注 Comment", "审核人 Reviewer"
ANSWERS: Final = {"same": Title(zh="同一", en="same"), "apart": Title(zh="不同", en="different"), "unsure": Title(zh="不确定", en="unsure")}  # fmt: skip
"""What a steward may answer, by what it means."""
FOLDER: Final = "steward_review"
"""The folder of the inbox where filled-in workbooks go."""
DIFFERS, INPUT = "#FBE3B5", "#E4F1EC"
REASONS: Final = 40
FIELDS_AT, REASONS_AT = 6, 8
"""Columns where the names begin, and after them why a person is asked and what speaks for and against."""
TALLEST: Final = 8


class _Field(NamedTuple):
    """Two columns of the workbook: a header, what stands there, and whether two values contradict each other."""

    zh: str
    en: str
    width: int
    text: Callable[[Side], str]
    differ: Callable[[Side, Side], bool] | None


def _plain(name: str) -> Callable[[Side], str]:
    return lambda side: str(getattr(side, name) or "")


def _unlike(name: str) -> Callable[[Side, Side], bool]:
    """Both are known and other."""
    return lambda left, right: bool(getattr(left, name) and getattr(right, name) and getattr(left, name) != getattr(right, name))  # fmt: skip


def _disjoint(name: str) -> Callable[[Side, Side], bool]:
    """Both are known and share nothing."""
    return lambda left, right: bool(getattr(left, name) and getattr(right, name)) and not set(getattr(left, name)) & set(getattr(right, name))  # fmt: skip


def _place(side: Side) -> str:
    return " ".join(part for part in (side.province, side.city, side.county) if part)


def _contact(side: Side) -> str:
    return " ".join(part for part in (side.contact_name, side.title) if part)


FIELDS: Final = (
    _Field("名称", "Name", 30, _plain("company_name"), _unlike("company_name")),
    _Field("地区", "Place", 22, _place, lambda left, right: bool(_place(left) and _place(right)) and _place(left) != _place(right)),
    _Field("电话", "Phones", 17, lambda side: "\n".join(side.numbers), _disjoint("numbers")),
    _Field("域名", "Domains", 20, lambda side: "\n".join(side.domains), _disjoint("domains")),
    _Field("邮箱", "E-mail", 22, _plain("email"), _unlike("email")),
    _Field("地址", "Address", 34, _plain("address"), _unlike("address")),
    _Field("统一社会信用代码", "Credit code", 22, _plain("uscc"), _unlike("uscc")),
    _Field("联系人", "Contact", 16, _contact, _unlike("contact_name")),
    _Field("记录数", "Records", 9, lambda side: str(side.records), None),
    _Field("企业ID", "ID", 22, _plain("organisation_id"), None),
    _Field("来源文件与行", "Source file, row", 34, lambda side: f"{side.file}\n行 row {side.row}", None),
)  # fmt: skip
OWN: Final = (KEY, DECISION, COMMENT, REVIEWER)


def pair_key(pair: ReviewPair) -> str:
    """What the hidden column holds: the pair's key and the two example records."""
    return f"{pair.key}:{pair.left.record_id}:{pair.right.record_id}"


def draw(pairs: Sequence[ReviewPair], waiting: int, words: ReasonWords, path: Path) -> None:
    """Write the workbook of a queue; `waiting` counts the pairs that are not listed too."""
    with xlsxwriter.Workbook(str(path)) as book:
        # the same queue gives the same bytes, whenever it is drawn
        book.set_properties(
            {"title": "企业审核 Organisations to review", "author": "ccdata", "created": datetime(2000, 1, 1)}
        )
        formats = _formats(book)
        sheet = book.add_worksheet(SHEET)
        _review_sheet(sheet, formats, pairs, words)
        _help_sheet(book.add_worksheet(HELP), formats, len(pairs), waiting)


def _formats(book: Any) -> dict[str, Any]:
    cell = {"font_name": FACE, "font_size": 10, "valign": "top", "text_wrap": True, "num_format": "@", "bottom": 4, "bottom_color": LINE}  # fmt: skip
    head = {"font_name": FACE, "font_size": 10, "bold": True, "text_wrap": True, "bg_color": BAND, "bottom": 1, "valign": "vcenter"}  # fmt: skip
    looks = {
        "text": cell,
        "differs": {**cell, "bg_color": DIFFERS},
        "input": {**cell, "bg_color": INPUT, "locked": False},
        "number": {**cell, "num_format": "0.0", "align": "right"},
        "count": {**cell, "num_format": "0", "font_color": QUIET},
        "header": head,
        "header input": {**head, "bg_color": ACCENT, "font_color": "#FFFFFF"},
        "title": {"font_name": FACE, "font_size": 16, "bold": True, "font_color": INK},
        "plain": {"font_name": FACE, "font_size": 10, "text_wrap": True, "valign": "top", "font_color": INK},
    }
    formats = {name: book.add_format(look) for name, look in looks.items()}
    # so that it stays text when somebody edits the cell
    return formats | {
        f"{name}=": book.add_format({**looks[name], "quote_prefix": True}) for name in ("text", "differs")
    }


def _columns() -> list[tuple[str, int]]:
    """Header and width of every column: the answer, the two names, the reasons, then the other values side by side."""
    sides = [(f"{field.zh}{side}\n{field.en} {side}", field.width) for field in FIELDS for side in "AB"]
    own = list(zip(OWN, (8, 16, 22, 12), strict=True))
    reasons = [("询问原因\nWhy asked", REASONS), ("支持\nFor", REASONS), ("反对\nAgainst", REASONS)]
    return [*own, ("序号\nNo.", 6), ("权重\nWeight", 8), *sides[:2], *reasons, *sides[2:]]


def _review_sheet(sheet: Any, formats: dict[str, Any], pairs: Sequence[ReviewPair], words: ReasonWords) -> None:
    for column, (title, width) in enumerate(_columns()):
        look = "header input" if title in OWN[1:] else "header"
        sheet.write_string(0, column, title.replace(" ", "\n", 1) if title in OWN else title, formats[look])
        sheet.set_column(column, column, width, None, {"hidden": title == KEY})
    sheet.set_row(0, 2 * LINE_POINTS + 4)
    for row, pair in enumerate(pairs, start=1):
        _pair_row(sheet, formats, row, pair, words)
    last = max(len(pairs), 1)
    sheet.freeze_panes(1, 5)
    sheet.autofilter(0, 0, last, len(_columns()) - 1)
    choices = [f"{answer.zh} {answer.en}" for answer in ANSWERS.values()]
    sheet.data_validation(
        1, 1, last, 1,
        {"validate": "list", "source": choices, "ignore_blank": True, "error_title": "决定 Decision",
         "error_message": f"请从列表中选择，或留空。Choose from the list, or leave it empty: {', '.join(choices)}"},
    )  # fmt: skip
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(8)  # A3
    sheet.fit_to_pages(2, 0)
    sheet.repeat_rows(0)
    sheet.activate()


def _pair_row(sheet: Any, formats: dict[str, Any], row: int, pair: ReviewPair, words: ReasonWords) -> None:
    sheet.write_string(row, 0, pair_key(pair), formats["text"])
    for column in (1, 2, 3):
        sheet.write_blank(row, column, None, formats["input"])
    sheet.write_number(row, 4, row, formats["count"])
    sheet.write_number(row, 5, round(pair.weight, 1), formats["number"])
    lines = 1
    for column, reasons in enumerate((pair.asked, pair.agrees, pair.disagrees), start=REASONS_AT):
        text = _reasons(reasons, words)
        sheet.write_string(row, column, text, formats["text"])
        lines = max(lines, _lines(text, REASONS))
    for place, field in enumerate(FIELDS):
        look = "differs" if field.differ and field.differ(pair.left, pair.right) else "text"
        for side, record in enumerate((pair.left, pair.right)):
            text = shown(field.text(record))
            column = FIELDS_AT + 2 * place + side + (3 if place else 0)
            if text:
                sheet.write_string(row, column, text, formats[look + ("=" if text[0] in "=+-@'\t" else "")])
                lines = max(lines, _lines(text, field.width))
            else:
                sheet.write_blank(row, column, None, formats[look])
    sheet.set_row(row, min(lines, TALLEST) * LINE_POINTS + 3)


def _lines(text: str, width: int) -> int:
    """Lines that a text takes in a cell so many characters across."""
    return sum(1 + _across(line) // (width - 1) for line in text.split("\n"))


def _across(text: str) -> int:
    """Characters across that a text takes; a Chinese one counts twice."""
    return sum(2 if ord(sign) > 0x2E7F else 1 for sign in text[:400])


def _reasons(reasons: Sequence[Reason], words: ReasonWords) -> str:
    return "\n".join(f"{words.of(reason.code).zh} {words.said(reason).en}" for reason in reasons)


def _help_sheet(sheet: Any, formats: dict[str, Any], listed: int, waiting: int) -> None:
    sheet.set_column(0, 0, 62)
    sheet.set_column(1, 1, 72)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.write_string(0, 0, "企业审核说明  How to review organisations", formats["title"])
    sheet.set_row(0, 28)
    for row, (zh, en) in enumerate(_instructions(listed, waiting), start=2):
        sheet.write_string(row, 0, zh, formats["plain"])
        sheet.write_string(row, 1, en, formats["plain"])
        sheet.set_row(row, LINE_POINTS * (1 + max(_across(zh) // 58, _across(en) // 68)) + 4)


def _instructions(listed: int, waiting: int) -> list[tuple[str, str]]:
    return [
        (
            f"每行是一对可能相同的企业（A 与 B），最可能相同的在前；共有 {waiting:,} 对待审核，本工作簿列出 {listed:,} 对。",
            f"Each line is a pair of organisations (A and B) that may be one, the likeliest first; {waiting:,} pairs wait, {listed:,} are listed here.",
        ),
        (
            "在绿色“决定”列选择：同一（A 与 B 是同一家企业）、不同（不是）、不确定（在证据变化之前不再询问）。留空表示尚未审核。",
            "Choose in the green column Decision: same (A and B are one organisation), different (they are not), unsure (not asked again until the evidence changes). Empty means not looked at yet.",
        ),
        (
            "“备注”和“审核人”可选填，会与决定一起保存。",
            "Comment and Reviewer are free to fill in and are kept with the decision.",
        ),
        (
            "“询问原因”说明为何须由人判定；“支持”和“反对”列出依据，数字是以比特计的证据权重：每加 1，相同的可能性翻一倍。起始几率是任意两家企业相同的可能性；各数相加即为“权重”。橙色单元格表示两边的值不同。",
            "Why asked says why a person has to tell. For and Against list the evidence with its weight in bits: each 1 more doubles the odds that they are one. The starting odds are those of any two organisations; the numbers add up to Weight. Orange cells hold values that differ.",
        ),
        (
            f"填好后另存一份，把文件放入收件箱的 {REVIEWS}/ 文件夹；下一次 ccdata run 会执行这些决定。同一文件只计一次，可分多次提交。",
            f"Save a copy and put it into the folder {REVIEWS}/ of the inbox: the next `ccdata run` acts on it. The same file counts once; hand in parts as you go.",
        ),
        (
            "可以排序、筛选、删除行；请勿改动隐藏的“键”列。同一对企业的决定相互矛盾时，以较晚提交的为准，并在运行结果中提示。",
            "Sort, filter and delete rows as you like; leave the hidden column Key alone. Where two decisions on a pair contradict each other the later file wins, and the run says so.",
        ),
        (
            "决定高于一切规则和模型。撤回：ccdata entity decisions 列出决定，ccdata entity withdraw 决定编号。",
            "A decision overrides every rule and model. To take one back: `ccdata entity decisions` lists them, `ccdata entity withdraw DECISION_ID`.",
        ),
        (
            "本工作簿含个人信息，仅供审核人员使用，请勿转发。",
            "This workbook holds personal information, for stewards only; do not pass it on.",
        ),
    ]  # fmt: skip


def place_workbook(
    settings: Settings, pairs: Sequence[ReviewPair], waiting: int, words: ReasonWords, drawn: str
) -> str:
    """Put the workbook of a queue into the home's folder review; gives the SHA-256 of its bytes.

    `drawn` is that of the one drawn last: a workbook that is another was filled in where it lies, and is kept beside under a
    name of its own, for nobody's work may be lost.
    """
    path = settings.review_path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    draw(pairs, waiting, words, part)
    made = content_hash(part)
    if path.exists():
        here = content_hash(path)
        if here == made:
            part.unlink()
            return made
        if here != drawn:
            path.replace(path.with_name(f"{path.stem}-filled-{here[:8]}{path.suffix}"))
    part.replace(path)
    return made
