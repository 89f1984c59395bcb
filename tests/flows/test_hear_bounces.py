"""What follows from reports: addresses that are given up, weakened or probed, and mails whose fate becomes known."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from flow_courier import lose
from flow_inbound import INBOUND, absence, hear, listens, reply, reply_to, report
from flow_office import MINATO, Office, text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailbot.clock import moment
from mailbot.domain.outbox import Kind
from mailbot.domain.policy import OnUnknown, Rules
from mailbot.flows.advance import next_due
from mailbot.flows.report import Report, Search
from mailbot.flows.wanted import still_wanted
from mailbot.flows.weaken import Probe
from mailbot.mail.render import KINDS
from mailbot.mail.sample import samples

if TYPE_CHECKING:
    from mailbot.mail.envelope import Envelope

EMAIL = "keiri@sakura.example"
SECOND = "second@sakura.example"
FULL: dict[str, Any] = {"status": "4.2.2", "said": "452 4.2.2 mailbox full"}
SPAM: dict[str, Any] = {"status": "5.7.1", "said": "554 5.7.1 message rejected as spam"}


async def noticed(office: Office, *numbers: str, emails: tuple[str, ...] = (EMAIL,), **rules: object) -> Envelope:
    """Have invoices issued to a customer and return the first notice to the first address."""
    listens(office, **rules)
    await office.customer("C-1", *emails)
    return await again(office, *(numbers or ("A-1",)))


async def again(office: Office, *numbers: str, to: str = EMAIL) -> Envelope:
    """Have more invoices issued and return the notice of the first."""
    await office.issued("C-1", *numbers, sent=False)
    return next(each for each in await office.post() if each.kind == "notice" and each.recipient == to)


def status(office: Office, email: str = EMAIL) -> str:
    return str(office.value("SELECT status FROM addresses WHERE email_key = ?", email))


def score(office: Office, email: str = EMAIL) -> tuple[int, str | None]:
    return office.rows("SELECT bounce_score, bounced_on FROM addresses WHERE email_key = ?", email)[0]


def evidence(office: Office, number: str = "A-1", email: str = EMAIL) -> dict[str, object]:
    (line,) = Report(office.database).invoices(Search(number=number))
    return next(each for each in line["addresses"] if each["email"] == email)


async def soft(office: Office, *days: str, **fields: Any) -> str:  # noqa: ANN401 -- the fields of `report`
    """Have a notice a day come back for now, and return what was done at the last."""
    action = ""
    for day in days:
        office.clock.go(f"{day}T01:00Z")
        notice = await again(office, f"S-{day}")
        action = str((await hear(office, report(notice, **(fields or FULL)))).action)
    return action


def staff(office: Office) -> list[str]:
    return [each.payload for each in office.mails("staff")]


# An address that is dead.


async def test_a_hard_bounce_gives_the_address_up_and_cancels_what_waits_for_it(office: Office) -> None:
    notice = await noticed(office)
    await office.issued("C-1", "A-2", sent=False)
    found = await hear(office, report(notice))
    assert (found.action, found.reason, found.hard) == ("undeliverable", "userunknown", True)
    assert status(office) == "undeliverable"
    second = next(each for each in office.mails("notice") if '"A-2"' in each.payload)
    assert (second.state, second.reason) == ("cancelled", "its address is undeliverable")
    assert (office.ledger("address.undeliverable"), office.ledger("mail.bounced")) == (1, 1)
    assert office.facts.of("mail.bounced")[0]["said"] == "550 5.1.1 no such user here"
    assert await office.post() != []
    assert office.status("A-1") == "open", "nobody has it, and staff is to deliver it"


async def test_what_is_on_the_wire_is_left_alone(office: Office) -> None:
    notice = await noticed(office)
    await office.issued("C-1", "A-2", sent=False)
    await office.deliver.step()
    await hear(office, report(notice))
    second = next(each for each in office.mails("notice") if '"A-2"' in each.payload)
    assert second.state == "sending"


async def test_a_dead_address_gets_neither_reminders_nor_notices_and_new_invoices_wait(office: Office) -> None:
    notice = await noticed(office)
    await hear(office, report(notice))
    await office.post()
    assert office.value("SELECT remind_at FROM deliveries") is None
    office.clock.go("2026-11-30T00:00Z")
    await office.sweep()
    await office.issued("C-1", "A-2", sent=False)
    assert office.status("A-2") == "waiting"
    assert await office.post() == []


async def test_a_customers_other_address_goes_on_and_becomes_the_default_one(office: Office) -> None:
    notice = await noticed(office, emails=(EMAIL, SECOND))
    await hear(office, report(notice))
    assert office.rows("SELECT email, status, is_default FROM addresses ORDER BY id") == [
        (EMAIL, "undeliverable", 0),
        (SECOND, "confirmed", 1),
    ]
    await again(office, "A-2", to=SECOND)
    assert "既定の受信アドレスは second@sakura.example に変わりました" in staff(office)[0]
    assert "別の方法で" not in staff(office)[0]


async def test_the_default_stays_where_another_address_dies(office: Office) -> None:
    await noticed(office, emails=(EMAIL, SECOND))
    await hear(office, report(await again(office, "A-2", to=SECOND)))
    assert office.value("SELECT is_default FROM addresses WHERE email_key = ?", EMAIL) == 1
    assert "既定の" not in staff(office)[0]


async def test_whoever_comes_after_a_dead_address_becomes_the_default_one(office: Office) -> None:
    notice = await noticed(office)
    await hear(office, report(notice))
    await office.customer("C-1", SECOND)
    assert office.rows("SELECT email, is_default FROM addresses ORDER BY id") == [(EMAIL, 0), (SECOND, 1)]
    late = [each for each in await office.post() if each.recipient == SECOND]
    assert ["A-1" in text(each) for each in late] == [True], "and is told of what nobody had"


async def test_staff_is_told_once_in_words_with_what_to_do(office: Office) -> None:
    notice = await noticed(office, "A-1", "A-2")
    await hear(office, report(notice))
    await hear(office, report(notice))
    (second,) = [each for each in office.mails("notice") if '"A-2"' in each.payload]
    assert second.state == "accepted"
    (told,) = await office.post()
    words = text(told)
    assert told.recipient == "keiri@minato.example"
    for part in (EMAIL, "C-1 株式会社C-1", "存在しません", "550 5.1.1 no such user here", "A-2, A-1", "2 件", "revoke"):
        assert part in words, words


async def test_staff_is_told_in_its_language(office: Office) -> None:
    listens(office)
    await office.customer("C-1", EMAIL, issuer="harbour")
    await office.issued("C-1", "A-1", issuer="harbour", sent=False)
    (notice,) = await office.post()
    await hear(office, report(notice))
    told = await office.post()
    assert [each.recipient for each in told] == ["desk@harbour.example", "lead@harbour.example"]
    assert "no other address receives invoices" in text(told[0])


async def test_a_mailbox_that_receives_for_several_customers_dies_at_all_of_them(office: Office) -> None:
    notice = await noticed(office)
    await office.customer("C-2", EMAIL)
    await office.customer("C-1", EMAIL, issuer="harbour")
    await hear(office, report(notice))
    assert office.rows("SELECT issuer, status FROM addresses ORDER BY id") == [
        ("minato", "undeliverable"),
        ("minato", "undeliverable"),
        ("harbour", "confirmed"),
    ]
    assert len(staff(office)) == 1
    assert "C-1 株式会社C-1" in staff(office)[0]
    assert "C-2 株式会社C-2" in staff(office)[0]


async def test_an_address_that_was_never_proved_can_die(office: Office) -> None:
    listens(office)
    await office.customers(f"C-1,株式会社C-1,{EMAIL},confirm")
    (proof,) = await office.post()
    assert (await hear(office, report(proof))).action == "undeliverable"
    assert status(office) == "undeliverable"


async def test_staff_puts_a_dead_address_back_by_revoking_and_importing_it(office: Office) -> None:
    notice = await noticed(office)
    await hear(office, report(notice))
    plan = await office.customers(f"C-1,株式会社C-1,{EMAIL},confirm")
    assert [each.problem for each in plan.warnings] == [f"mail to {EMAIL} comes back, and nothing is sent there"]
    assert status(office) == "undeliverable", "a routine import wakes no dead address"
    office.execute("UPDATE addresses SET status = 'removed', removed_by = 'staff'")
    await office.customers(f"C-1,株式会社C-1,{EMAIL},confirm")
    assert status(office) == "pending"
    await office.prove(EMAIL)
    assert office.value("SELECT is_default FROM addresses") == 1
    late = [each for each in await office.post() if each.kind == "notice"]
    assert ["A-1" in text(each) for each in late] == [True]
    assert office.value("SELECT remind_at FROM deliveries") is not None, "and it is reminded as anybody is"


@pytest.mark.parametrize("kind", ["notice", "reminder", "proof", "sign_in", "change", "probe"])
async def test_what_was_on_the_wire_when_its_address_died_is_not_sent_again(office: Office, kind: str) -> None:
    notice = await noticed(office)
    payload = f'{{"version":1,"sign_in":1,"invoices":[{{"delivery":{office.delivery("A-1", EMAIL)}}}]}}'
    mail = replace(office.mail("notice"), kind=kind, payload=payload)
    await hear(office, report(notice))
    assert office.database.read(lambda reading: still_wanted(reading, mail)).reason


async def test_an_address_that_is_asked_anew_begins_without_a_score(office: Office) -> None:
    await _probed(office)
    office.execute("UPDATE addresses SET status = 'removed', removed_by = 'staff'")
    await office.customers(f"C-1,株式会社C-1,{EMAIL},confirm")
    assert (status(office), score(office)) == ("pending", (0, None))
    assert office.value("SELECT probed_at FROM addresses") is None


# Proof.


async def test_without_a_tag_a_message_id_kills_nobody(office: Office) -> None:
    notice = await noticed(office)
    for envid in (True, False):
        found = await hear(office, report(notice, to=INBOUND, envid=envid))
        assert found.outbox_id == notice.row
        assert found.action == "noted"
    assert (status(office), score(office), staff(office)) == ("confirmed", (0, None), [])
    assert office.mail("notice").state == "accepted"
    assert Report(office.database).mail(notice.row)["reported"] is None


@pytest.mark.parametrize("envid", [True, False])
async def test_where_mails_carry_no_tags_their_random_names_are_proof(office: Office, *, envid: bool) -> None:
    notice = await noticed(office, inbound_separator="")
    assert (await hear(office, report(notice, to=INBOUND, returned=False))).action == "noted"
    assert (await hear(office, report(notice, envid=envid, returned=not envid))).action == "undeliverable"


@pytest.mark.parametrize(
    ("to", "sender", "action"),
    [
        ("return", "", "undeliverable"),
        ("return", "x@evil.example", "weakened"),
        ("reply", "", "weakened"),
        ("reply", "x@evil.example", "noted"),
    ],
)
async def test_only_what_comes_as_servers_report_ends_an_address(
    office: Office, to: str, sender: str, action: str
) -> None:
    notice = await noticed(office)
    tagged = notice.sender if to == "return" else reply_to(notice)
    raw = report(notice, to=tagged)
    found = await hear(office, raw, sender=sender, recipients=[tagged])
    assert (found.attributed_by, found.action) == ("tag", action)
    assert status(office) == ("undeliverable" if action == "undeliverable" else "confirmed")


async def test_a_return_path_that_only_a_field_names_ends_no_address(office: Office) -> None:
    notice = await noticed(office)
    assert (await hear(office, report(notice), recipients=[INBOUND])).action == "weakened"
    assert status(office) == "confirmed"


@pytest.mark.parametrize(
    ("path", "action"),
    [
        ("<>", "undeliverable"),
        ("<MAILER-DAEMON>", "undeliverable"),
        ("", "undeliverable"),
        ("<x@evil.example>", "weakened"),
    ],
)
async def test_a_mailbox_that_is_read_knows_the_sender_by_the_topmost_return_path(
    office: Office, path: str, action: str
) -> None:
    notice = await noticed(office)
    top = f"Return-Path: {path}\r\n".encode() if path else b""
    raw = report(notice)
    raw = top + (raw if path else raw.replace(b"Return-Path: <>\r\n", b"", 1))
    assert (await hear(office, raw, sender=None, door="imap")).action == action


@pytest.mark.parametrize("to", ["reply", "return", "inbound"])
@pytest.mark.parametrize("action", ["delivered", "delayed", "failed"])
async def test_a_forged_report_settles_nothing(office: Office, to: str, action: str) -> None:
    notice = await _lost(office)
    tagged = {"reply": reply_to(notice), "return": notice.sender, "inbound": INBOUND}[to]
    fields: dict[str, Any] = {"action": action, "status": "2.0.0" if action == "delivered" else "4.4.1", "said": ""}
    await hear(office, report(notice, to=tagged, envid=True, **fields), sender="x@evil.example", recipients=[tagged])
    assert office.mail("notice").state == "unknown"
    assert (evidence(office)["evidence"], staff(office)) == ("planned", [])


async def test_a_forged_delivery_clears_no_score(office: Office) -> None:
    probe = await _probed(office)
    for to in (INBOUND, reply_to(probe)):
        raw = report(probe, to=to, action="delivered", status="2.1.5", said="250 ok")
        assert (await hear(office, raw)).action == "noted"
    assert score(office)[0] == 5


async def test_without_tags_an_answers_reference_is_no_report(office: Office) -> None:
    notice = await noticed(office, inbound_separator="")
    raw = report(notice, to=INBOUND, returned=False)
    raw = f"In-Reply-To: <{notice.envid}>\r\n".encode() + raw
    found = await hear(office, raw)
    assert (found.attributed_by, found.action, status(office)) == ("message-id", "noted", "confirmed")
    raw = report(notice, to=INBOUND, envid=True, action="delivered", status="2.1.5")
    assert (await hear(office, raw, sender="x@evil.example")).action == "noted"


# What is long past.


async def test_a_report_on_a_mail_of_weeks_ago_is_told_again_and_counts_for_nothing(office: Office) -> None:
    notice = await noticed(office)
    office.clock.advance(days=14)
    late = report(notice)
    office.clock.advance(minutes=1)
    found = await hear(office, late)
    assert (found.action, status(office), score(office)) == ("noted", "confirmed", (0, None))


async def test_no_server_tries_for_longer_than_that(office: Office) -> None:
    notice = await noticed(office)
    office.clock.advance(days=13)
    assert (await hear(office, report(notice))).action == "undeliverable"


@pytest.mark.parametrize("sign", ["fetched", "confirmed", "commanded", "muted"])
async def test_a_mailbox_in_use_since_is_not_dead(office: Office, sign: str) -> None:
    notice = await noticed(office)
    office.clock.advance(days=1)
    newer = await again(office, "A-2")
    office.clock.advance(minutes=5)
    if sign == "fetched":
        await office.fetch("A-2", EMAIL)
    elif sign == "confirmed":
        office.execute("UPDATE addresses SET confirmed_at = '2026-11-21T01:05:00.000Z'")
    elif sign == "commanded":
        assert (await hear(office, reply(newer, "受領"), sender=EMAIL)).kind == "command"
    else:
        office.execute("UPDATE addresses SET quiet_changed_at = '2026-11-21T01:05:00.000Z'")
    found = await hear(office, report(notice))
    assert (found.action, status(office)) == ("weakened", "confirmed")
    office.clock.advance(days=1)
    newest = await again(office, "A-3")
    assert (await hear(office, report(newest))).action == "undeliverable", "it may have died since"


async def test_what_a_machine_pressed_is_no_sign_of_use(office: Office) -> None:
    notice = await noticed(office)
    office.clock.advance(days=1)
    await again(office, "A-2")
    await office.fetch("A-2", EMAIL)
    office.execute("UPDATE presses SET doubt = 'fast'")
    assert (await hear(office, report(notice))).action == "undeliverable"


UNPROVED = st.fixed_dictionaries(
    {
        "to": st.sampled_from([INBOUND, "reply+" + "b" * 26 + "@minato.example", "x@elsewhere.example"]),
        "fields": st.sampled_from([{}, FULL, SPAM, {"action": "delayed", "status": "4.4.1"}]),
        "envid": st.booleans(),
        "returned": st.booleans(),
        "recipient": st.sampled_from([EMAIL, SECOND, ""]),
        "original": st.sampled_from([EMAIL, SECOND, None]),
    }
)


@given(st.lists(UNPROVED, min_size=1, max_size=8))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_row_of_reports_without_proof_changes_an_address(
    tmp_path_factory: pytest.TempPathFactory, reports: list[dict[str, Any]]
) -> None:
    office = Office(tmp_path_factory.mktemp("office"), rules=Rules(base_url="https://bill.example"))

    async def hear_all() -> None:
        notice = await noticed(office, emails=(EMAIL, SECOND))
        for each in reports:
            fields = each["fields"]
            await hear(office, report(notice, **{**{k: v for k, v in each.items() if k != "fields"}, **fields}))
            office.clock.advance(days=1)

    with asyncio.Runner() as runner:
        runner.run(hear_all())
    try:
        for email in (EMAIL, SECOND):
            assert (status(office, email), score(office, email)) == ("confirmed", (0, None))
        assert (office.mails("probe"), staff(office)) == ([], [])
        assert {each.state for each in office.mails("notice")} == {"accepted"}
    finally:
        office.database.close()


async def test_a_rehearsals_mailbox_is_nobodys(office: Office) -> None:
    listens(office, redirect_to="me@minato.example")
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1", sent=False)
    (notice,) = await office.post()
    assert notice.recipient == "me@minato.example"
    assert (await hear(office, report(notice))).action == "noted"
    assert status(office) == "confirmed"


# What a report is about.


async def test_a_report_about_another_mailbox_is_a_forwarders_and_weakens(office: Office) -> None:
    notice = await noticed(office)
    found = await hear(office, report(notice, recipient="private@home.example"))
    assert (found.action, status(office), score(office)) == ("weakened", "confirmed", (1, "2026-11-20"))
    assert office.facts.of("mail.bounced")[0]["elsewhere"] == "private@home.example"


async def test_original_recipient_says_that_it_is_ours_after_all(office: Office) -> None:
    notice = await noticed(office)
    raw = report(notice, recipient="keiri@hub.sakura.example", original=EMAIL.upper())
    assert (await hear(office, raw)).action == "undeliverable"


def quiet(office: Office) -> None:
    """Have the last that was heard of any address lie weeks back."""
    office.execute("UPDATE addresses SET confirmed_at = '2026-10-01T01:00:00.000Z'")


@pytest.mark.parametrize(
    "other", ["tanaka@sakura.example", "tanaka@hub.sakura.example", "keiri@home.example", "keiri@esakura.example"]
)
async def test_another_name_beside_ours_is_asked_before_ours_is_given_up(office: Office, other: str) -> None:
    notice = await noticed(office)
    quiet(office)
    assert (await hear(office, report(notice, recipient=other, original=EMAIL))).action == "probed"
    assert (status(office), score(office)) == ("confirmed", (1, "2026-11-20"))
    assert "メールが戻ってきました（keiri@sakura.example）" in staff(office)[0]
    assert other in staff(office)[0]
    probe = next(each for each in await office.post() if each.kind == "probe")
    found = await hear(office, report(probe, recipient=other, original=EMAIL))
    assert (found.action, status(office)) == ("undeliverable", "undeliverable")


async def test_an_alias_with_a_dead_member_goes_on_while_somebody_reads_there(office: Office) -> None:
    notice = await noticed(office)
    office.clock.advance(days=20)
    quiet(office)
    await office.fetch("A-1", EMAIL)
    office.clock.advance(days=10)
    second = await again(office, "A-2")
    dead: dict[str, Any] = {"recipient": "tanaka@sakura.example", "original": EMAIL}
    assert (await hear(office, report(second, **dead))).action == "weakened"
    assert (status(office), office.mails("probe")) == ("confirmed", [])
    first = "Final-Recipient: rfc822; tanaka@sakura.example\r\nOriginal-Recipient: rfc822; keiri@sakura.example\r\n"
    first += "Action: failed\r\nStatus: 5.1.1\r\n\r\n"
    alive: dict[str, Any] = {"recipient": "sato@sakura.example", "original": EMAIL, "status": "2.1.5", "said": ""}
    raw = report(second, action="delivered", **alive)
    raw = raw.replace(b"Final-Recipient", first.encode() + b"Final-Recipient", 1)
    assert (await hear(office, raw)).action == "delivered", "one member has it"
    assert notice.row != second.row


async def test_a_report_that_names_nobody_is_about_whom_its_tag_names(office: Office) -> None:
    notice = await noticed(office)
    raw = report(notice).replace(f"rfc822; {EMAIL}".encode(), b"rfc822; unknown")
    assert (await hear(office, raw)).action == "undeliverable"


async def test_the_recipient_that_is_ours_counts_among_several(office: Office) -> None:
    notice = await noticed(office)
    other = "Final-Recipient: rfc822; other@home.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\nFinal-Recipient"
    raw = report(notice, action="delayed", **FULL).replace(b"Final-Recipient", other.encode(), 1)
    assert (await hear(office, raw)).action == "delayed"
    assert status(office) == "confirmed"


async def test_a_bounce_after_a_download_is_no_dead_mailbox(office: Office) -> None:
    notice = await noticed(office)
    office.clock.advance(minutes=5)
    await office.fetch("A-1", EMAIL)
    found = await hear(office, report(notice))
    assert (found.action, status(office)) == ("weakened", "confirmed")
    assert evidence(office)["bounced"] is None
    assert (office.status("A-1"), evidence(office)["evidence"]) == ("downloaded", "downloaded")


async def test_a_click_after_a_bounce_counts_and_wakes_nobody(office: Office) -> None:
    notice = await noticed(office)
    await hear(office, report(notice))
    office.clock.advance(minutes=5)
    await office.fetch("A-1", EMAIL)
    assert (office.status("A-1"), status(office)) == ("downloaded", "undeliverable")


async def test_a_proof_that_was_pressed_arrived(office: Office) -> None:
    listens(office)
    await office.customers(f"C-1,株式会社C-1,{EMAIL},confirm")
    (proof,) = await office.post()
    office.clock.advance(minutes=5)
    await office.prove(EMAIL)
    assert (await hear(office, report(proof))).action == "weakened"


async def test_mail_to_staff_that_comes_back_is_told_to_nobody(office: Office) -> None:
    notice = await noticed(office)
    await hear(office, report(notice))
    (told,) = await office.post()
    assert (await hear(office, report(told))).action == "noted"
    assert len(staff(office)) == 1
    assert Report(office.database).mail(told.row)["reported"] == "bounced"


async def test_mail_to_somebody_without_an_address_on_file_is_told(office: Office) -> None:
    notice = await noticed(office)
    office.execute("UPDATE outbox SET address_id = NULL, kind = 'registration' WHERE id = ?", notice.row)
    assert (await hear(office, report(notice))).action == "told"
    assert "登録の確認" in staff(office)[0]
    assert status(office) == "confirmed"


# An address that bounces now and then.


async def test_a_soft_bounce_is_a_point_a_day_whatever_its_number(office: Office) -> None:
    notice = await noticed(office)
    assert (await hear(office, report(notice, **SPAM))).action == "weakened"
    assert (await hear(office, report(notice, **FULL))).action == "noted"
    assert score(office) == (1, "2026-11-20")
    office.clock.go("2026-11-20T15:00Z")
    await hear(office, report(notice, **FULL))
    assert score(office) == (2, "2026-11-21"), "the local date counts"
    assert (status(office), staff(office)) == ("confirmed", [])
    assert evidence(office)["bounced"] == "mailboxfull"


async def test_five_days_of_it_ask_the_address_itself_and_tell_staff_once(office: Office) -> None:
    await noticed(office)
    days = [f"2026-11-{day}" for day in range(21, 27)]
    assert await soft(office, *days[:4]) == "weakened"
    assert office.mails("probe") == []
    assert await soft(office, days[4]) == "probed"
    assert await soft(office, days[5]) == "weakened"
    probe = office.mail("probe")
    assert (probe.email, probe.state) == (EMAIL, "accepted")
    assert len(staff(office)) == 1
    assert "5日にわたって" in staff(office)[0]
    assert status(office) == "confirmed"


async def _probed(office: Office, **fields: Any) -> Envelope:  # noqa: ANN401 -- as above
    await noticed(office)
    await soft(office, *(f"2026-11-{day}" for day in range(21, 26)), **fields)
    return next(each for each in await office.post() if each.kind == "probe")


async def test_a_probe_that_comes_back_gives_the_address_up(office: Office) -> None:
    probe = await _probed(office)
    quiet(office)
    assert "/l/" not in text(probe)
    assert (await hear(office, report(probe, recipient="private@home.example", **FULL))).action == "undeliverable"
    assert status(office) == "undeliverable"
    assert "private@home.example" in staff(office)[-1]


async def test_only_the_probes_own_tag_says_that_it_came_back(office: Office) -> None:
    probe = await _probed(office)
    assert (await hear(office, report(probe, to=INBOUND, **FULL))).action == "noted"
    assert status(office) == "confirmed"


async def test_a_sender_who_is_blocked_never_ends_an_address(office: Office) -> None:
    probe = await _probed(office, **SPAM)
    assert "管理者" in staff(office)[0]
    office.clock.advance(days=1)
    assert (await hear(office, report(probe, **SPAM))).action == "weakened"
    assert status(office) == "confirmed"
    assert len(staff(office)) == 1


async def test_a_probe_that_stays_away_for_a_week_begins_anew(office: Office) -> None:
    await _probed(office)
    office.execute("UPDATE deliveries SET remind_at = NULL")
    assert office.database.read(next_due) == moment("2026-12-02T01:00Z"), "nothing else is due before that"
    office.clock.go("2026-12-02T00:59Z")
    await Probe(office.desk).step()
    assert score(office)[0] == 5
    office.clock.go("2026-12-02T01:00Z")
    assert not await Probe(office.desk).step()
    assert score(office) == (0, None)
    assert office.value("SELECT probed_at FROM addresses") is None


async def test_a_probe_is_not_sent_where_nobody_asks_any_more(office: Office) -> None:
    await noticed(office)
    await soft(office, *(f"2026-11-{day}" for day in range(21, 26)))
    office.execute("UPDATE addresses SET probed_at = NULL")
    assert [each.kind for each in await office.post() if each.kind == "probe"] == []
    assert office.mail("probe").state == "cancelled"


async def test_quiet_weeks_wear_the_score_off(office: Office) -> None:
    await noticed(office)
    await soft(office, "2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24", "2026-12-09")
    assert score(office) == (3, "2026-12-09")
    assert office.mails("probe") == []


async def test_a_mail_that_arrived_clears_the_score(office: Office) -> None:
    probe = await _probed(office)
    await hear(office, report(probe, action="delivered", status="2.1.5", said="250 ok"))
    assert score(office) == (0, None)
    assert office.value("SELECT probed_at FROM addresses") is None


# Late, and arrived.


async def test_a_late_mail_is_noted_and_counts_for_nothing(office: Office) -> None:
    notice = await noticed(office)
    found = await hear(office, report(notice, action="delayed", status="4.4.1", said="connection timed out"))
    assert found.action == "delayed"
    line = Report(office.database).mail(notice.row)
    assert (line["state"], line["reported"], line["report_said"]) == ("accepted", "delayed", "connection timed out")
    assert (score(office), office.ledger("mail.delayed")) == ((0, None), 1)


async def test_a_delivered_mail_is_evidence_and_never_lowers_it(office: Office) -> None:
    notice = await noticed(office)
    raw: dict[str, Any] = {"action": "delivered", "status": "2.1.5", "said": "250 ok"}
    assert (await hear(office, report(notice, **raw))).action == "delivered"
    assert evidence(office)["evidence"] == "delivered"
    assert office.ledger("mail.delivered") == 1
    office.clock.advance(minutes=5)
    await office.press("A-1", EMAIL)
    await hear(office, report(notice, **raw))
    assert evidence(office)["evidence"] == "pressed"
    await hear(office, report(notice, action="delayed", status="4.4.1"))
    assert Report(office.database).mail(notice.row)["reported"] == "delivered", "a late word of a delay is no news"


async def test_a_mail_that_was_only_passed_on_is_no_evidence(office: Office) -> None:
    notice = await noticed(office)
    assert (await hear(office, report(notice, action="relayed", status="2.1.5", said="250 ok"))).action == "noted"
    assert evidence(office)["evidence"] == "accepted"


async def test_what_came_back_is_told_in_lists_beside_what_the_relay_said(office: Office) -> None:
    notice = await noticed(office)
    said = f"550 5.1.1 <{notice.sender}> to {EMAIL}: unknown"
    await hear(office, report(notice, said=said))
    line = Report(office.database).mail(notice.row)
    assert (line["state"], line["response"]) == ("accepted", "250 2.0.0 taken")
    assert (line["reported"], line["report_reason"]) == ("bounced", "userunknown")
    assert line["report_said"] == f"550 5.1.1 <reply+…@minato.example> to {EMAIL}: unknown", "our tag is a secret"
    found = evidence(office)
    assert (found["status"], found["evidence"], found["bounced"]) == ("undeliverable", "accepted", "userunknown")
    facts = [each["fact"] for each in Report(office.database).invoice("minato", "A-1")["timeline"]]
    assert facts[-2:] == ["mail.bounced", "inbox.judged"]


# An outcome that nobody knew.


async def _lost(office: Office) -> Envelope:
    listens(office)
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1", sent=False)
    (notice,) = await office.post(lose)
    assert office.mail("notice").state == "unknown"
    return notice


async def test_an_unknown_mail_that_came_back_is_not_sent_again(office: Office) -> None:
    notice = await _lost(office)
    await hear(office, report(notice, **FULL))
    mail = office.mail("notice")
    assert (mail.state, mail.response) == ("refused", "452 4.2.2 mailbox full")
    assert evidence(office)["evidence"] == "planned"
    assert len(staff(office)) == 1, "nobody else would tell of it"
    office.clock.advance(hours=1)
    assert [each.kind for each in await office.post()] == ["staff"]


async def test_an_unknown_mail_to_a_dead_address_is_settled_and_told_once(office: Office) -> None:
    notice = await _lost(office)
    await hear(office, report(notice))
    assert office.mail("notice").state == "refused"
    assert len(staff(office)) == 1


@pytest.mark.parametrize("what", ["delivered", "delayed", "absence", "reply", "forged"])
async def test_an_unknown_mail_of_which_word_came_in_arrived(office: Office, what: str) -> None:
    notice = await _lost(office)
    raw = {
        "delivered": report(notice, action="delivered", status="2.1.5", said="250 ok"),
        "delayed": report(notice, action="delayed", status="4.4.1", said="timed out"),
        "absence": absence(notice, "不在です。"),
        "reply": reply(notice, "届きました。金額について一点だけ確認させてください。"),
        "forged": report(notice, to=INBOUND, returned=False),
    }[what]
    await hear(office, raw)
    mail = office.mail("notice")
    assert mail.state == ("unknown" if what == "forged" else "accepted")
    if what != "forged":
        assert evidence(office)["evidence"] == ("delivered" if what == "delivered" else "accepted")
        assert office.value("SELECT remind_at FROM deliveries") is not None, "reminders count from now"
        assert office.value("SELECT sent_at FROM invoices") is not None


async def test_a_mail_that_is_held_since_nobody_knows_is_settled_too(office: Office) -> None:
    notice = await _lost(office)
    office.rule(unknown=OnUnknown.HOLD)
    office.clock.advance(hours=1)
    await office.post()
    assert office.mail("notice").state == "held"
    await hear(office, absence(notice, "不在です。"))
    assert office.mail("notice").state == "accepted"


async def test_the_time_zone_of_the_issuer_makes_the_day(office: Office) -> None:
    notice = await noticed(office)
    office.set_issuers(replace(MINATO, time_zone="America/New_York"))
    await hear(office, report(notice, **FULL))
    assert score(office) == (1, "2026-11-19")


@pytest.mark.parametrize("kind", [Kind(kind) for kind in KINDS])
async def test_any_mail_of_ours_may_come_back(office: Office, kind: Kind) -> None:
    """An answer only names invoices, and the mails to people and staff have no address on file."""
    notice = await noticed(office)
    payload = dict(samples(kind, "ja")[0])
    if kind in {Kind.NOTICE, Kind.REMINDER}:
        payload["invoices"] = [{"delivery": office.delivery("A-1", EMAIL)}]
    if kind is Kind.ANSWER:
        payload["invoices"] = [{"number": "A-1", "subject": "保守料", "amount": "¥33,000", "due_date": ""}]
    office.execute("UPDATE outbox SET kind = ?, payload = ? WHERE id = ?", kind, json.dumps(payload), notice.row)
    assert (await hear(office, report(notice))).state == "done"
