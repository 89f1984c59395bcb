"""Locks against guessing, as rows: what is counted, given back and forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flow_office import HOME
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailbot.domain.attempts import SUBJECT_WINDOW, subject_lock
from mailbot.flows import locks
from mailbot.flows.housekeep import Housekeep
from mailbot.flows.locks import Locked

if TYPE_CHECKING:
    from flow_office import Office

NETWORK, LETTER = locks.network(HOME), locks.letter("minato", "C-1", HOME)
BOTH = (NETWORK, LETTER)


def enter(office: Office) -> None:
    office.database.write_now(lambda tx: locks.enter(tx, BOTH))


def counted(office: Office) -> dict[str, int]:
    return {
        subject.split(":")[0]: failures for subject, failures in office.rows("SELECT subject, failures FROM attempts")
    }


def test_what_is_counted_is_not_what_was_typed() -> None:
    subject = locks.mailbox("keiri@sakura.example", HOME)
    assert subject.key.startswith("mailbox:")
    assert subject.key.endswith(f"@{HOME}")
    assert "keiri" not in subject.key
    assert subject != locks.mailbox("keiri@sakura.example", "198.51.100.0/24")
    assert locks.letter("a", "bc", HOME) != locks.letter("ab", "c", HOME)
    assert locks.mailbox("\ud800", HOME).key


def test_an_attempt_counts_before_it_is_judged(office: Office) -> None:
    enter(office)
    assert counted(office) == {"network": 1, "letter": 1}
    office.database.write_now(lambda tx: locks.give_back(tx, BOTH))
    assert counted(office) == {"network": 0, "letter": 0}
    enter(office)
    enter(office)
    office.database.write_now(lambda tx: locks.passed(tx, BOTH))
    assert counted(office) == {"network": 1}


def test_refused_nothing_is_counted(office: Office) -> None:
    for _ in range(6):
        enter(office)
    with pytest.raises(Locked, match="in 1 minutes"):
        enter(office)
    assert counted(office) == {"network": 6, "letter": 6}


def test_failures_of_the_day_before_are_forgotten(office: Office) -> None:
    for _ in range(5):
        enter(office)
    office.clock.advance(days=1, seconds=1)
    enter(office)
    assert counted(office) == {"network": 1, "letter": 1}


def test_giving_back_what_was_never_counted_changes_nothing(office: Office) -> None:
    office.database.write_now(lambda tx: locks.give_back(tx, BOTH))
    assert counted(office) == {}


async def test_what_locks_nothing_any_more_is_swept_away(office: Office) -> None:
    enter(office)
    office.clock.advance(days=2)
    assert not await Housekeep(office.desk).step()
    assert counted(office) == {"network": 1, "letter": 1}
    office.clock.advance(seconds=1)
    assert not await Housekeep(office.desk).step()
    assert counted(office) == {}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["wrong", "right", "a minute", "an hour"]), max_size=60))
def test_a_lock_lets_nobody_pass_and_keeps_nobody_out_for_longer_than_it_says(office: Office, steps: list[str]) -> None:
    office.execute("DELETE FROM attempts")
    failures, first, last = 0, office.clock.now(), office.clock.now()
    for step in steps:
        now = office.clock.now()
        if step in {"a minute", "an hour"}:
            office.clock.advance(minutes=1 if step == "a minute" else 60)
        elif last + subject_lock(failures) > now:
            with pytest.raises(Locked) as caught:
                office.database.write_now(lambda tx: locks.enter(tx, (LETTER,)))
            assert caught.value.until == last + subject_lock(failures)
        else:
            office.database.write_now(lambda tx: locks.enter(tx, (LETTER,)))
            if step == "right":
                office.database.write_now(lambda tx: locks.passed(tx, (LETTER,)))
            fresh = not failures or first < now - SUBJECT_WINDOW
            failures = 0 if step == "right" else 1 if fresh else failures + 1
            first, last = (now if fresh else first), now
