"""Inviting by mail: who is asked, who is passed over, when they are reminded, and when staff hears of silence."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from flow_office import CUSTOMER_HEAD, HARBOUR, HOME, MINATO, message, text

from mailbot.domain.policy import ReminderPolicy
from mailbot.errors import Refused, Unanswered
from mailbot.flows.advance import next_due
from mailbot.flows.credentials import SignInWays
from mailbot.flows.invite import Why
from mailbot.flows.withdraw import Withdraw
from mailbot.links import Purpose

if TYPE_CHECKING:
    from flow_invited import Desks
    from flow_office import Office

EMAIL = "keiri@sakura.example"


async def test_all_invites_those_whose_channel_is_mail(office: Office, desks: Desks) -> None:
    await office.customers(
        f"C-1,さくら,{EMAIL},mail", "C-2,もみじ,m@momiji.example,confirm", "C-4,すぎ,s@sugi.example,mail"
    )
    await office.customers("C-3,うめ,,letter,1000001,東京都千代田区1-1", head=f"{CUSTOMER_HEAD},postal_code,address")
    office.execute("UPDATE addresses SET status = 'removed' WHERE email_key = 's@sugi.example'")
    plan = desks.invite.plan("minato")
    assert [(row.code, row.email) for row in plan.rows] == [("C-1", EMAIL)]
    assert plan.skipped == (("C-4", Why.NO_ADDRESS),)
    done = await desks.invite.mail(plan)
    assert done == plan
    assert [mail.email for mail in office.mails("invitation")] == [EMAIL]
    assert (desks.states(), desks.customer("C-1"), desks.customer("C-4")) == (["sent"], "invited", "new")
    assert office.value("SELECT sent_at FROM invitations") is None


async def test_a_code_that_is_named_is_invited_whatever_its_channel(office: Office, desks: Desks) -> None:
    await office.customers(f"C-1,さくら,{EMAIL},none", issuer="minato")
    done = await desks.mail("C-1", "C-1", "C-9")
    assert [row.code for row in done.rows] == ["C-1"]
    assert done.skipped == (("C-9", Why.UNKNOWN),)


async def test_an_issuer_that_is_not_configured_is_refused(desks: Desks) -> None:
    with pytest.raises(Refused, match="no issuer nobody"):
        desks.invite.plan("nobody")


async def test_acceptance_starts_the_life_of_an_invitation(office: Office, desks: Desks) -> None:
    await office.customers(f"C-1,さくら,{EMAIL},mail")
    await desks.mail("C-1")
    office.clock.advance(days=2)
    (envelope,) = await office.post()
    row = office.rows("SELECT sent_at, base_date, expires_at, remind_at FROM invitations")[0]
    assert row == (
        "2026-11-22T01:00:00.000Z",
        "2026-11-22",
        "2027-01-21T14:59:59.000Z",
        "2026-11-25T00:00:00.000Z",
    )
    assert office.facts.of("invitation.sent") == [
        {"issuer": "minato", "customer": "C-1", "channel": "mail", "to": EMAIL}
    ]
    assert "2027年1月21日" in text(envelope)
    assert office.mailed(envelope).purpose is Purpose.INVITATION
    due = office.database.read(next_due)
    assert due is not None
    assert due.isoformat() == "2026-11-25T00:00:00+00:00"


async def test_a_live_invitation_is_not_repeated_unless_asked_to(office: Office, desks: Desks) -> None:
    old = await desks.invited("C-1", EMAIL)
    assert desks.invite.plan("minato").skipped == (("C-1", Why.INVITED),)
    assert desks.invite.plan("minato", again=True).skipped == (("C-1", Why.JUST_NOW),)
    office.clock.advance(seconds=61)
    new = await desks.invited("C-1", EMAIL, again=True)
    assert desks.states() == ["sent"]
    assert (desks.register.look(old).state, desks.register.look(new).state) == ("superseded", "ready")


async def test_two_commands_at_once_invite_once(office: Office, desks: Desks) -> None:
    await office.customers(f"C-1,さくら,{EMAIL},mail")
    plan = desks.invite.plan("minato")
    done = await asyncio.gather(*(desks.invite.mail(plan) for _ in range(10)))
    assert sorted(len(each.rows) for each in done) == [0] * 9 + [1]
    assert len(office.mails("invitation")) == 1


async def test_an_older_mail_that_waits_is_not_sent_after_a_newer_one_was_asked_for(
    office: Office, desks: Desks
) -> None:
    await office.customers(f"C-1,さくら,{EMAIL},mail")
    await desks.mail("C-1")
    office.clock.advance(minutes=2)
    await desks.mail("C-1", again=True)
    assert len(await office.post()) == 1
    assert [mail.state for mail in office.mails("invitation")] == ["cancelled", "accepted"]


async def test_those_who_are_connected_are_never_invited_again(office: Office, desks: Desks) -> None:
    await desks.registered("C-1", EMAIL)
    office.clock.advance(days=400)
    assert desks.invite.plan("minato", ["C-1"], again=True).skipped == (("C-1", Why.APPROVED),)
    assert desks.states() == ["approved"]


async def test_a_decline_is_left_alone_unless_asked_to_and_then_begins_anew(office: Office, desks: Desks) -> None:
    old = await desks.invited("C-1", EMAIL)
    office.clock.advance(hours=1)
    await desks.register.decline(old, reason="", network="192.0.2.0/24")
    assert desks.invite.plan("minato").skipped == (("C-1", Why.DECLINED),)
    new = await desks.invited("C-1", EMAIL, again=True)
    assert (desks.states(), desks.customer("C-1")) == (["superseded", "sent"], "invited")
    assert (desks.register.look(old).state, desks.register.look(new).state) == ("superseded", "ready")


async def test_an_address_taken_off_gets_no_invitation(office: Office, desks: Desks) -> None:
    await office.customers(f"C-1,さくら,{EMAIL},mail")
    await desks.mail("C-1")
    await Withdraw(office.desk).address(EMAIL, issuers=("minato",))
    assert await office.post() == []
    assert desks.invite.plan("minato", ["C-1"], again=True).rows == ()


async def test_reminders_follow_the_policy_and_then_staff_gets_one_list(office: Office, desks: Desks) -> None:
    await office.customers(f"C-1,さくら,{EMAIL},mail", "C-2,もみじ,m@momiji.example,mail")
    await desks.mail("C-1", "C-2")
    await office.post()
    for day, count in (("24", 2), ("26", 0), ("27", 2), ("30", 0)):
        office.clock.go(f"2026-11-{day}T00:00Z")
        await desks.sweep()
        assert len(await office.post()) == count, day
    office.clock.go("2026-12-04T00:00Z")
    await desks.sweep()
    (mail, _) = await office.post()
    assert "再" in message(mail)["Subject"]
    assert office.rows("SELECT reminded_step, reminders, listed_at FROM invitations") == [(3, 3, None)] * 2
    office.clock.go("2026-12-10T23:59Z")
    await desks.sweep()
    assert await office.post() == []
    office.clock.go("2026-12-11T00:00Z")
    await desks.sweep()
    (listed,) = await office.post()
    assert (listed.recipient, listed.kind) == ("keiri@minato.example", "staff")
    assert "C-1 さくら" in text(listed)
    assert "C-2 もみじ" in text(listed)
    assert len(office.facts.of("invitation.unanswered")) == 2
    office.clock.go("2027-01-10T00:00Z")
    await desks.sweep()
    assert await office.post() == []


async def test_a_reminder_carries_the_same_link_and_its_true_end(office: Office, desks: Desks) -> None:
    first = await desks.invited("C-1", EMAIL)
    office.clock.go("2026-11-24T00:00Z")
    await desks.sweep()
    (mail,) = await office.post()
    again = office.mailed(mail)
    assert again.ids == first.ids
    assert "2027年1月19日" in text(mail)
    assert (desks.register.look(first).state, desks.register.look(again).state) == ("ready", "ready")
    office.clock.go("2027-01-19T14:59:58Z")
    assert (desks.register.look(first).state, desks.register.look(again).state) == ("ready", "ready")
    office.clock.advance(seconds=1)
    assert (desks.register.look(first).state, desks.register.look(again).state) == ("expired", "expired")


async def test_whoever_answered_is_not_reminded(office: Office, desks: Desks) -> None:
    link = await desks.invited("C-1", EMAIL)
    declined = await desks.invited("C-2", "m@momiji.example")
    await desks.complete(link)
    await desks.register.decline(declined, reason="", network="192.0.2.0/24")
    office.clock.go("2026-12-20T01:00Z")
    await desks.sweep()
    assert [mail.payload for mail in office.mails("invitation") if '"step":0' not in mail.payload] == []
    assert office.facts.of("invitation.unanswered") == []


async def test_a_reminder_that_was_queued_is_cancelled_by_an_answer(office: Office, desks: Desks) -> None:
    link = await desks.invited("C-1", EMAIL)
    office.clock.go("2026-11-24T00:00Z")
    await desks.sweep()
    await desks.complete(link)
    assert [mail.state for mail in office.mails("invitation")] == ["accepted", "queued"]
    await office.post()
    assert [mail.state for mail in office.mails("invitation")] == ["accepted", "cancelled"]


async def test_one_person_gets_one_reminder_a_day(office: Office, desks: Desks) -> None:
    await desks.invited("C-1", EMAIL)
    await desks.invited("C-2", EMAIL)
    office.clock.go("2026-11-24T00:00Z")
    await desks.sweep()
    assert len(await office.post()) == 1
    office.clock.go("2026-11-25T00:00Z")
    await desks.sweep()
    assert len(await office.post()) == 1
    assert office.rows("SELECT reminders FROM invitations") == [(1,), (1,)]


async def test_letters_are_not_reminded_but_listed(office: Office, desks: Desks) -> None:
    await desks.letter("C-1")
    for day in range(20):
        office.clock.go(f"2026-11-{21 + day:02d}T01:00Z" if day < 10 else f"2026-12-{day - 9:02d}T01:00Z")
        await desks.sweep()
    assert office.mails() == []
    office.clock.go("2026-12-11T00:00Z")
    await desks.sweep()
    (mail,) = await office.post()
    assert "郵送" in text(mail)


async def test_a_letter_that_was_used_for_an_address_is_answered(office: Office, desks: Desks) -> None:
    letter = await desks.letter("C-1")
    session = await SignInWays(office.desk, desks.passwords).by_letter("MINATO", "c-1", letter.password, network=HOME)
    assert session is not None, "codes are read in capitals and small letters"
    await office.confirm.add(desks.session(session), EMAIL)
    (confirm,) = await office.post()
    assert (await office.confirm.act(office.mailed(confirm), network=HOME)).session_id
    await office.post()
    office.clock.advance(days=61)
    await desks.sweep()
    assert office.value("SELECT state FROM invitations") == "sent", "not expired: it was answered"
    assert office.value("SELECT remind_at FROM invitations") is None
    assert office.facts.of("invitation.expired") == [], "it was answered, though nobody has an account"
    assert desks.customer("C-1") == "registered"
    assert await office.post() == []


async def test_staff_in_english_reads_english(office: Office, desks: Desks) -> None:
    await desks.letter("C-1", issuer="harbour")
    office.clock.go("2026-12-14T12:00Z")
    await desks.sweep()
    mails = await office.post()
    assert sorted(mail.recipient for mail in mails) == ["desk@harbour.example", "lead@harbour.example"]
    assert "have not answered" in text(mails[0])


async def test_without_reminders_silence_is_listed_all_the_same(office: Office, desks: Desks) -> None:
    quiet = replace(MINATO, reminders=ReminderPolicy(after_days=(), max=0))
    office.set_issuers(quiet, HARBOUR)
    await desks.invited("C-1", EMAIL)
    office.clock.go("2026-11-27T01:00Z")
    await desks.sweep()
    assert [mail.kind for mail in office.mails()] == ["invitation", "staff"]


async def test_what_was_missed_is_made_up_once_and_listed_a_week_later(office: Office, desks: Desks) -> None:
    await desks.invited("C-1", EMAIL)
    office.clock.go("2027-01-06T01:00Z")
    await desks.sweep()
    assert office.rows("SELECT reminded_step, reminders, listed_at FROM invitations") == [(3, 1, None)]
    office.clock.go("2027-01-13T00:00Z")
    await desks.sweep()
    assert len(office.facts.of("invitation.unanswered")) == 1


async def test_an_invitation_expires_and_is_listed_where_it_was_not(office: Office, desks: Desks) -> None:
    await desks.invited("C-1", EMAIL)
    declined = await desks.invited("C-2", "m@momiji.example")
    await desks.register.decline(declined, reason="", network="192.0.2.0/24")
    office.clock.go("2027-01-19T15:00Z")
    await desks.sweep()
    assert desks.states() == ["expired", "expired"]
    assert office.facts.of("invitation.expired") == [
        {"issuer": "minato", "customer": "C-1"},
        {"issuer": "minato", "customer": "C-2"},
    ]
    assert [each["customer"] for each in office.facts.of("invitation.unanswered")] == ["C-1"]
    assert office.database.read(next_due) is not None  # the staff's mail
    await office.post()
    assert office.database.read(next_due) is None
    assert desks.invite.plan("minato", ["C-1", "C-2"]).skipped == ()


async def test_an_invitation_whose_answer_was_lost_lives_all_the_same(office: Office, desks: Desks) -> None:
    await office.customers(f"C-1,さくら,{EMAIL},mail")
    await desks.mail("C-1")
    (envelope,) = await office.post(lambda _: Unanswered("lost"))
    link = office.mailed(envelope)
    assert office.value("SELECT sent_at FROM invitations") is None
    await desks.complete(link)
    assert [mail.state for mail in office.mails("invitation")] == ["accepted"]
    assert len(office.facts.of("invitation.sent")) == 1


async def test_the_same_sweep_twice_changes_nothing(office: Office, desks: Desks) -> None:
    await desks.invited("C-1", EMAIL)
    office.clock.go("2026-11-24T00:00Z")
    await desks.sweep()
    before = office.everything()
    await desks.sweep()
    assert office.everything() == before


async def test_nothing_goes_out_while_the_office_is_closed(office: Office, desks: Desks) -> None:
    await desks.invited("C-1", EMAIL)
    office.clock.go("2026-11-23T01:00Z")  # a holiday
    await desks.sweep()
    office.clock.go("2026-11-23T12:00Z")
    await desks.sweep()
    assert len(office.mails("invitation")) == 1
