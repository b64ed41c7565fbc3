"""`relto brief`: what a desk needs to know at an instant."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
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
from relto.cli.output import both_clocks, columns, doubt, print_json, safe
from relto.core.analysis import Brief, countdown
from relto.core.analysis import brief as make_brief
from relto.core.dossier import ChronicleEntry
from relto.core.timeline import Instant

_WIDTH = 110


@click.command()
@at_option
@reading_option
@known_by_option
@source_option
@json_option
def brief(
    at: Instant | None, reading: str | None, known_by: Instant | None, dossier_dir: Path | None, as_json: bool
) -> None:
    """What a desk needs to know at an instant: standings, deadlines, who says what. Nothing in it is later.

    \b
    Example:
      relto brief --at 2019-11-18T09:00+09:00
    """
    from relto.formats.answers import brief_json

    dossier = open_dossier(dossier_dir)
    check_reading(dossier, reading)
    told = make_brief(dossier, at or now(), reading=reading, known_by=known_by)
    if as_json:
        print_json(brief_json(told))
        return
    click.echo("\n".join(brief_lines(told)))


def brief_lines(told: Brief) -> list[str]:
    """The brief as text."""
    lines = [f"BRIEF as of {both_clocks(told.at, told.zone)}", ""]
    for one in told.agreements:
        unsure = any(ground.unconfirmed for ground in one.standing.grounds)
        lines.append(f"{one.standing.agreement}  {safe(one.title)}")
        lines.append(f"    {one.sentence}{doubt(unsure)}")
        lines += [f"    {party} reads it otherwise: {said}" for party, said in one.others]
    lines += _section("DUE NEXT", columns(_due_rows(told), indent="  "))
    lines += _section("WHO SAYS WHAT (last 30 days)", _entries(told.statements))
    lines += _section("MEETINGS (last 30 days)", _entries(told.meetings))
    lines += _section("INCIDENTS (last 12 months)", _entries(told.incidents))
    lines += _section("MEASURES (last 12 months)", _entries(told.measures))
    lines += _section("EXCHANGED (last 12 months)", _entries(told.exchanges))
    return lines


def _due_rows(told: Brief) -> list[tuple[str, ...]]:
    return [
        (
            both_clocks(one.at, one.zone),
            f"in {countdown(told.at, one.at)}",
            one.agreement,
            f"{one.says}, article {one.article}{doubt(one.unconfirmed)}",
        )
        for one in told.due
    ]


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", title, *(lines or ["  nothing on record"])]


def _entries(entries: Sequence[ChronicleEntry]) -> list[str]:
    lines: list[str] = []
    for entry in reversed(entries):
        who = " and ".join(entry.by) + (f", {entry.speaker}" if entry.speaker else "")
        handled = f" ({entry.handled})" if entry.handled else ""
        says = entry.says or f"{entry.kind} about {' and '.join(entry.about)}"
        lines += _wrapped(f"{entry.at}  {who or 'on record'}: {says}{handled}{doubt(entry.unconfirmed)}", "  ")
        for claim in entry.claims:
            lines += _wrapped(f"{claim.by} says: {claim.says}{doubt(claim.unconfirmed)}", "      ")
            lines += _source(claim.source)
        lines += [] if any(claim.source for claim in entry.claims) else _source(entry.source)
    return lines


def _source(source: str) -> list[str]:
    return _wrapped(f"source: {source}", "      ") if source else []


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        safe(text), _WIDTH, initial_indent=indent, subsequent_indent=indent + "    ", break_long_words=False
    )
