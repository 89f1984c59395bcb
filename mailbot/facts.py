"""The closed list of facts that mailbot states about itself.

A fact is `noun.verb`. The log writes each as one line; those that are proof are rows of the ledger too. Nothing is
logged that is not on this list, and the README's table is generated from it. Values of a fact never hold a token, a
link, a secret or a mail's text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

FACTS: dict[str, Fact] = {}


@dataclass(frozen=True, slots=True)
class Fact:
    """One kind of thing that happens."""

    name: str
    meaning: str
    fields: tuple[str, ...]
    level: str = "info"
    proven: bool = False
    """True where the fact is a row of the ledger as well as a line of the log."""


class Facts(Protocol):
    """Where facts go; the daemon and the command line pass one in."""

    def __call__(self, fact: Fact, **fields: object) -> None:
        """State `fact`; raises `KeyError` for a field that the fact does not have."""
        ...


def _fact(name: str, fields: str, meaning: str, *, level: str = "info", proven: bool = False) -> Fact:
    fact = FACTS[name] = Fact(name, meaning, tuple(fields.split()), level, proven)
    return fact


DAEMON_STARTED = _fact("daemon.started", "version mode listen start", "the daemon is ready to work")
DAEMON_STOPPING = _fact("daemon.stopping", "signal", "no new work is begun; what is in flight ends")
DAEMON_STOPPED = _fact("daemon.stopped", "seconds", "everything has ended in order")
DAEMON_RELOADED = _fact("daemon.reloaded", "keys", "changed key files were read again")
TASK_FAILED = _fact("task.failed", "task error", "a part of the daemon raised and goes on", level="error")
ROW_FAILED = _fact("row.failed", "table id error", "one row raised; it was pushed ahead", level="error")
STORE_FULL = _fact("store.full", "error", "the disk is full; nothing was half done, work waits", level="error")
CLOCK_MOVED = _fact("clock.moved", "by now", "the sandbox's clock was moved forward")

HTTP_ANSWERED = _fact("http.answered", "method route status ms network", "a request was answered")

IMPORT_TAKEN = _fact(
    "import.taken", "issuer import kind rows created changed unchanged source", "a batch was taken whole", proven=True
)
IMPORT_CANCELLED = _fact("import.cancelled", "issuer import rows mails", "an import was taken back", proven=True)

ADDRESS_ADDED = _fact(
    "address.added", "issuer customer to source", "an address was put on file, not yet proved", proven=True
)
ADDRESS_CONFIRMED = _fact(
    "address.confirmed", "issuer customer to", "the owner of an address pressed its button", proven=True
)
ADDRESS_REVOKED = _fact("address.revoked", "issuer customer to", "staff took an address off file", proven=True)

INVOICE_ISSUED = _fact("invoice.issued", "issuer customer invoice mails", "an invoice became open", proven=True)
INVOICE_WAITING = _fact(
    "invoice.waiting",
    "issuer customer invoice",
    "an invoice is due that nobody can receive yet",
    level="warning",
    proven=True,
)
INVOICE_PRESSED = _fact(
    "invoice.pressed", "issuer invoice to network doubtful", "the download button was pressed", proven=True
)
INVOICE_DOWNLOADED = _fact(
    "invoice.downloaded", "issuer invoice to bytes", "the last byte arrived after a press", proven=True
)
INVOICE_DOUBTFUL = _fact(
    "invoice.doubtful",
    "issuer invoice to reason",
    "a download that a machine may have made",
    level="warning",
    proven=True,
)
INVOICE_REMINDED = _fact("invoice.reminded", "issuer invoice step mails", "a reminder was queued", proven=True)
INVOICE_WITHDRAWN = _fact("invoice.withdrawn", "issuer invoice reason", "staff withdrew an invoice", proven=True)

MAIL_QUEUED = _fact("mail.queued", "issuer outbox kind to", "a mail waits to be sent", level="debug")
MAIL_ACCEPTED = _fact("mail.accepted", "issuer outbox kind to attempt response", "the relay answered 250", proven=True)
MAIL_DEFERRED = _fact(
    "mail.deferred",
    "issuer outbox kind to attempt response next",
    "not taken now; it will be tried again",
    level="warning",
)
MAIL_REFUSED = _fact(
    "mail.refused", "issuer outbox kind to attempt response", "the relay refused for good", level="warning", proven=True
)
MAIL_UNKNOWN = _fact(
    "mail.unknown",
    "issuer outbox kind to attempt response",
    "no answer after the final dot",
    level="warning",
    proven=True,
)
MAIL_EXPIRED = _fact(
    "mail.expired",
    "issuer outbox kind to attempt response",
    "not taken before its deadline",
    level="error",
    proven=True,
)
MAIL_CANCELLED = _fact(
    "mail.cancelled", "issuer outbox kind to reason", "no longer wanted right before sending", proven=True
)
MAIL_HELD = _fact("mail.held", "issuer outbox kind to reason", "waits for a person", level="warning", proven=True)
MAIL_RELEASED = _fact("mail.released", "issuer outbox kind to", "a person let it go on", proven=True)

MAIL_BOUNCED = _fact(
    "mail.bounced",
    "issuer outbox to reason hard status elsewhere said",
    "a report says that a mail did not arrive",
    level="warning",
    proven=True,
)
MAIL_DELAYED = _fact("mail.delayed", "issuer outbox to status said", "a report says that a mail is late", proven=True)
MAIL_DELIVERED = _fact("mail.delivered", "issuer outbox to status", "a report says that a mail arrived", proven=True)
ADDRESS_UNDELIVERABLE = _fact(
    "address.undeliverable",
    "issuer customer to reason",
    "mail to an address comes back for good; nothing more is sent there",
    level="warning",
    proven=True,
)
ADDRESS_WEAKENED = _fact(
    "address.weakened", "issuer customer to score reason", "mail to an address came back for now", proven=True
)
ADDRESS_PROBED = _fact("address.probed", "issuer customer to", "a mail asks whether an address still works")
ADDRESS_ABSENT = _fact(
    "address.absent", "issuer customer to left", "an automatic reply: its owner is away, or has left", proven=True
)
ADDRESS_MUTED = _fact("address.muted", "issuer customer to how", "no more reminders to an address", proven=True)
ADDRESS_SNOOZED = _fact(
    "address.snoozed", "issuer customer to until how", "no reminders to an address for a while", proven=True
)
ADDRESS_UNMUTED = _fact("address.unmuted", "issuer customer to how", "reminders to an address again", proven=True)
INVOICE_ACKNOWLEDGED = _fact(
    "invoice.acknowledged", "issuer invoice to", "its recipient says that it has come", proven=True
)
INVOICE_DISAVOWED = _fact(
    "invoice.disavowed", "issuer invoice to", "its recipient takes back that it has come", proven=True
)

INBOX_RECEIVED = _fact("inbox.received", "inbox door size sender", "a mail came in; its bytes are on file")
INBOX_JUDGED = _fact(
    "inbox.judged", "issuer inbox class rule action attributed", "what a mail is, and what was done", proven=True
)
INBOX_SET_ASIDE = _fact(
    "inbox.set_aside", "inbox error", "a mail could not be worked through; it is kept whole", level="error"
)
INBOX_LISTENING = _fact("inbox.listening", "door listen", "a listener of ours takes mails")
INBOX_TURNED_AWAY = _fact(
    "inbox.turned_away", "door to why", "a listener of ours refused a connection or a recipient", level="warning"
)
INBOX_LOST = _fact(
    "inbox.lost", "mailbox error next", "a mailbox or listener cannot be reached; it is tried again", level="warning"
)
INBOX_SKIPPED = _fact(
    "inbox.skipped", "mailbox uid error", "a mail is not handed out; those behind it are taken", level="error"
)
INBOX_BACK = _fact("inbox.back", "mailbox after", "a mailbox is reached again")
REPLY_OBEYED = _fact("reply.obeyed", "issuer customer to command result", "a reply acted", proven=True)
REPLY_ANSWERED = _fact("reply.answered", "issuer customer to what", "a mail that came in was answered", proven=True)
REPLY_UNANSWERED = _fact("reply.unanswered", "issuer to why", "no answer: enough of them went there", level="warning")
QUESTION_FORWARDED = _fact(
    "question.forwarded", "issuer customer to files", "a person's words went on to staff", proven=True
)
QUESTION_UNHEARD = _fact(
    "question.unheard",
    "issuer customer inbox why",
    "a person's words reached no staff: none is configured, or that person wrote too many today",
    level="warning",
    proven=True,
)
SUCCESSOR_NAMED = _fact("successor.named", "issuer customer to successor how", "a recipient names another", proven=True)
SUCCESSOR_CONFIRMED = _fact(
    "successor.confirmed", "issuer customer to successor due", "the successor pressed the button", proven=True
)
SUCCESSOR_EFFECTIVE = _fact(
    "successor.effective", "issuer customer to successor by", "the successor receives from now on", proven=True
)
SUCCESSOR_UNDONE = _fact(
    "successor.undone", "issuer customer to successor by", "a change of recipient was taken back", proven=True
)

RELAY_LOST = _fact("relay.lost", "error next", "the relay cannot be reached; sending waits", level="warning")
RELAY_BACK = _fact("relay.back", "after", "the relay is reached again")
DOMAIN_SLOWED = _fact(
    "domain.slowed", "domain seconds response", "a domain asked for less (421); its mails wait", level="warning"
)

SESSION_OPENED = _fact("session.opened", "issuer customer to how", "a customer signed in", proven=True)
SESSION_ENDED = _fact("session.ended", "issuer customer", "a customer signed out")
LINK_REFUSED = _fact(
    "link.refused", "route why network", "a link was tampered with, revoked or of another purpose", level="warning"
)

INVITATION_SENT = _fact("invitation.sent", "issuer customer channel to", "a customer was invited", proven=True)
INVITATION_RECEIVED = _fact(
    "invitation.received", "issuer customer account", "an invitation reached an account", proven=True
)
INVITATION_APPROVED = _fact("invitation.approved", "issuer customer account by", "connected, for good", proven=True)
INVITATION_DECLINED = _fact(
    "invitation.declined", "issuer customer account by", "the invitation was declined", proven=True
)
INVITATION_REMINDED = _fact(
    "invitation.reminded", "issuer customer step", "an unanswered invitation was repeated", proven=True
)
INVITATION_UNANSWERED = _fact(
    "invitation.unanswered", "issuer customer", "nobody answers: the staff has it on its list", proven=True
)
INVITATION_EXPIRED = _fact("invitation.expired", "issuer customer", "an invitation ended unapproved", proven=True)
ACCOUNT_REGISTERED = _fact("account.registered", "issuer customer account to", "a company registered", proven=True)
CODE_PRINTED = _fact("code.printed", "issuer customer", "a temporary ID and password went on paper", proven=True)
CODE_USED = _fact("code.used", "issuer customer", "a temporary ID and password were used", proven=True)
CODE_REPLACED = _fact("code.replaced", "issuer customer", "a code on paper is worth nothing any more", proven=True)
ADDRESS_REMOVED = _fact("address.removed", "issuer customer to", "a customer took an address off", proven=True)
ADDRESS_CHANGED = _fact(
    "address.changed", "issuer customer to change", "default address or delivery was changed", proven=True
)
PASSWORD_CHANGED = _fact(
    "password.changed", "account customer to how", "a password was set; other sessions ended", proven=False
)
SIGN_IN_FAILED = _fact("sign_in.failed", "how network", "wrong credentials", level="warning")
SIGN_IN_LOCKED = _fact("sign_in.locked", "subject network seconds", "too many failures from there", level="warning")

KEY_ROTATED = _fact("key.rotated", "key", "a new key signs from now on", proven=True)
KEY_RETIRED = _fact("key.retired", "key", "links of a key only offer a new one", proven=True)
KEY_REVOKED = _fact("key.revoked", "key", "links of a leaked key are dead", level="warning", proven=True)

DROP_TAKEN = _fact("drop.taken", "folder import", "a dropped folder was imported and moved to done/")
DROP_FAILED = _fact(
    "drop.failed", "folder reason", "a dropped folder was moved to failed/ with its report", level="warning"
)

ACCESSES_DROPPED = _fact("accesses.dropped", "rows", "access records were given up under load", level="warning")
