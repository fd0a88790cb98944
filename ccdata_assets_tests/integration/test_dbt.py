"""The unit tests of the dbt project, which runs leave out: here they run on a warehouse without rows."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from ccdata_assets.defs import standard
from ccdata_assets.orchestration.dbt import reference_nodes
from ccdata_assets.orchestration.dbt_runner import invoke
from ccdata_assets.orchestration.resource import WarehouseResource
from ccdata_assets.project import load_project
from ccdata_assets.resolution.engine import resolve
from ccdata_assets.resolution.model import load_model
from ccdata_assets.resolution.rules import load_rules
from ccdata_assets.settings import Settings
from ccdata_assets.standard.reasons import all_reasons
from ccdata_assets.standard.sql import load_sql
from ccdata_assets.warehouse.declared import write_declared, write_reasons
from ccdata_assets.warehouse.staging import create_views
from ccdata_assets_tests.resolution.runs import CHAINED, MODEL, record
from ccdata_assets_tests.world import Row, World, make_settings, write_party_records

WITHOUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")


def dbt(world: World, scratch: Path, command: str, *options: str) -> str:
    """Run dbt on the world's warehouse, its own files in `scratch`; its output."""
    shown: list[str] = []
    done = invoke(world.settings, scratch / "target", [command, *options], shown.append)
    output = "\n".join(shown)
    assert done.succeeded, f"dbt {command} failed: {done.failures()}; its output:\n{output}"
    return output


@pytest.mark.slow
def test_the_unit_tests_of_dbt_pass(world: World, tmp_path: Path) -> None:
    with world.warehouse() as con:
        create_views(con, world.registry)
        write_declared(con, world.registry)
        write_party_records(con, [])
        resolve(con, load_rules(), load_model(), world.settings, "run")
    # a unit test reads the columns of its model and of what that reads from their tables, so all must exist
    dbt(world, tmp_path, "build", "--empty", *WITHOUT_TESTS)
    output = dbt(world, tmp_path, "test", "--select", "test_type:unit")
    results = json.loads((tmp_path / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    statuses = [result["status"] for result in results]
    assert len(statuses) >= 20, f"dbt ran {len(statuses)} unit tests; its output:\n{output}"
    assert set(statuses) == {"pass"}, f"not every unit test passed; dbt's output:\n{output}"


@pytest.mark.slow
def test_the_past_stays_as_it_was_when_a_later_delivery_merges_and_changes_what_there_is(
    world: World, tmp_path: Path
) -> None:
    january = [record(1, "甲", industry_code="3911"), record(2, "乙", industry_code="65"), record(3, "丙")]
    later = {"uscc": "u", "received_on": date(2026, 2, 5)}
    february = [
        record(4, "甲", industry_code="51", **later),
        record(5, "乙", **later),
        record(6, "丁", **{**later, "uscc": None}),
    ]
    changes = "select * from marts.fct_entity_change where business_date < '2026-02-01' order by event_id"

    def deliver(day: str, records: list[Row]) -> World:
        now = world.at(day)
        with now.warehouse() as con:
            create_views(con, world.registry)
            write_declared(con, world.registry)
            write_party_records(con, records)
            resolve(con, CHAINED, MODEL, now.settings, f"run of {day}")
        models = ("industry_code", "dim_organisation", "dim_organisation_history", "fct_entity_change")
        dbt(now, tmp_path, "build", "--select", *models, "--exclude-resource-type", "unit_test")
        return now

    first = deliver("2026-01-31", january)
    known = {"2026-01-31": first.query("select * from marts.dim_organisation order by all")}
    before = first.query(changes)
    assert len(known["2026-01-31"]) == len(before) == 3
    second = deliver("2026-02-28", [*january, *february])
    known["2026-02-28"] = second.query("select * from marts.dim_organisation order by all")
    assert len(known["2026-02-28"]) == 3, "two have merged, one is new"

    for day, organisations in known.items():
        end = f"timestamptz '{day} 15:59:59+00'"
        past = f"""from marts.dim_organisation_history
            where valid_from <= {end} and (valid_to is null or valid_to > {end})"""
        columns = ", ".join(organisations[0])
        assert second.query(f"select {columns} {past} order by all") == organisations, f"as of {day} it is another one"
        replayed = second.query(
            f"""select distinct entity_id as organisation_id from (
                from golden.membership where "at" <= {end} and entity_kind = 'organisation'
                qualify row_number() over (partition by record_id order by seq desc) = 1
            ) where entity_id is not null order by all"""
        )
        assert second.query(f"select organisation_id {past} order by all") == replayed, (
            f"as of {day} the replay differs"
        )

    assert second.query(changes) == before, "the stock of a closed month has changed"
    stock = (
        "select industry_section, sum(delta) as n from marts.fct_entity_change group by all having n <> 0 order by all"
    )
    born = second.query("select industry_section from marts.fct_entity_change where kind = 'merge'")
    assert len(born) == 1 and born[0]["industry_section"] in ("C", "I"), "not that of the record that merged them"
    assert sum(row["n"] for row in second.query(stock)) == 3


def run_dictionaries(world: World, scratch: Path, *only: str) -> None:
    """Bring the dictionaries and the records up to date, or only the models named; reference tables where they are not there."""
    with world.warehouse() as con:
        write_declared(con, world.registry)
    models = only or ("ccdata.standard.*", "ccdata.party.*")
    loaded = "select 1 from information_schema.tables where table_schema = 'reference' and table_name = 'surname'"
    known = [node["name"] for node in reference_nodes(world.settings).values()]
    reference = ("--exclude", *known) if world.query(loaded) else ("resource_type:seed",)
    dbt(world, scratch, "build", *WITHOUT_TESTS, "--select", *models, *reference)


@pytest.mark.slow
def test_a_dictionary_reads_a_file_once_and_again_when_its_rules_change(world: World, tmp_path: Path) -> None:
    def run() -> None:
        run_dictionaries(world, tmp_path)

    def standards(dictionary: str) -> dict[str, str]:
        rows = world.query(f"select raw, standard from standard.{dictionary}")
        assert len(rows) == len({row["raw"] for row in rows}), "a value stands once"
        return {row["raw"]: row["standard"] for row in rows}

    header = "company_name,phone\n"
    world.put("directory/a.csv", header + "甲乙科技有限公司,0755-86001234\n丙丁贸易有限公司,13912345678\n")
    world.stage()
    run()
    assert standards("phone") == {"0755-86001234": "+8675586001234", "13912345678": "+8613912345678"}
    with world.warehouse() as con:  # a mark that another reading would wipe out
        con.execute("update standard.phone set standard = 'read once'")
        con.execute("update standard.company_name set standard = 'read once'")

    run()
    assert set(standards("phone").values()) == {"read once"}, "nothing new, nothing read"

    world.put("directory/b.csv", header + "甲乙科技有限公司,13912345678\n戊己商行,010-65001234\n")
    world.stage()
    run()
    assert standards("phone") == {
        "0755-86001234": "read once", "13912345678": "read once", "010-65001234": "+861065001234",
    }  # fmt: skip
    records = world.query("select company_name, numbers from standard.party_record order by file, row")
    assert [record["numbers"] for record in records[-1:]] == [["+861065001234"]]
    assert len(records) == 4

    with world.warehouse() as con:  # as if the rules of phone had been of another version then
        con.execute("update standard.phone set rule_version = '0'")
        con.execute("update ops.read_batch set rule_version = '0' where dictionary = 'phone'")
    run()
    assert standards("phone")["0755-86001234"] == "+8675586001234"
    assert set(standards("company_name").values()) >= {"read once"}, "the rules of other dictionaries have not changed"


@pytest.mark.slow
def test_what_a_run_could_not_read_a_later_one_reads(tmp_path: Path) -> None:
    """Files that come back with the same bytes, runs of one model alone, feeds that are given up for a while."""

    def home(settings: Settings) -> World:
        found = World(settings)
        found.contract()
        return found

    def readings(world: World) -> dict[str, tuple[str | None, list[str]]]:
        rows = world.query("select file, company_name, numbers from standard.party_record order by file, row")
        return {Path(row["file"]).name: (row["company_name"], row["numbers"]) for row in rows}

    expected = {
        "a.csv": ("甲乙科技有限公司", ["+8675586001234"]),
        "b.csv": ("戊己商行", ["+862086001234"]),
        "z.csv": ("丙丁贸易有限公司", ["+861065001234"]),
    }
    narrow = home(make_settings(tmp_path / "home", max_columns=2))
    narrow.put("directory/a.csv", "company_name,phone\n甲乙科技有限公司,0755-86001234\n")
    narrow.put("directory/z.csv", "company_name,phone,city\n丙丁贸易有限公司,010-65001234,北京市\n")
    narrow.stage()
    run_dictionaries(narrow, tmp_path)
    assert readings(narrow) == {"a.csv": expected["a.csv"]}, "a file of three columns is refused"

    world = home(make_settings(tmp_path / "home"))  # which reads the same bytes anew
    world.put("directory/b.csv", "company_name,phone\n戊己商行,020-86001234\n")
    world.stage()
    run_dictionaries(world, tmp_path, "party_reading")
    run_dictionaries(world, tmp_path)
    assert readings(world) == expected, "what was put together too early is put together again"

    given_up = World(make_settings(tmp_path / "home"))
    with given_up.warehouse() as con:
        create_views(con, given_up.registry)
        con.execute("update ops.read_batch set rule_version = '0'")
    run_dictionaries(given_up, tmp_path)
    assert readings(given_up) == {}
    world = home(make_settings(tmp_path / "home"))
    world.stage()
    run_dictionaries(world, tmp_path)
    assert readings(world) == expected, "a feed that comes back is read with today's rules"


@pytest.mark.slow
def test_after_a_part_is_built_the_rest_is_still_to_build(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody may build one table in the UI of a new home, before a run has built any."""

    def build(*keys: dg.AssetKey) -> list[dg.AssetKey]:
        with dg.DagsterInstance.ephemeral() as instance:
            result = dg.materialize(
                [standard.standard],
                selection=list(keys) or None,
                resources={"warehouse": WarehouseResource.of(world.settings)},
                instance=instance,
            )
            return [event.asset_key for event in result.get_asset_materialization_events() if event.asset_key]

    def is_there(key: dg.AssetKey) -> bool:
        schema, name = key.path
        return bool(
            world.query(
                "select 1 from information_schema.tables where table_schema = ? and table_name = ?", schema, name
            )
        )

    monkeypatch.setattr(
        standard, "load_project", lambda: replace(load_project(), settings=world.settings, registry=world.registry)
    )
    with world.warehouse() as con:
        create_views(con, world.registry)
        write_declared(con, world.registry)
        write_reasons(con, all_reasons(load_sql(world.settings.dbt_dir)))
    part = dg.AssetKey(["reference", "surname"])
    whole = {spec.key for spec in standard.standard.specs}
    assert build(part) == [part]
    assert {key for key in whole if is_there(key)} == {part}
    assert set(build()) == whole
    assert {key for key in whole if not is_there(key)} == set()
