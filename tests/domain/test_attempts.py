"""How long a network and somebody at it wait after failures."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailbot.domain.attempts import network_lock, subject_lock


@pytest.mark.parametrize(("failures", "minutes"), [(0, 0), (19, 0), (20, 15), (21, 15), (1000, 15)])
def test_a_network_waits_a_quarter_of_an_hour_after_twenty(failures: int, minutes: int) -> None:
    assert network_lock(failures) == timedelta(minutes=minutes)


@pytest.mark.parametrize(("failures", "minutes"), [(5, 0), (6, 1), (9, 8), (50, 60)])
def test_who_fails_about_one_person_waits_ever_longer(failures: int, minutes: int) -> None:
    assert subject_lock(failures) == timedelta(minutes=minutes)
