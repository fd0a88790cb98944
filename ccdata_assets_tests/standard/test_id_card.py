"""Identity numbers: check digits against the standard's formula, and a hash that only the key can make. All are invented."""

from __future__ import annotations

import hashlib
import hmac
import random
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from ccdata_assets.landing.secret_key import give_key, key_for, keyed_hash
from ccdata_assets.standard.dictionaries import Dictionaries

from .conftest import DBT_PROJECT, Row

KEY = b"a key of these tests only"
Read = Callable[[list[str]], dict[str, Row]]


def number(region: str, day: date, sequence: int) -> str:
    """A number with its check digit (GB 11643-1999)."""
    body = f"{region}{day:%Y%m%d}{sequence:03d}"
    return body + "10X98765432"[sum(int(c) * pow(2, 17 - place, 11) for place, c in enumerate(body)) % 11]


def some_numbers(count: int) -> list[str]:
    rng = random.Random(1)
    days = (date(1940, 1, 1) + timedelta(days=rng.randrange(29_000)) for _ in range(count))
    regions = ("110101", "330106", "440106", "510104")
    return [n for day in days if not (n := number(rng.choice(regions), day, rng.randrange(1, 1000))).endswith("000")]


@pytest.fixture(scope="module")
def read() -> Read:
    """A function values → {raw: row}, with a key."""
    dictionaries = Dictionaries(DBT_PROJECT)
    give_key(dictionaries.con, KEY)

    def rows(values: list[str]) -> dict[str, Row]:
        found = dictionaries.read("id_card", values)
        return {row[0]: dict(zip(found.columns, row, strict=True)) for row in found.fetchall()}

    return rows


def test_every_number_by_the_formula_is_valid_and_says_what_stands_in_it(read: Read) -> None:
    numbers = some_numbers(1000)
    for raw, row in read(numbers).items():
        assert (row["status"], row["reason"], row["region_code"]) == ("valid", "ok", raw[:6])
        assert f"{row['birth_date']:%Y%m%d}" == raw[6:14]
        assert row["gender"] == ("male" if int(raw[16]) % 2 else "female")


def test_one_wrong_digit_is_always_found(read: Read) -> None:
    rng, wrong = random.Random(2), set()
    for raw in some_numbers(60):
        for place in range(17):
            wrong.add(raw[:place] + rng.choice([c for c in "0123456789" if c != raw[place]]) + raw[place + 1 :])
    assert "valid" not in {row["status"] for row in read(sorted(wrong)).values()}


def test_the_standard_is_the_hmac_of_the_eighteen_characters_with_the_key(read: Read) -> None:
    (raw, *_) = [n for n in some_numbers(200) if n.endswith("X")]
    expected = "hmac:" + hmac.new(key_for(KEY, "hash"), raw.encode(), hashlib.sha256).hexdigest()[:32]
    forms = [raw, raw.lower(), f"身份证号：{raw[:6]} {raw[6:14]} {raw[14:]}", "'" + raw]
    assert {row["standard"] for row in read(forms).values()} == {expected} == {keyed_hash(KEY, raw)}


def test_fifteen_digits_have_the_hash_of_their_eighteen(read: Read) -> None:
    (raw, *_) = [n for n in some_numbers(50) if n[6:8] == "19"]
    old = read([raw[:6] + raw[8:17]])[raw[:6] + raw[8:17]]
    assert (old["standard"], old["is_15_digit"]) == (keyed_hash(KEY, raw), True)


def test_without_a_key_there_is_no_hash_rather_than_a_weak_one() -> None:
    (raw, *_) = some_numbers(5)
    row = Dictionaries(DBT_PROJECT).read("id_card", [raw]).select("standard", "status").fetchall()
    assert row == [(None, "valid")]


def test_a_hash_is_its_own_standard_whoever_made_it(read: Read) -> None:
    (row,) = read(some_numbers(3)[:1]).values()
    for form in (row["standard"], f"valid:ok:{row['standard']}"):
        (again,) = read([form]).values()
        assert (again["standard"], again["status"]) == (row["standard"], "valid")


def test_the_dictionary_is_no_model_of_the_warehouse() -> None:
    assert not (DBT_PROJECT / "models" / "standard" / "id_card.sql").exists()
    assert (DBT_PROJECT / "analyses" / "standard" / "id_card.sql").exists()
