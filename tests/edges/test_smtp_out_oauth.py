"""Signing in to the relay with an access token in place of a password."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from smtp_peers import Script, envelope, relay, sent
from token_endpoint import Endpoint

from mailbot.edges.smtp_out.opening import probe
from mailbot.errors import Deferred
from mailbot.flows.post import Accepted
from mailbot.oauth import Grant, Tokens

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from mailbot.edges.smtp_out import Relay


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    async with Endpoint().listening() as listening:
        yield listening


class Believer(Script):
    """A relay that takes the endpoint's tokens, by Google's XOAUTH2."""

    def __init__(self, tokens: set[str], refused: bytes = b"535 5.7.8 no such token\r\n") -> None:
        greets = b"250-script\r\n250-PIPELINING\r\n250 AUTH XOAUTH2\r\n"
        super().__init__({"EHLO": greets, "AUTH": self._judge, "": refused})
        self._tokens = tokens
        self.shown: list[str] = []

    def _judge(self, _: int, line: bytes) -> bytes:
        said = base64.b64decode(line.split()[2]).decode()
        found = re.fullmatch("user=mailbot\1auth=Bearer ([^\1]*)\1\1", said)
        assert found, said
        self.shown.append(found[1])
        return b"235 2.7.0 in\r\n" if found[1] in self._tokens else b"334 eyJzdGF0dXMiOiI0MDAifQ==\r\n"


def to(script: Script, endpoint: Endpoint) -> Relay:
    grant = Grant(token_url=endpoint.url, client_id="mailbot", refresh_token="refresh-0")  # noqa: S106  # of a test
    return replace(relay(script.port), username="mailbot", tokens=Tokens(grant))


async def test_a_token_signs_in_on_all_connections(endpoint: Endpoint) -> None:
    async with Believer(endpoint.tokens).listening() as script:
        outcomes = await sent(to(script, endpoint), *(envelope(number) for number in range(3)))
    assert all(isinstance(outcome, Accepted) for outcome in outcomes.values())
    assert len(endpoint.asked) == 1


async def test_a_token_that_ended_early_is_replaced_at_once(endpoint: Endpoint) -> None:
    async with Believer(endpoint.tokens).listening() as script:
        relay_ = to(script, endpoint)
        await probe(relay_)
        endpoint.tokens.clear()
        assert (await probe(relay_)).authenticated
        assert isinstance(script, Believer)
        assert script.shown == ["access-1", "access-1", "access-2"]


async def test_a_fresh_token_that_is_refused_costs_no_mail(endpoint: Endpoint) -> None:
    async with Believer(set()).listening() as script:
        with pytest.raises(Deferred, match=r"refused the sign-in: 535 .* Check \[smtp\] username and oauth") as caught:
            await probe(to(script, endpoint))
    assert caught.value.relay
    assert len(endpoint.asked) == 2


async def test_a_sign_in_that_cannot_be_judged_now_asks_for_no_other_token(endpoint: Endpoint) -> None:
    async with Believer(set(), b"454 4.7.0 later\r\n").listening() as script:
        with pytest.raises(Deferred, match="454"):
            await probe(to(script, endpoint))
    assert len(endpoint.asked) == 1


async def test_an_endpoint_without_a_token_costs_no_mail(endpoint: Endpoint) -> None:
    endpoint.refusal = (400, {"error": "invalid_client"})
    async with Believer(endpoint.tokens).listening() as script:
        with pytest.raises(Deferred, match=r"no token to sign in to 127.0.0.1:\d+ with: .*invalid_client") as caught:
            await probe(to(script, endpoint))
    assert caught.value.relay
