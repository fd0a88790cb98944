"""`ccdata standardise`: a file of values, one a line, and what the dictionary of a field says of each."""

from __future__ import annotations

import codecs
import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import pyarrow as pa

from ccdata_assets.contracts.compile import literal, quote
from ccdata_assets.contracts.headers import normal_header
from ccdata_assets.contracts.model import Contract, FieldDef
from ccdata_assets.contracts.registry import Registry
from ccdata_assets.errors import CcdataError, WrongUse
from ccdata_assets.landing.formats import file_format
from ccdata_assets.landing.rows import UnreadableFile
from ccdata_assets.landing.secret_key import load_key
from ccdata_assets.landing.secrets import Hider
from ccdata_assets.landing.sniff import DoubtfulText, text_encoding
from ccdata_assets.settings import Settings
from ccdata_assets.standard.codes import REASONS, read_codes
from ccdata_assets.standard.dictionaries import Dictionaries
from ccdata_assets.standard.reasons import reasons_of

BY_TYPE = {"date": "date", "boolean": "yes_no"}
"""Dictionaries of fields whose type says how they are read."""

# --- which dictionary --------------------------------------------------------------------------------------------


def kinds_of_fields(dictionaries: Dictionaries, registry: Registry) -> dict[str, str]:
    """The dictionary or code list that reads each business field, by the field's name; dictionaries and lists by their own."""
    kinds = {name: name for name in (*dictionaries.kinds, *registry.codes)}
    for name, field in registry.fields.items():
        kind = field.standardiser or BY_TYPE.get(field.type) or field.type.removeprefix("code:")
        if kind in kinds:
            kinds.setdefault(name, kind)
    return kinds


def find_kind(dictionaries: Dictionaries, registry: Registry, field: str) -> str:
    """The dictionary or code list for a field given by its name, title or one of its usual headers (电话, Mobile no).

    Raises WrongUse naming the nearest, and what there is.
    """
    kinds = kinds_of_fields(dictionaries, registry)
    if field in kinds:
        return kinds[field]
    asked = normal_header(field)
    titles = _titles(dictionaries, registry)
    known = _known_names(kinds, titles, registry)
    if asked in known:
        return known[asked]
    parts = {
        text: (kind, members)
        for subject in registry.subjects.values()
        for kind, members in subject.composites.items()
        for member in members
        for text in _names(member, registry.fields[member])
    }
    if asked in parts:
        kind, members = parts[asked]
        joined = "|".join(registry.fields[member].zh for member in members)
        raise WrongUse(
            f"{field} is read together with its neighbours, not alone; fix: use {kind} {titles[kind][0]}, with {joined} in "
            "each line (any of them may be empty), or address for a text that names a place"
        )
    raise WrongUse(_unknown(field, {text: kind for text, (kind, _) in parts.items()} | known, titles, registry))


def _unknown(field: str, known: Mapping[str, str], titles: Mapping[str, tuple[str, str]], registry: Registry) -> str:
    """Says that nothing reads a field, what is nearest to it, and what there is."""
    asked = normal_header(field)
    there_is = "fix: use one of " + ", ".join(f"{name} {zh}" for name, (zh, _) in titles.items())
    there_is += ", or a field that one of them reads"
    if any(asked in _names(name, spec) for name, spec in registry.fields.items()):
        return f"no dictionary reads {field}, its text is kept as it comes; {there_is}"
    # the names that people are told of come before the many headers of sources
    main = [normal_header(name) for name in titles] + [normal_header(zh) for zh, _ in titles.values()]
    main += [normal_header(name) for name in registry.fields]
    cutoff = 0.6 if asked.isascii() else 0.5
    near = get_close_matches(asked, [name for name in main if name in known], 1, cutoff)
    near = near or get_close_matches(asked, known, 1, cutoff)
    if near:
        kind = known[near[0]]
        return f"no dictionary reads {field}; did you mean {kind} {titles[kind][0]}? {there_is}"
    return f"no dictionary reads {field}; {there_is}"


def _titles(dictionaries: Dictionaries, registry: Registry) -> dict[str, tuple[str, str]]:
    """The names of every dictionary and code list in Chinese and English."""
    titles = {kind: dictionaries.meta(kind)["title"] for kind in sorted(dictionaries.kinds)}
    lists = {name: (code.zh, code.en) for name, code in sorted(registry.codes.items())}
    return {kind: (title["zh"], title["en"]) for kind, title in titles.items()} | lists


def _names(name: str, spec: FieldDef) -> list[str]:
    return [normal_header(text) for text in (name, spec.zh, spec.en, *spec.aliases)]


def _known_names(kinds: Mapping[str, str], titles: Mapping[str, tuple[str, str]], registry: Registry) -> dict[str, str]:
    """What each normalised name stands for; names win over titles, a field's over a dictionary's, these over headers."""
    fields = {name: spec for name, spec in registry.fields.items() if name in kinds}
    known: dict[str, str] = {}
    for name, kind in kinds.items():
        known.setdefault(normal_header(name), kind)
    for name, spec in fields.items():
        for text in (spec.zh, spec.en):
            known.setdefault(normal_header(text), kinds[name])
    for kind, title in titles.items():
        for text in title:
            known.setdefault(normal_header(text), kind)
    for name, spec in fields.items():
        for text in spec.aliases:
            known.setdefault(normal_header(text), kinds[name])
    return known


# --- the given lines ---------------------------------------------------------------------------------------------

_NO_TEXT = {
    "xlsx": "a workbook (XLSX)", "xlsb": "a workbook (XLSB)", "xls": "a workbook (XLS) or another old Office file",
    "ods": "a workbook (ODS)", "zip": "a ZIP archive", "gzip": "a gzip archive", "zstd": "a zstd archive",
    "parquet": "a Parquet file", "access": "an Access database",
}  # fmt: skip
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "utf-8": "utf-8-sig"}
_AS_TEXT = "fix: save the column alone as text in UTF-8, one value a line"


def read_lines(source: BinaryIO | Path, encoding: str | None = None) -> list[str]:
    """The lines of a file or stream, without their ends; the encoding is found as for a delivered file, unless given.

    Raises WrongUse where it is no text, or the encoding cannot be told.
    """
    if encoding is not None:
        encoding = _codec(encoding)
    if not isinstance(source, Path):
        return _split(_text(source.read(), "the input", encoding))
    try:
        content = source.read_bytes()
    except OSError as error:
        raise CcdataError(f"{source} cannot be read ({error.strerror}); fix: correct its rights or the path") from None
    return _split(_text(content, str(source), encoding))


def _codec(encoding: str) -> str:
    with suppress(LookupError, ValueError):
        codec = codecs.lookup(encoding)
        if codec._is_text_encoding:
            return _WIDER.get(codec.name, codec.name)
    raise WrongUse(f"--encoding: there is no encoding {encoding}; fix: give one such as utf-8, gb18030, big5 or utf-16")


def _split(text: str) -> list[str]:
    lines = text.removeprefix("\ufeff").split("\n")
    if lines[-1] == "":
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def _text(content: bytes, name: str, encoding: str | None) -> str:
    if not content.strip():
        return content.decode("ascii")
    with TemporaryDirectory() as folder:
        path = Path(folder, "lines")
        path.write_bytes(content)
        try:
            if what := _NO_TEXT.get(file_format(path, encoding)):
                raise WrongUse(f"{name} is {what}, not lines of text; {_AS_TEXT}")
            encoding = encoding or text_encoding(path)
        except DoubtfulText as error:
            raise WrongUse(
                f"{name}: the encoding cannot be told: {' or '.join(error.candidates)}? ({error.reason}); fix: say it with "
                "--encoding (utf-8, gb18030, big5 …), or save the file in UTF-8"
            ) from None
        except UnreadableFile as error:
            what = str(error).partition("; fix: ")[0].removesuffix(", not a table").replace("the file", name, 1)
            raise WrongUse(f"{what}, so it has no lines to read; {_AS_TEXT}") from None
    return content.decode(_WIDER.get(encoding.lower(), encoding), errors="replace")


_DELIMITERS = {",": "commas", "\t": "tabs", ";": "semicolons"}
_SEPARATES = {",": re.compile(r",(?! )(?!(?<=\d,)\d{3}(?!\d))"), "\t": re.compile("\t"), ";": re.compile(";(?! )")}
"""A comma that may part two columns: none within 1,000 or behind `Co.`."""
_LOOKED_AT = 200
_QUOTED = re.compile(r"""\s*"[^"]*"([,;\t].*)?\s*""")


def doubts(lines: Sequence[str], registry: Registry, field: str, name: str = "FILE") -> Iterator[str]:
    """Says where the lines look like a table, whose columns would be read as one value."""
    seen = [line for line in lines[:_LOOKED_AT] if line.strip()]
    headers = {text for known, spec in registry.fields.items() for text in _names(known, spec)}
    for delimiter, plural in _DELIMITERS.items():
        cells = [cell.strip().strip('"') for cell in seen[0].split(delimiter)] if seen else []
        words = [cell for cell in cells if normal_header(cell) in headers]
        counts = {len(_SEPARATES[delimiter].findall(line)) for line in seen}
        is_header = len(words) >= 2 and 2 * len(words) >= len(cells)
        if is_header:
            said = f"the first line looks like the header of a table ({', '.join(words[:5])})"
        elif len(seen) >= 3 and len(counts) == 1 and counts != {0}:
            said = f"every line has as many {plural} as the others, as a table has"
        else:
            continue
        place = next((n for n, cell in enumerate(cells, 1) if normal_header(cell) == normal_header(field)), 2)
        given = "" if delimiter == "\t" else f" -d'{delimiter}'"
        yield (
            f"{said}, and each line is read whole, as one value; save the column alone, or take it by its number: "
            f"cut{given} -f{place} {shlex.quote(name)} | ccdata standardise {field}"
        )
        return
    if len(seen) >= 2 and all(_QUOTED.fullmatch(line) for line in seen):
        yield "every line stands in quotes, as in a table, and they are read with the value; save the column without them"


def undecoded(lines: Sequence[str]) -> int:
    """How many lines hold a character that was lost, most often by a wrong encoding."""
    return sum("\ufffd" in line for line in lines)


# --- secrets -----------------------------------------------------------------------------------------------------


def home_key(settings: Settings) -> bytes:
    """The home's key of secret fields, made at first use; an error says what to do where it cannot be."""
    try:
        return load_key(settings)
    except OSError as error:
        raise CcdataError(
            f"the key of secret fields cannot be read or made in {settings.home} ({error.strerror}); fix: name a home that "
            "you may write to with --home or CCDATA_HOME"
        ) from None


def hide_numbers(lines: Sequence[str], registry: Registry, settings: Settings) -> tuple[list[str], int]:
    """The lines with the identity numbers in them replaced as landing replaces them, and how many lines that changed.

    The home's key is read, or made, when the first number is found.
    """
    nothing: dict[str, Any] = {}
    # a list of values has no contract; the hider asks it for secret columns only
    hider = Hider(Contract.model_construct(**nothing), registry, settings)
    try:
        (hidden,) = hider.arrays([pa.array(lines, pa.string())], [])
    except OSError:
        home_key(settings)  # says what to do
        raise
    shown = hidden.to_pylist()
    return shown, sum(old != new for old, new in zip(lines, shown, strict=True))


# --- the answers -------------------------------------------------------------------------------------------------


def check_out(out: Path, source: BinaryIO | Path) -> None:
    """Raise WrongUse where the answers would go over what is being read, or can go nowhere."""
    if out.is_dir():
        raise WrongUse(f"{out} is a folder; fix: name a file in it, such as {out / 'answers.csv'}")
    if not out.parent.is_dir():
        raise WrongUse(f"there is no folder {out.parent}; fix: make it, or correct the path")
    if not out.is_file():
        return
    try:
        given = source.stat() if isinstance(source, Path) else os.fstat(source.fileno())
    except OSError:  # no file stands behind it
        return
    if os.path.samestat(given, out.stat()):
        raise WrongUse(f"{out} is the file that is read, and the answers would replace it; fix: give -o another name")


def write_out(out: Path, content: bytes) -> None:
    """Write the answers to a file; an error names it."""
    try:
        out.write_bytes(content)
    except OSError as error:
        raise CcdataError(
            f"{out} cannot be written ({error.strerror}); fix: give -o a file that you may write, on a disk with room"
        ) from None


class Answers:
    """One answer per given line, in order: raw, standard, status, reason, the parts, and what the reason says."""

    def __init__(self, dictionaries: Dictionaries, registry: Registry, kind: str, lines: Sequence[str]) -> None:
        self._con = dictionaries.con
        if kind in dictionaries.kinds:
            relation = dictionaries.read(kind, lines)
            self.columns = dictionaries.columns(kind)
        else:
            relation = read_codes(self._con, registry, kind, lines)
            self.columns = relation.columns
        self._con.execute(f"create or replace temp table answer as {relation.sql_query()}")
        self._con.register("line", pa.table({"place": range(len(lines)), "raw": pa.array(lines, pa.string())}))
        self._texts = _texts_of_reasons(dictionaries, kind)
        said = [{"reason": reason, "zh": zh, "en": en} for reason, (zh, en) in self._texts.items()]
        self._con.register("said", pa.Table.from_pylist(said))
        shown = "repeat('*', length(line.raw))" if dictionaries.is_secret(kind) else "line.raw"
        self.columns = [*self.columns, "reason_zh", "reason_en"]
        self._select = f"""select {shown} as raw, answer.* exclude (raw), said.zh as reason_zh, said.en as reason_en
            from line left join answer on line.raw = answer.raw left join said on answer.reason = said.reason
            order by line.place"""

    def csv(self) -> bytes:
        """The answers as CSV with a header, in UTF-8; lists and structs as JSON, nothing as nothing."""
        kinds = dict(self._con.execute(f"select column_name, column_type from (describe {self._select})").fetchall())
        texts = [_as_text(name, kinds[name]) for name in self.columns]
        query = f"select {', '.join(texts)} from ({self._select})"
        with TemporaryDirectory() as folder:  # DuckDB writes to files only
            path = Path(folder, "answers.csv")
            self._con.execute(f"copy ({query}) to {literal(str(path))} (format csv, header true)")
            return path.read_bytes()

    def rows(self) -> list[dict[str, Any]]:
        """The answers as dictionaries."""
        names = ", ".join(quote(name) for name in self.columns)
        found = self._con.sql(f"select {names} from ({self._select})")
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]

    def by_status(self) -> list[tuple[str, str, int, str, str]]:
        """How many lines each status and reason has, most first, and what the reason says in Chinese and English."""
        found = self._con.execute(
            f"select status, reason, count(*) from ({self._select}) group by all order by 3 desc, 1, 2"
        ).fetchall()
        return [(status, reason, count, *self._texts.get(reason, ("", ""))) for status, reason, count in found]


def _texts_of_reasons(dictionaries: Dictionaries, kind: str) -> dict[str, tuple[str, str]]:
    """What each reason of a dictionary, or of every code list, says in Chinese and English."""
    if kind in dictionaries.kinds:
        return {said.reason: (said.zh, said.en) for said in reasons_of(dictionaries.project, kind)}
    return {reason: (said["zh"], said["en"]) for reason, said in REASONS.items()}


def _as_text(name: str, kind: str) -> str:
    column = quote(name)
    if kind.endswith("[]") or kind.startswith(("STRUCT", "MAP")):
        return f"cast(to_json({column}) as varchar) as {column}"
    return f"nullif(cast({column} as varchar), '') as {column}"
