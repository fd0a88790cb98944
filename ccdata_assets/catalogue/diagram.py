"""The entity-relationship diagram as a picture: one SVG that needs nothing else and is read without scripts.

Laid out as a bus: every table that others point to has a column of its own, every table that points has a line, and a dot where
they meet says by which column. Straight lines do not cross anything but each other at right angles, however many tables there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from ccdata_assets.catalogue.tables import Table

LINE, COLUMN, LEFT, TOP, IN = 46, 142, 232, 84, 20
"""Pixels: height of a line, width of a column, of the names at the left, of the names above, and how far into a
column its line runs."""
OF_A_FILE = ' xmlns="http://www.w3.org/2000/svg"'
"""`space` of a diagram that is a file."""


def diagram(tables: Mapping[str, Table], space: str = "") -> str:
    """SVG of the marts. Colours are those of the page it stands in (CSS variables), else dark on white; `space` is the XML
    namespace that a file of its own must name, and a page must not."""
    marts = {name: table for name, table in tables.items() if table.schema == "marts"}
    links = [
        (table.name, column, to)
        for table in marts.values()
        for column, (to, _) in table.references.items()
        if to in marts
    ]
    targets = [name for name in marts if any(to == name for _, _, to in links)]
    targets.sort(key=lambda name: (-sum(to == name for _, _, to in links), name))
    lines = [name for name in marts if any(of == name for of, _, _ in links)]
    lines.sort(key=lambda name: (not name.startswith("marts.fct_"), name))
    alone = [name for name in marts if name not in targets and name not in lines]
    width, height = LEFT + COLUMN * len(targets) + 12, TOP + LINE * (len(lines) + len(alone)) + 16
    across = {name: LEFT + COLUMN * place + IN for place, name in enumerate(targets)}
    down = {name: TOP + LINE * place + LINE // 2 + 6 for place, name in enumerate([*lines, *alone])}
    parts = [
        f'<svg class="er"{space} viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        "aria-label=\"实体关系图 Entity relationships\" font-family=\"system-ui,'Noto Sans CJK SC','Microsoft YaHei',sans-serif\">"
    ]
    for name, x in across.items():
        last = max(y for of, y in down.items() if any(one == of and to == name for one, _, to in links))
        parts.append(f'<path d="M{x} {TOP - 12}V{last}" stroke="var(--grid,#ddd)" stroke-width="2" fill="none"/>')
        parts.append(_box(marts[name], x - IN + 4, 8, COLUMN - 8, TOP - 20, [_short(name), *marts[name].key]))
    for name, y in down.items():
        end = max((across[to] for of, _, to in links if of == name), default=0)
        if end:
            parts.append(f'<path d="M{LEFT - 6} {y}H{end}" stroke="var(--line,#ccc)" fill="none"/>')
        parts.append(_box(marts[name], 6, y - 19, LEFT - 12, 38, [_short(name), marts[name].zh[:18]]))
        parts += [_meeting(across[to], y, [one for of, one, at in links if of == name and at == to]) for to in across if any(of == name and at == to for of, _, at in links)]  # fmt: skip
    return "".join([*parts, "</svg>"])


def _short(name: str) -> str:
    return name.partition(".")[2]


def _box(table: Table, x: int, y: int, width: int, height: int, lines: list[str]) -> str:
    said = escape(f"{table.zh}。{table.en} key 主键: {', '.join(table.key) or '–'}")
    accent = "var(--series-2,#d08c2f)" if ".fct_" in table.name else "var(--series-1,#2f6690)"
    middle = y + height / 2 - 8 * (len(lines) - 1) + 4.5
    texts = "".join(
        f'<text x="{x + 12}" y="{middle + 16 * place:g}" font-size="{13 if place == 0 else 11}" '
        f'fill="var({"--ink,#20262d" if place == 0 else "--muted,#69727d"})">{escape(line)}</text>'
        for place, line in enumerate(lines)
    )
    return (
        f'<g><title>{said}</title><rect x="{x}" y="{y}" width="{width}" height="{height}" rx="5" fill="var(--surface,#fff)" stroke="var(--line,#ccc)"/>'
        f'<rect x="{x}" y="{y}" width="4" height="{height}" rx="2" fill="{accent}"/>{texts}</g>'
    )


def _meeting(x: int, y: int, columns: list[str]) -> str:
    places = (-6, 15)  # above the line, below it
    texts = "".join(
        f'<text x="{x + 8}" y="{y + place}" font-size="11" fill="var(--soft,#454d56)">{escape(column)}</text>'
        for column, place in zip(columns, places, strict=False)
    )
    return f'<g><circle cx="{x}" cy="{y}" r="4" fill="var(--accent,#2f6690)"/>{texts}</g>'
