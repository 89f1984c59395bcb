"""The story that `mailbot demo` plays: from a list of customers to a reminder, and the proof of it.

Owns the order of it and the words. Everything is done as people do it: by this command line, and by a browser.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from mailbot.cli.visitor import Page, Visitor
from mailbot.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATIENCE = 60.0
"""Seconds to wait for what the daemon does by itself."""

READING = 2.5
"""Seconds that our customer reads a page before pressing its button; sooner, mailbot would doubt a person did it."""

ISSUERS = ("AOBA", "HARBOUR")
CONFIRMING = (
    "uketsuke@sakura-dental.example.com",
    "info@minato-suisan.example.com",
    "jimu@hibari.example.com",
    "ap@larkspur.example.com",
)
DOWNLOADER, DOWNLOADED = "info@minato-suisan.example.com", "AB-2026-1103"
INVITED = "keiri@wakabakai.example.com"
COMPANY = {"business_class": "corporation", "phone": "043-000-0000", "go": "person"}
PERSON = {"person_name": "若葉 花子", "department": "事務局", "go": "review"}
GONE = "uketsuke@sakura-dental.example.com"
ANSWERING, ANSWERED = "ap@larkspur.example.com", "HP-0417"
QUESTION = "お世話になっております。お振込の手数料は、弊社と御社のどちらの負担でしょうか。"
FORGETFUL, FORGOTTEN = "jimu@hibari.example.com", "AB-2026-1104"


class Story:
    """One telling."""

    def __init__(self, *, config: Path, sample: Path, base_url: str) -> None:
        self._config = config
        self._sample = sample
        self._base = base_url
        self._reader = Visitor(base_url)
        self._step = 0

    def tell(self) -> None:
        """Play it from the beginning to the end; raises `Refused` where something does not happen as told."""
        click.echo(
            "Two companies send invoices: AOBA mostly in Japanese, HARBOUR mostly in English. No mail leaves here."
        )
        self._customers()
        self._confirmations()
        self._registration()
        self._letter()
        self._invoices()
        self._download()
        self._bounce()
        self._reply()
        self._question()
        self._days_pass()
        self._proof()

    def _customers(self) -> None:
        self._say(
            "Customers are imported from CSV files. Each new address gets a mail that asks its owner to confirm it."
        )
        asked = 0
        for issuer in ISSUERS:
            done = self._run("customers", "import", f"customers-{issuer.lower()}.csv", "--issuer", issuer, "--yes")[-1]
            asked += done["mails"]
            self._detail(f"{issuer}: {done['created']} customers; mails: {done['mails']}")
        self._wait("the mails", lambda: len(self._reader.mails()) >= asked)
        self._look("the mails as they went out", "/sandbox")

    def _confirmations(self) -> None:
        self._say("Four of the owners open the link in their mail and press the button.")
        for email in CONFIRMING:
            visitor = Visitor(self._base)
            mail = self._newest(email)
            url = visitor.link_in(mail)
            visitor.press(visitor.open(url))
            self._detail(f"{email} is confirmed (the mail was 「{mail['subject']}」)")
        self._look("the page that the last of them got", url.removeprefix(self._base))

    def _registration(self) -> None:
        self._say("A customer of channel mail is invited, and registers: company, person, review, done.")
        (invited,) = self._run("invite", "--all", "--issuer", "AOBA", "--yes")
        self._wait("the invitation", lambda: any(mail["to"] == INVITED for mail in self._reader.mails()))
        visitor, mail = Visitor(self._base), self._newest(INVITED)
        self._detail(f"{invited['to']}: 「{mail['subject']}」")
        page = visitor.open(visitor.link_in(mail))
        for typed in (COMPANY, PERSON, {"go": "register"}):
            page = visitor.press(page, **typed)
        if not page.url.endswith("/my/invoices"):
            raise Refused(f"the registration ended at {page.url}")
        self._detail(f"{invited['name']} is connected, and looks at its list of invoices; staff was told")
        self._look("the invitation", f"/sandbox/{mail['id']}")

    def _letter(self) -> None:
        self._say("A customer without a mail address gets a letter, with codes that work once it is printed.")
        file = self._config.with_name("letters.pdf")
        try:
            for line in self._run("letters", "-o", str(file), "--issuer", "AOBA"):
                self._detail(f"{line['name']}: {line['result']}")
            self._detail(f"see {file} while this demo runs")
        except Refused as refused:
            self._detail(f"left out: {str(refused).partition('mailbot: ')[2] or refused}")

    def _invoices(self) -> None:
        self._say("Invoices are imported: CSV files with the PDFs beside them. Confirmed addresses are told at once.")
        before = {mail["id"] for mail in self._reader.mails()}
        told = 0
        for issuer in ISSUERS:
            file = f"invoices-{issuer.lower()}/invoices.csv"
            done = self._run("invoices", "import", file, "--issuer", issuer, "--yes")[-1]
            told += done["mails"]
            self._detail(
                f"{issuer}: {done['created']} invoices; mails: {done['mails']}; "
                f"waiting until their customer has confirmed an address: {len(done['waiting'])}"
            )
        self._wait("the notices", lambda: len({mail["id"] for mail in self._reader.mails()} - before) >= told)
        self._look("the notices", "/sandbox")

    def _download(self) -> None:
        self._say(f"One customer opens the link, reads for a moment, and downloads {DOWNLOADED}.")
        visitor = Visitor(self._base)
        page = visitor.open(visitor.link_in(self._newest(DOWNLOADER)))
        time.sleep(READING)
        pdf = _expect_pdf(visitor.press(page))
        self._wait("the download to count", lambda: self._invoice(DOWNLOADED)["status"] == "downloaded")
        self._detail(
            f"all {len(pdf.content):,} bytes arrived: the invoice counts as downloaded, and nobody is reminded of it"
        )
        self._look("the page of that invoice", page.url.removeprefix(self._base))

    def _bounce(self) -> None:
        self._say(
            "A server sends a mail back: nobody reads there any more. The address is given up, and staff is told."
        )
        mail = self._newest(GONE)
        made = self._answer(mail, how="unknown")
        self._wait("the address to be given up", lambda: self._address(GONE)["status"] == "undeliverable")
        self._detail(f"{GONE} is undeliverable: nothing more is sent there until somebody names another address")
        self._look("what mailbot made of the report", made)

    def _reply(self) -> None:
        self._say(f"A customer just replies to the notice: received. {ANSWERED} counts as acknowledged.")
        made = self._answer(self._newest(ANSWERING), words="Received, thank you.")
        self._wait("the reply to count", lambda: self._evidence(ANSWERED, "HARBOUR") == "acknowledged")
        self._wait("the answer", lambda: self._newest(ANSWERING)["kind"] == "answer")
        self._detail(f"{ANSWERING} got one answer: what was done, and how to take it back")
        self._look("what mailbot made of the reply", made)

    def _question(self) -> None:
        self._say("Another asks something in his own words. Staff gets it, with all that one wants to know above it.")
        made = self._answer(self._newest(DOWNLOADER), words=QUESTION)
        self._wait(
            "the question to reach staff", lambda: any(mail["kind"] == "forward" for mail in self._reader.mails())
        )
        forwarded = next(mail for mail in self._reader.mails() if mail["kind"] == "forward")
        self._detail(f"{forwarded['to']} got it as 「{forwarded['subject']}」, and only has to press reply")
        self._look("what mailbot made of it", made)

    def _answer(self, mail: dict[str, Any], **form: str) -> str:
        """Answer a mail in the sandbox, and return the path of the page that says what came of it."""
        return self._reader.answer(mail, **form).removeprefix(self._base)

    def _address(self, email: str) -> dict[str, Any]:
        return next(line for line in self._run("addresses", "list") if line["email"] == email)

    def _evidence(self, number: str, issuer: str) -> str:
        (address,) = self._invoice(number, issuer)["addresses"]
        return str(address["evidence"])

    def _days_pass(self) -> None:
        self._say(
            "Six days pass (the sandbox's clock is moved). Who has not downloaded is reminded, on a business day."
        )
        self._run("sandbox", "advance", "6d")
        self._wait("the reminder", lambda: self._invoice(FORGOTTEN)["reminders"] > 0)
        mail = self._newest(FORGETFUL)
        self._detail(f"{FORGETFUL}: reminded (the mail is 「{mail['subject']}」)")
        self._detail(f"{DOWNLOADER}: no reminder, for {DOWNLOADED} was downloaded")
        if self._invoice(DOWNLOADED)["reminders"]:
            raise Refused(f"{DOWNLOADED} was reminded although it was downloaded")
        self._look("the reminder", f"/sandbox/{mail['id']}")

    def _proof(self) -> None:
        self._say(
            "All of it stands in a ledger, one for each company, each row chained to the one before. It is verified."
        )
        for line in self._run("ledger", "verify"):
            rows, head = line["seq"], line["head"][:16]
            self._detail(f"{line['issuer']}: {rows} rows, none changed or missing; the hash of the last is {head}...")

    def _invoice(self, number: str, issuer: str = "AOBA") -> dict[str, Any]:
        return self._run("invoices", "show", number, "--issuer", issuer)[-1]

    def _newest(self, email: str) -> dict[str, Any]:
        return next(mail for mail in self._reader.mails() if mail["to"] == email)

    def _run(self, *words: str) -> list[dict[str, Any]]:
        """Run one command as an admin would, and return its JSON lines."""
        command = [sys.executable, "-m", "mailbot", *words, "--config", str(self._config), "--json"]
        done = subprocess.run(command, cwd=self._sample, capture_output=True, text=True, check=False)  # noqa: S603  # our own words
        if done.returncode:
            raise Refused(f"mailbot {' '.join(words)} ended with {done.returncode}: {done.stderr.strip()}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def _wait(self, what: str, happened: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not happened():
            if time.monotonic() > deadline:
                raise Refused(f"waited {PATIENCE:.0f} s for {what} in vain; see the daemon's log")
            time.sleep(0.1)

    def _say(self, sentence: str) -> None:
        self._step += 1
        click.echo(f"\n{click.style(f'{self._step}.', bold=True)} {sentence}")

    def _detail(self, text: str) -> None:
        click.echo(f"   {text}")

    def _look(self, what: str, path: str) -> None:
        click.echo(f"   see {what}: {click.style(self._base + path, underline=True)}")


def _expect_pdf(page: Page) -> Page:
    if page.type != "application/pdf" or not page.content.startswith(b"%PDF-"):
        raise Refused(f"{page.url} is no PDF but {page.type}")
    return page
