"""The folder in which a sandbox keeps the mails that were not sent.

Owns the files: `00000042.eml` is the mail as it came, `00000042.json` beside it the envelope and what a list shows, so
that a list reads no mail. Both are written aside and renamed, the small one last: a mail is there when its JSON is.
They outlive a restart, not a power cut: this is no place for anything that matters.
"""

from __future__ import annotations

import email
import email.policy
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from mailbot.clock import moment, stamp
from mailbot.errors import MailbotError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from email.message import EmailMessage
    from pathlib import Path

KIND_HEADER = "X-Mailbot-Kind"


class NoSuchMail(MailbotError):
    """The sandbox keeps no mail of this number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a list shows of one mail."""

    id: str
    at: datetime
    """When it arrived, by mailbot's clock."""
    sender: str
    recipients: tuple[str, ...]
    subject: str
    kind: str
    """mailbot's word for what it is for; empty where the mail does not say."""
    message_id: str
    """Without angle brackets."""
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of the list, newest first."""

    mails: tuple[Kept, ...]
    older: str | None
    """Where the next page begins (`before`), or None on the last."""


class Mailbox:
    """Mails in `folder`, numbered as they arrive."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._last = max((int(path.stem) for path in folder.glob("[0-9]*.json")), default=0)

    def keep(self, *, sender: str, recipients: Sequence[str], content: bytes, at: datetime) -> Kept:
        """Keep a mail and return what a list shows of it; raises `OSError` where the disk does."""
        self._last += 1
        kept = _described(f"{self._last:08}", sender, recipients, content, at)
        self._write(f"{kept.id}.eml", content)
        fields = {**asdict(kept), "at": stamp(at)}
        self._write(f"{kept.id}.json", json.dumps(fields, ensure_ascii=False).encode())
        return kept

    def get(self, id: str) -> Kept:  # noqa: A002 - the word of the page and of the JSON
        """Return the mail of that number; raises `NoSuchMail`."""
        try:
            fields = json.loads(self._path(id, "json").read_bytes())
        except FileNotFoundError:
            raise NoSuchMail(f"the sandbox keeps no mail {id}") from None
        fields.update(at=moment(fields["at"]), recipients=tuple(fields["recipients"]))
        return Kept(**fields)

    def content(self, id: str) -> bytes:  # noqa: A002 - as above
        """Return the mail as it arrived; raises `NoSuchMail`."""
        try:
            return self._path(id, "eml").read_bytes()
        except FileNotFoundError:
            raise NoSuchMail(f"the sandbox keeps no mail {id}") from None

    def listing(self, *, before: str | None = None, limit: int = 50) -> Page:
        """Return at most `limit` mails older than `before` (or the newest), newest first."""
        mails: list[Kept] = []
        for kept in self._newest_first(before):
            if len(mails) == limit:
                return Page(tuple(mails), mails[-1].id)
            mails.append(kept)
        return Page(tuple(mails), None)

    def _newest_first(self, before: str | None) -> Iterator[Kept]:
        newest = min(self._last, int(before) - 1) if before is not None else self._last
        for number in range(newest, 0, -1):
            try:
                yield self.get(f"{number:08}")
            except NoSuchMail:
                continue  # broken off while it was written, or taken out by hand

    def _path(self, id: str, suffix: str) -> Path:  # noqa: A002 - as above
        # Only digits: a number from a URL never becomes a path of its own.
        if not (id.isascii() and id.isdigit()):
            raise NoSuchMail("mails are named by digits")
        return self._folder / f"{id}.{suffix}"

    def _write(self, name: str, data: bytes) -> None:
        aside = self._folder / f".{name}"
        aside.touch(mode=0o600)  # the links in it are real ones
        aside.write_bytes(data)
        aside.replace(self._folder / name)


def _described(number: str, sender: str, recipients: Sequence[str], content: bytes, at: datetime) -> Kept:
    headers = email.message_from_bytes(content.partition(b"\r\n\r\n")[0], policy=email.policy.default)
    return Kept(
        id=number,
        at=at,
        sender=sender,
        recipients=tuple(recipients),
        subject=header(headers, "Subject"),
        kind=header(headers, KIND_HEADER),
        message_id=header(headers, "Message-ID").strip("<> "),
        size=len(content),
    )


def header(message: EmailMessage, name: str) -> str:
    """Return a header's text; whatever a strange mail has there, it is text."""
    try:
        return str(message.get(name, ""))
    except Exception:  # noqa: BLE001 - Python's parser raises what it likes on broken headers
        return ""
