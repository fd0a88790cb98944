"""Rows judged by their contract: typed, rejected or flagged, and every one of them accounted for."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from ccdata_assets.errors import BlockingCheckFailed
from ccdata_assets.settings import parse_as_of
from ccdata_assets.warehouse.gate import account
from ccdata_assets_tests.world import (
    CALLS,
    CONTACTS,
    NO_SERVICE,
    World,
    bank_call,
    bank_calls,
    campaign,
    contact,
    hospital,
    hospitals,
    table,
    whole_world,
)


def read_as(world: World, use: dict[str, Any], text: str) -> Any:
    """The value of one text read as a local field; 'rejected' where the row went to quarantine."""
    world.contract(fields={"company_name": {"required": True}, "value": use}, gate={"max_rejected": 1})
    world.stage_one(table(("company_name", "value"), [("样例公司", text)]))
    rows = world.query("select value from staged.directory")
    return rows[0]["value"] if rows else "rejected"


# --- types -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05",
        "2026/1/5",
        "2026/01/05",
        "20260105",
        "2026.01.05",
        "2026年1月5日",
        "2026年01月05日",
        "2026-01-05 23:30:00",
        " 2026-01-05　",
        "46027",
        "46027.75",
    ],
)
def test_a_date_is_read_in_every_usual_form(world: World, text: str) -> None:
    assert read_as(world, {"type": "date"}, text) == date(2026, 1, 5)


@pytest.mark.parametrize("text", ["2026-02-30", "05/01/2026", "next week", "2026", "460271", "13800138000", "80000"])
def test_what_is_no_date_goes_to_quarantine_and_is_not_guessed(world: World, text: str) -> None:
    assert read_as(world, {"type": "date"}, text) == "rejected"
    assert world.faults() == [(2, "not_date", "value")]


def test_a_time_as_a_spreadsheet_counts_it_is_local_to_the_centre(world: World) -> None:
    assert str(read_as(world, {"type": "timestamp"}, "46027.75")) == "2026-01-05 18:00:00"


@pytest.mark.parametrize(
    ("text", "damaged"),
    [
        ("1.38E+10", True),
        ("4.4010619900101e+17", True),
        ("13800138000", False),
        ("1E", False),
        ("E+10", False),
        ("3M", False),
    ],
)
def test_long_digits_that_a_spreadsheet_has_shortened_are_kept_and_flagged(
    world: World, text: str, damaged: bool
) -> None:
    assert read_as(world, {"type": "text"}, text) == text
    assert world.query("select _flags from staged.directory")[0]["_flags"] == (["value_damaged"] if damaged else [])


@pytest.mark.parametrize("text", ["#N/A", "#REF!", "#UNCALCULATED", "#####"])
def test_an_error_of_a_spreadsheet_is_no_value_and_flagged(world: World, text: str) -> None:
    read_as(world, {"type": "text"}, text)
    (row,) = world.query("select value, _flags from staged.directory")
    assert (row["value"], row["_flags"]) == (None, ["value_damaged"])


# --- rows that hold no record ------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["合计", "总计：", "小计", "Total", "SUBTOTAL", "共 12 条", "共12条记录"])
def test_totals_are_no_records_and_stay_in_the_raw_store(world: World, word: str) -> None:
    staged = world.stage_one(f"company_name,phone\n甲公司,1\n{word},\n乙公司,2\n")
    assert (staged.rows, staged.staged, staged.quarantined, staged.blank) == (3, 2, 0, 1)
    assert world.query("select furniture from ops.file_ledger")[0]["furniture"] == 1


@pytest.mark.parametrize("name", ["合计电子有限公司", "小计算机公司", "Total Energies", "共和公司", "共12条街公司"])
def test_a_company_that_is_named_like_a_total_is_a_record(world: World, name: str) -> None:
    assert world.stage_one(f"company_name,phone\n{name},1\n").staged == 1


def test_a_totals_row_shorter_than_the_header_is_no_fault(world: World) -> None:
    staged = world.stage_one("company_name,phone,city\n甲公司,1,x\n合计,1\n")
    assert (staged.staged, staged.quarantined, staged.blank) == (1, 0, 1)


def test_a_header_that_stands_there_again_is_no_record(world: World) -> None:
    staged = world.stage_one("company_name,phone\n甲公司,1\ncompany_name,phone\n乙公司,2\n")
    assert (staged.rows, staged.staged, staged.blank) == (3, 2, 1)


def test_a_title_and_units_cost_nothing_and_are_counted(world: World) -> None:
    staged = world.stage_one("企业名录\n导出时间：2026-02-01\n企业名称,电话,员工人数\n,,（人）\n甲公司,1,20\n")
    assert (staged.rows, staged.staged, staged.quarantined, staged.blank) == (4, 1, 0, 3)


@pytest.mark.parametrize(("form", "text"), [("%d/%m/%Y", "05/01/2026"), ("%y%m%d", "260105")])
def test_a_feed_may_say_the_form_of_its_dates(world: World, form: str, text: str) -> None:
    assert read_as(world, {"type": "date", "format": form}, text) == date(2026, 1, 5)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-05 09:30:00", datetime(2026, 1, 5, 1, 30, tzinfo=UTC)),
        ("2026/1/5 9:30", datetime(2026, 1, 5, 1, 30, tzinfo=UTC)),
        ("2026-01-05T09:30:00.500", datetime(2026, 1, 5, 1, 30, 0, 500_000, tzinfo=UTC)),
        ("2026-01-05T09:30:00+08:00", datetime(2026, 1, 5, 1, 30, tzinfo=UTC)),
        ("2026-01-05T09:30:00Z", datetime(2026, 1, 5, 9, 30, tzinfo=UTC)),
        ("2026-01-05 09:30:00-0500", datetime(2026, 1, 5, 14, 30, tzinfo=UTC)),
        ("2026-01-05", datetime(2026, 1, 4, 16, 0, tzinfo=UTC)),
        ("25:61", "rejected"),
    ],
)
def test_an_instant_is_utc_by_its_own_offset_or_else_by_the_feeds_zone(
    world: World, text: str, expected: object
) -> None:
    assert read_as(world, {"type": "instant"}, text) == expected


def test_an_instant_of_a_feed_abroad_is_read_in_its_zone_in_summer_and_in_winter(world: World) -> None:
    world.contract(time_zone="Europe/Lisbon", fields={"company_name": {}, "moment": {"type": "instant"}})
    world.stage_one(
        table(("company_name", "moment"), [("甲公司", "2026-01-05 12:00:00"), ("乙公司", "2026-07-05 12:00:00")])
    )
    assert [row["moment"] for row in world.query("select moment from staged.directory order by _row")] == [
        datetime(2026, 1, 5, 12, tzinfo=UTC),
        datetime(2026, 7, 5, 11, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9:05:07", time(9, 5, 7)),
        ("23:59", time(23, 59)),
        ("0:00:00", time(0)),
        ("24:30", "rejected"),
        ("9", "rejected"),
    ],
)
def test_a_clock_is_a_time_of_day(world: World, text: str, expected: object) -> None:
    assert read_as(world, {"type": "clock"}, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,234,567", 1_234_567),
        ("-5", -5),
        ("+5", 5),
        ("12.00", 12),
        ("1.5", "rejected"),
        ("12 345", "rejected"),
        ("一百", "rejected"),
        ("1e3", "rejected"),
        ("99999999999999999999", "rejected"),
        ("", None),
    ],
)
def test_an_integer_may_have_thousands_separators_and_nothing_else(world: World, text: str, expected: object) -> None:
    assert read_as(world, {"type": "integer"}, text) == expected


@pytest.mark.parametrize(("text", "expected"), [("1,234.5", 1234.5), ("1e3", 1000.0), (".5", 0.5), ("5元", "rejected")])
def test_a_number_may_have_a_fraction(world: World, text: str, expected: object) -> None:
    assert read_as(world, {"type": "number"}, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("是", True),
        ("YES", True),
        ("1", True),
        ("否", False),
        ("n", False),
        ("FALSE", False),
        ("maybe", "rejected"),
        ("2", "rejected"),
    ],
)
def test_a_boolean_is_one_of_the_usual_words(world: World, text: str, expected: object) -> None:
    assert read_as(world, {"type": "boolean"}, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("女", "female"),
        ("先生", "male"),
        ("F", "female"),
        ("male", "male"),
        ("W", "female"),
        ("w", "female"),
        ("女娃", "rejected"),
        ("", None),
    ],
)
def test_a_code_is_a_value_an_alias_or_the_feeds_own_spelling_and_never_guessed(
    world: World, text: str, expected: object
) -> None:
    assert read_as(world, {"type": "code:gender", "codes": {"W": "female"}}, text) == expected


def test_a_feeds_own_spelling_wins_over_the_usual_alias(world: World) -> None:
    assert read_as(world, {"type": "code:gender", "codes": {"M": "unknown"}}, "m") == "unknown"


@pytest.mark.parametrize("text", ["-", "N/A", "", "  ", "　"])
def test_texts_that_mean_no_value_are_null(world: World, text: str) -> None:
    assert read_as(world, {"type": "integer", "none": ["-", "N/A"]}, text) is None


def test_a_text_that_is_not_of_its_type_may_flag_the_row_instead(world: World) -> None:
    assert read_as(world, {"type": "integer", "on_error": "flag"}, "many") is None
    assert world.query("select _flags from staged.directory") == [{"_flags": ["value_not_integer"]}]


def test_a_derived_value_that_cannot_be_made_is_null_and_stops_nothing(world: World) -> None:
    world.contract(
        fields={
            "company_name": {},
            "phone": {},
            "extension": {"type": "integer", "derive": "split_part(phone, '-', 2)"},
        }
    )
    staged = world.stage_one(table(("company_name", "phone"), [("甲公司", "5550-12"), ("乙公司", "5550-x")]))
    assert staged.staged == 2
    assert [row["extension"] for row in world.query("select extension from staged.directory order by _row")] == [
        12,
        None,
    ]


# --- the shipped feeds -------------------------------------------------------------------------------------------


def test_the_good_files_of_the_world_are_staged_whole(world: World) -> None:
    for name, content in whole_world().items():
        world.put(name, content)
    for feed in ("cn_hospitals", "bank_call", "bank_campaign"):
        (staged,) = world.stage(feed)
        assert (staged.rows, staged.staged, staged.quarantined, staged.blank) == (5, 5, 0, 0), feed
    assert world.faults() == []


def test_a_call_that_crosses_midnight_ends_after_it_begins(world: World) -> None:
    world.stage_one(bank_calls(CALLS), "bank_call/a.txt")
    (call,) = world.query(
        "select entered_at, queued_at, answered_at, ended_at, _flags from staged.bank_call where call_no = '4'"
    )
    start = datetime(1999, 1, 5, 21, 59, 30, tzinfo=UTC)
    assert call == {
        "entered_at": start,
        "queued_at": start + timedelta(seconds=20),
        "answered_at": start + timedelta(seconds=50),
        "ended_at": start + timedelta(seconds=110),
        "_flags": [],
    }


def test_no_time_in_the_call_log_is_null_and_no_midnight(world: World) -> None:
    world.stage_one(bank_calls(CALLS), "bank_call/a.txt")
    calls = {
        row["call_no"]: (row["outcome"], row["queued_at"] is not None, row["answered_at"] is not None)
        for row in world.query("from staged.bank_call")
    }
    assert calls == {
        "1": ("answered", True, True),
        "2": ("abandoned", True, False),
        "3": ("phantom", False, False),
        "4": ("answered", True, True),
        "5": ("answered", True, True),
    }


def test_a_call_whose_times_disagree_is_flagged_and_kept(world: World) -> None:
    rows = [bank_call(1, ser_time="500"), bank_call(2, vru_time="-3", **NO_SERVICE)]
    world.stage_one(bank_calls(rows), "bank_call/a.txt")
    assert [row["_flags"] for row in world.query("select _flags from staged.bank_call order by _row")] == [
        ["service_time_agrees"],
        ["ivr_not_negative"],
    ]


def test_an_outcome_that_no_list_knows_is_quarantined(world: World) -> None:
    staged = world.stage_one(bank_calls([*CALLS, bank_call(6, outcome="TRANSFER")]), "bank_call/a.txt")
    assert (staged.staged, staged.quarantined) == (5, 1)
    assert world.faults() == [(7, "not_code", "outcome")]


def test_the_year_of_a_campaign_turns_where_its_month_falls(world: World) -> None:
    world.stage_one(campaign(CONTACTS), "bank_campaign/a.csv")
    months = [row["dialled_on"] for row in world.query("select dialled_on from staged.outbound order by row")]
    assert months == [date(2008, 5, 1), date(2008, 5, 1), date(2008, 12, 1), date(2009, 3, 1), date(2009, 3, 1)]


@pytest.mark.parametrize("month", ["13", "0", "mai", "?"])
def test_a_month_that_is_none_costs_its_row_and_not_the_feed(world: World, month: str) -> None:
    staged = world.stage_one(campaign([*CONTACTS, contact(month)]), "bank_campaign/a.csv")
    assert (staged.staged, staged.quarantined) == (5, 1)
    assert world.faults() == [(7, "month_known", "contact_month")]


# --- rules, policies, accounting ---------------------------------------------------------------------------------

RULES = [
    {"name": "has_phone", "expect": "phone is not null", "severity": "flag", "field": "phone"},
    {
        "name": "name_long",
        "expect": "length(company_name) > 2",
        "severity": "reject",
        "field": "company_name",
        "message": {"zh": "太短", "en": "the name is too short"},
    },
    {"name": "in_x", "expect": "city = 'x'", "severity": "reject", "field": "city"},
]
MIXED = [("甲公司", "1", "x"), ("乙公司", "", "x"), ("", "", ""), ("", "3", "x"), ("丙", "4", "y"), ("丁公司", "5", "")]
"""Good, flagged, blank, without its required name, breaking two rules, and with a rule on a null."""


def mixed() -> bytes:
    return table(("company_name", "phone", "city"), MIXED) + b"broken\n"


def test_a_reject_rule_sends_the_row_to_quarantine_and_a_flag_rule_marks_it(world: World) -> None:
    world.contract(rules=RULES)
    world.stage_one(mixed())
    assert [
        (row["_row"], row["_flags"]) for row in world.query("select _row, _flags from staged.directory order by _row")
    ] == [(2, []), (3, ["has_phone"]), (7, [])]
    assert world.faults() == [
        (5, "required", "company_name"),
        (6, "in_x", "city"),
        (6, "name_long", "company_name"),
        (8, "short_row", None),
    ]
    reasons = {row["rule"]: row["reason"] for row in world.query("from ops.quarantine")}
    assert (reasons["name_long"], reasons["in_x"]) == ("the name is too short", "breaks the rule in_x")


def balance(world: World, feed: str = "directory") -> list[tuple[int, ...]]:
    contract = world.registry.feeds[feed]
    with world.warehouse() as con:
        accounts = account(con, contract, world.settings)
    assert all(batch.balanced for batch in accounts), accounts
    return [(batch.landed, batch.staged, batch.quarantined, batch.blank) for batch in accounts]


def test_every_row_of_every_file_is_accounted_for_once(world: World) -> None:
    world.contract(rules=RULES)
    world.put("directory/a.csv", mixed())
    world.put("directory/b.csv", table(("company_name", "phone", "city"), MIXED[:3]))
    world.stage()
    assert balance(world) == [(7, 3, 3, 1), (3, 2, 0, 1)]
    ledger = world.query("select rows, staged, quarantined, blank, flagged from ops.file_ledger order by file")
    assert [tuple(row.values()) for row in ledger] == [(7, 3, 3, 1, 1), (3, 2, 0, 1, 1)]


def test_the_policy_file_quarantines_the_whole_file_for_one_bad_row(world: World) -> None:
    world.contract(rules=RULES, quarantine="file")
    world.put("directory/bad.csv", mixed())
    world.put("directory/good.csv", table(("company_name", "phone", "city"), MIXED[:1]))
    bad, good = world.stage()
    assert (bad.status, bad.staged, bad.quarantined, bad.blank) == ("rejected", 0, 6, 1)
    assert (good.status, good.staged) == ("landed", 1)
    assert {rule for row, rule, _ in world.faults() if row in (2, 3, 7)} == {"whole_file"}
    assert balance(world) == [(7, 0, 6, 1), (1, 1, 0, 0)]


def test_the_policy_fail_stops_the_run_with_a_message_of_where_to_look(world: World) -> None:
    world.contract(rules=RULES, quarantine="fail")
    world.put("directory/bad.csv", mixed())
    with pytest.raises(
        BlockingCheckFailed, match=r"directory: directory/bad\.csv: 3 rows have faults .* see ops.quarantine"
    ):
        world.stage()


def test_a_column_that_no_field_claims_rejects_the_file_only_where_the_contract_says_so(world: World) -> None:
    content = table(("company_name", "备注"), [("甲公司", "x")])
    assert world.stage_one(content).status == "landed"
    world.contract(unmapped="reject")
    (staged,) = world.stage()
    assert (staged.status, staged.quarantined) == ("rejected", 1)
    (line,) = world.query("select error from ops.file_ledger")
    assert "1 columns are not in the contract" in line["error"] and "备注" not in line["error"]


def test_a_file_without_a_required_column_is_rejected_and_the_column_named_in_both_languages(world: World) -> None:
    staged = world.stage_one(table(("phone", "city"), [("1", "x")]))
    (line,) = world.query("select status, error from ops.file_ledger")
    assert (staged.status, line["status"]) == ("rejected", "rejected")
    assert "company_name (企业名称)" in line["error"] and "directory.yaml" in line["error"]
    assert world.faults() == [(2, "missing_column", "company_name")]


def test_repeats_are_known_by_the_key_within_a_file_and_across_files(world: World) -> None:
    world.contract(key=["company_name"])
    world.put("directory/a.csv", table(("company_name", "phone"), [("甲公司", "1"), ("乙公司", "2"), ("甲公司", "3")]))
    world.put("directory/b.csv", table(("company_name", "phone"), [("乙公司", "4"), ("丙公司", "5")]))
    world.stage()
    repeats = world.query("select _file, _row from staged.directory where _is_repeat order by all")
    assert [tuple(row.values()) for row in repeats] == [("directory/a.csv", 4), ("directory/b.csv", 2)]
    assert [row["repeated"] for row in world.query("select repeated from ops.file_ledger order by file")] == [1, 1]


def test_without_a_key_only_rows_alike_in_all_fields_are_repeats(world: World) -> None:
    world.stage_one(
        table(("company_name", "phone"), [("甲公司", "1"), ("甲公司", "2"), ("甲公司", ""), ("甲公司", "1")])
    )
    assert [row["_row"] for row in world.query("select _row from staged.directory where _is_repeat")] == [5]


def test_a_changed_contract_judges_past_files_again(world: World) -> None:
    world.stage_one(mixed())
    before = balance(world)
    world.contract(rules=RULES)
    (again,) = world.stage()
    assert (again.staged, again.quarantined) == (3, 3) != before[0][1:3]
    assert balance(world) == [(7, 3, 3, 1)]
    world.contract()
    world.stage()
    assert balance(world) == before, "the judgement must depend on the contract alone, not on the ones before"


def test_the_same_contract_judges_nothing_twice(world: World) -> None:
    world.stage_one(mixed())
    assert world.stage() == []


def test_a_changed_contract_that_adds_a_field_reads_it_from_past_files(world: World) -> None:
    world.stage_one(table(("company_name", "邮箱"), [("甲公司", "a@example.org")]))
    world.contract(fields={"company_name": {"required": True}, "email": {}})
    world.stage()
    assert world.query("select email from staged.party") == [{"email": "a@example.org"}]


# --- the gate and the unions -------------------------------------------------------------------------------------


def test_a_batch_with_too_many_rejected_rows_is_held_and_others_are_released(world: World) -> None:
    world.contract(rules=RULES, gate={"max_rejected": 0.4})
    world.put("directory/bad.csv", mixed())
    world.put("directory/good.csv", table(("company_name", "phone", "city"), [("戊公司", "1", "x")]))
    world.stage()
    assert [row["company_name"] for row in world.query("select company_name from staged.party")] == ["戊公司"], (
        "only released rows may be read downstream"
    )
    assert len(world.query("from staged.directory")) == 4, "a held batch is staged and waits"
    held = {
        row["file"]: (row["status"], row["error"])
        for row in world.query("select file, status, error from ops.file_ledger")
    }
    assert held["directory/good.csv"] == ("landed", None)
    assert (
        held["directory/bad.csv"][0] == "held"
        and "50.0% of the rows are in quarantine, the gate allows 40.0%" in held["directory/bad.csv"][1]
    )
    assert {row["status"] for row in world.query("select status from staged.record")} == {"staged"}, (
        "rows of a held batch are no records yet"
    )
    waiting = world.query("select file, subject, count(*) as rows from staged.held group by all")
    landed = world.query(
        "select file, 'party' as subject, rows - blank as rows from ops.file_ledger where status = 'held'"
    )
    assert waiting == landed, "every row of a held batch waits"


def test_a_held_batch_is_released_when_the_contract_is_mended(world: World) -> None:
    world.contract(rules=RULES, gate={"max_rejected": 0.4})
    world.stage_one(mixed())
    assert world.query("from staged.party") == []
    world.contract(rules=RULES[:1], gate={"max_rejected": 0.4})
    world.stage()
    assert len(world.query("from staged.party")) == 4


def test_a_batch_of_which_nothing_was_accepted_has_nothing_to_hold(world: World) -> None:
    staged = world.stage_one(table(("phone",), [("1",)]))
    assert staged.status == "rejected"
    assert [row["status"] for row in world.query("select status from ops.batch_gate")] == ["released"]
    assert [row["status"] for row in world.query("select status from staged.record")] == ["quarantined"]


def test_the_union_of_a_subject_has_the_rows_of_all_its_feeds_with_their_lineage(world: World) -> None:
    world.put("directory/a.csv", table(("company_name",), [("甲公司",)]))
    world.put("cn_hospitals/a.csv", hospitals([hospital()]))
    world.stage()
    world.stage("cn_hospitals")
    rows = world.query("select feed, row, company_name, province, is_repeat from staged.party order by feed")
    assert [tuple(row.values()) for row in rows] == [
        ("cn_hospitals", 2, "青山市第一人民医院", "浙江省", False),
        ("directory", 2, "甲公司", None, False),
    ]


def test_values_to_understand_are_given_by_kind_and_file(world: World) -> None:
    staged = world.stage_one(table(("company_name", "phone", "city"), [("甲公司", "1", "x"), ("甲公司", "", "y")]))
    values = [tuple(row.values()) for row in world.query("select kind, raw, feed from staged.value order by all")]
    assert values == [
        ("company_name", "甲公司", "directory"), ("company_name", "甲公司", "directory"), ("phone", "1", "directory"),
        ("region", "|x|", "directory"), ("region", "|y|", "directory"),
    ]  # fmt: skip
    (batch,) = world.query("select sha256, contract_hash from staged.batch")
    (line,) = world.query("select sha256, contract_hash, file from ops.file_ledger")
    assert (batch["sha256"], batch["contract_hash"]) == (line["sha256"], line["contract_hash"])
    assert {row["sha256"] for row in world.query("select sha256 from staged.value")} == {batch["sha256"]}
    assert staged.file == line["file"]


def test_values_of_a_held_file_are_not_given(world: World) -> None:
    world.contract(gate={"max_rejected": 0})
    world.stage_one(table(("company_name", "phone"), [("甲公司", "1"), ("", "2")]))
    assert world.query("select status from ops.batch_gate") == [{"status": "held"}]
    assert world.query("from staged.value") == world.query("from staged.batch") == []


def test_the_unions_exist_where_nothing_has_landed(world: World) -> None:
    world.stage()
    for name in (*world.registry.subjects, "value", "record"):
        assert world.query(f"from staged.{name}") == []


def test_a_delivery_counts_by_the_date_in_its_name(world: World) -> None:
    world.contract(received_on={"file": r"(?P<date>\d{8})"})
    world.put("directory/20260115.csv", table(("company_name",), [("甲公司",)]))
    world.stage()
    assert world.query("select received_on from staged.party") == [{"received_on": date(2026, 1, 15)}]


# --- business time -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31", datetime(2026, 1, 31, 15, 59, 59, tzinfo=UTC)),
        ("2026-01-31T18:00", datetime(2026, 1, 31, 10, 0, tzinfo=UTC)),
        ("2026-01-31T18:00+08:00", datetime(2026, 1, 31, 10, 0, tzinfo=UTC)),
        ("2026-01-31T18:00:00Z", datetime(2026, 1, 31, 18, 0, tzinfo=UTC)),
        ("20260131T180000", datetime(2026, 1, 31, 10, 0, tzinfo=UTC)),
    ],
)
def test_a_business_time_is_the_end_of_a_local_day_or_an_instant(world: World, text: str, expected: datetime) -> None:
    assert parse_as_of(text, world.settings.zone) == expected


@pytest.mark.parametrize("text", ["yesterday", "31.01.2026", "2026-13-01", "2026-01-32", "-"])
def test_what_is_no_business_time_is_told_with_what_is_accepted(world: World, text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a date .* or an ISO instant"):
        parse_as_of(text, world.settings.zone)


def test_without_a_business_time_it_is_now(world: World) -> None:
    now = parse_as_of("", world.settings.zone)
    assert now.tzinfo is not None and abs(datetime.now(UTC) - now) < timedelta(seconds=5)


def test_one_run_has_one_business_time(world: World) -> None:
    moving = world.at("").settings
    assert moving.as_of is moving.as_of


def test_a_readme_beside_the_table_in_an_archive_does_not_hold_the_batch(world: World) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("list.csv", "company_name,phone\n甲公司,1\n")
        archive.writestr("readme.txt", "first line\nsecond line\nthird line\n")
        archive.writestr("scan.pdf", b"%PDF-1.7")
    staged = world.stage_one(packed.getvalue(), "directory/a.zip")
    assert (staged.staged, staged.quarantined) == (1, 4)
    assert world.query("select status from ops.batch_gate") == [{"status": "released"}]


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("7:10 a.m.", time(7, 10)),
        ("12:05 a.m.", time(0, 5)),
        ("7:10aDec 1", time(7, 10)),
        ("12:00noon", time(12, 0)),
        ("11/30 8:00 p.m. (Estimated)", time(20, 0)),
        ("下午3:30", time(15, 30)),
        ("Thu 22:15", time(22, 15)),
        ("25:61", None),
        ("Contact Airline", None),
    ],
)
def test_the_first_time_of_day_in_a_text_is_found(world: World, text: str, clock: time | None) -> None:
    fields = {"company_name": {"required": True}, "said": {"type": "text"}}
    world.contract(fields={**fields, "at": {"type": "clock", "derive": "clock_in(said)"}})
    world.stage_one(table(("company_name", "said"), [("甲公司", text)]))
    assert world.query('select "at" from staged.directory') == [{"at": clock}]
