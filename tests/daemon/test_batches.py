"""What the daemon reads of a batch that somebody else may still change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mailbot.daemon import batches

if TYPE_CHECKING:
    from pathlib import Path


def test_a_sheet_that_became_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "sheet.csv").symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match="symbolic link"):
        batches.read_sheet(tmp_path / "sheet.csv")


def test_no_more_of_a_sheet_is_read_than_one_may_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sheet.csv").write_bytes(b"0123456789")
    monkeypatch.setattr(batches, "MAX_BYTES", 4)
    assert batches.read_sheet(tmp_path / "sheet.csv") == b"01234"
