"""`ccdata incident`: failed checks that somebody has to look at, and what became of them. Thin, as cli.py is."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ccdata_assets.command import AsOfOption, HomeOption, JsonOption, command_settings, deciding, looking, said
from ccdata_assets.screen import print_json, print_lines

incident_app = typer.Typer(
    no_args_is_help=True, help="Incidents: failed checks that somebody looks after. 质量事件：未通过的检查及其处理。"
)

IncidentArgument = Annotated[str, typer.Argument(help="Its incident_id, see `ccdata incident list`.")]
ByOption = Annotated[str, typer.Option("--by", help="Who; kept with the incident.")]


@incident_app.command("list")
def list_incidents(
    every: Annotated[bool, typer.Option("--all", help="Resolved ones too.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the open incidents, the most severe first. 列出未解决的质量事件。"""
    settings = command_settings(home)
    from ccdata_assets.quality.incidents import incidents

    with looking(settings, "ops.incident") as con:
        found = incidents(con, every)
    if as_json:
        print_json(found)
        return
    zone = settings.zone
    print_lines(f"{len(found):,} incidents 质量事件", [_line(incident, zone) for incident in found])


def _line(incident: dict[str, Any], zone: Any) -> dict[str, Any]:
    """An incident for people, for a screen of 80 columns; the rest is in --json."""
    met, target = (None if incident[name] is None else f"{incident[name]:.1%}" for name in ("value", "target"))
    return {
        "incident_id": incident["incident_id"],
        "severity": incident["severity"],
        "check": incident["check_name"],
        "of": " ".join(filter(None, (incident["feed"], incident["field"]))) or None,
        "met": None if met is None else f"{met} of {target}",
        "since": f"{incident['opened_at'].astimezone(zone):%Y-%m-%d}",
        "status": incident["status"],
    }


@incident_app.command("acknowledge")
def acknowledge_incident(
    incident_id: IncidentArgument,
    by: ByOption,
    comment: Annotated[str | None, typer.Option("--comment", help="What is known of it.")] = None,
    home: HomeOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that somebody has seen an incident and looks after it. 确认质量事件。"""
    settings = command_settings(home, as_of)
    from ccdata_assets.quality.incidents import acknowledge

    with deciding(settings) as con:
        acknowledge(con, settings, incident_id, said("--by", by), comment)
    _done(as_json, incident_id, "acknowledged", "已确认")


@incident_app.command("resolve")
def resolve(
    incident_id: IncidentArgument,
    by: ByOption,
    comment: Annotated[str, typer.Option("--comment", help="How it was settled.")],
    home: HomeOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that an incident is settled, and how; if its check fails later, another one opens. 解决质量事件。"""
    settings = command_settings(home, as_of)
    from ccdata_assets.quality.incidents import resolve_incident

    with deciding(settings) as con:
        resolve_incident(con, settings, incident_id, said("--by", by), said("--comment", comment))
    _done(as_json, incident_id, "resolved", "已解决")


def _done(as_json: bool, incident_id: str, status: str, zh: str) -> None:
    if as_json:
        print_json({"incident_id": incident_id, "status": status})
    else:
        print(f"{status} {zh}: {incident_id}")
