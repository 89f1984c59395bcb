"""Checking what was typed from a letter, and ending its code.

Owns the one judgement of a temporary ID and password, whoever asks (a claim, or the list of invitations), and what ends
with a code: a lost letter that was replaced opens nothing any more. An ID that no letter has is counted like one that a
letter has.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailbot.domain import paper_code
from mailbot.domain.written import Misread
from mailbot.errors import Refused
from mailbot.facts import CODE_REPLACED, CODE_USED
from mailbot.flows import locks
from mailbot.flows.addresses import take_off
from mailbot.flows.record import record
from mailbot.store import addresses, claims, paper_codes, sessions
from mailbot.store.paper_codes import CodeState

if TYPE_CHECKING:
    from datetime import datetime

    from mailbot.flows.desk import Desk
    from mailbot.pepper import Pepper
    from mailbot.store.customers import Customer
    from mailbot.store.database import Transaction
    from mailbot.store.paper_codes import PaperCode

NOBODYS = "0" * 64
"""A hash that no password has: compared where there is no such ID."""


class WrongCode(Refused):
    """No letter has this temporary ID and password; the one answer to every wrong pair."""


class EndedCode(Refused):
    """The pair is right and works no more; `state` is `used`, `replaced` or `expired`, `issuer` whose letter it is."""

    def __init__(self, state: str, issuer: str) -> None:
        super().__init__(f"this temporary ID is {state}")
        self.state = state
        self.issuer = issuer


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed from a letter."""

    paper_id: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was judged; a wrong pair is no error inside the transaction, since its count is to stay."""

    code: PaperCode | None
    state: str = ""
    """Why a right pair works no more; empty: it works."""

    def right(self) -> PaperCode:
        """Return the code that works; raises `WrongCode`, `EndedCode`."""
        if self.code is None:
            raise WrongCode("no letter has this temporary ID and temporary password")
        if self.state:
            raise EndedCode(self.state, self.code.issuer)
        return self.code


def judge(desk: Desk, tx: Transaction, *, typed: Typed, pepper: Pepper, network: str) -> Verdict:
    """Judge a pair as it was typed; raises `Locked`, and counts nothing, where somebody has to wait."""
    typed_id, typed_password = _read(typed.paper_id), _read(typed.password)
    subjects = (locks.network(network), *locks.code(typed_id or typed.paper_id, network))
    locks.enter(tx, subjects)
    code = paper_codes.by_paper_id(tx, typed_id)
    if not pepper.matches(typed_password, code.secret_hmac if code else NOBODYS) or code is None:
        locks.failed(desk, tx, subjects, how="paper", network=network)
        return Verdict(None)
    locks.passed(tx, subjects)
    return Verdict(code, ended(code, tx.now))


def ended(code: PaperCode, now: datetime) -> str:
    """Return why a code works no more (`used`, `replaced`, `expired`), or an empty string."""
    if code.state is not CodeState.LIVE:
        return str(code.state)
    return "expired" if now >= code.expires_at else ""


def use_up(desk: Desk, tx: Transaction, customer: Customer, *, used_in: int | None = None) -> None:
    """End every live code of a customer: it has done what it was printed for.

    `used_in` is the session opened by the letter in which that happened, if it was in one. It goes on; what others who
    had the letter too have begun ends.
    """
    for code in paper_codes.live_of_customer(tx, customer.id):
        _end(desk, tx, customer, code, CodeState.USED, used_in=used_in)
    _shut_out(desk, tx, customer, but=used_in)


def replace(desk: Desk, tx: Transaction, customer: Customer) -> None:
    """End every live code of a customer in favour of a newer one, and all that whoever has an older letter began."""
    for code in paper_codes.live_of_customer(tx, customer.id):
        _end(desk, tx, customer, code, CodeState.REPLACED)
    sessions.end_by_letter(tx, customer.id)
    _shut_out(desk, tx, customer)


def opens(code: PaperCode, session_id: int) -> bool:
    """Tell whether a session that a code opened goes on: while the code works, or after it was used up in it."""
    return code.state is CodeState.LIVE or (code.state is CodeState.USED and code.used_in == session_id)


def _shut_out(desk: Desk, tx: Transaction, customer: Customer, *, but: int | None = None) -> None:
    """Take the addresses off that were typed behind a letter and not proved, save those of one session."""
    for address in addresses.typed_by_letter(tx, customer.id):
        if address.typed_in != but:
            take_off(desk, tx, customer, address, by="staff")


def _end(
    desk: Desk, tx: Transaction, customer: Customer, code: PaperCode, state: CodeState, *, used_in: int | None = None
) -> None:
    """End a live code, used or replaced, and forget what was typed for it."""
    paper_codes.end(tx, code.id, state, used_in=used_in)
    claims.forget(tx, code.id)
    record(
        tx,
        desk.facts,
        CODE_USED if state is CodeState.USED else CODE_REPLACED,
        issuer=customer.issuer,
        subject=f"customer:{customer.code}",
        customer=customer.code,
    )


def _read(typed: str) -> str:
    try:
        return paper_code.read(typed)
    except Misread:
        return ""
