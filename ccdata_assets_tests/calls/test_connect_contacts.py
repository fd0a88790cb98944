"""Amazon Connect's contact records: however they are strung together, contacts become legs and calls, and a later record closes an open one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ccdata_assets_tests.marts import build
from ccdata_assets_tests.world import World


def contact(contact_id: str, clock: str = "09:00:00", **changes: Any) -> dict[str, Any]:
    """One record as Connect writes it, of 2 November: an inbound voice contact that has just come in."""
    return {
        "AWSAccountId": "000000000000", "AWSContactTraceRecordFormatVersion": "2017-03-10", "Agent": None,
        "AgentConnectionAttempts": 0, "Attributes": {}, "Channel": "VOICE", "ConnectedToSystemTimestamp": f"2026-11-02T{clock}Z",
        "ContactId": contact_id, "CustomerEndpoint": {"Address": "+8613900000000", "Type": "TELEPHONE_NUMBER"},
        "DisconnectReason": None, "DisconnectTimestamp": None, "InitialContactId": None, "InitiationMethod": "INBOUND",
        "InitiationTimestamp": f"2026-11-02T{clock}Z", "LastUpdateTimestamp": f"2026-11-02T{clock}Z", "MediaStreams": [{"Type": "AUDIO"}],
        "NextContactId": None, "PreviousContactId": None, "Queue": None, "Recording": None, "Recordings": None,
        "SystemEndpoint": {"Address": "+864000000000", "Type": "TELEPHONE_NUMBER"}, "TransferCompletedTimestamp": None,
        "TransferredToEndpoint": None, **changes,
    }  # fmt: skip


def stamp(clock: str) -> str:
    return f"2026-11-02T{clock}Z"


def queue(name: str, since: str, until: str | None = None, seconds: int | None = None) -> dict[str, Any]:
    times = {"EnqueueTimestamp": stamp(since), "DequeueTimestamp": until and stamp(until), "Duration": seconds}
    return {"ARN": "arn:aws:connect:eu-central-1:000000000000:instance/i/queue/q", "Name": name, **times}


def agent(name: str, since: str, hold: int = 0, acw: int = 0, **more: Any) -> dict[str, Any]:
    return {"Username": name, "ConnectedToAgentTimestamp": stamp(since), "CustomerHoldDuration": hold, "NumberOfHolds": int(hold > 0),
            "AfterContactWorkDuration": acw, "LongestHoldDuration": hold, **more}  # fmt: skip


TRANSFERRED = [
    contact("a", Queue=queue("Sales", "09:00:10", "09:00:30", 20), Agent=agent("A001", "09:00:30", 5, 7), NextContactId="b",
            TransferCompletedTimestamp=stamp("09:02:00"), DisconnectTimestamp=stamp("09:05:00"), DisconnectReason="CUSTOMER_DISCONNECT"),
    contact("b", "09:02:00", InitiationMethod="TRANSFER", PreviousContactId="a", InitialContactId="a", NextContactId="c",
            Queue=queue("Tech", "09:02:00", "09:02:10", 10), Agent=agent("A002", "09:02:10"), DisconnectTimestamp=stamp("09:03:00"),
            TransferCompletedTimestamp=stamp("09:03:00")),
    contact("c", "09:03:00", InitiationMethod="TRANSFER", PreviousContactId="b", InitialContactId="a", Queue=queue("Boss", "09:03:00", "09:03:05", 5),
            Agent=agent("A003", "09:03:05"), DisconnectTimestamp=stamp("09:05:05"), DisconnectReason="CUSTOMER_DISCONNECT"),
]  # fmt: skip


def land(world: World, records: list[dict[str, Any]], name: str = "one", join: str = "") -> World:
    world.put(f"connect_contact/{name}", join.join(json.dumps(record) for record in records))
    world.stage("connect_contact")
    build(world, "fct_call", "fct_call_leg")
    return world


def rows(world: World, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in world.query(query)]


@pytest.mark.parametrize("form", ["one behind the other", "one a line", "a list", "over several lines"])
def test_records_are_read_however_they_are_strung_together(world: World, form: str) -> None:
    texts = [json.dumps(record) for record in TRANSFERRED]
    content = {
        "one behind the other": "".join(texts),
        "one a line": "\n".join(texts) + "\n",
        "a list": f"[{','.join(texts)}]",
        "over several lines": "\n".join(json.dumps(record, indent=2) for record in TRANSFERRED),
    }[form]
    staged = world.stage_one(content, "connect_contact/records")
    assert (staged.rows, staged.staged, staged.status) == (3, 3, "landed")


def test_a_stream_that_puts_several_records_on_some_lines_loses_none(world: World) -> None:
    records = [json.dumps(contact(f"c{n}")) for n in range(7)]
    staged = world.stage_one(
        records[0] + "\n" + "".join(records[1:4]) + "\n" + "".join(records[4:]), "connect_contact/stream"
    )
    assert (staged.rows, staged.staged) == (7, 7)


def test_a_transfer_is_a_further_leg_of_the_call(world: World) -> None:
    land(world, TRANSFERRED)
    assert rows(world, "select call_id, leg_no, leg_id, queue, agent, wait_s, talk_s, next_queue from marts.fct_call_leg order by leg_no") == [
        ("a", 1, "a", "Sales", "A001", 20, 265, "Tech"),
        ("a", 2, "b", "Tech", "A002", 10, 50, "Boss"),
        ("a", 3, "c", "Boss", "A003", 5, 120, None),
    ]  # fmt: skip
    assert rows(world, "select call_id, legs, queue, agent, outcome, wait_s, talk_s, hold_s, acw_s, is_transferred, transfer_queue from marts.fct_call") == [
        ("a", 3, "Sales", "A001", "answered", 20, 435, 5, 7, True, "Tech")
    ]  # fmt: skip


def test_what_becomes_of_a_contact_gives_its_outcome(world: World) -> None:
    over: dict[str, Any] = {"DisconnectTimestamp": stamp("09:01:00")}
    waiting: dict[str, Any] = {"Queue": queue("Sales", "09:00:10")}
    records = [
        contact("abandoned", **waiting, **over, DisconnectReason="CUSTOMER_DISCONNECT"),
        contact("gave_up_in_the_flow", **over, DisconnectReason="CUSTOMER_DISCONNECT"),
        contact("served_by_the_flow", **over, DisconnectReason="CONTACT_FLOW_DISCONNECT"),
        contact("overflowed", **waiting, **over, NextContactId="x", TransferCompletedTimestamp=stamp("09:01:00")),
        contact("still_waits", **waiting),
        contact("still_talks", **waiting, Agent=agent("A001", "09:00:15")),
        contact("dialled", InitiationMethod="OUTBOUND", ConnectedToSystemTimestamp=stamp("09:00:07"), Agent=agent("A001", "09:00:00"), **over,
                DisconnectReason="AGENT_DISCONNECT"),
        contact("dialled_in_vain", InitiationMethod="OUTBOUND", ConnectedToSystemTimestamp=None, Agent=agent("A001", "09:00:00"), **over,
                DisconnectReason="TELECOM_PROBLEM"),
    ]  # fmt: skip
    land(world, records)
    found = {
        row[0]: row[1:]
        for row in rows(
            world,
            "select call_id, outcome, direction, is_offered, is_answered, is_ivr_served, is_open, wait_s, talk_s, ended_by from marts.fct_call",
        )
    }
    assert found == {
        "abandoned": ("abandoned", "inbound", True, False, False, False, 50, None, "customer"),
        "gave_up_in_the_flow": ("abandoned", "inbound", False, False, False, False, None, None, "customer"),
        "served_by_the_flow": ("ivr_served", "inbound", False, False, True, False, None, None, "system"),
        "overflowed": ("flow_out", "inbound", True, False, False, False, 50, None, None),
        "still_waits": ("open", "inbound", True, False, False, True, None, None, None),
        "still_talks": ("open", "inbound", True, True, False, True, 5, None, None),
        "dialled": ("answered", "outbound", True, True, False, False, 0, 53, "agent"),
        "dialled_in_vain": ("abandoned", "outbound", False, False, False, False, None, None, "system"),
    }


def test_a_later_record_closes_an_open_contact(world: World) -> None:
    land(world, [contact("a", Queue=queue("Sales", "09:00:10"))], "first")
    land(world.at("2026-02-02"), [contact("a", Queue=queue("Sales", "09:00:10", "09:00:40", 30), Agent=agent("A001", "09:00:40"),
                                          DisconnectTimestamp=stamp("09:02:40"))], "second")  # fmt: skip
    assert rows(world, "select call_id, outcome, wait_s, talk_s, is_open from marts.fct_call") == [
        ("a", "answered", 30, 120, False)
    ]
    ledger = rows(world, "select rows, staged, superseded from ops.file_ledger order by file")
    assert ledger == [(1, 0, 1), (1, 1, 0)], "the first record is replaced, and counted"


def test_a_callback_is_a_call_of_its_own_that_knows_whom_it_calls_back(world: World) -> None:
    land(
        world,
        [
            contact("in", DisconnectTimestamp=stamp("09:01:00"), DisconnectReason="CONTACT_FLOW_DISCONNECT", NextContactId="back"),
            contact("back", "09:00:50", InitiationMethod="CALLBACK", PreviousContactId="in", InitialContactId="in", NextContactId="on",
                    ConnectedToSystemTimestamp=stamp("09:31:20"), Queue=queue("Sales", "09:00:50", "09:31:00", 1810), Agent=agent("A001", "09:31:00"), DisconnectTimestamp=stamp("09:32:00"), TransferCompletedTimestamp=stamp("09:31:50")),
            contact("on", "09:31:50", InitiationMethod="TRANSFER", PreviousContactId="back", InitialContactId="in",
                    Agent=agent("A002", "09:31:55"), DisconnectTimestamp=stamp("09:35:00")),
        ],
    )  # fmt: skip
    assert rows(
        world,
        "select call_id, direction, legs, callback_of, callback_after_s, called_back_after_s, wait_s from marts.fct_call order by entered_at",
    ) == [("in", "inbound", 1, None, None, 1800, None), ("back", "outbound", 2, "in", 1800, None, 0)]


def test_a_chain_of_transfers_of_which_a_part_has_not_come_yet_becomes_one_call_when_it_does(world: World) -> None:
    land(world, [TRANSFERRED[2]], "third")
    assert rows(world, "select call_id, legs from marts.fct_call") == [("a", 1)]
    land(world, TRANSFERRED[:2], "others")
    assert rows(world, "select call_id, legs from marts.fct_call") == [("a", 3)]
