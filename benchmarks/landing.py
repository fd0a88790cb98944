"""`make bench`: landing and staging of a call log against plain pandas reading and writing the same file, in one run.

The ratios are what counts: they hold on a slow machine too. `--rows N` sets the size (default 300,000).
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from datetime import datetime
from itertools import islice
from pathlib import Path

from benchmarks.measure import Measured, measure
from benchmarks.synthetic_calls import HEADER, calls


def write_log(path: Path, rows: int) -> None:
    """A clean call log of so many rows, in UTF-8."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        month = (row for year in range(2000, 2400) for row in calls(datetime(year, 1, 1), year, share=20))
        for number, row in enumerate(islice(month, rows)):
            writer.writerow([f"{row[0]}-{number}", *row[1:]])


def imports() -> None:
    """What both sides import before the clock starts."""
    import pandas  # noqa: F401

    import ccdata_assets.landing.land
    import ccdata_assets.warehouse.staging  # noqa: F401


def with_pandas(path: Path, target: Path) -> None:
    """Read as text and write Parquet: the least that keeps the rows, without lineage, faults or ledger."""
    import pandas as pd

    pd.read_csv(path, dtype=str, keep_default_na=False).to_parquet(target)


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
    """Land the inbox of a home."""
    from ccdata_assets.contracts.registry import load_registry
    from ccdata_assets.landing.inbox import scan_inbox
    from ccdata_assets.landing.land import land_feed
    from ccdata_assets.settings import Settings
    from ccdata_assets.warehouse.engine import connect

    settings, registry = Settings(home=home), load_registry()
    with connect(settings) as con:
        files = scan_inbox(settings.inbox_dir, registry).by_feed["call_log"]
        land_feed(con, registry.feeds["call_log"], registry, settings, files, "bench")


def stage(home: Path) -> None:
    """Stage what has landed in a home."""
    from ccdata_assets.contracts.registry import load_registry
    from ccdata_assets.settings import Settings
    from ccdata_assets.warehouse.engine import connect
    from ccdata_assets.warehouse.staging import stage_feed

    settings, registry = Settings(home=home), load_registry()
    with connect(settings) as con:
        (done,) = stage_feed(con, registry.feeds["call_log"], registry, settings)
        assert done.staged == done.rows, "the benchmark's rows are all good"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        path = home / "inbox" / "call_log" / "calls.csv"
        write_log(path, rows)
        print(f"{rows:,} calls, {path.stat().st_size / 1e6:.0f} MB, {len(HEADER)} columns\n")
        print(f"{'step':<34}{'seconds':>9}{'rows/s':>12}{'peak MB':>9}{'× time':>9}{'× memory':>10}")
        compare(
            "read as text, write Parquet",
            rows,
            measure(with_pandas, path, home / "pandas.parquet", prepare=imports),
            measure(land, home, prepare=imports),
        )
        compare(
            "types, codes, repeats",
            rows,
            measure(pandas_typed, path, prepare=imports),
            measure(stage, home, prepare=imports),
        )


def compare(what: str, rows: int, pandas: Measured, ours: Measured) -> None:
    """Two lines of the table; the ratios are ours to pandas."""
    for name, found in (("pandas", pandas), ("ccdata", ours)):
        ratio = (
            f"{ours.seconds / pandas.seconds:>9.2f}{ours.megabytes / pandas.megabytes:>10.2f}"
            if name == "ccdata"
            else ""
        )
        print(
            f"{what + ' · ' + name:<34}{found.seconds:>9.2f}{rows / found.seconds:>12,.0f}{found.megabytes:>9.0f}{ratio}"
        )


if __name__ == "__main__":
    main()
