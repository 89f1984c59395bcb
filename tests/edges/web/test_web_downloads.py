"""A download counts when its last byte arrived after a press, and at no other time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from web_download import BIG, Raw, press
from web_site import Invoiced, state, until, words

from mailbot.links import Purpose

if TYPE_CHECKING:
    import httpx
    from web_site import Site

EMAIL = "keiri@sakura.example"


def sent(site: Site, pdf: bytes = BIG) -> Invoiced:
    customer = site.customer()
    return site.invoice(customer, site.address(customer, EMAIL, confirmed=True), pdf=pdf)


async def quiet(site: Site) -> None:
    """Wait until every answer has ended, so that nothing is left to be counted."""
    await until(lambda: not site.server.busy)


async def test_a_whole_download_counts_once(site: Site, browser: httpx.AsyncClient) -> None:
    invoice = sent(site)
    path = await press(site, browser, invoice)
    answer = await browser.get(path)
    assert answer.status_code == 200
    assert answer.content == invoice.pdf
    await until(lambda: site.downloads(invoice) == 1)
    assert site.value("SELECT status FROM invoices") == "downloaded"
    await browser.get(path)
    await quiet(site)
    assert site.downloads(invoice) == 1


async def test_what_the_answer_says(site: Site, browser: httpx.AsyncClient) -> None:
    invoice = sent(site)
    path = await press(site, browser, invoice)
    head = await browser.head(path)
    assert head.status_code == 200
    expected = {
        "content-type": "application/pdf",
        "content-length": str(len(BIG)),
        "accept-ranges": "bytes",
        "x-accel-buffering": "no",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    assert {name: head.headers[name] for name in expected} == expected
    assert head.headers["content-disposition"] == (
        "attachment; filename=\"invoice.pdf\"; filename*=UTF-8''%E8%AB%8B%E6%B1%82%E6%9B%B8_INV-2026-1101.pdf"
    )
    await quiet(site)
    assert site.downloads(invoice) == 0


async def test_pages_count_nothing(site: Site, browser: httpx.AsyncClient) -> None:
    invoice = sent(site)
    path = site.link(Purpose.INVOICE, invoice.delivery_id)
    before = site.changes()
    for _ in range(20):
        assert state(await browser.get(path)) == "ready"
        await browser.head(path)
    assert site.changes() == before


@pytest.mark.parametrize("share", [0.01, 0.5])
@pytest.mark.parametrize("how", ["reset", "close"])
async def test_a_broken_off_download_counts_nothing(
    site: Site, browser: httpx.AsyncClient, share: float, how: str
) -> None:
    invoice = sent(site)
    raw = await Raw.get(site.port, await press(site, browser, invoice))
    await raw.take(int(len(BIG) * share))
    getattr(raw, how)()
    await quiet(site)
    assert site.downloads(invoice) == 0
    assert site.value("SELECT last_downloaded_at FROM invoices") is None


@pytest.mark.parametrize("octets", [100, 50_000])
async def test_a_small_file_that_was_never_read_counts_nothing(
    site: Site, browser: httpx.AsyncClient, octets: int
) -> None:
    """All of it is acknowledged by the client's kernel; only the end of the connection tells."""
    invoice = sent(site, pdf=BIG[:100_000])
    raw = await Raw.get(site.port, await press(site, browser, invoice))
    await raw.take(octets)
    raw.close()
    await quiet(site)
    assert site.downloads(invoice) == 0


async def test_a_resumed_download_counts(site: Site, browser: httpx.AsyncClient) -> None:
    invoice = sent(site)
    path = await press(site, browser, invoice)
    raw = await Raw.get(site.port, path)
    half = len(BIG) // 2
    await raw.take(half)
    raw.reset()
    etag = (await browser.head(path)).headers["etag"]
    rest = await browser.get(path, headers={"range": f"bytes={half}-", "if-range": etag})
    assert rest.status_code == 206
    assert rest.headers["content-range"] == f"bytes {half}-{len(BIG) - 1}/{len(BIG)}"
    assert rest.content == BIG[half:]
    await until(lambda: site.downloads(invoice) == 1)


async def test_parts_count_once_they_are_all_there(site: Site, browser: httpx.AsyncClient) -> None:
    invoice = sent(site)
    path = await press(site, browser, invoice)
    third = len(BIG) // 3
    for wanted in (f"{2 * third}-", f"0-{third - 1}"):
        await browser.get(path, headers={"range": f"bytes={wanted}"})
    await quiet(site)
    assert site.downloads(invoice) == 0
    await browser.get(path, headers={"range": f"bytes={third}-{2 * third - 1}"})
    await until(lambda: site.downloads(invoice) == 1)


async def test_the_last_byte_alone_counts_nothing(site: Site, browser: httpx.AsyncClient) -> None:
    invoice = sent(site)
    path = await press(site, browser, invoice)
    for _ in range(3):
        last = await browser.get(path, headers={"range": "bytes=-1"})
        assert (last.status_code, last.content) == (206, BIG[-1:])
    await quiet(site)
    assert site.downloads(invoice) == 0


async def test_ranges_that_are_not_served_as_such(site: Site, browser: httpx.AsyncClient) -> None:
    invoice = sent(site, pdf=b"%PDF-1.7 twenty bytes")
    path = await press(site, browser, invoice)
    for wanted in ("bytes=0-1,4-5", "lines=1-2", "bytes=5-3", "bytes=-", "bytes=x-"):
        whole = await browser.get(path, headers={"range": wanted})
        assert (whole.status_code, whole.content) == (200, invoice.pdf), wanted
    other = await browser.get(path, headers={"range": "bytes=0-1", "if-range": '"another"'})
    assert other.status_code == 200
    beyond = await browser.get(path, headers={"range": "bytes=21-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */21")


async def test_a_slow_reader_counts_when_it_has_finished(site: Site, browser: httpx.AsyncClient) -> None:
    invoice = sent(site)
    raw = await Raw.get(site.port, await press(site, browser, invoice))
    await raw.take(len(BIG) - 1, at_once=16 * 1024)
    assert site.downloads(invoice) == 0
    await raw.take(len(BIG))
    raw.close()
    await until(lambda: site.downloads(invoice) == 1)


async def test_a_reader_that_keeps_its_connection_counts(site: Site, browser: httpx.AsyncClient) -> None:
    invoice = sent(site)
    raw = await Raw.get(site.port, await press(site, browser, invoice))
    await raw.take(len(BIG))
    await until(lambda: site.downloads(invoice) == 1)
    raw.close()


async def test_a_download_is_over_after_ten_minutes_or_a_withdrawal(site: Site, browser: httpx.AsyncClient) -> None:
    invoice = sent(site)
    path = await press(site, browser, invoice)
    await site.database.write(lambda tx: tx.execute("UPDATE invoices SET status = 'withdrawn'"))
    withdrawn = await browser.get(path)
    await site.database.write(lambda tx: tx.execute("UPDATE invoices SET status = 'open'"))
    site.later(minutes=11)
    late = await browser.get(path)
    for page in (withdrawn, late):
        assert (page.status_code, state(page)) == (410, "expired")
        assert "もう一度開き" in words(page)


async def test_a_file_that_was_altered_is_not_served(site: Site, browser: httpx.AsyncClient) -> None:
    invoice = sent(site, pdf=b"%PDF-1.7 as it was")
    path = await press(site, browser, invoice)
    file = next((site.desk.vault.folder).rglob("*.pdf"))
    file.chmod(0o600)
    file.write_bytes(b"%PDF-1.7 as it isn")
    assert (await browser.get(path)).status_code == 503
    file.unlink()
    assert (await browser.get(path)).status_code == 503
    assert [file.name in str(fact["error"]) for fact in site.facts.of("task.failed")] == [True, True]


async def test_a_client_that_goes_at_once_is_no_failure_of_ours(site: Site, browser: httpx.AsyncClient) -> None:
    invoice = sent(site)
    path = await press(site, browser, invoice)
    for _ in range(20):
        raw = await Raw.get(site.port, path)
        raw.reset()
    await until(lambda: not site.server.busy)
    assert site.downloads(invoice) == 0
    assert site.facts.of("task.failed") == []
