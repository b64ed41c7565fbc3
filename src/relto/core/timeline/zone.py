"""Time zones by their IANA name, with the rules of the pinned tzdata package."""

from __future__ import annotations

from functools import lru_cache

import whenever

from relto.core.errors import InputError

# Law must not change with the machine it is read on: only the tzdata that our lock pins counts.
whenever.reset_tzpath(())


@lru_cache(maxsize=256)
def check_zone(name: str) -> str:
    """Give `name` back if it is an IANA zone such as `Asia/Seoul` or `UTC`; else raise InputError."""
    if len(name) > 64:
        raise InputError(f"unknown time zone `{name[:60]}`", remedy="give an IANA name such as `Asia/Seoul` or `UTC`")
    try:
        whenever.Instant.from_timestamp(0).to_tz(name)
    except (whenever.TimeZoneNotFoundError, ValueError) as error:
        raise InputError(
            f"unknown time zone `{name}`", remedy="give an IANA name such as `Asia/Seoul` or `UTC`"
        ) from error
    return name
