"""Mails whose words alone tell what they are: reports that follow no standard, programs' answers, and people's mails.

Each line of `words/*.txt` is one mail, ` / ` between the lines of its text.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mailbot.mail import absence
from mailbot.mail.classify import classify
from mailbot.mail.failure import Failure, completed
from mailbot.mail.parse import parse
from mailbot.mail.reason import reason

WORDS = Path(__file__).parent / "words"


def lines(name: str) -> list[str]:
    return (WORDS / f"{name}.txt").read_text(encoding="utf-8").splitlines()


def outcomes(sender: str, subject: str, words: str) -> list[str]:
    body = words.replace(" / ", "\n")
    raw = f"From: {sender}@k.example.co.jp\nTo: reply@aoba.example\nSubject: {subject}\n\n{body}"
    verdict = classify(parse(raw.encode()))
    assert verdict.kind == "bounce"
    return [f"{each.recipient} {each.reason}{'!' * each.hard}" for each in verdict.outcomes]


@pytest.mark.parametrize("line", lines("reports"))
def test_a_report_names_its_recipient_and_says_why(line: str) -> None:
    """The first word is the reason, with `!` for a dead address; the second is who reports."""
    word, sender, subject, words = line.split(" | ")
    assert outcomes(sender, subject, words) == [f"taro@k.example {word}"]


def test_a_list_of_recipients_may_stand_before_what_is_said_of_each() -> None:
    words = "Not delivered to: / a@k.example / b@k.example / <a@k.example>: 552 full / <b@k.example>: 550 5.1.1 no"
    assert outcomes("MAILER-DAEMON", "Undelivered mail", words) == [
        "a@k.example mailboxfull",
        "b@k.example userunknown!",
    ]


def test_who_may_be_asked_is_recipient_where_nobody_else_is() -> None:
    words = "Your mail to postmaster@k.example was not delivered: mailbox full"
    assert outcomes("MAILER-DAEMON", "Undelivered mail", words) == ["postmaster@k.example mailboxfull"]


@pytest.mark.parametrize("line", lines("answers"))
def test_an_answer_has_its_reason(line: str) -> None:
    """The first word is the reason, the second the command that was refused."""
    word, command, said = line.split(" | ")
    assert reason(completed(Failure("a@b.c", command=command.strip("-"), text=said))) == word


def kind(line: str) -> str:
    """Return what a mail is; the first word is its sender, the second whether it answers one of ours."""
    sender, sort, subject, words = line.split(" | ")
    answered = "In-Reply-To: <row-1@mailbot.example>\n" if sort == "answer" else ""
    body = words.replace(" / ", "\n")
    raw = f"From: {sender}@k.example\nTo: reply@aoba.example\nSubject: {subject}\n{answered}\n{body}"
    return classify(parse(raw.encode())).kind


@pytest.mark.parametrize("line", lines("programs"))
def test_a_program_answers(line: str) -> None:
    assert kind(line) == "auto-reply"


@pytest.mark.parametrize("line", lines("people"))
def test_a_mail_of_a_person_is_never_lost(line: str) -> None:
    assert kind(line) == "person"


@pytest.mark.parametrize("line", lines("challenges"))
def test_a_sender_is_to_prove_that_he_is_a_person(line: str) -> None:
    assert kind(line) == "challenge"


@pytest.mark.parametrize("piece", ["このメールは", "自動", "this is an ", "am out ", "is ", "bin ", "ä", " ", "? "])
def test_reading_takes_time_by_length_only(piece: str) -> None:
    began = time.process_time()
    absence.says_it_is_automatic(piece * 100_000)
    absence.says_away(piece * 100_000)
    assert time.process_time() - began < 0.5
