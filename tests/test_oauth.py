"""Access tokens: fetched when they are needed, once for all who ask, and never written where others read."""

from __future__ import annotations

import asyncio
import json
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from token_endpoint import Endpoint

from mailbot import oauth
from mailbot.oauth import Grant, TokenRefused, Tokens, TokenUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    async with Endpoint().listening() as listening:
        yield listening


@pytest.fixture
def grant(endpoint: Endpoint, tmp_path: Path) -> Grant:
    return Grant(
        token_url=endpoint.url,
        client_id="mailbot",
        client_secret="s3cret",  # noqa: S106  # of a test
        refresh_token="refresh-0",  # noqa: S106  # the same
        kept=tmp_path / "imap-refresh-token",
    )


async def token(tokens: Tokens, instead_of: str = "") -> str:
    return await asyncio.to_thread(lambda: tokens.token(instead_of=instead_of))


async def test_a_token_is_used_until_it_ends(endpoint: Endpoint, grant: Grant) -> None:
    tokens = Tokens(grant)
    assert [await token(tokens) for _ in range(3)] == ["access-1"] * 3
    (form,) = endpoint.asked
    assert form == {
        "grant_type": "refresh_token",
        "refresh_token": "refresh-0",
        "client_id": "mailbot",
        "client_secret": "s3cret",
    }


async def test_a_token_that_ends_at_once_is_fetched_anew(endpoint: Endpoint, grant: Grant) -> None:
    endpoint.lives = 0
    tokens = Tokens(grant)
    assert [await token(tokens) for _ in range(2)] == ["access-1", "access-2"]


@pytest.mark.parametrize("lives", [None, "soon", []])
async def test_a_token_without_an_end_is_used_for_a_while(endpoint: Endpoint, grant: Grant, lives: object) -> None:
    endpoint.lives = lives
    tokens = Tokens(grant)
    assert [await token(tokens) for _ in range(2)] == ["access-1"] * 2


async def test_of_many_who_were_refused_one_fetches(endpoint: Endpoint, grant: Grant) -> None:
    tokens = Tokens(replace(grant, client_secret=""))
    first = await token(tokens)
    assert set(await asyncio.gather(*(token(tokens, first) for _ in range(5)))) == {"access-2"}
    assert len(endpoint.asked) == 2
    assert "client_secret" not in endpoint.asked[0]


async def test_a_refresh_token_that_is_replaced_is_kept(endpoint: Endpoint, grant: Grant) -> None:
    endpoint.rotates = True
    assert grant.kept is not None
    tokens = Tokens(grant)
    await token(tokens, await token(tokens))
    assert stat.S_IMODE(grant.kept.stat().st_mode) == 0o600
    # Another start goes on with it, ...
    assert await token(Tokens(grant)) == "access-3"
    assert [each["refresh_token"] for each in endpoint.asked] == ["refresh-0", "refresh-1", "refresh-2"]
    # ... unless somebody configures another one.
    endpoint.refresh_token = "by hand"  # noqa: S105  # of a test
    assert await token(Tokens(replace(grant, refresh_token="by hand"))) == "access-4"  # noqa: S106  # the same


@pytest.mark.parametrize("content", ["", "[]", '{"refresh_token": 1}', '{"refresh_token": "x", "in_place_of": "y"}'])
async def test_what_was_kept_and_is_of_no_use_is_passed_over(grant: Grant, content: str) -> None:
    assert grant.kept is not None
    grant.kept.write_text(content)
    assert await token(Tokens(grant)) == "access-1"


async def test_a_refresh_token_that_cannot_be_kept_is_used_all_the_same(
    endpoint: Endpoint, grant: Grant, tmp_path: Path
) -> None:
    endpoint.rotates = True
    tokens = Tokens(replace(grant, kept=tmp_path / "nowhere" / "token"))
    assert await token(tokens, await token(tokens)) == "access-2"
    forgetful = Tokens(replace(grant, kept=None, refresh_token=endpoint.refresh_token))
    assert await token(forgetful, await token(forgetful)) == "access-4"


@pytest.mark.parametrize("status", [400, 401])
async def test_what_the_provider_does_not_take_is_told_from_what_it_cannot_do(
    endpoint: Endpoint, grant: Grant, status: int
) -> None:
    endpoint.refusal = (status, {"error": "invalid_grant", "error_description": "AADSTS70008:\r\nexpired"})
    with pytest.raises(
        TokenRefused, match=rf"/token answers {status} invalid_grant AADSTS70008: expired\. Check oauth"
    ):
        await token(Tokens(grant))
    endpoint.refusal = (status, {"error": "temporarily_unavailable"})
    with pytest.raises(TokenUnavailable):
        await token(Tokens(grant))


@pytest.mark.parametrize(
    "answer",
    [(500, "oops"), (429, {}), (200, []), (200, {}), (200, {"access_token": 7}), (200, {"access_token": "a\1b"})],
)
async def test_an_endpoint_that_gives_no_token_is_asked_again_later(
    endpoint: Endpoint, grant: Grant, answer: tuple[int, object]
) -> None:
    endpoint.refusal = answer
    tokens = Tokens(grant)
    with pytest.raises(TokenUnavailable, match=r"Check oauth\.token_url"):
        await token(tokens)
    endpoint.refusal = None
    assert (await token(tokens)).startswith("access-")


def test_an_endpoint_that_is_not_there_is_told() -> None:
    nowhere = Grant(token_url="http://127.0.0.1:1/token", client_id="x", refresh_token="hush")  # noqa: S106  # of a test
    with pytest.raises(TokenUnavailable, match=r"127\.0\.0\.1:1/token cannot be reached .*refused") as caught:
        Tokens(nowhere).token()
    assert "hush" not in f"{caught.value} {nowhere!r} {Tokens(nowhere)!r}"


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("https://login.example.com/token", ""),
        ("http://127.0.0.1:8080/token", ""),
        ("http://[::1]/token", ""),
        ("http://localhost/token", ""),
        ("http://login.example.com/token", "is no https address"),
        ("ftp://login.example.com/token", "is no https address"),
        ("login.example.com", "is no web address"),
        ("https://", "is no web address"),
        ("https://[::1/token", "is no web address"),
    ],
)
def test_tokens_are_fetched_over_https_or_from_our_own_machine(url: str, wrong: str) -> None:
    assert oauth.fault(url) == wrong


async def test_what_is_kept_says_nothing_of_the_configured_token(endpoint: Endpoint, grant: Grant) -> None:
    endpoint.rotates = True
    await token(Tokens(grant))
    assert grant.kept is not None
    assert set(json.loads(grant.kept.read_text())) == {"in_place_of", "refresh_token"}
    assert "refresh-0" not in grant.kept.read_text()
