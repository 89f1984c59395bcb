"""The web edge as one ASGI application.

Owns the route table and how the parts are put together. What a page shows and does is the matter of the module it is
routed to.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Mount, Route, Router

from mailbot.edges.web.addresses import AddressPages
from mailbot.edges.web.claim import ClaimPages
from mailbot.edges.web.cookies import SessionCookie
from mailbot.edges.web.downloads import Downloads
from mailbot.edges.web.errands import Errands
from mailbot.edges.web.front import Front
from mailbot.edges.web.headers import StandingHeaders
from mailbot.edges.web.invitations import InvitationPages
from mailbot.edges.web.links.dispatch import MailedLinks
from mailbot.edges.web.network import Proxies
from mailbot.edges.web.origins import ForeignPress
from mailbot.edges.web.pages import Pages, each_time
from mailbot.edges.web.parts import Parts
from mailbot.edges.web.passwords import PasswordPages
from mailbot.edges.web.seen import Seen
from mailbot.edges.web.sessions import SessionPages
from mailbot.edges.web.signing_in import SignInPages
from mailbot.errors import BadLink, Refused
from mailbot.flows.locks import Locked
from mailbot.passwords import Busy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from mailbot.clock import Clock
    from mailbot.domain.policy import Issuer, Rules
    from mailbot.edges.web.pages import Proofread
    from mailbot.facts import Facts
    from mailbot.flows.addresses import Addresses
    from mailbot.flows.claim_letter import Claim
    from mailbot.flows.confirm import Confirm
    from mailbot.flows.credentials import ChangePassword, SignInWays
    from mailbot.flows.download import Download
    from mailbot.flows.join import Join
    from mailbot.flows.mute import Mute
    from mailbot.flows.register import Register
    from mailbot.flows.sign_in import SignIn
    from mailbot.flows.succession import Succeeding
    from mailbot.links import Links


def build_app(
    *,
    confirm: Confirm,
    sign_in: SignIn,
    download: Download,
    ways: SignInWays,
    change_password: ChangePassword,
    addresses: Addresses,
    register: Register,
    claim: Claim,
    join: Join,
    mute: Mute,
    succession: Succeeding,
    links: Links,
    clock: Clock,
    rules: Rules,
    issuers: Mapping[str, Issuer],
    facts: Facts,
    templates: Path | Sequence[Path],
    proofread: Proofread = each_time,
    trusted_proxies: Sequence[str],
    extra_routes: Sequence[BaseRoute] = (),
    ready: Callable[[], bool],
) -> ASGIApp:
    """Put the web edge together.

    `templates` is the folder of page templates, or several, the first shadowing the next; `proofread` may know them
    already; `ready` says whether the daemon works (`/healthz`). Raises `TemplateError` for templates that cannot be
    used and `ValueError` for a trusted proxy that is no address.
    """
    https = rules.base_url.startswith("https:")
    pages = Pages([templates] if isinstance(templates, Path) else list(templates), proofread)
    parts = Parts(
        confirm=confirm,
        sign_in=sign_in,
        download=download,
        ways=ways,
        change_password=change_password,
        addresses=addresses,
        register=register,
        claim=claim,
        join=join,
        mute=mute,
        succession=succession,
        links=links,
        clock=clock,
        issuers=issuers,
        facts=facts,
        pages=pages,
        seen=Seen(links, clock),
        cookie=SessionCookie(https=https),
        base_url=rules.base_url,
    )
    errands = Errands(parts)
    routes = [*_routes(parts, errands, ready), *extra_routes]
    return Front(
        _application(routes, errands),
        proxies=Proxies(trusted_proxies),
        headers=StandingHeaders(style_hash=pages.style_hash, https=https),
        facts=facts,
        routes=_names(routes),
        apology=errands.apology,
    )


def _routes(parts: Parts, errands: Errands, ready: Callable[[], bool]) -> list[BaseRoute]:
    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n") if ready() else PlainTextResponse("not ready\n", 503)

    session = SessionPages(parts)
    show, act, both = ["GET"], ["POST"], ["GET", "POST"]
    return [
        Route("/l/{token}", MailedLinks(parts), methods=both, name="link"),
        Route("/d/{token}", Downloads(parts), methods=show, name="download"),
        Route("/my/invoices", session.invoices, methods=both, name="invoices"),
        Route("/my/addresses", AddressPages(parts).addresses, methods=both, name="addresses"),
        Route("/my/invitations", InvitationPages(parts).invitations, methods=both, name="invitations"),
        Route("/my/password", PasswordPages(parts).password, methods=both, name="password"),
        Route("/claim", ClaimPages(parts).claim, methods=both, name="claim"),
        Route("/sign-in", SignInPages(parts).sign_in, methods=both, name="sign_in"),
        Route("/sign-out", session.sign_out, methods=act, name="sign_out"),
        Route("/healthz", healthz, methods=show, name="healthz"),
        Route("/", errands.home, methods=show, name="home"),
    ]


def _application(routes: Sequence[BaseRoute], errands: Errands) -> ASGIApp:
    """Route, and give each error its page. Starlette's own outermost layer is left out: the front stands there."""
    return ExceptionMiddleware(
        Router(list(routes), redirect_slashes=False),
        handlers={
            404: errands.not_found,
            405: errands.not_allowed,
            BadLink: errands.bad_link,
            ForeignPress: errands.foreign_press,
            Locked: errands.locked,
            Busy: errands.busy,
            Refused: errands.refused,
        },
    )


def _names(routes: Sequence[BaseRoute]) -> dict[object, str]:
    """Name each endpoint for the log; routes below a mount go by the mount's name."""
    names: dict[object, str] = {}
    for route in routes:
        if isinstance(route, Route):
            names[route.endpoint] = route.name
        elif isinstance(route, Mount):
            name = route.name or route.path.strip("/")
            names |= dict.fromkeys((route.app, *_names(route.routes)), name)
    return names
