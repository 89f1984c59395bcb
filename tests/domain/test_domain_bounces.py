"""What a report means for an address, and how the score of one that bounces now and then runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.domain.bounces import ABOUT_US, PROBE_AT, Proof, Report, Score, Step, judge

HARD = Report(action="failed", reason="userunknown", hard=True, proof=Proof.SERVER)
SOFT = replace(HARD, reason="mailboxfull", hard=False)
MONDAY = date(2026, 11, 16)

REPORTS = st.builds(
    Report,
    action=st.sampled_from(["failed", "delayed", "delivered", "relayed", "expanded", "deliverable", ""]),
    reason=st.sampled_from(["userunknown", "mailboxfull", "undefined", *sorted(ABOUT_US)]),
    hard=st.booleans(),
    proof=st.sampled_from(Proof),
    elsewhere=st.booleans(),
    renamed=st.booleans(),
    read=st.booleans(),
    late=st.booleans(),
    probe=st.booleans(),
)
DAYS = st.integers(min_value=0, max_value=400).map(lambda days: MONDAY + timedelta(days=days))


@pytest.mark.parametrize(
    ("report", "step"),
    [
        pytest.param(HARD, Step.GIVE_UP, id="a dead mailbox"),
        pytest.param(replace(HARD, proof=Proof.NONE), Step.NOTE, id="anybody may say so"),
        pytest.param(replace(HARD, proof=Proof.HAD), Step.WEAKEN, id="so may whoever had that mail"),
        pytest.param(replace(HARD, late=True), Step.NOTE, id="a dead mailbox of weeks ago"),
        pytest.param(replace(SOFT, late=True), Step.NOTE, id="a full mailbox of weeks ago"),
        pytest.param(replace(HARD, elsewhere=True), Step.WEAKEN, id="somebody forwards to a dead mailbox"),
        pytest.param(replace(HARD, elsewhere=True, renamed=True), Step.ASK, id="an alias, or its inner name"),
        pytest.param(replace(SOFT, elsewhere=True, renamed=True), Step.WEAKEN, id="full, by its inner name"),
        pytest.param(replace(HARD, elsewhere=True, renamed=True, read=True), Step.WEAKEN, id="an alias in use"),
        pytest.param(replace(HARD, read=True), Step.WEAKEN, id="that mail was acted on"),
        pytest.param(SOFT, Step.WEAKEN, id="a full mailbox"),
        pytest.param(replace(SOFT, proof=Proof.NONE), Step.NOTE, id="anybody may say that it is full"),
        pytest.param(replace(SOFT, probe=True), Step.GIVE_UP, id="the probe came back"),
        pytest.param(replace(SOFT, probe=True, elsewhere=True), Step.GIVE_UP, id="the probe, from where it went on to"),
        pytest.param(replace(SOFT, probe=True, proof=Proof.NONE), Step.NOTE, id="anybody may say so of a probe"),
        pytest.param(replace(SOFT, probe=True, proof=Proof.HAD), Step.WEAKEN, id="whoever had the probe says so"),
        pytest.param(replace(SOFT, probe=True, read=True), Step.WEAKEN, id="the probe, from a mailbox in use"),
        pytest.param(replace(SOFT, probe=True, reason="blocked"), Step.WEAKEN, id="the probe, for the sender's sake"),
        pytest.param(replace(SOFT, action="delayed"), Step.DELAYED, id="late"),
        pytest.param(replace(SOFT, action="delayed", proof=Proof.HAD), Step.NOTE, id="late, without proof"),
        pytest.param(replace(SOFT, action="delivered", proof=Proof.HAD), Step.NOTE, id="delivered, without proof"),
        pytest.param(replace(SOFT, action="expanded", proof=Proof.NONE), Step.NOTE, id="anybody may say delivered"),
        pytest.param(replace(SOFT, action="delayed", probe=True), Step.DELAYED, id="a probe that is late"),
        pytest.param(replace(SOFT, action="delivered", reason="delivered"), Step.ARRIVED, id="delivered"),
        pytest.param(replace(SOFT, action="expanded", reason="delivered"), Step.ARRIVED, id="delivered to a list"),
        pytest.param(replace(SOFT, action="relayed", reason="delivered"), Step.NOTE, id="passed on, no more is known"),
    ],
)
def test_what_follows_from_a_report(report: Report, step: Step) -> None:
    assert judge(report) is step


@given(REPORTS)
def test_nothing_ends_an_address_without_proof_nor_for_the_senders_sake(report: Report) -> None:
    step = judge(report)
    if step is Step.GIVE_UP:
        assert report.proof is Proof.SERVER
        assert not report.read
        assert not report.late
        assert report.hard or (report.probe and report.reason not in ABOUT_US)
    if report.proof is Proof.HAD:
        assert step in {Step.NOTE, Step.WEAKEN}
    if report.proof is Proof.NONE:
        assert step is Step.NOTE


def test_a_day_adds_one_point_however_many_reports_come_in() -> None:
    score = Score().weakened(MONDAY)
    assert score == Score(1, MONDAY)
    assert score.weakened(MONDAY) is score
    assert score.weakened(MONDAY + timedelta(days=1)) == Score(2, MONDAY + timedelta(days=1))


@pytest.mark.parametrize(("days", "left"), [(0, 3), (6, 3), (7, 2), (13, 2), (14, 1), (21, 0), (400, 0), (-5, 3)])
def test_every_quiet_week_takes_a_point_off(days: int, left: int) -> None:
    assert Score(3, MONDAY).at(MONDAY + timedelta(days=days)) == left


def test_a_new_point_comes_on_top_of_what_is_left() -> None:
    later = MONDAY + timedelta(days=15)
    assert Score(3, MONDAY).weakened(later) == Score(2, later)
    assert Score(points=4).at(MONDAY) == 0


def test_five_points_ask_for_a_probe() -> None:
    assert not Score(PROBE_AT - 1, MONDAY).asks_for_probe()
    assert Score(PROBE_AT, MONDAY).asks_for_probe()


@given(st.lists(DAYS, max_size=40).map(sorted))
def test_the_score_never_passes_the_number_of_days(days: list[date]) -> None:
    score = Score()
    for day in days:
        score = score.weakened(day)
    assert 0 <= score.points <= len(set(days))
    assert not days or score.points >= 1
