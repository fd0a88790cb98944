"""What the phone dictionary reads: rates on labelled and real cells, and what must hold for every cell."""

import csv
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Standardise

ONE_RUN_PER_EXAMPLE = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
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
            return [number["kind"] for number in read[raw]["numbers"]] == ["foreign"] and not standard.startswith("+86")
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


@pytest.mark.parametrize(
    ("raw", "standard"),
    [
        ("0755-26001234转8001/8002", "+8675526001234;8001|+8675526001234;8002"),
        ("010-6210 7182/83/84", "+861062107182|+861062107183|+861062107184"),
        ("0755（深圳）26001234", "+8675526001234"),
        ("张三13912345678李四13812345678", "+8613912345678|+8613812345678"),
        ("13800138000-0755-26001234", "+8613800138000|+8675526001234"),
        ("0755-26001234-13800138000", "+8675526001234|+8613800138000"),
        ("1、0755-26001234 2、13800138000", "+8675526001234|+8613800138000"),
        ("24小时热线：0755-26001234（8:00-18:00）", "+8675526001234"),
        ("QQ:12345678 手机13800138000", "+8613800138000"),
        ("0755一26001234", "+8675526001234"),
        ("13800138000.0", "+8613800138000"),
        ('="13800138000"', "+8613800138000"),
        ("086-755-26001234", "+8675526001234"),
        ("86(755)26001234", "+8675526001234"),
        ("1-650-253-0000", "+16502530000"),
        ("+13800138000", "+8613800138000"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("0755-95588", "+8675595588"),
        ("0471-3451644/88812345", "+864713451644"),
        ("02-2720-8889", None),
        ("138001380001", None),
        ("010-12345678", None),
    ],
)
def test_habits_of_people_who_type_numbers(standardise: Standardise, raw: str, standard: str | None) -> None:
    assert standardise("phone", [raw])[raw]["standard"] == standard


def test_a_local_number_keeps_its_digits_for_the_city_to_complete(standardise: Standardise) -> None:
    row = standardise("phone", ["82981199转83321"])["82981199转83321"]
    assert (row["status"], row["reason"], row["standard"]) == ("ambiguous", "no_area_code", None)
    (number,) = row["numbers"]
    assert (number["kind"], number["subscriber"], number["extension"]) == ("local", "82981199", "83321")
    assert (number["e164"], number["area_code"]) == (None, None)


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
