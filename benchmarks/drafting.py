"""`python -m benchmarks.drafting`: how often `ccdata feeds draft` finds the field of a column, against shipped contracts.

The files of data/sample and of the shared real data are drafted as they are, with their header taken away, and with its
words replaced by codes. The truth of a column is the field that the file's contract reads from it. `--verbose` lists
every column that was missed.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ccdata_assets.contracts.draft import Draft, draft_sample
from ccdata_assets.contracts.headers import map_headers
from ccdata_assets.contracts.registry import Registry, load_registry
from ccdata_assets.errors import clean_error
from ccdata_assets.landing.reading import limits
from ccdata_assets.landing.sample import Sample, look_into
from ccdata_assets.settings import PROJECT_DIR, Settings

MODES = ("as they are", "replaced", "hidden")
LOCAL = "(local)"
SURE = 0.8


@dataclass(frozen=True)
class Case:
    """A file, the subjects it may be, and the fields each of its columns may be."""

    name: str
    path: Path
    subjects: frozenset[str]
    fields: dict[str, frozenset[str]] = field(repr=False)


@dataclass
class Score:
    """What drafting one file gave."""

    columns: int = 0
    right: int = 0
    sure: int = 0
    sure_wrong: int = 0
    subject_right: bool = False
    header_right: bool = False
    is_valid: bool = False
    missed: list[str] = field(default_factory=list)


_INTERACTIONS = {
    "id": {"call_id", "case_id", "survey_id"}, "customer_name": {LOCAL, "contact_name", "company_name"}, "sentiment": {"mood"},
    "csat_score": {"score"}, "call_timestamp": {"entered_at", "opened_at", "surveyed_at"}, "reason": {"topic", LOCAL},
    "city": {"city", LOCAL}, "state": {"province", LOCAL}, "channel": {"channel"}, "response_time": {LOCAL},
    "call duration in minutes": {LOCAL}, "call_center": {"site", LOCAL},
}  # fmt: skip


def cases(
    registry: Registry, settings: Settings, real: bool = True, each: int = 2, feeds: Sequence[str] = ()
) -> Iterator[Case]:
    """The files at hand with their truth: so many `each` of a feed and of its real data."""
    shared = Path(os.environ.get("CCDATA_SHARED", PROJECT_DIR.parent / "shared")) / "data" / "real"
    folders = {"cn_hospitals": "cn_hospitals", "bank_call": "anonymousbank", "bank_campaign": "bank_marketing"}
    for feed in sorted(feeds or registry.feeds):
        files = sorted((settings.sample_dir / feed).glob("*"))[:each]
        files += sorted((shared / folders.get(feed, "-")).glob("*.*"))[:each] if real else []
        for path in files:
            if path.suffix not in (".md", ".ctl") and not path.name.endswith("names.txt"):
                yield from _shipped(registry, settings, feed, path)
    if real and (shared / "rwfd_callcenter").is_dir():
        for path in sorted((shared / "rwfd_callcenter").glob("*.csv")):
            truth = {column: frozenset(fields) for column, fields in _INTERACTIONS.items()}
            yield Case(f"rwfd/{path.name}", path, frozenset({"call", "survey", "service_case"}), truth)


def _shipped(registry: Registry, settings: Settings, feed: str, path: Path) -> Iterator[Case]:
    contract = registry.feeds[feed]
    try:
        sample = look_into(path, registry, limits(settings))
    except Exception as error:  # a file that cannot be read is no case
        print(clean_error(error, f"{feed}/{path.name}"))
        return
    if sample.headers is None:
        return
    mapped = map_headers(contract, registry.fields, sample.headers)
    truth = {}
    for name, column in mapped.columns.items():
        # a column may be read into a local field that a known one is derived from: that one is right too
        made = {
            other
            for other, use in contract.fields.items()
            if other in registry.fields and use.derive and re.search(rf"\b{name}\b", use.derive)
        }
        truth[column] = frozenset({name}) if name in registry.fields else frozenset({LOCAL, *made})
    yield Case(f"{feed}/{path.name}", path, frozenset({contract.subject}), truth)


def changed(sample: Sample, mode: str, folder: Path) -> Path:
    """The sample as a file whose header is hidden, or replaced by codes."""
    path = folder / f"{mode}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        if mode == "replaced":
            writer.writerow([f"C{place:02d}" for place in range(1, sample.table.num_columns + 1)])
        columns = [column.to_pylist() for column in sample.table.columns]
        writer.writerows(zip(*columns, strict=True))
    return path


def score(draft: Draft, case: Case, headers: Sequence[str], mode: str) -> Score:
    """Compare a draft with the truth, column by column."""
    result = Score(subject_right=draft.subject in case.subjects, is_valid=draft.problem is None)
    result.header_right = (draft.sample.headers is None) == (mode == "hidden")
    for column in draft.columns:
        header = headers[column.position - 1]
        if header not in case.fields:
            continue
        found = LOCAL if column.is_local else column.field
        result.columns += 1
        result.sure += column.confidence >= SURE
        if found in case.fields[header]:
            result.right += 1
            continue
        result.sure_wrong += column.confidence >= SURE
        result.missed.append(
            f"{header}: {found} {column.confidence:.2f}, not {' or '.join(sorted(case.fields[header]))}"
        )
    return result


def measure(case: Case, mode: str, registry: Registry, settings: Settings) -> Score:
    """Draft one file in one mode."""
    sample = look_into(case.path, registry, limits(settings))
    headers = sample.headers or ()
    with tempfile.TemporaryDirectory() as folder:
        if mode != "as they are":
            sample = look_into(changed(sample, mode, Path(folder)), registry, limits(settings))
        is_checked = mode == "as they are"  # loading all contracts takes longer than the rest
        draft = draft_sample(sample, registry, settings if is_checked else None, "new_feed", case.path.name)
    return score(draft, case, headers, mode)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mode", choices=MODES, action="append", help="only this mode; may be given again")
    parser.add_argument("--verbose", action="store_true", help="list the columns that were missed")
    parser.add_argument("--each", type=int, default=2, help="files of a feed that are looked at")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        registry, settings = load_registry(), Settings(home=Path(home))
        every = list(cases(registry, settings, each=asked.each))
        for mode in asked.mode or MODES:
            print(
                f"\nheaders {mode}\n{'file':58} columns  right   sure  sure and wrong  subject  header  valid  seconds"
            )
            totals = Score()
            subjects = valid = 0
            for case in every:
                begun = time.perf_counter()
                try:
                    got = measure(case, mode, registry, settings)
                except Exception as error:  # it costs this file only
                    print(clean_error(error, case.name))
                    continue
                seconds = time.perf_counter() - begun
                totals.columns += got.columns
                totals.right += got.right
                totals.sure += got.sure
                totals.sure_wrong += got.sure_wrong
                subjects += got.subject_right
                valid += got.is_valid
                print(
                    f"{case.name[:58]:58} {got.columns:7} {got.right / max(got.columns, 1):6.0%} {got.sure:6} {got.sure_wrong:15} "
                    f"{'yes' if got.subject_right else 'NO':>8} {'yes' if got.header_right else 'NO':>7} {'yes' if got.is_valid else 'no':>6} {seconds:8.1f}"
                )
                if asked.verbose:
                    print(*(f"    {line}" for line in got.missed), sep="\n")
            print(
                f"{'all':58} {totals.columns:7} {totals.right / totals.columns:6.1%} {totals.sure:6} {totals.sure_wrong:15} "
                f"{subjects:>4}/{len(every)} {'':>6} {valid:>4}/{len(every)}"
            )


if __name__ == "__main__":
    main()
