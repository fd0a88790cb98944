"""The numbers of resolution: how many duplicates there are, where they come from, and what is left to people.

Counted from the golden tables and from what resolution keeps, after a run. The one text in them that names anybody is
the masked name of a large organisation. How they are shown does not belong here.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from ccdata_assets.resolution.links import FIRST_BLOCK
from ccdata_assets.resolution.rules import OrganisationRules, Rules

SIZES = ("1", "2", "3", "4–5", "6–10", "11–20", "21–50", "51+")
"""Classes of organisations by their number of records."""
_LEAST = (1, 2, 3, 4, 6, 11, 21, 51)
BIGGEST = 8


@dataclass(frozen=True)
class Rate:
    """Rows and the entities they are, of one feed or of all."""

    feed: str
    rows: int
    entities: int
    shared: int
    """Of the entities: met in another feed too."""

    @property
    def within(self) -> float:
        """Duplicate rate: the share of rows that repeat an entity which another row has."""
        return 1 - self.entities / self.rows if self.rows else 0.0

    @property
    def shared_share(self) -> float:
        """Share of the entities that another feed has too."""
        return self.shared / self.entities if self.entities else 0.0


@dataclass(frozen=True)
class Duplicates:
    """Duplicate rates of one kind of entity: `feeds` by rows, most first, and `total` over all rows."""

    feeds: list[Rate]
    total: Rate

    @property
    def across(self) -> float:
        """Across feeds: 1 - entities / sum of each feed's entities; 0 where no feed has what another has."""
        of_feeds = sum(feed.entities for feed in self.feeds)
        return 1 - self.total.entities / of_feeds if of_feeds else 0.0


@dataclass(frozen=True)
class Big:
    """A large organisation; `name` shows its first character only, `names` says how many it goes by."""

    organisation_id: str
    name: str
    records: int
    feeds: int
    names: int


@dataclass(frozen=True)
class Size:
    """Organisations with so many records, and their records."""

    size: str
    organisations: int
    records: int


@dataclass(frozen=True)
class Blocked:
    """What one rule with a bound brings together: values that nodes of different names share, pairs of these nodes, and the
    values and pairs that its bound leaves out."""

    rule: str
    values: int
    pairs: int
    stopped_values: int
    stopped_pairs: int


@dataclass(frozen=True)
class Backlog:
    """Pairs of organisations that may be one, by why they are not (codes of words.yaml), most first."""

    reasons: dict[str, int]

    @property
    def pairs(self) -> int:
        """All of them: a pair counts for one reason."""
        return sum(self.reasons.values())


@dataclass(frozen=True)
class Numbers:
    """All of it but the backlog, which changes without a resolution too."""

    organisations: Duplicates
    contacts: Duplicates
    lonely_contacts: int
    """Contacts without an organisation."""
    biggest: list[Big]
    sizes: list[Size]
    blocking: list[Blocked]


def count_all(con: duckdb.DuckDBPyConnection, rules: Rules) -> Numbers:
    """Count; needs the tables that engine.resolve leaves."""
    lonely = con.execute("select count(*) from golden.contact where organisation_id is null").fetchall()[0][0]
    return Numbers(
        organisations=duplicates(con, "organisation_id"),
        contacts=duplicates(con, "contact_id"),
        lonely_contacts=lonely,
        biggest=biggest(con),
        sizes=sizes(con),
        blocking=blocking(con, rules.organisation),
    )


def duplicates(con: duckdb.DuckDBPyConnection, entity: str) -> Duplicates:
    """Duplicate rates by feed and over all, of golden.crosswalk's column `entity`."""
    *feeds, total = con.execute(
        f"""with of_feed as (
            select feed, {entity} as id, count(*) as rows from golden.crosswalk where {entity} is not null group by all
        ),
        shared as (select id, sum(rows) as rows, count(*) > 1 as is_shared from of_feed group by id)
        select feed, sum(of_feed.rows) as rows, count(*), count(*) filter (is_shared), 0 as place
        from of_feed join shared using (id) group by feed
        union all select 'all', coalesce(sum(rows), 0), count(*), count(*) filter (is_shared), 1 from shared
        order by place, rows desc, feed"""
    ).fetchall()
    return Duplicates([_rate(row) for row in feeds], _rate(total))


def _rate(row: tuple[str, int, int, int, int]) -> Rate:
    feed, rows, entities, shared, _ = row
    return Rate(feed, int(rows), entities, shared)


def biggest(con: duckdb.DuckDBPyConnection, number: int = BIGGEST) -> list[Big]:
    """The organisations of most records, those of one record left out; many names in one are worth a look."""
    rows = con.execute(
        """with big as (
            select organisation_id, company_name, records, feeds from golden.organisation where records > 1
            order by records desc, organisation_id limit $1
        ),
        named as (
            select organisation_id, count(distinct party.match_key) as names
            from golden.crosswalk as crosswalk semi join big using (organisation_id)
            join standard.party_record as party using (feed, sha256, member, row) group by organisation_id
        )
        select organisation_id, coalesce(left(company_name, 1), '') || '***', records, feeds, coalesce(names, 0)
        from big left join named using (organisation_id) order by records desc, organisation_id""",
        [number],
    ).fetchall()
    return [Big(*row) for row in rows]


def sizes(con: duckdb.DuckDBPyConnection) -> list[Size]:
    """Organisations by their number of records, in the classes of SIZES, empty ones too."""
    classes = " ".join(f"when records >= {least} then {place}" for place, least in reversed(list(enumerate(_LEAST))))
    found = {
        place: (organisations, int(records))
        for place, organisations, records in con.execute(
            f"select case {classes} end as place, count(*), sum(records) from golden.organisation group by all"
        ).fetchall()
    }
    return [Size(size, *found.get(place, (0, 0))) for place, size in enumerate(SIZES)]


def blocking(con: duckdb.DuckDBPyConnection, rules: OrganisationRules) -> list[Blocked]:
    """What each exact rule with a bound, and then each blocking rule, brings together, in the order of the rules."""
    exact = {number: rule.name for number, rule in enumerate(rules.exact) if rule.names is not None}
    names = exact | {number: rule.name for number, rule in enumerate(rules.block, start=FIRST_BLOCK)}
    found = {
        number: counts
        for number, *counts in con.execute(
            """with named as (
                select rule, key, name_id, count(*) as nodes from resolution.node_key where rule in $1 group by all
            ),
            shared as (
                select rule, key, (sum(nodes) ** 2 - sum(nodes ** 2)) / 2 as pairs,
                    (rule, key) in (select (rule, key) from resolution.stopped) as is_stopped
                from named group by rule, key having count(*) > 1
            )
            select rule, count(*), sum(pairs) filter (not is_stopped), count(*) filter (is_stopped),
                sum(pairs) filter (is_stopped)
            from shared group by rule""",
            [list(names)],
        ).fetchall()
    }
    return [
        Blocked(name, *(int(count or 0) for count in found.get(number, (0, 0, 0, 0)))) for number, name in names.items()
    ]


def backlog(con: duckdb.DuckDBPyConnection) -> Backlog:
    """What waits for a steward now, by golden.review_count, as the report tells it."""
    return Backlog(
        dict(
            con.execute(
                """select reason, pairs from golden.review_count where measure = 'waiting' and pairs > 0
                order by pairs desc, reason"""
            ).fetchall()
        )
    )
