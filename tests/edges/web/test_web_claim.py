"""Claiming a letter: three fields, the forms, a mail, and its button; the same for whoever asks."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from httpx import AsyncClient
from web_forms import forms, main_form, press, press_in
from web_people import COMPANY, EMAIL, PASSWORD, PERSON, SHORT, Letter, account, letter, registration_link
from web_site import ISSUER, Site, state, words

from mailbot.domain.policy import Contact
from mailbot.flows.claim_letter import MOST

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

KANA = "カブシキガイシャサクラコウギョウ"
NEW = "soumu@sakura.example"
TOKENS = re.compile(r'value="[\w.~-]{40,}"')


@pytest.fixture
async def paper(site: Site) -> Letter:
    return await letter(site, site.customer())


async def claimed(browser: httpx.AsyncClient, paper: Letter, email: str = NEW) -> httpx.Response:
    """Type the letter off and return the page that follows."""
    page = await browser.get("/claim")
    return await press(browser, page, "company", email=email, paper_id=paper.paper_id, paper_password=paper.password)


async def requested(browser: httpx.AsyncClient, paper: Letter, email: str = NEW) -> httpx.Response:
    page = await press(browser, await claimed(browser, paper, email), "person", **COMPANY)
    page = await press(browser, page, "review", **PERSON)
    assert 'name="password"' not in page.text
    return await press(browser, page, "register")


async def test_a_letter_leads_to_a_registration(site: Site, browser: httpx.AsyncClient, paper: Letter) -> None:
    page = await requested(browser, paper)
    assert (page.status_code, state(page)) == (200, "done")
    assert NEW in words(page)
    assert site.mails() == [("registration", NEW)]
    assert site.value("SELECT count(*) FROM accounts") == 0
    page = await browser.get(registration_link(site))
    assert state(page) == "ready"
    done = await press(browser, page, mine="yes", password=PASSWORD)
    assert (done.status_code, done.headers["location"]) == (303, "/my/invoices")
    assert state(await browser.get("/my/invoices")) == "ready"
    assert site.value("SELECT state FROM invitations") == "approved"
    assert site.value("SELECT email FROM persons") == NEW
    again = await browser.get(registration_link(site))
    assert (state(again), "登録が完了しました" in words(again)) == ("done", True)


async def test_the_mails_button_takes_a_choice(site: Site, browser: httpx.AsyncClient, paper: Letter) -> None:
    await requested(browser, paper)
    page = await press(browser, await browser.get(registration_link(site)))
    assert (state(page), 'aria-invalid="true"' in page.text) == ("ready", True)
    form = main_form(page)
    assert form.choices == {"mine": ["yes"]}
    await browser.post(form.action, data={**form.fields, "mine": "x"})
    assert site.value("SELECT count(*) FROM accounts") == 0


async def test_the_mailbox_chooses_the_password(site: Site, browser: httpx.AsyncClient, paper: Letter) -> None:
    await requested(browser, paper)
    page = await press(browser, await browser.get(registration_link(site)), mine="yes", password=SHORT)
    assert (state(page), 'id="password-wrong"' in page.text, "mine-wrong" in page.text) == ("ready", True, False)
    assert main_form(page).fields["mine"] == "yes"
    page = await press(browser, page, "show", password=PASSWORD)
    assert f'type="text" id="password" name="password" value="{PASSWORD}"' in page.text
    assert site.value("SELECT count(*) FROM accounts") == 0
    assert (await press(browser, page)).status_code == 303
    assert str(site.value("SELECT password_hash FROM persons")).startswith("$argon2id$")


async def test_an_expired_registration_needs_no_typing(site: Site, browser: httpx.AsyncClient, paper: Letter) -> None:
    await requested(browser, paper)
    link = registration_link(site)
    site.later(minutes=31)
    page = await browser.get(link)
    assert (page.status_code, state(page)) == (410, "expired")
    page = await press(browser, page, "renew")
    assert "新しいメールをお送りしました" in words(page)
    page = await press(browser, await browser.get(registration_link(site)), mine="yes")
    assert page.status_code == 303


async def test_the_code_is_read_as_people_type_it(browser: httpx.AsyncClient, paper: Letter) -> None:
    wide = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
    odd = Letter(paper.paper_id.lower().replace("-", " "), paper.password.translate(wide), paper.link)
    page = await claimed(browser, odd, email="ｓｏｕｍｕ＠sakura.example")
    assert "会社情報の入力" in words(page)


async def test_the_qr_code_fills_in_the_id(browser: httpx.AsyncClient, paper: Letter) -> None:
    page = await browser.get(paper.link)
    assert main_form(page).fields["paper_id"] == paper.paper_id
    assert main_form(page).action == "/claim"
    page = await press(browser, page, "company", email=NEW, paper_password=paper.password)
    assert "会社情報の入力" in words(page)


async def test_every_page_is_the_same_for_known_and_unknown(
    site: Site, browser: httpx.AsyncClient, paper: Letter
) -> None:
    await account(site)
    pages = []
    for email in (EMAIL, "keiri@nobody.example"):
        one = await claimed(browser, paper, email)
        last = await requested(browser, paper, email)
        pages.append([TOKENS.sub("", page.text).replace(email, "?") for page in (one, last)])
    assert pages[0] == pages[1]


async def test_an_account_gets_the_invitation_by_the_mail(
    site: Site, browser: httpx.AsyncClient, paper: Letter
) -> None:
    await account(site)
    await requested(browser, paper, EMAIL)
    page = await browser.get(registration_link(site))
    assert "すでに登録されています" in words(page)
    done = await press(browser, page, mine="yes")
    assert done.headers["location"] == "/my/invitations"
    assert state(await browser.get("/my/invitations")) == "ready"
    assert site.value("SELECT count(*) FROM accounts") == 1


async def test_an_account_signs_in_on_the_way_and_has_the_invitation(
    site: Site, browser: httpx.AsyncClient, paper: Letter
) -> None:
    await account(site)
    page = await claimed(browser, paper, EMAIL)
    known = next(form for form in forms(page) if form.action == "/sign-in")
    page = await browser.post(known.action, data=known.fields)
    assert "お取引先が招待受信一覧に追加されます" in words(page)
    done = await press(browser, page, "sign_in", email=EMAIL, password=PASSWORD)
    assert (done.status_code, done.headers["location"]) == (303, "/my/invitations")
    assert (await browser.get("/my/invitations")).text.count('type="radio"') == 2


async def test_wrong_pairs_have_one_answer_and_keep_what_was_typed(browser: httpx.AsyncClient, paper: Letter) -> None:
    wrong = [Letter(paper.paper_id, "0000-0000-0000", ""), Letter("0000-0000-0000", paper.password, "")]
    wrong.append(Letter("nonsense", "nonsense", ""))
    said = set()
    for each in wrong:
        page = await claimed(browser, each)
        assert page.status_code == 200
        assert main_form(page).fields["email"] == NEW
        assert main_form(page).fields["paper_id"] == each.paper_id
        said.add(words(page))
    assert len(said) == 1


async def test_what_is_missing_is_named(site: Site, browser: httpx.AsyncClient) -> None:
    page = await press(browser, await browser.get("/claim"), "company", email="nonsense")
    assert "メールアドレスの形式" in words(page)
    assert "仮IDを入力してください" in words(page)
    assert "仮パスワードを入力してください" in words(page)
    assert site.value("SELECT count(*) FROM attempts") == 0


async def test_the_password_can_be_shown_and_nothing_is_lost(browser: httpx.AsyncClient, paper: Letter) -> None:
    page = await press(
        browser, await browser.get("/claim"), "show", email=NEW, paper_id="ABC", paper_password=paper.password
    )
    assert f'type="text" id="paper_password" name="paper_password" value="{paper.password}"' in page.text
    assert main_form(page).fields["email"] == NEW


async def test_guessing_is_locked_with_the_time(site: Site, browser: httpx.AsyncClient, paper: Letter) -> None:
    for _ in range(40):
        page = await claimed(browser, Letter(paper.paper_id, "0000-0000-0000", ""))
        if page.status_code == 429:
            break
    assert (page.status_code, state(page)) == (429, "locked")
    assert "<time datetime=" in page.text
    assert int(page.headers["retry-after"]) > 0
    site.later(hours=2)
    assert "会社情報の入力" in words(await claimed(browser, paper))


async def test_a_used_letter_says_so(site: Site, browser: httpx.AsyncClient, paper: Letter) -> None:
    await requested(browser, paper)
    await press(browser, await browser.get(registration_link(site)), mine="yes")
    page = await claimed(browser, paper, "other@sakura.example")
    assert (page.status_code, state(page)) == (200, "done")
    assert "使用済み" in words(page)
    assert 'href="/sign-in"' in page.text


async def test_an_expired_letter_says_so(site: Site, browser: httpx.AsyncClient, paper: Letter) -> None:
    site.later(days=400)
    page = await claimed(browser, paper)
    assert (page.status_code, state(page)) == (410, "expired")


async def test_an_old_ticket_begins_again(site: Site, browser: httpx.AsyncClient, paper: Letter) -> None:
    page = await claimed(browser, paper)
    site.later(hours=13)
    page = await press(browser, page, "person", **COMPANY)
    assert main_form(page).fields["email"] == NEW
    assert "もう一度" in words(page)
    assert "paper_password" in main_form(page).fields


async def test_a_forged_ticket_opens_nothing(browser: httpx.AsyncClient, paper: Letter) -> None:
    form = main_form(await claimed(browser, paper))
    page = await browser.post("/claim", data={**form.fields, **COMPANY, "ticket": "x" * 60, "go": "person"})
    assert "paper_password" in main_form(page).fields


async def test_going_back_and_forth_keeps_the_claim(browser: httpx.AsyncClient, paper: Letter) -> None:
    page = await press(browser, await claimed(browser, paper), "person", **COMPANY)
    page = await press(browser, page, "company")
    assert main_form(page).fields["name"] == COMPANY["name"]
    page = await press(browser, page, "person")
    page = await press(browser, page, "review", **PERSON)
    assert state(await press_in(browser, main_form(page), "register")) == "done"


async def test_a_press_from_another_site_is_refused(browser: httpx.AsyncClient, paper: Letter) -> None:
    form = {**main_form(await browser.get("/claim")).fields, "email": NEW}
    form |= {"paper_id": paper.paper_id, "paper_password": paper.password, "go": "company"}
    page = await browser.post("/claim", data=form, headers={"sec-fetch-site": "cross-site"})
    assert page.status_code == 403
    page = await browser.post("/claim", data={**form, "seen": ""})
    assert main_form(page).fields["paper_id"] == paper.paper_id


async def test_the_qr_code_of_a_used_letter_says_so(site: Site, browser: httpx.AsyncClient, paper: Letter) -> None:
    await requested(browser, paper)
    await press(browser, await browser.get(registration_link(site)), mine="yes")
    page = await browser.get(paper.link)
    assert (page.status_code, state(page)) == (200, "done")
    assert "使用済み" in words(page)
    assert 'href="/sign-in"' in page.text
    assert forms(page) == []


async def test_the_qr_code_of_a_replaced_or_expired_letter_says_so(
    site: Site, browser: httpx.AsyncClient, paper: Letter
) -> None:
    newer = await letter(site, 1)
    assert state(await browser.get(paper.link)) == "superseded"
    site.later(days=400)
    assert state(await browser.get(newer.link)) == "expired"


async def test_the_last_page_shows_what_was_typed(site: Site, browser: httpx.AsyncClient, paper: Letter) -> None:
    await requested(browser, paper)
    page = await browser.get(registration_link(site))
    text = words(page)
    for shown in ("法人", COMPANY["name"], KANA, "105-0022", "03(1234)5678", *PERSON.values()):
        assert shown in text
    contact = ISSUER.contact.postal
    assert COMPANY["postal_address"] in text.replace(contact, "")
    assert text.count(NEW) == 1


async def test_somebody_with_an_account_is_shown_nothing_that_will_not_be_kept(
    site: Site, browser: httpx.AsyncClient, paper: Letter
) -> None:
    await account(site)
    await requested(browser, paper, EMAIL)
    text = words(await browser.get(registration_link(site)))
    assert [each for each in (KANA, PERSON["department"], "お申し込みの内容") if each in text] == []


async def test_a_registration_without_room_for_its_address_says_so(
    site: Site, browser: httpx.AsyncClient, paper: Letter
) -> None:
    for number in range(6):
        site.address(1, f"a{number}@sakura.example", confirmed=True)
    await requested(browser, paper)
    done = await press(browser, await browser.get(registration_link(site)), mine="yes")
    assert done.headers["location"] == f"/my/addresses?issuer=minato&customer={site.code(1)}"
    page = await browser.get(done.headers["location"])
    assert f"{NEW} はみなと商事株式会社からの請求書の受信用メールアドレスに追加されていません" in words(page)
    assert site.value("SELECT state FROM invitations") == "approved"


async def test_a_letter_that_was_claimed_too_often_says_so_and_whom_to_ask(
    site: Site, browser: httpx.AsyncClient, paper: Letter
) -> None:
    for number in range(MOST):
        assert state(await requested(browser, paper, f"keiri{number}@sakura.example")) == "done"
    page = await requested(browser, paper)
    assert (page.status_code, state(page)) == (410, "expired")
    assert "上限の回数に達しています" in words(page)
    assert "メールアドレスの形式" not in words(page)
    assert "03-0000-1234" in words(page)
    assert len(site.mails()) == MOST


async def test_who_is_known_brings_the_address_to_the_sign_in_page(browser: httpx.AsyncClient, paper: Letter) -> None:
    page = await claimed(browser, paper)
    form = next(each for each in forms(page) if each.action == "/sign-in")
    sign_in = await press_in(browser, form, "")
    typed = [each.fields[name] for each in forms(sign_in) for name in ("email", "mail_email") if name in each.fields]
    assert typed == [NEW, NEW]
    assert 'id="email-wrong"' not in sign_in.text


async def test_the_pages_of_a_letter_name_its_issuer_alone(tmp_path: Path) -> None:
    other = replace(ISSUER, code="harbour", name="Harbour Pilots Ltd.", contact=Contact(name="Pilots", phone="020-1"))
    site = Site(tmp_path, issuers=[ISSUER, other])
    await site.server.start()
    try:
        paper = await letter(site, site.customer())
        async with AsyncClient(base_url=site.url) as browser:
            assert "Harbour" not in words(await browser.get(paper.link))
            site.later(days=61)
            for page in (await browser.get(paper.link), await claimed(browser, paper)):
                assert (state(page), "Harbour" in words(page), "03-0000-1234" in words(page)) == (
                    "expired",
                    False,
                    True,
                )
            assert "Harbour" in words(await browser.get("/claim"))
    finally:
        await site.close()


async def test_an_address_abroad_registers(site: Site, browser: httpx.AsyncClient, paper: Letter) -> None:
    browser.headers["accept-language"] = "en"
    page = await claimed(browser, paper)
    assert 'id="postal_code"' in page.text
    assert "10115" in words(page)
    company = {**COMPANY, "postal_address": "1 Main Street, Springfield", "phone": "+1 212 555 0123"}
    for code in ("12345", ""):
        assert 'name="person_name"' in (await press(browser, page, "person", **{**company, "postal_code": code})).text
    page = await press(browser, page, "person", **{**company, "postal_code": ""})
    assert state(await press(browser, await press(browser, page, "review", **PERSON), "register")) == "done"
    page = await press(browser, await browser.get(registration_link(site)), mine="yes")
    assert page.status_code == 303
    assert site.value("SELECT postal_code FROM accounts") == ""
