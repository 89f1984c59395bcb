"""Proof and confirm links: what looking and pressing do, however often and in whatever state."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from web_site import seen, state, times, words

from mailbot.links import Purpose

if TYPE_CHECKING:
    import httpx
    from web_site import Site

EMAIL = "keiri@sakura.example"


async def press(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    page = await browser.get(path)
    return await browser.post(path, data={"seen": seen(page), **fields})


async def test_looking_changes_nothing(site: Site, browser: httpx.AsyncClient) -> None:
    address = site.address(site.customer(), EMAIL)
    path, before = site.link(Purpose.PROOF, address, 1), site.changes()
    for _ in range(20):
        page = await browser.get(path)
        head = await browser.head(path)
    assert (page.status_code, state(page), head.status_code, head.text) == (200, "ready", 200, "")
    assert site.changes() == before
    for word in (
        "みなと商事株式会社",
        "株式会社さくら工業",
        EMAIL,
        "このアドレスで受け取る",
        "03-0000-1234",
        "平日 9:00〜17:00",
    ):
        assert word in words(page)
    assert '<form method="post" id="act">' in page.text
    assert "<script" not in page.text


async def test_a_press_confirms_opens_a_session_and_shows_the_list(site: Site, browser: httpx.AsyncClient) -> None:
    customer = site.customer()
    other = site.address(customer, "first@sakura.example", confirmed=True)
    invoice = site.invoice(customer, other)
    address = site.address(customer, EMAIL)
    done = await press(browser, site.link(Purpose.PROOF, address, 1))
    assert (done.status_code, state(done)) == (200, "done")
    assert invoice.number in words(done)
    assert "登録が完了しました" in words(done)
    assert site.value("SELECT status FROM addresses WHERE id = :id", id=address) == "confirmed"
    listing = await browser.get("/my/invoices")
    assert listing.status_code == 200
    assert invoice.number in words(listing)


async def test_a_hundred_presses_are_one(site: Site, browser: httpx.AsyncClient) -> None:
    path = site.link(Purpose.PROOF, site.address(site.customer(), EMAIL), 1)
    form = {"seen": seen(await browser.get(path))}
    pages = await asyncio.gather(*(browser.post(path, data=form) for _ in range(100)))
    site.later(days=3)
    pages.append(await browser.get(path))
    assert {(page.status_code, state(page)) for page in pages} == {(200, "done")}
    assert len({times(page)[0] for page in pages}) == 1
    assert site.value("SELECT count(*) FROM ledger WHERE fact = 'address.confirmed'") == 1


@pytest.mark.parametrize("form", [{}, {"seen": ""}, {"seen": "made.up"}])
async def test_a_press_without_its_page_does_nothing(
    site: Site, browser: httpx.AsyncClient, form: dict[str, str]
) -> None:
    path = site.link(Purpose.PROOF, site.address(site.customer(), EMAIL), 1)
    before = site.changes()
    page = await browser.post(path, data=form)
    assert (page.status_code, state(page)) == (200, "ready")
    assert site.changes() == before


async def test_a_press_with_another_pages_seen_or_an_old_one_does_nothing(
    site: Site, browser: httpx.AsyncClient
) -> None:
    customer = site.customer()
    path = site.link(Purpose.PROOF, site.address(customer, EMAIL), 1)
    other = site.link(Purpose.PROOF, site.address(customer, "other@sakura.example"), 1)
    page = await browser.post(path, data={"seen": seen(await browser.get(other))})
    assert state(page) == "ready"
    form = {"seen": seen(await browser.get(path))}
    site.later(hours=13)
    assert state(await browser.post(path, data=form)) == "ready"
    assert site.value("SELECT count(*) FROM addresses WHERE status = 'confirmed'") == 0


async def test_an_expired_link_mails_a_new_one_to_the_same_address(site: Site, browser: httpx.AsyncClient) -> None:
    path = site.link(Purpose.CONFIRM, site.address(site.customer(), EMAIL), 1)
    site.later(minutes=31)
    expired = await browser.get(path)
    assert (expired.status_code, state(expired)) == (410, "expired")
    assert expired.text.count("<button") == 1
    renewed = await browser.post(path, data={"seen": seen(expired)})
    assert (renewed.status_code, state(renewed)) == (200, "expired")
    assert f"{EMAIL} に新しいメールをお送りしました" in words(renewed)
    assert site.mails() == [("confirm", EMAIL)]
    after = await browser.get(path)
    assert (after.status_code, state(after)) == (410, "superseded")


async def test_a_superseded_link_does_nothing(site: Site, browser: httpx.AsyncClient) -> None:
    path = site.link(Purpose.PROOF, site.address(site.customer(), EMAIL), 1)
    form = {"seen": seen(await browser.get(path))}
    await site.database.write(lambda tx: tx.execute("UPDATE addresses SET version = 2"))
    page = await browser.post(path, data=form)
    assert (page.status_code, state(page)) == (410, "superseded")
    assert site.value("SELECT status FROM addresses") == "pending"


async def test_links_that_are_none_of_ours(site: Site, browser: httpx.AsyncClient) -> None:
    address = site.address(site.customer(), EMAIL)
    good = site.link(Purpose.PROOF, address, 1)
    last = "A" if good[-1] != "A" else "B"
    session = site.link(Purpose.SESSION, 1)
    for path in (good[:-1] + last, good[:-4], "/l/x", session, site.link(Purpose.PROOF, 999, 1), "/l/", "/l/a/b"):
        for method in ("GET", "POST"):
            page = await browser.request(method, path)
            assert (page.status_code, state(page)) == (404, "invalid"), path
    assert (await browser.get("/d/" + good[3:])).status_code == 404


async def test_keys_rotated_retired_and_revoked(site: Site, browser: httpx.AsyncClient) -> None:
    path = site.link(Purpose.PROOF, site.address(site.customer(), EMAIL), 1)
    letter = site.links.signing_key
    site.keyring.rotate(now=site.clock.now())
    assert state(await browser.get(path)) == "ready"
    site.keyring.retire(letter)
    retired = await browser.get(path)
    assert (retired.status_code, state(retired)) == (410, "expired")
    renewed = await browser.post(path, data={"seen": seen(retired)})
    assert EMAIL in words(renewed)
    assert site.mails() == [("confirm", EMAIL)]
    site.keyring.revoke(letter)
    assert (await browser.get(path)).status_code == 404


async def test_the_page_speaks_the_customers_language(site: Site, browser: httpx.AsyncClient) -> None:
    customer = site.customer(locale="en", name="Sakura Works")
    page = await browser.get(site.link(Purpose.PROOF, site.address(customer, EMAIL), 1))
    assert '<html lang="en">' in page.text
    assert "Receive invoices here" in words(page)
