"""The check digits of unified social credit codes, against the standard's formula written out once more."""

from __future__ import annotations

import random

from .conftest import Standardise

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def organisation_code(body: str) -> str:
    """The eight characters with their check digit (GB 11714-1997)."""
    rest = sum(w * LETTERS.index(c) for w, c in zip((3, 7, 9, 10, 5, 8, 4, 2), body, strict=True)) % 11
    return body + "0X987654321"[rest]


def uscc(head: str, body: str) -> str:
    """A code of the first eight characters and the body of its organisation code (GB 32100-2015)."""
    code = head + organisation_code(body)
    return code + ALPHABET[-sum(pow(3, place) * ALPHABET.index(c) for place, c in enumerate(code)) % 31]


def some_codes(count: int, seed: int = 1) -> list[str]:
    """Invented codes of companies."""
    rng = random.Random(seed)
    return [uscc(rng.choice(("91440300", "91330106", "92110108")), "MA" + "".join(rng.choices(ALPHABET, k=6))) for _ in range(count)]  # fmt: skip


def test_every_code_by_the_formula_is_valid(standardise: Standardise) -> None:
    codes = some_codes(2000)
    found = standardise("uscc", codes)
    assert {(row["standard"] == raw, row["status"], row["reason"]) for raw, row in found.items()} == {(True, "valid", "ok")}  # fmt: skip


def test_one_wrong_character_is_always_found(standardise: Standardise) -> None:
    rng, wrong = random.Random(2), set()
    for code in some_codes(40):
        for place in range(8, 18):
            other = rng.choice([c for c in ALPHABET if c != code[place]])
            wrong.add(code[:place] + other + code[place + 1 :])
    assert {row["status"] for row in standardise("uscc", wrong).values()} <= {"invalid", "placeholder", "damaged"}


def test_a_letter_no_code_has_is_repaired_to_the_one_reading_that_fits(standardise: Standardise) -> None:
    pairs = {"0": "O", "1": "I", "5": "S", "2": "Z"}
    typed = {
        code[:place] + pairs[code[place]] + code[place + 1 :]: code
        for code in some_codes(200)
        for place in range(18)
        if code[place] in pairs
    }
    found = standardise("uscc", typed)
    assert {raw: row["standard"] for raw, row in found.items()} == typed
    assert {(row["reason"], row["repaired"]) for row in found.values()} == {("repaired", True)}


def test_the_parts_of_a_code(standardise: Standardise) -> None:
    code = uscc("12330106", "47011203")
    (row,) = standardise("uscc", [code]).values()
    assert {name: row[name] for name in ("authority_code", "registration_authority", "entity_type_code", "entity_type", "region_code", "organisation_code")} == {
        "authority_code": "1", "registration_authority": "机构编制", "entity_type_code": "12", "entity_type": "事业单位",
        "region_code": "330106", "organisation_code": organisation_code("47011203"),
    }  # fmt: skip


def test_several_codes_are_given_as_candidates(standardise: Standardise) -> None:
    one, two = some_codes(2)
    (row,) = standardise("uscc", [f"{one}；{two}"]).values()
    assert (row["standard"], row["status"], sorted(row["candidates"])) == (None, "ambiguous", sorted((one, two)))
