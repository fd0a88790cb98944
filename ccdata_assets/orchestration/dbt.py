"""dbt under Dagster: the asset keys, and a build whose output is scrubbed.

dbt prints what DuckDB says, and DuckDB prints values; so its log goes through the scrubber line by line, and a failure
names the models that failed with their messages masked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator
from dagster_dbt.asset_utils import get_updated_cli_invocation_params_for_context
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from ccdata_assets.errors import CcdataError
from ccdata_assets.orchestration.dbt_runner import invoke, manifest_path
from ccdata_assets.orchestration.metadata import dictionary_metadata, table_metadata
from ccdata_assets.orchestration.resource import WarehouseResource
from ccdata_assets.project import Project
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.publish import WHOLE_SCHEMAS
from ccdata_assets.warehouse.state import fingerprint, is_current, recall, remember


class Translator(DagsterDbtTranslator):
    """Asset keys are schema and name, as in the warehouse; groups are the schemas."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        declared = dbt_resource_props.get("config", {}).get("meta", {}).get("dagster", {}).get("asset_key")
        return dg.AssetKey(
            declared
            or [str(dbt_resource_props["schema"]), str(dbt_resource_props.get("alias") or dbt_resource_props["name"])]
        )

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return str(dbt_resource_props["schema"])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str]:
        return ["team:data-resource"]

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return str(dbt_resource_props.get("description") or "")


def build(context: dg.AssetExecutionContext, warehouse: WarehouseResource, settings: Settings) -> Iterator[Any]:
    """Run `dbt build` for the selected models and yield their results with row counts and columns.

    Results are held back until dbt has ended, for only then can the warehouse be opened again to count.
    Reference tables, and what is made of them alone, that were loaded and tested as they are now are not made again.
    Raises CcdataError naming the failed models and tests.
    """
    target = Path(warehouse.database).parent / "dbt" / context.op.name
    own = {spec.key for spec in context.assets_def.specs}
    nodes = reference_nodes(settings)  # of all groups, for a dimension is made of reference tables of another one
    reference = {key: node for key, node in nodes.items() if key in own}
    digest, remembered = reference_digest(settings.dbt_dir, nodes.values()), f"reference of {context.op.name}"
    with warehouse.get_connection() as con:
        is_loaded = recall(con, remembered) == digest
        if not is_loaded:
            remember(con, remembered, "")  # until they have passed their tests
    warehouse.close_file()
    chosen = get_updated_cli_invocation_params_for_context(
        context, {}, Translator(), runtime_excludes=[node["name"] for node in reference.values()] if is_loaded else []
    )
    # without the cautious selection a test of a model against a reference table would go with the table
    indirect = "cautious" if is_loaded else chosen.indirect_selection
    done = invoke(
        settings,
        target,
        [
            *("build", "--exclude-resource-type", "unit_test", *chosen.selection_args),
            *(("--indirect-selection", indirect) if indirect else ()),
        ],
        tell=lambda line: print(line, flush=True),
    )
    with warehouse.get_connection() as con:
        if is_loaded:  # first, for models are made of them
            yield from _as_they_are(con, context, reference)
        for event in done.events:
            for result in DbtCoreCliEventMessage(event, {}).to_default_asset_events(
                chosen.manifest, chosen.dagster_dbt_translator, context, target
            ):
                if isinstance(result, dg.Output) and isinstance(result.metadata, Mapping):
                    extra = _metadata(con, context.asset_key_for_output(result.output_name))
                    yield dg.Output(
                        result.value,
                        output_name=result.output_name,
                        metadata={**_short(result.metadata), **extra},
                        data_version=result.data_version,
                    )
                else:
                    yield result
        if done.succeeded and not context.is_subset:
            remember(con, remembered, digest)
    if not done.succeeded:
        failures = done.failures() or ["dbt does not say what"]
        raise CcdataError("\n".join(["dbt failed; fix: see the models named", *failures]))


def reference_nodes(settings: Settings) -> dict[dg.AssetKey, dict[str, Any]]:
    """The nodes of the manifest that no delivery changes, by asset key: seeds, and models made of such nodes alone."""
    nodes = _nodes(settings)
    made_of = {
        name: node["depends_on"].get("nodes", [])
        for name, node in nodes.items()
        if node["resource_type"] in ("seed", "model")
    }
    found: set[str] = set()
    for name in TopologicalSorter(made_of).static_order():
        if name in nodes and (
            nodes[name]["resource_type"] == "seed" or (made_of[name] and found.issuperset(made_of[name]))
        ):
            found.add(name)
    return {_key_of(nodes[name]): nodes[name] for name in sorted(found)}


def reference_digest(project: Path, nodes: Iterable[Mapping[str, Any]]) -> str:
    """Hash of these nodes' files in the dbt project, of what is declared and tested of them, and of what their SQL may call."""
    files = {project / "dbt_project.yml", *(project / "macros").glob("*.sql")}
    for node in nodes:
        files |= {
            project / node["original_file_path"],
            *(project / path.split("://")[1] for path in [node["patch_path"]] if path),
        }
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _metadata(con: duckdb.DuckDBPyConnection, key: dg.AssetKey) -> dict[str, Any]:
    metadata = table_metadata(con, ".".join(f'"{part}"' for part in key.path))
    schema, name = key.path
    names = {column.name for column in metadata["dagster/column_schema"].columns}
    if schema == "standard" and {"raw", "status", "reason"} <= names:
        metadata |= dictionary_metadata(con, name)
    return metadata


def _short(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in metadata.items() if name in ("Execution Duration", "unique_id")}


def bring_up_to_date(
    context: dg.AssetExecutionContext,
    warehouse: WarehouseResource,
    project: Project,
    feeds: Collection[str] | None = None,
) -> Iterator[Any]:
    """Build the selected models, or where nothing they depend on has changed give their tables and checks as they are.

    `feeds`: those that the models are made of, where these are not all.
    """
    remembered = f"feeds of {context.op.name}"
    with warehouse.get_connection() as con:
        now = fingerprint(con, project.registry, project.settings, feeds)
        is_built = feeds is not None and recall(con, remembered) == now
        if is_built or is_current(con, project.registry, project.settings):
            yield from _unchanged(context, con)
            return
        remember(con, remembered, "")  # until all of it is built
    yield from build(context, warehouse, project.settings)
    if not context.is_subset:
        with warehouse.get_connection() as con:
            remember(con, remembered, now)


def _unchanged(context: dg.AssetExecutionContext, con: duckdb.DuckDBPyConnection) -> Iterator[Any]:
    """The tables as they are. Their tests passed when they were built, or they would be built again."""
    yield from _as_they_are(con, context, {spec.key for spec in context.assets_def.specs})


def _as_they_are(
    con: duckdb.DuckDBPyConnection, context: dg.AssetExecutionContext, keys: Collection[dg.AssetKey]
) -> Iterator[Any]:
    """Tables that nothing has touched, and their tests, which have passed."""
    own = {spec.key: {dep.asset_key for dep in spec.deps} for spec in context.assets_def.specs if spec.key in keys}
    for key in (key for key in TopologicalSorter(own).static_order() if key in own):
        yield dg.MaterializeResult(asset_key=key, metadata={**_metadata(con, key), "unchanged": True})
    for check in context.selected_asset_check_keys:
        if check.asset_key in keys:
            yield dg.AssetCheckResult(
                passed=True, check_name=check.name, asset_key=check.asset_key, metadata={"unchanged": True}
            )


def published_keys(settings: Settings) -> list[dg.AssetKey]:
    """Keys of the dbt models that are published: those of the marts and kpi schemas."""
    models = [node for node in _nodes(settings).values() if node["resource_type"] == "model"]
    return sorted(key for key in map(_key_of, models) if key.path[0] in WHOLE_SCHEMAS)


def _nodes(settings: Settings) -> dict[str, dict[str, Any]]:
    """The nodes of the dbt project's manifest by their unique ID."""
    nodes: dict[str, dict[str, Any]] = json.loads(manifest_path(settings).read_text(encoding="utf-8"))["nodes"]
    return nodes


def _key_of(node: Mapping[str, Any]) -> dg.AssetKey:
    return dg.AssetKey([node["schema"], node.get("alias") or node["name"]])
