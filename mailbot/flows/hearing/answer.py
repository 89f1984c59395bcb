"""Answering a mail that came in: once, in its thread, and never a machine.

Owns who is answered at all and how often. Whatever is not answered is stated; what the answers say stands in their
templates, and the words that name them in `obey`, `redeem` and `spoken`.
"""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mailbot.domain.outbox import Kind
from mailbot.errors import Refused
from mailbot.facts import REPLY_ANSWERED, REPLY_UNANSWERED
from mailbot.flows import notify
from mailbot.flows.hearing.forward import is_own, issuer_of
from mailbot.flows.hearing.standing import about, is_forged, is_proved, is_stranger, own_address
from mailbot.flows.locks import MARK
from mailbot.flows.record import record
from mailbot.mail import address as mail_address
from mailbot.mail import notice
from mailbot.store import attempts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mailbot.domain.policy import Issuer
    from mailbot.flows.desk import Desk
    from mailbot.flows.hearing.heard import Heard
    from mailbot.mail.parse import Message
    from mailbot.store.database import Transaction

A_DAY = 5
"""Answers of one sort to one mailbox, in a day that begins with the first; the last of them says so. Those to words and
those to commands are counted apart, and each apart for mails that anybody may have forged."""

ASKED_A_DAY = 20
"""The same, where an answer brings what somebody asked for: who pressed a button too often still gets his link."""

STRANGERS_A_DAY = 100
"""Answers of one sort of one issuer, in such a day, to all who are on file nowhere: From is anybody's word."""

DAY = timedelta(days=1)

ASKED = frozenset(
    {
        *("approve", "declined", "invitation", "list", "successor", "successor_refused"),
        *("redeemed", "redeem_wrong", "redeem_ended", "redeem_locked"),
    }
)
"""Answers without which a command comes to nothing: those with a link, or with the reason why there is none."""

WORDS = frozenset({"forwarded", "courtesy", "unclear", "misread", "unproved", "unheard"})
"""Answers to a person's words: each of them once a thread and day, since it says the same again."""

REFERENCES = 20
"""Message-IDs of a thread that an answer names."""

LONGEST_SUBJECT = 120

BLANK: Mapping[str, Any] = {
    "email": "",
    "until": "",
    "invoices": [],
    "more": 0,
    "problem": "",
    "said": "",
    "link_to": {},
    "topic": "",
}
"""What an answer may state besides what was done; see the samples of its kind."""

BEFORE = "answered before"
ENOUGH = "enough"

_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")
_AGAIN = re.compile(r"^(?:\s*(?:re|aw|sv|antw|fwd?|wg|返信|転送)\s*(?:\[\d{1,3}\])?\s*[:：])+", re.IGNORECASE)
_NOBODY = re.compile(r"(?:no|do[-_.]?not)[-_.]?reply.*|(?:post)?masters?|mailer[-_.]?daemon|bounces?.*", re.IGNORECASE)
_BULK = re.compile(r"bulk|list|junk|auto[-_]?reply", re.IGNORECASE)
_SUPPRESSED = re.compile(r"\b(?:all|autoreply)\b", re.IGNORECASE)
_LISTS = ("list-id", "list-post", "list-unsubscribe", "list-help", "list-owner", "mailing-list", "x-ml-name")


def answer(desk: Desk, tx: Transaction, heard: Heard, *, what: str, facts: Mapping[str, object] = {}) -> str:
    """Answer a mail with the words called `what`, and return why it was not; an empty string: that is queued.

    `facts` are those of `BLANK` that these words state.
    """
    issuer = issuer_of(desk, heard)
    why = unanswerable(desk, tx, heard, what=what)
    if not why and not _queue(desk, tx, heard, issuer, {**facts, "what": what}):
        why = BEFORE
    if why:
        details = {"issuer": issuer.code, "to": heard.sender, "why": why}
        tx.after_commit(lambda: desk.facts(REPLY_UNANSWERED, **details))
        return why
    for mark in _counted_by(desk, tx, heard, what):
        attempts.count(tx, mark, since=tx.now - DAY)
    customer = heard.origin.customer
    record(
        tx,
        desk.facts,
        REPLY_ANSWERED,
        issuer=issuer.code,
        subject=f"inbox:{heard.inbound.id}",
        customer="" if customer is None else customer.code,
        to=heard.sender,
        what=what,
    )
    return ""


def with_silence(action: str, why: str) -> str:
    """Return what was done, as a list of mails shows it; where a person waits for an answer in vain, with why."""
    return f"{action}, unanswered (enough were sent today)" if why == ENOUGH else action


def unanswerable(desk: Desk, tx: Transaction, heard: Heard, *, what: str) -> str:
    """Say why a mail does not get the answer called `what`, or return an empty string (RFC 3834 §2)."""
    if not _is_one_address(heard):
        return "no sender"
    if heard.inbound.sender == "" or heard.message.first("return-path").strip() == "<>":
        return "null sender"
    if is_own(desk, heard.sender):
        return "ours"
    if (
        is_bulk(heard.message)
        or notice.is_automatic(heard.message)
        or _NOBODY.fullmatch(heard.sender.partition("@")[0])
    ):
        return "automatic"
    if is_forged(desk, heard):
        return "forged"
    return ENOUGH if _are_enough(desk, tx, heard, what) else ""


def _are_enough(desk: Desk, tx: Transaction, heard: Heard, what: str) -> bool:
    most = ASKED_A_DAY if what in ASKED and is_proved(desk, heard) else A_DAY
    bounds = zip(_counted_by(desk, tx, heard, what), (most, STRANGERS_A_DAY), strict=False)
    return any(_so_far(tx, mark) >= bound for mark, bound in bounds)


def _counted_by(desk: Desk, tx: Transaction, heard: Heard, what: str) -> Iterator[str]:
    """Yield what an answer is counted by: the mailbox, whatever follows a `+` in it, then all strangers together."""
    local, _, domain = mail_address.key(heard.sender).rpartition("@")
    sort = _sort(desk, heard, what)
    mark = hashlib.sha256(f"{local.partition('+')[0] or local}@{domain}".encode("utf-8", "replace")).hexdigest()
    yield f"answered:{mark[:MARK]}:{sort}"
    if is_stranger(tx, heard):
        yield f"answered:strangers@{issuer_of(desk, heard).code}:{sort}"


def _so_far(tx: Transaction, mark: str) -> int:
    """Return how many answers are counted under a mark, in a day that begins with the first."""
    row = attempts.get(tx, mark)
    return 0 if row is None or row.first_at < tx.now - DAY else row.failures


def _answers(desk: Desk, tx: Transaction, heard: Heard, what: str) -> int:
    return _so_far(tx, next(_counted_by(desk, tx, heard, what)))


def _sort(desk: Desk, heard: Heard, what: str) -> str:
    """Return together with which other answers this one is counted."""
    return f"{'proved' if is_proved(desk, heard) else 'unproved'} {'words' if what in WORDS else 'command'}"


def is_bulk(message: Message) -> bool:
    """Tell whether a mail came by a list or in bulk, or asks for no automatic answer."""
    submitted = message.first("auto-submitted").strip().lower()
    return (
        submitted not in {"", "no"}
        or any(_BULK.search(value) for value in message.all("precedence"))
        or any(_SUPPRESSED.search(value) for value in message.all("x-auto-response-suppress"))
        or any(message.first(name) for name in _LISTS)
    )


def _is_one_address(heard: Heard) -> bool:
    try:
        mail_address.read(heard.sender)
    except Refused:
        return False
    return heard.author == heard.sender


def _queue(desk: Desk, tx: Transaction, heard: Heard, issuer: Issuer, facts: Mapping[str, Any]) -> bool:
    customer, own = heard.origin.customer, own_address(tx, heard)
    known = customer is not None and (own is not None or heard.origin.signed)
    day = tx.now.astimezone(ZoneInfo(issuer.time_zone))
    mail = None if heard.origin.mail is None else about(tx, heard.origin.mail)
    payload = {
        **BLANK,
        # Who is not known at a customer learns nothing of it.
        "customer": {"code": "", "name": ""}
        if customer is None or own is None
        else {"code": customer.code, "name": customer.name},
        "answered": _subject(heard) if known else "",
        "when": f"{day:%Y-%m-%d %H:%M}",
        "topic": mail.kind if known and mail is not None else "",
        "last": _answers(desk, tx, heard, facts["what"]) == A_DAY - 1,
        "about": 0 if mail is None or mail.kind == Kind.ANSWER else mail.id,
        **_thread_of(heard.message),
        **facts,
    }
    return notify.answer(
        desk,
        tx,
        issuer,
        email=heard.sender,
        locale=issuer.locale if customer is None else customer.locale,
        subject=_once(heard, payload, day=f"{day:%Y-%m-%d}"),
        payload=payload,
        customer_id=None if customer is None else customer.id,
        address_id=None if own is None else own.id,
    )


def _once(heard: Heard, payload: Mapping[str, Any], *, day: str) -> str:
    """Return what makes two answers the same: this mail, or for a person's words what they say, thread and day."""
    what = payload["what"]
    if what not in WORDS:
        return f"inbox:{heard.inbound.id}"
    first = payload["references"].partition(" ")[0]
    thread = str(payload["about"] or first or _subject(heard))
    return f"words:{what}:{hashlib.sha256(thread.encode('utf-8', 'replace')).hexdigest()[:MARK]}:{day}"


def _subject(heard: Heard) -> str:
    """Return what the mail was about, in one line, without its marks of an answer."""
    line = " ".join("".join(each if each.isprintable() else " " for each in heard.message.first("subject")).split())
    return _AGAIN.sub("", line).strip()[:LONGEST_SUBJECT]


def _thread_of(message: Message) -> dict[str, str]:
    """Return the fields that put an answer into the mail's thread (RFC 5322 §3.6.4)."""
    own = _MESSAGE_ID.findall(message.first("message-id"))[:1]
    past = _MESSAGE_ID.findall(message.first("references")) or _MESSAGE_ID.findall(message.first("in-reply-to"))
    named = [*past[:1], *past[1:][-REFERENCES:]]
    return {"in_reply_to": "".join(own), "references": " ".join([*named, *own])}
