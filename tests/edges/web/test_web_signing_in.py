"""The page with three ways to sign in: the same answer for whoever is asked for, and never a way out to other sites."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from web_forms import Form, forms, main_form, press, press_in
from web_people import EMAIL, PASSWORD, SHORT, WRONG, account, confirm_link, letter, sign_in_link
from web_site import seen, state, words

if TYPE_CHECKING:
    import httpx
    from web_site import Site

TOKENS = re.compile(r'value="[\w.~-]{40,}"')


async def way(browser: httpx.AsyncClient, name: str) -> Form:
    return next(form for form in forms(await browser.get("/sign-in")) if form.fields.get("way") == name)


async def test_mail_address_and_password(site: Site, browser: httpx.AsyncClient) -> None:
    await account(site)
    done = await press_in(browser, await way(browser, "password"), "sign_in", email=EMAIL, password=PASSWORD)
    assert (done.status_code, done.headers["location"]) == (303, "/my/invoices")
    assert "HttpOnly" in done.headers["set-cookie"]
    assert "SameSite=lax" in done.headers["set-cookie"]
    assert state(await browser.get("/my/invoices")) == "ready"


async def test_a_letter_leads_to_the_receiving_address_first(site: Site, browser: httpx.AsyncClient) -> None:
    customer = site.customer()
    paper = await letter(site, customer)
    form = await way(browser, "letter")
    assert form.fields["issuer"] == "minato"
    done = await press_in(browser, form, "sign_in", code=site.code(customer), letter_password=paper.password)
    assert done.headers["location"] == "/my/invoices"
    first = await browser.get("/my/invoices")
    assert (first.status_code, first.headers["location"]) == (303, "/my/addresses")
    page = await browser.get("/my/addresses")
    assert "規定受信用メールアドレスを登録してください" in words(page)
    page = await press(browser, page, "add", email=EMAIL)
    assert "30分以内" in words(page)
    page = await browser.get(confirm_link(site))
    assert state(await browser.post(str(page.url), data={"seen": seen(page)})) == "done"
    assert state(await browser.get("/my/invoices")) == "ready"


async def test_a_letter_takes_the_receiving_address_along(site: Site, browser: httpx.AsyncClient) -> None:
    customer = site.customer()
    paper = await letter(site, customer)
    form = await way(browser, "letter")
    typed = {"code": site.code(customer), "letter_password": paper.password}
    page = await press_in(browser, form, "sign_in", **typed, first_email="nonsense")
    assert 'id="first_email-wrong"' in page.text
    assert site.value("SELECT count(*) FROM sessions") == 0
    await press_in(browser, form, "sign_in", **typed, first_email=EMAIL)
    assert site.mails() == [("confirm", EMAIL)]
    page = await browser.get((await browser.get("/my/invoices")).headers["location"])
    assert "登録確認メールを送信しました" in words(page)
    page = await browser.get(confirm_link(site))
    await browser.post(str(page.url), data={"seen": seen(page)})
    await press_in(browser, await way(browser, "letter"), "sign_in", **typed, first_email="other@sakura.example")
    assert len(site.mails()) == 1


async def test_a_mailed_link(site: Site, browser: httpx.AsyncClient) -> None:
    await account(site)
    page = await press_in(browser, await way(browser, "mail"), mail_email=" ｋｅｉｒｉ＠sakura.example ")
    assert (page.status_code, state(page)) == (200, "done")
    link = sign_in_link(site)
    done = await browser.post(link, data={"seen": seen(await browser.get(link))})
    assert done.headers["location"] == "/my/invoices"
    assert state(await browser.get("/my/invoices")) == "ready"


async def test_known_and_unknown_have_the_same_answers(site: Site, browser: httpx.AsyncClient) -> None:
    await account(site)
    said: dict[str, set[str]] = {}
    for email in (EMAIL, "nobody@nowhere.example"):
        pages = [
            await press_in(browser, await way(browser, "mail"), mail_email=email),
            await press_in(browser, await way(browser, "password"), "sign_in", email=email, password=WRONG),
        ]
        for name, page in zip(("mail", "password"), pages, strict=True):
            said.setdefault(name, set()).add(TOKENS.sub("", page.text).replace(email, "?"))
            assert page.status_code == 200
    assert {name: len(texts) for name, texts in said.items()} == {"mail": 1, "password": 1}


async def test_wrong_letters_have_one_answer(site: Site, browser: httpx.AsyncClient) -> None:
    customer = site.customer()
    paper = await letter(site, customer)
    said = set()
    for issuer, code, password in [
        ("nobody", site.code(customer), paper.password),
        ("minato", "C-999", paper.password),
        ("minato", site.code(customer), "0000-0000-0000"),
    ]:
        form = await way(browser, "letter")
        page = await press_in(browser, form, "sign_in", issuer=issuer, code=code, letter_password=password)
        assert "ログインできませんでした" in words(page)
        said.add(words(page))
    assert len(said) == 1


async def test_what_is_missing_is_named_and_what_was_typed_stays(browser: httpx.AsyncClient) -> None:
    page = await press_in(browser, await way(browser, "password"), "sign_in", email=EMAIL)
    assert "パスワードを入力してください" in words(page)
    assert main_form(page).fields["email"] == EMAIL
    page = await press_in(browser, await way(browser, "mail"), mail_email="nonsense")
    assert 'id="mail_email-wrong"' in page.text
    page = await press_in(browser, await way(browser, "password"), "show", email=EMAIL, password=SHORT)
    assert 'type="text" id="password"' in page.text


async def test_guessing_locks_the_guesser_only(site: Site, browser: httpx.AsyncClient) -> None:
    await account(site)
    for _ in range(40):
        form = await way(browser, "password")
        page = await press_in(browser, form, "sign_in", email=EMAIL, password=WRONG)
        if page.status_code == 429:
            break
    assert state(page) == "locked"
    assert "メールに記載のリンクは" in words(page)
    page = await press_in(browser, await way(browser, "mail"), mail_email=EMAIL)
    link = sign_in_link(site)
    assert (await browser.post(link, data={"seen": seen(await browser.get(link))})).status_code == 303


async def test_signing_in_gives_a_session_of_its_own(site: Site, browser: httpx.AsyncClient) -> None:
    """A session that somebody else laid into the browser is not the one that a sign-in opens (fixation)."""
    await account(site)
    other = site.customer(name="他社")
    planted = site.cookie(other, site.address(other, "x@other.example", confirmed=True))
    browser.cookies.update(planted)
    await press_in(browser, await way(browser, "password"), "sign_in", email=EMAIL, password=PASSWORD)
    fresh = {cookie.value for cookie in browser.cookies.jar}
    assert fresh & set(planted.values()) != fresh
    browser.cookies.clear()
    browser.cookies.update(planted)
    assert "他社" in words(await browser.get("/my/invoices"))


@pytest.mark.parametrize("name", ["next", "return", "url", "continue", "ticket"])
async def test_nothing_in_a_request_leads_elsewhere(site: Site, browser: httpx.AsyncClient, name: str) -> None:
    await account(site)
    form = await way(browser, "password")
    data = {**form.fields, "email": EMAIL, "password": PASSWORD, "go": "sign_in", name: "https://evil.example/"}
    done = await browser.post(f"/sign-in?{name}=https://evil.example/", data=data)
    assert done.headers["location"] in ("/my/invoices", "/my/invitations")


async def test_a_press_from_another_site_is_refused(site: Site, browser: httpx.AsyncClient) -> None:
    await account(site)
    form = await way(browser, "password")
    data = {**form.fields, "email": EMAIL, "password": PASSWORD, "go": "sign_in"}
    page = await browser.post("/sign-in", data=data, headers={"origin": "https://evil.example"})
    assert page.status_code == 403
    page = await browser.post("/sign-in", data={**data, "seen": "x"})
    assert (page.status_code, "set-cookie" in page.headers) == (200, False)
    assert "もう一度" in words(page)


async def test_several_issuers_are_not_preferred(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/sign-in")
    assert "企業コード" in words(page)
    assert "すべての請求書を見る" in words(page)
    assert 'href="/claim"' in page.text


async def test_the_form_of_a_letter_has_its_own_place(browser: httpx.AsyncClient) -> None:
    """`/sign-in#letter` stands on letters: the style puts what it names first."""
    page = await browser.get("/sign-in")
    assert re.search(r'id="letter".*?name="code"', page.text, re.DOTALL)
    assert "#letter:target{order:-1" in page.text
    assert 'class="aside first"' not in page.text
    wrong = await press_in(browser, await way(browser, "letter"), "sign_in")
    assert 'class="aside first" id="letter"' in wrong.text, "and there it stays while something is to be mended"
