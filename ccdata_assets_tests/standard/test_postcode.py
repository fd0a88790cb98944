"""What a postcode tells of its place."""

import csv

from .conftest import DBT_PROJECT, Standardise


def test_every_countys_own_postcode_leads_to_its_province_and_city(standardise: Standardise) -> None:
    expected: dict[str, set[str]] = {}
    with (DBT_PROJECT / "seeds" / "region_code.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            digits = "".join(filter(str.isdigit, row["postcode"] or ""))
            if row["level"] == "county" and digits:
                expected.setdefault(digits.zfill(6), set()).add(row["region_code"][:2] + "0000")
    read = standardise("postcode", expected)
    wrong = {
        postcode: read[postcode]["province_code"]
        for postcode, provinces in expected.items()
        if read[postcode]["status"] == "valid" and read[postcode]["province_code"] not in (*provinces, None)
    }
    assert wrong == {}
    assert [postcode for postcode in expected if read[postcode]["status"] not in ("valid", "placeholder")] == []
    assert [postcode for postcode, row in read.items() if row["status"] == "valid" and not row["region_codes"]] == []


def test_a_zero_is_put_back_only_where_a_county_is_known(standardise: Standardise) -> None:
    read = standardise("postcode", [f"{number:05d}" for number in range(10000, 80000, 7)])
    restored = [row for row in read.values() if row["standard"]]
    assert restored and all(row["standard"] == "0" + row["raw"] and row["region_codes"] for row in restored)
