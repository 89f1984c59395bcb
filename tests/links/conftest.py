"""Parts that tests of links share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from mailbot.keyring import Keyring
from mailbot.links import Links

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 20, 2, 28, 45, 123000, tzinfo=UTC)


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring.create(tmp_path / "keys", now=NOW)


@pytest.fixture
def links(keyring: Keyring) -> Links:
    return Links(keyring)
