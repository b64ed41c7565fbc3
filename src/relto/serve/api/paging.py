"""Long lists in parts: so many, from so far on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypeVar

from fastapi import Query

T = TypeVar("T")
Limit = Annotated[int, Query(ge=1, le=1000, description="how many at most")]
Offset = Annotated[int, Query(ge=0, le=2**31, description="how many to leave out first")]


def page(found: Sequence[T], limit: int, offset: int) -> Sequence[T]:
    """A part of what was found."""
    return found[offset : offset + limit]
