"""What every flow works with.

Owns no behaviour: the daemon and the command line lay one desk, and each flow is built upon it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mailbot.clock import Clock
    from mailbot.domain.policy import Issuer, Rules
    from mailbot.facts import Facts
    from mailbot.links import Links
    from mailbot.store.database import Database
    from mailbot.store.files import Vault


@dataclass(frozen=True, slots=True)
class Desk:
    """The store, the keys, the clock and the policies of one installation."""

    database: Database
    vault: Vault
    links: Links
    clock: Clock
    issuers: Mapping[str, Issuer]
    rules: Rules
    facts: Facts

    def issuer(self, code: str) -> Issuer:
        """Return the issuer of this code; raises `Refused` where the configuration has it no more."""
        try:
            return self.issuers[code]
        except KeyError:
            known = ", ".join(sorted(self.issuers)) or "none"
            raise Refused(f"there is no issuer {code} in the configuration (there is: {known})") from None
