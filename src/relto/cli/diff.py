"""`relto agreement diff`: what another text, or another date, would change."""

from __future__ import annotations

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
from relto.cli.output import both_clocks, print_json, safe
from relto.core.agreement import Agreement
from relto.core.decision.difference import (
    Change,
    Difference,
    Question,
    Side,
    answer,
    change_lines,
    requirement_sentence,
    settle,
)
from relto.core.dossier import Dossier
from relto.core.errors import InputError, NotFound
from relto.core.timeline import Instant, parse_instant


@click.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@at_option
@reading_option
@known_by_option
@source_option
@json_option
def diff(
    a: str,
    b: str,
    at: Instant | None,
    reading: str | None,
    known_by: Instant | None,
    dossier_dir: Path | None,
    as_json: bool,
) -> None:
    """What may be released under B and not under A, and the other way round; with the articles that cause it.

    A and B are of one agreement: its id (the record as it is), a version ID@N, a FILE with another text of it (as if it
    had governed on the same record), or the record at an instant ID@T. An id beside a version is the first version.
    Texts are compared at --at; where neither is in force then, as if both were.

    \b
    Example:
      relto agreement diff kor-jpn-2016@2019-11-22T14:59Z kor-jpn-2016@2019-11-22T15:00Z --known-by 2019-11-18T00:00Z
      relto agreement diff kor-jpn-2016 amended.yaml --at 2019-11-18T09:00+09:00
      relto agreement diff health-dua health-dua@2 --at 2024-07-15T00:00-04:00 --json
    """
    dossier = open_dossier(dossier_dir)
    check_reading(dossier, reading)
    sides = (_side(dossier, a), _side(dossier, b))
    asked = settle(dossier, sides, now=now(), at=at, reading=reading, known_by=known_by)
    found = answer(asked)
    if as_json:
        _print_json(asked, found)
    else:
        _print(asked, found)


def _side(dossier: Dossier, given: str) -> Side:
    """What A or B names."""
    if given.endswith((".yaml", ".yml")):
        return _file(dossier, given)
    name, mark, rest = given.partition("@")
    if mark and rest.isascii() and rest.isdigit():
        versions = dossier.versions(name)
        found = next((text for text in versions if str(text.version) == rest), None)
        if found is None:
            known = ", ".join(f"{name}@{text.version}" for text in versions)
            raise NotFound(f"no version {rest[:10]} of `{name}` in the dossier", remedy=f"there are: {known}")
        return Side(given, name, "version", text=found)
    if mark:
        dossier.versions(name)
        try:
            return Side(given, name, "date", at=parse_instant(rest))
        except InputError as error:
            raise InputError(f"`{given[:80]}`: {error.message}", remedy=error.remedy) from error
    if "/" in given:
        return _file(dossier, given)
    return Side(given, dossier.versions(given)[0].id, "record")


def _file(dossier: Dossier, given: str) -> Side:
    from relto.adapters.folder import load_text

    text = load_text(given, dossier)
    return Side(given, text.id, "file", text=text)


def _print(asked: Question, found: Difference) -> None:
    zone = asked.zone
    sides = [_named(side, text) for side, text in zip(asked.sides, asked.texts, strict=True)]
    if asked.at[0] == asked.at[1]:
        click.echo(safe(f"{asked.agreement}: {sides[0]} and {sides[1]}, at {both_clocks(asked.at[0], zone)}"))
    else:
        told = [f"{side} at {both_clocks(at, zone)}" for side, at in zip(sides, asked.at, strict=True)]
        click.echo(safe(f"{asked.agreement}: {told[0]} and {told[1]}"))
    read = f"as {asked.reading} reads it" if asked.reading else "as each sender reads it"
    click.echo(read + (f", as known by {both_clocks(asked.known_by, zone)}" if asked.known_by else ""))
    if asked.as_if:
        click.echo("not in force between these parties then: compared as if in force between them all")
    if found.nothing:
        click.echo(f"\nno difference in {found.compared} combinations")
        return
    _print_changes("becomes releasable", found.begins, asked, found)
    _print_changes("no longer releasable", found.ceases, asked, found)
    if found.requirements:
        click.echo("\nchanged requirements")
        for requirement in found.requirements:
            click.echo("  " + safe(requirement_sentence(requirement, asked.agreement)))
    begin, cease = (sum(one.count for one in changes) for changes in (found.begins, found.ceases))
    click.echo(
        f"\nof {found.compared} combinations {begin} become releasable, {cease} cease to be, "
        f"{found.on_other_grounds} stay refused on other grounds"
    )


def _named(side: Side, text: Agreement) -> str:
    kinds = {"record": "the record as it is", "date": "the record", "file": side.given, "version": "version"}
    said = kinds[side.kind]
    return f"version {text.version}" if side.kind == "version" else f"{said} (version {text.version})"


def _print_changes(heading: str, changes: tuple[Change, ...], asked: Question, found: Difference) -> None:
    if changes:
        click.echo(f"\n{heading}")
    for line in change_lines(changes, found.scale, asked.agreement):
        click.echo("  " + safe(line))


def _print_json(asked: Question, found: Difference) -> None:
    from relto.formats.differences import DIFF_SCHEMA, difference_json

    before, after = (
        {
            "given": side.given,
            "kind": side.kind,
            "version": text.version,
            "digest": text.digest,
            "at": str(at),
        }
        for side, text, at in zip(asked.sides, asked.texts, asked.at, strict=True)
    )
    print_json(
        {
            "schema": DIFF_SCHEMA,
            "agreement": asked.agreement,
            "before": before,
            "after": after,
            "reading": asked.reading,
            "known_by": str(asked.known_by) if asked.known_by else None,
            "as_if_in_force": asked.as_if,
            **difference_json(found, asked.agreement),
        }
    )
