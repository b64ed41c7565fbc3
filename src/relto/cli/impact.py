"""`relto impact`: what becomes of traffic in another state of the world."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from relto.cli.options import INSTANT, json_option, known_by_option, open_dossier, source_option
from relto.cli.output import both_clocks, columns, print_json, safe, write_file
from relto.cli.worlds import world_of, world_options
from relto.core.analysis.impact import Impact, Traffic, impact
from relto.core.analysis.impact.delay import Delays
from relto.core.analysis.world import World, in_world
from relto.core.dossier import Dossier
from relto.core.errors import InputError
from relto.core.timeline import Instant
from relto.formats.analysis.impact import WORDS, article_rows, by_rows, change_json, impact_json, turn_rows

_SHOWN = 40


@click.command("impact")
@click.argument("agreement", metavar="ID")
@world_options
@click.option("--from", "start", type=INSTANT, metavar="T", help="Traffic from T on (default: all).")
@click.option("--to", "end", type=INSTANT, metavar="T", help="Traffic before T (default: all).")
@click.option("--traffic", type=click.Path(path_type=Path), metavar="FILE", help="Traffic, CSV: item,from,to,at.")
@click.option("--assumptions", type=click.Path(path_type=Path), metavar="FILE", help="What each way takes, for delays.")
@click.option("--link", "link_from", type=INSTANT, metavar="T", help="A real-time link through the ally from T on.")
@click.option("--svg", type=click.Path(path_type=Path), metavar="FILE", help="Draw it, day by day.")
@click.option("--rows", is_flag=True, help="Every movement, not only those whose outcome differs.")
@known_by_option
@source_option
@json_option
def impact_command(
    agreement: str,
    svg: Path | None,
    rows: bool,
    known_by: Instant | None,
    dossier_dir: Path | None,
    as_json: bool,
    **asked: Any,
) -> None:
    """What becomes of traffic in another world of agreement ID: lost, through the ally, or as recorded.

    The other world: --lapse T (it ends then), --without INSTRUMENT (never made), --with RECORD, --text FILE, --absent.
    The traffic: --traffic FILE; with --node, all that the node decided to release; else every item of the dossier as if
    released when it was made. Each row is decided in both worlds; the comparison is exact.

    \b
    Example:
      relto impact kor-jpn-2016 --lapse 2019-11-23T00:00+09:00
      relto impact kor-jpn-2016 --without n002 --from 2019-11-01T00:00+09:00 --to 2020-01-01T00:00+09:00
      relto impact kor-jpn-2016 --absent --traffic traffic.csv --json
    """
    recorded = open_dossier(dossier_dir)
    delays = _delays(asked.pop("assumptions"), asked.pop("link_from"))
    moved = _traffic(recorded, asked.pop("traffic"), asked.pop("start"), asked.pop("end"))
    world = world_of(recorded, agreement, asked)
    if world.recorded:
        raise InputError("no other world is asked about", remedy="give --lapse T, --without INSTRUMENT or another")
    zone = recorded.versions(agreement)[0].zone
    found = impact(moved, recorded, in_world(recorded, world), known_by=known_by, zone=zone)
    if svg is not None:
        from relto.formats.analysis.impact_svg import impact_svg

        write_file(svg, impact_svg(found, world, zone))
        click.echo(f"wrote {svg}", err=True)
    if as_json:
        print_json(impact_json(found, world, delays))
        for change in found.rows() if rows else found.changes():
            print_json(change_json(change, delays))
        return
    _print(found, world, delays, zone, whole=rows)


def _traffic(dossier: Dossier, file: Path | None, start: Instant | None, end: Instant | None) -> Traffic:
    if start is not None and end is not None and end <= start:
        raise InputError("--to is not after --from", remedy="give a time that is longer than nothing")
    return _all_traffic(dossier, file).between(start, end)


def _all_traffic(dossier: Dossier, file: Path | None) -> Traffic:
    from relto.formats.analysis.traffic import MAX_TRAFFIC, dossier_traffic, read_traffic

    if file is not None:
        from relto.adapters.folder import read_limited

        return read_traffic(str(file), read_limited(file, limit=MAX_TRAFFIC), dossier)
    from relto.cli.options import asked_node

    node_dir = asked_node()
    if node_dir is not None:
        from relto.cli.node_traffic import node_traffic

        return node_traffic(node_dir)
    return dossier_traffic(dossier)


def _delays(assumptions: Path | None, link_from: Instant | None) -> Delays | None:
    if assumptions is None and link_from is None:
        return None
    from relto.adapters.folder import read_limited
    from relto.cli.options import shipped_dossier
    from relto.formats.analysis.assumptions import read_assumptions

    place = assumptions or shipped_dossier() / "assumptions" / "notional.yaml"
    return Delays.of(read_assumptions(str(place), read_limited(place)), link_from)


def _print(found: Impact, world: World, delays: Delays | None, zone: str, *, whole: bool) -> None:
    click.echo(safe(f"{len(found.traffic)} movements, as recorded and if {world}"))
    if not len(found.traffic):
        click.echo("no traffic in that time; name a file in --traffic, or another --from and --to")
        return
    click.echo("\n".join(columns(turn_rows(found.total), indent="  ")))
    for heading, counted, named in (
        ("by topic", found.topics, str),
        ("by rank", found.ranks, str),
        ("from and to", found.parties, lambda pair: f"{pair[0]} to {pair[1]}"),
        ("by day", found.days, str),
    ):
        if len(counted) <= _SHOWN:
            click.echo(f"\n{heading}")
            click.echo("\n".join(columns(by_rows(counted, named), indent="  ")))
        else:
            click.echo(f"\n{heading}: {len(counted)}, of which --json gives each")
    if found.articles:
        click.echo("\nrefused for")
        click.echo("\n".join(columns(article_rows(found), indent="  ")))
    if delays is not None:
        _print_delays(delays)
    _print_changes(found, zone, whole=whole)


def _print_delays(delays: Delays) -> None:
    ways = [("straight", delays.direct), ("through the ally", delays.mediated)]
    if delays.link_from is not None:
        ways.append((f"through the ally from {delays.link_from} on", delays.mediated_linked))
    click.echo("\nwhat a way takes, by assumption (model output)")
    rows = [(name, f"{low:.0f} to {high:.0f} s, nominally {usual:.0f} s") for name, (low, usual, high) in ways]
    click.echo("\n".join(columns(rows, indent="  ")))


def _print_changes(found: Impact, zone: str, *, whole: bool) -> None:
    rows = []
    for number, change in enumerate(found.rows() if whole else found.changes()):
        if number == _SHOWN and not whole:
            rows.append(("...", "", "", "--rows gives every one"))
            break
        one = change.movement
        why = ", ".join(f"{of} {article}".strip() for _, of, article in change.after.failed)
        words = WORDS[change.before.outcome, change.after.outcome]
        rows.append(
            (
                one.id,
                f"{one.sender} to {one.recipient}",
                both_clocks(one.at, zone),
                f"{words} ({why})" if why else words,
            )
        )
    click.echo("\nevery movement" if whole else "\nmovements whose outcome differs")
    click.echo("\n".join(columns(rows, indent="  ")) if rows else "  none")
