"""A customer's receiving addresses: added, made the default one, taken off, and how invoices reach each."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import TYPE_CHECKING

import pytest
from flow_office import HOME, text

from mailbot.domain.address import ADDITIONAL, Status
from mailbot.errors import Unanswered
from mailbot.flows.addresses import CHANGES_A_DAY, Addresses
from mailbot.flows.confirm import TYPED_A_DAY
from mailbot.flows.credentials import SignInWays
from mailbot.flows.mailroom import Mailroom

if TYPE_CHECKING:
    from email.message import EmailMessage

    from flow_invited import Desks
    from flow_office import Office

    from mailbot.mail.envelope import Envelope

FIRST, SECOND, THIRD = "keiri@sakura.example", "second@sakura.example", "third@sakura.example"


def flow(office: Office) -> Addresses:
    return Addresses(office.desk)


def on_file(office: Office) -> list[tuple[str, str, int]]:
    return office.rows("SELECT email, status, is_default FROM addresses ORDER BY id")


def files(envelope: Envelope) -> list[tuple[str | None, bytes]]:
    """Return the names and bytes of what is attached."""
    message: EmailMessage = message_from_bytes(envelope.content, policy=policy.default)
    return [(part.get_filename(), part.get_content()) for part in message.iter_attachments()]


# Adding.


async def test_the_old_default_address_is_told_once_a_new_one_is_proved(office: Office) -> None:
    await office.customer("C-1", FIRST)
    session = office.session(FIRST)
    await office.confirm.add(session, SECOND)
    (envelope,) = await office.post()
    assert envelope.recipient == SECOND, "nothing has changed yet"
    await office.confirm.act(office.mailed(envelope), network=HOME)
    (told,) = await office.post()
    assert (told.recipient, told.kind) == (FIRST, "change")
    assert SECOND in text(told)
    assert "2026年11月20日 10:00" in text(told)
    assert on_file(office) == [(FIRST, "confirmed", 1), (SECOND, "confirmed", 0)]


async def test_the_first_address_is_the_default_one_and_tells_nobody(desks: Desks) -> None:
    office = desks.office
    letter = await desks.letter("C-1")
    ways = SignInWays(office.desk, desks.passwords)
    session = desks.session(await ways.by_letter("minato", "C-1", letter.password, network=HOME))
    await office.confirm.add(session, FIRST)
    (envelope,) = await office.post()
    await office.confirm.act(office.mailed(envelope), network=HOME)
    assert on_file(office) == [(FIRST, "confirmed", 1)]
    assert office.mails("change") == []


async def test_in_a_persons_session_the_chosen_customer_gets_the_address(desks: Desks) -> None:
    office = desks.office
    session = await desks.registered("C-1", FIRST)
    link = await desks.invited("H-1", FIRST, issuer="harbour")
    await desks.join.decide(session, {link.ids[0]: "approve"}, network=HOME)
    session = desks.session(session.id)
    await office.confirm.add(session.at("harbour", "H-1"), SECOND)
    assert office.rows("SELECT issuer FROM addresses WHERE email = ?", SECOND) == [("harbour",)]
    assert [each.email for each in flow(office).listing(session.at("harbour", "H-1"))] == [FIRST, SECOND]
    assert [each.email for each in flow(office).listing(session)] == [FIRST]


async def test_five_may_stand_beside_the_default_one(office: Office) -> None:
    await office.customer("C-1", FIRST)
    session = office.session(FIRST)
    for number in range(ADDITIONAL):
        assert (await office.confirm.add(session, f"more{number}@sakura.example")).problem is None
    assert (await office.confirm.add(session, SECOND)).problem == "too_many"
    assert (await flow(office).remove(session, "more0@sakura.example")).problem is None
    assert (await office.confirm.add(session, SECOND)).problem is None


# The default one.


async def test_making_another_one_the_default_tells_the_old_one(office: Office) -> None:
    await office.customer("C-1", FIRST, SECOND)
    session = office.session(FIRST)
    for _ in range(3):
        assert (await flow(office).make_default(session, SECOND.upper())).problem is None
    assert on_file(office) == [(FIRST, "confirmed", 0), (SECOND, "confirmed", 1)]
    (told,) = await office.post()
    assert told.recipient == FIRST
    assert SECOND in text(told)
    assert [row.email for row in flow(office).listing(session)] == [SECOND, FIRST]
    assert office.ledger("address.changed") == 1
    assert office.facts.of("address.changed") == [
        {"issuer": "minato", "customer": "C-1", "to": SECOND, "change": "default"}
    ]


async def test_the_same_change_made_again_later_is_told_again(office: Office) -> None:
    await office.customer("C-1", FIRST, SECOND)
    session = office.session(FIRST)
    for email in (SECOND, FIRST, SECOND):
        office.clock.advance(minutes=6)
        await flow(office).make_default(session, email)
    assert [mail.email for mail in office.mails("change")] == [FIRST, SECOND, FIRST]


async def test_changed_to_and_fro_two_mails_go_and_the_last_says_what_is_so(office: Office) -> None:
    await office.customer("C-1", FIRST)
    session = office.session(FIRST)
    for number in range(30):
        await flow(office).set_delivery(session, FIRST, ("pdf", "link")[number % 2])
        office.clock.advance(seconds=10)
        await office.post()
    assert [row.delivery for row in flow(office).listing(session)] == ["link"]
    assert len(office.mails("change")) == 2
    office.clock.advance(minutes=10)
    (last,) = await office.post()
    assert "メールのリンクから受け取る" in text(last)
    await flow(office).set_delivery(session, FIRST, "pdf")
    assert [mail.kind for mail in await office.post()] == [], "ten minutes after the last"


async def test_a_customers_changes_are_bounded_a_day_in_words(office: Office) -> None:
    await office.customer("C-1", FIRST)
    session = office.session(FIRST)
    problems = [
        (await flow(office).set_delivery(session, FIRST, ("pdf", "link")[number % 2])).problem
        for number in range(CHANGES_A_DAY + 2)
    ]
    assert problems == [None] * CHANGES_A_DAY + ["too_many_changes"] * 2
    office.clock.advance(days=1, seconds=1)
    assert (await flow(office).set_delivery(office.session(FIRST), FIRST, "pdf")).problem is None


async def test_only_a_proved_address_on_file_may_be_the_default(office: Office) -> None:
    await office.customer("C-1", FIRST)
    session = office.session(FIRST)
    await office.confirm.add(session, SECOND)
    assert (await flow(office).make_default(session, SECOND)).problem == "unproved"
    assert (await flow(office).make_default(session, THIRD)).problem == "unknown"
    assert on_file(office)[0] == (FIRST, "confirmed", 1)
    assert office.mails("change") == []


# Taking one off.


async def test_the_default_one_taken_off_is_told_and_the_oldest_other_takes_its_place(office: Office) -> None:
    await office.customer("C-1", FIRST, SECOND, THIRD)
    session = office.session(SECOND)
    changed = await flow(office).remove(session, FIRST)
    assert (changed.problem, changed.ends_session) == (None, False)
    assert on_file(office) == [(FIRST, "removed", 0), (SECOND, "confirmed", 1), (THIRD, "confirmed", 0)]
    (told,) = await office.post()
    assert told.recipient == FIRST
    assert office.facts.of("address.removed")[-1]["to"] == FIRST
    assert (await flow(office).remove(session, FIRST)).problem == "unknown", "twice is once"
    assert [row.email for row in flow(office).listing(session)] == [SECOND, THIRD]


async def test_the_last_one_that_receives_stays(office: Office) -> None:
    await office.customer("C-1", FIRST)
    session = office.session(FIRST)
    await office.confirm.add(session, SECOND)
    assert (await flow(office).remove(session, FIRST)).problem == "last"
    assert (await flow(office).remove(session, SECOND)).problem is None, "one that waits for its proof may go"
    assert [row.status for row in flow(office).listing(session)] == [Status.CONFIRMED]


async def test_ones_own_address_taken_off_ends_the_session(office: Office) -> None:
    await office.customer("C-1", FIRST, SECOND)
    session = office.session(SECOND)
    cookie = office.sign_in.cookie(session.id)
    assert (await flow(office).remove(session, SECOND)).ends_session
    assert office.sign_in.session(cookie) is None


async def test_a_default_that_cannot_be_reached_may_go_with_nothing_to_take_its_place(office: Office) -> None:
    await office.customer("C-1", FIRST)
    session = office.session(FIRST)
    office.execute("UPDATE addresses SET status = 'undeliverable'")
    assert (await flow(office).remove(session, FIRST)).problem is None
    assert on_file(office) == [(FIRST, "removed", 0)]


async def test_an_undeliverable_default_that_is_proved_anew_stays_the_default(office: Office) -> None:
    await office.customer("C-1", FIRST)
    session = office.session(FIRST)
    office.execute("UPDATE addresses SET status = 'undeliverable'")
    assert (await office.confirm.add(session, FIRST)).problem is None
    await office.prove(FIRST)
    assert on_file(office) == [(FIRST, "confirmed", 1)]


# How invoices reach it.


async def test_delivery_is_set_for_each_address_and_told(office: Office) -> None:
    await office.customer("C-1", FIRST, SECOND)
    session = office.session(FIRST)
    for _ in range(2):
        assert (await flow(office).set_delivery(session, SECOND, "both")).problem is None
    assert (await flow(office).set_delivery(session, SECOND, "pigeon")).problem == "delivery"
    assert (await flow(office).set_delivery(session, THIRD, "pdf")).problem == "unknown"
    assert [(row.email, row.delivery) for row in flow(office).listing(session)] == [(FIRST, "link"), (SECOND, "both")]
    (told,) = await office.post()
    assert told.recipient == FIRST
    assert "リンクと添付の両方" in text(told)


@pytest.mark.parametrize(("delivery", "attached", "button"), [("link", 0, True), ("pdf", 1, False), ("both", 1, True)])
async def test_a_notice_carries_the_file_where_that_is_wanted(
    office: Office, delivery: str, attached: int, *, button: bool
) -> None:
    await office.customer("C-1", FIRST)
    await flow(office).set_delivery(office.session(FIRST), FIRST, delivery)
    await office.post()
    await office.issued("C-1", "A-1", sent=False)
    (envelope,) = await office.post()
    assert files(envelope) == [("A-1.pdf", b"%PDF-1.7 A-1.pdf")] * attached
    assert ("請求書を受け取る" in text(envelope)) is button
    assert "このメールに添付" in text(envelope) or not attached
    assert office.mailed(envelope).ids == (office.delivery("A-1", FIRST),), "the link stands there in any case"


async def test_who_has_the_file_in_the_mail_is_not_reminded_to_download_it(office: Office) -> None:
    await office.customer("C-1", FIRST, SECOND)
    await flow(office).set_delivery(office.session(FIRST), FIRST, "pdf")
    await flow(office).set_delivery(office.session(FIRST), SECOND, "both")
    await office.issued("C-1", "A-1")
    assert office.rows("SELECT evidence, remind_at FROM deliveries ORDER BY id") == [
        ("accepted", None),
        ("accepted", "2026-11-24T00:00:00.000Z"),
    ]
    office.clock.go("2026-11-24T00:30Z")
    await office.sweep()
    assert [mail.email for mail in office.mails("reminder")] == [SECOND]
    (envelope,) = await office.post()
    assert files(envelope) == [], "a reminder carries no file"


async def test_a_mail_whose_file_is_missing_or_altered_is_held_and_the_others_go(office: Office) -> None:
    await office.customer("C-1", FIRST)
    await office.customer("C-2", SECOND)
    await flow(office).set_delivery(office.session(FIRST), FIRST, "both")
    await office.post()
    await office.issued("C-1", "A-1", sent=False)
    await office.issued("C-2", "A-2", sent=False)
    path = office.desk.vault.path(office.value("SELECT file_sha256 FROM invoices WHERE number = 'A-1'"))
    content = path.read_bytes()
    path.unlink()
    assert [envelope.recipient for envelope in await office.post()] == [SECOND]
    held = office.mail("notice", to=FIRST)
    assert held.state == "held"
    assert held.reason is not None
    assert "missing" in held.reason
    path.write_bytes(content)
    await Mailroom(office.desk).release([held.id])
    (envelope,) = await office.post()
    assert files(envelope) == [("A-1.pdf", content)]


async def test_what_does_not_fit_goes_by_its_link(office: Office) -> None:
    await office.customer("C-1", FIRST)
    await flow(office).set_delivery(office.session(FIRST), FIRST, "pdf")
    await office.issued("C-1", "A-1", "A-2", "A-3")
    office.execute("UPDATE files SET size = 6 * 1024 * 1024")
    office.execute("UPDATE invoices SET status = 'open'")
    await office.confirm.add(office.session(FIRST), SECOND)
    office.execute("UPDATE addresses SET delivery = 'pdf'")
    await office.prove(SECOND)
    envelopes = await office.post()
    late = next(envelope for envelope in envelopes if envelope.recipient == SECOND and envelope.kind == "notice")
    assert len(files(late)) == 1
    assert "一部の請求書" in text(late)
    assert text(late).count("請求書を受け取る") == 2, "whose file does not go along has its button"


async def test_a_mail_with_a_file_is_laid_out_again_byte_for_byte(office: Office) -> None:
    await office.customer("C-1", FIRST)
    await flow(office).set_delivery(office.session(FIRST), FIRST, "both")
    await office.post()
    await office.issued("C-1", "A-1", sent=False)
    (first,) = await office.post(lambda _: Unanswered("lost"))
    office.clock.advance(minutes=11)
    (second,) = await office.post(deliver=office.start())
    assert first.content == second.content


# How many new ones a day.


async def test_twenty_new_ones_a_day_are_the_most(office: Office) -> None:
    await office.customer("C-1", FIRST)
    await office.customer("C-2", SECOND)
    session = office.session(FIRST)
    for number in range(TYPED_A_DAY):
        email = f"victim{number}@town.example"
        assert (await office.confirm.add(session, email)).problem is None
        assert (await flow(office).remove(session, email)).problem is None
    mails = len(office.mails("confirm"))
    assert (await office.confirm.add(session, "one.more@town.example")).problem == "too_many_today"
    assert (len(office.mails("confirm")), mails) == (TYPED_A_DAY, TYPED_A_DAY)
    assert (await office.confirm.add(session, "victim0@town.example")).problem is None, "it is not a new one"
    assert (await office.confirm.add(office.session(SECOND), "one.more@town.example")).problem is None, "another's day"
    office.clock.advance(days=1, seconds=1)
    assert (await office.confirm.add(office.session(FIRST), "one.more@town.example")).problem is None


async def test_what_an_issuer_put_on_file_is_nothing_that_was_typed(office: Office) -> None:
    await office.customer("C-1", FIRST)
    office.execute("UPDATE addresses SET source = 'import'")
    session = office.session(FIRST)
    for number in range(TYPED_A_DAY):
        await office.confirm.add(session, f"new{number}@town.example")
        await flow(office).remove(session, f"new{number}@town.example")
    office.execute("UPDATE addresses SET source = 'import' WHERE email LIKE 'new1%'")
    assert (await office.confirm.add(session, SECOND)).problem is None
