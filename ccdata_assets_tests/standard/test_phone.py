"""What the phone dictionary reads: rates on labelled and real cells, and what must hold for every cell."""

import csv
import random
import re
from pathlib import Path

import phonenumbers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from phonenumbers import carrier, geocoder

from ccdata_assets.standard.dictionaries import Dictionaries
from ccdata_assets.standard.reference import region_codes

from .conftest import DBT_PROJECT, Standardise

PARTS = ("kind", "area_code", "region_code", "carrier", "is_virtual", "extension", "country")

ONE_RUN_PER_EXAMPLE = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
FULL_WIDTH = str.maketrans("0123456789-/()+", "０１２３４５６７８９－／（）＋")

mobiles = st.from_regex(r"1(3[0-9]|5[0-35-9]|8[0-9])[0-9]{7}[1-9]", fullmatch=True)
landlines = st.builds(
    "-".join,
    st.one_of(
        st.tuples(
            st.sampled_from(["010", "021", "0755", "0571"]), st.from_regex(r"[2-8][0-9]{6}[1-9]", fullmatch=True)
        ),
        st.tuples(st.sampled_from(["0471", "0316", "0912"]), st.from_regex(r"[2-8][0-9]{5}[1-9]", fullmatch=True)),
    ),
)
numbers = st.one_of(
    mobiles, landlines, st.sampled_from(["400-820-8820", "95588", "+852 2345 6789", "0755-26001234转801"])
)
cells = st.builds(
    lambda found, separator: separator.join(found),
    st.lists(numbers, min_size=1, max_size=4),
    st.sampled_from("/、，;；|"),
)
noise = st.text(alphabet="0123456789+-()/、，;转 无电话abcx*#.:：（）０１—\u202d\xa0", max_size=30)
batches = st.lists(st.one_of(cells, noise), min_size=1, max_size=60)


def _labelled(shared_data: Path) -> list[tuple[str, str]]:
    with (shared_data / "labelled" / "phones_generated.csv").open(encoding="utf-8-sig", newline="") as lines:
        return [(row["raw"], row["truth"]) for row in csv.DictReader(lines)]


def test_labelled_cells_are_read_as_their_labels_say(standardise: Standardise, shared_data: Path) -> None:
    labelled = _labelled(shared_data)
    read = standardise("phone", [raw for raw, _ in labelled])

    def is_right(raw: str, truth: str) -> bool:
        standard = read[raw]["standard"] or ""
        if truth == "INTL":
            return [number["kind"] for number in read[raw]["numbers"] or [read[raw]]] == [
                "foreign"
            ] and not standard.startswith("+86")
        return bool(standard == truth)

    wrong = [(raw, truth, read[raw]["standard"]) for raw, truth in labelled if not is_right(raw, truth)]
    assert len(labelled) >= 1000, "the labelled file is not the one expected"
    assert len(wrong) <= 0.005 * len(labelled), f"{len(wrong)} of {len(labelled)} wrong, the first: {wrong[:10]}"


def test_nearly_every_telephone_of_the_real_hospitals_is_understood(
    standardise: Standardise, shared_data: Path
) -> None:
    with (shared_data / "real" / "cn_hospitals" / "hospitals_flat.csv").open(encoding="utf-8-sig", newline="") as lines:
        cells = [row["tel"] for row in csv.DictReader(lines) if row["tel"]]
    read = standardise("phone", cells)
    bad = {raw: read[raw]["reason"] for raw in cells if read[raw]["status"] not in ("valid", "ambiguous")}
    # what is left is truly wrong: six digits, eight where the area has seven, an area code that never was
    assert len(bad) <= 0.005 * len(cells), bad
    local_only = [raw for raw in cells if read[raw]["status"] == "ambiguous"]
    assert all(read[raw]["reason"] == "no_area_code" and read[raw]["standard"] is None for raw in local_only)


def test_a_local_number_keeps_its_digits_for_the_city_to_complete(standardise: Standardise) -> None:
    row = standardise("phone", ["82981199转83321"])["82981199转83321"]
    assert (row["status"], row["reason"], row["standard"]) == ("ambiguous", "no_area_code", None)
    (number,) = row["numbers"]
    assert (number["kind"], number["subscriber"], number["extension"]) == ("local", "82981199", "83321")
    assert (number["e164"], number["area_code"]) == (None, None)
    assert {row[part] for part in PARTS} == {None}


def test_the_parts_describe_the_first_valid_number_and_numbers_all(standardise: Standardise) -> None:
    cell = "138001380001/0755-26001234转801/17051234568/+852 2345 6789"
    row = standardise("phone", [cell])[cell]
    assert row["reason"] == "partly"
    assert {part: row[part] for part in PARTS} == {
        "kind": "landline",
        "area_code": "0755",
        "region_code": "440300",
        "carrier": None,
        "is_virtual": None,
        "extension": "801",
        "country": "CN",
    }
    wrong, landline, mobile, foreign = row["numbers"]
    assert (wrong["e164"], wrong["status"], wrong["reason"]) == (None, "invalid", "bad_length")
    assert (landline["region_code"], landline["subscriber"]) == ("440300", "26001234")
    assert (mobile["carrier"], mobile["is_virtual"]) == ("mobile", True)
    assert (foreign["kind"], foreign["region_code"]) == ("foreign", None)


def test_carrier_and_region_of_mobiles_are_those_of_the_package(
    dictionaries: Dictionaries, standardise: Standardise
) -> None:
    dictionaries.prepare("phone")
    rows = dictionaries.con.execute(
        "select prefix, carrier from reference.mobile_prefix where status = 'valid'"
    ).fetchall()
    prefixes = [prefix for prefix, _ in rows]
    chance = random.Random(7)
    mobiles = set()
    while len(mobiles) < 2000:
        prefix = chance.choice(prefixes)
        mobiles.add(prefix + "".join(chance.choices("0123456789", k=11 - len(prefix))))
    carriers = {"中国移动": "mobile", "中国联通": "unicom", "中国电信": "telecom", "中国广电": "broadnet"}
    codes = region_codes(DBT_PROJECT)
    compared = 0
    for raw, row in standardise("phone", mobiles).items():
        if row["status"] != "valid":
            assert row["reason"] in ("data_only_prefix", "placeholder"), raw
            continue
        number = phonenumbers.parse(raw, "CN")
        name = carrier.name_for_number(number, "zh")
        assert name == "" or row["carrier"] == carriers[name], raw
        place = geocoder.description_for_number(number, "zh")
        if raw.startswith(("173", "1451", "1574", "1784")):  # one city for a whole series, which is not believed
            assert row["region_code"] is None, raw
        else:
            expected = codes[place] if place not in ("", "中国") else None
            assert row["region_code"] == expected, raw
            compared += expected is not None
    assert compared >= 1000


def test_the_short_way_of_plain_cells_and_the_long_way_read_the_same(dictionaries: Dictionaries) -> None:
    chance = random.Random(11)
    areas = ["010", "021", "0755", "0471", "0851", "0634", "0139", "0852", "0951"]

    def digits(count: int) -> str:
        return "".join(chance.choices("0123456789", k=count))

    def number() -> str:
        area = chance.choice(areas)
        forms = [
            "1" + digits(10),
            chance.choice(["138", "170", "146"]) + chance.choice(["88888888", digits(8)]),
            f"{area}{chance.choice(['', '-', ' '])}{digits(chance.choice([6, 7, 8]))}",
            f"({area}){digits(8)}{chance.choice(['', '-801', '#8', '转801'])}",
            f"{area} {digits(4)} {digits(chance.choice([3, 4]))}",
            "+86" + digits(chance.choice([9, 10, 11])),
            f"+86-{area[1:]}-{digits(chance.choice([7, 8]))}",
            chance.choice(["0086-", "86-", "86"]) + digits(11),
            chance.choice(["400", "800"]) + chance.choice(["", "-"]) + digits(7),
            chance.choice(["+1 ", "+1-", "+44", "+852 ", "+886-", "+7 "]) + digits(chance.choice([8, 9, 10])),
        ]
        return chance.choice(forms)

    cells = {chance.choice("/|；、").join(number() for _ in range(chance.choice([1, 1, 2]))) for _ in range(4000)}
    both_ways = dictionaries.read("phone", cells).fetchall()
    pattern = dictionaries.project.macro("phone_plain_pattern")
    sql = dictionaries.project.render("phone")
    only_long = sql.replace(f"regexp_full_match(text, '{pattern}')", "false")
    assert only_long != sql
    long_way = dictionaries.con.sql(only_long).fetchall()
    assert {row[0]: row for row in both_ways} == {row[0]: row for row in long_way}


@ONE_RUN_PER_EXAMPLE
@given(batches)
def test_reading_a_standard_again_gives_the_same_standard(standardise: Standardise, raws: list[str]) -> None:
    standards = {row["standard"] for row in standardise("phone", raws).values() if row["standard"]}
    again = standardise("phone", standards)
    assert {raw: row["standard"] for raw, row in again.items()} == {standard: standard for standard in standards}


@ONE_RUN_PER_EXAMPLE
@given(st.lists(cells, min_size=1, max_size=60))
def test_width_and_spaces_around_do_not_matter(standardise: Standardise, raws: list[str]) -> None:
    plain = standardise("phone", raws)
    dressed = {raw: f"\xa0 {raw.translate(FULL_WIDTH)}\u202c　" for raw in raws}
    read = standardise("phone", dressed.values())
    for raw in raws:
        assert read[dressed[raw]]["standard"] == plain[raw]["standard"], raw
        assert plain[raw]["status"] == "valid", raw


@ONE_RUN_PER_EXAMPLE
@given(batches)
def test_a_standard_is_e164_and_there_exactly_when_the_cell_is_valid(standardise: Standardise, raws: list[str]) -> None:
    for raw, row in standardise("phone", raws).items():
        assert (row["standard"] is not None) == (row["status"] == "valid"), raw
        for number in (row["standard"] or "").split("|"):
            assert number == "" or re.fullmatch(r"\+[1-9]\d{4,14}(;\d{1,6})?", number), (raw, number)
