"""Pages about the published tables, made from their declarations: data dictionary, entity relationships, column lineage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ccdata_assets.catalogue.lineage import Edge, back_to
from ccdata_assets.catalogue.tables import Column, Table
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.warehouse.publish import is_masked

LISTED = 6
"""Columns that a cell of a table lists before it says how many more there are."""
Row = tuple[object, ...]


def markdown_table(header: tuple[str, ...], rows: Iterable[Row]) -> str:
    """A Markdown table; vertical bars in cells are escaped."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += [
        "| " + " | ".join("" if cell is None else str(cell).replace("|", "\\|") for cell in row) + " |" for row in rows
    ]
    return "\n".join(lines) + "\n"


def dictionary(tables: Mapping[str, Table], edges: Iterable[Edge], registry: Registry) -> str:
    """One row per published column."""
    edges = list(edges)
    direct: dict[tuple[str, str], list[str]] = {}
    for edge in edges:
        direct.setdefault((edge.to_table, edge.to_column), []).append(f"{edge.from_table}.{edge.from_column}")
    parts = [
        "# Data dictionary 数据字典\n\n"
        "One row per published column 发布副本中每列一行. Personal 个人信息: `personal` and `secret` as fields.yaml says, **masked** as published; "
        "`key`: stands for a person and tells nothing. From 来源: what the column is made of, one step; all steps: [lineage.md](lineage.md). "
        "Checks 规则: what dbt enforces, the key, references (→), and code lists of contracts; what staged fields must keep is in [feeds.md](feeds.md).\n"
    ]
    for table in tables.values():
        key = f" Key 主键: {', '.join(f'`{name}`' for name in table.key)}." if table.key else ""
        parts.append(f"\n## {table.name}\n\n{table.zh}。{table.en}{key} Made by 产生: {table.made_by}.\n\n")
        rows: list[Row] = [
            (
                f"`{column.name}`",
                column.zh,
                column.en,
                f"`{column.type}`",
                _personal(registry, table, column),
                listed(direct.get((table.name, column.name), [])),
                "; ".join(_checks(registry, table, column)),
            )
            for column in table.columns
        ]
        parts.append(markdown_table(("column 列", "中文", "English", "type", "personal 个人信息", "from 来源", "checks 规则"), rows))  # fmt: skip
    return "".join(parts)


def listed(names: Iterable[str]) -> str:
    """Some of the names, and how many more there are."""
    names = sorted(set(names))
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(f"`{name}`" for name in names[:LISTED]) + more


def _personal(registry: Registry, table: Table, column: Column) -> str:
    if column.name in ("agent_key", "reviewer_key", "collected_by_key"):
        return "key"
    known = registry.fields.get(column.name)
    if table.schema == "kpi" or known is None or known.pii == "none":
        return "none"
    return f"{known.pii}, **masked**" if is_masked(registry, table.schema, column.name) else known.pii


def _checks(registry: Registry, table: Table, column: Column) -> list[str]:
    checks = list(column.checks)
    if column.name in table.key:
        checks.append("key" if len(table.key) == 1 else "part of the key")
    if column.name in table.references:
        checks.append("→ `{}.{}`".format(*table.references[column.name]))
    known = registry.fields.get(column.name)
    if known and known.type.startswith("code:") and table.schema == "marts":
        checks.append(f"code list `{known.type.removeprefix('code:')}`")
    return checks


def er_diagram(tables: Mapping[str, Table]) -> str:
    """The marts with their keys and references as Mermaid, and all references as a table."""
    marts = {name: table for name, table in tables.items() if table.schema == "marts"}
    lines = ["erDiagram"]
    for table in marts.values():
        shown = [column for column in table.columns if column.name in table.key or column.name in table.references]
        short = table.name.partition(".")[2]
        lines.append(f"    {short} {{")
        for column in shown:
            marks = [
                mark for mark, has in (("PK", column.name in table.key), ("FK", column.name in table.references)) if has
            ]
            kind = "".join(sign if sign.isalnum() else "_" for sign in column.type).strip("_")
            lines.append(f'        {kind} {column.name} {", ".join(marks)} "{column.zh}"')
        lines.append("    }")
    for table in marts.values():
        for name, (to, _) in table.references.items():
            if to in marts:
                lines.append(f"    {to.partition('.')[2]} ||--o{{ {table.name.partition('.')[2]} : {name}")
    rows: list[Row] = [
        (f"`{table.name}`", f"`{column}`", f"`{to}`", f"`{target}`", _also(tables[to], target))
        for table in tables.values()
        for column, (to, target) in table.references.items()
    ]
    return (
        "# Entity relationships 实体关系图\n\n"
        "The marts with their keys and the columns by which they are joined 数据集市的主键与连接列. `||--o{`: one of the first to any number of "
        "the second; a reference may be null. As a picture 图: [er-diagram.svg](er-diagram.svg), also at the foot of the report page. Declared in `ccdata_assets/catalogue/tables.yaml`; "
        "a test holds keys and references to the sample. Where the column alone finds several rows of the other table, the list below says what else to join by "
        "(`dim_industry` has a code once an edition). 目标列不唯一时须加下表所列条件. What was so on a past day, `_history` and the organisation of a record: "
        "[published-tables.md](../published-tables.md#the-state-at-a-past-day).\n\n```mermaid\n"
        + "\n".join(lines)
        + "\n```\n\n## References of all published tables 所有发布表的引用\n\n"
        + markdown_table(
            ("table 表", "column 列", "to table 目标表", "to column 目标列", "and, for one row 唯一条件"), rows
        )
    )


def _also(table: Table, target: str) -> str:
    """What else finds the one row that a reference means."""
    parts = [*(column for column in table.found_by.by if column != target), table.found_by.where]
    return ", ".join(f"`{part}`" for part in parts if part)


def lineage_page(tables: Mapping[str, Table], edges: Iterable[Edge], kpis: Mapping[str, str]) -> str:
    """Of every column of marts, sums and golden tables, and of every KPI: one step back, and all the way to staged fields.

    `kpis`: names by KPI ID.
    """
    edges = list(edges)
    ends = back_to(edges)
    direct: dict[tuple[str, str], list[Edge]] = {}
    for edge in edges:
        direct.setdefault((edge.to_table, edge.to_column), []).append(edge)

    def line(table: str, column: str, shown: str) -> Row:
        steps = direct.get((table, column), [])
        by_how: dict[str, list[str]] = {}
        for step in steps:
            by_how.setdefault(step.how, []).append(f"{step.from_table}.{step.from_column}")
        said = "; ".join(f"{how} {listed(names)}" for how, names in sorted(by_how.items()))
        fields = [
            f"{of.removeprefix('staged.')}.{name}" for of, name in ends.get((table, column), set()) if name != "*"
        ]
        return (shown, said, listed(fields))

    header = ("column 列", "made of 由何而来", "back to staged fields 追溯到字段 (subject.field)")
    parts = [
        "# Column lineage 列血缘\n\n"
        "What every column is made of, read out of the SQL of the models, the survivorship of rules.yaml, the measures of quality and the KPIs. "
        "It is about values: conditions that only choose rows are no part of it. copied: as it is; computed: by an expression; counted: rows; looked_up: "
        "in a dictionary or reference table, and what it was looked up by; resolution: what decides that records are one entity; survivorship: "
        "chosen from the records of an entity. From a subject's field on to feeds and the headers of files: [feeds.md](feeds.md). The same is "
        "the published table `reference.lineage`; queries: [questions.md](../questions.md).\n",
        "\n## KPIs 指标\n\n",
        markdown_table(("KPI", *header[1:]), [line("kpi.value", kpi, f"`{kpi}` {name}") for kpi, name in kpis.items()]),
    ]
    measured = sorted({column for table, column in direct if table == "kpi.quality_measure"})
    parts.append("\n## kpi.quality_measure\n\nBy subject and measure 按主题与度量.\n\n")
    parts.append(markdown_table(("measure 度量", *header[1:]), [line("kpi.quality_measure", name, f"`{name}`") for name in measured]))  # fmt: skip
    for name, table in tables.items():
        if any((name, column.name) in direct for column in table.columns):
            parts.append(f"\n## {name}\n\n")
            parts.append(markdown_table(header, [line(name, column.name, f"`{column.name}`") for column in table.columns]))  # fmt: skip
    parts.append(
        "\n## standard.party_record\n\nNot published; every party record goes through it 未发布，所有企业与联系人记录经过此处.\n\n"
    )
    record = "standard.party_record"
    read = sorted({column for of, column in direct if of == record})
    parts.append(markdown_table(header, [line(record, name, f"`{name}`") for name in read]))
    return "".join(parts)
