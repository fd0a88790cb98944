"""A plan beside its simulation: of each interval the service level by formula, steady and as part of its day, and how far they are apart."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from ccdata_assets.planning.requirement import POOL
from ccdata_assets.planning.simulation import Work, simulate_day, simulate_steady

NEAR: Final = 0.02
"""Two points: as far as a simulated service level may be from the formula's."""


def beside(needed: pd.DataFrame, work: Work, seed: int) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The plan (`requirement.NEEDED`; pools only where there is nothing else) with steady_share, steady_off, day_share, day_off,
    day_abandoned_share and day_precision; and the summary: share of intervals within two points, each way. Each queue and day is simulated
    on its own, from an empty centre on; intervals without calls have no figures."""
    rows = needed[needed["queue"] != POOL] if (needed["queue"] != POOL).any() else needed
    parts = [
        _queue_beside(part.reset_index(drop=True), work, seed)
        for _, part in rows.groupby(["feed", "queue", rows["local_interval"].dt.date], sort=True)
    ]
    table = pd.concat(parts, ignore_index=True)
    met = table[table["calls"] > 0]
    weight = met["calls"] / met["calls"].sum() if len(met) else met["calls"]
    return table, {
        "intervals": len(met),
        "steady_within_2_points": float((met["steady_off"].abs() <= NEAR).mean()) if len(met) else 1.0,
        "day_within_2_points": float((met["day_off"].abs() <= NEAR).mean()) if len(met) else 1.0,
        "erlang_answered_within": float((met["answered_within_share"] * weight).sum()),
        "day_answered_within": float((met["day_share"] * weight).sum()),
        "steady_precision": float(met["steady_precision"].max()) if len(met) else 0.0,
        "day_precision": float(met["day_precision"].max()) if len(met) else 0.0,
    }


def _queue_beside(plan: pd.DataFrame, work: Work, seed: int) -> pd.DataFrame:
    patience = plan["mean_patience_s"].fillna(np.inf).to_numpy(float)
    given = (
        plan["mean_handling_s"].to_numpy(float), plan["agents"].to_numpy(np.int64), patience, plan["within_s"].to_numpy(float)
    )  # fmt: skip
    minutes = plan["minutes"].to_numpy(float)
    steady = simulate_steady(plan["calls"].to_numpy(float) * 60 / minutes, *given, work=work, seed=seed)
    # intervals without a row had no calls and have no agents
    place = ((plan["local_interval"] - plan["local_interval"].min()).dt.total_seconds() / 60 / minutes[0]).astype(int)
    whole = int(place.max()) + 1
    calls, handling, patient, within = np.zeros(whole), np.ones(whole), np.ones(whole), np.zeros(whole)
    agents = np.zeros(whole, dtype=np.int64)
    calls[place], agents[place], handling[place] = plan["calls"], given[1], given[0]
    patient[place], within[place] = patience, given[3]
    day = simulate_day(calls, handling, agents, patient, within, minutes[0] * 60, work=work, seed=seed)
    return plan.assign(
        steady_share=steady.answered_within,
        steady_off=steady.answered_within - plan["answered_within_share"],
        steady_precision=steady.precision,
        day_share=day.answered_within[place],
        day_off=day.answered_within[place] - plan["answered_within_share"],
        day_abandoned_share=day.abandons[place],
        day_precision=day.precision[place],
    )
