"""A page printed: Typst in this process, on one sheet; the same page gives the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from relto.core.errors import InputError

SIZES: Final = (9.0, 8.5, 8.0, 7.5, 7.0, 6.5, 6.0, 5.5, 5.0)
"""Points, the largest first: the first at which everything is on one sheet."""


def one_sheet(source: Callable[[float], str], fonts: Sequence[str], language: str) -> bytes:
    """Print what `source` gives for a size of text, as PDF, at the largest size at which it is one sheet.

    `fonts`: one of them must be there, where `language` is not one that every machine can write. Raises InputError
    where Typst or a font is missing, or one sheet is not enough.
    """
    try:
        import typst
    except ImportError as error:
        raise InputError("no Typst, which prints", remedy="install relto with its extra `pdf`") from error
    found: Any = typst.Fonts()
    if language != "en" and not set(fonts) & set(found.families()):
        raise InputError(
            f"no font that writes `{language}`", remedy=f"install one of {', '.join(fonts)} (Debian: fonts-noto-cjk)"
        )
    for size in SIZES:
        text = source(size).encode("utf-8")
        pages = typst.compile(text, format="svg")
        if not isinstance(pages, list) or len(pages) == 1:
            printed = typst.compile(text, format="pdf", timestamp=0)
            assert isinstance(printed, bytes)
            return printed
    raise InputError("the brief does not fit one sheet", remedy="ask for it without --pdf")
