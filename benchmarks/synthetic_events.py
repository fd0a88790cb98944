"""The sample's event log and contact records: an Asterisk queue log over two nights, and Amazon Connect's records of a day.

Nobody's calls: numbers lie in ranges nobody is reached at, agents are those of the sample's roster.
`python -m benchmarks.synthetic_events` writes the files again; the same seed gives the same bytes.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

MIDNIGHT = datetime(2026, 11, 1, 16, 0, tzinfo=UTC)
"""Midnight in Shanghai between 1 and 2 November 2026, when the log is rotated."""
QUEUES = ("夜间组", "综合组")
AGENTS = ("A021", "A022", "A023", "A024", "A025")


@dataclass
class QueueLog:
    """The log of a small centre as Asterisk writes it: seconds since 1970 and the text of a line."""

    rng: random.Random
    lines: list[tuple[int, str]] = field(default_factory=list)
    free: dict[str, int] = field(default_factory=dict)
    until: dict[str, int] = field(default_factory=dict)
    calls: int = 0

    def say(self, second: int, *cells: object) -> None:
        self.lines.append((second, "|".join(map(str, (second, *cells)))))

    def shift(self, agent: str, begin: int, end: int) -> None:
        """An agent's shift with a break in the middle, in both queues."""
        member, middle = f"SIP/{agent}", (begin + end) // 2 + self.rng.randrange(1800)
        for queue in QUEUES:
            self.say(begin, "NONE", queue, member, "ADDMEMBER", "")
        for event, second, reason in (
            ("PAUSE", middle, self.rng.choice(["lunch", "小休", "training"])),
            ("UNPAUSE", middle + 1500, ""),
        ):
            self.say(second, "NONE", "NONE", member, f"{event}ALL", reason)
            for queue in QUEUES:
                self.say(second, "NONE", queue, member, event, reason)
        for queue in QUEUES:
            self.say(end, "NONE", queue, member, "REMOVEMEMBER", "")
        self.free[agent], self.until[agent] = begin + 60, end

    def call(self, now: int, queue: str) -> None:
        """One call: it is answered, given up, sent on or passed to another queue."""
        self.calls += 1
        name, caller = f"{now}.{self.calls}", f"1990000{self.rng.randrange(9_000):04}"
        self.say(now, name, "NONE", "NONE", "DID", "4000000000")
        for leg in (1, 2):
            self.say(now, name, queue, "NONE", "ENTERQUEUE", "", caller, 1)
            taken = self._taken(name, queue, now, leg)
            if taken is None:
                return
            now, queue = taken, QUEUES[1]

    def _taken(self, name: str, queue: str, now: int, leg: int) -> int | None:
        """The rest of a leg; when it went on to another queue, if it did."""
        there = [agent for agent, until in self.until.items() if now < until - 600] or list(self.free)[-1:]
        agent = min(there, key=lambda each: (self.free[each], each))
        wait = max(self.free[agent] - now, 0) + self.rng.randrange(2, 25)
        patience = int(self.rng.expovariate(1 / 150)) + 3
        if wait > 90 and patience > 90 and leg == 1:
            self.say(now + 90, name, queue, "NONE", "EXITWITHTIMEOUT", 1, 1, 90)
            return now + 90
        if wait > patience:
            self.say(now + patience, name, queue, "NONE", "ABANDON", 1, 1, patience)
            return None
        member, talk, ring = f"SIP/{agent}", int(self.rng.gammavariate(4, 45)) + 5, self.rng.randrange(1, 9)
        if self.rng.random() < 0.08 and wait > 20:
            self.say(now + 16, name, queue, member, "RINGNOANSWER", 15000)
        self.say(now + wait, name, queue, member, "CONNECT", wait, f"{now}.{self.calls}1", ring)
        end, self.free[agent] = now + wait + talk, now + wait + talk + self.rng.randrange(5, 40)
        if leg == 1 and self.rng.random() < 0.1:
            self.say(end, name, queue, member, "BLINDTRANSFER", "8000", "queues", wait, talk, 1)
            return end + 1
        self.say(
            end,
            name,
            queue,
            member,
            self.rng.choice(["COMPLETECALLER", "COMPLETECALLER", "COMPLETEAGENT"]),
            wait,
            talk,
            1,
        )
        return None


def queue_log() -> dict[str, bytes]:
    """Two files, rotated at midnight; some calls are in both, the last one is not over."""
    log, start = QueueLog(random.Random(71)), int(MIDNIGHT.timestamp())
    log.say(start - 7300, "NONE", "NONE", "NONE", "QUEUESTART", "")
    for place, agent in enumerate(AGENTS):
        night = place < 2
        begin = start + (-7200 if night else 8 * 3600 + 600 * place)
        log.shift(agent, begin, begin + (9 if night else 8) * 3600)
        second, until = begin + 120, begin + (9 if night else 8) * 3600 - 1200
        while second < until:
            log.call(second, QUEUES[0] if night else QUEUES[1])
            second += int(log.rng.expovariate(1 / (1500 if night else 700))) + 20
    # two more that the end of a file cuts
    log.say(start - 40, f"{start - 40}.900", QUEUES[0], "NONE", "ENTERQUEUE", "", "19900009999", 1)
    log.say(start - 25, f"{start - 40}.900", QUEUES[0], "SIP/A021", "CONNECT", 15, f"{start - 40}.901", 4)
    log.say(start + 95, f"{start - 40}.900", QUEUES[0], "SIP/A021", "COMPLETECALLER", 15, 120, 1)
    log.say(start + 86_300, f"{start + 86_300}.902", QUEUES[0], "NONE", "ENTERQUEUE", "", "19900009998", 1)
    log.lines.sort(key=lambda line: line[0])
    parts = {
        "queue_log-20261102": [line for second, line in log.lines if second < start],
        "queue_log-20261103": [line for second, line in log.lines if second >= start],
    }
    return {f"queue_log/{name}": "".join(f"{line}\n" for line in lines).encode() for name, lines in parts.items()}


def _stamp(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def _contacts(rng: random.Random) -> Iterator[dict[str, Any]]:
    """Contacts of 2 November from nine to noon in Shanghai; a transfer makes a second, a wish to be called back a later one."""
    now = MIDNIGHT + timedelta(hours=9)
    for number in range(1, 31):
        now += timedelta(seconds=rng.randrange(60, 600))
        yield from _contact(rng, f"{number:08d}-0000-4000-8000-000000000001", now, number)


def _record(contact_id: str, begun: datetime, ended: datetime | None, **more: Any) -> dict[str, Any]:
    return {
        "AWSAccountId": "000000000000", "AWSContactTraceRecordFormatVersion": "2017-03-10", "Agent": None, "AgentConnectionAttempts": 0,
        "Attributes": {}, "Channel": "VOICE", "ConnectedToSystemTimestamp": _stamp(begun), "ContactId": contact_id,
        "CustomerEndpoint": {"Address": "+8619900001111", "Type": "TELEPHONE_NUMBER"}, "DisconnectReason": None,
        "DisconnectTimestamp": _stamp(ended), "InitialContactId": None, "InitiationMethod": "INBOUND", "InitiationTimestamp": _stamp(begun),
        "LastUpdateTimestamp": _stamp(ended or begun), "NextContactId": None, "PreviousContactId": None, "Queue": None,
        "SystemEndpoint": {"Address": "+864000000000", "Type": "TELEPHONE_NUMBER"}, "TransferCompletedTimestamp": None,
        "TransferredToEndpoint": None, **more,
    }  # fmt: skip


def _queued(name: str, since: datetime, wait: int) -> dict[str, Any]:
    return {
        "Name": name,
        "EnqueueTimestamp": _stamp(since),
        "DequeueTimestamp": _stamp(since + timedelta(seconds=wait)),
        "Duration": wait,
    }


def _agent(rng: random.Random, since: datetime, hold: int = 0) -> dict[str, Any]:
    return {"Username": rng.choice(["A026", "A027", "A028"]), "ConnectedToAgentTimestamp": _stamp(since), "NumberOfHolds": int(hold > 0),
            "CustomerHoldDuration": hold, "AfterContactWorkDuration": rng.randrange(10, 60)}  # fmt: skip


def _contact(rng: random.Random, contact_id: str, now: datetime, number: int) -> Iterator[dict[str, Any]]:
    queued, wait, talk = now + timedelta(seconds=rng.randrange(10, 40)), rng.randrange(2, 60), rng.randrange(30, 400)
    answered, topic = queued + timedelta(seconds=wait), {"topic": rng.choice(["账单查询", "活动咨询", "服务态度"])}
    ended = answered + timedelta(seconds=talk)
    if number % 9 == 0:  # served by the flow
        yield _record(contact_id, now, queued, DisconnectReason="CONTACT_FLOW_DISCONNECT", Attributes=topic)
    elif number % 7 == 0:  # given up
        yield _record(
            contact_id,
            now,
            answered,
            DisconnectReason="CUSTOMER_DISCONNECT",
            Queue=_queued("线上组", queued, wait),
            Attributes=topic,
        )
    elif number == 10:  # called back later
        back, later = contact_id[:-1] + "2", ended + timedelta(minutes=25)
        yield _record(contact_id, now, queued, DisconnectReason="CONTACT_FLOW_DISCONNECT", NextContactId=back)
        yield _record(back, queued, later + timedelta(seconds=200), InitiationMethod="CALLBACK", InitialContactId=contact_id, PreviousContactId=contact_id,
                      SystemEndpoint=None, ConnectedToSystemTimestamp=_stamp(later + timedelta(seconds=12)), Agent=_agent(rng, later),
                      Queue=_queued("线上组", queued, (later - queued).seconds), DisconnectReason="AGENT_DISCONNECT")  # fmt: skip
    elif number == 30:  # not over when the file was written
        yield _record(
            contact_id, now, None, Queue=_queued("线上组", queued, wait), Agent=_agent(rng, answered), Attributes=topic
        )
    elif number % 5 == 0:  # passed on
        second = contact_id[:-1] + "2"
        yield _record(contact_id, now, ended, NextContactId=second, TransferCompletedTimestamp=_stamp(ended), DisconnectReason="CUSTOMER_DISCONNECT",
                      Queue=_queued("线上组", queued, wait), Agent=_agent(rng, answered), Attributes=topic)  # fmt: skip
        taken = ended + timedelta(seconds=rng.randrange(5, 40))
        yield _record(second, ended, taken + timedelta(seconds=120), InitiationMethod="TRANSFER", InitialContactId=contact_id, PreviousContactId=contact_id,
                      Queue=_queued("投诉组", ended, (taken - ended).seconds), Agent=_agent(rng, taken), DisconnectReason="CUSTOMER_DISCONNECT")  # fmt: skip
    else:
        hold = rng.choice([0, 0, 20])
        yield _record(contact_id, now, ended, DisconnectReason=rng.choice(["CUSTOMER_DISCONNECT", "AGENT_DISCONNECT"]), Queue=_queued("线上组", queued, wait),
                      Agent=_agent(rng, answered, min(hold, talk)), Attributes=topic)  # fmt: skip


def sample_files() -> dict[str, bytes]:
    """The sample's files by their name in the inbox; the records stand one behind the other, as a delivery stream writes them."""
    records = "".join(json.dumps(record, ensure_ascii=False) for record in _contacts(random.Random(17)))
    return {**queue_log(), "connect_contact/connect-20261102": records.encode()}


def main() -> None:
    """Write the files of data/sample."""
    folder = Path(__file__).parent.parent / "data" / "sample"
    for name, content in sample_files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    main()
