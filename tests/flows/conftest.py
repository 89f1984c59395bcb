"""The office that tests of flows work at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flow_invited import Desks
from flow_office import Office

from mailbot.domain.policy import Rules
from mailbot.passwords import Passwords

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path, rules=Rules(base_url="https://bill.example"))
    yield office
    office.database.close()


@pytest.fixture
def desks(office: Office) -> Iterator[Desks]:
    passwords = Passwords()
    yield Desks(office, passwords)
    passwords.close()
