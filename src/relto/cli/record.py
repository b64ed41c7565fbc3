"""`relto record`: whether the peers hold the same record as this node."""

from __future__ import annotations

from pathlib import Path

import click

from relto.cli.opening import opened
from relto.cli.options import clock_option, json_option, node_option
from relto.cli.output import print_json
from relto.core.dossier import Dossier
from relto.core.timeline import Instant
from relto.node.answers import difference_json
from relto.node.difference import Difference


@click.group()
def record() -> None:
    """The record of an agreement here, beside that of a peer.

    \b
    Example:
      relto record differences --node jpn
      relto record compare KOR --node jpn
    """


@record.command("differences")
@node_option
@json_option
def list_(node_dir: Path, as_json: bool) -> None:
    """The agreements of which a peer holds another record, as found at the last contact. Until they are the same, the
    stricter of the two holds for what goes between them.

    \b
    Example:
      relto record differences --node jpn
    """
    from relto.node.records import differences

    with opened(node_dir, unlocked=False) as node, node.store.read() as reading:
        _told(differences(node, reading), node.dossier(reading), as_json, "no peer is known to hold another record")


@record.command()
@click.argument("peer")
@node_option
@clock_option
@json_option
def compare(peer: str, node_dir: Path, at: Instant | None, as_json: bool) -> None:
    """Ask PEER now which records it holds. What only one has and its makers have signed, the other takes in, where it
    still has the effect that it says; what differs then is told, and is for people to settle. Exit 3 where it does.

    \b
    Example:
      relto record compare KOR --node jpn
    """
    from relto.core.errors import Refused
    from relto.node.records import compare_records

    with opened(node_dir, at=at) as node:
        found = compare_records(node, peer)
        _told(found, node.read_dossier(), as_json, f"{peer} holds the same records")
    if found:
        raise Refused(
            f"{peer} holds another record of {', '.join(one.agreement for one in found)}",
            remedy="agree on which is right: sign what is missing anew, or restore the file that was changed",
        )


def _told(found: list[Difference], dossier: Dossier, as_json: bool, none: str) -> None:
    for one in found:
        if as_json:
            print_json(difference_json(one, dossier))
            continue
        click.echo(f"{one}, found {one.at}")
        here, there = one.apart_from(dossier)
        for says, names in (("only here", here), (f"only with {one.peer}", there)):
            if names:
                click.echo(f"  {says}: {', '.join(names)}")
    if not found and not as_json:
        click.echo(none)
