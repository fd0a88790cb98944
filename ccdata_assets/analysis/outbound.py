"""What dials teach: when to dial, how often, and why customers refuse. Reads the sums of dials and writes analysis.outbound_hour,
analysis.outbound_attempt and analysis.outbound_refusal, of each month and of all time, anew in every run that builds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeAlias

import duckdb
import pyarrow as pa

from ccdata_assets.analysis.proportions import LEVEL, Share, best_part, chance_of_so_many, shares, wilson

LIMIT: Final = 0.01
"""Success rate that a dial must have where neither its cost nor what a sale brings is known."""
MEASURES: Final = {"connect": "connected", "success": "successes"}
SEGMENTS: Final = {
    "campaign": "campaign", "list_source": "list_source", "product": "product", "gender": "customer_gender", "age_band": "age_band",
    "spend_band": "spend_band", "region": "province_code", "contact_channel": "contact_channel",
}  # fmt: skip
"""What customers who refuse are told apart by, and the column of kpi.outbound_day."""
MONTH: Final = "cast(date_trunc('month', dialled_on) as date) as month"
TABLES: Final[dict[str, str]] = {
    "analysis.outbound_hour": """month date, campaign varchar, measure varchar, local_weekday bigint, local_hour bigint, dials bigint, hits bigint,
        rate_share double, low_share double, high_share double, shrunk_share double, is_best boolean""",
    "analysis.outbound_attempt": """month date, campaign varchar, dial_no bigint, dials bigint, connected bigint, successes bigint, success_share double,
        low_share double, high_share double, successes_so_far_share double, later_high_share double, break_even_share double,
        is_worth_it boolean""",
    "analysis.outbound_refusal": """month date, dimension varchar, segment varchar, refusal_reason varchar, refusals bigint, refusals_of_segment bigint,
        reason_share double, low_share double, high_share double, others_share double, is_different boolean""",
}
Part: TypeAlias = tuple[date | None, str | None]
"""A month and a campaign; None: all time, all campaigns."""


@dataclass(frozen=True)
class Attempt:
    """What the dials of one number came to. `later_high`: upper bound of the success of this and all later dials together;
    `is_worth_it`: it reaches the break-even."""

    share: Share
    so_far: float
    later_high: float
    is_worth_it: bool


def attempt_curve(parts: Mapping[int, tuple[int, int]], break_even: float) -> dict[int, Attempt]:
    """(successes, dials) by number of the dial → what another dial brings, in their order.

    A dial is no longer worth it from the first number on of which the success of all dials from it on lies below the break-even, at the
    upper bound of its interval: late dials are few, and together say more than each. The first dial is always worth it.
    """
    numbers = sorted(number for number, (_, dials) in parts.items() if dials)
    found = shares({number: parts[number] for number in numbers})
    all_hits = sum(parts[number][0] for number in numbers)
    curve: dict[int, Attempt] = {}
    so_far, is_worth_it = 0, True
    for number in numbers:
        later = [parts[each] for each in numbers if each >= number]
        high = wilson(sum(hits for hits, _ in later), sum(dials for _, dials in later))[1]
        is_worth_it = is_worth_it and (number == numbers[0] or high >= break_even)
        so_far += parts[number][0]
        curve[number] = Attempt(found[number], so_far / all_hits if all_hits else 0.0, high, is_worth_it)
    return curve


def break_even(cost_per_dial: float | None, amount_per_sale: float | None) -> float:
    """The success rate from which a dial earns what it costs; the limit where either is not known."""
    return cost_per_dial / amount_per_sale if cost_per_dial and amount_per_sale else LIMIT


@dataclass(frozen=True)
class Reason:
    """The share of one reason among the refusals of a segment, and among those of all other segments of the dimension."""

    share: Share
    others: float | None
    is_different: bool


def reasons(counts: Mapping[str, Mapping[str, int]], level: float = LEVEL) -> dict[tuple[str, str], Reason]:
    """Refusals by segment and reason → share of each reason in its segment, with its interval, beside that of the other segments.

    It differs where the chance of so great a difference (Fisher, two-sided), times all shares compared, is at most 1 − level.
    """
    of_segment = {segment: sum(of.values()) for segment, of in counts.items()}
    of_reason: dict[str, int] = defaultdict(int)
    for of in counts.values():
        for reason, number in of.items():
            of_reason[reason] += number
    everything = sum(of_segment.values())
    compared = len(counts) * len(of_reason)
    found = {}
    for segment, of in counts.items():
        for reason in of_reason:
            hits, tries = of.get(reason, 0), of_segment[segment]
            rest_hits, rest = of_reason[reason] - hits, everything - tries
            low, high = wilson(hits, tries)
            different = bool(rest) and _chance(hits, tries, rest_hits, rest) * compared <= 1 - level
            share = Share(hits, tries, low, high, of_reason[reason] / everything)
            found[segment, reason] = Reason(share, rest_hits / rest if rest else None, different)
    return found


def _chance(hits: int, tries: int, other_hits: int, other_tries: int) -> float:
    """Two-sided: twice the smaller of both tails."""
    all_hits, everything = hits + other_hits, tries + other_tries
    more = chance_of_so_many(hits, tries, all_hits, everything)
    fewer = chance_of_so_many(other_hits, other_tries, all_hits, everything)
    return min(1.0, 2 * min(more, fewer))


def write_outbound(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Write the three tables; gives their rows. month null: all time; campaign, local_weekday null: all."""
    written = {
        "analysis.outbound_hour": _hours(con),
        "analysis.outbound_attempt": _attempts(con),
        "analysis.outbound_refusal": _refusals(con),
    }
    counts = {}
    for table, rows in written.items():
        con.execute(f"create or replace table {table} ({TABLES[table]})")
        listed = [list(row) for row in rows]
        if listed:
            names = [column.split()[0] for column in TABLES[table].split(",")]
            arrow = pa.table(
                {name: list(values) for name, values in zip(names, zip(*listed, strict=True), strict=True)}
            )
            con.register("found", arrow)
            con.execute(f"insert into {table} by name select * from found order by all")
            con.unregister("found")
        counts[table] = len(listed)
    return counts


def _hours(con: duckdb.DuckDBPyConnection) -> Iterable[tuple[object, ...]]:
    for measure, column in MEASURES.items():
        found: dict[Part, dict[tuple[int, int], tuple[int, int]]] = defaultdict(dict)
        for month, campaign, weekday, hour, hits, dials in con.execute(
            f"""select month, campaign, coalesce(local_weekday, 0), local_hour, sum({column})::bigint, sum(dials)::bigint
            from (select *, {MONTH} from kpi.outbound_hour)
            where local_hour is not null group by rollup (month), grouping sets (
                (campaign, local_weekday, local_hour), (campaign, local_hour), (local_weekday, local_hour), (local_hour))
            having grouping(campaign) = 1 or campaign is not null order by all"""
        ).fetchall():
            found[month, campaign][weekday, hour] = (hits, dials)
        for part, parts in found.items():
            for is_day in (False, True):  # the hours of the week alone, then those of each day
                alike = {key: counts for key, counts in parts.items() if (key[0] > 0) == is_day}
                best = best_part(alike)
                for (weekday, hour), share in shares(alike).items():
                    yield (
                        *part, measure, weekday or None, hour, share.tries, share.hits, share.rate, share.low, share.high, share.shrunk,
                        (weekday, hour) == best,
                    )  # fmt: skip


def _attempts(con: duckdb.DuckDBPyConnection) -> Iterable[tuple[object, ...]]:
    worth = {
        (month, campaign): break_even(cost, amount)
        for month, campaign, cost, amount in con.execute(
            f"""select month, campaign, if(sum(costed_dials) = sum(dials), sum(cost_cny) / sum(dials), null), sum(sale_amount) / nullif(sum(orders), 0)
            from (select *, {MONTH} from kpi.outbound_hour) group by rollup (month), rollup (campaign) having grouping(campaign) = 1 or campaign is not null"""
        ).fetchall()
    }
    found: dict[Part, dict[int, tuple[int, int, int]]] = defaultdict(dict)
    for month, campaign, number, dials, connected, successes in con.execute(
        f"""select month, campaign, dial_no, sum(dials)::bigint, sum(connected)::bigint, sum(successes)::bigint
        from (select *, {MONTH} from kpi.outbound_hour)
        group by rollup (month), grouping sets ((campaign, dial_no), (dial_no)) having grouping(campaign) = 1 or campaign is not null order by all"""
    ).fetchall():
        found[month, campaign][number] = (dials, connected, successes)
    for part, parts in found.items():
        even = worth[part]
        curve = attempt_curve({number: (of[2], of[0]) for number, of in parts.items()}, even)
        for number, attempt in curve.items():
            share = attempt.share
            yield (
                *part, number, share.tries, parts[number][1], share.hits, share.rate, share.low, share.high, attempt.so_far,
                attempt.later_high, even, attempt.is_worth_it,
            )  # fmt: skip


def _refusals(con: duckdb.DuckDBPyConnection) -> Iterable[tuple[object, ...]]:
    for dimension, column in {"all": "'all'", **SEGMENTS}.items():
        counts: dict[date | None, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
        for month, segment, reason, number in con.execute(
            f"""select month, segment, refusal_reason, sum(refusals)::bigint
            from (select *, {column} as segment, {MONTH} from kpi.outbound_day)
            where refusals > 0 and refusal_reason is not null and segment is not null
            group by rollup (month), (segment, refusal_reason) order by all"""
        ).fetchall():
            counts[month][segment][reason] = number
        for month, of_month in counts.items():
            for (segment, reason), found in reasons(of_month).items():
                share = found.share
                yield (
                    month, dimension, segment, reason, share.hits, share.tries, share.rate, share.low, share.high, found.others,
                    found.is_different,
                )  # fmt: skip
