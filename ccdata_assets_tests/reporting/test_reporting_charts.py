"""Charts keep Vega-Lite's schema, and their pictures stay small and in languages that the machine can draw."""

import altair as alt
import pytest

from ccdata_assets.reporting import charts
from ccdata_assets.reporting.model import Chart, Column, Report, Table, Text
from ccdata_assets.reporting.vega_lite import specification

NAMES = (Text("北京市朝阳区", "Chaoyang, Beijing"), Text("上海市", "Shanghai"))
TABLE = Table(
    "t",
    Text("表", "Table"),
    (Column("name", Text("地区", "Place"), "name"), Column("count", Text("数", "Count"), "count")),
    tuple((name, 10 + place) for place, name in enumerate(NAMES)),
)
RANKING = Chart("c", Text("数量", "Amount"), "ranking", "t", "name", ("count",))


def test_every_chart_keeps_the_schema_of_vega_lite(report: Report) -> None:
    drawn = [
        drawing
        for section in report.sections
        for chart in section.charts
        if (drawing := specification(chart, section.table(chart.table), lambda text: text.both))
    ]
    assert {len(drawing["layer"]) for drawing in drawn} >= {1, 2, 3, 4}, "not every kind of chart is drawn"
    for drawing in drawn:
        alt.LayerChart.from_dict(drawing)  # raises where it does not


@pytest.mark.parametrize("has_font", [True, False])
def test_the_names_in_a_picture_can_be_read(monkeypatch: pytest.MonkeyPatch, has_font: bool) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(charts, "has_chinese_font", lambda: has_font)
    monkeypatch.setattr(charts, "_png", lambda text, limit: drawn.append(text))
    charts.png([(RANKING, TABLE)])
    texts = "".join(part.split("</text>")[0] for part in drawn[0].split("<text ")[1:])
    assert "Chaoyang, Beijing" in texts
    assert ("北京市朝阳区" in texts) is has_font
    assert ("数量" in texts) is has_font


def test_a_picture_gets_smaller_until_it_fits() -> None:
    large, small = charts.png([(RANKING, TABLE)]), charts.png([(RANKING, TABLE)], limit=4_500)
    assert large.startswith(b"\x89PNG") and small.startswith(b"\x89PNG")
    assert len(small) <= 4_500 < len(large) <= 40_000
