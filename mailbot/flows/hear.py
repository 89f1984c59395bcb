"""Hearing: a mail that comes in is on file before anybody is told so, then read, told apart and acted upon.

Owns the order, and that nothing inbound stops anything: what raises is set aside whole, with the reason, and can be
judged again after a mend. What follows from a mail is `flows.hearing`'s.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING, Any, Literal

from mailbot.errors import Refused, StoreError, UnreadableMail
from mailbot.facts import INBOX_JUDGED, INBOX_RECEIVED, INBOX_SET_ASIDE
from mailbot.flows.hearing.heard import KEPT_OF_FIELD, Heard, Kept
from mailbot.flows.record import record
from mailbot.links import overwritten
from mailbot.store import inbox

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from mailbot.flows.desk import Desk
    from mailbot.flows.hearing.heard import Done, Origin
    from mailbot.mail.enclosure import LeftOut
    from mailbot.mail.parse import Message
    from mailbot.mail.verdict import Verdict
    from mailbot.store.database import Transaction
    from mailbot.store.inbox import Cursor, Inbound

AT_ONCE = 50
"""Mails that are read together, in a thread beside the loop, and judged in one transaction."""

STARTS = 2
"""Daemons that may begin with a mail; where both ended before they were through with it, a third leaves it alone."""

OCTETS_AT_ONCE = 16 * 1024 * 1024
"""Octets of mails that are read together, so that a heap of large ones does not fill the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A mail as a door hands it over."""

    raw: bytes
    door: str
    """`imap`, `smtp`, `lmtp` or `sandbox`."""
    sender: str | None = None
    """Sender of the envelope; empty for the null sender, None where the door does not know it."""
    recipients: tuple[str, ...] = ()
    """Recipients of the envelope; empty where the door does not know them."""
    cursor: Cursor | None = None
    """How far the mailbox is read once this mail is on file."""
    set_aside: str = ""
    """Why these bytes are not to be judged, where the door knows that they are not the whole mail."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an arrival."""

    inbox_id: int | None
    """None where the same mail was on file already."""


@dataclass(frozen=True, slots=True)
class _Read:
    inbound: Inbound
    message: Message | None = None
    verdict: Verdict | None = None
    error: str = ""
    files: tuple[Kept, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    author: str = ""
    vouched: Literal["pass", "fail", "none"] = "none"
    body: str = ""
    words: str = ""
    opening: str = ""


class Hear:
    """Takes mails in, and makes something of each."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.hungry = asyncio.Event()
        """Set when a mail has come in."""
        self._begun: set[int] = set()
        """Mails that this daemon began with, and is not through with."""

    async def take(self, arrival: Arrival) -> Taken:
        """Put a mail on file; when this returns, it is durable. Raises `StoreError` where it could not be kept."""
        taken = await self._desk.database.write(partial(self._take, arrival))
        self.hungry.set()
        return taken

    def _take(self, arrival: Arrival, tx: Transaction) -> Taken:
        inbox_id = self._put_on_file(tx, arrival)
        if arrival.cursor is not None:
            inbox.move_cursor(tx, arrival.cursor)
        if inbox_id is not None:
            details = {"inbox": inbox_id, "door": arrival.door, "size": len(arrival.raw), "sender": arrival.sender}
            tx.after_commit(partial(self._desk.facts, INBOX_RECEIVED, **details))
            if arrival.set_aside:
                self._lay_aside(tx, inbox_id, arrival.set_aside)
        return Taken(inbox_id)

    def _put_on_file(self, tx: Transaction, arrival: Arrival) -> int | None:
        """Return the row of a mail; None where it is on file, unless only a forged copy of it is."""
        take = partial(
            inbox.take, tx, arrival.raw, door=arrival.door, sender=arrival.sender, recipients=arrival.recipients
        )
        inbox_id = take()
        if inbox_id is None and self._is_vouched(arrival.raw):
            first = inbox.copy_of(tx, arrival.raw, recipients=arrival.recipients)
            inbox_id = take(vouched=True) if not self._is_vouched(inbox.raw(tx, first)) else None
        return inbox_id

    def _is_vouched(self, raw: bytes) -> bool:
        authserv_id = self._desk.rules.authserv_id
        try:
            judging = _judging()
            header = raw[: judging.LONGEST_HEADER]
            return bool(authserv_id) and judging.vouched(judging.parse(header), authserv_id) == "pass"
        except UnreadableMail:
            return False

    def look(self, inbox_id: int) -> Inbound | None:
        """Return what was made of a mail so far, or None where there is none of that id."""
        try:
            return self._desk.database.read(lambda reading: inbox.get(reading, inbox_id))
        except LookupError:
            return None

    def cursor(self, mailbox: str) -> Cursor | None:
        """Return how far a mailbox was read, or None where it never was."""
        return self._desk.database.read(lambda reading: inbox.cursor(reading, mailbox))

    async def move_cursor(self, cursor: Cursor) -> None:
        """Write how far a mailbox was read, where there was no mail to take."""
        await self._desk.database.write(lambda tx: inbox.move_cursor(tx, cursor))

    async def step(self) -> bool:
        """Judge the oldest mails that wait; True where there may be more."""
        waiting = _together(self._desk.database.read(lambda reading: inbox.to_judge(reading, AT_ONCE)))
        if not waiting:
            return False
        may = await self._begin(waiting)
        read = await asyncio.to_thread(self._read_all, may)
        try:
            await self._desk.database.write(partial(self._judge_all, read))
        except StoreError:
            raise  # a full disk is the store's trouble, not a mail's: they wait
        except Exception:  # noqa: BLE001 -- which of them raises is found out one by one
            await asyncio.gather(*map(self._judge_alone, read))
        self._begun.clear()
        return True

    async def _begin(self, waiting: Sequence[Inbound]) -> Sequence[Inbound]:
        """Count a start of each mail, once for a daemon, and return those that may be read.

        What nobody has thought of may freeze a daemon or have it killed, which the next one would begin with again.
        """
        new = [each for each in waiting if each.id not in self._begun]
        may = [each for each in waiting if each not in new or each.attempts < STARTS]
        if new:
            await self._desk.database.write(partial(self._count, new))
            self._begun.update(each.id for each in new)
        return may

    def _count(self, new: Sequence[Inbound], tx: Transaction) -> None:
        for each in new:
            inbox.begin(tx, each.id)
            if each.attempts >= STARTS:
                self._lay_aside(tx, each.id, "two daemons began with it and neither ended with it")

    def _read_all(self, waiting: Sequence[Inbound]) -> list[_Read]:
        return [self._read(each) for each in waiting]

    def _read(self, inbound: Inbound) -> _Read:
        try:
            judging = _judging()
            message = judging.parse(self._desk.database.read(lambda reading: inbox.raw(reading, inbound.id)))
            verdict = judging.classify(message)
            said = self._said(message) if verdict.kind == "person" else {}
            passed = judging.vouched(message, self._desk.rules.authserv_id)
            return _Read(inbound, message, verdict, author=judging.author(message), vouched=passed, **said)
        except StoreError:
            raise  # a full disk is the store's trouble, not this mail's: it waits
        except Exception as error:  # noqa: BLE001 -- nothing that comes in may stop the daemon: it is set aside, whole
            return _Read(inbound, error=_words(error))

    def _said(self, message: Message) -> dict[str, Any]:
        """Return what a person's mail says and brings; read here, since it may take as long as somebody wants it to."""
        files, left_out = self._keep(message)
        judging = _judging()
        text, opening = judging.body(message), judging.opening(message)
        words = {"body": text, "words": judging.new_words(text), "opening": judging.new_words(opening)}
        return {"files": files, "left_out": left_out, **words}

    def _keep(self, message: Message) -> tuple[tuple[Kept, ...], tuple[LeftOut, ...]]:
        """Put what came along into the vault: here, beside the loop, since a transaction would wait for the disk."""
        files, left_out = _judging().enclosures(message)
        vault = self._desk.vault
        kept = (Kept(vault.store(overwritten(each.content)), each.name, each.media_type) for each in files)
        return tuple(kept), left_out

    def _judge_all(self, read: Sequence[_Read], tx: Transaction) -> None:
        """Judge mails in their order, so that two of one person are heard as they were sent."""
        for each in read:
            self._judge(tx, each)

    async def _judge_alone(self, read: _Read) -> None:
        try:
            await self._desk.database.write(lambda tx: self._judge(tx, read))
        except StoreError:
            raise  # the same
        except Exception as error:  # noqa: BLE001 -- nothing that comes in may stop the daemon: it is set aside, whole
            words = _words(error)
            await self._desk.database.write(lambda tx: self._lay_aside(tx, read.inbound.id, words))

    def _judge(self, tx: Transaction, read: _Read) -> None:
        if read.error:
            self._lay_aside(tx, read.inbound.id, read.error)
        else:
            self._act(tx, read)

    def _act(self, tx: Transaction, read: _Read) -> None:
        assert read.message is not None  # noqa: S101 -- `_judge` saw to it
        assert read.verdict is not None  # noqa: S101 -- the same
        inbound = read.inbound
        if not inbox.is_waiting(tx, inbound.id):
            return
        judging = _judging()
        origin = judging.attribute(self._desk, tx, inbound=inbound, message=read.message, verdict=read.verdict)
        sender = judging.sender(read.message)
        heard = Heard(
            inbound=inbound,
            message=read.message,
            verdict=read.verdict,
            origin=origin,
            sender=sender,
            files=read.files,
            left_out=read.left_out,
            author=read.author,
            vouched=read.vouched,
            body=read.body,
            words=read.words,
            opening=read.opening,
        )
        self._write_down(tx, heard, judging.act(self._desk, tx, heard))

    def _write_down(self, tx: Transaction, heard: Heard, done: Done) -> None:
        inbox.judged(tx, heard.inbound.id, _judgement(heard, done))
        details: dict[str, object] = {
            "inbox": heard.inbound.id,
            "class": done.kind or heard.verdict.kind,
            "rule": heard.verdict.rule,
            "action": done.action,
            "attributed": heard.origin.by,
        }
        if heard.origin.issuer is None:
            tx.after_commit(partial(self._desk.facts, INBOX_JUDGED, issuer="", **details))
            return
        issuer = heard.origin.issuer.code
        record(
            tx, self._desk.facts, INBOX_JUDGED, issuer=issuer, subject=_subject(heard.origin, heard.inbound), **details
        )

    def _lay_aside(self, tx: Transaction, inbox_id: int, error: str) -> None:
        inbox.set_aside(tx, inbox_id, error)
        tx.after_commit(partial(self._desk.facts, INBOX_SET_ASIDE, inbox=inbox_id, error=error))

    async def replay(self, inbox_ids: Sequence[int]) -> None:
        """Have mails that were set aside judged again, all or none; raises `Refused` for one that was not."""

        def write(tx: Transaction) -> None:
            for inbox_id in inbox_ids:
                _replay(tx, inbox_id)

        await self._desk.database.write(write)
        self.hungry.set()


def _together(waiting: Sequence[Inbound]) -> Sequence[Inbound]:
    """Return the first of the mails, as many as may be read together; at least one.

    What a daemon did not end with is read by itself, so that no other mail is suspected of it again.
    """
    if waiting and waiting[0].attempts:
        return waiting[:1]
    waiting = list(takewhile(lambda each: not each.attempts, waiting))
    sizes = accumulate(each.size for each in waiting)
    return waiting[: max(1, sum(size <= OCTETS_AT_ONCE for size in sizes))]


def _replay(tx: Transaction, inbox_id: int) -> None:
    try:
        found = inbox.get(tx, inbox_id)
    except LookupError:
        raise Refused(f"there is no inbound mail {inbox_id}; see: mailbot inbox list") from None
    if found.state is not inbox.State.SET_ASIDE:
        raise Refused(f"inbound mail {inbox_id} is not set aside: it is {found.state}; none was changed")
    inbox.judge_again(tx, inbox_id)


def _subject(origin: Origin, inbound: Inbound) -> str:
    return f"mail:{origin.mail.id}" if origin.mail is not None else f"inbox:{inbound.id}"


def _judgement(heard: Heard, done: Done) -> inbox.Judgement:
    origin, verdict = heard.origin, heard.verdict
    first = verdict.outcomes[0] if verdict.outcomes else None
    return inbox.Judgement(
        kind=done.kind or verdict.kind,
        rule=verdict.rule,
        reason=first.reason if first else None,
        hard=first.hard if first else False,
        from_email=heard.sender[:KEPT_OF_FIELD],
        subject=heard.message.first("subject")[:KEPT_OF_FIELD],
        message_id=heard.message_id,
        issuer=origin.issuer.code if origin.issuer else None,
        customer_id=origin.customer.id if origin.customer else None,
        address_id=origin.address.id if origin.address else None,
        outbox_id=origin.mail.id if origin.mail else None,
        attributed_by=origin.by or None,
        action=done.action,
    )


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:1000]


def _judging() -> ModuleType:
    """Return what reads and judges; the first call, in a thread beside the loop, loads it."""
    from mailbot.flows.hearing import judging  # noqa: PLC0415  a tenth of a second that no start waits for

    return judging
