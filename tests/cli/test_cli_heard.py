"""What tables and the status say of what came back, of who wants no reminders now, and of what needs a person."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from wcwidth import wcswidth

from mailbot.cli.status import _attention

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from command_line import Run

OLD = "uketsuke@sakura-dental.example.com"
WIDTH = 120
SAID = "550 5.1.1 宛先の利用者が見つかりません。 Recipient address rejected: User unknown in virtual mailbox table"


@pytest.fixture
def change(filled: Run, tmp_path: Path) -> Callable[..., None]:  # noqa: ARG001 -- the store is there once it is filled
    """Write into the store what only time and other people's servers would."""

    def write(sql: str, *values: object) -> None:
        with closing(sqlite3.connect(next(tmp_path.rglob("mailbot.db")))) as store, store:
            store.execute(sql, values)

    return write


@pytest.fixture
def bounced(change: Callable[..., None]) -> None:
    """The first mail came back, which the relay had accepted."""
    change(
        "UPDATE outbox SET state = 'accepted', response = '250 2.0.0 Ok: queued as 4ZC1', reported = 'bounced',"
        " reported_at = '2026-11-20T01:00:00.000Z', report_reason = 'userunknown', report_said = ? WHERE id = 1",
        SAID,
    )


def row(run: Run, beginning: str, *words: str) -> str:
    return next(line for line in run(*words).out.splitlines() if line.lstrip().startswith(beginning))


@pytest.mark.usefixtures("bounced")
def test_a_mail_that_came_back_is_not_called_accepted(filled: Run) -> None:
    line = row(filled, "1 ", "outbox", "list")
    assert " bounced " in line
    assert "userunknown: 550 5.1.1" in line
    assert "accepted" not in line
    assert "250" not in line
    assert [each["id"] for each in filled("outbox", "list", "--bounced", "--json").lines] == [1]
    assert "reported at    2026-11-20 10:00" in filled("outbox", "show", "1").out


@pytest.mark.usefixtures("bounced")
def test_what_servers_say_is_cut_to_the_width_of_the_line(filled: Run) -> None:
    for words in (("outbox", "list"), ("outbox", "list", "--bounced")):
        lines = filled(*words).out.splitlines()
        assert max(map(wcswidth, lines)) <= WIDTH
        assert any(line.endswith("…") for line in lines)
    assert "宛先の利用者が" in filled("outbox", "list", "--bounced").out
    assert filled("outbox", "list", "--bounced", "--json").lines[0]["report_said"] == SAID


def test_an_invoice_says_that_its_mail_came_back(filled: Run, change: Callable[..., None]) -> None:
    change("UPDATE addresses SET status = 'undeliverable' WHERE email = ?", OLD)
    change(
        "INSERT INTO deliveries (invoice_id, address_id, evidence, came_back) SELECT i.id, a.id, 'accepted',"
        " 'userunknown' FROM invoices i, addresses a WHERE i.number = 'AB-2026-1101' AND a.email = ?",
        OLD,
    )
    shown = row(filled, OLD, "invoices", "show", "AB-2026-1101", "--issuer", "AOBA")
    assert shown.endswith("accepted, came back: userunknown")


def test_pauses_scores_and_absences_are_seen(filled: Run, change: Callable[..., None]) -> None:
    change(
        "UPDATE addresses SET status = 'confirmed', is_default = 1, confirmed_at = '2026-11-20T01:00:00.000Z',"
        " snoozed_until = '2999-11-27T01:00:00.000Z', bounce_score = 3, bounced_on = '2999-11-20' WHERE email = ?",
        OLD,
    )
    change(
        "INSERT INTO inbox (fingerprint, door, recipients, size, state, class, action, address_id, received_at)"
        " SELECT 'f', 'lmtp', '[]', 1, 'done', 'auto-reply', 'told', id, '2026-11-20T01:00:00.000Z' FROM addresses"
        " WHERE email = ?",
        OLD,
    )
    for words in (("addresses", "list"), ("customers", "show", "A001", "--issuer", "AOBA")):
        shown = filled(*words).out
        for remark in ("default", "paused until 2999-11-27", "bounced, 3 of 5 points", "left 2026-11-20"):
            assert remark in shown, words
        assert max(map(wcswidth, shown.splitlines())) <= WIDTH, words


def test_lists_of_mails_that_came_in_are_cut_too(filled: Run, change: Callable[..., None]) -> None:
    subject = (
        "Re: 【重要】11月分請求書の発行のお知らせ（株式会社アオバ設備サービス）につきまして、至急ご確認ください" * 2
    )
    change(
        "INSERT INTO inbox (fingerprint, door, recipients, size, state, class, action, subject, from_email,"
        " received_at) VALUES ('f', 'lmtp', '[]', 1, 'done', 'person', 'nobody to tell', ?, ?,"
        " '2026-11-20T01:00:00.000Z')",
        subject,
        OLD,
    )
    shown = filled("inbox", "list").out
    assert max(map(wcswidth, shown.splitlines())) <= WIDTH
    assert "nobody to tell" in shown


def test_the_status_says_what_needs_a_person(filled: Run, change: Callable[..., None]) -> None:
    assert "attention" not in filled("status").out
    change("UPDATE outbox SET state = 'held' WHERE id < 3")
    change("UPDATE outbox SET state = 'unknown', next_attempt_at = '9999-12-31T00:00:00.000Z' WHERE id = 3")
    change("UPDATE outbox SET state = 'expired', finished_at = '2999-11-20T01:00:00.000Z' WHERE id = 4")
    change("UPDATE invoices SET status = 'open' WHERE number IN ('AB-2026-1101', 'AB-2026-1108')")
    change(
        "INSERT INTO inbox (fingerprint, door, recipients, size, state, class, action, received_at)"
        " VALUES ('f', 'lmtp', '[]', 1, 'done', 'person', 'nobody to tell', '2999-11-20T01:00:00.000Z')"
    )
    change("INSERT INTO starts (started_at, pid, version) VALUES ('2026-11-20T01:00:00.000Z', 0, '1')")
    found = [line.partition("  ")[2].strip() for line in filled("status").out.splitlines() if "attention" in line]
    assert found == [
        "the daemon has stopped, nothing goes out and nothing comes in: start it, and see its log",
        "1 customer has no deliverable address left, 2 invoices open: mailbot addresses list",
        "1 mail of unknown outcome, which mailbot does not try again: mailbot outbox list --state unknown",
        "2 mails held back: mailbot outbox list --state held",
        "1 mail given up in the last 30 days: mailbot outbox list --state expired",
        "1 mail from people reached nobody: mailbot inbox list --unheard",
    ]
    assert len(filled("inbox", "list", "--unheard", "--json").lines) == 1


def test_the_status_says_that_the_relay_may_be_away() -> None:
    mails = ("mails_held", "mails_unknown", "mails_expired", "words_unheard")
    attention = dict.fromkeys((*mails, "customers_unreachable", "unanswered", "undelivered"), 0)
    status = {
        "daemon": {"state": "running"},
        "invoices": {},
        "invitations": {},
        "inbox": {},
        "attention": {**attention, "mails_due_since": "2026-11-20T01:00:00.000Z"},
    }
    (line,) = _attention(status)
    assert "none gets off: mailbot check, which tries the relay" in line
