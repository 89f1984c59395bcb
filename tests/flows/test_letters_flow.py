"""Codes on paper: drawn, printed, thrown away; nothing works that was not printed."""

from __future__ import annotations

import asyncio
import re
from time import perf_counter
from typing import TYPE_CHECKING

import pytest
from flow_office import CUSTOMER_HEAD, HARBOUR, HOME

from mailbot.clock import stamp
from mailbot.errors import ConfigError, Refused
from mailbot.flows import letters
from mailbot.flows.claim_letter import EndedCode, LetterPage, WrongCode
from mailbot.flows.letters import Why
from mailbot.links import Purpose
from mailbot.pepper import Pepper

if TYPE_CHECKING:
    from pathlib import Path

    from flow_invited import Desks
    from flow_office import Office

    from mailbot.flows.letters import Draft, Letter

EMAIL = "taro@sakura.example"


async def many(office: Office, count: int, *, issuer: str = "minato") -> None:
    """Put customers on file who are reached by letter."""
    rows = [f"C-{n:05d},株式会社{n},,letter,100-0001,東京都千代田区{n}" for n in range(count)]
    await office.customers(*rows, issuer=issuer, head=f"{CUSTOMER_HEAD},postal_code,address")


async def works(desks: Desks, letter: Letter) -> bool:
    """Tell whether a letter's pair opens the forms."""
    try:
        await desks.ticket(letter, EMAIL, network=letter.paper_id)
    except (WrongCode, EndedCode):
        return False
    return True


async def test_a_draft_holds_what_a_letter_says_and_works_nowhere(office: Office, desks: Desks) -> None:
    await many(office, 3)
    await office.customers(f"M-1,さくら,{EMAIL},mail")
    draft = await desks.draft()
    assert [each.customer.code for each in draft.letters] == ["C-00000", "C-00001", "C-00002"]
    for letter in draft.letters:
        assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{12}", letter.paper_id)
        assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{12}", letter.password)
        assert letter.expires_at.isoformat() == "2027-01-19T14:59:59+00:00", "to the end of that day in Tokyo"
        assert letter.link.startswith("https://bill.example/l/q")
        link = office.desk.links.open(letter.link.rpartition("/")[2], Purpose.PAPER)
        assert desks.claim.letter(link) == LetterPage(letter.paper_id, draft.issuer), "being printed is not over"
        assert not await works(desks, letter)
    assert len({letter.paper_id for letter in draft.letters} | {each.password for each in draft.letters}) == 6
    assert (desks.states(), desks.customer("C-00000")) == ([], "new")


async def test_printing_brings_the_codes_to_life(office: Office, desks: Desks) -> None:
    await many(office, 2)
    draft = await desks.draft()
    await desks.letters.printed(draft)
    assert [await works(desks, letter) for letter in draft.letters] == [True, True]
    assert (desks.states(), desks.customer("C-00000")) == (["sent", "sent"], "invited")
    assert (office.ledger("code.printed"), office.ledger("invitation.sent")) == (2, 2)
    assert (await desks.draft()).skipped == (("C-00000", Why.LIVE), ("C-00001", Why.LIVE))


async def test_the_password_is_nowhere_in_the_store_nor_in_what_is_said(office: Office, desks: Desks) -> None:
    letter = await desks.letter("C-1")
    assert letter.password not in repr(office.everything())
    assert letter.password not in repr(office.facts.facts)
    assert letter.password not in repr(letter)
    assert letter.link not in repr(letter)


async def test_an_interrupted_batch_leaves_no_code(office: Office, desks: Desks) -> None:
    await many(office, 2)
    lost = await desks.draft()
    again = await desks.draft()
    assert len(again.letters) == 2
    assert office.value("SELECT count(*) FROM paper_codes") == 2
    with pytest.raises(Refused, match="another batch"):
        await desks.letters.printed(lost)
    await desks.letters.printed(again)
    assert not any([await works(desks, letter) for letter in lost.letters])


async def test_a_batch_of_another_issuer_is_left_alone(office: Office, desks: Desks) -> None:
    await many(office, 1)
    await many(office, 1, issuer="harbour")
    ours, theirs = await desks.draft(), await desks.draft(issuer="harbour")
    await desks.letters.printed(ours)
    await desks.letters.printed(theirs)
    assert [await works(desks, each.letters[0]) for each in (ours, theirs)] == [True, True]


async def test_a_draft_is_thrown_away_whole_or_in_part(office: Office, desks: Desks) -> None:
    await many(office, 3)
    await desks.letters.discard(await desks.draft())
    assert office.value("SELECT count(*) FROM paper_codes") == 0
    draft = await desks.draft()
    await desks.letters.printed(draft, only=[draft.letters[1].code_id])
    assert [await works(desks, letter) for letter in draft.letters] == [False, True, False]
    assert office.rows("SELECT state FROM paper_codes") == [("live",)]
    assert len((await desks.draft()).letters) == 2


async def test_reissuing_replaces_once_the_new_one_is_printed(office: Office, desks: Desks) -> None:
    old = await desks.letter("C-1")
    draft = await desks.draft("C-1", reissue=True)
    assert await works(desks, old)
    await desks.letters.printed(draft)
    assert [await works(desks, each) for each in (old, *draft.letters)] == [False, True]
    assert (desks.states(), office.ledger("code.replaced")) == (["sent"], 1)


async def test_an_expired_letter_is_printed_anew_without_asking(office: Office, desks: Desks) -> None:
    await desks.letter("C-1")
    office.clock.advance(days=61)
    await desks.sweep()
    new = await desks.letter("C-1")
    assert await works(desks, new)
    assert desks.states() == ["superseded", "sent"]
    assert office.rows("SELECT state FROM paper_codes ORDER BY id") == [("replaced",), ("live",)]


async def test_those_who_are_connected_or_declined_get_no_letter(desks: Desks) -> None:
    await desks.registered("C-1", "a@sakura.example")
    declined = await desks.invited("C-2", "b@sakura.example")
    await desks.register.decline(declined, reason="", network=HOME)
    draft = await desks.draft("C-1", "C-2", "C-9")
    assert draft.skipped == (("C-1", Why.APPROVED), ("C-2", Why.DECLINED), ("C-9", Why.UNKNOWN))
    draft = await desks.draft("C-1", "C-2", reissue=True)
    assert draft.skipped == (("C-1", Why.APPROVED),)
    await desks.letters.printed(draft)
    assert desks.states() == ["approved", "superseded", "sent"]


async def test_a_customer_connected_while_the_letter_was_printing_keeps_a_dead_one(
    office: Office, desks: Desks
) -> None:
    link = await desks.invited("C-1", "a@sakura.example")
    draft = await desks.draft("C-1")
    await desks.complete(link)
    await desks.letters.printed(draft)
    assert not await works(desks, draft.letters[0])
    assert (desks.states(), office.value("SELECT count(*) FROM paper_codes")) == (["approved"], 0)


async def test_a_letter_after_a_mail_leads_to_the_same_invitation(office: Office, desks: Desks) -> None:
    link = await desks.invited("C-1", "a@sakura.example")
    office.clock.advance(days=30)
    letter = await desks.letter("C-1")
    assert (desks.states(), desks.register.look(link).state) == (["sent"], "ready")
    office.clock.advance(minutes=2)
    new = await desks.invited("C-1", "a@sakura.example", again=True)
    assert (await works(desks, letter), desks.register.look(new).state) == (True, "ready")
    await desks.complete(new)
    assert not await works(desks, letter)


async def test_two_commands_at_once_leave_one_working_batch(office: Office, desks: Desks) -> None:
    await many(office, 20)
    drafts = await asyncio.gather(*(desks.draft() for _ in range(3)))
    outcomes = await asyncio.gather(*(desks.letters.printed(draft) for draft in drafts), return_exceptions=True)
    living = [n for n, draft in enumerate(drafts) if await works(desks, draft.letters[0])]
    assert [n for n, outcome in enumerate(outcomes) if outcome is None] == living
    assert len(living) == 1


async def test_a_batch_in_slices_notices_another_one(
    office: Office, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters, "SLICE", 5)
    await many(office, 30)

    async def whole() -> bool:
        try:
            await desks.letters.printed(await desks.draft())
        except Refused:
            return False
        return True

    assert (await asyncio.gather(*(whole() for _ in range(4)))).count(True) == 1
    assert office.rows("SELECT state, count(*) FROM paper_codes GROUP BY state") == [("live", 30)]


async def test_what_is_on_paper_comes_to_life_in_slices(
    office: Office, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters, "SLICE", 4)
    await many(office, 10)
    draft = await desks.draft()
    await desks.letters.printed(draft, only=[each.code_id for each in draft.letters[1:]])
    assert [await works(desks, letter) for letter in draft.letters] == [False, *[True] * 9]
    assert not await desks.letters.discard(draft)
    assert office.rows("SELECT state, count(*) FROM paper_codes GROUP BY state") == [("live", 9)]


async def on_paper_only(office: Office, desks: Desks, count: int) -> Draft:
    """Return a batch whose command was killed right after it had said that the batch is on paper."""
    await many(office, count)
    draft = await desks.draft()
    office.execute("UPDATE paper_batches SET printed_at = ?", stamp(office.clock.now()))
    return draft


async def test_a_batch_on_paper_is_finished_by_the_next_command(
    office: Office, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters, "SLICE", 4)
    left = await on_paper_only(office, desks, 10)
    again = await desks.draft(issuer="harbour")
    assert [await works(desks, letter) for letter in left.letters] == [True] * 10
    assert again.letters == ()
    assert (await desks.draft()).skipped[0] == ("C-00000", Why.LIVE)


async def test_a_batch_on_paper_is_finished_by_the_daemon_once_its_command_is_gone(
    office: Office, desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters, "SLICE", 4)
    left = await on_paper_only(office, desks, 10)
    assert not await desks.letters.step()
    office.clock.advance(minutes=1)
    assert [await desks.letters.step() for _ in range(4)] == [True, True, True, False]
    assert [await works(desks, letter) for letter in left.letters] == [True] * 10


async def test_a_batch_of_an_issuer_that_is_gone_is_left_alone(office: Office, desks: Desks) -> None:
    await on_paper_only(office, desks, 2)
    office.set_issuers(HARBOUR)
    office.clock.advance(minutes=1)
    assert not await letters.Letters(office.desk).step()


async def test_ten_thousand_letters_are_drawn_and_printed_in_seconds(office: Office, desks: Desks) -> None:
    await many(office, 2_000)
    began = perf_counter()
    draft = await desks.draft()
    await desks.letters.printed(draft)
    assert perf_counter() - began < 12  # a fifth of what 10,000 may take in all, on a busy machine
    assert len({letter.paper_id for letter in draft.letters}) == 2_000


def test_a_pepper_is_made_once_and_kept_private(office: Office) -> None:
    pepper, again = Pepper.beside(office.keyring), Pepper.beside(office.keyring)
    path: Path = office.keyring.folder / "pepper"
    assert (path.stat().st_mode & 0o777, path.stat().st_size) == (0o600, 32)
    assert again.matches("A" * 12, pepper.digest("A" * 12))
    assert not again.matches("B" * 12, pepper.digest("A" * 12))
    assert path.read_bytes().hex() not in repr(pepper)
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        Pepper.beside(office.keyring)
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(ConfigError, match="no pepper"):
        Pepper.beside(office.keyring)


async def test_a_letter_leads_to_the_invitation_that_took_the_place_of_a_declined_one(
    office: Office, desks: Desks
) -> None:
    link = await desks.invited("C-1", "a@sakura.example")
    letter = await desks.letter("C-1")
    await desks.register.decline(link, reason="", network=HOME)
    office.clock.advance(hours=1)
    await desks.invited("C-1", "a@sakura.example", again=True)
    done = await desks.claim.complete(await desks.claimed(letter, EMAIL), network=HOME)
    assert (done.page.state, desks.states()) == ("done", ["superseded", "approved"])
