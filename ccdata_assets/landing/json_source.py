"""JSON text → values, as a stream: what is held of a document is one record, however long the document is.

Numbers stay as they were written, a key that comes twice keeps both values, and control characters in a text are taken
as they are. Where a value is broken its end is sought by its brackets, so that it costs only itself.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ccdata_assets.landing.rows import OverLimit

CHUNK = 1 << 20
_NO_SPACE = re.compile(r"[^ \t\r\n\ufeff]")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
"""What matters for finding the end of a value: texts as a whole, and brackets."""
_DEPTH = {"{": 1, "[": 1, "}": -1, "]": -1}
_SCALAR_END = re.compile(r"[,\]}\n]")
_LONGEST_WORD = 16
"""No word or escape of JSON that the end of a chunk may cut is longer."""


class Number(str):
    """A number as it was written."""

    __slots__ = ()


class BrokenJson(Exception):
    """No value can be read here."""


def _constant(name: str) -> Number | None:
    """NaN is how a missing number is written by those who write it at all."""
    return None if name == "NaN" else Number(name)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    found = {}
    copies: Counter[str] = Counter()
    for key, value in pairs:
        name = key
        while name in found:
            copies[key] += 1
            name = f"{key} ({copies[key] + 1})"
        found[name] = value
    return found


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=Number, parse_int=Number, parse_constant=_constant, strict=False
)


def one_value(text: str) -> Any:
    """The value of a text that holds one and, at most, a comma behind it. Raises BrokenJson."""
    try:
        value, end = _DECODER.raw_decode(text, len(text) - len(text.lstrip()))
    except (json.JSONDecodeError, RecursionError):
        raise BrokenJson from None
    if end < len(text) and text[end:].strip() not in ("", ","):
        raise BrokenJson
    return value


def holds_several(text: str) -> bool:
    """Tells whether a text begins with two objects, one behind the other."""
    try:
        _, end = _DECODER.raw_decode(text, len(text) - len(text.lstrip("\ufeff \t")))
    except (json.JSONDecodeError, RecursionError):
        return False
    return text[end:].lstrip(" \t,").startswith("{")


def json_text(value: Any) -> str:
    """A value as JSON writes it, its numbers as they were written. Raises RecursionError where it is too deep."""
    match value:
        case Number():
            return str(value)
        case dict():
            return "{" + ", ".join(f"{json_text(key)}: {json_text(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(json_text, value)) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)


class JsonSource:
    """Text that comes in chunks, and the place in it that is read next."""

    def __init__(self, chunks: Iterator[str], limit: int) -> None:
        self._chunks = chunks
        self._limit = limit
        self._text = ""
        self._at = 0
        self._before = 0
        self._ended = False

    @property
    def place(self) -> int:
        """How many characters lie before what is read next."""
        return self._before + self._at

    def peek(self) -> str:
        """The next character that is no space; '' at the end."""
        while True:
            if found := _NO_SPACE.search(self._text, self._at):
                self._at = found.start()
                return found[0]
            self._at = len(self._text)
            if not self._more():
                return ""

    def step(self) -> None:
        """Pass the character that was peeked at."""
        self._at += 1

    def value(self) -> Any:
        """Read the next value. Raises BrokenJson; the place is then still where the value begins."""
        if not self.peek():
            raise BrokenJson
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                is_cut = error.msg.startswith("Unterminated") or error.pos > len(self._text) - _LONGEST_WORD
                if is_cut and self._more():
                    continue
                raise BrokenJson from None
            except RecursionError:
                raise BrokenJson from None
            if end == len(self._text) and self._more():
                continue  # the digits of a number may go on
            self._at = end
            return value

    def elements(self) -> Iterator[None]:
        """Enter a list: at each step its next element must be read, skipped or entered. Raises BrokenJson."""
        self.step()
        while (character := self.peek()) != "]":
            if not character:
                raise BrokenJson
            yield
            self._separator("]")
        self.step()

    def members(self) -> Iterator[str]:
        """Enter an object: at each key its value must be read, skipped or entered. Raises BrokenJson."""
        self.step()
        while (character := self.peek()) != "}":
            if character != '"':
                raise BrokenJson
            key = str(self.value())
            if self.peek() != ":":
                raise BrokenJson
            self.step()
            yield key
            self._separator("}")
        self.step()

    def _separator(self, end: str) -> None:
        character = self.peek()
        if character == ",":
            self.step()
        elif character != end:
            raise BrokenJson

    def skip(self) -> None:
        """Pass the next value unread, however long or deep it is. Raises BrokenJson where it has no end."""
        if self.peek() not in ("{", "["):
            self.value()
            return
        depth = 0
        while True:
            token = _TOKEN.search(self._text, self._at)
            if token is not None and (token.end() < len(self._text) or token[0] in _DEPTH):
                self._at = token.end()
                depth += _DEPTH.get(token[0], 0)
                if depth == 0:
                    return
                continue
            self._at = len(self._text) if token is None else token.start()  # a text that may go on
            if not self._more():
                raise BrokenJson

    def broken_value(self) -> tuple[str, bool]:
        """Pass a value that cannot be read: its text, and whether what follows can be read."""
        while (end := self._end_of_value()) is None:
            try:
                if not self._more():
                    return self.rest(), False
            except OverLimit:
                return self.rest(), False
        text, self._at = self._text[self._at : end], end
        return text, self.peek() in (",", "]", "}")

    def rest(self) -> str:
        """What is held of the text that is read next."""
        return self._text[self._at :]

    def _end_of_value(self) -> int | None:
        if self._text[self._at : self._at + 1] not in ("{", "["):
            found = _SCALAR_END.search(self._text, self._at + 1)
            return found.start() if found else None
        depth = 0
        for token in _TOKEN.finditer(self._text, self._at):
            depth += _DEPTH.get(token[0], 0)
            if depth == 0:
                return token.end()
        return None

    def _more(self) -> bool:
        """Take in more text, as much as is waiting at least, so that a long value is not begun again too often."""
        if self._ended:
            return False
        rest = self.rest()
        if len(rest) > self._limit:
            raise OverLimit(
                f"the JSON has a record of more than {self._limit:,} characters;"
                " fix: export smaller records, or raise CCDATA_MAX_LINE_BYTES"
            )
        parts, wanted = [rest], max(CHUNK, len(rest))
        while wanted > 0:
            chunk = next(self._chunks, None)
            if chunk is None:
                self._ended = True
                break
            parts.append(chunk)
            wanted -= len(chunk)
        self._before += self._at
        self._text, self._at = "".join(parts), 0
        return len(self._text) > len(rest)
