"""Letters: the codes that go on paper.

Owns when a code comes to life. A draft's codes work nowhere; they are made live only when the file that they stand in
is complete, so that an interrupted batch leaves no code that was never printed. Once one is on paper all of it comes to
life, whoever has to finish it. What a letter looks like is an edge's.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from mailbot.clock import stamp
from mailbot.domain import paper_code
from mailbot.domain.calendar import calendar_of
from mailbot.domain.invitation import State
from mailbot.errors import Refused
from mailbot.facts import CODE_PRINTED
from mailbot.flows import paper
from mailbot.flows.invite import asked_for
from mailbot.flows.invited import anew, answerable, expiry, gone_out
from mailbot.flows.record import record
from mailbot.links import Purpose
from mailbot.pepper import Pepper
from mailbot.store import customers, invitations, paper_batches, paper_codes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mailbot.domain.policy import Issuer
    from mailbot.flows.desk import Desk
    from mailbot.store.customers import Customer
    from mailbot.store.database import Reading, Transaction
    from mailbot.store.paper_codes import PaperCode

SLICE = 500
"""Letters that one transaction draws, or brings to life: short enough for a press of a button to pass between two."""

ABANDONED = timedelta(minutes=1)
"""A batch that was printed so long ago and has codes that are not alive yet: its command was killed."""

ANOTHER = "another batch of letters was begun meanwhile; throw this one away and print again"


class Why(StrEnum):
    """Why a customer gets no letter; the word is public (`letters --json`)."""

    UNKNOWN = "unknown"
    APPROVED = "approved"
    """Connected already, for good."""
    LIVE = "live"
    """Has a letter whose code still works; `reissue` replaces it."""
    DECLINED = "declined"
    """Said no, and may still change that; `reissue` asks anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What stands on one letter; the password is nowhere else in clear."""

    code_id: int
    customer: Customer
    paper_id: str
    """Twelve characters; `domain.paper_code.shown` parts them."""
    password: str = field(repr=False)
    expires_at: datetime
    link: str = field(repr=False)
    """URL of the claim page with the ID filled in; what the QR code says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Letters whose codes are drawn and work nowhere until `printed`."""

    issuer: Issuer
    batch_id: int
    letters: tuple[Letter, ...]
    skipped: tuple[tuple[str, Why], ...]


class Letters:
    """Draws codes, makes them live, throws them away."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def draw(self, issuer: str, codes: Sequence[str] | None = None, *, reissue: bool = False) -> Draft:
        """Draw codes for customers of these codes, or for all whose channel is `letter`; nothing works yet.

        An interrupted batch of the issuer is removed first, or finished where it is on paper. Raises `Refused` for an
        issuer that is not in the configuration, and where another batch of it is begun meanwhile.
        """
        known = self._desk.issuer(issuer)
        await self.finish()
        wanted, skipped = self._desk.database.read(
            lambda reading: self._choose(reading, issuer, codes, reissue=reissue)
        )
        letters: list[Letter] = []
        pepper = Pepper.beside(self._desk.links.keyring)
        batch_id = 0
        for start in range(0, max(len(wanted), 1), SLICE):
            part = [_blank(each) for each in wanted[start : start + SLICE]]
            batch_id, drawn, passed_over = await self._desk.database.write(
                partial(self._draw, issuer=issuer, begun=batch_id, pepper=pepper, blanks=part, reissue=reissue)
            )
            letters += drawn
            skipped += passed_over
        return Draft(issuer=known, batch_id=batch_id, letters=tuple(letters), skipped=tuple(skipped))

    def _choose(
        self, reading: Reading, issuer: str, codes: Sequence[str] | None, *, reissue: bool
    ) -> tuple[list[Customer], list[tuple[str, Why]]]:
        wanted: list[Customer] = []
        skipped: list[tuple[str, Why]] = []
        for code, customer in asked_for(reading, issuer, codes, channel="letter"):
            why = self._why_not(reading, customer, reissue=reissue)
            if customer is None or why is not None:
                skipped.append((code, why or Why.UNKNOWN))
            else:
                wanted.append(customer)
        return wanted, skipped

    def _why_not(self, reading: Reading | Transaction, customer: Customer | None, *, reissue: bool) -> Why | None:
        """Return why a customer gets no letter, or None."""
        if customer is None:
            return Why.UNKNOWN
        now = self._desk.clock.now()
        known = invitations.current(reading, customer.id)
        if known is not None and known.state is State.APPROVED:
            return Why.APPROVED
        if reissue:
            return None
        if known is not None and known.state is State.DECLINED and now < known.expires_at:
            return Why.DECLINED
        live = paper_codes.live_of_customer(reading, customer.id)
        return Why.LIVE if any(now < code.expires_at for code in live) else None

    def _draw(
        self,
        tx: Transaction,
        *,
        issuer: str,
        begun: int,
        pepper: Pepper,
        blanks: Sequence[_Blank],
        reissue: bool,
    ) -> tuple[int, list[Letter], list[tuple[str, Why]]]:
        """Draw one slice of the batch that was `begun`, or begin one (0), and return its id with what was drawn.

        Each customer is looked at again: a batch that was printed a moment ago may have written to it.
        """
        batch_id = begun or paper_batches.begin(tx, issuer)
        if not paper_batches.is_drawn(tx, batch_id):
            raise Refused(ANOTHER)
        letters: list[Letter] = []
        skipped: list[tuple[str, Why]] = []
        for blank in blanks:
            customer = blank.customer
            why = self._why_not(tx, customer, reissue=reissue)
            if why is not None:
                skipped.append((customer.code, why))
                continue
            expires_at = expiry(self._desk, customer.issuer, tx.now)
            code_id = paper_codes.draw(
                tx,
                batch_id=batch_id,
                customer_id=customer.id,
                issuer=customer.issuer,
                paper_id=blank.paper_id,
                secret_hmac=pepper.digest(blank.password),
                expires_at=expires_at,
            )
            letters.append(
                Letter(
                    code_id=code_id,
                    customer=customer,
                    paper_id=blank.paper_id,
                    password=blank.password,
                    expires_at=expires_at,
                    link=self._link(code_id, tx.now),
                )
            )
        return batch_id, letters, skipped

    def _link(self, code_id: int, at: datetime) -> str:
        return f"{self._desk.rules.base_url}/l/{self._desk.links.sign(Purpose.PAPER, code_id, at=at)}"

    async def printed(self, draft: Draft, *, only: Sequence[int] | None = None) -> None:
        """Make the codes of a draft live (those of `only`, code ids, where some letters were held back).

        One small write says that the batch is on paper, all of it; the codes follow in slices, here or, after a kill,
        wherever `finish` runs next. Older codes of these customers are replaced. Codes of customers who were connected
        meanwhile stay dead. Raises `Refused` where another batch was drawn meanwhile: then nothing of this one works,
        and its file must not be sent.
        """
        calendar_of(draft.issuer)  # read now, and not while the store waits for us
        kept = {each.code_id for each in draft.letters} if only is None else set(only)
        held_back = [each.code_id for each in draft.letters if each.code_id not in kept]
        await self._desk.database.write(partial(self._on_paper, batch_id=draft.batch_id, held_back=held_back))
        while await self._desk.database.write(partial(self._slice, batch_id=draft.batch_id)):
            pass

    def _on_paper(self, tx: Transaction, *, batch_id: int, held_back: Sequence[int]) -> None:
        if not paper_batches.printed(tx, batch_id):
            raise Refused(ANOTHER)
        paper_codes.drop(tx, held_back)

    def _slice(self, tx: Transaction, *, batch_id: int) -> bool:
        """Bring some codes of a printed batch to life; True where there may be more."""
        codes = paper_codes.drawn(tx, batch_id, SLICE)
        for code in codes:
            self._bring_to_life(tx, code)
        return len(codes) == SLICE

    def _bring_to_life(self, tx: Transaction, code: PaperCode) -> None:
        customer = customers.get(tx, code.customer_id)
        known = invitations.current(tx, customer.id)
        if known is not None and known.state is State.APPROVED:
            paper_codes.drop(tx, [code.id])
            return
        paper.replace(self._desk, tx, customer)
        if known is None or not answerable(known, tx.now):
            expires_at = code.expires_at
            known = anew(tx, customer, known, channel="letter", address_id=None, expires_at=expires_at)
        paper_codes.printed(tx, code.id, invitation_id=known.id)
        subject = f"customer:{customer.code}"
        facts = self._desk.facts
        record(tx, facts, CODE_PRINTED, issuer=customer.issuer, subject=subject, customer=customer.code)
        expires_at = max(known.expires_at, code.expires_at)
        gone_out(self._desk, tx, known, channel="letter", to="", expires_at=expires_at)

    async def step(self) -> bool:
        """Go on with a batch whose command was killed while its codes came to life; True where there may be more."""
        return await self._go_on(printed_until=self._desk.clock.now() - ABANDONED)

    async def finish(self) -> None:
        """Bring every code to life that is on paper: what is drawn from then on sees them."""
        while await self._go_on(printed_until=self._desk.clock.now()):
            pass

    async def _go_on(self, *, printed_until: datetime) -> bool:
        issuers, until = tuple(self._desk.issuers), stamp(printed_until)
        left = self._desk.database.read(lambda reading: paper_batches.unfinished(reading, issuers, until))
        if left is not None:
            await self._desk.database.write(partial(self._slice, batch_id=left))
        return left is not None

    async def discard(self, draft: Draft) -> bool:
        """Remove a draft that was not printed; False where it was, and its file is wanted."""
        return await self._desk.database.write(partial(paper_batches.drop, batch_id=draft.batch_id))


@dataclass(frozen=True, slots=True)
class _Blank:
    """What was drawn for one letter, before it is on file: a transaction may run twice."""

    customer: Customer
    paper_id: str
    password: str


def _blank(customer: Customer) -> _Blank:
    return _Blank(customer, _code(), _code())


def _code() -> str:
    return paper_code.draw(secrets.token_bytes(paper_code.RANDOM_BYTES))
