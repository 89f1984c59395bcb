"""The password: changed with the old one, or set by a mailed link; other sessions end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from web_forms import forms, main_form, press, press_in
from web_people import EMAIL, PASSWORD, account, confirm_link, invite, letter, password_link
from web_site import seen, state, words

if TYPE_CHECKING:
    from web_site import Site

NEW = "まつ たけ うめ さくら"


@pytest.fixture
async def signed_in(site: Site, browser: httpx.AsyncClient) -> int:
    _, session = await account(site)
    browser.cookies.update(site.signed_in(session))
    return session


async def can_sign_in(site: Site, password: str) -> bool:
    async with httpx.AsyncClient(base_url=site.url) as other:
        page = await press(other, await other.get("/sign-in"), "sign_in", email=EMAIL, password=password)
        return page.status_code == 303


async def test_the_old_one_changes_it(site: Site, browser: httpx.AsyncClient, signed_in: int) -> None:
    elsewhere = site.signed_in(signed_in)
    page = await press(browser, await browser.get("/my/password"), "change", old=PASSWORD, new=NEW)
    assert (state(page), "変更しました" in words(page)) == ("done", True)
    assert ("change", EMAIL) in site.mails()
    assert (await browser.get("/my/password")).status_code == 200
    assert await can_sign_in(site, NEW)
    assert not await can_sign_in(site, PASSWORD)
    browser.cookies.clear()
    browser.cookies.update(elsewhere)
    assert (await browser.get("/my/password")).status_code == 303


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize(
    ("old", "new", "field"),
    [("wrong wrong", NEW, "old"), (PASSWORD, "short", "new"), (PASSWORD, EMAIL, "new"), ("", NEW, "old")],
)
async def test_what_is_wrong_stands_beside_its_field(
    site: Site, browser: httpx.AsyncClient, old: str, new: str, field: str
) -> None:
    page = await press(browser, await browser.get("/my/password"), "change", old=old, new=new)
    assert f'id="{field}-wrong"' in page.text
    assert main_form(page).fields["new"] == new
    assert await can_sign_in(site, PASSWORD)


@pytest.mark.usefixtures("signed_in")
async def test_a_mailed_link_sets_it_once(site: Site, browser: httpx.AsyncClient) -> None:
    form = forms(await browser.get("/my/password"))[-1]
    page = await press_in(browser, form, "mail")
    assert "チェックを入れてください" in words(page)
    page = await press_in(browser, form, "mail", mail="yes")
    assert "お送りしました" in words(page)
    browser.cookies.clear()
    link = password_link(site)
    page = await browser.get(link)
    assert (state(page), EMAIL in words(page)) == ("ready", True)
    weak = await press(browser, page, "set", new="short")
    assert 'id="new-wrong"' in weak.text
    shown = await press(browser, page, "show", new="short")
    assert 'type="text" id="new"' in shown.text
    page = await press(browser, page, "set", new=NEW)
    assert (page.status_code, state(page)) == (200, "done")
    assert (await browser.get("/my/invoices")).status_code == 200
    again = await browser.get(link)
    assert (state(again), '<form method="post" id="act"' in again.text) == ("done", False)
    assert await can_sign_in(site, NEW)


@pytest.mark.usefixtures("signed_in")
async def test_an_expired_link_mails_a_new_one(site: Site, browser: httpx.AsyncClient) -> None:
    await press_in(browser, forms(await browser.get("/my/password"))[-1], "mail", mail="yes")
    link = password_link(site)
    site.later(minutes=31)
    page = await browser.get(link)
    assert (page.status_code, state(page)) == (410, "expired")
    page = await press(browser, page, "renew")
    assert page.status_code == 200
    assert password_link(site) != link
    assert state(await browser.get(password_link(site))) == "ready"


async def by_code(site: Site, browser: httpx.AsyncClient, customer: int, password: str) -> httpx.Response:
    form = next(each for each in forms(await browser.get("/sign-in")) if each.fields.get("way") == "letter")
    return await press_in(browser, form, "sign_in", code=site.code(customer), letter_password=password)


async def test_a_customer_without_an_account_sets_one_after_the_letter(site: Site, browser: httpx.AsyncClient) -> None:
    customer = site.customer()
    paper = await letter(site, customer)
    await by_code(site, browser, customer, paper.password)
    page = await browser.get("/my/password")
    assert [form for form in forms(page) if form.id == "act"] == []
    assert "受信用メールアドレスを登録してください" in words(page)
    await press(browser, await browser.get("/my/addresses"), "add", email=EMAIL)
    page = await browser.get(confirm_link(site))
    await browser.post(str(page.url), data={"seen": seen(page)})
    over = await by_code(site, browser, customer, paper.password)
    assert (over.status_code, 'href="/sign-in"' in over.text) == (200, True)
    assert "パスワードを使わずにログイン" in words(over)
    assert "任意のパスワードを設定すると" in words(over)
    page = await browser.get("/my/password")
    assert 'href="/my/password"' in page.text
    assert "old" not in main_form(page).fields
    weak = await press(browser, page, "change", new="short")
    assert 'id="new-wrong"' in weak.text
    empty = await press(browser, page, "change")
    assert 'id="new-wrong"' in empty.text
    page = await press(browser, page, "change", new=NEW)
    assert (state(page), "登録しました" in words(page)) == ("done", True)
    assert site.mails()[-1] == ("change", EMAIL)
    browser.cookies.clear()
    done = await by_code(site, browser, customer, NEW)
    assert (done.status_code, done.headers["location"]) == (303, "/my/invoices")
    assert state(await browser.get("/my/invoices")) == "ready"
    page = await press(browser, await browser.get("/my/password"), "change", old="wrong wrong", new=PASSWORD)
    assert 'id="old-wrong"' in page.text
    page = await press(browser, page, "change", old=NEW, new=PASSWORD)
    assert state(page) == "done"
    assert (await by_code(site, browser, customer, NEW)).status_code == 200


async def test_an_invitations_session_has_no_password(site: Site, browser: httpx.AsyncClient) -> None:
    await account(site)
    other = site.customer()
    site.address(other, EMAIL)
    link = await invite(site, other)
    await press(browser, await browser.get(link), "list")
    page = await browser.get("/my/password")
    assert (page.status_code, page.headers["location"]) == (303, "/my/invitations")
    page = await browser.get("/my/invitations")
    assert 'href="/my/password"' not in page.text
    fields = {"seen": seen(page), "old": "x", "new": NEW, "go": "change"}
    assert (await browser.post("/my/password", data=fields)).headers["location"] == "/my/invitations"
    assert site.value("SELECT count(*) FROM customers WHERE password_hash <> ''") == 0


async def test_an_invitation_keeps_the_session_of_its_person(site: Site, browser: httpx.AsyncClient) -> None:
    _, session = await account(site)
    browser.cookies.update(site.signed_in(session))
    other = site.customer()
    site.address(other, EMAIL)
    done = await press(browser, await browser.get(await invite(site, other)), "list")
    assert done.headers["location"] == "/my/invitations?first=2"
    assert site.value("SELECT count(*) FROM sessions") == 1
    assert "ログイン" in words(await browser.get("/my/password"))
    assert main_form(await browser.get("/my/password")).fields["username"] == EMAIL


@pytest.mark.usefixtures("signed_in")
async def test_a_press_takes_its_own_page(site: Site, browser: httpx.AsyncClient) -> None:
    fields = {**main_form(await browser.get("/my/password")).fields, "old": PASSWORD, "new": NEW, "go": "change"}
    page = await browser.post("/my/password", data=fields, headers={"sec-fetch-site": "cross-site"})
    assert page.status_code == 403
    page = await browser.post("/my/password", data={**fields, "seen": "x"})
    assert main_form(page).fields["new"] == NEW
    assert await can_sign_in(site, PASSWORD)


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize("box", ["", "x", "on", "someone@else.example"])
async def test_the_mail_takes_the_ticked_box_and_goes_to_the_person(
    site: Site, browser: httpx.AsyncClient, box: str
) -> None:
    form = forms(await browser.get("/my/password"))[-1]
    assert form.choices == {"mail": ["yes"]}
    page = await browser.post("/my/password", data={**form.fields, "mail": box, "go": "mail"})
    assert "チェックを入れてください" in words(page)
    assert [to for kind, to in site.mails() if kind == "password"] == []
    await browser.post("/my/password", data={**form.fields, "mail": "yes", "email": "x@else.example", "go": "mail"})
    assert [to for kind, to in site.mails() if kind == "password"] == [EMAIL]
