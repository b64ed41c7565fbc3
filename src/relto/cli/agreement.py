"""`relto agreement`: lint, standing, timeline, deadlines; `diff` has a module of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from relto.cli.lazy import LazyGroup
from relto.cli.options import (
    INSTANT,
    at_option,
    check_reading,
    dossier_option,
    dossier_path,
    json_option,
    known_by_option,
    now,
    open_dossier,
    own_reading,
    reading_option,
    source_option,
)
from relto.cli.output import both_clocks, cited, columns, doubt, print_json, safe, write_file
from relto.core.agreement import Instrument, Segment, Standing
from relto.core.dossier import Dossier
from relto.core.errors import InputError
from relto.core.timeline import ETERNITY, GENESIS, Instant, format_local

_YEAR = 366 * 86_400_000_000_000

between_option = click.option(
    "--between", nargs=2, metavar="A B", help="For more than two parties: the standing between these two."
)


LAZY = {"diff": ("relto.cli.diff:diff", "What another text, or another date, would change, and by which articles.")}


@click.group(cls=LazyGroup, lazy=LAZY)
def agreement() -> None:
    """The legal state of agreements.

    \b
    Example:
      relto agreement standing kor-jpn-2016 --at 2019-11-18T09:00+09:00
    """


@agreement.command()
@click.argument("file", type=click.Path(path_type=Path))
@dossier_option
@json_option
def lint(file: Path, dossier_dir: Path | None, as_json: bool) -> None:
    """Check an agreement's FILE; errors with file:line:column and article.

    The parties are looked up in the dossier that FILE lies in, else in --dossier.

    \b
    Example:
      relto agreement lint agreements/kor-jpn-2016.yaml
    """
    from relto.adapters.folder import lint as lint_file

    text = lint_file(file, dossier_path(dossier_dir))
    if as_json:
        print_json(
            {"schema": "relto/lint/1", "agreement": text.id, "version": text.version, "digest": text.digest, "ok": True}
        )
        return
    click.echo(f"{text.id}, version {text.version}: no errors; digest {text.digest}")


@agreement.command()
@click.argument("identifier", metavar="ID")
@at_option
@reading_option
@known_by_option
@between_option
@source_option
@json_option
def standing(
    identifier: str,
    at: Instant | None,
    reading: str | None,
    known_by: Instant | None,
    between: tuple[str, str] | None,
    dossier_dir: Path | None,
    as_json: bool,
) -> None:
    """The legal state of agreement ID at an instant, with its grounds.

    \b
    Example:
      relto agreement standing kor-jpn-2016 --at 2019-11-18T09:00+09:00
      relto agreement standing kor-jpn-2016 --at 2021-01-01T00:00Z --reading JPN
      relto agreement standing kor-jpn-2016 --at 2019-12-01T00:00Z --known-by 2019-11-18T00:00Z
    """
    from relto.formats.answers import standing_json

    dossier = open_dossier(dossier_dir)
    at = at or now()
    reading = reading or own_reading(dossier, identifier)
    asked = dossier.standing(identifier, at, reading=reading, known_by=known_by, between=between)
    if as_json:
        print_json(standing_json(asked))
        return
    _print_standing(dossier, asked, known_by)


def _print_standing(dossier: Dossier, asked: Standing, known_by: Instant | None) -> None:
    from relto.core.analysis.brief import standing_sentence

    text = (
        dossier.history(asked.agreement, reading=asked.reading, known_by=known_by, between=asked.between)
        .phase(asked.at)
        .text
    )
    zone = text.zone
    pair = f", between {' and '.join(asked.between)}" if asked.between else ""
    known = f", as known by {both_clocks(known_by, zone)}" if known_by else ""
    click.echo(f"{text.id}  {safe(text.title)}{doubt(text.unconfirmed)}")
    click.echo(f"as of {both_clocks(asked.at, zone)}, as {asked.reading} reads it{pair}{known}\n")
    click.echo(f"  {standing_sentence(asked, zone)}")
    facts: list[tuple[str, str]] = [("state", asked.state)]
    facts += [("ends at", both_clocks(asked.ends_at, zone))] if asked.ends_at else []
    facts += [("term end", both_clocks(asked.term_end, zone))] if asked.term_end and not asked.ends_at else []
    if asked.notice_deadline:
        facts.append(("notice deadline", both_clocks(asked.notice_deadline, zone)))
    click.echo("\n".join(columns(facts, indent="  ")) + "\n")
    rows = [
        (cited(ground.article), ground.instrument or "-", ground.says + doubt(ground.unconfirmed))
        for ground in asked.grounds
    ]
    click.echo("\n".join(columns(rows, indent="  ")))
    for party in text.parties:
        other = dossier.standing(asked.agreement, asked.at, reading=party, known_by=known_by, between=asked.between)
        said = standing_sentence(other, zone)
        if said != standing_sentence(asked, zone):
            unsure = doubt(party in text.unconfirmed_readings)
            click.echo(f"\n  {party} reads it otherwise{unsure}: {said}")


@agreement.command()
@click.argument("identifier", metavar="ID")
@click.option("--from", "start", type=INSTANT, metavar="T", help="From when (default: the first instrument).")
@click.option("--to", "end", type=INSTANT, metavar="T", help="Until when (default: two years after the last).")
@click.option("--svg", type=click.Path(path_type=Path), metavar="FILE", help="Draw it as a picture.")
@at_option
@reading_option
@known_by_option
@between_option
@source_option
@json_option
def timeline(
    identifier: str,
    start: Instant | None,
    end: Instant | None,
    svg: Path | None,
    at: Instant | None,
    reading: str | None,
    known_by: Instant | None,
    between: tuple[str, str] | None,
    dossier_dir: Path | None,
    as_json: bool,
) -> None:
    """The standings of agreement ID over time, and the instruments that made them.

    \b
    Example:
      relto agreement timeline kor-jpn-2016 --reading JPN
      relto agreement timeline kor-jpn-2016 --at 2019-11-18T09:00+09:00 --svg pact.svg
    """
    from relto.formats.answers import segment_json

    dossier = open_dossier(dossier_dir)
    first = dossier.versions(identifier)[0]
    reading = reading or own_reading(dossier, identifier)
    dossier.standing(identifier, GENESIS, reading=reading, between=between)
    history = dossier.history(identifier, reading=reading, known_by=known_by, between=between)
    known = sorted(dossier.record(identifier).known(known_by), key=lambda one: (one.at.instant, one.id))
    start, end = _window(start, end, [one.at.instant for one in known], at or now())
    segments = history.timeline(start, end)
    if svg is not None:
        from relto.formats.svg import timeline_svg

        write_file(svg, timeline_svg(first, segments, known, at or now()))
    if as_json:
        for segment in segments:
            print_json(segment_json(segment))
        return
    click.echo(f"{first.id}  {safe(first.title)}, as {history.reading} reads it\n")
    _print_timeline(segments, known, first.zone)


def _print_timeline(segments: Sequence[Segment], known: Sequence[Instrument], zone: str) -> None:
    rows = [("from", "state", "term end", "notice before", "ends at")]
    for segment in segments:
        told = segment.standing
        rows.append(
            (
                format_local(segment.start, zone),
                told.state,
                format_local(told.term_end, zone) if told.term_end and not told.ends_at else "-",
                format_local(told.notice_deadline, zone) if told.notice_deadline else "-",
                format_local(told.ends_at, zone) if told.ends_at else "-",
            )
        )
    click.echo("\n".join(columns(rows, indent="  ")))
    if known:
        click.echo("\ninstruments")
        listed = [
            (str(one.at), one.id, one.kind, "by " + ", ".join(one.by), _about(one.targets) + doubt(one.unconfirmed))
            for one in known
        ]
        click.echo("\n".join(columns(listed, indent="  ")))


def _about(targets: tuple[str, ...]) -> str:
    return f"on {', '.join(targets)}" if targets else ""


def _window(start: Instant | None, end: Instant | None, known: list[Instant], at: Instant) -> tuple[Instant, Instant]:
    """The stretch to show: what was asked, else a month before the first instrument to two years after the last."""
    first, last = (known[0], known[-1]) if known else (at, at)
    start = start or Instant(max(GENESIS.ns, first.ns - _YEAR // 12))
    if end is not None and end <= start:
        raise InputError(
            f"the window ends at {end}, not after {start}", remedy="give a later --to, or an earlier --from"
        )
    return start, end or Instant(min(ETERNITY.ns, max(last.ns + 2 * _YEAR, start.ns + 1)))


@agreement.command()
@at_option
@click.option("--ics", type=click.Path(path_type=Path), metavar="FILE", help="Write them as a calendar (RFC 5545).")
@reading_option
@known_by_option
@source_option
@json_option
def deadlines(
    at: Instant | None,
    ics: Path | None,
    reading: str | None,
    known_by: Instant | None,
    dossier_dir: Path | None,
    as_json: bool,
) -> None:
    """What is due next, under every agreement, soonest first.

    \b
    Example:
      relto agreement deadlines --at 2019-08-22T00:00+09:00
      relto agreement deadlines --ics deadlines.ics
    """
    from relto.core.analysis import countdown
    from relto.core.analysis import deadlines as find_deadlines
    from relto.formats.answers import deadline_json

    dossier = open_dossier(dossier_dir)
    check_reading(dossier, reading)
    at = at or now()
    found = find_deadlines(dossier, at, reading=reading, known_by=known_by)
    if ics is not None:
        from relto.formats.ics import calendar

        write_file(ics, calendar(found, at))
    if as_json:
        for one in found:
            print_json(deadline_json(one))
        return
    if not found:
        click.echo("nothing is due: no agreement in force has a term or a notice running")
        return
    rows = [
        (
            both_clocks(one.at, one.zone),
            f"in {countdown(at, one.at)}",
            one.agreement or "-",
            cited(one.article),
            one.says + doubt(one.unconfirmed),
        )
        for one in found
    ]
    click.echo("\n".join(columns(rows)))
