"""`relto approval`: releases by two persons, each known by their own account, not by the console's."""

from __future__ import annotations

from pathlib import Path

import click

from relto.adapters.people import SqlitePeople
from relto.cli.check import find_item
from relto.cli.exchange import content_beside, told_delivery, told_refusal
from relto.cli.opening import opened, password_for
from relto.cli.options import clock_option, json_option, node_option
from relto.cli.output import columns, print_json, safe, to_the_second
from relto.core.errors import ReltoError
from relto.core.timeline import Instant
from relto.node import ActRefused, Node
from relto.node.answers import approval_json
from relto.node.approval import Approval
from relto.node.people import Actor, PersonalAct, check_allowed

_account = click.option("--account", required=True, metavar="ID", help="Whose act it is: their account.")
_password_file = click.option(
    "--password-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A file (mode 600) with their password (default: asked at the terminal).",
)
_identifier = click.argument("identifier", metavar="ID")


@click.group()
def approval() -> None:
    """Releases that two persons make: one submits, a releasing authority, another person, approves.

    \b
    Example:
      relto approval submit msl-2019-10-31 --to JPN --account kim --node kor
      relto approval approve a-1f0c... --account lee --node kor
    """


@approval.command()
@click.argument("item")
@click.option("--to", required=True, metavar="P", help="The party that is to get it.")
@click.option("--via", multiple=True, metavar="P", help="The ally it goes through.")
@click.option("--purpose", default="", metavar="P", help="The purpose (default: the item's own).")
@click.option("--act", type=click.Choice(["release", "disclose"]), default="release", show_default=True)
@_account
@_password_file
@node_option
@clock_option
@json_option
def submit(
    item: str,
    to: str,
    via: tuple[str, ...],
    purpose: str,
    act: str,
    account: str,
    password_file: Path | None,
    node_dir: Path,
    at: Instant | None,
    as_json: bool,
) -> None:
    """Submit a release of ITEM: it is kept, sealed to the node itself, until another person approves it.

    \b
    Example:
      relto approval submit msl-2019-10-31 --to JPN --account kim --node kor
    """
    from relto.compose import open_people
    from relto.node.approving import submit as submit_item

    with opened(node_dir, at=at) as node:
        people = open_people(node_dir)
        try:
            actor = _signed_in(people, node, account, password_file, "submit")
            dossier = node.read_dossier()
            found = find_item(dossier, item)
            content = content_beside(found, dossier, item)
            more = {"act": act, "purpose": purpose, "via": via, "payload": content}
            _told(submit_item(node, people, actor, found, to, **more), as_json)  # type: ignore[arg-type]
        finally:
            people.close()


@approval.command(name="list")
@node_option
@json_option
def list_(node_dir: Path, as_json: bool) -> None:
    """List what waits for a second person, and what became of what did.

    \b
    Example:
      relto approval list --node kor
    """
    from relto.compose import open_people

    people = open_people(node_dir)
    found = people.approvals()
    people.close()
    if as_json:
        for one in found:
            print_json(approval_json(one))
    elif not found:
        click.echo("nothing was submitted yet; `relto approval submit ITEM --to P --account ID` puts something here")
    else:
        click.echo("\n".join(columns([_row(one) for one in found])))


@approval.command()
@_identifier
@_account
@_password_file
@node_option
@clock_option
@json_option
def approve(
    identifier: str, account: str, password_file: Path | None, node_dir: Path, at: Instant | None, as_json: bool
) -> int:
    """Approve what another has submitted, and release it; both stand in the evidence.

    \b
    Example:
      relto approval approve a-1f0c... --account lee --node kor
    """
    from relto.compose import open_people
    from relto.node.approving import approve as approve_release

    with opened(node_dir, at=at) as node:
        people = open_people(node_dir)
        try:
            actor = _signed_in(people, node, account, password_file, "release")
            _, delivery = approve_release(node, people, actor, identifier)
            return told_delivery(delivery, as_json)
        except ActRefused as refused:
            return told_refusal(node.read_dossier(), refused, as_json)
        finally:
            people.close()


@approval.command()
@_identifier
@click.option("--note", default="", metavar="TEXT", help="Why.")
@_account
@_password_file
@node_option
@clock_option
@json_option
def refuse(
    identifier: str,
    note: str,
    account: str,
    password_file: Path | None,
    node_dir: Path,
    at: Instant | None,
    as_json: bool,
) -> None:
    """Refuse what another has submitted, or withdraw what you have.

    \b
    Example:
      relto approval refuse a-1f0c... --account lee --note "the source is not cleared" --node kor
    """
    from relto.compose import open_people
    from relto.node.approving import find_approval
    from relto.node.approving import refuse as refuse_release

    with opened(node_dir, at=at) as node:
        people = open_people(node_dir)
        try:
            own = find_approval(people, identifier).by.account == account
            actor = _signed_in(people, node, account, password_file, "submit" if own else "release")
            _told(refuse_release(node, people, actor, identifier, note), as_json)
        finally:
            people.close()


def _signed_in(people: SqlitePeople, node: Node, account: str, file: Path | None, act: PersonalAct) -> Actor:
    """Who acts, once they have shown who they are, if it is their role's. What is refused is in the journal."""
    at = node.clock.interval()[1]
    found = people.check_password(account, password_for(account, file), at)
    try:
        return check_allowed(found, act)
    except ReltoError:
        people.note_refusal(account, f"{act}: not-allowed", at=at)
        raise


def _told(found: Approval, as_json: bool) -> None:
    if as_json:
        print_json(approval_json(found))
    else:
        click.echo("  ".join(_row(found)))


def _row(one: Approval) -> tuple[str, ...]:
    decided = f"{one.state} by {one.decided_by}" if one.decided_by else one.state
    became = one.transmittal or safe(one.note)
    return to_the_second(one.at), one.id, f"{safe(one.item)} to {one.to}", f"by {one.by}", decided, became
