"""What each part of the engine is worth: the same world resolved with parts of it taken away, and by Splink alone.

All but Splink alone run the engine's own stages; a variant is other rules or another model. Guards between groups
(`conflicts`, `bridge`) stay unless the variant says so.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.resolution.alone import ALSO, DEFAULT, alone
from benchmarks.resolution.partition import read_nodes, score, write_partition
from benchmarks.resolution.parts import Answer, peak, run_part
from benchmarks.resolution.world import open_world, truth_of, world_file
from ccdata_assets.resolution.model import OTHERWISE, Model, load_model
from ccdata_assets.resolution.rules import BlockRule, Bound, Bridge, OrganisationRules, Rules, load_rules
from ccdata_assets.resolution.training import train

NEVER = -1000.0
SIGNS = ("phone", "domain", "address", "email")
Variant = tuple[Rules, Model]


def ablation(
    rows: Annotated[int, typer.Option(help="Rows of the invented world.")] = 200_000,
    seed: Annotated[int, typer.Option(help="Of the invented world.")] = 1,
    cache: Annotated[Path | None, typer.Option(help="Folder to keep the world in.", file_okay=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Measure the engine without parts of it: pairs of rows of one organisation, seconds up to the partition."""
    if cache:
        cache.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=cache) as made:
        where: Answer = {"cache": cache or Path(made), "rows": rows, "seed": seed}
        world_file(**where)
        answers = [
            run_part(without, variant=name, **where)
            for name in track(VARIANTS, "resolving", console=Console(stderr=True))
        ]
        splink = run_part(alone, **where)
    untrained = splink["read"] + splink["keys"] + splink["seconds"]["predict"] + splink["seconds"]["cluster"]
    for threshold in dict.fromkeys((str(DEFAULT), splink["best"])):
        name = f"Splink alone, from probability {threshold}"
        answers.append({"variant": name, **splink["scores"][threshold], "seconds": untrained, "megabytes": splink["megabytes"]})  # fmt: skip
    if as_json:
        typer.echo(json.dumps({"rows": rows, "seed": seed, "variants": answers}, indent=1))
        return
    table = Table("variant", "precision", "recall", "F1", "seconds", "peak MB", title=f"{rows:,} rows, seed {seed}")
    for answer in answers:
        table.add_row(answer["variant"], *(f"{answer[name]:.4f}" for name in ("precision", "recall", "f1")),
                      f"{answer['seconds']:.1f}", f"{answer['megabytes']:.0f}")  # fmt: skip
    Console().print(table)


def without(cache: Path, rows: int, seed: int, variant: str) -> Answer:
    """One variant, from the records to the partition; training, where it needs any, is not counted."""
    with open_world(cache, rows, seed) as con:
        rules, model = VARIANTS[variant](load_rules(), load_model())
        if variant == NO_EXACT:
            read_nodes(con, rules)
            # learned with the exact rules at hand, as ever, and then used without them
            trained = rules.model_copy(update={"organisation": rules.organisation.model_copy(update={"exact": load_rules().organisation.exact})})  # fmt: skip
            model = train(con, trained, {})
        begun = time.perf_counter()
        write_partition(con, rules, model)
        seconds, most = time.perf_counter() - begun, peak()
        found = score(con, truth_of(con))
    return {"variant": variant, "precision": found.precision, "recall": found.recall, "f1": found.f1, "seconds": seconds, "megabytes": most}  # fmt: skip


def _changed(rules: Rules, **changes: Any) -> Rules:
    return rules.model_copy(update={"organisation": rules.organisation.model_copy(update=changes)})


def _exact_only(rules: Rules, model: Model) -> Variant:
    return _changed(rules, block=()), model


def _one_sign(rules: Rules, model: Model) -> Variant:
    """The rule that a person would write: a similar name in one place, no other credit code, one sign that both share."""
    said = rules.organisation.compare
    name = " or ".join(f"({said['name'][level]})" for level in ("same", "slip", "part"))
    sign = " or ".join(["l.uscc = r.uscc", *(f"({said[comparison]['same']})" for comparison in SIGNS)])
    rule = f"({name}) and ({said['place']['same']}) and l.branch = r.branch and (l.uscc <> r.uscc) is not true and ({sign})"
    return (
        _changed(rules, compare={"rule": {"holds": rule}}, against=()),
        model.model_copy(update={"prior": 0.0, "weights": {"rule": {"holds": -NEVER, OTHERWISE: NEVER}}}),
    )


def _no_exact(rules: Rules, model: Model) -> Variant:
    """Pairs that exact rules would link are found by the same keys and weighed; a value may bring together more nodes."""
    org: OrganisationRules = rules.organisation
    never = tuple(rule.model_copy(update={"when": "false"}) for rule in org.exact)
    blocks = tuple(BlockRule(name=rule.name, keys=rule.keys) for rule in org.exact)
    bound = Bound(names=5 * org.bound.names, pairs=org.bound.pairs)
    changes = {"exact": never, "same_name": "cast(null as varchar)", "block": (*blocks, *org.block), "bound": bound}
    return _changed(rules, **changes, compare=org.compare | ALSO), model


def _no_guards(rules: Rules, model: Model) -> Variant:
    return _changed(rules, against=()), model


def _no_guards_at_all(rules: Rules, model: Model) -> Variant:
    return _changed(rules, against=(), conflicts={}, bridge=Bridge(nodes=10**9, weight=0)), model


NO_EXACT = "model without exact rules"
VARIANTS: dict[str, Callable[[Rules, Model], Variant]] = {
    "exact rules only": _exact_only,
    "exact rules, similar name with one shared sign": _one_sign,
    "exact rules and model: the engine": lambda rules, model: (rules, model),
    NO_EXACT: _no_exact,
    "the engine without guards on pairs": _no_guards,
    "the engine without any guards": _no_guards_at_all,
}
