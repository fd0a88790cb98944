"""`make bench`: landing and staging against the least that any tool must do with the same rows, in one run.

The ratios are what counts: they hold on a slow machine too. Text: 1,000,000 rows of 21 columns in GB18030 through the
whole of landing (hash, form, rows, ledger), against DuckDB that reads the same rows from UTF-8 as text and writes
Parquet; and staging against plain pandas. Workbooks: see `benchmarks.spreadsheets`. `--big` lands a file of 5 GB.
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Measured, measure
from benchmarks.spreadsheets import xlsx_part
from benchmarks.synthetic_calls import HEADER, calls

if TYPE_CHECKING:
    from ccdata_assets.contracts.registry import Registry

EXTRA = ("客户姓名", "联系地址", "备注", "满意度")
REPEATS = 3


def log_rows(rows: int) -> Iterator[list[str]]:
    """A clean call log with a few columns more than the contract reads."""
    rng = random.Random(1)
    months = (row for year in range(2000, 2400) for row in calls(datetime(year, 1, 1), year, share=20))
    for number, row in enumerate(islice(months, rows)):
        yield [
            f"{row[0]}-{number}", *row[1:], rng.choice("王李张刘") + rng.choice("伟芳娜敏静"),
            f"浙江省杭州市测试路{rng.randrange(3000)}号{rng.randrange(40)}室", rng.choice(["", "回电", "已解释,同意"]), rng.choice("12345"),
        ]  # fmt: skip


def write_log(path: Path, rows: int, encoding: str, megabytes: int = 0) -> None:
    """A file of so many rows, or of these rows again and again until it has a size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*HEADER, *EXTRA])
        header_end = file.tell()
        writer.writerows(log_rows(rows))
    if megabytes:
        block = path.read_bytes()[header_end:]
        with path.open("ab") as again:
            while again.tell() < megabytes * 1_000_000:
                again.write(block)


@cache
def registry() -> Registry:
    """The shipped declarations."""
    from ccdata_assets.contracts.registry import load_registry

    return load_registry()


def prepare() -> None:
    """Before the clock starts: what both sides import, and what a run loads once for all files."""
    import duckdb  # noqa: F401
    import pandas  # noqa: F401

    import ccdata_assets.landing.land
    import ccdata_assets.warehouse.staging  # noqa: F401

    registry()


def with_duckdb(path: Path, target: Path) -> None:
    """Read UTF-8 as text and write Parquet: the least that keeps the rows, without lineage, faults or ledger."""
    import duckdb

    with duckdb.connect() as con:
        con.execute(
            f"copy (from read_csv('{path}', all_varchar = true)) to '{target}' (format parquet, compression zstd)"
        )


def with_pandas(path: Path, target: Path) -> None:
    """The same by pandas."""
    import pandas as pd

    pd.read_csv(path, dtype=str, keep_default_na=False).to_parquet(target, compression="zstd")


def pandas_typed(path: Path) -> None:
    """Read, parse the times, map the outcomes, find repeats: what staging does, without reasons or accounting."""
    import pandas as pd

    frame = pd.read_csv(path, dtype=str)
    for column in ("进线时间", "排队时间", "应答时间", "结束时间"):
        frame[column] = (
            pd.to_datetime(frame[column], errors="coerce").dt.tz_localize("Asia/Shanghai").dt.tz_convert("UTC")
        )
    for column in ("保持时长", "话后时长"):
        frame[column] = pd.to_numeric(frame[column], errors="coerce")
    frame["outcome"] = frame["通话结果"].map(
        {"已接": "answered", "放弃": "abandoned", "自助完成": "ivr_served", "溢出": "flow_out"}
    )
    frame["is_repeat"] = frame.duplicated("通话编号")


def land(home: Path) -> None:
    """Land the inbox of a home; what has landed before lands again."""
    from ccdata_assets.landing.inbox import scan_inbox
    from ccdata_assets.landing.land import land_feed
    from ccdata_assets.settings import Settings
    from ccdata_assets.warehouse.engine import connect

    settings, contract = Settings(home=home, settle_s=0), registry().feeds["call_log"]
    with connect(settings) as con:
        con.execute("delete from ops.file_ledger")
        files = scan_inbox(settings.inbox_dir, registry()).by_feed["call_log"]
        (line,) = land_feed(con, contract, registry(), settings, files, "bench").lines
        assert line.status == "landed", line.error


def stage(home: Path) -> None:
    """Stage what has landed in a home."""
    from ccdata_assets.settings import Settings
    from ccdata_assets.warehouse.engine import connect
    from ccdata_assets.warehouse.staging import stage_feed

    settings, contract = Settings(home=home), registry().feeds["call_log"]
    with connect(settings) as con:
        (done,) = stage_feed(con, contract, registry(), settings)
        assert done.staged == done.rows, "the benchmark's rows are all good"


def work_with_peak(note: Path, work: Callable[..., None], args: tuple[Any, ...]) -> None:
    """Do the work and note the whole peak memory of this process, imports too."""
    work(*args)
    note.write_text(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def best_of(repeats: int, *sides: tuple[Callable[..., None], tuple[Any, ...]]) -> list[Measured]:
    """The fastest run of each side, in turns so that a busy machine burdens all; memory is the highest absolute peak."""
    found: list[list[Measured]] = [[] for _ in sides]
    with tempfile.TemporaryDirectory() as folder:
        note = Path(folder) / "peak"
        for _ in range(repeats):
            for runs, (work, args) in zip(found, sides, strict=True):
                run = measure(work_with_peak, note, work, args, prepare=prepare)
                runs.append(replace(run, megabytes=float(note.read_text())))
    return [Measured(min(r.seconds for r in runs), max(r.megabytes for r in runs)) for runs in found]


def show(rows: int, names: tuple[str, ...], found: list[Measured]) -> None:
    """A line of the table for each side; the ratio is that of its time to the first's."""
    for name, one in zip(names, found, strict=True):
        ratio = one.seconds / found[0].seconds
        print(f"{name:<46}{one.seconds:>9.2f}{rows / one.seconds:>12,.0f}{one.megabytes:>9,.0f}{ratio:>8.2f}")


def text_part(rows: int) -> None:
    """Land a call log in GB18030 (at most 4 × the floor, 1,500 MB), then stage it."""
    with tempfile.TemporaryDirectory() as folder:
        home, utf8 = Path(folder), Path(folder) / "utf8.csv"
        path = home / "inbox" / "call_log" / "calls.csv"
        write_log(path, rows, "gb18030")
        write_log(utf8, rows, "utf-8")
        megabytes = path.stat().st_size / 1e6
        print(f"{rows:,} calls of {len(HEADER) + len(EXTRA)} columns, {megabytes:,.0f} MB in GB18030\n")
        print(f"{'':<46}{'seconds':>9}{'rows/s':>12}{'peak MB':>9}{'× time':>8}")
        target = home / "floor.parquet"
        show(
            rows,
            ("floor: DuckDB, UTF-8 → Parquet", "pandas, UTF-8 → Parquet", "ccdata lands, GB18030 → raw store"),
            best_of(REPEATS, (with_duckdb, (utf8, target)), (with_pandas, (utf8, target)), (land, (home,))),
        )
        show(
            rows,
            ("pandas: types, codes, repeats", "ccdata stages: the same with reasons"),
            best_of(1, (pandas_typed, (utf8,)), (stage, (home,))),
        )
        print()


def big_part(megabytes: int) -> None:
    """Land one large file (5 GB: at most 2,000 MB of memory)."""
    with tempfile.TemporaryDirectory() as folder:
        if shutil.disk_usage(folder).free < 2 * megabytes * 1_000_000:
            raise SystemExit(f"{folder} has no room for two times {megabytes:,} MB; set TMPDIR to a larger disk")
        path = Path(folder) / "inbox" / "call_log" / "calls.csv"
        write_log(path, 300_000, "gb18030", megabytes)
        (found,) = best_of(1, (land, (Path(folder),)))
        size = path.stat().st_size / 1e6
        print(
            f"{size:,.0f} MB land in {found.seconds:.0f} s ({size / found.seconds:.0f} MB/s), peak {found.megabytes:,.0f} MB"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--big", action="store_true", help="land a file of 5 GB instead")
    chosen = parser.parse_args()
    if chosen.big:
        big_part(5000)
        return
    text_part(chosen.rows)
    xlsx_part()


if __name__ == "__main__":
    main()
