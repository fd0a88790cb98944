"""Errors a user can act on, and the scrubber that keeps personal values out of every message.

Every `CcdataError` says what is wrong, where (feed, file, row, field) and what to do, in words of ours: such a
message passes as it is. A message written by a library may print the value it failed on, so it is masked before it
reaches a log, the event log or the screen.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager


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
_QUOTED = re.compile(r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\"|`[^`]*`|“[^”]*”|「[^」]*」")
_EMAIL = re.compile(r"[^\s@<>()\[\]{},;:]+@[^\s@<>()\[\]{},;:]+")
_DIGITS = re.compile(r"\+?\d(?:[\d\s().\-—]{3,}\d)")
_HAN = re.compile(r"[㐀-鿿豈-﫿]+")
_SQL_ECHO = re.compile(r"\n+\s*LINE \d+:.*", re.DOTALL)
_SAFE_QUOTED = re.compile(r"""['"`](?:[a-z_]+(?:\.[a-z_]+)*)['"`]""")
"""Names of our own tables and columns are lower-case words with underscores; with no digit they name no one …"""


def scrub(message: str) -> str:
    """Mask what may be a personal value in a library's message: quoted text, e-mails, long digit runs, Chinese text.

    Quoted words stay only where the text before them says that they name a table, a column or a field.
    """
    text = _SQL_ECHO.sub("", message)
    text = _QUOTED.sub(lambda hit: hit.group() if _names_an_object(text, hit) else hit.group()[0] + _MASK + hit.group()[-1], text)
    return _HAN.sub(_MASK, _DIGITS.sub(_MASK, _EMAIL.sub(_MASK, text)))


_OBJECT_WORD = re.compile(r"(?:table|column|field|model|schema|view|function|named?|module|attribute)\s*$", re.IGNORECASE)


def _names_an_object(text: str, hit: re.Match[str]) -> bool:
    return bool(_SAFE_QUOTED.fullmatch(hit.group()) and _OBJECT_WORD.search(text[: hit.start()]))


def clean_error(error: BaseException, where: str) -> CcdataError:
    """The same error, fit to be shown: ours as it is, a library's with its message masked and the place named."""
    if isinstance(error, CcdataError):
        return error
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "ccdata_assets" in frame.filename]
    place = f" at {frames[-1].name}, line {frames[-1].lineno}" if frames else ""
    return UnexpectedError(f"{where}: {type(error).__name__}{place}: {scrub(str(error))}")


@contextmanager
def scrubbed(where: str) -> Iterator[None]:
    """Let nothing but clean errors out of a step; `where` names the step."""
    try:
        yield
    except Exception as error:
        raise clean_error(error, where) from None
