"""What the region dictionary reads: every region by its own name, the real hospitals, and the awkward cases."""

import csv
from pathlib import Path

import pytest

from .conftest import DBT_PROJECT, Standardise


def _regions() -> list[dict[str, str]]:
    with (DBT_PROJECT / "seeds" / "region_code.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _raw(row: dict[str, str]) -> str:
    return f"{row['province']}|{row['city']}|{row['county']}"


def test_every_region_is_found_by_its_own_full_names(standardise: Standardise) -> None:
    expected = {_raw(row): row["region_code"] for row in _regions()}
    read = standardise("region", expected)
    wrong = {raw: read[raw]["region_code"] for raw in expected if read[raw]["region_code"] != expected[raw]}
    assert not wrong


def test_every_city_is_found_by_short_names(standardise: Standardise) -> None:
    expected = {
        f"{row['province_short']}|{row['city_short']}|": row["region_code"]
        for row in _regions()
        if row["level"] == "city"
    }
    read = standardise("region", expected)
    wrong = {raw: read[raw]["region_code"] for raw in expected if read[raw]["region_code"] != expected[raw]}
    assert not wrong


def test_every_real_hospital_has_its_city_and_never_another_province(
    standardise: Standardise, shared_data: Path
) -> None:
    with (shared_data / "real" / "cn_hospitals" / "hospitals_flat.csv").open(encoding="utf-8-sig", newline="") as lines:
        hospitals = list(csv.DictReader(lines))
    read = standardise("region", {_raw(row) for row in hospitals})
    municipalities = {"北京市", "天津市", "上海市", "重庆市"}
    assert [row["name"] for row in hospitals if read[_raw(row)]["province"] != row["province"]] == []
    without_city = {
        _raw(row)
        for row in hospitals
        if read[_raw(row)]["level"] == "province" and row["province"] not in municipalities
    }
    assert without_city == set()
    unknown_county = sum(read[_raw(row)]["reason"] == "county_unknown" for row in hospitals)
    assert unknown_county <= 0.02 * len(hospitals), (
        f"{unknown_county} counties unknown: development zones and typing errors were 93"
    )


@pytest.mark.parametrize(
    ("raw", "code", "reason"),
    [
        ("广东|深圳|南山", "440305", "ok"),
        ("深圳市|南山区|", "440305", "ok"),
        ("|深圳|南山", "440305", "ok"),
        ("廣東省|深圳市|南山區", "440305", "ok"),
        ("北京市|市辖区|海淀区", "110108", "ok"),
        ("北京市|北京市|", "110000", "ok"),
        ("湖北省|天门市|天门市", "429006", "ok"),
        ("河南省|济源市|", "419001", "ok"),
        ("海南省|省直辖县级行政区划|陵水县", "469028", "ok"),
        ("新疆|石河子|", "659001", "ok"),
        ("新疆维吾尔自治区|自治区直辖县级行政区划|阿拉尔市", "659002", "ok"),
        ("河南省|固始县|", "411525", "ok"),
        ("河北省|秦皇岛市|青龙县", "130321", "ok"),
        ("山东省|威海市|威海市文登区", "371003", "ok"),
        ("吉林|吉林|", "220200", "ok"),
        ("广东省|东莞市|", "441900", "ok"),
        ("浙江省|杭州市|江干区", "330100", "county_abolished"),
        ("四川省|成都市|新津县", "510118", "county_abolished"),
        ("江苏省|南京市|江北新区", "320100", "county_unknown"),
        ("河北省|唐山市|深州市", "130200", "county_unknown"),
        ("湖北省|襄樊市|", "420600", "ok"),
        ("广东省|某某市|南山区", "440000", "city_unknown"),
        ("广东省|杭州市|西湖区", None, "province_city_conflict"),
        ("||鼓楼区", None, "unknown"),
        ("火星|奥林帕斯|", None, "unknown"),
        ("||", None, "missing"),
    ],
)
def test_awkward_regions(standardise: Standardise, raw: str, code: str | None, reason: str) -> None:
    row = standardise("region", [raw])[raw]
    assert row["region_code"] == code
    if raw != "||鼓楼区":
        assert row["reason"] == reason
