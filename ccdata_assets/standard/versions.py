"""`python -m ccdata_assets.standard.versions`: ties the version of each dictionary's rules to the rules themselves.

A run reads a value again only when the version of its rules has changed (dbt_project/macros/rule_version.sql). So a change of
rules, or of a reference table they read, that leaves the version alone never reaches the values that homes have already
read. dbt_project/rules.lock.json holds a hash of each dictionary's rules beside its version; a test compares it with the
project, and this command writes it, unless the rules changed and the version did not.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Annotated

import typer

from ccdata_assets.project import load_project
from ccdata_assets.standard.sql import Project, load_sql

LOCK = "rules.lock.json"
_VERSION = re.compile(r"'[^']+' as rule_version")
_REMARK = re.compile(r"(?m)^\s*--.*$")
"""A line of remark; two dashes within a line may stand in a pattern, and a pattern is a rule."""


def rules(project: Project) -> dict[str, dict[str, str]]:
    """Version and hash of the rules of every dictionary and every model that puts their answers together.

    The hash covers the SQL without comments and layout, and what it refers to: seeds by their bytes, tables without a
    version by their own rules. A dictionary it refers to has its own version and is left out.
    """
    versions = {name: version for name in project.models if (version := project.macro("rule_version", name))}
    return {
        name: {"version": version, "hash": _hash(project, name, frozenset(versions))}
        for name, version in sorted(versions.items())
    }


def _hash(project: Project, name: str, versioned: frozenset[str]) -> str:
    referred: set[str] = set()
    text = _VERSION.sub("", project.render(name, referred))
    digest = hashlib.sha256(" ".join(_REMARK.sub("", text).split()).encode())
    for other in sorted(referred - versioned):
        if other in project.seeds:
            digest.update(project.seeds[other].read_bytes())
        else:
            digest.update(_hash(project, other, versioned).encode())
    return digest.hexdigest()[:16]


def unraised(project: Project) -> list[str]:
    """The dictionaries whose rules are not those of the lock while their version is."""
    locked = read_lock(project)
    return [
        name
        for name, now in rules(project).items()
        if name in locked and now["version"] == locked[name]["version"] and now["hash"] != locked[name]["hash"]
    ]


def read_lock(project: Project) -> dict[str, dict[str, str]]:
    """The lock file's content."""
    path = project.folder / LOCK
    found: dict[str, dict[str, str]] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found


def main(
    same_answers: Annotated[
        bool,
        typer.Option(help="The rules are written differently and give the same answers; no version needs raising."),
    ] = False,
) -> None:
    """Write the lock file; exit code 1, and nothing written, where a version must be raised first."""
    project = load_sql(Path(load_project().settings.dbt_dir))
    changed = unraised(project)
    if changed and not same_answers:
        typer.echo(
            f"the rules of {', '.join(changed)} have changed; fix: raise their versions in dbt_project/macros/rule_version.sql, "
            "or say --same-answers if no value is read differently",
            err=True,
        )
        raise typer.Exit(1)
    (project.folder / LOCK).write_text(json.dumps(rules(project), indent=1) + "\n", encoding="utf-8")
    typer.echo(f"wrote {project.folder.name}/{LOCK}")


if __name__ == "__main__":
    typer.run(main)
