"""A node cut off with its outbox full, while a pact lapses: 2,000 items here, 100,000 in `make check-long`."""

from __future__ import annotations

from pathlib import Path

from tests.partition import Drained, partition


def test_a_partition_loses_and_doubles_nothing_and_sends_nothing_under_the_pact_that_lapsed(tmp_path: Path) -> None:
    assert partition(tmp_path, 2_000) == Drained(
        queued=2_000,
        sent_in_time=200,
        done=1_200,
        refused=800,
        refused_with_evidence=800,
        reported_to_their_sender=800,
        lost=0,
        doubled=0,
        sent_under_the_lapsed_pact=0,
        problems=0,
    )
