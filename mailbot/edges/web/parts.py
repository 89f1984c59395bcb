"""What every page of the web edge works with.

Owns no behaviour of its own: `build_app` lays these parts out once, and each handler is built upon them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.edges.web.languages import preferred
from mailbot.edges.web.network import CLIENT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from starlette.requests import Request

    from mailbot.clock import Clock
    from mailbot.domain.policy import Issuer
    from mailbot.edges.web.cookies import SessionCookie
    from mailbot.edges.web.network import Client
    from mailbot.edges.web.pages import Pages
    from mailbot.edges.web.seen import Seen
    from mailbot.facts import Facts
    from mailbot.flows.addresses import Addresses
    from mailbot.flows.claim_letter import Claim
    from mailbot.flows.confirm import Confirm
    from mailbot.flows.credentials import ChangePassword, SignInWays
    from mailbot.flows.download import Download
    from mailbot.flows.join import Join
    from mailbot.flows.mute import Mute
    from mailbot.flows.register import Register
    from mailbot.flows.session import Session
    from mailbot.flows.sign_in import SignIn
    from mailbot.flows.succession import Succeeding
    from mailbot.links import Link, Links


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The flows, the keys and the pages of one installation."""

    confirm: Confirm
    sign_in: SignIn
    download: Download
    ways: SignInWays
    change_password: ChangePassword
    addresses: Addresses
    register: Register
    claim: Claim
    join: Join
    mute: Mute
    succession: Succeeding
    links: Links
    clock: Clock
    issuers: Mapping[str, Issuer]
    facts: Facts
    pages: Pages
    seen: Seen
    cookie: SessionCookie
    base_url: str

    def session(self, request: Request) -> Session | None:
        """Return the live session that the browser holds, if any."""
        return self.sign_in.session(self.cookie.read(request))


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One genuine link, followed (GET, HEAD) or pressed (POST)."""

    request: Request
    link: Link
    form: Mapping[str, str]
    seen_at: datetime | None
    """When the page with the pressed button was got; None for a press that does not prove it."""

    @property
    def network(self) -> str:
        """The network that the request came from."""
        return client_of(self.request).network


def client_of(request: Request) -> Client:
    """Return who asks, as the front found out."""
    client: Client = request.scope[CLIENT]
    return client


def locale_of(request: Request) -> str:
    """Return the language that the browser asks for."""
    return preferred(request.headers.get("accept-language", ""))
