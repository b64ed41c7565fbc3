"""Table and reference agree on 100,000 random requests over 500 random dossiers (ten million: `make check-long`)."""

from __future__ import annotations

import pytest

from relto.core.decision.table import compile_table
from tests.comparing import disagreements
from tests.worlds import END, START, random_dossier, random_persons, random_requests, undesignated_requests

DOSSIERS, REQUESTS, CHUNKS = 500, 200, 20


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_random_requests_over_random_dossiers(chunk: int) -> None:
    compared = 0
    for seed in range(chunk, DOSSIERS, CHUNKS):
        dossier = random_dossier(seed)
        persons = random_persons(seed, dossier)[: seed % 3]
        table = compile_table(dossier, START, END, persons=persons, bits=(None, None, 6, 20)[seed % 4])
        requests = random_requests(seed, dossier, REQUESTS, start=START, end=END)
        compared += len(requests)
        assert list(disagreements(table, requests)) == []
    assert compared == DOSSIERS // CHUNKS * REQUESTS


@pytest.mark.parametrize("seed", range(40))
def test_readings_knowledge_and_unknown_recipients(seed: int) -> None:
    dossier = random_dossier(1000 + seed)
    known_by = START.plus((END.ns - START.ns) // 40 * seed)
    reading = sorted(dossier.parties)[0] if seed % 2 else None
    table = compile_table(dossier, START, END, reading, known_by=known_by)
    requests = random_requests(seed, dossier, 50, start=START, end=END, reading=reading, known_by=known_by)
    requests += undesignated_requests(seed, dossier, 5, start=START, end=END)
    assert list(disagreements(table, requests)) == []
