"""A small published copy for the tests of reports: three months of one invented warehouse,
nothing personal in it, one file and one feed with a hostile name, one value that was restated later."""

import json
import math
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import duckdb

from ccdata_assets.reporting import BuiltReport, build_reports
from ccdata_assets.reporting.model import Report
from ccdata_assets.reporting.period import Period
from ccdata_assets.reporting.reports import period_reports

AS_OF: Final = datetime.fromisoformat("2026-04-02T08:00:00+08:00")
EARLIER: Final = datetime.fromisoformat("2026-04-01T08:00:00+08:00")
LATER: Final = datetime.fromisoformat("2026-05-02T08:00:00+08:00")
MARCH: Final = date(2026, 3, 1)
HOSTILE: Final = "</script><script>alert(1)</script>\"'&.csv"
FORMULA: Final = '=HYPERLINK("x","y")'

SCHEMA: Final = """
create schema kpi; create schema ops; create schema marts;
create table kpi.definition (kpi_id varchar, version integer, zh varchar, en varchar,
    definition_zh varchar, definition_en varchar,
    formula varchar, unit varchar, direction varchar, target double, perspective varchar, owner varchar, kind varchar);
create table kpi.value (kpi_id varchar, definition_version integer, grain varchar,
    period_start timestamp, dims varchar, value double,
    numerator double, denominator double, target double, status varchar, as_of timestamptz, run_id varchar);
create table kpi.quality_measure (subject varchar, feed varchar, source varchar, dimension varchar, measure varchar,
    field varchar, region varchar, industry varchar, month date, passed bigint, total bigint, as_of timestamptz);
create table kpi.measure (measure varchar, dimension varchar, zh varchar, en varchar);
create table kpi.anomaly (feed varchar, sha256 varchar, file varchar, measure varchar, field varchar, value double, usual double,
    low double, high double, zh varchar, en varchar, run_id varchar, as_of timestamptz);
create table ops.incident (incident_id varchar, check_name varchar, feed varchar, table_name varchar, field varchar,
    dimension varchar, severity varchar, value double, target double, status varchar, opened_at timestamptz,
    acknowledged_at timestamptz, resolved_at timestamptz, resolved_by varchar);
create table ops.gate_override (feed varchar, file varchar, sha256 varchar, "at" timestamptz, until date, reason varchar);
create table marts.dim_source (source varchar, feed varchar, zh varchar, en varchar, channel varchar);
create table marts.dim_industry (section_code varchar, section_zh varchar, section_en varchar, is_current boolean);
create table marts.fct_collection (collected_by_key varchar, collected_by varchar);
create table kpi.quality_result (check_name varchar, feed varchar, table_name varchar, field varchar,
    dimension varchar,
    severity varchar, period date, value double, target double, passed boolean, unexpected bigint,
    total bigint, run_id varchar,
    as_of timestamptz);
create table ops.file_ledger_history (feed varchar, file varchar, sha256 varchar, bytes bigint, encoding varchar,
    delimiter varchar,
    rows bigint, staged bigint, quarantined bigint, blank bigint, superseded bigint, repeated bigint,
    status varchar, error varchar,
    received_on date, landed_at timestamptz, as_of timestamptz);
create table ops.quarantine_history (feed varchar, sha256 varchar, rule varchar, field varchar,
    reason varchar, rows bigint,
    as_of timestamptz);
create table marts.dim_region (region_code varchar, province varchar, city varchar, county varchar,
    level varchar);
create table marts.dim_field (field varchar, zh varchar, en varchar);
create table marts.dim_feed (feed varchar, zh varchar, en varchar, owner varchar, subject varchar);
"""

DEFINITIONS: Final = [
    (
        "stock",
        "存量",
        "Stock",
        "count",
        "up",
        None,
        "月末有效主数据",
        "live golden entities at the end of the month",
    ),
    ("increment", "增量", "Increment", "count", "up", None, "新增减退出", "births less retirements"),
    (
        "records_received",
        "收到记录",
        "Records received",
        "count",
        "none",
        None,
        "收到的记录",
        "records received",
    ),
    (
        "records_repeated",
        "重复记录",
        "Records repeated",
        "count",
        "none",
        None,
        "其中重复",
        "of them repeated",
    ),
    (
        "validity",
        "有效率",
        "Validity",
        "percent",
        "up",
        0.95,
        "合规且可联系",
        "keeps the rules and can be reached",
    ),
    ("completeness", "完整率", "Completeness", "percent", "up", 0.90, "已填/应填", "filled / expected"),
    ("answer_rate", "接通率", "Answer rate", "percent", "up", 0.80, "接通/进入", "served / entered"),
    ("abandon_rate", "放弃率", "Abandon rate", "percent", "down", 0.05, "放弃/排队", "abandoned / offered"),
    (
        "aht",
        "平均处理时长",
        "Average handling time",
        "seconds",
        "none",
        None,
        "处理时长/通数",
        "handling / calls",
    ),
    (
        "outbound_success_rate",
        "外呼成功率",
        "Outbound success rate",
        "percent",
        "up",
        0.01,
        "成功/拨打",
        "success / dialled",
    ),
    ("csat", "客户满意度", "CSAT", "percent", "up", 0.85, "满意/评价", "satisfied / answers"),
]
PROVINCES: Final = {
    "110000": "北京市", "310000": "上海市", "320000": "江苏省", "330000": "浙江省",
    "370000": "山东省", "410000": "河南省", "420000": "湖北省", "440000": "广东省",
    "500000": "重庆市", "510000": "四川省", "610000": "陕西省", "650000": "新疆维吾尔自治区",
}  # fmt: skip
FEEDS: Final = {
    "b2b_directory": ("企业名录", "B2B directory", "team:data-acquisition", "party"),
    "cn_hospitals": ("医院名录", "Hospitals of China", "team:data-acquisition", "party"),
    "call": ("通话记录", "Calls", "team:call-centre", "call"),
    "evil": ("<img src=x onerror=alert(1)>", "<b>evil</b>", FORMULA, "party"),
}
FIELDS: Final = {
    "company_name": ("公司名称", "Company name"), "phone": ("电话", "Phone"), "mobile": ("手机", "Mobile"),
    "email": ("邮箱", "E-mail"), "address": ("地址", "Address"), "postcode": ("邮编", "Postcode"),
    "main_business": ("主营业务", "Main business"),
}  # fmt: skip


def reports_of(
    published: Path, as_of: datetime = AS_OF, period: date = MARCH, closing_days: int = 5
) -> dict[str, Report]:
    """The reports that have something to say, by id; the month closes after AS_OF unless told otherwise."""
    made = period_reports(published, Period.of("month", period), as_of, closing_days)
    return {name: report for name, report in made.items() if report is not None}


def build_monthly(published: Path, reports: Path, period: date, as_of: datetime) -> BuiltReport:
    """Builds all reports and gives the monthly one."""
    built = build_reports(published, reports, Period.of("month", period), as_of, closing_days=5)["monthly"]
    assert built is not None
    return built


def build(path: Path, months: int = 3) -> Path:
    """Writes the copy with data for `months` months up to March 2026 and returns its path; 0 gives
    definitions and names only."""
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute(SCHEMA)
        _fill(connection, "kpi.definition", (
            (kpi, 1, zh, en, means_zh, means_en, "a / b", unit, direction, target, "internal", "team:data", "stock" if kpi == "stock" else "flow")
            for kpi, zh, en, unit, direction, target, means_zh, means_en in DEFINITIONS
        ))  # fmt: skip
        _fill(
            connection,
            "marts.dim_region",
            ((code, name, None, None, "province") for code, name in PROVINCES.items()),
        )
        _fill(connection, "marts.dim_field", ((field, *names) for field, names in FIELDS.items()))
        _fill(connection, "marts.dim_feed", ((feed, *rest) for feed, rest in FEEDS.items()))
        if months:
            _fill(connection, "kpi.value", _values(months))
            _fill(connection, "kpi.quality_measure", _measures())
            _fill(connection, "kpi.quality_result", _checks())
            _fill(connection, "ops.file_ledger_history", _files())
            _fill(connection, "ops.quarantine_history", _quarantine())
            _quality(connection)
    return path


def _fill(connection: duckdb.DuckDBPyConnection, table: str, rows: Any) -> None:
    rows = list(rows)
    connection.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)


def _values(months: int) -> Iterator[tuple[Any, ...]]:
    def one(
        kpi: str,
        start: datetime,
        value: float | None,
        parts: tuple[float, float] | None = None,
        grain: str = "month",
        **dims: str,
    ) -> tuple[Any, ...]:
        text = json.dumps(dims, sort_keys=True, ensure_ascii=False)
        numerator, denominator = parts or (value, None)
        return (kpi, 1, grain, start, text, value, numerator, denominator, None, "final", AS_OF, "run-1")

    def rate(
        kpi: str, start: datetime, part: float, whole: float, grain: str = "month", **dims: str
    ) -> tuple[Any, ...]:
        return one(kpi, start, part / whole if whole else None, (part, whole), grain, **dims)

    for back in range(months):
        number = 2026 * 12 + 2 - back
        start = datetime(number // 12, number % 12 + 1, 1)
        stock = 48_213 - 2_950 * back + 400 * (back % 3)
        yield one("stock", start, stock)
        yield one("increment", start, 2_950 - 137 * (back % 4))
        yield one("records_received", start, 15_120 - 210 * back)
        yield one("records_repeated", start, 1_311 - 7 * back)
        yield rate("validity", start, 13_020 - 190 * back, 13_809 - 203 * back)
        yield rate("completeness", start, 91_877 - 800 * back, 100_000)
        yield rate("answer_rate", start, 21_410 - 60 * back, 26_830)
        yield rate("abandon_rate", start, 1_480 + 11 * back, 22_890)
        yield rate("aht", start, 4_361_217.0, 21_410 - 60 * back)
        yield rate("outbound_success_rate", start, 464, 41_188)
        yield rate("csat", start, 0, 0)
    march = datetime(2026, 3, 1)
    shares = [math.exp(-i / 4) for i in range(len(PROVINCES))]
    for code, share in zip(PROVINCES, shares, strict=True):
        yield one("stock", march, round(48_000 * share / sum(shares)), region=code)
        yield one("increment", march, round(2_950 * share / sum(shares)) - 90, region=code)
    for i, feed in enumerate(FEEDS):
        yield one("records_received", march, 5_000 - 900 * i, feed=feed)
        yield one("records_repeated", march, 400 - 90 * i, feed=feed)
        yield rate("validity", march, 4_300 - 800 * i, 4_600 - 810 * i, feed=feed)
        yield rate("completeness", march, 9_000 - 700 * i, 10_000, feed=feed)
    for day in range(1, 30):
        if day != 17:
            start, entered = datetime(2026, 3, day), round(860 + 130 * math.sin(day))
            yield rate("answer_rate", start, round(entered * (0.8 + 0.05 * math.cos(day))), entered, "day")
            yield rate("abandon_rate", start, round(entered * (0.06 + 0.02 * math.sin(day))), entered, "day")
            yield rate("aht", start, entered * (200 + day), entered, "day")
    for hour in range(7, 24):
        yield rate("answer_rate", march, 900 - 12 * hour, 1_000, hour=f"{hour:02d}")
        yield rate("abandon_rate", march, 20 + 3 * hour, 1_000, hour=f"{hour:02d}")
        yield rate("aht", march, 1_000.0 * (190 + hour), 1_000, hour=f"{hour:02d}")
    yield rate("outbound_success_rate", march, 300, 21_188, product="定期存款")
    yield rate("outbound_success_rate", march, 164, 20_000, product=HOSTILE)
    for code, industry, count in (("440000", "C", 30), ("440000", "F", 10), ("110000", "C", 5), ("650000", "F", 0)):
        yield one("stock", march, count, industry=industry, region=code)
    for source, new, repeated, valid in (
        ("b2b_directory", 100, 10, 90),
        ("b2b_directory/1688", 50, 0, 50),
        ("web/1688", 0, 0, 0),
    ):
        yield one("records_received", march, new, source=source)
        yield one("records_repeated", march, repeated, source=source)
        yield rate("validity", march, valid, new, source=source)
        yield rate("uniqueness", march, new, new + repeated, source=source)
    yield rate("timeliness", march, 1, 2, feed="b2b_directory")
    yield rate("collection_attainment", march, 60, 80)
    for channel, person, collected, planned in (
        ("web_search", "k1aaaaaaaa", 20, 50),
        ("web_search", "k2bbbbbbbb", 30, 30),
        ("", "", 10, 0),
    ):
        yield rate("collection_attainment", march, collected, planned, channel=channel, person=person)
        yield rate("collection_attainment", march, collected, planned, person=person)
    yield rate("collection_attainment", march, 50, 80, channel="web_search")
    yield rate("collection_attainment", march, 10, 0, channel="")
    restated = one("stock", march, 48_999)
    yield (*restated[:9], "restated", LATER, "run-2")


def _measures() -> Iterator[tuple[Any, ...]]:
    def filled(feed: str, field: str, region: str | None, passed: int, as_of: datetime) -> tuple[Any, ...]:
        return ("party", feed, None, "completeness", "filled", field, region, None, MARCH, passed, 500, as_of)

    for i, field in enumerate(FIELDS):
        for j, feed in enumerate(list(FEEDS)[:2]):
            for region in ("110000", None):
                yield filled(feed, field, region, 500 - 37 * i - 20 * j, AS_OF)
    yield filled("b2b_directory", "phone", "110000", 500, LATER)
    yield ("call", "call", None, "completeness", "filled", "phone", None, None, MARCH, 0, 9_999, AS_OF)
    yield (
        "party",
        "b2b_directory",
        None,
        "accuracy",
        "region_of_area_code",
        "phone",
        None,
        None,
        MARCH,
        90,
        100,
        AS_OF,
    )


def _quality(connection: duckdb.DuckDBPyConnection) -> None:
    """What the quality report tells beside counts: an incident that is resolved later, an odd delivery, an override."""
    moment = datetime.fromisoformat
    _fill(
        connection,
        "kpi.measure",
        [
            ("filled", "completeness", "已填写", "Filled"),
            ("region_of_area_code", "accuracy", "区号与地区一致", "Area code agrees"),
        ],
    )
    _fill(connection, "ops.incident", [
        ("inc_1", "validity_3", "b2b_directory", "staged.b2b_directory", "phone", "validity", "error", 0.8, 0.95, "resolved",
         moment("2026-03-05T10:00:00+08:00"), moment("2026-03-05T12:00:00+08:00"), moment("2026-04-20T10:00:00+08:00"), "person"),
        ("inc_2", "uniqueness_1", "b2b_directory", "staged.b2b_directory", None, "uniqueness", "blocking", 0.5, 1.0, "resolved",
         moment("2026-02-27T10:00:00+08:00"), None, moment("2026-03-02T16:00:00+08:00"), "run"),
        ("inc_3", "of_april", "call", "staged.call", None, "validity", "error", 0.5, 1.0, "open", moment("2026-04-01T00:30:00+08:00"), None, None, None),
    ])  # fmt: skip
    _fill(connection, "kpi.anomaly", [
        ("b2b_directory", f"{9:064x}", "名录_20260309.csv", "rows", None, 3120.0, 900.0, 450.0, 1800.0, "本次 3120 行", "3120 rows", "run-1", AS_OF),
    ])  # fmt: skip
    _fill(connection, "ops.gate_override", [
        ("b2b_directory", "名录_20260316.csv", f"{16:064x}", moment("2026-03-17T09:00:00+08:00"), date(2026, 3, 31), "the supplier confirms the list"),
    ])  # fmt: skip
    _fill(connection, "marts.dim_source", [
        ("b2b_directory", "b2b_directory", "企业名录", "B2B directory", "directory_software"),
        ("b2b_directory/1688", "b2b_directory", "阿里1688", "1688.com", "directory_software"),
        ("web/1688", "web", "阿里1688", "1688.com", "web_search"),
    ])  # fmt: skip
    _fill(
        connection, "marts.dim_industry", [("C", "制造业", "Manufacturing", True), ("F", "批发和零售业", "Trade", True)]
    )
    _fill(connection, "marts.fct_collection", [("k1aaaaaaaa", "周***"), ("k2bbbbbbbb", "周***")])


def _checks() -> Iterator[tuple[Any, ...]]:
    for i, dimension in enumerate(("completeness", "uniqueness", "validity", "consistency", "timeliness")):
        for j in range(4):
            passed = (i + j) % 5 != 4
            value = 0.99 if passed else 0.871
            unexpected = 0 if passed else 129
            yield (f"{dimension}_{j}", "b2b_directory", "staged.b2b_directory", "phone", dimension, "error",
                   MARCH, value, 0.95, passed, unexpected, 1_000, "run-1", AS_OF)  # fmt: skip
    yield ("completeness_0", "b2b_directory", "staged.b2b_directory", "phone", "completeness", "error",
           MARCH, 0.1, 0.95, False, 900, 1_000, "run-0", EARLIER)  # fmt: skip


def _files() -> Iterator[tuple[Any, ...]]:
    def one(
        feed: str, file: str, day: int, rows: int, status: str = "landed", error: str | None = None
    ) -> tuple[Any, ...]:
        quarantined, blank = (rows // 40, rows // 100) if status == "landed" else (0, 0)
        landed = datetime.fromisoformat(f"2026-03-{day:02d}T09:30:00+08:00")
        return (feed, file, f"{day:064x}", rows * 120, "gb18030", ",", rows, rows - quarantined - blank,
                quarantined, blank, 0, rows // 11, status, error, landed.date(), landed, landed)  # fmt: skip

    for week in range(4):
        yield one("b2b_directory", f"名录_202603{7 * week + 2:02d}.csv", 7 * week + 2, 3_000 + 120 * week)
    for day in range(1, 15):
        yield one("call", f"calls_202603{day:02d}.tsv", day, 900 + day)
    yield one("cn_hospitals", HOSTILE, 11, 1_200)
    yield one("cn_hospitals", FORMULA, 12, 0, "rejected", "@SUM(1+1) header not found")
    yield one("b2b_directory", "名录_20260302.csv", 20, 0, "repeat")


def _quarantine() -> Iterator[tuple[Any, ...]]:
    for feed, day, rule, field, rows in (
        ("b2b_directory", 2, "type", "received_on", 41),
        ("b2b_directory", 2, "required", "company_name", 34),
        ("b2b_directory", 9, "one_channel", None, 78),
        ("cn_hospitals", 11, "code", "level", 30),
    ):
        landed = datetime.fromisoformat(f"2026-03-{day:02d}T09:30:00+08:00")
        yield (feed, f"{day:064x}", rule, field, f"{rule} broken", rows, landed)
