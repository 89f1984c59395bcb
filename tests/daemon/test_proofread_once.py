"""Templates are proofread when they change, and not at every start."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from mailbot.daemon import proofread
from mailbot.daemon.proofread import FILE, Proofread
from mailbot.errors import TemplateError

if TYPE_CHECKING:
    from pathlib import Path

MAIL = {"notice.ja.j2": "one"}


def reads(folder: Path, sources: dict[str, str], area: str = "mail") -> bool:
    """Tell whether a new start reads these templates."""
    read: list[bool] = []
    Proofread(folder)(area, sources, lambda: read.append(True))
    return bool(read)


def test_what_passed_is_not_read_again_until_it_changes(tmp_path: Path) -> None:
    assert reads(tmp_path, MAIL)
    assert not reads(tmp_path, MAIL)
    assert reads(tmp_path, MAIL, area="page")
    assert not reads(tmp_path, MAIL)
    assert reads(tmp_path, {"notice.ja.j2": "two"})
    assert reads(tmp_path, MAIL)


def test_the_note_is_for_nobody_else(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        reads(tmp_path, MAIL)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_what_did_not_pass_is_refused_at_every_start(tmp_path: Path) -> None:
    def refuse() -> None:
        raise TemplateError("notice.ja.j2, line 1: unknown name 'nobody'")

    for _ in range(2):
        with pytest.raises(TemplateError, match="nobody"):
            Proofread(tmp_path)("mail", MAIL, refuse)


def test_another_version_of_mailbot_reads_them_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert reads(tmp_path, MAIL)
    monkeypatch.setattr(proofread, "__version__", "next")
    assert reads(tmp_path, MAIL)


@pytest.mark.parametrize("note", [b"", b"[]", b"{", b"\xff"])
def test_a_damaged_note_costs_only_time(tmp_path: Path, note: bytes) -> None:
    (tmp_path / FILE).write_bytes(note)
    assert reads(tmp_path, MAIL)
    assert not reads(tmp_path, MAIL)


def test_a_note_that_cannot_be_kept_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    assert reads(tmp_path, MAIL)
    assert reads(tmp_path, MAIL)
