"""`init`, `check`, `run` and `status`: from nothing to something that may start."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from command_line import Run


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_init_makes_everything_private(mailbot: Run, tmp_path: Path) -> None:
    done = mailbot("init")
    assert "Fill in" in done.out
    assert "# base_url = " in (tmp_path / "mailbot.toml").read_text(encoding="utf-8")
    data = tmp_path / "mailbot-data"
    assert (mode(data), mode(data / "keys"), mode(data / "mailbot.db")) == (0o700, 0o700, 0o600)
    assert all(mode(path) == 0o600 for path in (data / "keys").iterdir())


def test_init_never_writes_over_anything(mailbot: Run, tmp_path: Path) -> None:
    mailbot("init")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert "nothing was changed" in mailbot("init", code=1).err
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_init_keeps_a_configuration_that_is_there(mailbot: Run, tmp_path: Path) -> None:
    (tmp_path / "mailbot.toml").write_text('[mailbot]\ndata_dir = "lib"\n')
    assert "leave --data-dir out" in mailbot("init", "--data-dir", "elsewhere", code=1).err
    mailbot("init", "--sandbox")
    assert (tmp_path / "mailbot.toml").read_text() == '[mailbot]\ndata_dir = "lib"\n'
    assert (tmp_path / "lib" / "mailbot.db").exists()


def test_init_puts_data_where_it_is_told(mailbot: Run, tmp_path: Path) -> None:
    mailbot("init", "--config", "etc/mailbot.toml", "--data-dir", "var/lib", "--sandbox")
    assert (tmp_path / "var" / "lib" / "mailbot.db").exists()
    assert mailbot("--config", "etc/mailbot.toml", "status", "--json").lines[0]["mode"] == "sandbox"


def test_production_does_not_run_before_it_is_told_who_it_is(mailbot: Run) -> None:
    mailbot("init")
    refused = mailbot("run", code=1)
    assert "mailbot.base_url: is missing" in refused.err
    assert "issuer: there is none" in refused.err
    assert "smtp.host: is missing" in mailbot("status", code=1).err


def test_a_store_of_the_other_mode_is_refused(sandbox: Run, tmp_path: Path) -> None:
    config = (tmp_path / "mailbot.toml").read_text(encoding="utf-8")
    head = '[mailbot]\nbase_url = "https://x.example"\n[smtp]\nhost = "localhost"\n'
    (tmp_path / "mailbot.toml").write_text(head + config, encoding="utf-8")
    assert "sandbox" in sandbox("run", code=1).err


def test_check_says_of_each_part_whether_it_works(sandbox: Run, tmp_path: Path) -> None:
    found = {line["check"]: line["ok"] for line in sandbox("check", "--json").lines}
    parts = ("configuration", "store", "templates", "keys", "letters", "public address", "relay", "hearing", "mailbox")
    assert found.pop("listener")
    assert found == dict.fromkeys(parts, True)
    keyring = next((tmp_path / "mailbot-data" / "keys").glob("*.json"))
    keyring.chmod(0o644)
    broken = sandbox("check", code=1)
    assert "✓ store" in broken.out
    assert "✗ keys" in broken.out
    assert str(keyring.parent) in broken.out


def test_check_names_the_fault_of_a_template(sandbox: Run, tmp_path: Path) -> None:
    (tmp_path / "theirs" / "mail").mkdir(parents=True)
    (tmp_path / "theirs" / "mail" / "notice.ja.j2").write_text("{{ nonsense }}")
    config = tmp_path / "mailbot.toml"
    config.write_text('[mailbot]\ntemplates_dir = "theirs"\n' + config.read_text(encoding="utf-8"), encoding="utf-8")
    assert "notice.ja.j2, line 1" in sandbox("check", code=1).out


def test_check_finds_a_relay_that_is_not_there(mailbot: Run, tmp_path: Path) -> None:
    (tmp_path / "mailbot.toml").write_text(
        '[mailbot]\nbase_url = "https://x.example"\n[smtp]\nhost = "127.0.0.1"\nport = 1\nsecurity = "none"\n'
        '[[issuer]]\ncode = "ACME"\nname = "Acme"\nfrom = "a@b.example"\n'
    )
    mailbot("init")
    found = {line["check"]: line["ok"] for line in mailbot("check", "--json", code=1).lines}
    assert [name for name, works in found.items() if not works] == ["relay"]


def test_the_check_says_which_language_an_issuer_has_no_words_for(sandbox: Run, tmp_path: Path) -> None:
    assert "issuers: AOBA, HARBOUR\n" in sandbox("check").out
    config = tmp_path / "mailbot.toml"
    config.write_text(config.read_text(encoding="utf-8").partition("[issuer.en]")[0], encoding="utf-8")
    assert "issuers: AOBA (no [issuer.en]: named there as it is in ja)" in sandbox("check").out


PRODUCTION = (
    '[mailbot]\nbase_url = "https://x.example"\n[smtp]\nhost = "127.0.0.1"\nport = 1\nsecurity = "none"\n'
    '[[issuer]]\ncode = "ACME"\nname = "Acme"\nfrom = "a@b.example"\n'
)
LISTENER = '[inbound]\naddress = "reply@b.example"\nlisten = "lmtp:PLACE"\n'


@pytest.mark.parametrize(
    ("config", "mark", "words"),
    [
        (PRODUCTION, "✓", "nothing is heard, since [inbound] address is empty"),
        (PRODUCTION + LISTENER.partition("listen")[0], "✗", "mails come back to reply@b.example, and nothing fetches"),
        (PRODUCTION + LISTENER.replace("PLACE", "127.0.0.1:0"), "!", "ACME has no staff, so nobody reads"),
        (PRODUCTION + 'staff = "s@b.example"\n' + LISTENER.replace("PLACE", "[::1]:0"), "✓", "come to reply@b."),
        (
            PRODUCTION + 'staff = "s@b.example"\n' + LISTENER.replace("PLACE", "[::1]:0") + 'separator = ""\n',
            "!",
            'inbound.separator is "", so no word in a reply is obeyed',
        ),
    ],
)
def test_check_says_what_is_not_heard(mailbot: Run, tmp_path: Path, config: str, mark: str, words: str) -> None:
    (tmp_path / "mailbot.toml").write_text(config, encoding="utf-8")
    mailbot("init")
    line = next(line for line in mailbot("check", code=1).out.splitlines() if " hearing " in line)
    assert line.startswith(f"{mark} hearing")
    assert words in line
    found = {each["check"]: each for each in mailbot("check", "--json", code=1).lines}["hearing"]
    assert (found["ok"], found["doubtful"]) == (mark != "✗", mark == "!")


def test_status_of_an_empty_store(sandbox: Run) -> None:
    (line,) = sandbox("status", "--json").lines
    assert line == {
        "queue": {},
        "invoices": {},
        "addresses": {},
        "invitations": {},
        "attention": {
            "unanswered": 0,
            "undelivered": 0,
            "mails_held": 0,
            "mails_unknown": 0,
            "mails_expired": 0,
            "mails_due_since": None,
            "words_unheard": 0,
            "customers_unreachable": 0,
            "invoices_unreachable": 0,
        },
        "inbox": {},
        "ledger": {},
        "mode": "sandbox",
        "daemon": {"state": "never started"},
    }
    shown = sandbox("status").out
    assert "never started" in shown
    assert "attention" not in shown


def test_without_a_configuration_it_says_what_to_do(mailbot: Run) -> None:
    assert "write one with: mailbot init" in mailbot("status", code=1).err
    assert "elsewhere.toml" in mailbot("status", code=1, MAILBOT_CONFIG="elsewhere.toml").err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_root_becomes_the_owner_of_the_data(sandbox: Run, tmp_path: Path) -> None:
    nobody, data = 65534, tmp_path / "mailbot-data"
    for path in (data, *data.rglob("*")):
        os.chown(path, nobody, nobody)
    for folder in (tmp_path, *list(tmp_path.parents)[:-1]):
        folder.chmod(folder.stat().st_mode | 0o011)
    (tmp_path / "mailbot.toml").chmod(0o644)
    sandbox("keys", "rotate")
    assert {path.stat().st_uid for path in (data, *data.rglob("*"))} == {nobody}
