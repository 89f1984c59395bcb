"""Invoice links: the page, the press, its doubts, and the ways the page can end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from web_download import press
from web_site import Invoiced, seen, state, times, until, words

from mailbot.flows.withdraw import Withdraw
from mailbot.links import Purpose

if TYPE_CHECKING:
    import httpx
    from web_site import Site

EMAIL = "keiri@sakura.example"


def sent(site: Site) -> Invoiced:
    customer = site.customer()
    return site.invoice(customer, site.address(customer, EMAIL, confirmed=True))


async def test_the_page_states_the_invoice_and_nothing_else(site: Site, browser: httpx.AsyncClient) -> None:
    invoice = sent(site)
    customer, address = site.value("SELECT id FROM customers"), site.value("SELECT id FROM addresses")
    assert isinstance(customer, int)
    assert isinstance(address, int)
    site.invoice(customer, address, number="INV-OTHER")
    page = await browser.get(site.link(Purpose.INVOICE, invoice.delivery_id))
    read = words(page)
    for word in (
        "2026年11月分 保守サービス利用料",
        "￥1,234,567",
        invoice.number,
        "2026年11月20日",
        "2026年12月31日",
        "未ダウンロード",
    ):
        assert word in read or word.replace("￥", "¥") in read, word
    assert "INV-OTHER" not in read
    assert len(page.content) < 30_000
    assert "<script" not in page.text
    assert 'src="' not in page.text


async def test_after_the_download_the_page_says_when(site: Site, browser: httpx.AsyncClient) -> None:
    invoice = sent(site)
    path = site.link(Purpose.INVOICE, invoice.delivery_id)
    await browser.get(await press(site, browser, invoice))
    await until(lambda: site.downloads(invoice) == 1)
    first = site.value("SELECT last_downloaded_at FROM invoices")
    page = await browser.get(path)
    assert (page.status_code, state(page)) == (200, "done")
    assert times(page)[0] == first
    assert "もう一度ダウンロード" in words(page)
    again = await browser.post(path, data={"seen": seen(page)})
    assert again.status_code == 303


@pytest.mark.parametrize(("seconds", "extra", "why"), [(1, {}, "too fast"), (5, {"check": "1"}, "decoy")])
async def test_a_machines_press_is_doubtful_and_counts_nothing(
    site: Site, browser: httpx.AsyncClient, seconds: int, extra: dict[str, str], why: str
) -> None:
    invoice = sent(site)
    path = site.link(Purpose.INVOICE, invoice.delivery_id)
    form = {"seen": seen(await browser.get(path)), **extra}
    site.later(seconds=seconds)
    answer = await browser.post(path, data=form)
    assert answer.status_code == 303
    await browser.get(answer.headers["location"])
    await until(lambda: site.value("SELECT bytes FROM presses"))
    assert site.value("SELECT doubt FROM presses") == why
    assert site.downloads(invoice) == 0
    assert state(await browser.get(path)) == "ready"


async def test_a_press_without_its_page_does_nothing(site: Site, browser: httpx.AsyncClient) -> None:
    path, before = site.link(Purpose.INVOICE, sent(site).delivery_id), site.changes()
    page = await browser.post(path, data={"check": "1"})
    assert (page.status_code, state(page)) == (200, "ready")
    assert site.changes() == before


async def test_a_button_mails_a_sign_in_link_to_the_same_address(site: Site, browser: httpx.AsyncClient) -> None:
    path = site.link(Purpose.INVOICE, sent(site).delivery_id)
    page = await browser.post(path, data={"seen": seen(await browser.get(path)), "do": "sign_in"})
    assert (page.status_code, state(page)) == (200, "done")
    assert f"{EMAIL} にログイン用のリンクをお送りしました" in words(page)
    assert site.mails() == [("sign_in", EMAIL)]
    assert site.value("SELECT count(*) FROM presses") == 0


async def test_a_withdrawn_invoice_says_so_and_why(site: Site, browser: httpx.AsyncClient) -> None:
    invoice = sent(site)
    path = site.link(Purpose.INVOICE, invoice.delivery_id)
    form = {"seen": seen(await browser.get(path))}
    await Withdraw(site.desk).invoice("minato", invoice.number, reason="金額に誤りがありました <b>")
    for page in (await browser.get(path), await browser.post(path, data=form)):
        assert (page.status_code, state(page)) == (410, "superseded")
        assert "金額に誤りがありました <b>" in words(page)
        assert "<b>" not in page.text
        assert "03-0000-1234" in words(page)
    assert site.value("SELECT count(*) FROM presses") == 0


async def test_a_retired_key_offers_a_new_link(site: Site, browser: httpx.AsyncClient) -> None:
    path = site.link(Purpose.INVOICE, sent(site).delivery_id)
    old = site.links.signing_key
    site.keyring.rotate(now=site.clock.now())
    site.keyring.retire(old)
    page = await browser.get(path)
    assert (page.status_code, state(page)) == (410, "expired")
    renewed = await browser.post(path, data={"seen": seen(page)})
    assert renewed.status_code == 200
    assert f"{EMAIL} に新しいメールをお送りしました" in words(renewed)
    assert site.mails() == [("notice", EMAIL)]


async def test_a_removed_address_is_shown_nothing(site: Site, browser: httpx.AsyncClient) -> None:
    invoice = sent(site)
    await site.database.write(lambda tx: tx.execute("UPDATE addresses SET status = 'removed'"))
    page = await browser.get(site.link(Purpose.INVOICE, invoice.delivery_id))
    assert (page.status_code, state(page)) == (410, "superseded")
    assert "1,234,567" not in words(page)
    assert "取り下げ" not in words(page)
