"""The one-writer lock: an OS lock on a file, so that it ends with the process that holds it, however it ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ccdata_assets.errors import CcdataError


@contextmanager
def writer_lock(path: Path, timeout_s: float, on_wait: Callable[[str], None] = lambda _: None) -> Iterator[None]:
    """Hold the lock; wait up to `timeout_s` seconds for another run to let go, then CcdataError names its process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        deadline, told = time.monotonic() + timeout_s, False
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                holder = os.pread(handle, 32, 0).decode("ascii", "ignore").strip() or "unknown"
                if time.monotonic() >= deadline:
                    raise CcdataError(
                        f"another run (process {holder}) still writes the warehouse; fix: let it end, or raise CCDATA_LOCK_TIMEOUT_S"
                    ) from None
                if not told:
                    on_wait(f"waiting for another run (process {holder}) to finish 等待另一个运行结束")
                    told = True
                time.sleep(0.2)
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)
