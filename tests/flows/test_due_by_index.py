"""What is due is found by an index: a claim costs what waits, not what was ever sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mailbot.domain.outbox import WAITING
from mailbot.store.outbox import WAITS

if TYPE_CHECKING:
    from flow_office import Office


def test_the_waiting_states_are_those_of_the_rules() -> None:
    assert {word.strip("'") for word in WAITS.split(", ")} == {str(state) for state in WAITING}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM outbox WHERE state IN ({}) AND urgent = 0 AND next_attempt_at <= '' ORDER BY next_attempt_at",
        "SELECT min(next_attempt_at) FROM outbox WHERE state IN ({}) AND urgent = 1",
        "SELECT * FROM outbox WHERE state IN ({}) AND next_attempt_at <= '' AND deadline_at <= ''",
        "UPDATE outbox SET deadline_at = '' WHERE state IN ({}) AND attempts = 0 AND deadline_at <= ''",
    ],
)
def test_no_look_at_what_waits_reads_the_whole_outbox(office: Office, sql: str) -> None:
    plan = [row[3] for row in office.rows(f"EXPLAIN QUERY PLAN {sql.format(WAITS)}")]
    assert len(plan) == 1, "nothing is sorted"
    assert "outbox_due" in plan[0]
