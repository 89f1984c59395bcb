"""States of a receiving address, and what the page behind its link shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.domain.address import RECEIVES, STEPS, Event, Look, Status, advance, look
from mailbot.errors import IllegalTransition


@given(st.sampled_from(Status), st.sampled_from(Event))
def test_an_address_takes_the_steps_of_its_table_and_no_others(status: Status, event: Event) -> None:
    if (status, event) in STEPS:
        assert advance(status, event) is STEPS[status, event]
        return
    with pytest.raises(IllegalTransition, match=f"this address is {status}"):
        advance(status, event)


def test_confirming_again_changes_nothing_and_unmutes_nobody() -> None:
    assert advance(Status.CONFIRMED, Event.CONFIRM) is Status.CONFIRMED
    assert advance(Status.MUTED, Event.CONFIRM) is Status.MUTED


def test_a_removed_address_comes_back_only_by_a_new_proof() -> None:
    assert {event for status, event in STEPS if status is Status.REMOVED} == {Event.ASK}


@pytest.mark.parametrize(
    ("status", "link", "version", "ended", "shown"),
    [
        (Status.PENDING, 1, 1, False, Look.READY),
        (Status.PENDING, 1, 1, True, Look.EXPIRED),
        (Status.PENDING, 1, 2, False, Look.SUPERSEDED),
        (Status.PENDING, 1, 2, True, Look.SUPERSEDED),
        (Status.CONFIRMED, 1, 1, False, Look.DONE),
        (Status.CONFIRMED, 1, 2, True, Look.DONE),
        (Status.MUTED, 1, 1, True, Look.DONE),
        (Status.UNDELIVERABLE, 1, 1, False, Look.EXPIRED),
        (Status.REMOVED, 1, 1, False, Look.SUPERSEDED),
    ],
)
def test_a_link_shows_what_its_address_has_become(
    status: Status, link: int, version: int, *, ended: bool, shown: Look
) -> None:
    assert look(status=status, link_version=link, version=version, ended=ended) is shown


def test_every_status_that_receives_shows_done() -> None:
    assert all(look(status=status, link_version=1, version=2, ended=True) is Look.DONE for status in RECEIVES)
