"""Charts keep Vega-Lite's schema, and their pictures stay small and say in both languages what they name."""

from xml.etree import ElementTree

import altair as alt

from ccdata_assets.reporting import charts
from ccdata_assets.reporting.model import Chart, Column, Report, Table, Text
from ccdata_assets.reporting.vega_lite import specification

SVG = "{http://www.w3.org/2000/svg}"
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


def test_the_names_in_a_picture_can_be_read() -> None:
    texts = {text.text for text in ElementTree.fromstring(charts.picture([(RANKING, TABLE)])).iter(f"{SVG}text")}
    assert {"数量 Amount", *(name.both for name in NAMES)} <= texts


def test_a_picture_has_as_many_charts_as_fit_and_the_first_always() -> None:
    one, both = charts.picture([(RANKING, TABLE)]), charts.picture([(RANKING, TABLE)] * 2)
    assert len(one) < len(both) <= 40_000
    for limit, expected in ((len(both), both), (len(both) - 1, one), (1, one)):
        assert charts.picture([(RANKING, TABLE)] * 2, limit) == expected


def test_a_picture_says_only_what_can_be_seen() -> None:
    picture = ElementTree.fromstring(charts.picture([(RANKING, TABLE)]))
    told = {name for part in picture.iter() for name in part.attrib}
    assert not [name for name in told if name.startswith("aria-") or name in ("role", "class")]
    assert float(picture.attrib["height"]) > 2 * 20
