"""Hand-written mails of every family, each with its verdict beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailbot.mail.classify import classify
from mailbot.mail.parse import parse

SAMPLES = Path(__file__).parent / "samples"


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.eml")), ids=lambda path: path.stem)
def test_a_sample_has_the_verdict_beside_it(sample: Path) -> None:
    expected = json.loads(sample.with_suffix(".json").read_text())
    verdict = classify(parse(sample.read_bytes()))
    found = {
        "class": verdict.kind,
        "rule": verdict.rule,
        "outcomes": [
            {"recipient": each.recipient, "reason": each.reason, "hard": each.hard, "status": each.status}
            for each in verdict.outcomes
        ],
        "message_id": verdict.message_id,
    }
    assert found == {**found, **expected}
