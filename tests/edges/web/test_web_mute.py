"""The page behind the last link of a reminder: stop, pause, begin again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from web_forms import forms, main_form, press, press_in
from web_site import state, times, words

from mailbot.links import Purpose

if TYPE_CHECKING:
    import httpx
    from web_site import Site

EMAIL = "keiri@sakura.example"


@pytest.fixture
def link(site: Site) -> str:
    customer = site.customer()
    address = site.address(customer, EMAIL, confirmed=True)
    site.invoice(customer, address)
    return site.link(Purpose.MUTE, address)


def stands(site: Site) -> tuple[object, object]:
    return site.value("SELECT status FROM addresses"), site.value("SELECT snoozed_until FROM addresses")


async def test_looking_changes_nothing(site: Site, browser: httpx.AsyncClient, link: str) -> None:
    before = site.changes()
    page = await browser.get(link)
    await browser.head(link)
    assert (page.status_code, state(page), EMAIL in words(page)) == (200, "ready", True)
    assert main_form(page).choices == {"reminders": ["7", "14", "30", "stop"]}
    assert (site.changes(), stands(site)) == (before, ("confirmed", None))


async def test_a_client_that_sends_back_what_it_finds_changes_nothing(
    site: Site, browser: httpx.AsyncClient, link: str
) -> None:
    """Scanners get every page and press every button; none of them chooses."""
    before = site.changes()
    for form in forms(await browser.get(link)):
        for name, value in form.buttons:
            page = await browser.post(form.action, data={**form.fields, **({name: value} if name else {})})
            assert "選択してください" in words(page)
        await browser.post(form.action, data={**form.fields, "reminders": ""})
        await browser.post(form.action, data={**form.fields, "reminders": "365"})
    await browser.post(link, data={"reminders": "stop"})
    assert (site.changes(), stands(site)) == (before, ("confirmed", None))


async def test_reminders_stop_and_begin_again(site: Site, browser: httpx.AsyncClient, link: str) -> None:
    first = await browser.get(link)
    page = await press(browser, first, reminders="stop")
    assert (page.status_code, state(page)) == (200, "done")
    assert "停止しています" in words(page)
    assert stands(site) == ("muted", None)
    (at,) = times(page)
    site.later(minutes=5)
    again = await press(browser, first, reminders="stop")
    assert (state(again), times(again)) == ("done", [at]), "the first time stays"
    assert site.value("SELECT count(*) FROM ledger WHERE fact = 'address.muted'") == 1
    page = await browser.get(link)
    assert state(page) == "done"
    done = await press(browser, page, reminders="resume")
    assert (state(done), stands(site)) == ("done", ("confirmed", None))
    assert "再開しました" in words(done)
    repeated = await press(browser, page, reminders="resume")
    assert (state(repeated), times(repeated)) == ("done", times(done))
    assert state(await browser.get(link)) == "ready"


@pytest.mark.parametrize("days", [7, 14, 30])
async def test_a_pause_pressed_twice_is_one(site: Site, browser: httpx.AsyncClient, link: str, days: int) -> None:
    first = await browser.get(link)
    page = await press(browser, first, reminders=str(days))
    assert (state(page), len(times(page))) == ("done", 2)
    until = stands(site)
    site.later(minutes=5)
    assert times(await press(browser, first, reminders=str(days))) == times(page)
    assert stands(site) == until
    assert site.value("SELECT count(*) FROM ledger WHERE fact = 'address.snoozed'") == 1
    await press(browser, await browser.get(link), reminders=str(days))
    assert stands(site) != until, "chosen on a page that shows the pause, it is a new one"
    site.later(days=days + 1)
    assert state(await browser.get(link)) == "ready"


async def test_an_address_that_gets_nothing_has_nothing_to_stop(
    site: Site, browser: httpx.AsyncClient, link: str
) -> None:
    kept = main_form(await browser.get(link))
    site.database.write_now(lambda tx: tx.execute("UPDATE addresses SET status = 'removed'") and None)
    page = await browser.get(link)
    assert (page.status_code, state(page), forms(page)) == (410, "superseded", [])
    late = await press_in(browser, kept, reminders="stop")
    assert (late.status_code, stands(site)) == (410, ("removed", None))


async def test_a_retired_key_stops_nothing(site: Site, browser: httpx.AsyncClient, link: str) -> None:
    kept = main_form(await browser.get(link))
    old = site.keyring.signing.letter
    site.keyring.rotate(now=site.clock.now())
    site.keyring.retire(old)
    page = await browser.get(link)
    assert (page.status_code, state(page), forms(page)) == (410, "expired", [])
    await press_in(browser, kept, reminders="stop")
    assert stands(site)[0] == "confirmed"


async def test_a_link_about_nothing_is_bad(site: Site, browser: httpx.AsyncClient) -> None:
    assert (await browser.get(site.link(Purpose.MUTE, 999))).status_code == 404
