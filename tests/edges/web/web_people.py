"""People who were invited, by mail or on paper, and people who have an account: by the real flows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.domain import paper_code
from mailbot.flows import invited
from mailbot.flows.invite import Invite
from mailbot.flows.letters import Letters
from mailbot.flows.register import Register
from mailbot.links import Purpose
from mailbot.store import invitations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from web_site import Site

EMAIL = "keiri@sakura.example"
PASSWORD = "みなと 海岸 さくら 並木"  # noqa: S105 - a made-up one
SHORT = "short"
WRONG = "wrong wrong wrong"
NO_CODE = "0000-0000-0000"

COMPANY = {
    "business_class": "corporation",
    "registration_number": "Ｔ７０００－０１２０－５０００２",
    "name": "株式会社さくら工業",
    "kana": "ｶﾌﾞｼｷｶﾞｲｼｬさくらこうぎょう",
    "postal_code": "１０５－００２２",
    "postal_address": "東京都港区海岸1-2-3",
    "phone": "０３（１２３４）５６７８",
}
PERSON = {"person_name": "山田 太郎", "department": "経理課"}


@dataclass(frozen=True, slots=True)
class Letter:
    """What stands on a letter."""

    paper_id: str
    password: str
    link: str


async def invite(site: Site, customer: int, *, issuer: str = "minato") -> str:
    """Invite a customer by mail and return the path of the link in the mail, which the relay has taken."""
    plan = await Invite(site.desk).mail(Invite(site.desk).plan(issuer, [site.code(customer)]))
    assert len(plan.rows) == 1, plan

    def sent(tx):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - a transaction
        found = invitations.current(tx, customer)
        assert found is not None
        to = plan.rows[0].email
        invited.gone_out(site.desk, tx, found, channel="mail", to=to, expires_at=found.expires_at)
        return found

    found = site.database.write_now(sent)
    return site.link(Purpose.INVITATION, found.id, found.version)


async def letter(site: Site, customer: int, *, issuer: str = "minato") -> Letter:
    """Print a letter for a customer."""
    draft = await Letters(site.desk).draw(issuer, [site.code(customer)], reissue=True)
    await Letters(site.desk).printed(draft)
    (one,) = draft.letters
    return Letter(paper_code.shown(one.paper_id), paper_code.shown(one.password), one.link.partition("testserver")[2])


async def register(site: Site, path: str, *, password: str = PASSWORD) -> int:
    """Register behind an invitation's link and return the session's id."""
    link = site.links.open(path.removeprefix("/l/"))
    page = Register(site.desk, site.passwords).look(link)
    done = await Register(site.desk, site.passwords).complete(
        link, company=COMPANY, person={**PERSON, "email": page.email}, password=password, network="192.0.2.0/24"
    )
    assert done.session_id is not None
    return done.session_id


async def account(site: Site, *, email: str = EMAIL, password: str = PASSWORD, locale: str = "ja") -> tuple[int, int]:
    """Return a customer that is connected to an account, and a session of its person."""
    customer = site.customer(locale=locale)
    site.address(customer, email)
    return customer, await register(site, await invite(site, customer), password=password)


def payload(site: Site, kind: str) -> Mapping[str, object]:
    """Return what the last mail of a kind states."""
    text = site.value("SELECT payload FROM outbox WHERE kind = :kind ORDER BY id DESC LIMIT 1", kind=kind)
    assert isinstance(text, str), kind
    found: Mapping[str, object] = json.loads(text)
    return found


def registration_link(site: Site) -> str:
    claim = payload(site, "registration")["claim"]
    assert isinstance(claim, int)
    return site.link(Purpose.REGISTRATION, claim)


def password_link(site: Site) -> str:
    stated = payload(site, "password")
    return site.link(Purpose.PASSWORD, int(str(stated["password_link"])), int(str(stated["password_version"])))


def sign_in_link(site: Site) -> str:
    return site.link(Purpose.SIGN_IN, int(str(payload(site, "sign_in")["sign_in"])))


def confirm_link(site: Site) -> str:
    address = site.value("SELECT address_id FROM outbox WHERE kind = 'confirm' ORDER BY id DESC LIMIT 1")
    return site.link(Purpose.CONFIRM, int(str(address)), int(str(payload(site, "confirm")["version"])))
