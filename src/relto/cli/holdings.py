"""`relto holdings` and `relto compromise`: the register."""

from __future__ import annotations

from pathlib import Path

import click

from relto.cli.contractors import contractor_lines
from relto.cli.lazy import LazyGroup
from relto.cli.opening import opened
from relto.cli.options import clock_option, json_option, node_option
from relto.cli.output import columns, print_json, safe, to_the_second
from relto.core.errors import PeerUnreachable
from relto.core.register import Contractor, Copy, Derived, Holding
from relto.core.timeline import Instant
from relto.formats.answers import holding_json
from relto.formats.controls import contractor_json

_ACTS = {
    "copy": ("relto.cli.custody:copy", "enter a numbered copy"),
    "translate": ("relto.cli.custody:translate", "enter a translation"),
    "extract": ("relto.cli.custody:extract", "enter an extract"),
    "combine": ("relto.cli.custody:combine", "enter a product of several holdings"),
    "show": ("relto.cli.custody:show", "enter that it was shown, and nothing left"),
    "end": ("relto.cli.custody:end", "what it was given for is over"),
    "return": ("relto.cli.custody:return_", "give it back"),
    "destroy": ("relto.cli.custody:destroy", "destroy it before a witness"),
    "write-off": ("relto.cli.custody:write_off", "give a copy up for lost"),
    "done": ("relto.cli.custody:done", "a duty was done"),
}


@click.group(cls=LazyGroup, lazy=_ACTS)
def holdings() -> None:
    """The register of what this node holds of others' items, and what becomes of it.

    \b
    Example:
      relto holdings list --node jpn
      relto holdings copy t-0f3a... --keeper "safe 3" --by jpn-clerk-2 --node jpn
    """


@holdings.command("list")
@click.option("--due", is_flag=True, help="Only those for which something is owed, and contractors to inspect.")
@node_option
@json_option
def list_(due: bool, node_dir: Path, as_json: bool) -> None:
    """Every holding, with its marks, its copies, how often it was opened, and what is owed for it.

    \b
    Example:
      relto holdings list --node jpn
      relto holdings list --due --node jpn
    """
    with opened(node_dir, unlocked=False) as node, node.store.read() as reading:
        held, at = reading.holdings(), node.clock.interval()[1]
        firms: list[Contractor] = []
        if due:
            from relto.node.due import open_duties

            owing = open_duties(node, reading, at)
            held = [one for one in held if one.id in {two.about for two in owing if two.holding is not None}]
            firms = [one.contractor for one in owing if one.contractor is not None]
    if as_json:
        for one in held:
            print_json(holding_json(one))
        for firm in firms:
            print_json(contractor_json(firm, at))
        return
    for firm in firms:
        click.echo("\n".join(contractor_lines(firm, at)))
    if not held and not firms:
        empty = "the register is empty; what a partner releases to this node is entered here"
        click.echo("nothing is owed for any holding" if due else empty)
        return
    for one in held:
        click.echo(f"{one.id}  {safe(one.received.title)}")
        click.echo("\n".join(columns(_facts(one), indent="  ")))


def _facts(one: Holding) -> list[tuple[str, str]]:
    came = one.received
    through = f" through {one.intermediary}" if one.intermediary else ""
    facts = [("marked", f"{one.mark} ({one.origin_mark} of {', '.join(one.originators)}{through})")]
    if isinstance(came, Derived):
        facts.append(
            ("made", f"{to_the_second(came.at, came.zone)}, a {came.how} ({came.language}) by {safe(came.by)}")
        )
        facts += [("of", source) for source in came.sources]
        facts.append(("note", safe(came.note)))
    else:
        facts.append(("received", f"{to_the_second(came.at, came.zone)} under {came.agreement}"))
        facts.append(("opened", f"{len(one.openings)} times"))
    if len(one.copies) > 1 or not one.held or isinstance(came, Derived):
        facts += [("copy", _copy(two, came.zone)) for two in one.copies]
    facts += [("compromise", f"reported {to_the_second(two.at, came.zone)}, {two.report}") for two in one.compromises]
    for duty in one.duties:
        state = "done" if duty.done else f"due {to_the_second(duty.due, came.zone)}" if duty.due else "open"
        facts.append(("duty", f"{duty.do}, article {duty.article}: {state}"))
    return facts


def _copy(copy: Copy, zone: str) -> str:
    name = f"{copy.number or 'original'}"
    where = f", with {safe(copy.keeper)}" if copy.keeper else ""
    return f"{name}{where}: {copy.state}" + (f" since {to_the_second(copy.since, zone)}" if copy.since else "")


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


@compromise.command()
@click.argument("holding")
@click.argument("report_id", metavar="REPORT")
@click.option("--says", required=True, metavar="TEXT", help="What was found out.")
@click.option("--measures", required=True, metavar="TEXT", help="What is done so that it does not happen again.")
@click.option("--by", required=True, metavar="WHO", help="Who found it out.")
@node_option
@clock_option
@json_option
def findings(
    holding: str,
    report_id: str,
    says: str,
    measures: str,
    by: str,
    node_dir: Path,
    at: Instant | None,
    as_json: bool,
) -> None:
    """Tell what was found out of a reported compromise of HOLDING, and what is done about it.

    \b
    Example:
      relto compromise findings t-0f3a... report-71c0... --says "left in a car" --measures "no item in a car" \\
        --by jpn-security-1 --node jpn
    """
    from relto.node import dispatch_pending
    from relto.node.custody import report_findings

    with opened(node_dir, at=at) as node:
        held = report_findings(node, holding, report_id, says, measures, by)
        dispatch_pending(node)
    if as_json:
        print_json(holding_json(held))
    else:
        click.echo(f"{held.id}: findings entered, and told to {', '.join(held.originators)}")
