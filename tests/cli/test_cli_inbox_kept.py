"""`mailbot inbox list`, `show` and `replay`: what came in, and what was made of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mailbot.cli.office import opened
from mailbot.cli.options import Chosen
from mailbot.flows.hear import Arrival, Hear

if TYPE_CHECKING:
    from command_line import Run

SAMPLES = Path(__file__).parents[1] / "mail" / "inbound" / "samples"
EMPTY = b"\r\n\r\n"


@pytest.fixture
def heard(sandbox: Run, tmp_path: Path) -> Run:
    """A sandbox in which a bounce, a person's words and an unreadable mail came in."""

    async def take() -> None:
        with opened(Chosen(config=tmp_path / "mailbot.toml")) as office:
            hear = Hear(office.desk)
            for raw in (*(_sample(name) for name in ("qmail", "person-reply")), EMPTY):
                await hear.take(Arrival(raw=raw, door="lmtp", sender="", recipients=("reply@mailbot.example",)))
            while await hear.step():
                pass

    asyncio.run(take())
    return sandbox


def _sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.eml").read_bytes()


def test_a_list_has_what_each_mail_is(heard: Run) -> None:
    lines = heard("inbox", "list", "--json").lines
    assert [(line["id"], line["class"], line["state"]) for line in lines] == [
        (3, None, "set_aside"),
        (2, "person", "done"),
        (1, "bounce", "done"),
    ]
    assert "the mail is empty" in lines[0]["error"]


def test_a_list_is_narrowed(heard: Run) -> None:
    assert [line["id"] for line in heard("inbox", "list", "--class", "bounce", "--json").lines] == [1]
    assert [line["id"] for line in heard("inbox", "list", "--set-aside", "--json").lines] == [3]
    assert [line["id"] for line in heard("inbox", "list", "--limit", "1", "--json").lines] == [3]
    assert heard("inbox", "list", "--customer", "nobody").out == "No mail is like that.\n"


def test_what_was_set_aside_is_shown_with_its_reason(heard: Run) -> None:
    assert "the mail is empty" in heard("inbox", "list", "--set-aside").out
    assert "1 mail that came in was set aside: mailbot inbox list --set-aside" in heard("status").out
    assert heard("status", "--json").lines[0]["inbox"] == {"bounce": 1, "person": 1, "set_aside": 1}


def test_one_mail_is_shown_as_it_is_read(heard: Run) -> None:
    shown = heard("inbox", "show", "2").out
    assert "class       person" in shown
    line = heard("inbox", "show", "2", "--json").lines[0]
    assert line["text"].strip() in shown
    assert line["recipients"] == ["reply@mailbot.example"]


def test_one_mail_is_printed_octet_for_octet(heard: Run) -> None:
    raw = _sample("qmail")
    assert heard("inbox", "show", "1", "--raw").out.encode() == raw.replace(b"\r\n", b"\n")


def test_an_unreadable_mail_is_shown_too(heard: Run) -> None:
    assert heard("inbox", "show", "3", "--json").lines[0]["unreadable"] == "the mail is empty"


def test_what_was_set_aside_is_looked_at_again(heard: Run) -> None:
    assert heard("inbox", "replay", "3").out == "Inbound mail 3 is looked at once more.\n"
    assert [line["state"] for line in heard("inbox", "list", "--limit", "1", "--json").lines] == ["received"]
    assert heard("inbox", "replay", "--set-aside").out == "No mail is set aside.\n"


def test_all_that_was_set_aside_is_looked_at_again(heard: Run) -> None:
    assert heard("inbox", "replay", "--set-aside", "--json").lines == [{"id": 3, "state": "received"}]


@pytest.mark.parametrize(("words", "said"), [("1", "is not set aside: it is done"), ("9", "no inbound mail 9")])
def test_what_was_not_set_aside_is_not_looked_at_again(heard: Run, words: str, said: str) -> None:
    assert said in heard("inbox", "replay", "3", words, code=1).err
    assert len(heard("inbox", "list", "--set-aside", "--json").lines) == 1


@pytest.mark.parametrize("words", [("show", "9"), ("replay",), ("replay", "3", "--set-aside")])
def test_wrong_words_are_refused(heard: Run, words: tuple[str, ...]) -> None:
    heard("inbox", *words, code=1 if words[0] == "show" else 2)
