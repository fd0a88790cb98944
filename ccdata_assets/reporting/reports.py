"""Which reports there are: each a name, the grains it is made for and a function that gives its sections of a period. What shows
them (workbook, page, Dagster) goes by this list, so that another report is one more line here and a module of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from ccdata_assets.quality.supplier_words import Explanation
from ccdata_assets.reporting import (
    agents,
    analysis,
    callcentre,
    collection,
    completeness,
    flash,
    insight,
    monthly,
    outbound,
    planning,
    quality,
    review,
    suppliers,
)
from ccdata_assets.reporting.calls import REPORTED
from ccdata_assets.reporting.measures import Window
from ccdata_assets.reporting.model import Report, Section, Text
from ccdata_assets.reporting.period import ADVERBS, Grain, Period
from ccdata_assets.reporting.published import Published

MONTH: Final[Mapping[Grain, Text | None]] = {"month": None}


@dataclass(frozen=True, eq=False)
class ReportKind:
    """One report: `id` names its folder, `asset` what Dagster knows it by, `grains` the periods it is made for, with what it is
    called there where that is not its title. One that is not `always` made is left out in a period it has nothing to say of. One
    that is long stands `apart`, on pages of its own. New values of the KPIs in `due` make the report of a day, week, quarter or
    year due, where there is a value of the first of them; months are due by any."""

    id: str
    asset: str
    title: Text
    sections: Callable[[Window], Sequence[Section]]
    describes: str
    always: bool = False
    grains: Mapping[Grain, Text | None] = field(default_factory=lambda: MONTH)
    apart: bool = False
    due: tuple[str, ...] = ()

    def titled(self, grain: Grain) -> Text:
        """What the report of a period of this grain is called."""
        return self.grains[grain] or self.title

    def asset_key(self, grain: Grain) -> list[str]:
        """Its asset; a report of several grains has one for each."""
        return ["report", self.asset if len(self.grains) == 1 else f"{ADVERBS[grain]}_{self.asset}"]


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
        "planning", "forecast_roster", planning.TITLE, planning.planning_sections,
        "One row per day of the month that was forecast or planned: calls expected and come, agents needed, who was to work (预测与排班).",
    ),
    ReportKind(
        "collection", "collection", collection.TITLE, collection.collection_sections,
        "One row per channel and person who collects: planned and collected (数据采集任务报表).",
    ),
    ReportKind(
        "review", "review_queue", review.TITLE, review.review_sections,
        "One row per pair of organisations that waits for a steward, in the current month only (待审核企业).",
    ),
    ReportKind(
        "daily", "daily_flash", flash.TITLE, flash.flash_sections,
        "One row per measure of the day: volume, service level, waits and handling against target, the same weekday and its mean (昨日快报).",
        grains={"day": None}, due=REPORTED,
    ),
    ReportKind(
        "callcentre", "call_centre", callcentre.TITLE, callcentre.callcentre_sections,
        "One row per call-centre KPI of the period, with trend, parts and a heat map of weekday and half hour (呼叫中心周报、月报、季报、年报).",
        grains=callcentre.TITLES, due=REPORTED,
    ),
    ReportKind(
        "insight", "call_analysis", insight.TITLE, insight.insight_sections,
        "One row per finding of the month: waits, patterns, associations, surges, growth and outliers of calls (运营分析).",
    ),
    ReportKind(
        "agents", "agent_sheets", agents.TITLE, agents.agent_sections,
        "One row per agent of the period, with the team, its median and that of the centre; a sheet a team (坐席与班组报表).",
        grains=agents.TITLES, apart=True, due=agents.KPIS,
    ),
)  # fmt: skip
ORDER: Final = [kind.id for kind in REPORTS]


def kinds_of(grain: Grain) -> list[ReportKind]:
    """The reports that are made of periods of this grain."""
    return [kind for kind in REPORTS if grain in kind.grains]


def period_reports(
    published: Path,
    period: Period,
    as_of: datetime,
    closing_days: int = 0,
    rules: Mapping[tuple[str, str], Explanation] | None = None,
) -> dict[str, Report | None]:
    """Every report of the period, by id, with what was known at `as_of` (which needs a zone); None where one has nothing to say.
    `rules` has the words of contracts for their rules. Raises FileNotFoundError when nothing is published."""
    with Published.opened(published, as_of) as source:
        window = Window.read(source, period, closing_days, rules)
        made = {kind: tuple(kind.sections(window)) for kind in kinds_of(period.grain)}
    return {
        kind.id: Report(
            kind.id, kind.titled(period.grain), period.label, period.first_day, period.last_day, as_of, sections
        )
        if kind.always or any(not section.is_empty for section in sections)
        else None
        for kind, sections in made.items()
    }
