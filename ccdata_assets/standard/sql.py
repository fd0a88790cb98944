"""The SQL of the dictionaries, rendered without starting dbt.

dbt's project stays the only place where a rule is written: its models and macros are Jinja over SQL, and a dictionary uses
no more of dbt than `ref`, `source`, `config`, `this` and `is_incremental`. So a command that reads a file of values, and
the staging of contracts, render the same text in milliseconds where dbt takes seconds to start.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import jinja2

from ccdata_assets.contracts.yaml_source import plain_yaml
from ccdata_assets.errors import CcdataError

_PARTS = ("models/standard", "models/party", "analyses/standard")
"""Folders of models that need no more of dbt than is rendered here."""


class Project:
    """The models, macros and seeds of a dbt project folder, by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.models = {path.stem: path for part in _PARTS for path in sorted(folder.glob(f"{part}/*.sql"))}
        self.seeds = {path.stem: path for path in sorted(folder.glob("seeds/*.csv"))}
        self._macro_text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("macros/*.sql")))
        sources = plain_yaml(folder / "models" / "sources.yml")["sources"]
        self._schemas = {source["name"]: source.get("schema", source["name"]) for source in sources}
        self._found: set[str] = set()

    @cached_property
    def _properties(self) -> dict[str, dict[str, Any]]:
        """What the yml files say, by the name of a seed, model or analysis."""
        found: dict[str, dict[str, Any]] = {}
        for path in [path for part in ("seeds", *_PARTS) for path in sorted(self.folder.glob(f"{part}/*.yml"))]:
            declared = plain_yaml(path) or {}
            for kind in ("seeds", "models", "analyses"):
                found |= {each["name"]: each for each in declared.get(kind, [])}
        return found

    def properties(self, name: str) -> dict[str, Any]:
        """What the yml file beside a model or seed says of it; empty where there is none."""
        return self._properties.get(name, {})

    def alias(self, seed: str) -> str:
        """The table that a seed becomes, in the schema reference."""
        return str(self.properties(seed).get("config", {}).get("alias", seed))

    def seed_types(self, seed: str) -> dict[str, str]:
        """The declared column types of a seed."""
        return dict(self.properties(seed).get("config", {}).get("column_types", {}))

    def render(self, name: str, found: set[str] | None = None) -> str:
        """The SQL of a first run of a model; the names of what it refers to are added to `found`.

        Models are called standard.<name>, seeds reference.<table>, sources <schema>.<table>.
        """
        if name not in self.models:
            raise CcdataError(f"there is no dictionary {name}; fix: use one of {', '.join(self.models)}")
        self._found = set() if found is None else found
        template = self._environment.from_string(self.models[name].read_text(encoding="utf-8"))
        return str(template.render(self.macros))

    def macro(self, name: str, *args: Any, **kwargs: Any) -> str:
        """The text of one macro."""
        return str(self.macros[name](*args, **kwargs)).strip()

    def _ref(self, name: str) -> str:
        self._found.add(name)
        return f"reference.{self.alias(name)}" if name in self.seeds else f"standard.{name}"

    @cached_property
    def _environment(self) -> jinja2.Environment:
        environment = jinja2.Environment(extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined)
        environment.globals |= {
            "ref": self._ref,
            "source": lambda source, table: f"{self._schemas[source]}.{table}",
            "config": lambda **_: "",
            "is_incremental": lambda: False,
            "this": "",  # of a first run nothing is known yet
            "target": {"schema": "main"},
        }
        return environment

    @cached_property
    def macros(self) -> dict[str, Any]:
        """The macros of the project, compiled once: that takes longer than rendering with them."""
        module = self._environment.from_string(self._macro_text).make_module()
        return {key: value for key, value in vars(module).items() if not key.startswith("_")}


@lru_cache
def load_sql(folder: Path) -> Project:
    """The project of a folder, read once a process."""
    return Project(folder)
