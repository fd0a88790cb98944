"""All declarations loaded and checked against each other, so that no run starts on a contract that cannot work."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb

from ccdata_assets.contracts import checked
from ccdata_assets.contracts import compile as compiler
from ccdata_assets.contracts.headers import HeaderMap, header_index, is_secret_header, normal_header, secret_headers
from ccdata_assets.contracts.model import (
    AgreeRule,
    CellRule,
    CodeList,
    Contract,
    FieldDef,
    FileSource,
    Rule,
    SpellingRule,
    Subject,
)
from ccdata_assets.contracts.yaml_source import YamlSource
from ccdata_assets.errors import ContractError, scrub

HERE = Path(__file__).parent
FEEDS_DIR = HERE / "feeds"
SECRET_KINDS = ("id_card",)
"""Dictionaries of what landing replaces (landing.secrets)."""


@dataclass(frozen=True)
class Registry:
    """Every declaration by name, cross-checked."""

    fields: Mapping[str, FieldDef]
    codes: Mapping[str, CodeList]
    subjects: Mapping[str, Subject]
    feeds: dict[str, Contract]
    time_zone: str
    functions: str = field(repr=False, default="")
    """SQL of the functions contracts may use, run on every connection."""

    def feed_of(self, path: str) -> Contract | None:
        """The feed that a file of the inbox (`folder/name`, relative to it) belongs to."""
        return next(
            (contract for contract in self.feeds.values() if any(fnmatch(path, glob) for glob in contract.files)), None
        )

    def feeds_of(self, subject: str) -> list[Contract]:
        """The feeds about a subject, by name."""
        return [contract for _, contract in sorted(self.feeds.items()) if contract.subject == subject]

    def title(self, name: str) -> tuple[str, str]:
        """Chinese and English name of a field; its own name where it is local to a feed."""
        known = self.fields.get(name)
        return (known.zh, known.en) if known else (name, name)


def load_registry(extra_dirs: Iterable[Path] = (), time_zone: str = "Asia/Shanghai") -> Registry:
    """Load fields, codes, subjects and all contracts (the package's and those of `extra_dirs`) and cross-check them.

    The package's own are loaded and checked once a process. Raises ContractError with one line for every mistake
    found: file, line, what is wrong and the fix.
    """
    shipped, shipped_sources, shipped_problems = _shipped(FEEDS_DIR, time_zone)
    registry = replace(shipped, feeds=dict(shipped.feeds))
    sources, problems = dict(shipped_sources), list(shipped_problems)
    own = _load_feeds([path for folder in extra_dirs for path in _contract_files(folder)], registry, sources, problems)
    problems += _check_feeds(registry, own, sources)
    problems += _check_overlaps(registry, sources)
    if problems:
        raise ContractError("\n".join(str(problem) for problem in problems))
    return registry


@lru_cache
def _shipped(feeds_dir: Path, time_zone: str) -> tuple[Registry, dict[str, YamlSource], list[ContractError]]:
    """The package's declarations, where they stand, and what is wrong with them."""
    fields_source, codes_source, subjects_source = (
        YamlSource(HERE / f"{name}.yaml") for name in ("fields", "codes", "subjects")
    )
    fields, codes = fields_source.parse_each(FieldDef), codes_source.parse_each(CodeList)
    subjects = subjects_source.parse_each(Subject)
    problems: list[ContractError] = []
    for name, spec in fields.items():
        if spec.type.startswith("code:") and spec.type[5:] not in codes:
            problems.append(
                fields_source.error((name, "type"), f"there is no code list {spec.type[5:]}", "add it to codes.yaml")
            )
        if spec.pii == "secret" and spec.standardiser not in SECRET_KINDS:
            problems.append(
                fields_source.error(
                    (name, "pii"),
                    f"nothing replaces values of {name} as they land",
                    f"use one of {', '.join(SECRET_KINDS)}",
                )
            )
    for name, subject in subjects.items():
        for place, member in enumerate(subject.fields):
            if member not in fields:
                problems.append(
                    subjects_source.error(
                        (name, "fields", place), f"{member} is not in fields.yaml", "add the field there"
                    )
                )
    functions = (HERE / "functions.sql").read_text(encoding="utf-8")
    registry = Registry(fields, codes, subjects, {}, time_zone, functions)
    sources: dict[str, YamlSource] = {}
    own = _load_feeds(_contract_files(feeds_dir), registry, sources, problems)
    state = checked.digest(
        [*HERE.rglob("*.yaml"), *HERE.glob("*.sql"), *HERE.glob("*.py"), *_contract_files(feeds_dir)]
    )
    if not checked.is_marked(state):
        problems += _check_feeds(registry, own, sources)
        if not problems:
            checked.mark(state)
    return registry, sources, problems


def _contract_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise ContractError(
            f"CCDATA_CONTRACTS: there is no folder {folder.name}; fix: create it or correct the variable"
        )
    return sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])


def _load_feeds(
    paths: Iterable[Path], registry: Registry, sources: dict[str, YamlSource], problems: list[ContractError]
) -> list[str]:
    """Add the contracts of these files to the registry and what is wrong with them to the problems; their names."""
    feeds: dict[str, Contract] = dict(registry.feeds)
    loaded = []
    for path in paths:
        try:
            source = YamlSource(path)
            contract = source.parse(Contract)
            if contract.feed in feeds:
                raise source.error(
                    ("feed",),
                    f"{contract.feed} is declared in {sources[contract.feed].path.name} too",
                    "give it another name",
                )
            if path.stem != contract.feed:
                raise source.error(
                    ("feed",),
                    f"{contract.feed} does not match the file's name {path.name}",
                    f"name the file {contract.feed}.yaml",
                )
            feeds[contract.feed], sources[contract.feed] = contract, source
            loaded.append(contract.feed)
        except ContractError as error:
            problems.append(error)
    registry.feeds.update(feeds)
    return loaded


def _check_feeds(registry: Registry, names: Sequence[str], sources: Mapping[str, YamlSource]) -> list[ContractError]:
    if not names:
        return []
    problems: list[ContractError] = []
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute(registry.functions)
        for feed in names:
            found = list(_check_names(registry, registry.feeds[feed], sources[feed]))
            problems += found or _check_sql(con, registry, registry.feeds[feed], sources[feed])
    return problems


def _check_names(registry: Registry, contract: Contract, source: YamlSource) -> Iterable[ContractError]:
    secret = secret_headers(registry.fields)
    if contract.subject not in registry.subjects:
        yield source.error(
            ("subject",), f"there is no subject {contract.subject}", f"use one of {', '.join(registry.subjects)}"
        )
    reserved = {*registry.subjects, "value", "record", "party_replaced"}
    if contract.feed in reserved:
        yield source.error(
            ("feed",), f"{contract.feed} is the name of a table of all feeds", "give the feed another name"
        )
    for name in registry.subjects[contract.subject].required if contract.subject in registry.subjects else ():
        if name not in contract.fields or not contract.fields[name].required:
            yield source.error(
                ("fields", name),
                f"every {contract.subject} needs {name}",
                f"declare `{name}: {{required: true}}`, read or derived",
            )
    for name, use in contract.fields.items():
        path = ("fields", name)
        if name not in registry.fields and use.type is None:
            yield source.error(
                path,
                f"{name} is not in fields.yaml",
                "correct the name, add it there, or give it a `type` here to keep it local",
            )
            continue
        kind = compiler.field_type(registry, contract, name)
        # the union of the subject takes a text or what is of the field's own type
        if name in registry.fields and compiler.column_type(registry.fields[name].type) not in (
            "varchar",
            compiler.column_type(kind),
        ):
            yield source.error(
                (*path, "type"),
                f"{name} is of type {registry.fields[name].type} in fields.yaml and cannot be {kind} in one feed",
                "leave the type out, or read the column into a local field of another name and derive this one",
            )
        if kind.startswith("code:") and kind[5:] not in registry.codes:
            yield source.error((*path, "type"), f"there is no code list {kind[5:]}", "add it to codes.yaml")
        elif use.codes and not kind.startswith("code:"):
            yield source.error((*path, "codes"), f"{name} is of type {kind}, which has no codes", "remove `codes`")
        else:
            for word, value in use.codes.items():
                if value not in registry.codes[kind[5:]].values:
                    yield source.error(
                        (*path, "codes", word), f"{value} is not in the code list {kind[5:]}", "use one of its values"
                    )
        for place, form in enumerate(use.format):
            if "%" not in form:
                yield source.error(
                    (*path, "format", place), "a format is a strptime form such as %Y-%m-%d", "correct it"
                )
        if name in registry.fields and registry.fields[name].pii == "secret":
            if use.derive is not None or use.type not in (None, "text"):
                yield source.error(
                    path,
                    f"{name} is secret and replaced as it lands",
                    "read it from a column, without `derive` or `type`",
                )
        elif name not in registry.fields:
            for place, alias in enumerate(use.from_):
                if is_secret_header(alias, secret):
                    yield source.error(
                        (*path, "from", place),
                        f"{alias} is a header of a secret field, and {name} is local",
                        "read it into the secret field, or leave the column out",
                    )
    yield from _check_positions(contract, source)
    if contract.control.rows and not contract.control.sidecar and re.search(contract.control.rows, "12"):
        yield source.error(
            ("control", "rows"), "the pattern fits any number, so it would fit records too", "add the words around it"
        )
    for place, name in enumerate(contract.control.sums):
        if name not in contract.fields or contract.fields[name].derive is not None:
            yield source.error(
                ("control", "sums", place), f"{name} is not a column of this contract", "give a field that is read"
            )
    for place, name in enumerate(contract.key):
        if name not in contract.fields:
            yield source.error(
                ("key", place),
                f"{name} is not a field of this contract",
                "add it under `fields` or leave it out of the key",
            )
    if contract.crm_id_of and (contract.subject != "party" or "crm_id" not in contract.fields):
        yield source.error(
            ("crm_id_of",),
            "the feed has no crm_id of a company or person",
            "declare crm_id under `fields` of a contract of the subject party, or leave crm_id_of out",
        )
    for place, rule in enumerate(contract.rules):
        for where, member in _rule_fields(rule):
            if member not in contract.fields:
                yield source.error(
                    ("rules", place, *where), f"{member} is not a field of this contract", "correct the name"
                )
        yield from _check_cell_rule(registry, contract, source, place)
        if rule.name in {other.name for other in contract.rules[:place]}:
            yield source.error(("rules", place, "name"), f"{rule.name} is given twice", "give each rule its own name")
    owners: dict[str, str] = {}
    for name, use in contract.fields.items():
        for alias in use.from_:
            first = owners.setdefault(normal_header(alias), name)
            if first != name:
                yield source.error(
                    ("fields", name, "from"), f"the header {alias} is claimed by {first} too", "give it to one field"
                )


def _rule_fields(rule: Rule | CellRule) -> Iterable[tuple[tuple[str | int, ...], str]]:
    """Where a rule names a field, and which."""
    if isinstance(rule, Rule):
        if rule.field:
            yield ("field",), rule.field
        return
    kind = "agree" if isinstance(rule, AgreeRule) else "spelling"
    yield from (((kind, "fields", place), name) for place, name in enumerate(rule.fields))
    if isinstance(rule, AgreeRule):
        yield from ((("agree", "by", place), name) for place, name in enumerate(rule.agree.by))
        if rule.agree.source:
            yield ("agree", "source"), rule.agree.source


def _check_cell_rule(registry: Registry, contract: Contract, source: YamlSource, place: int) -> Iterable[ContractError]:
    rule = contract.rules[place]
    if isinstance(rule, AgreeRule):
        for name in rule.fields:
            if name in (*rule.agree.by, rule.agree.source):
                yield source.error(
                    ("rules", place, "agree"),
                    f"{name} is what rows are told by and what they agree in",
                    "leave it out of `fields`, or of `by` and `source`",
                )
    if isinstance(rule, SpellingRule):
        for name in rule.fields:
            known = name in contract.fields and (contract.fields[name].type or name in registry.fields)
            if known and compiler.field_type(registry, contract, name) != "text":
                yield source.error(
                    ("rules", place, "spelling"), f"{name} is no text, so nothing of it is misspelt", "leave it out"
                )


def _check_positions(contract: Contract, source: YamlSource) -> Iterable[ContractError]:
    """A file without a header is read by position, one with a header never is."""
    headerless = isinstance(contract.source, FileSource) and contract.source.header == "none"
    owners: dict[int, str] = {}
    for name, use in contract.fields.items():
        if use.position and not headerless:
            yield source.error(
                ("fields", name, "position"), "the file has a header", "remove it, or say `header: none` under source"
            )
        elif headerless and not use.position and use.derive is None:
            yield source.error(
                ("fields", name), f"the file has no header and {name} no position", "give the number of its column"
            )
        elif use.position and (first := owners.setdefault(use.position, name)) != name:
            yield source.error(
                ("fields", name, "position"), f"column {use.position} is {first} already", "give another number"
            )


def _check_sql(
    con: duckdb.DuckDBPyConnection, registry: Registry, contract: Contract, source: YamlSource
) -> list[ContractError]:
    """Bind the compiled query on an empty file: the first expression that DuckDB refuses is reported at its line."""

    def bind(candidate: Contract) -> str | None:
        columns = list(dict.fromkeys(header_index(candidate, registry.fields).values()))
        mapped = HeaderMap({name: name for name in columns}, (), ())
        raw = ", ".join(
            [
                *(
                    f"cast(null as {'bigint' if c == '_row' else 'varchar'}) as {c}"
                    for c in (*compiler.LINEAGE, "_fault", "_text")
                ),
                *(f"cast(null as varchar) as {compiler.quote(c)}" for c in columns),
            ]
        )
        query = compiler.staging_query(registry, candidate, mapped, f"(select {raw} limit 0)", columns, None)
        try:
            con.execute(query)
        except duckdb.Error as error:
            return scrub(str(error).split("\n")[0])
        return None

    if bind(contract) is None:
        return [*_check_conditions(con, registry, contract, source)]
    fields: dict[str, Any] = {}
    for (
        name,
        use,
    ) in contract.fields.items():  # grow the contract field by field, then rule by rule, to find the culprit
        fields[name] = use
        if use.derive and (problem := bind(contract.model_copy(update={"fields": fields, "rules": ()}))):
            return [
                source.error(
                    ("fields", name, "derive"),
                    f"DuckDB refuses the expression: {problem}",
                    "check the SQL; it may use fields above it and functions of functions.sql or DuckDB",
                )
            ]
    for place, rule in enumerate(contract.rules):
        if not isinstance(rule, Rule):
            continue
        if problem := bind(contract.model_copy(update={"rules": (rule,)})):
            return [
                source.error(
                    ("rules", place, "expect"),
                    f"DuckDB refuses the condition: {problem}",
                    "check the SQL; it may use the fields of this contract and DuckDB's functions",
                )
            ]
    return [source.error((), f"the contract does not compile: {bind(contract)}", "see the fields and rules")]


def _check_conditions(
    con: duckdb.DuckDBPyConnection, registry: Registry, contract: Contract, source: YamlSource
) -> Iterable[ContractError]:
    """A rule's condition is true or false: a number would be taken for true, and the rule would never be broken."""
    columns = {name: compiler.column_type(compiler.field_type(registry, contract, name)) for name in contract.fields}
    row = ", ".join(f"cast(null as {kind}) as {compiler.quote(name)}" for name, kind in columns.items())
    lineage = "cast(null as bigint) as _row, cast(null as varchar) as _member"
    for place, rule in enumerate(contract.rules):
        path: tuple[str, ...] = ("expect",)
        condition: str | None = None
        if isinstance(rule, Rule):
            condition = rule.expect
        elif isinstance(rule, AgreeRule):
            path, condition = ("agree", "trusted"), rule.agree.trusted
        if condition is None:
            continue
        try:
            found = con.execute(f"describe select ({condition}) as verdict from (select {lineage}, {row})").fetchall()
        except duckdb.Error as error:
            yield source.error(
                ("rules", place, *path),
                f"DuckDB refuses the condition: {scrub(str(error).splitlines()[0])}",
                "check the SQL; it may use the fields of this contract and DuckDB's functions",
            )
            continue
        kind = found[0][1]
        if kind not in ("BOOLEAN", '"NULL"'):
            yield source.error(
                ("rules", place, *path),
                f"the condition is of type {kind.lower()}",
                "write one that is true or false, such as area > 0",
            )


def _check_overlaps(registry: Registry, sources: Mapping[str, YamlSource]) -> Iterable[ContractError]:
    patterns: dict[str, str] = {}
    for feed, contract in registry.feeds.items():
        for mine in contract.files:
            for theirs, first in patterns.items():
                if first != feed and (fnmatch(mine, theirs) or fnmatch(theirs, mine)):  # also `a/*.csv` within `a/*`
                    yield sources[feed].error(
                        ("source", "files"), f"{first} reads the same files", "give each feed its own folder"
                    )
            patterns[mine] = feed


def contract_schema() -> str:
    """JSON Schema of a contract file, for editors; checked in as contracts/contract.schema.json."""
    schema = Contract.model_json_schema(by_alias=True)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "ccdata feed contract", **schema}
    use = schema["$defs"]["FieldUse"]
    use.pop("title", None)
    files = schema["$defs"]["FileSource"]["properties"]["files"]
    agree, spelling = (schema["$defs"][name]["properties"] for name in ("Agree", "Spelling"))
    lists = [
        *(use["properties"][key] for key in ("from", "format", "none")),
        files,
        agree["fields"],
        agree["by"],
        spelling["fields"],
    ]
    for one in lists:  # the loader takes one text for a list of one
        form = {part: one.pop(part) for part in ("items", "type", "minItems") if part in one}
        one["anyOf"] = [{"type": "string"}, form]
    schema["properties"]["fields"]["additionalProperties"] = {"anyOf": [{"$ref": "#/$defs/FieldUse"}, {"type": "null"}]}
    duration = {"type": "string", "pattern": r"^\d+[hd]$"}
    schema["properties"]["freshness"] = {
        "anyOf": [duration, {"type": "null"}],
        "default": None,
        "description": "Such as 35d or 12h.",
    }
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
