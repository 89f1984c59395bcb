"""Registering behind a mailed invitation: the forms, the review, the way back, and saying no."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from web_forms import forms, main_form, press, press_in
from web_people import COMPANY, EMAIL, PASSWORD, PERSON, SHORT, account, invite
from web_site import seen, state, words

if TYPE_CHECKING:
    import httpx
    from web_site import Site

INJECTIONS = ['"><script>alert(1)</script>', "</title><b>x</b>", "{{ 7*7 }}", "a\r\nSet-Cookie: b=c", "%0d%0aX: y"]


@pytest.fixture
async def path(site: Site) -> str:
    """The link of an invitation that somebody new was mailed."""
    customer = site.customer()
    site.address(customer, EMAIL)
    return await invite(site, customer)


async def reviewed(browser: httpx.AsyncClient, path: str, **changes: str) -> httpx.Response:
    page = await press(browser, await browser.get(path), "person", **{**COMPANY, **changes})
    return await press(browser, page, "review", **PERSON)


async def test_somebody_new_registers_and_is_done(site: Site, browser: httpx.AsyncClient, path: str) -> None:
    page = await browser.get(path)
    assert (page.status_code, state(page)) == (200, "ready")
    assert "株式会社さくら工業" in words(page)
    assert EMAIL in words(page)
    page = await reviewed(browser, path)
    for shown in (
        "法人",
        "T7000012050002",
        "カブシキガイシャサクラコウギョウ",
        "105-0022",
        "03(1234)5678",
        "山田 太郎",
        EMAIL,
    ):
        assert shown in words(page)
    assert site.value("SELECT count(*) FROM accounts") == 0
    done = await press(browser, page, "register", password=PASSWORD)
    assert (done.status_code, done.headers["location"]) == (303, "/my/invoices")
    assert state(await browser.get("/my/invoices")) == "ready"
    assert site.value("SELECT name FROM accounts") == "株式会社さくら工業"
    assert site.value("SELECT state FROM invitations") == "approved"
    assert site.value("SELECT status FROM addresses") == "confirmed"
    assert site.value("SELECT phone FROM accounts") == "03(1234)5678"
    assert PASSWORD not in str(site.value("SELECT password_hash FROM persons"))
    assert [kind for kind, to in site.mails() if to == EMAIL] == ["invitation"]


async def test_pressing_again_shows_the_same_success(site: Site, browser: httpx.AsyncClient, path: str) -> None:
    page = await reviewed(browser, path)
    await press(browser, page, "register")
    again = await press(browser, page, "register")
    assert (again.status_code, again.headers["location"]) == (303, "/my/invoices")
    site.later(minutes=11)
    browser.cookies.clear()
    late = await press(browser, page, "register")
    assert (late.status_code, state(late)) == (200, "done")
    assert "set-cookie" not in late.headers
    assert state(await browser.get(path)) == "done"
    assert site.value("SELECT count(*) FROM accounts") == 1


async def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(browser: httpx.AsyncClient, path: str) -> None:
    typed = {**COMPANY, "registration_number": "T7000012050003", "phone": "x", "postal_code": "1"}
    page = await press(browser, await browser.get(path), "person", **typed)
    assert page.status_code == 200
    for name in ("registration_number", "phone", "postal_code"):
        assert f'href="#{name}"' in page.text
        assert f'id="{name}-wrong"' in page.text
        assert main_form(page).fields[name] == typed[name]
    assert "検査用数字" in words(page)
    assert page.text.count('aria-invalid="true"') == 3
    assert main_form(page).fields["business_class"] == "corporation"
    assert "<title>入力エラー：" in page.text


async def test_a_sole_proprietors_odd_number_is_a_warning(browser: httpx.AsyncClient, path: str) -> None:
    page = await reviewed(browser, path, business_class="sole_proprietor", registration_number="T7000012050003")
    assert "個人事業主様の番号では正しい場合もあります" in words(page)
    assert state(await browser.get((await press(browser, page, "register")).headers["location"])) == "ready"


async def test_a_required_choice_has_no_default(browser: httpx.AsyncClient, path: str) -> None:
    typed = {name: value for name, value in COMPANY.items() if name != "business_class"}
    page = await press(browser, await browser.get(path), "person", **typed)
    assert "事業者区分を選択してください" in words(page)
    assert " checked>" not in page.text


async def test_going_back_loses_nothing(browser: httpx.AsyncClient, path: str) -> None:
    page = await press(browser, await reviewed(browser, path), "person")
    assert main_form(page).fields["department"] == PERSON["department"]
    page = await press(browser, page, "company", department="総務課")
    assert main_form(page).fields["name"] == COMPANY["name"]
    assert main_form(page).fields["business_class"] == "corporation"
    page = await press(browser, await press(browser, page, "person"), "review")
    assert "総務課" in words(page)


async def test_nobody_reaches_the_last_button_past_something_to_mend(
    site: Site, browser: httpx.AsyncClient, path: str
) -> None:
    first = main_form(await browser.get(path))
    forged = {**first.fields, **COMPANY, "phone": "", "at": "review", "go": "register"}
    page = await browser.post(path, data=forged)
    assert "電話番号を入力してください" in words(page)
    page = await browser.post(path, data={**forged, "phone": COMPANY["phone"]})
    assert "お名前を入力してください" in words(page)
    page = await browser.post(path, data={**forged, **COMPANY, **PERSON, "at": "company"})
    assert main_form(page).fields["at"] == "review"
    assert site.value("SELECT count(*) FROM accounts") == 0


async def test_a_weak_password_is_refused_and_can_be_looked_at(
    site: Site, browser: httpx.AsyncClient, path: str
) -> None:
    page = await reviewed(browser, path)
    assert 'type="password" id="password"' in page.text
    page = await press(browser, page, "show", password=SHORT)
    assert 'type="text" id="password" name="password" value="short"' in page.text
    page = await press(browser, page, "register")
    assert "パスワードは10文字以上" in words(page)
    assert site.value("SELECT count(*) FROM accounts") == 0
    page = await press(browser, page, "hide")
    assert 'type="password" id="password"' in page.text


async def test_the_password_is_in_no_hidden_field(browser: httpx.AsyncClient, path: str) -> None:
    page = await press(browser, await reviewed(browser, path), "person")
    assert "password" not in main_form(page).fields


async def test_declining_takes_a_choice_and_a_review(site: Site, browser: httpx.AsyncClient, path: str) -> None:
    decline = forms(await browser.get(path))[-1]
    page = await press_in(browser, decline, "decline")
    assert "チェックを入れてください" in words(page)
    chosen = next(form for form in forms(page) if "decision" in form.choices)
    page = await press_in(browser, chosen, "decline", decision="decline", reason="取引が\n終了したため")
    assert "取引が 終了したため" in words(page)
    assert site.value("SELECT state FROM invitations") == "sent"
    page = await press(browser, page, "decline_register")
    assert (page.status_code, state(page)) == (200, "done")
    assert site.value("SELECT state FROM invitations") == "declined"
    assert "非承認としました" in words(await browser.get(path))
    page = await press(browser, await browser.get(path), "company")
    page = await press(browser, page, "person", **COMPANY)
    page = await press(browser, page, "review", **PERSON)
    await press(browser, page, "register")
    assert site.value("SELECT state FROM invitations") == "approved"


async def test_an_account_is_led_to_the_list_with_this_invitation(site: Site, browser: httpx.AsyncClient) -> None:
    await account(site)
    other = site.customer(name="さくら工業 東京支店")
    site.address(other, EMAIL)
    path = await invite(site, other)
    page = await browser.get(path)
    assert "すでに登録されています" in words(page)
    entered = await press(browser, page, "list")
    wanted = site.value("SELECT id FROM invitations WHERE customer_id = :id", id=other)
    assert (entered.status_code, entered.headers["location"]) == (303, f"/my/invitations?first={wanted}")
    page = await browser.get(entered.headers["location"])
    assert "さくら工業 東京支店" in words(page)
    assert site.value("SELECT state FROM invitations WHERE customer_id = :id", id=other) == "sent"


async def test_an_expired_invitation_mails_a_new_one(site: Site, browser: httpx.AsyncClient, path: str) -> None:
    site.later(days=400)
    page = await browser.get(path)
    assert (page.status_code, state(page)) == (410, "expired")
    page = await press(browser, page, "renew")
    assert page.status_code == 200
    assert "新しいメールをお送りしました" in words(page)
    assert [kind for kind, _ in site.mails()].count("invitation") == 2
    assert (await browser.get(path)).status_code == 410


async def test_a_superseded_invitation_says_so(site: Site, browser: httpx.AsyncClient, path: str) -> None:
    site.database.write_now(lambda tx: tx.execute("UPDATE invitations SET version = version + 1") and None)
    page = await browser.get(path)
    assert (page.status_code, state(page)) == (410, "superseded")


async def test_a_page_that_was_open_too_long_keeps_what_was_typed(
    site: Site, browser: httpx.AsyncClient, path: str
) -> None:
    page = await browser.get(path)
    site.later(hours=13)
    page = await press(browser, page, "person", **COMPANY)
    assert "もう一度ボタンを押してください" in words(page)
    assert main_form(page).fields["phone"] == COMPANY["phone"]
    page = await press(browser, page, "person")
    assert main_form(page).fields["at"] == "person"


@pytest.mark.parametrize("value", INJECTIONS)
async def test_what_was_typed_writes_no_markup_and_no_headers(
    browser: httpx.AsyncClient, path: str, value: str
) -> None:
    page = await press(browser, await browser.get(path), "person", **{name: COMPANY[name] for name in COMPANY})
    page = await press(browser, page, "review", person_name=value, department=value)
    assert "<script" not in page.text
    assert "<b>x" not in page.text
    assert "set-cookie" not in page.headers
    assert "x" not in page.headers
    assert "49" not in words(page).replace(value, "")


async def test_a_press_from_another_site_is_refused(site: Site, browser: httpx.AsyncClient, path: str) -> None:
    form = {**main_form(await reviewed(browser, path)).fields, "go": "register"}
    page = await browser.post(path, data=form, headers={"sec-fetch-site": "cross-site"})
    assert (page.status_code, state(page)) == (403, "invalid")
    page = await browser.post(path, data={**form, "seen": "x"})
    assert "もう一度ボタンを押してください" in words(page)
    assert site.value("SELECT count(*) FROM accounts") == 0


async def test_five_megabytes_are_refused(browser: httpx.AsyncClient, path: str) -> None:
    for address in (path, "/claim", "/sign-in"):
        page = await browser.post(address, data={"seen": seen(await browser.get(path)), "name": "x" * 5_000_000})
        assert page.status_code == 413


async def test_pages_are_light_and_carry_the_standing_headers(browser: httpx.AsyncClient, path: str) -> None:
    pages = [await browser.get(path), await reviewed(browser, path), await browser.get("/claim")]
    pages.append(await browser.get("/sign-in"))
    for page in pages:
        assert len(page.content) < 30_000
        policy = page.headers["content-security-policy"]
        assert "form-action 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert (page.headers["cache-control"], page.headers["referrer-policy"]) == ("no-store", "no-referrer")
        assert page.text.count(" src=") + page.text.count("<link") == 0
