"""kpis.yaml: a mistake is told with its file, its line and the fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccdata_assets.errors import ContractError
from ccdata_assets.metrics.registry import Kpi, load_kpis
from ccdata_assets.metrics.thresholds import load_thresholds

GOOD = """the_kpi:
  zh: 测试
  en: Test
  definition: {zh: 测试, en: Test}
  formula: n
  version: 1
  unit: count
  direction: up
  perspective: internal
  owner: team:tests
  source: marts.event
  date: day
  kind: flow
  numerator: sum(n)
  sets:
    - {grain: month}
    - {grain: month, by: {region: province_code, industry: industry_section}}
"""


def load(tmp_path: Path, text: str) -> Kpi:
    path = tmp_path / "kpis.yaml"
    path.write_text(text, encoding="utf-8")
    return load_kpis(path)["the_kpi"]


def test_a_kpi_says_what_its_values_are_given_for(tmp_path: Path) -> None:
    (tmp_path / "kpis.yaml").write_text(GOOD, encoding="utf-8")
    assert load_kpis(tmp_path / "kpis.yaml")["the_kpi"].set_names == ["month", "month by industry, region"]


def test_several_sets_are_written_as_one(tmp_path: Path) -> None:
    sets = """sets:
    - {grains: [day, month], each: {queue: queue, team: team}, source: kpi.by_team, date: at}
    - - {grain: 30min}
      - {grains: [hour, year]}
"""
    the_kpi = load(tmp_path, GOOD[: GOOD.index("sets:")] + sets)
    assert the_kpi.set_names == [
        "day by queue", "day by team", "month by queue", "month by team", "30min", "hour", "year",
    ]  # fmt: skip
    assert [(one.source, one.date) for one in the_kpi.sets[3:5]] == [("kpi.by_team", "at"), (None, None)]


def test_a_kpi_says_which_limits_it_counts_by(tmp_path: Path) -> None:
    limited = load(tmp_path, GOOD.replace("version: 1", "version: 1\n  thresholds: [answer_within_s]"))
    assert limited.computed["thresholds"] == f"answer_within_s = {load_thresholds()['answer_within_s'].text}"
    assert load(tmp_path, GOOD).computed["thresholds"] is None


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("unit: count", "unit: count\n  colour: red", "kpis.yaml:8: the_kpi.colour: is not a known key; fix: "),
        ("  version: 1\n", "", "the_kpi.version: is missing; fix: add `version:`"),
        ("version: 1", "version: 0", "kpis.yaml:6: the_kpi.version: .*; fix: "),
        ("unit: count", "unit: percent", "a share .* needs a `denominator`; fix: "),
        ("version: 1", "version: 1\n  weight: -1", "the_kpi.weight: .*; fix: "),
        ("version: 1", "version: 1\n  target: {}", "the_kpi.target: no day is given.*; fix: "),
        ("- {grain: month}\n", "- {grain: month}\n    - {grain: month}\n", "the same set stands twice: month; fix: "),
        (
            "version: 1",
            "version: 1\n  thresholds: [soon_s]",
            "thresholds.yaml has no soon_s; it has answer_within_s, .*; fix: ",
        ),
        ("- {grain: month}\n", "- {grains: [decade]}\n", "the_kpi.sets.*grain: .*; fix: "),
        ("the_kpi:", "The KPI:", "kpis.yaml:1: The KPI: is no ID; fix: "),
    ],
)
def test_a_mistake_is_told_with_its_place_and_the_fix(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in GOOD
    with pytest.raises(ContractError, match=told):
        load(tmp_path, GOOD.replace(old, new, 1))


def test_every_kpi_has_what_a_reader_asks_for() -> None:
    for name, kpi in load_kpis().items():
        assert kpi.definition.zh and kpi.definition.en and kpi.formula and kpi.owner, name
        assert "month" in kpi.set_names, name


def test_a_set_for_several_grains_and_dimensions_may_read_another_table() -> None:
    rate = load_kpis()["outbound_connect_rate"]
    hours = [one for one in rate.sets if one.by.keys() == {"hour"}]
    assert {one.grain for one in hours} == {"month", "quarter", "year"}
    assert {one.source for one in hours} == {"kpi.outbound_hour"}
