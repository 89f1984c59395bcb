"""A Dovecot for all tests that do it no harm, and what stands behind the door."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trustme
from dovecot import Dovecot, dovecot
from imap_door import Post

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def cafile(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture(scope="session")
def server(authority: trustme.CA) -> Iterator[Dovecot]:
    """Return a Dovecot that several tests share, each with a user of its own."""
    with dovecot(authority) as running:
        yield running


@pytest.fixture
def mortal() -> Iterator[Dovecot]:
    """Return a Dovecot that may be killed and frozen."""
    with dovecot() as running:
        yield running


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    post = Post(tmp_path)
    yield post
    post.database.close()
