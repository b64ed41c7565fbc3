"""`relto brief`: what a desk needs to know at an instant."""

from __future__ import annotations

import textwrap
from functools import partial
from pathlib import Path

import click

from relto.cli.options import (
    at_option,
    check_reading,
    json_option,
    known_by_option,
    now,
    open_dossier,
    reading_option,
    source_option,
)
from relto.cli.output import columns, print_json, safe, width, write_file
from relto.core.analysis import Brief
from relto.core.analysis import brief as make_brief
from relto.core.dossier import Dossier
from relto.core.timeline import Instant
from relto.formats.brief import LANGUAGES, Language, Line, Page, Section, page_of

_WIDTH = 110


@click.command()
@at_option
@click.option("--lang", "language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Its language.")
@click.option("--pdf", type=click.Path(path_type=Path), metavar="FILE", help="Print it on one sheet.")
@reading_option
@known_by_option
@source_option
@json_option
def brief(
    at: Instant | None,
    language: Language,
    pdf: Path | None,
    reading: str | None,
    known_by: Instant | None,
    dossier_dir: Path | None,
    as_json: bool,
) -> None:
    """What a desk needs to know at an instant: standings, deadlines, who says what. Nothing in it is later.

    What was said in another language than the one asked for, and is not on record in it, stands as it was recorded.

    \b
    Example:
      relto brief --at 2019-11-18T09:00+09:00
      relto brief --at 2019-11-18T09:00+09:00 --lang ko --pdf brief.pdf
    """
    from relto.formats.answers import brief_json

    dossier = open_dossier(dossier_dir)
    check_reading(dossier, reading)
    told = make_brief(dossier, at or now(), reading=reading, known_by=known_by)
    page = page_of(told, dossier.parties, language)
    if pdf is not None:
        write_file(pdf, _printed(page))
        click.echo(f"wrote {pdf}", err=True)
        return
    if as_json:
        print_json(brief_json(told))
        return
    click.echo("\n".join(page_lines(page)))


def _printed(page: Page) -> bytes:
    from relto.adapters.pdf import one_sheet
    from relto.formats.brief.typst import FONTS, typst_source

    return one_sheet(partial(typst_source, page), FONTS[page.language], page.language)


def brief_lines(told: Brief, dossier: Dossier) -> list[str]:
    """The brief as text, in English."""
    return page_lines(page_of(told, dossier.parties))


def page_lines(page: Page) -> list[str]:
    """A page as text."""
    lines = [page.title]
    for section in page.sections:
        lines += ["", section.title] if section.title else [""]
        if section.key == "due":
            lines += columns(_due(page, section), indent="  ")
        elif section.key == "standings":
            for one in section.lines:
                lines += _standing(page, one)
        else:
            for one in section.lines:
                lines += _entry(page, one)
        if not section.lines:
            lines.append(f"  {page.words.nothing}")
    return lines


def _due(page: Page, section: Section) -> list[tuple[str, ...]]:
    return [
        (*one.head.split("  "), *one.text.split("  ", 1), f"{one.source}{_doubt(page, one)}") for one in section.lines
    ]


def _standing(page: Page, one: Line) -> list[str]:
    head = [safe(one.head)] if one.head else []
    source = _source(page, one, "        ") if one.head else []
    return [*head, f"    {one.text}{_doubt(page, one)}", *source]


def _entry(page: Page, one: Line) -> list[str]:
    if one.level:
        return [*_wrapped(f"{one.text}{_doubt(page, one)}", "      "), *_source(page, one, "      ")]
    return [*_wrapped(f"{one.head}: {one.text}{_doubt(page, one)}", "  "), *_source(page, one, "      ")]


def _doubt(page: Page, one: Line) -> str:
    marks = [page.words.unconfirmed] if one.unconfirmed else []
    marks += [one.note] if one.note else []
    return f" ({', '.join(marks)})" if marks else ""


def _source(page: Page, one: Line, indent: str) -> list[str]:
    return _wrapped(f"{page.words.source}: {one.source}", indent) if one.source else []


def _wrapped(text: str, indent: str) -> list[str]:
    """Lines of at most _WIDTH columns; a wide sign takes two, and a text without spaces is cut where it must be."""
    shown = safe(text)
    room = _WIDTH if width(shown) == len(shown) else _WIDTH * len(shown) // max(width(shown), 1)
    return textwrap.wrap(
        shown,
        room,
        initial_indent=indent,
        subsequent_indent=indent + "    ",
        break_long_words=width(shown) != len(shown),
    )
