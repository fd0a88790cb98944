"""Runs a part of a benchmark in a process of its own: its peak memory is its own, nothing is warm from the part before."""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

Answer = dict[str, Any]


def run_part(part: Callable[..., Answer], **arguments: Any) -> Answer:
    """What `part(**arguments)` answers, and its `megabytes` where it does not say them; RuntimeError where it failed."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(there, part, arguments))
    process.start()
    there.close()
    try:
        answer: Answer = here.recv()
    except EOFError:
        answer = {"failed": "it was killed; fix: more memory, or fewer rows"}
    process.join()
    if "failed" in answer:
        raise RuntimeError(f"{part.__name__}: {answer['failed']}")
    return answer


def peak() -> float:
    """Peak memory of this process so far, MB (2^20 bytes)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def _child(connection: Any, part: Callable[..., Answer], arguments: dict[str, Any]) -> None:
    try:
        answer = part(**arguments)
        connection.send({"megabytes": peak(), **answer})
    except Exception:
        connection.send({"failed": traceback.format_exc(limit=-3)})
