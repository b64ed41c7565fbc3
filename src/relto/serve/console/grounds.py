"""The grounds of verdicts and standings in the reader's language.

The core says them in English, each after one of these patterns; what they name (parties, marks, instants) stays as it
is.
A sentence after no pattern, such as a party's own rule, is shown as it was said, and marked as English.
"""

from __future__ import annotations

from typing import Final

from relto.serve.console.sentences import Said, Sentences
from relto.serve.console.words import Tongue

PATTERNS: Final = (
    "{inner}, in the record as {peer} holds it",
    "{inner}; the text is silent; as read here no date binds and it may end at any time",
    "{inner}; the text is silent; as read here the notice counts as not given and the term's clock goes on",
    "{state}, ends {at}",
    "{state}, not in force",
    "lapsed, but what was provided before stays under its provisions",
    "lapsed since {at}: no new release",
    "{topic} is within it",
    "{topic} is outside {many}",
    "it has no table of levels",
    "{mark} ({rank}) has no row in its table of levels",
    "{to} has no equivalent of {mark} ({rank}) in its table of levels",
    "{mark} is {rank}, for {to} {marks}",
    "passed on as its originator allows",
    "not passed on to a third party",
    "{who} may not pass an item of {originator} on to {to}: the text forbids it",
    "{who} may not pass an item of {originator} on to {to}: {other} is outside the community",
    "{who} may not pass an item of {originator} on to {to}: {other} is not among {many}",
    "{who} may not pass an item of {originator} on to {to}: {other} has not consented in writing beforehand",
    "{person} is a national of neither party ({nation}) and has no consent",
    "the text sets no purpose",
    "any purpose",
    "{purpose} is provided for",
    "{purpose} is not among {many}",
    "{purpose}, as provided",
    "{originator} consented to {asked} beside {purpose}",
    "{asked} is not the purpose it is provided for ({purpose}), and {originator} has not consented",
    "releasable to {many} only, not {to}",
    "{originator} controls it and has not consented",
    "{to} is a contractor",
    "for the eyes of {many} only, not {person}",
    "no caveat stands against it",
    "no person is named",
    "the text asks for none",
    "none is needed for {rank}",
    "{person} is a person of {party}, not of {to}",
    "{person} has no clearance",
    "{person} is cleared to {rank}, below {asked}",
    "the clearance of {person} ended {day}",
    "{person} is cleared to {rank}",
    "{person} needs {topic}",
    "{person} has no need to know {topic}",
    "{party} has no facility `{facility}`",
    "no facility is named",
    "{facility} may hold items up to {rank}, not {asked}",
    "{person} is not on the register of {facility}",
    "{person} is on the register of {facility}",
    "none is asked",
    "{party} has given no assurance for {person}",
    "the assurance for {person} is by {by}, not by {party}",
    "the assurance for {person} is given only later",
    "the assurance for {person} does not cover clearance, need and protection",
    "{party} has given its assurance for {person}",
    "no system is named",
    "{party} has no accredited system `{system}`",
    "{system} is accredited up to {rank}, not {asked}",
    "the accreditation of {system} ended {day}",
    "{system} is accredited up to {rank}",
    "the recipient is no contractor",
    "{firm} is approved up to {rank}, not {asked}",
    "the approval of {firm} ended {day}",
    "{firm} is approved up to {rank}",
    "no agreement between {sender} and {to} permits direct release",
    "not reached",
    "no arrangement opens a route through {many} for this item now",
    "{peer} holds another record of it, which it has not shown; until both are the same nothing is released",
    "not signed by {many}",
    "not signed",
    "signed by all parties, not yet in force",
    "entered into force {at}",
    "notice of termination by {many}, received {at}; its receipt rests on proof of delivery and is contested",
    "notice of termination by {many}, sent {at}; its receipt rests on proof of delivery and is contested",
    "notice of termination by {many}, received {at}",
    "notice of termination by {many}, sent {at}",
    "{many} suspended the notice {notices} {at}, on condition: {condition}",
    "{many} suspended the notice {notices} {at}",
    "amended {at}: version {version} of the text governs",
    "ended, as is assumed, at {at}; no new release",
    "superseded by {name} at {at}",
    "ended at {at}; no new release",
    "in force until it ends at {at}",
    "assured to run until {at}",
    "no act after {at} is known; that there was none is not confirmed",
)
_WIDE: Final = frozenset({"at", "condition", "day", "inner", "many", "mark", "marks", "asked", "rank"})


def ground_said(tongue: Tongue, says: str) -> Said:
    """A ground in the reader's language, and the language that it is in: English where it is after no pattern."""
    if tongue.language != "en" and says in tongue.words.states:
        return _state(tongue, says), tongue.language
    return _SENTENCES.said(tongue, says)


def _state(tongue: Tongue, state: str) -> str:
    return tongue.words.states.get(state, state)


_SENTENCES: Final = Sentences(
    lambda: PATTERNS,
    names=lambda place: place not in _WIDE,
    readers={
        "inner": lambda tongue, text: ground_said(tongue, text)[0],
        "marks": lambda _, text: text.replace(" or ", " / "),
        "state": _state,
    },
)
