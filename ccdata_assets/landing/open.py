"""Opens a file of any format: which reader reads it, and what lies in archives, archives in them too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ccdata_assets.landing.access import open_access
from ccdata_assets.landing.archives import ARCHIVES, Budget, unpack
from ccdata_assets.landing.delimited import open_delimited
from ccdata_assets.landing.formats import file_format
from ccdata_assets.landing.json_records import open_json, open_json_lines
from ccdata_assets.landing.parquet import open_parquet
from ccdata_assets.landing.rows import Member, OverLimit, Reader, ReadOptions, UnreadableFile, make_batch
from ccdata_assets.landing.spreadsheet import open_workbook
from ccdata_assets.landing.vcard import open_vcard

READERS: dict[str, Reader] = {
    "delimited": open_delimited,
    "json": open_json,
    "json lines": open_json_lines,
    "xlsx": open_workbook,
    "xls": open_workbook,
    "xlsb": open_workbook,
    "ods": open_workbook,
    "parquet": open_parquet,
    "vcard": open_vcard,
    "access": open_access,
}


def open_file(path: Path, options: ReadOptions) -> Iterator[Member]:
    """The tables of a file, one after the other; of an archive, those of all files in it.

    Raises UnreadableFile where nothing can be read. A file within an archive that cannot be read costs only itself:
    it becomes a member of one row that says why.
    """
    return _open(path, options, Budget(options.limits, path.stat().st_size), 0)


def _open(path: Path, options: ReadOptions, budget: Budget, depth: int) -> Iterator[Member]:
    kind = file_format(path)
    if kind not in ARCHIVES:
        yield from READERS[kind](path, options)
        return
    if depth >= options.limits.depth:
        raise OverLimit(
            f"archives lie in archives more than {options.limits.depth} deep; fix: unpack it, or raise CCDATA_MAX_DEPTH"
        )
    for name, inner in unpack(path, kind, budget, options.workdir):
        try:
            for member in _open(inner, options, budget, depth + 1):
                yield replace(
                    member,
                    name="/".join(part for part in (name, member.name) if part),
                    format=f"{kind}: {member.format}",
                )
        except OverLimit:
            raise
        except UnreadableFile as error:
            row = make_batch((), [1], [[str(error)]], ["unreadable_member"])
            yield Member(name, (), iter([row]), kind)
