"""The password of a customer who has no account: used with company code and CODE, as a letter's was.

Owns who may set it, and that whoever receives at the default address is told. The first one takes a session of the
customer that has a receiving address; a later one the old password, or a sign-in by a link that was mailed to the
default address a moment ago, which is as good as a mailed link that sets a password. Sessions that were opened by the
older password, or by a letter, end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot import passwords as policy
from mailbot.domain.address import PASSWORD_LIFETIME, RECEIVES, Status
from mailbot.errors import Refused
from mailbot.facts import PASSWORD_CHANGED
from mailbot.flows import locks, notify
from mailbot.flows.record import record
from mailbot.flows.session import BY_INVITATION
from mailbot.store import addresses, customers, sessions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mailbot.flows.desk import Desk
    from mailbot.flows.session import Session
    from mailbot.passwords import Passwords
    from mailbot.store.addresses import Address
    from mailbot.store.customers import OwnPassword
    from mailbot.store.database import Reading, Transaction

NEW, OLD, FIRST, NONE = "new", "old", "first", "none"
"""What a session has to give: a new password only, the old one too, a receiving address first; or it has none."""


class ChangeOwnPassword:
    """Sets the password of a session's customer."""

    def __init__(self, desk: Desk, passwords: Passwords) -> None:
        self._desk = desk
        self._passwords = passwords

    def asks(self, session: Session) -> str:
        """Return what setting a password takes in a session: `new`, `old`, `first` or `none`."""
        return self._desk.database.read(lambda reading: self._asks(reading, session))

    def _asks(self, reading: Reading | Transaction, session: Session) -> str:
        # Behind an invitation's link somebody has an account: the password is that person's.
        if session.person_id is not None or session.how == BY_INVITATION or not session.customer_id:
            return NONE
        known = addresses.of_customer(reading, session.customer_id)
        if not any(each.status in RECEIVES for each in known):
            return FIRST
        if not customers.own_password(reading, session.customer_id).hash or self._just_mailed(session, known):
            return NEW
        return OLD

    def _just_mailed(self, session: Session, known: Sequence[Address]) -> bool:
        if session.how != "sign_in" or self._desk.clock.now() - session.started_at > PASSWORD_LIFETIME:
            return False
        return any(each.id == session.address_id and each.is_default for each in known)

    async def change(self, session: Session, old: str, new: str, *, network: str) -> str | None:
        """Set the password; returns and raises as `ChangePassword.with_old` does.

        Raises `Refused` in a session that has none to set, or whose customer receives nowhere yet.
        """
        wrong = policy.problem(new, email=session.email)
        if wrong is None and new.strip().casefold() == session.customer_code.casefold():
            wrong = "password_common"
        if wrong is not None:
            return wrong
        subjects = (locks.session(session.id),)
        asked, before = await self._desk.database.write(lambda tx: self._entered(tx, session, subjects))
        try:
            right = asked == NEW or await self._passwords.verify(before.hash, old)
            known = await self._passwords.hash(new) if right else ""
        except policy.Busy:
            await self._desk.database.write(lambda tx: locks.give_back(tx, subjects))
            raise

        def write(tx: Transaction) -> str | None:
            # Two changes at once: what the second one knew of the password is not so any more.
            if not right or customers.own_password(tx, session.customer_id).version != before.version:
                locks.failed(self._desk, tx, subjects, how="change", network=network)
                return "password_wrong"
            locks.passed(tx, subjects)
            self._set(tx, session, known, how="session" if asked == NEW else "old")
            return None

        return await self._desk.database.write(write)

    def _entered(self, tx: Transaction, session: Session, subjects: Sequence[locks.Subject]) -> tuple[str, OwnPassword]:
        asked = self._asks(tx, session)
        if asked in (FIRST, NONE):
            raise Refused("this session has no password: register a receiving address, or sign in as a person first")
        locks.enter(tx, subjects)
        return asked, customers.own_password(tx, session.customer_id)

    def _set(self, tx: Transaction, session: Session, known: str, *, how: str) -> None:
        customer = customers.get(tx, session.customer_id)
        version = customers.set_own_password(tx, customer.id, known)
        sessions.keep(tx, session.id, password_version=version)
        default = _told(addresses.of_customer(tx, customer.id))
        notify.own_password_changed(self._desk, tx, customer, default, version=version)
        record(
            tx,
            self._desk.facts,
            PASSWORD_CHANGED,
            issuer=customer.issuer,
            subject=f"customer:{customer.code}",
            customer=customer.code,
            to=default.email,
            how=how,
        )


def _told(known: Sequence[Address]) -> Address:
    """Return the default address, or one that receives: there is one wherever a password may be set."""
    default = [each for each in known if each.is_default and each.status is not Status.REMOVED]
    return next(iter([*default, *(each for each in known if each.status in RECEIVES)]))
