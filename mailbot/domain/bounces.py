"""Rules for reports on our mails: which of them means what for an address.

Owns what is believed, when an address is given up, and the score of one that bounces now and then. The reason decides,
never a number: most passing troubles carry a 5.x.x. Without proof that a report is about a mail of ours, nothing
follows from it, and only one that came as servers report ends an address.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum, StrEnum

PROBE_AT = 5
"""Points at which a mail asks the address whether it still works."""

A_POINT_LESS = timedelta(days=7)
"""For each such span without a new point an address has one less."""

PATIENCE = timedelta(days=7)
"""A probe that has not come back after this arrived."""

LATEST = timedelta(days=14)
"""No server tries a mail for longer than this (RFC 5321 §4.5.4.1 names 4 to 5 days): later reports are told again."""

ARRIVED = frozenset({"delivered", "expanded"})
"""Actions that say that a mail arrived (RFC 3464 §2.3.3); one that was only relayed may still come back."""

ABOUT_US = frozenset(
    {
        *("authfailure", "badreputation", "blocked", "contenterror", "exceedlimit", "failedstarttls", "mesgtoobig"),
        *("norelaying", "notcompliantrfc", "policyviolation", "ratelimited", "rejected", "requireptr"),
        *("securityerror", "spamdetected", "speeding", "syntaxerror", "toomanyconn", "virusdetected"),
    }
)
"""Reasons that lie with the sender or the mail: they say nothing of the mailbox, and never end it."""


class Step(StrEnum):
    """What follows from a report."""

    NOTE = "note"
    """Nothing: it is kept, no more."""
    ARRIVED = "arrived"
    DELAYED = "delayed"
    WEAKEN = "weaken"
    ASK = "ask"
    """As `WEAKEN`, and the mailbox is asked at once whether it works."""
    GIVE_UP = "give_up"


class Proof(IntEnum):
    """What vouches for a report."""

    NONE = 0
    """Nothing: whoever wrote it need never have seen a mail of ours."""
    HAD = 1
    """He had that mail, or carried it; a person can, so that it weakens an address at most."""
    SERVER = 2
    """It came as servers report: to the return path, from the null sender (RFC 3464 §2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is known of a report when it is judged."""

    action: str
    """Of the server: failed, delayed, delivered, relayed or expanded."""
    reason: str
    hard: bool
    """True where the reason says that nothing will ever arrive there."""
    proof: Proof
    elsewhere: bool = False
    """True where it names another mailbox than the one that we wrote to: somebody forwards there."""
    renamed: bool = False
    """True where it names ours too, as the one that was asked for: an alias, or a mailbox with an inner name."""
    read: bool = False
    """True where that very mail was acted on, or a later one: the mailbox works, whatever a server reports of it."""
    late: bool = False
    """True where the mail was done with more than `LATEST` ago."""
    probe: bool = False
    """True where it is about the probe that is out."""


def judge(report: Report) -> Step:
    """Say what follows from a report on a mail of ours."""
    if report.action in ARRIVED or report.action == "delayed":
        told = Step.DELAYED if report.action == "delayed" else Step.ARRIVED
        return told if report.proof is Proof.SERVER else Step.NOTE
    if report.action in {"relayed", "deliverable"} or report.proof is Proof.NONE or report.late:
        return Step.NOTE
    if report.proof is Proof.HAD or report.read:
        return Step.WEAKEN
    if report.probe and report.reason not in ABOUT_US:
        return Step.GIVE_UP
    return _of_hard(report) if report.hard else Step.WEAKEN


def _of_hard(report: Report) -> Step:
    """Say what follows where a mailbox is dead: one member of an alias may be, or ours under its inner name."""
    if not report.elsewhere:
        return Step.GIVE_UP
    return Step.ASK if report.renamed else Step.WEAKEN


@dataclass(frozen=True, slots=True)
class Score:
    """How often mail to an address came back for now."""

    points: int = 0
    on: date | None = None
    """Local date of the last point."""

    def at(self, today: date) -> int:
        """Return the points that are left on a local date."""
        return 0 if self.on is None else max(0, self.points - max(today - self.on, timedelta()) // A_POINT_LESS)

    def weakened(self, today: date) -> Score:
        """Return the score after one more report: a day adds one point, however many come in."""
        return self if self.on == today else Score(self.at(today) + 1, today)

    def asks_for_probe(self) -> bool:
        """Tell whether it is time to ask the address itself."""
        return self.points >= PROBE_AT
