"""Attacks on the pages, tried one by one.

Guessing, asking who is known, foreign presses, planted sessions, links and ids of others, and text that would be more
than text.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from email import message_from_bytes, policy
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import httpx
import pytest
import pytest_asyncio
from web_forms import Form, forms, main_form, press, press_in
from web_people import (
    COMPANY,
    EMAIL,
    NO_CODE,
    PASSWORD,
    PERSON,
    WRONG,
    Letter,
    account,
    confirm_link,
    invite,
    letter,
    password_link,
    register,
    registration_link,
    sign_in_link,
)
from web_site import ISSUER, Site, seen, state, words

from mailbot import stationery
from mailbot.domain.attempts import NETWORK_FAILURES
from mailbot.domain.paper_code import FREE_ANYWHERE
from mailbot.domain.policy import Contact
from mailbot.flows.asking import A_DAY
from mailbot.flows.deliver import Deliver
from mailbot.flows.lay_out import LayOut, edition_of
from mailbot.flows.post import Accepted
from mailbot.links import Purpose
from mailbot.store import installation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from mailbot.mail.envelope import Envelope

EVIL = "https://evil.example/"
DESK = Contact(name="Billing desk", phone="020-0000-0000")
OTHER = replace(ISSUER, code="harbour", name="Harbour Pilots Ltd.", sender="billing@harbour.example", contact=DESK)
STAFFED = replace(ISSUER, staff=("keiri@minato.example",))
TOKENS = re.compile(r'value="[\w.~-]{40,}"')
MINE = ("/my/invoices", "/my/addresses", "/my/invitations", "/my/password")
OPEN = ("/", "/claim", "/sign-in", "/healthz")
TABLES = (
    "accounts",
    "persons",
    "invitations",
    "addresses",
    "paper_codes",
    "claims_by_mail",
    "password_links",
    "sessions",
    "sign_ins",
    "outbox",
    "presses",
)


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A site of two issuers behind a proxy, so that a test can come from any network."""
    site = Site(tmp_path, trusted_proxies=["127.0.0.1"], issuers=[STAFFED, OTHER])
    await site.server.start()
    yield site
    await site.close()


def at(site: Site, host: str = "203.0.113.7", *, lang: str = "ja") -> httpx.AsyncClient:
    """Return a browser of its own at a network address."""
    headers = {"accept-language": lang, "x-forwarded-for": host}
    return httpx.AsyncClient(base_url=site.url, headers=headers, timeout=30)


@pytest_asyncio.fixture
async def browser(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with at(site) as client:
        yield client


def rows(site: Site, *tables: str) -> dict[str, list[tuple[object, ...]]]:
    def read(reading):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - a Reading
        return {table: [tuple(row) for row in reading.all(f"SELECT * FROM {table}")] for table in tables or TABLES}

    found: dict[str, list[tuple[object, ...]]] = site.database.read(read)
    return found


async def way(browser: httpx.AsyncClient, name: str) -> Form:
    return next(form for form in forms(await browser.get("/sign-in")) if form.fields.get("way") == name)


async def by_password(browser: httpx.AsyncClient, email: str = EMAIL, password: str = PASSWORD) -> httpx.Response:
    return await press_in(browser, await way(browser, "password"), "sign_in", email=email, password=password)


async def by_letter(browser: httpx.AsyncClient, code: str, password: str, issuer: str = "minato") -> httpx.Response:
    form = await way(browser, "letter")
    return await press_in(browser, form, "sign_in", issuer=issuer, code=code, letter_password=password)


async def claim(browser: httpx.AsyncClient, paper_id: str, password: str, email: str = EMAIL) -> httpx.Response:
    page = await browser.get("/claim")
    return await press(browser, page, "company", email=email, paper_id=paper_id, paper_password=password)


async def claimed(browser: httpx.AsyncClient, paper: Letter, email: str) -> httpx.Response:
    """Claim a letter to the end of the forms; its mail is on the way then."""
    page = await press(browser, await claim(browser, paper.paper_id, paper.password, email), "person", **COMPANY)
    return await press(browser, await press(browser, page, "review", **PERSON), "register")


async def ask_link(browser: httpx.AsyncClient, email: str) -> httpx.Response:
    return await press_in(browser, await way(browser, "mail"), mail_email=email)


# Guessing: how many guesses are judged in an hour.


async def judged(
    site: Site, browser: httpx.AsyncClient, guess: Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]
) -> int:
    """Guess for an hour as often as one is let: one waits each lock out to the second. Return the guesses judged."""
    ends, number = site.clock.offset.total_seconds() + 3600, 0
    while site.clock.offset.total_seconds() < ends:
        page = await guess(browser)
        if page.status_code == 429:
            assert state(page) == "locked"
            assert "<time datetime=" in page.text
            site.later(seconds=int(page.headers["retry-after"]))
        else:
            assert page.status_code == 200
            number += 1
    return number


async def test_one_letter_is_guessed_a_few_times_an_hour(site: Site, browser: httpx.AsyncClient) -> None:
    paper = await letter(site, site.customer())
    tried = await judged(site, browser, lambda each: claim(each, paper.paper_id, NO_CODE))
    assert tried <= 12
    assert site.value("SELECT count(*) FROM claims_by_mail") == 0


async def test_one_mailbox_is_guessed_a_few_times_an_hour(site: Site, browser: httpx.AsyncClient) -> None:
    await account(site)
    before = site.passwords.verifications
    tried = await judged(site, browser, lambda each: by_password(each, password=WRONG))
    assert tried <= 12
    assert site.passwords.verifications - before == tried  # what is locked costs no Argon2id either


async def test_one_customers_letter_is_guessed_a_few_times_an_hour(site: Site, browser: httpx.AsyncClient) -> None:
    customer = site.customer()
    await letter(site, customer)
    assert await judged(site, browser, lambda each: by_letter(each, site.code(customer), NO_CODE)) <= 12


async def test_one_network_that_guesses_at_everything_is_bounded(site: Site, browser: httpx.AsyncClient) -> None:
    """Each guess is at another letter, code and mailbox in turn: only the network's own lock is left."""
    numbers = iter(range(10_000))

    async def guess(each: httpx.AsyncClient) -> httpx.Response:
        number = next(numbers)
        ways = (
            lambda: claim(each, f"0000-0000-{number:04}", NO_CODE),
            lambda: by_letter(each, f"C-{number}", NO_CODE),
            lambda: by_password(each, f"{number}@sakura.example", WRONG),
        )
        return await ways[number % len(ways)]()

    # A lock of 15 minutes after 20 failures in 15 minutes; after it the count of the window begins anew.
    assert await judged(site, browser, guess) <= 4 * NETWORK_FAILURES


async def test_many_networks_share_the_bound_of_one_letter(site: Site) -> None:
    """Each has its own lock, so that whoever knows an ID does not hold it shut; beyond `FREE_ANYWHERE` all wait."""
    paper = await letter(site, site.customer())
    tried = 0
    for network in range(FREE_ANYWHERE // 5 + 20):
        async with at(site, f"198.51.{network}.1") as each:
            for _ in range(5):
                tried += (await claim(each, paper.paper_id, NO_CODE)).status_code == 200
    assert FREE_ANYWHERE <= tried <= FREE_ANYWHERE + 10


async def test_many_networks_at_one_mailbox_are_bounded_each(site: Site) -> None:
    """A mailbox has no lock for all networks, which anybody could shut its owner out with: each has its own."""
    await account(site)
    counted = Counter[int]()
    for network in range(3):
        async with at(site, f"198.51.{network}.1") as each:
            for _ in range(9):
                counted[(await by_password(each, password=WRONG)).status_code] += 1
    assert counted[200] <= 3 * 6
    async with at(site, "192.0.2.1") as owner:
        assert (await by_password(owner)).status_code == 303


async def test_neighbours_in_one_network_share_a_lock(site: Site) -> None:
    for host in range(60):
        async with at(site, f"198.51.100.{host}") as each:
            page = await claim(each, f"0000-0000-{host:04}", NO_CODE)
    assert (page.status_code, state(page)) == (429, "locked")
    for network in ("2001:db8:1::1", "2001:db8:1:ffff::9"):
        async with at(site, network) as each:
            for number in range(12):
                page = await claim(each, f"0000-0001-{number:04}", NO_CODE)
    assert page.status_code == 429


async def test_a_forged_chain_of_proxies_is_no_other_network(browser: httpx.AsyncClient) -> None:
    for number in range(30):
        browser.headers["x-forwarded-for"] = f"10.{number}.0.1, 203.0.113.7"
        page = await claim(browser, f"0000-0000-{number:04}", NO_CODE)
    assert page.status_code == 429


async def test_the_guessed_at_are_not_shut_out(site: Site, browser: httpx.AsyncClient) -> None:
    customer, _ = await account(site)
    second = site.customer(name="大阪支店")
    paper = await letter(site, second)
    for _ in range(8):
        await by_password(browser, password=WRONG)
        await by_letter(browser, site.code(second), NO_CODE)
    async with at(site, "192.0.2.1") as owner:
        assert (await by_password(owner)).status_code == 303
        assert (await by_letter(owner, site.code(second), paper.password)).status_code == 303
    assert customer


async def test_mailed_links_stay_open_in_a_locked_network(site: Site, browser: httpx.AsyncClient) -> None:
    customer, _ = await account(site)
    site.address(customer, "bucho@sakura.example")
    invited = site.customer(name="大阪支店")
    site.address(invited, "new@sakura.example")
    path = await invite(site, invited)
    for number in range(40):
        page = await by_password(browser, f"{number}@nowhere.example", WRONG)
    assert page.status_code == 429
    assert (await browser.get("/claim")).status_code == 200
    assert (await ask_link(browser, EMAIL)).status_code == 200
    link = sign_in_link(site)
    assert (await browser.post(link, data={"seen": seen(await browser.get(link))})).status_code == 303
    assert state(await browser.get(path)) == "ready"
    mine = await browser.get("/my/password")
    await press_in(browser, next(form for form in forms(mine) if "mail" in form.choices), "mail", mail="yes")
    page = await press(browser, await browser.get(password_link(site)), "set", new="another long one 7")
    assert state(page) == "done"


async def test_a_letter_id_that_was_locked_opens_for_its_owner_soon(site: Site, browser: httpx.AsyncClient) -> None:
    """A letter's lock is shared by all networks, since its ID is secret: who knows it not cannot lock it."""
    paper = await letter(site, site.customer())
    for _ in range(10):
        await claim(browser, paper.paper_id, NO_CODE)
    async with at(site, "192.0.2.1") as owner:
        page = await claim(owner, paper.paper_id, paper.password)
        waits = int(page.headers.get("retry-after", "0"))
        assert waits <= 60
        site.later(seconds=waits)
        assert "会社情報の入力" in words(await claim(owner, paper.paper_id, paper.password))


async def test_asking_for_mails_is_bounded_and_shuts_nobody_out(site: Site) -> None:
    await account(site)
    for number in range(A_DAY + 15):
        async with at(site, f"198.51.{number}.1") as each:
            await ask_link(each, EMAIL)
        site.later(seconds=61)
    assert len([kind for kind, _ in site.mails() if kind == "sign_in"]) == A_DAY
    site.later(minutes=15)
    async with at(site, "192.0.2.1") as owner:
        await ask_link(owner, EMAIL)
        link = sign_in_link(site)
        assert (await owner.post(link, data={"seen": seen(await owner.get(link))})).status_code == 303
    assert len([kind for kind, _ in site.mails() if kind == "sign_in"]) == A_DAY + 1


# Who is known here.


async def answers(site: Site, act: Callable[[], Awaitable[httpx.Response]], typed: str) -> tuple[object, ...]:
    """Return all that an answer shows: status, headers, text without what was typed, and the Argon2id it cost."""
    before = site.passwords.verifications
    page = await act()
    shown = {name: value for name, value in page.headers.items() if name not in ("date", "content-length")}
    text = TOKENS.sub("", page.text).replace(typed, "?")
    return page.status_code, shown, text, site.passwords.verifications - before


@pytest.mark.parametrize("name", ["password", "mail", "claim", "forms"])
async def test_nobody_learns_who_has_an_account(site: Site, browser: httpx.AsyncClient, name: str) -> None:
    await account(site)
    pending = site.customer(name="大阪支店")
    site.address(pending, "pending@sakura.example")
    papers = [await letter(site, site.customer(name=f"{number}支店")) for number in range(3)]
    ways: dict[str, Callable[[str, Letter], Awaitable[httpx.Response]]] = {
        "password": lambda email, _: by_password(browser, email, WRONG),
        "mail": lambda email, _: ask_link(browser, email),
        "claim": lambda email, _: claim(browser, NO_CODE, NO_CODE, email),
        "forms": lambda email, _: claimed(browser, papers[0], email),
    }
    emails = (EMAIL, "nobody@nowhere.example", "pending@sakura.example")
    found = [
        await answers(site, lambda email=email, paper=paper: ways[name](email, paper), email)  # type: ignore[misc]
        for email, paper in zip(emails, papers, strict=True)
    ]
    assert found[0] == found[1] == found[2]
    assert found[0][-1] == (1 if name == "password" else 0)


async def test_nobody_learns_which_customers_there_are(site: Site, browser: httpx.AsyncClient) -> None:
    customer = site.customer()
    await letter(site, customer)
    found = [
        await answers(site, lambda code=code, issuer=issuer: by_letter(browser, code, NO_CODE, issuer), code)  # type: ignore[misc]
        for code, issuer in ((site.code(customer), "minato"), ("C-999", "minato"))
    ]
    assert found[0] == found[1]


async def test_a_person_without_a_password_is_as_unknown(site: Site, browser: httpx.AsyncClient) -> None:
    await account(site, password="")
    for typed in ("x", PASSWORD):
        known = await answers(site, lambda typed=typed: by_password(browser, EMAIL, typed), EMAIL)  # type: ignore[misc]
        unknown = await answers(site, lambda typed=typed: by_password(browser, "x@y.example", typed), "x@y.example")  # type: ignore[misc]
        assert known == unknown


# Presses that another site sends.

FOREIGN = (
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"origin": EVIL.rstrip("/")},
    {"origin": "http://testserver.evil.example"},
    {"origin": "https://evil.example:80", "referer": "http://testserver/"},
)


async def everything(site: Site) -> tuple[int, list[str]]:
    """Lay out something of everything; return a person's session and every page that has a form."""
    customer, session = await account(site)
    address = site.address(customer, "bucho@sakura.example", confirmed=True)
    invoice = site.invoice(customer, address)
    pending = site.address(customer, "pending@sakura.example")
    invited, known = site.customer(name="招待中"), site.customer(name="東京支店")
    site.address(invited, "new@new.example")
    site.address(known, EMAIL)
    paper = await letter(site, site.customer(name="郵送"))
    async with at(site, "192.0.2.9") as each:
        await claimed(each, paper, "mail@new.example")
        await ask_link(each, EMAIL)
        each.cookies.update(site.signed_in(session))
        page = await each.get("/my/password")
        await press_in(each, next(form for form in forms(page) if "mail" in form.choices), "mail", mail="yes")
    links = [
        site.link(Purpose.PROOF, pending, 1),
        site.link(Purpose.CONFIRM, pending, 1),
        site.link(Purpose.INVOICE, invoice.delivery_id),
        site.link(Purpose.MUTE, address),
        sign_in_link(site),
        await invite(site, invited),
        await invite(site, known),
        paper.link,
        registration_link(site),
        password_link(site),
    ]
    return session, [*links, "/claim", "/sign-in", *MINE]


@pytest.mark.parametrize("headers", FOREIGN)
async def test_no_form_takes_a_press_of_another_site(
    site: Site, browser: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    session, paths = await everything(site)
    browser.cookies.update(site.signed_in(session))
    found = [form for path in paths for form in forms(await browser.get(path))]
    assert {form.action for form in found} >= {"/claim", "/sign-in", "/sign-out", *MINE[1:]}
    before = rows(site)
    for form in found:
        if form.method == "post":
            chosen = {name: values[0] for name, values in form.choices.items()}
            for name, value in form.buttons:
                data = {**form.fields, **chosen, **({name: value} if name else {})}
                page = await browser.post(form.action, data=data, headers=headers)
                assert page.status_code == 403, (form.action, page.text)
                assert "set-cookie" not in page.headers
    assert rows(site) == before


async def test_no_form_takes_a_press_without_its_page(site: Site, browser: httpx.AsyncClient) -> None:
    """A `seen` of another page, another session or none at all is no press."""
    session, paths = await everything(site)
    _, stranger = await stranger_of(site)
    async with at(site) as other:
        other.cookies.update(site.signed_in(stranger))
        foreign = seen(await other.get("/my/addresses"))
    browser.cookies.update(site.signed_in(session))
    found = [form for path in paths for form in forms(await browser.get(path)) if form.method == "post"]
    before = rows(site)
    for form in found:
        chosen = {name: values[0] for name, values in form.choices.items()}
        for mark in ("", "x", foreign, site.links.sign(Purpose.SEEN, 0, 0, 0, at=site.clock.now())):
            for name, value in form.buttons:
                data = {**form.fields, **chosen, **({name: value} if name else {}), "seen": mark}
                page = await browser.post(form.action, data=data)
                assert page.status_code < 500, form
    assert rows(site) == before


async def stranger_of(site: Site) -> tuple[int, int]:
    """Return a customer of the other issuer, and a session of its person."""
    customer = site.customer(name="無関係", issuer="harbour")
    site.address(customer, "x@other.example")
    path = await invite(site, customer, issuer="harbour")
    return customer, await register(site, path)


# Sessions.


async def test_each_way_in_opens_a_session_of_its_own(site: Site, browser: httpx.AsyncClient) -> None:
    customer, _ = await account(site)
    second = site.customer(name="大阪支店")
    paper = await letter(site, second)
    stranger, planted = await stranger_of(site)
    cookie = site.signed_in(planted)

    async def password(each: httpx.AsyncClient) -> None:
        await by_password(each)

    async def with_letter(each: httpx.AsyncClient) -> None:
        await by_letter(each, site.code(second), paper.password)

    async def mailed(each: httpx.AsyncClient) -> None:
        await ask_link(each, EMAIL)
        link = sign_in_link(site)
        await each.post(link, data={"seen": seen(await each.get(link))})

    async def proof(each: httpx.AsyncClient) -> None:
        address = site.address(customer, "pending@sakura.example")
        link = site.link(Purpose.PROOF, address, 1)
        await each.post(link, data={"seen": seen(await each.get(link))})

    async def registered(each: httpx.AsyncClient) -> None:
        new = site.customer(name="新規")
        site.address(new, "new@new.example")
        page = await press(each, await each.get(await invite(site, new)), "person", **COMPANY)
        await press(each, await press(each, page, "review", **PERSON), "register")

    async def of_letter(each: httpx.AsyncClient) -> None:
        await claimed(each, await letter(site, site.customer(name="郵送")), "mail@new.example")
        await press(each, await each.get(registration_link(site)), mine="yes")

    opened = set()
    for enter in (password, with_letter, mailed, proof, registered, of_letter):
        async with at(site, "192.0.2.1") as each:
            each.cookies.update(cookie)
            each.cookies.clear()
            each.cookies.update(cookie)
            before = int(str(site.value("SELECT max(id) FROM sessions")))
            await enter(each)
            tokens = {found.value for found in each.cookies.jar if found.name == "mailbot_session"} - {*cookie.values()}
            ids = {site.links.open(str(token), Purpose.SESSION).ids[0] for token in tokens}
            assert ids, enter.__name__
            assert min(ids) > before, enter.__name__
            opened |= ids
    assert len(opened) == 6
    # The planted one sees what it saw before, and nothing of whom it was planted on.
    browser.cookies.update(cookie)
    page = await browser.get("/my/invoices")
    assert "さくら" not in words(page).replace(COMPANY["name"], "")
    assert stranger


async def test_a_session_that_ended_stays_ended(site: Site, browser: httpx.AsyncClient) -> None:
    _, session = await account(site)
    cookie = site.signed_in(session)
    browser.cookies.update(cookie)
    page = await browser.get("/my/invoices")
    out = next(form for form in forms(page) if form.action == "/sign-out")
    await browser.post(out.action, data=out.fields)
    browser.cookies.clear()
    browser.cookies.update(cookie)
    assert (await browser.get("/my/invoices")).headers["location"] == "/sign-in"
    page = await browser.post("/my/addresses", data={"seen": seen(page), "go": "add", "email": "x@y.example"})
    assert page.headers["location"] == "/sign-in"


async def test_a_token_of_another_purpose_is_no_cookie(site: Site, browser: httpx.AsyncClient) -> None:
    _, session = await account(site)
    genuine = site.links.open(site.signed_in(session)["mailbot_session"]).ids
    for purpose in Purpose:
        for ids in ((session,), (session, 0), (session, 1), (session, 0, 0)):
            if (purpose, ids) == (Purpose.SESSION, genuine):
                continue
            browser.cookies.clear()
            browser.cookies.set("mailbot_session", site.links.sign(purpose, *ids, at=site.clock.now()))
            page = await browser.get("/my/invoices")
            assert page.headers.get("location") == "/sign-in", (purpose, ids)


@pytest.mark.parametrize("kind", ["proof", "invitation", "registration"])
async def test_a_used_link_gives_its_neighbours_no_session(site: Site, kind: str) -> None:
    """Somebody in the same network who gets the page of a link that was just used sees that it was, and no more."""
    customer = site.customer()
    address = site.address(customer, EMAIL)
    site.invoice(customer, address, subject="秘密の件名")
    async with at(site, "192.0.2.1") as owner, at(site, "192.0.2.77") as neighbour:
        if kind == "registration":
            await claimed(owner, await letter(site, customer), EMAIL)
            link = registration_link(site)
            last = main_form(await owner.get(link))
            last.fields["mine"] = "yes"
        elif kind == "invitation":
            link = await invite(site, customer)
            page = await press(owner, await owner.get(link), "person", **COMPANY)
            last = main_form(await press(owner, page, "review", **PERSON))
            last.fields["go"] = "register"
        else:
            link = site.link(Purpose.PROOF, address, 1)
            last = main_form(await owner.get(link))
        done = await owner.post(link, data=last.fields)
        assert "set-cookie" in done.headers
        site.later(seconds=2)
        late = await neighbour.get(link)
        again = await neighbour.post(link, data={**last.fields, "seen": site_seen(site, link)})
        for page in (late, again):
            assert "set-cookie" not in page.headers
            assert "秘密の件名" not in page.text
        # The second press of a double click, whose page was got before, is the owner's.
        assert "set-cookie" in (await owner.post(link, data=last.fields)).headers


def site_seen(site: Site, link: str) -> str:
    """Return the `seen` of a link's page as it would be got now."""
    opened = site.links.open(link.removeprefix("/l/"))
    ordinal = [*Purpose].index(opened.purpose)
    return site.links.sign(Purpose.SEEN, ordinal, opened.ids[0], 0, at=site.clock.now())


async def test_a_letters_holder_chooses_nobody_elses_password(site: Site, browser: httpx.AsyncClient) -> None:
    """Whoever has the letter types another's address; its owner completes it, and the account is the owner's alone."""
    paper = await letter(site, site.customer())
    page = await press(browser, await claim(browser, paper.paper_id, paper.password, EMAIL), "person", **COMPANY)
    form = main_form(await press(browser, page, "review", **PERSON))
    assert "password" not in form.fields
    await browser.post(form.action, data={**form.fields, "go": "register", "password": PASSWORD})
    async with at(site, "192.0.2.1") as owner:
        await press(owner, await owner.get(registration_link(site)), mine="yes")
    assert site.value("SELECT password_hash FROM persons") == ""
    assert (await by_password(browser)).status_code == 200


# Links and ids of others.


async def test_a_link_of_one_purpose_is_none_of_another(site: Site, browser: httpx.AsyncClient) -> None:
    """The signed part of every link under every other letter, and every link at every route that takes a token."""
    _, paths = await everything(site)
    tokens = [path.removeprefix("/l/") for path in paths if path.startswith("/l/")]
    before = rows(site)
    for token in tokens:
        for purpose in Purpose:
            if purpose != token[0]:
                page = await browser.get(f"/l/{purpose}{token[1:]}")
                assert (page.status_code, state(page)) == (404, "invalid")
        assert (await browser.get(f"/d/{token}")).status_code == 404
        browser.cookies.set("mailbot_session", token)
        assert (await browser.get("/my/invoices")).headers["location"] == "/sign-in"
        browser.cookies.clear()
        form = main_form(await browser.get("/claim"))
        page = await browser.post("/claim", data={**form.fields, **COMPANY, "ticket": token, "go": "person"})
        assert "paper_password" in main_form(page).fields, "no link is a ticket"
    assert rows(site) == before


@pytest.mark.parametrize("purpose", [Purpose.PASS, Purpose.SEEN, Purpose.SESSION, Purpose.TICKET])
async def test_what_is_signed_for_no_mail_opens_no_page(
    site: Site, browser: httpx.AsyncClient, purpose: Purpose
) -> None:
    await everything(site)
    for ids in ((1,), (1, 1), (1, 1, 1)):
        page = await browser.get(site.link(purpose, *ids))
        assert (page.status_code, state(page)) == (404, "invalid")


async def test_links_about_nothing_say_so(site: Site, browser: httpx.AsyncClient) -> None:
    for purpose in Purpose:
        page = await browser.get(site.link(purpose, 999, 1))
        assert (page.status_code, state(page)) == (404, "invalid"), purpose


async def test_a_customer_of_another_issuer_is_out_of_reach(site: Site, browser: httpx.AsyncClient) -> None:
    """Every field and parameter that names a customer, an issuer, an address or an invitation, with another's."""
    customer, session = await account(site)
    own = site.address(customer, "bucho@sakura.example", confirmed=True)
    site.invoice(customer, own, number="OWN-1")
    stranger, _ = await stranger_of(site)
    theirs = site.address(stranger, "y@other.example", confirmed=True)
    site.invoice(stranger, theirs, number="THEIRS-1", subject="秘密の件名")
    waiting = site.customer(name="無関係の支店", issuer="harbour")
    site.address(waiting, "x@other.example")
    await invite(site, waiting, issuer="harbour")
    invitation = site.value("SELECT id FROM invitations WHERE customer_id = :id", id=waiting)
    before = rows(site)
    browser.cookies.update(site.signed_in(session))
    naming = {"customer": site.code(stranger), "issuer": "harbour", "number": "THEIRS-1", "id": str(theirs)}
    for path in MINE:
        page = await browser.get(path, params=naming)
        assert "無関係" not in page.text
        assert "other.example" not in page.text
        assert "秘密の件名" not in page.text
        mark = {"seen": seen(page), **naming}
        acts: list[dict[str, str]] = [{"go": go, "email": "y@other.example"} for go in ("remove", "change")]
        acts += [
            {"go": "change", "address": "y@other.example", "change": change}
            for change in ("remove", "default", "both", "resend")
            if change != "resend"
        ]
        acts += [{"go": "remove", "address": "y@other.example"}]
        acts += [{"go": go, f"decide-{invitation}": "approve", "at": "review"} for go in ("review", "register")]
        acts += [{"account": "2", "person": "2", "person_id": "2", "session": "2", "go": "register"}]
        for act in acts:
            page = await browser.post(path, data={**mark, **act})
            assert page.status_code < 500
            assert not page.headers.get("location", "").startswith("/d/"), act
            assert "無関係" not in page.text
    assert rows(site) == before


async def test_an_address_is_added_to_ones_own_customer_only(site: Site, browser: httpx.AsyncClient) -> None:
    customer, session = await account(site)
    stranger, _ = await stranger_of(site)
    browser.cookies.update(site.signed_in(session))
    page = await browser.get("/my/addresses")
    data = {"seen": seen(page), "go": "add", "email": "evil@evil.example"}
    await browser.post("/my/addresses", data={**data, "customer": site.code(stranger), "issuer": "harbour"})
    found = site.value("SELECT customer_id FROM addresses WHERE email = 'evil@evil.example'")
    assert found in (customer, None)
    assert found != stranger


async def test_the_letters_of_one_issuer_are_nothing_to_another(site: Site, browser: httpx.AsyncClient) -> None:
    customer = site.customer()
    paper = await letter(site, customer)
    assert (await by_letter(browser, site.code(customer), paper.password, "harbour")).status_code == 200
    assert site.value("SELECT count(*) FROM sessions") == 0


async def test_an_invitations_session_sees_its_own_customer_only(site: Site, browser: httpx.AsyncClient) -> None:
    """An invitation's link is forwarded easily: it never opens what the account has from others."""
    customer, _ = await account(site)
    first = site.address(customer, "bucho@sakura.example", confirmed=True)
    site.invoice(customer, first, number="FIRST-1", subject="秘密の件名")
    second = site.customer(name="さくら出張所", issuer="harbour")
    site.address(second, EMAIL)
    page = await browser.get(await invite(site, second, issuer="harbour"))
    done = await press(browser, page, forms(page)[0].buttons[-1][1])
    assert done.headers["location"] == "/my/invitations?first=2"
    for path in MINE:
        page = await browser.get(path, params={"customer": site.code(customer), "issuer": "minato"})
        assert "秘密の件名" not in page.text
        assert "bucho@" not in page.text
    # Nor does the same session after approving: it stays that customer's.
    page = await browser.get("/my/invitations")
    (name,) = main_form(page).choices
    page = await press(browser, page, "review", **{name: "approve"})
    await press(browser, page, "register")
    assert "秘密の件名" not in (await browser.get("/my/invoices")).text


async def test_an_invitations_session_is_told_names_and_states_of_others_and_no_more(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """Who invites and where that stands; whatever is sent back decides nothing of it and shows no more."""
    customer, _ = await account(site)
    third = site.customer(name="秘密の顧客名")
    site.address(third, EMAIL)
    await invite(site, third)
    site.invoice(third, site.address(third, "bucho@sakura.example", confirmed=True), subject="秘密の件名")
    second = site.customer(name="さくら出張所", issuer="harbour")
    site.address(second, EMAIL)
    page = await browser.get(await invite(site, second, issuer="harbour"))
    done = await press(browser, page, forms(page)[0].buttons[-1][1])
    page = await browser.get(done.headers["location"])
    assert words(page).count("みなと商事株式会社") == 2
    assert list(main_form(page).choices) == [f"decide-{invitation_of(site, second)}"]
    before = rows(site, "invitations", "accounts", "persons", "addresses", "customers")
    asked = [await browser.get("/my/invitations", params={"first": invitation_of(site, each)}) for each in (third, 1)]
    for of_whom in (third, customer):
        for go in ("review", "register"):
            fields = {**main_form(page).fields, f"decide-{invitation_of(site, of_whom)}": "approve", "go": go}
            asked.append(await browser.post("/my/invitations", data={**fields, "first": invitation_of(site, of_whom)}))
    asked += [await browser.get(path, params={"customer": site.code(third), "issuer": "minato"}) for path in MINE]
    hidden = ("秘密の", site.code(third), site.code(customer), "bucho@", STAFFED.contact.phone, STAFFED.contact.email)
    for answer in (page, *asked):
        assert [each for each in hidden if each and each in words(answer)] == []
    assert rows(site, "invitations", "accounts", "persons", "addresses", "customers") == before


def invitation_of(site: Site, customer: int) -> str:
    return str(site.value("SELECT id FROM invitations WHERE customer_id = :id", id=customer))


# What cannot be undone.


async def test_no_request_undoes_an_approval(site: Site, browser: httpx.AsyncClient) -> None:
    customer = site.customer()
    site.address(customer, EMAIL)
    link = await invite(site, customer)
    paper = await letter(site, customer)
    before = await browser.get(link)
    first = seen(before)
    await register(site, link)
    kept = rows(site, "invitations", "accounts", "persons", "addresses", "customers")
    browser.cookies.update(await signed(site))
    for go in ("decline", "decline_register", "renew", "register", "company"):
        for mark in (first, site_seen(site, link)):
            data = {**COMPANY, **PERSON, "seen": mark, "go": go, "at": "review", "decision": "decline", "reason": "x"}
            await browser.post(link, data=data)
    page = await browser.get("/my/invitations")
    for word in ("decline", "approve", "delete", ""):
        for go in ("review", "register"):
            await browser.post("/my/invitations", data={"seen": seen(page), "decide-1": word, "go": go})
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        for path in (*MINE, link):
            assert (await browser.request(method, path)).status_code == 405
    over = await claim(browser, paper.paper_id, paper.password)
    assert state(over) in ("done", "superseded")
    assert rows(site, "invitations", "accounts", "persons", "addresses", "customers") == kept


async def signed(site: Site) -> dict[str, str]:
    """Return the cookie of the newest session."""
    return site.signed_in(int(str(site.value("SELECT max(id) FROM sessions"))))


async def scanned(browser: httpx.AsyncClient, page: httpx.Response) -> list[httpx.Response]:
    """Follow every link of a page and press every button of every form, with the values that they have."""
    found = []
    for form in forms(page):
        for name, value in form.buttons or [("", "")]:
            data = {**form.fields, **({name: value} if name else {})}
            if form.method == "post" and form.action != "/sign-out":
                found.append(await browser.post(form.action, data=data))
    return [*found, *[await browser.get(href) for href in re.findall(r'href="(/[^"]*)"', page.text)]]


async def test_a_scanner_decides_nothing(site: Site) -> None:
    """Nothing is decided, registered, proved or set, also by the link of somebody known, and by what follows it."""
    known, new = site.customer(name="東京支店"), site.customer(name="新規")
    await account(site)
    site.address(known, EMAIL)
    site.address(new, "new@new.example")
    paper = await letter(site, site.customer(name="郵送"))
    async with at(site, "192.0.2.9") as each:
        await claimed(each, paper, "mail@new.example")
    links = [await invite(site, known), await invite(site, new), paper.link, registration_link(site)]
    final = ("accounts", "persons", "paper_codes", "claims_by_mail", "password_links")
    kept, mails = rows(site, *final), site.mails()
    decided = site.value("SELECT count(*) FROM invitations WHERE state IN ('approved', 'declined')")
    for link in links:
        async with at(site, "192.0.2.66") as scanner:
            pages = [await scanner.get(link)]
            for _ in range(3):
                pages = [page for each in pages for page in await scanned(scanner, each)][:60]
    # A mail that was pressed has arrived, and whoever has an account may be led to the list: no more than that.
    assert rows(site, *final) == kept
    assert site.value("SELECT count(*) FROM invitations WHERE state IN ('approved', 'declined')") == decided
    assert site.value("SELECT count(*) FROM addresses WHERE status = 'confirmed'") == 1
    assert site.mails() == mails


# Text that would be more than text.

MARKUP = "<b>x</b>\"'><img src=//evil.example/a onerror=alert(1)>{{7*7}}"
LINES = "さくら\r\nBcc: evil@evil.example\r\n\r\n<script>alert(1)</script>"
FORMULA = '=HYPERLINK("http://evil.example","x")'
NASTY = (MARKUP, LINES, FORMULA, "x\u202egnp.exe", "\x00\x1b[31mred", "a\u2028b\u2029c", "%0d%0aBcc: x@evil.example")


async def sent(site: Site) -> list[Envelope]:
    """Carry all mails that wait, and return them as they went out."""
    edition = edition_of(site.desk.issuers, site.desk.rules, stationery.load("mail"))
    start = site.database.write_now(lambda tx: installation.begin(tx, pid=1, version="test"))
    flow = Deliver(site.desk, start_id=start, lay_out=LayOut(edition, site.links, site.desk.vault), connections=10)
    gone = []
    while await flow.step() or not flow.idle:
        while not flow.idle:
            if (envelope := flow.next_now()) is not None:
                await flow.permit(envelope)
                gone.append(envelope)
                flow.settle(envelope, Accepted("250 2.0.0 taken"))
            await flow.flush()
    return gone


class _Tags(HTMLParser):
    """Collects what a browser would take for markup."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(name for name, _ in attrs if name.startswith("on"))}


def is_clean_page(page: httpx.Response) -> None:
    reader = _Tags()
    reader.feed(page.text)
    strange = {name for name in reader.found if name.startswith("on")}
    assert not strange | (reader.found & {"img", "script", "b", "iframe", "svg", "object"}), page.text
    assert ">49<" not in page.text
    assert "bcc" not in page.headers
    assert page.status_code < 500, page.text


def is_clean_mail(envelope: Envelope) -> None:
    mail = message_from_bytes(envelope.content, policy=policy.default)
    assert mail["bcc"] is None
    assert not mail.defects
    assert envelope.recipient.count("@") == 1
    for part in mail.walk():
        assert not part.defects
        if part.get_content_type() == "text/html":
            reader = _Tags()
            reader.feed(part.get_content())
            assert not reader.found & {"img", "script", "b", "iframe", "svg", "object", "onerror"}
        elif part.get_content_type() == "text/plain":
            assert "\x1b" not in part.get_content()
            assert "\x00" not in part.get_content()
            assert "\u202e" not in part.get_content()


@pytest.mark.parametrize("nasty", NASTY)
async def test_what_is_typed_stays_text(site: Site, nasty: str) -> None:
    """Typed into every field of a registration and a decline, then looked at on every page and in every mail."""
    customer = site.customer()
    address = site.address(customer, EMAIL)
    site.invoice(customer, address)
    async with at(site, "192.0.2.1") as each:
        page = await each.get(await invite(site, customer))
        fields = {name: nasty for name in (*COMPANY, *PERSON) if name != "business_class"}
        for go in ("person", "review"):
            answer = await each.post(str(page.url), data={**main_form(page).fields, **fields, "go": go})
            is_clean_page(answer)
        # The fields that take free text, one way or another, as far as they let this pass.
        company = {**COMPANY, "name": nasty, "postal_address": nasty}
        page = await each.post(str(page.url), data={**main_form(page).fields, **company, "go": "person"})
        is_clean_page(page)
        data = {**main_form(page).fields, "person_name": nasty, "department": nasty, "go": "review"}
        page = await each.post(str(page.url), data=data)
        is_clean_page(page)
        if "review" in main_form(page).fields.get("at", ""):
            page = await press(each, page, "register", password=PASSWORD)
            assert page.status_code == 303
            for path in MINE:
                is_clean_page(await each.get(path))
        stored = rows(site, "accounts", "persons")
        assert not re.search(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]", str(stored["persons"])), stored
    declined = site.customer(name="断る")
    site.address(declined, "no@sakura.example")
    async with at(site, "192.0.2.2") as each:
        link = await invite(site, declined)
        data = {"seen": seen(await each.get(link)), "go": "decline_register", "decision": "decline", "reason": nasty}
        is_clean_page(await each.post(link, data=data))
    assert site.value("SELECT state FROM invitations WHERE customer_id = :id", id=declined) == "declined"
    gone = await sent(site)
    assert {each.kind for each in gone} >= {"decline"}
    for envelope in gone:
        is_clean_mail(envelope)


@pytest.mark.parametrize("nasty", NASTY)
async def test_what_strangers_type_is_shown_as_text(site: Site, browser: httpx.AsyncClient, nasty: str) -> None:
    """Every field of the open pages comes back as text, whoever typed it, and in no header."""
    for path in ("/claim", "/sign-in"):
        for form in forms(await browser.get(path)):
            if form.method != "post":
                continue
            for name, value in form.buttons:
                typed = {each: nasty for each in form.fields if each not in ("seen", "way")}
                data = {**form.fields, **typed, **({name: value} if name else {})}
                is_clean_page(await browser.post(form.action, data=data))
                is_clean_page(await browser.post(form.action, data={**form.fields, name or "x": nasty, nasty: nasty}))
        is_clean_page(await browser.get(path, params={nasty: nasty, "go": nasty, "email": nasty, "paper_id": nasty}))
    assert await sent(site) == []


@pytest.mark.parametrize("nasty", NASTY)
async def test_fields_behind_a_session_stay_text(site: Site, browser: httpx.AsyncClient, nasty: str) -> None:
    _, session = await account(site)
    await sent(site)
    browser.cookies.update(site.signed_in(session))
    for path in MINE:
        for form in forms(await browser.get(path)):
            if form.method == "post" and form.action != "/sign-out":
                for name, value in form.buttons:
                    typed = {each: nasty for each in form.fields if each not in ("seen", "at")}
                    chosen = dict.fromkeys(form.choices, nasty)
                    data = {**form.fields, **typed, **chosen, **({name: value} if name else {})}
                    is_clean_page(await browser.post(form.action, data=data))
        is_clean_page(await browser.get(path, params=dict.fromkeys(("customer", "issuer", "from", "to", "q"), nasty)))
    for envelope in await sent(site):
        is_clean_mail(envelope)
        assert (envelope.kind, envelope.recipient) == ("password", EMAIL)


@pytest.mark.parametrize(
    "email",
    [
        "a@b.example\r\nBcc: evil@evil.example",
        "a@b.example,evil@evil.example",
        "a@b.example>,<evil@evil.example",
        '"a\r\nb"@b.example',
        "a@b.example\x00",
        "<script>@b.example",
        "a@b.example?cc=evil@evil.example",
        "a@[127.0.0.1]",
        "a@b.example\n",
    ],
)
async def test_an_address_reaches_one_mailbox_or_none(site: Site, browser: httpx.AsyncClient, email: str) -> None:
    _, session = await account(site)
    paper = await letter(site, site.customer(name="郵送"))
    await sent(site)
    form = main_form(await browser.get("/claim"))
    data = {**form.fields, "email": email, "paper_id": paper.paper_id, "paper_password": paper.password}
    page = await browser.post("/claim", data={**data, "go": "company"})
    is_clean_page(page)
    if "ticket" in main_form(page).fields:
        fields = {**main_form(page).fields, **COMPANY, **PERSON, "at": "review", "go": "register"}
        is_clean_page(await browser.post("/claim", data=fields))
    is_clean_page(await browser.post("/sign-in", data={**(await way(browser, "mail")).fields, "mail_email": email}))
    browser.cookies.update(site.signed_in(session))
    page = await browser.get("/my/addresses")
    is_clean_page(await browser.post("/my/addresses", data={"seen": seen(page), "go": "add", "email": email}))
    for envelope in await sent(site):
        is_clean_mail(envelope)
        assert "evil@" not in envelope.recipient


# Ways to elsewhere.

NEXT = ("next", "return", "return_to", "redirect", "redirect_uri", "url", "continue", "to", "goto", "ticket", "action",
        "first")  # fmt: skip
ELSEWHERE = (EVIL, "//evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)")


@pytest.mark.parametrize("to", ELSEWHERE)
async def test_nothing_leads_elsewhere(site: Site, browser: httpx.AsyncClient, to: str) -> None:
    session, paths = await everything(site)
    params = dict.fromkeys(NEXT, to)
    host = {"host": "evil.example", "x-forwarded-host": "evil.example", "x-original-url": to, "forwarded": to}
    browser.cookies.update(site.signed_in(session))
    for path in paths:
        for answer in (await browser.get(path, params=params), await browser.get(path, headers=host)):
            leads_home(answer)
        for form in forms(await browser.get(path)):
            if form.method == "post":
                leads_home(await browser.post(form.action, data={**form.fields, **params}, params=params))
    browser.cookies.clear()
    form = await way(browser, "password")
    data = {**form.fields, **params, "email": EMAIL, "password": PASSWORD, "go": "sign_in"}
    done = await browser.post("/sign-in", data=data, params=params)
    assert done.headers["location"] in ("/my/invoices", "/my/invitations")
    for path in ("//evil.example/", "/%2f%2fevil.example", "/my/invoices//evil.example", "/.//evil.example", "/my/"):
        answer = await browser.get(f"{site.url}{path}")
        assert (answer.status_code, "location" in answer.headers) == (404, False), path
    for envelope in await sent(site):
        assert b"evil.example" not in envelope.content


def leads_home(answer: httpx.Response) -> None:
    location = answer.headers.get("location", "/")
    assert re.fullmatch(r"/(?![/\\])[\w./~-]*(\?first=\d+)?", location), location
    for target in re.findall(r'(?:href|action|src)="([^"]*)"', answer.text):
        assert re.match(r"/(?![/\\])|#|mailto:|tel:|\?|$", target), target
        assert not target.startswith(("mailto:evil", "//"))


# What is too much, and what every answer carries.


async def test_five_megabytes_are_refused_everywhere(site: Site, browser: httpx.AsyncClient) -> None:
    session, paths = await everything(site)
    browser.cookies.update(site.signed_in(session))
    before = rows(site)
    big = "email=" + "a" * (5 * 1024 * 1024)
    form = {"content-type": "application/x-www-form-urlencoded"}

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(80):
            yield b"a" * 65536

    for path in (*paths, "/sign-out"):
        page = await browser.post(path, content=big, headers=form)
        assert (page.status_code, state(page)) == (413, "invalid"), path
    for path in ("/claim", "/sign-in", paths[0]):
        page = await browser.post(path, content=pieces(), headers=form)
        assert page.status_code == 413
    many = "&".join(f"f{number}=x" for number in range(10_000))[:60_000]
    for path in paths:
        assert (await browser.post(path, content=many, headers=form)).status_code < 500
    assert rows(site) == before


async def test_a_very_long_field_is_no_failure(site: Site, browser: httpx.AsyncClient) -> None:
    await account(site)
    long = "あ" * 6000
    for path in ("/claim", "/sign-in"):
        for form in forms(await browser.get(path)):
            for name, value in form.buttons:
                typed = {each: long for each in form.fields if each not in ("seen", "way")}
                data = {**form.fields, **typed, **({name: value} if name else {})}
                assert (await browser.post(form.action, data=data)).status_code < 500


HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


def is_guarded(answer: httpx.Response) -> None:
    csp = answer.headers["content-security-policy"]
    assert "unsafe" not in csp
    rules = dict(rule.strip().partition(" ")[::2] for rule in csp.split(";"))
    assert (rules["default-src"], rules["frame-ancestors"], rules["base-uri"]) == ("'none'", "'none'", "'none'")
    assert rules["form-action"] == "'self'"
    assert "script-src" not in rules
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "server" not in answer.headers
    for cookie in answer.headers.get_list("set-cookie"):
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Domain" not in cookie


async def test_every_answer_is_guarded(site: Site, browser: httpx.AsyncClient) -> None:
    session, paths = await everything(site)
    statuses = set()
    for cookie in ({}, site.signed_in(session)):
        browser.cookies.clear()
        browser.cookies.update(cookie)
        for path in (*paths, *OPEN, "/nowhere", "/l/x", "/d/x", "/l/" + "a" * 5000):
            for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
                if (method, path) == ("POST", "/sign-out"):
                    continue
                answer = await browser.request(method, path)
                is_guarded(answer)
                statuses.add(answer.status_code)
        answer = await browser.post("/claim", content=b"a" * 100_000)
        is_guarded(answer)
        statuses.add(answer.status_code)
        answer = await browser.post("/claim", headers={"sec-fetch-site": "cross-site"})
        is_guarded(answer)
        statuses.add(answer.status_code)
    for number in range(30):
        answer = await claim(browser, f"0000-0000-{number:04}", NO_CODE)
        is_guarded(answer)
        statuses.add(answer.status_code)
    assert statuses >= {200, 303, 403, 404, 405, 413, 429}


async def test_a_failure_of_ours_is_guarded_and_tells_nothing(
    site: Site, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr("mailbot.flows.paper.judge", fail)
    monkeypatch.setattr("mailbot.flows.claim_letter.paper.judge", fail)
    answer = await claim(browser, NO_CODE, NO_CODE)
    assert answer.status_code == 500
    is_guarded(answer)
    assert "secret" not in answer.text
    assert "secret" not in str(site.facts.facts)


async def test_the_log_has_no_address_password_or_token(site: Site, browser: httpx.AsyncClient) -> None:
    await everything(site)
    await by_password(browser, password=WRONG)
    await claim(browser, NO_CODE, NO_CODE, "typed@nowhere.example")
    await browser.get(confirm_link(site) if "confirm" in dict(site.mails()) else "/l/x")
    answered = str([site.facts.of(name) for name in ("http.answered", "sign_in.failed", "sign_in.locked")])
    for secret in (WRONG, PASSWORD, NO_CODE, "@", "/l/"):
        assert secret not in answered
