"""Signing in by a password, a letter or a mail; changing the password; and what a guesser learns of it all."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from flow_office import ELSEWHERE, HARBOUR, HOME, MINATO, text

from mailbot.errors import BadLink
from mailbot.flows.credentials import ChangePassword, SignInWays
from mailbot.flows.locks import Locked
from mailbot.flows.paper import EndedCode
from mailbot.links import Purpose
from mailbot.passwords import Busy, Passwords

if TYPE_CHECKING:
    from flow_invited import Desks
    from flow_office import Office

    from mailbot.flows.letters import Letter
    from mailbot.flows.session import Session

EMAIL = "keiri@sakura.example"
OTHER = "desk@fuji.example"
OLD = "correct horse battery"
NEW = "staple of a new stable"


def ways(desks: Desks) -> SignInWays:
    return SignInWays(desks.office.desk, desks.passwords)


def change(desks: Desks) -> ChangePassword:
    return ChangePassword(desks.office.desk, desks.passwords)


async def registered(desks: Desks, code: str = "C-1", email: str = EMAIL, password: str = OLD) -> Session:
    """Register a person with a password, with nothing left in the outbox."""
    done = await desks.complete(await desks.invited(code, email), password=password)
    await desks.office.post()
    return desks.session(done.session_id)


async def on_paper(desks: Desks, *codes: str, issuer: str = "minato") -> list[Letter]:
    """Put customers on file where there are none, and print their letters."""
    rows = [f"{code},株式会社{code},,letter,100-0001,東京都千代田区千代田1-1" for code in codes]
    await desks.office.customers(*rows, issuer=issuer, head="code,name,email,channel,postal_code,address")
    return [await desks.letter(code, issuer=issuer) for code in codes]


def counted(office: Office) -> list[tuple[str, int]]:
    return [(subject, failures) for subject, failures in office.rows("SELECT subject, failures FROM attempts")]


# By a password.


async def test_address_and_password_open_a_session_of_the_person(desks: Desks) -> None:
    first = await registered(desks)
    session = desks.session(await ways(desks).by_password(f" {EMAIL.upper()} ", OLD, network=HOME))
    assert (session.person_id, session.account_id, session.how) == (first.person_id, first.account_id, "password")
    assert session.id != first.id
    assert [each.code for each in session.customers] == ["C-1"]
    assert (session.customer_code, session.issuer, session.email) == ("C-1", MINATO, EMAIL)
    assert session.address_id == desks.office.address_id(EMAIL)
    opened = desks.office.facts.of("session.opened")[-1]
    assert opened == {"issuer": "minato", "customer": "C-1", "to": EMAIL, "how": "password"}


async def test_unknown_and_wrong_go_the_same_way(desks: Desks) -> None:
    await registered(desks)
    await registered(desks, "C-2", OTHER, password="")
    seen = []
    for email, password in (
        (EMAIL, "wrong"),
        (EMAIL, ""),
        ("nobody@sakura.example", OLD),
        (OTHER, OLD),
        (OTHER, ""),
        ("no address", OLD),
        ("", ""),
    ):
        before, facts = desks.passwords.verifications, len(desks.office.facts.facts)
        assert await ways(desks).by_password(email, password, network=HOME) is None
        seen.append((desks.passwords.verifications - before, desks.office.facts.facts[facts:]))
    assert seen == [(1, [("sign_in.failed", {"how": "password", "network": HOME})])] * 7
    assert {failures for subject, failures in counted(desks.office) if subject != f"network:{HOME}"} == {1, 2}
    assert EMAIL not in str(counted(desks.office)), "what was typed is not kept"


async def test_five_failures_are_free_and_then_one_waits_here_and_nowhere_else(desks: Desks) -> None:
    office = desks.office
    await registered(desks)
    for _ in range(6):
        assert await ways(desks).by_password(EMAIL, "wrong", network=HOME) is None
    assert office.facts.of("sign_in.locked") == [{"subject": "mailbox", "network": HOME, "seconds": 60}]
    before = desks.passwords.verifications
    with pytest.raises(Locked, match="in 1 minutes") as caught:
        await ways(desks).by_password(EMAIL, OLD, network=HOME)
    assert (caught.value.seconds, desks.passwords.verifications) == (60, before), "nothing is judged while it is locked"
    assert await ways(desks).by_password(EMAIL, OLD, network=ELSEWHERE), "a lock of one network shuts nobody else out"
    assert await ways(desks).by_password(OTHER, OLD, network=HOME) is None, "nor anybody else there"
    office.clock.advance(seconds=60)
    assert await ways(desks).by_password(EMAIL, "wrong", network=HOME) is None
    with pytest.raises(Locked) as caught:
        await ways(desks).by_password(EMAIL, OLD, network=HOME)
    assert caught.value.seconds == 120, "it grows"
    office.clock.advance(seconds=120)
    assert await ways(desks).by_password(EMAIL, OLD, network=HOME)
    for _ in range(5):
        assert await ways(desks).by_password(EMAIL, "wrong", network=HOME) is None
    assert await ways(desks).by_password(EMAIL, OLD, network=HOME), "being right wipes the slate"


async def test_an_unknown_address_is_locked_as_a_known_one_is(desks: Desks) -> None:
    for _ in range(6):
        assert await ways(desks).by_password("nobody@sakura.example", "wrong", network=HOME) is None
    with pytest.raises(Locked):
        await ways(desks).by_password("Nobody@sakura.example", "wrong", network=HOME)


async def test_twenty_failures_lock_a_network_for_a_quarter_of_an_hour(desks: Desks) -> None:
    office = desks.office
    await registered(desks)
    for number in range(20):
        office.clock.advance(seconds=40)
        assert await ways(desks).by_password(f"guess{number}@x.example", OLD, network=HOME) is None
    with pytest.raises(Locked) as caught:
        await ways(desks).by_password(EMAIL, OLD, network=HOME)
    assert caught.value.seconds == 15 * 60
    assert office.facts.of("sign_in.locked")[-1] == {"subject": "network", "network": HOME, "seconds": 900}
    assert await ways(desks).by_password(EMAIL, OLD, network=ELSEWHERE)
    office.clock.advance(minutes=14, seconds=59)
    with pytest.raises(Locked):
        await ways(desks).by_password(EMAIL, OLD, network=HOME)
    office.clock.advance(seconds=1)
    assert await ways(desks).by_password(EMAIL, OLD, network=HOME)


async def test_a_guesser_with_an_account_of_his_own_wins_no_tries_by_it(desks: Desks) -> None:
    await registered(desks)
    for number in range(20):
        assert await ways(desks).by_password(f"guess{number}@x.example", OLD, network=HOME) is None
        if number < 19:
            assert await ways(desks).by_password(EMAIL, OLD, network=HOME)
    with pytest.raises(Locked):
        await ways(desks).by_password("guess20@x.example", OLD, network=HOME)


async def test_a_thousand_tries_at_once_are_judged_no_more_often_than_twenty(desks: Desks) -> None:
    tries = (ways(desks).by_password(f"guess{n}@x.example", OLD, network=HOME) for n in range(1000))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert outcomes.count(None) == 20
    assert all(isinstance(each, Locked) for each in outcomes if each is not None)
    assert desks.passwords.verifications == 20


async def test_the_queue_is_bounded_and_who_was_turned_away_has_not_failed(desks: Desks) -> None:
    await registered(desks)
    passwords = Passwords(workers=1, queue=0)
    narrow = SignInWays(desks.office.desk, passwords)
    tries = (narrow.by_password(EMAIL, OLD, network=HOME) for _ in range(5))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    passwords.close()
    assert sum(isinstance(each, Busy) for each in outcomes) == 4
    assert sum(isinstance(each, int) for each in outcomes) == 1
    assert {failures for _, failures in counted(desks.office)} <= {0}


async def test_a_password_changed_while_the_old_one_is_verified_does_not_let_in(desks: Desks) -> None:
    session = await registered(desks)

    class Slow(Passwords):
        async def verify(self, known: str, text: str) -> bool:
            right = await super().verify(known, text)
            assert await change(desks).with_old(session, OLD, NEW) is None
            return right

    slow = Slow()
    assert await SignInWays(desks.office.desk, slow).by_password(EMAIL, OLD, network=HOME) is None
    slow.close()


# By a letter.


async def test_company_code_customer_code_and_letter_open_a_session_of_that_customer(desks: Desks) -> None:
    office = desks.office
    letter, _ = await on_paper(desks, "0001000", "0001001")
    for issuer, code, password in (
        ("minato", "0001000", letter.password),
        ("ＭＩＮＡＴＯ", " ０００１０００ ", letter.password.lower()),
    ):
        session = desks.session(await ways(desks).by_letter(issuer, code, password, network=HOME))
        assert (session.customer_code, session.how, session.address_id) == ("0001000", "letter", None)
        assert (session.email, session.person_id, len(session.customers)) == ("", None, 1)
    assert office.value("SELECT state FROM paper_codes WHERE paper_id = ?", letter.paper_id.replace("-", "")) == "live"


async def test_of_three_wrong_things_none_is_told_apart(desks: Desks) -> None:
    office = desks.office
    one, other = await on_paper(desks, "C-1", "C-2")
    (foreign,) = await on_paper(desks, "C-1", issuer="harbour")
    await office.customers("C-3,株式会社さん,,none")
    seen = []
    for number, (issuer, code, password) in enumerate(
        [
            ("minato", "C-1", other.password),
            ("minato", "C-1", foreign.password),
            ("minato", "C-2", one.password),
            ("minato", "C-3", one.password),
            ("minato", "C-9", one.password),
            ("nobody", "C-1", one.password),
            ("minato", "C-1", one.paper_id),
            ("minato", "C-1", ""),
            ("", "", ""),
        ]
    ):
        facts = len(office.facts.facts)
        assert await ways(desks).by_letter(issuer, code, password, network=f"198.51.{number}.0/24") is None
        seen.append([name for name, _ in office.facts.facts[facts:]])
    assert seen == [["sign_in.failed"]] * 9


async def test_a_letter_that_has_ended_says_so_to_who_has_it_only(desks: Desks) -> None:
    office = desks.office
    (first,) = await on_paper(desks, "C-1")
    second = await desks.letter("C-1", reissue=True)
    with pytest.raises(EndedCode) as caught:
        await ways(desks).by_letter("minato", "C-1", first.password, network=HOME)
    assert caught.value.state == "replaced"
    session = desks.session(await ways(desks).by_letter("minato", "C-1", second.password, network=HOME))
    assert (await office.confirm.add(session, EMAIL)).problem is None
    assert await ways(desks).by_letter("minato", "C-1", second.password, network=HOME), "it may be typed again"
    (envelope,) = await office.post()
    assert (await office.confirm.act(office.mailed(envelope), network=HOME)).session_id
    assert len(office.facts.of("code.used")) == 1
    with pytest.raises(EndedCode) as caught:
        await ways(desks).by_letter("minato", "C-1", second.password, network=HOME)
    assert caught.value.state == "used"
    assert await ways(desks).by_letter("minato", "C-1", "0000-0000-0000", network=HOME) is None


async def test_a_letter_expires(desks: Desks) -> None:
    (letter,) = await on_paper(desks, "C-1")
    desks.office.clock.advance(days=61)
    with pytest.raises(EndedCode) as caught:
        await ways(desks).by_letter("minato", "C-1", letter.password, network=HOME)
    assert caught.value.state == "expired"


async def test_an_address_confirmed_without_the_letter_leaves_it_alive(desks: Desks) -> None:
    office = desks.office
    await office.customer("C-1", EMAIL)
    letter = await desks.letter("C-1")
    await office.confirm.add(office.session(EMAIL), OTHER)
    (envelope,) = await office.post()
    await office.confirm.act(office.mailed(envelope), network=HOME)
    assert await ways(desks).by_letter("minato", "C-1", letter.password, network=HOME)


async def test_guessing_a_letter_locks_the_guesser_and_not_its_owner(desks: Desks) -> None:
    (letter,) = await on_paper(desks, "C-1")
    for _ in range(6):
        assert await ways(desks).by_letter("minato", "C-1", "0000-0000-0000", network=HOME) is None
    with pytest.raises(Locked):
        await ways(desks).by_letter("minato", "C-1", letter.password, network=HOME)
    assert await ways(desks).by_letter("minato", "C-1", letter.password, network=ELSEWHERE)


# By a mail.


async def test_a_person_is_mailed_one_link_to_all_customers(desks: Desks) -> None:
    office = desks.office
    await registered(desks)
    await ways(desks).mail_link(EMAIL, network=HOME)
    await ways(desks).mail_link(EMAIL, network=HOME)
    (envelope,) = await office.post()
    link = office.mailed(envelope)
    assert (envelope.recipient, link.purpose) == (EMAIL, Purpose.SIGN_IN)
    page = office.sign_in.look(link)
    assert (page.state, page.email, page.issuer, page.customer_name) == ("ready", EMAIL, MINATO, "株式会社C-1")
    done = await office.sign_in.act(link, seen_at=office.clock.now(), network=HOME)
    session = desks.session(done.session_id)
    assert (session.how, session.email) == ("sign_in", EMAIL)
    assert session.person_id
    assert (await office.sign_in.act(link, seen_at=office.clock.now(), network=ELSEWHERE)).session_id is None, (
        "a link works once"
    )
    assert (await office.sign_in.renew(link)).renewed
    (again,) = await office.post()
    assert again.recipient == EMAIL


async def test_an_address_without_an_account_is_mailed_a_link_for_each_customer(desks: Desks) -> None:
    office = desks.office
    await office.customer("C-1", EMAIL)
    await office.customer("H-1", EMAIL, issuer="harbour")
    await office.customers(f"C-2,株式会社まだ,{EMAIL},confirm")
    await office.post()
    await ways(desks).mail_link(EMAIL, network=HOME)
    opened = set()
    for envelope in await office.post():
        done = await office.sign_in.act(office.mailed(envelope), seen_at=office.clock.now(), network=HOME)
        session = desks.session(done.session_id)
        opened.add((session.issuer.code, *(each.code for each in session.customers)))
    assert opened == {("minato", "C-1"), ("harbour", "H-1")}, "each alone, and none for what is not proved"


async def test_a_person_is_mailed_for_customers_besides_the_account_too(desks: Desks) -> None:
    office = desks.office
    await registered(desks)
    await office.customer("H-1", EMAIL, issuer="harbour")
    await ways(desks).mail_link(EMAIL, network=HOME)
    assert {mail.issuer for mail in office.mails("sign_in")} == {"minato", "harbour"}


async def test_whoever_asks_gets_the_same_answer_and_an_unknown_address_no_mail(desks: Desks) -> None:
    office = desks.office
    for typed in ("nobody@sakura.example", "nothing", ""):
        await ways(desks).mail_link(typed, network=HOME)
        await change(desks).mail_link(typed, network=HOME)
    assert office.mails() == []
    assert office.value("SELECT failures FROM attempts WHERE subject = ?", f"mailed:{HOME}") == 6
    await registered(desks)
    for _ in range(6):
        await ways(desks).by_password(EMAIL, "wrong", network=HOME)
    with pytest.raises(Locked):
        await ways(desks).by_password(EMAIL, OLD, network=HOME)
    await ways(desks).mail_link(EMAIL, network=HOME)
    assert len(office.mails("sign_in")) == 1, "mailed links are never locked"


# Changing the password.


async def test_with_the_old_password_a_new_one_is_set_and_other_sessions_end(desks: Desks) -> None:
    office = desks.office
    session = await registered(desks)
    stolen = office.sign_in.cookie(session.id)
    other = office.sign_in.cookie(await ways(desks).by_password(EMAIL, OLD, network=HOME) or 0)
    assert office.sign_in.session(other) is not None
    assert await change(desks).with_old(session, OLD, NEW) is None
    assert office.sign_in.session(other) is None
    assert office.sign_in.session(stolen) is None, "a copy of this session's own cookie too"
    assert office.sign_in.session(office.sign_in.cookie(session.id)) == session
    assert await ways(desks).by_password(EMAIL, OLD, network=HOME) is None
    assert await ways(desks).by_password(EMAIL, NEW, network=HOME)
    (envelope,) = await office.post()
    assert (envelope.recipient, envelope.kind) == (EMAIL, "change")
    assert "パスワード" in text(envelope)
    assert NEW not in text(envelope)
    assert office.facts.of("password.changed") == [{"account": session.account_id, "to": EMAIL, "how": "old"}]


async def test_a_session_of_one_customer_outlives_it(desks: Desks) -> None:
    session = await registered(desks)
    own = desks.office.session(EMAIL)
    cookie = desks.office.sign_in.cookie(own.id)
    assert await change(desks).with_old(session, OLD, NEW) is None
    assert desks.office.sign_in.session(cookie) == own


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("wrong", NEW, "password_wrong"),
        ("", NEW, "password_wrong"),
        (OLD, "short", "password_short"),
        (OLD, EMAIL, "password_is_address"),
        (OLD, "password123", "password_common"),
    ],
)
async def test_what_cannot_be_set_changes_nothing(desks: Desks, old: str, new: str, problem: str) -> None:
    session = await registered(desks)
    assert await change(desks).with_old(session, old, new) == problem
    assert await ways(desks).by_password(EMAIL, OLD, network=HOME)
    assert desks.office.mails("change") == []


async def test_guessing_the_old_password_in_an_open_session_locks(desks: Desks) -> None:
    session = await registered(desks)
    for _ in range(6):
        assert await change(desks).with_old(session, "wrong", NEW, network=HOME) == "password_wrong"
    with pytest.raises(Locked):
        await change(desks).with_old(session, OLD, NEW)


async def test_two_changes_at_once_are_one(desks: Desks) -> None:
    session = await registered(desks)
    both = await asyncio.gather(*(change(desks).with_old(session, OLD, f"{NEW} {n}") for n in range(2)))
    assert sorted(both, key=str) == [None, "password_wrong"]
    assert len(desks.office.mails("change")) == 1


async def test_turned_away_one_has_not_failed(desks: Desks) -> None:
    session = await registered(desks)
    passwords = Passwords(workers=1, queue=0)
    narrow = ChangePassword(desks.office.desk, passwords)
    outcomes = await asyncio.gather(*(narrow.with_old(session, "wrong", NEW) for _ in range(3)), return_exceptions=True)
    passwords.close()
    assert sum(isinstance(each, Busy) for each in outcomes) == 2
    assert [failures for subject, failures in counted(desks.office) if subject.startswith("session")] == [1]


async def test_a_mailed_link_sets_a_password_once_and_signs_in(desks: Desks) -> None:
    office = desks.office
    old = await registered(desks, password="")
    await change(desks).mail_link(EMAIL, network=HOME)
    await change(desks).mail_link(EMAIL, network=HOME)
    (envelope,) = await office.post()
    link = office.mailed(envelope)
    assert (link.purpose, envelope.kind) == (Purpose.PASSWORD, "password")
    page = change(desks).look(link)
    assert (page.state, page.email, page.locale, page.customer_name) == ("ready", EMAIL, "ja", "株式会社C-1")
    refused = await change(desks).set(link, "short")
    assert (refused.state, refused.problem, refused.session_id) == ("ready", "password_short", None)
    pages = await asyncio.gather(*(change(desks).set(link, NEW) for _ in range(5)))
    assert {page.state for page in pages} == {"done"}
    (session_id,) = {page.session_id for page in pages} - {None}
    assert desks.session(session_id).how == "password"
    assert office.sign_in.session(office.sign_in.cookie(old.id)) is None
    assert await ways(desks).by_password(EMAIL, NEW, network=HOME)
    assert (await change(desks).set(link, "yet another password")).session_id is None
    assert len(office.mails("change")) == 1


async def test_a_link_ends_after_thirty_minutes_or_with_any_change(desks: Desks) -> None:
    office = desks.office
    session = await registered(desks)
    await change(desks).mail_link(EMAIL, network=HOME)
    (envelope,) = await office.post()
    link = office.mailed(envelope)
    assert change(desks).look(replace(link, retired=True)).state == "expired"
    office.clock.advance(minutes=30)
    assert change(desks).look(link).state == "ready"
    office.clock.advance(seconds=1)
    assert (await change(desks).set(link, NEW)).state == "expired"
    await change(desks).mail_link(EMAIL, network=HOME)
    (envelope,) = await office.post()
    await change(desks).mail_link(EMAIL, network=HOME)
    assert await change(desks).with_old(session, OLD, NEW) is None
    assert change(desks).look(office.mailed(envelope)).state == "superseded"
    with pytest.raises(BadLink):
        change(desks).look(office.link(Purpose.PASSWORD, 999, 1))


async def test_a_password_mail_that_came_too_late_is_not_sent(desks: Desks) -> None:
    session = await registered(desks)
    await change(desks).mail_link(EMAIL, network=HOME)
    assert await change(desks).with_old(session, OLD, NEW) is None
    assert [envelope.kind for envelope in await desks.office.post()] == ["change"]
    assert desks.office.mail("password").state == "cancelled"


async def test_mails_to_a_person_name_an_issuer_that_is_still_there(desks: Desks) -> None:
    office = desks.office
    await registered(desks)
    office.set_issuers(HARBOUR)
    await change(desks).mail_link(EMAIL, network=HOME)
    assert office.mails("password")[-1].issuer == "harbour"
    session = desks.session(await ways(desks).by_password(EMAIL, OLD, network=HOME))
    assert (session.customer_id, session.customers, session.issuer) == (0, (), HARBOUR)
