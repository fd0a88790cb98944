"""Drafts: what is proposed for a file nobody has described, how sure it says it is, and what it never says."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from benchmarks.drafting import SURE, Case, cases, measure
from ccdata_assets.cli import app
from ccdata_assets.contracts.draft import Draft, draft_contract, feed_name, received_on
from ccdata_assets.contracts.evidence import has_check_digit
from ccdata_assets.contracts.matching import assign
from ccdata_assets.contracts.registry import Registry, load_registry
from ccdata_assets.errors import ContractError, WrongUse
from ccdata_assets.project import load_project
from ccdata_assets.settings import Settings
from ccdata_assets_tests.world import BANK_CALL_HEADER, HOSPITAL_HEADER, bank_call, make_settings, many_hospitals, table

PARTY_HEADER = ("公司名", "联系人", "手机", "邮箱", "省", "城市", "地址", "建档日", "评级")
PARTY = [
    (
        f"星河{n}号商贸有限公司",
        f"{'王李张刘陈'[n % 5]}{'一二三四五六七八九'[n % 9]}",
        f"1380000{n:04d}",
        f"sales{n}@example.org" if n % 3 else "-",
        ("广东省", "浙江省", "湖南省")[n % 3],
        ("深圳市", "杭州市", "长沙市")[n % 3],
        f"测试路{n}号",
        f"{n % 28 + 1:02d}/{n % 3 + 1:02d}/2026",
        "ABC"[n % 3],
    )
    for n in range(60)
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(tmp_path / "home")


def drafted(folder: Path, registry: Registry, settings: Settings, content: bytes, name: str = "new_feed.csv") -> Draft:
    """The draft of a file of this content."""
    path = folder / name
    path.write_bytes(content)
    return draft_contract(path, registry, settings)


def fields(draft: Draft) -> list[str]:
    return [column.field for column in draft.columns]


def test_known_headers_and_values_give_known_fields(tmp_path: Path, registry: Registry, settings: Settings) -> None:
    draft = drafted(tmp_path, registry, settings, table(PARTY_HEADER, PARTY))
    assert draft.subject == "party" and draft.problem is None, draft.yaml
    assert fields(draft)[:7] == ["company_name", "contact_name", "mobile", "email", "province", "city", "address"]
    assert all(column.confidence >= SURE for column in draft.columns[:7])
    spec = yaml.safe_load(draft.yaml)
    assert spec["fields"]["email"] == {"none": "-"}
    assert spec["fields"]["company_name"] == {"required": True}


def test_no_value_of_the_file_is_written(tmp_path: Path, registry: Registry, settings: Settings) -> None:
    draft = drafted(tmp_path, registry, settings, table(PARTY_HEADER, PARTY))
    said = json.dumps(draft.as_dict(), ensure_ascii=False)
    values = {cell for row in PARTY for cell in row if len(cell) > 1}
    assert not [value for value in values if value in said]


def test_an_unusual_date_gets_its_form(tmp_path: Path, registry: Registry, settings: Settings) -> None:
    draft = drafted(tmp_path, registry, settings, table(PARTY_HEADER, PARTY))
    assert draft.columns[7].use["format"] == ["%d/%m/%Y"], "days above 12 stand first"


def test_a_file_without_a_header_is_read_by_position(tmp_path: Path, registry: Registry, settings: Settings) -> None:
    draft = drafted(tmp_path, registry, settings, table(None, PARTY))
    spec = yaml.safe_load(draft.yaml)
    assert spec["source"]["header"] == "none" and draft.problem is None
    assert spec["fields"]["mobile"]["position"] == 3
    assert fields(draft)[:7] == ["company_name", "contact_name", "mobile", "email", "province", "city", "address"]


def test_headers_that_say_nothing_are_headers_still(tmp_path: Path, registry: Registry, settings: Settings) -> None:
    draft = drafted(tmp_path, registry, settings, table([f"C{n}" for n in range(9)], PARTY))
    assert draft.sample.headers is not None and draft.problem is None
    assert {"company_name", "mobile", "email", "province"} <= set(fields(draft))
    assert yaml.safe_load(draft.yaml)["fields"]["mobile"]["from"] == "C2"


def test_a_title_above_the_header_is_no_header(tmp_path: Path, registry: Registry, settings: Settings) -> None:
    content = "企业名录 2026年,,,,,,,,\n".encode() + table(PARTY_HEADER, PARTY)
    assert drafted(tmp_path, registry, settings, content).sample.headers == PARTY_HEADER


def test_a_first_row_that_names_somebody_is_never_a_header(
    tmp_path: Path, registry: Registry, settings: Settings
) -> None:
    draft = drafted(tmp_path, registry, settings, table(None, [("手机", "13800000001"), ("电话", "0755-55500001")]))
    assert draft.sample.headers is None


def test_what_the_subject_needs_and_no_column_gives_is_a_line_to_fill_in(
    tmp_path: Path, registry: Registry, settings: Settings
) -> None:
    header = ("通话编号", "进线时间", "坐席工号")
    rows = [(f"T{n:05d}", f"2026-01-{n % 28 + 1:02d} 09:{n % 60:02d}:00", f"A{n % 7}") for n in range(50)]
    draft = drafted(tmp_path, registry, settings, table(header, rows))
    assert draft.subject == "call" and [lack.field for lack in draft.missing] == ["outcome"]
    assert draft.problem and "outcome" in draft.problem
    line = re.search(r"^  # (outcome: .*)$", draft.yaml, re.MULTILINE)
    assert line, "the line to fill in"
    folder = tmp_path / "contracts"
    folder.mkdir()
    contract = folder / f"{draft.feed}.yaml"
    contract.write_text(draft.yaml.replace(f"  # {line[1]}", f"  {line[1]}"), encoding="utf-8")
    with pytest.raises(ContractError, match="outcome"):  # nothing is filled in that nobody knows
        load_registry([folder])
    assert "one of answered, abandoned" in line[1]
    contract.write_text(contract.read_text(encoding="utf-8").replace('"TODO"', "\"'answered'\""), encoding="utf-8")
    assert load_registry([folder]).feeds[draft.feed].fields["outcome"].derive == "'answered'"


def test_spellings_that_a_code_list_does_not_know_stand_in_comments(
    tmp_path: Path, registry: Registry, settings: Settings
) -> None:
    draft = drafted(tmp_path, registry, settings, table(BANK_CALL_HEADER, [bank_call(n) for n in range(60)]))
    column = next(column for column in draft.columns if column.header == "outcome")
    assert column.unknown_codes == {"AGENT": 60}
    assert "#   AGENT: TODO" in draft.yaml


def test_what_few_rows_hold_is_not_shown_as_a_code(tmp_path: Path, registry: Registry, settings: Settings) -> None:
    rows = [bank_call(n, outcome="AGENT" if n else "周女士") for n in range(60)]
    draft = drafted(tmp_path, registry, settings, table(BANK_CALL_HEADER, rows))
    assert "周女士" not in draft.yaml


def test_the_key_numbers_the_records_or_names_them(tmp_path: Path, registry: Registry, settings: Settings) -> None:
    assert drafted(tmp_path, registry, settings, table(HOSPITAL_HEADER, many_hospitals(200))).key == (
        "company_name",
        "phone",
    )
    branches = [(f"样例{n % 40}公司", *row[1:]) for n, row in enumerate(many_hospitals(200))]
    key = drafted(tmp_path, registry, settings, table(HOSPITAL_HEADER, branches)).key
    assert key[0] == "company_name" and {"phone", "address"} & set(key)
    numbered = [(f"KH-{n:04d}", *row) for n, row in enumerate(PARTY)]
    assert drafted(tmp_path, registry, settings, table(("准入单号", *PARTY_HEADER), numbered)).key == ("column_1",)


@pytest.mark.parametrize(
    "header", [("企业名称", "员工人数"), ("企业名称", "评分"), ("企业名称", "建档日"), ("企业名称", "序号"), ("企业名称", "代号"), None]
)  # fmt: skip
def test_what_happens_to_be_different_is_no_key(
    header: tuple[str, ...] | None, tmp_path: Path, registry: Registry, settings: Settings
) -> None:
    rows = [
        (f"星河{n}号商贸有限公司", f"2026-01-{n + 1:02d}" if header and header[1] == "建档日" else str(20 + n * 7))
        for n in range(12)
    ]
    draft = drafted(tmp_path, registry, settings, table(header, rows))
    spec = yaml.safe_load(draft.yaml)
    assert draft.key == () and "key" not in spec and "# key: all fields" in draft.yaml
    if draft.subject == "party":
        assert [name for name, use in spec["fields"].items() if use.get("required")] == ["company_name"]


def test_rows_that_are_no_records_are_not_counted(tmp_path: Path, registry: Registry, settings: Settings) -> None:
    content = "名录 2026年\n".encode() + table(
        ("企业名称", "员工人数"), [*((f"星河{n}号商贸有限公司", str(n)) for n in range(12)), ("合计", "66"), ("", "")]
    )
    draft = drafted(tmp_path, registry, settings, content + "制表人：某某\n".encode())
    assert draft.sample.rows == draft.sample.table.num_rows == 12
    assert "looking at all 12 rows" in draft.yaml


def nested(count: int) -> list[dict[str, object]]:
    return [
        {
            "company": {
                "name": f"星河{n}号商贸有限公司",
                "address": {"province": ("广东省", "浙江省")[n % 2], "city": ("深圳市", "杭州市")[n % 2]},
                "rank": {"points": n},
            },
            "lines": [{"x": n}],
        }
        for n in range(count)
    ]


def test_every_value_of_nested_json_is_listed(tmp_path: Path, registry: Registry, settings: Settings) -> None:
    draft = drafted(tmp_path, registry, settings, json.dumps(nested(20), ensure_ascii=False).encode(), "n.json")
    spec = yaml.safe_load(draft.yaml)["fields"]
    assert {name: use["from"] for name, use in spec.items()} == {
        "company_name": "company.name",
        "province": "company.address.province",
        "city": "company.address.city",
        "company_rank_points": "company.rank.points",
        "lines": "lines",
    }
    assert draft.problem is None


def workbook(folder: Path, sheets: Mapping[str, Sequence[Sequence[str]]]) -> Path:
    book = openpyxl.Workbook()
    del book[book.sheetnames[0]]
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(folder / "book.xlsx")
    return folder / "book.xlsx"


def test_of_several_tables_the_one_that_suits_a_subject_is_drafted(
    tmp_path: Path, registry: Registry, settings: Settings
) -> None:
    notes = [("序", "说明"), *((str(n), f"说明文字{n}") for n in range(90))]
    calls = [("通话编号", "进线时间"), *((f"T{n:05d}", f"2026-01-{n + 1:02d} 09:00:00") for n in range(20))]
    path = workbook(
        tmp_path, {"说明": notes, "甲": [PARTY_HEADER, *PARTY[:30]], "通话": calls, "乙": [PARTY_HEADER, *PARTY[30:]]}
    )
    draft = draft_contract(path, registry, settings)
    assert (draft.subject, draft.sample.rows, draft.sample.names) == ("party", 60, ("甲", "乙"))
    assert "sheet" not in draft.sample.source, "one sheet would leave the other out"
    named = draft_contract(path, registry, settings, sheet="通话")
    assert named.subject == "call" and yaml.safe_load(named.yaml)["source"]["sheet"] == "通话"
    with pytest.raises(WrongUse, match="甲"):
        draft_contract(path, registry, settings, sheet="丙")


def test_a_member_of_an_archive_is_named(tmp_path: Path, registry: Registry, settings: Settings) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "k,v\n1,2\n3,4\n")
        archive.writestr("in/party.csv", table(PARTY_HEADER, PARTY))
    assert draft_contract(path, registry, settings).sample.names == ("in/party.csv",)
    assert draft_contract(path, registry, settings, sheet="party.csv").subject == "party"


def test_a_draft_reads_its_own_file(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drafted, written and checked by the commands: nothing is rejected."""
    path = tmp_path / "名单20261105.csv"
    path.write_bytes(table(PARTY_HEADER, PARTY, delimiter="|", encoding="gb18030"))
    out = tmp_path / "contracts" / "star_list.yaml"
    monkeypatch.setenv("CCDATA_HOME", str(settings.home))
    runner = CliRunner()
    done = runner.invoke(app, ["feeds", "draft", str(path), "-o", str(out)])
    assert done.exit_code == 0, done.output
    again = runner.invoke(app, ["feeds", "draft", str(path), "-o", str(out)])
    assert isinstance(again.exception, WrongUse), "a contract is not replaced without --force"
    monkeypatch.setenv("CCDATA_CONTRACTS", str(out.parent))
    load_project.cache_clear()
    checked = runner.invoke(app, ["feeds", "check", str(path), "--feed", "star_list", "--json"])
    load_project.cache_clear()
    assert checked.exit_code == 0, checked.output
    (answer,) = json.loads(checked.stdout)["feeds"]
    assert (answer["staged"], answer["quarantined"], answer["received_on"]) == (60, 0, "2026-11-05")
    assert not settings.warehouse_path.exists(), "nothing is written to the real home"


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("export_20261105.csv", "20261105"),
        ("名单2026-11-05.csv", "2026-11-05"),
        ("data_20200211030250.json", "20200211"),
        ("2026年9月报表.xlsx", "2026年9月"),
        ("plan_202611.xlsx", "202611"),
    ],
)
def test_the_name_of_a_file_tells_its_date(name: str, date: str) -> None:
    found = received_on(name)
    assert found and (hit := re.search(found["file"], name)) and hit["date"] == date


def test_a_name_is_free(registry: Registry) -> None:
    assert feed_name(Path("call_log_20260101.csv"), registry) == "call_log_feed"
    assert feed_name(Path("party.csv"), registry) == "party_feed"


@given(st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=1, max_size=4))
def test_columns_get_the_fields_that_suit_best_in_all(gains: list[list[int]]) -> None:
    def best(row: int, free: frozenset[int]) -> int:
        if row == len(gains):
            return 0
        return max(best(row + 1, free), *(gains[row][c] + best(row + 1, free - {c}) for c in free), 0)

    chosen = assign([[float(gain) for gain in row] for row in gains])
    used = [c for c in chosen if c is not None]
    assert len(used) == len(set(used))
    assert sum(gains[row][c] for row, c in enumerate(chosen) if c is not None) == best(0, frozenset(range(3)))


def test_a_credit_code_is_known_by_its_check_digit() -> None:
    assert has_check_digit("91350100M000100Y43")
    assert not has_check_digit("91350100M000100Y44")


FLOORS = {
    "call_log": {"as they are": 1.0, "replaced": 0.2, "hidden": 0.2},
    "cn_hospitals": {"as they are": 0.9, "replaced": 0.7, "hidden": 0.7},
    "bank_campaign": {"as they are": 0.8, "replaced": 0.4, "hidden": 0.4},
}
"""Shares of columns that get the right field, a little under what was measured."""


@pytest.mark.slow
@pytest.mark.parametrize("feed", sorted(FLOORS))
@pytest.mark.parametrize("mode", ["as they are", "replaced", "hidden"])
def test_shipped_samples_are_drafted_as_well_as_was_measured(
    feed: str, mode: str, registry: Registry, settings: Settings
) -> None:
    case: Case = next(cases(registry, settings, real=False, each=1, feeds=[feed]))
    got = measure(case, mode, registry, settings)
    assert got.header_right, "whether the file has a header"
    assert got.right / got.columns >= FLOORS[feed][mode], got.missed
    assert got.sure_wrong == 0, got.missed
    assert got.subject_right or mode != "as they are"
