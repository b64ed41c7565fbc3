"""Boxes: a set of cells as few products of places on its axes, none of them overlapping."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Box = tuple[tuple[int, ...], ...]
"""For each axis the places that the box holds, ascending; the box is their product."""


def boxes(flags: NDArray[np.bool_]) -> list[Box]:
    """The cells that are set, as boxes that tile them exactly; bool of any shape.

    The places of the first axis that hold the same are taken together, then within each those of the second, and so on.
    """
    return list(_boxes(flags))


def _boxes(flags: NDArray[np.bool_]) -> Iterator[Box]:
    alike: dict[bytes, list[int]] = {}
    for place, part in enumerate(flags):
        if part.any():
            alike.setdefault(part.tobytes(), []).append(place)
    for places in alike.values():
        if flags.ndim == 1:
            yield (tuple(places),)
        else:
            yield from ((tuple(places), *rest) for rest in _boxes(flags[places[0]]))
