"""The industry and region analysis (行业与地区分析): stock, increment and quality by province and by section of industry, and
the stock of both together, as counts and shares."""

from typing import Final

from ccdata_assets.reporting.measures import (
    ALL,
    Month,
    as_float,
    kpi_figures,
    measure_charts,
    parts_tables,
    ratio,
)
from ccdata_assets.reporting.model import Cell, Column, Section, Table, Text
from ccdata_assets.reporting.quality import QUALITY

TITLE: Final = Text("行业与地区分析", "Industry and region analysis")
STOCK: Final = ("stock", "increment")


def analysis_sections(month: Month) -> tuple[Section, ...]:
    """By region, by industry, and both."""
    crossed = (cross_table(month, is_share=False), cross_table(month, is_share=True))
    return (
        _section(month, "regions", Text("按省份", "By province"), "region"),
        _section(month, "industries", Text("按行业门类", "By section of industry"), "industry"),
        Section("crossed", Text("省份 × 行业", "Province × industry"), tables=crossed),
    )


def _section(month: Month, section_id: str, title: Text, by: str) -> Section:
    stock = parts_tables(month, STOCK, by, share_of="stock")
    quality = [_named(table, f"quality_{table.id}") for table in parts_tables(month, QUALITY, by)]
    figures = kpi_figures(month, STOCK) if section_id == "regions" and stock else ()
    note = Text(
        "未能识别的部分不在表中，因此各行之和可小于合计。",
        "What could not be told is in no row, so the rows may add up to less than the total.",
    )
    return Section(
        section_id,
        title,
        note,
        figures=figures,
        tables=(*stock, *quality),
        charts=tuple(chart for table in stock for chart in measure_charts(month, table, "part", STOCK, "ranking")),
    )


def _named(table: Table, table_id: str) -> Table:
    return Table(
        table_id,
        Text(f"质量（{table.title.zh}）", f"Quality {table.title.en[:1].lower()}{table.title.en[1:]}"),
        table.columns,
        table.rows,
        table.total,
    )


def cross_table(month: Month, is_share: bool) -> Table:
    """The stock by province (rows) and section of industry (columns), as counts or as shares of the province's stock."""
    parts = month.parts(("stock",)).get(("industry", "region"), {})
    counts = {(region, industry): as_float(values["stock"].value) for (industry, region), values in parts.items()}
    of_region: dict[str, float] = {}
    of_industry: dict[str, float] = {}
    for (region, industry), count in counts.items():
        of_region[region] = of_region.get(region, 0) + count
        of_industry[industry] = of_industry.get(industry, 0) + count
    regions = sorted((one for one in of_region if of_region[one]), key=lambda one: (-of_region[one], one))
    industries = sorted((one for one in of_industry if of_industry[one]), key=lambda one: (-of_industry[one], one))

    def cells(whole: float, counted: list[float]) -> list[Cell]:
        return [ratio(count, whole) if is_share else int(count) for count in counted]

    rows = tuple(
        (
            month.label("region", region),
            int(of_region[region]),
            *cells(of_region[region], [counts.get((region, industry), 0) for industry in industries]),
        )
        for region in regions
    )
    whole = sum(of_region.values())
    columns = (
        Column("region", Text("省份", "Province"), "name"),
        Column("all", ALL, "count"),
        *(
            Column(f"industry:{one}", month.label("industry", one), "percent" if is_share else "count")
            for one in industries
        ),
    )
    return Table(
        "shares" if is_share else "counts",
        Text("存量占比", "Shares of the stock") if is_share else Text("存量", "Stock"),
        columns,
        rows,
        (ALL, int(whole), *cells(whole, [of_industry[one] for one in industries])) if rows else None,
        note=Text("省份与行业均已识别的企业。", "Organisations of which both province and industry are known."),
    )
