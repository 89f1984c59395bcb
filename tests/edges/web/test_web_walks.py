"""Each path of both guides as a person walks it: without scripts, on a phone and a desktop, in both languages."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from test_web_pictures import CHROMIUM, DESKTOP, PHONE, PICTURES, chromium
from web_people import COMPANY, EMAIL, PERSON, invite
from web_walks import WALKS, Walk, letter_first_sign_in, mail_without_account, paper_without_account

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from playwright.async_api import Page, ViewportSize
    from web_site import Site

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

WIDTHS: dict[str, ViewportSize] = {"phone": PHONE, "desktop": DESKTOP}
LIGHT = 30_000


@asynccontextmanager
async def walker(
    site: Site, locale: str, width: str, look: Callable[[Page, str], Awaitable[None]], *, scripts: bool = False
) -> AsyncIterator[Walk]:
    async with chromium() as browser:
        context = await browser.new_context(
            base_url=site.url,
            locale=locale,
            viewport=WIDTHS[width],
            java_script_enabled=scripts,
            bypass_csp=scripts,
            color_scheme="dark" if scripts and width == "phone" else "light",
        )
        yield Walk(site, await context.new_page(), locale, look)
        await context.close()


@pytest.mark.parametrize("width", list(WIDTHS))
@pytest.mark.parametrize("locale", ["ja", "en"])
@pytest.mark.parametrize("way", WALKS, ids=lambda way: way.__name__)
async def test_every_path_of_the_guides(
    site: Site, way: Callable[[Walk], Awaitable[None]], locale: str, width: str
) -> None:
    """Nothing sticks out at either width, no page is heavy, and none asks for more than itself."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    requests: list[str] = []

    async def look(page: Page, name: str) -> None:
        await page.screenshot(path=PICTURES / f"{name}-{width}.png", full_page=True)
        assert await page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[width]["width"], name
        assert len((await page.content()).encode()) < LIGHT, name

    async with walker(site, locale, width, look) as walk:
        walk.page.on("request", lambda request: requests.append(request.resource_type))
        await way(walk)
    assert set(requests) == {"document"}


@pytest.mark.parametrize(("locale", "width"), [("ja", "phone"), ("en", "desktop")])
@pytest.mark.parametrize("way", WALKS, ids=lambda way: way.__name__)
async def test_everyone_can_walk_it(
    site: Site, way: Callable[[Walk], Awaitable[None]], locale: str, width: str
) -> None:
    """No page on the way has an axe violation, in light colours nor in dark ones."""

    async def look(page: Page, name: str) -> None:
        results = await Axe().run(page)
        assert results.violations_count == 0, (name, results.generate_report())

    async with walker(site, locale, width, look, scripts=True) as walk:
        await way(walk)


@pytest.mark.parametrize(
    ("way", "clicks", "pages", "theirs"),
    [
        (mail_without_account, 4, 4, 10),
        (paper_without_account, 8, 7, 18),
        (letter_first_sign_in, 4, 4, 10),
    ],
    ids=lambda given: getattr(given, "__name__", str(given)),
)
async def test_fewer_steps_than_the_guides(
    site: Site, way: Callable[[Walk], Awaitable[None]], clicks: int, pages: int, theirs: int
) -> None:
    """Clicks and pages together; typing, choosing in a form, scrolling and opening the mailbox count nowhere.

    The platform's guide, invited by mail, no ID (its steps 1 to 6). Clicks: the link in the mail, [無料IDを取得],
    [あなたの情報入力へ], [確認画面へ], [登録する]. Pages: log in or get an ID, company, person, review, top page.
    5 + 5; ours 4 + 4: the link in the mail leads to the company form, and the last button to the invoices.

    The same by postcard (steps 1 to 10). Clicks: the search result, [IDを持っていない], [次へ], [あなたの情報入力へ],
    [確認画面へ], [登録する], the link in the mail, [ログイン]. Pages: search results, have you an ID, temporary ID,
    company, person, review, mail sent, completed, log-in, top page. 8 + 10; ours 8 + 7: the QR code, four buttons,
    the link in the mail, a box and its button; nobody searches and nobody logs in.

    The first log-in with a letter (steps 1 to 7). Clicks: the address of the page, [ログイン], [登録], the link in the
    mail, [請求書一覧へ]. Pages: log-in, receiving address, mail sent, completed, list. 5 + 5; ours 4 + 4: the address
    is typed beside the letter's password, and the success page has the list on it.
    """

    async def look(page: Page, name: str) -> None:
        assert await page.locator("main").count() == 1, name

    async with walker(site, "ja", "phone", look) as walk:
        await way(walk)
        assert (walk.clicks, walk.pages) == (clicks, pages)
        assert walk.steps < theirs


async def test_a_keyboard_is_enough(site: Site) -> None:
    """Registering with Tab, arrows, Space and Enter alone; Enter in a field goes on and shows no password."""
    customer = site.customer()
    site.address(customer, EMAIL)
    path = await invite(site, customer)

    async def look(_: Page, __: str) -> None:
        return

    async with walker(site, "ja", "desktop", look) as walk:
        page = walk.page

        async def tab_to(name: str) -> None:
            for _ in range(30):
                await page.keyboard.press("Tab")
                if await page.evaluate("document.activeElement.name") == name:
                    return
            raise AssertionError(name)

        async def typed(**values: str) -> None:
            for name, value in values.items():
                await tab_to(name)
                await page.keyboard.press("ControlOrMeta+A")
                await page.keyboard.insert_text(value)

        await page.goto(path)
        await tab_to("business_class")
        await page.keyboard.press("Space")
        await typed(**{name: value for name, value in COMPANY.items() if name != "business_class"})
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
        await typed(**PERSON)
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
        await tab_to("password")
        async with page.expect_navigation():
            await page.keyboard.press("Enter")
        assert await walk.path() == "/my/invoices"
        assert site.value("SELECT business_class FROM accounts") == "corporation"


async def test_an_error_is_where_a_reader_of_the_screen_begins(site: Site) -> None:
    customer = site.customer()
    site.address(customer, EMAIL)
    path = await invite(site, customer)

    async def look(_: Page, __: str) -> None:
        return

    async with walker(site, "ja", "phone", look) as walk:
        await walk.follow(path, "")
        await walk.press("#act button.main", "")
        page = walk.page
        assert (await page.title()).startswith("入力エラー")
        assert await page.evaluate("document.activeElement.getAttribute('role')") == "alert"
        described = await page.get_attribute("#phone", "aria-describedby")
        assert described is not None
        for name in described.split():
            assert await page.locator(f"#{name}").count() == 1
        await page.click("a[href='#phone']")
        assert await page.evaluate("document.activeElement.id") == "phone"
