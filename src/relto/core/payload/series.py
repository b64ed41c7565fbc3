"""Versions of warnings: which one counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from relto.core.errors import Conflict
from relto.core.payload.warning import MissileWarning


def newest(versions: Iterable[MissileWarning]) -> dict[tuple[str, str], MissileWarning]:
    """The highest version of each event by its reporter: (by, event) -> warning; in whatever order they came.

    Two reporters' warnings of one event stay two: which is right is for people to say. Raises Conflict where one
    reporter says two things in one version (when each was received does not count).
    """
    seen: dict[tuple[str, str, int], MissileWarning] = {}
    found: dict[tuple[str, str], MissileWarning] = {}
    for one in versions:
        said = replace(one, received=None)
        if seen.setdefault((one.by, one.event, one.version), said) != said:
            raise Conflict(
                f"version {one.version} of `{one.event}` by {one.by} says two things",
                remedy=f"ask {one.by} which it means",
            )
        before = found.get((one.by, one.event))
        if before is None or before.version < one.version:
            found[one.by, one.event] = one
    return found
