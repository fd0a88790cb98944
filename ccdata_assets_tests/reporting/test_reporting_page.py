"""The page shows the report's numbers, asks for nothing, runs no foreign text, and works from a file."""

import re
import shutil
import subprocess
from datetime import date
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ccdata_assets.reporting import BuiltReport, article, write_page
from ccdata_assets.reporting.charts import svg
from ccdata_assets.reporting.front import DESKS
from ccdata_assets.reporting.model import NUMERIC, Chart, Column, Report, Table, Text
from ccdata_assets.reporting.reports import ORDER

from .published import AS_OF, FORMULA, HOSTILE, MARCH, build_monthly


def _written(reports: Path, page: str = "year-2026.html") -> str:
    """A page as it is written anew from the reports there are."""
    return (write_page(reports).parent / page).read_text(encoding="utf-8")


class _Page(HTMLParser):
    """Collects the tables' exact numbers, the cards' values, every tag and every attribute."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: dict[str, list[str]] = {}
        self.cards: dict[tuple[str, str], str] = {}
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self._table = self._card = self._article = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {key: value or "" for key, value in attrs}
        self.tags.append(tag)
        self.attributes += found.items()
        if tag == "section" and "sheet" in found.get("class", ""):
            self._table = found["id"]
        if tag == "article":
            self._article = found["data-key"]
        if "data-id" in found:
            self._card = found["data-id"]
        if tag == "td" and "data-v" in found:
            self.tables.setdefault(self._table, []).append(found["data-v"])
        if tag == "p" and "data-v" in found:
            self.cards[self._article, self._card] = found["data-v"]


@pytest.fixture(scope="module")
def text(built: BuiltReport) -> str:
    return built.page.read_text(encoding="utf-8")


def test_every_number_of_the_report_is_on_the_page(text: str, report: Report) -> None:
    page = _Page(text)
    for section in report.sections:
        for figure in section.figures:
            assert page.cards["monthly/2026-03", figure.id] == ("" if figure.value is None else str(figure.value)), (
                figure.id
            )
        for table in section.tables:
            numbers = [
                "" if value is None else repr(value)
                for row in (*table.rows, *filter(None, [table.total]))
                for value, column in zip(row, table.columns, strict=True)
                if column.unit in NUMERIC
            ]
            assert page.tables.get(f"monthly/2026-03/{section.id}/{table.id}", []) == numbers, table.id


def test_nothing_on_the_page_leads_outside(text: str) -> None:
    assert not re.findall(r"(?:https?:)?//[\w.-]+\.\w", text)
    page = _Page(text)
    assert not {"link", "img", "iframe", "object", "embed", "base", "form"} & set(page.tags)
    addresses = [value for key, value in page.attributes if key in ("src", "href", "action", "xlink:href")]
    assert all(
        re.match(
            r"#|index\.html$|(monthly|quality|completeness|suppliers|analysis|collection|callcentre)/2026-03\.xlsx$",
            value,
        )
        for value in addresses
    )
    assert "default-src 'none'" in text


def test_hostile_text_is_shown_and_not_run(text: str) -> None:
    page = _Page(text)
    assert page.tags.count("script") == 1
    assert not [key for key, _ in page.attributes if key.startswith("on")]
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in text
    assert "<b>evil" not in text
    assert FORMULA.replace('"', "&#34;") in text


def test_a_hostile_name_in_a_chart_is_only_text() -> None:
    columns = (Column("name", Text.same("n"), "name"), Column("count", Text("数", HOSTILE), "count"))
    table = Table("t", Text.same("t"), columns, ((Text.same(HOSTILE), 3), (Text("甲", "<b>A"), 2)))
    drawing = svg(Chart("c", Text.same(HOSTILE), "ranking", "t", "name", ("count",)), table)
    assert drawing is not None
    page = _Page(drawing)
    assert {"script", "b"} & set(page.tags) == set()
    assert set(page.tags) <= {"svg", "g", "path", "line", "text", "tspan", "rect"}
    assert "http" not in drawing


def test_a_chart_without_a_value_is_not_drawn() -> None:
    columns = (Column("month", Text.same("m"), "month"), Column("v", Text.same("v"), "percent"))
    table = Table("t", Text.same("t"), columns, (("2026-03", None),))
    assert svg(Chart("c", Text.same("c"), "line", "t", "month", ("v",)), table) is None


def test_the_page_lists_all_periods_and_any_can_be_rebuilt_alone(published: Path, tmp_path: Path) -> None:
    for month in (MARCH, date(2026, 1, 1), date(2026, 2, 1)):
        built = build_monthly(published, tmp_path, month, AS_OF)
    text = built.page.read_text(encoding="utf-8")
    options = re.findall(r'<option value="([^"]+)"', text)
    assert options[:4] == ["index.html", *(f"monthly/2026-0{month}" for month in (3, 2, 1))]
    assert options[4] == "quality/2026-03", "a report of one month stands after those of all months"
    assert text.count("<template") == len(options) - 2
    assert text.index('<article data-key="monthly/2026-03"') < text.index("<template"), "the newest stands in the page"
    built.page.unlink()
    assert _written(tmp_path) == text


def test_years_have_a_page_each_and_the_first_page_leads_to_the_newest(published: Path, tmp_path: Path) -> None:
    for month in (date(2025, 12, 1), date(2026, 2, 1), MARCH):
        built = build_monthly(published, tmp_path, month, AS_OF)
    assert built.page.name == "year-2026.html"
    text = built.page.read_text(encoding="utf-8")
    monthly = text[text.index('<details name="reports" open>') : text.index("</details>\n  </details>")]
    assert re.findall(r'aria-label="([\d-]+)" data-key="[^"]+">(\d+)<', monthly) == [
        ("2026-02", "02"),
        ("2026-03", "03"),
    ]
    first = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'href="(year-\d+\.html)"', first) == ["year-2026.html", "year-2025.html"]
    row = first[first.index("Monthly warehouse report</span></b>") :]
    assert re.findall(r'href="([^"]+)"', row)[:4] == [
        "year-2026.html#monthly/2026-03",
        "year-2026.html#monthly/2026-02",
        "year-2025.html#monthly/2025-12",
        "monthly/2026-03.xlsx",
    ]


def test_the_first_page_shows_figures_of_the_newest_report(
    published: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    built = build_monthly(published, tmp_path, MARCH, AS_OF)
    report = Report.from_json(built.workbook.with_suffix(".json").read_text(encoding="utf-8"))
    stock = next(figure for figure in report.sections[0].figures if figure.id == "stock")
    page = _Page((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert page.cards["index", "stock"] == str(stock.value)
    built.workbook.with_suffix(".json").write_text("{", encoding="utf-8")
    assert not [one for one in _Page(_written(tmp_path, "index.html")).cards if one[1] == "stock"]
    assert "monthly/2026-03 is left out of the first page" in caplog.text


def test_every_report_is_on_one_desk_of_the_first_page() -> None:
    on_desks = [report_id for lines in DESKS.values() for report_id in lines]
    assert sorted(on_desks) == sorted(ORDER)


def test_the_page_from_kept_articles_is_the_page_rendered_fresh(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for month in (date(2026, 2, 1), MARCH):
        built = build_monthly(published, tmp_path, month, AS_OF)
    text = built.page.read_text(encoding="utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(article, "render_article", pytest.fail)
        assert _written(tmp_path) == text, "what is kept was rendered again"
    kept = list(tmp_path.glob("*/.*.html"))
    assert len(kept) == len(list(tmp_path.glob("*/*.json"))) > 2
    for path in kept:
        path.unlink()
    assert _written(tmp_path) == text


def test_an_article_is_rendered_again_when_its_report_or_the_release_is_another(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = build_monthly(published, tmp_path, MARCH, AS_OF)
    report = built.workbook.with_suffix(".json")
    report.write_text(
        report.read_text(encoding="utf-8").replace("Monthly warehouse report", "Renamed"), encoding="utf-8"
    )
    assert "Renamed</span></h1>" in _written(tmp_path)
    built.workbook.unlink()
    assert 'href="monthly/2026-03.xlsx"' not in _written(tmp_path)
    monkeypatch.setattr(article, "_renderer", lambda: "another release")
    monkeypatch.setattr(article, "render_article", lambda report, *_: f"<article>{report.id} anew</article>")
    assert "monthly anew" in _written(tmp_path)


@pytest.mark.parametrize("damaged", ["", "{", '{"stamp": "x"}\n<p>old</p>', "[]\n"])
def test_a_damaged_kept_article_is_rendered_again(published: Path, tmp_path: Path, damaged: str) -> None:
    built = build_monthly(published, tmp_path, MARCH, AS_OF)
    text = built.page.read_text(encoding="utf-8")
    article.kept_article(built.workbook.with_suffix(".json")).write_text(damaged, encoding="utf-8")
    assert _written(tmp_path) == text


def test_a_broken_report_file_is_left_out_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "monthly").mkdir()
    (tmp_path / "monthly" / "2026-01.json").write_text("{", encoding="utf-8")
    assert "还没有报告" in _written(tmp_path, "year-2026.html")
    assert "monthly/2026-01.json" in caplog.text


@pytest.fixture(scope="module")
def browser() -> str:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("no chromium, chromium-browser or google-chrome on PATH: apt-get install chromium")
    return found


def _dumped(browser: str, address: str, profile: Path) -> str:
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
        "--disable-sync --no-first-run --accept-lang=zh-CN --virtual-time-budget=10000"
    )
    command = [browser, *flags.split(), f"--user-data-dir={profile}", "--dump-dom", address]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def test_the_page_runs_in_a_browser_from_a_file(built: BuiltReport, browser: str, tmp_path: Path) -> None:
    dom = _dumped(browser, built.page.as_uri() + "#monthly/2026-03", tmp_path / "profile")
    assert 'data-lang="zh"' in dom, "the script did not run: has its hash changed?"
    assert re.search(r'data-key="monthly/2026-03" aria-current="page"', dom)
    assert "48,213" in dom
    assert dom.count("<svg") > 10


def test_an_older_month_is_shown_when_its_address_is_asked(published: Path, browser: str, tmp_path: Path) -> None:
    for month in (date(2026, 1, 1), MARCH):
        built = build_monthly(published, tmp_path / "reports", month, AS_OF)
    dom = _dumped(browser, built.page.as_uri() + "#monthly/2026-01/stock", tmp_path / "profile")
    main = dom[dom.index("<main") : dom.index("</main>")]
    assert 'data-key="monthly/2026-01"' in main
    assert 'data-key="monthly/2026-03"' not in main


USED = """<script>
const lines = [], search = document.getElementById("search");
const find = (id) => document.getElementById("monthly/2026-03/" + id);
const rows = (id) => [...find(id).querySelectorAll("tbody tr:not(.miss)")];
const cells = (id, at) => rows(id).map((row) => row.cells[at].dataset.v);
const increment = find("stock/by_region").querySelectorAll("thead button")[4];
increment.click(); lines.push("down " + cells("stock/by_region", 4));
increment.click(); lines.push("up " + cells("stock/by_region", 4));
search.value = "广东"; search.dispatchEvent(new Event("input"));
lines.push("found " + document.getElementById("hits").textContent + " " + cells("stock/by_region", 2));
search.value = ""; search.dispatchEvent(new Event("input"));
document.getElementById("lang").click(); lines.push("language " + document.documentElement.dataset.lang);
HTMLAnchorElement.prototype.click = function () { lines.push("saved " + this.download); };
URL.createObjectURL = (blob) => { blob.text().then((text) => {
  lines.push(text); document.body.innerHTML = "<pre></pre>";
  document.querySelector("pre").textContent = lines.join("\\n");
}); return "blob:"; };
find("deliveries/files").querySelector(".csv").click();
</script></body>"""


def test_sorting_searching_and_saving_work(built: BuiltReport, browser: str, tmp_path: Path) -> None:
    page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", built.page.read_text(encoding="utf-8"))
    (tmp_path / "used.html").write_text(page.replace("</body>", USED), encoding="utf-8")
    dom = _dumped(browser, (tmp_path / "used.html").as_uri() + "#monthly/2026-03", tmp_path / "profile")
    used = unescape(dom[dom.index("<pre>") + 5 : dom.index("</pre>")])
    down, up, found, language, saved, csv = used.split("\n", 5)
    assert [int(number) for number in down.split()[1].split(",")] == sorted(
        (int(number) for number in up.split()[1].split(",")), reverse=True
    )
    assert found == "found 1 项 1942"
    assert language == "language en"
    assert saved == "saved monthly-2026-03-files.csv"
    assert "\"'" + FORMULA.replace('"', '""') + '"' in csv, "a text that a spreadsheet would run is not marked as text"
