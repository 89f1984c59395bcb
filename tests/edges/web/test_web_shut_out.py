"""Whoever holds a forwarded invitation or a lost letter, walking the pages to somebody else's invoices."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
from web_forms import forms, press, press_in
from web_people import EMAIL, Letter, account, confirm_link, invite, letter
from web_site import seen, state, words

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from web_site import Site

THIEF = "thief@elsewhere.example"
CLOSED = ("/my/invoices", "/my/addresses", "/my/password")


@asynccontextmanager
async def another(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """Open a browser of somebody else."""
    async with httpx.AsyncClient(base_url=site.url, headers={"accept-language": "ja"}) as client:
        yield client


async def forwarded(site: Site, browser: httpx.AsyncClient) -> int:
    """Enter by the invitation of a customer that was mailed to somebody known, and return the customer."""
    await account(site)
    customer = site.customer(name="株式会社もみじ")
    address = site.address(customer, EMAIL)
    site.invoice(customer, address, number="SECRET-1", subject="秘密の件名")
    done = await press(browser, await browser.get(await invite(site, customer)), "list")
    assert done.headers["location"] == "/my/invitations?first=2"
    return customer


async def pressed_everywhere(browser: httpx.AsyncClient, fields: dict[str, str]) -> None:
    """Try all that a session's pages take, by hand."""
    for path in CLOSED:
        for answer in (await browser.get(path), await browser.post(path, data=fields)):
            assert (answer.status_code, answer.headers["location"]) == (303, "/my/invitations")
            assert "SECRET-1" not in answer.text


@pytest.mark.parametrize("decided", ["", "decline"])
async def test_before_the_approval_there_is_the_invitation_and_the_way_out(
    site: Site, browser: httpx.AsyncClient, decided: str
) -> None:
    customer = await forwarded(site, browser)
    page = await browser.get("/my/invitations")
    if decided:
        await press(browser, await press(browser, page, "review", **{"decide-2": decided}), "register")
        page = await browser.get("/my/invitations")
    assert [form.action for form in forms(page) if form.action not in ("/sign-out", "/my/invitations")] == []
    assert not any(f'href="{path}"' in page.text for path in CLOSED)
    before = site.mails()
    for go, more in (
        ("add", {"email": THIEF}),
        ("change", {"address": EMAIL, "change": "pdf"}),
        ("remove", {"address": EMAIL}),
        ("name", {"leaves": EMAIL, "successor": THIEF}),
        ("change", {"new": "longer than that"}),
        ("", {"number": "SECRET-1", "of": str(customer)}),
    ):
        await pressed_everywhere(browser, {"seen": seen(page), "go": go, "customer": site.code(customer), **more})
    assert site.mails() == before
    assert site.value("SELECT count(*) FROM addresses WHERE email = :thief", thief=THIEF) == 0
    out = next(form for form in forms(page) if form.action == "/sign-out")
    assert state(await browser.post(out.action, data=out.fields)) == "done"


async def test_the_approval_opens_the_pages_to_the_same_browser(site: Site, browser: httpx.AsyncClient) -> None:
    await forwarded(site, browser)
    page = await press(browser, await browser.get("/my/invitations"), "review", **{"decide-2": "approve"})
    assert "/my/invoices" in (await press(browser, page, "register")).text
    assert "SECRET-1" in words(await browser.get("/my/invoices"))


async def entered(site: Site, browser: httpx.AsyncClient, customer: int, paper: Letter) -> None:
    """Sign in with what stands on a letter."""
    page = await browser.get("/sign-in")
    form = next(each for each in forms(page) if each.fields.get("way") == "letter")
    typed = {"issuer": "minato", "code": site.code(customer), "letter_password": paper.password}
    assert (await press_in(browser, form, "sign_in", **typed)).status_code == 303
    page = await browser.get("/my/addresses")
    assert (page.status_code, 'href="/my/invitations"' in page.text) == (200, False), "it has no account"


async def test_a_new_letter_shuts_the_finder_of_the_lost_one_out(site: Site, browser: httpx.AsyncClient) -> None:
    customer = site.customer()
    lost = await letter(site, customer)
    async with another(site) as finder:
        await entered(site, finder, customer, lost)
        page = await press(finder, await finder.get("/my/addresses"), "add", email=THIEF)
        assert state(page) == "done"
        mailed = confirm_link(site)
        new = await letter(site, customer)
        assert (await finder.get("/my/addresses")).headers["location"] == "/sign-in"
        late = await finder.post("/my/addresses", data={"seen": seen(page), "go": "add", "email": THIEF})
        assert late.headers["location"] == "/sign-in"
        ended = await finder.get(mailed)
        assert (ended.status_code, state(ended)) == (410, "superseded")
    await entered(site, browser, customer, new)
    assert THIEF not in (await browser.get("/my/addresses")).text
    assert site.value("SELECT status FROM addresses") == "removed"


async def test_whoever_uses_a_letter_up_shuts_the_other_out(site: Site, browser: httpx.AsyncClient) -> None:
    customer = site.customer()
    paper = await letter(site, customer)
    async with another(site) as finder:
        await entered(site, finder, customer, paper)
        await entered(site, browser, customer, paper)
        await press(browser, await browser.get("/my/addresses"), "add", email=EMAIL)
        async with another(site) as mailbox:
            assert state(await press(mailbox, await mailbox.get(confirm_link(site)))) == "done"
        assert (await finder.get("/my/invoices")).headers["location"] == "/sign-in"
        assert (await browser.get("/my/invoices")).status_code == 200
