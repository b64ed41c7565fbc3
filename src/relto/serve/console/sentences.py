"""English sentences of the core and the node in the reader's language: each after a pattern, what it names taken over.

A pattern is a text of the catalogue, such as `no item {item} in the dossier`. What a place of it holds stays as it was,
or is itself said in the reader's language where the place's name has a reader. What is after no pattern stays English.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Final, TypeAlias

from relto.serve.console.words import Domain, Tongue

Said: TypeAlias = tuple[str, str]
"""A text, and the language that it is in."""
Reader: TypeAlias = Callable[[Tongue, str], str]
"""Says what stands in a place of a pattern; gives it back where it cannot."""

_NAME: Final = r"\S{1,100}?"
_WORDS: Final = ".{0,300}?"
_LONGEST: Final = 600


class Sentences:
    """Patterns, and what a sentence is after. `names`: the places that hold one word each; every other may hold any
    text. `readers`: by the name of the place."""

    def __init__(
        self,
        patterns: Callable[[], Iterable[str]],
        *,
        names: Callable[[str], bool],
        readers: Mapping[str, Reader],
        domain: Domain = "desk",
    ) -> None:
        self._patterns, self._names, self._readers, self._domain = patterns, names, readers, domain

    def said(self, tongue: Tongue, says: str) -> Said:
        """A sentence in the reader's language, and the language that it is in: English where it is after no pattern."""
        found = self.parted(says) if tongue.language != "en" else None
        if found is None:
            return says, "en"
        return self.put(tongue, *found), tongue.language

    def put(self, tongue: Tongue, pattern: str, given: Mapping[str, str]) -> str:
        """A pattern in the reader's language, with what is given in its places."""
        read = {name: self._readers[name](tongue, text) for name, text in given.items() if name in self._readers}
        return tongue.say(pattern, domain=self._domain, **{**given, **read})

    def parted(self, says: str) -> tuple[str, dict[str, str]] | None:
        """The pattern that a sentence is after, and what stands in its places."""
        if len(says) > _LONGEST:  # a longer one is none of ours, and slow to look through
            return None
        for pattern, expression in self._expressions:
            found = expression.fullmatch(says)
            if found is not None:
                return pattern, found.groupdict()
        return None

    @cached_property
    def _expressions(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        """One that goes on after another sentence before that, and one with more words of its own before others."""
        patterns = sorted(
            self._patterns(), key=lambda one: (not one.startswith("{inner}"), -len(re.sub(r"\{\w+\}", "", one)))
        )
        return tuple((one, re.compile(self._expression(one), re.DOTALL)) for one in patterns)

    def _expression(self, pattern: str) -> str:
        parts, pieces, known = re.split(r"\{(\w+)\}", pattern), list[str](), set[str]()
        for place, part in enumerate(parts):
            if not place % 2:
                pieces.append(re.escape(part))
            elif part in known:
                pieces.append(f"(?P={part})")
            else:
                known.add(part)
                pieces.append(f"(?P<{part}>{_NAME if self._names(part) else _WORDS})")
        return "".join(pieces)
