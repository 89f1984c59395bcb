"""The sandbox's pages in a real browser: the links of a mail lead on, nothing runs, and anyone can read them."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped] # it has no types
from playwright.async_api import async_playwright
from smtp_peers import until
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route
from test_sandbox import TEMPLATES, invoice_mail, kept, mailbox

from mailbot.clock import SystemClock
from mailbot.edges.sandbox import Mailbox, routes
from mailbot.edges.sandbox.answering import Post, Told

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser
    from starlette.requests import Request

__all__ = ["mailbox"]

CHROMIUM = Path("/usr/bin/chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        await chromium.close()


class Nobody:
    """Takes every answer and makes nothing of it."""

    async def hear(self, post: Post) -> int | None:  # noqa: ARG002 - the protocol's
        return 1

    def told(self, inbox_id: int) -> Told | None:  # noqa: ARG002 - the protocol's
        return Told(state="done", kind="command", rule="none of the others", action="received", error="")


@contextlib.asynccontextmanager
async def served(mailbox: Mailbox) -> AsyncIterator[str]:
    """The sandbox with a page of its own behind the link, as the daemon would have it."""

    async def landing(request: Request) -> HTMLResponse:
        words = "pressed" if request.method == "POST" else "landed"
        return HTMLResponse(f'<title>{words}</title><form method="post"><button>press</button></form>')

    answering = routes(mailbox, TEMPLATES, ear=Nobody(), clock=SystemClock())
    pages = Starlette(routes=[*answering, Route("/l/token", landing, methods=["GET", "POST"])])
    server = uvicorn.Server(uvicorn.Config(pages, port=0, log_level="error", ws="none", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


async def test_the_links_of_a_mail_lead_out_of_its_frame_and_on(browser: Browser, mailbox: Mailbox) -> None:
    async with served(mailbox) as site:
        button = f'<script>document.title="ran"</script><a href="{site}/l/token">open</a>'
        number = kept(mailbox, invoice_mail(html=f"<html><head></head><body>{button}</body></html>"))
        page = await browser.new_page()
        await page.goto(f"{site}/sandbox/{number}")
        await page.frame_locator("iframe").get_by_text("open").click()
        await page.wait_for_url(f"{site}/l/token")
        await page.click("button")
        await page.wait_for_function("document.title === 'pressed'")
        await page.goto(f"{site}/sandbox/{number}/html")
        assert await page.title() == ""
        await page.close()


async def test_a_mail_is_answered_below_it(browser: Browser, mailbox: Mailbox) -> None:
    number = kept(mailbox, invoice_mail())
    async with served(mailbox) as site:
        page = await browser.new_page()
        await page.goto(f"{site}/sandbox/{number}")
        await page.click("text=Send this answer")
        await page.wait_for_selector("text=Nothing was sent")
        await page.go_back()
        await page.fill("textarea", "お世話になっております。")
        await page.click("text=Send this answer")
        await page.wait_for_url(f"{site}/sandbox/{number}/answer/1?since={number}")
        assert await page.inner_text("dl.told") == "It is\ncommand\nBecause\nnone of the others\nDone\nreceived"
        await page.close()


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1200, "dark")])
async def test_every_page_can_be_read_by_anyone(browser: Browser, mailbox: Mailbox, width: int, scheme: str) -> None:
    for minute in range(3):
        number = kept(
            mailbox, invoice_mail(f"A subject that goes on and on {'x' * 80}", text="http://x.test/\n"), minute
        )
    async with served(mailbox) as site:
        context = await browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light"
        )
        page = await context.new_page()
        answered = f"/{number}/answer/1?since=0"
        for path in ("", f"/{number}", f"/{number}?show=text", f"/{number}?show=source", answered):
            await page.goto(f"{site}/sandbox{path}")
            found = await Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
            assert await page.evaluate("document.documentElement.scrollWidth") == width
        await context.close()
