"""The two pages of a change of recipient, and the form that begins it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from web_forms import Form, forms, main_form, press, press_in
from web_people import EMAIL
from web_site import Site, seen, state, times, words

from mailbot.flows.succeed import Succeed
from mailbot.flows.succession import name_successor
from mailbot.links import Purpose
from mailbot.store import addresses, customers

if TYPE_CHECKING:
    import httpx

NEW = "kouhai@sakura.example"


@pytest.fixture
async def customer(site: Site, browser: httpx.AsyncClient) -> int:
    """A customer whose one address is signed in."""
    customer = site.customer()
    browser.cookies.update(site.cookie(customer, site.address(customer, EMAIL, confirmed=True)))
    return customer


def name(site: Site, typed: str = NEW) -> None:
    def write(tx):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - a transaction
        address = addresses.get(tx, tx.value("SELECT id FROM addresses WHERE email = ?", (EMAIL,)))
        found = customers.get(tx, address.customer_id)
        return name_successor(site.desk, tx, customer=found, address=address, typed=typed, how="reply")

    assert site.database.write_now(write).problem is None


@pytest.fixture
def named(site: Site, customer: int) -> int:
    """A successor who was asked."""
    name(site)
    return customer


def stands(site: Site) -> object:
    return site.value("SELECT group_concat(state) FROM successions")


def successor(site: Site) -> str:
    return site.link(Purpose.SUCCESSOR, 1)


def undo(site: Site) -> str:
    return site.link(Purpose.UNDO, 1)


def naming(page: httpx.Response) -> Form:
    """Return the form that names a successor."""
    return next(form for form in forms(page) if "successor" in form.fields)


@pytest.mark.usefixtures("named")
async def test_the_successor_sees_who_names_them_for_what(site: Site, browser: httpx.AsyncClient) -> None:
    page = await browser.get(successor(site))
    assert state(page) == "ready"
    for said in (EMAIL, NEW, "株式会社さくら工業", "みなと商事株式会社"):
        assert said in words(page)
    before = site.changes()
    for _ in range(3):
        await browser.get(successor(site))
        await browser.head(successor(site))
    assert (stands(site), site.changes()) == ("asked", before)


@pytest.mark.usefixtures("named")
async def test_one_press_confirms_and_the_second_shows_the_first(site: Site, browser: httpx.AsyncClient) -> None:
    page = await browser.get(successor(site))
    first = await press(browser, page, "confirm")
    assert (state(first), stands(site)) == ("done", "confirmed")
    mails = site.mails()
    site.later(hours=1)
    again = await press(browser, page, "confirm")
    assert (times(again), site.mails()) == (times(first), mails)
    assert len(times(first)) == 2, "when it was confirmed, and when it takes effect"


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize("link", [successor, undo])
async def test_a_press_without_its_page_is_none(site: Site, browser: httpx.AsyncClient, link) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    for data in ({}, {"seen": "x"}, {"go": "confirm"}):
        assert state(await browser.post(link(site), data=data)) == "ready"
    assert stands(site) == "asked"


@pytest.mark.usefixtures("named")
async def test_declining_takes_a_choice(site: Site, browser: httpx.AsyncClient) -> None:
    page = await browser.get(successor(site))
    form = next(form for form in forms(page) if form.id != "act")
    page = await press_in(browser, form, "refuse")
    assert (state(page), stands(site)) == ("ready", "asked")
    assert "チェックを入れてください" in words(page)
    page = await press_in(browser, form, "refuse", choice="refuse")
    assert (page.status_code, state(page), stands(site)) == (200, "done", "refused")
    assert "行われません" in words(page)
    assert state(await press_in(browser, form, "refuse")) == "done"


@pytest.mark.usefixtures("named")
async def test_the_old_address_takes_it_back(site: Site, browser: httpx.AsyncClient) -> None:
    await press(browser, await browser.get(successor(site)), "confirm")
    page = await browser.get(undo(site))
    assert (state(page), NEW in words(page), len(times(page))) == ("ready", True, 1)
    done = await press(browser, page, "undo")
    assert (state(done), stands(site)) == ("done", "undone")
    site.later(hours=1)
    assert times(await browser.get(undo(site))) == times(done)
    gone = await browser.get(successor(site))
    assert (gone.status_code, state(gone), "取り消され" in words(gone)) == (410, "superseded", True)
    assert site.mails().count(("change", NEW)) == 1, "who had confirmed is told that it is off"


@pytest.mark.usefixtures("named")
async def test_in_effect_each_page_says_so(site: Site, browser: httpx.AsyncClient) -> None:
    await press(browser, await browser.get(successor(site)), "confirm")
    late = await browser.get(undo(site))
    await Succeed(site.desk).approve(NEW, issuers=("minato",))
    page = await browser.get(successor(site))
    assert (state(page), "切り替えが済みました" in words(page)) == ("done", True)
    page = await press(browser, late, "undo")
    assert (page.status_code, state(page), stands(site)) == (410, "expired", "effective")
    assert "すでに行われています" in words(page)
    assert (await browser.get("/my/addresses")).status_code == 303, "the old one's session has ended"


@pytest.mark.usefixtures("named")
async def test_an_old_link_of_the_successor_is_over(site: Site, browser: httpx.AsyncClient) -> None:
    path = successor(site)
    page = await browser.get(path)
    site.later(days=15)
    fresh = await browser.get(successor(site))
    late = await browser.post(path, data={"seen": seen(fresh), "go": "confirm"})
    assert (late.status_code, state(late), stands(site)) == (410, "expired", "asked")
    assert state(page) == "ready"


@pytest.mark.usefixtures("named")
async def test_a_newer_name_supersedes_both_links(site: Site, browser: httpx.AsyncClient) -> None:
    name(site, "another@sakura.example")
    for path in (successor(site), undo(site)):
        page = await browser.get(path)
        assert (page.status_code, state(page)) == (410, "superseded")


@pytest.mark.usefixtures("named")
async def test_a_link_of_one_end_is_none_of_the_other(site: Site, browser: httpx.AsyncClient) -> None:
    token = successor(site).removeprefix("/l/")
    for letter in Purpose:
        if letter != token[0]:
            page = await browser.get(f"/l/{letter}{token[1:]}")
            assert (page.status_code, state(page)) == (404, "invalid")
    page = await browser.get(successor(site)[:-1] + ("A" if token[-1] != "A" else "B"))
    assert page.status_code == 404
    page = await browser.get(undo(site))
    answer = await browser.post(successor(site), data={"seen": seen(page), "go": "confirm"})
    assert (state(answer), stands(site)) == ("ready", "asked"), "the other page's form is not this one's"


@pytest.mark.usefixtures("named")
async def test_a_machine_that_presses_everything_leaves_it_to_be_taken_back(
    site: Site, browser: httpx.AsyncClient
) -> None:
    page = await browser.get(successor(site))
    for form in forms(page):
        for _, go in form.buttons:
            await press_in(browser, form, go)
    assert stands(site) == "confirmed", "it is not declined"
    assert site.value("SELECT group_concat(status) FROM addresses") == "confirmed", "nobody's address has changed"
    assert state(await press(browser, await browser.get(undo(site)), "undo")) == "done"
    assert stands(site) == "undone"


# The form in a session.


@pytest.mark.usefixtures("customer")
async def test_a_successor_is_named_after_a_review(site: Site, browser: httpx.AsyncClient) -> None:
    form = naming(await browser.get("/my/addresses"))
    page = await press_in(browser, form, "succession", leaves=EMAIL, successor="ｋｏｕｈａｉ＠sakura.example")
    assert (state(page), EMAIL in words(page), NEW in words(page)) == ("ready", True, True)
    assert site.mails() == []
    back = await press(browser, page, "back")
    assert naming(back).fields["successor"] == NEW, "going back loses nothing"
    assert naming(back).fields["leaves"] == EMAIL
    page = await press(browser, page, "name")
    assert (state(page), NEW in words(page)) == ("done", True)
    assert site.mails() == [("successor", NEW), ("change", EMAIL)]
    assert site.value("SELECT how FROM successions") == "page"


@pytest.mark.usefixtures("customer")
async def test_the_only_address_is_chosen_already(site: Site, browser: httpx.AsyncClient, customer: int) -> None:
    assert naming(await browser.get("/my/addresses")).fields["leaves"] == EMAIL
    site.address(customer, "second@sakura.example", confirmed=True)
    assert "leaves" not in naming(await browser.get("/my/addresses")).fields


@pytest.mark.usefixtures("named")
async def test_a_change_that_is_open_stands_on_its_address(site: Site, browser: httpx.AsyncClient) -> None:
    said = f"{NEW} への変更を手続き中です"
    assert said in words(await browser.get("/my/addresses"))
    await press(browser, await browser.get(undo(site)), "undo")
    assert said not in words(await browser.get("/my/addresses"))


@pytest.mark.usefixtures("named")
async def test_the_successor_sees_who_ended_it(site: Site, browser: httpx.AsyncClient) -> None:
    await press(browser, await browser.get(successor(site)), "confirm")
    await Succeed(site.desk).refuse(NEW, issuers=("minato",))
    page = words(await browser.get(successor(site)))
    assert ("取りやめ" in page, "辞退" in page) == (True, False)
    name(site)
    name(site, "another@sakura.example")
    page = words(await browser.get(site.link(Purpose.SUCCESSOR, 2)))
    assert ("別の方を後任に指定" in page, "取り消され" in page) == (True, False)


@pytest.mark.usefixtures("customer")
async def test_what_is_missing_or_wrong_is_said_in_words(site: Site, browser: httpx.AsyncClient) -> None:
    async def said(leaves: str, typed: str, *, go: str = "succession") -> str:
        form = naming(await browser.get("/my/addresses"))
        data = {**form.fields, "leaves": leaves, "successor": typed, "go": go}
        return words(await browser.post("/my/addresses", data=data))

    for go in ("succession", "name"):
        assert "同じアドレスです" in await said(EMAIL, EMAIL, go=go)
        assert "形式をご確認ください" in await said(EMAIL, "nobody", go=go)
        assert "登録されていません" in await said("other@elsewhere.example", NEW, go=go)
        assert "送信に使用している" in await said(EMAIL, "invoice@minato.example", go=go)
    assert "選択してください" in await said("", NEW)
    assert "入力してください" in await said(EMAIL, "")
    assert (site.mails(), stands(site)) == ([], None)


@pytest.mark.usefixtures("customer")
async def test_nothing_is_named_without_the_page(site: Site, browser: httpx.AsyncClient) -> None:
    for go in ("succession", "name"):
        await browser.post("/my/addresses", data={"leaves": EMAIL, "successor": NEW, "go": go})
    assert stands(site) is None


async def test_another_customers_address_is_out_of_reach(site: Site, browser: httpx.AsyncClient, customer: int) -> None:
    stranger = site.customer(name="株式会社よその")
    site.address(stranger, "theirs@yoso.example", confirmed=True)
    form = naming(await browser.get("/my/addresses"))
    assert customer != stranger
    fields = {**form.fields, "leaves": "theirs@yoso.example", "successor": NEW, "customer": site.code(stranger)}
    await browser.post("/my/addresses", data={**fields, "go": "name"})
    assert stands(site) is None


async def test_who_has_no_confirmed_address_names_nobody(site: Site, browser: httpx.AsyncClient) -> None:
    customer = site.customer()
    browser.cookies.update(site.cookie(customer, site.address(customer, EMAIL)))
    page = await browser.get("/my/addresses")
    assert [form for form in forms(page) if "successor" in form.fields] == []
    data = {**main_form(page).fields, "leaves": EMAIL, "successor": NEW, "go": "name"}
    assert "確認が済んでいない" in words(await browser.post("/my/addresses", data=data))
