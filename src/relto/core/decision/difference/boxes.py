"""Boxes: a set of combinations cut into few products of lists, without overlap and without rest."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from relto.core.decision.difference.change import TopicRange

Mask = NDArray[np.bool_]
Numbers = tuple[int, ...]


def boxes_of(mask: Mask) -> Iterator[tuple[Numbers, Numbers, Numbers, Numbers]]:
    """The boxes of `mask`, bool (bearings, topics, purposes, acts): the numbers along each axis."""
    for acts, of_acts in _alike(mask):
        for purposes, of_purposes in _alike(of_acts):
            for topics, bearings in _alike(of_purposes):
                yield tuple(int(one) for one in np.flatnonzero(bearings)), topics, purposes, acts


def _alike(mask: Mask) -> Iterator[tuple[Numbers, Mask]]:
    """The places along the last axis that hold the same, where they hold anything."""
    found: dict[bytes, tuple[list[int], Mask]] = {}
    for number in range(mask.shape[-1]):
        part = mask[..., number]
        if part.any():
            found.setdefault(part.tobytes(), ([], part))[0].append(number)
    for numbers, part in found.values():
        yield tuple(numbers), part


def ranges_of(chosen: tuple[str, ...], topics: tuple[str, ...]) -> tuple[TopicRange, ...]:
    """`chosen` of all `topics` in as few ranges as say it exactly."""
    named, inside = set(topics), set(chosen)
    above = {topic: _above(topic, named) for topic in topics}
    roots = [topic for topic in chosen if above[topic] not in inside]
    return tuple(
        TopicRange(root, tuple(one for one in topics if one not in inside and _belongs(one, root, above, inside)))
        for root in roots
    )


def _above(topic: str, named: set[str]) -> str | None:
    """The nearest named topic above; None where there is none."""
    while topic:
        topic = topic.rpartition("/")[0]
        if topic and topic in named:
            return topic
    return None


def _belongs(topic: str, root: str, above: dict[str, str | None], inside: set[str]) -> bool:
    """Whether `topic` is the first on its way down from `root` that is not inside."""
    step = above[topic]
    while step is not None and step in inside:
        if step == root:
            return True
        step = above[step]
    return False
