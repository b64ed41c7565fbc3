"""A document: text for people, in a language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from relto.core.errors import InputError

MAX_TEXT: Final = 1 << 20
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Document:
    """Text for people. `language` is a tag such as `ko` (BCP 47), empty where unknown. Raises InputError."""

    text: str
    title: str = ""
    language: str = ""

    def __post_init__(self) -> None:
        if len(self.text) > MAX_TEXT:
            raise InputError(f"a document of {len(self.text)} signs", remedy=f"give at most {MAX_TEXT}, or a file")
        if self.language and not _LANGUAGE.fullmatch(self.language):
            raise InputError(f"`{self.language[:60]}` is no language", remedy="write a tag such as `ko` or `en`")
