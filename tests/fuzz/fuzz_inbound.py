"""A coverage-guided fuzzer of all that reads what comes in: `python fuzz_inbound.py TARGET [libFuzzer's options]`.

No input may raise anything but the declared error, and none may take longer than its budget.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import atheris  # type: ignore[import-untyped]  # it has no types

with atheris.instrument_imports(include=["mailbot.mail", "mailbot.domain"]):
    from mailbot.domain import reply_command
    from mailbot.errors import UnreadableMail
    from mailbot.mail import authentication, charset
    from mailbot.mail.classify import classify
    from mailbot.mail.parse import parse
    from mailbot.mail.reply_text import new_words

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 0.5
SECONDS_A_KILOBYTE = 0.02
"""Generous, since instrumented code runs some ten times slower: what it must catch grows with the square."""


def whole_mail(data: bytes) -> None:
    """Parse, classify and read every part of a mail."""
    try:
        message = parse(data)
    except UnreadableMail:
        return
    classify(message)
    authentication.vouched(message, "mx.example.test")
    for part in message.walk():
        part.text()


def text(data: bytes) -> None:
    """Read bytes under a name of a charset: the first line is the label."""
    label, _, content = data.partition(b"\n")
    charset.decode(content, label.decode("latin-1"))
    charset.header(content)


def reply(data: bytes) -> None:
    """Read what a reply asks for."""
    reply_command.read(new_words(charset.decode(data)))


TARGETS: dict[str, Callable[[bytes], None]] = {"mail": whole_mail, "charset": text, "reply": reply}


def main() -> None:
    """Fuzz one target until libFuzzer's own options end it."""
    target = TARGETS[sys.argv.pop(1)]

    def one(data: bytes) -> None:
        began = time.process_time()
        target(data)
        took = time.process_time() - began
        if took > SECONDS + SECONDS_A_KILOBYTE * len(data) / 1024:
            raise AssertionError(f"{len(data)} octets took {took:.2f} s")

    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
