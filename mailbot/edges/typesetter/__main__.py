"""The process that lays mails out: orders come in on standard input, which is a socket, and answers go back on it.

Owns its loop. Only the daemon that started it can write here: hence pickle. It ends when the daemon's end is closed,
and with it alone.
"""

from __future__ import annotations

import pickle
import socket
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from mailbot.edges.typesetter import LENGTH, PARTS
from mailbot.flows.lay_out import LayOut
from mailbot.keyring import Keyring
from mailbot.links import Links
from mailbot.mail.edition import Edition
from mailbot.store.outbox import Mail

if TYPE_CHECKING:
    from mailbot.store.outbox import Claim


def main() -> None:
    """Lay out until the daemon is gone."""
    with socket.socket(fileno=0) as daemon:
        try:
            _serve(daemon)
        except (EOFError, ConnectionError, pickle.UnpicklingError):
            return  # an order that breaks off is one of a daemon that was killed


def _serve(daemon: socket.socket) -> None:
    orders = daemon.makefile("rb")
    text, keys = pickle.load(orders)  # noqa: S301  our own daemon
    keyring = Keyring.load(keys)
    lay_out = LayOut(Edition.read(text), Links(keyring))
    while True:
        order = pickle.load(orders)  # noqa: S301  as above
        keyring.reload_if_changed()
        answer = pickle.dumps([_laid_out(lay_out, Mail(*row), claim) for row, claim in order])
        daemon.sendall(len(answer).to_bytes(LENGTH) + answer)


def _laid_out(lay_out: LayOut, mail: Mail, claim: Claim) -> tuple[object, ...] | None:
    try:
        envelope = lay_out.envelope(mail, claim)
    except Exception:  # noqa: BLE001  the daemon tries it again, and says what is wrong
        return None
    digest = sha256(envelope.content).hexdigest()
    parts: tuple[object, ...] = PARTS(replace(envelope, sha256=digest))
    return parts


if __name__ == "__main__":
    main()
