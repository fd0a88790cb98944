"""Documents made from the declarations: `python -m ccdata_assets.docs` writes them, `--check` fails when one is stale."""

from __future__ import annotations

import datetime as dt
import sys
from functools import cache
from pathlib import Path

from ccdata_assets.catalogue import diagram, lineage
from ccdata_assets.catalogue import documents as pages
from ccdata_assets.catalogue.documents import markdown_table
from ccdata_assets.catalogue.tables import published_tables
from ccdata_assets.contracts.compile import field_type
from ccdata_assets.contracts.model import Contract, Rule
from ccdata_assets.contracts.registry import HERE, Registry, contract_schema, load_registry
from ccdata_assets.metrics.registry import Kpi, load_kpis
from ccdata_assets.resolution.rules import load_rules
from ccdata_assets.settings import PROJECT_DIR
from ccdata_assets.standard.dictionaries import Dictionaries
from ccdata_assets.standard.reasons import reasons_of
from ccdata_assets.standard.sql import load_sql

GENERATED = PROJECT_DIR / "docs" / "generated"
_NOTE = "<!-- Written by `make docs` from the declarations; change those, not this page. -->\n\n"


@cache
def documents() -> dict[Path, str]:
    """Every generated document by its path, as the declarations were when the process asked first."""
    registry, kpis = load_registry(), load_kpis()
    tables, edges = published_tables(), lineage.edges(registry, kpis, load_rules())
    names = {name: f"{kpi.zh} {kpi.en}" for name, kpi in kpis.items()}
    return {
        HERE / "contract.schema.json": contract_schema(),
        GENERATED / "feeds.md": _feeds(registry),
        GENERATED / "kpis.md": _kpis(kpis),
        GENERATED / "dictionaries.md": _dictionaries(registry),
        GENERATED / "dictionary.md": _NOTE + pages.dictionary(tables, edges, registry),
        GENERATED / "er-diagram.md": _NOTE + pages.er_diagram(tables),
        GENERATED / "er-diagram.svg": diagram.diagram(tables, diagram.OF_A_FILE) + "\n",
        GENERATED / "lineage.md": _NOTE + pages.lineage_page(tables, edges, names),
        lineage.PATH: lineage.write_edges(edges),
    }


def _feeds(registry: Registry) -> str:
    parts = [_NOTE + "# Feeds 数据源\n"]
    for name, contract in sorted(registry.feeds.items()):
        rows: list[tuple[object, ...]] = []
        for field, use in contract.fields.items():
            zh, en = registry.title(field)
            known = registry.fields.get(field)
            headers = "derived" if use.derive else ", ".join([*use.from_, *(known.aliases[:4] if known else ())])
            rows.append(
                (
                    f"`{field}`",
                    zh if known else "",
                    en if known else "",
                    field_type(registry, contract, field),
                    "yes" if use.required else "",
                    known.pii if known else "",
                    headers,
                )
            )
        parts.append(f"\n## {name}: {contract.title.zh} {contract.title.en}\n\n{contract.description}\n")
        parts.append(
            f"\nSubject {contract.subject}; {_origin(contract)}; owner {contract.owner}; trust {contract.trust}; version {contract.version}.\n\n"
        )
        parts.append(markdown_table(("field", "中文", "English", "type", "required", "personal", "headers"), rows))
        if contract.rules:
            rules: list[tuple[object, ...]] = [
                (
                    f"`{r.name}`",
                    r.severity,
                    r.dimension,
                    f"`{r.expect}`" if isinstance(r, Rule) else r.says,
                    r.message.zh if r.message else "",
                )
                for r in contract.rules
            ]
            parts.append("\n" + markdown_table(("rule", "severity", "dimension", "expected", "中文"), rules))
    return "".join(parts)


def _origin(contract: Contract) -> str:
    """Where the feed's rows come from, in a few words."""
    if contract.files:
        return "files " + ", ".join(f"`inbox/{glob}`" for glob in contract.files)
    return "a database query"


def _kpis(kpis: dict[str, Kpi]) -> str:
    means: list[tuple[object, ...]] = [
        (
            f"`{name}`",
            k.zh,
            k.en,
            k.definition.zh,
            k.definition.en,
            k.formula,
            k.unit,
            k.direction,
            _targets(k),
            k.version,
        )
        for name, k in kpis.items()
    ]
    computed: list[tuple[object, ...]] = [
        (
            f"`{name}`",
            f"`{k.source}`",
            *(
                f"`{k.computed[part]}`" if k.computed[part] else ""
                for part in ("condition", "numerator", "denominator", "dated_by")
            ),
            k.kind,
            "; ".join(k.set_names),
            k.perspective,
            f"{k.weight:g}",
            k.owner,
        )
        for name, k in kpis.items()
    ]
    heads = ("id", "中文", "English", "定义", "definition", "formula", "unit", "good 向好", "target", "version")
    parts = ("id", "source 来源表", "where 条件", "numerator 分子", "denominator 分母", "date 期间列", "kind 种类", "given for 取值范围", "perspective 维度", "weight 权重", "owner 负责人")  # fmt: skip
    return (
        _NOTE
        + "# KPIs 指标\n\n"
        + "Direction `up` or `down` says which way is good 方向表示哪边更好. The same is the published table `kpi.definition`, with every version there was. "
        + "Values: `kpi.value`; where a figure comes from: [questions.md](../questions.md).\n\n"
        + markdown_table(heads, means)
        + "\n## How they are computed 计算方法\n\n"
        + "Numerator and denominator are sums over the rows of the period 分子分母为期内各行的合计. `flow`: rows of the period; `stock`: all up to its end. `quality_now`: the last row of each key of `kpi.quality_measure`, with the weight of its field 每个键的最新一行，附字段权重.\n\n"
        + markdown_table(parts, computed)
    )


def _targets(kpi: Kpi) -> str:
    """The target, or targets with the day each holds from."""
    first = dt.date.min
    return "; ".join(f"{value:g}" if day == first else f"{value:g} from {day}" for day, value in kpi.targets)


def _dictionaries(registry: Registry) -> str:
    project = load_sql(PROJECT_DIR / "dbt_project")
    parts = [_NOTE + "# Dictionaries 标准化字典\n"]
    for name in Dictionaries(PROJECT_DIR / "dbt_project").kinds:
        declared = project.properties(name)
        title = declared["config"]["meta"]["title"]
        fields = [f"`{field}`" for field, spec in registry.fields.items() if spec.standardiser == name]
        parts.append(f"\n## {name}: {title['zh']} {title['en']}\n\n{declared['description'].strip()}\n")
        parts.append(
            f"\nRules: [standard/{name}.md](../standard/{name}.md). {'Fields: ' + ', '.join(fields) + '.' if fields else ''}\n\n"
        )
        parts.append(
            markdown_table(
                ("column", "is"), [(f"`{c['name']}`", " ".join(c["description"].split())) for c in declared["columns"]]
            )
        )
        said: list[tuple[object, ...]] = [
            (f"`{r.reason}`", ", ".join(r.statuses), r.zh, r.en) for r in reasons_of(project, name)
        ]
        parts.append("\n" + markdown_table(("reason", "status", "中文", "English"), said))
    return "".join(parts)


def main(check: bool) -> int:
    """Write the documents, or with `check` compare them; the exit code is the number of stale ones."""
    stale = 0
    for path, text in documents().items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        name = path.relative_to(PROJECT_DIR)
        if check:
            stale += 1
            print(f"{name} is stale; fix: run `make docs` and commit it")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote {name}")
    return stale


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
