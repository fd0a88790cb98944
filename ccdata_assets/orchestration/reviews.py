"""What a run says of the workbooks that stewards handed in: counts, and where a row could not be used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import duckdb

FEW = 20
"""Problems of a file that are listed one by one; --json has them all."""
_COUNTS = ("rows", "same", "apart", "unsure", "unanswered", "faulty")


def read_reviews(con: duckdb.DuckDBPyConnection, run_id: str) -> list[dict[str, Any]]:
    """The stewards' files that a run read: file, status, error, counts, problems (row, field, problem, fix, is_used)."""
    names = ("file", "sha256", "status", "error", *_COUNTS)
    files = con.execute(
        f"select {', '.join(names)} from ops.review_file where run_id = ? order by rowid", [run_id]
    ).fetchall()
    found = [dict(zip(names, row, strict=True)) for row in files]
    parts = ("row", "field", "problem", "fix", "is_used")
    for file in found:
        sha256 = file.pop("sha256")
        problems: list[tuple[Any, ...]] = []
        if file["status"] == "read":
            problems = con.execute(
                f"select {', '.join(parts)} from ops.review_problem where sha256 = ? order by row, rowid", [sha256]
            ).fetchall()
        file["problems"] = [dict(zip(parts, problem, strict=True)) for problem in problems]
    return found


def review_lines(files: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The lines of the closing table: one a file, then its problems."""
    for file in files:
        counts = ", ".join(
            f"{file[name]:,} {words}"
            for name, words in (
                ("same", "same 同一"), ("apart", "different 不同"), ("unsure", "unsure 不确定"),
                ("unanswered", "not answered 未答"), ("faulty", "not usable 无法使用"),
            )
        )  # fmt: skip
        said = {"read": counts, "repeat": "sent again, nothing new 重复提交"}.get(
            file["status"], f"rejected 拒收: {file['error']}"
        )
        yield f"  review 审核: {file['file']}: {said}"
        for problem in file["problems"][:FEW]:
            used = "counts 仍有效" if problem["is_used"] else "not used 未采用"
            yield f"    row 行 {problem['row']}, {problem['field']} ({used}): {problem['problem']}; fix: {problem['fix']}"
        if len(file["problems"]) > FEW:
            yield f"    … +{len(file['problems']) - FEW}; all with --json 全部见 --json"
