"""The pages as people meet them: in a real browser, on a phone and a desktop, without scripts, without a mouse."""

from __future__ import annotations

import os
import shutil
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import async_playwright
from web_site import until

from mailbot.flows.withdraw import Withdraw
from mailbot.links import Purpose

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Literal

    from playwright.async_api import Browser, BrowserContext, Page, ViewportSize
    from web_site import Site

CHROMIUM = shutil.which("chromium", path=os.environ.get("PATH", "") + ":/usr/bin")
PICTURES = Path(__file__).parents[3] / "build" / "pictures"
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
EMAIL = "keiri@sakura.example"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        await browser.close()


@asynccontextmanager
async def visitor(browser: Browser, site: Site, locale: str) -> AsyncIterator[Page]:
    """Somebody on a phone whose browser runs no scripts."""
    context = await browser.new_context(
        base_url=site.url, locale=locale, viewport=PHONE, java_script_enabled=False, accept_downloads=True
    )
    page = await context.new_page()
    yield page
    await context.close()


async def keep(page: Page, name: str) -> None:
    """Take the page's picture at both widths, and see that nothing sticks out of it."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for width, size in (("phone", PHONE), ("desktop", DESKTOP)):
        await page.set_viewport_size(size)
        await page.screenshot(path=PICTURES / f"{name}-{width}.png", full_page=True)
        assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"], (name, width)
    await page.set_viewport_size(PHONE)


async def is_accessible(context: BrowserContext, path: str) -> None:
    page = await context.new_page()
    await page.goto(path)
    results = await Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    await page.close()


@pytest.mark.parametrize("locale", ["ja", "en"])
async def test_the_whole_way_without_scripts(site: Site, locale: str) -> None:
    customer = site.customer(locale=locale, name={"ja": "株式会社さくら工業", "en": "Sakura Works Ltd."}[locale])
    address = site.address(customer, EMAIL)
    subject = {"ja": "2026年11月分 保守サービス利用料", "en": "Maintenance service, November 2026"}[locale]
    invoice = site.invoice(customer, address, subject=subject)
    site.invoice(customer, address, number="INV-2026-1002", subject=subject, amount=33_000)
    async with chromium() as browser, visitor(browser, site, locale) as page:
        await page.goto(site.link(Purpose.PROOF, address, 1))
        await keep(page, f"{locale}-proof")
        await page.click("#act button")
        assert await page.get_attribute("main", "data-state") == "done"
        await keep(page, f"{locale}-proof-done")
        await page.goto(site.link(Purpose.INVOICE, invoice.delivery_id))
        await keep(page, f"{locale}-invoice")
        site.later(seconds=5)
        async with page.expect_download() as download:
            await page.click("#act button.main")
        assert (await download.value).suggested_filename == f"請求書_{invoice.number}.pdf"
        await until(lambda: site.downloads(invoice) == 1)
        await page.reload()
        assert await page.get_attribute("main", "data-state") == "done"
        await keep(page, f"{locale}-invoice-done")
        await page.goto("/my/invoices")
        await keep(page, f"{locale}-list")
        async with page.expect_download() as download:
            await page.locator("#act li button").last.click()
        await download.value
        await page.goto("/my/addresses")
        await page.fill("#email", "bucho@sakura.example")
        await page.click("#act button")
        await keep(page, f"{locale}-addresses")
        await page.click("header nav button")
        await keep(page, f"{locale}-signed-out")


@pytest.mark.parametrize("locale", ["ja", "en"])
async def test_the_pages_of_what_is_over(site: Site, locale: str) -> None:
    customer = site.customer(locale=locale)
    confirmed = site.address(customer, EMAIL, confirmed=True)
    address = site.address(customer, "bucho@sakura.example")
    invoice = site.invoice(customer, confirmed)
    expired = site.link(Purpose.CONFIRM, address, 1)
    site.later(minutes=31)
    await Withdraw(site.desk).invoice("minato", invoice.number, reason="金額に誤りがありました")
    paths = {
        "expired": expired,
        "superseded": site.link(Purpose.PROOF, address, 7),
        "withdrawn": site.link(Purpose.INVOICE, invoice.delivery_id),
        "sign-in-link": site.link(Purpose.SIGN_IN, site.sign_in(customer, confirmed)),
        "sign-in": "/sign-in",
        "invalid": "/l/nothing",
        "home": "/",
    }
    async with chromium() as browser, visitor(browser, site, locale) as page:
        for name, path in paths.items():
            await page.goto(path)
            await keep(page, f"{locale}-{name}")
        await page.goto(expired)
        await page.click("#act button")
        await keep(page, f"{locale}-renewed")


@pytest.mark.parametrize("locale", ["ja", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_everyone_can_use_the_pages(site: Site, locale: str, scheme: Literal["light", "dark"]) -> None:
    customer = site.customer(locale=locale)
    confirmed = site.address(customer, EMAIL, confirmed=True)
    pending = site.address(customer, "bucho@sakura.example")
    invoice = site.invoice(customer, confirmed)
    sign_in = site.sign_in(customer, confirmed)
    paths = [
        site.link(Purpose.PROOF, pending, 1),
        site.link(Purpose.PROOF, pending, 2),
        site.link(Purpose.PROOF, confirmed, 1),
        site.link(Purpose.INVOICE, invoice.delivery_id),
        site.link(Purpose.SIGN_IN, sign_in),
        *("/my/invoices", "/my/addresses", "/sign-in", "/", "/l/nothing", "/d/nothing"),
    ]
    async with chromium() as browser:
        context = await browser.new_context(
            base_url=site.url, locale=locale, bypass_csp=True, viewport=PHONE, color_scheme=scheme
        )
        cookie = site.cookie(customer, confirmed)
        await context.add_cookies([{"name": name, "value": value, "url": site.url} for name, value in cookie.items()])
        for path in paths:
            await is_accessible(context, path)
        if scheme == "dark":
            page = await context.new_page()
            await page.goto(paths[3])
            await keep(page, f"{locale}-invoice-dark")
        await context.close()


async def test_the_keyboard_reaches_the_button_and_never_the_decoy(site: Site) -> None:
    customer = site.customer()
    invoice = site.invoice(customer, site.address(customer, EMAIL, confirmed=True))
    async with chromium() as browser:
        page = await browser.new_page(base_url=site.url, viewport=DESKTOP)
        requests: list[str] = []
        page.on("request", lambda request: requests.append(request.url))
        await page.goto(site.link(Purpose.INVOICE, invoice.delivery_id))
        focused = []
        for _ in range(8):
            await page.keyboard.press("Tab")
            focused.append(
                await page.evaluate("document.activeElement.getAttribute('name') || document.activeElement.className")
            )
        assert "main" in focused
        assert "check" not in focused
        box = await page.locator("[name=check]").bounding_box()
        assert box is not None
        assert box["x"] + box["width"] < 0
        assert len(requests) == 1
