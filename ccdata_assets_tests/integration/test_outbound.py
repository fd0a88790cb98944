"""`ccdata run` on dials: the funnel of a campaign, whom a number was of, accuracy after a vacant number, alarms, suppliers, the report; and the
bank's campaign against pandas on its raw file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from ccdata_assets.metrics.evaluate import evaluate
from ccdata_assets.metrics.registry import load_kpis
from ccdata_assets.reporting.model import Cell, Report, Text
from ccdata_assets_tests.integration.runs import SAMPLE, ask, run
from ccdata_assets_tests.world import World, make_settings, table

BANK = SAMPLE / "bank_campaign" / "bank-additional-full.csv"
DIRECTORY = ("company_name", "contact_name", "mobile", "source_site")
COMPANIES = [
    ("青山甲电子有限公司", "王伟", "13700000001", "阿里巴巴"),
    ("白水乙服装有限公司", "李娜", "13700000002", "阿里巴巴"),
    ("北河丙机械有限公司", "赵敏", "13700000003", "慧聪网"),
]
DIALS = (
    "campaign",
    "phone",
    "customer_no",
    "dialled_at",
    "disposition",
    "talk_s",
    "sale_amount",
    "refusal_reason",
    "gender",
    "age",
    "province",
)
CAMPAIGNS = ("campaign", "product", "list_source", "list_size", "campaign_cost_cny", "starts_on")
CALLS = ("call_id", "direction", "customer_no", "entered_at", "queued_at", "answered_at", "ended_at", "outcome")


def _dials() -> list[tuple[str, ...]]:
    """Campaign P: three numbers of the directory and a vacant one twice; campaign Q: 600 contacts of whom one agrees."""
    rows: list[tuple[str, ...]] = [
        ("P", "13700000001", "", "2008-05-10 09:05:00", "no answer", "0", "", "", "女", "35", "浙江省"),
        ("P", "13700000001", "", "2008-05-11 10:05:00", "success", "120", "900", "", "女", "35", "浙江省"),
        ("P", "13700000002", "", "2008-05-11 10:15:00", "vacant number", "0", "", "", "男", "45", "广东省"),
        ("P", "13700000003", "", "2008-05-12 10:25:00", "refused", "30", "", "价格高", "男", "45", "江苏省"),
        ("P", "13700000003", "", "2008-05-12 10:25:00", "refused", "30", "", "价格高", "男", "45", "江苏省"),
        ("P", "13700000009", "", "2008-05-13 10:25:00", "wrong person", "5", "", "", "男", "45", "江苏省"),
    ]
    for n in range(600):
        outcome = "success" if n == 0 else "refused" if n % 2 else "no answer"
        hour = 9 + n % 8
        rows.append(("Q", "", f"K{n:04d}", f"2008-05-{5 + n % 20:02d} {hour:02d}:{n % 60:02d}:00", outcome, "30" if n % 2 or not n else "0", "", "不需要" if outcome == "refused" else "", "", "", ""))  # fmt: skip
    return rows


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home, inbox = tmp_path_factory.mktemp("outbound"), tmp_path_factory.mktemp("inbox")
    # the first month of the bank's campaign: what it dialled later has not happened yet
    files = {
        "b2b_directory/企业_20080505.csv": table(DIRECTORY, COMPANIES),
        "outbound_log/外呼_20080531.csv": table(DIALS, _dials()),
        "campaign_list/项目_20080531.csv": table(CAMPAIGNS, [("P", "云盘", "名录", "10", "1000", "2008-05-01"), ("Q", "宽带", "存量", "800", "6000", "2008-05-01")]),
        "call_log/话单_20080531.csv": table(CALLS, [
            ("c1", "inbound", "013700000001", "2008-05-20 10:00:00", "2008-05-20 10:00:10", "2008-05-20 10:00:20", "2008-05-20 10:02:00", "answered"),
            ("c2", "inbound", "13700000001", "2008-05-02 10:00:00", "2008-05-02 10:00:10", "2008-05-02 10:00:20", "2008-05-02 10:02:00", "answered"),
        ]),
        "bank_campaign/bank-additional-full.csv": BANK.read_bytes(),
    }  # fmt: skip
    for name, content in files.items():
        (inbox / name).parent.mkdir(exist_ok=True)
        (inbox / name).write_bytes(content)
    code, _, text = run(home, "--inbox", str(inbox), "--as-of", "2008-05-31T20:00:00+08:00")
    assert code == 0, text
    return home


def value(
    home: Path, kpi: str, grain: str = "month", start: str = "2008-05-01", dims: dict[str, Any] | None = None
) -> tuple[float, float, float]:
    """(value, numerator, denominator) of a KPI."""
    found = ask(
        home,
        f"""select value, numerator, denominator from kpi.value where kpi_id = '{kpi}' and grain = '{grain}' and period_start = '{start}'
        and dims = '{json.dumps(dims or {}, ensure_ascii=False, separators=(",", ":"), sort_keys=True)}' qualify row_number() over (order by definition_version desc, as_of desc) = 1""",
    )
    assert len(found) == 1, f"{kpi} {dims}: {found}; see kpi.value"
    return found[0]


@pytest.mark.slow
def test_the_funnel_of_a_campaign_counts_dials_and_contacts_apart(home: Path) -> None:
    p = {"campaign": "P"}
    assert value(home, "outbound_connect_rate", dims=p) == (3 / 5, 3, 5), (
        "success, refusal and wrong person of five dials; the repeat is left out"
    )
    assert value(home, "outbound_reach_rate", dims=p) == (3 / 4, 3, 4)
    assert value(home, "outbound_right_party_rate", dims=p) == (2 / 3, 2, 3)
    assert value(home, "outbound_success_rate", dims=p) == (1 / 4, 1, 4)
    assert value(home, "outbound_attempts_per_contact", dims=p) == (5 / 4, 5, 4)
    assert value(home, "outbound_cost_per_success", dims=p) == (1000, 1000, 1)
    assert value(home, "outbound_cost_per_contact", dims=p) == (250, 1000, 4)
    assert value(home, "list_penetration", dims=p) == (4 / 10, 4, 10)
    assert value(home, "list_reached", dims=p) == (3 / 10, 3, 10)
    assert value(home, "outbound_wrong_number_rate", dims=p) == (2 / 4, 2, 4)
    assert value(home, "outbound_sales", dims=p)[0] == 900
    assert value(home, "outbound_success_rate", dims={"region": "330000"}) == (1, 1, 1)
    assert value(home, "outbound_connect_rate", dims={"campaign": "P", "hour": "10"}) == (3 / 4, 3, 4)
    assert value(home, "outbound_connect_rate", dims={"attempt": 2, "campaign": "P"}) == (1, 1, 1)
    assert value(home, "outbound_success_per_dial", dims={"attempt": 1, "campaign": "P"}) == (0, 0, 4)
    assert value(home, "outbound_refusals", dims={"reason": "价格高"})[0] == 1


@pytest.mark.slow
def test_dials_and_calls_belong_to_the_golden_contact_of_their_time(home: Path) -> None:
    rows = ask(
        home,
        """select o.dialled_on::varchar, o.link_status, c.company_name from marts.fct_outbound as o left join marts.dim_organisation as c using (organisation_id)
        where campaign = 'P' and not is_repeat order by dialled_at""",
    )
    names = [name for name, *_ in COMPANIES]
    assert [(status, name) for _, status, name in rows] == [
        ("contact", names[0]), ("contact", names[0]), ("contact", names[1]), ("contact", names[2]), ("unknown", None),
    ]  # fmt: skip
    assert ask(home, "select count(contact_id) from marts.fct_outbound join marts.dim_contact using (contact_id)") == [
        (5,)
    ]
    calls = ask(
        home,
        "select call_id, link_status, contact_id in (select contact_id from marts.dim_contact) from marts.fct_call order by 1",
    )
    assert calls == [("c1", "contact", True), ("c2", "unknown", None)], (
        "nobody had the number three days before the directory came"
    )


@pytest.mark.slow
def test_a_vacant_number_lowers_the_accuracy_of_the_source_that_gave_it(home: Path) -> None:
    rows = ask(
        home,
        """select source, sum(passed), sum(total) from kpi.quality_measure where measure = 'dialled_number' group by all order by all""",
    )
    assert [(source.split("/")[1], passed, total) for source, passed, total in rows] == [
        ("alibaba", 1, 2),
        ("hc360", 1, 1),
    ]
    # nothing else of the directory can be verified: its accuracy is what the dials say
    assert value(home, "accuracy", dims={"source": "b2b_directory/alibaba"}) == (0.5, 1, 2)
    assert value(home, "accuracy", dims={"source": "b2b_directory/hc360"}) == (1, 1, 1)


@pytest.mark.slow
def test_the_supplier_of_what_was_dialled_is_known_by_what_it_sold(home: Path) -> None:
    rows = ask(
        home,
        "select source, records, contacts, dials, reached, right_party, successes, number_known, wrong_numbers, sale_amount from kpi.outbound_source where grain = 'month' order by 1",
    )
    assert rows == [
        ("b2b_directory/alibaba", 2, 2, 3, 1, 1, 1, 2, 1, 900.0), ("b2b_directory/hc360", 1, 1, 1, 1, 1, 0, 1, 0, None),
    ]  # fmt: skip
    assert value(home, "outbound_wrong_number_rate", dims={"source": "b2b_directory/alibaba"}) == (0.5, 1, 2)
    report = _report(home, "suppliers")
    sold = report.section("ranking").table("sold")
    assert sold.values("source") == ["b2b_directory/alibaba", "b2b_directory/hc360"], "by what surely sells"
    assert sold.values("sales_per_1000") == [450_000.0, None]
    assert sold.values("wrong_numbers") == [0.5, 0.0]


@pytest.mark.slow
def test_a_campaign_that_hardly_sells_is_alarmed_and_a_small_one_is_not(home: Path) -> None:
    rows = ask(
        home, "select field, severity, status, value from ops.incident where check_name like 'outbound_success%'"
    )
    assert rows == [("Q", "error", "open", pytest.approx(1 / 600))]
    results = ask(
        home,
        "select field, passed, unexpected, total from kpi.quality_result where check_name like 'outbound_success%' order by all",
    )
    assert results[:2] == [("P", True, 0, 4), ("Q", False, 1, 600)]


@pytest.mark.slow
def test_the_report_shows_the_funnel_and_marks_the_campaign(home: Path, raw: pd.DataFrame) -> None:
    report = _report(home, "outbound")
    assert [section.id for section in report.sections] == [
        "headline",
        "campaigns",
        "hours",
        "attempts",
        "customers",
        "refusals",
    ]
    funnel = report.section("headline").table("funnel")
    may = raw[raw["start"] == "2008-05-01"]
    assert funnel.values("contacts")[0] == 604 + len(may)
    assert funnel.values("contacts")[-1] == 2 + (may["y"] == "yes").sum()
    campaigns = report.section("campaigns").table("by_campaign")
    verdicts = zip(campaigns.values("name"), campaigns.values("verdict"), strict=True)
    assert {said(name).en: said(verdict).en for name, verdict in verdicts} == {
        "Q": "Below target, beyond chance",
        "P": "",
        "bank_term_deposit": "",
    }
    sales = dict(zip((said(name).en for name in campaigns.values("name")), campaigns.values("sales"), strict=True))
    assert sales == {"P": 900, "Q": None, "bank_term_deposit": None}, "amounts that nobody tells are not 0"
    hours = report.section("hours").table("by_hour")
    assert sum(dials for dials in hours.values("dials") if isinstance(dials, int)) == 605
    reasons = report.section("refusals").table("reasons")
    counted = zip(reasons.values("reason"), reasons.values("refusals"), strict=True)
    assert {said(reason).zh: number for reason, number in counted} == {"不需要": 300, "价格高": 1}


def said(cell: Cell) -> Text:
    """A cell that is a name."""
    assert isinstance(cell, Text)
    return cell


def _report(home: Path, report: str) -> Report:
    (path,) = (home / "reports" / report).glob("2008-05.json")
    return Report.from_json(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    """The bank's file, each row once: twelve are the same as another, and a feed counts a row once."""
    frame = pd.read_csv(BANK, sep=";").drop_duplicates()
    months = frame["month"].map(
        {
            m: n
            for n, m in enumerate(
                ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
            )
        }
    )
    frame["start"] = [
        f"{2008 + turn}-{month:02d}-01" for turn, month in zip((months.diff() < 0).cumsum(), months, strict=True)
    ]
    frame["year"] = frame["start"].str[:4]
    frame["band"] = pd.cut(
        frame["age"], [0, 30, 40, 50, 60, 200], right=False, labels=["<30", "30-39", "40-49", "50-59", "60+"]
    ).astype(str)
    return frame


@pytest.fixture(scope="module")
def later(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse after the bank's campaign, its KPIs evaluated at the end of 2010."""
    world = World(make_settings(tmp_path_factory.mktemp("later"), now="2010-12-31"))
    world.settings.warehouse_path.parent.mkdir(parents=True)
    shutil.copy(home / "warehouse" / "ccdata.duckdb", world.settings.warehouse_path)
    kpis = {name: kpi for name, kpi in load_kpis().items() if name == "outbound_success_rate"}
    with world.warehouse() as con:
        evaluate(con, kpis, world.registry, world.settings, "later")
        yield con


def by(frame: pd.DataFrame, *keys: str) -> dict[Any, tuple[int, int]]:
    """(successes, rows) by these columns."""
    grouped = frame.assign(yes=frame["y"] == "yes").groupby(list(keys))["yes"].agg(["sum", "size"])
    return {key: (int(row["sum"]), int(row["size"])) for key, row in grouped.iterrows()}


@pytest.mark.slow
def test_the_bank_sells_to_as_many_as_its_raw_file_says(home: Path, raw: pd.DataFrame) -> None:
    frame = pd.read_csv(BANK, sep=";")
    assert round((frame["y"] == "yes").mean(), 4) == 0.1127 and frame["campaign"].sum() == 105_754
    sums = ask(
        home,
        "select sum(successes), sum(contacts), sum(dials) from kpi.outbound_contact where grain = 'year' and campaign = 'bank_term_deposit'",
    )
    assert sums == [((raw["y"] == "yes").sum(), len(raw), raw["campaign"].sum())]
    assert round(sums[0][0] / sums[0][1], 4) == 0.1127
    assert ask(
        home, "select sum(dials), sum(successes) from kpi.outbound_hour where campaign = 'bank_term_deposit'"
    ) == [(raw["campaign"].sum(), sums[0][0])]


NEWEST = """select {columns} from kpi.value where kpi_id = 'outbound_success_rate' and grain = '{grain}' and {where} and not contains(dims, '"P"')
    qualify row_number() over (partition by period_start, dims order by as_of desc, rowid desc) = 1"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dimension", "column"),
    [("occupation", "job"), ("dials", "campaign"), ("contact_channel", "contact"), ("age_band", "band")],
)
def test_the_bank_sells_by_job_age_and_number_of_contacts_as_pandas_counts(
    later: duckdb.DuckDBPyConnection, raw: pd.DataFrame, dimension: str, column: str
) -> None:
    query = NEWEST.format(
        columns=f"year(period_start)::varchar, json_extract_string(dims, '$.{dimension}'), numerator, denominator", grain="year",
        where=f"json_keys(dims) = ['{dimension}'] and period_start >= '2009-01-01'",
    )  # fmt: skip
    names = {"mobile": "cellular", "landline": "telephone"}
    found = {
        (year, names.get(label, label)): (hits, tries) for year, label, hits, tries in later.execute(query).fetchall()
    }
    expected = by(raw[raw["year"] >= "2009"].assign(key=raw[column].astype(str)), "year", "key")
    assert found == {key: counts for key, counts in expected.items() if key[1] != "unknown"}


@pytest.mark.slow
def test_the_bank_sells_by_month_as_pandas_counts(later: duckdb.DuckDBPyConnection, raw: pd.DataFrame) -> None:
    query = NEWEST.format(
        columns="period_start::date::varchar, numerator, denominator",
        grain="month",
        where='dims = \'{"campaign":"bank_term_deposit"}\'',
    )
    found = {start: (hits, tries) for start, hits, tries in later.execute(query).fetchall()}
    assert found == by(raw, "start")


@pytest.mark.slow
def test_each_further_dial_of_the_bank_is_what_the_rows_with_as_many_say(home: Path, raw: pd.DataFrame) -> None:
    rows = ask(
        home,
        "select dial_no, dials, successes from analysis.outbound_attempt where campaign = 'bank_term_deposit' and month is null order by 1",
    )
    expected = [
        (n, int((raw["campaign"] >= n).sum()), int(((raw["campaign"] == n) & (raw["y"] == "yes")).sum()))
        for n in range(1, raw["campaign"].max() + 1)
    ]
    assert rows == expected
