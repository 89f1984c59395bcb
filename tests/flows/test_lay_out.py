"""The bytes of a mail: what stands in them, and that they can be laid out again from what was recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from flow_courier import EMAIL, answers, laid_out_again, noticed, refuse_words
from flow_office import CUSTOMER_HEAD, HARBOUR, MINATO, message, text

from mailbot.domain.policy import Contact, Spoken
from mailbot.flows.withdraw import Withdraw

if TYPE_CHECKING:
    from flow_office import Office


async def test_the_bytes_are_a_function_of_the_row_and_its_claim(office: Office) -> None:
    await office.customers(f"C-1,株式会社さくら工業,{EMAIL},confirm")
    await office.post()
    session = await office.prove(EMAIL)
    await office.issued("C-1", "A-1", "A-2")
    await office.confirm.add(session, "second@sakura.example")
    await office.sign_in.mail_link(office.invoice_link("A-1", EMAIL))
    await office.post()
    office.clock.go("2026-11-24T00:30Z")
    await office.sweep()
    await Withdraw(office.desk).invoice("minato", "A-2", reason="二重計上")
    await office.post(answers(refuse_words))
    await office.post()
    kinds = {mail.kind for mail in office.mails() if mail.bytes_sha256}
    assert kinds == {"proof", "notice", "confirm", "sign_in", "reminder", "withdrawn", "staff"}
    office.keyring.rotate(now=office.clock.now())
    office.set_issuers(replace(MINATO, name="別名株式会社", proof_days=1))
    office.clock.advance(days=2000)
    for mail in office.mails():
        if mail.bytes_sha256:
            assert laid_out_again(office, mail) == mail.bytes_sha256, mail.kind


async def test_a_mail_that_cannot_be_laid_out_is_held_while_the_others_go(office: Office) -> None:
    await noticed(office, "A-1", "A-2", "A-3", "A-4")
    ids = [mail.id for mail in office.mails("notice")]
    office.execute("UPDATE outbox SET payload = '{' WHERE id = ?", ids[0])
    office.execute("UPDATE outbox SET payload = replace(payload, '\"subject\"', '\"subjekt\"') WHERE id = ?", ids[1])
    office.execute("UPDATE outbox SET issuer = 'gone' WHERE id = ?", ids[2])
    assert len(await office.post()) == 1
    assert [mail.state for mail in office.mails("notice")] == ["held", "held", "held", "accepted"]
    assert [fields["id"] for fields in office.facts.of("row.failed")] == ids[:3]
    for mail in office.mails("notice")[:3]:
        assert (mail.attempts, (mail.reason or "").startswith("it could not be laid out")) == (0, True)


async def test_a_rehearsal_sends_everything_to_one_address_and_says_so(office: Office) -> None:
    office.rule(redirect_to="test@minato.example")
    await noticed(office)
    (envelope,) = await office.post()
    assert envelope.recipient == "test@minato.example"
    assert EMAIL in message(envelope)["Subject"]
    assert message(envelope)["To"] == "test@minato.example"
    assert office.mail("notice").email == EMAIL


async def test_return_paths_carry_a_tag_where_a_way_in_is_configured(office: Office) -> None:
    office.rule(inbound_address="bot@minato.example")
    await noticed(office)
    (envelope,) = await office.post()
    assert envelope.sender.startswith("bot+b")
    tag = envelope.sender.partition("+")[2].partition("@")[0]
    assert office.desk.links.read_tag(tag.upper()).row_id == office.mail("notice").id
    assert "bot+r" in message(envelope)["Reply-To"]


async def test_each_recipient_reads_of_the_issuer_in_their_language(office: Office) -> None:
    contact = Contact(name="経理部", phone="03-0000-0000", hours="平日 9:00～17:00", postal="東京都港区1-2-3")
    english = Contact(name="Billing desk", hours="9:00-17:00 (JST)", postal="1-2-3 Minato-ku, Tokyo")
    office.set_issuers(
        replace(MINATO, contact=contact, en=Spoken(name="Minato Trading Co., Ltd.", contact=english)),
        replace(HARBOUR, ja=Spoken(name="ハーバー水先株式会社", contact=contact)),
    )
    for issuer in ("minato", "harbour"):
        rows = [f"{locale}-{issuer},Customer,{locale}@{issuer}.example,confirm,{locale}" for locale in ("ja", "en")]
        await office.customers(*rows, issuer=issuer, head=f"{CUSTOMER_HEAD},locale")
    mails = {envelope.recipient: envelope for envelope in await office.post()}
    names = {
        "ja@minato.example": MINATO.name,
        "en@minato.example": "Minato Trading Co., Ltd.",
        "ja@harbour.example": "ハーバー水先株式会社",
        "en@harbour.example": HARBOUR.name,
    }
    for address, name in names.items():
        assert message(mails[address])["From"].startswith((f"{name} <", f'"{name}" <'))
        assert name in message(mails[address])["Subject"]
        assert name in text(mails[address])
    said = text(mails["en@minato.example"])
    assert [each for each in (english.name, english.hours, english.postal, contact.phone) if each not in said] == []
    assert [each for each in (contact.name, contact.hours, contact.postal, MINATO.name) if each in said] == []
    assert contact.postal in text(mails["ja@harbour.example"])
    assert contact.postal not in text(mails["en@harbour.example"])


async def test_the_ledgers_head_goes_out_with_the_mail(office: Office) -> None:
    await noticed(office)
    seq, head = office.rows("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1")[0]
    (envelope,) = await office.post()
    assert message(envelope)["X-Mailbot-Ledger"] == f"minato {seq} {head}"


@pytest.mark.parametrize(("at", "said"), [("2026-11-20T14:29Z", "23:59まで"), ("2026-11-20T14:30Z", "21日 00:00まで")])
async def test_a_link_that_ends_after_midnight_names_the_day(office: Office, at: str, said: str) -> None:
    await office.customer("C-1", EMAIL)
    office.clock.go(at)
    await office.confirm.add(office.session(EMAIL), "second@sakura.example")
    (mail,) = [each for each in await office.post() if each.kind == "confirm"]
    assert said in text(mail)


async def test_a_mail_sent_after_midnight_names_a_day_that_its_link_has(office: Office) -> None:
    office.clock.go("2026-11-20T15:23Z")
    await office.customers(f"C-1,さくら,{EMAIL},confirm")
    (mail,) = await office.post()
    assert "2027年1月20日" in text(mail)
    office.clock.go("2027-01-20T14:59:59Z")
    assert office.confirm.look(office.mailed(mail)).state == "ready"
