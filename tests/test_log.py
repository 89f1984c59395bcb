"""The log: one fact a line, from a closed list, without anything that is nobody's business."""

from __future__ import annotations

import io
import json
import os
import pty
from datetime import UTC, datetime
from typing import TextIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot import facts
from mailbot.log import Log, facts_table, mask


class Noon:
    """A clock that stands."""

    def now(self) -> datetime:
        return datetime(2026, 11, 20, 12, tzinfo=UTC)


def log(stream: TextIO, *, level: str = "info", full_addresses: bool = False) -> Log:
    return Log(stream, clock=Noon(), level=level, full_addresses=full_addresses)


def test_a_fact_is_a_line() -> None:
    out = io.StringIO()
    log(out)(facts.MAIL_ACCEPTED, issuer="ACME", outbox=7, to="taro@example.com", response="250 2.0.0 Ok")
    assert out.getvalue() == (
        "time=2026-11-20T12:00:00.000Z level=info fact=mail.accepted issuer=ACME outbox=7 to=t***@example.com"
        ' response="250 2.0.0 Ok"\n'
    )


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(KeyError, match=r"mail\.accepted has no field body"):
        log(io.StringIO())(facts.MAIL_ACCEPTED, body="Dear Sir")


def test_what_is_not_important_enough_is_not_written() -> None:
    out = io.StringIO()
    log(out)(facts.MAIL_QUEUED, issuer="ACME")
    log(out, level="error")(facts.MAIL_REFUSED, issuer="ACME")
    assert out.getvalue() == ""
    log(out, level="debug")(facts.MAIL_QUEUED, issuer="ACME")
    assert "level=debug" in out.getvalue()


def test_addresses_and_links_are_hidden_wherever_they_stand() -> None:
    out = io.StringIO()
    said = "550 5.1.1 <hanako@example.com>: see http://x/l/iaZZZZ.abc_- and http://x/d/daYYY.q"
    log(out)(facts.MAIL_REFUSED, to="h.anako+x@例え.jp", response=said)
    assert (
        'to=h***@例え.jp response="550 5.1.1 <h***@example.com>: see http://x/l/*** and http://x/d/***"'
        in out.getvalue()
    )


def test_addresses_stand_in_full_where_that_is_configured() -> None:
    out = io.StringIO()
    log(out, full_addresses=True)(facts.MAIL_REFUSED, to="hanako@example.com", response="no http://x/l/iaZZ.a")
    assert 'to=hanako@example.com response="no http://x/l/***"' in out.getvalue()


def test_a_value_cannot_begin_a_line() -> None:
    out = io.StringIO()
    log(out)(facts.DROP_FAILED, reason="a\r\nlevel=error\x1b[31m\x00")
    assert out.getvalue().count("\n") == 1
    assert "\x1b" not in out.getvalue()
    assert "\r" not in out.getvalue()


@given(st.text())
def test_any_value_stays_on_its_line(value: str) -> None:
    out = io.StringIO()
    log(out)(facts.DROP_FAILED, reason=value)
    assert len(out.getvalue().splitlines()) == 1


@given(st.emails())
def test_no_local_part_is_left(email: str) -> None:
    local, _, domain = email.rpartition("@")
    assert mask(domain) == domain
    if len(local) > 3 and local.isalnum():
        assert local not in mask(f"to {email} now")


def test_a_log_that_cannot_be_written_stops_nothing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        log(closed)(facts.DAEMON_STOPPED, seconds=1)
        with pytest.raises(BrokenPipeError):
            closed.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), closed.fileno())


def test_journald_is_told_the_priority(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    status = os.fstat(writing)
    monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
    with os.fdopen(reading) as lines:
        with os.fdopen(writing, "w") as stream:
            log(stream)(facts.STORE_FULL, error="disk")
            log(stream)(facts.DAEMON_STOPPED, seconds=1)
        assert [line[:9] for line in lines] == ["<3>time=2", "<6>time=2"]


def test_a_terminal_gets_colours() -> None:
    leader, follower = pty.openpty()
    with os.fdopen(follower, "w") as terminal:
        log(terminal)(facts.MAIL_ACCEPTED, to="taro@example.com")
        said = os.read(leader, 10_000).decode()
    os.close(leader)
    assert "\x1b[" in said
    assert "t***@example.com" in said
    assert said.endswith("\n")


def test_the_table_lists_every_fact() -> None:
    table = facts_table()
    assert all(f"| `{name}` |" in table for name in facts.FACTS)
    assert json.dumps(facts.DAEMON_STARTED.meaning).strip('"') in table
