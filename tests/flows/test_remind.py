"""Reminders: on which dates, to whom, how often, and that sweeping more often changes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from flow_office import HARBOUR, MINATO, text

from mailbot.clock import stamp
from mailbot.domain.policy import ReminderPolicy
from mailbot.flows.withdraw import Withdraw
from mailbot.store import deliveries, ledger

if TYPE_CHECKING:
    from flow_office import Office

    from mailbot.domain.policy import Issuer

EMAIL = "keiri@sakura.example"
SECOND = "second@sakura.example"


def minato(*, closed: tuple[str, ...] = (), time_zone: str = "Asia/Tokyo", **policy: object) -> Issuer:
    return replace(
        MINATO,
        closed=closed,
        time_zone=time_zone,
        reminders=replace(ReminderPolicy(), **policy),  # type: ignore[arg-type]  # the test says which
    )


async def walk(office: Office, until: str) -> list[str]:
    """Go from one due moment to the next as a daemon does, and return when reminders went out."""
    found = []
    while (at := office.database.read(deliveries.next_due)) is not None and at <= until:
        office.clock.go(max(at, stamp(office.clock.now())))
        await office.sweep()
        found += [stamp(office.clock.now())[:16] for each in await office.post() if each.kind == "reminder"]
        after = office.database.read(deliveries.next_due)
        assert after is None or after > stamp(office.clock.now()), "a sweep leaves nothing due"
    return found


async def notified(office: Office, at: str, *numbers: str, email: str = EMAIL) -> None:
    """Have invoices of a customer issued and accepted at a moment."""
    office.clock.go(at)
    await office.customer("C-1", email)
    await office.issued("C-1", *(numbers or ("A-1",)))


@pytest.mark.parametrize(
    ("issuer", "accepted", "due"),
    [
        pytest.param(
            minato(),
            "2026-11-16T01:00Z",
            ["2026-11-19T00:00", "2026-11-24T00:00", "2026-11-30T00:00"],
            id="Monday: Thursday; Monday is a holiday, so Tuesday; Monday",
        ),
        pytest.param(
            minato(),
            "2026-11-15T15:00Z",
            ["2026-11-19T00:00", "2026-11-24T00:00", "2026-11-30T00:00"],
            id="the local date counts: midnight in Tokyo",
        ),
        pytest.param(
            minato(),
            "2026-11-15T14:59Z",
            ["2026-11-18T00:00", "2026-11-24T00:00", "2026-11-30T00:00"],
            id="a minute before it",
        ),
        pytest.param(
            minato(holidays=""),
            "2026-11-16T01:00Z",
            ["2026-11-19T00:00", "2026-11-23T00:00", "2026-11-30T00:00"],
            id="no holidays",
        ),
        pytest.param(
            minato(weekdays_only=False, holidays=""),
            "2026-11-18T01:00Z",
            ["2026-11-21T00:00", "2026-11-25T00:00", "2026-12-02T00:00"],
            id="at the weekend, too",
        ),
        pytest.param(
            minato(closed=("12-29..01-03",)),
            "2026-12-26T01:00Z",
            ["2027-01-04T00:00", "2027-01-12T00:00"],
            id="over new year two steps fall on one day: the later one counts; Coming of Age Day",
        ),
        pytest.param(minato(max=2), "2026-11-16T01:00Z", ["2026-11-19T00:00", "2026-11-24T00:00"], id="two at most"),
        pytest.param(minato(max=0), "2026-11-16T01:00Z", [], id="none at all"),
        pytest.param(minato(after_days=()), "2026-11-16T01:00Z", [], id="no steps"),
        pytest.param(
            minato(after_days=(1, 2, 3), min_gap_days=3),
            "2026-11-16T01:00Z",
            ["2026-11-17T00:00", "2026-11-20T00:00"],
            id="a gap of three days: what came due meanwhile is one",
        ),
        pytest.param(
            minato(time_zone="America/New_York", holidays=""),
            "2026-10-29T12:00Z",
            ["2026-11-02T14:00", "2026-11-05T14:00", "2026-11-12T14:00"],
            id="nine o'clock there, after summer time has ended",
        ),
    ],
)
async def test_the_days_on_which_reminders_go_out(
    office: Office, issuer: Issuer, accepted: str, due: list[str]
) -> None:
    office.set_issuers(issuer)
    await notified(office, accepted)
    assert await walk(office, "2027-12-31") == due
    assert office.ledger("invoice.reminded") == len(due)


async def test_a_sweep_every_second_changes_nothing(office: Office) -> None:
    await notified(office, "2026-11-16T01:00Z")
    office.clock.go("2026-11-18T23:59:30Z")
    for _ in range(60):
        await office.sweep()
        office.clock.advance(seconds=1)
    assert len(office.mails("reminder")) == 1
    before = office.everything()
    for _ in range(60):
        await office.sweep()
        office.clock.advance(seconds=1)
    assert office.everything() == before


@pytest.mark.parametrize("at", ["2026-11-18T23:59:59Z", "2026-11-19T08:00Z", "2026-11-21T03:00Z", "2026-11-23T03:00Z"])
async def test_outside_business_hours_nothing_goes_out(office: Office, at: str) -> None:
    await notified(office, "2026-11-16T01:00Z")
    office.clock.go(at)
    await office.sweep()
    assert office.mails("reminder") == []


async def test_after_downtime_there_is_one_catch_up(office: Office) -> None:
    await notified(office, "2026-11-16T01:00Z")
    office.clock.go("2026-12-03T02:00Z")
    await office.sweep()
    (envelope,) = await office.post()
    assert envelope.kind == "reminder"
    assert office.rows("SELECT reminded_step, reminders, remind_at FROM deliveries") == [(3, 1, None)]
    assert await walk(office, "2027-12-31") == []


async def test_one_mail_a_person_lists_all_that_is_open(office: Office) -> None:
    await notified(office, "2026-11-16T01:00Z", "A-1", "A-2")
    office.clock.go("2026-11-18T01:00Z")
    await office.issued("C-1", "A-3")
    office.clock.go("2026-11-19T01:00Z")
    await office.sweep()
    (envelope,) = await office.post()
    assert all(number in text(envelope) for number in ("A-1", "A-2", "A-3"))
    assert [fields["invoice"] for fields in office.facts.of("invoice.reminded")] == ["A-1", "A-2"]


async def test_what_comes_due_later_that_day_waits_for_another(office: Office) -> None:
    await notified(office, "2026-11-16T01:00Z")
    office.clock.go("2026-11-19T01:00Z")
    await office.sweep()
    await office.issued("C-1", "A-2")
    office.execute(
        "UPDATE deliveries SET remind_at = ?, base_date = '2026-11-16' WHERE reminders = 0", stamp(office.clock.now())
    )
    await office.sweep()
    assert len(office.mails("reminder")) == 1
    assert await walk(office, "2026-11-20T23:00") == ["2026-11-20T00:00"]


async def test_two_customers_with_one_mailbox_get_one_mail(office: Office) -> None:
    office.clock.go("2026-11-16T01:00Z")
    for code in ("C-1", "C-2"):
        await office.customer(code, EMAIL)
        await office.issued(code, f"{code}-A")
    assert await walk(office, "2026-11-19T23:00") == ["2026-11-19T00:00"]
    assert "C-1-A" in office.mail("reminder").payload
    assert "C-2-A" in office.mail("reminder").payload


async def test_two_issuers_remind_one_mailbox_each_for_itself(office: Office) -> None:
    office.clock.go("2026-11-16T10:00Z")
    await office.customer("C-1", "jo@tide.example")
    await office.customer("H-1", "jo@tide.example", issuer="harbour")
    await office.issued("C-1", "A-1")
    await office.issued("H-1", "HP-1", issuer="harbour")
    assert await walk(office, "2026-11-19T23:00") == ["2026-11-19T00:00", "2026-11-19T09:00"]


async def test_a_download_ends_the_reminders_at_every_address(office: Office) -> None:
    office.clock.go("2026-11-16T01:00Z")
    await office.customer("C-1", EMAIL, SECOND)
    await office.issued("C-1", "A-1")
    office.clock.advance(hours=1)
    await office.fetch("A-1", SECOND)
    assert await walk(office, "2027-12-31") == []


async def test_a_withdrawal_ends_the_reminders(office: Office) -> None:
    await notified(office, "2026-11-16T01:00Z")
    await Withdraw(office.desk).invoice("minato", "A-1", reason="誤り")
    assert await walk(office, "2027-12-31") == []


async def test_a_muted_address_is_not_reminded_and_others_are(office: Office) -> None:
    office.clock.go("2026-11-16T01:00Z")
    await office.customer("C-1", EMAIL, SECOND)
    await office.issued("C-1", "A-1")
    office.execute("UPDATE addresses SET status = 'muted' WHERE email = ?", EMAIL)
    assert await walk(office, "2026-11-19T23:00") == ["2026-11-19T00:00"]
    assert office.mail("reminder").email == SECOND


async def test_after_a_doubtful_download_the_reminder_has_other_words(office: Office) -> None:
    await notified(office, "2026-11-16T01:00Z")
    office.clock.go("2026-11-19T01:00Z")
    await office.sweep()
    (plain,) = await office.post()
    await office.fetch("A-1", EMAIL, seconds=0)
    office.clock.go("2026-11-24T01:00Z")
    await office.sweep()
    (other,) = await office.post()
    assert office.status("A-1") == "open"
    assert '"doubtful":true' in office.mails("reminder")[1].payload
    assert text(other).partition("A-1")[0] != text(plain).partition("A-1")[0]


async def test_a_notice_that_was_never_accepted_is_not_reminded_of(office: Office) -> None:
    office.clock.go("2026-11-16T01:00Z")
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1", sent=False)
    office.clock.go("2026-11-24T01:00Z")
    await office.sweep()
    assert office.mails("reminder") == []


async def test_a_person_who_raises_is_pushed_ahead_and_the_others_are_reminded(office: Office) -> None:
    office.clock.go("2026-11-16T01:00Z")
    for number in range(3):
        await office.customer(f"C-{number}", f"p{number}@sakura.example")
        await office.issued(f"C-{number}", f"A-{number}")
    office.execute(
        "UPDATE deliveries SET base_date = 'spoilt' WHERE id = ?", office.delivery("A-1", "p1@sakura.example")
    )
    office.clock.go("2026-11-19T01:00Z")
    await office.sweep()
    assert [mail.email for mail in office.mails("reminder")] == ["p0@sakura.example", "p2@sakura.example"]
    (failed,) = office.facts.of("row.failed")
    assert (failed["table"], failed["id"]) == ("deliveries", office.delivery("A-1", "p1@sakura.example"))
    await office.sweep()
    assert len(office.facts.of("row.failed")) == 1
    assert len(office.facts.of("invoice.reminded")) == 2
    assert office.database.read(ledger.verify) == []
    office.execute("UPDATE deliveries SET base_date = '2026-11-16' WHERE base_date = 'spoilt'")
    office.clock.advance(hours=1)
    await office.sweep()
    assert len(office.mails("reminder")) == 3


async def test_an_issuer_that_the_configuration_lost_stops_no_other(office: Office) -> None:
    await notified(office, "2026-11-16T01:00Z")
    await office.customer("H-1", "jo@tide.example", issuer="harbour")
    await office.issued("H-1", "HP-1", issuer="harbour")
    office.set_issuers(HARBOUR)
    office.clock.go("2026-11-19T12:00Z")
    await office.sweep()
    assert [mail.email for mail in office.mails("reminder")] == ["jo@tide.example"]


async def test_more_than_a_slice_is_swept_in_several_transactions(office: Office) -> None:
    office.clock.go("2026-11-16T01:00Z")
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", *(f"A-{number}" for number in range(450)))
    office.clock.go("2026-11-19T01:00Z")
    await office.sweep()
    assert len(office.mails("reminder")) == 1
    assert office.value("SELECT count(*) FROM deliveries WHERE reminders = 1") == 450
