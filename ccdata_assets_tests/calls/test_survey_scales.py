"""Satisfaction on any scale: points, stars, fractions, words, yes or no, and the likelihood to recommend."""

from __future__ import annotations

import pytest

from ccdata_assets_tests.world import World

ANSWERS = [
    ("满分,评分,满意度评价", "5,4,", (4, 5, "csat")),
    ("满分,评分,满意度评价", "10,8,", (8, 10, "csat")),
    ("评分,满意度评价", "4/5,", (4, 5, "csat")),
    ("评分,满意度评价", "8 / 10,", (8, 10, "csat")),
    ("评分,满意度评价", "9分,", None),
    ("评分,满意度评价", "4星,", (4, 5, "stars")),
    ("评分,满意度评价", "★★★★☆,", (4, 5, "stars")),
    ("评分,满意度评价", "★★★,", (3, 5, "stars")),
    ("评分,满意度评价", ",非常满意", (5, 5, "csat")),
    ("评分,满意度评价", ",不满意", (2, 5, "csat")),
    ("评分,满意度评价", "满满的爱,", None),
    ("NPS得分,评价渠道", "9,电话", (9, 10, "nps")),
    ("问卷类型,评分", "NPS,7", (7, 10, "nps")),
    ("是否满意,评价渠道", "是,电话", (1, 1, "yes_no")),
    ("是否满意,评价渠道", "否,电话", (0, 1, "yes_no")),
    ("rating,scale", "85,100", (85, 100, "csat")),
    ("rating,scale", "6,5", None),
]
"""Header, row, and what is read: score, scale, kind; None where it is refused."""


@pytest.mark.parametrize("header", sorted({header for header, _, _ in ANSWERS}))
def test_an_answer_is_read_on_its_own_scale(world: World, header: str) -> None:
    mine = [(row, read) for head, row, read in ANSWERS if head == header]
    text = f"评价编号,通话编号,{header}\n" + "".join(f"S{n},C{n},{row}\n" for n, (row, _) in enumerate(mine))
    world.put("survey_log/满意度_20260131.csv", text)
    world.stage("survey_log")
    found = {
        row["survey_id"]: (row["score"], row["scale"], row["survey_kind"])
        for row in world.query("select * from staged.survey")
    }
    assert found == {f"S{n}": read for n, (_, read) in enumerate(mine) if read}
    refused = {row for row, _, _ in world.faults()}
    assert refused == {n + 2 for n, (_, read) in enumerate(mine) if read is None}, "the others are in quarantine"
