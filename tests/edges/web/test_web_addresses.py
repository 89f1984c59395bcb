"""The receiving addresses: default and five more, each with its state, each to be changed by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest
from web_forms import Form, forms, main_form, press, press_in
from web_people import EMAIL, account, confirm_link, invite, register
from web_site import ISSUER, Site, state, words

from mailbot.domain.policy import Contact

if TYPE_CHECKING:
    from pathlib import Path

BOSS = "bucho@sakura.example"


@pytest.fixture
async def signed_in(site: Site, browser: httpx.AsyncClient) -> int:
    """A customer whose default address is signed in, with another confirmed one."""
    customer = site.customer()
    address = site.address(customer, EMAIL, confirmed=True)
    site.address(customer, BOSS)
    site.database.write_now(
        lambda tx: tx.execute("UPDATE addresses SET status = 'confirmed' WHERE email = ?", (BOSS,)) and None
    )
    browser.cookies.update(site.cookie(customer, address))
    return customer


async def of(browser: httpx.AsyncClient, email: str) -> Form:
    """Return the form that changes an address."""
    return next(form for form in forms(await browser.get("/my/addresses")) if form.fields.get("address") == email)


def stored(site: Site, email: str, column: str) -> object:
    return site.value(f"SELECT {column} FROM addresses WHERE email = :email", email=email)


@pytest.mark.usefixtures("signed_in")
async def test_each_address_has_its_place_and_state(browser: httpx.AsyncClient) -> None:
    text = words(await browser.get("/my/addresses"))
    assert text.index("規定受信用メールアドレス") < text.index(EMAIL) < text.index("追加受信用メールアドレス1")
    assert text.index("追加受信用メールアドレス1") < text.index(BOSS)


@pytest.mark.usefixtures("signed_in")
async def test_another_address_becomes_the_default(site: Site, browser: httpx.AsyncClient) -> None:
    page = await press_in(browser, await of(browser, BOSS), "change", change="default")
    assert (state(page), "設定を変更しました" in words(page)) == ("done", True)
    assert (stored(site, BOSS, "is_default"), stored(site, EMAIL, "is_default")) == (1, 0)
    assert site.mails() == [("change", EMAIL)]


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize("mode", ["pdf", "both"])
async def test_delivery_is_chosen_for_each_address(site: Site, browser: httpx.AsyncClient, mode: str) -> None:
    form = await of(browser, BOSS)
    assert form.choices["change"] == ["default", "pdf", "both", "remove"]
    await press_in(browser, form, "change", change=mode)
    assert stored(site, BOSS, "delivery") == mode
    assert stored(site, EMAIL, "delivery") == "link"


@pytest.mark.usefixtures("signed_in")
async def test_a_removal_is_reviewed(site: Site, browser: httpx.AsyncClient) -> None:
    page = await press_in(browser, await of(browser, BOSS), "change", change="remove")
    assert BOSS in words(page)
    assert stored(site, BOSS, "status") == "confirmed"
    back = await press(browser, page, "back")
    assert BOSS in words(back)
    page = await press(browser, page, "remove")
    assert "削除しました" in words(page)
    assert stored(site, BOSS, "status") == "removed"
    assert site.mails() == [("change", EMAIL)]


@pytest.mark.usefixtures("signed_in")
async def test_removing_ones_own_address_signs_out(site: Site, browser: httpx.AsyncClient) -> None:
    page = await press_in(browser, await of(browser, EMAIL), "change", change="remove")
    page = await press(browser, page, "remove")
    assert state(page) == "done"
    assert stored(site, BOSS, "is_default") == 1
    assert (await browser.get("/my/addresses")).status_code == 303


@pytest.mark.usefixtures("signed_in")
async def test_the_last_one_stays(site: Site, browser: httpx.AsyncClient) -> None:
    for email in (BOSS, EMAIL):
        page = await press_in(browser, await of(browser, email), "change", change="remove")
        page = await press(browser, page, "remove")
    assert "削除できません" in words(page)
    assert stored(site, EMAIL, "status") == "confirmed"
    assert "<details open>" in page.text
    assert 'href="#change"' in page.text


@pytest.mark.usefixtures("signed_in")
async def test_nothing_is_changed_without_a_choice(site: Site, browser: httpx.AsyncClient) -> None:
    page = await press_in(browser, await of(browser, BOSS), "change")
    assert "選択してください" in words(page)
    assert site.mails() == []


@pytest.mark.usefixtures("signed_in")
async def test_a_pending_address_is_asked_again(site: Site, browser: httpx.AsyncClient) -> None:
    await press(browser, await browser.get("/my/addresses"), "add", email="ｎｅｗ＠sakura.example")
    assert site.mails() == [("confirm", "new@sakura.example")]
    site.later(minutes=2)
    page = await press_in(browser, await of(browser, "new@sakura.example"), "change", change="resend")
    assert "確認メールをお送りしました" in words(page)
    assert len(site.mails()) == 2


@pytest.mark.usefixtures("signed_in")
async def test_five_more_are_the_most(browser: httpx.AsyncClient) -> None:
    for number in range(4):
        page = await press(browser, await browser.get("/my/addresses"), "add", email=f"a{number}@sakura.example")
        assert state(page) == "done"
    page = await browser.get("/my/addresses")
    assert "規定受信用と追加受信用5件まで" in words(page)
    assert [form for form in forms(page) if form.id == "act"] == []
    assert len(page.content) < 30_000


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize("typed", [EMAIL, EMAIL.upper().replace("SAKURA", "sakura"), "ｋｅｉｒｉ＠sakura.example"])
async def test_the_same_address_twice_is_refused_in_words(site: Site, browser: httpx.AsyncClient, typed: str) -> None:
    page = await press(browser, await browser.get("/my/addresses"), "add", email=typed)
    assert "すでに登録されています" in words(page)
    assert main_form(page).fields["email"] == typed
    assert site.mails() == []


async def test_an_old_carrier_address_is_taken(site: Site, browser: httpx.AsyncClient, signed_in: int) -> None:
    page = await press(browser, await browser.get("/my/addresses"), "add", email="a..b@docomo.ne.jp")
    assert state(page) == "done"
    assert ("confirm", "a..b@docomo.ne.jp") in site.mails()
    assert signed_in


async def test_a_person_chooses_the_customer(site: Site, browser: httpx.AsyncClient) -> None:
    first, session = await account(site)
    second = site.customer(name="さくら工業 東京支店")
    site.address(second, EMAIL)
    path = await invite(site, second)
    await register(site, path)
    stranger = site.customer(name="無関係")
    browser.cookies.update(site.signed_in(session))
    page = await browser.get(f"/my/addresses?issuer=minato&customer={site.code(second)}")
    assert main_form(page).fields["customer"] == site.code(second)
    await press(browser, page, "add", email=BOSS)
    assert site.value("SELECT customer_id FROM addresses WHERE email = :email", email=BOSS) == second
    other = await browser.get(f"/my/addresses?issuer=minato&customer={site.code(stranger)}")
    assert "無関係" not in words(other)
    fields = {**main_form(page).fields, "customer": site.code(stranger), "email": "x@x.example", "go": "add"}
    await browser.post("/my/addresses", data=fields)
    assert site.value("SELECT count(*) FROM addresses WHERE customer_id = :id", id=stranger) == 0
    assert first


async def test_a_person_who_confirms_an_address_stays_signed_in(site: Site, browser: httpx.AsyncClient) -> None:
    _, session = await account(site)
    browser.cookies.update(site.signed_in(session))
    await press(browser, await browser.get("/my/addresses"), "add", email=BOSS)
    page = await browser.get(confirm_link(site))
    assert state(await press(browser, page)) == "done"
    assert 'href="/my/password"' in (await browser.get("/my/invoices")).text


async def test_a_person_of_two_issuers_sees_both_and_whom_to_ask(tmp_path: Path) -> None:
    harbour = replace(ISSUER, code="harbour", name="Harbour Pilots Ltd.", contact=Contact(name="Billing desk"))
    site = Site(tmp_path, issuers=(ISSUER, harbour))
    await site.server.start()
    first, session = await account(site)
    second = site.customer(name="Sakura Works", issuer="harbour")
    address = site.address(second, EMAIL)
    await register(site, await invite(site, second, issuer="harbour"))
    site.invoice(first, address - 1, number="INV-1")
    site.invoice(second, address, number="INV-1")
    stranger = site.customer(name="Nobody", issuer="harbour")
    site.invoice(stranger, site.address(stranger, "x@x.example", confirmed=True), number="INV-9")
    async with httpx.AsyncClient(base_url=site.url, cookies=site.signed_in(session)) as browser:
        for path in ("/my/invoices", "/my/invitations"):
            text = words(await browser.get(path))
            for name in ("みなと商事株式会社", "経理部 請求書係", "Harbour Pilots Ltd.", "Billing desk"):
                assert name in text
            assert "INV-9" not in text
        text = words(await browser.get(f"/my/addresses?issuer=harbour&customer={site.code(second)}"))
        assert "Billing desk" in text
        assert "経理部" not in text
    await site.close()


async def test_the_list_of_a_person_is_grouped(site: Site, browser: httpx.AsyncClient) -> None:
    first, session = await account(site)
    second = site.customer(name="さくら工業 東京支店")
    address = site.address(second, EMAIL)
    await register(site, await invite(site, second))
    site.invoice(first, address - 1, number="INV-1")
    wanted = site.invoice(second, address, number="INV-2")
    stranger = site.customer(name="無関係")
    foreign = site.invoice(stranger, site.address(stranger, "x@x.example", confirmed=True), number="INV-3")
    browser.cookies.update(site.signed_in(session))
    page = await browser.get("/my/invoices")
    text = words(page)
    assert text.index("株式会社さくら工業") < text.index("INV-1") < text.index("東京支店") < text.index("INV-2")
    site.later(seconds=5)
    form = next(form for form in forms(page) if form.fields.get("of") == str(second))
    answer = await browser.post(form.action, data={**form.fields, "number": "INV-2"})
    assert (await browser.get(answer.headers["location"])).content == wanted.pdf
    for of_whom in (str(stranger), "0", "x", "9" * 30):
        fields = {**form.fields, "of": of_whom, "number": foreign.number}
        assert (await browser.post(form.action, data=fields)).status_code == 200


async def test_the_twenty_first_new_one_of_a_day_is_refused_in_words(
    site: Site, browser: httpx.AsyncClient, signed_in: int
) -> None:
    assert signed_in
    for number in range(20):
        email = f"victim{number}@town.example"
        await press(browser, await browser.get("/my/addresses"), "add", email=email)
        page = await press_in(browser, await of(browser, email), "change", change="remove")
        await press(browser, page, "remove")
    sent = len(site.mails())
    page = await press(browser, await browser.get("/my/addresses"), "add", email="one.more@town.example")
    assert "24時間に20件まで" in words(page)
    assert "下記までお問い合わせください" in words(page)
    assert main_form(page).fields["email"] == "one.more@town.example"
    assert (len(site.mails()), 'aria-invalid="true"' in page.text) == (sent, True)


async def test_only_a_mail_that_went_is_said_to_have_gone(site: Site, browser: httpx.AsyncClient) -> None:
    customer = site.customer()
    site.address(customer, EMAIL)
    browser.cookies.update(site.cookie(customer, site.address(customer, BOSS)))
    page = await browser.get("/my/addresses")
    assert f"{EMAIL} は、まだ確認が済んでいません" in words(page)
    assert "送信しました" not in words(page)
    resend = next(form for form in forms(page) if form.fields.get("change") == "resend")
    assert "確認メールをお送りしました" in words(await press_in(browser, resend, "change"))
    assert site.mails() == [("confirm", EMAIL)]
    again = words(await browser.get("/my/addresses"))
    assert f"{EMAIL} に登録確認メールを送信しました" in again
    assert f"{BOSS} は、まだ確認が済んでいません" in again
    twice = await press(browser, await browser.get("/my/addresses"), "add", email=EMAIL)
    assert f"{EMAIL} には、先ほど確認メールをお送りしました" in words(twice)
    assert site.mails() == [("confirm", EMAIL)]


async def test_a_customer_who_declined_adds_no_address(site: Site, browser: httpx.AsyncClient) -> None:
    customer = site.customer()
    browser.cookies.update(site.cookie(customer, site.address(customer, EMAIL, confirmed=True)))
    site.database.write_now(lambda tx: tx.execute("UPDATE customers SET status = 'declined'") and None)
    page = await press(browser, await browser.get("/my/addresses"), "add", email=BOSS)
    assert "非承認とされているため" in words(page)
    assert site.mails() == []


async def test_the_page_after_a_proof_has_the_menu_of_its_session(site: Site, browser: httpx.AsyncClient) -> None:
    customer = site.customer()
    browser.cookies.update(site.cookie(customer, site.address(customer, EMAIL, confirmed=True)))
    await press(browser, await browser.get("/my/addresses"), "add", email=BOSS)
    page = await press(browser, await browser.get(confirm_link(site)))
    assert 'href="/my/password"' in page.text
    assert 'href="/my/addresses"' in page.text
