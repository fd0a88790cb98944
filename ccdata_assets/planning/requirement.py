"""How many agents each interval needs: demand with its aims through Erlang C or A, then shrinkage; for queues on their own and for one pool
of agents who take them all. Where demand comes from (`requirement_demand.py`) and how it is kept do not belong here.

A demand is a pandas table, one row per feed, queue and interval: feed, queue (varchar), local_interval (start, local time), minutes (its
length), calls (offered), mean_handling_s (talk, hold and after-call work of an answered call), mean_patience_s (null: not known).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd

from ccdata_assets.metrics.erlang_arrays import BINDING, Floats, Limits, Whole, fewest_agents
from ccdata_assets.planning.requirement_rules import Aim, Aims, QueueAim

POOL: Final = "*"
"""Queue of the rows in which one pool of agents takes all queues of a feed."""
DEMAND: Final = ("feed", "queue", "local_interval", "minutes", "calls", "mean_handling_s", "mean_patience_s")
NEEDED: Final = (
    *("feed", "queue", "local_interval", "minutes", "calls", "mean_handling_s", "mean_patience_s", "patience_from", "model"),
    *("load", "agents", "present", "rostered", "bound_by", "answered_within_share", "mean_wait_s", "abandoned_share", "occupancy_share"),
    *("target_share", "within_s", "shrinkage_share"),
)  # fmt: skip
"""Columns of what `required` gives."""


def required(demand: pd.DataFrame, aims: Aims) -> pd.DataFrame:
    """The demand with what it needs, one row for each of its rows, columns `NEEDED`: load in erlangs; agents on the phone, present (with
    absence that no roster places), rostered (with all shrinkage); which limit asks for them; what callers then meet. ValueError names a
    demand that is none."""
    if not len(demand):
        return pd.DataFrame(columns=list(NEEDED))
    table = demand.reset_index(drop=True)
    aim = _aims_of(table, aims)
    estimated = table["mean_patience_s"].notna() & aim["estimate_patience"]
    patience = table["mean_patience_s"].where(estimated, aim["patience_s"]).astype(float)
    endless = aim["model"].eq("erlang_c")
    per_hour = table["calls"].astype(float) * 60 / table["minutes"]
    handling = table["mean_handling_s"].astype(float)
    limits = Limits(
        aim["service_level"].to_numpy(float), aim["within_s"].to_numpy(float), aim["max_occupancy"].to_numpy(float),
        aim["max_abandonment"].to_numpy(float), aim["max_mean_wait_s"].astype(float).fillna(math.inf).to_numpy(),
    )  # fmt: skip
    found, bound = fewest_agents(
        per_hour.to_numpy(), handling.to_numpy(), patience.where(~endless, math.inf).to_numpy(), limits
    )
    agents = np.ceil(found.agents / aim["concurrency"].to_numpy(float)).astype(np.int64)
    return pd.DataFrame(
        {
            **{
                name: table[name] for name in ("feed", "queue", "local_interval", "minutes", "calls", "mean_handling_s")
            },
            "mean_patience_s": patience.where(~endless, np.nan),
            "patience_from": np.select([endless, estimated], ["", "calls"], "declared"),
            "model": aim["model"],
            "load": per_hour * handling / 3600,
            "agents": agents,
            "present": _on_roster(agents, aim["absence"].to_numpy(float)),
            "rostered": _on_roster(agents, aim["shrinkage"].to_numpy(float)),
            "bound_by": np.array([*BINDING, ""])[bound],
            "answered_within_share": found.answered_within,
            "mean_wait_s": found.mean_wait_s,
            "abandoned_share": found.abandons,
            "occupancy_share": found.occupancy,
            "target_share": aim["service_level"],
            "within_s": aim["within_s"].astype(np.int64),
            "shrinkage_share": aim["shrinkage"],
        }
    )[list(NEEDED)]


def pooled(demand: pd.DataFrame, aims: Aims) -> tuple[pd.DataFrame, Aims]:
    """One demand for all queues of a feed, queue `POOL`, and the aims with those of the pool; no rows for a feed of one queue.

    Handling time and patience are means by calls. Unless staffing.yaml has an entry for the queue `*`, the pool keeps to the
    strictest aim of its queues, so that no queue is promised less than alone."""
    several = demand.groupby("feed")["queue"].transform("nunique") > 1
    parts = demand[several]
    if not len(parts):
        return demand.iloc[:0], aims
    keys = ["feed", "local_interval", "minutes"]
    weighed = parts.assign(
        handled=parts["calls"] * parts["mean_handling_s"],
        # rates at which callers leave add up, patience does not
        leaving=parts["calls"] / parts["mean_patience_s"],
        known=parts["calls"].where(parts["mean_patience_s"].notna(), 0.0),
        any_handling=parts["mean_handling_s"],
    )
    sums = weighed.groupby(keys, as_index=False).agg(
        calls=("calls", "sum"), handled=("handled", "sum"), leaving=("leaving", "sum"), known=("known", "sum"),
        any_handling=("any_handling", "mean"),
    )  # fmt: skip
    whole = pd.DataFrame(
        {
            **{name: sums[name] for name in keys},
            "queue": POOL,
            "calls": sums["calls"],
            "mean_handling_s": (sums["handled"] / sums["calls"].where(sums["calls"] > 0)).fillna(sums["any_handling"]),
            "mean_patience_s": sums["known"] / sums["leaving"].where(sums["leaving"] > 0),
        }
    )[list(DEMAND)]
    return whole, _with_strictest(parts, aims)


def with_pools(demand: pd.DataFrame, aims: Aims) -> pd.DataFrame:
    """`required` of all queues and, of each feed with several, of one pool for them."""
    pool, with_pool = pooled(demand, aims)
    alone = required(demand, aims)
    return alone if not len(pool) else pd.concat([alone, required(pool, with_pool)], ignore_index=True)


def savings(alone: pd.DataFrame, together: pd.DataFrame) -> pd.DataFrame:
    """Pooled against separate: one row per feed and interval of a pool: calls, agents and rostered of the queues alone added up
    (`…_alone`), of the pool (`…_pooled`), and the difference (`…_saved`)."""
    keys = ["feed", "local_interval"]
    wanted = ["agents", "rostered"]
    apart = alone[alone["feed"].isin(together["feed"])].groupby(keys)[wanted].sum()
    pool = together.set_index(keys)[["calls", *wanted]]
    both = pool.join(apart, rsuffix="_alone").rename(columns={name: f"{name}_pooled" for name in wanted})
    for name in wanted:
        both[f"{name}_saved"] = both[f"{name}_alone"] - both[f"{name}_pooled"]
    return both.reset_index()


def lines(table: pd.DataFrame) -> Iterator[Any]:
    """The rows of a small table that is shown, as tuples with names."""
    yield from table.itertuples()


def _on_roster(agents: Whole, away: Floats) -> Whole:
    return np.ceil(agents / (1 - away) - 1e-9).astype(np.int64)


def _aims_of(table: pd.DataFrame, aims: Aims) -> pd.DataFrame:
    """The aim of each row; looked up once for each queue and day."""
    days = table["local_interval"].dt.date
    wanted = pd.DataFrame({"feed": table["feed"], "queue": table["queue"], "day": days})
    once = wanted.drop_duplicates().reset_index(drop=True)
    found = [aims.of(str(row.feed), str(row.queue), row.day) for row in lines(once)]
    known = pd.concat([once, pd.DataFrame([_row(aim) for aim in found])], axis=1)
    merged = wanted.merge(known, on=["feed", "queue", "day"], how="left")
    merged.index = table.index
    return merged


def _row(aim: Aim) -> dict[str, object]:
    return {**aim.model_dump(), "absence": aim.absence}


def _with_strictest(parts: pd.DataFrame, aims: Aims) -> Aims:
    """The aims with one for each pool that has none: of its queues the strictest, from each day on which one of them changes."""
    added = dict(aims.queues)
    for feed, of_feed in parts.groupby("feed"):
        name = f"{feed}/{POOL}"
        if POOL in aims.queues or name in aims.queues:
            continue
        queues = [str(queue) for queue in of_feed["queue"].unique()]
        days = set(aims.default)
        days |= {day for queue in queues for key in (queue, f"{feed}/{queue}") for day in aims.queues.get(key, {})}
        added[name] = {}
        for day in sorted(days):
            of_queues = [aims.of(str(feed), queue, day) for queue in queues]
            added[name][day] = _strictest(of_queues)
    return aims.model_copy(update={"queues": added})


def _strictest(of_queues: list[Aim]) -> QueueAim:
    """The strictest of several aims as an overlay."""
    waits = [aim.max_mean_wait_s for aim in of_queues if aim.max_mean_wait_s is not None]
    return QueueAim(
        service_level=max(aim.service_level for aim in of_queues),
        within_s=min(aim.within_s for aim in of_queues),
        max_occupancy=min(aim.max_occupancy for aim in of_queues),
        max_abandonment=min(aim.max_abandonment for aim in of_queues),
        max_mean_wait_s=min(waits) if waits else None,
        shrinkage=max(aim.shrinkage for aim in of_queues),
        breaks=min(aim.breaks for aim in of_queues),
        model="erlang_c" if all(aim.model == "erlang_c" for aim in of_queues) else "erlang_a",
        patience_s=min(aim.patience_s for aim in of_queues),
        estimate_patience=any(aim.estimate_patience for aim in of_queues),
        concurrency=min(aim.concurrency for aim in of_queues),
    )
