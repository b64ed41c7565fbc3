"""A page of a brief as Typst: one sheet of A4, in two columns, every line with the number of its source."""

from __future__ import annotations

from typing import Final

from relto.formats.brief.page import Line, Page

FONTS: Final = {
    "en": ("Noto Sans", "Noto Sans CJK KR", "DejaVu Sans"),
    "ko": ("Noto Sans CJK KR", "Noto Sans KR", "Noto Serif CJK KR"),
    "ja": ("Noto Sans CJK JP", "Noto Sans JP", "Noto Serif CJK JP"),
}
"""The fonts that serve a language, the first that is there; of Korean and Japanese one must be."""
_HEAD: Final = """#set document(title: "{title}", date: none)
#set page(paper: "a4", margin: (x: 12mm, y: 10mm), columns: 2, footer: none)
#set text(font: ({fonts}), size: {size}pt, lang: "{language}", fallback: true)
#set par(leading: 0.42em, spacing: 0.55em, justify: false)
#set columns(gutter: 5mm)
#place(top + left, scope: "parent", float: true, clearance: 2mm)[
  #text(size: 1.5em, weight: "bold")[{shown}] #line(length: 100%, stroke: 0.4pt)
]
"""


def typst_source(page: Page, size: float) -> str:
    """The source of the page, its text `size` points high. Nothing in it is more than text: all is escaped."""
    sources: dict[str, int] = {}
    parts = [
        _HEAD.format(
            title=_quoted(page.title),
            shown=_escaped(page.title),
            fonts=", ".join(f'"{one}"' for one in FONTS[page.language]),
            size=f"{size:g}",
            language=page.language,
        )
    ]
    for section in page.sections:
        if section.title:
            parts.append(f'#text(weight: "bold")[{_escaped(section.title)}]\n')
        parts += [_line(page, one, sources) for one in section.lines]
        if not section.lines:
            parts.append(f"{_escaped(page.words.nothing)}\n")
    parts.append(f'#text(weight: "bold")[{_escaped(page.words.source)}]\n')
    told = " ".join(f"[{number}]~{_escaped(source)}" for source, number in sources.items())
    parts.append(f"#text(size: 0.72em)[{told}]\n")
    return "\n".join(parts)


def _heading(text: str) -> str:
    """A heading, never parted from what stands below it."""
    shape = 'weight: "bold", fill: rgb("#1d4f91")'
    return f"#block(above: 1.1em, below: 0.5em, sticky: true)[#text({shape})[{_escaped(text)}]]\n"


def _line(page: Page, line: Line, sources: dict[str, int]) -> str:
    number = sources.setdefault(line.source, len(sources) + 1) if line.source else 0
    marks = [page.words.unconfirmed] if line.unconfirmed else []
    marks += [line.note] if line.note else []
    doubt = f" ({_escaped(', '.join(marks))})" if marks else ""
    cited = f"#super[{number}]" if number else ""
    said = _escaped(line.text)
    if line.language != page.language:
        said = f'#text(lang: "{line.language}")[{said}]'
    head = f'#text(weight: "semibold")[{_escaped(line.head)}] ' if line.head else ""
    indent = f"#h({line.level}em)" if line.level else ""
    return f"{indent}{head}{said}{doubt}{cited}\n"


def _escaped(text: str) -> str:
    """Text as content: every sign that Typst would read as more is escaped, and what has no shape is left out."""
    shown = "".join(char if char.isprintable() else " " for char in text)
    return "".join(f"\\{char}" if char in "\\#*_`$<>@=-+/[]~'\"" else char for char in shown)


def _quoted(text: str) -> str:
    shown = "".join(char if char.isprintable() else " " for char in text)
    return shown.replace("\\", "\\\\").replace('"', '\\"')
