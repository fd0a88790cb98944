"""What dictionaries say of a value: every reason code with its text in both languages, declared beside each model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ccdata_assets.standard.sql import Project


@dataclass(frozen=True)
class Reason:
    """One reason code of one dictionary, the statuses it explains, and what it says."""

    dictionary: str
    reason: str
    statuses: tuple[str, ...]
    zh: str
    en: str


def reasons_of(project: Project, dictionary: str) -> list[Reason]:
    """The declared reasons of one dictionary, in their order."""
    declared = project.properties(dictionary).get("config", {}).get("meta", {}).get("reasons", {})
    return [
        Reason(dictionary, code, (said["status"],) if isinstance(said["status"], str) else tuple(said["status"]), said["zh"], said["en"])
        for code, said in declared.items()
    ]  # fmt: skip


def all_reasons(project: Project) -> Iterator[Reason]:
    """The declared reasons of every dictionary."""
    for name in project.models:
        yield from reasons_of(project, name)
