"""`relto facilities`: who is responsible for each own facility (article 10), and who stands in its register (6(e))."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from relto.cli.opening import opened
from relto.cli.options import at_option, by_option, clock_option, json_option, node_option
from relto.cli.output import columns, print_json, safe, to_the_second
from relto.core.register import Site
from relto.core.timeline import Instant
from relto.formats.controls import facility_json
from relto.node.node import Node


@click.group()
def facilities() -> None:
    """Own facilities: their officials, and their registers of cleared and authorised persons.

    \b
    Example:
      relto facilities list --node jpn
      relto facilities appoint ichigaya --official jpn-security-1 --task "documents" --by jpn-chief --node jpn
    """


@facilities.command()
@click.argument("facility")
@click.option("--official", required=True, metavar="WHO", help="Who is responsible.")
@click.option("--task", required=True, metavar="TEXT", help="For what.")
@by_option
@node_option
@clock_option
@json_option
def appoint(
    facility: str, official: str, task: str, by: str, node_dir: Path, at: Instant | None, as_json: bool
) -> None:
    """Enter who is responsible at FACILITY, one of the party's file, from now on.

    \b
    Example:
      relto facilities appoint ichigaya --official jpn-security-1 --task "documents" --by jpn-chief --node jpn
    """
    from relto.node.facilities import name_official

    _done(node_dir, at, as_json, lambda node: name_official(node, facility, official, task, by))


@facilities.command()
@click.argument("facility")
@click.option("--official", required=True, metavar="WHO", help="Who is responsible no more.")
@by_option
@node_option
@clock_option
@json_option
def relieve(facility: str, official: str, by: str, node_dir: Path, at: Instant | None, as_json: bool) -> None:
    """Enter that somebody is responsible at FACILITY no more.

    \b
    Example:
      relto facilities relieve ichigaya --official jpn-security-1 --by jpn-chief --node jpn
    """
    from relto.node.facilities import relieve_official

    _done(node_dir, at, as_json, lambda node: relieve_official(node, facility, official, by))


@facilities.command()
@click.argument("facility")
@click.option("--person", required=True, metavar="WHO", help="Who is cleared and authorised there.")
@by_option
@node_option
@clock_option
@json_option
def enrol(facility: str, person: str, by: str, node_dir: Path, at: Instant | None, as_json: bool) -> None:
    """Enter a person in the register of FACILITY. Once one is kept here, nothing is opened there for anybody else.

    \b
    Example:
      relto facilities enrol ichigaya --person jpn-analyst-7 --by jpn-security-1 --node jpn
    """
    from relto.node import facilities as acts

    _done(node_dir, at, as_json, lambda node: acts.enrol(node, facility, person, by))


@facilities.command()
@click.argument("facility")
@click.option("--person", required=True, metavar="WHO", help="Who is authorised there no more.")
@click.option("--says", required=True, metavar="TEXT", help="Why.")
@by_option
@node_option
@clock_option
@json_option
def strike(facility: str, person: str, says: str, by: str, node_dir: Path, at: Instant | None, as_json: bool) -> None:
    """Strike a person off the register of FACILITY: from now on nothing is opened there for them.

    \b
    Example:
      relto facilities strike ichigaya --person jpn-analyst-7 --says "transferred" --by jpn-security-1 --node jpn
    """
    from relto.node import facilities as acts

    _done(node_dir, at, as_json, lambda node: acts.strike(node, facility, person, says, by))


@facilities.command("list")
@at_option
@node_option
@json_option
def list_(at: Instant | None, node_dir: Path, as_json: bool) -> None:
    """Each own facility: who is and was responsible, and who stands in the register that is kept here.

    \b
    Example:
      relto facilities list --node jpn
    """
    with opened(node_dir, unlocked=False) as node, node.store.read() as reading:
        when = at or node.clock.interval()[1]
        found = [one for one in reading.controls("facility") if isinstance(one, Site)]
        known = {one.id for one in node.dossier(reading).parties[node.party].facilities}
    for one in found:
        _tell(one, when, as_json)
    for name in sorted(known - {one.id for one in found}):
        if not as_json:
            click.echo(f"{safe(name)}\n  official  none is named")


def _done(node_dir: Path, at: Instant | None, as_json: bool, act: Callable[[Node], Site]) -> None:
    with opened(node_dir, at=at) as node:
        found, when = act(node), node.clock.interval()[1]
    _tell(found, when, as_json)


def _tell(site: Site, at: Instant, as_json: bool) -> None:
    if as_json:
        print_json(facility_json(site, at))
        return
    click.echo(safe(site.id))
    facts = [
        ("official", f"{one.official}, {one.task}, since {to_the_second(one.since)}{_until(one.until)}")
        for one in site.offices
    ]
    if not site.officials(at):
        facts.append(("official", "none is named"))
    if site.keeps_register:
        facts.append(("register", ", ".join(site.register) or "nobody"))
    click.echo("\n".join(columns(facts, indent="  ")))


def _until(until: Instant | None) -> str:
    return "" if until is None else f" until {to_the_second(until)}"
