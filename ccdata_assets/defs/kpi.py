"""kpi/*: every KPI value by period and dimension, completeness, and the results of all quality checks."""

import dagster as dg

from ccdata_assets.metrics.evaluate import evaluate
from ccdata_assets.orchestration.marts_results import marts_results, reading_specs
from ccdata_assets.orchestration.metadata import check_spec, markdown_table, table_metadata, table_spec
from ccdata_assets.orchestration.resource import WarehouseResource
from ccdata_assets.orchestration.step import step
from ccdata_assets.project import load_project
from ccdata_assets.quality.campaigns import alarm_check
from ccdata_assets.quality.marts_checks import look_at_marts, reference_checks, target_checks
from ccdata_assets.warehouse.state import is_evaluated, mark_evaluated

_READ = {
    table for kpi in load_project().kpis.values() for table in (kpi.source, *(one.source for one in kpi.sets)) if table
}
_SOURCES = [name.split(".") for name in sorted(_READ) if "." in name]
_CHECKED = [*(["staged", feed] for feed in load_project().registry.feeds), ["golden", "organisation"]]
VALUE = dg.AssetKey(["kpi", "value"])
MEASURE = dg.AssetKey(["kpi", "quality_measure"])


def _specs() -> list[dg.AssetSpec]:
    # in a function: a list of specs at the top of the module would be loaded as assets of their own
    return [
        table_spec(["kpi", "definition"], "One row per KPI and version of its definition."),
        table_spec(
            ["kpi", "quality_measure"],
            "One row per measure of quality by feed, source, field, region, industry and month: what can be judged, and what of it is right.",
            deps=[
                ["marts", "fct_record"],
                ["golden", "crosswalk"],
                ["golden", "organisation"],
                ["staged", "outbound"],
                ["standard", "phone"],
            ],
        ),
        table_spec(
            ["kpi", "record_gap"],
            "One row per party record that completeness counts, with the fields it does not fill.",
            deps=[["marts", "fct_record"], ["golden", "crosswalk"]],
        ),
        table_spec(
            ["kpi", "value"],
            "One row per KPI, period, set of dimensions and moment it was computed; rows are only added.",
            deps=[*_SOURCES, ["kpi", "quality_measure"]],
        ),
        table_spec(
            ["kpi", "interval_value"],
            "One row per KPI, quarter, half or whole hour and queue or skill: a view over the sums.",
            deps=_SOURCES,
        ),
        table_spec(["kpi", "quality_result"], "One row per quality check and run.", deps=_CHECKED),
    ]


def _check_specs() -> list[dg.AssetCheckSpec]:
    project = load_project()
    return [
        *(check_spec(check, MEASURE) for check in reference_checks()),
        *reading_specs(MEASURE),
        *(check_spec(check, VALUE) for check in target_checks(project.kpis, project.settings)),
        check_spec(alarm_check(), VALUE),
    ]


@dg.multi_asset(name="kpi", specs=_specs(), check_specs=_check_specs(), pool="warehouse")
@step
def kpi(context: dg.AssetExecutionContext, warehouse: WarehouseResource):
    """Evaluate the registry at the run's business time."""
    project = load_project()
    with warehouse.get_connection() as con:
        added = 0
        changed = not is_evaluated(con, project.registry, project.settings)
        if changed:
            added = evaluate(con, project.kpis, project.registry, project.settings, context.run_id)
        outcomes = look_at_marts(con, project.registry, project.kpis, project.settings, context.run_id, changed)
        if changed:
            mark_evaluated(con, project.settings)
        for spec in context.assets_def.specs:
            metadata = table_metadata(con, ".".join(spec.key.path))
            if spec.key == VALUE:
                latest = con.execute(
                    """select d.zh || ' ' || d.en, strftime(v.period_start, '%Y-%m'), case d.unit when 'percent' then printf('%.2f%%', 100 * v.value)
                        when 'seconds' then printf('%.1f s', v.value) else printf('%d', v.value::bigint) end, v.status
                    from kpi.value as v join kpi.definition as d on d.kpi_id = v.kpi_id and d.version = v.definition_version
                    where v.dims = '{}' and v.grain = 'month' and v.value is not null
                    qualify row_number() over (partition by v.kpi_id order by v.period_start desc, v.as_of desc) = 1 order by v.kpi_id"""
                ).fetchall()
                metadata |= {"new_values": added, "latest": markdown_table(("KPI", "month", "value", "status"), latest)}
            yield dg.MaterializeResult(asset_key=spec.key, metadata=metadata)
    yield from marts_results(outcomes, MEASURE, VALUE)
