"""What holds for every answer: headers, limits, errors, and what is logged of it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from typing import TYPE_CHECKING

import pytest
from web_site import seen, state, words

from mailbot.edges.web.headers import StandingHeaders
from mailbot.edges.web.network import Client, Proxies, network_of
from mailbot.links import Purpose

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx
    from starlette.types import Scope
    from web_site import Site


async def test_every_answer_has_the_standing_headers(browser: httpx.AsyncClient) -> None:
    for path in ("/", "/sign-in", "/healthz", "/l/x", "/nowhere", "/my/invoices"):
        headers = (await browser.get(path)).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert policy.endswith("form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "server" not in headers
        assert "strict-transport-security" not in headers


async def test_the_policy_lets_our_style_through(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/")
    found = re.search(r"<style>(.*?)</style>", page.text, re.DOTALL)
    assert found
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in page.headers["content-security-policy"]


def test_https_is_promised_where_we_are_served_by_it_and_own_headers_stay() -> None:
    headers = StandingHeaders(style_hash="x", https=True).onto([(b"X-Frame-Options", b"SAMEORIGIN")])
    assert (b"strict-transport-security", b"max-age=31536000") in headers
    assert [value for name, value in headers if name.lower() == b"x-frame-options"] == [b"SAMEORIGIN"]


async def test_the_log_has_the_route_and_never_the_path(site: Site, browser: httpx.AsyncClient) -> None:
    token = site.link(Purpose.PROOF, site.address(site.customer(), "a@b.example"), 1)
    await browser.get(token)
    await browser.post(token)
    await browser.get("/l/nothing")
    await browser.get("/nowhere")
    await browser.get("/healthz")
    told = [(fact["method"], fact["route"], fact["status"]) for fact in site.facts.of("http.answered")]
    assert told == [
        ("GET", "link", 200),
        ("POST", "link", 200),
        ("GET", "link", 404),
        ("GET", "none", 404),
        ("GET", "healthz", 200),
    ]
    assert {fact["network"] for fact in site.facts.of("http.answered")} == {"127.0.0.0/24"}
    assert [fact["route"] for fact in site.facts.of("link.refused")] == ["link"]
    assert token[3:] not in repr(site.facts.facts)
    assert "b.example" not in repr(site.facts.facts)


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_the_limit_is_refused(site: Site, browser: httpx.AsyncClient, *, chunked: bool) -> None:
    path = site.link(Purpose.PROOF, site.address(site.customer(), "a@b.example"), 1)
    form = {"content-type": "application/x-www-form-urlencoded"}
    body = b"seen=" + b"x" * 70_000

    async def pieces() -> AsyncIterator[bytes]:
        yield body

    page = await browser.post(path, content=pieces() if chunked else body, headers=form)
    assert (page.status_code, state(page)) == (413, "invalid")


async def test_too_long_a_head_is_refused(site: Site) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"y" * 40_000 + b"\r\n\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 400")
    writer.close()


async def test_methods_that_a_page_does_not_have(browser: httpx.AsyncClient) -> None:
    for method, path in (("DELETE", "/l/x"), ("POST", "/"), ("GET", "/sign-out"), ("PUT", "/d/x")):
        page = await browser.request(method, path)
        assert (page.status_code, state(page)) == (405, "invalid")
        assert page.headers["allow"]


async def test_when_something_of_ours_raises(site: Site, browser: httpx.AsyncClient) -> None:
    path = site.link(Purpose.PROOF, site.address(site.customer(), "secret@b.example"), 1)
    await site.database.write(lambda tx: tx.execute("UPDATE customers SET issuer = 'gone', locale = 'ja'"))
    page = await browser.get(path)
    assert page.status_code in (409, 500)
    await site.database.write(lambda tx: tx.execute("ALTER TABLE addresses RENAME TO elsewhere"))
    page = await browser.get(path)
    assert (page.status_code, state(page)) in ((500, "invalid"), (503, "invalid"))
    assert "もう一度お試しください" in words(page)
    assert "SELECT" not in page.text
    assert len(site.facts.of("task.failed")) == 1
    assert "secret" not in repr(site.facts.of("task.failed"))


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("ja,en;q=0.8", "ja"),
        ("en-GB,en;q=0.9,ja;q=0.1", "en"),
        ("fr-FR,fr", "en"),
        ("fr,ja;q=0.2", "ja"),
        ("", "ja"),
        ("*", "ja"),
        (";;q=x,,", "ja"),
    ],
)
async def test_pages_for_everyone_follow_the_browsers_language(
    browser: httpx.AsyncClient, header: str, locale: str
) -> None:
    page = await browser.get("/", headers={"accept-language": header})
    assert f'<html lang="{locale}">' in page.text


def asked(peer: str | None, *forwarded: str, proto: str = "") -> Scope:
    headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]
    if proto:
        headers.append((b"x-forwarded-proto", proto.encode()))
    return {"type": "http", "client": (peer, 1234) if peer else None, "scheme": "http", "headers": headers}


@pytest.mark.parametrize(
    ("scope", "client"),
    [
        (asked("203.0.113.9", "198.51.100.7"), Client("203.0.113.0/24", "http", proxied=False)),
        (asked("127.0.0.1"), Client("127.0.0.0/24", "http", proxied=False)),
        (asked("127.0.0.1", "198.51.100.7", proto="https"), Client("198.51.100.0/24", "https", proxied=True)),
        (asked("127.0.0.1", "6.6.6.6, 198.51.100.7, 10.1.2.3"), Client("198.51.100.0/24", "http", proxied=True)),
        (asked("127.0.0.1", "6.6.6.6", "198.51.100.7"), Client("198.51.100.0/24", "http", proxied=True)),
        (asked("127.0.0.1", "10.0.0.1"), Client("10.0.0.0/24", "http", proxied=True)),
        (asked("127.0.0.1", "garbage"), Client("unknown", "http", proxied=True)),
        (asked(None, "2001:db8:1:2::3"), Client("2001:db8:1::/48", "http", proxied=True)),
        (asked(None), Client("unknown", "http", proxied=True)),
        (asked("::ffff:203.0.113.9"), Client("203.0.113.0/24", "http", proxied=False)),
    ],
)
def test_who_asks(scope: Scope, client: Client) -> None:
    assert Proxies(["127.0.0.1", "10.0.0.0/8"]).client(scope) == client


def test_networks() -> None:
    assert network_of("2001:db8:aaaa:bbbb::1") == "2001:db8:aaaa::/48"
    assert network_of("nonsense") == "unknown"


async def test_an_old_seen_of_a_revoked_key_shows_the_page_again(site: Site, browser: httpx.AsyncClient) -> None:
    address = site.address(site.customer(), "a@b.example")
    form = {"seen": seen(await browser.get(site.link(Purpose.PROOF, address, 1)))}
    old = site.links.signing_key
    site.keyring.rotate(now=site.clock.now())
    site.keyring.revoke(old)
    assert state(await browser.post(site.link(Purpose.PROOF, address, 1), data=form)) == "ready"


async def test_a_length_with_thousands_of_zeros_is_no_failure_of_ours(site: Site, browser: httpx.AsyncClient) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", browser.base_url.port)
    writer.write(b"POST /l/x HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"0" * 5000 + b"1\r\n\r\nx")
    assert (await reader.readline()).startswith(b"HTTP/1.1 404 ")
    assert site.facts.of("task.failed") == []
    writer.close()


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {"origin": "http://["}]
)
async def test_no_other_site_presses_a_link(site: Site, browser: httpx.AsyncClient, headers: dict[str, str]) -> None:
    address = site.address(site.customer(), "a@b.example")
    path = site.link(Purpose.PROOF, address, 1)
    form = {"seen": seen(await browser.get(path))}
    page = await browser.post(path, data=form, headers=headers)
    assert (page.status_code, state(page)) == (403, "invalid")
    assert "set-cookie" not in page.headers
    assert site.value("SELECT status FROM addresses") == "pending"
    own = {"origin": "null", "sec-fetch-site": "same-origin"}
    assert state(await browser.post(path, data=form, headers=own)) == "done"
