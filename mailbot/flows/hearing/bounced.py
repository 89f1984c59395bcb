"""What follows from a server's report on a mail of ours.

Owns which of a report's recipients it is about, and carrying out what `domain.bounces` decides: an address is given up,
weakened, or known to work; a mail was late, or arrived. What a report is worth is `origin`'s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.clock import moment, stamp
from mailbot.domain.bounces import ARRIVED, LATEST, Proof, Report, Step, judge
from mailbot.domain.outbox import TO_STAFF, Kind, State
from mailbot.facts import MAIL_BOUNCED, MAIL_DELAYED, MAIL_DELIVERED, Fact
from mailbot.flows import settle, weaken
from mailbot.flows.acknowledge import deliveries_of
from mailbot.flows.ended import tell_staff
from mailbot.flows.give_up import Why, give_up
from mailbot.flows.hearing.heard import Done
from mailbot.flows.record import record
from mailbot.mail import address as mail_address
from mailbot.mail.verdict import Outcome
from mailbot.store import bounces

if TYPE_CHECKING:
    from mailbot.domain.policy import Issuer
    from mailbot.flows.desk import Desk
    from mailbot.flows.hearing.heard import Heard
    from mailbot.store.addresses import Address
    from mailbot.store.database import Transaction
    from mailbot.store.outbox import Mail

SAID = 300
"""Characters of a server's words that are kept."""

PROVES = frozenset({str(Kind.PROOF), str(Kind.CONFIRM), str(Kind.INVITATION)})
"""Kinds whose link proves the address that they went to."""

_TAG = re.compile(r"\b[br][a-z][a-z2-7]{24}\b", re.IGNORECASE)
_NOBODY = Outcome("", "undefined", hard=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A report on a mail of ours, with the one recipient that it is about."""

    mail: Mail
    issuer: Issuer
    address: Address | None
    """None for mails to staff, and to people who have no row among the addresses."""
    outcome: Outcome
    elsewhere: bool
    renamed: bool
    """True where it names ours only as the one that was asked for, beside another mailbox."""
    proof: Proof
    said: str


def bounced(desk: Desk, tx: Transaction, heard: Heard) -> Done:
    """Do what a report on a mail asks for."""
    origin = heard.origin
    if origin.mail is None or origin.issuer is None:
        return Done(action="noted")
    redirected = desk.rules.redirect_to
    outcome, elsewhere, renamed = _about(heard, mail_address.key(redirected or origin.mail.email))
    case = _Case(
        mail=origin.mail,
        issuer=origin.issuer,
        address=origin.address,
        outcome=outcome,
        elsewhere=elsewhere,
        renamed=renamed,
        # In a rehearsal every mail goes to one mailbox: what its server says is about nobody on file.
        proof=Proof.NONE if redirected else origin.proof,
        said=_quoted(outcome.said),
    )
    return _carry_out(desk, tx, case, judge(_report(tx, case)))


def _about(heard: Heard, ours: str) -> tuple[Outcome, bool, bool]:
    """Return what the report says of whom we wrote to; whether of another mailbox instead, and whether of both.

    Where an alias has several members, one that got the mail says more of it than one that did not.
    """
    found = heard.verdict.outcomes or (_NOBODY,)
    named = [each for each in found if _is_ours(each, ours)]
    both = [each for each in found if each not in named and mail_address.key(each.original) == ours]
    both.sort(key=lambda each: each.action not in ARRIVED)
    nameless = [each for each in found if not each.recipient and not each.original]
    chosen = [*named, *both, *nameless, *found][0]
    return chosen, chosen not in named and chosen not in nameless, chosen in both


def _is_ours(outcome: Outcome, ours: str) -> bool:
    """Tell whether a report is about the mailbox that we wrote to, maybe by its name on a machine inside."""
    final, original = mail_address.key(outcome.recipient), mail_address.key(outcome.original)
    if final == ours or (not final and original == ours):
        return True
    (local, _, host), (our_local, _, domain) = final.rpartition("@"), ours.rpartition("@")
    return original == ours and local == our_local and host.endswith(f".{domain}")


def _report(tx: Transaction, case: _Case) -> Report:
    probe = case.mail.kind == Kind.PROBE and case.address is not None
    return Report(
        action=case.outcome.action,
        reason=case.outcome.reason,
        hard=case.outcome.hard,
        proof=case.proof,
        elsewhere=case.elsewhere,
        renamed=case.renamed,
        read=_was_read(tx, case) or _lives(tx, case),
        late=case.mail.finished_at is not None and tx.now - moment(case.mail.finished_at) > LATEST,
        probe=probe and case.address is not None and _is_probed(tx, case.address),
    )


def _is_probed(tx: Transaction, address: Address) -> bool:
    return bounces.is_probed(tx, issuer=address.issuer, email_key=address.email_key)


def _was_read(tx: Transaction, case: _Case) -> bool:
    """Tell whether somebody acted on that very mail: then it arrived, whatever a server reports of it."""
    carried, address = deliveries_of(case.mail), case.address
    if carried and bounces.any_pressed(tx, carried, since=case.mail.created_at):
        return True
    confirmed = None if address is None or case.mail.kind not in PROVES else address.confirmed_at
    return confirmed is not None and confirmed >= moment(case.mail.created_at)


def _lives(tx: Transaction, case: _Case) -> bool:
    """Tell whether the mailbox was in use after the mail went out.

    What comes back from somewhere behind it says less: there its use in the weeks before counts as well.
    """
    if case.address is None:
        return False
    sent = moment(case.mail.finished_at or case.mail.created_at)
    since = stamp(sent - LATEST if case.elsewhere else sent)
    return bounces.lives(tx, issuer=case.address.issuer, email_key=case.address.email_key, since=since)


def _carry_out(desk: Desk, tx: Transaction, case: _Case, step: Step) -> Done:
    match step:
        case Step.ARRIVED:
            return _arrived(desk, tx, case)
        case Step.DELAYED:
            return _delayed(desk, tx, case)
        case Step.NOTE:
            return Done(action="noted")
        case _:
            return _came_back(desk, tx, case, step)


def _arrived(desk: Desk, tx: Transaction, case: _Case) -> Done:
    settle.heard_of(desk, tx, case.mail)
    bounces.report(tx, case.mail.id, "delivered", reason="", said=case.said)
    if carried := deliveries_of(case.mail):
        bounces.delivered(tx, carried)
    if case.address is not None:
        bounces.forget(tx, issuer=case.issuer.code, email_key=case.address.email_key)
    _state(desk, tx, MAIL_DELIVERED, case)
    return Done(action="delivered")


def _delayed(desk: Desk, tx: Transaction, case: _Case) -> Done:
    """Note that a server still tries; that it does so says that the relay took the mail."""
    settle.heard_of(desk, tx, case.mail)
    bounces.report(tx, case.mail.id, "delayed", reason=case.outcome.reason, said=case.said)
    _state(desk, tx, MAIL_DELAYED, case, said=case.said)
    return Done(action="delayed")


def _came_back(desk: Desk, tx: Transaction, case: _Case, step: Step) -> Done:
    outcome, mail = case.outcome, case.mail
    lost = case.proof is Proof.SERVER and settle.came_back(desk, tx, mail, case.said or outcome.reason)
    bounces.report(tx, mail.id, "bounced", reason=outcome.reason, said=case.said)
    if carried := deliveries_of(mail):
        bounces.came_back(tx, carried, outcome.reason)
    elsewhere = outcome.recipient if case.elsewhere else ""
    hard, reason = outcome.hard, outcome.reason
    _state(desk, tx, MAIL_BOUNCED, case, reason=reason, hard=hard, elsewhere=elsewhere, said=case.said)
    why = Why(reason=reason, said=case.said, mail=mail, elsewhere=elsewhere, asks=step is Step.ASK)
    if case.address is None:
        tell_staff(desk, tx, mail, State.REFUSED, case.said or reason)
        return Done(action="noted" if mail.kind in TO_STAFF else "told")
    if step is Step.GIVE_UP:
        given_up = give_up(desk, tx, issuer=case.issuer, email_key=case.address.email_key, why=why)
        return Done(action="undeliverable" if given_up else "noted")
    if lost:
        tell_staff(desk, tx, mail, State.REFUSED, case.said or reason)
    return Done(action=weaken.weaken(desk, tx, case.issuer, case.address, why))


def _state(desk: Desk, tx: Transaction, fact: Fact, case: _Case, **details: object) -> None:
    record(
        tx,
        desk.facts,
        fact,
        issuer=case.issuer.code,
        subject=f"mail:{case.mail.id}",
        outbox=case.mail.id,
        to=case.mail.email,
        status=case.outcome.status,
        **details,
    )


def _quoted(said: str) -> str:
    """Return a server's words on one line, without a tag of ours that stands in them."""
    return _TAG.sub("…", " ".join(said.split()))[:SAID]
