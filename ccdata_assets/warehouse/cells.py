"""Suspect cells: which cells of a feed's released rows are likely wrong, by which rule, and what is expected instead.

A flag of a row that concerns one field is a finding of that cell. The rules across rows (`agree`, `spelling`) are worked out
here, each field by itself and as a whole, so nothing depends on the order of rows or files. Rows that are held or replaced
have no part in it; repeats are judged and have no voice. What a finding expects stays in the warehouse.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

import duckdb

from ccdata_assets.contracts.compile import DAMAGED, literal, quote
from ccdata_assets.contracts.model import BASE_TYPES, Agree, AgreeRule, Contract, Spelling, SpellingRule
from ccdata_assets.warehouse.engine import transaction

ROUNDS = 20
"""Rounds in which sources are weighed; nearly always their weights stand still after five."""
UNIT = 1_000_000
"""Weights are counted in whole millionths: sums do not depend on the order of rows, and a tie is one."""
FREQUENT = 1_000
"""Of the texts of a field, how many of the most frequent others are compared with."""
ALPHABET = 126
"""Different characters that two texts may have to be compared: DuckDB's levenshtein counts bytes, so each becomes one."""


@lru_cache
def cells_code() -> str:
    """A hash of how cells are judged: a change of it judges them anew."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]


def judge_cells(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Write the feed's lines of ops.cell_finding and ops.source_agreement anew, and the flags its rows have by them."""
    feed = contract.feed
    with transaction(con):
        con.execute("delete from ops.cell_finding where feed = ?", [feed])
        con.execute("delete from ops.source_agreement where feed = ?", [feed])
        con.execute(
            f"""create or replace temp view judged_row as select rowid as id, * from staged.{feed}
            where not _is_superseded
                and _sha256 in (select sha256 from ops.batch_gate where feed = {literal(feed)} and status = 'released')"""
        )
        con.execute("create or replace temp table finding (id bigint, field varchar, rule varchar, expected varchar)")
        _find_flagged(con, contract)
        for rule in contract.cell_rules:
            for field in rule.fields:
                match rule:
                    case AgreeRule():
                        _settle(con, rule.agree, field)
                        _find_disagreeing(con, feed, rule, field)
                    case SpellingRule():
                        _find_misspelt(con, rule.name, rule.spelling, field)
        con.execute(
            f"""insert into ops.cell_finding
            select {literal(feed)}, _file, _sha256, _member, _row, field, rule, expected
            from finding join staged.{feed} as s on s.rowid = finding.id order by all"""
        )
        if contract.cell_rules:
            _flag_rows(con, contract)
        for name in ("claim", "voice", "settled", "said", "finding"):
            con.execute(f"drop table if exists temp.{name}")
        con.execute("drop view temp.judged_row")


def _find_flagged(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Findings of the flags that a row got by itself."""
    fields = {
        f"{name}{ending}": name
        for name in contract.fields
        for ending in (DAMAGED, *(f"_not_{kind}" for kind in (*BASE_TYPES, "code")))
    } | {rule.name: rule.field for rule in contract.row_rules if rule.field and rule.severity == "flag"}
    entries = ", ".join(f"{literal(flag)}: {literal(name)}" for flag, name in fields.items())
    con.execute(
        f"""insert into finding
        select id, (map {{{entries}}})[flag] as field, flag, null
        from (select id, unnest(_flags) as flag from judged_row) where field is not null"""
    )


def _settle(con: duckdb.DuckDBPyConnection, agree: Agree, field: str) -> None:
    """Find out what is expected: the tables `said` (rows), `claim` (thing, source, value), `voice` (source), `settled` (thing).

    A value is expected of a thing where more speaks for it than for any other. A source has one voice for each value it
    gives; the weight of a voice is ln((agreed + 1) / (not agreed + 1)) of the things on which the source can be compared
    with others, and at least 0: who is wrong as often as right says nothing. Weights and values are worked out by turns,
    as in finding truth among web sources (Li et al. 2012, Truth finding on the deep web), with no other parameter. Where
    trusted rows speak of a thing, only they decide; sources are first weighed by those things, else all are equal at first.
    """
    thing = f"concat_ws(chr(31), {', '.join(f'cast({quote(name)} as varchar)' for name in agree.by)})"
    given = " and ".join(f"{quote(name)} is not null" for name in agree.by)
    source = f"cast({quote(agree.source)} as varchar)" if agree.source else "''"
    trusted = f"coalesce(try(({agree.trusted})), false)" if agree.trusted else "false"
    con.execute(
        f"""create or replace temp table said as
        select id, dense_rank() over (order by {thing}) as thing, {source} as source, cast({quote(field)} as varchar) as value, {trusted} as is_trusted,
            not _is_repeat as has_voice
        from judged_row where {given}"""
    )
    con.execute(
        f"""create or replace temp table claim as
        with given as (
            select thing, source, value, bool_or(is_trusted) as is_trusted, {"1" if agree.source else "count(*)"} as voices
            from said where has_voice and value is not null and source is not null group by thing, source, value
        )
        select *, min(source) over same <> max(source) over same as is_compared from given window same as (partition by thing)"""
    )
    con.execute(
        f"create or replace temp table voice as select distinct source, 0 as compared, 0 as agreed, {UNIT} as weight from claim"
    )
    if agree.source and con.execute("select 1 from claim where is_trusted limit 1").fetchall():
        _choose(con, "word > 0")
        _weigh(con)
    for _ in range(ROUNDS):
        _choose(con)
        if not agree.source or not _weigh(con):
            break


def _choose(con: duckdb.DuckDBPyConnection, among: str = "true") -> None:
    """What is expected of each thing, sources weighed as they are now; nothing where two values are equally strong."""
    con.execute(
        f"""create or replace temp table settled as
        with tally as (
            select thing, value, sum(voices * weight) as weight, coalesce(sum(voices) filter (where is_trusted), 0) * {UNIT} as word
            from claim join voice using (source) group by thing, value
        ),
        strength as (
            select thing, value, if(max(word) over (partition by thing) > 0, word, weight) as strength from tally where {among}
        ),
        ranked as (
            select *, row_number() over strongest as place, lead(strength, 1, 0) over strongest as next
            from strength window strongest as (partition by thing order by strength desc)
        )
        select thing, value as expected from ranked where place = 1 and strength > next"""
    )


def _weigh(con: duckdb.DuckDBPyConnection) -> bool:
    """Weigh the sources by how often they agree with what is expected now; false where nothing changes by it."""
    con.execute(
        f"""create or replace temp table weighed as
        with counted as (
            select source, count(*) as compared, count(*) filter (where value = expected) as agreed
            from claim join settled using (thing) where is_compared group by source
        )
        select source, coalesce(c.compared, 0) as compared, coalesce(c.agreed, 0) as agreed,
            cast(greatest(0, round(ln((coalesce(c.agreed, 0) + 1) / (coalesce(c.compared - c.agreed, 0) + 1)) * {UNIT})) as bigint) as weight
        from voice left join counted as c using (source)"""
    )
    changed = con.execute(
        "select 1 from voice join weighed using (source) where voice.weight <> weighed.weight limit 1"
    )
    is_changed = bool(changed.fetchall())
    con.execute("create or replace temp table voice as from weighed")
    con.execute("drop table temp.weighed")
    return is_changed


def _find_disagreeing(con: duckdb.DuckDBPyConnection, feed: str, rule: AgreeRule, field: str) -> None:
    """Findings of one field of an `agree` rule, from what `_settle` has left."""
    gap = "value is null and thing in (select thing from claim)" if rule.agree.gaps else "false"
    con.execute(
        f"""insert into finding
        select id, {literal(field)}, {literal(rule.name)}, expected
        from said left join settled using (thing) where value <> expected or {gap}"""
    )
    if rule.agree.source:
        con.execute(
            f"""insert into ops.source_agreement
            select {literal(feed)}, {literal(rule.name)}, {literal(field)}, source, compared, agreed, weight / {UNIT}
            from voice order by source"""
        )


def _find_misspelt(con: duckdb.DuckDBPyConnection, rule: str, spelling: Spelling, field: str) -> None:
    """Findings of one field of a `spelling` rule: rare texts with one nearest among the frequent ones.

    The distance counts inserted, deleted and replaced characters. Texts of other figures are never the same: numbers are
    not misspelt.
    """
    letters = "string_split(rare.value || often.value, '')"
    alphabet = f"array_to_string(list_distinct({letters}), '')"
    signs = f"array_to_string(list_transform(range(1, {ALPHABET + 1}), lambda place: chr(place::integer)), '')"
    in_bytes = f"levenshtein(translate(rare.value, {alphabet}, {signs}), translate(often.value, {alphabet}, {signs}))"
    is_plain = "strlen(rare.value) = length(rare.value) and strlen(often.value) = length(often.value)"
    distance = f"""case when {is_plain} then levenshtein(rare.value, often.value)
        when length({alphabet}) <= {ALPHABET} then {in_bytes} end"""
    allowed = f"cast(floor((1 - {spelling.likeness}) * length(often.value) + 1e-9) as integer)"
    con.execute(
        f"""insert into finding
        with counted as (
            select {quote(field)} as value, count(*) as times, regexp_replace({quote(field)}, '[^\\pN]', '', 'g') as figures
            from judged_row where {quote(field)} is not null and not _is_repeat group by all
        ),
        frequent as (
            select value, times, figures from counted where times >= {spelling.times} order by times desc, value limit {FREQUENT}
        ),
        near as (
            select rare.value, often.value as expected, {distance} as distance
            from counted as rare join frequent as often
                on often.figures = rare.figures and often.times >= rare.times * {spelling.times}
                and abs(length(often.value) - length(rare.value)) <= {allowed}
            where distance <= {allowed}
        ),
        nearest as (
            from near qualify distance = min(distance) over (partition by value) and count(*) over (partition by value, distance) = 1
        )
        select id, {literal(field)}, {literal(rule)}, expected
        from judged_row join nearest on nearest.value = judged_row.{quote(field)}"""
    )


def _flag_rows(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """A row with a finding of a rule across rows has the rule among its flags, and no other row has."""
    feed = contract.feed
    own = ", ".join(literal(rule.name) for rule in contract.cell_rules)
    con.execute(
        f"""update staged.{feed} as s set _flags = judged.flags
        from (
            select r.rowid as id,
                list_concat(list_filter(r._flags, lambda flag: flag not in ({own})), coalesce(found.rules, [])) as flags
            from staged.{feed} as r left join (
                select id, list(distinct rule order by rule) as rules from finding where rule in ({own}) group by id
            ) as found on found.id = r.rowid
        ) as judged
        where s.rowid = judged.id and s._flags <> judged.flags"""
    )
    con.execute(
        f"""update ops.file_ledger as l set flagged = c.flagged from (
            select _sha256, count(*) filter (where len(_flags) > 0) as flagged from staged.{feed} group by all
        ) as c where l.feed = {literal(feed)} and l.sha256 = c._sha256 and l.status <> 'repeat' and l.flagged <> c.flagged"""
    )
