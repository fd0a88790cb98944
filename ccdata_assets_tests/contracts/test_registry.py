"""Declarations load, and every mistake in them is told with its file, its line and its fix."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ccdata_assets.contracts.compile import contract_hash
from ccdata_assets.contracts.registry import Registry, load_registry
from ccdata_assets.errors import ContractError
from ccdata_assets_tests.world import DIRECTORY, Row, write_contract


def problems(folder: Path) -> list[str]:
    """The lines of the error that loading the folder raises; none where it loads."""
    try:
        load_registry([folder])
    except ContractError as error:
        return str(error).split("\n")
    return []


def line_of(path: Path, text: str) -> int:
    """The line on which a text first stands."""
    return next(
        number for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1) if text in line
    )


def test_the_shipped_declarations_load_and_agree_with_each_other(registry: Registry) -> None:
    assert {"cn_hospitals", "bank_call", "bank_campaign"} <= set(registry.feeds)
    assert all(contract.subject in registry.subjects for contract in registry.feeds.values())


def test_a_contract_of_an_extra_folder_joins_the_shipped_ones(tmp_path: Path) -> None:
    write_contract(tmp_path)
    loaded = load_registry([tmp_path])
    assert "directory" in loaded.feeds and "cn_hospitals" in loaded.feeds
    assert loaded.feed_of("directory/any name.xlsx") == loaded.feeds["directory"]
    assert loaded.feed_of("somewhere_else/a.csv") is None


def test_an_extra_folder_may_hold_yml_files_and_there_may_be_several_folders(tmp_path: Path) -> None:
    write_contract(tmp_path / "one", file="directory.yml")
    write_contract(tmp_path / "two", {"feed": "second", "source": {"files": "second/*"}})
    assert {"directory", "second"} <= set(load_registry([tmp_path / "one", tmp_path / "two"]).feeds)


def test_a_missing_extra_folder_is_told_by_its_name_and_its_variable(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path / "nowhere")
    assert "CCDATA_CONTRACTS" in problem and "nowhere" in problem and "fix:" in problem
    assert str(tmp_path) not in problem, "a message names the folder, not a path of the machine"


FIELDS: Row = DIRECTORY["fields"]
MISTAKES: list[Any] = [
    pytest.param({"onwer": "team:x"}, "onwer", "is not a known key", id="an unknown key"),
    pytest.param(
        {"fields": {**FIELDS, "phone": {"requierd": True}}},
        "requierd",
        "is not a known key",
        id="an unknown key of a field",
    ),
    pytest.param({"owner": None}, None, "owner: is missing", id="a missing key"),
    pytest.param(
        {"rules": [{"name": "long", "expect": "length(phone) + 1", "severity": "flag"}]},
        "length(phone)",
        "the condition is of type bigint",
        id="a condition that is a number",
    ),
    pytest.param(
        {"rules": [{"name": "same", "agree": {"fields": "town", "by": "phone"}}]},
        "fields: town",
        "town is not a field of this contract",
        id="a rule across rows of an unknown field",
    ),
    pytest.param(
        {"rules": [{"name": "same", "agree": {"fields": "city", "by": ["phone", "city"]}}]},
        "agree",
        "city is what rows are told by and what they agree in",
        id="a field that agrees with itself",
    ),
    pytest.param(
        {"rules": [{"name": "same", "agree": {"fields": "city", "by": "phone", "trusted": "town = 1"}}]},
        "trusted",
        "DuckDB refuses the condition",
        id="a trusted condition on an unknown field",
    ),
    pytest.param(
        {"rules": [{"name": "same", "agree": {"fields": "city", "by": "phone"}, "severity": "reject"}]},
        "severity",
        "Input should be 'flag'",
        id="a rule across rows that rejects",
    ),
    pytest.param(
        {"fields": {**FIELDS, "founded_on": {}}, "rules": [{"name": "typing", "spelling": {"fields": "founded_on"}}]},
        "spelling",
        "founded_on is no text",
        id="the spelling of what is no text",
    ),
    pytest.param({"fields": {**FIELDS, "fone": {}}}, "fone", "fone is not in fields.yaml", id="an unknown field"),
    pytest.param({"subject": "partie"}, "subject", "there is no subject partie", id="an unknown subject"),
    pytest.param(
        {"fields": {**FIELDS, "colour": {"type": "colour"}}},
        "type: colour",
        "a type is one of text",
        id="an unknown type",
    ),
    pytest.param(
        {"fields": {**FIELDS, "size": {"type": "code:sizes"}}},
        "code:sizes",
        "there is no code list sizes",
        id="an unknown code list",
    ),
    pytest.param(
        {"fields": {**FIELDS, "gender": {"codes": {"M": "man"}}}},
        "M: man",
        "man is not in the code list gender",
        id="an unknown code",
    ),
    pytest.param(
        {"fields": {**FIELDS, "phone": {"codes": {"x": "y"}}}},
        "codes:",
        "of type text, which has no codes",
        id="codes on a text",
    ),
    pytest.param(
        {"fields": {**FIELDS, "collected_on": {"format": ["yyyy-mm-dd"]}}},
        "yyyy",
        "a format is a strptime form",
        id="a format of another language",
    ),
    pytest.param(
        {"received_on": {"file": "(?P<date>\\d{8}"}},
        "file: (?P",
        "not a regular expression",
        id="a bad regular expression",
    ),
    pytest.param(
        {"received_on": {"file": "\\d{8}"}}, "file: \\d", "needs a group named date", id="a pattern without its group"
    ),
    pytest.param(
        {"key": ["company_name", "town"]}, "- town", "town is not a field of this contract", id="a key that is no field"
    ),
    pytest.param({"crm_id_of": "account"}, "crm_id_of", "the feed has no crm_id", id="an ID that no field holds"),
    pytest.param(
        {"crm_id_of": "lead"}, "crm_id_of", "Input should be 'account' or 'contact'", id="an ID of nothing known"
    ),
    pytest.param({"freshness": "5 weeks"}, "freshness", "a duration is", id="a bad duration"),
    pytest.param({"owner": "somebody"}, "owner", "an owner is team:<name>", id="a bad owner"),
    pytest.param({"quarantine": "row"}, "quarantine", "Input should be 'rows', 'file' or 'fail'", id="a bad choice"),
    pytest.param({"trust": 101}, "trust", "less than or equal to 100", id="a number out of range"),
    pytest.param({"feed": "Directory"}, "feed", "a name is snake_case", id="a bad name"),
    pytest.param(
        {"rules": [{"name": "r", "expect": "phone ~~~ 1", "severity": "flag"}]},
        "expect",
        "DuckDB refuses the condition",
        id="a rule that is no SQL",
    ),
    pytest.param(
        {"rules": [{"name": "r", "expect": "town = 'x'", "severity": "flag"}]},
        "expect",
        "DuckDB refuses the condition",
        id="a rule on no field",
    ),
    pytest.param(
        {"rules": [{"name": "r", "expect": "true", "severity": "warn"}]},
        "severity",
        "'reject' or 'flag'",
        id="a severity that is none",
    ),
    pytest.param(
        {"rules": [{"name": "r", "expect": "true", "severity": "flag", "field": "town"}]},
        "field: town",
        "town is not a field of this contract",
        id="a rule for no field",
    ),
    pytest.param(
        {
            "rules": [
                {"name": "r", "expect": "true", "severity": "flag"},
                {"name": "r", "expect": "true", "severity": "flag"},
            ]
        },
        None,
        "r is given twice",
        id="a rule twice",
    ),
    pytest.param(
        {"fields": {**FIELDS, "tag": {"type": "text", "derive": "nothing_of(phone)"}}},
        "derive",
        "DuckDB refuses the expression",
        id="a bad expression",
    ),
    pytest.param(
        {"fields": {**FIELDS, "tag": {"type": "text", "derive": "phone", "from": ["t"]}}},
        "tag:",
        "a derived field has no from",
        id="a derived field with a header",
    ),
    pytest.param(
        {"fields": {**FIELDS, "phone": {"from": ["号 码"]}, "city": {"from": ["号码："]}}},
        None,
        "is claimed by phone too",
        id="an alias twice",
    ),
    pytest.param(
        {"source": {"files": "cn_hospitals/*"}}, None, "reads the same files", id="two feeds on the same files"
    ),
    pytest.param(
        {"source": {"files": "cn_hospitals/*.csv"}}, None, "reads the same files", id="two feeds on overlapping files"
    ),
]


@pytest.mark.parametrize(("changes", "where", "what"), MISTAKES)
def test_a_mistake_is_told_with_file_line_and_fix(tmp_path: Path, changes: Row, where: str | None, what: str) -> None:
    path = write_contract(tmp_path, changes, file="directory.yaml")
    found = problems(tmp_path)
    hits = [problem for problem in found if what in problem]
    assert hits, f"nothing says «{what}», only: {found}"
    (file, line), message = re.match(r"(\S+?):(\d+): ", hits[0]).groups(), hits[0]  # type: ignore[union-attr]
    assert file in ("directory.yaml", "cn_hospitals.yaml") and "; fix: " in message, message
    if where is not None:
        assert int(line) == line_of(path, where), (
            f"the message points at another line than that of «{where}»: {message}"
        )


def test_a_key_that_is_given_twice_is_told_at_its_second_place(tmp_path: Path) -> None:
    path = write_contract(tmp_path)
    path.write_text(path.read_text(encoding="utf-8") + "owner: team:others\n", encoding="utf-8")
    (problem,) = problems(tmp_path)
    assert (
        problem
        == f"directory.yaml:{len(path.read_text(encoding='utf-8').splitlines())}: `owner` is given twice; fix: keep one"
    )


def test_a_field_that_is_given_twice_is_told_though_yaml_would_keep_the_last(tmp_path: Path) -> None:
    path = write_contract(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace("  city: {}", "  phone: {}\n  city: {}"), encoding="utf-8")
    (problem,) = problems(tmp_path)
    assert "`phone` is given twice" in problem


def test_a_feed_that_is_declared_twice_names_both_files(tmp_path: Path) -> None:
    write_contract(tmp_path / "one")
    write_contract(tmp_path / "two")
    with pytest.raises(
        ContractError, match=r"directory\.yaml:1: feed: directory is declared in directory\.yaml too; fix: "
    ):
        load_registry([tmp_path / "one", tmp_path / "two"])


def test_a_contract_of_another_name_than_its_file_is_told(tmp_path: Path) -> None:
    write_contract(tmp_path, file="other.yaml")
    (problem,) = problems(tmp_path)
    assert problem.startswith("other.yaml:1: ") and "directory.yaml" in problem


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"feed: [directory\ntitle: x", "not valid YAML"),
        (b"- a\n- b\n", "a mapping of keys is expected"),
        (b"", "a mapping of keys is expected"),
        ("feed: 名录".encode("gb18030"), "save it as UTF-8"),
    ],
)
def test_a_file_that_is_no_yaml_mapping_in_utf8_is_told(tmp_path: Path, content: bytes, what: str) -> None:
    (tmp_path / "directory.yaml").write_bytes(content)
    (problem,) = problems(tmp_path)
    assert problem.startswith("directory.yaml") and what in problem and "fix:" in problem


def test_all_mistakes_of_all_contracts_are_told_in_one_go(tmp_path: Path) -> None:
    write_contract(tmp_path, {"owner": "nobody", "trust": 200, "fields": {"company_name": {"must": 1}}})
    write_contract(tmp_path, {"feed": "second", "source": {"files": "second/*"}, "key": ["town"], "subject": "partie"})
    write_contract(
        tmp_path,
        {
            "feed": "third",
            "source": {"files": "third/*"},
            "rules": [{"name": "r", "expect": "1 +", "severity": "flag"}],
        },
    )
    found = "\n".join(problems(tmp_path))
    for expected in ("owner", "trust", "must", "town", "partie", "DuckDB refuses the condition"):
        assert expected in found, f"the mistake about {expected} is not told with the others:\n{found}"
    assert {line.partition(":")[0] for line in found.split("\n")} == {"directory.yaml", "second.yaml", "third.yaml"}


def test_two_feeds_with_folders_of_their_own_do_not_overlap(tmp_path: Path) -> None:
    write_contract(tmp_path)
    write_contract(tmp_path, {"feed": "directory_2", "source": {"files": "directory_2/*"}})
    assert problems(tmp_path) == []


def hash_with(folder: Path, **changes: Any) -> str:
    for path in folder.glob("*.yaml"):
        path.unlink()
    write_contract(folder, changes)
    loaded = load_registry([folder])
    return contract_hash(loaded, loaded.feeds["directory"])


@pytest.mark.parametrize(
    "changes",
    [
        {"rules": [{"name": "r", "expect": "phone is not null", "severity": "flag"}]},
        {"fields": {**FIELDS, "phone": {"required": True}}},
        {"fields": {**FIELDS, "phone": {"from": ["号头"]}}},
        {"fields": {**FIELDS, "gender": {}}},
        {"key": ["company_name"]},
        {"version": 2},
        {"quarantine": "file"},
        {"unmapped": "reject"},
        {"time_zone": "Europe/Lisbon"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_changes_the_judgement_of_a_row_changes_the_hash(tmp_path: Path, changes: Row) -> None:
    assert hash_with(tmp_path, **changes) != hash_with(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"title": {"zh": "别名", "en": "Another title"}},
        {"description": "more words"},
        {"owner": "team:others"},
        {"freshness": "7d"},
        {"trust": 1},
        {"gate": {"max_rejected": 0.1}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_only_readers_and_schedules_use_leaves_the_hash(tmp_path: Path, changes: Row) -> None:
    assert hash_with(tmp_path, **changes) == hash_with(tmp_path)


def test_a_new_spelling_in_a_code_list_changes_the_hash_of_the_feeds_that_use_it_only(registry: Registry) -> None:
    outcome = registry.codes["outcome"]
    answered = outcome.values["answered"].model_copy(update={"aliases": ("通了",)})
    changed = Registry(
        registry.fields,
        {**registry.codes, "outcome": outcome.model_copy(update={"values": {**outcome.values, "answered": answered}})},
        registry.subjects,
        registry.feeds,
        registry.time_zone,
        registry.functions,
    )
    before, after = (
        {name: contract_hash(known, contract) for name, contract in registry.feeds.items()}
        for known in (registry, changed)
    )
    users = {name for name, contract in registry.feeds.items() if "outcome" in contract.fields}
    assert {name for name in before if before[name] != after[name]} == users
    assert "bank_call" in users and "cn_hospitals" not in users


def test_a_yaml_number_or_boolean_among_aliases_and_codes_is_read_as_it_is_written(tmp_path: Path) -> None:
    path = write_contract(tmp_path)
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))
    spec["fields"]["gender"] = {"codes": {1: "male", 2: "female"}}
    path.write_text(yaml.safe_dump(spec, allow_unicode=True, sort_keys=False), encoding="utf-8")
    assert load_registry([tmp_path]).feeds["directory"].fields["gender"].codes == {"1": "male", "2": "female"}


def test_a_date_that_yaml_cannot_read_is_told_and_no_crash(tmp_path: Path) -> None:
    path = write_contract(tmp_path)
    path.write_text(path.read_text() + "description: 0000-00-00 00:00:00\n")
    with pytest.raises(ContractError, match=r"directory\.yaml:.* a date or time is none; fix: write it in quotes"):
        load_registry([tmp_path])
