"""The vault keeps bytes under the name that they give themselves."""

from __future__ import annotations

import hashlib
import stat
import threading
from typing import TYPE_CHECKING

import pytest

from mailbot.errors import StoreError
from mailbot.store.files import Vault

if TYPE_CHECKING:
    from pathlib import Path

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 100


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "data" / "files")


def test_a_file_is_named_by_its_bytes_and_for_its_owner_only(vault: Vault) -> None:
    name = vault.store(PDF)
    assert name == hashlib.sha256(PDF).hexdigest()
    assert vault.path(name) == vault.folder / name[:2] / f"{name}.pdf"
    assert vault.path(name).read_bytes() == PDF
    assert stat.S_IMODE(vault.path(name).stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (vault.folder, vault.path(name).parent)} == {0o700}


def test_storing_again_changes_nothing(vault: Vault) -> None:
    name = vault.store(PDF)
    before = vault.path(name).stat()
    assert vault.store(PDF) == name
    assert vault.path(name).stat() == before
    assert [file for file in vault.folder.rglob("*") if file.is_file()] == [vault.path(name)]


def test_has_tells_by_name_and_size(vault: Vault) -> None:
    name = hashlib.sha256(PDF).hexdigest()
    assert not vault.has(name, size=len(PDF))
    vault.store(PDF)
    assert vault.has(name, size=len(PDF))
    assert not vault.has(name, size=len(PDF) - 1)


def test_what_is_served_was_checked(vault: Vault) -> None:
    name = vault.store(PDF)
    assert vault.check(name) == vault.path(name)
    with vault.open(name) as file:
        assert file.read() == PDF


@pytest.mark.parametrize("content", [b"", PDF[:-1], PDF[:-1] + b"x", PDF + b"x"])
def test_an_altered_file_is_not_served_and_put_right_by_storing_it(vault: Vault, content: bytes) -> None:
    name = vault.store(PDF)
    vault.path(name).write_bytes(content)
    with pytest.raises(StoreError, match=f"{name}.*altered.*backup"):
        vault.open(name)
    with pytest.raises(StoreError, match="altered"):
        vault.check(name)
    vault.store(PDF)
    vault.check(name)


def test_a_missing_file_is_named_with_its_remedy(vault: Vault) -> None:
    with pytest.raises(StoreError, match=f"{'0' * 64}.*missing.*backup"):
        vault.check("0" * 64)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "0" * 63, "0" * 65, "A" * 64, "0" * 64 + "\n"])
def test_only_a_digest_is_a_name(vault: Vault, name: str) -> None:
    with pytest.raises(ValueError, match=r"is no SHA-256"):
        vault.path(name)


def test_many_may_store_the_same_at_once(vault: Vault) -> None:
    threads = [threading.Thread(target=vault.store, args=(PDF,)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert [file for file in vault.folder.rglob("*") if file.is_file()] == [
        vault.check(hashlib.sha256(PDF).hexdigest())
    ]


def test_a_folder_in_the_way_is_an_error_of_the_store(vault: Vault) -> None:
    name = hashlib.sha256(PDF).hexdigest()
    vault.path(name).mkdir(parents=True)
    (vault.path(name) / "x").touch()
    with pytest.raises(StoreError, match="cannot be used"):
        vault.store(PDF)
    assert list(vault.path(name).parent.iterdir()) == [vault.path(name)]
