"""`relto holdings copy|translate|extract|combine|show|return|destroy|write-off|end|done`, and `relto reclassify`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from relto.cli.opening import opened
from relto.cli.options import by_option, clock_option, json_option, node_option
from relto.cli.output import print_json, safe
from relto.core.errors import PeerUnreachable
from relto.core.register import Holding
from relto.core.timeline import Instant
from relto.formats.answers import holding_json
from relto.node.node import Node

_copies = click.option(
    "--copy",
    "copies",
    multiple=True,
    type=click.IntRange(0),
    metavar="N",
    help="This copy (0: the original). Several may be given.",
)


def _done(node_dir: Path, at: Instant | None, as_json: bool, act: Callable[[Node], Holding], says: str) -> None:
    """Do it, say what the holding is then, and send what it had to tell."""
    from relto.node import dispatch_pending

    with opened(node_dir, at=at) as node:
        held = act(node)
        dispatch_pending(node)
    if as_json:
        print_json(holding_json(held))
        return
    left = len(held.held)
    click.echo(f"{held.id}  {safe(held.received.title)}: {says}; {left} of {len(held.copies)} held")


@click.command("copy")
@click.argument("holding")
@click.option("--keeper", required=True, metavar="WHERE", help="Where, or with whom, the copy is kept.")
@by_option
@node_option
@clock_option
@json_option
def copy(holding: str, keeper: str, by: str, node_dir: Path, at: Instant | None, as_json: bool) -> None:
    """Enter a numbered copy of HOLDING, under the same control as the original.

    \b
    Example:
      relto holdings copy t-0f3a... --keeper "safe 3, room 210" --by jpn-clerk-2 --node jpn
    """
    from relto.node.custody import copy_holding

    _done(node_dir, at, as_json, lambda node: copy_holding(node, holding, keeper, by), "copied")


def _maker(name: str, how: str, words: str, example: str) -> click.Command:
    @click.command(name, help=f"{words}\n\n\b\nExample:\n  relto holdings {name} {example}")
    @click.argument("holdings", nargs=-1, required=True)
    @click.option("--title", required=True, metavar="TEXT", help="Its title.")
    @click.option("--language", required=True, metavar="CODE", help="The language it is in: en, ko, ja.")
    @click.option("--keeper", required=True, metavar="WHERE", help="Where, or with whom, it is kept.")
    @click.option("--mark", default="", metavar="MARK", help="A higher mark than that of what it was made of.")
    @click.option("--note", default="", metavar="TEXT", help="What it says of whose information it contains.")
    @by_option
    @node_option
    @clock_option
    @json_option
    def made(
        holdings: tuple[str, ...],
        title: str,
        language: str,
        keeper: str,
        mark: str,
        note: str,
        by: str,
        node_dir: Path,
        at: Instant | None,
        as_json: bool,
    ) -> None:
        from relto.node.deriving import Made, derive

        said = Made(how, title, language, keeper, by, mark, note)
        _done(node_dir, at, as_json, lambda node: derive(node, holdings, said), f"{how} entered")

    return made


translate = _maker(
    "translate",
    "translation",
    "Enter a translation of a holding: marked as it is, with a note in its language whose information it contains.",
    't-0f3a... --language ja --title "..." --keeper "safe 3" --by jpn-clerk-2 --node jpn',
)
extract = _maker(
    "extract",
    "extract",
    "Enter an extract of a holding; it is marked as its source, or higher.",
    't-0f3a... --language en --title "..." --keeper "safe 3" --by jpn-clerk-2 --node jpn',
)
combine = _maker(
    "combine",
    "product",
    "Enter a product of several holdings: it bears the strictest of their marks and lists all their originators.",
    't-0f3a... t-9c1b... --language en --title "..." --keeper "safe 3" --by jpn-clerk-2 --node jpn',
)


@click.command("show")
@click.argument("holding")
@click.option("--to", required=True, metavar="WHO", help="Who saw it.")
@by_option
@node_option
@clock_option
@json_option
def show(holding: str, to: str, by: str, node_dir: Path, at: Instant | None, as_json: bool) -> None:
    """Enter that HOLDING was shown, and nothing left with who saw it.

    \b
    Example:
      relto holdings show t-0f3a... --to jpn-analyst-7 --by jpn-desk-1 --node jpn
    """
    from relto.node.custody import show_holding

    _done(node_dir, at, as_json, lambda node: show_holding(node, holding, to, by), "shown")


@click.command("return")
@click.argument("holding")
@_copies
@by_option
@node_option
@clock_option
@json_option
def return_(holding: str, copies: tuple[int, ...], by: str, node_dir: Path, at: Instant | None, as_json: bool) -> None:
    """Give HOLDING back, with all copies that are held, or those named with --copy.

    \b
    Example:
      relto holdings return t-0f3a... --by jpn-desk-1 --node jpn
    """
    from relto.node.custody import return_holding

    _done(node_dir, at, as_json, lambda node: return_holding(node, holding, by, copies or None), "returned")


@click.command("destroy")
@click.argument("holding")
@click.option("--method", required=True, metavar="HOW", help="burn, shred, pulp, melt, crush or erase.")
@click.option("--witness", required=True, metavar="WHO", help="Who else has seen it.")
@_copies
@by_option
@node_option
@clock_option
@json_option
def destroy(
    holding: str,
    method: str,
    witness: str,
    copies: tuple[int, ...],
    by: str,
    node_dir: Path,
    at: Instant | None,
    as_json: bool,
) -> None:
    """Destroy HOLDING before a witness, with all copies that are held, or those named with --copy. The originator gets
    a signed certificate; with the original, the sealed item is erased from this node.

    \b
    Example:
      relto holdings destroy t-0f3a... --method shred --witness jpn-clerk-4 --by jpn-clerk-2 --node jpn
    """
    from relto.node.custody import destroy_holding

    def act(node: Node) -> Holding:
        return destroy_holding(node, holding, method, witness, by, copies or None)

    _done(node_dir, at, as_json, act, "destroyed")


@click.command("write-off")
@click.argument("holding")
@click.option("--copy", "number", required=True, type=click.IntRange(0), metavar="N", help="The copy that is lost.")
@click.option("--report", required=True, metavar="ID", help="The report of its actual loss.")
@by_option
@node_option
@clock_option
@json_option
def write_off(
    holding: str, number: int, report: str, by: str, node_dir: Path, at: Instant | None, as_json: bool
) -> None:
    """Give a copy of HOLDING up for lost, after its loss was reported (`relto compromise report --actual`).

    \b
    Example:
      relto holdings write-off t-0f3a... --copy 1 --report report-71c0... --by jpn-security-1 --node jpn
    """
    from relto.node import custody

    _done(node_dir, at, as_json, lambda node: custody.write_off(node, holding, number, report, by), "written off")


@click.command("end")
@click.argument("holding")
@by_option
@node_option
@clock_option
@json_option
def end(holding: str, by: str, node_dir: Path, at: Instant | None, as_json: bool) -> None:
    """Enter that what HOLDING was given for is over: it is not used any more, and is to be returned or destroyed.

    \b
    Example:
      relto holdings end t-0f3a... --by jpn-desk-1 --node jpn
    """
    from relto.node.custody import end_purpose

    _done(node_dir, at, as_json, lambda node: end_purpose(node, holding, by), "its purpose is over")


@click.command("done")
@click.argument("holding")
@click.argument("duty")
@node_option
@clock_option
@json_option
def done(holding: str, duty: str, node_dir: Path, at: Instant | None, as_json: bool) -> None:
    """Enter that a DUTY of HOLDING was done: one that nothing else shows.

    \b
    Example:
      relto holdings done t-0f3a... confirm-in-writing --node jpn
    """
    from relto.node.custody import discharge

    _done(node_dir, at, as_json, lambda node: discharge(node, holding, duty), "done")


@click.command()
@click.argument("item")
@click.option("--mark", required=True, metavar="MARK", help="The mark that it is to bear from now on.")
@node_option
@clock_option
@json_option
def reclassify(item: str, mark: str, node_dir: Path, at: Instant | None, as_json: bool) -> None:
    """Give ITEM, an item of this node's party, another mark, and tell every holder; they follow.

    \b
    Example:
      relto reclassify msl-2019-10-31 --mark 군사III급비밀 --node kor
    """
    from relto.node import reclassify as acts

    with opened(node_dir, at=at) as node:
        told = acts.reclassify(node, item, mark)
    states = {one.row.peer: one.state for one in told}
    if as_json:
        print_json({"schema": "relto/reclassification/1", "item": item, "mark": mark, "told": states})
    else:
        click.echo("\n".join(f"{peer}: {'told' if state == 'done' else state}" for peer, state in states.items()))
    if "queued" in states.values():
        raise PeerUnreachable("marked anew, but not all could be told", remedy="`relto outbox --send` tries again")
