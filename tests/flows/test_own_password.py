"""The password that a customer without an account sets, and what it opens."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from flow_office import ELSEWHERE, HOME, text

from mailbot.errors import Refused
from mailbot.flows.credentials import ChangePassword, SignInWays
from mailbot.flows.locks import Locked
from mailbot.flows.paper import EndedCode
from mailbot.passwords import Busy, Passwords

if TYPE_CHECKING:
    from flow_invited import Desks

    from mailbot.flows.letters import Letter
    from mailbot.flows.session import Session

EMAIL = "keiri@sakura.example"
OTHER = "desk@fuji.example"
OWN = "correct horse battery"
NEXT = "staple of a new stable"


def ways(desks: Desks) -> SignInWays:
    return SignInWays(desks.office.desk, desks.passwords)


def change(desks: Desks) -> ChangePassword:
    return ChangePassword(desks.office.desk, desks.passwords)


async def by_code(desks: Desks, password: str, *, code: str = "C-1", network: str = HOME) -> int | None:
    return await ways(desks).by_letter("minato", code, password, network=network)


async def lettered(desks: Desks) -> tuple[Letter, Session]:
    """Sign in by a letter, confirm an address by it, and return the letter and that session."""
    letter = await desks.letter("C-1")
    session = desks.session(await by_code(desks, letter.password))
    await desks.office.confirm.add(session, EMAIL)
    (envelope,) = await desks.office.post()
    await desks.office.confirm.act(desks.office.mailed(envelope), network=HOME)
    return letter, session


async def test_who_signed_in_by_a_letter_sets_a_password_and_signs_in_by_it(desks: Desks) -> None:
    office = desks.office
    letter, session = await lettered(desks)
    with pytest.raises(EndedCode):
        await by_code(desks, letter.password)
    assert change(desks).own.asks(session) == "new"
    assert await change(desks).with_old(session, "", OWN) is None
    opened = desks.session(await ways(desks).by_letter("ＭＩＮＡＴＯ", " c-1 ", OWN, network=HOME))
    assert (opened.customer_code, opened.how, opened.person_id, opened.address_id) == ("C-1", "code", None, None)
    (envelope,) = [mail for mail in await office.post() if mail.kind != "staff"]
    assert (envelope.recipient, envelope.kind) == (EMAIL, "change")
    assert "パスワード" in text(envelope)
    assert OWN not in text(envelope)
    assert office.facts.of("password.changed") == [{"customer": "C-1", "to": EMAIL, "how": "session"}]
    assert office.value("SELECT password_hash FROM customers").startswith("$argon2id$")


async def test_a_change_takes_the_old_one_and_ends_other_sessions_by_code(desks: Desks) -> None:
    office = desks.office
    letter = await desks.letter("C-1")
    by_letter = office.sign_in.cookie(await by_code(desks, letter.password) or 0)
    assert office.sign_in.session(by_letter) is not None
    await office.customers(f"C-1,株式会社C-1,{EMAIL},none")
    await office.prove(EMAIL, customer="C-1")
    mailed = office.session(EMAIL)
    assert await change(desks).with_old(mailed, "", OWN) is None
    assert office.sign_in.session(by_letter) is None
    session = desks.session(await by_code(desks, OWN))
    stolen = office.sign_in.cookie(session.id)
    other = office.sign_in.cookie(await by_code(desks, OWN) or 0)
    assert await change(desks).with_old(session, "", NEXT) == "password_wrong"
    assert await change(desks).with_old(session, OWN, NEXT) is None
    assert (office.sign_in.session(other), office.sign_in.session(stolen)) == (None, None)
    assert office.sign_in.session(office.sign_in.cookie(session.id)) == session
    assert office.sign_in.session(office.sign_in.cookie(mailed.id)) == mailed, "an address's own sessions outlive it"
    assert await by_code(desks, OWN) is None
    assert await by_code(desks, NEXT)
    assert len(office.mails("change")) == 2


async def test_every_answer_takes_one_verification(desks: Desks) -> None:
    letter, session = await lettered(desks)
    assert await change(desks).with_old(session, "", OWN) is None
    await desks.office.customers("C-2,株式会社に,,none")
    third = await desks.letter("C-3")
    seen = []
    for number, (issuer, code, password) in enumerate(
        [
            ("minato", "C-1", OWN),
            ("minato", "C-1", letter.password),
            ("minato", "C-1", "wrong"),
            ("minato", "C-2", OWN),
            ("minato", "C-2", ""),
            ("minato", "C-3", third.password),
            ("minato", "C-3", OWN),
            ("minato", "C-9", OWN),
            ("nobody", "C-1", OWN),
            ("", "", ""),
        ]
    ):
        before = desks.passwords.verifications
        try:
            opened = bool(await ways(desks).by_letter(issuer, code, password, network=f"198.51.{number}.0/24"))
        except EndedCode:
            opened = False
        seen.append((opened, desks.passwords.verifications - before))
    assert seen == [(number in {0, 5}, 1) for number in range(10)]


async def test_guessing_it_locks_the_guesser_only(desks: Desks) -> None:
    _, session = await lettered(desks)
    await change(desks).with_old(session, "", OWN)
    for _ in range(6):
        assert await by_code(desks, "wrong") is None
    before = desks.passwords.verifications
    with pytest.raises(Locked):
        await by_code(desks, OWN)
    assert desks.passwords.verifications == before
    assert await by_code(desks, OWN, network=ELSEWHERE)


async def test_who_was_turned_away_has_not_failed(desks: Desks) -> None:
    _, session = await lettered(desks)
    await change(desks).with_old(session, "", OWN)
    narrow = Passwords(workers=1, queue=0)
    few = SignInWays(desks.office.desk, narrow)
    tries = (few.by_letter("minato", "C-1", OWN, network=HOME) for _ in range(4))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(each, Busy) for each in outcomes) == 3
    changing = ChangePassword(desks.office.desk, narrow)
    both = await asyncio.gather(*(changing.with_old(session, "wrong", NEXT) for _ in range(2)), return_exceptions=True)
    narrow.close()
    assert sum(isinstance(each, Busy) for each in both) == 1
    counted = dict(desks.office.rows("SELECT substr(subject, 1, 7), failures FROM attempts"))
    assert (counted["network"], counted["session"]) == (0, 1)


async def test_a_password_changed_while_the_old_one_is_verified_does_not_let_in(desks: Desks) -> None:
    _, session = await lettered(desks)
    await change(desks).with_old(session, "", OWN)

    class Slow(Passwords):
        async def verify(self, known: str, text: str) -> bool:
            right = await super().verify(known, text)
            assert await change(desks).with_old(session, OWN, NEXT) is None
            return right

    slow = Slow()
    assert await SignInWays(desks.office.desk, slow).by_letter("minato", "C-1", OWN, network=HOME) is None
    slow.close()


async def test_two_first_ones_at_once_are_one(desks: Desks) -> None:
    _, session = await lettered(desks)
    both = await asyncio.gather(*(change(desks).with_old(session, "", f"{OWN} {n}") for n in range(2)))
    assert sorted(both, key=str) == [None, "password_wrong"]
    assert len(desks.office.mails("change")) == 1


async def test_who_forgot_it_signs_in_by_a_link_to_the_default_address(desks: Desks) -> None:
    office = desks.office
    await office.customer("C-1", EMAIL, OTHER)
    assert await change(desks).with_old(office.session(EMAIL), "", OWN) is None
    fresh, besides = office.session(EMAIL), office.session(OTHER)
    own = change(desks).own
    assert (own.asks(fresh), own.asks(besides)) == ("new", "old"), "of a default address only"
    assert await change(desks).with_old(besides, "", NEXT) == "password_wrong"
    office.clock.advance(minutes=30, seconds=1)
    assert own.asks(fresh) == "old"
    assert await change(desks).with_old(office.session(EMAIL), "", NEXT) is None
    assert await by_code(desks, NEXT)


@pytest.mark.parametrize(
    ("new", "problem"),
    [("short", "password_short"), (EMAIL, "password_is_address"), ("lang-code-0001", "password_common")],
)
async def test_what_cannot_be_set_changes_nothing(desks: Desks, new: str, problem: str) -> None:
    office = desks.office
    await office.customer("LANG-CODE-0001", EMAIL)
    assert await change(desks).with_old(office.session(EMAIL), "", new) == problem
    assert office.mails("change") == []


async def test_who_receives_nowhere_yet_registers_an_address_first(desks: Desks) -> None:
    letter = await desks.letter("C-1")
    session = desks.session(await by_code(desks, letter.password))
    assert change(desks).own.asks(session) == "first"
    with pytest.raises(Refused, match="no password"):
        await change(desks).with_old(session, "", OWN)


async def test_behind_an_invitation_only_the_person_has_a_password(desks: Desks) -> None:
    office = desks.office
    await desks.registered("C-1", EMAIL)
    link = await desks.invited("H-1", EMAIL, issuer="harbour")
    session = desks.session((await desks.register.enter(link, network=HOME)).session_id)
    assert session.how == "invitation"
    assert change(desks).own.asks(session) == "none"
    with pytest.raises(Refused, match="no password"):
        await change(desks).with_old(session, "", OWN)
    assert office.value("SELECT count(*) FROM customers WHERE password_hash <> ''") == 0
