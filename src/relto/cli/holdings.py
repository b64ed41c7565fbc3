"""`relto holdings` and `relto compromise`: the register."""

from __future__ import annotations

from pathlib import Path

import click

from relto.cli.opening import opened
from relto.cli.options import clock_option, json_option, node_option
from relto.cli.output import columns, print_json, safe, to_the_second
from relto.core.errors import PeerUnreachable
from relto.core.timeline import Instant
from relto.formats.answers import holding_json


@click.group()
def holdings() -> None:
    """The register of what this node holds of others' items.

    \b
    Example:
      relto holdings list --node jpn
    """


@holdings.command("list")
@node_option
@json_option
def list_(node_dir: Path, as_json: bool) -> None:
    """Every holding, with its marks, how often it was opened, and what is owed for it.

    \b
    Example:
      relto holdings list --node jpn
    """
    with opened(node_dir, unlocked=False) as node, node.store.read() as reading:
        held = reading.holdings()
    if as_json:
        for one in held:
            print_json(holding_json(one))
        return
    if not held:
        click.echo("the register is empty; what a partner releases to this node is entered here")
        return
    for one in held:
        came = one.received
        through = f" through {one.intermediary}" if one.intermediary else ""
        click.echo(f"{one.id}  {safe(came.title)}")
        facts = [
            ("marked", f"{came.mark} ({came.origin_mark} of {came.originator}{through})"),
            ("received", f"{to_the_second(came.at, came.zone)} under {came.agreement}"),
            ("opened", f"{len(one.openings)} times"),
        ]
        facts += [("compromise", f"reported {to_the_second(two.at, came.zone)}") for two in one.compromises]
        for duty in one.duties:
            state = "done" if duty.done else f"due {to_the_second(duty.due, came.zone)}" if duty.due else "open"
            facts.append(("duty", f"{duty.do}, article {duty.article}: {state}"))
        click.echo("\n".join(columns(facts, indent="  ")))


@click.group()
def compromise() -> None:
    """Loss or compromise, actual or possible.

    \b
    Example:
      relto compromise report t-0f3a... --says "the copy cannot be found" --node jpn
    """


@compromise.command()
@click.argument("holding")
@click.option("--says", required=True, metavar="TEXT", help="What happened, as far as it is known.")
@click.option("--actual", is_flag=True, help="It has happened; without this it is only possible.")
@node_option
@clock_option
@json_option
def report(holding: str, says: str, actual: bool, node_dir: Path, at: Instant | None, as_json: bool) -> None:
    """Tell the originator of HOLDING at once (and the ally it came through).

    \b
    Example:
      relto compromise report t-0f3a... --says "the copy cannot be found" --node jpn
    """
    from relto.node import report_compromise

    with opened(node_dir, at=at) as node:
        told = report_compromise(node, holding, says, actual=actual)
    states = {one.row.peer: one.state for one in told}
    if as_json:
        print_json({"schema": "relto/compromise/1", "holding": holding, "actual": actual, "told": states})
    else:
        click.echo("\n".join(f"{peer}: {'told' if state == 'done' else state}" for peer, state in states.items()))
    if "queued" in states.values():
        raise PeerUnreachable(
            "reported and kept, but not all could be told", remedy="`relto outbox --send` tries again"
        )
