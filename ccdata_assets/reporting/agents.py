"""Agent and team sheets (坐席与班组报表): what each agent of a team did in a week or month, beside the team, its median and that of the
centre. Agents are shown by the beginning of their key, by name only where personal columns are published in clear. It ranks nobody:
which differences are more than chance is told by the funnel plots of the analysis, not here."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Final, TypeAlias

from ccdata_assets.reporting.measures import ALL, DIMENSIONS, Window, measure_charts
from ccdata_assets.reporting.model import Cell, Column, Section, Table, Text, Unit
from ccdata_assets.reporting.period import Grain
from ccdata_assets.reporting.published import Value

TITLE: Final = Text("坐席与班组报表", "Agent and team sheets")
TITLES: Final[dict[Grain, Text | None]] = {
    "week": Text("坐席与班组周报", "Weekly agent and team sheets"),
    "month": Text("坐席与班组月报", "Monthly agent and team sheets"),
}
KPIS: Final = (
    "calls_handled", "aht", "talk_time", "hold_time", "acw_time", "transfer_rate", "occupancy", "utilisation", "qa_score", "csat", "fcr",
)  # fmt: skip
HELD: Final = ("aht", "occupancy", "transfer_rate", "qa_score", "csat")  # against the team's median, beside the value
NO_TEAM: Final = Text("未分班组", "No team")
Values: TypeAlias = Mapping[str, Value]
HOUR_S: Final = 3600


def _calls(values: Values) -> float | None:
    """Calls handled: those the handling time is a mean of."""
    return _part(values.get("aht"), "denominator", 1)


def _signed_in(values: Values) -> float | None:
    return _part(values.get("utilisation"), "denominator", HOUR_S)


def _talking(values: Values) -> float | None:
    return _part(values.get("utilisation"), "numerator", HOUR_S)


def _reviews(values: Values) -> float | None:
    return _part(values.get("qa_score"), "denominator", 1)


def _answers(values: Values) -> float | None:
    return _part(values.get("csat"), "denominator", 1)


AMOUNTS: Final = {
    "calls": (Text("处理通话", "Calls handled"), _calls, False, "count"),
    "signed_in_h": (Text("签入（小时）", "Signed in (h)"), _signed_in, False, "number"),
    "talking_h": (Text("通话（小时）", "Talk (h)"), _talking, False, "number"),
    "reviews": (Text("质检数", "Reviews"), _reviews, True, "count"),
    "answers": (Text("评价数", "Answers"), _answers, True, "count"),
}
"""What is counted beside the KPIs, from the sums behind them: title, how, whether it only explains, unit."""


def agent_sections(window: Window) -> tuple[Section, ...]:
    """The teams, then a section a team with a row an agent; nothing where nothing is known of any agent."""
    parts = window.parts(KPIS)
    agents = {labels[0]: values for labels, values in parts.get(("agent",), {}).items() if labels[0]}
    teams = {labels[0]: values for labels, values in parts.get(("team",), {}).items() if labels[0]}
    if not agents and not teams:
        return ()
    of_team: dict[str, list[str]] = {}
    for agent, team in _team_of(window, agents).items():
        of_team.setdefault(team, []).append(agent)
    named = [*sorted({*teams, *of_team} - {""}), *([""] if "" in of_team else [])]
    sections = [_teams(window, {team: teams.get(team, {}) for team in named if team}, of_team, agents)]
    sections += [
        _team(window, number, team, teams.get(team, {}), {agent: agents[agent] for agent in of_team[team]}, agents)
        for number, team in enumerate(named, 1)
        if team in of_team
    ]
    return tuple(section for section in sections if section.tables)


def _team_of(window: Window, agents: Iterable[str]) -> dict[str, str]:
    """The team of each agent: the one most of the agent's period was spent in; where the values do not tell, that of today."""
    today = {agent: team for agent, (_, team) in window.source.agents().items()}
    spent: dict[str, tuple[float, str]] = {}
    for (agent, team), values in window.parts(KPIS).get(("agent", "team"), {}).items():
        weight = max((value.denominator or value.value or 0 for value in values.values()), default=0)
        if team:
            spent[agent] = max(spent.get(agent, (0, "")), (weight, team))
    return {agent: spent[agent][1] if agent in spent else today.get(agent, "") for agent in agents}


def _teams(window: Window, teams: Mapping[str, Values], of_team: Mapping[str, Sequence[str]], agents: Mapping[str, Values]) -> Section:
    title = Text("班组", "Teams")
    whole = {kpi: value for kpi in KPIS if (value := window.overall(kpi))}
    shown = _shown([*teams.values(), *agents.values()])
    columns = (
        Column("part", DIMENSIONS["team"], "name"),
        Column("agents", Text("坐席数", "Agents"), "count"),
        *_columns(window, shown, held=False),
    )
    rows = tuple(
        (Text.same(team), len(of_team.get(team, ())), *_cells(values, shown)) for team, values in sorted(teams.items())
    )
    middle = (Text("坐席中位数", "Median of agents"), None, *_medians(agents.values(), shown))
    table = Table(
        "teams", title, columns, rows, (ALL, len(agents), *_cells(whole, shown)) if rows else None,
        foot=(middle,) if agents else (),
    )  # fmt: skip
    charts = measure_charts(window, table, "part", [kpi for kpi in HELD if kpi in shown], "ranking") if len(rows) > 1 else []
    note = Text(
        "坐席以编号开头显示；仅在公开个人信息的设置下显示姓名。差异是否超出偶然，见运营分析的漏斗图。",
        "Agents are shown by the beginning of their key, by name only where the setting opens personal columns. Whether a difference is more than chance: see the funnel plots of the analysis.",
    )
    return Section("teams", title, note, tables=(table,) if rows else (), charts=tuple(charts))


def _team(
    window: Window, number: int, team: str, of_team: Values, members: Mapping[str, Values], agents: Mapping[str, Values]
) -> Section:
    name = Text.same(team) if team else NO_TEAM
    shown = _shown(members.values())
    middle = dict(zip(shown, _medians(members.values(), shown), strict=True))

    def order(agent: str) -> tuple[float, str]:
        return (-(_calls(members[agent]) or _signed_in(members[agent]) or 0), agent)

    rows = tuple(
        (window.label("agent", agent), *_cells(members[agent], shown, middle)) for agent in sorted(members, key=order)
    )
    foot = (
        (Text("班组中位数", "Median of the team"), *_spread(list(middle.values()), shown)),
        (Text("中心中位数", "Median of the centre"), *_spread(_medians(agents.values(), shown), shown)),
    )
    columns = (Column("agent", DIMENSIONS["agent"], "name"), *_columns(window, shown, held=True))
    total = (Text("班组", "The team"), *_spread(_cells(of_team, shown), shown)) if of_team else None
    table = Table(f"team_{number}", name, columns, rows, total, foot=foot)
    return Section(f"team_{number}", name, tables=(table,))


def _shown(rows: Iterable[Values]) -> list[str]:
    """The columns that any of the rows has a value for: amounts, then KPIs; the calls once."""
    known = list(rows)
    amounts = [key for key, (_, of, _, _) in AMOUNTS.items() if any(of(values) is not None for values in known)]
    kpis = [kpi for kpi in KPIS if any(kpi in values and values[kpi].value is not None for values in known)]
    if "calls" in amounts and "calls_handled" in kpis:
        amounts.remove("calls")
    return [*amounts[: _before_kpis(amounts)], *kpis, *amounts[_before_kpis(amounts) :]]


def _before_kpis(amounts: Sequence[str]) -> int:
    """How many of the amounts stand before the KPIs; what only explains stands after them."""
    return sum(not AMOUNTS[key][2] for key in amounts)


def _columns(window: Window, shown: Sequence[str], held: bool) -> list[Column]:
    columns = []
    for key in shown:
        if key in AMOUNTS:
            title, _, minor, unit = AMOUNTS[key]
            columns.append(Column(key, title, _unit(unit), minor=minor))
            continue
        definition = window.definition(key)
        columns.append(Column(key, definition.name, definition.unit))
        if held and key in HELD:
            columns.append(Column(f"{key}_held", Text("较班组中位数", "vs team median"), definition.unit, minor=True))
    return columns


def _unit(name: str) -> Unit:
    return "count" if name == "count" else "number"


def _cells(values: Values, shown: Sequence[str], middle: Mapping[str, Cell] | None = None) -> list[Cell]:
    """A row of `_columns`; with `middle` each of HELD has its difference from it behind it."""
    cells: list[Cell] = []
    for key in shown:
        value = AMOUNTS[key][1](values) if key in AMOUNTS else values[key].value if key in values else None
        cells.append(value)
        if middle is not None and key in HELD:
            of = middle[key]
            cells.append(None if value is None or not isinstance(of, int | float) else value - of)
    return cells


def _spread(cells: Sequence[Cell], shown: Sequence[str]) -> list[Cell]:
    """A row without differences, in the columns of one that has them."""
    return [cell for key, value in zip(shown, cells, strict=True) for cell in ((value, None) if key in HELD else (value,))]


def _medians(rows: Iterable[Values], shown: Sequence[str]) -> list[Cell]:
    """The middle of what is known of each column; whole calls where all are."""
    columns = list(zip(*(_cells(values, shown) for values in rows), strict=True))
    middles: list[Cell] = []
    for cells in columns or [()] * len(shown):
        known = [cell for cell in cells if isinstance(cell, int | float)]
        middles.append(median(known) if known else None)
    return middles


def _part(value: Value | None, side: str, by: float) -> float | None:
    found = getattr(value, side) if value else None
    if found is None:
        return None
    return int(found) if by == 1 else round(found / by, 2)
