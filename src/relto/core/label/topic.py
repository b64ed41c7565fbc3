"""Topics: paths from the general to the particular; a topic covers all below it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from relto.core.errors import InputError

_TOPIC = re.compile(r"[a-z0-9][a-z0-9_-]*(?:/[a-z0-9][a-z0-9_-]*)*", re.ASCII)


def check_topic(text: str) -> str:
    """Give `text` back if it is a topic such as `defence/dprk/missile`; else raise InputError."""
    if len(text) > 200 or not _TOPIC.fullmatch(text):
        raise InputError(
            f"`{text[:60]}` is not a topic", remedy="use small letters, digits and `-`, steps parted by `/`"
        )
    return text


def covers(broad: str, topic: str) -> bool:
    """Whether `broad` is `topic` or stands above it (`defence` covers `defence/dprk/missile`)."""
    return topic == broad or (topic.startswith(broad) and topic[len(broad)] == "/")


def covers_any(broad: Iterable[str], topic: str) -> bool:
    """Whether any of `broad` covers `topic`."""
    for one in broad:  # noqa: SIM110 -- asked twice at every decision; a generator costs more than the answer
        if covers(one, topic):
            return True
    return False


def ancestry(topic: str) -> Iterator[str]:
    """The topic and all above it, from the particular to the general."""
    while topic:
        yield topic
        topic = topic.rpartition("/")[0]
