"""A text file as whole lines, in chunks of bounded size: decoding, byte order marks, ends of lines, and nothing of cells.

A line ends at LF, CRLF, CR, or CR CR LF (what a program makes of CRLF that ends lines a second time). Bytes that are no
text in the encoding stay as marks, one a byte, so that a row with such bytes can be told apart and none of them is lost.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ccdata_assets.landing.rows import OverLimit, UnreadableFile

CHUNK_BYTES = 8 << 20
_END = re.compile(r"\r{0,2}\n|\r")
_LINE = re.compile(r"[^\r\n]*(?:\r{0,2}\n|\r)|[^\r\n]+")
_MARKS = "ccdata-marks"


def split_lines(text: str) -> list[str]:
    """The lines of a text, with their ends."""
    if len(text) > CHUNK_BYTES or "\r\r" in text:
        return _LINE.findall(text)
    return list(io.StringIO(text, newline=""))  # the same, faster; it takes four bytes a character


def with_line_feeds(text: str) -> str:
    """The text with LF for each end of line."""
    return _END.sub("\n", text) if "\r\r" in text else text.replace("\r\n", "\n").replace("\r", "\n")


def cut_lines(text: str, characters: int) -> Iterator[str]:
    """A text of whole lines in pieces of whole lines, each a line longer than so many characters at most."""
    begin = 0
    while begin < len(text):
        found = _END.search(text, min(begin + characters, len(text)))
        end = found.end() if found else len(text)
        yield text[begin:end]
        begin = end


def line_chunks(path: Path, encoding: str, line_limit: int) -> Iterator[str]:
    """The text of a file, decoded, in chunks of whole lines; a byte order mark at the start is left out.

    A byte `b` that is no text becomes the lone surrogate U+DC00 + b. A line much longer than a chunk is one of its own.
    Raises OverLimit at a line of more than `line_limit` characters, UnreadableFile where the codec cannot read at all.
    """
    step = min(CHUNK_BYTES, line_limit)
    held: list[str] = []  # of a line whose end is not yet read
    length = 0
    for text, is_last in _certain_text(path, encoding, step):
        first = _END.search(text)
        first_end = first.end() if first else len(text)
        if length + first_end > line_limit:
            raise OverLimit(
                f"the file has a line of more than {line_limit:,} characters; fix: export it with line breaks, "
                "or raise CCDATA_MAX_LINE_BYTES"
            )
        end = len(text) if is_last else max(text.rfind("\n"), text.rfind("\r")) + 1
        if end or is_last:
            begin = 0
            if held:
                begin = first_end if length >= step else end
                held.append(text[:begin])
                yield _take(held)
            if begin < end:
                yield text[begin:end]
            length = 0
        if end < len(text):
            held.append(text[end:])
            length += len(text) - end


def _take(parts: list[str]) -> str:
    """The parts in one; the list is emptied, so that a long line is not in memory twice."""
    whole = "".join(parts)
    parts.clear()
    return whole


def _certain_text(path: Path, encoding: str, step: int) -> Iterator[tuple[str, bool]]:
    """The decoded text, read by so many bytes, and whether it is the last; no end of line is cut in two."""
    returns = ""  # at the end of what was read: a line feed may follow
    is_start = True
    with path.open("rb") as file:
        decoder = _decoder(file, encoding)
        while True:
            block = file.read(step)
            try:
                text = decoder.decode(block, not block)
            except UnicodeError:
                raise UnreadableFile(
                    f"the codec {encoding} cannot read the file; fix: declare another source.encoding in the contract"
                ) from None
            if is_start and text:
                text = text.lstrip("\ufeff")
                is_start = not text
            text = returns + text
            if not block:
                yield text, True
                return
            body = len(text) - min(2, len(text) - len(text.rstrip("\r")))
            returns = text[body:]
            yield text[:body], False


def _decoder(file: BinaryIO, encoding: str) -> codecs.IncrementalDecoder:
    """The decoder of an encoding that marks what it cannot decode."""
    try:
        name = codecs.lookup(encoding).name
        if name == "utf-8-sig":  # loses a file that ends within its mark
            name = "utf-8"
        if name in ("utf-16", "utf-32"):  # without a mark their codecs raise
            head = file.read(4096)
            file.seek(0)
            if not head.startswith(
                (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
            ):
                name += "-be" if head[0::2].count(0) > head[1::2].count(0) else "-le"
        return codecs.getincrementaldecoder(name)(_MARKS)
    except LookupError:
        raise UnreadableFile(
            f"no text can be read as {encoding}; fix: declare another source.encoding in the contract"
        ) from None


def _mark_bytes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(_MARKS, _mark_bytes)
