"""`ccdata entity`: what happened to organisations and contacts, why, and how a person overrides it. Thin, as cli.py is.

Looks take the warehouse read-only and wait for no run; what changes something takes the writer's lock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import duckdb
import typer

from ccdata_assets.command import NEXT, AsOfOption, ByOption, HomeOption, JsonOption, command_settings
from ccdata_assets.command import deciding as _deciding
from ccdata_assets.command import writing as _writing
from ccdata_assets.errors import CcdataError, WrongUse
from ccdata_assets.screen import print_json
from ccdata_assets.settings import Settings

if TYPE_CHECKING:
    from ccdata_assets.resolution.decisions import Decision

entity_app = typer.Typer(
    no_args_is_help=True, help="Entities: their history, why, and decisions. 实体：历史、依据与人工决定。"
)


@entity_app.command("history")
def history(
    what: Annotated[list[str], typer.Argument(help="An ID; or FEED FILE ROW.", metavar="ID | FEED FILE ROW")],
    on: Annotated[str | None, typer.Option("--on", help="As it was at the end of this day, 2026-01-31.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which entity a row belongs or belonged to, or all events of an ID. 行或实体的历史。"""
    settings = command_settings(home)
    from ccdata_assets.resolution.entity_history import entity_events, records_on, row_history
    from ccdata_assets.resolution.entity_screen import print_events, print_rows

    day = _day(on)
    if len(what) not in (1, 3) or (len(what) == 3 and not what[2].isdigit()):
        raise WrongUse(
            "history takes an ID, or a feed, a file and the number of a row; fix: ccdata entity history org_…"
        )
    with _looking(settings) as con:
        if len(what) == 3:
            lines = row_history(con, what[0], what[1], int(what[2]), day, settings.zone)
        else:
            events = entity_events(con, what[0], day, settings.zone)
            count = records_on(con, what[0], day, settings.zone)
    if len(what) == 3:
        lines = [line for line in lines if day is None or line["is_current"]]
        if as_json:
            print_json({"feed": what[0], "file": what[1], "row": int(what[2]), "entities": lines})
        else:
            print_rows(" ".join(what), lines)
        return
    since, counts = min(event["at"] for event in events), min(event["business_date"] for event in events)
    if as_json:
        print_json({"id": what[0], "records": count, "known_since": since, "counts_from": counts, "events": events})
    else:
        when = f"on {day} 当日" if day else "now 现在"
        dates = f"counts from 计入自 {counts}, known since the run of 得知于 {since.astimezone(settings.zone):%Y-%m-%d}"
        print_events(f"{what[0]}: {count:,} records 条记录 {when}\n{dates}", events)


@entity_app.command("show")
def show_entity(
    entity_id: Annotated[str, typer.Argument(help="The ID of an organisation or a contact.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a golden record: of each field the value, the row that gave it, and what was not taken. 查看黄金记录。"""
    settings = command_settings(home)
    from ccdata_assets.project import load_project
    from ccdata_assets.resolution.entity_history import rows
    from ccdata_assets.resolution.entity_look import show
    from ccdata_assets.resolution.entity_screen import print_shown

    project = load_project()
    with _looking(settings) as con:
        found = show(con, project.rules, entity_id)
        employer = found.record.get("organisation_id") if found.kind == "contact" else None
        organisation = rows(
            con, "select organisation_id, company_name from golden.organisation where organisation_id = ?", [employer]
        )
    if as_json:
        print_json(vars(found))
    else:
        print_shown(found, organisation[0] if organisation else None)


@entity_app.command("find")
def find_entities(
    text: Annotated[str, typer.Argument(help="A part of a name, a telephone number, a credit code.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find the IDs of organisations and contacts. 按名称、电话或信用代码查找 ID。"""
    settings = command_settings(home)
    from ccdata_assets.resolution.entity_look import find
    from ccdata_assets.resolution.entity_screen import print_found

    with _looking(settings) as con:
        lines = find(con, text)
    if as_json:
        print_json(lines)
    else:
        print_found(f"{len(lines):,} found 找到", lines)


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
    from ccdata_assets.resolution.entity_screen import print_explained

    project = load_project()
    with _looking(settings) as con:
        found = explain(con, project.rules, project.model, entity_id)
    if as_json:
        print_json(vars(found))
    else:
        print_explained(found)


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
        decision, gone = undo(con, settings, event_id, by)
        lines = _lines_of(con, gone)
    _decided(as_json, "undone 已撤销", event_id, decision, lines)


@entity_app.command("lock")
def lock_entity(
    entity_id: Annotated[str, typer.Argument(help="The ID of a live organisation.")],
    home: HomeOption = None,
    by: ByOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lock an organisation: its rows stay together and its ID survives every merge, until a person decides otherwise. 锁定企业。"""
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
        withdraw(con, settings, decision_id, "entity withdraw", by)
    _decided(as_json, "withdrawn 已撤回", decision_id, decision_id)


@entity_app.command("decisions")
def list_decisions(
    about: Annotated[
        str | None, typer.Argument(help="Only those about an organisation, an event or a decision.", metavar="[ID]")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what people decided, about whom, and whether it stands; names are shown. 列出人工决定。"""
    settings = command_settings(home)
    from ccdata_assets.resolution.decision_list import decisions
    from ccdata_assets.resolution.entity_screen import print_decisions

    with _looking(settings) as con:
        found = decisions(con, about)
    if as_json:
        print_json(found)
    else:
        print_decisions(f"{len(found):,} decisions 决定", found)


@entity_app.command("accept")
def accept_regrouped(home: HomeOption = None, by: ByOption = None, as_json: JsonOption = False) -> None:
    """Accept a jump of the duplicate rate (check uniqueness_regrouped): the grouping is right as it is. 接受重复率突变。"""
    settings = command_settings(home)
    from ccdata_assets.project import load_project
    from ccdata_assets.resolution.decision_list import accept_line
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
        said = (
            f"of {known.organisations:,} organisations that were there, {known.merged:,} merged and {known.split:,} "
            f"split, {known.unexplained:,} of them without a reason; duplicate rate {known.rate_before:.1%} → {known.rate_now:.1%}"
        )
        accept_line(con, settings, said, by)
    if as_json:
        print_json({**vars(known), "acts": "with the next run"})
        return
    print(
        f"accepted 已接受: {said}\n"
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


def _lines_of(con: duckdb.DuckDBPyConnection, gone: Sequence[Decision]) -> list[dict[str, Any]]:
    """The decisions that another one took back, as `ccdata entity decisions` lists them."""
    from ccdata_assets.resolution.decision_list import decisions

    return [line for one in gone for line in decisions(con, one.decision_id)]


def _decided(as_json: bool, what: str, target: str, decision_id: str, gone: Sequence[dict[str, Any]] = ()) -> None:
    from ccdata_assets.resolution.entity_screen import taken_back

    if as_json:
        print_json({"target": target, "decision_id": decision_id, "taken_back": gone, "acts": "with the next run"})
        return
    print(f"{what}: {target} (decision 决定 {decision_id}); {NEXT}")
    for line in taken_back(gone):
        print(line)
