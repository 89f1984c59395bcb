"""Passwords that people choose: what is asked of them, and Argon2id off the event loop.

Owns the parameters of the hash and the bound on how much of it may wait. A verification always costs the same, also
where there is no hash to verify, so that time tells nobody who has an account.
"""

from __future__ import annotations

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from mailbot.errors import MailbotError

if TYPE_CHECKING:
    from collections.abc import Callable

SHORTEST = 10
LONGEST = 200
"""Characters of a password."""

_TIME, _KIB, _LANES = 3, 64 * 1024, 4
"""RFC 9106 §4, second recommendation: 64 MiB, three passes, four lanes."""

_NOBODYS = f"$argon2id$v=19$m={_KIB},t={_TIME},p={_LANES}$" + "A" * 22 + "$" + "A" * 43
"""A hash that no password is known to have, verified where there is none: it costs what any other costs."""

_FEW = 5
"""A password of fewer different characters is as good as none."""

_RUNS = ("01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")
"""Whoever types along one of these is guessed first."""

_COMMON = frozenset(
    {
        "password", "passw0rd", "p@ssword", "p@ssw0rd", "passwort", "administrator", "welcome", "letmein", "changeme",
        "iloveyou", "qwerty", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1q2w3e4r5t", "1q2w3e4r", "1qaz2wsx", "q1w2e3r4t5",
        "qazwsxedc", "zaq12wsx", "sakura", "doraemon", "pasuwado", "mailbot", "invoice", "seikyusho", "himitsu",
        "dragon", "football", "baseball", "superman", "princess", "sunshine", "monkey", "master", "secret", "default",
    }
)  # fmt: skip
"""Words that, with digits and signs before or after them, head every list of leaked passwords."""

_AROUND = "0123456789!?#$%&*@+-_.,~ "

T = TypeVar("T")


class Busy(MailbotError):
    """Too many passwords wait to be hashed; the request may be repeated a little later (HTTP 503)."""


def problem(text: str, *, email: str) -> str | None:
    """Return the key of the sentence that says why nobody may choose this password, or None.

    Length is what is asked for, no mixture of signs (NIST SP 800-63B §3.1.1.2).
    """
    plain = _plain(text)
    if len(plain) < SHORTEST:
        return "password_short"
    if len(plain) > LONGEST:
        return "password_long"
    folded, mailbox = plain.casefold(), email.casefold()
    if folded in {mailbox, mailbox.partition("@")[0]}:
        return "password_is_address"
    return "password_common" if _is_common(folded) else None


def _is_common(folded: str) -> bool:
    if len(set(folded)) < _FEW or any(folded in run for run in _RUNS):
        return True
    return folded.strip(_AROUND) in {"", *_COMMON}


def _plain(text: str) -> str:
    """Return one spelling of what different keyboards and input methods make of the same password."""
    return unicodedata.normalize("NFKC", text)


class Passwords:
    """Hashes and verifies, a few at a time; what would have to wait too long is refused at once."""

    def __init__(self, workers: int = 2, queue: int = 64) -> None:
        """`workers` run at once, 64 MiB each, and up to `queue` more wait for them."""
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="argon2")
        self._room = BoundedSemaphore(workers + queue)
        self._hasher = PasswordHasher(time_cost=_TIME, memory_cost=_KIB, parallelism=_LANES)
        self.verifications = 0
        """How many were begun; what a test counts to see that nobody is spared one."""

    async def hash(self, text: str) -> str:
        """Return the hash to keep of a password; raises `Busy`."""
        return await self._run(lambda: self._hasher.hash(_octets(text)))

    async def verify(self, known: str, text: str) -> bool:
        """Tell whether `text` is the password with the hash `known`; raises `Busy`.

        An empty `known` is nobody's password: that takes as long as any other and is never true.
        """
        right = await self._run(lambda: self._verify(known or _NOBODYS, text))
        self.verifications += 1
        return right and bool(known)

    def close(self) -> None:
        """Begin nothing more; what runs ends by itself within a moment."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _verify(self, known: str, text: str) -> bool:
        try:
            return self._hasher.verify(known, _octets(text))
        except VerificationError:
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if not self._room.acquire(blocking=False):
            raise Busy("too many people sign in at this moment; please try again in a little while")
        try:
            future = self._pool.submit(work)
        except BaseException:
            self._room.release()
            raise
        # The place is free when the thread is done with it, not when a caller who was cancelled goes away.
        future.add_done_callback(lambda _: self._room.release())
        return await asyncio.wrap_future(future)


def _octets(text: str) -> bytes:
    return _plain(text).encode("utf-8", "surrogatepass")
