"""What follows from each class of mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailbot.flows import settle
from mailbot.flows.hearing.absent import absent
from mailbot.flows.hearing.bounced import bounced
from mailbot.flows.hearing.complained import complained
from mailbot.flows.hearing.heard import Done
from mailbot.flows.hearing.spoken import spoken

if TYPE_CHECKING:
    from mailbot.flows.desk import Desk
    from mailbot.flows.hearing.heard import Heard
    from mailbot.store.database import Transaction


def act(desk: Desk, tx: Transaction, heard: Heard) -> Done:
    """Do what a mail asks for or tells, in the caller's transaction."""
    if heard.verdict.kind in _HAD_IT and heard.origin.mail is not None:
        settle.heard_of(desk, tx, heard.origin.mail)
    return _ACTS[heard.verdict.kind](desk, tx, heard)


def _pass_over(_: Desk, __: Transaction, ___: Heard) -> Done:
    """Leave our own mail alone, and machines that want a proof of a person: answering either would never end."""
    return Done(action="passed over")


_HAD_IT = frozenset({"challenge", "complaint", "auto-reply", "person"})
"""Whoever sends such a mail about one of ours has that one."""

_ACTS = {
    "own": _pass_over,
    "challenge": _pass_over,
    "bounce": bounced,
    "complaint": complained,
    "auto-reply": absent,
    "person": spoken,
}
