"""Listening, starting and stopping."""

from __future__ import annotations

import asyncio
import signal
import socket
from typing import TYPE_CHECKING

import httpx
import pytest
from web_download import BIG, Raw, press
from web_site import Site, until

from mailbot.edges.listening import bind
from mailbot.edges.web.server import WebServer
from mailbot.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


async def test_signals_stay_with_the_daemon(tmp_path: Path) -> None:
    before = [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)]
    site = Site(tmp_path)
    await site.server.start()
    assert [signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)] == before
    await site.close()


async def test_a_unix_socket(tmp_path: Path, site: Site) -> None:
    path = tmp_path / "web.sock"
    stale = bind(f"unix:{path}")
    stale.close()
    server = WebServer(site.app, sockets=[bind(f"unix:{path}")])
    await server.start()
    transport = httpx.AsyncHTTPTransport(uds=str(path))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as browser:
        assert (await browser.get("/healthz")).text == "ok\n"
        customer = site.customer()
        invoice = site.invoice(customer, site.address(customer, "a@b.example", confirmed=True), pdf=BIG)
        answer = await browser.get(await press(site, browser, invoice))
        assert answer.content == BIG
        await until(lambda: site.downloads(invoice) == 1)
    with pytest.raises(ConfigError, match="listen"):
        bind(f"unix:{path}")
    await server.stop(2)


async def test_ipv6() -> None:
    listening = bind("[::1]:0")
    assert listening.family == socket.AF_INET6
    listening.close()


@pytest.mark.parametrize(
    "listen", ["nonsense", "127.0.0.1:99999", "127.0.0.1:x", "unix:/nowhere/at/all", "192.0.2.1:1"]
)
def test_what_cannot_be_had_is_said(listen: str) -> None:
    with pytest.raises(ConfigError, match="listen"):
        bind(listen)


async def test_a_taken_port_is_said(site: Site) -> None:
    with pytest.raises(ConfigError, match="in use"):
        bind(f"127.0.0.1:{site.port}")


async def test_stopping_lets_a_download_end(tmp_path: Path) -> None:
    site = Site(tmp_path)
    await site.server.start()
    customer = site.customer()
    invoice = site.invoice(customer, site.address(customer, "a@b.example", confirmed=True), pdf=BIG)
    async with httpx.AsyncClient(base_url=site.url) as browser:
        raw = await Raw.get(site.port, await press(site, browser, invoice))
    stopping = asyncio.create_task(site.server.stop(10))
    await raw.take(len(BIG))
    raw.close()
    await stopping
    assert site.downloads(invoice) == 1
    site.database.close()


async def test_stopping_ends_in_bounded_time(tmp_path: Path) -> None:
    site = Site(tmp_path)
    await site.server.start()
    customer = site.customer()
    invoice = site.invoice(customer, site.address(customer, "a@b.example", confirmed=True), pdf=BIG)
    async with httpx.AsyncClient(base_url=site.url) as browser:
        raw = await Raw.get(site.port, await press(site, browser, invoice))
    async with asyncio.timeout(5):
        await site.server.stop(0.3)
    raw.close()
    assert site.downloads(invoice) == 0
    site.database.close()
