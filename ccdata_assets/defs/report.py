"""report/*: what stakeholders read, by period, from the published copy; for each grain one step that makes all its reports."""

from collections.abc import Iterator

import dagster as dg

from ccdata_assets.orchestration.periods import period_of, report_periods
from ccdata_assets.orchestration.step import step
from ccdata_assets.project import load_project
from ccdata_assets.reporting.period import ADVERBS, GRAINS, Grain
from ccdata_assets.reporting.reports import kinds_of


def _specs(grain: Grain) -> list[dg.AssetSpec]:
    # in a function: a list of specs at the top of the module would be loaded as assets of their own
    return [
        dg.AssetSpec(
            kind.asset_key(grain),
            deps=[["published", "ccdata"]],
            group_name="report",
            kinds={"excel", "html"},
            owners=["team:data-resource"],
            description=kind.describes,
        )
        for kind in kinds_of(grain)
    ]


def _reports_of(grain: Grain) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=f"report__{ADVERBS[grain]}",  # a job has the plainer name
        specs=_specs(grain),
        partitions_def=report_periods(load_project().settings, grain),
        pool="reports",
    )
    @step
    def reports(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        """All reports of a period: one look at the published copy, one page."""
        from ccdata_assets.quality.supplier_words import rule_words
        from ccdata_assets.reporting.build import build_reports

        project = load_project()
        settings = project.settings
        period = period_of(grain, context.partition_key)
        built = build_reports(
            settings.published_path,
            settings.reports_dir,
            period,
            settings.as_of.astimezone(settings.zone),
            settings.closing_days,
            settings.report_language,
            rule_words(project.registry),
        )
        for kind in kinds_of(grain):
            made, key = built[kind.id], kind.asset_key(grain)
            if made is None:
                yield dg.MaterializeResult(
                    asset_key=key, metadata={"report": dg.MetadataValue.md("本期无数据 no data for this period")}
                )
                continue
            yield dg.MaterializeResult(
                asset_key=key,
                metadata={
                    "report": dg.MetadataValue.md(made.table_markdown),
                    "chart": dg.MetadataValue.md(made.chart_markdown),
                    "trend": dg.MetadataValue.md(made.trend_markdown),
                    "workbook": dg.MetadataValue.path(str(made.workbook)),
                    "page": dg.MetadataValue.path(str(made.page)),
                    "as_of": settings.as_of.isoformat(),
                    **{name: value for name, value in made.headline.items() if value is not None},
                },
            )

    return reports


report_assets = [_reports_of(grain) for grain in GRAINS]
