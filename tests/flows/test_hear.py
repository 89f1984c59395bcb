"""Taking mails in and judging them: once, in order, whole or not at all; and which mail of ours one is about."""

from __future__ import annotations

from email import message_from_bytes
from typing import TYPE_CHECKING

import pytest
from flow_inbound import INBOUND, absence, hear, heard, judge, letter, listens, reply, reply_to, report, take
from flow_office import HARBOUR, MINATO, text

from mailbot.errors import Refused
from mailbot.flows.hear import Hear
from mailbot.links import TagPurpose, tagged
from mailbot.store.inbox import Cursor, State

if TYPE_CHECKING:
    from flow_office import Office

    from mailbot.mail.envelope import Envelope

EMAIL = "keiri@sakura.example"
STRANGER = "somebody@else.example"


async def noticed(office: Office, *numbers: str) -> list[Envelope]:
    """Have invoices issued to one address and return the notices."""
    listens(office)
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", *(numbers or ("A-1",)), sent=False)
    return [each for each in await office.post() if each.kind == "notice"]


async def test_a_mail_is_taken_once(office: Office) -> None:
    (notice,) = await noticed(office)
    raw = reply(notice, "届きました。ありがとうございます。")
    first = await take(office, raw, recipients=[reply_to(notice)])
    again = b"Received: from mx.sakura.example\r\n\tby mail.minato.example\r\n" + raw.replace(b"\r\n", b"\n")
    assert first is not None
    assert await take(office, again, door="imap", sender=None) is None
    assert [each["inbox"] for each in office.facts.of("inbox.received")] == [first]
    await judge(office)
    assert await take(office, raw) is None, "nor after it was judged"
    assert office.value("SELECT count(*) FROM inbox") == 1
    assert office.value("SELECT count(*) FROM inbox_raw") == 1


async def test_a_mail_is_on_file_as_it_came(office: Office) -> None:
    listens(office)
    raw = b"Subject: \xff\xfe\r\n\r\n\x00 not a mail at all"
    inbox_id = await take(office, raw)
    assert office.value("SELECT content FROM inbox_raw WHERE inbox_id = ?", inbox_id) == raw


async def test_a_cursor_moves_with_its_mail(office: Office) -> None:
    flow = Hear(office.desk)
    assert flow.cursor("reply@imap.example/INBOX") is None
    await flow.move_cursor(Cursor("reply@imap.example/INBOX", 7, 41))
    await flow.move_cursor(Cursor("reply@imap.example/INBOX", 8, 3))
    assert flow.cursor("reply@imap.example/INBOX") == Cursor("reply@imap.example/INBOX", 8, 3)


async def test_mails_are_judged_in_the_order_in_which_they_came(office: Office) -> None:
    notices = await noticed(office, "A-1", "A-2", "A-3")
    raws = [absence(each, "休暇をいただいております。") for each in notices for _ in range(9)]
    taken = [await take(office, raw) for raw in raws]
    await judge(office)
    assert [each["inbox"] for each in office.facts.of("inbox.judged")] == taken
    assert office.ledger("inbox.judged") == len(taken)
    assert not await Hear(office.desk).step(), "all is judged"


async def test_what_raises_is_set_aside_whole_and_judged_again_after_a_mend(office: Office) -> None:
    (notice,) = await noticed(office)
    await office.customers(f"C-1,株式会社C-1,{EMAIL} second@sakura.example,none")
    office.execute("UPDATE addresses SET status = 'gone mad' WHERE email_key = 'second@sakura.example'")
    before = {name: rows for name, rows in office.everything().items() if not name.startswith("inbox")}
    found = await hear(office, report(notice))
    assert found.state is State.SET_ASIDE
    assert "gone mad" in (found.error or "")
    after = {name: rows for name, rows in office.everything().items() if not name.startswith("inbox")}
    assert before == after, "nothing of it was done"
    assert [each["inbox"] for each in office.facts.of("inbox.set_aside")] == [found.id]
    office.execute("UPDATE addresses SET status = 'confirmed' WHERE status = 'gone mad'")
    await Hear(office.desk).replay([found.id])
    await judge(office)
    mended = heard(office, found.id)
    assert (mended.state, mended.action, mended.error) == (State.DONE, "undeliverable", None)


async def test_a_mail_that_raises_amid_others_takes_none_of_them_along(office: Office) -> None:
    (bad,) = await noticed(office)
    await office.customer("C-2", "keiri@momiji.example")
    await office.issued("C-2", "B-1", "B-2", sent=False)
    first, last = [each for each in await office.post() if each.kind == "notice"]
    await office.customers(f"C-1,株式会社C-1,{EMAIL} second@sakura.example,none")
    office.execute("UPDATE addresses SET status = 'gone mad' WHERE email_key = 'second@sakura.example'")
    raws = (reply(first, "受領"), report(bad), reply(last, "ありがとうございます。"))
    taken = [await take(office, raw, sender=None) for raw in raws]
    await judge(office)
    states = [heard(office, each).state for each in taken if each is not None]
    assert states == [State.DONE, State.SET_ASIDE, State.DONE]
    assert [each["inbox"] for each in office.facts.of("inbox.judged")] == [taken[0], taken[2]]
    assert [each["inbox"] for each in office.facts.of("inbox.set_aside")] == [taken[1]]
    assert office.ledger("inbox.judged") == 2
    assert len(office.mails("answer")) == 2, "each was acted upon once"


async def test_a_heap_of_large_mails_is_read_a_few_at_a_time(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    notices = await noticed(office, "A-1", "A-2", "A-3")
    raws = [absence(notice, "不在です。") for notice in notices]
    monkeypatch.setattr("mailbot.flows.hear.OCTETS_AT_ONCE", len(raws[0]) + len(raws[1]))
    for raw in raws:
        await take(office, raw)
    hear_flow = Hear(office.desk)
    left = []
    while await hear_flow.step():
        left.append(office.value("SELECT count(*) FROM inbox WHERE state = 'received'"))
    assert left == [1, 0]
    monkeypatch.setattr("mailbot.flows.hear.OCTETS_AT_ONCE", 1)
    await take(office, absence(notices[0], "まだ不在です。"))
    assert await hear_flow.step(), "a larger one is read alone"
    assert office.value("SELECT count(*) FROM inbox WHERE state = 'received'") == 0


async def test_a_mail_without_its_bytes_is_set_aside_and_the_next_one_is_judged(office: Office) -> None:
    notices = await noticed(office, "A-1", "A-2")
    lost = await take(office, absence(notices[0], "不在です。"))
    office.execute("DELETE FROM inbox_raw")
    assert lost is not None
    good = await hear(office, absence(notices[1], "不在です。"))
    assert heard(office, lost).state is State.SET_ASIDE
    assert good.state is State.DONE


async def test_only_what_is_set_aside_is_judged_again(office: Office) -> None:
    (notice,) = await noticed(office)
    done = await hear(office, absence(notice, "不在です。"))
    with pytest.raises(Refused, match="not set aside"):
        await Hear(office.desk).replay([done.id])
    with pytest.raises(Refused, match="no inbound mail 99"):
        await Hear(office.desk).replay([99])


# Which mail of ours one is about.


async def test_a_tag_counts_before_all_else(office: Office) -> None:
    first, second = await noticed(office, "A-1", "A-2")
    found = await hear(office, report(first, to=second.sender, envid=True))
    assert (found.attributed_by, found.outbox_id, found.issuer) == ("tag", second.row, "minato")


async def test_the_envelopes_recipient_counts_before_the_header(office: Office) -> None:
    first, second = await noticed(office, "A-1", "A-2")
    found = await hear(office, reply(first, "承知しました"), recipients=[reply_to(second)])
    assert (found.attributed_by, found.outbox_id) == ("tag", second.row)


async def test_envid_then_message_id_then_the_report_then_the_sender(office: Office) -> None:
    first, second = await noticed(office, "A-1", "A-2")
    both = report(first, to=INBOUND, envid=True).replace(first.envid.encode(), b"ENVID", 1)
    both = both.replace(first.envid.encode(), second.envid.encode()).replace(b"ENVID", first.envid.encode())
    found = await hear(office, both)
    assert (found.attributed_by, found.outbox_id) == ("envid", first.row), "the returned header is the second's"
    found = await hear(office, report(second, to=INBOUND))
    assert (found.attributed_by, found.outbox_id) == ("message-id", second.row)
    found = await hear(office, report(first, to=INBOUND, returned=False))
    assert (found.attributed_by, found.outbox_id, found.issuer) == ("report", None, "minato")
    found = await hear(office, letter("請求書の件です。", sender=EMAIL, to=INBOUND))
    assert (found.attributed_by, found.outbox_id, found.customer_id) == ("sender", None, 1)
    found = await hear(office, letter("広告です。", sender=STRANGER, to=INBOUND))
    assert (found.attributed_by, found.issuer) == (None, None)


async def test_an_address_at_two_issuers_says_nothing_of_which(office: Office) -> None:
    listens(office)
    await office.customer("C-1", EMAIL)
    await office.customer("C-1", EMAIL, issuer="harbour")
    found = await hear(office, letter("請求書の件です。", sender=EMAIL, to=INBOUND))
    assert (found.attributed_by, found.issuer) == (None, None)


@pytest.mark.parametrize("field", [True, False])
async def test_words_to_one_issuer_are_not_anothers_to_read(office: Office, *, field: bool) -> None:
    listens(office)
    await office.customer("C-1", EMAIL)
    words = letter("港の件です。", sender=EMAIL, to=HARBOUR.sender if field else INBOUND)
    found = await hear(office, words, sender=EMAIL, recipients=[] if field else [HARBOUR.sender])
    assert (found.attributed_by, found.issuer, found.customer_id) == (None, None, None)
    assert {each.email for each in office.mails("forward")} == set(HARBOUR.staff)


async def test_words_to_an_issuer_are_those_of_its_own_customer(office: Office) -> None:
    listens(office)
    await office.customer("C-1", EMAIL)
    await office.customer("H-1", EMAIL, issuer="harbour")
    found = await hear(office, letter("港の件です。", sender=EMAIL, to=HARBOUR.sender))
    assert (found.attributed_by, found.issuer, found.customer_id) == ("sender", "harbour", 2)
    found = await hear(office, letter("両方に。", sender=EMAIL, to=f"{MINATO.sender}, {HARBOUR.sender}"))
    assert (found.attributed_by, found.issuer) == (None, None)


def _forged(office: Office, notice: Envelope) -> list[str]:
    local, _, domain = notice.sender.partition("@")
    unknown = office.desk.links.tag(TagPurpose.RETURN_PATH, 4711)
    return [
        f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}",
        f"{local.replace('+b', '+r')}@{domain}",
        f"{local}@elsewhere.example",
        f"{local.replace('reply+', 'other+')}@{domain}",
        f"{local.replace('+', '-')}@{domain}",
        tagged(INBOUND, unknown, separator="+"),
        tagged(INBOUND, "b" * 26, separator="+"),
        tagged(INBOUND, "", separator="+"),
    ]


async def test_a_forged_or_foreign_tag_leads_nowhere(office: Office) -> None:
    (notice,) = await noticed(office)
    for forged in _forged(office, notice):
        found = await hear(office, report(notice, to=forged, returned=False), recipients=[forged])
        assert found.attributed_by == "report", forged
        assert found.action == "noted", forged
    assert office.value("SELECT status FROM addresses") == "confirmed"


async def test_a_tag_survives_capitals(office: Office) -> None:
    (notice,) = await noticed(office)
    found = await hear(office, report(notice, to=notice.sender.upper()))
    assert found.attributed_by == "tag"


async def test_a_tag_of_a_revoked_key_leads_nowhere(office: Office) -> None:
    (notice,) = await noticed(office)
    leaked = office.desk.links.signing_key
    office.keyring.rotate(now=office.clock.now())
    office.keyring.revoke(leaked)
    found = await hear(office, report(notice))
    assert (found.attributed_by, found.action) == ("message-id", "noted")


async def test_an_issuer_that_the_configuration_has_no_more_loses_its_mails_business(office: Office) -> None:
    (notice,) = await noticed(office)
    office.set_issuers(HARBOUR)
    found = await hear(office, report(notice))
    assert (found.state, found.issuer, found.action) == (State.DONE, None, "noted")
    assert office.facts.of("inbox.judged")[-1]["issuer"] == ""
    office.set_issuers(MINATO, HARBOUR)


async def test_our_own_mail_and_challenges_are_passed_over(office: Office) -> None:
    (notice,) = await noticed(office)
    mails = len(office.mails())
    own = await hear(office, b"Received: from a loop\r\n" + notice.content, recipients=[notice.sender])
    assert (own.kind, own.action) == ("own", "passed over")
    subject = "Please confirm your message"
    asks = "Your message is being held. To have it delivered, please confirm that you are a person by replying."
    found = await hear(office, reply(notice, asks, subject=subject, headers={"X-Challenge": "yes"}, quoted=False))
    assert (found.kind, found.action) == ("challenge", "passed over")
    assert len(office.mails()) == mails, "neither is answered, nor anybody told"


async def test_without_a_separator_mails_carry_no_tags(office: Office) -> None:
    listens(office, inbound_separator="")
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1", sent=False)
    (notice,) = await office.post()
    assert (notice.sender, reply_to(notice)) == (INBOUND, INBOUND)
    assert INBOUND not in str(message_from_bytes(notice.content)["From"])
    assert "A-1" in text(notice)
