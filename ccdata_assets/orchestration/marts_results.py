"""What the Dagster UI shows of the checks of marts and KPIs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import dagster as dg

from ccdata_assets.orchestration.metadata import check_result, check_spec, markdown_table
from ccdata_assets.quality.campaigns import ALARM
from ccdata_assets.quality.marts_checks import READINGS, TARGET, reading_checks
from ccdata_assets.quality.validation import Outcome


def reading_specs(asset: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    """The Dagster checks of what dictionaries say of last deliveries: each is of all feeds."""
    return [check_spec(check, asset) for check in reading_checks("feed")]


def marts_results(
    outcomes: Sequence[Outcome], measures: dg.AssetKey, values: dg.AssetKey
) -> Iterator[dg.AssetCheckResult]:
    """One result per check of facts and KPIs, and per reading check one of all feeds."""
    campaigns = [outcome for outcome in outcomes if outcome.check.name.startswith(ALARM)]
    failed = [outcome for outcome in campaigns if not outcome.passed]
    yield dg.AssetCheckResult(
        passed=not failed,
        check_name=ALARM,
        asset_key=values,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "campaigns": len(campaigns),
            "below": len(failed),
            "found": markdown_table(
                ("campaign", "", "success", "contacts"),
                [
                    (
                        each.check.field,
                        "ok" if each.passed else each.check.severity,
                        None if each.value is None else f"{each.value:.2%}",
                        each.total,
                    )
                    for each in sorted(campaigns, key=lambda each: (each.passed, each.value or 0))
                ],
            ),
        },
    )
    for outcome in outcomes:
        if outcome.check.name not in READINGS and not outcome.check.name.startswith(ALARM):
            counts = {"unexpected": outcome.unexpected, "total": outcome.total}
            yield check_result(outcome, values if outcome.check.name.startswith(TARGET) else measures, counts)
    for name in READINGS:
        mine = sorted((each for each in outcomes if each.check.name == name), key=lambda each: each.passed)
        failed = [each for each in mine if not each.passed]
        yield dg.AssetCheckResult(
            passed=not failed,
            check_name=name,
            asset_key=measures,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={
                "feeds": len(mine),
                "failed": len(failed),
                "found": markdown_table(
                    ("feed", "", "met", "judged", "that fail"),
                    [
                        (
                            each.check.table.partition(".")[2],
                            "ok" if each.passed else each.check.severity,
                            None if each.value is None else f"{each.value:.1%}",
                            each.total,
                            each.unexpected,
                        )
                        for each in mine
                    ],
                ),
            },
        )
