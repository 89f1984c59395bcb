"""The drop folder: what is taken, what is set aside, and what is left alone."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from mailbot.clock import SystemClock
from mailbot.edges.drop_folder import RETRY, SETTLE, Batch, DropFolder
from mailbot.errors import BatchRefused, Fault, Refused, StoreFull
from mailbot.facts import DROP_FAILED, DROP_TAKEN, TASK_FAILED, Fact

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MOMENT = timedelta(milliseconds=1)


@dataclass
class Scene:
    """A drop folder, what was handed on from it, and what was stated about it."""

    root: Path
    issuers: tuple[str, ...] = ("AOBA",)
    clock: SystemClock = field(default_factory=SystemClock)
    batches: list[Batch] = field(default_factory=list)
    seen: list[tuple[Fact, dict[str, object]]] = field(default_factory=list)
    wrong: list[Exception] = field(default_factory=list)
    """Raised by the next imports, in this order."""

    def __post_init__(self) -> None:
        self.drop = DropFolder(self.root, issuers=self.issuers, take=self.take, facts=self.state, clock=self.clock)

    async def take(self, batch: Batch) -> str:
        assert batch.sheet.is_file()
        if self.wrong:
            raise self.wrong.pop(0)
        self.batches.append(batch)
        return f"import {len(self.batches)}"

    def state(self, fact: Fact, **fields: object) -> None:
        assert set(fields) <= set(fact.fields)
        self.seen.append((fact, fields))

    def put(self, *names: str, at: str = "november") -> Path:
        """Put a folder with files of these names into the root."""
        for name in names:
            path = self.root / at / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"content")
        return self.root / at

    async def settle(self) -> bool:
        """Look, wait long enough, look again."""
        assert not await self.drop.step()
        self.clock.offset += SETTLE
        return await self.drop.step()

    def facts(self, fact: Fact) -> list[dict[str, object]]:
        return [fields for each, fields in self.seen if each is fact]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path / "drop")


async def test_a_folder_that_has_settled_is_taken_and_moved_to_done(scene: Scene) -> None:
    folder = scene.put("invoices.csv", "a.pdf", "sub/b.pdf")
    assert await scene.settle()
    assert scene.batches == [Batch("AOBA", folder, folder / "invoices.csv")]
    assert not folder.exists()
    assert (scene.root / "done" / "november" / "sub" / "b.pdf").read_bytes() == b"content"
    assert scene.facts(DROP_TAKEN) == [{"folder": "november", "import": "import 1"}]
    assert not await scene.settle()
    assert len(scene.batches) == 1


def grow(folder: Path) -> None:
    (folder / "a.pdf").write_bytes(b"content and more")


def touch(folder: Path) -> None:
    os.utime(folder / "a.pdf", ns=(1, 1))


def add(folder: Path) -> None:
    (folder / "b.pdf").write_bytes(b"content")


def remove(folder: Path) -> None:
    (folder / "a.pdf").unlink()


def replace(folder: Path) -> None:
    before = (folder / "a.pdf").stat()
    (folder / "new").write_bytes(b"CONTENT")
    os.utime(folder / "new", ns=(before.st_atime_ns, before.st_mtime_ns))
    (folder / "new").rename(folder / "a.pdf")


@pytest.mark.parametrize("change", [grow, touch, add, remove, replace])
async def test_any_change_begins_the_wait_anew(scene: Scene, change: Callable[[Path], None]) -> None:
    folder = scene.put("invoices.csv", "a.pdf")
    await scene.drop.step()
    scene.clock.offset += SETTLE - timedelta(seconds=1)
    change(folder)
    assert not await scene.drop.step()
    scene.clock.offset += SETTLE - timedelta(seconds=1)
    assert not await scene.drop.step()
    scene.clock.offset += timedelta(seconds=1)
    assert await scene.drop.step()


@pytest.mark.parametrize("name", ["a.pdf.part", "~a.pdf", "a.pdf~", ".a.pdf.Xy12", "sub/b.PDF.TMP", "c.crdownload"])
async def test_a_file_that_is_still_being_copied_postpones(scene: Scene, name: str) -> None:
    folder = scene.put("invoices.csv", name)
    assert not await scene.settle()
    (folder / name).rename(folder / "a.pdf")
    assert await scene.settle()


@pytest.mark.parametrize("name", [".DS_Store", "Thumbs.db", "desktop.ini"])
async def test_what_file_managers_leave_behind_postpones_nothing(scene: Scene, name: str) -> None:
    scene.put("invoices.csv", name)
    assert await scene.settle()


async def test_an_empty_folder_is_waited_for(scene: Scene) -> None:
    (scene.root / "november").mkdir(parents=True)
    assert not await scene.settle()
    assert not scene.seen


@pytest.mark.parametrize(
    ("names", "told"),
    [(("a.pdf",), "there is none"), (("a.csv", "B.CSV"), "there are 2: B.CSV, a.csv"), (("sub/a.csv",), "none")],
)
async def test_a_folder_without_exactly_one_csv_fails(scene: Scene, names: tuple[str, ...], told: str) -> None:
    scene.put(*names)
    assert await scene.settle()
    assert told in (scene.root / "failed" / "november.report.txt").read_text()
    assert not scene.batches


async def test_a_link_or_a_pipe_is_no_csv(scene: Scene) -> None:
    folder = scene.put("a.pdf")
    (folder / "link.csv").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe.csv")
    (folder / "folder.csv").mkdir()
    assert await scene.settle()
    assert "there is none" in (scene.root / "failed" / "november.report.txt").read_text()


async def test_a_refused_batch_lies_beside_a_report_of_every_fault(scene: Scene) -> None:
    folder = scene.put("invoices.csv")
    fault = Fault(12, "amount", '"三万" is no amount', "write it as 33000 or ¥33,000")
    scene.wrong = [BatchRefused((fault, Fault(0, "", "the file is odd", "look at it"), Fault(3, "", "no", "yes")))]
    assert await scene.settle()
    assert not folder.exists()
    assert (scene.root / "failed" / "november" / "invoices.csv").exists()
    report = (scene.root / "failed" / "november.report.txt").read_text("utf-8")
    assert report.startswith("november was not taken (20")
    assert "3 faults; nothing of the batch was taken\n\n" in report
    assert 'line 12, amount: "三万" is no amount: write it as 33000 or ¥33,000\n' in report
    assert "the file: the file is odd: look at it\nline 3: no: yes\n" in report
    assert scene.facts(DROP_FAILED) == [{"folder": "november", "reason": "3 faults; nothing of the batch was taken"}]


async def test_a_corrected_batch_of_the_same_name_is_taken_and_a_bad_one_gets_a_number(scene: Scene) -> None:
    for _ in range(2):
        scene.put("invoices.csv")
        scene.wrong = [Refused("no such customer")]
        assert await scene.settle()
    for _ in range(2):
        scene.put("invoices.csv")
        assert await scene.settle()
    assert sorted(path.name for path in (scene.root / "failed").iterdir()) == [
        "november",
        "november-2",
        "november-2.report.txt",
        "november.report.txt",
    ]
    assert sorted(path.name for path in (scene.root / "done").iterdir()) == ["november", "november-2"]


@pytest.mark.parametrize("wrong", [StoreFull("the disk is full"), OSError(5, "Input/output error")])
async def test_what_is_the_machines_fault_is_tried_again_later(scene: Scene, wrong: Exception) -> None:
    folder = scene.put("invoices.csv")
    scene.wrong = [wrong]
    assert await scene.settle()
    assert folder.exists()
    assert len(scene.facts(TASK_FAILED)) == 1
    assert not await scene.drop.step()
    scene.clock.offset += RETRY - timedelta(seconds=1)
    assert not await scene.drop.step()
    scene.clock.offset += timedelta(seconds=1)
    assert await scene.drop.step()
    assert scene.facts(DROP_TAKEN)


async def test_a_batch_on_which_mailbot_itself_fails_is_set_aside_and_the_next_is_taken(scene: Scene) -> None:
    scene.put("invoices.csv", at="a")
    scene.put("invoices.csv", at="b")
    scene.wrong = [ZeroDivisionError("oops")]
    assert await scene.settle()
    assert await scene.drop.step()
    assert (scene.root / "failed" / "a").is_dir()
    assert "mailbot failed on this batch (ZeroDivisionError)" in (scene.root / "failed" / "a.report.txt").read_text()
    assert (scene.root / "done" / "b").is_dir()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_folder_that_cannot_be_moved_is_tried_again_later(scene: Scene) -> None:
    scene.put("invoices.csv")
    scene.root.chmod(0o555)
    assert await scene.settle()
    assert not await scene.drop.step()
    scene.root.chmod(0o755)


async def test_a_target_that_is_no_folder_stops_nothing(scene: Scene) -> None:
    folder = scene.put("invoices.csv")
    (scene.root / "failed").write_text("in the way")
    (scene.root / "done").write_text("in the way")
    scene.wrong = [Refused("no")]
    assert await scene.settle()
    assert folder.exists()
    assert len(scene.facts(TASK_FAILED)) == 1
    (scene.root / "done").unlink()
    scene.clock.offset += RETRY
    assert await scene.drop.step()
    assert scene.facts(DROP_TAKEN)


async def test_a_crash_between_import_and_move_brings_the_batch_again(scene: Scene) -> None:
    folder = scene.put("invoices.csv")
    assert await scene.settle()
    (scene.root / "done" / "november").rename(folder)
    after_restart = Scene(scene.root)
    assert await after_restart.settle()
    assert after_restart.batches == scene.batches


async def test_a_plain_file_is_left_alone_and_told_of_once(scene: Scene) -> None:
    scene.root.mkdir()
    (scene.root / "invoices.csv").write_text("x")
    (scene.root / ".hidden").write_text("x")
    (scene.root / "link").symlink_to("/tmp")  # noqa: S108  only pointed to
    for _ in range(3):
        assert not await scene.settle()
    assert [fields["folder"] for fields in scene.facts(DROP_FAILED)] == ["invoices.csv", "link"]
    assert (scene.root / "invoices.csv").exists()


async def test_each_of_several_issuers_has_its_own_folder(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "drop", issuers=("AOBA", "HARBOUR"))
    stray = scene.put("invoices.csv", at="november")
    one = scene.put("invoices.csv", at="AOBA/november")
    other = scene.put("invoices.csv", at="HARBOUR/november")
    assert await scene.settle()
    assert await scene.drop.step()
    assert not await scene.drop.step()
    assert [(batch.issuer, batch.folder) for batch in scene.batches] == [("AOBA", one), ("HARBOUR", other)]
    assert (scene.root / "AOBA" / "done" / "november").is_dir()
    assert (scene.root / "HARBOUR" / "done" / "november").is_dir()
    assert stray.exists()
    assert [fields["folder"] for fields in scene.facts(DROP_FAILED)] == ["november"]


async def test_the_only_issuer_has_a_folder_of_its_name_too(scene: Scene) -> None:
    scene.put("invoices.csv", at="AOBA/november")
    assert await scene.settle()
    assert (scene.root / "AOBA" / "done" / "november").is_dir()


async def test_the_root_may_be_missing_or_no_folder(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "not" / "yet")
    assert not await scene.drop.step()
    assert scene.root.is_dir()
    (tmp_path / "file").write_text("x")
    broken = Scene(tmp_path / "file")
    assert not await broken.drop.step()
    assert not await broken.drop.step()
    assert len(broken.facts(TASK_FAILED)) == 1


async def test_a_folder_that_is_taken_away_again_is_forgotten(scene: Scene) -> None:
    folder = scene.put("invoices.csv")
    await scene.drop.step()
    folder.rename(scene.root.parent / "elsewhere")
    scene.clock.offset += SETTLE
    assert not await scene.drop.step()
    assert not scene.seen


async def test_a_name_that_is_no_utf_8_is_handled(scene: Scene) -> None:
    scene.put("invoices.csv")
    (scene.root / "november").rename(scene.root / os.fsdecode(b"\x8a\xbf"))
    assert await scene.settle()
    assert scene.facts(DROP_TAKEN) == [{"folder": "��", "import": "import 1"}]


async def test_a_link_in_place_of_done_or_failed_leads_nothing_away(scene: Scene, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    scene.root.mkdir(exist_ok=True)
    (scene.root / "failed").symlink_to(elsewhere)
    scene.put("a.pdf")
    assert await scene.settle()
    assert "failed/ is a link" in str(scene.facts(TASK_FAILED))
    assert list(elsewhere.iterdir()) == []
    assert scene.batches == []


async def test_reports_are_as_open_to_people_as_the_folder(scene: Scene) -> None:
    scene.root.mkdir(exist_ok=True)
    scene.root.chmod(0o770)
    before = os.umask(0o077)
    try:
        scene.put("a.pdf")
        assert await scene.settle()
    finally:
        os.umask(before)
    (box,) = scene.root.rglob("failed")
    (report,) = box.glob("*.report.txt")
    assert stat.S_IMODE(box.stat().st_mode) == 0o770
    assert stat.S_IMODE(report.stat().st_mode) == 0o660
