"""The drop folder: batches that somebody moves into a folder instead of typing a command.

Owns the watching: a folder is handled once nothing in it has changed for a while, and then lies in `done/`, or in
`failed/` with a report beside it. What a batch says and whether it is taken is decided by the `take` that is passed in.

Below the root each issuer has a folder called by its code; where there is only one issuer, the root is its folder too.
A batch is a folder with one CSV and the files that the CSV names:

    drop/AOBA/november/invoices.csv, drop/AOBA/november/2026-1001.pdf, ...
    drop/AOBA/done/november/...
    drop/AOBA/failed/november/..., drop/AOBA/failed/november.report.txt

Polling, since notifications do not cross network file systems. A crash between the import and the move means that the
same batch comes again, and importing the same batch twice changes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Protocol

from mailbot.clock import Clock, stamp
from mailbot.errors import BatchRefused, Fault, Refused, StoreError
from mailbot.facts import DROP_FAILED, DROP_TAKEN, TASK_FAILED, Facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SETTLE = timedelta(seconds=5)
"""A batch is handled when nothing in it has changed for so long."""

RETRY = timedelta(minutes=1)
"""Between two tries where the machine was at fault, not the batch."""

DONE, FAILED = "done", "failed"

_PARTIAL = (".part", ".partial", ".filepart", ".crdownload", ".download", ".tmp", ".temp", ".swp")
"""Ends of names that copying programs use until a file is whole."""

_LEFT_BEHIND = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
"""What file managers leave in every folder; no part of a batch, nor a sign that it is not whole."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A folder that has settled."""

    issuer: str
    """Code of the issuer whose folder it was moved into."""
    folder: Path
    sheet: Path
    """The one CSV in it."""


class Take(Protocol):
    """Who imports a batch."""

    async def __call__(self, batch: Batch) -> str:
        """Import a batch whole and return what identifies the import.

        Raises `Refused` (`BatchRefused` with its faults) where it cannot be taken, `StoreError` or `OSError` where
        the machine is at fault and it may be taken later.
        """
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a folder, as far as a change of it shows."""

    name: str
    """Relative to the folder."""
    size: int
    changed_ns: int
    inode: int
    mode: int


@dataclass(slots=True)
class _Watched:
    entries: tuple[Entry, ...]
    since: datetime
    """First look that showed these entries."""


class DropFolder:
    """Watches the folders of some issuers; whoever built it calls `step` again and again."""

    def __init__(
        self, root: Path, *, issuers: Sequence[str], take: Take, facts: Facts, clock: Clock, settle: timedelta = SETTLE
    ) -> None:
        self._take, self._facts, self._clock, self._settle = take, facts, clock, settle
        self._boxes = [(root / code, code) for code in issuers]
        if len(issuers) == 1:
            self._boxes.append((root, issuers[0]))
        self._root = root
        self._watched: dict[Path, _Watched] = {}
        self._not_before: dict[Path, datetime] = {}
        self._strays: set[Path] = set()
        self._complaint = ""

    async def step(self) -> bool:
        """Handle one batch that has settled; True where there was one. Only cancelling leaves it as an exception."""
        try:
            settled = await asyncio.to_thread(self._look)
        except OSError as wrong:  # the root is gone, or closed to us: it may come back
            self._complain(str(wrong))
            return False
        self._complaint = ""
        if settled is None:
            return False
        await self._handle(*settled)
        return True

    def _complain(self, wrong: str) -> None:
        """Say that the root cannot be looked at, once until it can be again."""
        if wrong != self._complaint:
            self._complaint = wrong
            self._facts(TASK_FAILED, task="drop_folder", error=wrong)

    def _look(self) -> tuple[Path, str] | None:
        """Return the first batch that has settled, with its issuer's code."""
        folders = dict(self._folders())
        for gone in self._watched.keys() - folders.keys():
            del self._watched[gone]
        now = self._clock.now()
        return next(((folder, code) for folder, code in folders.items() if self._has_settled(folder, now)), None)

    def _folders(self) -> Iterator[tuple[Path, str]]:
        """Yield what may be batches, by name; makes the issuers' folders where they are not there."""
        own = {box for box, _ in self._boxes} | {self._root}
        for box, code in self._boxes:
            _make(box, like=self._root)
            for path in sorted(box.iterdir()):
                if path in own or path.name in {DONE, FAILED} or path.name.startswith("."):
                    continue
                if path.is_dir() and not path.is_symlink():
                    yield path, code
                else:
                    self._leave(path)
        if self._root not in dict(self._boxes):
            for path in sorted(set(self._root.iterdir()) - own):
                self._leave(path)

    def _leave(self, path: Path) -> None:
        """Say once that something lies where it is not looked at."""
        if path not in self._strays and not path.name.startswith("."):
            self._strays.add(path)
            reason = "left alone: move a folder with one CSV and its PDFs into the folder of an issuer"
            self._facts(DROP_FAILED, folder=_shown(path), reason=reason)

    def _has_settled(self, folder: Path, now: datetime) -> bool:
        entries = tuple(sorted(_entries(folder), key=lambda entry: entry.name))
        watched = self._watched.get(folder)
        if watched is None or watched.entries != entries:
            self._watched[folder] = _Watched(entries, now)
            self._not_before.pop(folder, None)
            return False
        whole = bool(entries) and not any(_is_partial(entry.name) for entry in entries)
        return whole and now - watched.since >= self._settle and now >= self._not_before.get(folder, now)

    async def _handle(self, folder: Path, code: str) -> None:
        try:
            _assert_movable(folder)
            taken = await self._take(Batch(code, folder, _sheet(self._watched[folder].entries, folder)))
            await asyncio.to_thread(_move, folder, DONE)
        except Refused as refused:
            await self._fail(folder, refused)
        except (StoreError, OSError) as wrong:
            self._put_off(folder, wrong)
        except Exception as wrong:  # noqa: BLE001  the watcher goes on, and this batch is set aside whole
            self._facts(TASK_FAILED, task="drop_folder", error=repr(wrong))
            await self._fail(
                folder, Refused(f"mailbot failed on this batch ({type(wrong).__name__}); its log says more")
            )
        else:
            self._watched.pop(folder, None)
            self._facts(DROP_TAKEN, **{"folder": _shown(folder), "import": taken})

    async def _fail(self, folder: Path, refused: Refused) -> None:
        report = _report(folder, refused, at=self._clock.now())
        try:
            await asyncio.to_thread(_move, folder, FAILED, report)
        except OSError as wrong:
            self._put_off(folder, wrong)
            return
        self._watched.pop(folder, None)
        self._facts(DROP_FAILED, folder=_shown(folder), reason=str(refused))

    def _put_off(self, folder: Path, wrong: Exception) -> None:
        self._not_before[folder] = self._clock.now() + RETRY
        self._facts(TASK_FAILED, task="drop_folder", error=f"{_shown(folder)}: {wrong}")


def _make(box: Path, *, like: Path) -> None:
    """Make an issuer's folder, as open to people as the one it lies in, whatever our umask is."""
    if not box.is_dir():
        box.mkdir(parents=True, exist_ok=True)
        if box != like:
            _open_as(box, stat.S_IMODE(like.stat().st_mode))


def _open_as(path: Path, mode: int) -> None:
    """Give a file or folder this mode, where it has another and the system lets us.

    systemd's `RestrictSUIDSGID=` lets nobody set the bit by which what lies in a folder takes over its group.
    """
    if stat.S_IMODE(path.stat().st_mode) != mode:
        with contextlib.suppress(PermissionError):
            path.chmod(mode)


def _assert_movable(folder: Path) -> None:
    """Raise `OSError` before anything is imported that could not be moved afterwards, or could be led elsewhere."""
    for into in (DONE, FAILED):
        if (folder.parent / into).is_symlink():
            raise PermissionError(f"{into}/ is a link, and could lead anywhere; put a folder in its place")
    if not all(os.access(place, os.W_OK | os.X_OK) for place in (folder, folder.parent)):
        raise PermissionError(
            f"mailbot may not move it; let its user write: chmod -R g+w {folder}, in a folder of mailbot's group"
        )


def _entries(folder: Path) -> Iterator[Entry]:
    """Yield every file and folder below, without following links."""
    for path, folders, files in os.walk(folder):
        for name in (*folders, *files):
            full = f"{path}/{name}"
            try:
                state = os.lstat(full)
            except FileNotFoundError:  # moved away while we look: the next look shows it
                continue
            yield Entry(os.path.relpath(full, folder), state.st_size, state.st_mtime_ns, state.st_ino, state.st_mode)


def _is_partial(name: str) -> bool:
    """Tell whether a file is still being copied, by its name."""
    last = name.rpartition("/")[2].casefold()
    return last not in _LEFT_BEHIND and (last.startswith((".", "~")) or last.endswith((*_PARTIAL, "~")))


def _sheet(entries: Sequence[Entry], folder: Path) -> Path:
    """Return the one CSV at the top of a batch; raises `Refused` where there is none, or several.

    A link or a pipe of that name is none: a report would show what the one leads to, and the other would hold us.
    """
    files = [entry.name for entry in entries if stat.S_ISREG(entry.mode) and "/" not in entry.name]
    sheets = [name for name in files if name.casefold().endswith(".csv")]
    if len(sheets) != 1:
        found = f"there are {len(sheets)}: {', '.join(sheets)}" if sheets else "there is none"
        raise Refused(f"a batch has one CSV beside its PDFs, and {found}")
    return folder / sheets[0]


def _move(folder: Path, into: str, report: str = "") -> None:
    """Move a batch aside under a name that is free; its report is there before it is."""
    target = folder.parent / into
    _make(target, like=folder.parent)
    name = next(name for name in _names(folder.name) if _is_free(target, name))
    if report:
        written = target / f"{name}.report.txt"
        written.write_text(report, encoding="utf-8")
        _open_as(written, stat.S_IMODE(target.stat().st_mode) & 0o666)
    folder.rename(target / name)


def _names(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}-{number}" for number in count(2))


def _is_free(target: Path, name: str) -> bool:
    return not os.path.lexists(target / name) and not os.path.lexists(target / f"{name}.report.txt")


def _report(folder: Path, refused: Refused, *, at: datetime) -> str:
    """Write for the person who moved the batch in why it was not taken."""
    lines = [f"{_shown(folder)} was not taken ({stamp(at)})", "", str(refused)]
    if isinstance(refused, BatchRefused):
        lines += ["", *map(_line, refused.faults)]
    return "\n".join([*lines, "", "Correct it, and move the folder in again.", ""])


def _line(fault: Fault) -> str:
    place = ", ".join(filter(None, (f"line {fault.line}" if fault.line else "", fault.column)))
    return f"{place or 'the file'}: {fault.problem}: {fault.remedy}"


def _shown(path: Path) -> str:
    """Return the name of a folder for people; bytes that are no UTF-8 become replacement characters."""
    return os.fsencode(path.name).decode("utf-8", "replace")
