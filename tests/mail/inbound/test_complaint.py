"""Which complaints a person made."""

from __future__ import annotations

import pytest

from mailbot.mail.complaint import is_of_person
from mailbot.mail.parse import parse

REPORT = (
    "From: feedback@provider.example\nSubject: complaint\nMIME-Version: 1.0\n"
    'Content-Type: multipart/report; report-type=feedback-report; boundary="x"\n\n'
    "--x\nContent-Type: text/plain\n\nA report.\n\n--x\nContent-Type: message/feedback-report\n\n"
    "Version: 1\nUser-Agent: test\n{kind}\n--x--\n"
)


@pytest.mark.parametrize(
    ("kind", "means_it"),
    [
        ("Feedback-Type: abuse\n", True),
        ("Feedback-Type: Opt-Out\n", True),
        ("Feedback-Type: fraud\n", True),
        ("Feedback-Type: auth-failure\n", False),
        ("Feedback-Type: not-spam\n", False),
        ("Feedback-Type: virus\n", False),
        ("", False),
    ],
)
def test_a_report_says_whether_a_person_made_it(kind: str, *, means_it: bool) -> None:
    assert is_of_person(parse(REPORT.format(kind=kind).encode())) is means_it


def test_a_complaint_in_other_words_is_a_persons() -> None:
    assert is_of_person(parse(b"From: staff@hotmail.com\nSubject: complaint about message from 192.0.2.1\n\nhello\n"))
