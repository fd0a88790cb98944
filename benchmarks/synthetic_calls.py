"""A synthetic call log with the dirt of a real one; `python -m benchmarks.synthetic_calls` writes the sample's files again.

Nobody's calls: customers and agents are numbers. The same seed gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.synthetic_duty import assigned

HEADER = [
    "通话编号",
    "呼叫方向",
    "渠道",
    "客户号码",
    "客户类型",
    "业务类型",
    "咨询主题",
    "队列",
    "进线时间",
    "IVR自助完成",
    "排队时间",
    "应答时间",
    "结束时间",
    "保持时长",
    "话后时长",
    "坐席工号",
    "通话结果",
]
HOURLY = [2, 1, 1, 0, 1, 1, 4, 9, 22, 34, 36, 31, 20, 24, 30, 33, 31, 27, 18, 15, 12, 9, 6, 3]
TOPICS = {
    "账单": ["账单查询", "扣费异议"],
    "业务办理": ["套餐变更", "开户", "销户"],
    "投诉": ["服务态度", "网络质量"],
    "咨询": ["营业网点", "活动咨询"],
}
SAMPLE = {"话单_20260930.csv": datetime(2026, 9, 1), "话单_20261031.csv": datetime(2026, 10, 1)}


def calls(month: datetime, seed: int, share: float = 0.25) -> Iterator[list[str]]:
    """Calls of one month in time order as rows of text; `share` scales the volume of a centre of some 350 calls a day."""
    rng = random.Random(seed)
    day, number = month, 0
    while day.month == month.month:
        weekday = 1.0 if day.weekday() < 5 else 0.45
        starts = sorted(
            day + timedelta(hours=hour, seconds=rng.randrange(3600))
            for hour, rate in enumerate(HOURLY)
            for _ in range(round(rng.gauss(rate, rate**0.5) * weekday * share) if rate else 0)
        )
        for start in starts:
            number += 1
            yield _call(rng, f"C{month:%y%m}{number:06d}", start)
        day += timedelta(days=1)


def _call(rng: random.Random, call_id: str, start: datetime) -> list[str]:
    business = rng.choices(list(TOPICS), [4, 3, 2, 3])[0]
    queue = {"投诉": "投诉组", "账单": "账务组"}.get(business, "综合组")
    customer, kind = f"K{rng.randrange(4000):05d}", rng.choices(["普通", "银卡", "金卡"], [7, 2, 1])[0]
    queued = start + timedelta(seconds=rng.randrange(8, 45))
    fate = rng.choices(["自助完成", "已接", "放弃", "溢出"], [14, 74, 9, 3])[0]
    answered, hold, acw, agent, at_queue = "", "", "", "", _form(queued)
    if fate == "自助完成":
        ended, at_queue = start + timedelta(seconds=rng.randrange(30, 240)), ""
    elif fate == "已接":
        moment = queued + timedelta(seconds=int(rng.expovariate(1 / 18)))
        answered = _form(moment)
        hold = str(rng.choices([0, rng.randrange(5, 120)], [8, 2])[0])
        ended = moment + timedelta(seconds=int(rng.lognormvariate(5.1, 0.7)) + int(hold))
        acw, agent = str(int(rng.expovariate(1 / 25))), f"A{rng.randrange(1, 31):03d}"
    else:
        ended = queued + timedelta(seconds=int(rng.expovariate(1 / 50)) + 1)
    return [
        call_id,
        "呼入",
        "电话",
        customer,
        kind,
        business,
        rng.choice(TOPICS[business]),
        queue,
        _form(start),
        "是" if fate == "自助完成" else "否",
        at_queue,
        answered,
        _form(ended),
        hold,
        acw,
        agent,
        fate,
    ]


def _form(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def dirty(rows: list[list[str]], seed: int) -> list[list[str]]:
    """The same rows with a few faults of each usual kind: unknown outcome, no ID, unreadable time, end before start,
    a row sent twice, a blank line, a cell too few, an answered call without its agent."""
    rng = random.Random(seed)
    places = rng.sample(range(10, len(rows) - 10), 16)
    result = [list(row) for row in rows]
    for place in places[0:3]:
        result[place][16] = "转人工失败"
    for place in places[3:5]:
        result[place][0] = ""
    for place in places[5:7]:
        result[place][8] = "##########"
    for place in places[7:9]:
        result[place][12] = "2020-01-01 00:00:00"
    for place in places[9:12]:
        result[place][15] = ""
        result[place][16] = "已接"
    result[places[12]] = result[places[12]][:-2]
    for place in sorted(places[13:16], reverse=True):
        result.insert(place, list(result[place]) if place != places[15] else [""] * len(HEADER))
    return result


def sample_calls() -> list[list[str]]:
    """The calls of the sample's months without their faults, each with the agent of the desk who took it."""
    return assigned([row for seed, month in enumerate(SAMPLE.values(), start=2026) for row in calls(month, seed)])


def write_sample(folder: Path) -> None:
    """Write the sample's files: CSV in GB18030 with CRLF, as a Windows export has it."""
    folder.mkdir(parents=True, exist_ok=True)
    known = sample_calls()
    for seed, (name, month) in enumerate(SAMPLE.items(), start=2026):
        own = [row for row in known if row[0].startswith(f"C{month:%y%m}")]
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(HEADER)
        writer.writerows(dirty(own, seed))
        (folder / name).write_bytes(text.getvalue().encode("gb18030"))


if __name__ == "__main__":
    write_sample(Path(__file__).resolve().parent.parent / "data" / "sample" / "call_log")
