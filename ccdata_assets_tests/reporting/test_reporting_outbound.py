"""What the outbound report works out beside the KPIs it shows."""

from __future__ import annotations

from datetime import date

import pytest

from ccdata_assets.analysis.outbound import LIMIT
from ccdata_assets.reporting.outbound_timing import break_even_of
from ccdata_assets.reporting.published import Value


def part(**counts: tuple[float | None, float, float]) -> dict[str, Value]:
    """KPIs of a campaign as value, numerator, denominator."""
    return {kpi: Value(kpi, 1, date(2026, 10, 1), (), *of, None, "final") for kpi, of in counts.items()}


def test_a_dial_is_held_against_sales_of_a_known_amount_as_the_analysis_holds_it() -> None:
    campaign = part(
        outbound_connect_rate=(0.5, 50, 100),
        outbound_cost_per_success=(50, 200, 4),
        outbound_sales=(900, 900, 0),
        outbound_orders=(3, 3, 0),  # of four who agreed one has no amount
    )
    assert break_even_of(campaign) == pytest.approx((200 / 100) / (900 / 3))
    assert break_even_of(campaign | part(outbound_sales=(0, 0, 0), outbound_orders=(0, 0, 0))) == LIMIT
