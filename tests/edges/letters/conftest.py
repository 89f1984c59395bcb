"""Letters are printed with the real font and looked at with the real programs."""

from __future__ import annotations

import shutil
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from paper import FONT


@pytest.fixture(autouse=True)
def _on_paper() -> None:
    if not FONT.is_file():
        pytest.skip(f"{FONT} is not installed (fonts-morisawa-bizud-gothic)")
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed (poppler-utils)")


@pytest.fixture
def tokyo() -> datetime:
    """A moment in Tokyo, as aware as issuers' moments are."""
    return datetime(2027, 1, 19, 11, 28, tzinfo=ZoneInfo("Asia/Tokyo"))
