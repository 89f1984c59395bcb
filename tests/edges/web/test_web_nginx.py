"""The same downloads behind a real nginx, whose buffers acknowledge more than its client has read."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING

import httpx
import pytest
import pytest_asyncio
from web_download import BIG, Raw, press
from web_site import Invoiced, Site, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")

CONF = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{behind};
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            {more}
        }}
    }}
}}
"""

MODERN = 'proxy_http_version 1.1; proxy_set_header Connection "";'


@pytest_asyncio.fixture
async def proxied(tmp_path: Path) -> AsyncIterator[Site]:
    site = Site(tmp_path, trusted_proxies=["127.0.0.1"])
    await site.server.start()
    yield site
    await site.close()


@pytest_asyncio.fixture(params=["", MODERN], ids=["http1.0", "http1.1"])
async def port(request: pytest.FixtureRequest, proxied: Site, tmp_path: Path) -> AsyncIterator[int]:
    """The port of an nginx before the site."""
    folder = tmp_path / "nginx"
    folder.mkdir()
    port = free_port()
    text = CONF.format(folder=folder, port=port, behind=proxied.port, more=request.param)
    (folder / "nginx.conf").write_text(text)
    command = [str(NGINX), "-c", str(folder / "nginx.conf"), "-p", str(folder)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: ASYNC220 - started, not waited for
    await until(lambda: listens(port))
    yield port
    process.terminate()
    process.wait(5)


@pytest_asyncio.fixture
async def browser(port: int) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        yield client


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def sent(site: Site, pdf: bytes = BIG) -> Invoiced:
    customer = site.customer()
    return site.invoice(customer, site.address(customer, "keiri@sakura.example", confirmed=True), pdf=pdf)


async def test_a_whole_download_counts_at_once(proxied: Site, browser: httpx.AsyncClient) -> None:
    invoice = sent(proxied)
    answer = await browser.get(await press(proxied, browser, invoice))
    assert answer.content == BIG
    await until(lambda: proxied.downloads(invoice) == 1, seconds=3)


@pytest.mark.parametrize("share", [0.01, 0.5])
@pytest.mark.parametrize(
    ("how", "pdf"),
    [("reset", BIG), ("close", BIG), ("reset", BIG[:200_000]), ("close", BIG[:200_000])],
    ids=["reset-big", "close-big", "reset-small", "close-small"],
)
async def test_a_broken_off_download_counts_nothing(
    proxied: Site, browser: httpx.AsyncClient, share: float, how: str, pdf: bytes
) -> None:
    invoice = sent(proxied, pdf)
    raw = await Raw.get(browser.base_url.port or 0, await press(proxied, browser, invoice))
    await raw.take(int(len(pdf) * share))
    getattr(raw, how)()
    await until(lambda: not proxied.server.busy)
    assert proxied.downloads(invoice) == 0


async def test_a_resumed_download_counts(proxied: Site, browser: httpx.AsyncClient, port: int) -> None:
    invoice = sent(proxied)
    path = await press(proxied, browser, invoice)
    half = len(BIG) // 2
    raw = await Raw.get(port, path)
    await raw.take(half)
    raw.reset()
    rest = await browser.get(path, headers={"range": f"bytes={half}-"})
    assert rest.status_code == 206
    await until(lambda: proxied.downloads(invoice) == 1)


async def test_the_client_is_whom_nginx_names(proxied: Site, browser: httpx.AsyncClient) -> None:
    await browser.get("/healthz", headers={"x-forwarded-for": "203.0.113.5"})
    # nginx's own peer is the rightmost: a trusted address here, so that the next one counts.
    assert proxied.facts.of("http.answered")[-1]["network"] == "203.0.113.0/24"
