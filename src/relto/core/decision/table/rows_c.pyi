from relto.core.decision.table.slices import Flags, Ints
from relto.core.decision.table.word import Words

def slices_of(
    lane: Ints, at: Ints, cuts: Ints, first: Ints, at_cut: Ints, shift: int, depth: int, out: Ints, /
) -> str | None: ...
def decide_rows(
    words: Words,
    plane: int,
    base: Ints | None,
    asks: Words | None,
    slices: Ints,
    cell: Ints,
    mask: Words,
    hits: Words,
    permit: Flags,
    /,
) -> str | None: ...
