"""Items: what is released, with the label their originator gave them."""

from __future__ import annotations

from dataclasses import dataclass, field

from relto.core.label import Caveats
from relto.core.timeline import Stamp


@dataclass(frozen=True, slots=True)
class Payload:
    """The content: a typed body, inline (`text`) or in a file beside the item (`file`)."""

    type: str
    text: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """An item as its file describes it. `mark` is the originator's own."""

    id: str
    title: str
    originator: str
    mark: str
    topic: str
    purpose: str
    caveats: Caveats = field(default_factory=Caveats)
    payload: Payload | None = None
    at: Stamp | None = None
    source: str = ""
    unconfirmed: bool = False
    note: str = ""
