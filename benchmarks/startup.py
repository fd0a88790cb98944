"""How long the definitions take to load, against importing Dagster alone: `python -m benchmarks.startup`."""

from __future__ import annotations

import subprocess
import sys
import time

CASES = {
    "import dagster": "import dagster",
    "import dagster, dagster_dbt": "import dagster, dagster_dbt",
    "load ccdata's definitions": "import ccdata_assets.definitions as d; d.defs().get_repository_def()",
}


def main() -> None:
    """Print seconds (best of three) and the ratio to the first."""
    base = None
    for what, code in CASES.items():
        best = min(_seconds(code) for _ in range(3))
        base = base or best
        print(f"{what:<32}{best:>7.2f} s{best / base:>7.1f} ×")


def _seconds(code: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
