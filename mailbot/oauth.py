"""Access tokens for mail servers that take OAuth 2 in place of a password.

Owns the refresh-token flow (RFC 6749 §6) and when a token is fetched anew. How a token is shown to a server (XOAUTH2)
is the edges' own affair. What is called here waits for the network: never on the event loop.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from mailbot.errors import MailbotError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from urllib.request import OpenerDirector

SECONDS = 10
"""How long the token endpoint may take to answer."""

EARLY_S = 60.0
"""A token that ends sooner than this is not begun with."""

UNTOLD_S = 300.0
"""How long a token is used whose end the endpoint does not tell (RFC 6749 §5.1 only recommends that it does)."""

_LARGEST = 64 * 1024
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class TokenUnavailable(MailbotError):
    """The token endpoint gives no token now; it may later."""


class TokenRefused(MailbotError):
    """The token endpoint does not take our refresh token or our name; a person has to look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What an administrator gave us to fetch access tokens with."""

    token_url: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    """Empty for a public client (RFC 6749 §2.1)."""
    refresh_token: str = field(repr=False)
    kept: Path | None = None
    """File for a refresh token that the endpoint gives in place of ours; None: it is forgotten at the end."""


def fault(token_url: str) -> str:
    """Say why tokens are not fetched from such an address, or return an empty text."""
    try:
        parts = urlsplit(token_url)
    except ValueError:
        return "is no web address"
    if parts.scheme == "https" and parts.hostname:
        return ""
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return ""
    return "is no https address" if parts.hostname else "is no web address"


class Tokens:
    """The access token of one grant, fetched when it is needed; may be shared between threads."""

    def __init__(self, grant: Grant) -> None:
        self._grant = grant
        self._refresh_token = _kept(grant) or grant.refresh_token
        self._lock = threading.Lock()
        self._token = ""
        self._ends = 0.0

    def __repr__(self) -> str:
        return f"Tokens({self._grant.token_url})"

    def token(self, *, instead_of: str = "") -> str:
        """Return a token that is good for a while; another one than `instead_of`, which a server has refused.

        Of several callers at once, one fetches. Raises `TokenUnavailable` and `TokenRefused`.
        """
        with self._lock:
            if not self._token or self._token == instead_of or time.monotonic() >= self._ends:
                self._renew()
            return self._token

    def _renew(self) -> None:
        answer = _fetch(self._grant, self._refresh_token)
        token = answer.get("access_token")
        if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
            raise TokenUnavailable(f"{self._grant.token_url} answers without an access token. Check oauth.token_url.")
        life = _seconds(answer.get("expires_in"))
        self._token, self._ends = token, time.monotonic() + max(life - EARLY_S, life / 2)
        fresh = answer.get("refresh_token")
        if isinstance(fresh, str) and fresh and fresh != self._refresh_token:
            # RFC 6749 §6: the old one is to be discarded.
            self._refresh_token = fresh
            _keep(self._grant, fresh)


def _seconds(told: object) -> float:
    try:
        return max(float(told), 0.0)  # type: ignore[arg-type]  # whatever is no number is told by what it raises
    except (TypeError, ValueError):
        return UNTOLD_S


def _fetch(grant: Grant, refresh_token: str) -> Mapping[str, object]:
    from urllib.error import HTTPError  # noqa: PLC0415  installations without OAuth do without these 20 ms
    from urllib.request import Request  # noqa: PLC0415  the same

    form = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": grant.client_id}
    if grant.client_secret:
        form["client_secret"] = grant.client_secret
    headers = {"Accept": "application/json", "User-Agent": "mailbot"}
    request = Request(grant.token_url, urlencode(form).encode(), headers)  # noqa: S310  see `fault`
    try:
        with _opener(grant.token_url).open(request, timeout=SECONDS) as answer:
            return _object(answer.read(_LARGEST))
    except HTTPError as error:
        with error:
            raise _refusal(grant, error.code, _object(error.read(_LARGEST))) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise TokenUnavailable(
            f"{grant.token_url} cannot be reached ({reason}). Check oauth.token_url and the way there."
        ) from None


def _opener(token_url: str) -> OpenerDirector:
    """Return what opens an address: by the machine's proxy, but for our own machine."""
    from urllib.request import ProxyHandler, build_opener  # noqa: PLC0415  as above

    near = urlsplit(token_url).hostname in _LOOPBACK
    return build_opener(*([ProxyHandler({})] if near else []))


def _object(content: bytes) -> Mapping[str, object]:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _refusal(grant: Grant, status: int, answer: Mapping[str, object]) -> MailbotError:
    """Tell what the endpoint will not take from what it cannot do now (RFC 6749 §5.2)."""
    said = " ".join(str(answer[name]) for name in ("error", "error_description") if answer.get(name))
    words = " ".join(f"{grant.token_url} answers {status} {said}".split())[:300]
    if status in {400, 401, 403} and answer.get("error") != "temporarily_unavailable":
        return TokenRefused(
            f"{words}. Check oauth.client_id, the client secret and the refresh token; a refresh token that has run"
            " out is replaced by signing in at the provider anew."
        )
    return TokenUnavailable(f"{words}. Check oauth.token_url, or wait until the provider works again.")


def _kept(grant: Grant) -> str:
    """Return the refresh token that the endpoint gave in place of the configured one; empty where there is none."""
    if grant.kept is None:
        return ""
    try:
        found = _object(grant.kept.read_bytes())
    except OSError:
        return ""
    token = found.get("refresh_token")
    # Whoever configures another one means that one.
    return token if isinstance(token, str) and found.get("in_place_of") == _digest(grant.refresh_token) else ""


def _keep(grant: Grant, fresh: str) -> None:
    """Write a refresh token down for the next start; one that cannot be written is used until then."""
    if grant.kept is None:
        return
    content = json.dumps({"in_place_of": _digest(grant.refresh_token), "refresh_token": fresh})
    draft = grant.kept.with_name(f".{grant.kept.name}.{secrets.token_hex(4)}.new")
    with contextlib.suppress(OSError):
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        draft.replace(grant.kept)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
