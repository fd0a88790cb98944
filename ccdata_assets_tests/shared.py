"""Real and labelled data that is not part of the project: found through CCDATA_SHARED, default ../shared."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ccdata_assets.settings import PROJECT_DIR


def shared_dir() -> Path:
    """The folder of shared data; the test that asks for it is skipped, saying so, where there is none."""
    folder = Path(os.environ.get("CCDATA_SHARED", PROJECT_DIR.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(
            f"no shared data at {folder}: set CCDATA_SHARED to the folder that holds data/real and data/labelled"
        )
    return folder
