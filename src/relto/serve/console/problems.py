"""What a verification found, in the reader's language: what it is about, and what is wrong with it."""

from __future__ import annotations

from typing import Final

from relto.serve.console.errors import told_said
from relto.serve.console.sentences import Said, Sentences
from relto.serve.console.words import Tongue

ABOUT: Final = (
    "leaf {number}",
    "receipt of {name}",
    "decision on {name}",
    "outbox {number} ({kind} {name})",
    "outbox of {name}",
    "inbox {kind} {name}",
    "inbox of {name}",
    "instrument {name}",
    "holding {name}",
    "visit {name}",
    "contractor {name}",
    "facility {name}",
    "stream {name}",
    "mirror of the ledger of {party}",
    "what is noted of {party} ({kind})",
    "{kind} about {name}",
)
"""What a problem is about, beside the tables, which are in the catalogue as they are."""
TABLES: Final = (
    *("ledger", "checkpoint", "frontier", "decisions", "outbox", "inbox", "record", "register", "control"),
    *("high water", "state", "streams"),
)


def problem_said(tongue: Tongue, text: str) -> Said:
    """A problem in the reader's language, and the language that it is in: English where any of it is."""
    about, _, what = text.partition(": ")
    named, says = _about(tongue, about), told_said(tongue, what)
    if named is None or says[1] == "en":
        return text, "en"
    return tongue.say("{about}: {what}", about=named, what=says[0]), tongue.language


def _about(tongue: Tongue, about: str) -> str | None:
    if about in TABLES:
        return tongue.say(about)
    if found := _ABOUT.parted(about):
        return _ABOUT.put(tongue, *found)
    return about if about.isidentifier() else None  # the name of a table


_ABOUT: Final = Sentences(
    lambda: ABOUT,
    names=lambda place: place != "name",
    readers={"kind": lambda tongue, text: tongue.say(text)},
)
