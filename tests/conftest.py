"""Fixtures for all tests."""

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real imagery beside the project; skips where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real imagery (../shared/data) is not on this machine")
    return SHARED_DATA
