"""What goes wrong and what to do about it, in the reader's language: `errors.po` holds a pattern for each text.

The errors themselves are said in English: they are a contract of the command line and the machine interface.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from relto.core.errors import ReltoError
from relto.serve.console.clauses import duty_said
from relto.serve.console.grounds import ground_said
from relto.serve.console.sentences import Said, Sentences
from relto.serve.console.words import Tongue, catalogue

_SPLITS: Final = 20
_ARTICLE: Final = re.compile(r"(?P<message>.*) \(article (?P<article>[^()]{1,60}(?:\([^()]{1,60}\))*)\)", re.DOTALL)


def error_said(tongue: Tongue, text: str) -> Said:
    """The message of an error, or a remedy, in the reader's language; and the language that it is in."""
    return SENTENCES.said(tongue, text)


def wrong_said(tongue: Tongue, error: ReltoError) -> Said:
    """An error in one line: what is wrong, its article, what to do. English where any of it is."""
    if tongue.language == "en":
        return str(error), "en"
    return _joined(tongue, error.message, error.article, error.remedy) or (str(error), "en")


def told_said(tongue: Tongue, text: str) -> Said:
    """An error that was kept as its line, such as what a peer has answered."""
    parts = text.split("; ")[:_SPLITS]
    for count in range(1, len(parts) + 1):
        message, remedy = "; ".join(parts[:count]), "; ".join(parts[count:])
        found = _ARTICLE.fullmatch(message)
        cited = (found["message"], found["article"]) if found is not None else (message, "")
        if said := _joined(tongue, *cited, remedy):
            return said
    return text, "en"


def _joined(tongue: Tongue, message: str, article: str, remedy: str) -> Said | None:
    said = [error_said(tongue, one) for one in (message, remedy) if one]
    if not said or any(language == "en" for _, language in said):
        return None
    if article:
        said[0] = f"{said[0][0]} ({tongue.words.cited(article)})", tongue.language
    stop, gap = ("。", "") if tongue.language == "ja" else (".", " ")
    whole = [text if text.endswith((stop, ")")) or len(said) == 1 else text + stop for text, _ in said]
    return gap.join(whole), tongue.language


def _word(tongue: Tongue, text: str) -> str:
    """A word of the field or the house, in the words of the errors or of the pages."""
    return catalogue(tongue.language, "errors").get(text) or tongue.say(text)


def _listed(between: str) -> Callable[[Tongue, str], str]:
    return lambda tongue, text: ", ".join(_word(tongue, one) for one in text.split(between))


def _ways(tongue: Tongue, text: str) -> str:
    """`through USA or through FRA, DEU`."""
    ways = (one.removeprefix("through ") for one in text.split(" or "))
    return ", ".join(tongue.say("through {via}", via=one) for one in ways)


def _inner(tongue: Tongue, text: str) -> str:
    return error_said(tongue, text)[0]


SENTENCES: Final = Sentences(
    lambda: catalogue("ko", "errors"),
    names=lambda place: place in ("act", "check", "side", "side2", "to"),
    readers={
        **dict.fromkeys(("act", "check", "deed", "given", "how", "kind", "kind2", "missing"), _word),
        **dict.fromkeys(("asked", "role", "role2", "state", "what", "word"), _word),
        **dict.fromkeys(("cause", "error", "inner", "message", "orig", "why"), _inner),
        "roles": _listed(", "),
        "facts": _listed(", "),
        "do": lambda tongue, text: duty_said(tongue, text)[0],
        "ground": lambda tongue, text: ground_said(tongue, text)[0],
        "ways": _ways,
    },
    domain="errors",
)
