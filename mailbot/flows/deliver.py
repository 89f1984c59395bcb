"""Delivering: claimed mails are judged once more, laid out, handed to the courier, and their outcomes written down.

Owns the outbox's side of the contract with the courier (`post.Post`), and the bound on how many mails may be between
the wire and the store: a crash can double no more than that.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from mailbot.domain.outbox import State
from mailbot.errors import Deferred, MailbotError, Rejected, StoreError, Unanswered
from mailbot.facts import DOMAIN_SLOWED, ROW_FAILED
from mailbot.flows import slow_domains
from mailbot.flows.claim import SLICE, Aside, Claims, Job
from mailbot.flows.lay_out import LayOut
from mailbot.flows.outcome import Attempt, Outcomes
from mailbot.flows.post import Accepted
from mailbot.flows.slow_domains import SlowDomains
from mailbot.flows.wanted import still_wanted
from mailbot.mail.edition import Edition
from mailbot.store import installation
from mailbot.store.outbox import json_text

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from datetime import datetime

    from mailbot.flows.desk import Desk
    from mailbot.flows.post import Outcome
    from mailbot.mail.envelope import Envelope
    from mailbot.store.database import Transaction

T = TypeVar("T")

LOW = 100
"""Mails left in hand at which the next claim is made."""

IN_DOUBT = 50
"""Mails, besides one a connection, whose outcome may be known and not yet committed."""

FLUSH = 50
"""Outcomes that one transaction writes."""

FRESH = timedelta(minutes=1)
"""Age of a claim from which on a mail is claimed anew: its date and its links are to be those of its sending."""


class Deliver:
    """What is in hand between the outbox and the courier."""

    def __init__(
        self,
        desk: Desk,
        *,
        start_id: int,
        lay_out: LayOut,
        connections: int,
        ahead: Callable[[Sequence[Job]], object] | None = None,
    ) -> None:
        """Deliver over `connections`. `ahead` is told of jobs while many wait, and may fill in their envelopes."""
        self._desk = desk
        self._ahead = ahead
        self._claims = Claims(desk, start_id=start_id, edition=lay_out.edition)
        self._outcomes = Outcomes(desk)
        self._layouts = {lay_out.edition.digest: lay_out}
        self._jobs: deque[Job] = deque()
        self._taken: dict[int, Job] = {}
        self._asides: dict[int, Job] = {}
        self._at_domain: Counter[str] = Counter()
        self._permits = asyncio.Semaphore(connections + IN_DOUBT)
        self._permitted: set[int] = set()
        self._ended: deque[Attempt | Aside | Job] = deque()
        """What is to be written down; a job is one that is given back."""
        self._writes: set[asyncio.Task[object]] = set()
        self._arrived = asyncio.Event()
        self._flush_wanted = asyncio.Event()
        self._slow = SlowDomains()
        self._relay_down = False
        self.hungry = asyncio.Event()
        """Set when there is room for another claim."""

    async def recover(self) -> int:
        """Take over what a former start left `sending`; return how many mails that were."""
        return await self._claims.recover()

    async def step(self) -> bool:
        """Claim more mails where there is room; True where some were found."""
        return await self._whole(self._step())

    async def _step(self) -> bool:
        if self._relay_down and await self._claims.expire():
            return True
        if len(self._jobs) > LOW:
            return False
        jobs = await self._claims.take(self._slow.at(self._desk.clock.now()))
        self._jobs.extend(jobs)
        if self._ahead is not None and len(jobs) == SLICE:
            self._ahead(jobs)
        if jobs:
            self._arrived.set()
        return bool(jobs)

    async def _whole(self, work: Coroutine[object, object, T]) -> T:
        """Await what the store and our memory must agree on afterwards: cancelled, it goes on (see `hand_back`)."""
        task = asyncio.create_task(work)
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)
        return await asyncio.shield(task)

    def next_end_of_slowness(self) -> datetime | None:
        """Return when the first of the slowed domains may be asked again, or None."""
        return self._slow.next_end(self._desk.clock.now())

    @property
    def idle(self) -> bool:
        """True where nothing is in hand, on the wire or waiting to be written."""
        return not (self._jobs or self._taken or self._ended or self._asides)

    async def flush_forever(self) -> None:
        """Write outcomes as they come; the running commit is the only timer that a batch needs."""
        while True:
            while self._ended:
                await self.flush()
            self._flush_wanted.clear()
            await self._flush_wanted.wait()

    async def flush(self) -> None:
        """Write outcomes that have come together, `FLUSH` at most; they are kept where the store raises."""
        await self._whole(self._flush())

    async def _flush(self) -> None:
        taken = list(islice(self._ended, FLUSH))
        await self._desk.database.write(lambda tx: self._write(tx, taken))
        for each in taken:
            self._ended.popleft()
            self._close(each)

    def _write(self, tx: Transaction, taken: list[Attempt | Aside | Job]) -> None:
        self._outcomes.write(tx, [each for each in taken if isinstance(each, Attempt)])
        self._claims.set_aside(tx, [each for each in taken if isinstance(each, Aside)])
        self._claims.give_back(tx, [each for each in taken if isinstance(each, Job)])

    def _close(self, ended: Attempt | Aside | Job) -> None:
        if isinstance(ended, Job):
            self.hungry.set()
            return
        mail_id = ended.mail.id
        self._release(mail_id)
        aside = self._asides.pop(mail_id, None)
        if aside is not None and ended.mail is not aside.mail:  # it says less now, and comes again
            self._jobs.append(Job(ended.mail, aside.claim))
            self._arrived.set()

    def _release(self, mail_id: int) -> None:
        self._taken.pop(mail_id, None)
        if mail_id in self._permitted:
            self._permitted.discard(mail_id)
            self._permits.release()

    def lose(self, why: str) -> None:
        """Settle all that is on the wire as unanswered: the courier broke off, and nobody knows how far it came."""
        known = {each.mail.id for each in self._ended}
        for mail_id, job in list(self._taken.items()):
            if mail_id not in known:
                self._leave_domain(job)
                self._ended.append(Attempt(job.mail, Unanswered(why), None))
        self._flush_wanted.set()

    async def hand_back(self) -> None:
        """At the end of the daemon: write what is known, and give back what never went on the wire."""
        await asyncio.gather(*self._writes, return_exceptions=True)  # who waited for these was told
        while self._jobs or self._ended:
            self._ended.extend(self._jobs)
            self._jobs.clear()
            await self.flush()

    # What follows is `post.Post`.

    async def next(self) -> Envelope:
        """Wait for a mail that is to be sent now."""
        while (envelope := self.next_now()) is None:
            self._arrived.clear()
            self.hungry.set()
            await self._arrived.wait()
        return envelope

    def next_now(self) -> Envelope | None:
        """Return a mail that is wanted this moment, laid out; None where none is in hand."""
        while (job := self._pick()) is not None:
            if self._stale(job) or self._slow.has(job.mail.domain, self._desk.clock.now()):
                self._ended.append(job)
                self._flush_wanted.set()
            elif (envelope := self._prepared(job)) is not None:
                self._taken[job.mail.id] = job
                self._at_domain[job.mail.domain] += 1
                return envelope
        return None

    def _stale(self, job: Job) -> bool:
        """Tell whether the mail waited in hand for long; one that may have been taken keeps its bytes all the same."""
        return job.mail.state is not State.UNKNOWN and self._desk.clock.now() - job.claim.claimed_at > FRESH

    def _pick(self) -> Job | None:
        """Take the first mail in hand whose domain has room; last come those that are being laid out elsewhere."""
        place = self._first(lambda job: not job.ordered)
        if place is None:
            place = self._first(lambda _: True)
        if place is None:
            return None
        job = self._jobs[place]
        del self._jobs[place]
        if len(self._jobs) == LOW:
            self.hungry.set()
        return job

    def _first(self, suits: Callable[[Job], bool]) -> int | None:
        limit = self._desk.rules.per_domain
        for place, job in enumerate(self._jobs):
            if suits(job) and (not limit or self._at_domain[job.mail.domain] < limit):
                return place
        return None

    def _prepared(self, job: Job) -> Envelope | None:
        try:
            verdict = self._desk.database.glance(lambda reading: still_wanted(reading, job.mail))
            if verdict.reason:
                aside = Aside(job.mail, State.CANCELLED, verdict.reason)
            elif verdict.payload is not None:
                less = replace(job.mail, payload=json_text(verdict.payload))
                aside = Aside(less, State.SENDING, payload=verdict.payload)
            else:
                if job.envelope is None:
                    job.envelope = self._lay_out(job.claim.edition).envelope(job.mail, job.claim)
                return job.envelope
        except StoreError:
            self._jobs.appendleft(job)
            raise
        except (MailbotError, LookupError, ValueError, TypeError) as error:
            # One mail that cannot be laid out must not stop the others: a person is shown it, and it waits.
            self._desk.facts(ROW_FAILED, table="outbox", id=job.mail.id, error=str(error))
            aside = Aside(job.mail, State.HELD, f"it could not be laid out: {error}")
        self._set_aside(job, aside)
        return None

    def _set_aside(self, job: Job, aside: Aside) -> None:
        self._asides[job.mail.id] = job
        self._ended.append(aside)
        self._flush_wanted.set()

    def _lay_out(self, digest: str) -> LayOut:
        if digest not in self._layouts:
            text = self._desk.database.read(lambda reading: installation.edition(reading, digest))
            self._layouts[digest] = LayOut(Edition.read(text), self._desk.links, self._desk.vault)
        return self._layouts[digest]

    async def permit(self, envelope: Envelope) -> None:
        """Return when the store has caught up enough for another mail to be in doubt."""
        await self._permits.acquire()
        self._permitted.add(envelope.row)

    def settle(self, envelope: Envelope, outcome: Outcome) -> None:
        """Take note of an outcome; it is committed shortly."""
        job = self._taken[envelope.row]
        self._leave_domain(job)
        if isinstance(outcome, Accepted | Rejected):
            self._relay_down = False
        elif isinstance(outcome, Deferred):
            self._note_deferral(job, outcome)
        self._ended.append(Attempt(job.mail, outcome, envelope))
        self._flush_wanted.set()

    def put_back(self, envelope: Envelope) -> None:
        """Put a mail that was never judged first in line again."""
        job = self._taken[envelope.row]
        self._leave_domain(job)
        self._release(envelope.row)
        self._jobs.appendleft(job)
        self._arrived.set()

    def _leave_domain(self, job: Job) -> None:
        self._at_domain[job.mail.domain] -= 1
        if self._desk.rules.per_domain and self._jobs:
            self._arrived.set()

    def _note_deferral(self, job: Job, outcome: Deferred) -> None:
        self._relay_down = outcome.relay
        if outcome.code == slow_domains.CODE and not outcome.relay:
            seconds = self._slow.slow(job.mail.domain, self._desk.clock.now())
            if not seconds:
                return
            self._desk.facts(DOMAIN_SLOWED, domain=job.mail.domain, seconds=seconds, response=str(outcome))
