"""Lists of invitations: they say of whom nothing was heard, as the staff's mail does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from flow_courier import answers, reject
from flow_office import CUSTOMER_HEAD, HOME, text

from mailbot.errors import Refused
from mailbot.flows.credentials import SignInWays
from mailbot.flows.report import Report

if TYPE_CHECKING:
    from flow_invited import Desks
    from flow_office import Office

    from mailbot.flows.invitation_lines import Line
    from mailbot.flows.letters import Letter


def listed(office: Office) -> dict[str, Line]:
    return {line["code"]: line for line in Report(office.database).invitations("minato")}


def marked(office: Office, mark: str) -> set[str]:
    return {code for code, line in listed(office).items() if line[mark]}


def told(office: Office) -> set[str]:
    """Return the codes of all customers that the staff's lists name."""
    said = [json.loads(mail.payload) for mail in office.mails("staff")]
    facts = [fact for each in said if each["what"] == "invitation.unanswered" for fact in each["facts"]]
    return {label.partition(" ")[0] for label, _ in facts}


async def use_letter(office: Office, desks: Desks, code: str, letter: Letter, email: str) -> None:
    """Receive invoices with a letter, without registering."""
    session = await SignInWays(office.desk, desks.passwords).by_letter("minato", code, letter.password, network=HOME)
    assert session is not None
    await office.confirm.add(desks.session(session), email)
    (asked,) = [mail for mail in await office.post() if mail.recipient == email]
    await office.confirm.act(office.mailed(asked), network=HOME)
    await office.post()


async def test_the_unanswered_are_those_that_staff_was_told_of(office: Office, desks: Desks) -> None:
    await desks.invited("M-1", "m1@sakura.example")
    await desks.letter("P-1")
    await desks.registered("M-2", "m2@sakura.example")
    declined = await desks.invited("M-3", "m3@sakura.example")
    await desks.register.decline(declined, reason="", network=HOME)
    await use_letter(office, desks, "P-2", await desks.letter("P-2"), "p2@sakura.example")
    assert marked(office, "unanswered") == set(), "they were only asked"
    office.clock.go("2026-12-21T01:00Z")
    await desks.invited("M-4", "m4@sakura.example")
    for day in range(22, 31):
        office.clock.go(f"2026-12-{day}T01:00Z")
        await desks.sweep()
        await office.post()
    assert marked(office, "unanswered") == told(office) == {"M-1", "P-1"}
    assert marked(office, "receives") == {"P-2"}
    office.clock.go("2027-03-21T01:00Z")
    await desks.sweep()
    assert marked(office, "unanswered") == told(office) == {"M-1", "P-1", "M-4"}, "they stay after the end"
    assert {code: line["state"] for code, line in listed(office).items()} == {
        "M-1": "expired",
        "M-2": "approved",
        "M-3": "expired",
        "M-4": "expired",
        "P-1": "expired",
        "P-2": "sent",
    }


async def test_who_answers_after_all_is_not_unanswered(office: Office, desks: Desks) -> None:
    letter = await desks.letter("P-1")
    office.clock.go("2026-12-11T00:00Z")
    await desks.sweep()
    assert marked(office, "unanswered") == {"P-1"}
    await use_letter(office, desks, "P-1", letter, "p1@sakura.example")
    assert marked(office, "unanswered") == set()
    assert Report(office.database).status()["attention"]["unanswered"] == 0


async def test_who_is_asked_anew_is_not_unanswered(office: Office, desks: Desks) -> None:
    await desks.invited("M-1", "m1@sakura.example")
    office.clock.go("2027-01-19T15:00Z")
    await desks.sweep()
    assert marked(office, "unanswered") == {"M-1"}
    await desks.invited("M-1", "m1@sakura.example")
    assert marked(office, "unanswered") == set()
    assert len(listed(office)) == 1


async def test_the_undelivered_are_told(office: Office, desks: Desks) -> None:
    await office.customers("M-1,さくら,m1@sakura.example,mail", "M-2,もみじ,m2@sakura.example,mail")
    await desks.mail("M-1", "M-2")
    await office.post(answers(reject))
    assert marked(office, "undelivered") == {"M-1"}
    asked = Report(office.database).status()["attention"]
    assert (asked["unanswered"], asked["undelivered"]) == (0, 1)
    office.execute("UPDATE addresses SET status = 'undeliverable' WHERE email = 'm2@sakura.example'")
    assert marked(office, "undelivered") == {"M-1", "M-2"}


async def test_the_status_counts_what_counts(office: Office, desks: Desks) -> None:
    await desks.registered("M-1", "m1@sakura.example")
    await desks.letter("P-1")
    office.clock.go("2027-03-01T01:00Z")
    await desks.sweep()
    await desks.letter("P-1")
    status = Report(office.database).status()
    assert status["invitations"] == {"approved": 1, "sent": 1}
    assert (status["attention"]["unanswered"], status["attention"]["undelivered"]) == (0, 0)


async def test_one_invitation_is_shown_with_its_history(office: Office, desks: Desks) -> None:
    await desks.letter("P-1")
    line = Report(office.database).invitation("minato", "P-1")
    assert [entry["fact"] for entry in line["timeline"]] == ["code.printed", "invitation.sent"]
    assert line["letter"]["expires_at"] == line["expires_at"]
    await office.customers("C-1,だれか,,none", head=CUSTOMER_HEAD)
    with pytest.raises(Refused, match="minato has invited no customer C-1"):
        Report(office.database).invitation("minato", "C-1")


async def test_the_staffs_mail_says_where_to_look(office: Office, desks: Desks) -> None:
    await desks.letter("P-1")
    office.clock.go("2026-12-11T00:00Z")
    await desks.sweep()
    (mail,) = await office.post()
    assert "mailbot invitations list --unanswered" in text(mail)
    assert "お問い合わせ先" not in text(mail)
