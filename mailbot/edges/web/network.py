"""Where a request came from: the client's address behind our proxies, and the network it stands in.

Owns the reading of `X-Forwarded-For` and `X-Forwarded-Proto`, which are believed only of a trusted proxy's peer.
Whole addresses of customers are kept nowhere: what logs, ledger and evidence get is the network, /24 or /48.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import Scope

UNKNOWN = "unknown"
"""The network of a client that no proxy names."""

CLIENT = "mailbot.client"
"""Key of the scope under which the rest of the web edge finds the `Client`."""


@dataclass(frozen=True, slots=True)
class Client:
    """The other end of a request, as far as it can be believed."""

    network: str
    scheme: str
    proxied: bool
    """True where the bytes go to a proxy of ours first, which answers for the rest of the way."""


class Proxies:
    """The proxies whose word about a client is taken."""

    def __init__(self, trusted: Sequence[str]) -> None:
        """Take addresses and networks (`127.0.0.1`, `10.0.0.0/8`); raises `ValueError` for anything else."""
        self._trusted = tuple(ip_network(entry, strict=False) for entry in trusted)

    def client(self, scope: Scope) -> Client:
        """Say who asks. A peer on a Unix socket is a proxy: only the socket's file permissions let it in."""
        peer = scope.get("client")
        host = peer[0] if peer else None
        if host is not None and not (self._trusted and self._trusts(host)):
            return Client(network_of(host), scope["scheme"], proxied=False)
        forwarded = _joined(scope, b"x-forwarded-for")
        if not forwarded:
            return Client(network_of(host or ""), _scheme(scope), proxied=host is None)
        return Client(network_of(self._foremost(forwarded)), _scheme(scope), proxied=True)

    def _trusts(self, host: str) -> bool:
        address = _address(host)
        return address is not None and any(address in network for network in self._trusted)

    def _foremost(self, forwarded: str) -> str:
        """Return the rightmost host that is no proxy of ours; what stands left of it, anybody may have written."""
        hosts = [host.strip() for host in forwarded.split(",")]
        return next((host for host in reversed(hosts) if not self._trusts(host)), hosts[0])


@lru_cache(maxsize=4096)
def network_of(host: str) -> str:
    """Return the /24 or /48 in which an address stands, or `unknown` for what is no address."""
    address = _address(host)
    if address is None:
        return UNKNOWN
    prefix = 24 if isinstance(address, IPv4Address) else 48
    return str(ip_network((address, prefix), strict=False))


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    # A listener on [::] sees IPv4 clients as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2).
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _joined(scope: Scope, name: bytes) -> str:
    # One list may be spread over several fields (RFC 9110 §5.3).
    return ",".join(value.decode("latin-1") for key, value in scope["headers"] if key == name)


def _scheme(scope: Scope) -> str:
    said = _joined(scope, b"x-forwarded-proto").rpartition(",")[2].strip().lower()
    return said if said in ("http", "https") else str(scope["scheme"])
