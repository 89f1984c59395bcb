"""What classification promises for any mail at all, and the odd corners of its parts."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailbot.errors import UnreadableMail
from mailbot.mail import notice
from mailbot.mail.bounces import ses
from mailbot.mail.classify import classify
from mailbot.mail.parse import parse

if TYPE_CHECKING:
    from mailbot.mail.verdict import Verdict

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.eml"))


def said(raw: bytes) -> Verdict | None:
    try:
        return classify(parse(raw))
    except UnreadableMail:
        return None


@given(st.binary(max_size=3000))
def test_any_bytes_have_a_verdict_or_are_refused(raw: bytes) -> None:
    verdict = said(raw)
    assert verdict is None or verdict.kind


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=2000)
@given(st.sampled_from(SAMPLES), st.data())
def test_mutated_samples_have_a_verdict_or_are_refused(sample: Path, data: st.DataObject) -> None:
    raw = bytearray(sample.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        at, gone = data.draw(st.integers(0, len(raw))), data.draw(st.integers(0, 200))
        raw[at : at + gone] = data.draw(st.binary(max_size=40))
    verdict = said(bytes(raw))
    assert verdict is None or verdict.kind


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_reads_the_same_with_every_line_end(sample: Path) -> None:
    raw = sample.read_bytes()
    assert said(raw.replace(b"\n", b"\r\n")) == said(raw)


@pytest.mark.parametrize(
    "piece", ["a", " ", "@", "a@", "a@b", "<", "to: ", "5", "550 ", "\n", "x.", "<<< 550-5.7.1 no\n", "quota ", "("]
)
def test_judging_takes_time_by_length_only(piece: str) -> None:
    head = f"From: MAILER-DAEMON <>\nSubject: Undeliverable {piece * 2000}\n\n"
    began = time.process_time()
    said((head + "This is the qmail-send program.\ncould not be delivered\n" + piece * 30_000).encode())
    assert time.process_time() - began < 4


def test_whose_mail_is_a_machines() -> None:
    def automatic(head: str) -> bool:
        return notice.is_automatic(parse(f"{head}\n\nx".encode()))

    assert automatic("Return-Path: <>\nFrom: a@b.c")
    assert automatic("From: MAILER-DAEMON@b.c (Mail Delivery System)")
    assert automatic("From: <>")
    assert automatic("From: mailer-daemon")
    assert automatic("Return-Path: <postmaster@b.c>\nFrom: a@b.c")
    assert not automatic("Return-Path: <a@b.c>\nFrom: Taro <a@b.c>")


@pytest.mark.parametrize(
    "body",
    [
        '{"notificationType": [',
        '{"notificationType":"Bounce"}',
        '{"notificationType":"Bounce","bounce":{"bouncedRecipients":7}}',
        '{"notificationType":"Complaint","complaint":{"complainedRecipients":["x"]}}',
        '{"notificationType":"Other"}',
        '{"eventType":' + '{"a":' * 100_000,
        '{"other":"Type"}',
    ],
)
def test_broken_notifications_say_nothing(body: str) -> None:
    assert classify(parse(f"From: a@b.c\nSubject: x\n\n{body}".encode())).kind == "person"


def test_a_mail_that_is_only_another_one_says_nothing_itself() -> None:
    assert classify(parse(b"Content-Type: message/rfc822\n\nSubject: failure notice\n\nundeliverable")).kind == "person"


def test_a_notification_of_a_nobody() -> None:
    read = notice.read(parse(b'From: a@b.c\n\n{"notificationType":"Bounce","bounce":{"bouncedRecipients":["x"]}}'))
    assert [failure.recipient for failure in ses.read(read)] == [""]
