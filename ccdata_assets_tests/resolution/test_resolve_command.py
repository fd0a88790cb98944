"""`ccdata resolve`: any table, its spec, its report; and how right it is on public sets."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from benchmarks.resolution.__main__ import HERE, SETS
from ccdata_assets.cli import app
from ccdata_assets.errors import ContractError, WrongUse
from ccdata_assets_tests.shared import shared_dir

SPEC = """
id: number
clean:
  name: lower(full_name)
  phone: right(regexp_replace(phone, '[^0-9]', '', 'g'), 8)
  city: city
  number: number
block:
  - [phone]
  - ["left(name, 3)", city]
compare:
  name: {kind: name}
  phone: {kind: code}
  city: {kind: exact}
train:
  - [phone]
  - [name]
prior: {rules: [[phone]], recall: 0.9}
"""
CITIES = ["Lyon", "Graz", "Turin", "Porto", "Malmö"]


def people() -> list[dict[str, str]]:
    """Forty people, half of them twice: the second time often with a letter missing, and every fourth without the city."""
    rows = []
    for number in range(40):
        name = (
            f"{'ABCDEFGHIJ'[number % 10]}{'aeiou'[number // 8]}rl{'opqrst'[number % 6]}n Me{'bcdfghjk'[number % 8]}er"
        )
        phone, city = f"0{30 + number}-55{number * 7919 % 1_000_000:06d}", CITIES[number % 5]
        rows.append({"number": f"{number}a", "full_name": name, "phone": phone, "city": city, "who": str(number)})
        if number % 2:
            rows.append(
                {"number": f"{number}b", "full_name": name[:-2] + name[-1] if number % 3 else name, "phone": phone.replace("-", " "),
                 "city": "" if number % 4 == 3 else city, "who": str(number)}
            )  # fmt: skip
    return rows


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, ["number", "full_name", "phone", "city", "who"])
        writer.writeheader()
        writer.writerows(people())
    return path


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "people.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


def resolve(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["resolve", *map(str, arguments)])


def test_rows_that_mean_the_same_get_one_entity(table: Path, spec: Path, tmp_path: Path) -> None:
    out, curve = tmp_path / "out.csv", tmp_path / "curve.html"
    done = resolve("--spec", spec, table, "--labels", "who", "-o", out, "--curve", curve)
    assert done.exit_code == 0, done.output
    assert "60 records, 40 entities" in done.output
    with out.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["number"] for row in rows] == [row["number"] for row in people()], "the rows in their order"
    assert {(row["entity_id"], row["who"]) for row in rows} == {(f"{number}a", str(number)) for number in range(40)}
    page = curve.read_text(encoding="utf-8")
    assert "precision" in page
    assert 'src="http' not in page, "it works offline"


def test_a_script_can_read_the_answer_and_gets_the_same_each_time(table: Path, spec: Path) -> None:
    answers = [json.loads(resolve("--spec", spec, table, "--labels", "who", "--json").stdout) for _ in range(2)]
    assert answers[0]["pairwise"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert [each["rule"] for each in answers[0]["blocking"]] == ["phone", "left(name, 3), city"]
    for answer in answers:
        del answer["seconds"], answer["peak_mb"]
    assert answers[0] == answers[1]


def test_a_value_that_too_many_share_makes_no_pairs(table: Path, spec: Path) -> None:
    spec.write_text(SPEC + "max_block: 1\n", encoding="utf-8")
    answer = json.loads(resolve("--spec", spec, table, "--json").stdout)
    assert answer["entities"] == 60
    assert answer["blocking"][0] == {"rule": "phone", "pairs": 0, "stopped_values": 20, "stopped_records": 40}


def test_an_exact_rule_links_whatever_else_is_said(table: Path, spec: Path) -> None:
    text = SPEC.replace("block:", "link:\n  - [who]\nblock:").replace("  city: city\n", "  city: city\n  who: who\n", 1)
    spec.write_text(text + "max_block: 1\n", encoding="utf-8")
    assert json.loads(resolve("--spec", spec, table, "--json").stdout)["entities"] == 40


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (("lower(full_name)", "lower(fullname)"), WrongUse, "full_name, phone, city"),
        (("kind: exact", "kind: exactly"), ContractError, "people.yaml:"),
        (("city: {kind: exact}", "town: {kind: exact}"), WrongUse, "town"),
        (("city: {kind: exact}", "city: {}"), ContractError, "kind or levels"),
        (("rules: [[phone]]", "rules: [[number]]"), WrongUse, "no two records agree in number"),
    ],
)
def test_a_mistake_in_the_spec_is_named(
    table: Path, spec: Path, change: tuple[str, str], error: type[Exception], says: str
) -> None:
    spec.write_text(SPEC.replace(*change), encoding="utf-8")
    done = resolve("--spec", spec, table)
    assert isinstance(done.exception, error)
    assert says in str(done.exception)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--labels", "nobody"),
        ("--labels", "city"),
        ("--curve", "curve.png"),
        ("--labels", "who", "--curve", "curve.doc"),
    ],
)
def test_wrong_use_is_said(table: Path, spec: Path, arguments: tuple[str, ...]) -> None:
    assert isinstance(resolve("--spec", spec, table, *arguments).exception, WrongUse)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("full_name,phone,city,number\n", "no rows"),
        ("full_name,phone,city,number,Entity_ID\na,1,x,1,2\n", "rename it"),
        ("full_name,phone,city,number\n" + "王😀,1380,x,1\n" * 30, "raise recall"),
    ],
)
def test_a_table_that_cannot_be_resolved_is_refused_with_a_fix(table: Path, spec: Path, text: str, says: str) -> None:
    table.write_text(text, encoding="utf-8")
    done = resolve("--spec", spec, table)
    assert isinstance(done.exception, WrongUse)
    assert says in str(done.exception)


def test_rows_are_not_written_under_a_name_that_lies(table: Path, spec: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    assert isinstance(resolve("--spec", spec, table, "-o", out).exception, WrongUse)
    assert not out.exists()


def test_the_input_is_not_written_over(table: Path, spec: Path) -> None:
    before = table.read_bytes()
    assert isinstance(resolve("--spec", spec, table, "-o", table).exception, WrongUse)
    assert table.read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize("name", ["febrl1", "fake_1000", "RLdata500"])
def test_public_sets_are_resolved_as_well_as_asked(name: str) -> None:
    folder = shared_dir() / "data" / "matching"
    file, labels, asked = SETS[name]
    beside = folder / labels
    done = resolve(
        "--spec", HERE / f"{name}.yaml", folder / file, "--labels", beside if beside.is_file() else labels, "--json"
    )
    assert json.loads(done.stdout)["pairwise"]["f1"] >= asked
