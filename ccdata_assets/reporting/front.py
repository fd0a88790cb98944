"""The first page: what reports there are, what each answers, the newest of each, and the figures of the newest. It goes by which
files lie there. How it looks is decided in templates/front.html, on which page a report stands in page.py."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ccdata_assets.reporting.model import Figure, Report, Text
from ccdata_assets.reporting.period import NAMES, Grain, Period
from ccdata_assets.reporting.reports import REPORTS

LOG: Final = logging.getLogger(__name__)
NEWEST: Final = 3
"""Periods of a grain that the first page leads to at once."""
GLANCE: Final[Mapping[tuple[str, Grain], tuple[str, ...]]] = {
    ("daily", "day"): ("offered", "service_level", "abandon_rate", "asa"),
    ("callcentre", "month"): ("offered", "service_level", "abandon_rate", "aht", "occupancy", "csat", "qa_score", "fcr"),
    ("monthly", "month"): ("stock", "records_received", "validity", "completeness", "accuracy", "uniqueness", "timeliness", "outbound_success_rate"),
}  # fmt: skip
"""Reports whose newest stands on the first page with these of its figures, where they have a value."""
DESKS: Final[Mapping[Text, Mapping[str, Text]]] = {
    Text("呼叫中心运营", "Call-centre operations"): {
        "daily": Text("昨天接得怎么样，哪里要留意", "How the day went, and what asks for attention"),
        "callcentre": Text("服务水平与工作量，以及原因", "Service level and volume, and why"),
        "agents": Text("每位坐席和每个班组，与中位数相比", "Each agent and team, against the median"),
        "insight": Text("等待、满意度、重复来电、激增与离群", "Behind waits, satisfaction, repeat calls, surges and outliers"),
        "planning": Text("预计多少来电、需要多少坐席、谁上班", "How many calls to expect, how many agents they need, who works"),
        "outbound": Text("拨打、接通、成交与成本", "Dialled, reached, sold, and at what cost"),
    },
    Text("数据资源", "Data resources"): {
        "monthly": Text("库里有多少、进来多少、指标是否达标", "What the warehouse holds, what came in, which targets were met"),
        "quality": Text("六个质量维度、检查、事件与异常交付", "Six dimensions of quality, checks, incidents, odd deliveries"),
        "completeness": Text("缺哪些字段、缺在哪个来源", "Which fields are missing, and from whom"),
        "suppliers": Text("哪家供应商的数据多、准、及时、卖得动", "Whose data is plenty, right, in time, and sells"),
        "analysis": Text("存量与增量，按行业和地区", "Stock and increment by industry and region"),
        "collection": Text("采集计划完成多少、由谁完成", "How much of the plan was collected, and by whom"),
        "review": Text("等待人工判断的企业对", "Pairs of organisations that wait for a decision"),
    },
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A report on the first page: its title, what it answers, and by grain its newest periods with their addresses."""

    title: Text
    about: Text
    newest: Sequence[tuple[Text, Sequence[tuple[str, str]]]]
    workbook: str


@dataclass(frozen=True)
class Glance:
    """Figures of the newest of a report, with its period and address."""

    title: Text
    period: str
    address: str
    figures: Sequence[Figure]


@dataclass(frozen=True)
class Front:
    """What the first page says."""

    desks: Sequence[tuple[Text, Sequence[Line]]] = ()
    glances: Sequence[Glance] = ()


NOTHING: Final = Front()


def front_of(reports: Path, pages: Mapping[tuple[str, Period], str]) -> Front:
    """The first page of the reports in `pages`, which has the address of a report's page by report and period."""
    return Front(_desks(pages), _glances(reports, pages))


def _desks(pages: Mapping[tuple[str, Period], str]) -> list[tuple[Text, list[Line]]]:
    """Of each desk its reports; desks and reports without any are left out."""
    found = [
        (desk, [_line(report_id, about, pages) for report_id, about in lines.items()]) for desk, lines in DESKS.items()
    ]
    return [(desk, shown) for desk, lines in found if (shown := [line for line in lines if line.newest])]


def _glances(reports: Path, pages: Mapping[tuple[str, Period], str]) -> list[Glance]:
    """Figures of the newest reports of GLANCE. A file that cannot be read is left out, as it is from its page."""
    found = []
    for (report_id, grain), wanted in GLANCE.items():
        periods = [period for one, period in pages if one == report_id and period.grain == grain]
        if not periods:
            continue
        newest = max(periods)
        try:
            report = Report.from_json((reports / report_id / f"{newest.label}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            LOG.warning("%s/%s is left out of the first page: %s", report_id, newest.label, error)
            continue
        figures = {figure.id: figure for figure in report.sections[0].figures if figure.value is not None}
        if shown := [figures[one] for one in wanted if one in figures]:
            found.append(
                Glance(report.title, newest.label, f"{pages[report_id, newest]}#{report_id}/{newest.label}", shown)
            )
    return found


def _line(report_id: str, about: Text, pages: Mapping[tuple[str, Period], str]) -> Line:
    kind = next(kind for kind in REPORTS if kind.id == report_id)
    newest = []
    for grain in kind.grains:
        periods = sorted((period for one, period in pages if one == report_id and period.grain == grain), reverse=True)[
            :NEWEST
        ]
        if periods:
            links = [(period.label, f"{pages[report_id, period]}#{report_id}/{period.label}") for period in periods]
            newest.append((NAMES[grain], links))
    workbook = f"{report_id}/{newest[0][1][0][0]}.xlsx" if newest else ""
    return Line(kind.title, about, newest, workbook)
