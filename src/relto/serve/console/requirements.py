"""What else a text asks, as the difference of two texts tells it, in the reader's language.

The core tells each clause in a few English words and the text's own codes (`P1Y, then by P1Y`, `term-runs`); here they
are said in words, in English too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from relto.core.decision.difference import Requirement
from relto.core.errors import InputError
from relto.core.timeline import parse_period
from relto.serve.console.clauses import duty_said, occasion_said, period, within_said
from relto.serve.console.sentences import Said, Sentences
from relto.serve.console.words import Tongue

SUBJECTS: Final = (
    "a suspended notice as {party} reads it",
    "marks of {party} at {rank}",
    "duty on {on}: {do}",
    "mediated routes from {sender} to {to}",
    "{sender} passing items of {originator} on to {many}",
)
"""What a requirement is about, beside what is in the catalogue as it is."""
RULES: Final = (
    "{count} deposits",
    "{count} deposits, each party from its own",
    "{count} deposits, {period} after",
    "{count} deposits, {period} after, each party from its own",
    "first day of month {count} after {act}",
    "last notification, by {act}",
    "{period}, then by {later}",
    "{period}, not renewed",
    "until {day}, then by {later}",
    "until {day}, not renewed",
    "{period}, {anchor}, from {act}",
    "articles {many}",
    "destroy within {period}, with a certificate",
    "destroy within {period}",
    "destroy, with a certificate",
    "{many}, through {hub}",
    "nations {many}",
    "asked from {rank} upwards",
    "the originator's consent is asked from {rank} upwards",
    "{count} of the other parties",
    "treated as {mark}",
)
"""What a text asks, with something of its own in it."""
CODES: Final[Mapping[str, str]] = {
    "signature": "on signature",
    "delivered": "once it is delivered",
    "instrument": "as an instrument says",
    "without end": "without end",
    "ends it at once": "ends it at once",
    "forbidden": "passed on to nobody else",
    "originator-consent": "passed on only with the originator's consent",
    "community": "passed on within the community",
    "asked": "asked",
    "asked at every rank": "asked at every rank",
    "the originator's consent is asked at every rank": "only with the originator's consent",
    "no-term": "no term runs",
    "term-runs": "the term runs on",
    "owed": "owed",
    "free": "free",
    "with the originator's consent": "only with the originator's consent",
    "not at all": "not at all",
    "none": "none",
}
"""What a text asks, with nothing of its own in it -> how the pages say it."""
_KEPT: Final[Mapping[str, str]] = {
    "all": "what was provided stays protected as before",
    "until-released": "protected until its originator releases it",
    "while-classified": "protected while it is classified",
    "destroy": "destroyed",
    "none": "nothing is kept: returned or destroyed",
}
WORDS: Final[Mapping[str, str]] = {
    "before-term-end": "before the end of the term",
    "after-receipt": "after receipt",
    "receipt": "its receipt",
    "sending": "its sending",
    "date": "its date",
    "signature": "signature",
    "last-notification": "the last notification",
}
"""Codes within a rule -> how the pages say them."""
_VERBATIM: Final = ("parties", "zone", "mediated scope")


def subject_said(tongue: Tongue, rule: Requirement) -> Said:
    """What a requirement is about."""
    found = _SUBJECTS.parted(rule.what)
    if found is None:
        said = tongue.say(rule.what)
        return said, "en" if said == rule.what else tongue.language
    return _SUBJECTS.put(tongue, *found), tongue.language


def rule_said(tongue: Tongue, rule: Requirement, text: str) -> Said:
    """What one side asks: `before` or `after` of a requirement. Names and marks stay, and are in no language."""
    if rule.what in _VERBATIM:
        return text, ""
    if rule.what.startswith("marks of ") and text != "none" and not text.startswith("treated as "):
        return text.replace(" or ", " / "), ""
    if rule.what.startswith("duty on ") and text != "owed":
        return "; ".join(_owed(tongue, one) for one in text.split("; ")), tongue.language
    if rule.what == "survival" and text in _KEPT:
        return tongue.say(_KEPT[text]), tongue.language
    if text in tongue.words.states and rule.what.startswith("mediated routes"):
        return tongue.words.states[text], tongue.language
    if text in CODES:
        return tongue.say(CODES[text]), tongue.language
    found = _RULES.parted(text)
    return (_RULES.put(tongue, *found), tongue.language) if found is not None else (text, "")


def _owed(tongue: Tongue, text: str) -> str:
    """`PT24H, to originator`, or one of them."""
    if text in CODES:
        return tongue.say(CODES[text])
    within, _, to = text.rpartition("to ") if "to " in text else (text, "", "")
    parts = [within_said(tongue, within.removesuffix(", "))] if within else []
    if to:
        parts.append(tongue.say("to the originator") if to == "originator" else to)
    return tongue.say(", ").join(parts)


def _period(tongue: Tongue, text: str) -> str:
    try:
        return period(tongue, parse_period(text))
    except InputError:
        return text


def _word(tongue: Tongue, text: str) -> str:
    return tongue.say(WORDS[text]) if text in WORDS else text


_SUBJECTS: Final = Sentences(
    lambda: SUBJECTS,
    names=lambda place: place in ("party", "on", "do", "sender", "originator"),
    readers={"on": occasion_said, "do": lambda tongue, text: duty_said(tongue, text)[0]},
)
_RULES: Final = Sentences(
    lambda: RULES,
    names=lambda place: place not in ("many", "mark", "rank"),
    readers={**dict.fromkeys(("act", "anchor"), _word), **dict.fromkeys(("period", "later"), _period)},
)
