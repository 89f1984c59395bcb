"""The pictures of the README, taken of the real daemon: a notice as the sandbox shows it, and the page behind its link.

Owns `build/pictures/readme-*.png`, small enough to be kept. To renew those that the README shows:
`pytest tests/pictures && cp build/pictures/readme-*.png data/pictures/`
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from playwright.async_api import async_playwright

from mailbot.cli.visitor import Visitor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.async_api import Page

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data" / "sample"
BUILT = ROOT / "build" / "pictures"
CHROMIUM = shutil.which("chromium", path=os.environ.get("PATH", "") + ":/usr/bin")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip
CUSTOMER, NUMBER = "info@minato-suisan.example.com", "AB-2026-1103"
SECONDS = 60
COLOURS = 64
MOST_BYTES = 120_000

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.xdist_group("demo"),
]


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)


def mailbot(folder: Path, *words: str) -> list[str]:
    """Run a command on the installation in `folder`, as an admin does."""
    command = [sys.executable, "-m", "mailbot", *words, "--config", str(folder / "mailbot.toml"), "--json"]
    done = subprocess.run(command, cwd=SAMPLE, capture_output=True, encoding="utf-8", timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """A sandbox of the sample issuers in which one Japanese notice was sent; its address."""
    head = '[http]\nlisten = "127.0.0.1:0"\n'
    (tmp_path / "mailbot.toml").write_text(head + (SAMPLE / "issuers.toml").read_text(encoding="utf-8"), "utf-8")
    log = tmp_path / "log"
    command = [sys.executable, "-m", "mailbot", "run", "--sandbox", "--config", str(tmp_path / "mailbot.toml")]
    with log.open("wb") as out:
        daemon = subprocess.Popen(command, stderr=out)
    try:
        until(lambda: "daemon.started" in log.read_text("utf-8") or daemon.poll() is not None, "the daemon")
        found = re.search(r"listen=(\S+)", log.read_text("utf-8"))
        assert found, log.read_text("utf-8")
        notified(tmp_path, f"http://{found[1]}")
        yield f"http://{found[1]}"
    finally:
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(SECONDS) == 0


def notified(folder: Path, base_url: str) -> None:
    """Import customers, prove the address of one, and issue its invoice."""
    customer = Visitor(base_url)
    mailbot(folder, "customers", "import", "customers-aoba.csv", "--issuer", "AOBA", "--yes")
    until(lambda: newest(customer, "proof"), "the proof")
    customer.press(customer.open(customer.link_in(newest(customer, "proof"))))
    mailbot(folder, "invoices", "import", "invoices-aoba/invoices.csv", "--issuer", "AOBA", "--yes")
    until(lambda: newest(customer, "notice"), "the notice")


def newest(customer: Visitor, kind: str) -> dict[str, str]:
    """Return the customer's newest mail of a kind, as the sandbox lists it, or nothing."""
    return next((mail for mail in customer.mails() if (mail["to"], mail["kind"]) == (CUSTOMER, kind)), {})


async def take(page: Page, name: str) -> None:
    """Take a picture of the whole page, in few colours, so that it is small."""
    BUILT.mkdir(parents=True, exist_ok=True)
    path = BUILT / f"readme-{name}.png"
    await page.screenshot(path=path, full_page=True)
    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    assert path.stat().st_size < MOST_BYTES


async def test_a_mail_and_its_link_page_are_as_the_readme_shows_them(site: str) -> None:
    mail = newest(Visitor(site), "notice")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = await browser.new_page(viewport={"width": 760, "height": 980}, locale="ja", color_scheme="light")
        await page.goto(f"{site}/sandbox/{mail['id']}")
        assert NUMBER in await page.frame_locator("iframe").locator("body").inner_text()
        await take(page, "mail")
        await page.frame_locator("iframe").get_by_role("link", name="請求書を受け取る").click()
        await page.wait_for_selector("main[data-state=ready]")
        assert NUMBER in await page.locator("main").inner_text()
        await page.set_viewport_size({"width": 560, "height": 400})
        await take(page, "link")
        await browser.close()
