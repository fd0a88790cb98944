"""One small synthetic world for all tests: feed files as suppliers send them, a home to land them in, and its tables.

Everything is made up and the same at each run. Numbers lie in ranges nobody is reached at, companies do not exist.
What a test expects stands in the test; nothing is asserted here.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import yaml

from ccdata_assets.contracts.registry import Registry, load_registry
from ccdata_assets.landing.inbox import InboxFile, scan_inbox
from ccdata_assets.landing.land import land_feed
from ccdata_assets.landing.ledger import LedgerLine
from ccdata_assets.landing.open import open_file
from ccdata_assets.landing.raw_store import Lineage, raw_files, write_raw
from ccdata_assets.landing.reading import read_options
from ccdata_assets.settings import Settings
from ccdata_assets.warehouse.engine import connect
from ccdata_assets.warehouse.gate import account, decide, mark
from ccdata_assets.warehouse.staging import NOTHING_REPLACED, StagedFile, create_views, stage_feed

Row = dict[str, Any]

# --- feed files --------------------------------------------------------------------------------------------------

HOSPITAL_HEADER = ("名称", "省份", "城市", "区县", "详细地址", "联系电话", "来源", "采集日期")
HOSPITALS: tuple[tuple[str, ...], ...] = (
    ("青山市第一人民医院", "浙江省", "杭州市", "西湖区", "测试路1号", "0571-55500001", "example.org", "2026-01-05"),
    ("青山市中医院", "浙江省", "杭州市", "余杭区", "测试路2号", "0571-55500002", "example.org", "2026/1/5"),
    ("白水县妇幼保健院", "广东省", "深圳市", "南山区", "样例街3号", "0755-55500003", "example.org", "20260106"),
    ("白水县人民医院", "广东省", "深圳市", "福田区", "样例街4号", "", "example.org", "2026年1月7日"),
    ("北河康复医院", "北京市", "北京市", "海淀区", "样例街5号", "010-55500005", "example.org", "2026-01-08"),
)
"""Five hospitals; the fourth has no telephone, which its contract flags."""

BANK_CALL_HEADER = (
    "vru+line", "call_id", "customer_id", "priority", "type", "date", "vru_entry", "vru_exit", "vru_time",
    "q_start", "q_exit", "q_time", "outcome", "ser_start", "ser_exit", "ser_time", "server",
)  # fmt: skip
BANK_CAMPAIGN_HEADER = (
    "age", "job", "marital", "education", "default", "housing", "loan", "contact", "month", "day_of_week", "duration",
    "campaign", "pdays", "previous", "poutcome", "emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed", "y",
)  # fmt: skip


def table(
    header: Sequence[str] | None,
    rows: Iterable[Sequence[str]],
    delimiter: str = ",",
    newline: str = "\n",
    encoding: str = "utf-8",
) -> bytes:
    """A delimited file as `csv` writes it; cells with a line break of any kind are quoted."""
    text = io.StringIO(newline="")
    rows = list(rows)
    quoting = csv.QUOTE_ALL if any("\n" in cell or "\r" in cell for row in rows for cell in row) else csv.QUOTE_MINIMAL
    writer = csv.writer(text, delimiter=delimiter, lineterminator=newline, quoting=quoting)
    if header is not None:
        writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def hospitals(
    rows: Iterable[Sequence[str]] = HOSPITALS, header: Sequence[str] | None = HOSPITAL_HEADER, **form: str
) -> bytes:
    """A party feed: a directory with Chinese headers."""
    return table(header, rows, **form)


def hospital(name: str = "青山市第一人民医院", **cells: str) -> tuple[str, ...]:
    """One row of the directory; `cells` by Chinese header."""
    return tuple({**dict(zip(HOSPITAL_HEADER, HOSPITALS[0], strict=True)), "名称": name, **cells}.values())


def many_hospitals(count: int, first: int = 0) -> list[tuple[str, ...]]:
    """Hospitals numbered from `first`, each in one of five places, each with its own number."""
    return [
        (
            f"样例第{n}医院",
            *HOSPITALS[n % 5][1:4],
            f"测试路{n}号",
            f"0571-{55_500_000 + n}",
            "example.org",
            "2026-01-05",
        )
        for n in range(first, first + count)
    ]


def bank_call(call_no: int, **cells: str) -> tuple[str, ...]:
    """One call of the log: 20 s in the voice unit, 30 s in the queue, two minutes with an agent; `cells` by header."""
    usual = {
        "vru+line": "AA0101", "call_id": str(call_no), "customer_id": "0", "priority": "0", "type": "PS", "date": "990105",
        "vru_entry": "9:00:00", "vru_exit": "9:00:20", "vru_time": "20", "q_start": "9:00:20", "q_exit": "9:00:50", "q_time": "30",
        "outcome": "AGENT", "ser_start": "9:00:50", "ser_exit": "9:02:50", "ser_time": "120", "server": "DEMO",
    }  # fmt: skip
    return tuple({**usual, **cells}.values())


NO_SERVICE = {"ser_start": "0:00:00", "ser_exit": "0:00:00", "ser_time": "0", "server": "NO_SERVER"}
NO_QUEUE = {"q_start": "0:00:00", "q_exit": "0:00:00", "q_time": "0"}
CALLS: tuple[tuple[str, ...], ...] = (
    bank_call(1),
    bank_call(2, outcome="HANG", **NO_SERVICE),
    bank_call(3, outcome="PHANTOM", **NO_QUEUE, **NO_SERVICE),
    bank_call(
        4,
        vru_entry="23:59:30",
        vru_exit="23:59:50",
        q_start="23:59:50",
        q_exit="0:00:20",
        ser_start="0:00:20",
        ser_exit="0:01:20",
        ser_time="60",
    ),
    bank_call(5, date="990201"),
)
"""Answered, abandoned, phantom, one that crosses midnight, and one of the next month."""


def bank_calls(rows: Iterable[Sequence[str]] = CALLS) -> bytes:
    """A call feed in the form of the AnonymousBank log: tab-separated, yymmdd, 0:00:00 for no time."""
    return table(BANK_CALL_HEADER, rows, delimiter="\t", newline="\r\n")


def contact(month: str = "may", **cells: str) -> tuple[str, ...]:
    """One client of the campaign; `cells` by header."""
    usual = {
        "age": "42", "job": "services", "marital": "single", "education": "unknown", "default": "no", "housing": "yes", "loan": "no",
        "contact": "cellular", "month": month, "day_of_week": "mon", "duration": "180", "campaign": "1", "pdays": "999", "previous": "0",
        "poutcome": "nonexistent", "emp.var.rate": "1.1", "cons.price.idx": "93.994", "cons.conf.idx": "-36.4", "euribor3m": "4.857",
        "nr.employed": "5191", "y": "no",
    }  # fmt: skip
    return tuple({**usual, **cells}.values())


CONTACTS: tuple[tuple[str, ...], ...] = (
    contact(),
    contact(y="yes"),
    contact("dec"),
    contact("mar", contact="telephone"),
    contact("mar", y="yes", duration="0"),
)
"""Two in May 2008, one in December, two in March 2009; the last is a sale without talk, which is flagged."""


def campaign(rows: Iterable[Sequence[str]] = CONTACTS) -> bytes:
    """An outbound feed: semicolons, English headers, no year."""
    return table(BANK_CAMPAIGN_HEADER, rows, delimiter=";")


def whole_world() -> dict[str, bytes]:
    """One good file of each shipped feed, by its name in the inbox."""
    return {
        "cn_hospitals/2026-01.csv": hospitals(),
        "bank_call/january.txt": bank_calls(),
        "bank_campaign/campaign.csv": campaign(),
    }


# --- contracts ---------------------------------------------------------------------------------------------------

DIRECTORY: Row = {
    "feed": "directory",
    "title": {"zh": "测试名录", "en": "A directory of tests"},
    "subject": "party",
    "source": {"files": "directory/*"},
    "owner": "team:tests",
    "fields": {"company_name": {"required": True}, "phone": {}, "city": {}},
}
"""The smallest contract of use, to change and to break."""


def write_contract(
    folder: Path, changes: Mapping[str, Any] = {}, base: Row = DIRECTORY, file: str | None = None
) -> Path:
    """Write DIRECTORY with top-level `changes` (None takes a key away) as <feed>.yaml; give the path."""
    spec = {key: value for key, value in {**base, **changes}.items() if value is not None}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (file or f"{spec['feed']}.yaml")
    path.write_text(yaml.safe_dump(spec, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


# --- a home ------------------------------------------------------------------------------------------------------


def make_settings(home: Path, now: str = "2026-02-01", **changes: Any) -> Settings:
    """Settings of a home of its own with a fixed business time."""
    return Settings(home=home, now=now, **{"settle_s": 0, **changes})


_REGISTRIES: dict[str, Registry] = {}
"""What `World.contract` has loaded, by what was asked for; a registry never changes."""
OWN = ("_file", "_sha256", "_member", "_landed_at", "_text")
"""Columns of a raw row that `cells` leaves out, beside its number and its fault."""


@dataclass
class World:
    """A home, its declarations, and what the steps before dbt do in it, without Dagster."""

    settings: Settings
    registry: Registry = field(default_factory=load_registry, repr=False)

    def put(self, name: str, content: bytes | str, modified: float | None = None) -> Path:
        """Lay a file into the inbox as <feed>/<file>."""
        path = self.settings.inbox_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        if modified is not None:
            os.utime(path, (modified, modified))
        return path

    def contract(self, **changes: Any) -> None:
        """Declare (or change) the feed `directory` beside the shipped ones; `changes` replace its top-level keys."""
        wanted = json.dumps([changes, self.settings.time_zone], sort_keys=True)
        if wanted not in _REGISTRIES:
            folder = self.settings.home / "contracts"
            write_contract(folder, changes)
            _REGISTRIES[wanted] = load_registry([folder], self.settings.time_zone)
        self.registry = _REGISTRIES[wanted]

    def at(self, now: str) -> World:
        """The same home at another business time."""
        return replace(self, settings=Settings(**{**self.settings.model_dump(), "now": now}))

    @contextmanager
    def warehouse(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with connect(self.settings) as con:
            yield con

    def land(self, feed: str = "directory", run_id: str = "run") -> list[LedgerLine]:
        """Land what is new of one feed; its lines of the ledger."""
        files = scan_inbox(self.settings.inbox_dir, self.registry).by_feed[feed]
        with self.warehouse() as con:
            return land_feed(con, self.registry.feeds[feed], self.registry, self.settings, files, run_id).lines

    def land_one(self, content: bytes | str, name: str = "directory/file.csv") -> LedgerLine:
        """Put one file into the inbox and land it."""
        self.put(name, content)
        (line,) = self.land(name.partition("/")[0])
        return line

    def stage(self, feed: str = "directory", run_id: str = "run") -> list[StagedFile]:
        """Land, judge and gate what is new of one feed, then make the unions anew."""
        self.land(feed, run_id)
        contract = self.registry.feeds[feed]
        with self.warehouse() as con:
            staged = stage_feed(con, contract, self.registry, self.settings)
            decide(con, contract, self.settings, account(con, contract, self.settings), [], run_id)
            mark(con, contract)
            create_views(con, self.registry)
        return staged

    def stage_one(self, content: bytes | str, name: str = "directory/file.csv") -> StagedFile:
        """Put one file into the inbox and take it as far as its gate."""
        self.put(name, content)
        (staged,) = self.stage(name.partition("/")[0])
        return staged

    def query(self, sql: str, *values: Any) -> list[Row]:
        """The rows of a query on the warehouse."""
        with self.warehouse() as con:
            return fetch(con, sql, *values)

    def raw(self, line: LedgerLine) -> list[Row]:
        """The raw rows of a landed file, in the order of its members and rows."""
        paths = [str(path) for path in raw_files(self.settings.raw_dir / line.feed, line.sha256)]
        with duckdb.connect() as con:
            return [row for path in paths for row in fetch(con, "select * from read_parquet(?) order by _row", path)]

    def cells(self, line: LedgerLine) -> list[tuple[Any, ...]]:
        """(_row, _fault, the source's own cells …) of each raw row."""
        return [tuple(value for name, value in row.items() if name not in OWN) for row in self.raw(line)]

    def faults(self) -> list[tuple[int, str, str | None]]:
        """(row, rule, field) of all that is in quarantine."""
        return [
            (row["row"], row["rule"], row["field"])
            for row in self.query("select row, rule, field from ops.quarantine order by all")
        ]

    def judge(self, con: duckdb.DuckDBPyConnection, content: bytes, feed: str) -> Row:
        """Land and judge one file on an open connection, for the many examples of a property; its line of the ledger."""
        path = self.put(f"{feed}/{hashlib.sha256(content).hexdigest()[:16]}.csv", content)
        contract, state = self.registry.feeds[feed], path.stat()
        file = InboxFile(f"{feed}/{path.name}", path, state.st_size, state.st_mtime_ns)
        land_feed(con, contract, self.registry, self.settings, [file], "run")
        stage_feed(con, contract, self.registry, self.settings)
        (line,) = fetch(con, "select * from ops.file_ledger where file = ? order by rowid limit 1", file.name)
        return line

    def read_back(self, content: bytes, feed: str = "directory") -> list[tuple[Any, ...]]:
        """(_row, _fault, the source's own cells …) of a file, read and written to Parquet without the ledger."""
        path = self.put(f"{feed}/read_back", content)
        options = read_options(self.registry.feeds[feed], self.registry, self.settings)
        folder = self.settings.home / "read_back"
        shutil.rmtree(folder, ignore_errors=True)
        write_raw(
            folder,
            open_file(path, options),
            Lineage("read_back", "0" * 64, self.settings.as_of),
        )
        rows = [row for part in sorted(folder.glob("*.parquet")) for row in pq.read_table(part).to_pylist()]
        return [tuple(value for name, value in row.items() if name not in OWN) for row in rows]


def fetch(con: duckdb.DuckDBPyConnection, sql: str, *values: Any) -> list[Row]:
    """The rows of a query by column name."""
    result = con.execute(sql, list(values))
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


# --- records for resolution --------------------------------------------------------------------------------------

PARTY_RECORD = """create or replace table standard.party_record (feed varchar, file varchar, sha256 varchar, member varchar, row bigint,
    received_on date, landed_at timestamptz, is_repeat boolean, flags varchar[], trust integer, crm_id varchar, crm_id_of varchar, company_name varchar, match_key varchar,
    trade_name varchar, legal_form_code varchar, branch varchar, parent varchar, industry_words varchar, company_region_code varchar, contact_name varchar,
    contact_key varchar, surname varchar, given_name varchar, gender varchar, title varchar, numbers varchar[], fax varchar, email varchar,
    email_domain varchar, is_free_mail boolean, website varchar, website_domain varchar, province varchar, city varchar, county varchar,
    region_code varchar, province_code varchar, city_code varchar, region_status varchar, region_source varchar, address varchar,
    address_rest varchar, address_key varchar, postcode varchar, industry_code varchar, uscc varchar, legal_representative varchar,
    registered_capital decimal(38, 2), registered_capital_currency varchar, employees_min bigint, employees_max bigint, source_site varchar,
    has_channel boolean,
    statuses struct(company_name varchar, contact_name varchar, title varchar, mobile varchar, phone varchar, other_phone varchar,
        fax varchar, email varchar, website varchar, region varchar, address varchar, postcode varchar, industry varchar, uscc varchar,
        legal_representative varchar, registered_capital varchar, employees varchar, source_site varchar),
    agreements struct(columns_address boolean, area_code_region boolean, mobile_region boolean, postcode_region boolean,
        company_region boolean, email_website boolean, gender_name boolean))"""
"""standard.party_record as dbt makes it, for tests without dbt."""
FCT_RECORD = """create or replace view marts.fct_record as
select record.* exclude (subject), record.feed || coalesce('/' || party.source_site, '') as source, party.province_code, party.industry_code as industry_section, coalesce(party.has_channel, false) as has_channel,
    record.status = 'staged' and len(record.flags) = 0 and coalesce(party.has_channel, false) as is_valid
from staged.record as record
left join standard.party_record as party
    on record.feed = party.feed and record.sha256 = party.sha256 and record.member = party.member and record.row = party.row
where record.subject = 'party'"""
"""marts.fct_record as dbt makes it, for tests without dbt."""


def write_party_records(con: duckdb.DuckDBPyConnection, records: Iterable[Mapping[str, Any]]) -> None:
    """Replace standard.party_record, every file whose records are others than before read anew.

    A record needs `row`, the rest has a usual value.
    """
    con.execute(PARTY_RECORD)
    con.execute(f"create view if not exists staged.party_replaced as {NOTHING_REPLACED}")
    usual = {
        "feed": "directory",
        "file": "directory/a.csv",
        "sha256": "a" * 64,
        "member": "",
        "received_on": date(2026, 1, 1),
        "trust": 50,
        "company_name": "样例公司",
        "numbers": [],
    }
    for record in records:
        values = {**usual, **record}
        con.execute(
            f"insert into standard.party_record ({', '.join(values)}) values ({', '.join('?' * len(values))})",
            list(values.values()),
        )
    mark_read(con)


def mark_read(con: duckdb.DuckDBPyConnection) -> None:
    """Say of every file of standard.party_record that it was read, by a contract that is another one where its records are others."""
    con.execute("delete from ops.read_batch where dictionary = 'party_reading'")
    con.execute(
        """insert into ops.read_batch
        select 'party_reading', 'test', feed, sha256, md5(string_agg(cast(party as varchar), chr(10) order by member, row))
        from standard.party_record as party group by feed, sha256"""
    )
