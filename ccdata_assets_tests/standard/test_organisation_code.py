"""Check digits of organisation codes, and how they agree with the unified codes that hold them."""

from __future__ import annotations

import random

from .conftest import Standardise
from .test_uscc import organisation_code, some_codes


def test_every_code_by_the_formula_is_valid_with_its_dash_and_without(standardise: Standardise) -> None:
    rng = random.Random(1)
    codes = [organisation_code(f"{rng.randrange(10_000_000, 99_999_999)}") for _ in range(1000)]
    forms = {form: code for code in codes for form in (code, f"{code[:8]}-{code[8]}")}
    found = standardise("organisation_code", forms)
    assert {raw: row["standard"] for raw, row in found.items()} == forms
    assert {row["reason"] for row in found.values()} == {"ok"}


def test_both_dictionaries_give_one_organisation_the_same_code(standardise: Standardise) -> None:
    codes = some_codes(200)
    own = {raw: row["organisation_code"] for raw, row in standardise("uscc", codes).items()}
    assert {raw: row["standard"] for raw, row in standardise("organisation_code", codes).items()} == own
    assert {row["standard"] for row in standardise("organisation_code", own.values()).values()} == set(own.values())


def test_eight_characters_are_not_completed_but_what_they_may_be_is_said(standardise: Standardise) -> None:
    code = organisation_code("70461837")
    (row,) = standardise("organisation_code", [code[:8]]).values()
    assert (row["standard"], row["status"]) == (None, "ambiguous")
    assert code in row["candidates"]
    shortened = organisation_code("00754101")
    (row,) = standardise("organisation_code", [shortened[1:]]).values()
    assert (row["status"], shortened in row["candidates"]) == ("ambiguous", True)
