"""The list of received invitations, and what a client that sends back all it finds can do: nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from test_web_claim import requested
from web_forms import forms, main_form, press, press_in
from web_people import EMAIL, NO_CODE, account, invite, letter, registration_link, sign_in_link
from web_site import state, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx
    from web_site import Site

TABLES = (
    "accounts",
    "persons",
    "invitations",
    "addresses",
    "paper_codes",
    "claims_by_mail",
    "password_links",
    "sessions",
)


async def waiting(site: Site, browser: httpx.AsyncClient) -> int:
    """Sign somebody in who has one invitation to decide, and return the customer that it is of."""
    _, session = await account(site)
    other = site.customer(name="さくら工業 東京支店")
    site.address(other, EMAIL)
    await invite(site, other)
    browser.cookies.update(site.signed_in(session))
    return other


def decision(page: httpx.Response) -> str:
    (name,) = main_form(page).choices
    return name


async def test_an_invitation_is_approved_after_a_review(site: Site, browser: httpx.AsyncClient) -> None:
    other = await waiting(site, browser)
    page = await browser.get("/my/invitations")
    assert "承認後は「非承認」に変更できません" in words(page)
    assert main_form(page).choices == {decision(page): ["approve", "decline"]}
    page = await press(browser, page, "review", **{decision(page): "approve"})
    assert "承認（済）" in words(page)
    assert site.value("SELECT count(*) FROM invitations WHERE state = 'approved'") == 1
    done = await press(browser, page, "register")
    assert (done.status_code, state(done)) == (200, "done")
    assert site.value("SELECT state FROM invitations WHERE customer_id = :id", id=other) == "approved"
    again = await press(browser, page, "register")
    assert again.status_code == 200
    assert 'type="radio"' not in (await browser.get("/my/invitations")).text


async def test_an_approval_cannot_be_declined_by_a_kept_page(site: Site, browser: httpx.AsyncClient) -> None:
    other = await waiting(site, browser)
    page = await browser.get("/my/invitations")
    approving = await press(browser, page, "review", **{decision(page): "approve"})
    declining = await press(browser, page, "review", **{decision(page): "decline"})
    await press(browser, approving, "register")
    await press(browser, declining, "register")
    assert site.value("SELECT state FROM invitations WHERE customer_id = :id", id=other) == "approved"


async def test_a_decline_may_be_changed(site: Site, browser: httpx.AsyncClient) -> None:
    other = await waiting(site, browser)
    for choice, state_ in (("decline", "declined"), ("approve", "approved")):
        page = await browser.get("/my/invitations")
        page = await press(browser, page, "review", **{decision(page): choice})
        await press(browser, page, "register")
        assert site.value("SELECT state FROM invitations WHERE customer_id = :id", id=other) == state_


async def test_back_keeps_the_choice_and_none_is_named(site: Site, browser: httpx.AsyncClient) -> None:
    await waiting(site, browser)
    page = await browser.get("/my/invitations")
    missing = await press(browser, page, "review")
    assert "承認または非承認を選択してください" in words(missing)
    back = await press(browser, await press(browser, page, "review", **{decision(page): "decline"}), "back")
    assert main_form(back).fields[decision(back)] == "decline"


async def test_a_letter_adds_its_issuer(site: Site, browser: httpx.AsyncClient) -> None:
    _, session = await account(site)
    browser.cookies.update(site.signed_in(session))
    paper = await letter(site, site.customer(name="さくら工業 大阪支店"))
    form = forms(await browser.get("/my/invitations"))[-1]
    wrong = await press_in(browser, form, "paper", paper_id=paper.paper_id, paper_password=NO_CODE)
    assert "確認できませんでした" in words(wrong)
    assert forms(wrong)[-1].fields["paper_id"] == paper.paper_id
    done = await press_in(browser, form, "paper", paper_id=paper.paper_id, paper_password=paper.password)
    assert "さくら工業 大阪支店" in words(done)
    assert "追加しました" in words(done)


async def test_another_accounts_invitation_is_out_of_reach(site: Site, browser: httpx.AsyncClient) -> None:
    other = await waiting(site, browser)
    stranger = site.customer(name="無関係")
    site.address(stranger, "x@other.example")
    await invite(site, stranger)
    foreign = site.value("SELECT id FROM invitations WHERE customer_id = :id", id=stranger)
    page = await browser.get("/my/invitations")
    fields = {**main_form(page).fields, f"decide-{foreign}": "approve", "go": "register"}
    await browser.post("/my/invitations", data=fields)
    assert site.value("SELECT state FROM invitations WHERE id = :id", id=foreign) == "sent"
    assert "無関係" not in words(page)
    assert other


async def test_a_press_takes_its_own_page(site: Site, browser: httpx.AsyncClient) -> None:
    await waiting(site, browser)
    page = await browser.get("/my/invitations")
    fields = {**main_form(page).fields, decision(page): "approve", "go": "register"}
    foreign = await browser.post("/my/invitations", data=fields, headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403
    await browser.post("/my/invitations", data={**fields, "seen": ""})
    assert site.value("SELECT count(*) FROM invitations WHERE state = 'approved'") == 1


async def test_a_client_that_sends_back_all_it_finds_changes_nothing(site: Site, browser: httpx.AsyncClient) -> None:
    """Every form of every page, with each of its buttons and its default values, and what comes of that, again."""
    customer, session = await account(site)
    site.address(customer, "bucho@sakura.example", confirmed=True)
    site.address(customer, "pending@sakura.example")
    mailed = site.customer(name="招待中")
    site.address(mailed, "new@new.example")
    known = site.customer(name="東京支店")
    site.address(known, EMAIL)
    invitations = [await invite(site, mailed), await invite(site, known)]
    paper = await letter(site, site.customer(name="郵送"))
    browser.cookies.update(site.signed_in(session))
    before = rows(site)
    todo = [*invitations, paper.link, "/claim", "/sign-in", "/my/addresses", "/my/invitations", "/my/password"]
    pages = [await browser.get(path) for path in todo]
    for _ in range(2):
        pages = [page for each in pages for page in await pressed(browser, each)]
    assert rows(site) == before
    assert [to for kind, to in site.mails() if kind not in ("invitation", "approval", "change")] == []


async def test_a_registration_mails_button_alone_does_nothing(site: Site, browser: httpx.AsyncClient) -> None:
    paper = await letter(site, site.customer())
    await requested(browser, paper)
    before = rows(site)
    for page in await pressed(browser, await browser.get(registration_link(site))):
        await pressed(browser, page)
    assert rows(site) == before


async def pressed(browser: httpx.AsyncClient, page: httpx.Response) -> list[httpx.Response]:
    """Press every button of every form of a page but the one that signs out, as a link scanner might."""
    return [
        await browser.post(form.action, data={**form.fields, **({name: value} if name else {})})
        for form in forms(page)
        if form.action != "/sign-out" and form.method == "post"
        for name, value in form.buttons
    ]


def rows(site: Site, tables: Sequence[str] = TABLES) -> dict[str, list[tuple[object, ...]]]:
    def read(reading):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - a Reading
        return {table: [tuple(row) for row in reading.all(f"SELECT * FROM {table}")] for table in tables}

    found: dict[str, list[tuple[object, ...]]] = site.database.read(read)
    return found


# The one whose link was pressed.


async def invited_twice(site: Site) -> tuple[str, str]:
    """Return the links of two invitations to somebody who has an account, the older first."""
    links = []
    for name in ("東京支店", "大阪支店"):
        customer = site.customer(name=name)
        site.address(customer, EMAIL)
        links.append(await invite(site, customer))
    return links[0], links[1]


async def entered(browser: httpx.AsyncClient, link: str) -> httpx.Response:
    done = await press(browser, await browser.get(link), "list")
    return await browser.get(done.headers["location"])


async def test_who_is_signed_in_finds_the_pressed_one_on_top_and_decides_all(
    site: Site, browser: httpx.AsyncClient
) -> None:
    _, session = await account(site)
    older, _ = await invited_twice(site)
    browser.cookies.update(site.signed_in(session))
    assert list(main_form(await browser.get("/my/invitations")).choices) == ["decide-3", "decide-2"]
    page = await entered(browser, older)
    assert list(main_form(page).choices) == ["decide-2", "decide-3"]
    review = await press(browser, page, "review", **{"decide-2": "decline", "decide-3": "approve"})
    for kept in (await press(browser, review, "back"), await press(browser, review, "register")):
        assert words(kept).index("東京支店") < words(kept).index("大阪支店")
    assert [site.value("SELECT state FROM invitations WHERE id = :id", id=each) for each in (2, 3)] == [
        "declined",
        "approved",
    ]


async def test_an_unknown_first_changes_nothing(site: Site, browser: httpx.AsyncClient) -> None:
    _, session = await account(site)
    await invited_twice(site)
    stranger = site.customer(name="無関係")
    site.address(stranger, "x@other.example")
    await invite(site, stranger)
    browser.cookies.update(site.signed_in(session))
    usual = words(await browser.get("/my/invitations"))
    for first in ("4", "99", "-1", "x", "9" * 5000, "２", "<script>", ""):
        page = await browser.get("/my/invitations", params={"first": first})
        assert (page.status_code, words(page)) == (200, usual), first
        assert main_form(page).fields["first"] == (first if first in ("4", "99") else "")


async def test_who_is_not_signed_in_sees_the_others_and_is_mailed_a_link(
    site: Site, browser: httpx.AsyncClient
) -> None:
    await account(site)
    older, _ = await invited_twice(site)
    page = await entered(browser, older)
    assert list(main_form(page).choices) == ["decide-2"]
    text = words(page)
    assert text.index("東京支店") < text.index("そのほかの招待") < text.index("未承認", text.index("そのほか"))
    assert "大阪支店" not in text
    form = forms(page)[-1]
    assert form.buttons == [("go", "sign_in")]
    page = await press_in(browser, form, "sign_in")
    assert (state(page), f"{EMAIL} にログイン用のリンクをお送りしました" in words(page)) == ("done", True)
    await press_in(browser, forms(page)[-1], "sign_in")
    assert [mail for mail in site.mails() if mail[0] == "sign_in"] == [("sign_in", EMAIL)]
    await press(browser, await browser.get(sign_in_link(site)))
    assert list(main_form(await browser.get("/my/invitations")).choices) == ["decide-3", "decide-2"]


async def test_a_scanner_at_a_known_persons_link_moves_no_invitation(site: Site, browser: httpx.AsyncClient) -> None:
    await account(site)
    _, link = await invited_twice(site)
    tables = ("accounts", "persons", "invitations", "addresses", "customers")
    before = rows(site, tables)
    pages = [await browser.get(link)]
    for _ in range(3):
        pages = [page for each in pages for page in await pressed(browser, each)]
        pages += [await browser.get("/my/invitations")]
    assert rows(site, tables) == before


# An approval where there is no room for the address.


async def test_a_full_list_of_addresses_is_told_in_words(site: Site, browser: httpx.AsyncClient) -> None:
    _, session = await account(site)
    full = site.customer(name="満杯支店")
    for number in range(6):
        site.address(full, f"a{number}@sakura.example", confirmed=True)
    paper = await letter(site, full)
    browser.cookies.update(site.signed_in(session))
    form = forms(await browser.get("/my/invitations"))[-1]
    page = await press_in(browser, form, "paper", paper_id=paper.paper_id, paper_password=paper.password)
    page = await press(browser, page, "review", **{decision(page): "approve"})
    page = await press(browser, page, "register")
    assert f"{EMAIL} はみなと商事株式会社からの請求書の受信用メールアドレスに追加されていません" in words(page)
    assert site.value("SELECT count(*) FROM addresses WHERE customer_id = :id", id=full) == 6
    path = f"/my/addresses?issuer=minato&customer={site.code(full)}"
    assert path.replace("&", "&amp;") in page.text
    assert "追加されていません" in words(await browser.get(path))
    assert "追加されていません" not in words(await browser.get("/my/addresses"))
    assert "追加されていません" not in words(await browser.get("/my/invitations"))


async def test_the_review_names_the_customer(site: Site, browser: httpx.AsyncClient) -> None:
    await waiting(site, browser)
    page = await browser.get("/my/invitations")
    review = words(await press(browser, page, "review", **{decision(page): "approve"}))
    assert "お客様名" in review
    assert "さくら工業 東京支店" in review


async def test_english_pages_have_no_japanese_separator(site: Site, browser: httpx.AsyncClient) -> None:
    customer, session = await account(site, locale="en")
    site.invoice(customer, 1)
    site.address(other := site.customer(locale="en"), EMAIL)
    await invite(site, other)
    browser.cookies.update(site.signed_in(session))
    for path in ("/my/invitations", "/my/invoices"):
        assert "・" not in words(await browser.get(path))
