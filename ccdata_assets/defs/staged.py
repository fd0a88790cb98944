"""staged/<feed>: rows judged by their contract, checked, released or held; staged/<subject>: what is released."""

import dagster as dg

from ccdata_assets.contracts.model import Contract
from ccdata_assets.errors import BlockingCheckFailed
from ccdata_assets.orchestration.deliveries import delivery_metadata
from ccdata_assets.orchestration.delivery_checks import look_at_deliveries
from ccdata_assets.orchestration.metadata import (
    check_result,
    check_spec,
    dimension_results,
    dimension_specs,
    finding_metadata,
    markdown_table,
    shown_name,
    table_metadata,
    table_spec,
)
from ccdata_assets.orchestration.resource import WarehouseResource
from ccdata_assets.orchestration.step import step
from ccdata_assets.project import load_project
from ccdata_assets.quality.record import check_table, record_changes
from ccdata_assets.quality.suites import ROW_ACCOUNTING, cell_checks, delivery_checks, staged_checks
from ccdata_assets.quality.supplier_kit import Kits, write_kits
from ccdata_assets.standard.reasons import all_reasons
from ccdata_assets.standard.sql import load_sql
from ccdata_assets.warehouse.declared import write_declared, write_reasons
from ccdata_assets.warehouse.gate import account, decide, mark, undecided
from ccdata_assets.warehouse.staging import StagedFile, create_views, refuse_lost_feeds, stage_feed
from ccdata_assets.warehouse.state import is_current


def staged_asset(contract: Contract) -> dg.AssetsDefinition:
    """The staging of one feed, with its checks and its gate."""
    key = dg.AssetKey(["staged", contract.feed])
    project = load_project()

    @dg.asset(
        key=key,
        deps=[["raw", contract.feed]],
        group_name="staged",
        kinds={"duckdb"},
        owners=[contract.owner],
        description=f"One row per accepted row of {contract.title.zh} {contract.title.en}, typed; the others are in ops.quarantine with their reasons.",
        check_specs=[
            *dimension_specs(
                [
                    *staged_checks(project.registry, contract, project.kpis, project.settings.as_of),
                    *cell_checks(contract, project.kpis, project.settings.as_of),
                ],
                key,
            ),
            *(check_spec(check, key) for check in delivery_checks(contract)),
        ],
        pool="warehouse",
    )
    @step
    def stage(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
        project = load_project()
        checks = staged_checks(project.registry, contract, project.kpis, project.settings.as_of)
        with warehouse.get_connection() as con:
            try:
                files = stage_feed(con, contract, project.registry, project.settings, context.run_id)
            except BlockingCheckFailed:  # of `quarantine: fail`: the supplier has all the more to mend
                write_kits(con, contract, project.registry, project.settings)
                raise
            changed = undecided(con, contract.feed)
            outcomes = check_table(con, checks, contract.feed, project.settings, context.run_id, changed=changed)
            failed = [
                outcome.check.name
                for outcome in outcomes
                if outcome.check.severity == "blocking" and not outcome.passed
            ]
            held = decide(
                con, contract, project.settings, account(con, contract, project.settings), failed, context.run_id
            )
            marked = mark(con, contract)
            if across := cell_checks(contract, project.kpis, project.settings.as_of):
                changed = changed or marked
                outcomes += check_table(con, across, contract.feed, project.settings, context.run_id, changed=changed)
            kits = write_kits(con, contract, project.registry, project.settings)
            seen = look_at_deliveries(con, project.registry, contract, project.settings, context.run_id)
            record_changes(con, seen.outcomes, contract.feed, project.settings, context.run_id)
            if files:  # what was rejected of a delivery is known only now
                shown = delivery_metadata(con, contract, project.settings)
                context.log_event(dg.AssetObservation(dg.AssetKey(["raw", contract.feed]), metadata=shown))
            titles = {name: " ".join(project.registry.title(name)) for name in contract.fields}
            return dg.MaterializeResult(
                metadata={
                    **table_metadata(con, f"staged.{contract.feed}", titles),
                    "new_staged": sum(file.staged for file in files),
                    "new_quarantined": sum(file.quarantined for file in files),
                    "held_files": len(held),
                    **finding_metadata(con, contract),
                    **_kit_metadata(kits, contract),
                    "files": markdown_table(
                        (
                            "file",
                            "rows",
                            "staged",
                            "quarantined",
                            "blank",
                            "unknown columns",
                            "columns changed",
                            "gate",
                        ),
                        [_line(file, contract, held.get(file.file, file.status)) for file in files],
                    ),
                },
                check_results=[
                    *dimension_results(outcomes, key),
                    *(check_result(outcome, key, seen.metadata[outcome.check.name]) for outcome in seen.outcomes),
                ],
            )

    return stage


def _kit_metadata(kits: Kits, contract: Contract) -> dict[str, int | str | dg.MarkdownMetadataValue]:
    """How many kits there are to send back to suppliers, and where; their names stay out, for files are named after people."""
    failed = {shown_name(file): str(error) for file, error in kits.failed.items()}
    return {
        "supplier_kits": len(kits.paths),
        **({"supplier_kits_folder": f"quarantine/{contract.feed}"} if kits.paths else {}),
        **({"supplier_kits_failed": markdown_table(("file", "error"), failed.items())} if failed else {}),
    }


def _line(file: StagedFile, contract: Contract, gate: str) -> tuple[object, ...]:
    unknown = None if contract.unmapped == "keep" else file.unmapped
    return (
        shown_name(file.file),
        file.rows,
        file.staged,
        file.quarantined,
        file.blank,
        unknown,
        file.drift and shown_name(file.drift),
        gate,
    )


def _union_specs() -> list[dg.AssetSpec]:
    registry = load_project().registry
    feeds = [["staged", feed] for feed in registry.feeds]
    subjects = [
        table_spec(
            ["staged", name],
            f"One row per {subject.row}. {subject.zh} {subject.en}, released batches only.",
            deps=[["staged", contract.feed] for contract in registry.feeds_of(name)],
        )
        for name, subject in registry.subjects.items()
    ]
    return [
        *subjects,
        table_spec(
            ["staged", "value"], "One row per distinct raw value of a kind that a standardiser understands.", deps=feeds
        ),
        table_spec(
            ["staged", "record"], "One row per landed row that is not blank, staged or in quarantine.", deps=feeds
        ),
        table_spec(["staged", "held"], "One row per row of a batch that the gate holds back.", deps=feeds),
        table_spec(["reference", "feed"], "One row per feed that a contract describes."),
        table_spec(["reference", "field"], "One row per business field of fields.yaml."),
        table_spec(["reference", "threshold"], "One row per limit of thresholds.yaml that KPIs count by."),
    ]


RECORD = dg.AssetKey(["staged", "record"])


@dg.multi_asset(
    name="staged_unions",
    specs=_union_specs(),
    check_specs=[
        dg.AssetCheckSpec(
            ROW_ACCOUNTING,
            asset=RECORD,
            blocking=True,
            description="每个文件：入库 = 标准化 + 隔离 + 空行 + 被替代 Landed = staged + quarantined + blank + superseded, for every file",
        ),
        dg.AssetCheckSpec(
            "row_identity",
            asset=RECORD,
            blocking=True,
            description="每一行只出现一次 No row stands twice, in the staged tables and quarantine together",
        ),
    ],
    pool="warehouse",
)
@step
def staged_unions(context: dg.AssetExecutionContext, warehouse: WarehouseResource):
    """Join the feeds of each subject, released batches only, and check what concerns every feed."""
    project = load_project()
    with warehouse.get_connection() as con:
        refuse_lost_feeds(con, project.registry, project.settings)
        if not is_current(con, project.registry, project.settings):
            create_views(con, project.registry)
            write_declared(con, project.registry)
            write_reasons(con, all_reasons(load_sql(project.settings.dbt_dir)))
        accounts = [
            (contract.feed, batch)
            for contract in project.registry.feeds.values()
            for batch in account(con, contract, project.settings)
        ]
        held = set(con.execute("select feed, sha256 from ops.batch_gate where status = 'held'").fetchall())
        # what is held is read by nothing, and said already
        wrong = [batch.file for feed, batch in accounts if not batch.balanced and (feed, batch.sha256) not in held]
        twice = con.execute(
            "select count(*) - count(distinct (feed, sha256, member, row)) from staged.record"
        ).fetchall()[0][0]
        for spec in context.assets_def.specs:
            yield dg.MaterializeResult(asset_key=spec.key, metadata=table_metadata(con, ".".join(spec.key.path)))
    yield dg.AssetCheckResult(
        passed=not wrong,
        check_name=ROW_ACCOUNTING,
        asset_key=RECORD,
        metadata={
            "files": len(accounts),
            "landed": sum(batch.landed for _, batch in accounts),
            "unbalanced": len(wrong),
        },
    )
    yield dg.AssetCheckResult(
        passed=twice == 0, check_name="row_identity", asset_key=RECORD, metadata={"repeated_rows": twice}
    )


@dg.definitions
def defs() -> dg.Definitions:
    return dg.Definitions(
        assets=[*(staged_asset(contract) for contract in load_project().registry.feeds.values()), staged_unions]
    )
