"""How a cell of a workbook looks, as one value. openpyxl finds a style by all its fields, for each cell anew, which takes longer
than to write the cells; here a look is found once a workbook. Which look a cell has is decided by `workbook`."""

from copy import copy
from typing import Any, Final, Literal, NamedTuple
from weakref import WeakKeyDictionary

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

FACE: Final = "Microsoft YaHei"  # on every Windows; LibreOffice and macOS take their own Chinese font instead
INK, QUIET, ACCENT, LINE, BAND = "20262D", "69727D", "2F6690", "D5D8DB", "F1F3F4"


class Look(NamedTuple):
    """Font, number format, place in the cell, the line above or below it (style, colour) and the colour behind it."""

    size: float = 10
    bold: bool = False
    colour: str = INK
    format: str = "General"
    side: Literal["left", "right", "center"] | None = None
    indent: int = 0
    vertical: Literal["top", "bottom"] | None = None
    is_wrapped: bool = False
    above: tuple[Literal["thin", "hair"], str] | None = None
    below: tuple[Literal["thin", "hair"], str] | None = None
    behind: str | None = None


_FOUND: Final[WeakKeyDictionary[Workbook, dict[Look, Any]]] = WeakKeyDictionary()


def dress(cell: Any, look: Look) -> None:
    """Gives a cell this look; after its value, because openpyxl formats days by itself."""
    found = _FOUND.setdefault(cell.parent.parent, {})
    if look in found:
        cell._style = copy(found[look])
        return
    cell.font = Font(name=FACE, size=look.size, bold=look.bold, color=look.colour)
    cell.number_format = look.format
    if look.side or look.vertical or look.is_wrapped:
        cell.alignment = Alignment(look.side, look.vertical, wrap_text=look.is_wrapped or None, indent=look.indent)
    if look.above or look.below:
        cell.border = Border(
            top=Side(look.above[0], color=look.above[1]) if look.above else Side(),
            bottom=Side(look.below[0], color=look.below[1]) if look.below else Side(),
        )
    if look.behind:
        cell.fill = PatternFill("solid", fgColor=look.behind)
    found[look] = copy(cell._style)
