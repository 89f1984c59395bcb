"""A server for the click benchmarks: prints where its page is and serves until it is ended.

`ours`: the whole web edge, access record and log line on. `bare`: a Starlette page that renders the same template with
the same values. `unwritten`: the whole web edge, but a press only looks.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from typing import TYPE_CHECKING

import uvicorn
import uvloop
from installation import installation, queue_notices
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from mailbot import stationery
from mailbot.clock import SystemClock
from mailbot.edges.listening import bind
from mailbot.edges.web.app import build_app
from mailbot.edges.web.moments import date_html, moment_html
from mailbot.edges.web.server import WebServer
from mailbot.edges.web.words import load_words
from mailbot.flows.addresses import Addresses
from mailbot.flows.claim_letter import Claim
from mailbot.flows.confirm import Confirm
from mailbot.flows.credentials import ChangePassword, SignInWays
from mailbot.flows.desk import Desk
from mailbot.flows.download import Download
from mailbot.flows.join import Join
from mailbot.flows.mute import Mute
from mailbot.flows.register import Register
from mailbot.flows.sign_in import SignIn
from mailbot.flows.succession import Succeeding
from mailbot.links import Link, Purpose
from mailbot.log import open_log
from mailbot.mail.addressee import addressed
from mailbot.passwords import Passwords

if TYPE_CHECKING:
    from datetime import datetime

    from jinja2 import Template
    from starlette.requests import Request
    from starlette.types import ASGIApp


class Looking(Download):
    """Answers a press without writing it."""

    async def press(self, link: Link, *, seen_at: datetime, network: str, decoy: bool) -> str:  # noqa: ARG002
        """Look, and sign a pass."""
        self.look(link)
        return self._pass(1)


async def main(kind: str) -> None:
    """Serve one kind."""
    with installation() as silent:
        await queue_notices(silent, 1000)
        desk = Desk(
            silent.database,
            silent.vault,
            silent.links,
            silent.clock,
            silent.issuers,
            silent.rules,
            open_log(clock=SystemClock()),
        )
        download = (Looking if kind == "unwritten" else Download)(desk)
        token = desk.links.sign(Purpose.INVOICE, 1, at=desk.clock.now())
        socket = bind("127.0.0.1:0")
        where = {"port": socket.getsockname()[1], "path": f"/l/{token}"}
        if kind == "bare":
            app = _bare(desk, download, token)
            server = uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="critical", http="httptools"))
            print(json.dumps(where), flush=True)  # noqa: T201
            await server.serve(sockets=[socket])
            return
        web = WebServer(_ours(desk, download), sockets=[socket])
        await web.start()
        print(json.dumps(where), flush=True)  # noqa: T201
        while True:
            await download.step()
            await asyncio.sleep(1)


def _ours(desk: Desk, download: Download) -> ASGIApp:
    passwords = Passwords()
    return build_app(
        confirm=Confirm(desk),
        sign_in=SignIn(desk),
        download=download,
        ways=SignInWays(desk, passwords),
        change_password=ChangePassword(desk, passwords),
        addresses=Addresses(desk),
        register=Register(desk, passwords),
        claim=Claim(desk, passwords),
        join=Join(desk),
        mute=Mute(desk),
        succession=Succeeding(desk),
        links=desk.links,
        clock=desk.clock,
        rules=desk.rules,
        issuers=desk.issuers,
        facts=desk.facts,
        templates=stationery.ours() / "page",
        trusted_proxies=[],
        ready=lambda: True,
    )


def _bare(desk: Desk, download: Download, token: str) -> Starlette:
    template = _plain_template()
    page = download.look(desk.links.open(token))
    seen = desk.links.sign(Purpose.SEEN, 1, 2, 3, at=desk.clock.now())

    async def show(_: Request) -> Response:
        html = template.render(
            locale="ja", state=page.state, page=page, invoice=page.invoice, issuer=page.issuer, seen=seen
        )
        return HTMLResponse(html)

    return Starlette(routes=[Route("/l/{token}", show)])


def _plain_template() -> Template:
    """Compile the page as Jinja does by itself."""
    folder = stationery.ours() / "page"
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = Markup((folder / "style.css").read_text().strip())  # noqa: S704 -- our own file
    environment.globals |= {"t": load_words([folder])["ja"], "style": style, "moment": moment_html, "date": date_html}
    environment.filters["addressed"] = lambda name, _: addressed(name)
    return environment.get_template("invoice.html.j2")


def seen_in(html: str) -> str:
    """Return the value of the form's `seen`."""
    found = re.search(r'name="seen" value="([^"]+)"', html)
    assert found is not None
    return found[1]


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
