"""Errors a user can act on, and the scrubber that keeps personal values out of every message.

Every `CcdataError` says what is wrong, where (feed, file, row, field) and what to do, in words of ours: such a
message passes as it is. A message written by a library may print the value it failed on, so it is masked before it
reaches a log, the event log or the screen.
"""

from __future__ import annotations

import re
import traceback


class CcdataError(Exception):
    """Something a user can mend. The message never holds a value of a feed."""

    exit_code = 1


class ContractError(CcdataError):
    """A declaration (contract, field, code list, KPI) is wrong; the message names file, line and fix."""


class WrongUse(CcdataError):
    """The command was called in a way that cannot work."""

    exit_code = 64


class BlockingCheckFailed(CcdataError):
    """A check that concerns everything failed, so nothing was published."""

    exit_code = 2


class UnexpectedError(CcdataError):
    """An error of a library, its message masked."""


_MASK = "…"
_EMAIL = re.compile(r"[^\s@<>()\[\]{},;:]+@[^\s@<>()\[\]{},;:]+")
_DIGITS = re.compile(r"\+?\d(?:[\d\s().\-—]{3,}\d)")
_HAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
_SQL_ECHO = re.compile(r"\n+\s*LINE \d+:.*", re.DOTALL)
_PARSED_TEXT = re.compile(r"(Could not parse string ).*", re.DOTALL)
"""DuckDB's strptime repeats the text it could not read, unquoted, on a line of its own."""
_OBJECT_NAME = re.compile(
    r"""(?i:table|column|field|model|schema|view|function|named?|module|attribute)\s*(['"`])[a-z_]+(?:\.[a-z_]+)*\1"""
)
"""Names of our own tables and columns are lower-case words with underscores; with no digit they name no one."""
_QUOTES = (("'", "'"), ('"', '"'), ("`", "`"), ("“", "”"), ("「", "」"))
_WITHIN_A_WORD = r"(?<=\w)'(?=\w)"


def scrub(message: str) -> str:
    """Mask what may be a personal value in a library's message: quoted text, e-mails, long digit runs, Chinese text.

    Quoted words stay only where the text before them says that they name a table, a column or a field.
    """
    text = _PARSED_TEXT.sub(rf"\1 {_MASK}", _SQL_ECHO.sub("", message))
    kept: list[str] = []

    def keep(hit: re.Match[str]) -> str:
        kept.append(hit.group())
        return f"\0{len(kept) - 1}\0"

    text = _OBJECT_NAME.sub(keep, text.replace("\0", _MASK))
    for opening, closing in _QUOTES:
        text = _mask_quoted(text, opening, closing)
    text = _HAN.sub(_MASK, _DIGITS.sub(_MASK, _EMAIL.sub(_MASK, text)))
    return re.sub("\0(\\d+)\0", lambda hit: kept[int(hit[1])], text)


def _mask_quoted(text: str, opening: str, closing: str) -> str:
    """Mask from the first quote to the last: a value may hold quotes itself, and libraries do not escape them."""
    lines = text.split("\n")
    if opening == closing and any(
        len(re.findall(re.escape(opening), re.sub(_WITHIN_A_WORD, "", line))) % 2 for line in lines
    ):
        lines = [text]  # a value of several lines
    masked = [re.sub(f"{opening}.*{closing}", f"{opening}{_MASK}{closing}", line, flags=re.DOTALL) for line in lines]
    # a quote that stands alone opens a value that was cut off
    return "\n".join(
        re.sub(rf"(?<!\w){opening}[^{opening}{closing}]*\Z", f"{opening}{_MASK}", line)
        if line.count(opening) == 1
        else line
        for line in masked
    )


def clean_error(error: BaseException, where: str) -> CcdataError:
    """The same error, fit to be shown: ours as it is, a library's with its message masked and the place named."""
    if isinstance(error, CcdataError):
        return error
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "ccdata_assets" in frame.filename]
    place = f" at {frames[-1].name}, line {frames[-1].lineno}" if frames else ""
    return UnexpectedError(f"{where}: {type(error).__name__}{place}: {scrub(str(error))}")
