"""The desk's words: English in the pages, Korean and Japanese from catalogues (gettext); and text fit to be shown."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal, TypeAlias

from babel.messages.pofile import read_po

from relto.formats.brief import LANGUAGES, Language
from relto.formats.brief.words import WORDS, Words

_LOCALE: Final = Path(__file__).with_name("locale")
NAMES: Final[Mapping[Language, str]] = {"en": "English", "ko": "한국어", "ja": "日本語"}
_HIDDEN: Final = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")


Domain: TypeAlias = Literal["desk", "errors"]
"""A file of texts: those of the pages, and what goes wrong."""


@lru_cache(maxsize=8)
def catalogue(language: Language, domain: Domain = "desk") -> Mapping[str, str]:
    """English text -> its translation; empty for English."""
    if language == "en":
        return {}
    with (_LOCALE / language / "LC_MESSAGES" / f"{domain}.po").open("rb") as file:
        found = read_po(file, locale=language)
    return {str(one.id): str(one.string) for one in found if one.id and one.string}


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language: the pages' words, and those of briefs for dates, states and countdowns."""

    language: Language

    def say(self, text: str, /, *, domain: Domain = "desk", **given: object) -> str:
        """A text of the pages, or of another domain, with what is given put in."""
        found = catalogue(self.language, domain).get(text, text)
        return found.format(**given) if given else found

    @property
    def words(self) -> Words:
        """How dates, states and countdowns are said."""
        return WORDS[self.language]


def tongue_of(asked: str, accepted: str) -> Tongue:
    """The language that was chosen, or the first that the browser accepts, or English."""
    if asked in LANGUAGES:
        return Tongue(asked)
    for part in accepted.split(",")[:10]:
        name = part.partition(";")[0].strip().lower()[:2]
        if name in LANGUAGES:
            return Tongue(name)
    return Tongue("en")


def shown(text: object) -> str:
    """Data as text that a page may show: nothing in it hides, or turns the direction of what stands beside it."""
    return "".join(
        char if unicodedata.category(char) not in _HIDDEN else " " if char in "\t\n\r" else "\N{REPLACEMENT CHARACTER}"
        for char in str(text)
    )
