"""A recipient names a successor: who is asked, who is told, what takes effect when, and what takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flow_inbound import INBOUND, listens
from flow_office import HOME, text

from mailbot.domain.succession import A_DAY, DAYS, Look, State
from mailbot.errors import BadLink, Refused
from mailbot.flows.advance import next_due
from mailbot.flows.succeed import Decided, Succeed
from mailbot.flows.succession import Named, Succeeding, name_successor
from mailbot.links import Purpose
from mailbot.store import addresses, customers

if TYPE_CHECKING:
    from flow_office import Office

    from mailbot.flows.succession import SuccessionPage
    from mailbot.links import Link
    from mailbot.mail.envelope import Envelope

OLD = "old@sakura.example"
NEW = "new@sakura.example"
STAFF = "keiri@minato.example"
MONDAY_AFTER = "2026-11-30T00:00Z"


@pytest.fixture
async def sakura(office: Office) -> Office:
    """A customer whose one address receives, with an invoice that nobody has fetched."""
    await office.customer("S-1", OLD)
    await office.issued("S-1", "INV-1")
    return office


def name(office: Office, typed: str = NEW, *, old: str = OLD, how: str = "reply") -> Named:
    def write(tx):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - a transaction
        address = addresses.get(tx, office.address_id(old))
        customer = customers.get(tx, address.customer_id)
        return name_successor(office.desk, tx, customer=customer, address=address, typed=typed, how=how)

    named: Named = office.database.write_now(write)
    return named


def states(office: Office) -> list[str]:
    return [state for (state,) in office.rows("SELECT state FROM successions ORDER BY id")]


def successor_link(office: Office, number: int = 1) -> Link:
    return office.link(Purpose.SUCCESSOR, number)


def undo_link(office: Office, number: int = 1) -> Link:
    return office.link(Purpose.UNDO, number)


async def confirm(office: Office, number: int = 1) -> SuccessionPage:
    return await Succeeding(office.desk).confirm(successor_link(office, number), network=HOME)


async def sweep(office: Office) -> None:
    while await Succeed(office.desk).step():
        pass


async def approve(office: Office, email: str = NEW) -> list[Decided]:
    return await Succeed(office.desk).approve(email, issuers=("minato", "harbour"))


def to(sent: list[Envelope], email: str) -> str:
    (found,) = [each for each in sent if each.recipient == email]
    return text(found)


def statuses(office: Office) -> dict[str, tuple[str, int]]:
    return {email: (status, d) for email, status, d in office.rows("SELECT email, status, is_default FROM addresses")}


async def test_the_one_who_is_named_is_asked_and_the_others_are_told(sakura: Office) -> None:
    assert name(sakura, "ｎｅｗ＠sakura.example") == Named(NEW)
    sent = await sakura.post()
    assert {each.recipient for each in sent} == {NEW, OLD, STAFF}
    asked, told = to(sent, NEW), to(sent, OLD)
    assert (OLD in asked, "株式会社S-1" in asked, "2026年12月4日" in asked) == (True, True, True)
    assert sakura.mailed(next(each for each in sent if each.recipient == NEW)).purpose is Purpose.SUCCESSOR
    assert sakura.mailed(next(each for each in sent if each.recipient == OLD)).purpose is Purpose.UNDO
    assert NEW in told
    assert f"addresses refuse {NEW} --issuer minato" in to(sent, STAFF)
    assert sakura.ledger("successor.named") == 1
    assert statuses(sakura) == {OLD: ("confirmed", 1)}, "nothing is changed by naming somebody"


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("nobody", "invalid"),
        ("", "invalid"),
        ("OLD@Sakura.example", "same"),
        (INBOUND, "ours"),
        ("reply+tagged@minato.example", "ours"),
        ("invoice@minato.example", "ours"),
    ],
)
async def test_who_cannot_be_asked_is_not(sakura: Office, typed: str, problem: str) -> None:
    listens(sakura)
    assert name(sakura, typed).problem == problem
    assert states(sakura) == []


async def test_only_who_receives_names_somebody(office: Office) -> None:
    await office.customers(f"S-1,株式会社S-1,{OLD},none")
    assert name(office).problem == "unproved"


async def test_a_newer_one_supersedes(sakura: Office) -> None:
    name(sakura, "first@sakura.example")
    name(sakura)
    assert states(sakura) == ["superseded", "asked"]
    assert {each.recipient for each in await sakura.post()} == {NEW, OLD, STAFF}, "who is asked no more gets no mail"
    assert Succeeding(sakura.desk).look(successor_link(sakura)).state is Look.SUPERSEDED
    assert (await confirm(sakura)).state is Look.SUPERSEDED
    assert states(sakura) == ["superseded", "asked"]


async def test_the_same_name_again_changes_nothing(sakura: Office) -> None:
    name(sakura)
    assert name(sakura) == Named(NEW)
    sakura.clock.advance(minutes=5)
    name(sakura)
    assert states(sakura) == ["superseded", "asked"], "a while later it is a new question"
    await confirm(sakura, 2)
    assert name(sakura) == Named(NEW)
    assert states(sakura) == ["superseded", "confirmed"]


async def test_a_few_a_day_are_enough(sakura: Office) -> None:
    for number in range(A_DAY):
        assert name(sakura, f"n{number}@sakura.example").problem is None
    assert name(sakura).problem == "too_often"
    assert states(sakura)[-1] == "asked", "the last one stands"
    sakura.clock.advance(days=1, seconds=1)
    assert name(sakura).problem is None


async def test_one_mailbox_is_not_flooded_by_many(office: Office) -> None:
    for number in range(21):
        await office.customer(f"S-{number}", f"a{number}@sakura.example")
    problems = [name(office, old=f"a{number}@sakura.example").problem for number in range(21)]
    assert problems == [None] * 20 + ["too_often"]


async def test_confirmed_it_waits_three_business_days(sakura: Office) -> None:
    name(sakura)
    await sakura.post()
    page = await confirm(sakura)
    assert (page.state, page.stands) == (Look.DONE, State.CONFIRMED)
    assert statuses(sakura) == {OLD: ("confirmed", 1)}
    sent = await sakura.post()
    assert sakura.mailed(next(each for each in sent if each.recipient == OLD)).purpose is Purpose.UNDO
    # A Friday; the Monday after it is a holiday.
    assert "2026年11月26日 17:00" in to(sent, OLD)
    assert "2026-11-26 17:00" in to(sent, STAFF)
    assert f"mailbot addresses approve {NEW} --issuer minato" in to(sent, STAFF)
    sakura.clock.go("2026-11-26T07:59Z")
    await sweep(sakura)
    assert states(sakura) == ["confirmed"]
    assert sakura.database.read(next_due) is not None
    sakura.clock.go("2026-11-26T08:00Z")
    await sweep(sakura)
    assert states(sakura) == ["effective"]
    assert sakura.facts.of("successor.effective")[0]["by"] == "time"


async def test_the_next_due_moment_is_known(sakura: Office) -> None:
    name(sakura)
    await confirm(sakura)
    sakura.execute("UPDATE outbox SET state = 'accepted'")
    sakura.execute("UPDATE deliveries SET remind_at = NULL")
    due = sakura.database.read(next_due)
    assert due is not None
    assert due.isoformat() == "2026-11-26T08:00:00+00:00"


async def test_in_effect_the_successor_has_the_place_and_the_invoices(sakura: Office) -> None:
    session = sakura.session(OLD)
    sakura.execute("UPDATE addresses SET delivery = 'both'")
    name(sakura)
    await confirm(sakura)
    await sakura.post()
    assert await approve(sakura) == [Decided("S-1", OLD, NEW)]
    assert statuses(sakura) == {OLD: ("removed", 0), NEW: ("confirmed", 1)}
    assert sakura.value("SELECT delivery FROM addresses WHERE email = ?", NEW) == "both"
    assert sakura.value("SELECT confirmed_network FROM addresses WHERE email = ?", NEW) == HOME
    sent = await sakura.post()
    assert {(each.kind, each.recipient) for each in sent} == {("notice", NEW), ("change", OLD), ("staff", STAFF)}
    assert "INV-1" in to(sent, NEW)
    assert "/l/" not in to(sent, OLD)
    assert sakura.sign_in.session(sakura.sign_in.cookie(session.id)) is None, "the old one's session has ended"
    assert sakura.facts.of("successor.effective")[0]["by"] == "staff"
    with pytest.raises(Refused, match="open"):
        await approve(sakura)
    await sakura.issued("S-1", "INV-2", sent=False)
    assert {each.recipient for each in await sakura.post()} == {NEW}


async def test_staff_names_either_address(sakura: Office) -> None:
    name(sakura)
    with pytest.raises(Refused, match="not confirmed yet"):
        await approve(sakura)
    await confirm(sakura)
    with pytest.raises(Refused, match="open"):
        await Succeed(sakura.desk).approve(NEW, issuers=("harbour",))
    assert await approve(sakura, OLD) == [Decided("S-1", OLD, NEW)]


async def test_staff_refuses(sakura: Office) -> None:
    name(sakura)
    await confirm(sakura)
    await sakura.post()
    assert await Succeed(sakura.desk).refuse(NEW, issuers=("minato",)) == [Decided("S-1", OLD, NEW)]
    assert states(sakura) == ["refused"]
    sakura.clock.go(MONDAY_AFTER)
    await sweep(sakura)
    assert statuses(sakura) == {OLD: ("confirmed", 1)}
    assert OLD in {each.recipient for each in await sakura.post()}


async def test_of_six_addresses_one_is_exchanged(office: Office) -> None:
    others = [f"a{number}@sakura.example" for number in range(5)]
    await office.customer("S-1", *others[:2], OLD, *others[2:])
    name(office)
    await confirm(office)
    await approve(office)
    found = statuses(office)
    assert found[NEW] == ("confirmed", 0)
    assert found[others[0]] == ("confirmed", 1)
    assert len([status for status, _ in found.values() if status != "removed"]) == 6
    told = {each.recipient for each in await office.post() if each.kind == "change"}
    assert told == {OLD, others[0]}, "whoever has the default address is told of the change"


async def test_a_successor_who_receives_already_is_told_of_nothing_anew(office: Office) -> None:
    await office.customer("S-1", OLD, NEW)
    await office.issued("S-1", "INV-1")
    name(office)
    await confirm(office)
    await office.post()
    await approve(office)
    assert statuses(office) == {OLD: ("removed", 0), NEW: ("confirmed", 1)}
    assert NEW not in {each.recipient for each in await office.post()}


@pytest.mark.parametrize("status", ["removed", "undeliverable", "pending"])
async def test_an_address_that_was_on_file_comes_back(office: Office, status: str) -> None:
    await office.customer("S-1", OLD, NEW)
    office.execute("UPDATE addresses SET status = ?, removed_by = 'staff' WHERE email = ?", status, NEW)
    await office.issued("S-1", "INV-1")
    name(office)
    await confirm(office)
    await office.post()
    await approve(office)
    assert statuses(office) == {OLD: ("removed", 0), NEW: ("confirmed", 1)}
    assert ("notice", NEW) in {(each.kind, each.recipient) for each in await office.post()}


async def test_a_dead_old_address_is_succeeded_all_the_same(sakura: Office) -> None:
    name(sakura)
    await confirm(sakura)
    sakura.execute("UPDATE addresses SET status = 'undeliverable' WHERE email = ?", OLD)
    sakura.clock.go(MONDAY_AFTER)
    await sweep(sakura)
    assert statuses(sakura) == {OLD: ("removed", 0), NEW: ("confirmed", 1)}


async def test_the_old_address_takes_it_back(sakura: Office) -> None:
    name(sakura)
    await confirm(sakura)
    await sakura.post()
    page = await Succeeding(sakura.desk).undo(undo_link(sakura))
    assert (page.state, page.at) == (Look.DONE, sakura.clock.now())
    sakura.clock.advance(hours=1)
    again = await Succeeding(sakura.desk).undo(undo_link(sakura))
    assert again.at == page.at, "pressed again it shows the time of the first press"
    sakura.clock.go(MONDAY_AFTER)
    await sweep(sakura)
    assert statuses(sakura) == {OLD: ("confirmed", 1)}
    assert Succeeding(sakura.desk).look(successor_link(sakura)).state is Look.SUPERSEDED
    with pytest.raises(Refused):
        await approve(sakura)
    told = {each.recipient for each in await sakura.post()}
    assert (NEW in told, STAFF in told) == (True, True), "who had confirmed hears that it is off"


async def test_who_ended_it_is_said_and_nobody_is_alarmed(sakura: Office) -> None:
    name(sakura)
    await confirm(sakura)
    await sakura.post()
    await Succeed(sakura.desk).refuse(NEW, issuers=("minato",))
    sent = await sakura.post()
    assert "発行元により" in to(sent, OLD)
    assert "第三者" not in to(sent, OLD)
    assert "社内で止めました" in to(sent, STAFF)
    assert "引き継ぎは行われません" in to(sent, NEW)
    assert "第三者" not in to(sent, NEW)
    name(sakura)
    await sakura.post()
    await Succeeding(sakura.desk).refuse(successor_link(sakura, 2))
    sent = await sakura.post()
    assert {each.recipient for each in sent} == {OLD, STAFF}, "who declined knows"
    assert "後任の方が受け取りを辞退された" in to(sent, OLD)
    assert "後任の方が受け取りを辞退されました" in to(sent, STAFF)


async def test_a_confirmed_successor_hears_that_another_was_named(sakura: Office) -> None:
    name(sakura)
    await confirm(sakura)
    await sakura.post()
    name(sakura, "third@sakura.example")
    assert NEW in {each.recipient for each in await sakura.post()}


async def test_in_effect_nothing_takes_it_back(sakura: Office) -> None:
    name(sakura)
    await confirm(sakura)
    await approve(sakura)
    assert (await Succeeding(sakura.desk).undo(undo_link(sakura))).state is Look.EXPIRED
    assert states(sakura) == ["effective"]


async def test_the_successor_declines(sakura: Office) -> None:
    name(sakura)
    await sakura.post()
    page = await Succeeding(sakura.desk).refuse(successor_link(sakura))
    assert (page.state, page.stands) == (Look.DONE, State.REFUSED)
    assert (await confirm(sakura)).stands is State.REFUSED
    assert {each.recipient for each in await sakura.post()} == {OLD, STAFF}
    assert Succeeding(sakura.desk).look(undo_link(sakura)).state is Look.EXPIRED


async def test_what_was_confirmed_is_not_declined_any_more(sakura: Office) -> None:
    name(sakura)
    await confirm(sakura)
    assert (await Succeeding(sakura.desk).refuse(successor_link(sakura))).stands is State.CONFIRMED


async def test_a_link_lives_for_fourteen_days_from_its_sending(sakura: Office) -> None:
    name(sakura)
    link = successor_link(sakura)
    sakura.clock.advance(days=DAYS + 1)
    assert (await Succeeding(sakura.desk).confirm(link, network=HOME)).state is Look.EXPIRED
    assert states(sakura) == ["asked"]


async def test_unanswered_it_is_over_some_day(sakura: Office) -> None:
    name(sakura)
    await sakura.post()
    sakura.clock.advance(days=18)
    await sweep(sakura)
    assert states(sakura) == ["expired"]
    sent = await sakura.post()
    assert "後任の方の確認がなかった" in to([each for each in sent if each.kind == "change"], OLD)
    assert Succeeding(sakura.desk).look(undo_link(sakura)).state is Look.EXPIRED


async def test_nothing_comes_of_it_once_the_old_address_is_off_file(sakura: Office) -> None:
    name(sakura)
    await confirm(sakura)
    sakura.execute("UPDATE addresses SET status = 'removed' WHERE email = ?", OLD)
    assert Succeeding(sakura.desk).look(undo_link(sakura)).state is Look.EXPIRED
    with pytest.raises(Refused):
        await approve(sakura)
    sakura.clock.go(MONDAY_AFTER)
    await sweep(sakura)
    assert states(sakura) == ["expired"]
    assert NEW not in statuses(sakura)


async def test_a_hundred_presses_at_once_are_one(sakura: Office) -> None:
    name(sakura)
    await sakura.post()
    first = await confirm(sakura)
    sakura.clock.advance(minutes=1)
    assert first.confirmed_at is not None
    assert {(await confirm(sakura)).confirmed_at for _ in range(5)} == {first.confirmed_at}
    assert sakura.ledger("successor.confirmed") == 1
    assert len(await sakura.post()) == 2


async def test_a_link_about_nothing_is_bad(office: Office) -> None:
    with pytest.raises(BadLink):
        Succeeding(office.desk).look(successor_link(office, 99))


async def test_a_row_that_raises_stops_no_other(sakura: Office) -> None:
    await sakura.customer("S-2", "b@sakura.example")
    name(sakura)
    name(sakura, "c@sakura.example", old="b@sakura.example")
    await confirm(sakura, 1)
    await confirm(sakura, 2)
    sakura.execute("UPDATE successions SET issuer = 'gone' WHERE id = 1")
    sakura.clock.go(MONDAY_AFTER)
    await sweep(sakura)
    assert states(sakura) == ["confirmed", "effective"]
    assert [each["table"] for each in sakura.facts.of("row.failed")] == ["successions"]


async def test_a_retired_key_only_says_so(sakura: Office) -> None:
    name(sakura)
    link, undo = successor_link(sakura), undo_link(sakura)
    sakura.keyring.rotate(now=sakura.clock.now())
    sakura.keyring.retire(link.key)
    retired = sakura.desk.links
    for each, purpose in ((link, Purpose.SUCCESSOR), (undo, Purpose.UNDO)):
        opened = retired.open(retired.sign(purpose, *each.ids, at=each.signed_at, key=each.key))
        assert Succeeding(sakura.desk).look(opened).state is Look.EXPIRED
