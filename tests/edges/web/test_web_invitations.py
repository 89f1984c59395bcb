"""The list of received invitations, and what a client that sends back all it finds can do: nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from test_web_claim import requested
from web_forms import forms, main_form, press, press_in
from web_people import EMAIL, NO_CODE, account, invite, letter, registration_link
from web_site import state, words

if TYPE_CHECKING:
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
    todo = [*invitations[:1], paper.link, "/claim", "/sign-in", "/my/addresses", "/my/invitations", "/my/password"]
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


def rows(site: Site) -> dict[str, list[tuple[object, ...]]]:
    def read(reading):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - a Reading
        return {table: [tuple(row) for row in reading.all(f"SELECT * FROM {table}")] for table in TABLES}

    found: dict[str, list[tuple[object, ...]]] = site.database.read(read)
    return found
