"""`relto sufficiency`: who would know of a launch when, and whether that is soon enough."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click

from relto.cli.options import dossier_option, json_option, known_by_option, open_dossier, shipped_dossier
from relto.cli.output import columns, print_json, safe, write_file
from relto.cli.worlds import world_of, world_options
from relto.core.analysis.sufficiency import Assessment, Assumptions, Launch, NotAssessable, Sufficiency, assess
from relto.core.analysis.sufficiency.knowing import ROUTES
from relto.core.analysis.world import in_world
from relto.core.errors import InputError, NotFound
from relto.core.timeline import Instant
from relto.formats.analysis.sufficiency import (
    HOLDS_WORDS,
    LABEL,
    ROUTE_WORDS,
    assessment_json,
    flip_sentence,
    known_words,
    span,
    summary,
)


@click.command()
@click.option(
    "--assumptions",
    "assumed_files",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Assumptions (default: the shipped notional ones); several: the verdict must hold in each.",
)
@click.option("--launches", type=click.Path(path_type=Path), metavar="FILE", help="Launches, CSV (default: of 2019).")
@click.option("--launch", "only", metavar="ID", help="One launch, with every route and what would flip the verdict.")
@click.option(
    "--agreement",
    metavar="ID",
    help="Which agreement another world is about (default: that between those who need a warning).",
)
@click.option("--svg", type=click.Path(path_type=Path), metavar="FILE", help="Draw it: one launch, or all.")
@world_options
@known_by_option
@dossier_option
@json_option
def sufficiency(
    assumed_files: tuple[Path, ...],
    launches: Path | None,
    only: str | None,
    agreement: str | None,
    svg: Path | None,
    known_by: Instant | None,
    dossier_dir: Path | None,
    as_json: bool,
    **otherwise: Any,
) -> None:
    """Is what a party obtains alone and through the ally sufficient? Who would know when, by each route: a model.

    Each verdict is a band over the assumptions, and names the one that would flip it. Stations in the shipped files are
    notional; give your own. The agreements say which routes are open at each launch; --lapse and its like ask about
    another world.

    \b
    Example:
      relto sufficiency
      relto sufficiency --launch 2019-10-31-01 --lapse 2019-10-01T00:00+09:00
      relto sufficiency --assumptions mine.yaml --launches launches.csv --json
    """
    sets, record = _sets(assumed_files), _record(launches, only)
    recorded = open_dossier(dossier_dir)
    world = world_of(recorded, agreement, otherwise, between=frozenset(sets[0].need))
    dossier = in_world(recorded, world)
    if svg is not None and len(sets) > 1:
        raise InputError("one picture of several sets of assumptions", remedy="draw each by itself")
    for assumed in sets:
        found = list(assess(record, assumed, dossier, known_by=known_by))
        if svg is not None:
            _draw(svg, found, assumed, whole=only is not None)
        if as_json:
            for one in found:
                print_json(assessment_json(one, assumed))
        else:
            _print(found, assumed, str(world), whole=only is not None)


def _sets(files: tuple[Path, ...]) -> list[Assumptions]:
    from relto.adapters.folder import read_limited
    from relto.formats.analysis.assumptions import read_assumptions

    chosen = files or (shipped_dossier() / "assumptions" / "notional.yaml",)
    return [read_assumptions(str(file), read_limited(file)) for file in chosen]


def _record(launches: Path | None, only: str | None) -> list[Launch]:
    from relto.adapters.folder import read_limited
    from relto.formats.analysis.launches import MAX_CSV, read_launches

    place = launches or shipped_dossier() / "launches" / "2019.csv"
    record = list(read_launches(str(place), read_limited(place, limit=MAX_CSV)))
    if only is None:
        return record
    found = [one for one in record if one.id == only]
    if not found:
        raise NotFound(f"no launch `{only[:60]}` in `{place}`", remedy="look at its first column")
    return found


def _draw(svg: Path, found: list[Assessment | NotAssessable], assumed: Assumptions, *, whole: bool) -> None:
    from relto.formats.analysis.sufficiency_svg import launch_svg, launches_svg

    one = found[0] if whole else None
    if isinstance(one, NotAssessable):
        raise InputError(f"`{one.launch.id}` cannot be assessed: {one.why}", remedy="draw another launch")
    write_file(svg, launches_svg(found, sorted(assumed.need)) if one is None else launch_svg(one))
    click.echo(f"wrote {svg}", err=True)


def _print(found: list[Assessment | NotAssessable], assumed: Assumptions, world: str, *, whole: bool) -> None:
    parties = sorted(assumed.need)
    notional = " (NOTIONAL)" if assumed.notional else ""
    click.echo(safe(LABEL))
    click.echo(safe(f"assumptions: {assumed.title}{notional}"))
    click.echo(safe(f"world: {world}"))
    click.echo()
    if whole:
        for one in found:
            _print_whole(one)
        return
    rows = [("launch", "flight", *(f"{party}: left without the pact" for party in parties), "would flip")]
    rows += [_row(one) for one in found if isinstance(one, Assessment)]
    click.echo("\n".join(columns(rows)))
    left_out = [one for one in found if isinstance(one, NotAssessable)]
    if left_out:
        click.echo(f"\nnot assessable: {len(left_out)}")
        for why, count in sorted(Counter(one.why for one in left_out).items()):
            names = [one.launch.id for one in left_out if one.why == why]
            more = f", and {count - 4} more" if count > 4 else ""
            click.echo(safe(f"  {count} {why}: {', '.join(names[:4])}{more}"))
    click.echo("\nalone and through the ally")
    click.echo("\n".join(columns(summary(found, parties), indent="  ")))


def _row(one: Assessment) -> tuple[str, ...]:
    cells = [f"{_word(party)} {span(party.left[0], party.left[2])}" for party in one.parties]
    flips = [f"{party.party}: {party.flips[0].assumption}" for party in one.parties]
    return (one.launch.id, f"{one.flight:.0f} s", *cells, ", ".join(flips))


def _word(one: Sufficiency) -> str:
    return {"in all": "sufficient", "in none": "INSUFFICIENT", "in some": "DEPENDS"}[one.holds]


def _print_whole(found: Assessment | NotAssessable) -> None:
    launch: Launch = found.launch
    click.echo(safe(f"{launch.id}  {launch.missile}  {launch.at or 'time unknown'}"))
    if isinstance(found, NotAssessable):
        click.echo(safe(f"  not assessable: {found.why}"))
        return
    click.echo(
        f"  flies {found.flight:.0f} s by the model"
        + (
            safe(f"; it left the ballistic arc ({launch.manoeuvre}), which the model does not know")
            if launch.manoeuvre
            else ""
        )
    )
    if launch.source:
        click.echo(safe(f"  source: {launch.source}"))
    for one in found.parties:
        said = "sufficient" if one.sufficient else "insufficient"
        click.echo(f"\n  {one.party}: alone and through the ally {said}, {HOLDS_WORDS[one.holds]}")
        rows = [(ROUTE_WORDS[route], known_words(one, route)) for route in ROUTES]
        rows += [
            ("warning time left", span(one.left[0], one.left[2])),
            ("with the pact", span(one.left_with_pact[0], one.left_with_pact[2])),
            ("needed", span(one.need[0], one.need[2])),
        ]
        click.echo("\n".join(columns(rows, indent="    ")))
        for flip in one.flips:
            click.echo(f"    {flip_sentence(flip, one.sufficient)}")
