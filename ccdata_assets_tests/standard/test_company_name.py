"""What the company-name dictionary reads, and what must hold for every name."""

import csv
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Standardise

names = st.lists(
    st.text(alphabet="深圳市美宇科技有限公司（）()【】臺灣ＡＢab 　\xa0\u200b1·-&.,:", max_size=20),
    min_size=1,
    max_size=80,
)
ONE_RUN_PER_EXAMPLE = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def test_no_labelled_or_real_name_is_lost(standardise: Standardise, shared_data: Path) -> None:
    raws: list[str] = []
    for file in ("labelled/companies_generated.csv", "real/cn_hospitals/hospitals_flat.csv"):
        with (shared_data / file).open(encoding="utf-8-sig", newline="") as lines:
            raws += [row["name"] for row in csv.DictReader(lines)]
    read = standardise("company_name", raws)
    assert [raw for raw, row in read.items() if row["status"] != "valid" or not row["match_key"]] == []


def test_brackets_width_and_script_do_not_change_the_key(standardise: Standardise) -> None:
    raws = [
        "臺灣美宇(深圳)科技有限公司",
        "台湾美宇（深圳）科技有限公司",
        "台湾 美宇【深圳】科技有限公司 ",
        "台灣美宇（深圳)科技有限公司",
    ]
    assert {row["match_key"] for row in standardise("company_name", raws).values()} == {"台湾美宇深圳科技有限公司"}


@ONE_RUN_PER_EXAMPLE
@given(names)
def test_reading_a_standard_again_gives_the_same_standard_and_key(standardise: Standardise, raws: list[str]) -> None:
    first = {row["standard"]: row["match_key"] for row in standardise("company_name", raws).values() if row["standard"]}
    again = standardise("company_name", first)
    assert {raw: (row["standard"], row["match_key"]) for raw, row in again.items()} == {
        s: (s, key) for s, key in first.items()
    }
