"""Reference tables that packages carry: `python -m ccdata_assets.standard.reference [--check] [FILE ...]` writes them again.

`--check` only says what differs; a FILE (mobile_segment, or seeds/mobile_segment.csv) names a table, none means all.

A table belongs here when an installed package holds its facts, so that a new version of the package is all a refresh needs.
Tables copied from elsewhere are described in dbt_project/seeds/SOURCES.md and refreshed by hand. Each table is an entry of
TABLES: its file, the package and licence, and a function that gives the file's text; add one to refresh another table.
The packages are those of the extra `reference`; nothing else of ccdata needs them.
"""

from __future__ import annotations

import csv
import difflib
import importlib.metadata
import io
import itertools
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from ccdata_assets.errors import CcdataError
from ccdata_assets.settings import PROJECT_DIR
from ccdata_assets.standard import reference_calendar, reference_regions, reference_suffixes

DBT_PROJECT = PROJECT_DIR / "dbt_project"
LOCK = "seeds/reference.lock"

_PACKAGE_CARRIERS = {"中国移动": "mobile", "中国联通": "unicom", "中国电信": "telecom", "中国广电": "broadnet"}

_RENAMED = {
    "襄樊市": "襄阳市",
    "莱芜市": "济南市",
    "海东地区": "海东市",
    "铜仁地区": "铜仁市",
    "毕节地区": "毕节市",
    "吐鲁番地区": "吐鲁番市",
    "哈密地区": "哈密市",
    "日喀则地区": "日喀则市",
    "山南地区": "山南市",
    "林芝地区": "林芝市",
    "昌都地区": "昌都市",
    "那曲地区": "那曲市",
    "巢湖市": "",
}
"""Prefectures that the package knows by a name of before; Chaohu was divided among three cities, so its province is all that is sure."""

_SHARED_CODE = "shared"
"""Country of a calling code that the digits after it do not tell apart."""


@dataclass(frozen=True)
class ReferenceTable:
    """A file under dbt_project that is made from a package."""

    path: str
    package: str
    licence: str
    build: Callable[[Path], str]


def region_codes(folder: Path) -> dict[str, str]:
    """Six-digit code by name as phonenumbers writes it in Chinese: 山东省济南市, 广西南宁市, 北京市, 湖北省仙桃市."""
    codes: dict[str, str] = {}
    for row in _rows(folder / "seeds/region_code.csv"):
        prefix = row["province"] if row["province"].endswith(("省", "市")) else row["province_short"]
        if row["level"] == "province":
            codes[prefix] = codes[prefix.removesuffix("市")] = row["region_code"]
        elif row["level"] == "city":
            codes[prefix + row["city"]] = row["region_code"]
        elif not row["city"] and row["is_municipality"] != "true":
            codes[prefix + row["county"]] = row["region_code"]
    for old, new in _RENAMED.items():
        for province in {name[: -len(new)] for name in codes if new and name.endswith(new)}:
            codes[province + old] = codes[province + new]
    codes["安徽省巢湖市"] = codes["安徽省"]
    return codes


def mobile_segments(folder: Path) -> str:
    """mobile_segment.csv: for each first four digits of a mobile, the regions with the ranges of the next three digits."""
    from phonenumbers.geodata import GEOCODE_DATA

    codes = region_codes(folder)
    named = {
        key[2:]: codes[names["zh"]]
        for key, names in GEOCODE_DATA.items()
        if key.startswith("861") and not key.startswith("8610") and "zh" in names
    }
    # a prefix as short as a carrier's whole series stands for where the carrier is seated, unless others are taken out of it
    for prefix in [prefix for prefix in named if len(prefix) <= 4]:
        if sum(other.startswith(prefix) for other in named) < 10:
            del named[prefix]
    segments: dict[int, str] = {}
    for prefix in sorted(named, key=len):
        width = 10 ** (7 - len(prefix))
        segments |= dict.fromkeys(range(int(prefix) * width, (int(prefix) + 1) * width), named[prefix])
    ranges: dict[int, dict[str, list[list[int]]]] = defaultdict(lambda: defaultdict(list))
    for segment in sorted(segments):
        thousand, rest = divmod(segment, 1000)
        found = ranges[thousand][segments[segment]]
        if found and found[-1][1] == rest - 1:
            found[-1][1] = rest
        else:
            found.append([rest, rest])
    return _csv(
        ("prefix", "segments"),
        (
            (prefix, "|".join(f"{code} {_written(each)}" for code, each in sorted(regions.items())))
            for prefix, regions in sorted(ranges.items())
        ),
    )


def _written(ranges: Iterable[list[int]]) -> str:
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)


def mobile_carriers(folder: Path) -> str:
    """mobile_prefix.csv with the carriers of the package; which prefixes there are, and what for, stays as it is."""
    from phonenumbers.carrierdata import CARRIER_DATA

    def carrier(row: dict[str, str]) -> str:
        for length in range(len(row["prefix"]), 1, -1):
            names = CARRIER_DATA.get("86" + row["prefix"][:length])
            if names:
                return _PACKAGE_CARRIERS[names["zh"]]
        return row["carrier"]

    rows = _rows(folder / "seeds/mobile_prefix.csv")
    return _csv(tuple(rows[0]), ({**row, "carrier": carrier(row)}.values() for row in rows))


def calling_codes(folder: Path) -> str:
    """calling_code.csv: the country of each calling code, of +1 by area code, of +7 by the next digit."""
    import phonenumbers

    countries: dict[str, str] = {}
    for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        if code in (1, 7, 86) or regions == ("001",):
            continue
        # the first is the main country; where the others have a range of their own, macros/phone.sql leaves it out
        countries[str(code)] = _SHARED_CODE if code in (590, 599) else regions[0]
    places = (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
    for area, first in itertools.product(range(200, 1000), range(2, 10)):
        number = phonenumbers.parse(f"+1{area}{first}345678")
        region = phonenumbers.region_code_for_number(number)
        if region and phonenumbers.number_type(number) in places:  # 800, 900 and the like belong to no country
            countries[f"1{area}"] = region
    countries |= {f"7{digit}": "KZ" if digit in "67" else "RU" for digit in "3456789"}
    return _csv(("calling_code", "country"), ((k, v) for k, v in sorted(countries.items()) if v != _SHARED_CODE))


def traditional_characters(folder: Path) -> str:
    """macros/to_simplified.sql with OpenCC's table: traditional characters in common use, and those that names of regions need.

    In common use means Big5 level one without GB 2312, whose characters are simplified already (於 is a surname, 乾 is in 乾坤).
    """
    import opencc

    simplify = opencc.OpenCC("t2s").convert
    simplified = {
        character: simplify(character)
        for character in _big5_level_one()
        if not _is_in(character, "gb2312") and _is_in(simplify(character), "gb2312")
    }
    names = {
        name
        for seed in ("region_code", "region_abolished", "region_alias")
        for row in _rows(folder / f"seeds/{seed}.csv")
        for name in row.values()
        if name and not name.isascii()
    }
    for standard in ("s2t", "s2tw", "s2hk"):
        convert = opencc.OpenCC(standard).convert
        for name in sorted(names):  # the first name decides where two differ
            for theirs, ours in zip(convert(name), name, strict=True):
                simplified.setdefault(theirs, ours)
    pairs = sorted((theirs, ours) for theirs, ours in simplified.items() if theirs != ours)
    text = (folder / "macros/to_simplified.sql").read_text(encoding="utf-8")
    for name, characters in (("traditional", [p[0] for p in pairs]), ("simplified", [p[1] for p in pairs])):
        found = re.search(rf"set {name} = \[\n(.*?)    \] \| join", text, re.DOTALL)
        if not found:
            raise CcdataError(f"macros/to_simplified.sql has no list {name}; fix: put `set {name} = [ ] | join` back")
        lines = [f'        "{"".join(characters[i : i + 100])}",\n' for i in range(0, len(characters), 100)]
        text = text[: found.start(1)] + "".join(lines) + text[found.end(1) :]
    return text


def _big5_level_one() -> Iterable[str]:
    for code in range(0xA440, 0xC67F):
        try:
            character = code.to_bytes(2, "big").decode("big5")
        except UnicodeDecodeError:
            continue
        if len(character) == 1:
            yield character


def _is_in(characters: str, encoding: str) -> bool:
    try:
        characters.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def public_suffix(_: Path) -> str:
    """public_suffix.csv: see reference_suffixes.py."""
    return _csv(reference_suffixes.COLUMNS, reference_suffixes.public_suffixes())


def calendar_days(_: Path) -> str:
    """calendar_day.csv: see reference_calendar.py."""
    return _csv(reference_calendar.COLUMNS, reference_calendar.calendar_days())


def listed_regions(folder: Path) -> str:
    """region_listed.csv: see reference_regions.py."""
    return _csv(reference_regions.COLUMNS, reference_regions.listed_regions(folder))


TABLES = (
    ReferenceTable("seeds/mobile_segment.csv", "phonenumbers", "Apache-2.0", mobile_segments),
    ReferenceTable("seeds/mobile_prefix.csv", "phonenumbers", "Apache-2.0", mobile_carriers),
    ReferenceTable("seeds/calling_code.csv", "phonenumbers", "Apache-2.0", calling_codes),
    ReferenceTable("seeds/public_suffix.csv", "tldextract", "MPL-2.0", public_suffix),
    ReferenceTable("seeds/calendar_day.csv", "chinesecalendar", "MIT", calendar_days),
    ReferenceTable("seeds/region_listed.csv", "GB2260", "BSD", listed_regions),
    ReferenceTable("macros/to_simplified.sql", "opencc", "Apache-2.0", traditional_characters),
)


def stale(folder: Path = DBT_PROJECT, tables: Sequence[ReferenceTable] = TABLES) -> dict[str, str]:
    """What `refresh` would change: a sentence by path; empty when every file is what its package gives."""
    differences: dict[str, str] = {}
    for table in tables:
        new, path = _build(table, folder), folder / table.path
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        if new != old:
            changed = [line[0] for line in difflib.ndiff(old.splitlines(), new.splitlines()) if line[0] in "+-"]
            differences[table.path] = (
                f"{table.package} {_version(table)} gives {changed.count('+')} new lines for {changed.count('-')} old ones"
            )
    return differences


def refresh(
    folder: Path = DBT_PROJECT, tables: Sequence[ReferenceTable] = TABLES, *, today: date | None = None
) -> list[str]:
    """Write every table that differs and record package, version and date; the paths that changed."""
    lock_path = folder / LOCK
    locked: dict[str, Any] = yaml.safe_load(lock_path.read_text(encoding="utf-8")) if lock_path.exists() else {}
    written: list[str] = []
    for table in tables:
        new, path, version = _build(table, folder), folder / table.path, _version(table)
        if not path.exists() or path.read_text(encoding="utf-8") != new:
            path.write_text(new, encoding="utf-8")
            written.append(table.path)
        elif locked.get(table.path, {}).get("version") == version:
            continue
        locked[table.path] = {
            "package": table.package,
            "version": version,
            "licence": table.licence,
            "refreshed_on": (today or date.today()).isoformat(),
        }
    note = "# Written by `make reference`: which version of which package each table came from.\n"
    lock_path.write_text(note + yaml.safe_dump(dict(sorted(locked.items())), sort_keys=False), encoding="utf-8")
    return written


def _build(table: ReferenceTable, folder: Path) -> str:
    try:
        return table.build(folder)
    except ModuleNotFoundError as missing:
        raise CcdataError(
            f"{table.path} is made from the package {table.package}, which is not installed; "
            "fix: pip install -e '.[reference]'"
        ) from missing


def _version(table: ReferenceTable) -> str:
    return importlib.metadata.version(table.package)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _csv(header: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def main(arguments: Sequence[str]) -> int:
    """The command; 1 when --check finds a difference, a package is missing or a file is none of these."""
    try:
        tables = _chosen([argument for argument in arguments if argument != "--check"])
        if "--check" in arguments:
            differences = stale(tables=tables)
            for path, difference in differences.items():
                print(f"{path}: {difference}; fix: make reference, and look at what changed")
            return 1 if differences else 0
        for path in refresh(tables=tables):
            print(f"wrote {path}")
    except CcdataError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _chosen(names: Sequence[str]) -> Sequence[ReferenceTable]:
    known = {name: table for table in TABLES for name in (table.path, Path(table.path).stem)}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise CcdataError(
            f"{', '.join(unknown)} comes from no package; fix: name one of {', '.join(t.path for t in TABLES)}"
        )
    return [known[name] for name in names] or TABLES


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
