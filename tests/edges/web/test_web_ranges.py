"""Parts of a file: what a header asks for, and when all parts are there."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.edges.web.ranges import PARTS, PRESSES, Arrivals, Part, UnsatisfiableError, wanted

SIZE = 1000


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, None),
        ("", None),
        ("bytes=0-", Part(0, SIZE)),
        ("bytes=0-0", Part(0, 1)),
        ("bytes=999-", Part(999, SIZE)),
        ("bytes=10-5000", Part(10, SIZE)),
        ("bytes=-1", Part(999, SIZE)),
        ("bytes=-5000", Part(0, SIZE)),
        ("Bytes = 1 - 2", Part(1, 3)),
        ("bytes=5-4", None),
        ("bytes=-", None),
        ("bytes=0-1,3-4", None),
        ("items=0-1", None),
        ("bytes=٣-", None),
    ],
)
def test_what_is_wanted(header: str | None, part: Part | None) -> None:
    assert wanted(header, SIZE) == part


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=5000-6000", "bytes=-0"])
def test_what_cannot_be_had(header: str) -> None:
    with pytest.raises(UnsatisfiableError):
        wanted(header, SIZE)


@given(st.lists(st.integers(1, SIZE - 1), max_size=20, unique=True), st.randoms())
def test_a_file_is_whole_once_and_only_when_every_part_is_there(cuts: list[int], random: object) -> None:
    parts = [Part(start, stop) for start, stop in pairwise([0, *sorted(cuts), SIZE])]
    random.shuffle(parts)  # type: ignore[attr-defined]
    arrivals = Arrivals()
    told = [arrivals.add(1, part, SIZE) for part in [*parts, *parts]]
    assert told.index(True) == len(parts) - 1
    assert told.count(True) == 1


def test_nothing_arrived_adds_nothing() -> None:
    arrivals = Arrivals()
    assert not arrivals.add(1, Part(5, 5), SIZE)
    assert not arrivals.add(1, Part(0, SIZE - 1), SIZE)
    assert arrivals.add(1, Part(SIZE - 1, SIZE), SIZE)


def test_memory_is_bounded() -> None:
    arrivals = Arrivals()
    for press in range(PRESSES + 10):
        arrivals.add(press, Part(0, 1), SIZE)
    for start in range(0, SIZE, 2):
        arrivals.add(0, Part(start, start + 1), SIZE)
    kept = arrivals._parts  # noqa: SLF001 - the bound is about what is inside
    assert len(kept) == PRESSES
    assert max(map(len, kept.values())) <= PARTS
