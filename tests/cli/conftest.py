"""Installations for the command line's tests: empty, a sandbox, a sandbox that is filled."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from command_line import SAMPLE, Run, runner

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def mailbot(tmp_path: Path) -> Run:
    """Run `mailbot` in a folder of its own."""
    return runner(tmp_path)


@pytest.fixture(scope="session")
def made_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a sandbox of the two sample issuers, to be copied."""
    folder = tmp_path_factory.mktemp("sandbox")
    (folder / "mailbot.toml").write_bytes((SAMPLE / "issuers.toml").read_bytes())
    runner(folder)("init", "--sandbox")
    return folder


@pytest.fixture(scope="session")
def made_filled(made_sandbox: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Import all sample customers and invoices into a sandbox, to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    shutil.copytree(made_sandbox, folder, dirs_exist_ok=True)
    run = runner(folder)
    for issuer in ("AOBA", "HARBOUR"):
        run("customers", "import", str(SAMPLE / f"customers-{issuer.lower()}.csv"), "--issuer", issuer)
        run("invoices", "import", str(SAMPLE / f"invoices-{issuer.lower()}" / "invoices.csv"), "--issuer", issuer)
    return folder


@pytest.fixture
def sandbox(mailbot: Run, made_sandbox: Path, tmp_path: Path) -> Run:
    """A sandbox of the two sample issuers, without a daemon."""
    shutil.copytree(made_sandbox, tmp_path, dirs_exist_ok=True)
    return mailbot


@pytest.fixture
def filled(mailbot: Run, made_filled: Path, tmp_path: Path) -> Run:
    """A sandbox with all sample customers and invoices, without a daemon."""
    shutil.copytree(made_filled, tmp_path, dirs_exist_ok=True)
    return mailbot
