"""Column lineage: what every column of a mart, sum, golden record and KPI is made of, back to the staged fields.

It is read out of what makes the tables: the SQL of the dbt models, the survivorship of rules.yaml, the measures of quality and
the KPIs. `make docs` keeps it in lineage.csv, from which a run makes reference.lineage together with what the contracts say
(`warehouse.lineage`). An edge is about values: conditions that only choose rows (where, join) are no part of it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, fields
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from ccdata_assets.contracts.registry import Registry
from ccdata_assets.errors import CcdataError
from ccdata_assets.metrics.quality_measures import load_measures, measures_of
from ccdata_assets.metrics.registry import Kpi
from ccdata_assets.resolution.rules import Rules
from ccdata_assets.settings import PROJECT_DIR
from ccdata_assets.standard.sql import Project

PATH = Path(__file__).with_suffix(".csv")
DBT = "duckdb"
ROW = ("feed", "file", "sha256", "member", "row")
STAGED = (*ROW, "received_on", "landed_at", "time_zone", "is_repeat", "flags")
"""Columns that every union of a subject has beside its fields."""
GIVEN = {
    "staged.record": (*ROW, "subject", "received_on", "landed_at", "status", "is_repeat", "flags"),
    "staged.held": (*ROW, "subject", "received_on", "landed_at"),
    "reference.feed": (
        "feed", "subject", "zh", "en", "owner", "trust", "version", "freshness_days", "time_zone", "crm_id_of",
    ),
    "reference.field": ("field", "zh", "en", "type", "pii", "weight"),
    "ops.run_state": ("name", "value"),
    "golden.crosswalk": (*ROW, "organisation_id", "contact_id"),
    "golden.membership": (
        "at", "run_id", "entity_kind", "feed", "sha256", "member", "row", "record_id", "entity_id", "seq",
    ),
    "golden.entity_event": (
        "event_id", "at", "business_date", "kind", "entity_kind", "entity_id", "from_ids", "to_ids", "province_code", "cause",
        "rule_version", "run_id",
    ),
}  # fmt: skip
"""Tables that dbt reads and that neither dbt nor a declaration describes."""
MEASURE = "kpi.quality_measure"
HISTORY = ("seq", "at", "run_id", "is_live")
COUNTED = ("records", "feeds", "first_received_on", "last_received_on", "born_on")
ALIASES = {
    "p": "standard.party_record",
    "o": "golden.organisation",
    "c": "golden.crosswalk",
    "w": "standard.party_record",
    "d": "staged.outbound",
}
"""What measures of quality call the tables that they read; r and s depend on the subject."""


@dataclass(frozen=True, order=True)
class Edge:
    """One column and one that its values are made of; `how`: copied, computed, counted (rows; the column is
    *), looked_up (in a reference table or dictionary, or what it was looked up by), resolution, survivorship, measure, kpi."""

    to_table: str
    to_column: str
    from_table: str
    from_column: str
    how: str


class Models(Project):
    """All models of the dbt project, rendered without dbt, the marts and sums too."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._schema_of = dict.fromkeys(self.models, "standard")
        for schema in ("marts", "kpi"):
            for path in sorted(folder.glob(f"models/{schema}/*.sql")):
                self.models[path.stem] = path
                self._schema_of[path.stem] = schema
        self._environment.globals["var"] = lambda name: "2000-01-01"  # of a date that no column's lineage depends on

    def _ref(self, name: str) -> str:
        seed = super()._ref(name)  # which also notes that it is referred to
        return seed if name in self.seeds else self.table(name)

    def table(self, model: str) -> str:
        """The table that a model becomes."""
        return f"{self._schema_of[model]}.{model}"


def edges(registry: Registry, kpis: dict[str, Kpi], rules: Rules) -> list[Edge]:
    """All edges above the staged unions, sorted: they depend on nothing but the project."""
    models = Models(PROJECT_DIR / "dbt_project")
    columns = _columns(models, registry, rules)
    found = set(_model_edges(models, columns))
    found |= set(_golden_edges(rules, columns["standard.party_record"]))
    found |= set(_measure_edges(registry))
    found |= set(_kpi_edges(registry, kpis))
    return sorted(found)


def _columns(models: Models, registry: Registry, rules: Rules) -> dict[str, tuple[str, ...]]:
    """Columns by table of all that models read and do not make themselves."""
    known: dict[str, tuple[str, ...]] = dict(GIVEN)
    known |= {f"staged.{name}": (*STAGED, *subject.fields) for name, subject in registry.subjects.items()}
    for name, path in models.seeds.items():
        with path.open(encoding="utf-8") as lines:
            known[f"reference.{models.alias(name)}"] = tuple(next(csv.reader(lines)))
    for name in models.models:
        if models.table(name).startswith("standard.") and (said := models.properties(name).get("columns")):
            known[f"standard.{name}"] = tuple(column["name"] for column in said)
    for kind, id_column, more in (("organisation", "organisation_id", ("parent_id",)), ("contact", "contact_id", ("organisation_id",))):  # fmt: skip
        chosen = [column for field in getattr(rules.survivorship, kind).values() for column in field.columns]
        known[f"golden.{kind}"] = (id_column, *more, *chosen, "phone", *COUNTED, "sources")
        known[f"golden.{kind}_history"] = (*known[f"golden.{kind}"], *HISTORY)
    return known


def _model_edges(models: Models, columns: dict[str, tuple[str, ...]]) -> Iterator[Edge]:
    """Edges of what dbt makes from records on, each model after those it reads; its columns join `columns`.

    A dictionary is one step: a column of it comes of the value that was looked up.
    """
    reads: dict[str, set[str]] = {}
    texts: dict[str, str] = {}
    for name, path in models.models.items():
        if path.parent.name in ("party", "marts", "kpi"):
            texts[name] = models.render(name, reads.setdefault(name, set()))
    for name in TopologicalSorter({name: read & set(texts) for name, read in reads.items()}).static_order():
        table = models.table(name)
        made_of = of_query(texts[name], columns)
        columns[table] = tuple(made_of)
        yield from (Edge(table, column, *origin) for column, origins in made_of.items() for origin in origins)


def of_query(sql: str, columns: Mapping[str, tuple[str, ...]]) -> dict[str, set[tuple[str, str, str]]]:
    """Of each column of a query what it is made of: table, column, how.

    What is looked up in a dictionary or a reference table by an equality comes of what it is looked up by too.
    """
    schema: dict[str, Any] = {}
    for table, names in columns.items():
        left, _, right = table.partition(".")
        schema.setdefault(left, {})[right] = dict.fromkeys(names, "varchar")
    tree = _qualified(_unions_by_place(sqlglot.parse_one(sql, dialect=DBT), schema), schema)
    scope = build_scope(tree)
    if scope is None or not isinstance(tree, exp.Query):
        raise CcdataError(f"lineage cannot read a query: {sql[:60]}; fix: look at it in dbt_project/models")
    keys = _looked_up_by(tree, scope)
    return {select.alias_or_name: _origins(select.alias_or_name, tree, scope, keys) for select in tree.selects}


def _qualified(tree: exp.Expr, schema: dict[str, Any]) -> exp.Expr:
    return qualify(tree, dialect=DBT, schema=schema, validate_qualify_columns=False, quote_identifiers=False)


def _unions_by_place(tree: exp.Expr, schema: dict[str, Any]) -> exp.Expr:
    """A query of which each CTE that is a union by name is one by place, with nulls where a branch lacks a column: sqlglot follows only these."""
    before: list[exp.CTE] = []
    for cte in tree.ctes if isinstance(tree, exp.Query) else ():
        if isinstance(cte.this, exp.Union) and any(union.args.get("by_name") for union in cte.find_all(exp.Union)):
            branches = list(_branches(cte.this))
            named = [_names(branch, before, schema) for branch in branches]
            every = list(dict.fromkeys(name for names in named for name in names))
            texts = (
                f"select {', '.join(name if name in names else f'null as {name}' for name in every)} from ({branch.sql(DBT)}) as branch"
                for branch, names in zip(branches, named, strict=True)
            )
            cte.set("this", sqlglot.parse_one(" union all ".join(texts), dialect=DBT))
        before.append(cte)
    return tree


def _branches(query: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(query, exp.Union):
        yield from _branches(query.this)
        yield from _branches(query.expression)
    else:
        yield query


def _names(query: exp.Expr, ctes: list[exp.CTE], schema: dict[str, Any]) -> list[str]:
    """Columns of a query that may read CTEs."""
    sql = query.sql(DBT)
    if ctes:
        sql = f"with recursive {', '.join(cte.sql(DBT) for cte in ctes)} {sql}"
    tree = _qualified(sqlglot.parse_one(sql, dialect=DBT), schema)
    return [select.alias_or_name for select in tree.selects] if isinstance(tree, exp.Query) else []


def _origins(
    column: str, tree: exp.Query, scope: Scope, keys: Mapping[str, set[tuple[str, str]]]
) -> set[tuple[str, str, str]]:
    leaves: set[tuple[str, str, str]] = set()
    is_copy = True
    for node in lineage(column, tree, {}, scope=scope, dialect=DBT, trim_selects=False).walk():
        if isinstance(node.source, exp.Table) and not node.downstream:
            alias, _, name = node.name.replace('"', "").rpartition(".")
            leaves.add((f"{node.source.db}.{node.source.name}", name, alias))
        elif not isinstance(node.expression.unalias(), (exp.Column, exp.Table, exp.Query, exp.Star)):
            is_copy = False
    if not leaves and (counted := _counted(column, scope)):
        return {(counted, "*", "counted")}
    how = "copied" if is_copy and len(leaves) == 1 else "computed"
    found = {(table, name, "looked_up" if is_reference(table) else how) for table, name, _ in leaves if name != "*"}
    asked = {key for table, _, alias in leaves if is_reference(table) for key in keys.get(alias, ())}
    return found | {(*key, "looked_up") for key in asked if key not in {(table, name) for table, name, _ in found}}


def is_reference(table: str) -> bool:
    """Whether a table is looked things up in: seeds and declarations, and the dictionaries."""
    return table.startswith("reference.") or (table.startswith("standard.") and not table.startswith("standard.party_"))


def _looked_up_by(tree: exp.Query, scope: Scope) -> dict[str, set[tuple[str, str]]]:
    """By the name under which a reference table is joined: the columns that the join compares with it."""
    found: dict[str, set[tuple[str, str]]] = {}
    for each in scope.traverse():
        for join in each.expression.args.get("joins") or ():
            alias = join.this.alias_or_name
            source = each.sources.get(alias)
            if not (isinstance(source, exp.Table) and is_reference(f"{source.db}.{source.name}")) or not join.args.get(
                "on"
            ):
                continue
            compared = {column for column in join.args["on"].find_all(exp.Column) if column.table != alias}
            for column in compared:
                other = each.sources.get(column.table)
                if isinstance(other, exp.Table):
                    found.setdefault(alias, set()).add((f"{other.db}.{other.name}", column.name))
                elif isinstance(other, Scope):
                    nodes = lineage(column.name, tree, {}, scope=other, dialect=DBT, trim_selects=False).walk()
                    leaves = [node for node in nodes if isinstance(node.source, exp.Table) and not node.downstream]
                    found.setdefault(alias, set()).update(
                        (f"{leaf.source.db}.{leaf.source.name}", leaf.name.replace('"', "").rpartition(".")[2])
                        for leaf in leaves
                        if isinstance(leaf.source, exp.Table)
                    )
    return found


def _counted(column: str, scope: Scope) -> str | None:
    """The table whose rows a column without a column behind it counts; None where it counts none."""
    for each in scope.traverse():
        if isinstance(each.expression, exp.Select) and any(
            select.alias_or_name == column and select.find(exp.Count) for select in each.expression.selects
        ):
            return _base(each)
    return None


def _base(scope: Scope) -> str:
    """The table whose rows a query is about: that of its first `from`, all the way down."""
    source: Any = scope
    while isinstance(source, Scope):
        select = source.expression.find(exp.Select)  # of a union the first
        scope = next(each for each in source.traverse() if each.expression is select)
        source = scope.sources[scope.expression.args["from_"].this.alias_or_name]
    return f"{source.db}.{source.name}"


def _columns_in(*expressions: str) -> set[str]:
    """The columns that SQL expressions name."""
    parsed = (sqlglot.parse_one(text, dialect=DBT) for text in expressions if text)
    return {column.name for tree in parsed for column in tree.find_all(exp.Column)}


def _golden_edges(rules: Rules, party: tuple[str, ...]) -> Iterator[Edge]:
    """What golden records are chosen from, and what makes records one entity."""
    source = "standard.party_record"

    evidence = {
        "organisation": _columns_in(*rules.organisation.evidence.values()) & set(party),
        "contact": _columns_in(*rules.contact.evidence.values()) & set(party),
    }
    for kind, columns in evidence.items():
        chosen = getattr(rules.survivorship, kind).values()
        identified = [
            ("golden.membership", "entity_id"), ("golden.entity_event", "entity_id"),
            ("golden.entity_event", "kind"), ("golden.crosswalk", f"{kind}_id"),
            (f"golden.{kind}", f"{kind}_id"), (f"golden.{kind}_history", f"{kind}_id"),
        ]  # fmt: skip
        for table, name in identified:
            yield from (Edge(table, name, source, column, "resolution") for column in columns)
        for table in (f"golden.{kind}", f"golden.{kind}_history"):
            for field in chosen:
                yield from (Edge(table, column, source, column, "survivorship") for column in field.columns)
            yield Edge(table, "phone", source, "numbers", "survivorship")
            yield Edge(table, "records", source, "row", "computed")
            yield Edge(table, "feeds", source, "feed", "computed")
            for name in ("first_received_on", "last_received_on"):
                yield Edge(table, name, source, "received_on", "computed")
            yield Edge(table, "born_on", "golden.entity_event", "business_date", "computed")
    for table in ("golden.organisation", "golden.organisation_history"):
        yield from (
            Edge(table, "parent_id", source, column, "resolution") for column in ("branch", "company_region_code")
        )
    for table in ("golden.contact", "golden.contact_history"):
        yield Edge(table, "organisation_id", "golden.crosswalk", "organisation_id", "resolution")
    yield Edge("golden.entity_event", "business_date", source, "received_on", "resolution")
    yield Edge("golden.entity_event", "province_code", source, "province_code", "resolution")
    for table in ("golden.membership", "golden.crosswalk"):
        for name in ("feed", "sha256", "member", "row"):
            yield Edge(table, name, source, name, "copied")


def _measure_edges(registry: Registry) -> Iterator[Edge]:
    """What measures of quality count. <subject>/<measure> stands for a column of kpi.quality_measure; all rules are `rule`."""
    declared = load_measures()
    for contract in registry.feeds.values():
        is_party = contract.subject == "party"
        names = {
            **ALIASES, "s": f"staged.{contract.subject}", "r": "marts.fct_record" if is_party else "staged.record",
        }  # fmt: skip
        for measure in measures_of(registry, contract, declared):
            for text in (measure.total, measure.passed):
                for named in sqlglot.parse_one(text, dialect=DBT).find_all(exp.Column):
                    parts = [part.name for part in named.parts]  # p.statuses.phone: alias, column, field of a struct
                    if len(parts) > 1 and parts[1] != "row":
                        yield Edge(
                            MEASURE, _family(contract.subject, measure.name), names[parts[0]], parts[1], "measure"
                        )
        if contract.freshness:
            yield Edge(MEASURE, _family(contract.subject, "on_time"), "ops.file_ledger", "received_on", "measure")
            yield Edge(MEASURE, _family(contract.subject, "on_time"), "marts.dim_feed", "freshness_days", "measure")
        if any(measure.name == "filled" for measure in measures_of(registry, contract, declared)):
            for column in ("filled", "total"):
                yield Edge("kpi.completeness", column, MEASURE, _family(contract.subject, "filled"), "copied")


def _family(subject: str, measure: str) -> str:
    return f"{subject}/{measure.partition(':')[0]}"


def _kpi_edges(registry: Registry, kpis: dict[str, Kpi]) -> Iterator[Edge]:
    """What KPIs are computed from. In kpi.value a KPI's ID stands for a column."""
    declared = load_measures()
    measures = {
        (contract.subject, measure.dimension, measure.name, measure.field)
        for contract in registry.feeds.values()
        for measure in measures_of(registry, contract, declared)
    } | {
        (contract.subject, "timeliness", "on_time", None) for contract in registry.feeds.values() if contract.freshness
    }
    with duckdb.connect() as con:
        con.execute("create table quality_now (subject varchar, dimension varchar, measure varchar, field varchar)")
        con.executemany("insert into quality_now values (?, ?, ?, ?)", sorted(measures, key=str))
        for name, kpi in kpis.items():
            used = _columns_in(kpi.numerator, kpi.denominator or "")
            if kpi.source == "quality_now":
                chosen = con.execute(f"select distinct subject, measure from quality_now where {kpi.where or 'true'}")
                for subject, measure in chosen.fetchall():
                    yield Edge("kpi.value", name, MEASURE, _family(subject, measure), "kpi")
                if "weight" in used:
                    yield Edge("kpi.value", name, "marts.dim_field", "weight", "kpi")
            else:
                yield from (Edge("kpi.value", name, kpi.source, column, "kpi") for column in used or {"*"})


def read_edges(path: Path = PATH) -> list[Edge]:
    """The edges that `make docs` has written."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [Edge(**line) for line in csv.DictReader(lines)]


def write_edges(found: Iterable[Edge]) -> str:
    """Edges as the text of lineage.csv."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in fields(Edge)])
    writer.writerows(astuple(edge) for edge in found)
    return text.getvalue()


def back_to(found: Iterable[Edge]) -> dict[tuple[str, str], set[tuple[str, str]]]:
    """By column (table, column) the staged fields it goes back to, however many steps away."""
    above: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for edge in found:
        above.setdefault((edge.to_table, edge.to_column), set()).add((edge.from_table, edge.from_column))
    ends: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for start in above:
        seen, rest = {start}, [start]
        while rest:
            for each in above.get(rest.pop(), set()) - seen:
                seen.add(each)
                rest.append(each)
        ends[start] = {each for each in seen if each[0].startswith("staged.")}
    return ends
