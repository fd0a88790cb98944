"""`ccdata entity`: what happened to organisations and contacts, why, and how a person overrides it. Thin, as cli.py is.

Looks take the warehouse read-only and wait for no run; what changes something takes the writer's lock.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Annotated, Any

import duckdb
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ccdata_assets.command import HomeOption, JsonOption, command_settings
from ccdata_assets.command import deciding as _deciding
from ccdata_assets.command import writing as _writing
from ccdata_assets.errors import CcdataError, WrongUse
from ccdata_assets.settings import Settings

entity_app = typer.Typer(
    no_args_is_help=True, help="Entities: their history, why, and decisions. 实体：历史、依据与人工决定。"
)

ByOption = Annotated[str | None, typer.Option("--by", help="Who decides; kept with the decision.")]
AsOfOption = Annotated[str | None, typer.Option("--as-of", help="Business time of the decision; default now.")]
MOST = 100
"""Lines of a table on the screen."""
NEXT = "the next `ccdata run` acts on it 下一次 ccdata run 生效"


@entity_app.command("history")
def history(
    what: Annotated[list[str], typer.Argument(help="An ID; or FEED FILE ROW.", metavar="ID | FEED FILE ROW")],
    on: Annotated[str | None, typer.Option("--on", help="As it was at the end of this day, 2026-01-31.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which entity a row belongs or belonged to, or all events of an ID. 行或实体的历史。"""
    settings = command_settings(home)
    from ccdata_assets.resolution.entity_history import end_of, entity_events, records_on, row_history

    until = end_of(_day(on), settings.zone)
    if len(what) not in (1, 3) or (len(what) == 3 and not what[2].isdigit()):
        raise WrongUse(
            "history takes an ID, or a feed, a file and the number of a row; fix: ccdata entity history org_…"
        )
    with _looking(settings) as con:
        if len(what) == 1:
            lines = entity_events(con, what[0], until)
            count = records_on(con, what[0], until)
            _answer(
                as_json,
                {"id": what[0], "records": count, "events": lines},
                lines,
                f"{what[0]}: {count:,} records 条记录",
            )
            return
        lines = row_history(con, what[0], what[1], int(what[2]), until)
    events: list[dict[str, Any]] = [line for line in lines if on is None or line["is_current"]]
    _answer(
        as_json, {"feed": what[0], "file": what[1], "row": int(what[2]), "entities": events}, events, " ".join(what)
    )


@entity_app.command("explain")
def explain_entity(
    entity_id: Annotated[str, typer.Argument(help="An organisation's ID.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what links the records of an organisation; names and numbers are shown. 为何是同一家企业。"""
    settings = command_settings(home)
    from ccdata_assets.project import load_project
    from ccdata_assets.resolution.entity_history import explain

    project = load_project()
    with _looking(settings) as con:
        found = explain(con, project.rules, project.model, entity_id)
    if as_json:
        print_json(vars(found))
        return
    print_table("records that say the same 内容相同的记录 (node 节点)", found.nodes)
    print_table(
        "linked by exact rules 精确规则", [{**line, "rule": _words(f"exact.{line['rule']}")} for line in found.exact]
    )
    print_table("scored links 打分关联 (bits 比特)", [_scored_line(line) for line in found.scored])
    print_table("decisions 人工决定", found.decisions)
    print_table(
        "kept apart from 与之分开的企业", [{**line, "reason": _reason(line["reason"])} for line in found.others]
    )


@entity_app.command("undo")
def undo_event(
    event_id: Annotated[str, typer.Argument(help="The event_id of a merge, see `ccdata entity history`.")],
    home: HomeOption = None,
    by: ByOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Undo a merge: the ended ID comes back to its rows. 撤销合并。"""
    settings = command_settings(home, as_of)
    from ccdata_assets.resolution.decisions import undo

    with _deciding(settings) as con:
        decision = undo(con, settings, event_id, by)
    _decided(as_json, "undone 已撤销", event_id, decision)


@entity_app.command("lock")
def lock_entity(
    entity_id: Annotated[str, typer.Argument(help="The ID of a live organisation.")],
    home: HomeOption = None,
    by: ByOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lock an organisation: its rows stay together and its ID survives every merge. 锁定企业。"""
    settings = command_settings(home, as_of)
    from ccdata_assets.resolution.decisions import lock

    with _deciding(settings) as con:
        decision = lock(con, settings, entity_id, f"entity lock {settings.as_of.isoformat()}", by)
    _decided(as_json, "locked 已锁定", entity_id, decision)


@entity_app.command("withdraw")
def withdraw_decision(
    decision_id: Annotated[str, typer.Argument(help="See `ccdata entity decisions`.")],
    home: HomeOption = None,
    by: ByOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a decision back: rules and model decide again. 撤回人工决定。"""
    settings = command_settings(home, as_of)
    from ccdata_assets.resolution.decisions import withdraw

    with _deciding(settings) as con:
        withdraw(con, settings, decision_id, "ccdata entity withdraw", by)
    _decided(as_json, "withdrawn 已撤回", decision_id, decision_id)


@entity_app.command("decisions")
def list_decisions(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List what people decided, and whether it is in force. 列出人工决定。"""
    settings = command_settings(home)
    from ccdata_assets.resolution.entity_history import decisions

    with _looking(settings) as con:
        found = decisions(con)
    _answer(as_json, found, found, f"{len(found):,} decisions 决定")


@entity_app.command("accept")
def accept_regrouped(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Accept a jump of the duplicate rate (check uniqueness_regrouped): the grouping is right as it is. 接受重复率突变。"""
    settings = command_settings(home)
    from ccdata_assets.project import load_project
    from ccdata_assets.resolution.stability import accept, write_known

    project = load_project()
    with _writing(settings) as con:
        _refuse_unresolved(con)
        known = write_known(con, project.rules, project.model)
        if not known.unexplained:
            raise WrongUse(
                "nothing merged or split without a reason since the checks last passed; fix: nothing to accept, run `ccdata run`"
            )
        accept(con, project.rules, project.model)
    if as_json:
        print_json({**vars(known), "acts": "with the next run"})
        return
    print(
        f"accepted 已接受: of {known.organisations:,} organisations that were there, {known.merged:,} merged and {known.split:,} "
        f"split, {known.unexplained:,} of them without a reason; duplicate rate {known.rate_before:.1%} → {known.rate_now:.1%}\n"
        f"原有 {known.organisations:,} 个组织中，合并 {known.merged:,} 个、拆分 {known.split:,} 个，其中 {known.unexplained:,} 个无因；"
        f"重复率 {known.rate_before:.1%} → {known.rate_now:.1%}\n"
        "the next `ccdata run` compares with this grouping and goes on 下一次 ccdata run 以此为准，继续运行"
    )


@entity_app.command("replay")
def replay_ledger(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Work the crosswalk out from the ledger and compare; exit code 1 where they differ. 重放核对。"""
    settings = command_settings(home)
    from ccdata_assets.resolution.entity_history import replay

    with _looking(settings) as con:
        found = replay(con)
    if as_json:
        print_json({**vars(found), "equal": not found.different})
    elif found.different:
        print(f"{found.different:,} of {found.rows:,} rows differ 行不一致; fix: report this as a fault of ccdata")
    else:
        print(f"equal 一致: {found.rows:,} rows 行")
    raise typer.Exit(1 if found.different else 0)


# --- what the commands share -------------------------------------------------------------------------------------


@contextmanager
def _looking(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, read-only; CcdataError while a run writes it."""
    from ccdata_assets.warehouse.engine import look

    with look(settings) as con:
        _refuse_unresolved(con)
        yield con


def _refuse_unresolved(con: duckdb.DuckDBPyConnection) -> None:
    """CcdataError where no run has resolved anything yet."""
    if not con.execute(
        "select 1 from information_schema.tables where table_schema = 'resolution' and table_name = 'assigned'"
    ).fetchall():
        raise CcdataError("no run of this release has resolved entities yet; fix: run `ccdata run` first")


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise WrongUse(f"--on: {text!r} is no day; fix: write it as 2026-01-31") from None


def _decided(as_json: bool, what: str, target: str, decision_id: str) -> None:
    if as_json:
        print_json({"target": target, "decision_id": decision_id, "acts": "with the next run"})
    else:
        print(f"{what}: {target} (decision 决定 {decision_id}); {NEXT}")


def _answer(as_json: bool, whole: Any, lines: Sequence[dict[str, Any]], title: str) -> None:
    if as_json:
        print_json(whole)
    else:
        print_table(title, lines)


def print_json(value: Any) -> None:
    """Whatever JSON can say, on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_table(title: str, lines: Sequence[dict[str, Any]]) -> None:
    """Lines of the same keys as a table, the first MOST of them."""
    console = Console(width=None if sys.stdout.isatty() else 200)
    if not lines:
        console.print(f"{title}: –", highlight=False, markup=False)
        return
    table = Table(title=title, title_justify="left")
    for name in lines[0]:
        table.add_column(name, overflow="fold")
    for line in lines[:MOST]:
        table.add_row(*(escape(_shown(value)) for value in line.values()))
    console.print(table)
    if len(lines) > MOST:
        console.print(f"… +{len(lines) - MOST:,}; all with --json 全部见 --json", highlight=False)


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def _words(code: str) -> str:
    from ccdata_assets.resolution.words import load_words

    words = load_words().of(code)
    return words.zh if words.zh == words.en else f"{words.zh} {words.en}"


def _reason(name: str) -> str:
    from ccdata_assets.resolution.words import UNCERTAIN, load_words

    if name == UNCERTAIN:
        return _words(name)
    return _words(f"refused.{name}" if name in load_words().refused else f"against.{name}")


def _scored_line(line: dict[str, Any]) -> dict[str, Any]:
    """A scored link for people: the levels that say something, in words."""
    levels = [
        f"{_words(name + '.' + found['level'])} {found['weight']:+.1f}"
        for name, found in line["levels"].items()
        if found["weight"]
    ]
    reason = _reason(line["reason"]) if line["reason"] else None
    return {
        **{name: value for name, value in line.items() if name != "levels"},
        "reason": reason,
        "evidence": "\n".join(levels),
    }
