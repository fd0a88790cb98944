"""Which record's value a golden record shows, and that it says which record that was."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import pytest

from ccdata_assets_tests.resolution.runs import SHIPPED, anew, company, golden, person, record_id, run
from ccdata_assets_tests.world import Row, fetch

OLD, NEW = date(2026, 1, 1), date(2026, 1, 2)


def only(con: duckdb.DuckDBPyConnection, *rows: Row, kind: str = "organisation", **options: Any) -> Row:
    """The one golden record that the rows give."""
    run(con, rows, **options)
    (found,) = golden(con, kind).values()
    return found


def said(row: int, trust: int = 50, received_on: date = OLD, **values: Any) -> Row:
    return company(row, trust=trust, received_on=received_on, **values)


def test_each_field_is_of_the_most_trusted_record_that_has_it(con: duckdb.DuckDBPyConnection) -> None:
    found = only(
        con,
        said(1, 60, address="可信路1号"),
        said(2, 20, NEW, address="不可信路222号", website="example.org"),
    )
    assert (found["address"], found["website"]) == ("可信路1号", "example.org")


def test_of_records_of_one_trust_the_newest_tells_the_website_and_the_fullest_the_address(
    con: duckdb.DuckDBPyConnection,
) -> None:
    found = only(
        con,
        said(1, address="测试路1号3楼", website="old.example.org"),
        said(2, received_on=NEW, address="测试路1号", website="new.example.org"),
    )
    assert (found["address"], found["website"]) == ("测试路1号3楼", "new.example.org")


def test_of_records_of_one_trust_the_name_is_what_most_say(con: duckdb.DuckDBPyConnection) -> None:
    found = only(
        con,
        *(said(row, company_name=name, match_key="青山") for row, name in enumerate(["青山有限公司", "青山", "青山"])),
    )
    assert found["company_name"] == "青山"


def test_writings_of_one_name_count_together_and_the_commonest_of_them_is_shown(
    con: duckdb.DuckDBPyConnection,
) -> None:
    writings = ["明川有限公司", "明川有限责任公司", "明川有限责任公司", "名川有限公司", "名川有限公司"]
    found = only(con, *(said(row, company_name=name, match_key=name[:2]) for row, name in enumerate(writings)))
    assert (found["company_name"], found["sources"]["name"]["agreement"]) == ("明川有限责任公司", 3)


def test_the_name_of_most_records_goes_before_that_of_one_more_trusted(con: duckdb.DuckDBPyConnection) -> None:
    rows = [said(row, company_name="深圳市青山", match_key="深圳市青山") for row in (1, 2)]
    more = said(3, 90, company_name="广东省深圳市青山", match_key="广东省深圳市青山")
    assert only(con, *rows, more)["company_name"] == "深圳市青山"
    assert only(con, rows[0], more)["company_name"] == "广东省深圳市青山", "of as many records each the trusted one"


def test_a_name_without_a_key_is_shown(con: duckdb.DuckDBPyConnection) -> None:
    assert only(con, said(1, company_name="青山", match_key=None, trade_name=None))["company_name"] == "青山"


def test_columns_that_belong_together_come_from_one_record(con: duckdb.DuckDBPyConnection) -> None:
    found = only(
        con,
        said(1, 60, province="浙江省", city="杭州市", employees_min=10, employees_max=None, registered_capital=5, registered_capital_currency=None),
        said(2, 50, province="浙江省", city="杭州市", county="西湖区", employees_min=1, employees_max=9, registered_capital=7, registered_capital_currency="USD"),
    )  # fmt: skip
    assert (found["city"], found["county"]) == ("杭州市", None)
    assert (found["employees_min"], found["employees_max"]) == (10, None)
    assert (found["registered_capital"], found["registered_capital_currency"]) == (5, None)


@pytest.mark.parametrize(
    ("by", "winner"),
    [
        (("trust",), "trusted"),
        (("agreement",), "agreed"),
        (("recency",), "recent"),
        (("completeness",), "the completest"),
    ],
)
def test_what_decides_between_values_is_data(con: duckdb.DuckDBPyConnection, by: tuple[str, ...], winner: str) -> None:
    fields = SHIPPED.survivorship.organisation
    website = fields["website"].model_copy(update={"by": by})
    survivorship = SHIPPED.survivorship.model_copy(update={"organisation": {**fields, "website": website}})
    rows = [
        said(1, 90, website="trusted"),
        said(2, website="agreed"),
        said(3, website="agreed"),
        said(4, received_on=NEW, website="recent"),
        said(5, website="the completest"),
    ]
    found = only(con, *rows, rules=SHIPPED.model_copy(update={"survivorship": survivorship}))
    assert found["website"] == winner


def test_sources_name_the_record_that_gave_each_value_and_how_many_agree(con: duckdb.DuckDBPyConnection) -> None:
    found = only(con, said(1, 60, website="a.example.org"), said(2, 40, NEW, website="a.example.org"), said(3, 50, website="b.example.org", email="a@example.org"))  # fmt: skip
    assert found["website"] == "a.example.org"
    assert found["sources"]["website"] == {"record_id": record_id(con, 1), "agreement": 2}
    assert found["sources"]["email"] == {"record_id": record_id(con, 3), "agreement": 1}
    assert (
        found["sources"]["legal_representative"] == {"record_id": None, "agreement": None}
        or found["sources"]["legal_representative"] is None
    )


def test_a_golden_organisation_counts_its_records_feeds_days_and_numbers(con: duckdb.DuckDBPyConnection) -> None:
    found = only(con, said(1, phone=["+862", "+861"]), said(2, received_on=NEW, phone="+862", feed="cn_hospitals"), said(3))  # fmt: skip
    assert (found["records"], found["feeds"], found["phone"]) == (3, 2, "+861|+862")
    assert (found["first_received_on"], found["last_received_on"], found["born_on"]) == (OLD, NEW, OLD)


def test_a_value_read_anew_is_shown_though_no_id_changes(con: duckdb.DuckDBPyConnection) -> None:
    before = only(con, said(1, website="old.example.org"))
    after = only(con, said(1, website="new.example.org"), now="2026-02-02")
    assert (after["website"], after["organisation_id"]) == ("new.example.org", before["organisation_id"])


def test_a_feed_trusted_otherwise_from_now_on_changes_what_is_shown(con: duckdb.DuckDBPyConnection) -> None:
    one, other = said(1, website="a.example.org"), said(2, website="b.example.org", sha256="b" * 64)
    only(con, {**one, "trust": 60}, other)
    found = only(con, {**one, "trust": 40}, other, now="2026-02-02")
    assert found["website"] == "b.example.org"


def test_a_person_is_shown_by_the_fullest_name_and_the_most_trusted_title(con: duckdb.DuckDBPyConnection) -> None:
    found = only(
        con,
        {**said(1, 60), **person("王", "经理", "male")},
        {**said(2, 20), **person("王伟", "主任")},
        kind="contact",
    )
    assert (found["contact_name"], found["title"], found["gender"]) == ("王伟", "经理", "male")


# --- history -----------------------------------------------------------------------------------------------------


def history(con: duckdb.DuckDBPyConnection, *columns: str, kind: str = "organisation") -> list[tuple[Any, ...]]:
    """(run, lives, columns…) of every line, in their order."""
    rows = fetch(con, f"from golden.{kind}_history order by seq")
    return [(row["run_id"], row["is_live"], *(row[column] for column in columns)) for row in rows]


def test_history_has_a_line_for_each_change_and_says_when_an_entity_ended(con: duckdb.DuckDBPyConnection) -> None:
    run(con, [said(1, website="a.example")], run_id="one")
    run(con, [said(1, website="a.example"), said(2, 60, website="b.example")], run_id="two")
    run(con, [said(1, website="a.example"), said(2, 60, website="b.example")], run_id="nothing new")
    run(con, [], run_id="gone")
    assert history(con, "website", "records") == [
        ("one", True, "a.example", 1),
        ("two", True, "b.example", 2),
        ("gone", False, None, None),
    ]
    assert golden(con) == {}
    run(con, [said(1, website="a.example")], run_id="back")
    assert history(con, "website")[-1] == ("back", True, "a.example") and len(golden(con)) == 1


def test_working_all_out_anew_adds_no_line_where_nothing_is_other(con: duckdb.DuckDBPyConnection) -> None:
    rows = [{**said(1, website="a.example"), **person("王伟")}, said(2, company_name="白水", match_key="白水")]
    run(con, rows, run_id="one")
    anew(con)
    run(con, rows, run_id="anew")
    assert [line[0] for kind in ("organisation", "contact") for line in history(con, kind=kind)] == ["one"] * len(
        [*golden(con), *golden(con, "contact")]
    )


def test_a_field_that_rules_add_or_leave_out_changes_the_lines_from_then_on(con: duckdb.DuckDBPyConnection) -> None:
    fields = SHIPPED.survivorship.organisation
    fewer = {name: field for name, field in fields.items() if name != "website"}
    without = SHIPPED.model_copy(
        update={"survivorship": SHIPPED.survivorship.model_copy(update={"organisation": fewer})}
    )
    rows = [said(1, website="a.example")]
    run(con, rows, run_id="without", rules=without)
    run(con, rows, run_id="with")
    run(con, rows, run_id="without again", rules=without)
    assert history(con, "website") == [
        ("without", True, None),
        ("with", True, "a.example"),
        ("without again", True, None),
    ]
    told = [row["sources"].get("website") for row in fetch(con, "from golden.organisation_history order by seq")]
    assert told == [None, {"record_id": record_id(con, 1), "agreement": 1}, None]


def test_a_branch_that_gets_another_parent_gets_a_line(con: duckdb.DuckDBPyConnection) -> None:
    branch, head = company(1, branch="杭州分公司"), company(2)
    run(con, [branch], run_id="one")
    run(con, [branch, head], run_id="two")
    (parent,) = {row["parent_id"] for row in golden(con).values()} - {None}
    rows = fetch(
        con, "select run_id, parent_id from golden.organisation_history where company_name like '%分公司' order by seq"
    )
    assert rows == [{"run_id": "one", "parent_id": None}, {"run_id": "two", "parent_id": parent}]
    run(con, [branch], run_id="three")
    assert {row["parent_id"] for row in golden(con).values()} == {None}
