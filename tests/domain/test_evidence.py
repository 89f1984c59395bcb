"""The ladder of evidence, and doubt about a press."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailbot.domain.evidence import LADDER, STOPS_REMINDERS, Evidence, Press, doubt, higher

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
PERSON = Press(
    at=AT,
    seen_at=AT - timedelta(seconds=20),
    network="192.0.2.0/24",
    accepted_at=AT - timedelta(seconds=30),
    other_network_fetched=False,
    decoy=False,
)


def test_the_ladder_stands_from_planned_to_acknowledged() -> None:
    assert LADDER[0] is Evidence.PLANNED
    assert LADDER[-1] is Evidence.ACKNOWLEDGED
    assert higher(Evidence.PRESSED, Evidence.FETCHED) is Evidence.PRESSED
    assert higher(Evidence.FETCHED, Evidence.DOWNLOADED) is Evidence.DOWNLOADED
    assert {Evidence.DOWNLOADED, Evidence.ACKNOWLEDGED} == STOPS_REMINDERS


@pytest.mark.parametrize(
    ("press", "reason"),
    [
        (PERSON, ""),
        (replace(PERSON, decoy=True), "decoy"),
        (replace(PERSON, seen_at=AT - timedelta(seconds=1.999)), "too fast"),
        (replace(PERSON, seen_at=AT - timedelta(seconds=2)), ""),
        (replace(PERSON, other_network_fetched=True), "scanner"),
        (replace(PERSON, other_network_fetched=True, accepted_at=AT - timedelta(seconds=60)), ""),
        (replace(PERSON, other_network_fetched=True, accepted_at=None), ""),
    ],
)
def test_a_press_is_doubted_for_one_reason(press: Press, reason: str) -> None:
    assert doubt(press) == reason


def test_the_time_to_read_is_the_installations_choice() -> None:
    assert doubt(PERSON, min_reading=timedelta(minutes=1)) == "too fast"
