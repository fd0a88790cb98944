"""dbt under Dagster: the project and its manifest, the asset keys, and a run whose output is scrubbed.

dbt prints what DuckDB says, and DuckDB prints values; so its log goes through the scrubber line by line, and a failure
names the models that failed with their messages masked.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from functools import cached_property
from graphlib import TopologicalSorter
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator, DbtCliResource
from packaging.version import Version

from ccdata_assets.errors import CcdataError, scrub
from ccdata_assets.orchestration.metadata import dictionary_metadata, table_metadata
from ccdata_assets.orchestration.resource import WarehouseResource
from ccdata_assets.project import Project
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.publish import WHOLE_SCHEMAS
from ccdata_assets.warehouse.state import is_current, recall, remember

DBT = str(Path(sys.executable).with_name("dbt"))
_SOURCES = ("*.sql", "*.yml", "*.csv")
_PARSED = "partial_parse.msgpack"
"""What dbt has parsed, beside the manifest: the next dbt need not parse it again."""


def dbt_environment(settings: Settings) -> dict[str, str]:
    """What a dbt process reads of the environment.

    The warehouse is named from HOME: dbt throws away what it has parsed when a connection is spelled otherwise, and so one
    parsing serves every home.
    """
    return {
        "HOME": str(settings.warehouse_path.parent),
        "CCDATA_WAREHOUSE": f"~/{settings.warehouse_path.name}",
        "CCDATA_MEMORY_LIMIT": settings.memory_limit,
        "CCDATA_THREADS": str(settings.threads),
        "DBT_PROFILES_DIR": str(settings.dbt_dir),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }


def manifest_path(settings: Settings) -> Path:
    """The manifest of the dbt project as it is now, parsed again only when a file of the project has changed."""
    digest = hashlib.sha256(settings.memory_limit.encode())  # of the connection, like HOME
    for path in sorted(path for pattern in _SOURCES for path in settings.dbt_dir.rglob(pattern)):
        if "target" not in path.parts:
            digest.update(path.as_posix().encode() + path.read_bytes())
    target = settings.dbt_dir / "target"
    manifest, stamp = target / "manifest.json", target / "manifest.sha256"
    if not (manifest.exists() and stamp.exists() and stamp.read_text() == digest.hexdigest()):
        target.mkdir(exist_ok=True)
        with TemporaryDirectory(dir=target) as scratch:  # another process may be reading the manifest, or parse too
            done = subprocess.run(
                [
                    *(DBT, "--quiet", "parse", "--project-dir", str(settings.dbt_dir), "--no-version-check"),
                    *("--target-path", scratch),
                ],
                env={**os.environ, **dbt_environment(settings)}, capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode:
                raise CcdataError(
                    f"dbt cannot read its project; fix: run `dbt parse` in dbt_project\n{scrub(done.stdout[-2000:])}"
                )
            Path(scratch, stamp.name).write_text(digest.hexdigest())
            for name in (_PARSED, manifest.name, stamp.name):
                Path(scratch, name).replace(target / name)
    return manifest


class _Dbt(DbtCliResource):
    """dbt of this environment, started without what takes seconds and serves nothing here.

    `dbt --version` also asks the package index for newer ones; an adapter in our process would fetch row counts and columns,
    which `build` reads itself.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:
        return None


def dbt_resource(settings: Settings) -> DbtCliResource:
    """The dbt command line of this environment."""
    return _Dbt(
        project_dir=str(settings.dbt_dir),
        profiles_dir=str(settings.dbt_dir),
        dbt_executable=DBT,
        global_config_flags=["--no-use-colors", "--log-level-file", "none"],
    )


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


class _Scrubbed(io.TextIOBase):
    """A text stream that masks each line before it passes it on."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write("\n".join(scrub(line) for line in text.split("\n")))
        return len(text)

    def flush(self) -> None:
        self._stream.flush()


def build(
    context: dg.AssetExecutionContext, dbt: DbtCliResource, warehouse: WarehouseResource, settings: Settings
) -> Iterator[Any]:
    """Run `dbt build` for the selected models and yield their results with row counts and columns.

    Results are held back until dbt has ended, for only then can the warehouse be opened again to count.
    Reference tables, and what is made of them alone, that were loaded and tested as they are now are not made again.
    Raises CcdataError naming the failed models and tests.
    """
    results: list[Any] = []
    target = Path(warehouse.database).parent / "dbt" / context.op.name
    own = {spec.key for spec in context.assets_def.specs}
    nodes = reference_nodes(settings)  # of all groups, for a dimension is made of reference tables of another one
    reference = {key: node for key, node in nodes.items() if key in own}
    digest, remembered = _digest(settings.dbt_dir, nodes.values()), f"reference of {context.op.name}"
    with warehouse.get_connection() as con:
        is_loaded = recall(con, remembered) == digest
        if not is_loaded:
            remember(con, remembered, "")  # until they have passed their tests
    warehouse.close_file()
    as_it_is = " ".join(node["name"] for node in reference.values())
    with redirect_stdout(_Scrubbed(sys.stdout)):
        with _environment(dbt_environment(settings)):
            invocation = dbt.cli(
                [
                    *("build", "--exclude-resource-type", "unit_test"),
                    *("--partial-parse-file-path", str(manifest_path(settings).with_name(_PARSED))),
                    # without the cautious selection a test of a model against a reference table would go with the table
                    *(("--exclude", as_it_is, "--indirect-selection", "cautious") if is_loaded else ()),
                ],
                context=context,
                raise_on_error=False,
                target_path=target,
            )
        results = list(invocation.stream())
        succeeded = invocation.is_successful()
    with warehouse.get_connection() as con:
        if is_loaded:  # first, for models are made of them
            yield from _as_they_are(con, context, reference)
        for result in results:
            if isinstance(result, dg.Output) and isinstance(result.metadata, Mapping):
                key = context.asset_key_for_output(result.output_name)
                extra = _metadata(con, key)
                result = dg.Output(
                    result.value,
                    output_name=result.output_name,
                    metadata={**_short(result.metadata), **extra},
                    data_version=result.data_version,
                )
            yield result
        if succeeded:
            remember(con, remembered, digest)
    if not succeeded:
        raise CcdataError(_failures(invocation))


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """These variables for the processes started within, as dagster-dbt hands on its own environment."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            if name in before:
                os.environ[name] = before[name]
            else:
                del os.environ[name]


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


def _digest(project: Path, nodes: Iterable[Mapping[str, Any]]) -> str:
    """Hash of these nodes' files, of what is declared and tested of them, and of what their SQL may call."""
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


def _failures(invocation: Any) -> str:
    try:
        results = invocation.get_artifact("run_results.json")["results"]
    except FileNotFoundError:
        return "dbt could not read its project; fix: run `make check`, or `dbt parse` in dbt_project"
    failed = [
        f"{result['unique_id'].split('.', 2)[-1]}: {scrub(str(result.get('message') or result['status']))}"
        for result in results
        if result["status"] in ("error", "fail", "runtime error")
    ]
    return "dbt failed; fix: see the models named\n" + "\n".join(failed)


def bring_up_to_date(
    context: dg.AssetExecutionContext, dbt: DbtCliResource, warehouse: WarehouseResource, project: Project
) -> Iterator[Any]:
    """Build the selected models, or where nothing they depend on has changed give their tables and checks as they are."""
    with warehouse.get_connection() as con:
        current = is_current(con, project.registry, project.settings)
    yield from _unchanged(context, warehouse) if current else build(context, dbt, warehouse, project.settings)


def _unchanged(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> Iterator[Any]:
    """The tables as they are. Their tests passed when they were built, or nothing would have been published."""
    with warehouse.get_connection() as con:
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
