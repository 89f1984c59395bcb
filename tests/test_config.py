"""The configuration: every fault at once, every key with a default, and documents made from the same list."""

from __future__ import annotations

import tomllib
from datetime import time, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.config import Level, Listen, Masking, Settings, document, load
from mailbot.config.values import Unfit, duration, duration_text
from mailbot.domain.policy import OnUnknown, ReminderPolicy, Security, Window
from mailbot.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

PRODUCTION = """
[mailbot]
base_url = "https://invoices.example.com/"
[smtp]
host = "smtp.example.com"
[[issuer]]
code = "ACME"
name = "株式会社アクメ"
from = "billing@example.com"
"""


def settings(folder: Path, text: str, *, sandbox: bool = False) -> Settings:
    file = folder / "mailbot.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, sandbox=sandbox)


def faults(folder: Path, text: str, *, sandbox: bool = False) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        settings(folder, text, sandbox=sandbox)
    prefix = f"{folder / 'mailbot.toml'}: "
    lines = str(raised.value).splitlines()
    assert all(line.startswith(prefix) for line in lines)
    return [line.removeprefix(prefix) for line in lines]


def test_an_empty_file_works_in_the_sandbox(tmp_path: Path) -> None:
    found = settings(tmp_path, "", sandbox=True)
    assert found.data_dir == tmp_path / "mailbot-data"
    assert list(found.issuers) == ["DEMO"]
    assert found.rules.base_url == "http://127.0.0.1:8025"
    assert found.issuers["DEMO"].reminders == ReminderPolicy()
    assert found.smtp_password() == ""


def test_production_wants_to_be_told_where_and_who_it_is(tmp_path: Path) -> None:
    assert faults(tmp_path, "") == [
        'mailbot.base_url: is missing; write base_url = "https://invoices.example.com"',
        'smtp.host: is missing; write host = "smtp.example.com"',
        "issuer: there is none; write [[issuer]] with at least code, name and from",
    ]
    assert "issuer[1].code: is missing" in " ".join(faults(tmp_path, "[[issuer]]"))
    assert settings(tmp_path, PRODUCTION).rules.base_url == "https://invoices.example.com"


def test_every_value_arrives(tmp_path: Path) -> None:
    found = settings(
        tmp_path,
        PRODUCTION.replace('"smtp.example.com"', '"smtp.example.com"\nsecurity = "tls"\nconnections = 4')
        + """
staff = "keiri@example.com"
closed = ["12-29..01-03", "2027-08-13"]
contact = { name = "経理部", phone = "03-0000-0000" }
reminders = { after_days = [1], hours = "10:00-15:30", holidays = "" }
[http]
listen = "[::1]:0"
trusted_proxies = "10.0.0.0/8"
[outbox]
deadline = "1d12h"
unknown = "hold"
[log]
level = "debug"
addresses = "full"
[drop]
settle = "2s"
""",
    )
    issuer = found.issuers["ACME"]
    assert (issuer.sender, issuer.staff) == ("billing@example.com", ("keiri@example.com",))
    assert issuer.closed == ("12-29..01-03", "2027-08-13")
    assert (issuer.contact.name, issuer.contact.phone) == ("経理部", "03-0000-0000")
    assert (issuer.reminders.opens, issuer.reminders.closes) == (time(10), time(15, 30))
    assert (issuer.reminders.after_days, issuer.reminders.holidays) == ((1,), "")
    assert (found.smtp.security, found.smtp_port, found.smtp.connections) == (Security.TLS, 465, 4)
    assert found.http.listen == Listen("::1", 0)
    assert str(found.http.listen) == "[::1]:0"
    assert found.http.trusted_proxies == ("10.0.0.0/8",)
    assert (found.rules.deadline, found.rules.unknown) == (timedelta(days=1, hours=12), OnUnknown.HOLD)
    assert (found.log.level, found.log.addresses) == (Level.DEBUG, Masking.FULL)
    assert found.drop.settle == timedelta(seconds=2)


def test_an_issuer_is_called_otherwise_in_another_language(tmp_path: Path) -> None:
    text = """
contact = { name = "経理部", phone = "03-0000-0000" }
en = { name = "Acme Ltd.", contact = { name = "Billing desk" } }
letter_window = { left = 18, height = 40, envelope_height = 105 }
"""
    issuer = settings(tmp_path, PRODUCTION + text).issuers["ACME"]
    english = issuer.in_language("en")
    assert (issuer.name, english.name) == ("株式会社アクメ", "Acme Ltd.")
    assert (english.contact.name, english.contact.phone) == ("Billing desk", "03-0000-0000")
    assert issuer.in_language("ja") == issuer
    assert issuer.letter_window == Window(left=18, height=40, envelope_height=105)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[[issuer]]\n[issuer.fr]\nname = 'Acme'", "issuer[1].fr: is unknown; "),
        ("[[issuer]]\n[issuer.en]\nnam = 'Acme'", "issuer[1].en.nam: is unknown; did you mean name?"),
        ("[[issuer]]\n[issuer.en.contact]\nphon = '1'", "issuer[1].en.contact.phon: is unknown; did you mean phone?"),
        ("[[issuer]]\n[issuer.letter_window]\nwidth = 0", "issuer[1].letter_window.width: 0 is too small"),
        ("[[issuer]]\n[issuer.letter_window]\nleft = 1.5", "issuer[1].letter_window.left: 1.5 is no whole number"),
        ("mailbot = 3", "mailbot: 3 is no table; write a table with any of the keys base_url, data_dir,"),
        ("[smtp]\nhots = 'x'", "smtp.hots: is unknown; did you mean host?"),
        ("[smtp]\nzzz = 1", "smtp.zzz: is unknown; known here are host, port,"),
        ("[smtp]\nport = '25'", 'smtp.port: "25" is no whole number of 0 or more; write a whole number such as 50'),
        ("[smtp]\nport = true", "smtp.port: true is no whole number"),
        ("[smtp]\nport = -1", "smtp.port: -1 is no whole number"),
        ("[smtp]\nconnections = 0", "smtp.connections: 0 is too small; write a whole number of 1 or more"),
        ("[smtp]\nsecurity = 'ssl'", 'smtp.security: "ssl" is none of the words that may stand here; write "none" or'),
        ("[smtp]\nhost = ['a']", 'smtp.host: ["a"] is no text; write text in quotes'),
        ('[smtp]\nhost = "a\\nb"', 'smtp.host: "a\\nb" holds a line break'),
        ("[mailbot]\nsend_delay = '10'", 'mailbot.send_delay: "10" is no duration; write a duration such as "10m"'),
        ("[mailbot]\nsend_delay = 10", "mailbot.send_delay: 10 is no text"),
        ("[mailbot]\nbase_url = 'example.com'", 'mailbot.base_url: "example.com" is no web address'),
        ("[mailbot]\ndata_dir = ''", 'mailbot.data_dir: "" is empty; write a path'),
        ("[mailbot]\nredirect_to = 'a b@example.com'", 'mailbot.redirect_to: "a b@example.com" is no mail address'),
        (
            "[mailbot]\nredirect_to = 'é@example.com'",
            'mailbot.redirect_to: "é@example.com" has characters outside',
        ),
        ("[http]\nlisten = '8025'", 'http.listen: "8025" is no place to listen at; write host and port'),
        ("[http]\nlisten = 'a:99999'", 'http.listen: "a:99999" is no place to listen at'),
        ("[http]\ntrusted_proxies = ['1.2.3']", 'http.trusted_proxies: ["1.2.3"] is no IP address or network'),
        ("[inbound]\nlisten = 'imap:1'", 'inbound.listen: "imap:1" is no way in; write "smtp:127.0.0.1:2525"'),
        (
            "[inbound]\nlisten = 'smtp://a:25'",
            'inbound.listen: "smtp://a:25" is no way in; write "smtp:127.0.0.1:2525", "lmtp:127.0.0.1:2424" or "lmtp',
        ),
        ("[inbound]\nlisten = 'lmtp:///run/lmtp'", 'inbound.listen: "lmtp:///run/lmtp" is no way in; write "smtp:'),
        ("[inbound]\nlisten = 'smtp:/run/smtp'", 'inbound.listen: "smtp:/run/smtp" is no place to listen at; write'),
        ("[inbound]\nlisten = 'lmtp:[::1]:99999'", 'inbound.listen: "lmtp:[::1]:99999" is no place to listen at; w'),
        ("[inbound]\nseparator = '*'", 'inbound.separator: "*" cannot stand between a name and a tag'),
        (
            "[inbound]\naddress = '" + "a" * 37 + "@b.example'",
            "inbound.address: its part before the @ has more than 36",
        ),
        ("[log]\nlevel = 'loud'", 'log.level: "loud" is none of the words'),
        ("[issuer]\ncode = 'A'", "issuer: is one table; write [[issuer]], with two brackets"),
        ("[[issuer]]\ncode = 'A B'", 'issuer[1].code: "A B" is no short code'),
        ("[[issuer]]\nregistration_number = '123'", 'issuer[1].registration_number: "123" is no registration number'),
        ("[[issuer]]\ncode='A'\n[[issuer]]\ncode='a'", 'issuer[2].code: "A" is there twice; give each issuer its own'),
        ("[[issuer]]\nlocale = 'fr'", 'issuer[1].locale: "fr" is no language that mailbot speaks; write "ja" or "en"'),
        ("[[issuer]]\ntime_zone = 'Asia/Edo'", 'issuer[1].time_zone: "Asia/Edo" is no time zone'),
        ("[[issuer]]\nfiscal_year_end = '02-30'", 'issuer[1].fiscal_year_end: "02-30" is no day of the year'),
        ("[[issuer]]\nclosed = ['13-01']", 'issuer[1].closed: ["13-01"] is no day or range of days'),
        ("[[issuer]]\nfrom = '株式会社 <a@b.example>'", "issuer[1].from: "),
        ("[[issuer]]\n[issuer.contact]\nphon = '1'", "issuer[1].contact.phon: is unknown; did you mean phone?"),
        ("[[issuer]]\n[issuer.reminders]\nhours = '17:00-09:00'", "issuer[1].reminders.hours: "),
        ("[[issuer]]\n[issuer.reminders]\nhours = 'daytime'", "issuer[1].reminders.hours: "),
        ("[[issuer]]\n[issuer.reminders]\nafter_days = [3, 0]", "issuer[1].reminders.after_days: [3, 0] is too small"),
        ("[[issuer]]\n[issuer.reminders]\nweekdays_only = 1", "issuer[1].reminders.weekdays_only: 1 is neither true"),
        ("[[issuer]]\n[issuer.reminders]\nholidays = 'Japan'", 'issuer[1].reminders.holidays: "Japan" is no country'),
        ("[nonsense]", "nonsense: is unknown; known here are mailbot, http,"),
        ("[smpt]", "smpt: is unknown; did you mean smtp?"),
    ],
)
def test_a_fault_names_its_key_and_its_remedy(tmp_path: Path, text: str, fault: str) -> None:
    (found,) = faults(tmp_path, text, sandbox=True)
    assert found.startswith(fault)
    assert ";" in found or "?" in found


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    found = faults(tmp_path, "x = 1\n[smtp]\nport = ''\nhots = ''\n[[issuer]]\ncode = ''\nfrom = 'x'")
    assert len(found) == 8
    keys = {line.partition(":")[0] for line in found}
    assert {"x", "smtp.port", "smtp.hots", "smtp.host", "issuer[1].from", "issuer[1].name"} <= keys


def test_a_listener_in_production_wants_the_address_that_it_takes_mail_for(tmp_path: Path) -> None:
    listening = PRODUCTION + '\n[inbound]\nlisten = "lmtp:/run/mailbot/lmtp"\n'
    (found,) = faults(tmp_path, listening)
    assert found.startswith("inbound.address: is missing, and the listener takes mail for it only; write address = ")
    assert settings(tmp_path, listening, sandbox=True).rules.hears is False


@pytest.mark.parametrize(
    ("content", "fault"),
    [(b"[smtp", "is no TOML: "), (b"\xff", "is not UTF-8 (byte 1)"), (None, "there is no such file")],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, content: bytes | None, fault: str) -> None:
    if content is not None:
        (tmp_path / "mailbot.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"mailbot\.toml: ") as raised:
        load(tmp_path / "mailbot.toml", sandbox=True)
    assert fault in str(raised.value)


def test_paths_count_from_the_folder_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "etc").mkdir()
    monkeypatch.chdir(tmp_path)
    found = settings(tmp_path / "etc", '[mailbot]\ndata_dir = "../lib"\ndrop_folder = "/drop"', sandbox=True)
    assert found.data_dir.resolve() == tmp_path / "lib"
    assert str(found.mailbot.drop_folder) == "/drop"


SIGNED_IN = PRODUCTION.replace('"smtp.example.com"', '"smtp.example.com"\nusername = "mailbot"')


def test_the_password_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2\n")
    found = settings(tmp_path, SIGNED_IN.replace("[[issuer]]", 'password_file = "secret"\n[[issuer]]'))
    assert found.smtp_password() == "hunter2"
    (tmp_path / "secret").unlink()
    with pytest.raises(ConfigError, match="secret cannot be read"):
        found.smtp_password()


def test_the_password_comes_from_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    found = settings(tmp_path, SIGNED_IN)
    with pytest.raises(ConfigError, match="there is no password to go with it"):
        found.smtp_password()
    (tmp_path / "smtp-password").write_text("from-systemd")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert found.smtp_password() == "from-systemd"


MAILBOX = (
    PRODUCTION
    + """
[imap]
host = "imap.example.com"
username = "reply@example.com"
[inbound]
address = "reply@example.com"
"""
)
TOKENS = """
[imap.oauth]
token_url = "https://login.example.com/token"
client_id = "mailbot"
"""


def test_a_mailbox_has_its_own_port_and_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(tmp_path, MAILBOX)
    assert (found.imap_port, found.rules.hears, found.imap_grant()) == (993, True, None)
    with pytest.raises(ConfigError, match="hand systemd the credential imap-password"):
        found.imap_password()
    (tmp_path / "imap-password").write_text("secret\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert found.imap_password() == "secret"
    assert settings(tmp_path, MAILBOX.replace("[inbound]", 'security = "starttls"\n[inbound]')).imap_port == 143
    assert settings(tmp_path, MAILBOX.replace("[inbound]", "port = 1143\n[inbound]")).imap_port == 1143


def test_a_grant_is_made_of_files(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("refresh\n")
    (tmp_path / "hush").write_text("hush\n")
    files = 'refresh_token_file = "token"\nclient_secret_file = "hush"\n'
    found = settings(tmp_path, MAILBOX + TOKENS + files)
    assert found.imap_password() == ""
    grant = found.imap_grant()
    assert grant is not None
    assert (grant.token_url, grant.client_id) == ("https://login.example.com/token", "mailbot")
    assert (grant.client_secret, grant.refresh_token) == ("hush", "refresh")
    assert grant.kept == found.keys_dir / "imap-refresh-token"
    assert "hush" not in repr(grant)
    assert "refresh'" not in repr(grant)
    (tmp_path / "hush").unlink()
    with pytest.raises(ConfigError, match=r"imap\.oauth\.client_secret_file: .*hush cannot be read"):
        found.imap_grant()


def test_a_grant_is_made_of_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    found = settings(tmp_path, SIGNED_IN + TOKENS.replace("imap", "smtp"))
    assert found.smtp_password() == ""
    for folder in (None, tmp_path):
        if folder is not None:
            monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
        with pytest.raises(ConfigError, match="hand systemd the credential smtp-refresh-token"):
            found.smtp_grant()
    (tmp_path / "smtp-refresh-token").write_text("refresh\n")
    grant = found.smtp_grant()
    assert grant is not None
    assert (grant.refresh_token, grant.client_secret) == ("refresh", "")
    (tmp_path / "smtp-client-secret").write_text("hush")
    grant = found.smtp_grant()
    assert grant is not None
    assert grant.client_secret == "hush"  # noqa: S105  # of a test


def test_what_a_mailbox_cannot_do_without_is_told(tmp_path: Path) -> None:
    assert [line.partition(":")[0] for line in faults(tmp_path, PRODUCTION + '[imap]\nhost = "imap.example.com"')] == [
        "imap.username",
        "inbound.address",
    ]
    wrong = TOKENS.replace("https:", "http:").replace("client_id", "# client_id")
    url, remedy = "imap.oauth.token_url:", 'write token_url = "https://login.example.com/token"'
    assert faults(tmp_path, MAILBOX.replace("[inbound]", 'password_file = "secret"\n[inbound]') + wrong) == [
        f'{url} "http://login.example.com/token" is no https address; {remedy}',
        "imap.oauth.client_id: is missing, and tokens want it; write what the provider gave you",
        "imap.password_file: is there as well as imap.oauth; keep one of the two",
    ]


@given(st.integers(0, 10_000_000))
def test_durations_are_read_as_they_are_written(seconds: int) -> None:
    length = timedelta(seconds=seconds)
    assert duration(duration_text(length)) == length


@pytest.mark.parametrize("text", ["", "10", "m", "1m1h", "-1s", "1.5h", "1 h"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(Unfit):
        duration(text)


def test_the_example_reads_as_an_empty_file_and_holds_every_key(tmp_path: Path) -> None:
    text = document.example()
    assert settings(tmp_path, text, sandbox=True) == settings(tmp_path, "", sandbox=True)
    for key in document.keys():  # noqa: SIM118  # a function, no dict
        assert f"\n# {key.name} = {key.default}" in text


def test_every_default_can_be_written(tmp_path: Path) -> None:
    lines = [line.removeprefix("# ") for line in document.example().splitlines()[3:]]
    written = "\n".join(lines)
    tomllib.loads(written)
    assert settings(tmp_path, written, sandbox=True) == settings(tmp_path, "", sandbox=True)


def test_the_table_has_a_row_for_every_key() -> None:
    assert document.table().count("\n") == len(list(document.keys())) + 2
