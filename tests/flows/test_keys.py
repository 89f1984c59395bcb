"""Changes of the signing keys: what they do to links that are out, and that each ledger says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mailbot.errors import BadLink, Refused
from mailbot.flows.keys import Keys
from mailbot.links import Purpose

if TYPE_CHECKING:
    from flow_office import Office

EMAIL = "keiri@sakura.example"


async def test_a_rotation_signs_anew_and_every_ledger_says_so(office: Office) -> None:
    key = await Keys(office.desk, office.keyring).rotate()
    assert (key.letter, office.desk.links.signing_key) == ("b", "b")
    assert office.rows("SELECT issuer, fact, subject FROM ledger ORDER BY issuer") == [
        ("harbour", "key.rotated", "key:b"),
        ("minato", "key.rotated", "key:b"),
    ]
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1")
    assert office.value("SELECT DISTINCT key FROM claims") == "b"


async def test_a_key_that_live_invoices_hang_on_is_retired_by_force_only(office: Office) -> None:
    await office.customer("C-1", EMAIL)
    await office.issued("C-1", "A-1")
    keys = Keys(office.desk, office.keyring)
    await keys.rotate()
    with pytest.raises(Refused, match="1 live invoice can be reached"):
        await keys.retire("a")
    assert office.download.look(office.invoice_link("A-1", EMAIL, key="a")).state == "ready"
    await keys.retire("a", force=True)
    assert office.download.look(office.invoice_link("A-1", EMAIL, key="a")).state == "expired"
    assert office.ledger("key.retired") == 2


async def test_a_key_that_nothing_hangs_on_is_retired_at_once(office: Office) -> None:
    keys = Keys(office.desk, office.keyring)
    with pytest.raises(Refused, match="rotate"):
        await keys.retire("a")
    await keys.rotate()
    assert (await keys.retire("a")).letter == "a"


async def test_a_revoked_key_opens_nothing(office: Office) -> None:
    keys = Keys(office.desk, office.keyring)
    token = office.desk.links.sign(Purpose.PROOF, 1, 1, at=office.clock.now())
    with pytest.raises(Refused):
        await keys.revoke("a")
    await keys.rotate()
    await keys.revoke("a")
    with pytest.raises(BadLink):
        office.desk.links.open(token)
    assert office.ledger("key.revoked") == 2
