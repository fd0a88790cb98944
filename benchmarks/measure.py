"""Measure a function in a process of its own: seconds and peak memory, so that one measurement does not burden the next."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Measured:
    """Wall seconds of the call, and by how much it raised the process's peak memory (MB)."""

    seconds: float
    megabytes: float


def _peak() -> int:
    """Peak memory of this process (kB). getrusage would count what the parent had when it started this one."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


def _child(queue: Any, work: Callable[..., None], prepare: Callable[[], None] | None, args: tuple[Any, ...]) -> None:
    if prepare:
        prepare()
    before, begun = _peak(), time.perf_counter()
    work(*args)
    seconds = time.perf_counter() - begun
    queue.put(Measured(seconds, (_peak() - before) / 1024))


def measure(work: Callable[..., None], *args: Any, prepare: Callable[[], None] | None = None) -> Measured:
    """Run `work(*args)` in a fresh process; `prepare` (imports) runs before the clock starts."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=_child, args=(queue, work, prepare, args))
    process.start()
    result: Measured = queue.get(timeout=600)
    process.join()
    return result
