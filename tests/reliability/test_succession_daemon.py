"""The real daemon: a change of recipient takes effect by itself, and its mails go out."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from postfix_sink import smtp_sink
from real_daemon import until

if TYPE_CHECKING:
    from real_daemon import Install

NEW = "new@customer.test"


def test_what_is_due_takes_effect_in_the_daemon(install: Install) -> None:
    with smtp_sink() as port:
        site = install(port)
        with contextlib.closing(sqlite3.connect(site.store, timeout=30)) as store, store:
            store.execute(
                "INSERT INTO successions (issuer, customer_id, address_id, email, email_key, locale, how, state,"
                " asked_at, confirmed_at, due_at) SELECT issuer, customer_id, id, ?1, ?1, 'en', 'reply', 'confirmed',"
                " created_at, created_at, created_at FROM addresses WHERE email = 'c0@customer.test'",
                (NEW,),
            )
        daemon = site.start()
        daemon.await_fact("successor.effective")
        until("word of it is out", lambda: site.states("change") == {"accepted": 1})
        told = "SELECT kind FROM outbox WHERE email = ? AND kind = 'notice' AND state = 'accepted'"
        until("the successor has the open invoice", lambda: site.rows(told, (NEW,)) == [("notice",)])
        assert daemon.stop()[0] == 0
        site.verify()
    assert site.rows("SELECT status FROM addresses WHERE email = 'c0@customer.test'") == [("removed",)]
