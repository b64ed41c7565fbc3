"""`relto release`, `inbox`, `outbox`, `open`: items on their way."""

from __future__ import annotations

import base64
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from relto.cli.check import find_item, print_verdict
from relto.cli.medium import export, settle, take
from relto.cli.opening import opened
from relto.cli.options import clock_option, json_option, node_option, node_option_of_group
from relto.cli.output import columns, print_json, safe, to_the_second
from relto.core.decision import ACTS, Act
from relto.core.dossier import Dossier, Item
from relto.core.errors import InputError, PeerUnreachable
from relto.core.timeline import Instant
from relto.formats.answers import holding_json
from relto.node import ActRefused, Delivery, Node
from relto.node.answers import transmittal_json
from relto.node.rows import OutboxRow


@click.command()
@click.argument("item")
@click.option("--to", required=True, metavar="P", help="The party that gets it.")
@click.option("--via", multiple=True, metavar="P", help="The ally it goes through; you consent by choosing it.")
@click.option("--purpose", default="", metavar="P", help="The purpose (default: the item's own).")
@click.option("--act", type=click.Choice(ACTS[:3]), default="release", show_default=True, help="Give, show, pass on.")
@node_option
@clock_option
@json_option
def release(
    item: str,
    to: str,
    via: tuple[str, ...],
    purpose: str,
    act: Act,
    node_dir: Path,
    at: Instant | None,
    as_json: bool,
) -> int:
    """Release ITEM to a partner: decide, seal, queue, send, and keep the signed receipt.

    ITEM is an item of the node's dossier by id, a file, or a holding to pass on. --at is for rehearsal nodes only.

    \b
    Example:
      relto release msl-2019-10-31 --to JPN --node kor
      relto release msl-2019-10-31 --to JPN --via USA --node kor
    """
    from relto.node import forward
    from relto.node import release as release_item
    from relto.node.mirroring import prove_receipts

    with opened(node_dir, at=at) as node:
        with node.store.read() as reading:
            held = reading.holding(item)
            dossier = node.dossier(reading)
        if held is not None:
            _check_passing_on(act, purpose, via)
        try:
            if held is not None:
                delivery = forward(node, item, to)
            else:
                found = find_item(dossier, item)
                content = content_beside(found, dossier, item)
                delivery = release_item(node, found, to, act=act, purpose=purpose, via=via, payload=content)
        except ActRefused as refused:
            return told_refusal(dossier, refused, as_json)
        code = told_delivery(delivery, as_json)
        sys.stdout.flush()  # what was done is told, however long its proof takes
        prove_receipts(node, [delivery])
        return code


def content_beside(found: Item, dossier: Dossier, place: str) -> bytes | None:
    """The content of an item from a file, where it lies beside that file; None: as the node's dossier gives it."""
    if place in dossier.items or found.payload is None or not found.payload.file:
        return None
    from relto.adapters.folder import read_limited
    from relto.core.envelope import MAX_PAYLOAD_BYTES

    folder = Path(place).parent
    return read_limited(folder / found.payload.file, inside=folder, limit=MAX_PAYLOAD_BYTES)


def told_refusal(dossier: Dossier, refused: ActRefused, as_json: bool) -> int:
    """Tell why an act was refused; exit code 3."""
    if as_json:
        from relto.formats.answers import verdict_json

        print_json({**verdict_json(refused.verdict), "evidence": refused.evidence})
    else:
        print_verdict(dossier, refused.verdict)
        click.echo(f"  evidence {refused.evidence}")
    return 3


def _check_passing_on(act: Act, purpose: str, via: tuple[str, ...]) -> None:
    """A holding is passed on for what it was provided for, and kept there: nothing that was asked is ignored."""
    asked = {"--act disclose": act == "disclose", "--purpose": bool(purpose), "--via": bool(via)}
    wrong = next((name for name, given in asked.items() if given), None)
    if wrong is not None:
        raise InputError(f"{wrong} does not apply to a holding that is passed on", remedy="leave it out")


def told_delivery(delivery: Delivery, as_json: bool) -> int:
    """Tell what became of a release; its exit code. Raises PeerUnreachable where it is queued."""
    row = delivery.row
    if as_json:
        print_json(transmittal_json(row, delivery.grounds))
    elif row.state == "done":
        click.echo(f"{row.subject}: delivered to {row.peer}, receipt {row.answer}")
    elif row.state != "queued":
        click.echo(f"{row.subject}: {row.state}")
        click.echo("\n".join(columns([(one.check, one.article, one.says) for one in delivery.grounds], indent="  ")))
    if row.state == "queued":
        raise PeerUnreachable(
            f"`{row.subject}` is queued: {row.last_error or f'{row.peer} has not answered'}",
            remedy="`relto outbox --send` tries again",
        )
    return 0 if row.state == "done" else 3


@click.group(invoke_without_command=True)
@node_option_of_group
@json_option
@click.pass_context
def inbox(context: click.Context, node_dir: Path | None, as_json: bool) -> None:
    """What others have released to this node, newest last; `import` takes in a medium.

    \b
    Example:
      relto inbox --node jpn
      relto inbox import kor-to-jpn.medium --answers jpn-to-kor.medium --node jpn
    """
    if context.invoked_subcommand is not None:
        return
    node_dir = _named(node_dir)
    with opened(node_dir, unlocked=False) as node, node.store.read() as reading:
        held = reading.holdings()
    if as_json:
        for one in held:
            print_json(holding_json(one))
        return
    if not held:
        click.echo("nothing has come in yet; what a partner releases to this node appears here")
        return
    rows = [
        (
            to_the_second(one.received.at, one.received.zone),
            one.id,
            f"from {one.received.originator}" + (f" through {one.intermediary}" if one.intermediary else ""),
            f"{one.received.origin_mark} = {one.received.mark}",
            safe(one.received.title),
        )
        for one in held
    ]
    click.echo("\n".join(columns(rows)))


def _tell_sent(rows: Sequence[OutboxRow], as_json: bool) -> None:
    if as_json:
        for row in rows:
            print_json(transmittal_json(row))
    elif not rows:
        click.echo("nothing has been sent yet; `relto release ITEM --to P` puts something here")
    else:
        told = [
            (to_the_second(row.queued_at), row.kind, row.subject, f"to {row.peer}", row.state, row.last_error)
            for row in rows
        ]
        click.echo("\n".join(columns(told)))


def _named(node_dir: Path | None) -> Path:
    if node_dir is None:
        raise click.UsageError("Missing option '--node'.")
    return node_dir


inbox.add_command(take)


@click.group(invoke_without_command=True)
@click.option("--send", is_flag=True, help="Send what is queued, and pass on what only goes through; decided anew.")
@node_option_of_group
@clock_option
@json_option
@click.pass_context
def outbox(context: click.Context, send: bool, node_dir: Path | None, at: Instant | None, as_json: bool) -> None:
    """What this node has sent, and what became of it; `export` and `import` carry it on a medium.

    \b
    Example:
      relto outbox --node kor
      relto outbox --send --node kor
      relto outbox export --to JPN kor-to-jpn.medium --node kor
    """
    if context.invoked_subcommand is not None:
        return
    node_dir = _named(node_dir)
    with opened(node_dir, at=at, unlocked=send) as node:
        if send:
            from relto.node import dispatch_pending, relay_pending
            from relto.node.mirroring import prove_receipts

            sent = dispatch_pending(node)
            sent += relay_pending(node)
        with node.store.read() as reading:
            rows = reading.outbox()
        _tell_sent(rows, as_json)
        if send:
            sys.stdout.flush()  # what was done is told, however long its proof takes
            prove_receipts(node, sent)
    if send and any(row.state == "queued" for row in rows):
        raise PeerUnreachable("not everything could be sent", remedy="try again once the peers answer")


outbox.add_command(export)
outbox.add_command(settle)


@click.command("open")
@click.argument("holding")
@click.option("--person", type=click.Path(path_type=Path), metavar="FILE", help="For whom it is opened.")
@click.option("--purpose", default="", metavar="P", help="For what (default: what it was provided for).")
@click.option("--system", metavar="ID", help="On which system.")
@click.option("--visit", default="", metavar="ID", help="Within which visit to an own facility.")
@node_option
@clock_option
@json_option
def open_(
    holding: str,
    person: Path | None,
    purpose: str,
    system: str | None,
    visit: str,
    node_dir: Path,
    at: Instant | None,
    as_json: bool,
) -> int:
    """Open a HOLDING: its banner on stderr, its content on stdout. The handover leaves evidence.

    \b
    Example:
      relto open t-0f3a... --node jpn --person analyst.yaml
    """
    from relto.node import open_item

    with opened(node_dir, at=at) as node:
        named = _person(node, person)
        try:
            found = open_item(node, holding, named, purpose=purpose, system=system, visit=visit)
        except ActRefused as refused:
            with node.store.read() as reading:
                dossier = node.dossier(reading)
            return told_refusal(dossier, refused, as_json)
    came = found.holding.received
    if as_json:
        value = holding_json(found.holding)
        print_json({**value, "schema": "relto/opened/1", "payload": base64.b64encode(found.payload).decode("ascii")})
        return 0
    through = f" through {found.holding.intermediary}" if found.holding.intermediary else ""
    banner = f"{came.mark}  |  {came.origin_mark}, {came.originator}{through}  |  {came.purpose}"
    click.echo(f"{safe(banner)}\n{safe(came.title)}\n", err=True)
    ending = b"" if found.payload.endswith(b"\n") else b"\n"
    click.echo(found.payload + ending, nl=False)
    return 0


def _person(node: Node, path: Path | None) -> Any:
    if path is None:
        return None
    from relto.adapters.folder import load_person

    with node.store.read() as reading:
        dossier = node.dossier(reading)
    return load_person(path, dossier)
