"""What the company-name dictionary reads beyond its hard set: keys, legal forms, and names of real lists."""

import csv
from pathlib import Path

import pytest
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
    assert [raw for raw, row in read.items() if not row["match_key"]] == []
    # cells with two hospitals
    assert {row["reason"] for row in read.values() if row["status"] != "valid"} <= {"several_names"}
    assert sum(row["status"] != "valid" for row in read.values()) <= 5


def test_brackets_width_and_script_do_not_change_the_key(standardise: Standardise) -> None:
    raws = [
        "臺灣美宇(深圳)科技有限公司",
        "台湾美宇（深圳）科技有限公司",
        "台湾 美宇【深圳】科技有限公司 ",
        "台灣美宇（深圳)科技有限公司",
    ]
    assert {row["match_key"] for row in standardise("company_name", raws).values()} == {"台湾美宇深圳科技有限公司"}


@pytest.mark.parametrize(
    ("same", "key"),
    [
        (
            ["深圳美宇科技有限责任公司", "深圳美宇科技有限公司", "深圳美宇科技有限公司（已注销）"],
            "深圳美宇科技有限公司",
        ),
        (["美宇股份公司", "美宇股份有限公司"], "美宇股份有限公司"),
        (["美宇店（个体工商户）", "美宇店"], "美宇店"),
        (["美宇(集团)有限公司", "美宇集团有限公司"], "美宇集团有限公司"),
        (
            ["Foo & Bar Co.,Ltd", "FOO AND BAR COMPANY LIMITED", "foo and bar co ltd.", "Foo&Bar Co. Limited"],
            "fooandbarcoltd",
        ),
        (["Acme L.L.C.", "ACME LLC"], "acmellc"),
        (["Acme Incorporated", "Acme, Inc."], "acmeinc"),
    ],
)
def test_habits_of_writing_a_legal_form_do_not_change_the_key(
    standardise: Standardise, same: list[str], key: str
) -> None:
    assert {row["match_key"] for row in standardise("company_name", same).values()} == {key}


def test_kinds_of_companies_keep_keys_of_their_own(standardise: Standardise) -> None:
    raws = ["美宇有限公司", "美宇股份有限公司", "美宇有限公司深圳分公司", "深圳美宇有限公司", "美宇（深圳）有限公司"]
    assert len({row["match_key"] for row in standardise("company_name", raws).values()}) == len(raws)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("美宇科技有限公司", "limited"),
        ("美宇科技有限责任公司", "limited"),
        ("美宇科技股份有限公司", "joint_stock"),
        ("美宇集团", "company"),
        ("美宇投资合伙企业（有限合伙）", "partnership"),
        ("美宇文化工作室（个人独资）", "sole_proprietorship"),
        ("美宇蔬菜专业合作社", "cooperative"),
        ("深圳美宇医院", "institution"),
        ("深圳市美宇商会", "association"),
        ("美宇商贸经营部", "business"),
        ("美宇数码旗舰店", "shop"),
        ("美宇科技有限公司深圳分公司", "branch"),
        ("Meiyu GmbH", "foreign"),
        ("Meiyu Co., Ltd.", "limited"),
        ("美宇科技", None),
    ],
)
def test_the_legal_form_has_a_code(standardise: Standardise, name: str, code: str | None) -> None:
    assert standardise("company_name", [name])[name]["legal_form_code"] == code


@ONE_RUN_PER_EXAMPLE
@given(names)
def test_reading_a_standard_again_gives_the_same_standard_and_key(standardise: Standardise, raws: list[str]) -> None:
    first = {row["standard"]: row["match_key"] for row in standardise("company_name", raws).values() if row["standard"]}
    again = standardise("company_name", first)
    assert {raw: (row["standard"], row["match_key"]) for raw, row in again.items()} == {
        s: (s, key) for s, key in first.items()
    }
