"""`ccdata resolve`: what a table or a spec must be, and what is said of one that is not."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import openpyxl
import pytest

from ccdata_assets.errors import CcdataError, WrongUse
from ccdata_assets.landing.rows import UnreadableFile
from ccdata_assets_tests.resolution.test_resolve_command import SPEC, people, resolve, spec, table

__all__ = ["spec", "table"]
HEADER = "number,full_name,phone,city,who\n"


def refused(*arguments: object) -> CcdataError:
    error = resolve(*arguments).exception
    assert isinstance(error, CcdataError) and "fix: " in str(error), error
    return error


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("left(name, 3)", "left(nme, 3)"), "block: left(nme, 3)"),
        (("  - [name]\n", "  - [nam]\n"), "train: nam"),
        (("rules: [[phone]]", "rules: [[fone]]"), "prior.rules: fone"),
        (("city: {kind: exact}", "city: {levels: [city_l = town_r]}"), "compare.city.levels: city_l = town_r"),
        (("id: number", "id: customer"), "id: the file has no column customer; fix: name one of number, full_name"),
        (("  city: city\n", "  city: town\n"), 'clean.city: Referenced column "town"'),
        (("  city: city\n", "  city: cast(city as date)\n"), "try_cast"),
    ],
)
def test_what_does_not_fit_the_table_is_named_before_anything_is_compared(
    table: Path, spec: Path, change: tuple[str, str], says: str
) -> None:
    spec.write_text(SPEC.replace(*change), encoding="utf-8")
    error = refused("--spec", spec, table)
    assert says in str(error) and error.exit_code == 64
    assert "Malmö" not in str(error), "no value of the table"


def test_a_column_that_the_file_lacks_is_said_to_be_missing_where_the_clean_one_has_its_name(
    table: Path, spec: Path
) -> None:
    table.write_text(table.read_text(encoding="utf-8").replace("city", "town", 1), encoding="utf-8")
    said = str(refused("--spec", spec, table))
    assert 'clean.city: Referenced column "city" not found' in said and "number, full_name, phone, town" in said


@pytest.mark.parametrize(
    ("other", "says"), [("1b", "repeats in 2 rows (records 2, 3 for"), ("", "is empty in 1 rows (records 2 ")]
)
def test_an_id_that_cannot_name_entities_is_refused_where_rows_are_written(
    table: Path, spec: Path, tmp_path: Path, other: str, says: str
) -> None:
    out, text = tmp_path / "out.csv", table.read_text(encoding="utf-8")
    table.write_text(text.replace("1a,", f"{other},", 1), encoding="utf-8")
    said = str(refused("--spec", spec, table, "-o", out))
    assert says in said and not out.exists()
    assert resolve("--spec", spec, table).exit_code == 0, "without -o no entity is named"


def test_an_encoding_that_is_none_or_the_wrong_one_is_said(table: Path, spec: Path) -> None:
    assert isinstance(refused("--spec", spec, table, "--encoding", "nosuch"), WrongUse)
    rows = "".join(f"{n},张{n}丰,1380000{n:04d},北京,{n}\n" for n in range(30))
    table.write_bytes((HEADER + rows).encode("gb18030"))
    error = refused("--spec", spec, table, "--encoding", "utf-8")
    assert isinstance(error, UnreadableFile) and "not in the encoding utf-8" in str(error)


def test_an_encoding_that_cannot_be_told_is_asked_for_with_the_option(table: Path, spec: Path) -> None:
    table.write_bytes(table.read_text(encoding="utf-8").encode("latin-1"))
    error = refused("--spec", spec, table)
    assert "--encoding" in str(error) and "contract" not in str(error) and error.exit_code == 1
    assert resolve("--spec", spec, table, "--encoding", "latin-1").exit_code == 0


def test_of_a_workbook_of_several_tables_the_others_are_named(table: Path, spec: Path, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].title = "cover"
    for name, rows in (
        ("people", [list(people()[0]), *(list(row.values()) for row in people())]),
        ("more", [["a"], ["1"]]),
    ):
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    path = tmp_path / "people.xlsx"
    book.save(path)
    assert "not read: more; this is people" in " ".join(resolve("--spec", spec, path).output.split())
    answer = json.loads(resolve("--spec", spec, path, "--json").stdout)
    assert (answer["records"], answer["table"], answer["tables_left"]) == (60, "people", ["more"])


def test_a_row_that_cannot_be_read_is_named_with_the_reason_and_is_an_entity_of_its_own(
    table: Path, spec: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    table.write_text(table.read_text(encoding="utf-8") + "too,few\n", encoding="utf-8")
    done = resolve("--spec", spec, table, "-o", out)
    assert done.exit_code == 0 and "row 62: the row has fewer cells than the header" in done.output
    with out.open(encoding="utf-8", newline="") as lines:
        assert list(csv.DictReader(lines))[-1]["entity_id"] == "row 61"


def test_one_record_is_one_entity(table: Path, spec: Path) -> None:
    table.write_text(HEADER + "1a,A B,123,x,1\n", encoding="utf-8")
    answer = json.loads(resolve("--spec", spec, table, "--json").stdout)
    assert (answer["records"], answer["entities"], answer["pairs"]) == (1, 1, 0)


def test_a_training_rule_in_which_nobody_agrees_is_left_out_and_said(table: Path, spec: Path) -> None:
    spec.write_text(SPEC.replace("  - [name]\n", "  - [name]\n  - [number]\n"), encoding="utf-8")
    done = resolve("--spec", spec, table)
    assert done.exit_code == 0 and "no two records agree in number" in " ".join(done.output.split())
    spec.write_text(SPEC.replace("train:\n  - [phone]\n  - [name]\n", "train:\n  - [number]\n"), encoding="utf-8")
    assert "no two records agree in number" in str(refused("--spec", spec, table))
