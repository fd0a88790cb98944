"""Pairs that the engine cannot decide wait for a steward, side by side with the reasons in words, until somebody has answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from ccdata_assets.contracts.registry import Registry
from ccdata_assets.reporting.measures import Month
from ccdata_assets.reporting.period import Period
from ccdata_assets.reporting.published import Published
from ccdata_assets.reporting.review import review_sections
from ccdata_assets.resolution.decisions import decide, lock, withdraw
from ccdata_assets.resolution.review import (
    ReviewPair,
    queue_fingerprint,
    review_pairs,
    waiting_by_reason,
    write_queue,
)
from ccdata_assets.resolution.words import Reason, codes, load_words
from ccdata_assets.warehouse.publish import PUBLISHED_TABLES
from ccdata_assets_tests.resolution.runs import MODEL, SHIPPED, at, company, ids, person, record_id, run
from ccdata_assets_tests.world import Row, fetch

PHONE = "+8657188880001"
ALIKE = [
    company(1, "青山", phone=PHONE, uscc="911"),
    company(2, "白水", phone=PHONE, contact_name="王伟", title="经理"),
]
"""Two names in one city with one telephone: for review."""


def queue(con: duckdb.DuckDBPyConnection, limit: int = 100) -> list[ReviewPair]:
    return review_pairs(con, SHIPPED, MODEL, limit)


def names(pair: ReviewPair) -> set[str | None]:
    return {pair.left.company_name, pair.right.company_name}


def answer(con: duckdb.DuckDBPyConnection, pair: ReviewPair, said: str) -> None:
    con.execute(
        "insert into golden.review_answer values (now(), ?, ?, ?, ?, null, null, null, 'f', 's', 2)",
        [said, pair.key, pair.left.record_id, pair.right.record_id],
    )


def test_every_comparison_level_rule_and_guard_has_its_words() -> None:
    words = load_words()
    known = {
        "uncertain",
        "prior",
        *(f"{name}.{level}" for name, levels in words.compare.items() for level in levels),
        *(f"{part}.{name}" for part in ("exact", "against", "refused") for name in getattr(words, part)),
    }
    wanted = codes(SHIPPED.organisation)
    assert wanted - known == set(), "give these words in resolution/words.yaml"
    assert known - wanted == set(), "no rule of rules.yaml has these; take them out of resolution/words.yaml"
    assert all(title.zh and title.en for title in map(words.of, wanted))


def test_a_rule_without_words_is_shown_by_its_name() -> None:
    assert load_words().of("fax.same").en == "fax.same"
    assert load_words().said(Reason("phone.same", -3.25)).en == "share a phone −3.2"


def test_an_uncertain_pair_waits_with_both_records_side_by_side(con: duckdb.DuckDBPyConnection) -> None:
    run(con, [*ALIKE, company(3, "白水", phone=PHONE, contact_name="王伟", title="经理")])
    (pair,) = queue(con)
    mine, theirs = sorted((pair.left, pair.right), key=lambda side: side.records)
    assert (mine.company_name, mine.uscc, mine.row, mine.records) == (ALIKE[0]["company_name"], "911", 1, 1)
    assert (theirs.company_name, theirs.contact_name, theirs.title, theirs.records) == (
        ALIKE[1]["company_name"],
        "王伟",
        "经理",
        2,
    )
    assert mine.numbers == theirs.numbers == (PHONE,)
    assert {mine.organisation_id, theirs.organisation_id} == set(ids(con).values())
    assert pair.weight == -18 - 6 + 8 + 14
    assert pair.agrees == (Reason("phone.same", 14), Reason("place.same", 8))
    assert pair.disagrees == (Reason("prior", -18), Reason("name.otherwise", -6))
    assert pair.asked == (Reason("against.other_name"),)
    assert waiting_by_reason(con) == {"against.other_name": 1}


@pytest.mark.parametrize("more", [{}, {"email": "a@example.org"}, {"address": "解放路1号", "address_key": "解放路1号"}])
def test_the_bits_of_a_pair_add_up_to_its_weight(con: duckdb.DuckDBPyConnection, more: Row) -> None:
    run(con, [ALIKE[0] | more, ALIKE[1] | person("王伟"), company(3, "白水河", phone=[PHONE, "+8657188880002"])])
    for pair in queue(con):
        assert sum(reason.weight or 0 for reason in (*pair.agrees, *pair.disagrees)) == pytest.approx(pair.weight)


def clinic(row: int, name: str) -> Row:
    """A hospital of a county-level city, as the dictionaries read it."""
    return {
        "row": row, "company_name": name, "match_key": name, "company_region_code": "420683", "region_code": "420683",
        "city_code": "420600", "province_code": "420000", "legal_form_code": "institution", "numbers": [PHONE],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "is_asked"),
    [
        ("枣阳市太平镇姚岗卫生院", "枣阳市鹿头镇中心卫生院", False),
        ("枣阳市吴店镇中心卫生院", "枣阳市吴店镇清潭卫生院", False),
        ("枣阳市袁冲卫生院", "枣阳市李楼卫生院", False),
        ("枣阳市太平镇卫生院", "枣阳市太平镇中心卫生院", True),
        ("太平镇卫生院", "枣阳市太平镇医院", True),
        ("枣阳市妇幼保健院", "枣阳市鹿头镇中心卫生院", True),
    ],
)
def test_hospitals_of_two_townships_that_share_a_number_are_not_asked_about(
    con: duckdb.DuckDBPyConnection, one: str, other: str, is_asked: bool
) -> None:
    run(con, [clinic(1, one), clinic(2, other)])
    assert (len(set(ids(con).values())), len(queue(con))) == (2, int(is_asked))


def test_two_organisations_are_one_line_however_many_of_their_records_are_alike(con: duckdb.DuckDBPyConnection) -> None:
    other = "+8657188880002"
    both = {"numbers": [PHONE, other]}
    run(
        con,
        [
            company(1, "青山", **both),
            company(2, "青山", phone=PHONE),
            company(3, "白水", **both),
            company(4, "白水", phone=other),
        ],
    )
    assert len(queue(con)) == 1


def test_the_likeliest_pair_is_first_and_the_rest_is_counted(con: duckdb.DuckDBPyConnection) -> None:
    likely = {"email": "a@example.org", "phone": "+8657188880009"}
    run(con, [*ALIKE, company(3, "黑土", **likely), company(4, "红日", **likely)])
    first, second = queue(con)
    assert first.weight > second.weight and "黑土" in str(names(first))
    assert queue(con, 1) == [first]
    assert sum(waiting_by_reason(con).values()) == 2


def test_what_a_guard_kept_apart_waits_and_says_why(con: duckdb.DuckDBPyConnection) -> None:
    run(con, [company(1, "青山", uscc="911"), company(2, "青山", uscc="922")])
    (pair,) = queue(con)
    assert pair.asked == (Reason("refused.other_uscc"), Reason("against.other_uscc"))
    assert Reason("exact.name_and_place", 40) in pair.agrees and Reason("name.same") in pair.agrees
    assert pair.weight == 40 and pair.disagrees == (), "the rule's bits, and none that do not add up to them"


@pytest.mark.parametrize("kind", ["same", "apart"])
def test_a_decided_pair_waits_no_longer_and_does_again_when_the_decision_is_withdrawn(
    con: duckdb.DuckDBPyConnection, kind: Any
) -> None:
    run(con, ALIKE)
    decision = decide(con, at("2026-02-02"), kind, [record_id(con, 1)], [record_id(con, 2)], "test")
    assert queue(con) == []
    run(con, now="2026-02-02")
    assert queue(con) == []
    withdraw(con, at("2026-02-03"), decision, "test")
    run(con, now="2026-02-03")
    assert len(queue(con)) == 1


def test_a_decision_about_other_records_of_the_two_counts_too(con: duckdb.DuckDBPyConnection) -> None:
    records = [*ALIKE, company(3, "青山"), company(4, "白水")]
    run(con, records)
    decide(con, at("2026-02-02"), "apart", [record_id(con, 3)], [record_id(con, 4)], "test")
    run(con, now="2026-02-02")
    assert queue(con) == []


def test_two_locked_organisations_are_not_asked_about(con: duckdb.DuckDBPyConnection) -> None:
    run(con, ALIKE)
    for row in (1, 2):
        lock(con, at("2026-02-02"), ids(con)[row], "test")
    run(con, now="2026-02-02")
    assert queue(con) == []


def test_an_unsure_pair_waits_again_when_the_evidence_changes_and_not_before(con: duckdb.DuckDBPyConnection) -> None:
    run(con, ALIKE)
    answer(con, queue(con)[0], "unsure")
    assert queue(con) == []
    more: Row = company(9, "黑土", phone="+8657188880009", file="b", sha256="b" * 64)
    run(con, [*ALIKE, more], "2026-02-02")
    assert queue(con) == []
    changed = {**ALIKE[1], "email": "b@example.org"}
    run(con, [ALIKE[0], changed, more], "2026-02-03")
    assert len(queue(con)) == 1


def test_the_table_of_the_queue_has_two_lines_a_pair_and_the_counts(con: duckdb.DuckDBPyConnection) -> None:
    run(con, ALIKE)
    pairs = queue(con)
    write_queue(con, pairs, waiting_by_reason(con), at("2026-02-02").as_of)
    lines = fetch(con, "select side, place, phone, agrees, company_name from golden.review_queue order by side")
    assert [(line["side"], line["place"], line["phone"]) for line in lines] == [("left", 1, PHONE), ("right", 1, PHONE)]
    assert lines[0]["agrees"] == ["phone.same", "place.same"]
    assert fetch(con, "select distinct asked, disagrees from golden.review_queue") == [
        {"asked": ["against.other_name"], "disagrees": ["prior", "name.otherwise"]}
    ]
    assert fetch(con, "select measure, reason, pairs from golden.review_count where measure = 'waiting'") == [
        {"measure": "waiting", "reason": "against.other_name", "pairs": 1}
    ]


def test_the_same_queue_has_the_same_fingerprint_whatever_else_ran(con: duckdb.DuckDBPyConnection) -> None:
    run(con, ALIKE)
    before = queue_fingerprint(queue(con), waiting_by_reason(con))
    run(con, [*ALIKE, company(9, "黑土", phone="+8657188880009", file="b", sha256="b" * 64)], "2026-02-02")
    assert queue_fingerprint(queue(con), waiting_by_reason(con)) == before
    run(con, [ALIKE[0], {**ALIKE[1], "address": "测试路1号"}], "2026-02-03")
    assert queue_fingerprint(queue(con), waiting_by_reason(con)) != before


def test_personal_columns_of_the_queue_have_the_names_by_which_publishing_masks_them(
    con: duckdb.DuckDBPyConnection, registry: Registry
) -> None:
    columns = {column[0] for column in con.execute("from golden.review_queue limit 0").description}
    personal = {name for name in columns if name in registry.fields and registry.fields[name].pii != "none"}
    assert personal >= {"phone", "email", "address", "contact_name"}
    assert PUBLISHED_TABLES["golden.review_queue"] == "select * from golden.review_queue"


def test_the_report_of_the_current_month_shows_the_queue_and_no_other_does(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    run(con, ALIKE)
    now = at("2026-02-02").as_of
    write_queue(con, queue(con), waiting_by_reason(con), now)
    path = tmp_path / "published.duckdb"
    con.execute(f"attach '{path}' as copy")
    con.execute("create schema copy.golden")
    for name in ("review_queue", "review_count"):
        con.execute(f"create table copy.golden.{name} as from golden.{name}")
    con.execute("detach copy")
    with Published.opened(path, now) as source:
        (section,) = review_sections(Month.read(source, Period.parse("2026-02")))
        assert review_sections(Month.read(source, Period.parse("2026-01"))) == []
    assert [(figure.id, figure.value) for figure in section.figures if figure.id == "review_waiting"] == [
        ("review_waiting", 1)
    ]
    table = section.table("review_pairs")
    (row,) = table.rows
    assert {row[table.position("left_company_name")], row[table.position("right_company_name")]} == names(queue(con)[0])
    assert row[table.position("agrees")] == ("有相同电话；同一城市", "share a phone; same city")
    assert row[table.position("asked")] == ("名称差异过大，须人工确认", "names too far apart, a person must say")
    assert row[table.position("disagrees")] == ("起始几率；名称不同", "starting odds; different names")
    assert section.table("review_reasons").rows[0][1] == 1
