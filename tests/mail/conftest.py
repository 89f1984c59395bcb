"""Parts that tests of mails share."""

from __future__ import annotations

import pytest

from mailbot import stationery
from mailbot.mail.edition import Edition
from mailbot.mail.render import Renderer


@pytest.fixture(scope="session")
def edition() -> Edition:
    return Edition({"templates": stationery.load("mail"), "base_url": "https://invoice.example.jp"})


@pytest.fixture(scope="session")
def renderer(edition: Edition) -> Renderer:
    return Renderer(edition)
