"""What agents sold: nothing is known of months of which no order has come, and nothing was sold in those of which some have."""

from __future__ import annotations

from typing import Any

from ccdata_assets_tests.marts import build
from ccdata_assets_tests.world import World

STATES = "坐席工号,班组,坐席状态,开始时间,结束时间\n"
ORDERS = "订单号,产品,订单金额,下单时间,订单状态,受理工号\n"


def output(world: World) -> list[tuple[Any, ...]]:
    build(world, "agent_output_day", "seat_day")
    return [
        tuple(row.values())
        for row in world.query(
            """select cast(output.local_date as varchar), agent, orders, sales_cny, signed_in_s
            from kpi.agent_output_day as output left join (select distinct agent, agent_key from marts.fct_agent_state) using (agent_key)
            order by all"""
        )
    ]


def test_sales_are_unknown_in_months_of_which_no_order_has_come(world: World) -> None:
    lines = [
        f"{agent},甲,空闲,{day} 09:00:00,{day} 10:00:00"
        for day in ("2026-10-30", "2026-11-02")
        for agent in ("A1", "A2")
    ]
    world.put("agent_state_log/坐席状态_20261103.csv", STATES + "\n".join(lines) + "\n")
    world.stage("agent_state_log")
    assert output(world) == [
        (day, agent, None, None, 3600) for day in ("2026-10-30", "2026-11-02") for agent in ("A1", "A2")
    ], "no order at all has come"
    world.put(
        "order_log/订单_20261103.csv",
        ORDERS + "S1,网盘,120,2026-11-02 09:30:00,已完成,A1\nS2,网盘,80,2026-11-02 09:40:00,已取消,A2\n",
    )
    world.stage("order_log")
    assert output(world) == [
        ("2026-10-30", "A1", None, None, 3600),
        ("2026-10-30", "A2", None, None, 3600),
        ("2026-11-02", "A1", 1, 120.0, 3600),
        ("2026-11-02", "A2", 0, 0.0, 3600),
    ]
    assert [tuple(row.values()) for row in world.query("select seats, orders, sales_cny from kpi.seat_day order by local_date")] == [
        (2, None, None), (2, 1, 120.0),
    ]  # fmt: skip
