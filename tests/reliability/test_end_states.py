"""Relays that refuse, hang up or say nothing: each mail ends in the state that is true."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from postfix_sink import free_port, smtp_sink
from real_daemon import Installation, until
from recording_relay import GOOD, SILENCE, recording

if TYPE_CHECKING:
    from real_daemon import Install

LATER, NEVER, LEAVE = ("-r", "-b", "450 4.2.1 try later"), ("-f", "-B", "550 5.7.1 not here"), ("-Q",)
ANSWERS = {"450": LATER, "550": NEVER, "421": LEAVE}


def _sink(code: str, command: str) -> tuple[str, ...]:
    option, *words = ANSWERS[code]
    return (option, command, *words)


def _responses(site: Installation) -> str:
    return " ".join(str(row[0]) for row in site.rows("SELECT response FROM outbox WHERE kind = 'notice'"))


def _lone_attempts(site: Installation) -> list[tuple[int, int]]:
    return site.rows("SELECT attempts, resends FROM outbox WHERE kind = 'notice' ORDER BY id")


def test_an_answer_lost_after_the_final_dot_is_unknown_and_sent_once_more(install: Install) -> None:
    with smtp_sink("-q", ".") as port:
        site = install(port)
        daemon = site.start()
        daemon.await_fact("mail.unknown", count=3)
        until("each was sent twice", lambda: _lone_attempts(site) == [(2, 2)] * 3)
        until("the staff was told of each", lambda: sum(site.states("staff").values()) == 3)
        assert site.states() == {"unknown": 3}
        assert daemon.stop()[0] == 0
    # With a relay that works nothing moves any more: the notices wait for evidence, or for a person.
    with recording() as relay:
        again = site.copied(site.folder / "again", relay.port)
        try:
            second = again.start()
            again.await_states(kind="staff", accepted=3)
            assert again.states() == {"unknown": 3}
            assert second.stop()[0] == 0
        finally:
            again.close()


def test_where_it_is_so_configured_such_a_mail_waits_for_a_person(install: Install) -> None:
    with smtp_sink("-q", ".") as port:
        site = install(port, unknown="hold")
        daemon = site.start()
        site.await_states(held=3)
        assert _lone_attempts(site) == [(1, 1)] * 3
        # Once released it is sent again, and when that answer is lost as well it is nobody's any more.
        ((first,),) = site.rows("SELECT min(id) FROM outbox WHERE kind = 'notice'")
        site.done("outbox", "release", str(first))
        until("it was sent once more", lambda: _lone_attempts(site)[0] == (2, 2))
        site.await_states(held=2, unknown=1)
        assert daemon.stop()[0] == 0


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "."])
def test_a_mail_that_is_put_off_is_tried_again_later(install: Install, command: str) -> None:
    with smtp_sink(*_sink("450", command)) as port:
        site = install(port)
        daemon = site.start()
        site.await_states(deferred=3)
        assert _lone_attempts(site) == [(1, 0)] * 3
        assert "450 4.2.1 try later" in _responses(site)
        assert daemon.says("mail.deferred") == 3
        assert daemon.stop()[0] == 0


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "."])
def test_a_mail_that_is_refused_is_tried_no_more_and_the_staff_is_told(install: Install, command: str) -> None:
    with smtp_sink(*_sink("550", command)) as port:
        site = install(port)
        daemon = site.start()
        site.await_states(refused=3)
        assert "550 5.7.1 not here" in _responses(site)
        # What cannot be told is refused in its turn, and of that nobody is told.
        site.await_states(kind="staff", refused=3)
        assert daemon.stop()[0] == 0


@pytest.mark.parametrize(("command", "status"), [("RCPT", "undeliverable"), ("DATA", "confirmed")])
def test_a_relay_that_knows_no_such_recipient_ends_the_address(install: Install, command: str, status: str) -> None:
    with smtp_sink("-B", "550 5.1.1 User unknown", "-f", command) as port:
        site = install(port)
        daemon = site.start()
        site.await_states(refused=3)
        assert site.rows("SELECT status, count(*) FROM addresses GROUP BY status") == [(status, 3)]
        site.await_states(kind="staff", refused=3)
        assert daemon.says("address.undeliverable") == (3 if command == "RCPT" else 0)
        site.verify()
        assert daemon.stop()[0] == 0


@pytest.mark.parametrize("command", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."])
def test_a_relay_that_takes_its_leave_at_any_command_puts_mails_off_at_most(install: Install, command: str) -> None:
    with smtp_sink(*_sink("421", command)) as port:
        site = install(port)
        daemon = site.start()
        daemon.await_fact("relay.lost")
        daemon.await_fact("mail.deferred")
        assert set(site.states()) <= {"queued", "sending", "deferred"}
        assert daemon.stop()[0] == 0
        assert set(site.states()) <= {"queued", "deferred"}


@pytest.mark.parametrize("command", ["CONNECT", "EHLO"])
@pytest.mark.parametrize("code", ["450", "550"])
def test_a_relay_that_does_not_serve_us_refuses_no_mail(install: Install, command: str, code: str) -> None:
    with smtp_sink(*_sink(code, command)) as port:
        site = install(port)
        daemon = site.start()
        daemon.await_fact("relay.lost")
        daemon.await_fact("mail.deferred")
        assert daemon.stop()[0] == 0
        assert set(site.states()) <= {"queued", "deferred"}
        assert site.states("staff") == {}


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"])
def test_a_relay_that_says_nothing_is_given_up_after_the_time_out(install: Install, verb: str) -> None:
    with recording() as relay:
        relay.answers[verb] = SILENCE
        site = install(relay.port, timeout="1s")
        daemon = site.start()
        daemon.await_fact("mail.deferred")
        assert daemon.stop()[0] == 0
        assert set(site.states()) <= {"queued", "deferred"}
        assert "not answer" in _responses(site)


def test_mails_that_were_put_back_go_out_when_the_relay_is_there_again(install: Install) -> None:
    port = free_port()
    site = install(port)
    daemon = site.start()
    daemon.await_fact("relay.lost")
    assert daemon.stop()[0] == 0
    with recording() as relay:
        site = site.copied(site.folder / "again", relay.port)
        try:
            daemon = site.start()
            sent = {"accepted": 3 - _attempted(site)}
            until("all that was never tried is sent", lambda: site.states().get("accepted") == sent["accepted"])
            assert relay.answers == GOOD
        finally:
            site.close()


def _attempted(site: Installation) -> int:
    return int(site.rows("SELECT count(*) FROM outbox WHERE state = 'deferred'")[0][0])
