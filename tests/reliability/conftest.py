"""Installations for the tests of reliability: made once, copied for each test."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from real_daemon import Installation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from real_daemon import Install


@pytest.fixture(scope="session")
def three_notices(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Return an installation where three notices wait, and no daemon ran yet."""
    installation = Installation(tmp_path_factory.mktemp("three"), 1)
    installation.fill(3)
    return installation


@pytest.fixture
def install(tmp_path: Path, three_notices: Installation) -> Iterator[Install]:
    """Return what makes an installation with three notices for a relay's port; its daemons end with the test."""
    with contextlib.ExitStack() as stack:

        def make(port: int, **keys: object) -> Installation:
            installation = three_notices.copied(tmp_path / f"site-{port}", port, **keys)
            stack.callback(installation.close)
            return installation

        yield make
