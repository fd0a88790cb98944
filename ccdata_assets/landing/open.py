"""Opens a file of any format: which reader reads it, and what lies in archives, archives in them too."""

from __future__ import annotations

import errno
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from ccdata_assets.errors import clean_error
from ccdata_assets.landing.access import NotReadableHere, open_access
from ccdata_assets.landing.archives import ARCHIVES, Budget, OverBudget, unpack
from ccdata_assets.landing.delimited import open_delimited
from ccdata_assets.landing.formats import file_format
from ccdata_assets.landing.json_records import open_json, open_json_lines
from ccdata_assets.landing.parquet import open_parquet
from ccdata_assets.landing.rows import Member, Reader, ReadOptions, UnreadableFile, make_batch
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


def open_file(path: Path, options: ReadOptions) -> Generator[Member]:
    """The tables of a file, one after the other; of an archive, those of all files in it.

    Raises UnreadableFile where nothing can be read. A file within an archive that cannot be read costs only itself: it
    becomes a member of one row that says why, and one that cannot be read to its end has such a row as its last.
    """
    return _open(path, options, Budget(options.limits, path.stat().st_size), 0)


def is_machine_fault(error: Exception) -> bool:
    """True where the machine failed and not the file: no rights, no space, no memory, a program that is missing."""
    if isinstance(error, OSError):  # damaged data is an error without a number, or a place before the file's beginning
        return error.errno not in (None, errno.EINVAL)
    return isinstance(error, (MemoryError, NotReadableHere))


def _open(path: Path, options: ReadOptions, budget: Budget, depth: int) -> Generator[Member]:
    kind = file_format(path, options.encoding)
    if kind not in ARCHIVES:
        yield from READERS[kind](path, options)
        return
    if depth >= options.limits.depth:
        raise OverBudget(
            f"archives lie in archives more than {options.limits.depth} deep; fix: unpack it, or raise CCDATA_MAX_DEPTH"
        )
    failed: list[tuple[str, pa.RecordBatch, str]] = []
    found = False
    for name, inner in unpack(path, kind, budget, options.workdir):
        try:
            for member in _open(inner, options, budget, depth + 1):
                found = True
                yield replace(
                    member,
                    name="/".join(part for part in (name, member.name) if part),
                    batches=_as_far_as_it_goes(member),
                    format=f"{kind}: {member.format}",
                )
        except Exception as error:
            failed.append((name, _why((), 1, error), str(clean_error(error, "the file cannot be read"))))
    if failed and not found:
        more = f" (and {len(failed) - 1} more files)" if len(failed) > 1 else ""
        raise UnreadableFile(f"nothing within the archive can be read{more}: {failed[0][2]}")
    for name, row, _ in failed:
        yield Member(name, (), iter([row]), kind)


def _as_far_as_it_goes(member: Member) -> Iterator[pa.RecordBatch]:
    """The rows of a file in an archive; where it cannot be read on, a last row says why."""
    number = 0
    try:
        for batch in member.batches:
            if batch.num_rows:
                number = batch.column(0)[-1].as_py()
            yield batch
    except Exception as error:
        yield _why(member.columns, number + 1, error)
    finally:
        if isinstance(member.batches, Generator):
            member.batches.close()


def _why(columns: Sequence[str], number: int, error: Exception) -> pa.RecordBatch:
    """The row that stands for what cannot be read. Raises what concerns more than the one file."""
    if isinstance(error, OverBudget) or is_machine_fault(error):
        raise error
    message = str(clean_error(error, "the file cannot be read"))
    return make_batch(columns, [number], [[message]], ["unreadable_member"])
