"""`ccdata gate`: the batches that the gate holds, and how a person lets one through. Thin, as cli.py is."""

from __future__ import annotations

from datetime import tzinfo
from typing import Annotated, Any

import typer

from ccdata_assets.command import (
    NEXT,
    AsOfOption,
    HomeOption,
    JsonOption,
    command_settings,
    day_of,
    deciding,
    looking,
    said,
)
from ccdata_assets.screen import print_json, print_lines

gate_app = typer.Typer(no_args_is_help=True, help="Batches that the gate holds. 被扣留的批次。")


@gate_app.command("list")
def list_held(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the batches that the gate holds, and why. 列出被扣留的批次。"""
    settings = command_settings(home)
    from ccdata_assets.warehouse.gate import held_batches

    with looking(settings, "ops.gate_override") as con:
        found = held_batches(con, settings.zone)
    if as_json:
        print_json(found)
    else:
        print_lines(f"{len(found):,} batches held 扣留批次", [_line(batch, settings.zone) for batch in found])


def _line(batch: dict[str, Any], zone: tzinfo) -> dict[str, Any]:
    """A batch for people; the rest is in --json."""
    return {
        **{name: batch[name] for name in ("feed", "file", "rows", "quarantined", "reason")},
        "since": f"{batch['since'].astimezone(zone):%Y-%m-%d}",
        "released": f"from {batch['let_through_on']}" if batch["is_let_through"] else None,
    }


@gate_app.command("release")
def release(
    feed: Annotated[str, typer.Argument(help="The feed.")],
    file: Annotated[str, typer.Argument(help="The file, as `ccdata gate list` names it.")],
    by: Annotated[str, typer.Option("--by", help="Who vouches for it; kept with the release.")],
    reason: Annotated[str, typer.Option("--reason", help="Why its rows count as they are.")],
    until: Annotated[str, typer.Option("--until", help="Last day on which a run may release it, 2026-01-31.")],
    home: HomeOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a held batch through: the next run releases it, quarantined rows stay where they are. 放行被扣留的批次。"""
    last_day = day_of("--until", until)
    by, reason = said("--by", by), said("--reason", reason)
    settings = command_settings(home, as_of)
    from ccdata_assets.warehouse.gate import let_through

    with deciding(settings) as con:
        sha256 = let_through(con, settings, feed, file, by, reason, last_day)
    if as_json:
        print_json({"feed": feed, "file": file, "sha256": sha256, "until": last_day, "acts": "with the next run"})
    else:
        print(f"released 已放行: {feed} {file}, {settings.business_date} – {last_day}; {NEXT}")
