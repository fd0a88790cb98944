"""Rows of a database land once each, whenever a run is killed; what cannot be read costs its feed only and says why."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest

from ccdata_assets.landing.databases import land_query
from ccdata_assets.landing.ledger import LedgerLine
from ccdata_assets.landing.raw_store import raw_files
from ccdata_assets.landing.sql_dialects import address, connect_reading, fetch_all, stream
from ccdata_assets.warehouse.gate import account
from ccdata_assets.warehouse.staging import stage_feed
from ccdata_assets_tests.landing.kill import land_database
from ccdata_assets_tests.landing.servers import PASSWORD, READER, Server, mariadb, postgresql
from ccdata_assets_tests.processes import PROCESSES
from ccdata_assets_tests.world import OWN, World

pytestmark = pytest.mark.slow
VARIABLE = "TESTS_CRM_URL"
NONE = timedelta(0)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    with postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[Server]:
    with mariadb() as server:
        yield server


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Each of the two servers with an empty table `client` of three columns."""
    found: Server = request.getfixturevalue(f"{request.param}_server")
    monkeypatch.setenv(VARIABLE, found.url())
    found.execute(
        "drop table if exists client",
        "create table client (id bigint, name varchar(60), updated_at timestamp(6) null)"
        if found.name == "postgresql"
        else "create table client (id bigint, name varchar(60), updated_at datetime(6))",
    )
    return found


def declare(
    world: World, query: str = "select * from client", watermark: str | None = "updated_at", **more: Any
) -> None:
    sql = {"url": f"env {VARIABLE}", "query": query, "watermark": watermark, **more}
    world.contract(
        source={"sql": {key: value for key, value in sql.items() if value is not None}},
        fields={"company_name": {"from": "name"}, "phone": {}, "city": {}},
    )


def land(world: World, **options: Any) -> list[LedgerLine]:
    with world.warehouse() as con:
        return land_query(con, world.registry.feeds["directory"], world.registry, world.settings, "run", **options)


def rows_of(world: World, line: LedgerLine) -> list[dict[str, Any]]:
    paths = raw_files(world.settings.raw_dir / line.feed, line.sha256)
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


def landed(world: World) -> list[tuple[Any, ...]]:
    """The source's cells of every raw row that the ledger knows."""
    found = world.query("select sha256 from ops.file_ledger where status = 'landed' order by landed_at, file")
    folder = world.settings.raw_dir / "directory"
    rows = [
        row for one in found for path in raw_files(folder, one["sha256"]) for row in pq.read_table(path).to_pylist()
    ]
    own = {*OWN, "_row", "_fault"}
    return [tuple(value for name, value in row.items() if name not in own) for row in rows]


def insert(server: Server, *rows: tuple[int, str | None, str | None]) -> None:
    cells = [", ".join("null" if cell is None else f"'{cell}'" for cell in row) for row in rows]
    server.execute(f"insert into client values {', '.join(f'({row})' for row in cells)}")


# --- what a value becomes ----------------------------------------------------------------------------------------


def test_every_type_of_postgresql_becomes_plain_text(
    world: World, postgresql_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, postgresql_server.url())
    postgresql_server.execute(
        "drop table if exists kinds",
        """create table kinds as select 1::smallint as "Small", 9007199254740993::bigint as big, 0.10::numeric(12, 2) as amount,
        12345678901234567890.123456789::numeric as huge, 0.1::float8 as rate, true as yes, false as no, '客户''s 100%'::text as name,
        ''::text as empty, null::text as nothing, date '2026-02-28' as birth, time '09:05:00' as opens,
        timestamp '2026-01-02 03:04:05.678' as local_time, timestamptz '2026-01-02 03:04:05+08' as instant, '\\x00ff'::bytea as bytes,
        array['a', 'b'] as list, '{"姓": "王"}'::jsonb as js, interval '1 day 02:03:04' as span,
        '123e4567-e89b-12d3-a456-426614174000'::uuid as uid, date 'infinity' as never, '0044-03-15 BC'::date as old, 1::bit(4) as bits""",
    )
    declare(world, "select * from kinds", None)
    (line,) = land(world)
    (row,) = rows_of(world, line)
    own = {*OWN, "_row", "_fault"}
    assert line.error is None
    assert {name: value for name, value in row.items() if name not in own} == {
        "Small": "1", "big": "9007199254740993", "amount": "0.10", "huge": "12345678901234567890.123456789", "rate": "0.1",
        "yes": "true", "no": "false", "name": "客户's 100%", "empty": "", "nothing": None, "birth": "2026-02-28", "opens": "09:05:00",
        "local_time": "2026-01-02 03:04:05.678", "instant": "2026-01-01 19:04:05+00:00", "bytes": "00ff", "list": "{a,b}",
        "js": '{"姓": "王"}', "span": "1 day 02:03:04", "uid": "123e4567-e89b-12d3-a456-426614174000", "never": "infinity",
        "old": "0044-03-15 BC", "bits": "0001",
    }  # fmt: skip


def test_every_type_of_mariadb_becomes_plain_text(
    world: World, mariadb_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, mariadb_server.url())
    mariadb_server.execute(
        "drop table if exists kinds",
        """create table kinds (`Small` smallint, big bigint unsigned, amount decimal(12, 2), rate double, flag boolean, name varchar(60),
        gbk varchar(20) character set gbk, empty text, nothing text, birth date, zero date, opens time, local_time datetime(3), instant timestamp,
        `bytes` varbinary(10), picture longblob, kind enum('新', '旧'), js json, bits bit(8))""",
        "set session sql_mode = ''",
        """insert into kinds values (1, 18446744073709551615, 0.10, 0.1, true, '客户''s 100% 😀', '汉字', '', null, '2026-02-28', '0000-00-00',
        '-09:05:00', '2026-01-02 03:04:05.678', '2026-01-02 03:04:05', x'00ff', x'89504e47', '新', '{"姓": "王"}', b'101')""".replace(
            "'0000-00-00'", "null"
        ),
    )
    declare(world, "select * from kinds", None)
    (line,) = land(world)
    (row,) = rows_of(world, line)
    own = {*OWN, "_row", "_fault"}
    assert line.error is None
    assert {name: value for name, value in row.items() if name not in own} == {
        "Small": "1", "big": "18446744073709551615", "amount": "0.10", "rate": "0.1", "flag": "1", "name": "客户's 100% 😀", "gbk": "汉字",
        "empty": "", "nothing": None, "birth": "2026-02-28", "zero": None, "opens": "-09:05:00", "local_time": "2026-01-02 03:04:05.678",
        "instant": "2026-01-01 19:04:05+00:00", "bytes": "00ff", "picture": "89504e47", "kind": "新", "js": '{"姓": "王"}', "bits": "05",
    }  # fmt: skip


def test_every_row_tells_where_it_comes_from(world: World, server: Server) -> None:
    insert(server, (1, "甲公司", "2026-01-01 10:00:00"), (2, None, "2026-01-01 09:00:00.5"))
    declare(world)
    (line,) = land(world)
    assert [(row["_row"], row["_file"], row["_sha256"], row["_member"], row["id"]) for row in rows_of(world, line)] == [
        (1, line.file, line.sha256, "", "2"),
        (2, line.file, line.sha256, "", "1"),
    ]
    assert line.file == "directory/..2026-01-01 10:00:00.000000"
    assert (line.rows, line.status, line.format, line.members) == (2, "landed", server.name, ("",))


def test_rows_of_a_database_are_judged_and_accounted_for_like_those_of_a_file(world: World, server: Server) -> None:
    insert(server, (1, "甲公司", "2026-01-01 10:00:00"), (2, None, "2026-01-01 11:00:00"))
    declare(world)
    land(world)
    contract = world.registry.feeds["directory"]
    with world.warehouse() as con:
        (staged,) = stage_feed(con, contract, world.registry, world.settings)
        (account_,) = account(con, contract, world.settings)
    assert (staged.rows, staged.staged + staged.quarantined, account_.balanced) == (2, 2, True)


# --- no row twice ------------------------------------------------------------------------------------------------


def test_a_second_run_lands_only_what_came_since(world: World, server: Server) -> None:
    insert(server, (1, "甲", "2026-01-01 10:00:00"), (2, "乙", "2026-01-01 11:00:00"))
    declare(world)
    assert [line.rows for line in land(world)] == [2]
    before = world.query("from ops.watermark")
    assert land(world) == [] and world.query("from ops.watermark") == before
    insert(server, (3, "丙", "2026-01-01 12:00:00"))
    (line,) = land(world)
    assert (line.rows, line.file) == (1, "directory/2026-01-01 11:00:00.000000..2026-01-01 12:00:00.000000")
    assert land(world) == []


@pytest.mark.parametrize("overlap", [NONE, timedelta(minutes=10)])
def test_rows_of_the_last_watermark_that_come_later_land_and_the_others_not_again(
    world: World, server: Server, overlap: timedelta
) -> None:
    insert(server, (1, "甲", "2026-01-01 10:00:00.25"), (2, "乙", "2026-01-01 10:00:00.25"))
    declare(world)
    land(world, overlap=overlap)
    insert(
        server,
        (3, "丙", "2026-01-01 10:00:00.25"),
        (4, None, "2026-01-01 10:00:00.25"),
        (5, "", "2026-01-01 10:00:00.25"),
    )
    assert [line.rows for line in land(world, overlap=overlap)] == [3]
    assert land(world, overlap=overlap) == []
    assert sorted(row[0] for row in landed(world)) == ["1", "2", "3", "4", "5"]


def test_two_equal_rows_are_two_rows(world: World, server: Server) -> None:
    insert(server, (1, "甲", "2026-01-01 10:00:00"), (1, "甲", "2026-01-01 10:00:00"))
    declare(world)
    assert [line.rows for line in land(world)] == [2]
    assert land(world) == []
    for number in (3, 4, 5):
        insert(server, (1, "甲", "2026-01-01 10:00:00"))
        assert [(line.status, line.rows) for line in land(world)] == [("landed", 1)]
        assert len(landed(world)) == number
    assert land(world) == []


def test_an_updated_row_lands_again_as_a_new_row(world: World, server: Server) -> None:
    insert(server, (1, "甲", "2026-01-01 10:00:00"), (2, "乙", "2026-01-01 11:00:00"))
    declare(world)
    land(world)
    server.execute("update client set name = '甲改', updated_at = '2026-01-02 08:00:00' where id = 1")
    (line,) = land(world)
    assert [row["name"] for row in rows_of(world, line)] == ["甲改"]


def test_a_transaction_that_ends_late_is_not_lost(world: World, server: Server) -> None:
    declare(world)
    with server.connect() as slow:
        slow.exec_driver_sql("insert into client values (1, '先写后提交', '2026-01-01 10:00:00')")
        insert(server, (2, "乙", "2026-01-01 10:00:05"))
        assert [line.rows for line in land(world)] == [1]
        slow.commit()
    (line,) = land(world)
    assert [row["id"] for row in rows_of(world, line)] == ["1"]
    assert land(world) == []


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [("bigint", "5", "30"), ("decimal(30, 3)", "5.125", "30.5"), ("date", "'2026-01-01'", "'2026-01-02'")],
)
def test_a_watermark_may_be_a_number_or_a_date(
    world: World, server: Server, kind: str, first: str, second: str
) -> None:
    server.execute(
        "drop table if exists other",
        f"create table other (id int, mark {kind})",
        f"insert into other values (1, {first})",
    )
    declare(world, "select * from other", "mark")
    assert [line.rows for line in land(world)] == [1]
    server.execute(f"insert into other values (2, {first}), (3, {second})")
    assert [line.rows for line in land(world)] == [2]
    assert land(world) == []


def test_instants_are_compared_as_instants(world: World, server: Server) -> None:
    kind = "timestamptz" if server.name == "postgresql" else "timestamp"
    server.execute(
        "drop table if exists other",
        f"create table other (id int, mark {kind})",
        "insert into other values (1, '2026-01-01 10:00:00')",
    )
    declare(world, "select * from other", "mark")
    land(world, overlap=NONE)
    server.execute("insert into other values (2, '2026-01-01 10:00:00'), (3, '2026-01-01 10:00:01')")
    assert [line.rows for line in land(world, overlap=NONE)] == [2]
    assert land(world, overlap=NONE) == []


def test_a_column_added_to_the_query_lands_no_row_again(world: World, server: Server) -> None:
    insert(server, (1, "甲", "2026-01-01 10:00:00"))
    declare(world, "select id, updated_at from client")
    land(world)
    declare(world, "select name, id, updated_at from client")
    assert land(world) == []
    insert(server, (2, "乙", "2026-01-01 10:00:00"))
    assert [line.rows for line in land(world)] == [1]
    assert land(world) == []


def test_another_watermark_is_refused(world: World, server: Server) -> None:
    insert(server, (1, "甲", "2026-01-01 10:00:00"))
    declare(world)
    land(world)
    declare(world, watermark="id")
    (line,) = land(world)
    assert line.status == "rejected" and "would land twice" in str(line.error)


def test_a_query_may_hold_percent_signs_colons_comments_and_a_semicolon(world: World, server: Server) -> None:
    insert(server, (1, "100% :name %s", "2026-01-01 10:00:00"))
    declare(world, "select * from client where name like '%%' and name <> ' :x' and name like '%s' -- all\n ;")
    assert [line.rows for line in land(world)] == [1]
    assert land(world) == []


def test_a_watermark_is_found_in_any_case_and_quoted(world: World, server: Server) -> None:
    quote = '"' if server.name == "postgresql" else "`"
    server.execute(
        "drop table if exists other",
        f"create table other (id int, {quote}Last Change{quote} date)",
        "insert into other values (1, '2026-01-01')",
    )
    declare(world, "select * from other", "last change")
    assert [line.rows for line in land(world)] == [1]


def test_rows_without_a_watermark_or_far_ahead_are_told_and_the_others_land(world: World, server: Server) -> None:
    insert(server, (1, "甲", "2026-01-01 10:00:00"), (2, "乙", None), (3, "丙", "9999-12-31 00:00:00"))
    declare(world)
    good, bad = land(world)
    assert (good.status, good.rows, bad.status, bad.rows) == ("landed", 1, "rejected", 0)
    assert "2 rows have no updated_at" in str(bad.error)
    insert(server, (4, "丁", "2026-01-02 10:00:00"))
    assert [line.rows for line in land(world)] == [1, 0], "a row far ahead must not hide what changes now"


# --- slices ------------------------------------------------------------------------------------------------------


def fill(server: Server, count: int) -> None:
    """Rows of which four each share a watermark."""
    cells = [f"({n}, '样例{n}', '2026-01-01 {n // 4 // 60 % 24:02d}:{n // 4 % 60:02d}:00')" for n in range(count)]
    server.execute(f"insert into client values {', '.join(cells)}")


def test_rows_come_in_batches_and_never_all_at_once(server: Server) -> None:
    fill(server, 100)
    url, dialect = address(VARIABLE)
    with connect_reading(url, dialect) as connection:
        fetch_all(connection, "select 1")
        batches = stream(connection, "select * from client", 30)
        assert [len(columns[0]) for columns in batches] == [30, 30, 30, 10]


@pytest.mark.parametrize("fetch_rows", [1, 7, 1000])
def test_slices_never_part_equal_watermarks_and_do_not_depend_on_how_rows_are_fetched(
    world: World, server: Server, fetch_rows: int
) -> None:
    fill(server, 100)
    declare(world, fetch_rows=fetch_rows)
    lines = land(world, slice_rows=10)
    assert [line.rows for line in lines] == [12] * 8 + [4]
    assert [line.file for line in lines] == sorted(line.file for line in lines)
    declare(world, fetch_rows=3)
    again = World(world.settings.model_copy(update={"home": world.settings.home / "other"}), world.registry)
    assert [line.sha256 for line in land(again, slice_rows=10)] == [line.sha256 for line in lines]
    assert Counter(row[0] for row in landed(world)) == {str(n): 1 for n in range(100)}


def test_a_watermark_set_back_by_hand_lands_nothing_twice(world: World, server: Server) -> None:
    fill(server, 40)
    declare(world)
    land(world, slice_rows=10)
    with world.warehouse() as con:
        con.execute("delete from ops.watermark")
        con.execute("delete from ops.watermark_row")
    assert {line.status for line in land(world, slice_rows=10)} == {"repeat"}
    assert len(landed(world)) == 40


# --- the whole table ---------------------------------------------------------------------------------------------


def test_a_table_without_a_watermark_that_did_not_change_is_a_repeat(world: World, server: Server) -> None:
    insert(server, (1, "甲", None), (2, "乙", None))
    declare(world, watermark=None)
    (first,) = land(world)
    assert (first.status, first.rows, first.file) == ("landed", 2, "directory/whole table")
    server.execute("delete from client where id = 1")
    insert(server, (1, "甲", None))  # the same rows, stored in another order
    (again,) = land(world)
    assert (again.status, again.rows, again.sha256) == ("repeat", 0, first.sha256)


def test_a_table_that_is_again_as_it_was_once_lands_again(world: World, server: Server) -> None:
    insert(server, (1, "甲", None))
    declare(world, watermark=None)
    land(world)
    server.execute("update client set name = '乙'")
    land(world)
    server.execute("update client set name = '甲'")
    (line,) = land(world)
    assert (line.status, line.rows) == ("landed", 1)
    assert [line.status for line in land(world)] == ["repeat"]


# --- what goes wrong ---------------------------------------------------------------------------------------------

WRONG = {
    "password": ({"password": "not-the-secret"}, "refuses user or password"),
    "database": ({"database": "no_such_place"}, "does not exist"),
    "port": ({"port": 1}, "no database answers"),
    "host": ({"host": "db.invalid"}, "no database answers"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_database_that_cannot_be_opened_is_told_without_host_user_or_password(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    changes, expected = WRONG[wrong]
    monkeypatch.setenv(VARIABLE, server.url(**changes))  # type: ignore[arg-type]
    declare(world)
    (line,) = land(world)
    assert (line.status, line.rows, line.sha256) == ("rejected", 0, "")
    told = str(line.error)
    assert expected in told and VARIABLE in told and "fix:" in told
    for secret in (READER, PASSWORD, "not-the-secret", "127.0.0.1", "no_such_place", "db.invalid", str(server.port)):
        assert secret not in told
    assert len(land(world)) == 1
    assert len(world.query("from ops.file_ledger")) == 1, "the same failure is one line of the ledger"


@pytest.mark.parametrize(
    "address",
    [None, "", "crm", "http://x/y", "oracle://u:geheim@h/d", "postgresql://", "postgresql://u:geheim@h:port/d"],
)
def test_a_variable_without_a_usable_address_is_told_without_repeating_it(
    world: World, monkeypatch: pytest.MonkeyPatch, address: str | None
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    if address is not None:
        monkeypatch.setenv(VARIABLE, address)
    declare(world)
    (line,) = land(world)
    assert line.status == "rejected" and VARIABLE in str(line.error) and "fix:" in str(line.error)
    assert "geheim" not in str(line.error)


@pytest.mark.parametrize(
    ("query", "watermark", "expected"),
    [
        ("select nothing_such from client", None, "refuses the query"),
        ("selec * from client", None, "refuses the query"),
        ("select * from client", "changed_at", "no column changed_at"),
        ("select * from client", "name", "is no time, date, whole or decimal number"),
        ("delete from client", None, "refuses the query"),
    ],
)
def test_a_query_that_cannot_work_is_told(
    world: World, server: Server, query: str, watermark: str | None, expected: str
) -> None:
    insert(server, (1, "甲", "2026-01-01 10:00:00"))
    declare(world, query, watermark)
    (line,) = land(world)
    assert line.status == "rejected" and expected in str(line.error)
    assert "甲" not in str(line.error)


def test_the_session_can_write_nothing_even_where_the_user_may(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, server.url("owner"))
    server.execute("drop table if exists counter", "create table counter (n int)", "insert into counter values (1)")
    if server.name == "postgresql":
        query = "with gone as (delete from counter returning n) select * from gone"
        declare(world, query, None)
    else:
        server.execute(
            "drop function if exists wipe",
            "create function wipe() returns int modifies sql data begin delete from counter; return 1; end",
        )
        declare(world, "select wipe() as n", None)
    (line,) = land(world)
    assert line.status == "rejected"
    insert(server, (1, "甲", "2026-01-01"))
    with server.connect() as connection:
        assert connection.exec_driver_sql("select count(*) from counter").scalar() == 1


def test_a_value_a_query_fails_on_is_not_repeated(
    world: World, postgresql_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, postgresql_server.url())
    declare(world, "select cast(v as integer) as n from (values ('1'), ('张三13800000000')) t(v)", None)
    (line,) = land(world)
    assert line.status == "rejected" and "张三" not in str(line.error) and "138" not in str(line.error)


def test_a_connection_cut_while_rows_are_read_lands_the_rest_the_next_time(world: World, server: Server) -> None:
    fill(server, 400)
    declare(world, "select client.* from client", fetch_rows=20)
    cut = (
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'reader'"
        if server.name == "postgresql"
        else "begin not atomic for p in (select id from information_schema.processlist where user = 'reader') do kill p.id; end for; end"
    )
    lines = land(world, slice_rows=40, progress=lambda line: server.execute(cut) if line.rows else None)
    if len(landed(world)) < 400:  # a small rest may already have been on its way
        assert lines[-1].status == "rejected" and "broke off" in str(lines[-1].error)
    land(world, slice_rows=40)
    assert Counter(row[0] for row in landed(world)) == {str(n): 1 for n in range(400)}


# --- killed ------------------------------------------------------------------------------------------------------


def run_landing(world: World, kill_at: int = 0, kill_after: float | None = None) -> bool:
    """Land in a process of its own, killed at that moment or so long after it began; True where it came to its end."""
    begun, ready = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(
        target=land_database,
        args=(world.settings.home, world.registry, {VARIABLE: os.environ[VARIABLE]}, kill_at, ready),
    )
    process.start()
    ready.close()  # ours; at the end of the process nobody has it
    assert begun.recv()
    if kill_after is not None:
        time.sleep(kill_after)
        process.kill()
    process.join(60)
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode == 0


Rows = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def known() -> dict[str, Rows]:
    """By server what an undisturbed run lands, once one has."""
    return {}


@pytest.fixture
def undisturbed(world: World, server: Server, known: dict[str, Rows]) -> Rows:
    """The feed is declared and the table filled; what an undisturbed run lands."""
    fill(server, 5000)
    declare(world, fetch_rows=300)
    if server.name not in known:
        calm = World(world.settings.model_copy(update={"home": world.settings.home / "calm"}), world.registry)
        land(calm, slice_rows=500)
        known[server.name] = landed(calm)
    return known[server.name]


@pytest.mark.parametrize("kill_at", [1, 3, 5, 7, 8, 10, 27])
def test_a_run_killed_at_any_step_and_run_again_lands_what_an_undisturbed_one_lands(
    world: World, undisturbed: Rows, kill_at: int
) -> None:
    assert not run_landing(world, kill_at)
    assert run_landing(world)
    assert landed(world) == undisturbed
    files = {path.name[:32] for path in (world.settings.raw_dir / "directory").rglob("*.parquet*")}
    assert files == {row["sha256"][:32] for row in world.query("select sha256 from ops.file_ledger")}, (
        "no raw rows beside the ledger's"
    )
    assert not list((world.settings.raw_dir.parent / "read").rglob("*"))


def test_a_run_killed_at_random_moments_and_run_again_lands_what_an_undisturbed_one_lands(
    world: World, undisturbed: Rows
) -> None:
    chance = random.Random(7)
    for _ in range(6):
        if run_landing(world, kill_after=chance.uniform(0.05, 0.6)):
            break
    assert run_landing(world)
    assert landed(world) == undisturbed
