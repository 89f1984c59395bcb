"""mailbot and a real mail server: notices go out through Postfix, and what becomes of them comes back through it.

Postfix's patience is seconds long here, so that one run sees a refusal, a delay and an expiry as the world sends them.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import smtplib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lmtp_client import INBOUND, TAGGED, inlet, listening, mail
from postfix_sink import free_port, smtp_sink
from private_postfix import Postfix, private_postfix
from real_daemon import Installation, installed, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from real_daemon import Daemon

PEOPLE = {"C0": "gone@hard.test", "C1": "full@soft.test", "C2": "well@ok.test"}
REPORTS = "SELECT outbox.email, inbox.rule, inbox.reason, inbox.hard, inbox.attributed_by, inbox.sender, inbox.door"
FROM = " FROM inbox JOIN outbox ON outbox.id = inbox.outbox_id WHERE inbox.class = 'bounce' AND outbox.kind = 'notice'"
FACTS = (
    "SELECT fact, count(*) FROM ledger JOIN outbox ON ledger.subject = 'mail:' || outbox.id"
    " WHERE outbox.kind = 'notice' AND fact IN ('mail.bounced', 'mail.delayed') GROUP BY fact"
)
UNIX = "reply@unix.test"


@dataclass(frozen=True, slots=True)
class Town:
    """Postfix, and where it delivers what is for mailbot."""

    postfix: Postfix
    port: int
    """Of the LMTP listener for `acme.test`."""
    path: Path
    """Of the one for `unix.test`."""

    def send(self, content: bytes, *recipients: str) -> None:
        """Give a mail to Postfix, from somebody at ok.test."""
        with smtplib.SMTP("127.0.0.1", self.postfix.port, timeout=10) as client:
            client.sendmail("c0@ok.test", recipients, content)


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """Run Postfix between mailbot and three domains: one refuses, one wants to be tried later, one takes all."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o711)
        hard = stack.enter_context(smtp_sink("-B", "550 5.1.1 User unknown", "-f", "RCPT"))
        soft = stack.enter_context(smtp_sink("-b", "450 4.2.2 Mailbox full, try later", "-r", "RCPT"))
        taking = stack.enter_context(smtp_sink())
        port, path = free_port(), folder / "lmtp"
        routes = {
            "hard.test": f"smtp:[127.0.0.1]:{hard}",
            "soft.test": f"smtp:[127.0.0.1]:{soft}",
            "ok.test": f"smtp:[127.0.0.1]:{taking}",
            "acme.test": f"lmtp:inet:127.0.0.1:{port}",
            "unix.test": f"lmtp:unix:{path}",
        }
        yield Town(stack.enter_context(private_postfix(folder / "postfix", routes)), port, path)


@pytest.fixture(scope="module")
def site(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Send a notice to each of the three, and return the installation once all reports have come back."""
    listener = listening(f"lmtp:127.0.0.1:{town.port}")
    with installed(tmp_path_factory.mktemp("reports"), town.postfix.port, more=listener) as site:
        site.take_customers([[code, f"Customer {code}", email] for code, email in PEOPLE.items()])
        site.done("invoices", "import", "--yes", str(site.batch("batch", 3, customers=3)))
        site.start()
        until(f"three reports: {town.postfix.log}", lambda: len(site.rows(REPORTS + FROM)) == 3, within=40)
        yield site


def test_a_refusal_a_delay_and_an_expiry_are_told_apart_and_found_by_their_tags(site: Installation) -> None:
    delayed, expired = site.rows(REPORTS + FROM + " AND outbox.email = 'full@soft.test' ORDER BY inbox.id")
    (refused,) = site.rows(REPORTS + FROM + " AND outbox.email = 'gone@hard.test'")
    assert refused[2:] == ("userunknown", 1, "tag", "", "lmtp")
    assert delayed[2:] == ("mailboxfull", 0, "tag", "", "lmtp")
    assert expired[2:] == ("mailboxfull", 0, "tag", "", "lmtp")
    assert site.rows("SELECT count(*) FROM inbox WHERE state <> 'done'") == [(0,)]
    facts = dict(site.rows(FACTS))
    assert facts == {"mail.bounced": 2, "mail.delayed": 1}


def test_only_the_address_that_is_gone_becomes_undeliverable(site: Installation) -> None:
    statuses = dict(site.rows("SELECT email, status FROM addresses"))
    assert statuses == {
        "gone@hard.test": "undeliverable",
        "full@soft.test": "confirmed",
        "well@ok.test": "confirmed",
    }
    site.verify()


def test_one_recipient_refused_and_the_other_taken(town: Town, site: Installation) -> None:
    town.send(mail(7), "nobody@acme.test", TAGGED)
    until("both are settled", lambda: "<nobody@acme.test>" in town.postfix.log and f"<{TAGGED}>" in town.postfix.log)
    until("the mail is on file", lambda: site.rows("SELECT id FROM inbox WHERE sender = 'c0@ok.test'"))
    assert re.search(r"to=<nobody@acme\.test>.*dsn=5\.1\.1, status=bounced", town.postfix.log)
    assert re.search(rf"to=<{re.escape(TAGGED)}>.*dsn=2\.0\.0, status=sent \(250 2\.0\.0 On file\)", town.postfix.log)
    assert site.rows("SELECT recipients FROM inbox WHERE sender = 'c0@ok.test'") == [(f'["{TAGGED}"]',)]


def test_a_unix_socket_is_closed_to_strangers_and_two_recipients_are_one_mail(town: Town, tmp_path: Path) -> None:
    with installed(tmp_path, 1, more=listening(f"lmtp:{town.path}").replace(INBOUND, UNIX)) as site:
        daemon = site.start()
        town.send(mail(8), UNIX, "reply+tag@unix.test")
        until("it is refused", lambda: re.search(rf"to=<{UNIX}>.*deferred.*Permission denied", town.postfix.log))
        _let_postfix_in(daemon)
        until(f"it is on file: {town.postfix.log}", lambda: site.rows("SELECT id FROM inbox"))
        until(
            "both are answered",
            lambda: len(re.findall(r"@unix\.test>.*\(250 2\.0\.0 On file\)", town.postfix.log)) == 2,
        )
        assert site.rows("SELECT count(*) FROM inbox") == [(1,)]
        until("it is judged", lambda: site.rows("SELECT id FROM inbox WHERE state = 'done'"))


def _let_postfix_in(daemon: Daemon) -> None:
    """Do what an admin does by putting Postfix's user into mailbot's group."""
    path = inlet(daemon)
    assert isinstance(path, str)
    assert os.stat(path).st_mode & 0o777 == 0o660  # noqa: PTH116 - a socket's path
    shutil.chown(path, group="postfix")
