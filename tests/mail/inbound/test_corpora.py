"""Real mails that others collected: the figures, the misses, and the floor that is held."""

from __future__ import annotations

import csv
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mailbot.mail.classify import classify
from mailbot.mail.parse import parse

if TYPE_CHECKING:
    from mailbot.mail.verdict import Verdict

FLOOR = {"recognised": 0.995, "recipients": 0.985, "reason": 0.985, "hard": 0.99}
KINDS = {"hard-bounce": "bounce", "soft-bounce": "bounce", "delivered": "bounce", "feedback": "complaint"}


def corpora() -> Path:
    """Find the corpora beside the project, or where `$MAILBOT_CORPORA` says; they are not part of it."""
    given = os.environ.get("MAILBOT_CORPORA")
    roots = [Path(given)] if given else [folder / "shared" / "corpora" for folder in Path(__file__).resolve().parents]
    found = next((root for root in roots if (root / "bounces" / "labels.tsv").is_file()), None)
    if found is None:
        pytest.skip("no corpora: neither a folder above has shared/corpora, nor is MAILBOT_CORPORA set")
    return found


def labels(path: Path) -> dict[str, list[dict[str, str]]]:
    rows: dict[str, list[dict[str, str]]] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            rows.setdefault(row["path"], []).append(row)
    return rows


def judged(verdict: Verdict, rows: list[dict[str, str]]) -> dict[str, bool]:
    expected = {row["recipient"]: row for row in rows}
    said = [(each, expected.get(each.recipient, rows[0])) for each in verdict.outcomes]
    return {
        "recognised": verdict.kind == "bounce",
        "recipients": {each.recipient for each in verdict.outcomes} == set(expected),
        "reason": bool(said) and all(each.reason == row["reason"] for each, row in said),
        "hard": bool(said) and all(each.hard == (row["hardbounce"] == "true") for each, row in said),
    }


def test_bounces(capsys: pytest.CaptureFixture[str]) -> None:
    folder = corpora() / "bounces"
    good: Counter[str] = Counter()
    lines: list[str] = []
    count = 0
    for name, rows in sorted(labels(folder / "labels.tsv").items()):
        verdict = classify(parse((folder / name).read_bytes()))
        kind = KINDS.get(rows[0]["kind"], rows[0]["kind"])
        if kind != "bounce":
            assert verdict.kind == kind, name
            continue
        count += 1
        found = judged(verdict, rows)
        good.update(measure for measure, right in found.items() if right)
        lines += [f"{name}: {measure}" for measure, right in found.items() if not right]
    with capsys.disabled():
        print("", *(f"{measure}: {good[measure]} of {count}" for measure in FLOOR), *lines, sep="\n")  # noqa: T201
    assert {measure: good[measure] / count >= floor for measure, floor in FLOOR.items()} == dict.fromkeys(FLOOR, True)


def test_people() -> None:
    folder = corpora() / "people"
    for name, rows in labels(folder / "labels.tsv").items():
        verdict = classify(parse((folder / name).read_bytes()))
        assert verdict.kind == ("auto-reply" if rows[0]["kind"] == "auto-reply" else "person"), name
