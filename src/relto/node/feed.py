"""Releasing many items at once, as a feed does: one transaction decides on each, signs, queues and logs it.

Nothing is sent here; `dispatch_pending`, or the node that serves, sends what is queued.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from relto.core.decision import Act
from relto.core.dossier import Item
from relto.core.errors import InputError
from relto.node.deciding import ActRefused
from relto.node.node import Node
from relto.node.queueing import queue_all
from relto.node.reclassify import check_marked
from relto.node.records import compare_if_noted
from relto.node.release import asked_of
from relto.node.rows import OutboxRow

MAX_OFFERS: Final = 1024


@dataclass(frozen=True, slots=True)
class Offer:
    """An item of the node's own party, and to whom it is released, as `release` takes them."""

    item: Item
    to: str
    act: Act = "release"
    purpose: str = ""
    payload: bytes | None = None


def release_many(node: Node, offers: Sequence[Offer]) -> list[OutboxRow | ActRefused]:
    """Queue these items, in order and in one transaction; each as it is queued, or its refusal, whose evidence is kept.

    A refusal leaves the others alone. What goes through allies is released one by one, for a consent goes before it.
    Raises as `release` does for what could not even be decided on, and InputError for more than 1,024 at once: then
    nothing is queued.
    """
    asked = [asked_of(node, one.item, one.to, one.act, one.purpose, payload=one.payload) for one in offers]
    if len(asked) > MAX_OFFERS:
        raise InputError(f"{len(asked)} items at once", remedy=f"release at most {MAX_OFFERS}: nobody else can write")
    if not asked:
        return []
    compare_if_noted(node, [one.to for one in offers])
    with node.store.write() as tx:
        check_marked(node, tx, [one.item for one in offers])
        return queue_all(node, tx, asked)
