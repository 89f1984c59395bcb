"""`mailbot inbox classify`, which needs neither a configuration nor a store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mailbot.cli.app import app

SAMPLES = Path(__file__).parents[1] / "mail" / "inbound" / "samples"


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_files_are_classified_in_order(nowhere: Path) -> None:  # noqa: ARG001  the folder has no configuration
    files = [str(SAMPLES / f"{name}.eml") for name in ("dsn-two-recipients", "person-reply", "arf-redacted")]
    done = CliRunner().invoke(app, ["inbox", "classify", "--json", *files])
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 0
    assert [line["file"] for line in lines] == files
    assert [line["class"] for line in lines] == ["bounce", "person", "complaint"]
    first = {key: lines[0][key] for key in ("hard", "reason", "recipients", "status", "message_id")}
    assert first == {
        "hard": True,
        "reason": "userunknown",
        "recipients": ["taro@example.co.jp", "hanako@example.co.jp"],
        "status": "5.1.1",
        "message_id": "<row-1@mailbot.example>",
    }
    assert (lines[1]["reason"], lines[1]["recipients"], lines[2]["recipients"]) == (None, [], [])


def test_an_automatic_reply_says_whether_its_writer_has_left(nowhere: Path) -> None:
    head = "From: jo@x.example\nSubject: Automatic reply\nAuto-Submitted: auto-replied\n\n"
    (nowhere / "left.eml").write_text(f"{head}Jo no longer works for ACME.\n")
    (nowhere / "away.eml").write_text(f"{head}Jo is away.\n")
    done = CliRunner().invoke(app, ["inbox", "classify", "--json", "left.eml", "away.eml"])
    assert [json.loads(line)["left"] for line in done.stdout.splitlines()] == [True, False]
    assert "auto-reply vacation left jo@x.example" in CliRunner().invoke(app, ["inbox", "classify", "left.eml"]).stdout


def test_people_read_a_line_a_file() -> None:
    done = CliRunner().invoke(app, ["inbox", "classify", str(SAMPLES / "qmail-no-host.eml"), str(SAMPLES / "own.eml")])
    first, second = done.stdout.splitlines()
    assert first.endswith("qmail-no-host.eml: bounce hostunknown hard taro@example.co.jp")
    assert second.endswith("own.eml: own")


def test_a_file_that_cannot_be_read_has_no_class(nowhere: Path) -> None:
    (nowhere / "empty.eml").write_bytes(b"")
    done = CliRunner().invoke(app, ["inbox", "classify", "--json", "gone.eml", "empty.eml", str(SAMPLES / "own.eml")])
    assert done.exit_code == 1
    assert [json.loads(line)["class"] for line in done.stdout.splitlines()] == [None, None, "own"]
    assert "gone.eml: No such file" in done.stderr
    assert "empty.eml: the mail is empty" in done.stderr


def test_words_for_an_unreadable_file(nowhere: Path) -> None:  # noqa: ARG001  the same
    done = CliRunner().invoke(app, ["inbox", "classify", "gone.eml"])
    assert done.stdout == "gone.eml: unreadable\n"
