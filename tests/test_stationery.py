"""Where templates lie, and how an issuer's folder shadows ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mailbot import stationery
from mailbot.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    (tmp_path / "mail").mkdir()
    return tmp_path


def test_a_file_of_theirs_stands_in_for_ours(theirs: Path) -> None:
    (theirs / "mail" / "notice.ja.j2").write_text("別の文面", encoding="utf-8")
    (theirs / "mail" / "notes.txt").write_text("no template")
    ours, found = stationery.load("mail"), stationery.load("mail", theirs)
    assert found.pop("notice.ja.j2") == "別の文面"
    ours.pop("notice.ja.j2")
    assert found == ours


def test_a_slip_in_a_name_is_refused(theirs: Path) -> None:
    (theirs / "mail" / "notce.ja.j2").write_text("x")
    with pytest.raises(ConfigError, match=r"there is no template of this name; there are: .*confirm"):
        stationery.load("mail", theirs)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no folder"):
        stationery.load("mail", tmp_path / "nowhere")


def test_a_file_in_another_encoding_is_refused(theirs: Path) -> None:
    (theirs / "mail" / "notice.ja.j2").write_bytes("請求書".encode("cp932"))
    with pytest.raises(ConfigError, match="UTF-8"):
        stationery.load("mail", theirs)


def test_an_incomplete_installation_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(stationery, "_PACKAGE", tmp_path / "mailbot")
    with pytest.raises(ConfigError, match="install it again"):
        stationery.ours()
