"""Caveats: limits that the originator puts on one item."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caveats:
    """`rel_to`: the only parties it may reach (None: no such limit). `eyes`: the only persons who may see it."""

    rel_to: tuple[str, ...] | None = None
    orcon: bool = False
    no_contractor: bool = False
    eyes: tuple[str, ...] | None = None
