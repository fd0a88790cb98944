"""Which reports there are: each a name and a function that gives its sections of a month. What shows them (workbook, page,
Dagster) goes by this list, so that another report is one more line here and a module of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from ccdata_assets.quality.supplier_words import Explanation
from ccdata_assets.reporting import analysis, collection, completeness, monthly, outbound, quality, review, suppliers
from ccdata_assets.reporting.measures import Month
from ccdata_assets.reporting.model import Report, Section, Text
from ccdata_assets.reporting.published import Published


@dataclass(frozen=True)
class ReportKind:
    """One report: `id` names its folder, `asset` what Dagster knows it by. One that is not `always` made is left out in a
    month it has nothing to say of."""

    id: str
    asset: str
    title: Text
    sections: Callable[[Month], Sequence[Section]]
    describes: str
    always: bool = False


REPORTS: Final = (
    ReportKind(
        "monthly", "monthly_warehouse", monthly.TITLE, monthly.monthly_sections,
        "One row per KPI of the month: the monthly warehouse report (月度数据仓库报告) as workbook, web page, table and chart.", always=True,
    ),
    ReportKind(
        "quality", "quality", quality.TITLE, quality.quality_sections,
        "One row per quality dimension of the month, with checks, incidents, odd deliveries and overrides (数据质量报告).",
    ),
    ReportKind(
        "completeness", "completeness", completeness.TITLE, completeness.completeness_sections,
        "One row per field of the month, its completeness by source as a heat map (数据完整率报告).",
    ),
    ReportKind(
        "suppliers", "suppliers", suppliers.TITLE, suppliers.supplier_sections,
        "One row per source that delivered in the month: volume, validity, uniqueness, repeats, timeliness (供应商排名).",
    ),
    ReportKind(
        "analysis", "industry_region", analysis.TITLE, analysis.analysis_sections,
        "One row per province and section of industry: stock, increment and quality (行业与地区分析).",
    ),
    ReportKind(
        "outbound", "outbound", outbound.TITLE, outbound.outbound_sections,
        "One row per campaign of the month: dialled, reached, right party, success, sales, cost, by list, hour, attempt and customer (外呼项目报告).",
    ),
    ReportKind(
        "collection", "collection", collection.TITLE, collection.collection_sections,
        "One row per channel and person who collects: planned and collected (数据采集任务报表).",
    ),
    ReportKind(
        "review", "review_queue", review.TITLE, review.review_sections,
        "One row per pair of organisations that waits for a steward, in the current month only (待审核企业).",
    ),
)  # fmt: skip
ORDER: Final = [kind.id for kind in REPORTS]


def month_reports(
    published: Path,
    period: date,
    as_of: datetime,
    closing_days: int = 0,
    rules: Mapping[tuple[str, str], Explanation] | None = None,
) -> dict[str, Report | None]:
    """Every report of the month that begins on `period`, by id, with what was known at `as_of` (which needs a zone); None
    where one has nothing to say. `rules` has the words of contracts for their rules. Raises ValueError when `period` is not the first of a month, FileNotFoundError when
    nothing is published."""
    if period.day != 1:
        raise ValueError(f"period {period} is not the first day of a month")
    with Published.opened(published, as_of) as source:
        month = Month.read(source, period, closing_days, rules)
        made = {kind: tuple(kind.sections(month)) for kind in REPORTS}
    return {
        kind.id: Report(kind.id, kind.title, f"{period:%Y-%m}", period, month.last_day, as_of, sections)
        if kind.always or any(not section.is_empty for section in sections)
        else None
        for kind, sections in made.items()
    }
