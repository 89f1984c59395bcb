"""Changes of the signing keys, each stated in every issuer's ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.errors import Refused
from mailbot.facts import KEY_RETIRED, KEY_REVOKED, KEY_ROTATED, Fact
from mailbot.flows.record import record
from mailbot.store import listings

if TYPE_CHECKING:
    from mailbot.flows.desk import Desk
    from mailbot.keyring import Key, Keyring
    from mailbot.store.database import Transaction


class Keys:
    """Rotates, retires and revokes; a running daemon sees the changed file by itself."""

    def __init__(self, desk: Desk, keyring: Keyring) -> None:
        self._desk = desk
        self._keyring = keyring

    async def rotate(self) -> Key:
        """Let a new key sign; links of the former ones go on working."""
        key = self._keyring.rotate(now=self._desk.clock.now())
        await self._state(KEY_ROTATED, key)
        return key

    async def retire(self, letter: str, *, force: bool = False) -> Key:
        """Let links of a key only offer a new one.

        Raises `Refused` for a key that cannot be retired, and without `force` while live invoices hang on it.
        """
        live = self._desk.database.read(lambda reading: listings.live_invoices_signed_by(reading, letter))
        if live and not force:
            raise Refused(
                f"{live} live invoice{'' if live == 1 else 's'} can be reached by links of key {letter}; "
                "with --force these links offer a new one instead"
            )
        key = self._keyring.retire(letter)
        await self._state(KEY_RETIRED, key)
        return key

    async def revoke(self, letter: str) -> Key:
        """Kill every link of a key. Raises `Refused` for the signing key."""
        key = self._keyring.revoke(letter)
        await self._state(KEY_REVOKED, key)
        return key

    async def _state(self, fact: Fact, key: Key) -> None:
        def write(tx: Transaction) -> None:
            for issuer in self._desk.issuers:
                record(tx, self._desk.facts, fact, issuer=issuer, subject=f"key:{key.letter}", key=key.letter)

        await self._desk.database.write(write)
