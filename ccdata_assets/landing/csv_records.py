"""Text → records by the csv module: the line on which each begins, and no more than one line lost to an unclosed quote.

This is the exact way to read any delimited text. `delimited` takes a faster one where that must come to the same.
"""

from __future__ import annotations

import csv
import re
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ccdata_assets.landing.rows import Limits, UnreadableFile
from ccdata_assets.landing.text_lines import split_lines

RECORD_FIELDS = 32
"""How many cells of full length a record of several lines may hold; what is longer begins with an unclosed quote."""
UNSPLIT_CELLS = 4
"""A long line of so many times the allowed columns is kept in one piece: as cells it would be many times its size."""
_CONTROLS = "\x1f\x1e\x1d\x1c" + "".join(map(chr, range(1, 9)))
_field_limit_lock = threading.Lock()


@dataclass(frozen=True)
class Dialect:
    """How cells are told apart: a delimiter of one or more characters, a quote ('' for none), an escape character."""

    delimiter: str
    quote: str = '"'
    escape: str | None = None

    def stand_in(self, text: str) -> str:
        """The delimiter, or a character that the text lacks where the delimiter is not one of ASCII."""
        if len(self.delimiter) == 1 and "\0" < self.delimiter < "\x80":
            return self.delimiter
        candidates: Iterator[str] = iter(
            (*_CONTROLS, *map(chr, range(0xFDD0, 0xFDF0)), *map(chr, range(0xE000, 0xF900)))
        )
        mark = next((character for character in candidates if character not in text), None)
        if mark is None:
            raise UnreadableFile(
                f"no character is free to stand for the delimiter {self.delimiter!r}; fix: export it with another one"
            )
        return mark

    def with_stand_in(self, text: str, mark: str) -> str:
        """The text with the mark in the place of the delimiter, but where an escape takes its meaning away."""
        if not self.escape or self.escape not in text:
            return text.replace(self.delimiter, mark)
        escaped_or_delimiter = f"({re.escape(self.escape)}.)|{re.escape(self.delimiter)}"
        return re.sub(escaped_or_delimiter, lambda found: found[1] or mark, text, flags=re.DOTALL)

    def may_hold_delimiter(self, text: str) -> bool:
        """Tells whether a cell of the text may contain the delimiter."""
        return bool(self.quote and self.quote in text) or bool(self.escape and self.escape in text)

    def reader(self, lines: Iterable[str], delimiter: str, strict: bool = False) -> Iterator[list[str]]:
        """The records of lines whose delimiter is that one character."""
        form: dict[str, Any] = {"quotechar": self.quote} if self.quote else {"quoting": csv.QUOTE_NONE}
        return csv.reader(lines, delimiter=delimiter, escapechar=self.escape, strict=strict, **form)


@dataclass
class Records:
    """Consecutive records: the numbers of the lines on which they begin, cells, faults; a blank line has no cells."""

    numbers: list[int] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    faults: list[str | None] = field(default_factory=list)

    def add(self, number: int, cells: list[str], fault: str | None = None) -> None:
        self.numbers.append(number)
        self.rows.append(cells)
        self.faults.append(fault)

    def extend(self, others: Records) -> None:
        self.numbers += others.numbers
        self.rows += others.rows
        self.faults += others.faults

    def drop_blank_start(self) -> None:
        """Forget the first records as far as they are blank."""
        first = next((place for place, row in enumerate(self.rows) if any(row)), len(self.rows))
        del self.numbers[:first], self.rows[:first], self.faults[:first]


class _Unclosed(Exception):
    """The record that is being read does not end."""


class _Unsplit(Exception):
    """The next line is not to be split."""


class CsvRecords:
    """Reads a text that comes in parts of whole lines; a record that a part leaves open is read with the next part."""

    def __init__(self, dialect: Dialect, limits: Limits) -> None:
        self.dialect = dialect
        self.limits = limits
        self.longest = RECORD_FIELDS * limits.field_bytes
        """Characters of a record, where it has several lines or very many cells."""
        self.number = 1
        """Of the next line, or of the first of `rest`."""
        self.rest = ""
        self.doomed = 0
        """Number of the last line of which it is known that a record with a quote open at its start does not end."""

    def read(self, text: str) -> Records:
        """The records that end in the text."""
        return self._read(self.rest + text, is_last=False)

    def finish(self) -> Records:
        """The records of what no further text completes."""
        return self._read(self.rest, is_last=True)

    def _read(self, text: str, is_last: bool) -> Records:
        records = Records()
        delimiter = self.dialect.delimiter
        mark = self.dialect.stand_in(text)
        lines = split_lines(text if mark == delimiter else self.dialect.with_stand_in(text, mark))
        with _field_limit(self.limits.field_bytes):
            rows = self._single_lines(lines, mark) if len(text) <= self.longest else None
            if rows is not None:
                done = len(lines)
                records = Records(list(range(self.number, self.number + done)), rows, [None] * done)
            else:
                done = self._split(lines, mark, is_last, records)
        self.rest = "".join(lines[done:])
        self.number += done
        if mark != delimiter:
            self.rest = self.rest.replace(mark, delimiter)
            if self.dialect.may_hold_delimiter(text) or any(records.faults):
                records.rows = [[cell.replace(mark, delimiter) for cell in row] for row in records.rows]
        return records

    def _single_lines(self, lines: list[str], mark: str) -> list[list[str]] | None:
        """The records of the lines where each is one line, else None."""
        try:
            rows = list(self.dialect.reader(lines, mark))
        except csv.Error:
            return None
        if len(rows) != len(lines):
            return None
        feed = _Feed(self, lines[-1:], mark)
        next(self.dialect.reader(feed.lines(), mark), None)
        return None if feed.is_exhausted and lines else rows

    def _split(self, lines: list[str], mark: str, is_last: bool, records: Records) -> int:
        """Add the records of the lines; give how many lines are done with."""
        feed = _Feed(self, lines, mark)
        while feed.begin < len(lines):
            try:
                for cells in self.dialect.reader(feed.lines(), mark):
                    if feed.is_exhausted:
                        break
                    if feed.next - feed.begin > 1:
                        self._require_closed(lines[feed.begin : feed.next], mark)
                    records.add(self.number + feed.begin, cells)
                    feed.begin = feed.next
                if feed.begin == len(lines):
                    break
                if not is_last:
                    return feed.begin
                raise _Unclosed
            except (_Unclosed, csv.Error, _Unsplit) as error:
                self.doomed = max(self.doomed, self.number + feed.next - 1)
                fault = "long_row" if isinstance(error, _Unsplit) else "unclosed_quote"
                records.add(self.number + feed.begin, [lines[feed.begin].rstrip("\r\n")], fault)
                feed.begin += 1
        return len(lines)

    def _require_closed(self, lines: list[str], mark: str) -> None:
        """Raise where a record of these lines goes on past an end: then the next quote that opened has closed it."""
        try:
            deque(self.dialect.reader(lines, mark, strict=True), maxlen=0)
        except csv.Error:
            raise _Unclosed from None


class _Feed:
    """Hands the lines to a csv reader, and knows which of them the record that is being read has taken."""

    def __init__(self, records: CsvRecords, all_lines: list[str], mark: str) -> None:
        self._records = records
        self._lines = all_lines
        self._mark = mark
        self.begin = 0
        """Place of the first line of the record that is being read."""
        self.next = 0
        self.is_exhausted = False

    def lines(self) -> Iterator[str]:
        """The lines from `begin` on. Raises _Unclosed where the record cannot end, _Unsplit before a line too wide."""
        longest, cells = self._records.longest, UNSPLIT_CELLS * self._records.limits.columns
        self.next, self.is_exhausted = self.begin, False
        length = 0
        while self.next < len(self._lines):
            line = self._lines[self.next]
            if self.next > self.begin:
                length += len(line)
                if length > longest or self._is_doomed():
                    raise _Unclosed
            else:
                length = 0
                if len(line) > longest and line.count(self._mark) > cells:
                    raise _Unsplit
            self.next += 1
            yield line
        self.is_exhausted = True

    def _is_doomed(self) -> bool:
        """A record that is open where an earlier one was, which did not end, will not end either."""
        if self._records.number + self.next > self._records.doomed:
            return False
        escape = self._records.dialect.escape
        return not (escape and self._lines[self.next - 1].rstrip("\r\n").endswith(escape))


@contextmanager
def _field_limit(characters: int) -> Iterator[None]:
    """The csv module has one limit for the whole process: it is ours only while we read."""
    with _field_limit_lock:
        before = csv.field_size_limit(characters)
        try:
            yield
        finally:
            csv.field_size_limit(before)
