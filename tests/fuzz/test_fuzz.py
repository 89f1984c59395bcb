"""Some seconds of coverage-guided fuzzing for each target, from the samples on."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "mail" / "inbound" / "samples"
SECONDS = 4
SPOKEN = (
    "受領しました。\n\n2026年11月20日(金) 11:28 <reply@example.test>:\n> 請求書",
    "担当変更 hanako@example.com\n--\n若葉",
    "停止 7日",
    "approve, please",
    "仮ID: 0123-4567-89AB\n仮パスワード: CDEF-GHJK-MNPQ",
)


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="the fuzzer has no build for this Python")
@pytest.mark.parametrize("target", ["mail", "charset", "reply"])
def test_nothing_that_comes_in_raises_or_lasts(target: str, tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    for sample in SAMPLES.glob("*.eml"):
        (seeds / sample.name).write_bytes(sample.read_bytes())
    for number, words in enumerate(SPOKEN):
        (seeds / f"{number}.txt").write_text(words, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, HERE / "fuzz_inbound.py", target, f"-max_total_time={SECONDS}", "-seed=20261120", seeds],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Done " in done.stderr, done.stderr[-4000:]
