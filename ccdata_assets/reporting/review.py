"""The review queue in a report: how many pairs of organisations wait for a steward and why, what was decided, and the
likeliest pairs side by side, personal columns masked as the published copy has them."""

from typing import Any, Final

from ccdata_assets.reporting.measures import Month, record_table
from ccdata_assets.reporting.model import Figure, Section, Table, Text, Unit
from ccdata_assets.resolution.words import load_words

SHOWN: Final = 20
TITLE: Final = Text("待审核企业", "Organisations to review")
DECIDED: Final = {
    "same": Text("判定同一", "Decided same"),
    "apart": Text("判定不同", "Decided different"),
    "": Text("不确定", "Left unsure"),
}
_SIDE: Final[dict[str, tuple[Text, Unit]]] = {
    "company_name": (Text("名称", "Name"), "text"),
    "place": (Text("地区", "Place"), "text"),
    "phone": (Text("电话", "Phone"), "text"),
    "uscc": (Text("统一社会信用代码", "Credit code"), "code"),
    "records": (Text("记录数", "Records"), "count"),
    "source": (Text("来源", "Source"), "code"),
    "organisation_id": (Text("企业ID", "ID"), "code"),
}
_SIDES: Final = {
    f"{side}_{key}": (Text(f"{title.zh}{mark}", f"{title.en} {mark}"), unit)
    for key, (title, unit) in _SIDE.items()
    for side, mark in (("left", "A"), ("right", "B"))
}
_NAMES: Final = ("left_company_name", "right_company_name")
PAIR_COLUMNS: Final[dict[str, tuple[Text, Unit]]] = {
    "rank": (Text("序号", "No."), "count"),
    "weight": (Text("权重", "Weight"), "number"),
    **{key: _SIDES[key] for key in _NAMES},
    "asked": (Text("询问原因", "Why asked"), "name"),
    "agrees": (Text("支持", "For"), "name"),
    "disagrees": (Text("反对", "Against"), "name"),
    **{key: title for key, title in _SIDES.items() if key not in _NAMES},
}
COUNT_COLUMNS: Final[dict[str, tuple[Text, Unit]]] = {
    "what": (Text("状态与原因", "State and reason"), "name"),
    "pairs": (Text("企业对", "Pairs"), "count"),
}


def review_sections(month: Month) -> list[Section]:
    """The section, in the report of the month in which the numbers are known: the queue is what it is now, of no past month."""
    counts = month.source.review_counts(month.first_day, month.last_day)
    if not counts:
        return []
    waiting = sum(pairs for measure, _, pairs in counts if measure == "waiting")
    figures = (
        Figure("review_waiting", Text("待审核企业对", "Pairs waiting"), "count", waiting),
        *(
            Figure(f"review_{reason or measure}", DECIDED[reason], "count", pairs)
            for measure, reason, pairs in counts
            if measure != "waiting" and reason in DECIDED
        ),
    )
    note = Text(
        "相似但不足以自动判定的企业对。审核工作簿在主目录 review/organisations.xlsx，填好后放入收件箱 steward_review/。",
        "Pairs alike but not enough to decide alone. The workbook is review/organisations.xlsx in the home; filled in, it goes into steward_review/ of the inbox.",
    )
    return [Section("review", TITLE, note, figures=figures, tables=(_counts(counts), _pairs(month)))]


def _counts(counts: list[tuple[str, str, int]]) -> Table:
    words = load_words()
    records = [
        {"what": Text(f"待审核：{words.of(reason).zh}", f"Waiting: {words.of(reason).en}"), "pairs": pairs}
        for measure, reason, pairs in counts
        if measure == "waiting"
    ]
    return record_table("review_reasons", Text("待审核原因", "Why they wait"), COUNT_COLUMNS, records)


def _pairs(month: Month) -> Table:
    title = Text(f"最可能相同的 {SHOWN} 对", f"The {SHOWN} likeliest pairs")
    return record_table("review_pairs", title, PAIR_COLUMNS, map(_pair, month.source.review_pairs(SHOWN)))


def _pair(sides: tuple[dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
    left = sides[0]
    record: dict[str, Any] = {"rank": left["place"], "weight": round(left["weight"], 1)}
    for name, side in zip(("left", "right"), sides, strict=True):
        place = " ".join(part for part in (side["province"], side["city"], side["county"]) if part)
        values = {**side, "place": place, "source": f"{side['feed']}: {side['row']}"}
        record |= {f"{name}_{key}": values[key] for key in _SIDE}
    return record | {name: _reasons(left[name]) for name in ("asked", "agrees", "disagrees")}


def _reasons(codes: list[str] | None) -> Text:
    words = [load_words().of(code) for code in codes or ()]
    return Text("；".join(word.zh for word in words), "; ".join(word.en for word in words))
