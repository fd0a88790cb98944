"""The threshold curve as a picture: precision, recall and F1 by match weight, and where the spec's threshold stands."""

from __future__ import annotations

from pathlib import Path

import altair as alt
import vl_convert

from ccdata_assets.errors import WrongUse
from ccdata_assets.resolution.table import Point

FORMATS = (".html", ".svg", ".png")


def draw_curve(curve: list[Point], threshold: float, title: str, path: Path) -> None:
    """Write the picture: HTML that works offline, SVG or PNG, by the path's ending. Raises WrongUse for another one."""
    if path.suffix.lower() not in FORMATS:
        raise WrongUse(f"--curve: a picture is {', '.join(FORMATS)}; fix: end the name with one of these")
    values = [
        {"threshold": point.threshold, "measure": name, "value": value}
        for point in curve
        for name, value in (
            ("precision 准确率", point.score.precision),
            ("recall 召回率", point.score.recall),
            ("F1", point.score.f1),
        )
    ]
    lines = (
        alt.Chart(alt.InlineData(values))
        .mark_line(point=True, clip=True)
        .encode(
            x=alt.X("threshold:Q", title="threshold: match weight, log2 of the odds 匹配权重"),
            y=alt.Y("value:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%")),
            color=alt.Color("measure:N", title=None),
            tooltip=["measure:N", "threshold:Q", alt.Tooltip("value:Q", format=".4f")],
        )
    )
    chosen = (
        alt.Chart(alt.InlineData([{"threshold": threshold}]))
        .mark_rule(strokeDash=[4, 4], color="#888888")
        .encode(x="threshold:Q")
    )
    drawing = (lines + chosen).properties(title=title, width=640, height=360).to_dict()
    if path.suffix.lower() == ".html":
        path.write_text(vl_convert.vegalite_to_html(drawing, bundle=True), encoding="utf-8")
    elif path.suffix.lower() == ".svg":
        path.write_text(vl_convert.vegalite_to_svg(drawing), encoding="utf-8")
    else:
        path.write_bytes(vl_convert.vegalite_to_png(drawing, scale=2))
