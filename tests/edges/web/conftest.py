"""A site for each test, on the event loop that the daemon uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest_asyncio
import uvloop
from web_site import Site

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Callable, Mapping
    from pathlib import Path


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run the tests of this folder on the loop that the daemon runs on."""
    return {"uvloop": uvloop.new_event_loop}


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    site = Site(tmp_path)
    await site.server.start()
    yield site
    await site.close()


@pytest_asyncio.fixture
async def browser(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """A client that keeps cookies, as one person's browser does."""
    async with httpx.AsyncClient(base_url=site.url, headers={"accept-language": "ja"}) as client:
        yield client
