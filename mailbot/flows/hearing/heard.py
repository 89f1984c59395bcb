"""A mail that came in, read and told apart, with what of ours it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mailbot.domain.bounces import Proof

if TYPE_CHECKING:
    from mailbot.domain.policy import Issuer
    from mailbot.mail.enclosure import LeftOut
    from mailbot.mail.parse import Message
    from mailbot.mail.verdict import Verdict
    from mailbot.store.addresses import Address
    from mailbot.store.customers import Customer
    from mailbot.store.inbox import Inbound
    from mailbot.store.outbox import Mail


KEPT_OF_FIELD = 300
"""Characters of a header field that a list shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Which mail of ours, and whose, a mail that came in is about."""

    by: str = ""
    """What says so: `tag`, `envid`, `message-id`, `report`, `sender`; empty: nothing does."""
    proof: Proof = Proof.NONE
    """What a report on that mail is worth."""
    signed: bool = False
    """True where a tag of ours says so, which only those who had our mail can know."""
    reply: bool = False
    """True where that tag is a reply address; False for a return path."""
    mail: Mail | None = None
    issuer: Issuer | None = None
    customer: Customer | None = None
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that came along and lies in the vault, safe to go on."""

    sha256: str
    name: str
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """All that is known of a mail when what follows from it is decided."""

    inbound: Inbound
    message: Message
    verdict: Verdict
    origin: Origin
    sender: str
    """Address in From, lower case; empty where there is none."""
    files: tuple[Kept, ...] = ()
    """What came along with a person's words and may go on to staff."""
    left_out: tuple[LeftOut, ...] = ()
    """What came along with them and may not."""
    author: str = ""
    """The one address in From, where it has one and no other can be read into it; else empty."""
    vouched: Literal["pass", "fail", "none"] = "none"
    """What the configured server says of that author's domain."""
    body: str = ""
    """A person's words as a reader sees them, with what he quotes."""
    words: str = ""
    """The new ones of them."""
    opening: str = ""
    """The new ones in the mail's first part, which alone may command."""

    @property
    def message_id(self) -> str:
        """Its own Message-ID, without angle brackets: the last one, which a signature covers (RFC 6376 §5.4.2)."""
        return "".join(self.message.all("message-id")[-1:]).strip("<> ")[:KEPT_OF_FIELD]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What followed from a mail."""

    action: str
    """One word or a few, for the list of mails that came in: `undeliverable`, `forwarded`, `approved`."""
    kind: str = ""
    """Its class where that turned out to be another one: a person's words may be a `command`."""
