"""golden/*: records that mean the same organisation become one entity with an ID that stays."""

import dagster as dg

from ccdata_assets.orchestration.golden_metadata import read_story, shown, tell, write_story
from ccdata_assets.orchestration.metadata import check_result, check_spec, table_metadata, table_spec
from ccdata_assets.orchestration.resource import WarehouseResource
from ccdata_assets.orchestration.step import step
from ccdata_assets.project import load_project
from ccdata_assets.quality.record import check_table
from ccdata_assets.quality.suites import golden_checks
from ccdata_assets.resolution.engine import resolve
from ccdata_assets.resolution.metrics import count_all
from ccdata_assets.resolution.stability import accept, write_known
from ccdata_assets.resolution.steward_answers import read_answers
from ccdata_assets.resolution.stewards import write_review
from ccdata_assets.warehouse.state import is_current

ORGANISATION = dg.AssetKey(["golden", "organisation"])
_SPECS = {
    "organisation": "One row per live organisation, each value with the record that gave it.",
    "contact": "One row per person in an organisation, each value with the record that gave it.",
    "organisation_history": "One row per change of an organisation's golden record: as it was from then on.",
    "contact_history": "One row per change of a contact's golden record: as it was from then on.",
    "crosswalk": "One row per staged row that names an organisation or a person, with their IDs.",
    "entity_event": "One row per birth, merge, split, move, retirement, lock or unlock of an entity, with its cause.",
    "membership": "One row per row that came to another entity, and when: the crosswalk of any day.",
    "decision": "One row per decision of a steward that rows are one organisation or are not.",
}


@dg.multi_asset(
    name="golden",
    specs=[
        table_spec(["golden", name], text, "team:data-quality", [["standard", "party_record"]])
        for name, text in _SPECS.items()
    ],
    check_specs=[check_spec(check, ORGANISATION, blocking=True) for check in golden_checks()],
    pool="warehouse",
)
@step
def golden(context: dg.AssetExecutionContext, warehouse: WarehouseResource):
    """Cluster the records, keep or give IDs, choose the golden values, check what must always hold."""
    project = load_project()
    rules, model, settings = project.rules, project.model, project.settings
    with warehouse.get_connection() as con:
        read_answers(con, project.registry, settings, context.run_id)
        current = is_current(con, project.registry, settings)
        if not current:
            resolved = resolve(con, rules, model, settings, context.run_id)
            known = write_known(con, rules, model)
            write_story(con, tell(con, resolved, count_all(con, rules), known))
        write_review(con, rules, model, settings, current)
        outcomes = check_table(con, golden_checks(), None, settings, context.run_id, changed=not current)
        if not current and all(outcome.passed for outcome in outcomes):
            accept(con, rules, model)
        story = read_story(con)
        for spec in context.assets_def.specs:
            metadata = {**table_metadata(con, ".".join(spec.key.path)), **shown(story.get(spec.key.path[-1], {}))}
            if spec.key == ORGANISATION and current:
                metadata["unchanged"] = True
            yield dg.MaterializeResult(asset_key=spec.key, metadata=metadata)
    for outcome in outcomes:
        yield check_result(outcome, ORGANISATION)
