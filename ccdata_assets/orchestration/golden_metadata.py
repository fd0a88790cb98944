"""What the Dagster UI shows of golden/*: the numbers of resolution as scalars, short tables and one chart.

A story is made where resolution ran, kept in resolution.story, and shown again by runs that find nothing new: the
latest run always tells how things stand. Counts, IDs and masked names, never a value of a record.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import dagster as dg
import duckdb

from ccdata_assets.orchestration.metadata import markdown_table
from ccdata_assets.resolution.decisions import KEPT
from ccdata_assets.resolution.engine import Resolved
from ccdata_assets.resolution.metrics import Backlog, Duplicates, Numbers, Size, backlog
from ccdata_assets.resolution.stability import Known
from ccdata_assets.resolution.words import load_words

Story = dict[str, dict[str, int | float | str]]
"""By golden table: scalars, and texts in Markdown."""

KINDS = {
    "birth": "新生 births",
    "merge": "合并 merges",
    "split": "拆分 splits",
    "move": "迁移 moves",
    "retire": "消亡 retirements",
}
_ENTITIES = {"organisation": "组织 organisations", "contact": "联系人 contacts"}


def tell(con: duckdb.DuckDBPyConnection, resolved: Resolved, numbers: Numbers, known: Known) -> Story:
    """The story of a run of resolution."""
    return {
        "organisation": {
            "new_records": resolved.new_records,
            **_rates(numbers.organisations),
            "duplicates": _duplicates(numbers.organisations, "组织 organisations"),
            "changes": _changes(resolved),
            "stability": _stability(known),
            "biggest": _biggest(numbers),
            "blocking": _blocking(numbers),
            "sizes": _sizes(numbers.sizes),
        },
        "contact": {
            **_rates(numbers.contacts),
            "without_organisation": numbers.lonely_contacts,
            "duplicates": _duplicates(numbers.contacts, "联系人 contacts"),
        },
        "crosswalk": {"rows": _rows(con)},
        "entity_event": {"events": _events(con, resolved)},
        "membership": {"rows": _memberships(con)},
        "decision": {"decisions": _decisions(con)},
    }


def write_story(con: duckdb.DuckDBPyConnection, story: Story) -> None:
    """Keep the story for the runs that find nothing new."""
    con.execute(
        "create or replace table resolution.story as select ? as story", [json.dumps(story, ensure_ascii=False)]
    )


def read_story(con: duckdb.DuckDBPyConnection) -> Story:
    """The story of the last run that had one to tell, with what waits for a steward now; empty where there was none."""
    tables = con.execute("select table_name from duckdb_tables() where schema_name = 'resolution'").fetchall()
    if ("story",) not in tables:
        return {}
    found: Story = json.loads(con.execute("select story from resolution.story").fetchall()[0][0])
    waiting = backlog(con)
    found["organisation"] |= {"review_pairs": waiting.pairs, "review": _review(waiting)}
    return found


def shown(part: Mapping[str, int | float | str]) -> dict[str, Any]:
    """A part of the story as Dagster metadata."""
    return {name: dg.MetadataValue.md(value) if isinstance(value, str) else value for name, value in part.items()}


def _rates(found: Duplicates) -> dict[str, int | float | str]:
    return {
        "duplicate_rate": round(found.total.within, 4),
        "duplicate_rate_across_feeds": round(found.across, 4),
        "in_several_feeds_share": round(found.total.shared_share, 4),
    }


def _words(code: str) -> str:
    """What stewards are told of a reason, in both languages."""
    words = load_words().of(code)
    return words.zh if words.zh == words.en else f"{words.zh} {words.en}"


def _table(header: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    return str(markdown_table(header, rows).value) if rows else "无 none"


def _duplicates(found: Duplicates, entities: str) -> str:
    """By feed and over all; the feeds of fewest rows are left out where there are many."""
    rates = [*found.feeds[:11], found.total]
    return _table(
        ("数据源 feed", "记录 rows", entities, "源内重复率 repeat one of their feed", "他源也有 met in another feed"),
        [
            (
                "合计 all" if rate is found.total else rate.feed,
                rate.rows,
                rate.entities,
                f"{rate.within:.1%}",
                f"{rate.shared_share:.1%}",
            )
            for rate in rates
        ],
    )


def _changes(resolved: Resolved) -> str:
    return _table(
        ("本次 this run", *KINDS.values()),
        [
            (_ENTITIES[entity], *(resolved.events.get(entity, {}).get(kind, 0) for kind in KINDS))
            for entity in _ENTITIES
        ],
    )


def _stability(known: Known) -> str:
    """Of the organisations that were there when the checks last passed."""
    if not known.organisations:
        return "首次运行，无可比较 the first run: nothing to compare with"
    return _table(
        ("原有组织 organisations there before", "合并 merged", "拆分 split", "其中无因 of these unexplained",
         "原有记录重复率 duplicate rate of their rows", "现在 now"),
        [(known.organisations, known.merged, known.split, known.unexplained,
          f"{known.rate_before:.2%}", f"{known.rate_now:.2%}")],
    )  # fmt: skip


def _biggest(numbers: Numbers) -> str:
    return _table(
        ("编号 ID", "名称（脱敏） name (masked)", "记录 records", "数据源 feeds", "写法 names"),
        [(big.organisation_id, big.name, big.records, big.feeds, big.names) for big in numbers.biggest],
    )


def _blocking(numbers: Numbers) -> str:
    compared = load_words().compare
    return _table(
        (
            "比对依据 compared because they",
            "共有值 shared values",
            "比对对数 pairs",
            "停用值 stopped values",
            "略去对数 pairs left out",
        ),
        [
            (
                f"{rule.rule}: {_words(f'{rule.rule}.same' if rule.rule in compared else f'exact.{rule.rule}')}",
                rule.values,
                rule.pairs,
                rule.stopped_values,
                rule.stopped_pairs,
            )
            for rule in numbers.blocking
        ],
    )


def _review(backlog: Backlog) -> str:
    return _table(
        ("待审原因 why a steward is asked", "组织对 pairs of organisations"),
        [(_words(reason), pairs) for reason, pairs in backlog.reasons.items()],
    )


def _sizes(sizes: list[Size]) -> str:
    """A bar chart of the records by the size of their organisation, as an image within Markdown."""
    # drawing takes most of a second to load, which a run with nothing new need not wait for
    from ccdata_assets.reporting import charts
    from ccdata_assets.reporting.inline_chart import image
    from ccdata_assets.reporting.model import Chart, Column, Table, Text

    columns = (
        Column("size", Text("每个组织的记录数", "records of an organisation"), "text"),
        Column("records", Text("记录", "records"), "count"),
    )
    title = Text("记录按所属组织的大小", "Records by the size of their organisation")
    table = Table("sizes", title, columns, tuple((size.size, size.records) for size in sizes))
    return image("sizes", charts.picture([(Chart("sizes", title, "bar", "sizes", "size", ("records",)), table)]))


def _rows(con: duckdb.DuckDBPyConnection) -> str:
    rows = con.execute(
        """select count(*) filter (contact_id is null), count(*) filter (organisation_id is null),
            count(*) filter (organisation_id is not null and contact_id is not null) from golden.crosswalk"""
    ).fetchall()
    return _table(("仅组织 organisation only", "仅联系人 contact only", "两者 both"), rows)


def _events(con: duckdb.DuckDBPyConnection, resolved: Resolved) -> str:
    rows = con.execute(
        "select entity_kind, kind, count(*) from golden.entity_event group by all order by entity_kind desc, kind"
    ).fetchall()
    return _table(
        ("实体 entity", "事件 event", "累计 ever", "本次 this run"),
        [(_ENTITIES[entity], KINDS.get(kind, kind), ever, resolved.events.get(entity, {}).get(kind, 0))
         for entity, kind, ever in rows],
    )  # fmt: skip


def _memberships(con: duckdb.DuckDBPyConnection) -> str:
    """The lines of the last runs that changed a row's entity, newest first."""
    rows = con.execute(
        """select strftime("at", '%Y-%m-%d %H:%M UTC'), entity_kind, count(*) filter (entity_id is not null),
            count(*) filter (entity_id is null)
        from golden.membership where seq > (select max(seq) - 5 from golden.membership)
        group by seq, "at", entity_kind order by seq desc, entity_kind desc"""
    ).fetchall()
    return _table(("业务时间 business time", "实体 entity", "归入的行 rows that came", "离开的行 rows that left"),
                  [(at, _ENTITIES[entity], came, left) for at, entity, came, left in rows])  # fmt: skip


def _decisions(con: duckdb.DuckDBPyConnection) -> str:
    names = {
        "same": "同一组织 same",
        "apart": "不同组织 apart",
        "none": "已撤回 withdrawn",
        "accept": "接受突变 accepted",
    }
    rows = con.execute(
        f"""with last as (
            select * from golden.decision qualify row_number() over (partition by decision_id order by rowid desc) = 1
        ),
        kept as ({KEPT})
        select kind, count(*), count(*) filter (not is_kept) from last left join kept using (decision_id) group by kind order by kind"""
    ).fetchall()
    return _table(
        ("主管决定 decision", "条数 number", "与其他决定矛盾 at odds with others"),
        [(names.get(kind, kind), number, odd) for kind, number, odd in rows],
    )
