"""One run writes at a time; the lock ends with the process that holds it, however it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ccdata_assets.errors import CcdataError
from ccdata_assets.warehouse.lock import writer_lock

HOLD = """
import sys
from pathlib import Path
from ccdata_assets.warehouse.lock import writer_lock
with writer_lock(Path(sys.argv[1]), 5):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "home" / "run.lock"


@pytest.fixture
def holder(lock: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until it is told to end."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_run_is_told_which_process_writes_and_what_to_do(lock: Path, holder: subprocess.Popen[str]) -> None:
    with (
        pytest.raises(CcdataError, match=rf"process {holder.pid}\) still writes .* fix: .*CCDATA_LOCK_TIMEOUT_S"),
        writer_lock(lock, 0),
    ):
        pytest.fail("two runs hold the lock")


def test_a_second_run_waits_says_so_once_and_goes_on_when_the_first_ends(
    lock: Path, holder: subprocess.Popen[str]
) -> None:
    told: list[str] = []

    def on_wait(message: str) -> None:
        told.append(message)
        holder.communicate("end\n")

    with writer_lock(lock, 10, on_wait):
        assert told == [f"waiting for another run (process {holder.pid}) to finish 等待另一个运行结束"]
        assert lock.read_text() == str(os.getpid())


def test_the_lock_of_a_killed_process_is_free(lock: Path, holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait()
    with writer_lock(lock, 1):
        pass


def test_the_lock_is_free_after_an_error_within(lock: Path) -> None:
    with pytest.raises(ZeroDivisionError), writer_lock(lock, 0):
        raise ZeroDivisionError
    with writer_lock(lock, 0):
        pass
