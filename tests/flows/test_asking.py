"""Mails that are asked for: twenty a day to one mailbox, then one in the time that a link lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.domain.outbox import Kind
from mailbot.flows.asking import A_DAY, may_go

if TYPE_CHECKING:
    from flow_office import Office

KEY = "keiri@sakura.example"


def ask(office: Office, kind: Kind = Kind.SIGN_IN, key: str = KEY) -> bool:
    return office.database.write_now(lambda tx: may_go(tx, kind, key))


def test_twenty_a_day_and_then_one_in_half_an_hour(office: Office) -> None:
    gone = 0
    for _ in range(24 * 60):
        gone += ask(office)
        office.clock.advance(minutes=1)
    assert A_DAY + 46 <= gone <= A_DAY + 48


def test_whoever_asks_late_has_a_link_within_its_life(office: Office) -> None:
    assert [ask(office) for _ in range(A_DAY + 5)] == [True] * A_DAY + [False] * 5
    office.clock.advance(minutes=29)
    assert not ask(office)
    office.clock.advance(minutes=1)
    assert ask(office)
    assert not ask(office)


def test_each_kind_and_each_mailbox_has_its_own(office: Office) -> None:
    for _ in range(A_DAY):
        ask(office)
    assert (ask(office), ask(office, Kind.PASSWORD), ask(office, key="other@sakura.example")) == (False, True, True)


def test_the_next_day_begins_anew(office: Office) -> None:
    for _ in range(A_DAY):
        ask(office)
    office.clock.advance(hours=24, seconds=1)
    assert all(ask(office) for _ in range(A_DAY))
