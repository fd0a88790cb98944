"""How delimited text is written: which delimiter splits it and which quote encloses its cells, told from its first lines.

The header decides where it can: the right delimiter stands in it, gives the most header words of the feed, and splits
the rows evenly. Where two delimiters do that equally well, DoubtfulText names both. The encoding is found in sniff.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ccdata_assets.landing.rows import IsHeader, UnreadableFile


@dataclass(frozen=True)
class TextForm:
    """Encoding (a codec name), delimiter (one or more characters) and quote ('"', "'" or '' for none) of a text."""

    encoding: str
    delimiter: str
    quote: str


class DoubtfulText(UnreadableFile):
    """What the bytes of a text do not tell: what it is (`encoding`, `delimiter`), the candidates, and why."""

    def __init__(self, what: str, candidates: Sequence[str], reason: str, fix: str) -> None:
        self.what, self.candidates, self.reason = what, tuple(candidates), reason
        names = " or ".join(self.candidates)
        super().__init__(f"the {what} cannot be told: {names}? ({reason}); fix: {fix}")


# --- the lines that are looked at --------------------------------------------------------------------------------

_LINES = 400
_LINE_CHARACTERS = 200_000
_TOTAL_CHARACTERS = 2_000_000
_WHOLE_CELL = "\ue0ff"
"""Stands for a delimiter of several characters while the csv module splits."""


@dataclass(frozen=True)
class _Sample:
    lines: list[str]
    """The first lines with their ends; blank ones are left out above the first that is not."""
    is_whole: bool


def _sample(path: Path, encoding: str) -> _Sample:
    lines: list[str] = []
    total = 0
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        for line in islice(file, 5 * _LINES):
            text = line[:_LINE_CHARACTERS].replace("\0", "").removeprefix("\ufeff" if not lines else "")
            if lines or text.strip():
                lines.append(text)
                total += len(text)
            if len(lines) >= _LINES or total > _TOTAL_CHARACTERS:
                return _Sample(lines, is_whole=False)
    return _Sample(lines, is_whole=True)


def _split(lines: Sequence[str], delimiter: str, quote: str) -> list[list[str]]:
    """The records of these lines without blank ones; what the csv module refuses ends the list."""
    single = delimiter if len(delimiter) == 1 else _WHOLE_CELL
    source = lines if single == delimiter else [line.replace(delimiter, single) for line in lines]
    reader = (
        csv.reader(source, delimiter=single, quotechar=quote)
        if quote
        else csv.reader(source, delimiter=single, quoting=csv.QUOTE_NONE)
    )
    records: list[list[str]] = []
    with suppress(csv.Error):
        records.extend(record for record in reader if any(cell.strip() for cell in record))
    return records


# --- delimiter ---------------------------------------------------------------------------------------------------

_CONTROLS = "".join(map(chr, [*range(1, 9), *range(0x1C, 0x20)]))
_SINGLES = f",\t;|:^~{_CONTROLS}"
_STRENGTH = {"\t": 3, ",": 2, ";": 2, "|": 2, ":": 0, "^": 1, "~": 1, **dict.fromkeys(_CONTROLS, 4)}
"""How seldom each stands in text for another reason."""
_SEVERAL = re.compile(rf"[^\w\s\"'()./\\\-\u0080-\U0010ffff]{{2,6}}|[{_CONTROLS}]{{2,4}}")
_TIMES = re.compile(r"(?<!\d)\d{1,2}:\d{2}(?::\d{2})?(?!\d)|://|\b[A-Za-z]:(?=\\)")
_EVEN = 0.6
_CLEARLY = 0.15


@dataclass(frozen=True)
class _Split:
    """What splitting by one delimiter gives."""

    delimiter: str
    words: int
    """Cells of the first record that are header words of the feed."""
    width: int
    even: float
    """Share of the records that are as wide as the first."""
    quoted: int
    """Cells enclosed in quotes that touch the delimiter."""


def text_delimiter(path: Path, encoding: str, is_header: IsHeader) -> str:
    """The delimiter of a text, one or more characters; DoubtfulText where two would do.

    A text of one column gives ',' where no comma stands in it, else a character that does not.
    """
    sample = _sample(path, encoding)
    if not sample.lines:
        return ","
    sample = _Sample(_below_titles(sample.lines, is_header), sample.is_whole)
    splits = [
        split
        for delimiter in _candidates(sample.lines)
        if (split := _judge_split(sample, delimiter, is_header)).width > 1
    ]
    splits = _without_nested(splits, sample.lines)
    known = [split for split in splits if split.words]
    if known:
        return _best_of(known, is_known=True).delimiter
    if is_header([sample.lines[0].strip().strip("\"'")]):
        return _single_column(sample.lines)
    even = [split for split in splits if split.even >= _EVEN]
    if even:
        return _best_of(even, is_known=False).delimiter
    if not splits:
        return _single_column(sample.lines)
    raise _delimiter_doubt(splits, "none splits the first lines evenly, and none gives header words of the feed")


_TITLES = 50
"""Lines that may stand above the header."""


def _below_titles(lines: list[str], is_header: IsHeader) -> list[str]:
    """The lines from the header on: the one with the most header words, two at least; else the first that is split.

    Lines without any delimiter above lines that mostly have one are titles, not a table of one column.
    """
    delimiters = dict.fromkeys(mark for line in lines[:_TITLES] for mark in _candidates([line]))
    best, place = 1, 0
    for number, line in enumerate(lines[:_TITLES]):
        for delimiter in delimiters:
            for cells in _split([line], delimiter, '"') if delimiter in line else []:
                words = sum(is_header([cell]) for cell in cells if cell.strip())
                if words > best:
                    best, place = words, number
    if best > 1:
        return lines[place:]
    for delimiter in delimiters:
        has = [delimiter in line for line in lines]
        first = has.index(True) if True in has else 0
        if 0 < first < min(len(lines) - 1, _TITLES) and sum(has) > 0.9 * (len(lines) - first):
            return lines[first:] if not any(other in line for line in lines[:first] for other in delimiters) else lines
    return lines


def _candidates(lines: Sequence[str]) -> list[str]:
    """Single delimiters and runs of signs of the first line, and of the first few where it has none."""
    first = lines[0]
    for text in (first, _TIMES.sub("", "".join(lines[:20]))):
        singles = [mark for mark in _SINGLES if mark in text]
        several = [run for run, _ in Counter(_SEVERAL.findall(text)).most_common(5) if not _is_empty_cells(run, text)]
        if singles or several:
            return [*several, *singles]
    return []


def _is_empty_cells(run: str, text: str) -> bool:
    """`,,` in a line that commas split: an empty cell, not a delimiter of two characters."""
    return len(set(run)) == 1 and run[0] in text.replace(run, "")


def _judge_split(sample: _Sample, delimiter: str, is_header: IsHeader) -> _Split:
    quoted, quote = max((_quoted_cells(sample.lines, delimiter, quote), quote) for quote in "'\"")
    best = _Split(delimiter, 0, 0, 0.0, 0)
    ways = [(sample.lines, tried) for tried in dict.fromkeys((quote if quoted else '"', ""))]
    if delimiter == ":":
        ways += [([_TIMES.sub("", line) for line in lines], tried) for lines, tried in ways]
    for lines, tried in ways:
        records = _split(lines, delimiter, tried)
        if not sample.is_whole and len(records) > 2:
            records.pop()
        if not records:
            continue
        header = records[0]
        width = len(header)
        even = sum(_fits(record, width) for record in records) / len(records)
        words = sum(is_header([cell]) for cell in header if cell.strip()) if width > 1 else 0
        split = _Split(delimiter, words, width, even, quoted)
        if (split.words, split.even) > (best.words, best.even):
            best = split
    return best


def _fits(record: Sequence[str], width: int) -> bool:
    return len(record) == width or (len(record) > width and not any(record[width:]))


def _without_nested(splits: list[_Split], lines: Sequence[str]) -> list[_Split]:
    """Without the delimiters that stand nowhere in the header but within a longer one that splits as evenly."""
    kept = []
    for split in splits:
        longer = [
            other
            for other in splits
            if len(other.delimiter) > len(split.delimiter)
            and split.delimiter in other.delimiter
            and other.words >= split.words
            and other.even >= min(split.even, 0.99) - 0.02
            and split.delimiter not in lines[0].replace(other.delimiter, "")
        ]
        if not longer:
            kept.append(split)
    return kept


def _best_of(splits: list[_Split], is_known: bool) -> _Split:
    """The one clearly best; known header words count most, then evenness, quotes and strength."""
    most = max(split.words for split in splits)
    first = [split for split in splits if split.words == most]
    evenest = max(split.even for split in first)
    first = [split for split in first if split.even >= evenest - _CLEARLY]
    if len(first) > 1 and any(split.quoted for split in first):
        most_quoted = max(split.quoted for split in first)
        first = [split for split in first if split.quoted > most_quoted / 2]
    if len(first) > 1:
        strongest = max(_strength(split.delimiter) for split in first)
        first = [split for split in first if _strength(split.delimiter) == strongest]
    if len(first) > 1:
        widest = max(split.width for split in first)
        wide = [split for split in first if split.width == widest]
        if len(wide) == 1 and all(2 * split.width <= widest + 1 for split in first if split is not wide[0]):
            return wide[0]
        raise _delimiter_doubt(first, "each splits the first lines evenly" + " and gives header words" * is_known)
    return first[0]


def _strength(delimiter: str) -> int:
    return 3 if len(delimiter) > 1 else _STRENGTH[delimiter]


def _single_column(lines: Sequence[str]) -> str:
    text = "".join(lines)
    return next(mark for mark in [",", "\t", "\x1f", "\x01", "\x02"] if mark not in text or mark == "\x02")


def _delimiter_doubt(splits: Sequence[_Split], reason: str) -> DoubtfulText:
    return DoubtfulText(
        "delimiter", [repr(split.delimiter) for split in splits], reason, "declare source.delimiter in the contract"
    )


# --- quote -------------------------------------------------------------------------------------------------------


def _quoted_cells(lines: Sequence[str], delimiter: str, quote: str) -> int:
    """How many cells of one line are enclosed in the quote from delimiter (or line start) to delimiter (or end)."""
    edge = re.escape(delimiter)
    cell = re.compile(rf"(?:(?<={edge})|^){quote}(?:[^{quote}\r\n]|{quote}{quote})*{quote}(?={edge}|\r|\n|$)")
    return sum(len(cell.findall(line)) for line in lines if quote in line)


def text_quote(path: Path, encoding: str, delimiter: str) -> str:
    """'"', "'" or '' of a text split by that delimiter; '"' where nothing speaks against it.

    "'" must enclose the header, every filled cell of a column, a delimiter or a doubled quote. '' is where '"' begins
    cells and never encloses one.
    """
    lines = _quote_lines(path, encoding)
    double = _quoted_cells(lines, delimiter, '"')
    if not double and _is_single_quoted(lines, delimiter):
        return "'"
    edge = re.escape(delimiter)
    begun = re.compile(rf'(?:(?<={edge})|^)"(?!")')
    ended = re.compile(rf'"(?={edge}|\r|\n|$)')
    starts = sum(len(begun.findall(line)) for line in lines)
    ends = sum(len(ended.findall(line)) for line in lines)
    broken = re.compile(rf'(?:(?<={edge})|^)"[^"\r\n]+"(?!"|{edge}|\r|\n|$)')
    torn = sum(len(broken.findall(line)) for line in lines)
    if not double and starts and (torn or (starts >= 3 and not ends)):
        return ""
    return '"'


def _quote_lines(path: Path, encoding: str) -> list[str]:
    """The first line that is not blank, and those of the first megabytes that hold a quote."""
    lines: list[str] = []
    total = 0
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        for line in file:
            total += len(line)
            if len(lines) >= _LINES or total > 2 * _TOTAL_CHARACTERS:
                break
            if ('"' in line or "'" in line) if lines else line.strip():
                lines.append(line[:_LINE_CHARACTERS].replace("\0", "").removeprefix("" if lines else "\ufeff"))
    return lines


def _is_single_quoted(lines: Sequence[str], delimiter: str) -> bool:
    if not _quoted_cells(lines, delimiter, "'"):
        return False
    plain, quoted = _split(lines, delimiter, ""), _split(lines, delimiter, "'")
    if not plain or not quoted:
        return False
    if all(_is_enclosed(cell) for cell in plain[0]) or any(
        "''" in cell[1:-1] for row in plain for cell in row if _is_enclosed(cell)
    ):
        return True
    width = len(plain[0])
    if _even(quoted, width) > _even(plain, width):
        return True
    columns = [
        [record[place] for record in plain[1:] if len(record) == width and record[place]] for place in range(width)
    ]
    return any(len(column) >= 2 and all(map(_is_enclosed, column)) for column in columns)


def _is_enclosed(cell: str) -> bool:
    return len(cell) >= 2 and cell[0] == cell[-1] == "'"


def _even(records: Sequence[Sequence[str]], width: int) -> float:
    return sum(_fits(record, width) for record in records) / len(records)
