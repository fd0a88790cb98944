"""Industries: that every code and name of the standard is read as itself, and that what is given beside a code holds together."""

from typing import Any

import pytest

from ccdata_assets.standard.dictionaries import Dictionaries

from .conftest import Row, Standardise

Code = dict[str, Any]


@pytest.fixture(scope="module")
def codes(dictionaries: Dictionaries) -> dict[str, Code]:
    dictionaries.prepare("industry")
    found = dictionaries.con.sql("select * from reference.industry_code")
    return {row[0]: dict(zip(found.columns, row, strict=True)) for row in found.fetchall()}


@pytest.fixture(scope="module")
def words(dictionaries: Dictionaries) -> set[str]:
    dictionaries.prepare("industry")
    return {row[0] for row in dictionaries.con.sql("select distinct term from reference.industry_term").fetchall()}


def test_the_classification_is_a_whole_tree(codes: dict[str, Code]) -> None:
    levels = [code["level"] for code in codes.values()]
    assert [levels.count(level) for level in ("section", "division", "group", "class")] == [20, 97, 473, 1381]
    for code, row in codes.items():
        if row["level"] == "section":
            assert row["parent"] is None
        else:
            assert codes[row["parent"]]["section"] == row["section"]
            assert row["level"] == "division" or code.startswith(row["parent"])


def test_every_code_reads_as_itself_with_and_without_its_letter(
    standardise: Standardise, codes: dict[str, Code]
) -> None:
    with_letter = {row["section"] + code: code for code, row in codes.items() if row["level"] != "section"}
    with_name = {f"{code} {row['name_zh']}": code for code, row in codes.items()}
    for expected in ({code: code for code in codes}, with_letter, with_name):
        read = standardise("industry", expected)
        wrong = {raw: row["standard"] for raw, row in read.items() if row["standard"] != expected[raw]}
        assert {raw: found for raw, found in wrong.items() if not _same_extent(codes, expected[raw], found)} == {}


def _same_extent(codes: dict[str, Code], one: str, other: str | None) -> bool:
    return other is not None and codes[one]["name_zh"] == codes[other]["name_zh"]


def test_every_name_reads_as_its_finest_code(standardise: Standardise, codes: dict[str, Code]) -> None:
    finest: dict[str, str] = {}
    for code, row in sorted(codes.items(), key=lambda item: len(item[0])):
        finest[row["name_zh"]] = code
    read = standardise("industry", finest)
    assert {raw: row["standard"] for raw, row in read.items()} == finest
    assert {row["confidence"] for row in read.values()} == {1.0}


def test_every_word_of_the_seed_has_a_reading(standardise: Standardise, words: set[str]) -> None:
    assert len(words) >= 1500
    read = standardise("industry", words)
    assert {raw: row["reason"] for raw, row in read.items() if row["status"] not in ("valid", "ambiguous")} == {}


def test_what_stands_beside_a_code_agrees_with_it(
    standardise: Standardise, codes: dict[str, Code], words: set[str]
) -> None:
    texts = {
        f"{a}、{b}{sign}"
        for a, b in zip(sorted(words)[::7], sorted(words)[3::7], strict=False)
        for sign in ("", "批发")
    }
    for row in standardise("industry", texts).values():
        suggestions = row["suggestions"] or []
        assert len(suggestions) <= 3
        assert all(codes[each["code"]]["name_zh"] == each["name"] for each in suggestions)
        if row["status"] == "valid":
            assert row["confidence"] >= 0.6
            assert row["code"] == row["standard"]
            assert codes[row["code"]]["section"] == row["section"]
            assert row["standard"] not in [each["code"] for each in suggestions]
        else:
            assert (row["standard"], row["code"], row["section"], row["confidence"]) == (None, None, None, None)
            assert suggestions or row["status"] != "ambiguous"


def test_what_is_done_with_goods_decides_the_section(standardise: Standardise) -> None:
    sections = {"生产": "C", "加工": "C", "批发": "F", "零售": "F", "销售": "F", "安装": "E", "租赁": "L", "设计": "M"}
    goods = ["电缆", "变压器", "电梯", "输送机"]
    read = standardise("industry", [thing + sign for thing in goods for sign in sections])
    expected = {thing + sign: section for thing in goods for sign, section in sections.items()}
    assert {raw: _section(row) for raw, row in read.items()} == expected


def _section(row: Row) -> str | None:
    return str(row["section"]) if row["section"] else None
