"""The alarm of campaigns that sell too little: a check of each campaign that was dialled lately against the target of the success rate."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Final

import duckdb

from ccdata_assets.analysis.proportions import chance_of_so_few
from ccdata_assets.metrics.registry import Kpi
from ccdata_assets.quality.validation import COUNTED, Check, Outcome, Severity
from ccdata_assets.settings import Settings

ALARM: Final = "outbound_success"
KPI: Final = "outbound_success_rate"
LEAST: Final = 100
"""Contacts below which a campaign is not judged unless chance is ruled out: of fewer, none who agrees is no news."""
CHANCE: Final = 0.05
"""Chance of so few successes, were the rate the target, up to which it is an error and not only a warning."""
LATELY: Final = 92
"""Days back in which a campaign was dialled, or it is over."""


def alarm_check(campaign: str | None = None, target: float | None = None, severity: Severity = "warning") -> Check:
    """The check of one campaign, or of all together as Dagster shows it; `field` names the campaign."""
    name = ALARM
    if campaign is not None:
        slug = re.sub(r"[^a-z0-9]+", "_", campaign.lower()).strip("_")
        # two campaigns may have a slug in common, and one may have none
        name = "_".join(filter(None, (ALARM, slug, hashlib.sha256(campaign.encode()).hexdigest()[:8])))
    words = {
        "zh": "外呼项目的成功率不低于目标（开拨至今，按联系人）",
        "en": "The success rate of each campaign, of contacts since it began, is not below the target",
    }
    return Check(name, COUNTED, "marts.fct_outbound", campaign, "performance", severity, target, {}, words)


def judge(successes: int, contacts: int, target: float) -> Severity | None:
    """How bad it is: None: not below the target, or too early to say; a warning below it; an error where chance does not explain it."""
    if not contacts or successes / contacts >= target:
        return None
    if chance_of_so_few(successes, contacts, target) <= CHANCE:
        return "error"
    return "warning" if contacts >= LEAST else None


def look_at_campaigns(con: duckdb.DuckDBPyConnection, kpis: Mapping[str, Kpi], settings: Settings) -> list[Outcome]:
    """One outcome per campaign dialled in the last days of LATELY: contacts and those who agreed, each once, since it began.

    A campaign whose incident a person has resolved is looked at again once it is dialled again.
    """
    target = kpis[KPI].target_on(settings.business_date) if KPI in kpis else None
    if target is None:
        return []
    rows = con.execute(
        """select campaign, count(distinct customer_key) filter (where is_success), count(distinct customer_key), max(dialled_on)
        from marts.fct_outbound where campaign is not null and not is_repeat and dialled_on <= $1
        group by campaign having max(dialled_on) > $1 - $2::integer order by campaign""",
        [settings.business_date, LATELY],
    ).fetchall()
    settled = dict(
        con.execute(
            """select check_name, max(cast(timezone($1, resolved_at) as date)) from ops.incident
            where status = 'resolved' and resolved_by <> 'run' group by check_name""",
            [settings.time_zone],
        ).fetchall()
    )
    outcomes = []
    for campaign, successes, contacts, last_on in rows:
        verdict = judge(successes, contacts, target)
        check = alarm_check(campaign, target, verdict or "warning")
        if verdict and check.name in settled and last_on <= settled[check.name]:
            outcomes.append(Outcome(check, True, None, 0, 0))
            continue
        outcomes.append(Outcome(check, verdict is None, successes / contacts, int(verdict is not None), contacts))
    return outcomes
