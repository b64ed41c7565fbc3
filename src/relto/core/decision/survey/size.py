"""How large a table is."""

from __future__ import annotations

from dataclasses import dataclass

from relto.core.decision.table import Table


@dataclass(frozen=True, slots=True)
class Size:
    """`axes`: each with its places. `cells`: those of every slice; `stored_cells`: each that differs, once."""

    lanes: int
    slices: int
    axes: tuple[tuple[str, int], ...]
    cells: int
    stored_cells: int
    bytes: int


def size_of(table: Table) -> Size:
    """The lanes, slices, axes, cells and bytes of a table. A slice: an agreement, or none, over one stretch."""
    axes, arena = table.ground.axes, table.ground.arena
    edges = [len(stretch.edges) for _, stretch, _ in table.stretches()]
    return Size(
        lanes=len(table.lanes),
        slices=sum(max(count, 1) for count in edges),
        axes=tuple(zip(("grades", "topics", "purposes", "acts"), axes.shape, strict=True)),
        cells=sum(edges) * axes.size,
        stored_cells=len(arena) * axes.plane,
        bytes=len(arena) * axes.plane * arena.words.itemsize,
    )
