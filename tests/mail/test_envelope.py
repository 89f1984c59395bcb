"""The value that couriers carry."""

from __future__ import annotations

import dataclasses

import pytest

from mailbot.mail.envelope import Envelope


def test_an_envelope_cannot_be_changed_on_its_way() -> None:
    envelope = Envelope(sender="", recipient="a@example.jp", content=b"")
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(envelope, "recipient", "b@example.jp")  # noqa: B010  a plain assignment would not pass the type check
    assert (envelope.envid, envelope.kind, envelope.row) == ("", "", 0)
