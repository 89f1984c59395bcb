"""Mails over one connection, pipelined (RFC 2920).

Owns the dialogue MAIL, RCPT, DATA, body. Where the relay offers PIPELINING, a mail's three commands go in one write,
behind the final dot of the mail before it: one round trip a mail. Where it does not, each command waits for the answer
to the one before. What an end of the dialogue means for the mail is `transaction`'s; which mails there are is the
`Post`'s affair; when a connection is opened or replaced is `courier`'s.

Every envelope taken is settled or put back exactly once, whatever happens and wherever: `_unsettled` holds those that
are still owed, and `_give_up` pays for all of them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from mailbot.edges.smtp_out import wire
from mailbot.edges.smtp_out.connection import Lost
from mailbot.edges.smtp_out.transaction import Stage, Transaction
from mailbot.errors import Deferred, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable

    from mailbot.edges.smtp_out.opening import Opened
    from mailbot.edges.smtp_out.relay import Relay
    from mailbot.edges.smtp_out.reply import Reply
    from mailbot.flows.post import Post
    from mailbot.mail.envelope import Envelope

_BODY_WANTED = 354
_CLOSING = 421
_PIECE = 65536
"""Bytes of a body that are written at once; the final dot goes with the last piece."""


class Session:
    """One connection and the mails on it."""

    def __init__(self, opened: Opened, post: Post, relay: Relay, judged: Callable[[], None]) -> None:
        self._connection = opened.connection
        self._abilities = opened.abilities
        self._post = post
        self._timeouts = relay.timeouts
        self._clock = asyncio.get_running_loop().time
        self._left = relay.max_mails
        self._expires = self._clock() + relay.max_age
        self._on_judged = judged
        self._unsettled: deque[Transaction] = deque()
        self._begun = False
        self._to_reset = False
        self.judged = 0
        """Mails that the relay took or refused on this connection."""
        self._stopping = False

    @property
    def over(self) -> str:
        """Why the connection cannot be used any more, or an empty string."""
        # A reply that nobody asked for is the relay's goodbye: 421, time-out.
        return self._connection.ended or ("the relay spoke out of turn" if self._connection.spoken else "")

    @property
    def worn(self) -> bool:
        """Whether this connection should be replaced by a new one."""
        return self._left <= 0 or self._clock() > self._expires

    def stop(self) -> None:
        """Begin no further mail, and put back one that was begun behind the mail in flight."""
        self._left = 0
        self._stopping = True

    async def send(self, envelope: Envelope) -> None:
        """Send `envelope` and what the post has ready behind it; returns when there is nothing more or the end is come.

        Failures of the connection end in the envelopes' outcomes; look at `over` afterwards.
        """
        try:
            transaction = self._opened(self._prepared(envelope) or self._next())
            while transaction is not None:
                transaction = await self._carry(transaction)
        except Lost as lost:
            self._give_up(str(lost))
        except BaseException:
            # Cancelled, or the post raised: what is owed is paid first, and the dialogue cannot be resumed.
            self._give_up("sending was stopped", stopped=True)
            raise

    async def quit(self) -> None:
        """End the connection in order (RFC 5321 §4.1.1.10); bounded, and never raises for the relay's sake."""
        try:
            if not self.over:
                self._connection.write(wire.QUIT)
                await self._connection.reply(self._timeouts.quit)
                self._connection.close()
        except Lost:
            pass  # gone before it said goodbye
        finally:
            self._connection.abort("we closed the connection")

    # Beginning a mail.

    def _prepared(self, envelope: Envelope) -> Transaction | None:
        try:
            commands = wire.commands(envelope, self._abilities)
        except Rejected as rejected:
            self._post.settle(envelope, rejected)
            return None
        transaction = Transaction(envelope, commands, first=not self._begun)
        self._begun = True
        self._left -= 1
        self._unsettled.append(transaction)
        return transaction

    def _group(self, transaction: Transaction) -> bytes:
        group = b"".join(transaction.commands)
        return wire.RSET + group if self._to_reset else group

    def _next(self) -> Transaction | None:
        """Take the next mail that can be sent from the post, if one is ready and this connection may go on."""
        while not self.worn and (envelope := self._post.next_now()) is not None:
            if (transaction := self._prepared(envelope)) is not None:
                return transaction
        return None

    def _opened(self, transaction: Transaction | None) -> Transaction | None:
        """Write the commands of a mail that comes behind no other."""
        if transaction is not None and self._abilities.pipelining:
            self._connection.write(self._group(transaction))
        return transaction

    # One mail.

    async def _carry(self, transaction: Transaction) -> Transaction | None:
        """Bring one mail to its end and return the one begun behind it."""
        if self._stopping:
            self._leave(transaction)
            return None
        if not await self._wanted(transaction):
            return self._opened(self._next())
        await self._post.permit(transaction.envelope)
        following = await self._write_body(transaction)
        await self._conclude(transaction, await self._connection.reply(self._timeouts.body))
        if transaction.stage is not Stage.DOTTED:
            # It was answered before its end; what the relay would make of the rest is anyone's guess.
            raise Lost("the relay answered before the whole mail was sent")
        return following or self._opened(self._next())

    def _leave(self, transaction: Transaction) -> None:
        """Put back a mail that was only begun. Its DATA may be waiting for a body: only hanging up ends that."""
        self._unsettled.remove(transaction)
        self._post.put_back(transaction.envelope)
        if self._abilities.pipelining:
            self._connection.abort("we stopped")

    async def _wanted(self, transaction: Transaction) -> bool:
        """Get the mail's commands answered; True where the relay now waits for its body."""
        if self._to_reset:
            await self._reset()
        refusal: Reply | None = None
        for command in transaction.commands:
            if not self._abilities.pipelining:
                self._connection.write(command)
            final = command is wire.DATA
            reply = await self._connection.reply(self._timeouts.data if final else self._timeouts.command)
            transaction.stage, transaction.asked = Stage.ANSWERED, command
            if refusal is None and not (reply.code == _BODY_WANTED if final else reply.good):
                refusal = reply
                await self._conclude(transaction, reply)
                if not self._abilities.pipelining:
                    break
        if refusal is None:
            return True
        await self._clean_up(reply)
        return False

    async def _clean_up(self, last: Reply) -> None:
        """After a refusal leave the relay ready for the next mail."""
        if last.code == _BODY_WANTED:
            # RFC 2920 §3.1: DATA was accepted although nobody was left to send to; a lone dot ends it.
            self._connection.write(wire.DOT)
            await self._connection.reply(self._timeouts.body)
        else:
            self._to_reset = True

    async def _reset(self) -> None:
        if not self._abilities.pipelining:
            self._connection.write(wire.RSET)
        self._to_reset = False
        await self._connection.reply(self._timeouts.command)

    async def _write_body(self, transaction: Transaction) -> Transaction | None:
        """Write the body, and the next mail's commands behind its final dot; returns that next one.

        Stops where the relay speaks before its turn (a body too large, a shutdown): that is then the mail's answer.
        """
        data = await self._last_piece(wire.body(transaction.envelope.content))
        if self._connection.spoken:
            return None
        following = None
        if self._abilities.pipelining and (following := self._next()) is not None:
            data += self._group(following)
        self._connection.write(data)
        transaction.stage = Stage.DOTTED
        return following

    async def _last_piece(self, data: bytes) -> bytes:
        """Write a long body as fast as the relay takes it, all but its end: so far a loss leaves no doubt."""
        if len(data) <= _PIECE:
            return data
        view = memoryview(data)
        while len(view) > _PIECE and not self._connection.spoken:
            self._connection.write(bytes(view[:_PIECE]))
            view = view[_PIECE:]
            await self._connection.drain(self._timeouts.block)
        return bytes(view)

    # Ends.

    async def _conclude(self, transaction: Transaction, reply: Reply) -> None:
        """Settle a mail by the relay's answer; raises `Lost` where that is about the connection as a whole."""
        outcome = transaction.answered(reply)
        if reply.code == _CLOSING and await self._connection.hangs_up(self._timeouts.closing):
            outcome = Deferred(reply.text, code=reply.code, enhanced=reply.enhanced, relay=True)
        self._unsettled.remove(transaction)
        if not (isinstance(outcome, Deferred) and outcome.relay):
            self._post.settle(transaction.envelope, outcome)
            self.judged += 1
            self._on_judged()
            return
        if reply.code == _CLOSING and not transaction.first and transaction.stage is not Stage.DOTTED:
            # A connection that had served well was ended just as this mail came.
            self._post.put_back(transaction.envelope)
        else:
            self._post.settle(transaction.envelope, outcome)
        raise Lost(outcome.response)

    def _give_up(self, why: str, *, stopped: bool = False) -> None:
        """Hang up, and settle or put back what is owed."""
        self._connection.abort(why)
        while self._unsettled:
            transaction = self._unsettled.popleft()
            outcome = transaction.unfinished(why, stopped=stopped)
            if outcome is None:
                self._post.put_back(transaction.envelope)
            else:
                self._post.settle(transaction.envelope, outcome)
