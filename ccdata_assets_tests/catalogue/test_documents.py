"""Generated documents are as the declarations say, and say what a reader looks for."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ccdata_assets.catalogue.diagram import OF_A_FILE, diagram
from ccdata_assets.catalogue.lineage import back_to, of_query, read_edges
from ccdata_assets.catalogue.tables import CHINESE, published_tables
from ccdata_assets.docs import documents, main
from ccdata_assets.settings import PROJECT_DIR


def test_no_generated_document_is_stale(capsys: pytest.CaptureFixture[str]) -> None:
    stale = main(check=True)
    assert not stale, f"run `make docs` and commit it:\n{capsys.readouterr().out}"


def test_a_document_that_nothing_makes_any_more_is_removed() -> None:
    made = {path for path in documents() if path.parent.name == "generated"}
    left = set((PROJECT_DIR / "docs" / "generated").iterdir()) - made
    assert not left, f"nothing makes {sorted(path.name for path in left)}; remove them"


def test_every_table_and_column_has_names_in_both_languages() -> None:
    for table in published_tables().values():
        assert CHINESE.search(table.zh) and re.match(r"[A-Z]", table.en), (
            f"{table.name}: its description lacks a language"
        )
        for column in table.columns:
            assert CHINESE.search(column.zh), f"{table.name}.{column.name}: 缺少中文名"
            assert column.en and not CHINESE.match(column.en), f"{table.name}.{column.name}: no meaning in English"


def test_a_reference_finds_one_row_or_says_what_else_to_join_by() -> None:
    tables = published_tables()
    page = (PROJECT_DIR / "docs" / "generated" / "er-diagram.md").read_text(encoding="utf-8")
    for table in tables.values():
        for column, (to, target) in table.references.items():
            one = tables[to].found_by
            assert target in one.by, f"{table.name}.{column}: {to} is not found by {target}"
            (line,) = re.findall(rf"^\| `{table.name}` \| `{column}` \|.*$", page, re.M)
            also = [part for part in (*one.by, one.where) if part and part != target]
            assert line.endswith(f"| {', '.join(f'`{part}`' for part in also)} |"), line


def test_the_page_of_the_dictionary_has_a_row_for_every_column() -> None:
    page = (PROJECT_DIR / "docs" / "generated" / "dictionary.md").read_text(encoding="utf-8")
    rows = len(re.findall(r"^\| `", page, re.M))
    assert rows == sum(len(table.columns) for table in published_tables().values())


def test_a_masked_column_is_said_to_be_personal() -> None:
    page = (PROJECT_DIR / "docs" / "generated" / "dictionary.md").read_text(encoding="utf-8")
    part = page.partition("## marts.dim_organisation\n")[2].partition("\n## ")[0]
    assert re.search(r"^\| `phone` \|.*personal, \*\*masked\*\*", part, re.M)
    assert re.search(r"^\| `company_name` \|.*\| none \|", part, re.M)


def test_a_mobile_goes_back_from_the_mart_to_the_field_of_the_record() -> None:
    ends = back_to(read_edges())
    fields = ends["marts.dim_organisation", "phone"]
    assert {("staged.party", "mobile"), ("staged.party", "phone"), ("staged.party", "other_phone")} <= fields
    assert ("staged.party", "industry") not in fields, "no rule takes a telephone number from there"
    assert ends["marts.dim_organisation", "website"] >= {("staged.party", "website")}
    assert ("staged.call", "outcome") in ends["kpi.value", "answer_rate"]


def test_every_column_that_dbt_makes_is_made_of_something() -> None:
    known = {(edge.to_table, edge.to_column) for edge in read_edges()}
    without = {
        f"{name}.{column.name}"
        for name, table in published_tables().items()
        if table.made_by.startswith("dbt:")
        for column in table.columns
        if (name, column.name) not in known and name != "marts.dim_date"  # the calendar makes its days itself
    }
    constant = {
        "marts.dim_region.is_current",  # of one list true, of the other false
        "kpi.outbound_contact.grain",
        "kpi.outbound_source.grain",
        "kpi.outbound_hour.dials",  # one a row, before it sums up
    }
    counted = {"marts.fct_call_event.event_no", "marts.fct_call_leg.leg_no"}  # places in an order
    assert without == constant | counted, "lineage has lost columns; look at ccdata_assets/catalogue/lineage.py"


def test_what_is_looked_up_comes_of_what_it_is_looked_up_by() -> None:
    columns = {"staged.party": ("feed", "mobile"), "standard.phone": ("raw", "standard")}
    sql = """with record as (select feed, trim(mobile) as cell from staged.party)
        select record.feed, phone.standard as number, count(*) as n from record
        left join standard.phone as phone on record.cell = phone.raw group by all"""
    assert of_query(sql, columns) == {
        "feed": {("staged.party", "feed", "copied")},
        "number": {("standard.phone", "standard", "looked_up"), ("staged.party", "mobile", "looked_up")},
        "n": {("staged.party", "*", "counted")},
    }


def test_a_union_by_name_is_followed_though_each_branch_has_other_columns_in_another_order() -> None:
    sql = """
        with shown as (select feed from staged.call),
        part as (
            select call_id, feed from staged.call
            union all by name
            select feed, event_at as at, call_id from staged.call_event
        )
        select part.feed, part.call_id, part.at from part inner join shown on part.feed = shown.feed"""
    columns = {"staged.call": ("feed", "call_id"), "staged.call_event": ("feed", "call_id", "event_at")}
    found = {name: {origin[:2] for origin in origins} for name, origins in of_query(sql, columns).items()}
    assert found == {
        "feed": {("staged.call", "feed"), ("staged.call_event", "feed")},
        "call_id": {("staged.call", "call_id"), ("staged.call_event", "call_id")},
        "at": {("staged.call_event", "event_at")},
    }


def test_the_picture_has_every_mart_and_every_reference_and_asks_for_nothing(tmp_path: Path) -> None:
    tables = published_tables()
    text = diagram(tables, OF_A_FILE)
    picture = ElementTree.fromstring(text)
    said = {node.text for node in picture.iter("{http://www.w3.org/2000/svg}text")}
    marts = {name: table for name, table in tables.items() if table.schema == "marts"}
    assert {name.removeprefix("marts.") for name in marts} <= said
    assert {column for table in marts.values() for column, (to, _) in table.references.items() if to in marts} <= said
    assert "href" not in text and "url(" not in text and "http" not in diagram(tables)
    assert len(text) < 40_000
