"""What the person dictionary reads beyond single cells: people of one cell, and that its two ways of reading agree."""

import csv
import itertools

import pytest

from ccdata_assets.standard.dictionaries import Dictionaries

from .conftest import DBT_PROJECT, Standardise

GIVEN = [
    "伟",
    "芳",
    "小明",
    "建生",
    "晓东",
    "和平",
    "登科",
    "知行",
    "海燕",
    "阳明",
    "文理",
    "丽人",
    "学工",
    "金总",
    "云南",
    "国师",
    "明",
    "生",
    "工",
    "总",
    "二",
    "白雪",
    "曉東",
    "麗",
]


def _surnames() -> list[dict[str, str]]:
    with (DBT_PROJECT / "seeds" / "surname.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_people_of_one_cell_keep_their_own_titles_and_forms_of_address(standardise: Standardise) -> None:
    (row,) = standardise("person", ["王小明(采购)、李女士"]).values()
    assert row["people"] == [
        {"surname": "王", "given_name": "小明", "gender": None, "job_title": "采购"},
        {"surname": "李", "given_name": None, "gender": "female", "job_title": None},
    ]
    assert (row["surname"], row["given_name"], row["gender"]) == (None, None, None)
    assert row["name_key"] == "王小明|李"


def test_gender_is_never_taken_from_the_given_name(standardise: Standardise) -> None:
    said = standardise("person", ["王秀英", "李建军", "王秀英女士", "Mary Wang", "Ms Mary Wang", "王芳先生女士"])
    assert {raw: row["gender"] for raw, row in said.items()} == {
        "王秀英": None,
        "李建军": None,
        "王秀英女士": "female",
        "Mary Wang": None,
        "Ms Mary Wang": "female",
        "王芳先生女士": None,
    }


def test_a_plain_name_is_read_like_the_same_name_with_a_space_before_it(standardise: Standardise) -> None:
    # a name of a common surname takes a short way through the model, one with a space never does
    names = [row["surname"] + given for row, given in itertools.product(_surnames(), GIVEN)]
    plain, spaced = standardise("person", names), standardise("person", [" " + name for name in names])
    differing = [name for name in names if {**plain[name], "raw": None} != {**spaced[" " + name], "raw": None}]
    assert differing == []


@pytest.mark.parametrize("pattern", ["person_common_surnames", "surely_surname"])
def test_surnames_in_patterns_are_common_ones_of_the_list(pattern: str) -> None:
    project = Dictionaries(DBT_PROJECT).project
    text = project.macro(pattern) if pattern.startswith("person_") else project.macro("person_pattern", pattern)
    common = {row["surname"] for row in _surnames() if row["frequency"] == "common"}
    assert set(text) - common == set()


def test_the_list_of_surnames_is_long_enough_and_names_each_once() -> None:
    surnames = [row["surname"] for row in _surnames()]
    assert len(surnames) == len(set(surnames))
    assert len([s for s in surnames if len(s) == 1]) >= 500
    assert len([s for s in surnames if len(s) == 2]) >= 80
