"""Documentation cannot drift from the program: what is generated is compared, what people wrote is tried."""

from __future__ import annotations

import contextlib
import re
import shlex
import shutil
import subprocess
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click
import pytest
import trustme
from readme_parts import PARTS, README, with_parts

from mailbot.cli.app import COMMANDS, app
from mailbot.config import document, load
from mailbot.domain.customer_sheet import read_customers
from mailbot.domain.invoice_sheet import read_invoices
from mailbot.facts import FACTS
from mailbot.mail import address

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
JAPANESE = ROOT / "README.ja.md"
DOCS = (README, JAPANESE, ROOT / "ARCHITECTURE.md", ROOT / "CHANGELOG.md")
FILES = ("md", "toml", "service", "socket", "conf", "txt", "py", "png", "lock", "db", "csv", "pdf")
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin")


def written(file: Path) -> str:
    """Return what people wrote of a document: without its generated parts."""
    text = file.read_text(encoding="utf-8")
    for name in PARTS:
        text = re.sub(f"(?s)<!-- part: {name} -->.*<!-- end: {name} -->", "", text)
    return text


def blocks(file: Path, language: str) -> list[str]:
    """Return the fenced blocks in a language."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```", written(file))


def commands() -> Iterator[str]:
    """Yield every `mailbot ...` that the documents tell to run, without its comment."""
    for file in DOCS:
        for line in _code(written(file)):
            yield from re.findall(r"^(?:[A-Z_]+=\S+ )?(mailbot [^#]*[^# ])", line.strip())


def mentions() -> Iterator[str]:
    """Yield every `mailbot ...` that stands within a sentence, perhaps without its arguments."""
    for file in DOCS:
        yield from re.findall(r"`(mailbot [^`\n]+)`", written(file))


def _code(text: str) -> Iterator[str]:
    """Yield the lines of code blocks, fenced without a language or indented."""
    fence = ""
    for line in text.splitlines():
        if line.startswith("```"):
            fence = "" if fence else line
        elif fence == "```" or (not fence and line.startswith("    ")):
            yield line


def parse(words: list[str]) -> None:
    """Let click read a command line as far as it can without running it; raises `click.UsageError`."""
    command: click.Command = app
    context = click.Context(app, info_name=words.pop(0))
    while isinstance(command, click.Group):
        if not words:
            return  # a group by itself is named, not run
        name = words.pop(0)
        found = command.get_command(context, name)
        if found is None:
            raise click.UsageError(f"there is no command {name}")
        command, context = found, click.Context(found, info_name=name, parent=context)
    command.make_context(command.name, ["7" if word == "ID" else word for word in words], parent=context.parent)


def test_the_readme_is_up_to_date() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_parts(text) == text, "write the generated parts anew: python tests/readme_parts.py"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_short_help_is_the_command_s_own(name: str) -> None:
    command: click.Command = import_module(f"mailbot.cli.{name}").command
    assert (command.help or "").partition("\n")[0] == COMMANDS[name]


@pytest.mark.parametrize("name", ["tests/run", "data/demo"])
@pytest.mark.parametrize("file", [README, JAPANESE], ids=lambda file: file.name)
def test_the_readme_names_the_two_commands(file: Path, name: str) -> None:
    assert f"sh {name}" in file.read_text(encoding="utf-8")
    assert (ROOT / name).is_file()


@pytest.mark.parametrize("line", sorted(set(commands())))
def test_every_command_that_is_named_exists_with_its_options(line: str) -> None:
    parse(shlex.split(line))


@pytest.mark.parametrize("line", sorted(set(mentions())))
def test_every_command_that_is_mentioned_exists(line: str) -> None:
    with contextlib.suppress(click.MissingParameter):
        parse(shlex.split(line))


def test_a_command_that_is_not_there_is_noticed() -> None:
    assert len(set(commands())) > 15
    for line in ("mailbot frobnicate", "mailbot outbox burn 7", "mailbot demo --fast", "mailbot keys retire"):
        with pytest.raises(click.UsageError):
            parse(shlex.split(line))


@pytest.mark.parametrize("file", DOCS, ids=lambda file: file.name)
def test_every_dotted_name_is_a_key_or_a_fact(file: Path) -> None:
    keys = {f"{key.section.strip('[]')}.{key.name}" for key in document.keys()}  # noqa: SIM118 -- no mapping
    for name in re.findall(r"`([a-z_]+\.[a-z_.]+)(?: = [^`]*)?`", written(file)):
        assert name in keys | FACTS.keys() or name.endswith(FILES), name


@pytest.mark.parametrize("text", blocks(README, "toml"))
def test_every_key_of_a_sample_configuration_exists(text: str, tmp_path: Path) -> None:
    (tmp_path / "mailbot.toml").write_text(text, encoding="utf-8")
    load(tmp_path / "mailbot.toml", sandbox=True)


def test_the_sample_configuration_is_enough_for_production(tmp_path: Path) -> None:
    (tmp_path / "mailbot.toml").write_text(blocks(README, "toml")[0], encoding="utf-8")
    assert not load(tmp_path / "mailbot.toml", sandbox=False).sandbox


@pytest.mark.parametrize("text", [*blocks(README, "csv"), *blocks(JAPANESE, "csv")])
def test_every_sample_sheet_is_without_a_fault(text: str) -> None:
    if "file" in text.partition("\n")[0] or "ファイル" in text.partition("\n")[0]:
        invoices = read_invoices(text.encode(), zone=ZoneInfo("Asia/Tokyo"))
        assert (bool(invoices.rows), list(invoices.faults)) == (True, [])
    else:
        customers = read_customers(text.encode(), default_locale="ja", read_address=address.read)
        assert (bool(customers.rows), list(customers.faults)) == (True, [])


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
def test_nginx_takes_the_sample(tmp_path: Path) -> None:
    issued = trustme.CA().issue_cert("invoices.example.com")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "fullchain.pem")
    issued.private_key_pem.write_to_path(tmp_path / "privkey.pem")
    (server,) = blocks(README, "nginx")
    server = server.replace("/etc/letsencrypt/live/invoices.example.com", str(tmp_path)).replace("443", "18443")
    folders = " ".join(f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy", "fastcgi"))
    folders += f" uwsgi_temp_path {tmp_path}/uwsgi; scgi_temp_path {tmp_path}/scgi; error_log {tmp_path}/error.log;"
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{ access_log off; {folders}\n{server}}}"
    )
    words = [str(NGINX), "-t", "-q", "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "start.log")]
    done = subprocess.run(words, capture_output=True, encoding="utf-8", timeout=20, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("file", DOCS, ids=lambda file: file.name)
def test_every_file_that_is_linked_or_shown_exists(file: Path) -> None:
    text = written(file)
    for path in [*re.findall(r"\]\((?!https?:)([^)#]+)\)", text), *re.findall(r'src="([^"]+)"', text)]:
        assert (ROOT / path).is_file(), path


def test_the_pictures_are_small() -> None:
    pictures = re.findall(r'src="([^"]+)"', README.read_text(encoding="utf-8"))
    assert len(pictures) == 2
    assert all((ROOT / path).stat().st_size < 120_000 for path in pictures)


def test_the_license_is_the_one_that_is_declared() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert text.startswith("MIT License\n")
    assert "the mailbot authors" in text
