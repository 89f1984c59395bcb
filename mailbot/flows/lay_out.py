"""Laying out a mail: from its row and what its claim recorded to its envelope and bytes.

Owns the context that templates see and the header fields. The bytes are a pure function of the row and the claim, so
that every attempt can be laid out again, byte for byte: nothing here asks the time, the configuration or a random
number; what comes from outside stands in the claim's edition.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mailbot.clock import moment
from mailbot.domain.address import CONFIRM_LIFETIME, PASSWORD_LIFETIME, Delivery
from mailbot.domain.dates import end_of_days
from mailbot.domain.outbox import TO_STAFF, Kind
from mailbot.domain.succession import DAYS as SUCCESSOR_DAYS
from mailbot.errors import MailbotError, StoreError
from mailbot.flows.sign_in import LIFETIME
from mailbot.links import Purpose, TagPurpose, tagged
from mailbot.mail.address import path
from mailbot.mail.addressee import date_en, date_ja
from mailbot.mail.compose import Attachment, compose
from mailbot.mail.edition import Edition
from mailbot.mail.envelope import Envelope
from mailbot.mail.header import formatted
from mailbot.mail.render import LOCALES, Renderer, plain_values

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from mailbot.domain.policy import Issuer, Rules
    from mailbot.links import Links
    from mailbot.store.files import Vault
    from mailbot.store.outbox import Claim, Mail

SHORT_HASH = 8
"""Characters of a ledger's head that stand in a mail's footer."""


def edition_of(issuers: Mapping[str, Issuer], rules: Rules, templates: Mapping[str, str]) -> Edition:
    """Return the edition that mails are laid out with from now on."""
    return Edition(
        {
            "templates": dict(templates),
            "issuers": {
                code: {locale: _card(issuer.in_language(locale)) for locale in LOCALES}
                for code, issuer in issuers.items()
            },
            "base_url": rules.base_url,
            "redirect_to": rules.redirect_to,
            "inbound": rules.inbound_address,
            "separator": rules.inbound_separator,
            "hears": rules.hears,
        }
    )


def _card(issuer: Issuer) -> dict[str, Any]:
    contact = issuer.contact
    return {
        "code": issuer.code,
        "name": issuer.name,
        "sender": issuer.sender,
        "registration_number": issuer.registration_number,
        "time_zone": issuer.time_zone,
        "proof_days": issuer.proof_days,
        "invitation_days": issuer.invitation_days,
        "contact": {
            "name": contact.name,
            "phone": contact.phone,
            "hours": contact.hours,
            "email": contact.email,
            "postal": contact.postal,
        },
    }


class MissingFile(MailbotError):
    """A file that goes along with a mail is missing or was altered: this mail waits for a person, the store works."""


class LayOut:
    """Lays out the mails of one edition."""

    def __init__(self, edition: Edition, links: Links, vault: Vault | None = None) -> None:
        """Lay out with the templates of `edition`; a mail with files needs the `vault` that they lie in."""
        self.edition = edition
        self._links = links
        self._vault = vault
        self._content = edition.content
        self._cards = {
            (code, locale): plain_values(card)
            for code, cards in edition.content["issuers"].items()
            for locale, card in cards.items()
        }
        self._renderer = Renderer(edition)
        self.base_url = str(self._content["base_url"])
        self._link = f"{self.base_url}/l/"

    def check(self) -> None:
        """Raise `TemplateError` where a kind of mail has no template, or one that would fail when a mail is due."""
        from mailbot.mail.proofread import check  # noqa: PLC0415  most starts have nothing new to proofread

        check(self.edition)

    def envelope(self, mail: Mail, claim: Claim) -> Envelope:
        """Return the mail as it goes on the wire.

        Raises `TemplateError`, `HeaderInjection`, and `MissingFile`.
        """
        card = self._cards[mail.issuer, mail.locale]
        context = self._context(mail, claim, card)
        rendered = self._renderer.render(mail.kind, mail.locale, context)
        content = compose(
            headers=self._headers(mail, claim, card, subject=rendered.subject, context=context),
            date=claim.claimed_at.astimezone(ZoneInfo(card["time_zone"])),
            rendered=rendered,
            seed=mail.message_id,
            attachments=self._attachments(context),
        )
        return Envelope(
            sender=self._return_path(mail, claim, card),
            recipient=path(self._content["redirect_to"] or mail.email),
            content=content,
            envid=mail.message_id,
            kind=mail.kind,
            row=mail.id,
        )

    def _context(self, mail: Mail, claim: Claim, card: Mapping[str, Any]) -> dict[str, Any]:
        seq, digest = claim.heads.get(mail.issuer, (0, "0" * 64))
        context: dict[str, Any] = {
            **json.loads(mail.payload),
            "issuer": card,
            "to": mail.email,
            "locale": mail.locale,
            "ledger": {"seq": seq, "short": digest[:SHORT_HASH]},
            "can_reply": self._content["hears"] and mail.kind not in TO_STAFF,
            "redirected": mail.email if self._content["redirect_to"] else "",
        }
        _LINKED.get(mail.kind, _add_nothing)(self, context, mail, claim)
        return context

    def _attachments(self, context: Mapping[str, Any]) -> list[Attachment]:
        """Return the files that the mail or its invoices carry, their bytes checked against their names."""
        invoiced = [facts["file"] for facts in context.get("invoices", ()) if "file" in facts]
        return [
            Attachment(file["name"], self._file(file["sha256"]), file.get("type", "application/pdf"))
            for file in (*invoiced, *context.get("files", ()))
        ]

    def _file(self, sha256: str) -> bytes:
        if self._vault is None:
            raise MissingFile(f"the file {sha256} goes along with this mail, and no vault is at hand")
        try:
            with self._vault.open(sha256) as file:
                return file.read()
        except StoreError as error:
            raise MissingFile(str(error)) from error

    def link(self, purpose: Purpose, *ids: int, claim: Claim) -> str:
        """Return a link signed with the claim's key as of the claim's moment."""
        return self._link + self._links.sign(purpose, *ids, at=claim.claimed_at, key=claim.key)

    def _headers(
        self, mail: Mail, claim: Claim, card: Mapping[str, Any], *, subject: str, context: Mapping[str, Any]
    ) -> list[tuple[str, str]]:
        seq, digest = claim.heads.get(mail.issuer, (0, "0" * 64))
        headers = [
            ("From", formatted(card["name"], card["sender"])),
            ("To", formatted("", self._content["redirect_to"] or mail.email)),
            ("Subject", subject),
            ("Message-ID", f"<{mail.message_id}>"),
            # RFC 3834 §5; absences and bounces are wanted, so never "All" in the vendors' header.
            ("Auto-Submitted", "auto-replied" if mail.kind == Kind.ANSWER else "auto-generated"),
            ("X-Auto-Response-Suppress", "DR, RN, NRN, AutoReply"),
            ("X-Mailbot-Kind", mail.kind),
            ("X-Mailbot-Ledger", f"{mail.issuer} {seq} {digest}"),
        ]
        if context.get("reply_to"):
            headers.append(("Reply-To", formatted(context.get("reply_name", ""), context["reply_to"])))
        elif self._content["inbound"] and mail.kind not in TO_STAFF:
            headers.append(("Reply-To", formatted(card["name"], self._tagged(TagPurpose.REPLY, mail, claim))))
        return headers + _threading(context, card)

    def _return_path(self, mail: Mail, claim: Claim, card: Mapping[str, Any]) -> str:
        """Return the envelope's sender: tagged where bounces are heard, plain for relays that rewrite it."""
        if mail.kind == Kind.ANSWER:
            return ""  # RFC 3834 §3.3: nobody answers an answer
        if not self._content["inbound"]:
            return str(card["sender"])
        return self._tagged(TagPurpose.RETURN_PATH, mail, claim)

    def _tagged(self, purpose: TagPurpose, mail: Mail, claim: Claim) -> str:
        """Return where answers or reports are heard; without a separator mails carry no tags, for relays' sake."""
        if not self._content["separator"]:
            return str(self._content["inbound"])
        tag = self._links.tag(purpose, mail.id, key=claim.key)
        return tagged(self._content["inbound"], tag, separator=self._content["separator"])


def _threading(context: Mapping[str, Any], card: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the fields that put a mail into its thread (RFC 5322 §3.6.4): an answer's, or an invoice's."""
    answered = context.get("in_reply_to") or _thread(context, card)
    if not answered:
        return []
    return [("In-Reply-To", answered), ("References", context.get("references") or answered)]


def _thread(context: Mapping[str, Any], card: Mapping[str, Any]) -> str:
    """Return the id that all mails about one invoice refer to, so that mail programs show them together."""
    entries = context.get("invoices") or [context.get("invoice")]
    if len(entries) != 1 or "invoice" not in (entries[0] or ()):
        return ""
    return f"<invoice.{entries[0]['invoice']}.{card['code'].lower()}@{card['sender'].rpartition('@')[2]}>"


def _add_nothing(_: LayOut, __: dict[str, Any], ___: Mail, ____: Claim) -> None:
    """Serve the kinds without a link."""


def _add_proof(lay_out: LayOut, context: dict[str, Any], mail: Mail, claim: Claim) -> None:
    _add_days(context, claim, context["issuer"]["proof_days"])
    context["link"] = lay_out.link(Purpose.PROOF, mail.address_id or 0, context["version"], claim=claim)


def _add_confirm(lay_out: LayOut, context: dict[str, Any], mail: Mail, claim: Claim) -> None:
    _add_minutes(context, claim, CONFIRM_LIFETIME)
    context["link"] = lay_out.link(Purpose.CONFIRM, mail.address_id or 0, context["version"], claim=claim)


def _add_sign_in(lay_out: LayOut, context: dict[str, Any], _: Mail, claim: Claim) -> None:
    _add_minutes(context, claim, LIFETIME)
    context["link"] = lay_out.link(Purpose.SIGN_IN, context["sign_in"], claim=claim)


def _add_invitation(lay_out: LayOut, context: dict[str, Any], _: Mail, claim: Claim) -> None:
    """Lay out an invitation, or a reminder of it: that one's link ends when the first one does."""
    _add_days(context, claim, context["issuer"]["invitation_days"])
    if context["expires_at"]:
        context["expires"] = _local(moment(context["expires_at"]), context).date().isoformat()
    ids = context["invitation"], context["invitation_version"]
    context["link"] = lay_out.link(Purpose.INVITATION, *ids, claim=claim)


def _add_registration(lay_out: LayOut, context: dict[str, Any], _: Mail, claim: Claim) -> None:
    _add_minutes(context, claim, CONFIRM_LIFETIME)
    context["link"] = lay_out.link(Purpose.REGISTRATION, context["claim"], claim=claim)


def _add_password(lay_out: LayOut, context: dict[str, Any], _: Mail, claim: Claim) -> None:
    _add_minutes(context, claim, PASSWORD_LIFETIME)
    ids = context["password_link"], context["password_version"]
    context["link"] = lay_out.link(Purpose.PASSWORD, *ids, claim=claim)


def _add_answer(lay_out: LayOut, context: dict[str, Any], _: Mail, claim: Claim) -> None:
    """Add the link of an answer, where it has one, and until when a link that signs in works."""
    to = context["link_to"]
    context["link"] = lay_out.link(Purpose(to["purpose"]), *to["ids"], claim=claim) if to else ""
    context["claim"] = f"{lay_out.base_url}/claim"
    _add_minutes(context, claim, LIFETIME)
    context["expires"] = f"{_local(claim.claimed_at + LIFETIME, context):%Y-%m-%d %H:%M}"


def _add_reminder(lay_out: LayOut, context: dict[str, Any], mail: Mail, claim: Claim) -> None:
    _add_invoices(lay_out, context, mail, claim)
    context["mute"] = {"link": lay_out.link(Purpose.MUTE, mail.address_id or 0, claim=claim)}


def _add_successor(lay_out: LayOut, context: dict[str, Any], _: Mail, claim: Claim) -> None:
    _add_days(context, claim, SUCCESSOR_DAYS)
    context["link"] = lay_out.link(Purpose.SUCCESSOR, context["succession"], claim=claim)


def _add_change(lay_out: LayOut, context: dict[str, Any], _: Mail, claim: Claim) -> None:
    """Let whoever is replaced take that back; word of any other change has no link."""
    row = context.setdefault("succession", 0)
    context["link"] = lay_out.link(Purpose.UNDO, row, claim=claim) if row else ""
    context.setdefault("old", "")
    context.setdefault("due", "")
    context.setdefault("by", "")


def _add_invoices(lay_out: LayOut, context: dict[str, Any], _: Mail, claim: Claim) -> None:
    """Add links. Who gets files alone (`pdf`) has no button, save where an invoice's file does not go along."""
    for facts in context["invoices"]:
        _add_link(lay_out, facts, claim)
        facts["button"] = not facts["attached"] or context.get("delivery") != Delivery.PDF


def _add_notice(lay_out: LayOut, context: dict[str, Any], mail: Mail, claim: Claim) -> None:
    _add_invoices(lay_out, context, mail, claim)
    context.setdefault("again", False)


def _add_invoice(lay_out: LayOut, context: dict[str, Any], _: Mail, claim: Claim) -> None:
    _add_link(lay_out, context["invoice"], claim)


def _add_link(lay_out: LayOut, facts: dict[str, Any], claim: Claim) -> None:
    facts["link"] = lay_out.link(Purpose.INVOICE, facts["delivery"], claim=claim)
    facts["attached"] = facts["file"]["name"] if "file" in facts else ""


def _add_days(context: dict[str, Any], claim: Claim, days: int) -> None:
    """Name the last day that a link is good for; it is, to the end of that day (`dates.end_of_days`)."""
    last = end_of_days(claim.claimed_at, days, ZoneInfo(context["issuer"]["time_zone"]))
    context["days"] = days
    context["expires"] = _local(last, context).date().isoformat()


def _add_minutes(context: dict[str, Any], claim: Claim, lifetime: timedelta) -> None:
    """Name the time at which a link ends, and its day where that is not the one on which the mail goes out."""
    begins, ends = _local(claim.claimed_at, context), _local(claim.claimed_at + lifetime, context)
    written = date_ja if context["locale"] == "ja" else date_en
    context["minutes"] = int(lifetime.total_seconds() // 60)
    context["expires"] = f"{ends:%H:%M}" if begins.date() == ends.date() else written(f"{ends:%Y-%m-%d %H:%M}")


def _local(moment: datetime, context: Mapping[str, Any]) -> datetime:
    return moment.astimezone(ZoneInfo(context["issuer"]["time_zone"]))


_LINKED = {
    str(Kind.PROOF): _add_proof,
    str(Kind.CONFIRM): _add_confirm,
    str(Kind.SIGN_IN): _add_sign_in,
    str(Kind.INVITATION): _add_invitation,
    str(Kind.REGISTRATION): _add_registration,
    str(Kind.PASSWORD): _add_password,
    str(Kind.SUCCESSOR): _add_successor,
    str(Kind.CHANGE): _add_change,
    str(Kind.NOTICE): _add_notice,
    str(Kind.REMINDER): _add_reminder,
    str(Kind.ANSWER): _add_answer,
    str(Kind.WITHDRAWN): _add_invoice,
}
