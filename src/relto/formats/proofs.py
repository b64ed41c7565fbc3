"""Proofs as lines for people and as JSON, with the counterexample where one fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from relto.core.canon import JSON
from relto.core.decision.proof import Counterexample, Proof
from relto.core.timeline import Instant, format_local

SCHEMA: Final = "relto/proof/1"


def proof_lines(proof: Proof) -> Iterator[str]:
    """One proof: what it says, what was looked at, and what contradicts it."""
    asked = f", {_count(proof.requests, 'request')}" if proof.requests else ""
    looked = f"{_count(proof.cells, 'cell')} in {_count(proof.stretches, 'stretch', 'stretches')}{asked}"
    yield f"{'holds' if proof.holds else 'FAILS'}  {proof.id}  ({looked})"
    yield f"       {proof.says}"
    if proof.counterexample is not None:
        yield from (f"       {line}" for line in _counterexample_lines(proof.counterexample))


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _counterexample_lines(found: Counterexample) -> Iterator[str]:
    mark = f"{found.mark} ({found.rank or 'of no rank'})" if found.mark else f"of rank {found.rank}"
    yield "counterexample:"
    yield f"  {found.act} from {found.sender} to {found.recipient} under {found.agreement or 'no agreement'}"
    yield f"  an item of {found.originator}, {mark}, on {found.topic}"
    provided = f", provided for {found.provided_for}" if found.provided_for not in ("", found.purpose) else ""
    yield f"  for {found.purpose}{provided}"
    yield f"  from {_clock(found.start)} until {_clock(found.end)}"
    yield f"  the table says: {found.table_says}"
    yield f"  it should be: {found.demands}"
    if found.reference:
        yield f"  the reference evaluator {found.reference}"


def _clock(instant: Instant) -> str:
    return format_local(instant, "UTC")


def proof_json(proof: Proof) -> dict[str, JSON]:
    """`relto/proof/1`: one proof."""
    return {
        "schema": SCHEMA,
        "property": proof.id,
        "says": proof.says,
        "holds": proof.holds,
        "cells": proof.cells,
        "stretches": proof.stretches,
        "requests": proof.requests,
        "counterexample": _counterexample_json(proof.counterexample) if proof.counterexample else None,
    }


def _counterexample_json(found: Counterexample) -> dict[str, JSON]:
    return {
        "act": found.act,
        "from": found.sender,
        "to": found.recipient,
        "agreement": found.agreement,
        "originator": found.originator,
        "rank": found.rank,
        "mark": found.mark or None,
        "topic": found.topic,
        "purpose": found.purpose,
        "provided_for": found.provided_for or None,
        "start": str(found.start),
        "end": str(found.end),
        "table_says": found.table_says,
        "demands": found.demands,
        "reference": found.reference or None,
    }
