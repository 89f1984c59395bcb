"""States of an invoice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.domain.invoice import SHOWN, STEPS, Event, Status, advance
from mailbot.errors import IllegalTransition


@pytest.mark.parametrize(
    ("status", "event", "after"),
    [
        (Status.SCHEDULED, Event.ISSUE, Status.OPEN),
        (Status.SCHEDULED, Event.WAIT, Status.WAITING),
        (Status.WAITING, Event.ISSUE, Status.OPEN),
        (Status.WAITING, Event.DOWNLOAD, Status.DOWNLOADED),
        (Status.OPEN, Event.DOWNLOAD, Status.DOWNLOADED),
        (Status.DOWNLOADED, Event.DOWNLOAD, Status.DOWNLOADED),
        (Status.DOWNLOADED, Event.DOUBT, Status.OPEN),
        (Status.DOWNLOADED, Event.WITHDRAW, Status.WITHDRAWN),
        (Status.SCHEDULED, Event.REPLACE, Status.REPLACED),
    ],
)
def test_an_invoice_takes_the_steps_of_its_table(status: Status, event: Event, after: Status) -> None:
    assert advance(status, event) is after


@given(st.sampled_from(Status), st.sampled_from(Event))
def test_every_other_step_is_refused_by_name(status: Status, event: Event) -> None:
    if (status, event) in STEPS:
        assert advance(status, event) is STEPS[status, event]
        return
    with pytest.raises(IllegalTransition, match=f"this invoice is {status}"):
        advance(status, event)


def test_a_withdrawn_or_replaced_invoice_is_neither_shown_nor_changed() -> None:
    gone = {Status.WITHDRAWN, Status.REPLACED}
    assert not gone & SHOWN
    assert not gone & {status for status, _ in STEPS}
