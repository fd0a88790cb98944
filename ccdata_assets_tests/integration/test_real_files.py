"""`ccdata run` on the real files: every row accounted for, and figures that others have published."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from ccdata_assets_tests.integration.runs import ask, run
from ccdata_assets_tests.shared import shared_dir

ARRIVALS = [6.75, 1.75, 1.25, 0, 0.5, 0.25, 4.75, 39.5, 97.25, 107.5, 124, 110.25, 95.5, 203.5, 115.75, 115.5, 67.75, 75, 88.75, 85.5, 68, 61.5, 57.5, 44.25]  # fmt: skip
"""Mean arrivals per hour of February's Wednesdays in the bank's log (Miller, Modeling Techniques in Predictive Analytics)."""
DICTIONARIES = "dictionaries.txt"
"""In the home: for each run the invocation of dbt that the dictionaries are of."""
BANK = {"january.txt": 31_599, "february.txt": 33_344, "march.txt": 38_801}


@pytest.fixture(scope="module")
def real_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the real files, landed month by month at business times of January to March 1999; only of the year are reports made,
    as no test here reads any."""
    home, inbox = tmp_path_factory.mktemp("real"), tmp_path_factory.mktemp("inbox")
    real = shared_dir() / "data" / "real"
    deliveries = {
        "1999-01-31": ["cn_hospitals/hospitals_flat.csv", "bank_call/january.txt"],
        "1999-02-28": ["bank_call/february.txt"],
        "1999-03-31": ["bank_call/march.txt", "bank_campaign/bank-additional-full.csv"],
    }
    folders = {"bank_call": "anonymousbank", "bank_campaign": "bank_marketing", "cn_hospitals": "cn_hospitals"}
    for as_of, files in deliveries.items():
        for name in files:
            feed, file = name.split("/")
            (inbox / feed).mkdir(exist_ok=True)
            shutil.copy(real / folders[feed] / file, inbox / feed / file)
        code, _, text = run(home, "--inbox", str(inbox), "--as-of", as_of, env={"CCDATA_HISTORY_FROM": "1999-04"})
        assert code == 0, text
        with (home / DICTIONARIES).open("a", encoding="utf-8") as kept:
            results = json.loads(
                (home / "warehouse" / "dbt" / "standard" / "run_results.json").read_text(encoding="utf-8")
            )
            kept.write(results["metadata"]["invocation_id"] + "\n")
    return home


@pytest.mark.slow
def test_every_row_of_the_real_files_is_accounted_for(real_home: Path) -> None:
    rows = ask(
        real_home,
        "select file, rows, staged, quarantined, blank, superseded, repeated from ops.file_ledger order by file",
    )
    found = {file.split("/")[1]: tuple(numbers) for file, *numbers in rows}
    assert {name: numbers[0] for name, numbers in found.items()} == {
        **BANK,
        "bank-additional-full.csv": 41_188,
        "hospitals_flat.csv": 6_753,
    }
    for name, (landed, staged, quarantined, blank, superseded, _) in found.items():
        assert landed == staged + quarantined + blank + superseded, f"{name}: see ops.file_ledger"
    assert found["bank-additional-full.csv"][5] == 12, "the campaign has 12 repeated rows"


@pytest.mark.slow
def test_a_delivery_of_calls_alone_leaves_the_dictionaries_as_they_are(real_home: Path) -> None:
    january, february, march = (real_home / DICTIONARIES).read_text(encoding="utf-8").splitlines()
    assert february == january, "in February came calls"
    assert march != february, "in March contacts of a campaign, of whom dictionaries read"


@pytest.mark.slow
def test_february_wednesdays_give_the_published_arrivals_to_the_last_digit(real_home: Path) -> None:
    rows = ask(
        real_home,
        """select hours.hour, count(c.call_id) / 4
        from (select unnest(range(24)) as hour) as hours left join marts.fct_call as c on c.local_hour = hours.hour
            and c.feed = 'bank_call' and c.local_date between '1999-02-01' and '1999-02-28' and isodow(c.local_date) = 3
            and c.is_entered and c.is_consistent
        group by all order by 1""",
    )
    assert [mean for _, mean in rows] == ARRIVALS


@pytest.mark.slow
def test_the_bank_answers_as_many_calls_as_the_domain_says(real_home: Path) -> None:
    entered, offered, answered = ask(
        real_home, "select sum(entered), sum(offered), sum(answered) from kpi.call_interval where feed = 'bank_call'"
    )[0]
    assert (round(answered / entered, 3), round(answered / offered, 3)) == (0.798, 0.84)
    assert ask(real_home, "select sum(successes), sum(contacts), sum(dials) from kpi.outbound_day") == [
        (4639, 41_176, 105_735)  # of 4,640 successes in 41,188 rows; twelve rows are the same as another
    ]


@pytest.mark.slow
def test_what_is_published_of_the_bank_equals_the_raw_file(real_home: Path) -> None:
    files = str(shared_dir() / "data" / "real" / "anonymousbank" / "*.txt")
    log = f"read_csv('{files}', delim = '\t', header = true, all_varchar = true)"
    of_wait, of_service = (
        f"avg({column}), quantile_disc({column}, [0.5, 0.8, 0.95])" for column in ("q_time::bigint", "ser_time::bigint")
    )
    with duckdb.connect() as con:
        expected = con.execute(
            f"select count(*), {of_wait}, {of_service} from {log} where outcome = 'AGENT'"
        ).fetchall()
        outcomes = con.execute(f"select count(*) from {log} group by outcome order by 1").fetchall()
    assert expected == ask(
        real_home,
        """select count(*), avg(wait_s), quantile_disc(wait_s, [0.5, 0.8, 0.95]), avg(talk_s), quantile_disc(talk_s, [0.5, 0.8, 0.95])
        from marts.fct_call where feed = 'bank_call' and is_answered""",
    )
    assert outcomes == ask(
        real_home, "select count(*) from marts.fct_call where feed = 'bank_call' group by outcome order by 1"
    )


@pytest.mark.slow
def test_hospitals_become_organisations_and_cities_keep_theirs_apart(real_home: Path) -> None:
    (count,) = ask(real_home, "select count(*) from marts.dim_organisation")[0]
    assert 6_600 <= count <= 6_753
    assert ask(
        real_home, "select count(distinct city) from marts.dim_organisation where company_name = '市妇幼保健院'"
    )[0][0] in (3, 4)
    assert ask(real_home, "select count(*) from marts.dim_organisation where company_name = '市妇幼保健院'") == [(4,)]


@pytest.mark.slow
def test_months_replayed_give_stock_and_increment_of_each(real_home: Path) -> None:
    rows = ask(
        real_home,
        """select kpi_id, strftime(period_start, '%Y-%m'), value from kpi.value
        where kpi_id in ('stock', 'increment') and dims = '{}' qualify row_number() over (partition by kpi_id, period_start order by as_of desc) = 1
        order by all""",
    )
    stock = ask(real_home, "select count(*) from marts.dim_organisation")[0][0]
    assert rows == [
        ("increment", "1999-01", stock), ("increment", "1999-02", 0), ("increment", "1999-03", 0),
        ("stock", "1999-01", stock), ("stock", "1999-02", stock), ("stock", "1999-03", stock),
    ]  # fmt: skip


@pytest.mark.slow
def test_business_time_does_not_run_backwards(real_home: Path) -> None:
    code, _, text = run(real_home, "--as-of", "1999-02-01")
    assert code == 64, text
    assert "fix: replay history in order" in text
