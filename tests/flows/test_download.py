"""From the page behind an invoice link to "last downloaded", and what must not count on the way."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from flow_office import ELSEWHERE, HOME, START

from mailbot.clock import stamp
from mailbot.errors import BadLink, Unanswered
from mailbot.flows import download
from mailbot.flows.download import GoneFile
from mailbot.flows.withdraw import Withdraw
from mailbot.links import Purpose

if TYPE_CHECKING:
    from flow_office import Office

    from mailbot.flows.download import OpenFile
    from mailbot.links import Link

EMAIL = "keiri@sakura.example"
SECOND = "second@sakura.example"


async def sent(office: Office, *emails: str) -> Link:
    """Have an invoice issued and sent, wait past every scanner, and return its link."""
    await office.customer("C-1", *(emails or (EMAIL,)))
    await office.issued("C-1", "A-1")
    office.clock.advance(hours=1)
    return office.invoice_link("A-1", EMAIL)


def opened(office: Office, token: str) -> OpenFile:
    return office.download.open(office.desk.links.open(token, Purpose.PASS))


async def test_looking_shows_the_invoice_and_changes_nothing(office: Office) -> None:
    link = await sent(office)
    before = office.everything()
    page = office.download.look(link)
    assert (page.state, page.first_at, page.email, page.customer_name) == ("ready", None, EMAIL, "株式会社C-1")
    assert (page.invoice.number, page.invoice.amount_text, page.invoice.sent_at) == ("A-1", "¥33,000", START)
    assert office.everything() == before
    with pytest.raises(BadLink):
        office.download.look(office.link(Purpose.INVOICE, 999))


async def test_a_press_gives_a_pass_and_the_arrival_counts(office: Office) -> None:
    link = await sent(office)
    token = await office.press("A-1", EMAIL)
    assert office.rows("SELECT evidence, doubtful FROM deliveries") == [("pressed", 0)]
    assert office.status("A-1") == "open", "pressed is not downloaded"
    file = opened(office, token)
    assert (file.file_name, file.size) == ("A-1.pdf", file.path.stat().st_size)
    office.clock.advance(seconds=3)
    await office.download.arrived(file.press_id, file.size)
    now = stamp(office.clock.now())
    assert office.rows("SELECT status, downloads, last_downloaded_at FROM invoices") == [("downloaded", 1, now)]
    assert office.rows("SELECT evidence, downloaded_at, remind_at FROM deliveries") == [("downloaded", now, None)]
    page = office.download.look(link)
    assert (page.state, page.first_at) == ("done", office.clock.now())
    assert (office.ledger("invoice.pressed"), office.ledger("invoice.downloaded")) == (1, 1)


async def test_an_arrival_counts_once_a_press(office: Office) -> None:
    link = await sent(office)
    await office.fetch("A-1", EMAIL)
    first = office.download.look(link).first_at
    press = office.value("SELECT max(id) FROM presses")
    await asyncio.gather(*(office.download.arrived(press, 1) for _ in range(50)))
    assert office.value("SELECT downloads FROM invoices") == 1
    office.clock.advance(days=3)
    await office.fetch("A-1", EMAIL)
    page = office.download.look(link)
    assert page.first_at == first
    assert page.invoice.last_downloaded_at == office.clock.now()
    assert office.value("SELECT downloads FROM invoices") == 2


@pytest.mark.parametrize(
    ("seconds", "decoy", "doubt"),
    [(1.999, False, "too fast"), (2, False, ""), (300, True, "decoy"), (0, True, "decoy")],
)
async def test_a_press_faster_than_reading_or_with_the_decoy_is_doubtful(
    office: Office, seconds: float, doubt: str, *, decoy: bool
) -> None:
    await sent(office)
    token = await office.press("A-1", EMAIL, seconds=seconds, decoy=decoy)
    assert office.value("SELECT doubt FROM presses") == doubt
    file = opened(office, token)
    await office.download.arrived(file.press_id, file.size)
    assert office.status("A-1") == ("open" if doubt else "downloaded")


async def test_a_doubtful_download_sets_nothing_and_a_persons_one_later_counts(office: Office) -> None:
    link = await sent(office)
    remind_at = office.value("SELECT remind_at FROM deliveries")
    await office.fetch("A-1", EMAIL, seconds=0)
    assert office.rows("SELECT status, downloads, last_downloaded_at FROM invoices") == [("open", 0, None)]
    assert office.rows("SELECT evidence, doubtful, downloaded_at, remind_at FROM deliveries") == [
        ("pressed", 1, None, remind_at)
    ]
    assert (office.download.look(link).state, office.ledger("invoice.doubtful")) == ("ready", 1)
    assert office.facts.of("invoice.doubtful")[0]["reason"] == "too fast"
    await office.fetch("A-1", EMAIL)
    assert office.rows("SELECT evidence, doubtful FROM deliveries") == [("downloaded", 0)]


async def press_all(office: Office, *, decoys: tuple[bool, ...]) -> None:
    """Get the page once, and press its buttons one after another, a while later, getting the file each time."""
    seen_at = office.clock.now()
    for decoy in decoys:
        office.clock.advance(seconds=3)
        link = office.invoice_link("A-1", EMAIL)
        token = await office.download.press(link, seen_at=seen_at, network=HOME, decoy=decoy)
        file = opened(office, token)
        await office.download.arrived(file.press_id, file.size)


@pytest.mark.parametrize("decoys", [(False, True), (True, False), (False, False, True)])
async def test_a_machine_that_waits_and_presses_everything_stops_no_reminder(
    office: Office, decoys: tuple[bool, ...]
) -> None:
    link = await sent(office)
    remind_at = office.value("SELECT remind_at FROM deliveries")
    await press_all(office, decoys=decoys)
    assert office.rows("SELECT status, downloads, last_downloaded_at FROM invoices") == [("open", 0, None)]
    assert office.rows("SELECT evidence, doubtful, downloaded_at, remind_at FROM deliveries") == [
        ("pressed", 1, None, remind_at)
    ]
    assert {row[0] for row in office.rows("SELECT doubt FROM presses")} == {"decoy"}
    assert (office.download.look(link).state, office.ledger("invoice.doubtful")) == ("ready", len(decoys))
    await office.fetch("A-1", EMAIL)
    assert office.rows("SELECT status, downloads FROM invoices") == [("downloaded", 1)]


async def test_a_machine_takes_back_its_own_download_and_no_persons(office: Office) -> None:
    await sent(office)
    await office.fetch("A-1", EMAIL)
    fetched_at = stamp(office.clock.now())
    await press_all(office, decoys=(False, True))
    assert office.rows("SELECT status, downloads, last_downloaded_at FROM invoices") == [("downloaded", 1, fetched_at)]
    assert office.rows("SELECT evidence, doubtful, downloaded_at, remind_at FROM deliveries") == [
        ("downloaded", 0, fetched_at, None)
    ]


async def test_a_file_that_arrives_after_the_decoy_was_pressed_does_not_count(office: Office) -> None:
    link = await sent(office)
    seen_at = office.clock.now()
    office.clock.advance(seconds=3)
    token = await office.download.press(link, seen_at=seen_at, network=HOME, decoy=False)
    await office.download.press(link, seen_at=seen_at, network=HOME, decoy=True)
    file = opened(office, token)
    await office.download.arrived(file.press_id, file.size)
    assert office.status("A-1") == "open"


async def test_a_doubtful_press_after_a_real_download_takes_nothing_back(office: Office) -> None:
    await sent(office)
    await office.fetch("A-1", EMAIL)
    await office.fetch("A-1", EMAIL, seconds=0)
    assert office.rows("SELECT evidence, doubtful FROM deliveries") == [("downloaded", 0)]
    assert office.value("SELECT downloads FROM invoices") == 1


@pytest.mark.parametrize(
    ("after", "fetched_from", "written", "doubt"),
    [
        (59, ELSEWHERE, False, "scanner"),
        (59, ELSEWHERE, True, "scanner"),
        (60, ELSEWHERE, True, ""),
        (59, HOME, True, ""),
        (59, None, False, ""),
    ],
)
async def test_soon_after_acceptance_a_page_got_elsewhere_speaks_of_a_scanner(
    office: Office, after: float, fetched_from: str | None, doubt: str, *, written: bool
) -> None:
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1")
    if fetched_from is not None:
        office.download.fetched(office.invoice_link("A-1", EMAIL), "GET", fetched_from)
    if written:
        await office.download.step()
    await office.press("A-1", EMAIL, seconds=after)
    assert office.value("SELECT doubt FROM presses") == doubt


async def test_min_reading_is_the_installations_to_say(office: Office) -> None:
    office.rule(min_reading=timedelta(seconds=30))
    await sent(office)
    await office.press("A-1", EMAIL, seconds=29)
    assert office.value("SELECT doubt FROM presses") == "too fast"


async def test_a_pass_lasts_ten_minutes(office: Office) -> None:
    await sent(office)
    token = await office.press("A-1", EMAIL)
    office.clock.advance(minutes=10)
    assert opened(office, token).size > 0
    office.clock.advance(seconds=1)
    with pytest.raises(GoneFile):
        opened(office, token)
    with pytest.raises(BadLink):
        office.download.open(office.link(Purpose.PASS, 999))


async def test_a_pass_of_a_retired_key_is_over(office: Office) -> None:
    await sent(office)
    token = await office.press("A-1", EMAIL)
    office.keyring.rotate(now=office.clock.now())
    assert opened(office, token).size > 0
    office.keyring.retire("a")
    with pytest.raises(GoneFile):
        opened(office, token)


async def test_a_withdrawn_invoice_is_gone_everywhere(office: Office) -> None:
    link = await sent(office)
    token = await office.press("A-1", EMAIL)
    await Withdraw(office.desk).invoice("minato", "A-1", reason="金額の誤り")
    page = office.download.look(link)
    assert (page.state, page.withdrawn_reason, page.withdrawn_at) == ("withdrawn", "金額の誤り", office.clock.now())
    with pytest.raises(GoneFile):
        opened(office, token)
    with pytest.raises(GoneFile):
        await office.press("A-1", EMAIL)
    await office.download.arrived(1, 5)
    assert office.rows("SELECT status, downloads FROM invoices") == [("withdrawn", 0)]
    assert office.download.listing(office.session(EMAIL)).invoices == []


async def test_a_link_to_an_address_off_file_shows_and_gives_nothing(office: Office) -> None:
    link = await sent(office, EMAIL, SECOND)
    await Withdraw(office.desk).address(EMAIL, issuers=("minato",))
    assert office.download.look(link).state == "superseded"
    with pytest.raises(GoneFile):
        await office.press("A-1", EMAIL)
    assert not (await office.download.renew(link)).renewed
    await office.fetch("A-1", SECOND)
    assert office.status("A-1") == "downloaded"


async def test_a_link_of_a_retired_key_mails_a_new_one_to_the_same_address(office: Office) -> None:
    link = await sent(office)
    assert not (await office.download.renew(link)).renewed
    office.keyring.rotate(now=office.clock.now())
    office.keyring.retire("a")
    old = office.invoice_link("A-1", EMAIL, key="a")
    assert office.download.look(old).state == "expired"
    with pytest.raises(GoneFile):
        await office.download.press(old, seen_at=START, network=HOME, decoy=False)
    pages = await asyncio.gather(*(office.download.renew(old) for _ in range(10)))
    assert all(page.renewed for page in pages)
    (envelope,) = await office.post()
    assert envelope.recipient == EMAIL
    assert office.download.look(office.mailed(envelope)).state == "ready"


async def test_a_notice_of_something_else_does_not_stand_for_a_renewal(office: Office) -> None:
    await sent(office)
    office.keyring.rotate(now=office.clock.now())
    office.keyring.retire("a")
    await office.issued("C-1", "A-2")
    await office.download.renew(office.invoice_link("A-1", EMAIL, key="a"))
    (envelope,) = await office.post()
    assert office.mailed(envelope).ids == (office.delivery("A-1", EMAIL),)


async def test_what_each_address_does_is_its_own_evidence(office: Office) -> None:
    await sent(office, EMAIL, SECOND)
    await office.fetch("A-1", EMAIL)
    assert office.rows("SELECT evidence, remind_at FROM deliveries ORDER BY id") == [
        ("downloaded", None),
        ("accepted", None),
    ]
    assert office.download.look(office.invoice_link("A-1", SECOND)).state == "ready"


async def test_a_press_while_the_answer_is_lost_settles_the_notice(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1", sent=False)
    await office.post(lambda _: Unanswered("lost"))
    await office.press("A-1", EMAIL)
    assert office.mail("notice").state == "accepted"


# In a session.


async def test_a_session_lists_and_gives_what_is_that_customers(office: Office) -> None:
    await sent(office, EMAIL, SECOND)
    await office.issued("C-1", "A-2")
    await office.customer("C-2", "kanri@midori.example")
    await office.issued("C-2", "B-1")
    office.clock.advance(hours=1)
    session = office.session(EMAIL)
    listing = office.download.listing(session)
    assert [invoice.number for invoice in listing.invoices] == ["A-2", "A-1"]
    assert [(each.email, each.status, each.is_default) for each in listing.addresses] == [
        (EMAIL, "confirmed", True),
        (SECOND, "confirmed", False),
    ]
    seen_at = office.clock.now()
    office.clock.advance(seconds=10)
    token = await office.download.press_listed(session, "A-2", seen_at=seen_at, network=HOME, decoy=False)
    file = opened(office, token)
    await office.download.arrived(file.press_id, file.size)
    assert office.status("A-2") == "downloaded"
    assert office.value("SELECT evidence FROM deliveries WHERE id = ?", office.delivery("A-2", EMAIL)) == "downloaded"
    for number in ("B-1", "nothing"):
        with pytest.raises(GoneFile):
            await office.download.press_listed(session, number, seen_at=seen_at, network=HOME, decoy=False)


async def test_issuers_do_not_see_each_other(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.customer("C-1", "jo@tide.example", issuer="harbour")
    await office.issued("C-1", "A-1", issuer="harbour")
    session = await office.prove(EMAIL)
    assert office.download.listing(session).invoices == []
    with pytest.raises(GoneFile):
        await office.download.press_listed(session, "A-1", seen_at=START, network=HOME, decoy=False)


async def test_a_press_by_an_address_that_was_never_told_counts_for_the_invoice(office: Office) -> None:
    await sent(office)
    await office.customers(f"C-1,株式会社C-1,{EMAIL} {SECOND},none")
    await office.fetch("A-1", EMAIL)
    session = await office.prove(SECOND)
    seen_at = office.clock.now()
    office.clock.advance(seconds=5)
    token = await office.download.press_listed(session, "A-1", seen_at=seen_at, network=HOME, decoy=False)
    file = opened(office, token)
    await office.download.arrived(file.press_id, file.size)
    assert office.value("SELECT downloads FROM invoices") == 2
    assert office.facts.of("invoice.downloaded")[-1]["to"] == ""


# Pages that were merely got.


async def test_access_records_are_written_together_and_prove_nothing(office: Office) -> None:
    link = await sent(office)
    ledger = office.value("SELECT count(*) FROM ledger")
    for _ in range(20):
        office.download.fetched(link, "GET", HOME)
    office.download.fetched(link, "HEAD", ELSEWHERE)
    assert office.value("SELECT count(*) FROM accesses") == 0
    assert await office.download.step()
    assert not await office.download.step()
    assert office.rows("SELECT method, network, count(*) FROM accesses GROUP BY 1, 2 ORDER BY 1") == [
        ("GET", HOME, 20),
        ("HEAD", ELSEWHERE, 1),
    ]
    assert office.value("SELECT count(*) FROM ledger") == ledger
    assert office.rows("SELECT evidence FROM deliveries") == [("accepted",)]


async def test_beyond_the_buffer_the_oldest_records_are_given_up_and_that_is_said(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "ACCESSES_KEPT", 3)
    flow = download.Download(office.desk)
    link = await sent(office)
    for number in range(5):
        flow.fetched(link, f"GET {number}", HOME)
    await flow.step()
    assert office.rows("SELECT method FROM accesses") == [("GET 2",), ("GET 3",), ("GET 4",)]
    assert office.facts.of("accesses.dropped") == [{"rows": 2}]


async def test_a_pass_ends_with_the_address_that_its_link_was_mailed_to(office: Office) -> None:
    await sent(office)
    token = await office.press("A-1", EMAIL)
    await Withdraw(office.desk).address(EMAIL, issuers=("minato",))
    with pytest.raises(GoneFile):
        opened(office, token)
