"""What must hold for the list of job titles, and for cells with several."""

import csv

from .conftest import DBT_PROJECT, Standardise


def _forms() -> list[dict[str, str]]:
    with (DBT_PROJECT / "seeds" / "job_title_form.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_every_listed_spelling_is_read_as_its_title(standardise: Standardise) -> None:
    forms = {row["form"]: row["standard"] for row in _forms()}
    read = standardise("job_title", forms)
    assert {form: read[form]["standard"] for form in forms} == forms


def test_a_title_has_one_meaning_whatever_its_spelling() -> None:
    meanings: dict[str, set[tuple[str, str, str]]] = {}
    for row in _forms():
        meanings.setdefault(row["standard"], set()).add((row["title_en"], row["level"], row["function"]))
    assert {standard: said for standard, said in meanings.items() if len(said) > 1} == {}


def test_the_highest_of_several_titles_stands_first(standardise: Standardise) -> None:
    (row,) = standardise("job_title", ["会计兼总经理、董事长"]).values()
    assert row["several"] == ["董事长", "总经理", "会计"]
    assert (row["standard"], row["level"], row["function"]) == ("董事长|总经理|会计", "executive", "finance")
