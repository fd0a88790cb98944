"""The linter's words for macros are those of macros that there are, and take what these take."""

from __future__ import annotations

from ccdata_assets.settings import PROJECT_DIR
from ccdata_assets.standard.lint import EXPRESSIONS, PATTERNS, TABLES, linted_macros
from ccdata_assets.standard.sql import load_sql


def test_every_word_stands_for_a_macro() -> None:
    real, linted = load_sql(PROJECT_DIR / "dbt_project").macros, linted_macros()
    named = {*EXPRESSIONS.split(), *PATTERNS.split(), *TABLES}
    assert named <= set(real), "a word stands for no macro any more"
    assert set(linted) == set(real)
    assert all(linted[name].arguments == real[name].arguments for name in named)


def test_a_macro_is_a_word_with_its_arguments_and_the_others_are_as_they_are() -> None:
    macros = linted_macros()
    assert macros["to_simplified"]("raw") == "f(raw)"
    assert macros["any_agrees"]("codes", "code") == "f(codes, code)"
    assert macros["person_title"]() == "x"
    assert "from texts" in macros["region_reading"]("texts")
    assert macros["seconds_between"]("a", "b") == load_sql(PROJECT_DIR / "dbt_project").macros["seconds_between"](
        "a", "b"
    )
