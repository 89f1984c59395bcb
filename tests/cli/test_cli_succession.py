"""`addresses approve` and `refuse`: staff decides a change of recipient that stands open."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Run

NEW = "new@sakura.example.com"


@pytest.fixture
def old(filled: Run, tmp_path: Path) -> str:
    """Have the first address of the first issuer confirmed, with a successor who has confirmed."""
    line = filled("addresses", "list", "--issuer", "AOBA", "--json").lines[0]
    with sqlite3.connect(next(tmp_path.rglob("mailbot.db"))) as store:
        store.execute("UPDATE addresses SET status = 'confirmed', is_default = 1 WHERE email = ?", (line["email"],))
        store.execute(
            "INSERT INTO successions (issuer, customer_id, address_id, email, email_key, locale, how, state, asked_at,"
            " confirmed_at, due_at) SELECT issuer, customer_id, id, ?1, ?1, 'ja', 'page', 'confirmed',"
            " '2026-11-20T01:00:00.000Z', '2026-11-20T01:00:00.000Z', '2099-11-26T08:00:00.000Z'"
            " FROM addresses WHERE email = ?2",
            (NEW, line["email"]),
        )
    store.close()
    return str(line["email"])


def successor(run: Run, email: str) -> object:
    (line,) = [each for each in run("addresses", "list", "--json").lines if each["email"] == email]
    return line["successor"]


def test_what_stands_open_is_listed(filled: Run, old: str) -> None:
    assert successor(filled, old) == {"email": NEW, "state": "confirmed", "due_at": "2099-11-26T08:00:00.000Z"}
    shown = filled("addresses", "list").out
    assert "takes over 2099-11-26:" in shown
    assert NEW in shown


@pytest.mark.parametrize("end", ["new", "old"])
def test_an_approved_one_is_in_effect(filled: Run, old: str, end: str) -> None:
    done = filled("addresses", "approve", NEW if end == "new" else old, "--json")
    assert [(each["old"], each["successor"]) for each in done.lines] == [(old, NEW)]
    listed = {each["email"]: each for each in filled("addresses", "list", "--json").lines}
    assert old not in listed
    assert (listed[NEW]["status"], listed[NEW]["default"], listed[NEW]["successor"]) == ("confirmed", True, None)
    assert "open" in filled("addresses", "approve", NEW, code=1).err


def test_a_refused_one_changes_nothing(filled: Run, old: str) -> None:
    assert old in filled("addresses", "refuse", NEW).out
    assert successor(filled, old) is None
    filled("addresses", "approve", NEW, code=1)


def test_another_issuers_is_out_of_reach(filled: Run, old: str) -> None:
    filled("addresses", "approve", NEW, "--issuer", "HARBOUR", code=1)
    assert successor(filled, old) is not None


def test_what_is_no_address_is_wrong_usage(sandbox: Run) -> None:
    assert "no mail address" in sandbox("addresses", "approve", "taro", code=2).err
