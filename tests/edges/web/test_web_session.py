"""Sessions: signing in by a mailed link, the list, the addresses, and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from web_site import seen, state, until, words

from mailbot.links import Purpose

if TYPE_CHECKING:
    import httpx
    from web_site import Site

EMAIL = "keiri@sakura.example"


@pytest.fixture
def people(site: Site) -> tuple[int, int]:
    """A customer and its confirmed address."""
    customer = site.customer()
    return customer, site.address(customer, EMAIL, confirmed=True)


async def test_a_sign_in_link_works_once(site: Site, browser: httpx.AsyncClient, people: tuple[int, int]) -> None:
    path = site.link(Purpose.SIGN_IN, site.sign_in(*people))
    form = {"seen": seen(await browser.get(path))}
    answer = await browser.post(path, data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/my/invoices")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=lax" in answer.headers["set-cookie"]
    assert (await browser.get("/my/invoices")).status_code == 200
    for again in (await browser.get(path), await browser.post(path, data=form)):
        assert (again.status_code, again.headers["location"]) == (303, "/my/invoices")
    browser.cookies.clear()
    page = await browser.get(path)
    at_once = await browser.post(path, data={"seen": seen(page)})
    site.later(seconds=11)
    for stranger in (page, at_once, await browser.post(path, data=form)):
        assert (stranger.status_code, state(stranger)) == (200, "done")
        assert "使用されました" in words(stranger)
        assert "set-cookie" not in stranger.headers
    assert site.mails() == []


async def test_a_used_link_offers_a_new_one(site: Site, browser: httpx.AsyncClient, people: tuple[int, int]) -> None:
    path = site.link(Purpose.SIGN_IN, site.sign_in(*people))
    await browser.post(path, data={"seen": seen(await browser.get(path))})
    browser.cookies.clear()
    page = await browser.post(path, data={"seen": seen(await browser.get(path)), "do": "renew"})
    assert page.status_code == 200
    assert site.mails() == [("sign_in", EMAIL)]


async def test_an_expired_link_offers_a_new_one(
    site: Site, browser: httpx.AsyncClient, people: tuple[int, int]
) -> None:
    path = site.link(Purpose.SIGN_IN, site.sign_in(*people))
    site.later(minutes=31)
    page = await browser.get(path)
    assert (page.status_code, state(page)) == (410, "expired")
    assert page.text.count("<button") == 1
    assert (await browser.post(path, data={"seen": seen(page), "do": "renew"})).status_code == 200
    assert site.mails() == [("sign_in", EMAIL)]


async def test_the_list_downloads(site: Site, browser: httpx.AsyncClient, people: tuple[int, int]) -> None:
    invoice = site.invoice(*people)
    browser.cookies.update(site.cookie(*people))
    form = {"seen": seen(await browser.get("/my/invoices")), "number": invoice.number}
    site.later(seconds=5)
    answer = await browser.post("/my/invoices", data=form)
    assert answer.status_code == 303
    assert (await browser.get(answer.headers["location"])).content == invoice.pdf
    await until(lambda: site.downloads(invoice) == 1)


async def test_the_list_shows_only_the_customers_own(
    site: Site, browser: httpx.AsyncClient, people: tuple[int, int]
) -> None:
    other = site.customer(name="他社")
    foreign = site.invoice(other, site.address(other, "x@other.example", confirmed=True), number="INV-FOREIGN")
    browser.cookies.update(site.cookie(*people))
    page = await browser.get("/my/invoices")
    assert "INV-FOREIGN" not in words(page)
    answer = await browser.post("/my/invoices", data={"seen": seen(page), "number": foreign.number})
    assert answer.status_code == 200
    assert site.value("SELECT count(*) FROM presses") == 0


async def test_a_long_list_has_pages(site: Site, browser: httpx.AsyncClient, people: tuple[int, int]) -> None:
    for number in range(70):
        site.invoice(*people, number=f"INV-{number:04}")
    browser.cookies.update(site.cookie(*people))
    found = set()
    for page in range(1, 6):
        answer = await browser.get("/my/invoices", params={"page": page})
        assert len(answer.content) < 30_000
        found |= {number for number in range(70) if f"INV-{number:04}" in words(answer)}
    assert found == set(range(70))
    for odd in ("0", "99", "-1", "x", "٣"):
        assert (await browser.get("/my/invoices", params={"page": odd})).status_code == 200


@pytest.mark.parametrize("path", ["/my/invoices", "/my/addresses"])
async def test_without_a_session_one_is_shown_how_to_get_one(browser: httpx.AsyncClient, path: str) -> None:
    for answer in (await browser.get(path), await browser.post(path)):
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert "すべての請求書を見る" in words(await browser.get("/sign-in"))


async def test_a_session_ends_after_thirty_idle_minutes_and_twelve_hours(
    site: Site, browser: httpx.AsyncClient, people: tuple[int, int]
) -> None:
    browser.cookies.update(site.cookie(*people))
    for _ in range(25):
        assert (await browser.get("/my/invoices")).status_code == 200
        site.later(minutes=29)
    assert (await browser.get("/my/invoices")).status_code == 303
    browser.cookies.clear()
    browser.cookies.update(site.cookie(*people))
    site.later(minutes=31)
    assert (await browser.get("/my/invoices")).status_code == 303


async def test_another_address_gets_its_confirm_mail(
    site: Site, browser: httpx.AsyncClient, people: tuple[int, int]
) -> None:
    browser.cookies.update(site.cookie(*people))
    form = {"seen": seen(await browser.get("/my/addresses")), "email": "bucho@sakura.example"}
    page = await browser.post("/my/addresses", data=form)
    assert (page.status_code, state(page)) == (200, "done")
    assert "bucho@sakura.example に確認メールをお送りしました" in words(page)
    assert "30分以内" in words(page)
    assert site.mails() == [("confirm", "bucho@sakura.example")]
    assert "確認待ち" in words(page)


@pytest.mark.parametrize(
    ("typed", "said"), [("nonsense", "形式"), (EMAIL, "すでに登録されています"), ("", "入力してください")]
)
async def test_an_address_that_cannot_be_added_says_why(
    site: Site, browser: httpx.AsyncClient, people: tuple[int, int], typed: str, said: str
) -> None:
    browser.cookies.update(site.cookie(*people))
    form = {"seen": seen(await browser.get("/my/addresses")), "email": typed}
    page = await browser.post("/my/addresses", data=form)
    assert (page.status_code, state(page)) == (200, "ready")
    assert said in words(page)
    assert f'value="{typed}"' in page.text
    assert site.mails() == []


async def test_signing_out_ends_the_session(site: Site, browser: httpx.AsyncClient, people: tuple[int, int]) -> None:
    kept = site.cookie(*people)
    browser.cookies.update(kept)
    form = {"seen": seen(await browser.get("/my/invoices"))}
    page = await browser.post("/sign-out", data=form)
    assert (page.status_code, state(page)) == (200, "done")
    browser.cookies.clear()
    browser.cookies.update(kept)
    assert (await browser.get("/my/invoices")).status_code == 303


@pytest.mark.parametrize("path", ["/my/invoices", "/my/addresses", "/sign-out"])
async def test_a_press_in_a_session_takes_its_own_page(
    site: Site, browser: httpx.AsyncClient, people: tuple[int, int], path: str
) -> None:
    invoice = site.invoice(*people)
    browser.cookies.update(site.cookie(*people))
    fields = {"number": invoice.number, "email": "bucho@sakura.example"}
    good = {"seen": seen(await browser.get("/my/invoices")), **fields}
    foreign = [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.example"}]
    for headers in foreign:
        page = await browser.post(path, data=good, headers=headers)
        assert (page.status_code, state(page)) == (403, "invalid")
    browser.cookies.clear()
    browser.cookies.update(site.cookie(*people))
    assert (await browser.post(path, data=good)).status_code in (200, 303)
    assert (await browser.get("/my/invoices")).status_code == 200
    assert site.mails() == []
    assert site.value("SELECT count(*) FROM presses") == 0


async def test_a_forged_cookie_is_no_session(site: Site, browser: httpx.AsyncClient, people: tuple[int, int]) -> None:
    token = site.cookie(*people)["mailbot_session"]
    for forged in (token[:-1], "x", site.link(Purpose.INVOICE, 1)[3:]):
        browser.cookies.clear()
        browser.cookies.set("mailbot_session", forged)
        assert (await browser.get("/my/invoices")).status_code == 303
